/*
 * secret_lanes.c - the ways in which candidates are looked for
 *
 * Knows: how what each lane tells becomes a candidate.  Does not know: what the lanes look for.
 */
#include "detect/secret_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"

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

secret_lane_fn *const secret_lanes[] = {generic_lane};
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
	struct secret_scratch *scratch = calloc(1, sizeof(*scratch));

	(void)scanner;
	if (scratch == NULL)
		return fault_memory(fault);
	*out = scratch;
	return 0;
}

void
secret_scratch_free(struct secret_scratch **scratch)
{
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
