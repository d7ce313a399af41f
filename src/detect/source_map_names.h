/*
 * source_map_names.h - what the names and URLs of a source map tell
 */
#ifndef DETECT_SOURCE_MAP_NAMES_H
#define DETECT_SOURCE_MAP_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

#define SOURCE_MAP_NAME_MAX 4096 /* bytes of a name that are kept */

/* The source as people would write it: behind its root, unless it stands on its own. */
int source_map_join(struct buf *to, struct bytes root, struct bytes source);

/* Does the name look like the owner's code: not installed packages, runtimes, polyfills, what
 * bundlers make up?  A name that says nothing counts as own. */
bool source_map_is_own(struct bytes name);

/* Does one of its words name something that its owner would rather keep (auth, secret, billing)? */
bool source_map_is_telling(struct bytes name);

/* How telling a name is, for choosing three: own before foreign, telling words before none, deeper
 * folders before flat, then in order of bytes.  Higher is better. */
uint32_t source_map_rank(struct bytes name);

/* Better by rank, then by bytes: never equal for two names that differ. */
bool source_map_better(uint32_t rank_a, struct bytes a, uint32_t rank_b, struct bytes b);

enum source_map_url {
	SOURCE_MAP_URL_NONE,     /* not a reference: code that builds one, a template, nothing */
	SOURCE_MAP_URL_PATH,     /* a file beside this one */
	SOURCE_MAP_URL_PUBLIC,   /* somewhere on the public network */
	SOURCE_MAP_URL_INTERNAL, /* a host or file that outsiders should not know of */
};

enum source_map_url source_map_url(struct bytes url);

/* XXH3-64 of the display path that `url` means when it stands in the blob at `path`, as facts spell
 * paths; 0: it leads nowhere inside the input. */
uint64_t source_map_resolve(const char *path, struct bytes url);

#endif
