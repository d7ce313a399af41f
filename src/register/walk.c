/*
 * walk.c - the files below the paths of an asset
 *
 * Knows: which folders and files are never ours by their names.  Does not know: contents.
 */
#include "register/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/text.h"

#define WALK_DEPTH_MAX 256

void
walk_init(struct walk *w, struct register_report *report)
{
	*w = (struct walk){.arena = ARENA_INIT(SIZE_MAX), .report = report};
}

void
walk_free(struct walk *w)
{
	free(w->files);
	arena_free(&w->arena);
	walk_init(w, NULL);
}

/* Version control, and what package managers fetch: other people's code, in everybody's tree. */
static bool
is_left_out(const char *name)
{
	static const char *const names[] = {
	    ".git",          ".hg",          ".svn",
	    ".bzr",          "CVS",          "_darcs",
	    ".jj",           "node_modules", "bower_components",
	    "jspm_packages", "__pycache__",  "site-packages",
	    ".venv",         ".tox",         ".nox",
	    ".eggs",         ".mypy_cache",  ".pytest_cache",
	    ".gradle",       ".terraform",   ".yarn",
	    ".pnpm-store",   ".cargo",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool
begins_nocase(struct bytes name, const char *prefix)
{
	size_t length = strlen(prefix);

	return name.left >= length &&
	       text_equal_nocase(bytes_slice(name, 0, length), bytes_text(prefix));
}

static struct bytes
last_name(struct bytes name)
{
	size_t at = name.left;

	while (at > 0 && name.at[at - 1] != '/')
		at--;
	return bytes_slice(name, at, name.left);
}

/* `licenses.ts` is code: only text, or no extension at all. */
bool
walk_is_licence(struct bytes name)
{
	static const char *const begins[] = {
	    "license",           "licence",
	    "copying",           "copyright",
	    "unlicense",         "notice",
	    "patents",           "third-party-notices",
	    "thirdpartynotices", "third_party_licenses",
	};
	static const char *const ends[] = {"",        ".txt", ".md",     ".rst", ".html", ".mit",
					   ".apache", ".bsd", ".lesser", ".lib", ".mpl"};

	name = last_name(name);
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		struct bytes rest;

		if (!begins_nocase(name, begins[i]))
			continue;
		rest = bytes_slice(name, strlen(begins[i]), name.left);
		if (rest.left == 0 || rest.at[0] == '-' || rest.at[0] == '_')
			return true;
		for (size_t e = 0; e < ARRAY_LEN(ends); e++)
			if (text_equal_nocase(rest, bytes_text(ends[e])))
				return true;
	}
	return false;
}

bool
walk_is_lock(struct bytes name)
{
	static const char *const names[] = {
	    "package-lock.json",
	    "npm-shrinkwrap.json",
	    "yarn.lock",
	    "pnpm-lock.yaml",
	    "bun.lock",
	    "Cargo.lock",
	    "composer.lock",
	    "Gemfile.lock",
	    "poetry.lock",
	    "Pipfile.lock",
	    "uv.lock",
	    "go.sum",
	    "Package.resolved",
	    "Podfile.lock",
	    "packages.lock.json",
	    "flake.lock",
	    "mix.lock",
	    "pubspec.lock",
	};

	name = last_name(name);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (bytes_equal(name, bytes_text(names[i])))
			return true;
	return false;
}

static int
add_file(struct walk *w, const char *path, const char *name, struct fault *fault)
{
	struct bytes raw = bytes_text(name);
	struct walk_file *file;

	if (walk_is_licence(raw)) {
		w->report->left_out_licence++;
		return 0;
	}
	if (walk_is_lock(raw)) {
		w->report->left_out_lock++;
		return 0;
	}
	if (w->count == w->room) {
		size_t room = w->room == 0 ? 256 : w->room * 2;

		file = realloc(w->files, room * sizeof(*file));
		if (file == NULL)
			return fault_memory(fault);
		w->files = file;
		w->room = room;
	}
	file = &w->files[w->count];
	file->path = arena_text(&w->arena, path);
	file->name.at = (const uint8_t *)arena_text(&w->arena, name);
	file->name.left = raw.left;
	if (file->path == NULL || file->name.at == NULL)
		return fault_memory(fault);
	w->count++;
	return 0;
}

static int walk_at(struct walk *w, const char *path, const char *name, unsigned depth,
		   struct fault *fault);

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int
walk_folder(struct walk *w, const char *path, const char *name, unsigned depth, struct fault *fault)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, not_dots, by_name), r = 0;

	if (count < 0)
		return fault_errno(fault, "%s", path);
	for (int i = 0; i < count; i++) {
		AUTO(own_free)
		char *below = NULL;
		AUTO(own_free)
		char *called = NULL;

		if (r == 0 && (asprintf(&below, "%s/%s", path, entries[i]->d_name) < 0 ||
			       asprintf(&called, "%s%s%s", name, name[0] == '\0' ? "" : "/",
					entries[i]->d_name) < 0))
			r = fault_memory(fault);
		if (r == 0)
			r = walk_at(w, below, called, depth + 1, fault);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int
walk_at(struct walk *w, const char *path, const char *name, unsigned depth, struct fault *fault)
{
	struct stat st;
	const char *slash = strrchr(path, '/');

	if ((depth == 0 ? stat(path, &st) : lstat(path, &st)) < 0)
		return fault_errno(fault, "%s", path);
	if (S_ISREG(st.st_mode))
		return add_file(w, path, name, fault);
	if (!S_ISDIR(st.st_mode)) {
		w->report->left_out_links++;
		return 0;
	}
	if (depth > 0 &&
	    (is_left_out(slash == NULL ? path : slash + 1) || depth > WALK_DEPTH_MAX)) {
		w->report->left_out_folders++;
		return 0;
	}
	return walk_folder(w, path, name, depth, fault);
}

int
walk_add(struct walk *w, const char *path, const char *prefix, struct fault *fault)
{
	return walk_at(w, path, prefix, 0, fault);
}
