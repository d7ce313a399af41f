/*
 * export.h - a rule set as a file of our format
 */
#ifndef RULES_EXPORT_H
#define RULES_EXPORT_H

#include "base/buf.h"
#include "rules/rules.h"

/* Append all rules of `set` as docs/format-rules.md has it.  What of a gitleaks configuration the
 * format does not say stands there as a comment. */
int rules_export(const struct rule_set *set, struct buf *to, struct fault *fault);

#endif
