/*
 * text.h - numbers, sizes, durations and UTF-8, the way a script and a person write them
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

/* Length (1..4) of the well-formed UTF-8 sequence at the front (RFC 3629: no surrogates, no
 * overlong forms), or 0 when there is none. */
size_t text_utf8_sequence(struct bytes in);

/* Is all of it well-formed UTF-8? */
bool text_is_utf8(struct bytes in);

/* Write one code point; returns its length, 0 for a surrogate or > 0x10FFFF. */
size_t text_utf8_put(uint32_t code_point, uint8_t out[4]);

/* Decimal digits only, all of `text`.  FAULT_USAGE when it is anything else or too large. */
int text_parse_u64(const char *text, uint64_t *out, struct fault *fault);

/* "4096", "64KiB", "64MiB", "1GiB", "2TiB" (also KB/MB/GB = powers of 1000). */
int text_parse_size(const char *text, uint64_t *out_bytes, struct fault *fault);

/* "90s", "30m", "8h", "30d", "2w". */
int text_parse_duration(const char *text, uint64_t *out_seconds, struct fault *fault);

/* "512 bytes", "14.1 kB", "73.2 MB": powers of 1000, three digits. Returns `out`. */
const char *text_size(uint64_t bytes, char out[32]);

/* "512,001". Returns `out`. */
const char *text_count(uint64_t count, char out[32]);

/* ASCII only: locale never matters. */
static inline uint8_t
text_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline bool
text_is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool text_equal_nocase(struct bytes a, struct bytes b);

/* Lower hex of `count` bytes and a NUL into out[2 * count + 1]. Returns `out`. */
char *text_hex(const void *at, size_t count, char *out);

/* [a-z0-9][a-z0-9._-]{0,63}: names of assets, persons, recipients (CONTRACT A1). */
bool text_is_name(const char *text);

#endif
