/*
 * project.h - the change in the project that keeps the next package clean
 */
#ifndef MEND_PROJECT_H
#define MEND_PROJECT_H

#include <stdio.h>

#include "base/buf.h"
#include "mend/mend.h"

/* Print, in words, what to change where such packages are made; `to` NULL: nothing. */
void project_say(const struct mend_plan *plan, FILE *to);

/* Change the project in `folder`: the members that the plan drops are below it.  npm: "!PATTERN" in
 * the `files` of package.json where it has one, else lines of .npmignore (a new one begins with the
 * lines of .gitignore, which npm stops reading then).  0: changed; 1: nothing that this knows how to
 * change. */
int project_apply(struct mend_plan *plan, const char *folder, FILE *to, struct fault *fault);

/* `text` of a package.json with these patterns at the end of its `files`; 1: it has none. */
int project_add_files(struct bytes text, const char *const patterns[], size_t count,
		      struct buf *out, struct fault *fault);

#endif
