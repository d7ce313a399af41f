/*
 * sweep.h - a sweep as pieces of work: planned by sweep_plan.c, done by sweep.c
 */
#ifndef HISTORY_SWEEP_H
#define HISTORY_SWEEP_H

#include "history/inside.h"

enum piece_kind { PIECE_TREES, PIECE_LOOSE, PIECE_PACK_CHECKSUM, PIECE_IDX_CHECKSUM };

struct piece {
	enum piece_kind kind;
	uint32_t from, to; /* places in the order of a pack's forest, or loose objects */
	size_t pack;
	uint64_t weight; /* bytes of content, roughly */
};

/* An object that could not be shown; another copy of it may be whole. */
struct failure {
	struct history_id id;
	const char *reason;
	size_t pack; /* SIZE_MAX: loose */
};

struct sweep {
	struct history *h;
	const struct history_visitor *visitor;
	struct piece *pieces;
	size_t pieces_count, pieces_room;
	struct failure *failures;
	size_t failures_count, failures_room;
	atomic_ullong rebuilt_bytes;
	uint64_t rebuilt_max;
	atomic_bool over; /* rebuilt_max was passed */
	bool again;       /* check nothing a second time */
	bool told;        /* damage was told by a sweep before */
	struct worker *workers;
};

int sweep_plan(struct sweep *sweep, struct fault *fault);

#endif
