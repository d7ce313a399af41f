/*
 * utf16.h - UTF-16 as it is found: which byte order, then UTF-8, and the way back to the bytes
 *
 * Editors and shells of Windows write it, engines keep it in memory and in snapshots.  What comes
 * out is valid UTF-8 whatever went in: a lone surrogate, or half a unit at the end, is U+FFFD.
 */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/stream.h"

enum utf16_order { UTF16_NONE, UTF16_LE, UTF16_BE };

/* "utf-16le", "utf-16be": what findings say of how they were read. */
const char *utf16_order_name(enum utf16_order order);

/* How much of the front utf16_order_of() looks at. */
#define UTF16_TEST_BYTES ((size_t)8 * 1024)

/* Is a text that begins like this UTF-16?  By its byte order mark; without one by what stands in
 * it: half of the units at least are letters, digits and signs of ASCII, which no text in another
 * encoding has.  So texts without both a mark and ASCII are not known.  UTF-32 is none of it. */
enum utf16_order utf16_order_of(struct bytes head);

/* From offsets in what came out to offsets in what went in.  Exact while runs of characters of one
 * width number less than half of UTF16_PLACES_MAX; past that, between neighbours, to a few
 * characters. */
#define UTF16_PLACES_MAX ((size_t)1 << 17)

struct utf16_place {
	uint64_t out, in;
};

struct utf16_places {
	struct utf16_place *list;
	size_t count, room;
	uint64_t every; /* only each n-th change of width is kept; 0 and 1: all */
	uint64_t left;  /* changes until one is kept again */
	uint64_t out, in;
};

void utf16_places_free(struct utf16_places *places);
uint64_t utf16_places_in(const struct utf16_places *places, uint64_t out);

/* The machine: fed in pieces that may be cut anywhere. */
struct utf16 {
	enum utf16_order order;
	uint8_t half; /* of a unit cut in two */
	bool has_half;
	uint16_t high;  /* a high surrogate that waits for its other half; 0: none */
	uint64_t start; /* where the character at hand began */
	uint8_t width;  /* of the last character */
	struct utf16_places places;
};

/* Room that any piece of `bytes` needs at most: three bytes for each unit, and what was waiting. */
#define UTF16_ROOM(bytes) ((bytes) / 2 * 3 + 12)

/* Write UTF-8 to `out`, which has UTF16_ROOM(in.left) bytes; *used of them are taken.  A mark at
 * the front of all is left out.  Returns 0 or FAULT_MEMORY.  Cost: 1 to 2 GB/s for ASCII. */
int utf16_feed(struct utf16 *u, struct bytes in, bool last, uint8_t *out, size_t *used,
	       struct fault *fault);

/* All of it at once, appended to `to`, within its ceiling.  Returns 0, FAULT_LIMIT, FAULT_MEMORY. */
struct buf;
int utf16_append(struct buf *to, struct bytes in, enum utf16_order order, struct fault *fault);

/* UTF-8 out of a stream of UTF-16, which stays the caller's.  `passed`, when given, sees each byte
 * that went in, once, in order. */
struct utf16_stream;
int utf16_stream_new(struct utf16_stream **out, struct stream *from, enum utf16_order order,
		     int (*passed)(void *to, struct bytes raw, struct fault *fault), void *to,
		     struct fault *fault);
void utf16_stream_free(struct utf16_stream **stream);
struct stream *utf16_stream(struct utf16_stream *stream);
const struct utf16_places *utf16_stream_places(const struct utf16_stream *stream);

#endif
