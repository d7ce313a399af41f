/*
 * history.c - how fast objects come out of a repository
 *
 *	bench_history [-j JOBS] [-a] [-c] [-s] [-l N] [-r OLD..NEW] REPOSITORY...
 *
 * -a: trees, commits and tags too; -c: check ids; -s: sum every byte, as a reader that looks at
 * all of it would; -l: then where every Nth of them came from; -r: instead,
 * what these commits brought.  One line each: objects, bytes, bytes inserted by deltas, CPU and wall seconds
 * of everything from history_find() on, peak memory; then the gaps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "history/history.h"

struct count {
	uint64_t objects, bytes, fresh, sum;
	uint8_t pad[64]; /* threads do not share lines */
};

#define LIVES_MAX 4096

struct bench {
	bool sums;
	size_t lives; /* every so manieth blob is asked for */
	struct history_id ids[LIVES_MAX];
	atomic_size_t seen;
	struct count counts[256];
};

static int
count_object(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	struct bench *bench = to;
	struct count *c = &bench->counts[blob->thread];

	(void)state;
	(void)fault;
	if (bench->lives > 0) {
		size_t at = atomic_fetch_add(&bench->seen, 1);

		if (at % bench->lives == 0 && at / bench->lives < LIVES_MAX)
			bench->ids[at / bench->lives] = blob->id;
	}
	c->objects++;
	c->bytes += blob->size;
	if (blob->edits == NULL)
		c->fresh += blob->size;
	for (size_t i = 0; i < blob->edits_count; i++)
		if (blob->edits[i].from < 0)
			c->fresh += blob->edits[i].length;
	if (bench->sums && blob->at != NULL)
		for (size_t i = 0; i + 8 <= blob->size; i += 8) {
			uint64_t word;

			memcpy(&word, blob->at + i, 8);
			c->sum += word;
		}
	return 0;
}

/* Where the blobs picked come from: the second half of a scan that found something. */
static void
find_lives(struct bench *bench, struct history *h)
{
	static struct history_group groups[LIVES_MAX];
	static struct history_life lives[LIVES_MAX];
	struct arena arena = ARENA_INIT((size_t)1 << 30);
	struct fault fault = FAULT_INIT;
	struct timespec from, to;
	size_t count = bench->seen / bench->lives, paths = 0;
	int r;

	if (count > LIVES_MAX)
		count = LIVES_MAX;
	for (size_t i = 0; i < count; i++)
		groups[i] = (struct history_group){&bench->ids[i], 1};
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	clock_t cpu = clock();
	r = history_lives(h, groups, count, lives, &arena, &fault);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	for (size_t i = 0; i < count; i++)
		paths += lives[i].paths_count;
	(void)printf("  lives of %zu blobs: %zu paths, %.2f CPU s, %.2f s%s%s\n", count, paths,
		     (double)(clock() - cpu) / CLOCKS_PER_SEC,
		     (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		     r == 0 ? "" : ": ", fault.text);
	arena_free(&arena);
}

static int
count_told(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	(void)id;
	(void)type;
	(void)path;
	++*(uint64_t *)to;
	return 0;
}

/* "OLD..NEW", from opening the repository on: what a hook does. */
static int
run_range(const char *path, const struct history_options *options, const char *range)
{
	struct history_place place = HISTORY_PLACE_INIT;
	struct fault fault = FAULT_INIT;
	struct history_id old, new;
	struct timespec from, to;
	struct history *h = NULL;
	const char *dots = strstr(range, "..");
	char *name = dots == NULL ? NULL : strndup(range, (size_t)(dots - range));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t told = 0;
	int r = 0;

	if (name == NULL || fd < 0)
		return 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	clock_t cpu = clock();
	r = history_find(&place, fd, NULL, &fault);
	if (r == 0)
		r = history_open(&h, &place, options, &fault);
	if (r == 0)
		r = history_resolve(h, name, &old, &fault);
	if (r == 0)
		r = history_resolve(h, dots + 2, &new, &fault);
	if (r == 0)
		r = history_range(h, &new, 1, &old, 1, count_told, &told, &fault);
	cpu = clock() - cpu;
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)printf("%s: %s: %llu objects, %.1f CPU ms, %.1f ms%s%s\n", path, range,
		     (unsigned long long)told, (double)cpu * 1000 / CLOCKS_PER_SEC,
		     (double)(to.tv_sec - from.tv_sec) * 1e3 +
			 (double)(to.tv_nsec - from.tv_nsec) / 1e6,
		     r == 0 ? "" : ": ", fault.text);
	history_close(&h);
	history_place_close(&place);
	(void)close(fd);
	free(name);
	return r == 0 ? 0 : 1;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static int
run(const char *path, const struct history_options *options, unsigned types, bool sums,
    size_t lives)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct history_visitor visitor = {.to = bench, .object = count_object, .types = types};
	struct history_place place = HISTORY_PLACE_INIT;
	struct fault fault = FAULT_INIT;
	struct history *h = NULL;
	struct timespec from, to;
	struct rusage before, after;
	struct count all = {0};
	size_t gaps;
	int fd, r;

	(void)getrusage(RUSAGE_SELF, &before);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bench == NULL || fd < 0)
		return 1;
	bench->sums = sums;
	bench->lives = lives;
	r = history_find(&place, fd, NULL, &fault);
	if (r == 0)
		r = history_open(&h, &place, options, &fault);
	if (r == 0)
		r = history_sweep(h, &visitor, &fault);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)getrusage(RUSAGE_SELF, &after);
	for (unsigned i = 0; i < 256; i++) {
		all.objects += bench->counts[i].objects;
		all.bytes += bench->counts[i].bytes;
		all.fresh += bench->counts[i].fresh;
		all.sum += bench->counts[i].sum;
	}
	double cpu = seconds(&after.ru_utime) + seconds(&after.ru_stime) -
		     seconds(&before.ru_utime) - seconds(&before.ru_stime);
	double wall = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;

	(void)printf("%s: %llu objects, %.1f MB, %.1f MB inserted, %.2f CPU s, %.2f s, "
		     "%.0f MB/s of CPU, peak %ld MB%s",
		     path, (unsigned long long)all.objects, (double)all.bytes / 1e6,
		     (double)all.fresh / 1e6, cpu, wall, (double)all.bytes / 1e6 / cpu,
		     after.ru_maxrss / 1024, r == 0 ? "" : ": ");
	(void)printf("%s%s\n", r == 0 ? "" : fault.text, all.sum == 1 ? " " : "");
	if (h != NULL && lives > 0)
		find_lives(bench, h);
	if (h != NULL) {
		const struct history_gap *gap = history_gaps(h, &gaps);

		for (size_t i = 0; i < gaps; i++) {
			char id[HISTORY_ID_TEXT];

			(void)printf("  %s: %s: %llu (%s)\n", gap[i].what, gap[i].reason,
				     (unsigned long long)gap[i].count,
				     history_id_format(&gap[i].id, history_id_bytes(h), id));
		}
	}
	history_close(&h);
	history_place_close(&place);
	(void)close(fd);
	free(bench);
	return r == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	struct history_options options = {.limits = LIMITS_DEFAULT, .jobs = 1};
	unsigned types = HISTORY_BIT(HISTORY_BLOB);
	size_t lives = 0;
	const char *range = NULL;
	bool sums = false;
	int failed = 0, c;

	while ((c = getopt(argc, argv, "j:acsl:r:")) != -1) {
		if (c == 'j')
			options.jobs = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'a')
			types = HISTORY_BIT(HISTORY_BLOB) | HISTORY_BIT(HISTORY_TREE) |
				HISTORY_BIT(HISTORY_COMMIT) | HISTORY_BIT(HISTORY_TAG);
		else if (c == 'c')
			options.check_hashes = true;
		else if (c == 'l')
			lives = strtoul(optarg, NULL, 10);
		else if (c == 'r')
			range = optarg;
		else if (c == 's')
			sums = true;
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		failed |= range != NULL ? run_range(argv[i], &options, range)
					: run(argv[i], &options, types, sums, lives);
	return failed;
}
