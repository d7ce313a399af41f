/*
 * source_map_fix.c - the one line that answers a source map
 *
 * Knows: the switches of bundlers, the ignore files of package managers.
 * Does not know: what the map discloses.
 */
#include "detect/source_map_fix.h"

#include "base/json.h"
#include "base/own.h"

static const struct {
	const char *made_by;
	const char *outside; /* no map beside the code */
	const char *inside;  /* no map in the code */
} switches[] = {
    {"esbuild", "esbuild without --sourcemap (sourcemap: false)",
     "esbuild without --sourcemap=inline (sourcemap: false)"},
    {"webpack", "webpack with devtool: false", "webpack with devtool: false"},
    {"rollup", "rollup with output.sourcemap: false", "rollup with output.sourcemap: false"},
    {"vite", "vite with build.sourcemap: false", "vite with build.sourcemap: false"},
    {"tsc", "tsc with \"sourceMap\": false and \"inlineSources\": false in tsconfig.json",
     "tsc with \"inlineSourceMap\": false in tsconfig.json"},
    {"swc", "swc with \"sourceMaps\": false in .swcrc", "swc with \"sourceMaps\": false in .swcrc"},
    {"parcel", "parcel with --no-source-maps", "parcel with --no-source-maps"},
    {"babel", "babel with sourceMaps: false", "babel with sourceMaps: false"},
    {"sass", "sass with --no-source-map", "sass with --no-source-map"},
};

/* Of the package itself and not of one that it carries: the manifest with the shortest path. */
static const struct fact_manifest *
outermost(const struct input_facts *facts, const char *name)
{
	const struct fact_manifest *best = NULL;

	for (size_t i = 0; i < facts->manifests_count; i++) {
		const struct fact_manifest *m = &facts->manifests[i];

		if (bytes_equal(blob_basename(bytes_text(m->inner)), bytes_text(name)) &&
		    (best == NULL || strlen(m->inner) < strlen(best->inner)))
			best = m;
	}
	return best;
}

enum source_map_packing
source_map_packing(const struct input_facts *facts, struct arena *arena)
{
	static const char *const python[] = {"PKG-INFO", "METADATA", "RECORD", "pyproject.toml"};
	static const char *const image[] = {"oci-layout", "repositories", "manifest.json"};
	const struct fact_manifest *package = outermost(facts, "package.json");
	struct json_value *document = NULL;

	for (size_t i = 0; i < ARRAY_LEN(image); i++)
		if (facts_manifest(facts, image[i]) != NULL)
			return SOURCE_MAP_PACKING_IMAGE;
	for (size_t i = 0; i < ARRAY_LEN(python); i++) {
		const struct fact_manifest *m = outermost(facts, python[i]);

		if (m != NULL && (package == NULL || strlen(m->inner) <= strlen(package->inner)))
			return SOURCE_MAP_PACKING_PYTHON;
	}
	if (package == NULL)
		return SOURCE_MAP_PACKING_OTHER;
	if (json_parse(&document, package->content, NULL, arena, NULL) == 0 &&
	    json_get(document, "files") != NULL)
		return SOURCE_MAP_PACKING_NPM_FILES;
	return SOURCE_MAP_PACKING_NPM;
}

const char *
source_map_fix(const struct fact_map *map, enum source_map_packing packing, struct arena *arena)
{
	static const char *const lines[] = {
	    [SOURCE_MAP_PACKING_OTHER] = "leave **/*.map out of what is published",
	    [SOURCE_MAP_PACKING_NPM] = "add the line *.map to .npmignore",
	    [SOURCE_MAP_PACKING_NPM_FILES] = "add \"!**/*.map\" to \"files\" in package.json",
	    [SOURCE_MAP_PACKING_PYTHON] = "add the line global-exclude *.map to MANIFEST.in",
	    [SOURCE_MAP_PACKING_IMAGE] = "add the line **/*.map to .dockerignore",
	};
	const char *build = map->is_inline ? "the bundler with source maps off"
					   : "the bundler with source maps off (sourcemap: false)";

	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (map->made_by != NULL && strcmp(map->made_by, switches[i].made_by) == 0)
			build = map->is_inline ? switches[i].inside : switches[i].outside;
	if (map->is_inline)
		return arena_printf(arena, "run %s: the map is inside the file itself", build);
	return arena_printf(arena, "%s, or run %s", lines[packing], build);
}
