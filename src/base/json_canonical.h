/*
 * json_canonical.h - one spelling for each JSON value, so that it can be hashed and signed
 *
 * RFC 8785 (JCS) for what we sign: objects, arrays, strings, booleans, null and whole numbers up to
 * 2^53 - 1 either way.  Fractions, exponents and larger numbers are refused, because their
 * spelling hangs on floating point.
 */
#ifndef BASE_JSON_CANONICAL_H
#define BASE_JSON_CANONICAL_H

#include "base/buf.h"
#include "base/json.h"

/* Append the canonical form of `value`.  FAULT_FORMAT: a key comes twice, a number is none of
 * ours, or a string held a lone surrogate; FAULT_MEMORY; FAULT_LIMIT: `out` is full. */
int json_canonical(struct buf *out, const struct json_value *value, struct fault *fault);

#endif
