/*
 * plan_regex.c - the expressions of a set, compiled when they are first needed
 *
 * Knows: what stands behind a value.  Does not know: literals and tables (plan.c).
 */
#include "base/own.h"
#include "rules/inside.h"

/* A value ends where no character of a token follows; "key.com" is a name, "key." ends a sentence. */
#define VALUE_END "(?![A-Za-z0-9_+/=-]|\\.[A-Za-z0-9])"

static int
compile_later(struct match_regex **out, const struct rule *rule, const char *pattern,
	      struct fault *fault)
{
	unsigned flags =
	    (rule->anchors_caseless && rule->lane != RULE_CONTEXT ? MATCH_CASELESS : 0) |
	    (rule->foreign ? MATCH_GO : 0);

	return match_regex_new(out, pattern, flags, fault);
}

static int
plan_regex(struct rule_set *set, size_t index, struct fault *fault)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(MATCH_PATTERN_MAX + 64);
	const struct rule *rule = &set->rules[index];
	struct rules_plan *plan = &set->plans[index];
	int r;

	if (rule->lane == RULE_PATH)
		return 0;
	if (rule->lane == RULE_CONTEXT)
		(void)buf_printf(&whole, "(?:%s)" VALUE_END, rule->pattern);
	if (whole.failed != 0)
		return fault_set(fault, FAULT_LIMIT, "rule %.64s: the pattern is too long",
				 rule->id);
	r = compile_later(&plan->regex, rule,
			  rule->lane == RULE_CONTEXT ? buf_text(&whole) : rule->pattern, fault);
	if (r < 0 || rule->allow_count == 0)
		return r;
	plan->allow = arena_alloc(&set->arena, rule->allow_count * sizeof(*plan->allow));
	if (plan->allow == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < rule->allow_count; i++)
		r = match_regex_new(&plan->allow[i], rule->allow[i], rule->foreign ? MATCH_GO : 0,
				    fault);
	return r;
}

int
rules_plan_regexes(struct rule_set *set, struct fault *fault)
{
	int r = 0;

	set->plans = arena_alloc(&set->arena, (set->count + 1) * sizeof(*set->plans));
	if (set->plans == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < set->count; i++) {
		r = plan_regex(set, i, fault);
		/* of others it is not known that their own tools take it */
		if (r == 0 && set->rules[i].foreign && set->plans[i].regex != NULL)
			r = match_regex_compile(set->plans[i].regex, fault);
		if (r < 0 && set->rules[i].foreign)
			r = fault_wrap(fault, r, "rule %.64s", set->rules[i].id);
	}
	return r;
}
