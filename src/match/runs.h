/*
 * runs.h - where characters of tokens stand in a row
 *
 * The token characters are [A-Za-z0-9+/_=-]: base64, base64url, hex, base62, UUIDs.  With AVX2 where
 * the CPU has it and without elsewhere, to the same answer: 4 GB/s against 0.6.
 */
#ifndef MATCH_RUNS_H
#define MATCH_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define MATCH_RUN_MIN_MAX 64 /* a longer `min` is looked for as this one */

enum match_run_class {
	MATCH_RUN_LOWER_HEX = 1,  /* a-f */
	MATCH_RUN_LOWER_REST = 2, /* g-z */
	MATCH_RUN_UPPER_HEX = 4,
	MATCH_RUN_UPPER_REST = 8,
	MATCH_RUN_DIGIT = 16,
	MATCH_RUN_BASE64 = 32, /* + / */
	MATCH_RUN_URL = 64,    /* - _ */
	MATCH_RUN_EQUALS = 128,
};

struct match_run {
	size_t at, length;
	uint8_t classes; /* enum match_run_class: what occurs in it */
};

/* Every maximal run of at least `min` (1..64) token characters, from left to right.  run() returns 0
 * to go on; anything else stops and is returned. */
int match_runs(struct bytes in, size_t min, int (*run)(void *to, const struct match_run *run),
	       void *to);

/* As match_runs() without AVX2: for tests and measurements. */
int match_runs_portable(struct bytes in, size_t min,
			int (*run)(void *to, const struct match_run *run), void *to);

/* The class of one byte; 0: no token character. */
extern const uint8_t match_run_class[256];

#endif
