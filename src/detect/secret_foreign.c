/*
 * secret_foreign.c - what a configuration of gitleaks says beside its patterns
 *
 * Knows: how a candidate becomes a hit of the rule set again.  Does not know: allowlists
 * (rules/foreign.h).
 */
#include "detect/secret_foreign.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "detect/secret_lanes.h"
#include "rules/foreign.h"

#define PATH_BYTES_MAX 4096

struct wanted {
	const struct rule *rule;
	size_t at, length;
	struct rules_hit hit;
	bool found;
};

static int
on_hit(void *to, const struct rules_hit *hit)
{
	struct wanted *wanted = to;

	if (hit->rule == wanted->rule && hit->at == wanted->at && hit->length == wanted->length) {
		wanted->hit = *hit;
		wanted->found = true;
	}
	return 0;
}

/* A candidate does not carry the whole match; the scan of its first byte tells it again. */
static int
find_again(const struct secret_scanner *scanner, struct secret_scratch *scratch, struct bytes in,
	   const struct secret_candidate *c, struct wanted *out, struct fault *fault)
{
	const struct rules_range only = {(size_t)c->at, (size_t)c->at + 1};

	*out = (struct wanted){.rule = rules_get(scanner->options.rules, c->rule),
			       .at = (size_t)c->at,
			       .length = (size_t)c->length};
	return rules_scan(scanner->options.rules, scratch->rules, in, &only, 1, on_hit, out, fault);
}

static int
lacks_required(const struct rule_set *set, const struct secret_where *where,
	       const struct secret_candidate list[], size_t count, size_t index,
	       struct fault *fault)
{
	AUTO(own_free)
	struct rules_hit *hits = calloc(count, sizeof(*hits));
	size_t used = 0, which = 0;

	if (hits == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		if (list[i].lane != SECRET_LANE_RULE)
			continue;
		if (i == index)
			which = used;
		hits[used++] = (struct rules_hit){.rule = rules_get(set, list[i].rule),
						  .at = (size_t)list[i].at,
						  .length = (size_t)list[i].length,
						  .match_at = (size_t)list[i].at,
						  .match_length = (size_t)list[i].length};
	}
	return rules_requires_met(set, hits, used, which, where->in) ? 0 : 1;
}

int
secret_foreign_drops(const struct secret_scanner *scanner, struct secret_scratch *scratch,
		     const struct secret_where *where, const struct secret_candidate list[],
		     size_t count, size_t index, struct fault *fault)
{
	const struct rule_set *set = scanner->options.rules;
	const struct secret_candidate *c = &list[index];
	struct rules_place place = {.whole = where->in};
	char path[PATH_BYTES_MAX];
	struct wanted wanted;
	int r;

	if (c->lane != SECRET_LANE_RULE || c->length == 0 || !rules_get(set, c->rule)->foreign)
		return 0;
	r = find_again(scanner, scratch, where->in, c, &wanted, fault);
	if (r < 0 || !wanted.found)
		return r;
	place.path = where->path;
	if (place.path == NULL && where->name.left > 0 && where->name.left < sizeof(path)) {
		memcpy(path, where->name.at, where->name.left);
		path[where->name.left] = '\0';
		place.path = path;
	}
	if (rules_allows(set, scratch->rules, &wanted.hit, &place))
		return 1;
	return rules_requires_others(set, wanted.rule)
		   ? lacks_required(set, where, list, count, index, fault)
		   : 0;
}
