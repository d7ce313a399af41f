/*
 * inside.h - a rule set from within: for src/rules alone
 */
#ifndef RULES_INSIDE_H
#define RULES_INSIDE_H

#include "base/arena.h"
#include "base/buf.h"
#include "match/literals.h"
#include "match/regex.h"
#include "match/shape.h"
#include "rules/rules.h"

#define RULES_ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define RULES_PACK_BYTES_MAX  ((size_t)16 * 1024 * 1024)
#define RULES_SAVED_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* `count` bytes of a class, beside a literal. */
struct rules_beside {
	uint16_t class, count;
};

#define BESIDE_MAX 8
#define NO_CLASS   UINT16_MAX

/* What follows from a literal: one path of one rule. */
struct rules_ref {
	uint16_t rule;
	uint16_t not_before;             /* class of the byte in front of the match, or NO_CLASS */
	uint32_t offset_min, offset_max; /* of the literal in the match */
	uint8_t before_count, after_count;
	struct rules_beside before[BESIDE_MAX], after[BESIDE_MAX];
};

/* What is known of a rule's matches. */
struct rules_bounds {
	uint32_t min, max;      /* bytes of a match; max is cut to what the rule may reach */
	uint32_t behind, ahead; /* seen beside the match */
	/* CONTEXT, RUN: what a match begins with, one a path, in rule_set.refs. */
	uint32_t starts, starts_count;
	uint16_t all; /* RUN: class of the bytes that can stand in a match */
	bool fixed;   /* the length of a match never changes */
	bool gated;   /* foreign: a keyword is still to be looked for beside the match */
};

/* What a rule is tried with. */
struct rules_plan {
	struct match_regex *regex;
	struct match_regex **allow;
};

struct rules_literal {
	uint32_t length;
	uint32_t refs, refs_count;   /* ANCHOR: rule_set.refs */
	uint32_t words, words_count; /* CONTEXT: rule_set.words: the rules of this keyword */
};

struct rule_set {
	struct arena arena;
	struct rule *rules;
	struct rules_plan *plans;
	size_t count;
	struct match_literal *texts;    /* as given to the matcher; NULL: it was compiled before */
	struct match_literals *matcher; /* NULL: no literal at all */
	/* Tables without pointers, so that those of the built-in rules are constants (builtin.h). */
	const struct rules_bounds *bounds;
	const struct rules_literal *literals;
	const struct rules_ref *refs;
	const struct match_class *classes;
	const uint16_t *words;
	const uint16_t *runs; /* rules of lane RUN */
	struct rules_sizes {
		uint32_t literals, refs, classes, words, runs;
		uint32_t literal_max; /* bytes of the longest */
		uint32_t literal_before,
		    literal_after; /* how far from `at` a literal's end can be */
		uint32_t reach_before, reach_after;
	} is;
	uint8_t digest[32];
	struct rules_foreign *foreign; /* what a gitleaks file adds; NULL: ours */
};

/* From a list of rules whose texts live in set->arena to tables and expressions; the matcher is for
 * rules_match_build(). */
int rules_plan_all(struct rule_set *set, const struct rules_notes *notes, struct fault *fault);

/* The expressions alone: the tables are there. */
int rules_plan_regexes(struct rule_set *set, struct fault *fault);

/* The matcher, compiled. */
int rules_matcher_build(struct rule_set *set, struct fault *fault);

/* Rules as bytes: what the digest is of, and what is embedded.  Unpacked ones are added to those that
 * are there. */
int rules_pack(const struct rule_set *set, struct buf *to, struct fault *fault);
int rules_unpack(struct rule_set *set, struct bytes packed, struct fault *fault);
int rules_digest_make(struct rule_set *set, struct fault *fault);

/* An empty set. */
int rules_new(struct rule_set **out, struct fault *fault);

/* `text` as toml.h has it, in the arena of the set; NULL stays NULL.  NULL for lack of memory. */
const char *rules_text(struct rule_set *set, const char *text);

void rules_note(const struct rules_notes *notes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* CONTEXT: the value that begins behind the operator at `op`, and a second one behind a word such as
 * Bearer; SIZE_MAX: none. */
struct rules_values {
	size_t at[2];
};
struct rules_values rules_values_behind(struct bytes in, size_t op);
bool rules_is_operator(uint8_t c);

#endif
