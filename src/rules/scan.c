/*
 * scan.c - bytes in, hits out
 *
 * Knows: pieces of 64 KiB that stay in the cache; literals first, then tables, then the expression on
 * a window; keywords joined with the values behind them.  Does not know: what a hit means.
 *
 * Nothing depends on where a piece begins: a literal belongs to the piece in which it ends, a value
 * to the piece in which it begins, and keywords are kept for as long as a value may follow them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "match/entropy.h"
#include "rules/scan.h"

#define PIECE_BYTES ((size_t)64 * 1024)

/* A secret of 16 characters and more that was drawn has more bits a character than this. */
#define ENTROPY_FLOOR_MILLI 2500
#define ENTROPY_FLOOR_BYTES 16

/* Windows of `long` rules overlap where their literals stand close together, on purpose or by accident;
 * a range has so many bytes of them.  What is left out then is counted as given up. */
#define LONG_FUEL_FIXED    ((uint64_t)16 * 1024 * 1024)
#define LONG_FUEL_PER_BYTE 64

/* Hits are sorted; past so many they are told in two goes. */
#define FOUND_MAX ((size_t)1 << 20)

/* A match with its literal in the middle is looked for from each start that PCRE2 offers, but not
 * without end. */
#define STARTS_MAX 32

void
rules_scratch_free(struct rules_scratch **scratch)
{
	struct rules_scratch *s = *scratch;

	if (s == NULL)
		return;
	match_scratch_free(&s->match);
	match_regex_scratch_free(&s->regex);
	free(s->tried);
	free(s->candidates);
	free(s->words);
	if (s->found != NULL)
		explicit_bzero(s->found, s->found_room * sizeof(*s->found));
	free(s->found);
	free(s);
	*scratch = NULL;
}

int
rules_scratch_new(struct rules_scratch **out, const struct rule_set *set, struct fault *fault)
{
	AUTO(rules_scratch_free)
	struct rules_scratch *s = calloc(1, sizeof(*s));
	int r = 0;

	if (s == NULL)
		return fault_memory(fault);
	s->tried = calloc(set->count + 1, sizeof(*s->tried));
	if (s->tried == NULL)
		return fault_memory(fault);
	if (set->matcher != NULL)
		r = match_scratch_new(&s->match, set->matcher, fault);
	if (r == 0)
		r = match_regex_scratch_new(&s->regex, fault);
	if (r == 0)
		*out = TAKE(s);
	return r;
}

const struct rules_scan_stats *
rules_stats(const struct rules_scratch *scratch)
{
	return &scratch->stats;
}

/* Room for one more in an array that grows. */
static int
grow(void **array, size_t count, size_t *room, size_t size, struct fault *fault)
{
	size_t more;
	void *larger;

	if (count < *room)
		return 0;
	more = *room == 0 ? 256 : *room * 2;
	larger = reallocarray(*array, more, size);
	if (larger == NULL)
		return fault_memory(fault);
	*array = larger;
	*room = more;
	return 0;
}

static int
by_place(const void *left, const void *right)
{
	const struct rules_hit *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	if (a->match_at != b->match_at)
		return a->match_at < b->match_at ? -1 : 1;
	return 0;
}

/* Sorted, each once. */
static int
tell_found(struct scan *scan)
{
	struct rules_scratch *s = scan->scratch;
	size_t count = s->found_count;

	s->found_count = 0;
	if (count > 1)
		qsort(s->found, count, sizeof(*s->found), by_place);
	for (size_t i = 0; i < count; i++) {
		const struct rules_hit *hit = &s->found[i];
		int r;

		if (i > 0 && hit->at == hit[-1].at && hit->rule == hit[-1].rule &&
		    hit->length == hit[-1].length)
			continue;
		r = scan->hit(scan->to, hit);
		if (r != 0)
			return r;
	}
	return 0;
}

int
scan_found(struct scan *scan, const struct rules_hit *hit)
{
	struct rules_scratch *s = scan->scratch;
	int r;

	if (hit->at < scan->from || hit->at >= scan->end)
		return 0;
	if (s->found_count >= FOUND_MAX) {
		r = tell_found(scan);
		if (r != 0)
			return r;
	}
	r = grow((void **)&s->found, s->found_count, &s->found_room, sizeof(*s->found),
		 scan->fault);
	if (r < 0)
		return r;
	s->found[s->found_count++] = *hit;
	return 0;
}

static bool
is_allowed(struct scan *scan, const struct rule *rule, const struct rules_plan *plan,
	   struct bytes secret)
{
	struct match_span span[1];

	for (size_t i = 0; plan->allow != NULL && i < rule->allow_count; i++)
		if (match_regex_find(plan->allow[i], scan->scratch->regex, secret, 0, SIZE_MAX, 0,
				     span, 1, NULL) == 0)
			return true;
	return false;
}

bool
scan_is_none(struct scan *scan, size_t index, struct bytes secret)
{
	const struct rule *rule = &scan->set->rules[index];
	const struct rules_plan *plan = &scan->set->plans[index];
	uint32_t floor = rule->entropy_min_milli, digits = 0;

	if (rule->foreign)
		return floor > 0 && match_entropy_milli(secret) <= floor;
	for (size_t i = 0; rule->digits_min > 0 && i < secret.left; i++)
		digits += secret.at[i] >= '0' && secret.at[i] <= '9';
	if (digits < rule->digits_min)
		return true;
	if (floor < ENTROPY_FLOOR_MILLI && secret.left >= ENTROPY_FLOOR_BYTES)
		floor = ENTROPY_FLOOR_MILLI;
	if (floor > 0 && match_entropy_milli(secret) < floor)
		return true;
	return rules_is_placeholder(secret) || is_allowed(scan, rule, plan, secret);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The window on which the expression is tried for a match that begins at or behind `start`. */
struct window {
	size_t from, to; /* to: one more than there are bytes where the text ends there */
	struct bytes bytes;
};

static struct window
window_at(const struct scan *scan, const struct rules_bounds *bounds, size_t start,
	  size_t last_start)
{
	struct window w;
	size_t behind = bounds->behind > 0 ? bounds->behind : 1;

	w.from = start > behind ? start - behind : 0;
	/* one byte more than a match and what it looks at, so that a cut is never taken for the end */
	w.to = smaller(last_start + bounds->max + bounds->ahead + 1, scan->in.left + 1);
	w.bytes = bytes_slice(scan->in, w.from, w.to - w.from);
	return w;
}

static bool
has_keyword(const struct rule *rule, struct bytes in)
{
	for (size_t i = 0; i < rule->anchors_count; i++) {
		size_t length = strlen(rule->anchors[i]);

		for (size_t at = 0; at + length <= in.left; at++)
			if (text_equal_nocase(bytes_slice(in, at, length),
					      bytes_make(rule->anchors[i], length)))
				return true;
	}
	return false;
}

/* gitleaks wants one of the rule's keywords anywhere in the file; here it must stand near, so that a
 * hit stays a matter of its neighbourhood. */
bool
scan_gate(struct scan *scan, size_t index, struct rules_hit *hit)
{
	size_t end = hit->match_at + hit->match_length, from, to;

	if (!scan->set->bounds[index].gated)
		return true;
	from = hit->match_at > RULE_REACH_BYTES ? hit->match_at - RULE_REACH_BYTES : 0;
	to = smaller(end + RULE_REACH_BYTES, scan->in.left + 1);
	hit->support_from = smaller(hit->support_from, from);
	hit->support_to = hit->support_to > to ? hit->support_to : to;
	return has_keyword(&scan->set->rules[index], bytes_slice(scan->in, from, to - from));
}

/* The group that is the secret; of foreign rules the first that took part. */
const struct match_span *
scan_secret(const struct rule *rule, const struct match_span spans[MATCH_SPANS_MAX])
{
	unsigned group = rule->group;

	while (rule->foreign && group > 0 && group < MATCH_SPANS_MAX - 1 &&
	       (spans[group].length == SIZE_MAX || spans[group].length == 0))
		group++;
	return spans[group].length == SIZE_MAX || spans[group].length == 0 ? &spans[0]
									   : &spans[group];
}

/* What the expression found is a hit, or by its secret none. */
static int
take_match(struct scan *scan, size_t index, const struct window *w, const struct match_span spans[],
	   size_t support_from)
{
	const struct rule *rule = &scan->set->rules[index];
	const struct match_span *secret = scan_secret(rule, spans);
	struct rules_hit hit = {.rule = rule, .support_from = support_from, .support_to = w->to};

	if (scan_is_none(scan, index, bytes_slice(w->bytes, secret->at, secret->length)))
		return 0;
	hit.at = w->from + secret->at;
	hit.length = secret->length;
	hit.match_at = w->from + spans[0].at;
	hit.match_length = spans[0].length;
	return scan_gate(scan, index, &hit) ? scan_found(scan, &hit) : 0;
}

/* A `long` rule was tried and found nothing: what lies behind decides, as far as it looked. */
static int
take_rejected(struct scan *scan, size_t index, const struct window *w, size_t start)
{
	struct rules_hit hit = {.rule = &scan->set->rules[index],
				.at = start,
				.match_at = start,
				.support_from = w->from,
				.support_to = w->to};

	if (!hit.rule->is_long || w->to - start <= RULE_REACH_BYTES)
		return 0;
	return scan_found(scan, &hit);
}

static int
find(struct scan *scan, size_t index, const struct window *w, size_t from, size_t last,
     unsigned flags, struct match_span spans[MATCH_SPANS_MAX])
{
	int r;

	if (scan->set->rules[index].is_long) {
		if (scan->fuel < w->bytes.left) {
			scan->scratch->stats.limits++;
			return MATCH_LIMIT;
		}
		scan->fuel -= w->bytes.left;
	}

	if (w->to <= scan->in.left)
		flags |= MATCH_NOT_END;
	r = match_regex_find(
	    scan->set->plans[index].regex, scan->scratch->regex, w->bytes, from, last, flags, spans,
	    scan->set->rules[index].foreign ? MATCH_SPANS_MAX : scan->set->rules[index].group + 1,
	    scan->fault);
	if (r == MATCH_LIMIT)
		scan->scratch->stats.limits++;
	return r;
}

int
scan_try_at(struct scan *scan, size_t index, size_t start, size_t support_from)
{
	struct match_span spans[MATCH_SPANS_MAX];
	const struct rules_bounds *bounds = &scan->set->bounds[index];
	struct tried *tried = &scan->scratch->tried[index];
	struct window w;
	int r;

	/* several literals and several ways lead to one start; the expression tries all ways */
	if (tried->call == scan->scratch->call && tried->start == start)
		return 0;
	*tried = (struct tried){scan->scratch->call, start};
	w = window_at(scan, bounds, start, start);
	scan->scratch->stats.candidates++;
	r = find(scan, index, &w, start - w.from, SIZE_MAX, MATCH_AT_FROM, spans);
	if (r < 0)
		return r;
	if (r != 0)
		return take_rejected(scan, index, &w, start);
	return take_match(scan, index, &w, spans, smaller(support_from, w.from));
}

/* The literal stands somewhere in the match: the first match that holds it. */
static int
try_around(struct scan *scan, const struct candidate *c)
{
	struct match_span spans[MATCH_SPANS_MAX];
	const struct rules_bounds *bounds = &scan->set->bounds[c->rule];
	size_t last = c->literal_at - c->offset_min;
	size_t start = c->literal_at > c->offset_max ? c->literal_at - c->offset_max : 0;
	struct window w = window_at(scan, bounds, start, last);

	scan->scratch->stats.candidates++;
	for (int i = 0; i < STARTS_MAX; i++) {
		int r = find(scan, c->rule, &w, start - w.from, last - w.from, 0, spans);

		if (r < 0)
			return r;
		if (r != 0 || w.from + spans[0].at > last)
			break;
		start = w.from + spans[0].at;
		if (start + spans[0].length >= c->literal_at + c->literal_length)
			return take_match(scan, c->rule, &w, spans, w.from);
		start++;
	}
	return take_rejected(scan, c->rule, &w, last);
}

static bool
stands_after(const struct scan *scan, const struct rules_ref *ref, size_t at)
{
	for (unsigned i = 0; i < ref->after_count; i++) {
		const struct match_class *class = &scan->set->classes[ref->after[i].class];
		size_t count = ref->after[i].count;

		if (count > scan->in.left - at)
			return false;
		for (; count > 0; count--, at++)
			if (!match_class_has(class, scan->in.at[at]))
				return false;
	}
	return true;
}

static bool
stands_before(const struct scan *scan, const struct rules_ref *ref, size_t at)
{
	for (unsigned i = 0; i < ref->before_count; i++) {
		const struct match_class *class = &scan->set->classes[ref->before[i].class];
		size_t count = ref->before[i].count;

		if (count > at)
			return false;
		for (; count > 0; count--, at--)
			if (!match_class_has(class, scan->in.at[at - 1]))
				return false;
	}
	return true;
}

bool
scan_may_start(const struct scan *scan, const struct rules_ref *ref, size_t at)
{
	return stands_after(scan, ref, at);
}

static int
on_anchor(struct scan *scan, const struct rules_ref *ref, size_t literal_at, size_t end)
{
	struct rules_scratch *s = scan->scratch;
	bool fixed = ref->offset_min == ref->offset_max;
	int r;

	if (literal_at < ref->offset_min || !stands_after(scan, ref, end) ||
	    !stands_before(scan, ref, literal_at))
		return 0;
	if (fixed && ref->not_before != NO_CLASS && literal_at > ref->offset_min &&
	    match_class_has(&scan->set->classes[ref->not_before],
			    scan->in.at[literal_at - ref->offset_min - 1]))
		return 0;
	r = grow((void **)&s->candidates, s->candidates_count, &s->candidates_room,
		 sizeof(*s->candidates), scan->fault);
	if (r < 0)
		return r;
	s->candidates[s->candidates_count++] = (struct candidate){
	    literal_at, (uint32_t)(end - literal_at), ref->offset_min, ref->offset_max, ref->rule};
	return 0;
}

static int
on_literal(void *to, uint32_t id, size_t end)
{
	struct scan *scan = to;
	const struct rules_literal *literal = &scan->set->literals[id];
	size_t literal_at;

	end += scan->piece_from;
	if (end <= scan->done) /* ended in the piece before */
		return 0;
	scan->scratch->stats.literals++;
	literal_at = end - literal->length;
	for (uint32_t i = 0; i < literal->refs_count; i++) {
		int r = on_anchor(scan, &scan->set->refs[literal->refs + i], literal_at, end);

		if (r < 0)
			return r;
	}
	return literal->words_count == 0 ? 0 : scan_word(scan, id, literal_at, end);
}

int
scan_keep_word(struct scan *scan, const struct word *word)
{
	struct rules_scratch *s = scan->scratch;
	int r = grow((void **)&s->words, s->words_count, &s->words_room, sizeof(*s->words),
		     scan->fault);

	if (r == 0)
		s->words[s->words_count++] = *word;
	return r;
}

static int
try_candidates(struct scan *scan)
{
	struct rules_scratch *s = scan->scratch;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->candidates_count; i++) {
		const struct candidate *c = &s->candidates[i];

		r = c->offset_min == c->offset_max
			? scan_try_at(scan, c->rule, c->literal_at - c->offset_min, SIZE_MAX)
			: try_around(scan, c);
	}
	s->candidates_count = 0;
	return r;
}

/* The literals that end in (done, to], and the values that begin there. */
static int
scan_piece(struct scan *scan, size_t to)
{
	size_t overlap = scan->set->is.literal_max > 0 ? scan->set->is.literal_max - 1 : 0;
	int r;

	scan->piece_from = scan->done > overlap ? scan->done - overlap : 0;
	r = match_literals_scan(scan->set->matcher, scan->scratch->match,
				bytes_slice(scan->in, scan->piece_from, to - scan->piece_from),
				on_literal, scan, scan->fault);
	if (r == 0)
		r = try_candidates(scan);
	if (r == 0)
		r = scan_values(scan, to);
	scan->done = to;
	return r;
}

static int
scan_range(struct scan *scan, struct rules_range range)
{
	const struct rule_set *set = scan->set;
	size_t end = smaller(range.to + set->is.literal_after, scan->in.left);
	int r = 0;

	scan->from = range.from;
	scan->end = range.to;
	scan->fuel = LONG_FUEL_FIXED + LONG_FUEL_PER_BYTE * (range.to - range.from);
	scan->scratch->call++;
	scan->scratch->words_count = 0;
	scan->scratch->candidates_count = 0;
	/* a literal may end where the secret begins, and what ends at `done` is not looked for */
	scan->done =
	    range.from > set->is.literal_before + 1 ? range.from - set->is.literal_before - 1 : 0;
	scan->values_done = scan->done;
	scan->name_end = 0;
	while (r == 0 && set->matcher != NULL && scan->done < end)
		r = scan_piece(scan, smaller(scan->done + PIECE_BYTES, end));
	return r == 0 && set->is.runs > 0 ? scan_runs(scan) : r;
}

int
rules_scan(const struct rule_set *set, struct rules_scratch *scratch, struct bytes in,
	   const struct rules_range only[], size_t count,
	   int (*hit)(void *to, const struct rules_hit *hit), void *to, struct fault *fault)
{
	struct scan scan = {
	    .set = set, .scratch = scratch, .in = in, .hit = hit, .to = to, .fault = fault};
	const struct rules_range all = {0, in.left};
	int r = 0;

	scratch->found_count = 0;
	if (count == 0)
		r = in.left == 0 ? 0 : scan_range(&scan, all);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct rules_range range = {only[i].from, smaller(only[i].to, in.left)};

		if (range.from < range.to)
			r = scan_range(&scan, range);
	}
	return r != 0 ? r : tell_found(&scan);
}
