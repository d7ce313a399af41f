/*
 * template.h - texts with drawn parts: what stands in rule files in place of whole tokens
 *
 *	"ghp_{base62:30}{crc32-base62}"
 *
 * {CLASS:N} draws N characters, {CLASS:N-M} N to M; CLASS is digit, hex, HEX, lower, upper, alpha,
 * alnum or base62, base64, base64url, base32, or the inside of a bracket expression (a-z0-9_).
 * {uuid} and {jwt} are drawn whole.  {token} is the rule's token.  {crc32-base62} is six digits over
 * what stands between the last '_' and here; {luhn} one digit over the digits before it.  Anything
 * else in braces stands for itself.  The same seed draws the same text.
 */
#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include "base/buf.h"

struct template_draw {
	uint64_t state;
};

/* Append; *token_at (may be NULL) is where the first {token} begins in `to`, SIZE_MAX: none. */
int template_expand(struct buf *to, const char *template, struct bytes token,
		    struct template_draw *draw, size_t *token_at, struct fault *fault);

#endif
