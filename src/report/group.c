/*
 * group.c - findings of one cause and one input, told as one
 *
 * Knows: what makes two findings one cause, and which is worse.  Does not know: how it is shown.
 */
#include "report/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"

struct sortable {
	const struct finding *f;
	size_t input;
};

static int
order(int a, int b)
{
	return (a > b) - (a < b);
}

/* What is told as one: 0. */
static int
by_cause(const struct sortable *a, const struct sortable *b)
{
	int r = (a->input > b->input) - (a->input < b->input);

	if (r == 0)
		r = order(b->f->blocks, a->f->blocks);
	if (r == 0)
		r = order(a->f->suppressed_by != NULL, b->f->suppressed_by != NULL);
	if (r == 0)
		r = strcmp(a->f->detector, b->f->detector);
	return r != 0 ? r : strcmp(a->f->rule, b->f->rule);
}

static int
by_weight(const struct finding *a, const struct finding *b)
{
	int r = order((int)b->severity, (int)a->severity);

	if (r == 0)
		r = order(b->discloses, a->discloses);
	if (r == 0)
		r = (b->source_map.embedded > a->source_map.embedded) -
		    (b->source_map.embedded < a->source_map.embedded);
	return r;
}

static int
compare_findings(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;
	int r = by_cause(a, b);

	if (r == 0)
		r = by_weight(a->f, b->f);
	if (r == 0)
		r = strcmp(a->f->path, b->f->path);
	if (r == 0)
		r = (a->f->at.at_bytes > b->f->at.at_bytes) -
		    (a->f->at.at_bytes < b->f->at.at_bytes);
	return r != 0 ? r : strcmp(a->f->id, b->f->id);
}

static int
compare_causes(const void *left, const void *right)
{
	const struct cause *a = left, *b = right;
	int r = (a->input > b->input) - (a->input < b->input);

	if (r == 0)
		r = order(b->worst->blocks, a->worst->blocks);
	if (r == 0)
		r = order(a->worst->suppressed_by != NULL, b->worst->suppressed_by != NULL);
	if (r == 0)
		r = by_weight(a->worst, b->worst);
	if (r == 0)
		r = strcmp(a->worst->detector, b->worst->detector);
	return r != 0 ? r : strcmp(a->worst->rule, b->worst->rule);
}

int
causes_make(struct causes *out, const struct scan_report *report, struct fault *fault)
{
	size_t count = report->findings->count;
	AUTO(own_free)
	struct sortable *sorted = calloc(count + 1, sizeof(*sorted));
	AUTO(causes_free)
	struct causes made = {
	    .list = calloc(count + 1, sizeof(*made.list)),
	    .order = calloc(count + 1, sizeof(*made.order)),
	};

	if (sorted == NULL || made.list == NULL || made.order == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct sortable){
		    &report->findings->list[i],
		    policy_input(&report->inputs, report->findings->list[i].path)};
	if (count > 1)
		qsort(sorted, count, sizeof(*sorted), compare_findings);
	for (size_t i = 0; i < count; i++) {
		struct cause *cause;

		made.order[i] = sorted[i].f;
		if (i == 0 || by_cause(&sorted[i - 1], &sorted[i]) != 0)
			made.list[made.count++] = (struct cause){
			    .worst = sorted[i].f, .all = &made.order[i], .input = sorted[i].input};
		cause = &made.list[made.count - 1];
		cause->count++;
		cause->alike += sorted[i].f->count > 1 ? sorted[i].f->count : 1;
	}
	if (made.count > 1)
		qsort(made.list, made.count, sizeof(*made.list), compare_causes);
	*out = made;
	made = (struct causes){0};
	return 0;
}

void
causes_free(struct causes *causes)
{
	free(causes->list);
	free(causes->order);
	*causes = (struct causes){0};
}
