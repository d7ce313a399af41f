/*
 * coverage.h - account of every input byte: examined, skipped (why), not examined (why)
 *
 * unpacked_bytes = examined_bytes + skipped_bytes + not_examined_bytes, always.  A row whose size
 * nobody can know counts no bytes and still fails the run closed.  Thread-safe adding.
 */
#ifndef INTAKE_COVERAGE_H
#define INTAKE_COVERAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"

#define COVERAGE_BYTES_UNKNOWN UINT64_MAX
#define COVERAGE_ROWS_MAX      1000 /* shown of each list (CONTRACT A2) */

/* Reasons that reports count by. */
#define COVERAGE_LINK    "a symbolic link: not followed"
#define COVERAGE_IGNORED "ignored by git"

struct coverage_row {
	const char *path;   /* display chain */
	const char *reason; /* one clause */
	uint64_t at_bytes;
	uint64_t bytes; /* COVERAGE_BYTES_UNKNOWN: nobody can know */
	uint64_t count; /* things alike; 1: itself */
};

struct coverage_rows {
	struct coverage_row *list;
	size_t count, room;
	uint64_t left_out; /* rows past COVERAGE_KEPT_MAX, or cut by coverage_finish() */
};

struct coverage {
	pthread_mutex_t lock;
	struct arena arena;
	uint64_t blobs; /* leaf blobs */
	uint64_t input_bytes;
	uint64_t unpacked_bytes, examined_bytes, skipped_bytes, not_examined_bytes;
	struct coverage_rows skipped, not_examined;
	/* What the caller's own checkout leaves out (a shallow clone, a partial one, submodules):
	 * told, and no reason to fail unless somebody asked for all of it. */
	struct coverage_rows scope;
};

void coverage_init(struct coverage *coverage);
void coverage_free(struct coverage *coverage);

void coverage_input(struct coverage *coverage, uint64_t bytes);
void coverage_blob(struct coverage *coverage, uint64_t bytes);

/* `accounted`: the bytes were counted by coverage_blob() as examined and move from there. */
int coverage_not_examined(struct coverage *coverage, const char *path, const char *reason,
			  uint64_t at_bytes, uint64_t bytes, bool accounted, struct fault *fault);
int coverage_skipped(struct coverage *coverage, const char *path, const char *reason,
		     uint64_t bytes, struct fault *fault);

/* One row as it is, no totals: for what another process counted. */
int coverage_row_add(struct coverage *coverage, struct coverage_rows *rows,
		     const struct coverage_row *row, struct fault *fault);

/* A limit of the run (entries, bytes, ratio, seconds) that was hit is one cause, wherever it was
 * felt: of its rows one stays, the place deepest inside, with the count of all.  For the coverage
 * of one input, before it is merged. */
void coverage_fold_limits(struct coverage *coverage);

/* Add all of `from`, and its totals. */
int coverage_merge(struct coverage *to, const struct coverage *from, struct fault *fault);

/* Sort rows by path, then place; keep the first COVERAGE_ROWS_MAX. */
void coverage_finish(struct coverage *coverage);

#endif
