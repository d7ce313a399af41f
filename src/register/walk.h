/*
 * walk.h - the files below the paths of an asset, in an order that does not depend on the disk
 */
#ifndef REGISTER_WALK_H
#define REGISTER_WALK_H

#include "base/arena.h"
#include "register/register.h"

struct walk_file {
	const char *path;  /* to open */
	struct bytes name; /* as the asset calls it: below its path, '/' between */
};

struct walk {
	struct arena arena;
	struct walk_file *files;
	size_t count, room;
	struct register_report *report;
};

void walk_init(struct walk *walk, struct register_report *report);
void walk_free(struct walk *walk);

/* Add a file, or what is below a folder.  `prefix` (may be "") goes in front of the names. Links
 * are not followed; folders of version control and of fetched packages are left out and counted. */
int walk_add(struct walk *walk, const char *path, const char *prefix, struct fault *fault);

/* Is this a licence, a lock file: text that is in everybody's tree? By name. */
bool walk_is_licence(struct bytes name);
bool walk_is_lock(struct bytes name);

#endif
