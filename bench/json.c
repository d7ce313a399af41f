/*
 * json.c - how fast the streaming JSON reader and the source map detector are
 *
 *	bench_json [MAP]	MB/s on MAP, or on a made-up map of 62 MB, beside memcpy() and, where
 *				it is installed, simdjson's parser in the same run
 *
 * Knows: that figures mean something only beside others of the same run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_push.h"
#include "base/own.h"
#include "bench/json_oracle.h"
#include "detect/facts.h"
#include "detect/table.h"

#define MAP_BYTES ((size_t)62 << 20)
#define REPEATS   5

static double
now_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Lines of 5 to 60 letters, indented, with a quoted word here and there: as source in maps is. */
static void
put_original(struct buf *to, uint32_t *seed)
{
	for (unsigned line = 0; line < 200; line++) {
		unsigned indent = next_random(seed) % 4, letters = 5 + next_random(seed) % 56;

		for (unsigned i = 0; i < indent; i++)
			(void)buf_append_text(to, "  ");
		for (unsigned i = 0; i < letters; i++)
			(void)buf_append_u8(to, (uint8_t)('a' + next_random(seed) % 26));
		(void)buf_append_text(to, next_random(seed) % 4 == 0 ? "\\\"x\\\"\\n" : ";\\n");
	}
}

static void
make_map(struct buf *to)
{
	uint32_t seed = 2463534242u, sources = 0;

	(void)buf_append_text(to, "{\"version\":3,\"sources\":[\"../src/0.ts\"");
	while (++sources < 7000)
		(void)buf_printf(to, ",\"../src/%u.ts\"", sources);
	(void)buf_append_text(to, "],\"sourcesContent\":[");
	for (sources = 0; to->used < MAP_BYTES * 17 / 20 && sources < 7000; sources++) {
		(void)buf_append_text(to, sources == 0 ? "\"" : ",\"");
		put_original(to, &seed);
		(void)buf_append_text(to, "\"");
	}
	(void)buf_append_text(to, "],\"mappings\":\"");
	while (to->used < MAP_BYTES)
		(void)buf_append_u8(to, (uint8_t)('A' + next_random(&seed) % 26));
	(void)buf_append_text(to, "\",\"names\":[]}");
}

static int
read_file(struct buf *to, const char *path)
{
	AUTO(own_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	while (fd >= 0 && buf_reserve(to, 1 << 20) == 0 &&
	       (got = read(fd, to->at + to->used, 1 << 20)) > 0)
		to->used += (size_t)got;
	return got == 0 && to->failed == 0 ? 0 : -1;
}

static int
ignore_event(void *context, const struct json_event *e, struct fault *fault)
{
	(void)fault;
	*(uint64_t *)context += e->piece.left;
	return 0;
}

static double
read_json(struct bytes map, const struct json_scan *scan)
{
	static struct json_push p;
	double start = now_seconds();
	uint64_t text = 0;
	int r = 0;

	json_push_init(&p, ignore_event, &text, 0);
	p.scan = scan;
	while (map.left > 0 && r == 0) {
		struct bytes window = bytes_slice(map, 0, 256 << 10);

		(void)bytes_skip(&map, window.left);
		r = json_push_feed(&p, &window, NULL);
	}
	if (r != 0 || json_push_finish(&p, NULL) != 0 || text == 0)
		return -1;
	return now_seconds() - start;
}

static int
ignore_derived(struct detect_run *run, struct bytes name, struct bytes content, struct fault *fault)
{
	(void)name;
	(void)fault;
	*(uint64_t *)run->intake += content.left;
	return 0;
}

static int
ignore_reason(struct detect_run *run, const char *reason, uint64_t at, uint64_t length,
	      struct fault *fault)
{
	(void)run;
	(void)reason;
	(void)at;
	(void)length;
	(void)fault;
	return 0;
}

static double
detect_map(struct bytes map)
{
	struct detect detect = {.limits = LIMITS_DEFAULT};
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	struct findings findings;
	struct input_facts facts;
	uint64_t derived = 0;
	struct blob blob = {.path = "m!/a.map",
			    .name = BYTES_OF("a.map"),
			    .head = bytes_slice(map, 0, BLOB_HEAD_BYTES),
			    .kind = BLOB_TEXT};
	struct detect_run run = {.detect = &detect,
				 .blob = &blob,
				 .arena = &arena,
				 .findings = &findings,
				 .facts = &facts,
				 .size_bytes = map.left,
				 .derive = ignore_derived,
				 .not_examined = ignore_reason,
				 .intake = &derived};
	AUTO(own_free)
	void *state = calloc(1, detect_source_map.state_bytes);
	double start = now_seconds();
	int r = 0;

	findings_init(&findings);
	facts_init(&facts, "m");
	if (state == NULL || detect_source_map.begin(&run, state, NULL) < 0)
		return -1;
	for (size_t at = 0; at < map.left && r == 0; at += DETECT_WINDOW_BYTES) {
		size_t seen = at == 0 ? 0 : DETECT_MARGIN_BYTES;
		struct bytes part = bytes_slice(map, at - seen, seen + DETECT_WINDOW_BYTES);
		struct detect_window w = {.at = part.at,
					  .length = part.left,
					  .at_bytes = at - seen,
					  .seen = seen,
					  .first = at == 0,
					  .last = at + DETECT_WINDOW_BYTES >= map.left};

		r = detect_source_map.window(&run, state, &w, NULL);
	}
	if (r == 0)
		r = detect_source_map.end(&run, state, NULL);
	detect_source_map.fini(state);
	facts_sort(&facts);
	if (r == 0)
		r = detect_source_map.input_end(&run, NULL);
	start = now_seconds() - start;
	facts_free(&facts);
	findings_free(&findings);
	arena_free(&arena);
	return r == 0 && derived > 0 ? start : -1;
}

static double
copy_map(struct bytes map, uint8_t *to)
{
	double start = now_seconds();

	memcpy(to, map.at, map.left);
	return now_seconds() - start;
}

static void
print(const char *what, struct bytes map, double seconds)
{
	if (seconds > 0)
		(void)printf("json, %s\t%.0f\tMB/s\n", what, (double)map.left / seconds / 1e6);
}

static double
better(double best, double seconds)
{
	return best == 0 || (seconds > 0 && seconds < best) ? seconds : best;
}

int
main(int argc, char *argv[])
{
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)1 << 30), copy = BUF_INIT((size_t)1 << 30);
	double memory = 0, detector = 0, oracle = 0, reader[3] = {0};
	struct bytes map;

	if (argc == 2 && read_file(&content, argv[1]) < 0) {
		(void)fprintf(stderr, "bench_json: cannot read %s\n", argv[1]);
		return 2;
	}
	if (argc == 1)
		make_map(&content);
	map = buf_bytes(&content);
	if (buf_append(&copy, map.at, map.left) < 0)
		return 3;
	for (unsigned i = 0; i < REPEATS; i++) {
		memory = better(memory, copy_map(map, copy.at));
		for (size_t s = 0; json_scan_at(s) != NULL; s++)
			reader[s] = better(reader[s], read_json(map, json_scan_at(s)));
		detector = better(detector, detect_map(map));
		oracle = better(oracle, json_oracle_seconds(map.at, map.left, now_seconds));
	}
	print("memcpy", map, memory);
	for (size_t s = 0; json_scan_at(s) != NULL; s++)
		print(json_scan_at(s)->name, map, reader[s]);
	print("source-map detector", map, detector);
	print("simdjson parser", map, oracle);
	return detector > 0 && reader[0] > 0 ? 0 : 1;
}
