/*
 * secret_lanes.h - inside secret_scan.c: the ways in which candidates are looked for
 *
 * A lane tells every candidate whose anchor stands in [from, to) of `in`, and keeps the locality
 * law of secret_scan.h.
 */
#ifndef DETECT_SECRET_LANES_H
#define DETECT_SECRET_LANES_H

#include <pthread.h>

#include "detect/secret_decode.h"
#include "detect/secret_scan.h"

struct secret_lane_call {
	const struct secret_scanner *scanner;
	struct secret_scratch *scratch;
	struct bytes in;
	size_t from, to;
	struct secret_list *out;
	struct fault *fault;
};

typedef int secret_lane_fn(struct secret_lane_call *call);

extern secret_lane_fn *const secret_lanes[];
extern const size_t secret_lanes_count;

struct secret_scanner {
	struct secret_options options;
	pthread_mutex_t lock;
	struct secret_scratch *pool;
};

struct secret_scratch {
	struct secret_scratch *next; /* in the pool */
	struct rules_scratch *rules;
	unsigned depth; /* of decoded bytes in decoded bytes */
	struct secret_decode_level levels[SECRET_DECODE_DEPTH];
};

#endif
