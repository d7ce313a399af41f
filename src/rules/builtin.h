/*
 * builtin.h - what rules_make.c writes: the packed rules (pack.c), their tables and the
 * compiled literals
 */
#ifndef RULES_BUILTIN_H
#define RULES_BUILTIN_H

#include "rules/inside.h"

extern const uint32_t builtin_rules_bytes, builtin_matcher_bytes;
extern const char builtin_rules[], builtin_matcher[];

/* The tables of plan.c. */
extern const struct rules_sizes builtin_sizes;
extern const struct rules_bounds builtin_bounds[];
extern const struct rules_literal builtin_literals[];
extern const struct rules_ref builtin_refs[];
extern const struct match_class builtin_classes[];
extern const uint16_t builtin_words[], builtin_runs[];

#endif
