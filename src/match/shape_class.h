/*
 * shape_class.h - one character or class of an expression, read; for shape.c alone
 */
#ifndef MATCH_SHAPE_CLASS_H
#define MATCH_SHAPE_CLASS_H

#include "match/shape.h"

struct shape_flags {
	bool caseless, dot_all, utf;
};

struct shape_char {
	struct match_class set;
	bool wide;  /* characters beyond ASCII among them: one to four bytes each */
	bool vague; /* more is in the set than may be in truth: what is left out of it may be in */
};

enum shape_escape {
	SHAPE_CHAR,  /* filled in */
	SHAPE_ZERO,  /* \b \B \A \z \Z: no byte */
	SHAPE_QUOTE, /* \Q */
	SHAPE_END,   /* \E: nothing */
	SHAPE_REFUSED,
};

/* *at stands behind the backslash and moves behind the escape. */
enum shape_escape shape_escape(const char **at, bool in_class, struct shape_flags flags,
			       struct shape_char *out);

/* *at stands behind '[' and moves behind ']'.  False: refused or never closed. */
bool shape_bracket(const char **at, struct shape_flags flags, struct shape_char *out);

/* One character as itself. */
void shape_literal(uint8_t c, struct shape_flags flags, struct shape_char *out);

/* '.' */
void shape_dot(struct shape_flags flags, struct shape_char *out);

#endif
