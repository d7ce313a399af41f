/*
 * secret_lanes.c - the ways in which candidates are looked for
 *
 * Knows: how what each lane tells becomes a candidate.  Does not know: what the lanes look for.
 */
#include "detect/secret_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "detect/secret_decode.h"
#include "detect/secret_known.h"
#include "rules/rules.h"

static int
on_generic(void *context, const struct secret_generic_hit *hit)
{
	struct secret_lane_call *call = context;
	struct secret_candidate candidate = {.at = hit->at,
					     .length = hit->length,
					     .lo = hit->lo,
					     .hi = hit->hi,
					     .rule = (uint32_t)hit->rule,
					     .flags = (uint16_t)hit->flags,
					     .level = (uint8_t)hit->level,
					     .lane = SECRET_LANE_GENERIC};

	return secret_list_add(call->out, &candidate, call->fault);
}

static int
generic_lane(struct secret_lane_call *call)
{
	return secret_generic_scan(call->in, call->from, call->to, on_generic, call);
}

/* ---- rules ---- */

/* An anchored rule tells more than a run of characters, that more than a keyword in front. */
static const uint8_t rule_levels[] = {[RULE_ANCHOR] = 3, [RULE_RUN] = 2, [RULE_CONTEXT] = 1};

static int
on_rule(void *context, const struct rules_hit *hit)
{
	struct secret_lane_call *call = context;
	const struct rule_set *set = call->scanner->options.rules;
	struct secret_candidate candidate = {
	    .at = hit->at,
	    .length = hit->length,
	    /* What is inserted at either edge touches a support. */
	    .lo = hit->support_from > 0 ? hit->support_from - 1 : 0,
	    .hi = hit->support_to < call->in.left ? hit->support_to + 1 : call->in.left,
	    .rule = (uint32_t)(hit->rule - rules_get(set, 0)),
	    .level = rule_levels[hit->rule->lane],
	    .lane = SECRET_LANE_RULE};

	if (hit->rule->off_by_default && !call->scanner->options.all_rules)
		return 0;
	return secret_list_add(call->out, &candidate, call->fault);
}

static int
rules_lane(struct secret_lane_call *call)
{
	const struct rules_range only = {call->from, call->to};

	if (call->scanner->options.rules == NULL)
		return 0;
	return rules_scan(call->scanner->options.rules, call->scratch->rules, call->in, &only, 1,
			  on_rule, call, call->fault);
}

/* ---- what the owner told ---- */

static int
on_known(void *context, const struct secrets_known_hit *hit)
{
	struct secret_lane_call *call = context;
	struct secret_candidate candidate = {
	    .at = hit->at,
	    .length = hit->length,
	    /* The bytes beside it end its rows of letters and digits. */
	    .lo = hit->at > 0 ? hit->at - 1 : 0,
	    .hi = hit->at + hit->length < call->in.left ? hit->at + hit->length + 1 : call->in.left,
	    .rule = hit->index,
	    .level = 3,
	    .lane = SECRET_LANE_KNOWN};

	return secret_list_add(call->out, &candidate, call->fault);
}

static int
known_lane(struct secret_lane_call *call)
{
	if (call->scanner->options.known == NULL)
		return 0;
	return secrets_known_scan(call->scanner->options.known, call->in, call->from, call->to,
				  on_known, call);
}

static int
decode_lane(struct secret_lane_call *call)
{
	/* What was decoded four times is nobody's way of keeping a secret. */
	return call->scratch->depth >= SECRET_DECODE_DEPTH ? 0 : secret_decode_scan(call);
}

secret_lane_fn *const secret_lanes[] = {rules_lane, generic_lane, known_lane, decode_lane};
const size_t secret_lanes_count = ARRAY_LEN(secret_lanes);

int
secret_scanner_new(struct secret_scanner **out, const struct secret_options *options,
		   struct fault *fault)
{
	struct secret_scanner *scanner = calloc(1, sizeof(*scanner));

	if (scanner == NULL)
		return fault_memory(fault);
	scanner->options = *options;
	(void)pthread_mutex_init(&scanner->lock, NULL);
	*out = scanner;
	return 0;
}

void
secret_scanner_free(struct secret_scanner **scanner)
{
	struct secret_scanner *s = *scanner;

	if (s == NULL)
		return;
	while (s->pool != NULL) {
		struct secret_scratch *next = s->pool->next;

		secret_scratch_free(&s->pool);
		s->pool = next;
	}
	(void)pthread_mutex_destroy(&s->lock);
	secrets_known_free(&s->options.known);
	explicit_bzero(s->options.id_key, sizeof(s->options.id_key));
	own_free(scanner);
}

const struct secret_options *
secret_scanner_options(const struct secret_scanner *scanner)
{
	return &scanner->options;
}

int
secret_scratch_new(struct secret_scratch **out, const struct secret_scanner *scanner,
		   struct fault *fault)
{
	AUTO(secret_scratch_free)
	struct secret_scratch *scratch = calloc(1, sizeof(*scratch));
	int r = 0;

	if (scratch == NULL)
		return fault_memory(fault);
	if (scanner->options.rules != NULL)
		r = rules_scratch_new(&scratch->rules, scanner->options.rules, fault);
	if (r < 0)
		return r;
	*out = TAKE(scratch);
	return 0;
}

void
secret_scratch_free(struct secret_scratch **scratch)
{
	if (*scratch != NULL) {
		rules_scratch_free(&(*scratch)->rules);
		for (size_t i = 0; i < SECRET_DECODE_DEPTH; i++)
			secret_decode_level_free(&(*scratch)->levels[i]);
	}
	own_free(scratch);
}

int
secret_scratch_take(struct secret_scanner *scanner, struct secret_scratch **out,
		    struct fault *fault)
{
	struct secret_scratch *scratch;

	(void)pthread_mutex_lock(&scanner->lock);
	scratch = scanner->pool;
	if (scratch != NULL)
		scanner->pool = scratch->next;
	(void)pthread_mutex_unlock(&scanner->lock);
	if (scratch == NULL)
		return secret_scratch_new(out, scanner, fault);
	*out = scratch;
	return 0;
}

void
secret_scratch_give(struct secret_scanner *scanner, struct secret_scratch **scratch)
{
	if (*scratch == NULL)
		return;
	(void)pthread_mutex_lock(&scanner->lock);
	(*scratch)->next = scanner->pool;
	scanner->pool = *scratch;
	(void)pthread_mutex_unlock(&scanner->lock);
	*scratch = NULL;
}
