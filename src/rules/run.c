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

/* The first place in [at, end) where this way can begin.  A row of one class is looked at from its far
 * end, so that a byte that does not belong skips all that cannot hold it. */
static size_t
next_on_way(const struct scan *scan, const struct rules_ref *ref, size_t at, size_t end)
{
	const struct match_class *class;
	size_t count;

	if (ref->after_count == 0)
		return at;
	class = &scan->set->classes[ref->after[0].class];
	count = ref->after[0].count;
	while (at < end && count <= scan->in.left - at) {
		size_t i = count;

		while (i > 0 && match_class_has(class, scan->in.at[at + i - 1]))
			i--;
		if (i > 0)
			at += i;
		else if (scan_may_start(scan, ref, at))
			return at;
		else
			at++;
	}
	return end;
}

/* Where each way can begin next: looked for once, kept until `at` has passed it. */
struct starts {
	size_t next[MATCH_PATHS_MAX];
	bool known;
};

/* The first place in [at, end) where a match can begin, by the tables; `end`: nowhere. */
static size_t
next_start(const struct scan *scan, const struct rules_bounds *bounds, struct starts *starts,
	   size_t at, size_t end)
{
	size_t first = end;

	for (uint32_t i = 0; i < bounds->starts_count; i++) {
		if (!starts->known || starts->next[i] < at)
			starts->next[i] =
			    next_on_way(scan, &scan->set->refs[bounds->starts + i], at, end);
		first = starts->next[i] < first ? starts->next[i] : first;
	}
	starts->known = true;
	return first;
}

static int
try_run(struct scan *scan, size_t index, struct run run)
{
	const struct rule *rule = &scan->set->rules[index];
	const struct rules_bounds *bounds = &scan->set->bounds[index];
	size_t behind = bounds->behind > 0 ? bounds->behind : 1;
	struct rules_hit hit = {.rule = rule}, found;
	struct match_span spans[MATCH_SPANS_MAX];
	struct starts starts = {.known = false};
	struct bytes window;
	size_t at;

	hit.support_from = run.at > behind ? run.at - behind : 0;
	hit.support_to = window_end(scan, bounds, run.end);
	window = bytes_slice(scan->in, hit.support_from, hit.support_to - hit.support_from);
	at = run.at - hit.support_from;
	for (;;) {
		const struct match_span *secret;
		unsigned flags = hit.support_to <= scan->in.left ? MATCH_NOT_END : 0;
		int r;

		at = next_start(scan, bounds, &starts, hit.support_from + at, run.end) -
		     hit.support_from;
		if (hit.support_from + at >= run.end)
			return 0;
		r = match_regex_find(
		    scan->set->plans[index].regex, scan->scratch->regex, window, at, SIZE_MAX,
		    flags, spans, rule->foreign ? MATCH_SPANS_MAX : rule->group + 1, scan->fault);
		scan->scratch->stats.candidates++;
		scan->scratch->stats.limits += r == MATCH_LIMIT;
		if (r < 0)
			return r;
		if (r != 0 || spans[0].at + spans[0].length > run.end - hit.support_from)
			return 0;
		secret = scan_secret(rule, spans);
		hit.at = hit.support_from + secret->at;
		hit.length = secret->length;
		hit.match_at = hit.support_from + spans[0].at;
		hit.match_length = spans[0].length;
		found = hit; /* what one match widens is not the next one's */
		if (!scan_is_none(scan, index, bytes_slice(window, secret->at, secret->length)) &&
		    scan_gate(scan, index, &found))
			r = scan_found(scan, &found);
		if (r < 0)
			return r;
		at = spans[0].at + (spans[0].length > 0 ? spans[0].length : 1);
	}
}

/* The run around `at`; false: it began too far back for anything here to be looked at. */
static bool
run_around(const struct scan *scan, const struct match_class *all, size_t at, struct run *run)
{
	size_t least = at > RULE_REACH_BYTES ? at - RULE_REACH_BYTES : 0;

	run->at = run->end = at;
	while (run->at > least && in_run(all, scan->in.at[run->at - 1]))
		run->at--;
	if (run->at > 0 && run->at == least && in_run(all, scan->in.at[run->at - 1]))
		return false;
	while (run->end < scan->in.left && run->end - run->at < RULE_REACH_BYTES &&
	       in_run(all, scan->in.at[run->end]))
		run->end++;
	return run->end > at;
}

static int
scan_rule(struct scan *scan, size_t index)
{
	const struct rules_bounds *bounds = &scan->set->bounds[index];
	const struct match_class *all = &scan->set->classes[bounds->all];
	size_t at = scan->from;
	struct starts starts = {.known = false};
	struct run run;

	/* the run that holds the first byte is looked at from its beginning */
	if (run_around(scan, all, at, &run))
		at = run.at;
	while ((at = next_start(scan, bounds, &starts, at, scan->end)) < scan->end) {
		int r = 0;

		if (run_around(scan, all, at, &run)) {
			r = try_run(scan, index, run);
			at = run.end;
		}
		if (r != 0)
			return r;
		/* over what is too long */
		while (at < scan->end && in_run(all, scan->in.at[at]))
			at++;
		at += at < scan->end && !in_run(all, scan->in.at[at]);
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
