/*
 * secret_decode.h - runs of characters that are bytes written in another way, and what is in them
 *
 * Inside secret_scan.c.  A run (base64 in one piece or in lines of one width, hexadecimal) whose front
 * decodes to text is decoded whole and scanned like any other bytes, down to SECRET_DECODE_DEPTH; one
 * that decodes to a compressed stream or a container is a candidate of SECRET_LANE_DERIVED.
 * Linear: each decoding is at most 3/4 of what it decodes, so all of them together at most 3 times a
 * run.  Local: what is said of a run depends on it and the bytes beside it.
 */
#ifndef DETECT_SECRET_DECODE_H
#define DETECT_SECRET_DECODE_H

#include "base/bytes.h"
#include "base/fault.h"

#define SECRET_DECODE_DEPTH 4

struct secret_lane_call;
struct secret_decoded;

/* Memory of one depth; wiped when it is freed. */
struct secret_decode_level {
	uint8_t *at;
	size_t room;
};
void secret_decode_level_free(struct secret_decode_level *level);

int secret_decode_scan(struct secret_lane_call *call);

/* Of a run that was cut at SECRET_LOOK: how long it is in `in`. */
size_t secret_decode_run(struct bytes in, size_t at, size_t length);

/* What stands at in.at[at, +length), as secret_decode_scan() told it: the bytes live in `level` until
 * it is used again.  `name`: "base64", "hex"; static.  False: it is not encoded. */
bool secret_decode_at(struct secret_decode_level *level, struct bytes in, size_t at, size_t length,
		      struct bytes *out, const char **name);

#endif
