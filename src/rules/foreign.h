/*
 * foreign.h - what a configuration of gitleaks or betterleaks says beside its patterns
 *
 * Paths, allowlists, rules that require other rules: things that depend on more than the bytes
 * around a hit, so that they are asked after the scan, once for each hit.  For sets of our own format
 * everything here answers as if nothing had been said.
 */
#ifndef RULES_FOREIGN_H
#define RULES_FOREIGN_H

#include "rules/rules.h"

/* Where the hit was found. */
struct rules_place {
	struct bytes whole; /* the content that was scanned */
	const char *path;   /* NULL: it has none */
	const char *commit; /* full hash, lower case; NULL: none */
};

/* Does the configuration say that this hit is none: its rule is for other paths, an allowlist names
 * its path, commit, secret, match or line, or it is only there for other rules to require? */
bool rules_allows(const struct rule_set *set, struct rules_scratch *scratch,
		  const struct rules_hit *hit, const struct rules_place *place);

/* Are all rules that the rule of hits[index] requires among the hits of this content, near enough? */
bool rules_requires_met(const struct rule_set *set, const struct rules_hit hits[], size_t count,
			size_t index, struct bytes whole);

/* Does it require any? */
bool rules_requires_others(const struct rule_set *set, const struct rule *rule);

/* Rules that are about the path alone: each that matches.  hit() returns 0 to go on. */
int rules_scan_path(const struct rule_set *set, struct rules_scratch *scratch, const char *path,
		    int (*hit)(void *to, const struct rule *rule), void *to);

#endif
