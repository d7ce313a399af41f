/*
 * npm_list.c - the files that `npm publish` would ship
 *
 * Knows: how rules of the package and of every folder's ignore file are weighed, bundled packages,
 * workspaces.  Does not know: what the rules of a package.json are (npm_package.c), patterns
 * (npm_glob.c), what scripts would add.
 * Behaviour after npm 11 (npm-packlist 10), its odd corners kept: tests/publish-npm.sh compares.
 */
#include "publish/npm_package.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/own.h"
#include "publish/folder.h"

#define BUNDLES_MAX     20000
#define ROOTS_ABOVE_MAX 16

/* Where rules come from, in the order in which they are asked; a later one can take back. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_PACKAGE,
	SOURCE_NPMIGNORE,
	SOURCE_GITIGNORE,
	SOURCE_STRICT,
	SOURCES
};

#define SOURCE_BIT(source) (1u << (source))
#define SOURCES_ALL        (SOURCE_BIT(SOURCES) - 1)
#define SOURCES_FOLDER     (SOURCES_ALL & ~SOURCE_BIT(SOURCE_PACKAGE))
#define SOURCES_BUNDLE     (SOURCE_BIT(SOURCE_PACKAGE) | SOURCE_BIT(SOURCE_STRICT))

static const char *const defaults[] = {
    ".npmignore",
    ".gitignore",
    "**/.git",
    "**/.svn",
    "**/.hg",
    "**/CVS",
    "**/.git/**",
    "**/.svn/**",
    "**/.hg/**",
    "**/CVS/**",
    "/.lock-wscript",
    "/.wafpickle-*",
    "/build/config.gypi",
    "npm-debug.log",
    "**/.npmrc",
    ".*.swp",
    ".DS_Store",
    "**/.DS_Store/**",
    "._*",
    "**/._*/**",
    "*.orig",
    "/archived-packages/**",
};

struct npm {
	struct publish_list *list;
	struct arena *arena;
	struct npm_rules defaults;
	bool workspaces;                        /* of the package being walked */
	struct bytes names[NPM_GLOB_NAMES_MAX]; /* of the path being looked at */
	const char **bundled;                   /* paths of bundled packages done */
	size_t bundled_count;
};

struct walker {
	const struct walker *parent;
	const char *path; /* below the list's folder; "" at its top */
	size_t from;      /* names[from..] is what this walker's rules see */
	int fd;
	unsigned sources; /* bits */
	bool exact;
	struct npm_rules rules[SOURCES];
	const char *const *required;
	size_t required_count;
};

static bool
matches(const struct npm_glob *rule, struct npm_path path, bool partial)
{
	path.lead = true;
	if (npm_glob_match(rule, &path, partial))
		return true;
	path.lead = false;
	return npm_glob_match(rule, &path, partial);
}

/* Could the path be, or lead to, what the rule means? */
static bool
matches_towards(const struct npm_glob *rule, struct npm_path path)
{
	struct npm_path folder = path;

	folder.trail = true;
	return matches(rule, folder, false) || (rule->negate && matches(rule, path, true));
}

static bool
rule_hits(const struct npm_glob *rule, const struct npm_path *path, bool partial, bool from_child)
{
	struct npm_path last = *path;

	if (matches(rule, *path, false))
		return true;
	if (!partial)
		return false;
	if (matches_towards(rule, *path))
		return true;
	last.names += last.count - 1;
	last.count = 1;
	return from_child && rule->relative && matches_towards(rule, last);
}

/* Does names[0..count) ship?  Asked of the top first; a folder may take back only what the one
 * above let through, unless the folder itself was named there. */
static bool
ships(const struct npm *npm, const struct walker *walker, size_t count, bool trail, bool partial,
      bool from_child)
{
	struct npm_path path = {&npm->names[walker->from], count - walker->from, false, trail};
	bool included = true;

	if (walker->parent != NULL) {
		included = ships(npm, walker->parent, count, trail, partial, true);
		if (!included && !walker->exact)
			return false;
	}
	for (unsigned s = 0; s < SOURCES; s++) {
		const struct npm_rules *rules = &walker->rules[s];

		if ((walker->sources & SOURCE_BIT(s)) == 0 || !rules->set)
			continue;
		for (size_t i = 0; i < rules->count; i++)
			if (rules->list[i].negate != included &&
			    rule_hits(&rules->list[i], &path, partial, from_child))
				included = rules->list[i].negate;
	}
	return included;
}

static int
read_ignore_file(struct npm *npm, struct walker *walker, enum source source, const char *name,
		 struct fault *fault)
{
	struct bytes content;
	int r;

	if ((walker->sources & SOURCE_BIT(source)) == 0)
		return 0;
	r = folder_file(walker->fd, name, &content, npm->arena, fault);
	if (r == FOLDER_NONE)
		return 0;
	return r < 0 ? r : npm_rules_add_lines(&walker->rules[source], content, npm->arena, fault);
}

/* "files" silences both ignore files of its folder, .npmignore silences .gitignore. */
static void
silence(struct walker *walker)
{
	if (walker->rules[SOURCE_PACKAGE].set)
		walker->rules[SOURCE_NPMIGNORE].set = walker->rules[SOURCE_GITIGNORE].set = false;
	else if (walker->rules[SOURCE_NPMIGNORE].set)
		walker->rules[SOURCE_GITIGNORE].set = false;
}

static int walk(struct npm *npm, struct walker *walker, size_t depth, struct fault *fault);

/* Entries of "files" that lie right in `name`, as that folder sees them. */
static int
required_below(struct npm *npm, const struct walker *above, const char *name, struct walker *to,
	       struct fault *fault)
{
	size_t length = strlen(name), count = 0;
	const char **list = arena_alloc(npm->arena, (above->required_count + 1) * sizeof(*list));

	if (list == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < above->required_count; i++) {
		const char *file = above->required[i];

		if (strncmp(file, name, length) == 0 && file[length] == '/' &&
		    file[length + 1] != '\0' && strchr(file + length + 1, '/') == NULL)
			list[count++] = file + length + 1;
	}
	to->required = list;
	to->required_count = count;
	return 0;
}

static int
walk_folder(struct npm *npm, const struct walker *parent, const char *name, size_t depth,
	    bool exact, struct fault *fault)
{
	AUTO(own_close)
	int fd = -1;
	struct walker walker = {.parent = parent, .exact = exact, .from = depth};
	struct npm_rules *strict = &walker.rules[SOURCE_STRICT];
	int r = folder_open(parent->fd, name, &fd, fault);

	if (r < 0)
		return r;
	walker.fd = fd;
	walker.path = path_join(npm->arena, parent->path, name);
	if (walker.path == NULL)
		return fault_memory(fault);
	walker.rules[SOURCE_DEFAULT] = npm->defaults;
	/* With workspaces, npm reads a folder's package.json as if it were an ignore file. */
	walker.sources = npm->workspaces ? SOURCES_ALL : SOURCES_FOLDER;
	r = required_below(npm, parent, name, &walker, fault);
	if (r == 0)
		r = npm_rules_add(strict, BYTES_OF("/.git"), npm->arena, fault);
	for (size_t i = 0; r == 0 && i < walker.required_count; i++) {
		const char *rule = arena_printf(npm->arena, "!%s", walker.required[i]);

		r = rule == NULL ? fault_memory(fault)
				 : npm_rules_add(strict, bytes_text(rule), npm->arena, fault);
	}
	if (r == 0)
		r = read_ignore_file(npm, &walker, SOURCE_PACKAGE, "package.json", fault);
	if (r == 0)
		r = read_ignore_file(npm, &walker, SOURCE_NPMIGNORE, ".npmignore", fault);
	if (r == 0)
		r = read_ignore_file(npm, &walker, SOURCE_GITIGNORE, ".gitignore", fault);
	silence(&walker);
	return r < 0 ? r : walk(npm, &walker, depth, fault);
}

/* `depth`: names in front of what is in this folder. */
static int
walk_entry(struct npm *npm, struct walker *walker, const struct folder_entry *entry, size_t depth,
	   struct fault *fault)
{
	bool file, folder;

	npm->names[depth] = bytes_text(entry->name);
	file = ships(npm, walker, depth + 1, false, false, false);
	if (S_ISREG(entry->info.st_mode)) {
		const char *path =
		    file ? path_join(npm->arena, walker->path, entry->name) : entry->name;

		if (path == NULL)
			return fault_memory(fault);
		return file ? list_add(npm->list, bytes_text(path), &entry->info, fault) : 0;
	}
	if (!S_ISDIR(entry->info.st_mode))
		return 0;
	folder = ships(npm, walker, depth + 1, false, true, false);
	if (!folder)
		return 0;
	return walk_folder(npm, walker, entry->name, depth + 1,
			   file || ships(npm, walker, depth + 1, true, false, false), fault);
}

static int
walk(struct npm *npm, struct walker *walker, size_t depth, struct fault *fault)
{
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r;

	if (depth >= PUBLISH_DEPTH_MAX)
		return fault_set(fault, FAULT_LIMIT, "%s: folders nest too deep", walker->path);
	r = folder_read(walker->fd, &entries, &count, npm->arena, fault);
	for (size_t i = 0; r == 0 && i < count; i++)
		/* npm leaves out names that other systems could not unpack. */
		if (strchr(entries[i].name, '*') == NULL)
			r = walk_entry(npm, walker, &entries[i], depth, fault);
	return r;
}

static int
walk_package(struct npm *npm, const struct npm_package *package, int fd, const char *path,
	     unsigned sources, const struct npm_rules *outside, struct fault *fault)
{
	struct walker walker = {.path = path,
				.fd = fd,
				.sources = sources,
				.required = package->required,
				.required_count = package->required_count};
	int r;

	walker.rules[SOURCE_DEFAULT] = outside != NULL ? *outside : npm->defaults;
	walker.rules[SOURCE_PACKAGE] = package->files;
	walker.rules[SOURCE_STRICT] = package->strict;
	r = read_ignore_file(npm, &walker, SOURCE_NPMIGNORE, ".npmignore", fault);
	if (r == 0)
		r = read_ignore_file(npm, &walker, SOURCE_GITIGNORE, ".gitignore", fault);
	silence(&walker);
	return r < 0 ? r : walk(npm, &walker, 0, fault);
}

static bool
was_bundled(struct npm *npm, const char *path)
{
	for (size_t i = 0; i < npm->bundled_count; i++)
		if (strcmp(npm->bundled[i], path) == 0)
			return true;
	return npm->bundled_count >= BUNDLES_MAX;
}

/* Where node would find `name` from the package at `path`: nearest node_modules first. */
static const char *
find_dependency(struct npm *npm, int root, const char *path, const char *name)
{
	size_t length = strlen(path);

	for (;;) {
		const char *found = length == 0 ? arena_printf(npm->arena, "node_modules/%s", name)
						: arena_printf(npm->arena, "%.*s/node_modules/%s",
							       (int)length, path, name);
		struct stat info;
		const char *above;

		if (found == NULL || fstatat(root, found, &info, 0) == 0)
			return found;
		if (length == 0)
			return NULL;
		above = memrchr(path, '/', length);
		while (above != NULL && (size_t)(above - path) >= 12 &&
		       memcmp(above - 12, "node_modules", 12) != 0)
			above = memrchr(path, '/', (size_t)(above - path));
		length =
		    above == NULL || (size_t)(above - path) < 13 ? 0 : (size_t)(above - path) - 13;
	}
}

/* A path is what the package says: it must stay below node_modules. */
static bool
is_plain_name(const char *name)
{
	return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL;
}

static int bundle(struct npm *npm, const struct npm_package *package, int root, const char *path,
		  bool is_root, unsigned depth, struct fault *fault);

static int
bundle_one(struct npm *npm, int root, const char *path, unsigned depth, struct fault *fault)
{
	AUTO(own_close)
	int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct npm_package package;
	struct stat info;
	bool is_link;
	int r;

	if (fd < 0 || fstatat(root, path, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* an optional dependency that is not installed */
	is_link = S_ISLNK(info.st_mode);
	npm->bundled[npm->bundled_count++] = path;
	r = npm_package_read(&package, fd, npm->arena, fault);
	if (r == FOLDER_NONE)
		return 0;
	if (r == 0)
		r = npm_package_has_workspaces(&package, fd, &npm->workspaces, fault);
	if (r == 0)
		r = walk_package(npm, &package, fd, path, is_link ? SOURCES_ALL : SOURCES_BUNDLE,
				 NULL, fault);
	return r < 0 ? r : bundle(npm, &package, root, path, false, depth + 1, fault);
}

static int
bundle(struct npm *npm, const struct npm_package *package, int root, const char *path, bool is_root,
       unsigned depth, struct fault *fault)
{
	const char **names = NULL;
	size_t count = 0;
	int r = npm_package_bundles(package, is_root, &names, &count, npm->arena, fault);

	if (depth > PUBLISH_DEPTH_MAX)
		return fault_set(fault, FAULT_LIMIT, "%s: bundled packages nest too deep", path);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *found =
		    is_plain_name(names[i]) ? find_dependency(npm, root, path, names[i]) : NULL;

		if (found != NULL && !was_bundled(npm, found))
			r = bundle_one(npm, root, found, depth, fault);
	}
	return r;
}

/* The ignore file of one folder above a workspace: .npmignore, else .gitignore. */
static int
add_outside(struct npm *npm, struct npm_rules *rules, int fd, struct fault *fault)
{
	struct bytes content;
	int r = folder_file(fd, ".npmignore", &content, npm->arena, fault);

	if (r == FOLDER_NONE)
		r = folder_file(fd, ".gitignore", &content, npm->arena, fault);
	if (r == FOLDER_NONE)
		return 0;
	return r < 0 ? r : npm_rules_add_lines(rules, content, npm->arena, fault);
}

/* From the workspaces' root down to the folder that holds the package, each one's ignore file. */
static int
add_outside_chain(struct npm *npm, struct npm_rules *rules, const char *root, size_t root_bytes,
		  const char *real, struct fault *fault)
{
	size_t at = root_bytes;
	int r = 0;

	(void)root;
	while (r == 0) {
		const char *path = arena_copy(npm->arena, real, at == 0 ? 1 : at);
		const char *next = strchr(real + at + 1, '/');
		AUTO(own_close)
		int fd = -1;

		if (path == NULL)
			return fault_memory(fault);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			r = add_outside(npm, rules, fd, fault);
		if (next == NULL)
			break;
		at = (size_t)(next - real);
	}
	return r;
}

/* A package that is a workspace of a project above also obeys the ignore files on the way there. */
static int
outside_rules(struct npm *npm, struct npm_rules *rules, struct fault *fault)
{
	const char *real = npm->list->real_path;
	size_t length = strlen(real);
	int r = 0;

	*rules = npm->defaults;
	for (unsigned n = 0; n < ROOTS_ABOVE_MAX && length > 1; n++) {
		const char *slash = memrchr(real, '/', length), *above;
		struct npm_package package;
		AUTO(own_close)
		int fd = -1;
		struct fault ignored;

		length = (size_t)(slash - real);
		above = arena_copy(npm->arena, real, length == 0 ? 1 : length);
		if (above == NULL)
			return fault_memory(fault);
		fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* What stands above is not ours: a manifest there that is broken says nothing. */
		if (fd < 0 || npm_package_read(&package, fd, npm->arena, &ignored) != 0)
			continue;
		if (npm_package_is_workspace(&package, bytes_text(real + length + 1))) {
			/* Rules are appended: keep the shared list as it is. */
			rules->room = rules->count;
			r = add_outside_chain(npm, rules, above, length, real, fault);
		}
		break;
	}
	return r;
}

static int
add_notes(struct publish_list *list, const struct npm_package *package, struct fault *fault)
{
	static const char *const scripts[] = {"prepublishOnly", "prepack", "prepare", "postpack"};
	const struct json_value *all = json_get(package->json, "scripts");
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(scripts); i++)
		if (json_text(all, scripts[i]) != NULL)
			r = list_note(list, "publish-script", fault,
				      "publishing first runs the script \"%s\" (%.200s), which may "
				      "change what ships",
				      scripts[i], json_text(all, scripts[i]));
	if (r == 0 && json_bool(package->json, "private", false))
		r = list_note(list, "private-package", fault,
			      "package.json says \"private\": true: npm refuses to publish it");
	return r;
}

static int
list_package(struct npm *npm, int fd, struct fault *fault)
{
	struct npm_package package;
	struct npm_rules outside;
	int r = npm_package_read(&package, fd, npm->arena, fault);

	if (r == FOLDER_NONE)
		return fault_set(fault, FAULT_FORMAT, "no package.json");
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(defaults); i++)
		r = npm_rules_add(&npm->defaults, bytes_text(defaults[i]), npm->arena, fault);
	if (r == 0)
		r = npm_package_has_workspaces(&package, fd, &npm->workspaces, fault);
	if (r == 0)
		r = outside_rules(npm, &outside, fault);
	if (r == 0)
		r = walk_package(npm, &package, fd, "", SOURCES_ALL, &outside, fault);
	if (r == 0)
		r = bundle(npm, &package, fd, "", true, 0, fault);
	if (r < 0)
		return r;
	npm->list->prefix = "package/";
	npm->list->name = json_text(package.json, "name");
	npm->list->version = json_text(package.json, "version");
	return add_notes(npm->list, &package, fault);
}

int
npm_list(struct publish_list *list, int fd, struct fault *fault)
{
	struct npm *npm = arena_alloc(&list->arena, sizeof(*npm));

	if (npm == NULL)
		return fault_memory(fault);
	npm->list = list;
	npm->arena = &list->arena;
	npm->bundled = arena_alloc(&list->arena, BUNDLES_MAX * sizeof(*npm->bundled));
	return npm->bundled == NULL ? fault_memory(fault) : list_package(npm, fd, fault);
}
