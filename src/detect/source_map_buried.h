/*
 * source_map_buried.h - maps that are no document of their own: members of other data
 *
 * Coverage reports, caches of build tools, `module.exports = {...}`, arrays of maps and maps quoted
 * as strings carry the same originals, and no reader of maps opens them.
 */
#ifndef DETECT_SOURCE_MAP_BURIED_H
#define DETECT_SOURCE_MAP_BURIED_H

#include "detect/detect.h"

struct source_map_buried {
	uint64_t count;
	uint64_t at_bytes; /* of the first */
};

/* Count `"sourcesContent": ["...` with a text of some length behind it, plain or escaped. */
void source_map_buried_window(struct source_map_buried *b, const struct detect_window *w);

/* In end(), when the blob was no map itself. */
int source_map_buried_report(struct detect_run *run, const struct source_map_buried *b,
			     struct fault *fault);

#endif
