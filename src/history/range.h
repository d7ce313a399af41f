/*
 * range.h - the commits of a range: those that lead from here to there
 */
#ifndef HISTORY_RANGE_H
#define HISTORY_RANGE_H

#include "history/inside.h"

enum { RANGE_EXCLUDED = 1, RANGE_READ = 2, RANGE_QUEUED = 4, RANGE_MISSING = 8 };

struct range_commit {
	struct history_id id, tree;
	uint32_t parents_from, parents_count; /* of range.parents */
	int64_t time;
	uint8_t flags;
};

struct range {
	struct history *h;
	struct rebuild rebuild;
	struct range_commit *commits;
	size_t count, room;
	uint32_t *parents;
	size_t parents_count, parents_room;
	uint32_t *table; /* open hash by id, number + 1 */
	size_t slots;
	uint32_t *heap; /* the latest first */
	size_t heap_count, heap_room;
	size_t included; /* in the heap, not excluded */
	uint32_t *pending;
	size_t pending_count, pending_room;
};

int range_open(struct range *r, struct history *h, struct fault *fault);
void range_close(struct range *r);
/* The commit of that id or of the tag of that id; 0, HISTORY_MISSING or FAULT_MEMORY. `each` (may
 * be NULL) is told the tags on the way. */
int range_add(struct range *r, const struct history_id *id, bool excluded,
	      int (*tag)(void *to, const struct history_id *id), void *to);
/* Until only excluded ones are left. */
int range_walk(struct range *r);

#endif
