/*
 * source_map_buried.h - maps that are no document of their own: members of other data
 *
 * Coverage reports, caches of build tools, `module.exports = {...}`, arrays of maps and maps quoted
 * as strings carry the same originals, and no reader of maps opens them.
 */
#ifndef DETECT_SOURCE_MAP_BURIED_H
#define DETECT_SOURCE_MAP_BURIED_H

#include "detect/detect.h"

#define SOURCE_MAP_BURIED_PLACES 64

struct source_map_buried {
	uint64_t count;
	uint64_t places[SOURCE_MAP_BURIED_PLACES]; /* offsets of the first ones */
};

/* Count `"sourcesContent": ["...` with a text of some length behind it, plain or escaped. */
void source_map_buried_window(struct source_map_buried *b, const struct detect_window *w);

/* In end(), when the blob was no map itself.  What an excerpt of the blob told is left out. */
int source_map_buried_report(struct detect_run *run, struct source_map_buried *b,
			     struct fault *fault);

#endif
