/* test_publish.c - proves publish/npm_glob.h and publish/publish.h */
#include "tap.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "publish/npm_glob.h"
#include "publish/publish.h"

/* Does the pattern match "a/b/c"?  A '/' in front or behind is part of the path. */
static bool
hits(const char *pattern, const char *path, bool partial)
{
	struct arena arena = ARENA_INIT((size_t)8 << 20);
	struct bytes names[16];
	struct npm_path split = {.names = names};
	struct npm_glob glob;
	bool hit;

	split.lead = path[0] == '/';
	path += split.lead;
	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		names[split.count++] = bytes_make(path, length);
		path += length;
		split.trail = *path == '/';
		path += split.trail;
	}
	EQ_INT(npm_glob_compile(&glob, bytes_text(pattern), &arena, NULL), 0);
	hit = npm_glob_match(&glob, &split, partial);
	arena_free(&arena);
	return hit;
}

TEST(a_pattern_without_a_slash_is_tried_on_the_last_name)
{
	OK(hits("*.map", "dist/a.js.map", false));
	OK(hits("b", "a/b", false));
	OK(!hits("b", "a/b/c", false));
	OK(!hits("/b", "a/b", false));
	OK(hits("/b", "/b", false));
	OK(hits("README*", "readme.md", false));
}

TEST(two_stars_cross_folders_only_as_a_whole_name)
{
	OK(hits("a/**", "a/b/c", false));
	OK(!hits("a/**", "a", false));
	OK(hits("**/c", "a/b/c", false));
	OK(hits("a/**/c", "a/c", false));
	OK(hits("a/**/x/**/c", "a/1/x/2/3/c", false));
	OK(!hits("a/**/x/**/c", "a/1/2/3/c", false));
	OK(hits("a**", "abc", false));
	OK(!hits("/a**", "/abc/d", false));
	OK(hits("a/**", "a/", false));
}

TEST(a_partial_match_is_one_that_could_go_on)
{
	OK(hits("a/b/c", "a", true));
	OK(hits("a/b/c", "a/b", true));
	OK(!hits("a/b/c", "a/x", true));
	OK(hits("a/**", "a/x/y", true));
	OK(!hits("a/b", "a", false));
}

TEST(extended_globs_and_classes_match_as_in_a_shell)
{
	OK(hits("+(a|b)", "abba", false));
	OK(!hits("+(a|b)", "abc", false));
	OK(hits("@(a|b).js", "b.js", false));
	OK(hits("?(a)b", "b", false));
	OK(hits("*(ab)", "abab", false));
	OK(hits("x/!(a)", "x/b", false));
	OK(!hits("x/!(a)", "x/a", false));
	OK(hits("x/!(a)*", "x/b", false));
	OK(hits("[!a-c]", "d", false));
	OK(!hits("[!a-c]", "B", false));
	OK(hits("[[:digit:]]*", "7up", false));
	OK(hits("\\*", "*", false));
	OK(!hits("\\*", "a", false));
	OK(hits("[x", "[x", false));
	OK(hits("?", "\xc3\xa4", false));
}

TEST(negation_is_told_apart_from_an_extended_glob)
{
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct npm_glob glob;

	EQ_INT(npm_glob_compile(&glob, BYTES_OF("!a"), &arena, NULL), 0);
	OK(glob.negate);
	EQ_INT(npm_glob_compile(&glob, BYTES_OF("!!a"), &arena, NULL), 0);
	OK(!glob.negate);
	OK(glob.relative);
	EQ_INT(npm_glob_compile(&glob, BYTES_OF("a/b"), &arena, NULL), 0);
	OK(!glob.relative);
	arena_free(&arena);
}

static size_t
braces(const char *pattern, char *joined, size_t room)
{
	struct arena arena = ARENA_INIT((size_t)8 << 20);
	struct bytes *list = NULL;
	size_t count = 0, used = 0;

	EQ_INT(npm_glob_braces(bytes_text(pattern), &list, &count, &arena, NULL), 0);
	joined[0] = '\0';
	for (size_t i = 0; i < count && used < room; i++)
		used += (size_t)snprintf(joined + used, room - used, "%s%.*s", i == 0 ? "" : " ",
					 (int)list[i].left, (const char *)list[i].at);
	arena_free(&arena);
	return count;
}

TEST(braces_are_spelled_out_and_bounded)
{
	char out[256];

	EQ_U64(braces("a{b,c{d,e}}f", out, sizeof(out)), 3);
	EQ_STR(out, "abf acdf acef");
	EQ_U64(braces("{1..3}", out, sizeof(out)), 3);
	EQ_STR(out, "1 2 3");
	EQ_U64(braces("{08..10}", out, sizeof(out)), 3);
	EQ_STR(out, "08 09 10");
	EQ_U64(braces("{c..a}", out, sizeof(out)), 3);
	EQ_STR(out, "c b a");
	EQ_U64(braces("${a,b}", out, sizeof(out)), 1);
	EQ_U64(braces("{a}", out, sizeof(out)), 1);
	EQ_U64(braces("x{,y}", out, sizeof(out)), 2);
	EQ_STR(out, "x xy");
	OK(braces("{1..999999999}", out, sizeof(out)) <= NPM_GLOB_BRACES_MAX);
	OK(braces("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", out,
		  sizeof(out)) <= NPM_GLOB_BRACES_MAX);
}

/* A folder of made-up files, gone at the end. */
struct folder {
	char path[64];
};

static void
put(const struct folder *folder, const char *name, const char *content)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	for (char *at = path + strlen(folder->path) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	file = fopen(path, "w");
	if (OK(file != NULL)) {
		(void)fputs(content, file);
		(void)fclose(file);
	}
}

static void
folder_begin(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/stopwater-test-XXXXXX");
	OK(mkdtemp(folder->path) != NULL);
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)info, (void)type, (void)ftw;
	return remove(path);
}

static void
folder_end(struct folder *folder)
{
	(void)nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The paths with a blank between; notes' rules behind a '|'. */
static const char *
list_of(const struct folder *folder, struct buf *out)
{
	AUTO(publish_free)
	struct publish_list *list = NULL;
	struct fault fault = FAULT_INIT;

	buf_reset(out);
	if (publish_detect(&list, folder->path, &fault) < 0) {
		(void)buf_printf(out, "fault: %s", fault.text);
		return buf_text(out);
	}
	for (size_t i = 0; i < list->count; i++)
		(void)buf_printf(out, "%s%s", i == 0 ? "" : " ", list->files[i].path);
	for (size_t i = 0; i < list->notes_count; i++)
		(void)buf_printf(out, "%s%s", i == 0 ? " | " : " ", list->notes[i].rule);
	return buf_text(out);
}

TEST(npm_ships_what_files_names_and_what_it_always_ships)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "package.json",
	    "{\"name\":\"p\",\"version\":\"1.0.0\",\"files\":[\"dist\"],"
	    "\"main\":\"main.js\",\"bin\":{\"p\":\"./cli.js\"}}");
	put(&f, "README.md", "x");
	put(&f, "license", "x");
	put(&f, "main.js", "x");
	put(&f, "cli.js", "x");
	put(&f, "src/a.ts", "x");
	put(&f, "dist/a.js", "x");
	put(&f, "dist/a.js.map", "x");
	put(&f, "dist/.npmrc", "x");
	put(&f, "dist/x.orig", "x");
	put(&f, "node_modules/x/index.js", "x");
	put(&f, ".git/HEAD", "x");
	EQ_STR(list_of(&f, &out),
	       "README.md cli.js dist/a.js dist/a.js.map license main.js package.json");
	folder_end(&f);
}

TEST(npmignore_silences_gitignore_in_its_folder)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "package.json", "{\"name\":\"p\",\"version\":\"1.0.0\"}");
	put(&f, ".gitignore", "dist\n");
	put(&f, "dist/a.js", "x");
	put(&f, "a.map", "x");
	put(&f, "package-lock.json", "x");
	EQ_STR(list_of(&f, &out), "a.map package.json");
	put(&f, ".npmignore", "*.map\n");
	EQ_STR(list_of(&f, &out), "dist/a.js package.json");
	put(&f, "dist/.gitignore", "a.js\n");
	put(&f, "dist/b.js", "x");
	EQ_STR(list_of(&f, &out), "dist/b.js package.json");
	folder_end(&f);
}

TEST(npm_bundles_what_a_bundled_package_needs)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "package.json",
	    "{\"name\":\"p\",\"version\":\"1.0.0\",\"dependencies\":{\"a\":\"1\"},"
	    "\"bundleDependencies\":[\"a\",\"z\"]}");
	put(&f, "node_modules/a/package.json",
	    "{\"name\":\"a\",\"version\":\"1.0.0\",\"dependencies\":{\"b\":\"1\"}}");
	put(&f, "node_modules/a/.gitignore", "index.js\n");
	put(&f, "node_modules/a/index.js", "x");
	put(&f, "node_modules/b/package.json", "{\"name\":\"b\",\"version\":\"1.0.0\"}");
	put(&f, "node_modules/z/package.json", "{\"name\":\"z\",\"version\":\"1.0.0\"}");
	EQ_STR(list_of(&f, &out),
	       "node_modules/a/.gitignore node_modules/a/index.js "
	       "node_modules/a/package.json node_modules/b/package.json package.json");
	folder_end(&f);
}

TEST(a_list_says_what_it_cannot_know)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "package.json",
	    "{\"name\":\"p\",\"version\":\"1.0.0\",\"private\":true,"
	    "\"scripts\":{\"prepack\":\"tsc\"}}");
	put(&f, "Cargo.toml", "[package]\nname = \"p\"\nversion = \"1.0.0\"\n");
	EQ_STR(list_of(&f, &out),
	       "Cargo.toml package.json | publish-script private-package several-manifests");
	folder_end(&f);
}

TEST(a_broken_manifest_is_a_fault_and_not_a_list)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "package.json", "{\"name\":");
	HAS_STR(list_of(&f, &out), "fault:");
	HAS_STR(list_of(&f, &out), "package.json");
	folder_end(&f);
}

TEST(cargo_obeys_exclude_and_leaves_packages_below_out)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "Cargo.toml",
	    "[package]\nname = \"p\"\nversion = \"1.0.0\"\nexclude = [\"tests/\", \"*.bin\"]\n");
	put(&f, "src/lib.rs", "");
	put(&f, "src/x.bin", "");
	put(&f, "tests/a.rs", "");
	put(&f, "sub/Cargo.toml", "");
	put(&f, "sub/src/lib.rs", "");
	put(&f, "target/debug/p", "");
	put(&f, ".hidden", "");
	EQ_STR(list_of(&f, &out), "Cargo.toml src/lib.rs");
	put(&f, "Cargo.toml",
	    "[package]\nname = \"p\"\nversion = \"1.0.0\"\ninclude = [\"src/**/*.rs\", "
	    "\".hidden\"]\n");
	EQ_STR(list_of(&f, &out), ".hidden Cargo.toml src/lib.rs");
	folder_end(&f);
}

TEST(python_lists_what_is_built_before_what_could_be)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "pyproject.toml", "[project]\nname = \"p\"\nversion = \"1\"\n");
	put(&f, "p/__init__.py", "");
	put(&f, "p/data.txt", "");
	put(&f, "p/skip.dat", "");
	put(&f, "notes/x.txt", "");
	put(&f, "MANIFEST.in", "recursive-include p *.txt\ngraft notes\nglobal-exclude x.*\n");
	EQ_STR(list_of(&f, &out),
	       "MANIFEST.in p/__init__.py p/data.txt pyproject.toml | backend-decides");
	put(&f, "dist/p-1-py3-none-any.whl", "");
	EQ_STR(list_of(&f, &out), "dist/p-1-py3-none-any.whl | built-already");
	folder_end(&f);
}

TEST(a_backend_that_asks_git_gets_what_git_does_not_ignore)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "pyproject.toml",
	    "[build-system]\nbuild-backend = \"hatchling.build\"\n"
	    "[tool.hatch.build.targets.sdist]\nexclude = [\"/docs\"]\n");
	put(&f, ".git/HEAD", "ref: refs/heads/main\n");
	put(&f, ".gitignore", "*.log\n");
	put(&f, "p/__init__.py", "");
	put(&f, "p/a.log", "");
	put(&f, "docs/a.md", "");
	EQ_STR(list_of(&f, &out), ".gitignore p/__init__.py pyproject.toml | backend-decides");
	folder_end(&f);
}

TEST(a_folder_without_a_manifest_ships_whole_but_for_its_repository)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(65536);
	struct folder f;

	folder_begin(&f);
	put(&f, "a", "");
	put(&f, "b/.git/HEAD", "");
	put(&f, ".git/HEAD", "");
	EQ_STR(list_of(&f, &out), "a b/.git/HEAD");
	folder_end(&f);
}

TEST(a_folder_that_is_not_there_is_a_fault)
{
	AUTO(publish_free)
	struct publish_list *list = NULL;
	struct fault fault = FAULT_INIT;

	EQ_INT(publish_detect(&list, "/nonexistent/stopwater", &fault), FAULT_IO);
	OK(list == NULL);
}
