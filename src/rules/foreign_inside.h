/*
 * foreign_inside.h - a configuration of gitleaks in memory: for foreign.c and foreign_load.c
 */
#ifndef RULES_FOREIGN_INSIDE_H
#define RULES_FOREIGN_INSIDE_H

#include "rules/foreign.h"
#include "rules/inside.h"

struct rules_allowlist {
	bool all; /* condition AND: each kind that is given must say yes */
	enum { ALLOW_SECRET, ALLOW_MATCH, ALLOW_LINE } target;
	const char *const *commits, *const *stopwords, *const *target_rules;
	size_t commits_count, stopwords_count, target_rules_count;
	struct match_regex **paths, **regexes;
	size_t paths_count, regexes_count;
};

struct rules_required {
	const char *id;
	int64_t lines, columns; /* -1: any */
};

struct rules_foreign_rule {
	struct match_regex *path;
	bool skip_report;
	struct rules_allowlist *allowlists;
	struct rules_required *required;
	size_t allowlists_count, required_count;
};

struct rules_foreign {
	struct rules_foreign_rule *rules; /* as rule_set.rules */
	struct rules_allowlist *allowlists;
	size_t allowlists_count;
	struct match_regex **owned; /* every expression above */
	size_t owned_count, owned_room;
};

void rules_foreign_free(struct rules_foreign *foreign);

#endif
