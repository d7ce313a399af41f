/*
 * python_list.c - what publishing a Python project would ship, as far as files alone can tell
 *
 * Knows: files built already (they ship, byte for byte); what setuptools takes by itself and by
 * MANIFEST.in; that most other backends take what git does not ignore, hatch's includes/excludes.
 * Does not know: what setup.py, plugins and build hooks do when they run: the notes say so, and
 * scanning the built sdist and wheel is the way to be sure (docs/publish-list.md).
 */
#include "publish/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/blob.h"
#include "config/toml.h"
#include "publish/scm.h"

#define FILES_MAX 300000

struct candidate {
	const char *path;
	struct stat info;
	bool ignored; /* by git, and not tracked */
	bool chosen;
};

struct python {
	struct publish_list *list;
	struct arena *arena;
	struct scm scm;
	struct candidate *files;
	size_t count, room;
	const struct toml_node *root; /* of pyproject.toml; NULL: there is none */
	const char *backend;
	bool has_src;
};

static int
add_candidate(struct python *py, const char *path, const struct stat *info, bool ignored,
	      struct fault *fault)
{
	if (py->count >= FILES_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %d files", FILES_MAX);
	if (py->count == py->room) {
		size_t more = py->room == 0 ? 256 : py->room * 2;
		struct candidate *grown = reallocarray(py->files, more, sizeof(*grown));

		if (grown == NULL)
			return fault_memory(fault);
		py->files = grown;
		py->room = more;
	}
	py->files[py->count++] = (struct candidate){path, *info, ignored, false};
	return 0;
}

/* Folders that no backend packs. */
static bool
is_pruned(const char *name, unsigned depth)
{
	static const char *const names[] = {
	    ".git",        ".hg",  ".svn", ".bzr",  "CVS",         "RCS",           "_darcs",
	    "__pycache__", ".tox", ".nox", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return depth == 0 && (strcmp(name, "build") == 0 || strcmp(name, "dist") == 0 ||
			      strcmp(name, "venv") == 0);
}

static int
walk(struct python *py, const struct scm_folder *above, int fd, const char *path, bool ignored,
     unsigned depth, struct fault *fault)
{
	struct folder_entry *entries = NULL;
	struct scm_folder folder;
	size_t count = 0;
	int r = depth > PUBLISH_DEPTH_MAX
		    ? fault_set(fault, FAULT_LIMIT, "%s: folders nest too deep", path)
		    : scm_enter(&py->scm, &folder, above, fd, path, fault);

	if (r == 0)
		r = folder_read(fd, &entries, &count, py->arena, fault);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *below = path_join(py->arena, path, entries[i].name);
		bool is_folder = S_ISDIR(entries[i].info.st_mode), skip;
		AUTO(own_close)
		int inside = -1;

		if (below == NULL)
			return fault_memory(fault);
		skip = ignored || scm_is_ignored(&folder, below, is_folder);
		if (S_ISREG(entries[i].info.st_mode))
			r = add_candidate(py, below, &entries[i].info,
					  skip && !scm_is_tracked(&py->scm, below), fault);
		else if (is_folder && !is_pruned(entries[i].name, depth))
			r = folder_open(fd, entries[i].name, &inside, fault);
		if (r == 0 && inside >= 0)
			r = walk(py, &folder, inside, below, skip, depth + 1, fault);
	}
	return r;
}

static const char *
text_at(const struct toml_node *root, const char *path)
{
	const struct toml_node *node = root == NULL ? NULL : toml_find(root, path);

	return node != NULL && node->kind == TOML_STRING ? node->text : NULL;
}

static bool
ends_with(const char *text, const char *end)
{
	return bytes_ends(bytes_text(text), bytes_text(end));
}

/* Files in dist/ are what `twine upload dist/...` sends. */
static int
list_built(struct python *py, int fd, struct fault *fault)
{
	AUTO(own_close)
	int dist = openat(fd, "dist", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folder_entry *entries = NULL;
	size_t count = 0;
	int r = 0;

	if (dist < 0)
		return 0;
	r = folder_read(dist, &entries, &count, py->arena, fault);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *name = entries[i].name;
		const char *path = arena_printf(py->arena, "dist/%s", name);

		if (path == NULL)
			return fault_memory(fault);
		if (S_ISREG(entries[i].info.st_mode) &&
		    (ends_with(name, ".whl") || ends_with(name, ".tar.gz") ||
		     ends_with(name, ".zip")))
			r = list_add(py->list, bytes_text(path), &entries[i].info, fault);
	}
	if (r == 0 && py->list->count > 0)
		r = list_note(py->list, "built-already", fault,
			      "dist/ holds %zu built files: they are what an upload sends, "
			      "so they are listed and not the sources",
			      py->list->count);
	return r;
}

static bool
glob_hits(struct python *py, struct bytes pattern, struct bytes path, struct fault *fault)
{
	struct glob *glob = NULL;

	return glob_compile(&glob, pattern, 0, py->arena, fault) == 0 && glob != NULL &&
	       glob_match(glob, path, false);
}

static struct bytes
take_word(struct bytes *line)
{
	struct bytes word;
	size_t length = 0;

	while (line->left > 0 && (line->at[0] == ' ' || line->at[0] == '\t'))
		(void)bytes_skip(line, 1);
	while (length < line->left && line->at[length] != ' ' && line->at[length] != '\t')
		length++;
	word = bytes_slice(*line, 0, length);
	(void)bytes_skip(line, length);
	while (word.left > 1 && word.at[word.left - 1] == '/')
		word.left--;
	if (bytes_begins(word, BYTES_OF("./")))
		(void)bytes_skip(&word, 2);
	return word;
}

static bool
is_below(struct bytes path, struct bytes folder)
{
	return path.left > folder.left && path.at[folder.left] == '/' && bytes_begins(path, folder);
}

/* One pattern of one command of MANIFEST.in over all candidates. */
static void
apply(struct python *py, struct bytes verb, struct bytes folder, struct bytes pattern,
      struct fault *fault)
{
	bool recursive = bytes_begins(verb, BYTES_OF("recursive-"));
	bool global = bytes_begins(verb, BYTES_OF("global-"));
	bool tree = bytes_equal(verb, BYTES_OF("graft")) || bytes_equal(verb, BYTES_OF("prune"));
	bool add = bytes_ends(verb, BYTES_OF("include")) || bytes_equal(verb, BYTES_OF("graft"));
	const char *anchored =
	    arena_printf(py->arena, "/%.*s", (int)pattern.left, (const char *)pattern.at);

	for (size_t i = 0; anchored != NULL && i < py->count; i++) {
		struct bytes path = bytes_text(py->files[i].path);
		bool hit;

		if (tree) {
			hit = is_below(path, pattern);
			for (size_t at = 0; !hit && at < path.left; at++)
				hit = path.at[at] == '/' &&
				      memchr(pattern.at, '*', pattern.left) != NULL &&
				      glob_hits(py, bytes_text(anchored), bytes_slice(path, 0, at),
						fault);
		} else if (recursive || global) {
			hit = (global || is_below(path, folder)) &&
			      glob_hits(py, pattern, blob_basename(path), fault);
		} else {
			hit = glob_hits(py, bytes_text(anchored), path, fault);
		}
		if (hit)
			py->files[i].chosen = add;
	}
}

static bool
is_verb(struct bytes word)
{
	static const char *const verbs[] = {"include",
					    "exclude",
					    "recursive-include",
					    "recursive-exclude",
					    "global-include",
					    "global-exclude",
					    "graft",
					    "prune"};

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (bytes_equal(word, bytes_text(verbs[i])))
			return true;
	return false;
}

static int
apply_manifest(struct python *py, struct bytes content, struct fault *fault)
{
	size_t lines = 0;

	while (content.left > 0) {
		const uint8_t *end = memchr(content.at, '\n', content.left);
		size_t length = end == NULL ? content.left : (size_t)(end - content.at);
		struct bytes line = bytes_slice(content, 0, length), verb, word, folder = {0};

		(void)bytes_skip(&content, end == NULL ? length : length + 1);
		if (++lines > 10000)
			return fault_set(fault, FAULT_LIMIT, "MANIFEST.in: more than 10000 lines");
		if (line.left > 0 && line.at[line.left - 1] == '\r')
			line.left--;
		verb = take_word(&line);
		if (!is_verb(verb))
			continue;
		if (bytes_begins(verb, BYTES_OF("recursive-")))
			folder = take_word(&line);
		while ((word = take_word(&line)).left > 0)
			apply(py, verb, folder, word, fault);
	}
	return 0;
}

/* Top-level names that automatic discovery passes over (flat layout). */
static bool
is_reserved(struct bytes name)
{
	static const char *const names[] = {
	    "ci",        "bin",        "debian",        "doc",       "docs",      "documentation",
	    "manpages",  "news",       "newsfragments", "changelog", "test",      "tests",
	    "unit_test", "unit_tests", "example",       "examples",  "scripts",   "tools",
	    "util",      "utils",      "python",        "build",     "benchmark", "benchmarks",
	    "exercise",  "exercises",  "htmlcov",       "tasks",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (bytes_equal(name, bytes_text(names[i])))
			return true;
	return false;
}

static bool
has_file(const struct python *py, const char *path)
{
	for (size_t i = 0; i < py->count; i++)
		if (strcmp(py->files[i].path, path) == 0)
			return true;
	return false;
}

/* A module of a package, in src/ or in a top-level folder that is one. */
static bool
is_module(const struct python *py, struct bytes path)
{
	const uint8_t *slash = memchr(path.at, '/', path.left);
	struct bytes top;
	const char *init;

	if (!bytes_ends(path, BYTES_OF(".py")))
		return false;
	if (slash == NULL)
		return !py->has_src && bytes_equal(path, BYTES_OF("setup.py"));
	top = bytes_slice(path, 0, (size_t)(slash - path.at));
	if (py->has_src)
		return bytes_equal(top, BYTES_OF("src"));
	init = arena_printf(py->arena, "%.*s/__init__.py", (int)top.left, (const char *)top.at);
	return !is_reserved(top) && init != NULL && has_file(py, init);
}

/* What setuptools adds without being told. */
static bool
is_default(const struct python *py, struct bytes path)
{
	static const char *const files[] = {"setup.py",    "setup.cfg", "pyproject.toml",
					    "MANIFEST.in", "README",    "README.txt",
					    "README.rst",  "README.md"};
	static const char *const begins[] = {"LICENSE", "LICENCE",    "COPYING",  "NOTICE",
					     "AUTHORS", "tests/test", "test/test"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (bytes_equal(path, bytes_text(files[i])))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		struct bytes rest = path;

		if (!bytes_begins(path, bytes_text(begins[i])))
			continue;
		(void)bytes_skip(&rest, strlen(begins[i]));
		if (memchr(rest.at, '/', rest.left) == NULL &&
		    (begins[i][0] != 't' || bytes_ends(path, BYTES_OF(".py"))))
			return true;
	}
	return is_module(py, path);
}

static bool requires(const struct python *py, const char *what)
{
	const struct toml_node *list =
	    py->root == NULL ? NULL : toml_find(py->root, "build-system.requires");

	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (list->items[i].kind == TOML_STRING &&
		    strncmp(list->items[i].text, what, strlen(what)) == 0)
			return true;
	return false;
}

static int
choose_setuptools(struct python *py, int fd, struct fault *fault)
{
	bool scm = requires(py, "setuptools-scm") || requires(py, "setuptools_scm");
	struct bytes manifest;
	int r;

	py->has_src = faccessat(fd, "src", F_OK, 0) == 0;
	for (size_t i = 0; i < py->count; i++)
		py->files[i].chosen =
		    (scm && !py->files[i].ignored) || is_default(py, bytes_text(py->files[i].path));
	r = folder_file(fd, "MANIFEST.in", &manifest, py->arena, fault);
	if (r == 0)
		r = apply_manifest(py, manifest, fault);
	if (r < 0)
		return r;
	return list_note(py->list, "backend-decides", fault,
			 "setuptools decides when it runs: modules, MANIFEST.in%s are listed, data "
			 "files that setup.py adds are not",
			 scm ? " and tracked files" : "");
}

static int
add_globs(struct glob_list *to, const struct python *py, const char *path, struct fault *fault)
{
	const struct toml_node *list = py->root == NULL ? NULL : toml_find(py->root, path);
	int r = 0;

	for (size_t i = 0; r == 0 && list != NULL && i < list->count; i++)
		if (list->items[i].kind == TOML_STRING)
			r = glob_list_add(to, bytes_text(list->items[i].text), fault);
	return r;
}

/* hatch, flit, poetry, pdm, maturin, ...: what git does not ignore, narrowed by the settings that
 * their sdist tables have in common. */
static int
choose_by_git(struct python *py, struct fault *fault)
{
	static const char *const includes[] = {"tool.hatch.build.include",
					       "tool.hatch.build.targets.sdist.include",
					       "tool.hatch.build.targets.sdist.only-include"};
	static const char *const excludes[] = {
	    "tool.hatch.build.exclude", "tool.hatch.build.targets.sdist.exclude",
	    "tool.flit.sdist.exclude",  "tool.poetry.exclude",
	    "tool.pdm.build.excludes",  "tool.maturin.exclude"};
	struct glob_list include = GLOB_LIST_INIT(py->arena, 0);
	struct glob_list exclude = GLOB_LIST_INIT(py->arena, 0);
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(includes); i++)
		r = add_globs(&include, py, includes[i], fault);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(excludes); i++)
		r = add_globs(&exclude, py, excludes[i], fault);
	for (size_t i = 0; r == 0 && i < py->count; i++) {
		struct candidate *file = &py->files[i];
		struct bytes path = bytes_text(file->path);

		file->chosen = !file->ignored &&
			       (include.first == NULL ||
				glob_list_match_below(&include, path, false, NULL) == GLOB_HIT ||
				strcmp(file->path, "pyproject.toml") == 0) &&
			       glob_list_match_below(&exclude, path, false, NULL) != GLOB_HIT;
	}
	return r < 0
		   ? r
		   : list_note(py->list, "backend-decides", fault,
			       "%s decides when it runs: listed is what git does not ignore, which "
			       "is at least what ships",
			       py->backend);
}

static int
choose(struct python *py, int fd, struct fault *fault)
{
	int r = scm_open(&py->scm, py->list->real_path, py->arena, fault);

	if (r == 0)
		r = walk(py, NULL, fd, "", false, 0, fault);
	if (r == 0 && strncmp(py->backend, "setuptools", 10) == 0)
		r = choose_setuptools(py, fd, fault);
	else if (r == 0)
		r = choose_by_git(py, fault);
	for (size_t i = 0; r == 0 && i < py->count; i++)
		if (py->files[i].chosen)
			r = list_add(py->list, bytes_text(py->files[i].path), &py->files[i].info,
				     fault);
	return r;
}

static int
describe(struct python *py, struct fault *fault)
{
	const char *name = text_at(py->root, "project.name");
	const char *version = text_at(py->root, "project.version");

	if (name == NULL)
		name = text_at(py->root, "tool.poetry.name");
	if (version == NULL)
		version = text_at(py->root, "tool.poetry.version");
	py->backend = text_at(py->root, "build-system.build-backend");
	if (py->backend == NULL)
		py->backend = "setuptools";
	/* The document goes before the list does. */
	py->backend = arena_text(py->arena, py->backend);
	py->list->name = name == NULL ? NULL : arena_text(py->arena, name);
	py->list->version = version == NULL ? NULL : arena_text(py->arena, version);
	return py->backend == NULL ? fault_memory(fault) : 0;
}

int
python_list(struct publish_list *list, int fd, struct fault *fault)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	struct python py = {.list = list, .arena = &list->arena};
	struct bytes content;
	int r = folder_file(fd, "pyproject.toml", &content, py.arena, fault);

	if (r == 0)
		r = toml_parse(&doc, content, "pyproject.toml", fault);
	if (r < 0)
		return r;
	py.root = doc == NULL ? NULL : toml_root(doc);
	r = describe(&py, fault);
	if (r == 0)
		r = list_built(&py, fd, fault);
	if (r == 0 && list->count == 0)
		r = choose(&py, fd, fault);
	free(py.files);
	return r;
}
