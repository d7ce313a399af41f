/*
 * secret_foreign.h - what a configuration of gitleaks says beside its patterns, for secret_judge.c
 */
#ifndef DETECT_SECRET_FOREIGN_H
#define DETECT_SECRET_FOREIGN_H

#include "detect/secret_judge.h"

/* Does the configuration that the rule of list[index] comes from say that it is none: an allowlist, a
 * path, a required rule that is not near?  1 yes, 0 no (always for rules of ours), < 0 fault. */
int secret_foreign_drops(const struct secret_scanner *scanner, struct secret_scratch *scratch,
			 const struct secret_where *where, const struct secret_candidate list[],
			 size_t count, size_t index, struct fault *fault);

#endif
