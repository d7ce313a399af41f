/*
 * regex.h - one expression on one small window, with bounds on everything
 *
 * PCRE2, interpreted (no code is made at run time, so it works inside the jail), on bytes.  An
 * expression is compiled by the first one who asks it; any thread may.  Each question has ceilings
 * for steps, depth and memory that depend on the length of the window alone, so that the answer,
 * MATCH_LIMIT included, is the same everywhere.
 */
#ifndef MATCH_REGEX_H
#define MATCH_REGEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

#define MATCH_NONE  1 /* an answer: no match */
#define MATCH_LIMIT 2 /* an answer: given up at a ceiling; nobody knows */

#define MATCH_SPANS_MAX      64 /* the whole match and 63 captures */
#define MATCH_PATTERN_MAX    ((size_t)16 * 1024)
#define MATCH_LOOKBEHIND_MAX 255

enum match_regex_flags {
	MATCH_CASELESS = 1,
	MATCH_GO = 2, /* as RE2 and Go mean it: $ without (?m) is the very end */
};

enum match_find_flags {
	MATCH_AT_FROM = 1, /* at `from` or not at all */
	MATCH_NOT_END = 2, /* the window is cut: its end is not the end of the text */
};

struct match_span {
	size_t at, length; /* length SIZE_MAX: this capture took no part */
};

struct match_regex;
struct match_regex_scratch;

/* Keeps a copy of the pattern and compiles nothing: see match_regex_compile(). */
int match_regex_new(struct match_regex **out, const char *pattern, unsigned flags,
		    struct fault *fault);
void match_regex_free(struct match_regex **regex);

/* Compile now: FAULT_USAGE with the place for a wrong pattern.  Refused are \C, callouts and verbs,
 * and lookbehind of more than MATCH_LOOKBEHIND_MAX. */
int match_regex_compile(const struct match_regex *regex, struct fault *fault);

/* The number of captures; compiles.  < 0: fault. */
int match_regex_captures(const struct match_regex *regex, struct fault *fault);

/* The number of the first capture called `name`, 0: none.  Compiles. */
unsigned match_regex_capture(const struct match_regex *regex, const char *name);

/* One a thread, for any expression. */
int match_regex_scratch_new(struct match_regex_scratch **out, struct fault *fault);
void match_regex_scratch_free(struct match_regex_scratch **scratch);

/* The leftmost match that begins at or behind `from` and not behind `last` (SIZE_MAX: anywhere); what stands before `from` is seen by
 * lookbehind only.  spans[0] is the match, spans[n] capture n; offsets in the window.  Returns 0,
 * MATCH_NONE, MATCH_LIMIT, or a fault. */
int match_regex_find(const struct match_regex *regex, struct match_regex_scratch *scratch,
		     struct bytes window, size_t from, size_t last, unsigned flags,
		     struct match_span spans[], size_t spans_max, struct fault *fault);

#endif
