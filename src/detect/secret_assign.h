/*
 * secret_assign.h - how programs, settings, markup and shells write that a name has a value
 *
 * Inside secret_generic.c.  Local and bounded as that header says.
 */
#ifndef DETECT_SECRET_ASSIGN_H
#define DETECT_SECRET_ASSIGN_H

#include "detect/secret_generic.h"

struct secret_assign {
	size_t name_at, name_length; /* of a URL: the user */
	size_t value_at, value_length;
	size_t lo, hi; /* [lo, hi) was looked at */
	unsigned flags;
};

/* The assignment to the name that holds in.at[at]; false when there is none. */
bool secret_assign_read(struct bytes in, size_t at, struct secret_assign *out);

/* scheme://user:password@host, `at` is where its "://" stands. */
bool secret_assign_url(struct bytes in, size_t at, struct secret_assign *out);

/* "Basic " or "Bearer " of `length` bytes at `at`, and the token behind it. */
bool secret_assign_scheme(struct bytes in, size_t at, size_t length, struct secret_assign *out);

/* Base64 to `text`: how many bytes, 0 where it is none, is not printable, or does not fit. */
size_t secret_assign_decode(struct bytes value, uint8_t *text, size_t room);

/* Is the value an expression, a name, a path, a number: what programs write there? */
bool secret_assign_is_code(struct bytes value, unsigned flags);

/* Is it a sentence or a label? */
bool secret_assign_is_text(struct bytes value);

#endif
