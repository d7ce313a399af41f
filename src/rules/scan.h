/*
 * scan.h - one scan under way: for scan.c, context.c and run.c
 */
#ifndef RULES_SCAN_H
#define RULES_SCAN_H

#include "rules/inside.h"

/* A literal whose surroundings passed the tables. */
struct candidate {
	size_t literal_at;
	uint32_t literal_length, offset_min, offset_max;
	uint16_t rule;
};

/* A keyword. */
struct word {
	size_t at, end;
	uint32_t id; /* of its literal */
};

struct tried {
	uint64_t call;
	size_t start;
};

struct rules_scratch {
	struct match_scratch *match;
	struct match_regex_scratch *regex;
	uint64_t call;       /* counts ranges */
	struct tried *tried; /* of each rule the last */
	struct candidate *candidates;
	size_t candidates_count, candidates_room;
	struct word *words; /* sorted by end */
	size_t words_count, words_room;
	struct rules_hit *found;
	size_t found_count, found_room;
	struct rules_scan_stats stats;
};

struct scan {
	const struct rule_set *set;
	struct rules_scratch *scratch;
	struct bytes in;
	size_t from, end;   /* hits whose `at` lies in [from, end) are wanted */
	size_t done;        /* literals that end up to here were seen */
	size_t piece_from;  /* what the matcher was given begins here */
	size_t values_done; /* values that begin before this were seen */
	uint64_t fuel;      /* bytes of windows that `long` rules may still see */
	size_t name_end;    /* the name that holds the last keyword ends here */
	int (*hit)(void *to, const struct rules_hit *hit);
	void *to;
	struct fault *fault;
};

/* Try rule `index` on a match that begins at `start`. */
int scan_try_at(struct scan *scan, size_t index, size_t start, size_t support_from);

/* Do the bytes at `at` begin as `ref` wants? */
bool scan_may_start(const struct scan *scan, const struct rules_ref *ref, size_t at);

/* Is this secret of rule `index` none, by what it consists of? */
bool scan_is_none(struct scan *scan, size_t index, struct bytes secret);

/* Does a keyword stand near, where the rule wants one?  Widens the hit's support. */
bool scan_gate(struct scan *scan, size_t index, struct rules_hit *hit);

const struct match_span *scan_secret(const struct rule *rule,
				     const struct match_span spans[MATCH_SPANS_MAX]);

int scan_found(struct scan *scan, const struct rules_hit *hit);
int scan_keep_word(struct scan *scan, const struct word *word);

/* context.c: a keyword was found; the values that begin before `to` are looked at. */
int scan_word(struct scan *scan, uint32_t id, size_t at, size_t end);
int scan_values(struct scan *scan, size_t to);

/* run.c: the rules of lane RUN. */
int scan_runs(struct scan *scan);

#endif
