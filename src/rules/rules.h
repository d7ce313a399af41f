/*
 * rules.h - what tokens, keys and passwords of providers look like, and where they stand
 *
 *	const struct rule_set *set = rules_builtin(home, fault);
 *	rules_scratch_new(&scratch, set, fault);			one a thread
 *	rules_scan(set, scratch, content, NULL, 0, on_hit, context, fault);
 *
 * A rule finds its secret on one of three lanes.  ANCHOR: a literal stands in every match.  CONTEXT:
 * a keyword stands up to RULES_CONTEXT_BYTES before a value that is assigned.  RUN: neither; it is
 * tried on every run of the bytes that it can match.  Anchors and keywords are found in one pass over
 * the bytes; what surrounds them is compared with tables; only what is left is shown to the
 * expression, on a window.
 *
 * Locality: whether there is a hit at a place depends on its support alone, never on where a scan
 * began or how it was cut.  A scan of ranges gives exactly the hits of a scan of everything whose
 * `at` lies in the ranges.
 *
 * A rule set never changes; any thread may use it.  It is made before the jail is entered.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

/* No rule looks further than this from its anchor, to either side, except `long` ones. */
#define RULE_REACH_BYTES      1024
#define RULE_LONG_REACH_BYTES ((uint32_t)64 * 1024)

/* From the end of a keyword to its value: the rest of a name, an operator, quotes; one newline. */
#define RULES_CONTEXT_BYTES 80

#define RULES_MAX 8192

/* Capture 1 where there is one, else all of the match. */
#define RULE_GROUP_AUTO UINT32_MAX

enum rule_lane {
	RULE_ANCHOR,
	RULE_CONTEXT,
	RULE_RUN,
	RULE_PATH, /* of a gitleaks file: about the name of a file alone; never scanned for */
};

struct rule {
	const char *id, *family, *title, *why, *fix;
	const char *source; /* name of the provider's document; NULL: none given */
	int severity;       /* 0 info .. 4 critical, as enum severity of detect/finding.h */
	enum rule_lane lane;
	const char *pattern; /* CONTEXT: of the value */
	unsigned
	    group; /* RULE_GROUP_AUTO only while loading; the capture that is the secret; 0: all of the match */
	/* ANCHOR: literals.  CONTEXT: keywords, always caseless.  Foreign: keywords, one of which
	 * stands within RULE_REACH_BYTES of the match. */
	const char *const *anchors;
	size_t anchors_count;
	bool anchors_caseless;      /* and so the pattern */
	bool is_long;               /* reaches RULE_LONG_REACH_BYTES */
	bool off_by_default;        /* personal data and the like: for who asks for them */
	bool foreign;               /* of a gitleaks file: Go's grammar, no filters of ours */
	uint32_t reach_after;       /* bytes behind the anchor that the pattern may see */
	uint32_t entropy_min_milli; /* of the secret, 0: not asked */
	uint32_t digits_min;
	const char *check; /* name of an offline check (detect/secret_check.h); NULL: none */
	const char *const *examples; /* published: the finding's state is `example` */
	size_t examples_count;
	const char *const *allow; /* expressions: a secret that one of them matches is none */
	size_t allow_count;
	const char *requires; /* this rule must hit within_lines away; NULL */
	uint32_t within_lines;
	/* Only of rules read from a file, for `rules check` and the build's test. */
	const char *token;
	const char *const *positive, *const *negative;
	size_t positive_count, negative_count;
	const char *file; /* it stands in, and the line there */
	uint32_t line;
};

struct rule_set;
struct rules_scratch;
struct home;

size_t rules_count(const struct rule_set *set);
const struct rule *rules_get(const struct rule_set *set, size_t index);
/* NULL: no such rule. */
const struct rule *rules_find(const struct rule_set *set, const char *id);

/* SHA-256 over all that decides what is found. */
const uint8_t *rules_digest(const struct rule_set *set);

/* How far, at most, bytes may be from a hit's `at` and still decide about it; `long` rules aside,
 * whose support tells.  What changed at x can change hits from x - after to x + before. */
void rules_reach(const struct rule_set *set, uint32_t *before, uint32_t *after);

/* The rules that are built in, made ready once; every later call answers the same set.  `cache`: a
 * folder of ours (config/home.h) for compiled literals, used where the embedded ones do not fit the
 * installed library; NULL: none.  Lent for ever.  NULL with a fault. */
const struct rule_set *rules_builtin(const char *cache, struct fault *fault);

/* What `stopwater rules` and --rules say about a file that was taken: one sentence a note. */
struct rules_notes {
	void (*note)(void *to, const char *text);
	void *to;
};

/* A file of rules: ours (docs/format-rules.md), or of gitleaks or betterleaks, told by what is in it.
 * It stands alone, or beside the rules that are built in where it says so (`builtin = true`; [extend]
 * useDefault).  FAULT_USAGE with name and line for what is wrong with it. */
int rules_load(struct rule_set **out, struct bytes toml, const char *name,
	       const struct rules_notes *notes, struct fault *fault);
/* Several files of ours as one set; ids are unique over all. */
struct rules_file {
	struct bytes toml;
	const char *name;
};
int rules_load_files(struct rule_set **out, const struct rules_file files[], size_t count,
		     const struct rules_notes *notes, struct fault *fault);
void rules_free(struct rule_set **set);

int rules_scratch_new(struct rules_scratch **out, const struct rule_set *set, struct fault *fault);
void rules_scratch_free(struct rules_scratch **scratch);

struct rules_range {
	size_t from, to;
};

struct rules_hit {
	const struct rule *rule;
	size_t at, length; /* the secret in `in`.  length 0: a rejected long look, no finding */
	size_t match_at, match_length; /* all of the match: for allowlists */
	/* Every byte that the answer depends on.  support_to is one more than there are bytes when it
	 * depends on the text ending there; something inserted at either edge touches it. */
	size_t support_from, support_to;
};

struct rules_scan_stats {
	uint64_t literals;   /* literal hits */
	uint64_t candidates; /* left after the tables */
	uint64_t limits;     /* expressions given up at a ceiling: not examined there */
};

/* Hits whose `at` lies in one of the ranges (sorted, apart from each other; count 0: everything),
 * sorted by at, then by rule.  A rejected long look says that a `long` rule was tried at `at`, found
 * nothing, and that this depends on more than RULE_REACH_BYTES.  hit() returns 0 to go on; anything
 * else stops and is returned. */
int rules_scan(const struct rule_set *set, struct rules_scratch *scratch, struct bytes in,
	       const struct rules_range only[], size_t count,
	       int (*hit)(void *to, const struct rules_hit *hit), void *to, struct fault *fault);

/* Of the scans with this scratch so far. */
const struct rules_scan_stats *rules_stats(const struct rules_scratch *scratch);

/* Is this what people write where a secret would stand: xxxx, <...>, ${...}, your_key_here,
 * changeme, one character over and over, 0123456789abcdef? */
bool rules_is_placeholder(struct bytes value);

#endif
