/*
 * shape_count.h - how often and how long: numbers that may have no end; for shape.c and shape_path.c alone
 */
#ifndef MATCH_SHAPE_COUNT_H
#define MATCH_SHAPE_COUNT_H

#include "match/shape.h"

static inline uint32_t
shape_add(uint32_t a, uint32_t b)
{
	return a == MATCH_UNBOUNDED || b == MATCH_UNBOUNDED || a > MATCH_UNBOUNDED - 1 - b
		   ? MATCH_UNBOUNDED
		   : a + b;
}

/* A lower bound may be said lower; it must stay a number. */
static inline uint32_t
shape_at_least(uint32_t a)
{
	return a == MATCH_UNBOUNDED ? MATCH_UNBOUNDED - 1 : a;
}

static inline uint32_t
shape_times(uint32_t a, uint32_t b)
{
	uint64_t product = (uint64_t)a * b;

	if (a == 0 || b == 0)
		return 0;
	return a == MATCH_UNBOUNDED || b == MATCH_UNBOUNDED || product >= MATCH_UNBOUNDED
		   ? MATCH_UNBOUNDED
		   : (uint32_t)product;
}

static inline uint32_t
shape_larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* "{3}", "{3,}", "{3,5}" at *at; otherwise false and nothing moves. */
bool shape_braces(const char **at, uint32_t *least, uint32_t *most);

#endif
