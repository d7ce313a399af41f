/*
 * source_map_fix.h - the one line that answers a source map
 */
#ifndef DETECT_SOURCE_MAP_FIX_H
#define DETECT_SOURCE_MAP_FIX_H

#include "base/arena.h"
#include "detect/facts.h"

/* How the package that holds the map is put together, as far as its manifests tell. */
enum source_map_packing {
	SOURCE_MAP_PACKING_OTHER,
	SOURCE_MAP_PACKING_NPM,       /* .npmignore decides */
	SOURCE_MAP_PACKING_NPM_FILES, /* "files" in package.json decides */
	SOURCE_MAP_PACKING_PYTHON,
	SOURCE_MAP_PACKING_IMAGE,
};

enum source_map_packing source_map_packing(const struct input_facts *facts, struct arena *arena);

/* Which line to add where, and which switch of the bundler to turn.  NULL out of memory. */
const char *source_map_fix(const struct fact_map *map, enum source_map_packing packing,
			   struct arena *arena);

#endif
