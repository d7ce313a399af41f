/*
 * run.c - rules without a literal: tried on every run of the bytes that can stand in a match
 *
 * A match lies inside one run, so that runs can be looked at one by one.  Of a run only the first
 * RULE_REACH_BYTES are, and runs end at newlines: what a rule finds stays a matter of its
 * neighbourhood.
 */
#include "rules/scan.h"

struct run {
	size_t at, end;
};

static bool
in_run(const struct match_class *all, uint8_t c)
{
	return c != '\n' && match_class_has(all, c);
}

static size_t
window_end(const struct scan *scan, const struct rules_bounds *bounds, size_t end)
{
	size_t to = end + bounds->ahead + 1;

	return to > scan->in.left + 1 ? scan->in.left + 1 : to;
}

static int
try_run(struct scan *scan, size_t index, struct run run)
{
	const struct rule *rule = &scan->set->rules[index];
	const struct rules_bounds *bounds = &scan->set->bounds[index];
	size_t behind = bounds->behind > 0 ? bounds->behind : 1;
	struct rules_hit hit = {.rule = rule};
	struct match_span spans[MATCH_SPANS_MAX];
	struct bytes window;
	size_t at;

	hit.support_from = run.at > behind ? run.at - behind : 0;
	hit.support_to = window_end(scan, bounds, run.end);
	window = bytes_slice(scan->in, hit.support_from, hit.support_to - hit.support_from);
	at = run.at - hit.support_from;
	while (at + bounds->min <= run.end - hit.support_from) {
		const struct match_span *secret = &spans[rule->group];
		int r =
		    match_regex_find(scan->set->plans[index].regex, scan->scratch->regex, window,
				     at, hit.support_to <= scan->in.left ? MATCH_NOT_END : 0, spans,
				     rule->group + 1, scan->fault);

		scan->scratch->stats.candidates++;
		scan->scratch->stats.limits += r == MATCH_LIMIT;
		if (r < 0)
			return r;
		if (r != 0 || spans[0].at + spans[0].length > run.end - hit.support_from)
			return 0;
		if (secret->length == SIZE_MAX || secret->length == 0)
			secret = &spans[0];
		hit.at = hit.support_from + secret->at;
		hit.length = secret->length;
		hit.match_at = hit.support_from + spans[0].at;
		hit.match_length = spans[0].length;
		if (!scan_is_none(scan, index, bytes_slice(window, secret->at, secret->length)))
			r = scan_found(scan, &hit);
		if (r < 0)
			return r;
		at = spans[0].at + (spans[0].length > 0 ? spans[0].length : 1);
	}
	return 0;
}

/* Where the run that holds the byte before `at` begins; SIZE_MAX: too far away to matter. */
static size_t
run_begin(const struct scan *scan, const struct match_class *all, size_t at)
{
	size_t least = at > RULE_REACH_BYTES ? at - RULE_REACH_BYTES : 0;

	while (at > least && in_run(all, scan->in.at[at - 1]))
		at--;
	return at > 0 && at == least && in_run(all, scan->in.at[at - 1]) ? SIZE_MAX : at;
}

static int
scan_rule(struct scan *scan, size_t index)
{
	const struct rules_bounds *bounds = &scan->set->bounds[index];
	const struct match_class *all = &scan->set->classes[bounds->all];
	size_t at = run_begin(scan, all, scan->from);

	if (at == SIZE_MAX) /* the rest of a run that is too long: over it */
		for (at = scan->from; at < scan->end && in_run(all, scan->in.at[at]);)
			at++;
	while (at < scan->end) {
		struct run run = {at, at};
		int r = 0;

		while (run.end < scan->in.left && run.end - run.at < RULE_REACH_BYTES &&
		       in_run(all, scan->in.at[run.end]))
			run.end++;
		if (run.end - run.at >= bounds->min)
			r = try_run(scan, index, run);
		if (r != 0)
			return r;
		at = run.end;
		while (at < scan->end && in_run(all, scan->in.at[at])) /* what is too long */
			at++;
		while (at < scan->end && !in_run(all, scan->in.at[at]))
			at++;
	}
	return 0;
}

int
scan_runs(struct scan *scan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < scan->set->is.runs; i++)
		r = scan_rule(scan, scan->set->runs[i]);
	return r;
}
