/*
 * check.h - does a rule do what its own examples say?
 *
 * For `stopwater rules check` and for the build's test of every rule that is built in: at least three
 * positives, in each of which the rule finds exactly its token; at least three negatives, in which it
 * finds nothing; a token of fixed length with one character cut is not found.
 */
#ifndef RULES_CHECK_H
#define RULES_CHECK_H

#include "rules/rules.h"

#define RULES_EXAMPLES_MIN 3

/* Check rule `index` alone against its examples; each wrong is told as one sentence.  Returns how many
 * there were, or a fault. */
int rules_check(const struct rule_set *set, struct rules_scratch *scratch, size_t index,
		const struct rules_notes *notes, struct fault *fault);

#endif
