/*
 * publish.c - which manifest decides, and the list it leads to
 *
 * Knows: the order of manifests, the folder without any.
 * Does not know: the rules of npm, Cargo or Python (one file each).
 */
#include "publish/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/own.h"
#include "publish/folder.h"

#define LIST_BYTES_MAX ((size_t)1 << 30)

static const struct {
	const char *name;
	enum publish_kind kind;
} manifests[] = {
    {"package.json", PUBLISH_NPM},      {"Cargo.toml", PUBLISH_CARGO},
    {"pyproject.toml", PUBLISH_PYTHON}, {"setup.py", PUBLISH_PYTHON},
    {"setup.cfg", PUBLISH_PYTHON},
};

const char *
publish_kind_name(enum publish_kind kind)
{
	static const char *const kinds[] = {
	    [PUBLISH_FOLDER] = "folder",
	    [PUBLISH_NPM] = "npm package",
	    [PUBLISH_CARGO] = "crate",
	    [PUBLISH_PYTHON] = "Python package",
	};

	return kinds[kind];
}

void
publish_free(struct publish_list **list)
{
	if (*list == NULL)
		return;
	arena_free(&(*list)->arena);
	free((*list)->files);
	free((*list)->notes);
	free(*list);
	*list = NULL;
}

static int
by_path(const void *left, const void *right)
{
	return strcmp(((const struct publish_file *)left)->path,
		      ((const struct publish_file *)right)->path);
}

static void
sort_once(struct publish_list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->files, list->count, sizeof(*list->files), by_path);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || strcmp(list->files[kept - 1].path, list->files[i].path) != 0)
			list->files[kept++] = list->files[i];
	list->count = kept;
}

static bool
is_regular(int fd, const char *name)
{
	struct stat info;

	return fstatat(fd, name, &info, 0) == 0 && S_ISREG(info.st_mode);
}

/* Everything, links left out as archives of releases do; a repository of its own is not shipped. */
static int
whole_below(struct publish_list *list, int fd, const char *path, unsigned depth,
	    struct fault *fault)
{
	struct arena names = ARENA_INIT((size_t)256 << 20);
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r = depth > PUBLISH_DEPTH_MAX
		    ? fault_set(fault, FAULT_LIMIT, "%s: folders nest too deep", path)
		    : folder_read(fd, &entries, &count, &names, fault);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *below = path_join(&names, path, entries[i].name);
		AUTO(own_close)
		int folder = -1;

		if (below == NULL)
			r = fault_memory(fault);
		else if (S_ISREG(entries[i].info.st_mode))
			r = list_add(list, bytes_text(below), &entries[i].info, fault);
		else if (S_ISDIR(entries[i].info.st_mode) &&
			 (depth > 0 || strcmp(entries[i].name, ".git") != 0))
			r = folder_open(fd, entries[i].name, &folder, fault);
		if (r == 0 && folder >= 0)
			r = whole_below(list, folder, below, depth + 1, fault);
	}
	arena_free(&names);
	return r;
}

int
whole_list(struct publish_list *list, int fd, struct fault *fault)
{
	return whole_below(list, fd, "", 0, fault);
}

static int
make_list(struct publish_list *list, int fd, struct fault *fault)
{
	switch (list->kind) {
	case PUBLISH_NPM:
		return npm_list(list, fd, fault);
	case PUBLISH_CARGO:
		return cargo_list(list, fd, fault);
	case PUBLISH_PYTHON:
		return python_list(list, fd, fault);
	case PUBLISH_FOLDER:
		break;
	}
	return whole_list(list, fd, fault);
}

/* Several manifests: the first in the table decides, and the list says so. */
static int
note_others(struct publish_list *list, int fd, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(manifests); i++)
		if (manifests[i].kind != list->kind && is_regular(fd, manifests[i].name))
			r = list_note(list, "several-manifests", fault,
				      "the list is that of %s; there is a %s too, whose package "
				      "would ship other files",
				      list->manifest, manifests[i].name);
	return r;
}

static int
list_folder(struct publish_list **out, const enum publish_kind *wanted, const char *folder,
	    struct fault *fault)
{
	AUTO(publish_free)
	struct publish_list *list = calloc(1, sizeof(*list));
	AUTO(own_free)
	char *real = NULL;
	AUTO(own_close)
	int fd = -1;
	int r;

	if (list == NULL)
		return fault_memory(fault);
	list->arena = (struct arena)ARENA_INIT(LIST_BYTES_MAX);
	list->prefix = "";
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_errno(fault, "%s", folder);
	real = realpath(folder, NULL);
	list->real_path = real == NULL ? NULL : arena_text(&list->arena, real);
	if (list->real_path == NULL)
		return fault_errno(fault, "%s", folder);
	for (size_t i = 0; i < ARRAY_LEN(manifests) && list->manifest == NULL; i++)
		if ((wanted == NULL || *wanted == manifests[i].kind) &&
		    is_regular(fd, manifests[i].name)) {
			list->kind = manifests[i].kind;
			list->manifest = manifests[i].name;
		}
	if (wanted != NULL && list->kind != *wanted)
		return fault_set(fault, FAULT_FORMAT, "%s: no manifest of a %s there", folder,
				 publish_kind_name(*wanted));
	r = make_list(list, fd, fault);
	if (r == 0 && wanted == NULL && list->manifest != NULL)
		r = note_others(list, fd, fault);
	if (r < 0)
		return fault_wrap(fault, r, "%s", folder);
	sort_once(list);
	*out = TAKE(list);
	return 0;
}

int
publish_detect(struct publish_list **out, const char *folder, struct fault *fault)
{
	return list_folder(out, NULL, folder, fault);
}

int
publish_list_as(struct publish_list **out, enum publish_kind kind, const char *folder,
		struct fault *fault)
{
	return list_folder(out, &kind, folder, fault);
}
