/*
 * budget.h - how much one run may unpack: limits that a caller chooses, one account for all layers
 *
 * Depth, entries, bytes, ratio and time are drawn from one budget, however containers nest, so ten
 * archives inside each other cannot have ten times the bytes.  Only the walking thread draws, in
 * archive order, so that the same input stops at the same place whatever the number of jobs.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/fault.h"

struct limits {
	uint32_t depth;   /* containers inside containers, and decoded things inside blobs */
	uint64_t entries; /* members of all containers of a run together */
	uint64_t bytes;   /* unpacked, all together */
	uint64_t ratio;   /* unpacked : packed of one input, from BUDGET_RATIO_FROM_BYTES on */
	uint64_t member;  /* bytes of one thing that must be held in memory */
	uint64_t seconds; /* wall clock of the run; 0: no limit */
};

/* depth: no honest package nests deeper than 5 (jar in war in zip in layer in image).
 * ratio: gzip cannot exceed 1032:1, so only xz, bzip2, zstd and nesting reach this. */
#define LIMITS_DEFAULT                                                                             \
	{                                                                                          \
		.depth = 16, .entries = 20000000, .bytes = (uint64_t)64 << 30, .ratio = 2000,      \
		.member = (uint64_t)1 << 30, .seconds = 0                                          \
	}

#define BUDGET_RATIO_FROM_BYTES ((uint64_t)64 << 20)

struct budget {
	struct limits limits;
	uint64_t entries;          /* drawn so far */
	uint64_t bytes;            /* drawn so far */
	uint64_t input_bytes;      /* packed size of the input being read; 0: unknown */
	uint64_t input_from_bytes; /* `bytes` when that input began */
	uint64_t deadline_ns;      /* CLOCK_MONOTONIC; 0: none */
	int spent;                 /* 0, or which limit was hit: nothing more is admitted */
	const atomic_int *cancel;  /* not 0: stop; may be NULL */
};

/* Start the clock. */
void budget_begin(struct budget *budget, const struct limits *limits, const atomic_int *cancel);

/* A new input of `packed_bytes` begins: the ratio is measured from here. */
void budget_input(struct budget *budget, uint64_t packed_bytes);

/* Each returns 0, FAULT_LIMIT with a sentence that names the limit, or FAULT_CANCEL. */
int budget_entry(struct budget *budget, struct fault *fault);
int budget_bytes(struct budget *budget, uint64_t count, struct fault *fault);
int budget_depth(const struct budget *budget, uint32_t depth, struct fault *fault);
int budget_time(const struct budget *budget, struct fault *fault);

#endif
