/*
 * secret_scan.c - bytes -> candidates for secrets
 *
 * Knows: which lanes look at which bytes, how far what is new must be widened, how candidates of a
 * base are taken over.  Does not know: what any lane looks for, files, what findings are worth.
 */
#include "detect/secret_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "detect/secret_lanes.h"
#include "rules/rules.h"

void
secret_list_free(struct secret_list *list)
{
	free(list->list);
	*list = (struct secret_list){0};
}

int
secret_list_add(struct secret_list *list, const struct secret_candidate *candidate,
		struct fault *fault)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 16 : list->room * 2;
		struct secret_candidate *more;

		if (list->count >= SECRET_LIST_MAX) {
			list->overflow = true;
			return 0;
		}
		more = reallocarray(list->list, room, sizeof(*more));
		if (more == NULL)
			return fault_memory(fault);
		list->list = more;
		list->room = room;
	}
	list->list[list->count++] = *candidate;
	return 0;
}

static int
compare(const void *left, const void *right)
{
	const struct secret_candidate *a = left, *b = right;

#define BY(field)                                                                                  \
	if (a->field != b->field)                                                                  \
		return a->field < b->field ? -1 : 1;
	BY(at)
	BY(length)
	BY(lane)
	BY(rule)
	BY(lo)
	BY(hi)
	BY(level)
	BY(flags)
#undef BY
	return 0;
}

bool
secret_scanner_is_foreign(const struct secret_scanner *scanner)
{
	const struct rule_set *rules = scanner->options.rules;

	for (size_t i = 0; rules != NULL && i < rules_count(rules); i++)
		if (rules_get(rules, i)->foreign)
			return true;
	return false;
}

uint64_t
secret_scratch_limits(const struct secret_scratch *scratch)
{
	return scratch->rules == NULL ? 0 : rules_stats(scratch->rules)->limits;
}

void
secret_list_settle(struct secret_list *list)
{
	size_t kept = 0, sorted = 1;

	if (list->count < 2)
		return;
	/* What one lane finds, and what is inherited, mostly comes in order. */
	while (sorted < list->count && compare(&list->list[sorted - 1], &list->list[sorted]) < 0)
		sorted++;
	if (sorted == list->count)
		return;
	qsort(list->list, list->count, sizeof(*list->list), compare);
	for (size_t i = 1; i < list->count; i++)
		if (compare(&list->list[kept], &list->list[i]) != 0)
			list->list[++kept] = list->list[i];
	list->count = kept + 1;
}

/* ---- what is new, widened ---- */

static struct secret_range
widen(struct bytes whole, const struct secret_range *fresh)
{
	struct secret_range zone;

	zone.from = fresh->from < SECRET_REACH ? 0 : fresh->from - SECRET_REACH;
	zone.to = whole.left - fresh->to < SECRET_REACH ? whole.left : fresh->to + SECRET_REACH;
	return zone;
}

int
secret_scan_part(const struct secret_scanner *scanner, struct secret_scratch *scratch,
		 struct bytes in, size_t from, size_t to, struct secret_list *out,
		 struct fault *fault)
{
	struct secret_lane_call call = {scanner, scratch, in, from, to, out, fault};
	int r = 0;

	if (from >= to)
		return 0;
	for (size_t i = 0; r == 0 && i < secret_lanes_count; i++)
		r = secret_lanes[i](&call);
	return r;
}

int
secret_scan(const struct secret_scanner *scanner, struct secret_scratch *scratch,
	    struct bytes whole, const struct secret_range fresh[], size_t fresh_count,
	    const struct secret_candidate inherited[], size_t inherited_count,
	    struct secret_list *out, struct fault *fault)
{
	struct secret_range zone = {0, 0};
	int r = 0;

	out->count = 0;
	out->overflow = false;
	for (size_t i = 0; r == 0 && i < fresh_count; i++) {
		struct secret_range next = widen(whole, &fresh[i]);

		/* Zones that meet are one: an anchor counts once. */
		if (i > 0 && next.from > zone.to) {
			r = secret_scan_part(scanner, scratch, whole, zone.from, zone.to, out,
					     fault);
			zone = next;
		} else {
			zone.from = i == 0 || next.from < zone.from ? next.from : zone.from;
			zone.to = next.to > zone.to ? next.to : zone.to;
		}
	}
	if (r == 0 && fresh_count > 0)
		r = secret_scan_part(scanner, scratch, whole, zone.from, zone.to, out, fault);
	for (size_t i = 0; r == 0 && i < inherited_count; i++)
		r = secret_list_add(out, &inherited[i], fault);
	secret_list_settle(out);
	return r;
}

int
secret_inherit(const struct secret_candidate *old, uint64_t base_bytes, uint64_t from,
	       uint64_t length, uint64_t to, uint64_t blob_bytes, struct secret_candidate *out)
{
	bool whole = old->lo >= from && old->hi <= from + length;

	if (old->at < from || old->at >= from + length)
		return SECRET_GONE;
	*out = *old;
	out->at = old->at - from + to;
	/* What saw the front or the end of the base must see those of the blob, and nowhere else. */
	if (!whole || (old->lo == 0) != (old->lo - from + to == 0) ||
	    (old->hi == base_bytes) != (old->hi - from + to == blob_bytes))
		return SECRET_AGAIN;
	out->lo = old->lo - from + to;
	out->hi = old->hi - from + to;
	return 0;
}
