/*
 * cargo_list.c - the files that `cargo publish` would ship
 *
 * Knows: `include` and `exclude` of [package], what git ignores, that packages below are apart.
 * Does not know: the files that cargo makes while it packs (Cargo.toml.orig, .cargo_vcs_info.json,
 * a fresh Cargo.lock).
 * After the documentation of cargo package and the manifest format; tests/publish-cargo.sh compares.
 */
#include "publish/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "config/toml.h"
#include "publish/scm.h"

struct cargo {
	struct publish_list *list;
	struct scm scm;
	bool uses_git; /* `include` turns git off */
	bool has_include;
	struct glob_list include, exclude;
};

static int
add_patterns(struct glob_list *list, const struct toml_node *array, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; array != NULL && r == 0 && i < array->count; i++)
		if (array->items[i].kind == TOML_STRING)
			r = glob_list_add(list, bytes_text(array->items[i].text), fault);
	return r;
}

/* The path itself, then the folders above it: the nearest that says something decides. */
static bool
is_hit(const struct glob_list *list, const char *path, bool is_folder)
{
	struct bytes left = bytes_text(path);

	while (left.left > 0) {
		enum glob_answer answer = glob_list_match(list, left, is_folder, NULL);

		if (answer != GLOB_MISS)
			return answer == GLOB_HIT;
		while (left.left > 0 && left.at[left.left - 1] != '/')
			left.left--;
		left.left -= left.left > 0;
		is_folder = true;
	}
	return false;
}

static bool
wants(const struct cargo *cargo, const struct scm_folder *folder, const char *path, bool is_folder)
{
	if (strcmp(path, "Cargo.toml") == 0 || strcmp(path, "Cargo.lock") == 0)
		return true;
	if (cargo->has_include)
		return is_folder || is_hit(&cargo->include, path, false);
	if (is_hit(&cargo->exclude, path, is_folder))
		return false;
	if (!cargo->uses_git)
		return path[0] != '.' && strstr(path, "/.") == NULL;
	if (is_folder ? scm_tracks_below(&cargo->scm, path) : scm_is_tracked(&cargo->scm, path))
		return true;
	return !scm_is_ignored(folder, path, is_folder);
}

static int walk(struct cargo *cargo, const struct scm_folder *folder, int fd, const char *path,
		unsigned depth, struct fault *fault);

static int
walk_folder(struct cargo *cargo, const struct scm_folder *above, int above_fd, const char *name,
	    const char *path, unsigned depth, struct fault *fault)
{
	AUTO(own_close)
	int fd = -1;
	struct scm_folder folder;
	int r = folder_open(above_fd, name, &fd, fault);

	if (r < 0)
		return r;
	/* A package of its own, or a repository's inside. */
	if (faccessat(fd, "Cargo.toml", F_OK, 0) == 0 || strcmp(name, ".git") == 0)
		return 0;
	r = scm_enter(&cargo->scm, &folder, above, fd, path, fault);
	return r < 0 ? r : walk(cargo, &folder, fd, path, depth + 1, fault);
}

static int
walk(struct cargo *cargo, const struct scm_folder *folder, int fd, const char *path, unsigned depth,
     struct fault *fault)
{
	struct arena *arena = &cargo->list->arena;
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r = depth > PUBLISH_DEPTH_MAX
		    ? fault_set(fault, FAULT_LIMIT, "%s: folders nest too deep", path)
		    : folder_read(fd, &entries, &count, arena, fault);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *below = path_join(arena, path, entries[i].name);
		struct stat *info = &entries[i].info;
		bool is_folder;

		if (below == NULL)
			return fault_memory(fault);
		/* cargo follows links: it ships what they lead to. */
		if (S_ISLNK(info->st_mode) && fstatat(fd, entries[i].name, info, 0) < 0)
			continue;
		is_folder = S_ISDIR(info->st_mode);
		if (!is_folder && !S_ISREG(info->st_mode))
			continue;
		/* What cargo builds; yet a file there that git tracks ships. */
		if (depth == 0 && is_folder && strcmp(entries[i].name, "target") == 0 &&
		    (!cargo->uses_git || !scm_tracks_below(&cargo->scm, below)))
			continue;
		if (!wants(cargo, folder, below, is_folder))
			continue;
		r = is_folder ? walk_folder(cargo, folder, fd, entries[i].name, below, depth, fault)
			      : list_add(cargo->list, bytes_text(below), info, fault);
	}
	return r;
}

/* What the manifest names ships even when nothing else says so. */
static int
add_named(struct cargo *cargo, int fd, const char *name, struct fault *fault)
{
	struct stat info;

	if (name == NULL || strstr(name, "..") != NULL || name[0] == '/' ||
	    fstatat(fd, name, &info, 0) < 0 || !S_ISREG(info.st_mode))
		return 0;
	return list_add(cargo->list, bytes_text(name), &info, fault);
}

static int
add_readme(struct cargo *cargo, int fd, const struct toml_node *package, struct fault *fault)
{
	static const char *const names[] = {"README.md", "README.txt", "README"};
	const struct toml_node *readme = toml_get(package, "readme");

	if (readme != NULL && readme->kind == TOML_STRING)
		return add_named(cargo, fd, readme->text, fault);
	if (readme != NULL && readme->kind == TOML_BOOL && readme->integer == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (faccessat(fd, names[i], F_OK, 0) == 0)
			return add_named(cargo, fd, names[i], fault);
	return 0;
}

static const char *
text_of(const struct toml_node *table, const char *key)
{
	const struct toml_node *node = toml_get(table, key);

	return node != NULL && node->kind == TOML_STRING ? node->text : NULL;
}

static int
list_package(struct cargo *cargo, const struct toml_node *root, int fd, struct fault *fault)
{
	const struct toml_node *package = toml_get(root, "package");
	struct arena *arena = &cargo->list->arena;
	struct scm_folder top;
	int r;

	if (package == NULL)
		return fault_set(fault, FAULT_FORMAT, "Cargo.toml: a workspace without a package");
	cargo->include = (struct glob_list)GLOB_LIST_INIT(arena, 0);
	cargo->exclude = (struct glob_list)GLOB_LIST_INIT(arena, 0);
	r = add_patterns(&cargo->include, toml_get(package, "include"), fault);
	if (r == 0)
		r = add_patterns(&cargo->exclude, toml_get(package, "exclude"), fault);
	if (r == 0)
		r = scm_open(&cargo->scm, cargo->list->real_path, arena, fault);
	if (r < 0)
		return r;
	cargo->has_include = cargo->include.first != NULL;
	cargo->uses_git = cargo->scm.is_git && !cargo->has_include;
	r = scm_enter(&cargo->scm, &top, NULL, fd, "", fault);
	if (r == 0)
		r = walk(cargo, &top, fd, "", 0, fault);
	if (r == 0)
		r = add_readme(cargo, fd, package, fault);
	if (r == 0)
		r = add_named(cargo, fd, text_of(package, "license-file"), fault);
	if (r < 0)
		return r;
	cargo->list->name = text_of(package, "name");
	cargo->list->version = text_of(package, "version");
	if (cargo->list->name != NULL)
		cargo->list->name = arena_text(arena, cargo->list->name);
	if (cargo->list->version != NULL)
		cargo->list->version = arena_text(arena, cargo->list->version);
	if (cargo->list->name != NULL && cargo->list->version != NULL)
		cargo->list->prefix =
		    arena_printf(arena, "%s-%s/", cargo->list->name, cargo->list->version);
	return cargo->list->prefix == NULL ? fault_memory(fault) : 0;
}

int
cargo_list(struct publish_list *list, int fd, struct fault *fault)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	struct cargo cargo = {.list = list};
	struct bytes content = {0};
	int r = folder_file(fd, "Cargo.toml", &content, &list->arena, fault);

	if (r == FOLDER_NONE)
		return fault_set(fault, FAULT_FORMAT, "no Cargo.toml");
	if (r == 0)
		r = toml_parse(&doc, content, "Cargo.toml", fault);
	return r < 0 ? r : list_package(&cargo, toml_root(doc), fd, fault);
}
