/*
 * json_write.h - JSON out, streaming: commas and quoting come by themselves
 *
 *	json_write_to_buf(&w, &buf, 0);
 *	json_write_object_begin(&w);
 *	json_write_key_u64(&w, "exit", 1);
 *	json_write_key(&w, "findings");
 *	json_write_array_begin(&w);
 *	json_write_text(&w, "one");
 *	json_write_array_end(&w);
 *	json_write_object_end(&w);
 *	r = json_write_finish(&w, fault);
 *
 * Nothing needs checking before json_write_finish(), which gives the first failure.  Begin and end
 * must pair up and values in objects follow keys: asserted, because that is our own mistake.
 * There is no null: what is absent is left out (CONTRACT A1).  Equal calls give equal bytes.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

#define JSON_WRITE_DEPTH_MAX   63
#define JSON_WRITE_BLOCK_BYTES 4096

enum json_write_flags {
	JSON_WRITE_PRETTY = 1, /* two spaces a level, one value a line, newline at the end */
};

/* Takes `count` bytes; returns 0 or a fault code, which ends the writing. */
typedef int json_write_fn(void *context, const void *at, size_t count, struct fault *fault);

struct json_write {
	struct buf *buf; /* lent; NULL: `write` takes the bytes */
	json_write_fn *write;
	void *context;
	unsigned flags;
	unsigned depth;
	uint64_t is_array;  /* bit per level */
	uint64_t has_value; /* bit per level: a comma comes before the next */
	bool after_key;
	struct fault fault; /* of the first write that failed */
	size_t used;
	uint8_t block[JSON_WRITE_BLOCK_BYTES]; /* collects small writes for `write` */
};

/* Append to `buf`.  */
void json_write_to_buf(struct json_write *w, struct buf *buf, unsigned flags);
/* Hand blocks to `write`. */
void json_write_to(struct json_write *w, json_write_fn *write, void *context, unsigned flags);

void json_write_object_begin(struct json_write *w);
void json_write_object_end(struct json_write *w);
void json_write_array_begin(struct json_write *w);
void json_write_array_end(struct json_write *w);

void json_write_key(struct json_write *w, const char *key);
void json_write_key_bytes(struct json_write *w, struct bytes key);

/* Bytes from outside: what is not UTF-8 shows as the text \xNN, control bytes as JSON escapes. */
void json_write_string(struct json_write *w, struct bytes value);
void json_write_text(struct json_write *w, const char *value);
void json_write_u64(struct json_write *w, uint64_t value);
void json_write_i64(struct json_write *w, int64_t value);
/* Thousandths as a decimal number: -1500 is written -1.5, 2000 is written 2. */
void json_write_milli(struct json_write *w, int64_t value_milli);
/* Millionths, the same way: 250000 is written 0.25. */
void json_write_micro(struct json_write *w, int64_t value_micro);
void json_write_bool(struct json_write *w, bool value);
/* One value that is JSON already, as it is. */
void json_write_raw(struct json_write *w, struct bytes json);

/* Key and value in one go; a NULL text writes neither. */
void json_write_key_text(struct json_write *w, const char *key, const char *value);
void json_write_key_string(struct json_write *w, const char *key, struct bytes value);
void json_write_key_u64(struct json_write *w, const char *key, uint64_t value);
void json_write_key_i64(struct json_write *w, const char *key, int64_t value);
void json_write_key_bool(struct json_write *w, const char *key, bool value);
/* Lower hex of `count` bytes. */
void json_write_key_hex(struct json_write *w, const char *key, const void *at, size_t count);

/* jsonl: end this document with a newline; the next value begins a new one. */
void json_write_line(struct json_write *w);

/* Hand over what is left.  Returns 0 or the code of the first failure. */
int json_write_finish(struct json_write *w, struct fault *fault);

#endif
