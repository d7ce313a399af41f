/*
 * fix.h - scan --fix OUT: the package without what blocks, proven by a scan of it
 */
#ifndef CMD_FIX_H
#define CMD_FIX_H

#include "cmd/scan.h"
#include "cmd/seal_verdict.h"

struct fix_options {
	const char *out; /* --fix; NULL: nothing is rewritten */
	bool apply;      /* --apply: change the project in the current folder, too */
};

/* FAULT_USAGE while nothing was done yet: several inputs, or OUT names nothing that can be. */
int fix_ready(const struct scan *scan, const struct fix_options *fix, struct fault *fault);

/* Behind scan_judge(): rewrite, scan what was written, and only when that passes let OUT appear.
 * Reports and seals OUT in place of the input.  The exit code. */
int fix_run(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	    const struct fix_options *fix, const struct seal_options *seal, struct fault *fault);

#endif
