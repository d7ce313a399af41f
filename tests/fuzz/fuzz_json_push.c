/*
 * fuzz_json_push.c - the streaming reader against the tree reader, and against itself in other cuts
 *
 * Bytes 0 and 1: where windows are cut; the rest is the document.  Every instruction set must give
 * the same events, and the verdict must be the tree reader's.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/json_push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct digest {
	uint64_t value;
	bool inside;
};

static void
add(struct digest *d, uint8_t byte)
{
	d->value = (d->value ^ byte) * 0x100000001b3u;
}

static int
on_event(void *context, const struct json_event *e, struct fault *fault)
{
	struct digest *d = context;

	(void)fault;
	if (e->begins == d->inside)
		__builtin_trap();
	d->inside = !e->ends;
	if (e->begins)
		add(d, (uint8_t)e->type);
	for (size_t i = 0; i < e->piece.left; i++)
		add(d, e->piece.at[i]);
	if (e->ends) {
		add(d, 0xff);
		add(d, e->lossy);
		add(d, (uint8_t)e->depth);
	}
	return 0;
}

static int
run(struct bytes in, uint32_t seed, const struct json_scan *scan, struct digest *d)
{
	static struct json_push p;
	int r = 0;

	*d = (struct digest){.value = 0xcbf29ce484222325u};
	json_push_init(&p, on_event, d, 0);
	p.scan = scan;
	p.depth_max = JSON_DEPTH_MAX;
	while (r == 0 && in.left > 0) {
		size_t step = in.left;
		struct bytes window;
		uint8_t *copy;

		if (seed != 0) { /* 0: all at once */
			seed = seed * 1664525 + 1013904223;
			step = 1 + (seed >> 16) % ((seed >> 8 & 1) != 0 ? 5 : 300);
			step = step < in.left ? step : in.left;
		}
		copy = malloc(step);
		if (copy == NULL)
			return FAULT_MEMORY;
		memcpy(copy, in.at, step);
		window = bytes_make(copy, step);
		r = json_push_feed(&p, &window, NULL);
		free(copy);
		(void)bytes_skip(&in, step);
	}
	return r < 0 ? r : json_push_finish(&p, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct json_limits limits = JSON_LIMITS_DEFAULT;
	struct digest want, got;
	struct json_value *tree;
	struct bytes in;
	int r, verdict;

	if (size < 2)
		return 0;
	in = bytes_make(data + 2, size - 2);
	limits.skip_bom = false;
	limits.depth = JSON_DEPTH_MAX;
	verdict = json_parse(&tree, in, &limits, &arena, NULL);
	r = run(in, 0, json_scan_best(), &want);
	if (r != verdict)
		__builtin_trap();
	for (size_t i = 0; json_scan_at(i) != NULL; i++)
		if (run(in, 1 + data[0] + 256u * data[1], json_scan_at(i), &got) != verdict ||
		    (verdict == 0 && got.value != want.value))
			__builtin_trap();
	arena_free(&arena);
	return 0;
}
