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

/* ---- fix_folder.c: an input that is a folder, or a list of files in one ---- */

/* FAULT_USAGE: a repository, or OUT is there, or lies in the folder. */
int fix_folder_ready(const struct input *input, const char *out, struct fault *fault);

/* Copy into a new folder beside `out`, whose name is appended to `made`.  As mend_folder(). */
struct mend_plan;
int fix_folder_write(struct mend_plan *plan, const struct input *input, const char *out,
		     const struct limits *limits, struct buf *made, struct fault *fault);
int fix_folder_commit(struct buf *made, const char *out, struct fault *fault);
/* Remove what was made and not committed.  For AUTO(fix_folder_remove). */
void fix_folder_remove(struct buf *made);

#endif
