/*
 * npm_package.c - what a package.json says about which files ship
 *
 * Knows: "files", "main", "browser", "bin", "directories", "bundleDependencies", "workspaces",
 * and the names that npm always takes along or never.
 * Does not know: ignore files, how rules of several folders are weighed (npm_list.c).
 * Behaviour after npm 11 (npm-packlist 10), its odd corners kept: tests/publish-npm.sh compares.
 */
#include "publish/npm_package.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "publish/folder.h"

#define WORKSPACE_DEPTH_MAX 4

static const char *const never_first[] = {"/.git"};
static const char *const always[] = {
    "!/package.json",      "!/readme{,.*[^~$]}",
    "!/copying{,.*[^~$]}", "!/license{,.*[^~$]}",
    "!/licence{,.*[^~$]}", "/.git",
    "/node_modules",       ".npmrc",
    "/package-lock.json",  "/yarn.lock",
    "/pnpm-lock.yaml",     "/bun.lockb",
};

int
npm_rules_add(struct npm_rules *rules, struct bytes line, struct arena *arena, struct fault *fault)
{
	rules->set = true;
	if (rules->count == rules->room) {
		size_t more = rules->room == 0 ? 16 : rules->room * 2;
		struct npm_glob *grown = arena_alloc(arena, more * sizeof(*grown));

		if (grown == NULL)
			return fault_memory(fault);
		if (rules->count > 0)
			memcpy(grown, rules->list, rules->count * sizeof(*grown));
		rules->list = grown;
		rules->room = more;
	}
	return npm_glob_compile(&rules->list[rules->count++], line, arena, fault);
}

/* What JavaScript's trim() takes away, as far as it occurs in files. */
static size_t
space_at_front(struct bytes in)
{
	static const char *const spaces[] = {"\xef\xbb\xbf", "\xc2\xa0", "\xe2\x80\xa8",
					     "\xe2\x80\xa9", "\xe3\x80\x80"};

	if (in.left > 0 && (in.at[0] == ' ' || (in.at[0] >= '\t' && in.at[0] <= '\r')))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (bytes_begins(in, bytes_text(spaces[i])))
			return strlen(spaces[i]);
	return 0;
}

static struct bytes
trimmed(struct bytes in)
{
	size_t space;

	while ((space = space_at_front(in)) > 0)
		(void)bytes_skip(&in, space);
	while (in.left > 0 && (in.at[in.left - 1] == ' ' ||
			       (in.at[in.left - 1] >= '\t' && in.at[in.left - 1] <= '\r')))
		in.left--;
	return in;
}

int
npm_rules_add_lines(struct npm_rules *rules, struct bytes content, struct arena *arena,
		    struct fault *fault)
{
	int r = 0;

	rules->set = true;
	while (r == 0 && content.left > 0) {
		const uint8_t *end = memchr(content.at, '\n', content.left);
		size_t length = end == NULL ? content.left : (size_t)(end - content.at);
		struct bytes line = trimmed(bytes_slice(content, 0, length));

		(void)bytes_skip(&content, end == NULL ? length : length + 1);
		if (line.left > 0 && line.at[0] != '#')
			r = npm_rules_add(rules, line, arena, fault);
	}
	return r;
}

static int
add_text(struct npm_rules *rules, struct arena *arena, struct fault *fault, const char *before,
	 struct bytes text)
{
	const char *line = arena_printf(arena, "%s%.*s", before, (int)text.left, text.at);
	struct bytes rule = line == NULL ? text : trimmed(bytes_text(line));

	if (line == NULL)
		return fault_memory(fault);
	/* Rules go through the same filter as lines of a file. */
	return rule.left == 0 || rule.at[0] == '#' ? 0 : npm_rules_add(rules, rule, arena, fault);
}

/* "./a/../b//c" to "b/c": how npm cleans the paths of programs. */
static const char *
clean_path(struct arena *arena, const char *path)
{
	char *out = arena_text(arena, path);
	size_t used = 0;

	if (out == NULL)
		return NULL;
	while (*path != '\0') {
		size_t length = strcspn(path, "/\\");

		if (length == 2 && memcmp(path, "..", 2) == 0) {
			while (used > 0 && out[--used] != '/')
				;
		} else if (length > 0 && !(length == 1 && *path == '.')) {
			if (used > 0)
				out[used++] = '/';
			memmove(out + used, path, length);
			used += length;
		}
		path += length + (path[length] != '\0');
	}
	out[used] = '\0';
	return out;
}

static int
add_program(struct npm_package *package, const char *path, struct arena *arena, struct fault *fault)
{
	const char *clean = path == NULL ? "" : clean_path(arena, path);

	if (clean == NULL)
		return fault_memory(fault);
	return clean[0] == '\0' ? 0
				: add_text(&package->strict, arena, fault, "!/", bytes_text(clean));
}

/* "directories": {"bin": "X"} makes every file below X a program. */
static int
add_program_folder(struct npm_package *package, int fd, const char *path, unsigned depth,
		   struct arena *arena, struct fault *fault)
{
	AUTO(own_close)
	int folder = openat(fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r;

	if (folder < 0 || depth > 8)
		return 0;
	r = folder_read(folder, &entries, &count, arena, fault);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *below = path_join(arena, path, entries[i].name);

		if (below == NULL)
			r = fault_memory(fault);
		else if (entries[i].name[0] == '.')
			continue;
		else if (S_ISDIR(entries[i].info.st_mode))
			r = add_program_folder(package, fd, below, depth + 1, arena, fault);
		else
			r = add_text(&package->strict, arena, fault, "!/", bytes_text(below));
	}
	return r;
}

static int
add_programs(struct npm_package *package, int fd, struct arena *arena, struct fault *fault)
{
	const struct json_value *bin = json_get(package->json, "bin");
	const char *folder = json_text(json_get(package->json, "directories"), "bin");
	int r = 0;

	if (bin != NULL && bin->type == JSON_STRING)
		return json_text(package->json, "name") == NULL
			   ? 0
			   : add_program(package, json_as_text(bin), arena, fault);
	for (const struct json_value *one = json_first(bin); r == 0 && one != NULL; one = one->next)
		r = add_program(package, json_as_text(one), arena, fault);
	if (r == 0 && bin == NULL && folder != NULL) {
		folder = clean_path(arena, folder);
		if (folder == NULL)
			return fault_memory(fault);
		if (folder[0] != '\0')
			r = add_program_folder(package, fd, folder, 0, arena, fault);
	}
	return r;
}

/* One entry of "files": a file is required whatever an ignore file says; a folder brings all that
 * is below it; anything else is a pattern.  Rules of files go to `files`, last entry first. */
static int
add_files_entry(struct npm_package *package, const char *entry, struct npm_rules *strict, int fd,
		struct arena *arena, struct fault *fault)
{
	const char *slashed = entry, *bare;
	struct stat info;
	size_t length;
	int r;

	if (entry[0] == '\0')
		return 0;
	if (entry[0] == '.' && entry[1] == '/')
		slashed = entry + 1;
	length = strlen(slashed);
	if (length >= 2 && strcmp(slashed + length - 2, "/*") == 0)
		slashed = arena_printf(arena, "%s*", slashed);
	if (slashed == NULL)
		return fault_memory(fault);
	/* "x/" is a folder or nothing; "a/../b" is b also where there is no a. */
	length = strlen(slashed);
	bare = clean_path(arena, slashed + strspn(slashed, "!"));
	if (bare != NULL && slashed[length - 1] == '/')
		bare = arena_printf(arena, "%s/.", bare[0] == '\0' ? "." : bare);
	if (bare == NULL)
		return fault_memory(fault);
	if (fstatat(fd, bare[0] == '\0' ? "." : bare, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return add_text(&package->files, arena, fault, "!", bytes_text(slashed));
	if (S_ISREG(info.st_mode)) {
		package->required[package->required_count++] =
		    slashed[0] == '/' ? slashed + 1 : slashed;
		return add_text(strict, arena, fault, "!", bytes_text(slashed));
	}
	if (!S_ISDIR(info.st_mode))
		return 0;
	r = add_text(&package->files, arena, fault, "!", bytes_text(slashed));
	if (r == 0) {
		const char *below = arena_printf(arena, "%s/**", slashed);

		r = below == NULL ? fault_memory(fault)
				  : add_text(&package->files, arena, fault, "!", bytes_text(below));
	}
	return r;
}

static int
add_files(struct npm_package *package, int fd, struct arena *arena, struct fault *fault)
{
	const struct json_value *files = json_get(package->json, "files");
	struct npm_rules strict = {0};
	int r;

	if (files == NULL || files->type != JSON_ARRAY)
		return 0;
	package->required = arena_alloc(arena, (files->count + 1) * sizeof(*package->required));
	if (package->required == NULL)
		return fault_memory(fault);
	r = npm_rules_add(&package->files, BYTES_OF("*"), arena, fault);
	for (const struct json_value *one = files->first; r == 0 && one != NULL; one = one->next)
		if (json_as_text(one) != NULL)
			r = add_files_entry(package, json_as_text(one), &strict, fd, arena, fault);
	for (size_t i = 0; i < strict.count / 2; i++) {
		struct npm_glob swap = strict.list[i];

		strict.list[i] = strict.list[strict.count - 1 - i];
		strict.list[strict.count - 1 - i] = swap;
	}
	package->strict = strict;
	return r;
}

static int
add_strict(struct npm_package *package, int fd, struct arena *arena, struct fault *fault)
{
	const struct json_value *browser = json_get(package->json, "browser");
	const struct json_value *main_file = json_get(package->json, "main");
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(never_first); i++)
		r = npm_rules_add(&package->strict, bytes_text(never_first[i]), arena, fault);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(always); i++)
		r = npm_rules_add(&package->strict, bytes_text(always[i]), arena, fault);
	if (r == 0 && json_as_text(browser) != NULL && browser->text.left > 0)
		r = add_text(&package->strict, arena, fault, "!/", browser->text);
	/* npm makes a pattern of the object's name; it is a class, and names one-letter files. */
	if (r == 0 && browser != NULL && browser->type == JSON_OBJECT)
		r = add_text(&package->strict, arena, fault, "!/", BYTES_OF("[object Object]"));
	if (r == 0 && json_as_text(main_file) != NULL && main_file->text.left > 0)
		r = add_text(&package->strict, arena, fault, "!/", main_file->text);
	return r < 0 ? r : add_programs(package, fd, arena, fault);
}

static int
add_workspaces(struct npm_package *package, struct arena *arena, struct fault *fault)
{
	const struct json_value *list = json_get(package->json, "workspaces");
	int r = 0;

	if (list != NULL && list->type == JSON_OBJECT)
		list = json_get(list, "packages");
	if (list == NULL || list->type != JSON_ARRAY)
		return 0;
	package->workspaces = arena_alloc(arena, (list->count + 1) * sizeof(*package->workspaces));
	if (package->workspaces == NULL)
		return fault_memory(fault);
	for (const struct json_value *one = list->first; r == 0 && one != NULL; one = one->next) {
		struct bytes text = one->text;

		if (one->type != JSON_STRING)
			continue;
		if (bytes_begins(text, BYTES_OF("./")))
			(void)bytes_skip(&text, 2);
		while (text.left > 1 && text.at[text.left - 1] == '/')
			text.left--;
		if (text.left > 0)
			r = npm_glob_compile(&package->workspaces[package->workspaces_count++],
					     text, arena, fault);
	}
	return r;
}

int
npm_package_read(struct npm_package *package, int fd, struct arena *arena, struct fault *fault)
{
	struct json_value *json = NULL;
	struct bytes content;
	int r;

	*package = (struct npm_package){0};
	r = folder_file(fd, "package.json", &content, arena, fault);
	if (r != 0)
		return r;
	r = json_parse(&json, content, NULL, arena, fault);
	if (r < 0)
		return fault_wrap(fault, r, "package.json");
	if (json->type != JSON_OBJECT)
		return fault_set(fault, FAULT_FORMAT, "package.json: not an object");
	package->json = json;
	r = add_files(package, fd, arena, fault);
	if (r == 0)
		r = add_strict(package, fd, arena, fault);
	if (r == 0)
		r = add_workspaces(package, arena, fault);
	return r;
}

static bool
has_key(const struct json_value *json, const char *list, const char *name)
{
	return json_get(json_get(json, list), name) != NULL;
}

/* Peer and development dependencies are not bundled even when listed; the last list wins. */
static bool
is_bundled_kind(const struct json_value *json, bool is_root, const char *name)
{
	if (is_root && has_key(json, "devDependencies", name))
		return false;
	return has_key(json, "dependencies", name) || has_key(json, "optionalDependencies", name);
}

static size_t
add_keys(const struct json_value *object, const char **out, size_t count)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return count;
	for (const struct json_value *one = object->first; one != NULL; one = one->next)
		out[count++] = (const char *)one->key.at;
	return count;
}

int
npm_package_bundles(const struct npm_package *package, bool is_root, const char ***out,
		    size_t *count, struct arena *arena, struct fault *fault)
{
	const struct json_value *json = package->json;
	const struct json_value *list = json_get(json, "bundleDependencies");
	const struct json_value *needs = json_get(json, "dependencies");
	const struct json_value *optional = json_get(json, "optionalDependencies");
	size_t room = 1, used = 0, kept = 0;

	if (list == NULL)
		list = json_get(json, "bundledDependencies");
	room += (list == NULL ? 0 : list->count) + (needs == NULL ? 0 : needs->count) +
		(optional == NULL ? 0 : optional->count);
	*out = arena_alloc(arena, room * sizeof(**out));
	if (*out == NULL)
		return fault_memory(fault);
	if (!is_root) {
		used = add_keys(needs, *out, used);
		used = add_keys(optional, *out, used);
	} else if (list != NULL && list->type == JSON_BOOL && list->truth) {
		used = add_keys(needs, *out, used);
	} else if (list != NULL && list->type == JSON_OBJECT) {
		used = add_keys(list, *out, used);
	} else if (list != NULL && list->type == JSON_ARRAY) {
		for (const struct json_value *one = list->first; one != NULL; one = one->next)
			if (json_as_text(one) != NULL)
				(*out)[used++] = json_as_text(one);
	}
	for (size_t i = 0; i < used; i++)
		if (is_bundled_kind(json, is_root, (*out)[i]))
			(*out)[kept++] = (*out)[i];
	*count = kept;
	return 0;
}

static size_t
split(struct bytes path, struct bytes names[NPM_GLOB_NAMES_MAX])
{
	size_t count = 0, from = 0;

	for (size_t i = 0; i <= path.left; i++) {
		if (i < path.left && path.at[i] != '/')
			continue;
		if (count < NPM_GLOB_NAMES_MAX)
			names[count++] = bytes_slice(path, from, i - from);
		from = i + 1;
	}
	return count;
}

bool
npm_package_is_workspace(const struct npm_package *package, struct bytes path)
{
	struct bytes names[NPM_GLOB_NAMES_MAX];
	struct npm_path whole = {.names = names, .count = split(path, names)};
	bool is = false;

	for (size_t i = 0; i < package->workspaces_count; i++) {
		const struct npm_glob *glob = &package->workspaces[i];

		/* A pattern of one name must not match further down. */
		if (glob->relative && whole.count > 1)
			continue;
		if (npm_glob_match(glob, &whole, false))
			is = !glob->negate;
	}
	return is;
}

static int
find_workspace(const struct npm_package *package, int fd, const char *path, unsigned depth,
	       bool *out, struct fault *fault)
{
	struct arena names = ARENA_INIT((size_t)64 << 20);
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r = folder_read(fd, &entries, &count, &names, fault);

	for (size_t i = 0; r == 0 && !*out && i < count; i++) {
		const char *below = path_join(&names, path, entries[i].name);
		AUTO(own_close)
		int folder = -1;

		if (below == NULL)
			r = fault_memory(fault);
		else if (S_ISDIR(entries[i].info.st_mode) && entries[i].name[0] != '.' &&
			 strcmp(entries[i].name, "node_modules") != 0)
			r = folder_open(fd, entries[i].name, &folder, fault);
		if (r < 0 || folder < 0)
			continue;
		if (npm_package_is_workspace(package, bytes_text(below)) &&
		    faccessat(folder, "package.json", F_OK, 0) == 0)
			*out = true;
		else if (depth + 1 < WORKSPACE_DEPTH_MAX)
			r = find_workspace(package, folder, below, depth + 1, out, fault);
	}
	arena_free(&names);
	return r;
}

int
npm_package_has_workspaces(const struct npm_package *package, int fd, bool *out,
			   struct fault *fault)
{
	*out = false;
	return package->workspaces_count == 0 ? 0 : find_workspace(package, fd, "", 0, out, fault);
}
