/*
 * ignore.h - which files of a work tree git leaves alone: ignored and not tracked
 *
 * Only used for a repository that a person named as the input; an ignore file found deeper inside
 * a package is never obeyed.  When the index cannot be read nobody knows what is tracked, and then
 * nothing is left out.
 */
#ifndef INTAKE_IGNORE_H
#define INTAKE_IGNORE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/fault.h"

struct ignore;

/* Read .git/index and .git/info/exclude below the open folder `root`. *out is NULL when this is no
 * repository whose index can be read. */
int ignore_open(struct ignore **out, int root, struct fault *fault);
void ignore_close(struct ignore **ignore);

/* The walk goes into `folder` (open; path relative to the root, "" for it): read its .gitignore. */
int ignore_enter(struct ignore *ignore, int folder, struct bytes path, struct fault *fault);
void ignore_leave(struct ignore *ignore);

/* Is `path` ignored, and nothing tracked in it? */
bool ignore_skips(const struct ignore *ignore, struct bytes path, bool is_folder);

#endif
