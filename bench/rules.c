/*
 * rules.c - how fast rules are, together and one by one
 *
 *	bench_rules [--each] RULES.toml... -- FILE...
 *
 * Whole files are read first.  For each file and for all together: the pass over the literals alone,
 * the scan, what the literals led to.  --each: nanoseconds a megabyte that each rule costs over the
 * pass for a literal that never occurs, the dearest first.  CPU time of this thread; best of three.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/own.h"
#include "match/literals.h"
#include "rules/scan.h"
#include "rules/rules.h"

#define FILES_MAX 4096
#define ROUNDS    3

static struct buf texts[FILES_MAX];
static struct rules_file files[FILES_MAX];

static double
cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
count_literal(void *to, uint32_t id, size_t end)
{
	(void)id;
	(void)end;
	(*(uint64_t *)to)++;
	return 0;
}

static int
count_hit(void *to, const struct rules_hit *hit)
{
	*(uint64_t *)to += hit->length > 0;
	return 0;
}

static double
time_literals(const struct rule_set *set, struct bytes in)
{
	AUTO(match_scratch_free)
	struct match_scratch *scratch = NULL;
	uint64_t count = 0;
	double best = 1e9;

	if (set->matcher == NULL || match_scratch_new(&scratch, set->matcher, NULL) < 0)
		return 0;
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_seconds();

		(void)match_literals_scan(set->matcher, scratch, in, count_literal, &count, NULL);
		start = cpu_seconds() - start;
		best = start < best ? start : best;
	}
	return best;
}

static double
time_scan(const struct rule_set *set, struct bytes in, uint64_t *hits,
	  struct rules_scan_stats *stats)
{
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	struct fault fault = FAULT_INIT;
	double best = 1e9;

	if (rules_scratch_new(&scratch, set, &fault) < 0)
		return 0;
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_seconds();

		*hits = 0;
		scratch->stats = (struct rules_scan_stats){0};
		if (rules_scan(set, scratch, in, NULL, 0, count_hit, hits, &fault) < 0)
			(void)fprintf(stderr, "bench_rules: %s\n", fault.text);
		start = cpu_seconds() - start;
		best = start < best ? start : best;
	}
	*stats = *rules_stats(scratch);
	return best;
}

static void
report(const struct rule_set *set, const char *name, struct bytes in)
{
	struct rules_scan_stats stats = {0};
	uint64_t hits = 0;
	double literals = time_literals(set, in), scan = time_scan(set, in, &hits, &stats);
	double mb = (double)in.left / 1e6;

	(void)printf(
	    "%-12.12s %7.1f MB  literals %6.0f MB/s  scan %6.0f MB/s  per MB: %7.0f literals, "
	    "%6.1f tried, %5.2f hits, %.2f given up\n",
	    name, mb, mb / literals, mb / scan, (double)stats.literals / mb,
	    (double)stats.candidates / mb, (double)hits / mb, (double)stats.limits / mb);
}

struct cost {
	const struct rule *rule;
	double ns;
	double hits;
};

static int
dearer(const void *left, const void *right)
{
	const struct cost *a = left, *b = right;

	return a->ns < b->ns ? 1 : a->ns > b->ns ? -1 : 0;
}

/* A set of one of the rules. */
static int
alone(struct rule_set **out, const struct rule *rule, struct fault *fault)
{
	AUTO(rules_free)
	struct rule_set *set = NULL;
	int r = rules_new(&set, fault);

	if (r < 0)
		return r;
	set->rules = arena_alloc(&set->arena, sizeof(*set->rules));
	if (set->rules == NULL)
		return fault_memory(fault);
	set->rules[0] = *rule;
	set->count = 1;
	r = rules_plan_all(set, NULL, fault);
	if (r == 0)
		r = rules_matcher_build(set, fault);
	if (r == 0)
		*out = TAKE(set);
	return r;
}

static void
report_each(const struct rule_set *all, struct bytes in)
{
	struct cost *costs = calloc(all->count, sizeof(*costs));
	double mb = (double)in.left / 1e6;

	if (costs == NULL)
		return;
	for (size_t i = 0; i < all->count; i++) {
		AUTO(rules_free)
		struct rule_set *set = NULL;
		struct rules_scan_stats stats;
		struct fault fault = FAULT_INIT;
		uint64_t hits = 0;
		double scan, literals;

		if (alone(&set, &all->rules[i], &fault) < 0)
			continue;
		scan = time_scan(set, in, &hits, &stats);
		literals = time_literals(set, in);
		costs[i] =
		    (struct cost){&all->rules[i], (scan - literals) * 1e9 / mb, (double)hits / mb};
	}
	qsort(costs, all->count, sizeof(*costs), dearer);
	(void)printf("%-36s %12s %12s\n", "rule", "ns/MB", "hits/MB");
	for (size_t i = 0; i < all->count && costs[i].rule != NULL; i++)
		(void)printf("%-36s %12.0f %12.2f\n", costs[i].rule->id, costs[i].ns,
			     costs[i].hits);
	free(costs);
}

int
main(int argc, char *argv[])
{
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(buf_free)
	struct buf together = BUF_INIT(SIZE_MAX);
	struct fault fault = FAULT_INIT;
	int at = 1, rules = 0, each = 0;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);

	if (at < argc && strcmp(argv[at], "--each") == 0) {
		each = 1;
		at++;
	}
	for (; at < argc && strcmp(argv[at], "--") != 0 && rules < FILES_MAX; at++, rules++) {
		texts[rules].bytes_max = (size_t)1 << 20;
		if (file_read_all(argv[at], &texts[rules], &fault) < 0)
			break;
		files[rules] = (struct rules_file){buf_bytes(&texts[rules]), argv[at]};
	}
	if (fault.code != 0 || rules_load_files(&set, files, (size_t)rules, NULL, &fault) < 0) {
		(void)fprintf(stderr, "bench_rules: %s\n", fault.text);
		return 2;
	}
	(void)printf("%zu rules, %u literals\n", set->count, set->is.literals);
	for (at++; at < argc; at++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT(SIZE_MAX);

		if (file_read_all(argv[at], &text, &fault) < 0) {
			(void)fprintf(stderr, "bench_rules: %s\n", fault.text);
			continue;
		}
		if (each == 0)
			report(set, strrchr(argv[at], '/') ? strrchr(argv[at], '/') + 1 : argv[at],
			       buf_bytes(&text));
		else
			(void)buf_append(&together, text.at, text.used);
	}
	if (each != 0)
		report_each(set, buf_bytes(&together));
	for (int i = 0; i < rules; i++)
		buf_free(&texts[i]);
	return 0;
}
