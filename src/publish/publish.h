/*
 * publish.h - what publishing a folder would ship, worked out without running anything
 *
 *	r = publish_detect(&list, ".", fault);
 *	for (i = 0; i < list->count; i++)
 *		examine(list->prefix, list->files[i].path);
 *
 * The manifest in the folder decides how: package.json (npm's rules, file for file), then
 * Cargo.toml, then pyproject.toml / setup.py; a folder without any is taken whole.  What cannot be
 * known without running a script is said in `notes`, never guessed.
 */
#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

enum publish_kind {
	PUBLISH_FOLDER, /* no manifest: everything but version control of its own */
	PUBLISH_NPM,
	PUBLISH_CARGO,
	PUBLISH_PYTHON,
};

/* "npm package", "crate", "Python package", "folder" */
const char *publish_kind_name(enum publish_kind kind);

struct publish_file {
	const char *path; /* below the folder, '/' between names, raw bytes */
	uint64_t size_bytes;
	uint32_t mode;
};

/* Something a reader must know about the list. */
struct publish_note {
	const char *rule; /* static: "publish-script", "several-manifests", "private-package",
			     "built-already", "backend-decides", ... */
	const char *text; /* one sentence */
};

#define PUBLISH_FILES_MAX 1000000
#define PUBLISH_DEPTH_MAX 200

struct publish_list {
	enum publish_kind kind;
	const char *real_path;      /* of the folder, absolute, links resolved */
	const char *manifest;       /* "package.json"; NULL for a folder */
	const char *name, *version; /* of the package; NULL: not said */
	const char *prefix;         /* what the artifact puts before each path: "package/", "" */
	struct publish_file *files; /* sorted by path, no doubles */
	size_t count, room;
	struct publish_note *notes;
	size_t notes_count, notes_room;
	struct arena arena; /* holds every string */
};

/* FAULT_IO: no such folder, or a part of it cannot be read; FAULT_FORMAT: the manifest is not what
 * the tool itself would accept; FAULT_LIMIT. */
int publish_detect(struct publish_list **out, const char *folder, struct fault *fault);

/* As if the folder had only this kind of manifest. */
int publish_list_as(struct publish_list **out, enum publish_kind kind, const char *folder,
		    struct fault *fault);

void publish_free(struct publish_list **list);

#endif
