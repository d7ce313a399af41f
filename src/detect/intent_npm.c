/*
 * intent_npm.c - an npm package against its package.json; a crate against its Cargo.toml
 *
 * Knows: "private", "publishConfig", "files", "main", "bin"; what npm ships whatever "files" says;
 * how large a file in an npm package usually is.
 * Does not know: ignore files (the artifact is there: what was ignored is not in it).
 */
#include "detect/intent.h"

#include <string.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/own.h"
#include "base/text.h"

/* In 430 popular packages 3 have a file like this, and each means it. */
#define LARGE_BYTES ((uint64_t)10 * 1000 * 1000)
#define EXAMPLES    3

static int
tell_private(struct detect_run *run, const struct fact_manifest *manifest,
	     const struct json_value *json, struct fault *fault)
{
	const char *access = json_text(json_get(json, "publishConfig"), "access");
	struct finding finding = {
	    .rule = "private-package",
	    .severity = SEVERITY_HIGH,
	    .title = "package.json says \"private\": true",
	    .why = "its authors say that it must not be published; npm itself would refuse",
	    .fix = "do not publish it, or take `\"private\": true` out of package.json"};

	if (json_bool(json, "private", false))
		return intent_report_manifest(run, manifest, &finding, fault);
	if (access == NULL || strcmp(access, "restricted") != 0)
		return 0;
	finding.rule = "restricted-package";
	finding.severity = SEVERITY_MEDIUM;
	finding.title = "package.json says \"publishConfig\": {\"access\": \"restricted\"}";
	finding.why = "it is meant for members of its scope only";
	finding.fix = "make sure that it goes to a registry that asks who reads";
	return intent_report_manifest(run, manifest, &finding, fault);
}

/* "./a//b/" to "a/b", without copying. */
static struct bytes
clean(struct bytes path)
{
	while (bytes_begins(path, BYTES_OF("./")) || bytes_begins(path, BYTES_OF("/")))
		(void)bytes_skip(&path, path.at[0] == '/' ? 1 : 2);
	while (path.left > 0 && path.at[path.left - 1] == '/')
		path.left--;
	return path;
}

/* As node resolves: the name, with an ending, or the index of a folder. */
static bool
resolves(struct detect_run *run, struct bytes root, struct bytes path)
{
	static const char *const ends[] = {
	    "",          ".js",         ".json",       ".node",      ".mjs",       ".cjs",
	    "/index.js", "/index.json", "/index.node", "/index.mjs", "/index.cjs", "/package.json"};

	path = clean(path);
	if (path.left == 0 || bytes_equal(path, BYTES_OF(".")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *name = arena_printf(run->arena, "%.*s%s", (int)path.left,
						(const char *)path.at, ends[i]);

		if (name != NULL && intent_file(run->facts, root, bytes_text(name)) != NULL)
			return true;
	}
	return false;
}

static int
tell_missing(struct detect_run *run, const struct fact_manifest *manifest, const char *field,
	     const char *path, struct fault *fault)
{
	struct finding finding = {
	    .rule = "missing-entry",
	    .severity = SEVERITY_LOW,
	    .why = "the package was packed before it was built, or its manifest is out of date",
	    .fix = "build before packing, and scan the package that ships"};

	finding.title = arena_printf(
	    run->arena, "\"%s\" names %.200s, which the package does not hold", field, path);
	return intent_report_manifest(run, manifest, &finding, fault);
}

/* The first of "main" and "bin" that is not there. */
static int
tell_entries(struct detect_run *run, const struct fact_manifest *manifest,
	     const struct json_value *json, struct fault *fault)
{
	struct bytes root = package_root(manifest);
	const struct json_value *main_file = json_get(json, "main"), *bin = json_get(json, "bin");

	if (json_as_text(main_file) != NULL && !resolves(run, root, main_file->text))
		return tell_missing(run, manifest, "main", json_as_text(main_file), fault);
	if (json_as_text(bin) != NULL && !resolves(run, root, bin->text))
		return tell_missing(run, manifest, "bin", json_as_text(bin), fault);
	for (const struct json_value *one = json_first(bin); one != NULL; one = one->next)
		if (json_as_text(one) != NULL && !resolves(run, root, one->text))
			return tell_missing(run, manifest, "bin", json_as_text(one), fault);
	return 0;
}

/* What ships whatever "files" says; also what other packers than npm take along. */
static bool
always_ships(struct bytes name)
{
	static const char *const begins[] = {
	    "readme",  "license", "licence", "copying",      "changelog",
	    "changes", "history", "notice",  "package.json", "npm-shrinkwrap.json"};

	if (bytes_begins(name, BYTES_OF("node_modules/")))
		return true;
	/* Before version 9 npm took these along from every folder. */
	name = blob_basename(name);
	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (name.left >= strlen(begins[i]) &&
		    text_equal_nocase(bytes_slice(name, 0, strlen(begins[i])),
				      bytes_text(begins[i])))
			return true;
	return false;
}

static int
add_surface(struct glob_list *list, const struct json_value *json, struct fault *fault)
{
	static const char *const named[] = {"main", "browser", "types", "typings", "module"};
	const struct json_value *bin = json_get(json, "bin");
	int r = 0;

	for (const struct json_value *one = json_first(json_get(json, "files"));
	     r == 0 && one != NULL; one = one->next)
		if (one->type == JSON_STRING && one->text.left > 0)
			r = glob_list_add(list, clean(one->text), fault);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(named); i++)
		if (json_text(json, named[i]) != NULL)
			r = glob_list_add(list, clean(bytes_text(json_text(json, named[i]))),
					  fault);
	if (r == 0 && bin != NULL && bin->type == JSON_STRING)
		r = glob_list_add(list, clean(bin->text), fault);
	for (const struct json_value *one = json_first(bin); r == 0 && one != NULL; one = one->next)
		if (one->type == JSON_STRING)
			r = glob_list_add(list, clean(one->text), fault);
	return r;
}

/* The file's name below the package's root; empty: it is not below, or inside a container. */
static struct bytes
name_below(const struct fact_file *file, struct bytes root)
{
	struct bytes inner = bytes_text(file->inner), none = {0};
	ptrdiff_t container;

	if (!bytes_begins(inner, root))
		return none;
	(void)bytes_skip(&inner, root.left);
	container = bytes_find(inner, BYTES_OF("!/"));
	return container >= 0 ? bytes_slice(inner, 0, (size_t)container) : inner;
}

/* base/glob.h knows no +(a|b): a list with one in it is not judged. */
static bool
is_beyond_us(const struct json_value *files)
{
	for (const struct json_value *one = files->first; one != NULL; one = one->next)
		for (size_t i = 1; one->type == JSON_STRING && i < one->text.left; i++)
			if (one->text.at[i] == '(' &&
			    memchr("!?+*@", one->text.at[i - 1], 5) != NULL)
				return true;
	return false;
}

static int
tell_undeclared(struct detect_run *run, const struct fact_manifest *manifest,
		const struct json_value *json, struct fault *fault)
{
	struct glob_list surface = GLOB_LIST_INIT(run->arena, GLOB_NPM);
	const struct json_value *files = json_get(json, "files");
	const struct fact_file *first = NULL;
	struct bytes root = package_root(manifest);
	const char *list = NULL;
	uint64_t count = 0;
	struct finding finding = {
	    .rule = "undeclared-files",
	    .severity = SEVERITY_LOW,
	    .why = "\"files\" says what ships, and these are not in it: something else packed them",
	    .fix = "pack with `npm pack`, or add them to \"files\" in package.json"};
	int r;

	if (files == NULL || files->type != JSON_ARRAY || files->count == 0 || is_beyond_us(files))
		return 0;
	r = add_surface(&surface, json, fault);
	for (size_t i = 0; r == 0 && i < run->facts->files_count; i++) {
		const struct fact_file *file = &run->facts->files[i];
		struct bytes name = name_below(file, root);

		if (name.left == 0 || always_ships(name) ||
		    glob_list_match_below(&surface, name, false, NULL) == GLOB_HIT)
			continue;
		if (count++ < EXAMPLES)
			list = arena_printf(run->arena, "%s%s%.*s", list == NULL ? "" : list,
					    list == NULL ? "" : ", ",
					    (int)(name.left < 100 ? name.left : 100),
					    (const char *)name.at);
		first = first == NULL ? file : first;
	}
	if (r < 0 || first == NULL)
		return r;
	finding.count = count;
	finding.title =
	    arena_printf(run->arena, "%llu file%s outside \"files\": %s", (unsigned long long)count,
			 count == 1 ? "" : "s", list == NULL ? "" : list);
	return intent_report(run, first, &finding, fault);
}

/* Without a version to compare with, only what stands out by itself. */
static int
tell_large(struct detect_run *run, struct fault *fault)
{
	const struct fact_file *largest = NULL;
	char size[32], total[32];
	struct finding finding = {
	    .rule = "large-file",
	    .severity = SEVERITY_LOW,
	    .why =
		"one file that is most of the package is often a map, a bundle or data by accident",
	    .fix = "make sure that it is meant; `--previous OLD` compares with the last release"};

	for (size_t i = 0; i < run->facts->files_count; i++)
		if (largest == NULL || run->facts->files[i].size_bytes > largest->size_bytes)
			largest = &run->facts->files[i];
	if (largest == NULL || largest->size_bytes < LARGE_BYTES ||
	    largest->size_bytes <= run->facts->total_bytes / 2)
		return 0;
	finding.title = arena_printf(run->arena, "%.200s is %s of %s", largest->inner,
				     text_size(largest->size_bytes, size),
				     text_size(run->facts->total_bytes, total));
	return intent_report(run, largest, &finding, fault);
}

int
intent_npm(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault)
{
	struct json_value *json = NULL;
	int r = json_parse(&json, manifest->content, NULL, run->arena, NULL);

	if (r == FAULT_MEMORY)
		return fault_memory(fault);
	/* npm would refuse a broken one; there is nothing it says that could be held against it. */
	if (r < 0 || json->type != JSON_OBJECT)
		return 0;
	r = tell_private(run, manifest, json, fault);
	if (r == 0)
		r = tell_entries(run, manifest, json, fault);
	if (r == 0 && run->facts->files_left_out == 0)
		r = tell_undeclared(run, manifest, json, fault);
	if (r == 0 && run->facts->previous == NULL)
		r = tell_large(run, fault);
	return r;
}

/* `publish = false` in [package]; cargo keeps it in the manifest it packs. */
static bool
says_no_publish(struct bytes in)
{
	bool in_package = false;

	while (in.left > 0) {
		const uint8_t *end = memchr(in.at, '\n', in.left);
		size_t length = end == NULL ? in.left : (size_t)(end - in.at);
		struct bytes line = bytes_slice(in, 0, length);

		(void)bytes_skip(&in, end == NULL ? length : length + 1);
		if (line.left > 0 && line.at[0] == '[')
			in_package = bytes_begins(line, BYTES_OF("[package]"));
		if (!in_package || !bytes_begins(line, BYTES_OF("publish")))
			continue;
		(void)bytes_skip(&line, 7);
		while (line.left > 0 && (line.at[0] == ' ' || line.at[0] == '='))
			(void)bytes_skip(&line, 1);
		if (bytes_begins(line, BYTES_OF("false")) || bytes_begins(line, BYTES_OF("[]")))
			return true;
	}
	return false;
}

int
intent_crate(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault)
{
	struct finding finding = {
	    .rule = "private-package",
	    .severity = SEVERITY_HIGH,
	    .title = "Cargo.toml says publish = false",
	    .why = "its authors say that it must not be published; cargo itself would refuse",
	    .fix = "do not publish it, or take `publish = false` out of Cargo.toml"};

	return says_no_publish(manifest->content)
		   ? intent_report_manifest(run, manifest, &finding, fault)
		   : 0;
}
