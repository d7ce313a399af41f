/*
 * shape.h - what every match of an expression looks like, without matching
 *
 * An expression is laid out as the paths through its alternatives; a path is a row of steps, each so
 * many bytes of a set.  From it follow the bounds of a match, the literals that must stand in it, and
 * what must stand beside them, which a table look-up can check before the expression itself is tried.
 * A shape never promises less than the truth: what it cannot lay out becomes a step that says only
 * which bytes may occur and how many.
 *
 * The grammar is that of PCRE2 and RE2 as far as rules need it.  Back references, recursion,
 * conditions, verbs, callouts, \K, \G, \X, \R, \C and (?x) are FAULT_USAGE: a rule with them has no
 * bounds or no place.
 */
#ifndef MATCH_SHAPE_H
#define MATCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"

#define MATCH_UNBOUNDED      UINT32_MAX
#define MATCH_PATHS_MAX      64
#define MATCH_PATH_STEPS_MAX 160
#define MATCH_GROUPS_DEEP    32

/* A set of bytes. */
struct match_class {
	uint64_t bits[4];
};

static inline bool
match_class_has(const struct match_class *class, uint8_t byte)
{
	return (class->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

void match_class_add(struct match_class *class, uint8_t first, uint8_t last);
void match_class_join(struct match_class *class, const struct match_class *other);
bool match_class_within(const struct match_class *class, const struct match_class *other);
bool match_class_touches(const struct match_class *class, const struct match_class *other);
unsigned match_class_count(const struct match_class *class);

struct match_step {
	struct match_class set;
	uint32_t min, max; /* how many bytes; MATCH_UNBOUNDED */
	bool exact;        /* any min to max bytes of the set will do; false: perhaps not */
	uint16_t mark;     /* not 0: no bytes, here begins this capture */
};

struct match_path {
	struct match_step *steps;
	uint32_t count;
	uint32_t min, max; /* bytes of a match that goes this way */
	/* The byte in front of the match is not one of these; empty: nothing is known. */
	struct match_class not_before;
};

struct match_shape {
	struct match_path paths[MATCH_PATHS_MAX];
	uint32_t count;
	uint32_t min, max; /* over all paths */
	unsigned captures;
	uint32_t behind, ahead; /* how far assertions look outside of the match, at most */
	struct match_class all; /* every byte that can stand in a match */
};

/* `flags` as of match_regex_new().  Everything lives in the arena.  FAULT_USAGE with the place. */
int match_shape_of(struct match_shape *out, const char *pattern, unsigned flags,
		   struct arena *arena, struct fault *fault);

/* Where in a path a literal stands for certain. */
struct match_place {
	uint32_t step, step_end;         /* the steps [step, step_end) are the literal */
	uint32_t offset_min, offset_max; /* from the start of the match */
};

/* From step `from` on, does `literal` stand in every match of this path at one place?  The places of
 * one path are found by going on at place->step + 1.  `sure` false: it may stand there (each byte is
 * in the set of its step). */
bool match_path_has(const struct match_path *path, uint32_t from, const char *literal,
		    size_t length, bool caseless, bool sure, struct match_place *place);

/* Where capture `group` begins, from the start of the match; false: the path does not tell. */
bool match_path_capture(const struct match_path *path, unsigned group, uint32_t *offset_min,
			uint32_t *offset_max);

/* The longest literal (`least` bytes at least) that stands in every match of this path, NUL-ended into
 * text[]; *caseless: its letters may be either.  False: there is none. */
bool match_path_literal(const struct match_path *path, size_t least, char text[64], bool *caseless);

#endif
