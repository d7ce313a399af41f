/*
 * load.h - the two formats of rule files: for load.c and foreign.c
 */
#ifndef RULES_LOAD_H
#define RULES_LOAD_H

#include "config/toml.h"
#include "rules/inside.h"

/* Add the rules of a file of ours. */
int rules_take_ours(struct rule_set *set, const struct toml *doc, struct fault *fault);

#endif
