/*
 * seal_verdict.h - scan --seal: a signed verdict over the exact bytes that were scanned
 */
#ifndef CMD_SEAL_VERDICT_H
#define CMD_SEAL_VERDICT_H

#include "cmd/scan.h"

struct seal_options {
	const char *out;       /* NULL: nothing is sealed; "-": standard output */
	const char *key;       /* --key */
	const char *sign_with; /* --sign-with */
};

/* Between scan_open() and scan_judge(): can it be sealed at all?  FAULT_USAGE while nothing was done
 * yet: an input without bytes of its own (a folder), a key that is not there.  Keeps no key, because
 * the jail is forked from here. */
int seal_ready(const struct scan *scan, const struct seal_options *options, struct fault *fault);

/* Behind scan_judge(): sign and write.  FAULT_TAMPER when a file is no longer what was scanned. */
int seal_verdict(const struct scan *scan, const struct seal_options *options, FILE *to,
		 struct fault *fault);

#endif
