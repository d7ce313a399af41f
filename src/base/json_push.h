/*
 * json_push.h - a JSON document of any size, fed in windows of any size, in flat memory
 *
 *	json_push_init(&p, on_event, context, 0);
 *	while (more) {
 *		r = json_push_feed(&p, &window, fault);
 *		...
 *	}
 *	r = json_push_finish(&p, fault);
 *
 * Strict RFC 8259: one value, UTF-8 checked, no byte order mark, nothing more.  Where the windows
 * are cut changes no answer and no text, only the pieces in which strings come.
 *
 * Cost: strings without escapes at the speed of memory, source text above 1 GB/s (bench/json.c).
 */
#ifndef BASE_JSON_PUSH_H
#define BASE_JSON_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/json_scan.h"

#define JSON_PUSH_DEPTH_MAX   1024
#define JSON_PUSH_PIECE_BYTES 16384 /* stays in the first-level cache with what it is copied from */

enum json_event_type {
	JSON_EVENT_OBJECT_BEGIN,
	JSON_EVENT_OBJECT_END,
	JSON_EVENT_ARRAY_BEGIN,
	JSON_EVENT_ARRAY_END,
	JSON_EVENT_KEY,
	JSON_EVENT_STRING,
	JSON_EVENT_NUMBER,
	JSON_EVENT_TRUE,
	JSON_EVENT_FALSE,
	JSON_EVENT_NULL,
};

struct json_event {
	enum json_event_type type;
	/* KEY, STRING, NUMBER come in one or more pieces, `begins` on the first and `ends` on the
	 * last; a KEY or NUMBER of up to JSON_PUSH_PIECE_BYTES - 64 comes in one.  Lent for the call.
	 * Strings are unescaped; a piece never cuts a UTF-8 sequence. */
	struct bytes piece;
	bool begins, ends;
	bool lossy; /* a lone surrogate was met in this string: it became U+FFFD */
	uint32_t
	    depth; /* how many containers it is in; a container's own BEGIN and END: its outside */
	uint64_t at_bytes; /* where this piece or token ends in the document */
};

/* Returns 0, or a fault code, which ends the reading for good. */
typedef int json_push_fn(void *context, const struct json_event *event, struct fault *fault);

enum json_push_flags {
	JSON_PUSH_STOP = 1, /* what follows the value is not ours: stop there, see JSON_PUSH_DONE */
};

#define JSON_PUSH_DONE 1

/* No pointer owned: plain memory, about 17 KiB. */
struct json_push {
	json_push_fn *event;
	void *context;
	const struct json_scan *scan; /* json_scan_best(); may be changed before the first feed */
	unsigned flags;
	uint32_t depth_max; /* JSON_PUSH_DEPTH_MAX, may be lowered */
	int broke;          /* the fault that ended it */

	/* Private. */
	uint8_t state;
	uint8_t number;     /* state inside a number */
	uint8_t literal;    /* which of the three words */
	uint8_t literal_at; /* bytes of it that came */
	uint8_t hex_left;   /* digits of a \u escape still to come */
	uint8_t carry_used; /* bytes of a UTF-8 sequence that a window cut */
	uint8_t carry[4];
	uint16_t hex;  /* the digits so far */
	uint16_t high; /* a high surrogate that waits for its half; 0: none */
	bool is_key;
	bool begun; /* a piece of this string was given */
	bool lossy;
	bool escaped; /* the text at hand has escapes: copy, else lend */
	uint32_t depth;
	uint64_t at_bytes;   /* consumed before this window */
	const uint8_t *from; /* the window */
	size_t used;         /* of piece[] */
	uint64_t arrays[JSON_PUSH_DEPTH_MAX / 64];
	uint8_t piece[JSON_PUSH_PIECE_BYTES];
};

void json_push_init(struct json_push *p, json_push_fn *event, void *context, unsigned flags);

/* Consume from the front of *in.  Returns 0 (all consumed), JSON_PUSH_DONE (only with
 * JSON_PUSH_STOP: the value is complete, *in is what follows; a top-level number never stops by
 * itself), FAULT_FORMAT, FAULT_LIMIT (depth) or what the event function gave.  After a fault *in
 * begins where it broke, and asking again gives the same code. */
int json_push_feed(struct json_push *p, struct bytes *in, struct fault *fault);

/* The document ends here: FAULT_FORMAT when it is not complete. */
int json_push_finish(struct json_push *p, struct fault *fault);

#endif
