/*
 * load.h - the two formats of rule files: for load.c and foreign.c
 */
#ifndef RULES_LOAD_H
#define RULES_LOAD_H

#include "config/toml.h"
#include "rules/inside.h"

/* As rules_load_files(), with the rules that are built in (pack.c) for files that ask for them. */
int rules_load_with(struct rule_set **out, const struct rules_file files[], size_t count,
		    struct bytes packed, const struct rules_notes *notes, struct fault *fault);

/* Is it a configuration of gitleaks or betterleaks? */
bool rules_is_foreign(const struct toml *doc);
int rules_take_foreign(struct rule_set *set, const struct toml *doc, struct bytes packed,
		       const struct rules_notes *notes, struct fault *fault);

/* Add the rules of a file of ours. */
int rules_take_ours(struct rule_set *set, const struct toml *doc, struct fault *fault);

#endif
