/*
 * lives_paths.h - every path that something had, climbed from its entries up to the roots
 */
#ifndef HISTORY_LIVES_PATHS_H
#define HISTORY_LIVES_PATHS_H

#include "history/graph.h"

struct lives_paths {
	const struct graph *graph;
	uint32_t *above_from; /* of each tree: those that hold it */
	struct edge *above;
	uint32_t *stamps; /* of each tree: the last climb that came by */
	uint32_t stamp;
	uint64_t steps; /* edges looked at, all groups together */

	uint32_t *hits_from; /* hits of each group */
	uint32_t *hits;
	struct buf *from_index; /* of each group: paths, each with its NUL; NULL: none */
	size_t count;
};

int lives_paths_init(struct lives_paths *p, const struct graph *graph, size_t groups,
		     const uint32_t *groups_from, const uint32_t *group_of);
void lives_paths_free(struct lives_paths *p);

int lives_paths_add_index(struct lives_paths *p, size_t group, struct bytes path);

/* Fill paths, paths_count, paths_left_out. */
int lives_paths_find(struct lives_paths *p, size_t group, struct history_life *life,
		     struct arena *arena);

#endif
