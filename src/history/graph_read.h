/*
 * graph_read.h - what each thread of the sweep for a graph keeps
 */
#ifndef HISTORY_GRAPH_READ_H
#define HISTORY_GRAPH_READ_H

#include "history/graph.h"

struct tree_row {
	uint32_t object;
	size_t edges_end; /* of this reader's edges: those of this tree end here */
};

struct commit_row {
	struct history_id id;
	uint32_t object, tree, parents_count;
	int64_t time;
};

struct tag_row {
	uint32_t object, of, target, of_target;
};

#define ROWS(type)                                                                                 \
	struct {                                                                                   \
		type *at;                                                                          \
		size_t count, room;                                                                \
	}

/* Trees that follow each other in a pack share most of what they hold: a look-up for each entry
 * would be most of the work. */
#define GRAPH_CACHE_SLOTS 32768
struct cached {
	uint8_t id[HISTORY_ID_MAX];
	uint32_t object;
	uint32_t name;
	const char *text; /* of the name; NULL: nothing is kept here */
};

struct graph_reader {
	ROWS(struct tree_row) trees;
	ROWS(struct edge) edges; /* `tree` is a number of an object here */
	ROWS(struct hit) hits;   /* likewise */
	ROWS(struct commit_row) commits;
	ROWS(uint32_t) parents;
	ROWS(struct tag_row) tags;
	struct cached *cache;
};

/* A sweep over all trees, commits and tags; readers[0..count), one a thread, are filled. */
int graph_read(struct graph *g, struct graph_reader *readers, unsigned count, struct fault *fault);
void graph_reader_free(struct graph_reader *reader);

#endif
