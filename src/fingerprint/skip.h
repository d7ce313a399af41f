/*
 * skip.h - to where a run of bytes ends, 16 at a time; for lexer.c
 *
 * Each begins at text.at[at], at <= text.left, and answers a place in [at, text.left].
 */
#ifndef FINGERPRINT_SKIP_H
#define FINGERPRINT_SKIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The first byte that does not continue a name: letters, digits, '_', '$', beyond ASCII. */
size_t skip_name(struct bytes text, size_t at);

/* The first byte that is no blank. */
size_t skip_many_blanks(struct bytes text, size_t at);

/* The first byte that is a, b or c (give one twice for fewer). */
size_t skip_to(struct bytes text, size_t at, uint8_t a, uint8_t b, uint8_t c);

/* As skip_many_blanks(): between words there is one, before lines there are many. */
static inline size_t
skip_blanks(struct bytes text, size_t at)
{
	return at < text.left && text.at[at] > ' ' ? at : skip_many_blanks(text, at);
}

#endif
