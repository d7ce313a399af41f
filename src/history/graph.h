/*
 * graph.h - all trees and commits of a store as numbers: who holds whom
 *
 * One sweep over trees, commits and tags; of a tree only its subtrees are kept and those entries
 * that are looked for.  8 bytes an edge: 5 M edges for the 203,352 commits of git.
 */
#ifndef HISTORY_GRAPH_H
#define HISTORY_GRAPH_H

#include "history/inside.h"

#define GRAPH_NONE UINT32_MAX

/* Ids that are looked for, each once. */
struct targets {
	uint8_t *ids; /* sorted */
	size_t count, id_bytes;
	uint64_t filter[1024]; /* a bit for each value of the first two bytes */
};

int targets_make(struct targets *t, const struct history_group groups[], size_t count,
		 size_t id_bytes);
void targets_free(struct targets *t);

/* Its number, or GRAPH_NONE. */
static inline bool
targets_may_hold(const struct targets *t, const uint8_t *id)
{
	unsigned at = (unsigned)id[0] << 8 | id[1];

	return (t->filter[at / 64] >> (at % 64) & 1) != 0;
}
uint32_t targets_find(const struct targets *t, const uint8_t *id);

struct edge {
	uint32_t tree; /* the one below (or, reversed, above) */
	uint32_t name;
};

struct hit { /* an entry of a tree that is looked for */
	uint32_t tree, target, name;
};

struct graph_commit {
	struct history_id id;
	uint32_t tree;         /* GRAPH_NONE: not here */
	uint32_t parents_from; /* [from, next one's from) of parents */
	int64_t time;
};

struct graph_tag {
	uint32_t object;        /* of the object it is of */
	uint32_t target;        /* GRAPH_NONE: it is not looked for itself */
	uint32_t object_target; /* likewise for what it is of */
};

enum graph_kind { GRAPH_OTHER, GRAPH_TREE, GRAPH_COMMIT, GRAPH_TAG };

struct graph {
	struct history *h;
	const struct targets *targets;

	uint32_t objects;   /* all of the store: numbers of objects are below */
	uint8_t *kinds;     /* of each object */
	uint32_t *index_of; /* of each object: in trees, commits or tags */

	uint32_t trees;
	uint32_t *edges_from; /* of each tree, and the end */
	struct edge *edges;
	uint32_t *tree_order; /* the ones below before the ones above */
	uint8_t *is_root;     /* some commit's tree */
	struct hit *hits;
	size_t hits_count;

	uint32_t commits;
	struct graph_commit
	    *commit;       /* parents before children, else by time, else by id; and an end */
	uint32_t *parents; /* commits; GRAPH_NONE: not here */

	uint32_t tags;
	struct graph_tag *tag;

	struct arena names_arena;
	const char **names; /* raw bytes with a NUL */
	size_t names_count, names_room;
	uint32_t *names_table; /* open hash, number + 1 */
	size_t names_slots;
	pthread_mutex_t names_lock;

	uint64_t lost; /* subtrees, parents that are not in the store */
};

int graph_build(struct graph *g, struct history *h, const struct targets *targets,
		struct fault *fault);
void graph_free(struct graph *g);

/* The number of an object in this store, or GRAPH_NONE. */
uint32_t graph_object(const struct graph *g, const uint8_t *id);

/* The commit that an object is or, a tag, leads to; GRAPH_NONE: none. */
uint32_t graph_peel(const struct graph *g, uint32_t object);

#endif
