/*
 * folder.h - what the publish lists share: reading a folder, keeping a list
 */
#ifndef PUBLISH_FOLDER_H
#define PUBLISH_FOLDER_H

#include <sys/stat.h>

#include "publish/publish.h"

#define FOLDER_MANIFEST_MAX ((size_t)16 << 20)

struct folder_entry {
	const char *name;
	struct stat info; /* of the entry itself, links not followed */
};

/* All entries but "." and "..", sorted by byte; in `arena`. */
int folder_read(int fd, struct folder_entry **out, size_t *count, struct arena *arena,
		struct fault *fault);

/* Open the folder `name` below fd (a link is refused).  The caller closes *out. */
int folder_open(int fd, const char *name, int *out, struct fault *fault);

/* The content of a regular file of at most FOLDER_MANIFEST_MAX bytes, in `arena`.
 * FOLDER_NONE: there is no such file. */
#define FOLDER_NONE 1
int folder_file(int fd, const char *name, struct bytes *out, struct arena *arena,
		struct fault *fault);

/* Copies `path`. */
int list_add(struct publish_list *list, struct bytes path, const struct stat *info,
	     struct fault *fault);
int list_note(struct publish_list *list, const char *rule, struct fault *fault, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* path + "/" + name; NULL out of memory. */
const char *path_join(struct arena *arena, const char *path, const char *name);

/* One maker for each kind: fill `list` from the open folder. */
int npm_list(struct publish_list *list, int fd, struct fault *fault);
int cargo_list(struct publish_list *list, int fd, struct fault *fault);
int python_list(struct publish_list *list, int fd, struct fault *fault);
int whole_list(struct publish_list *list, int fd, struct fault *fault);

#endif
