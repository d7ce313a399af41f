/*
 * fuzz_source_map.c - maps and code with maps in it, cut into windows of any size
 *
 * Byte 0: length of windows; byte 1: kind of blob; the rest is the blob.  What is derived from code
 * must not depend on the windows.
 */
#include <stdlib.h>

#include "detect/facts.h"
#include "detect/table.h"
#include "seal/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct derived {
	uint64_t count, digest;
};

static int
on_derive(struct detect_run *run, struct bytes name, struct bytes content, struct fault *fault)
{
	struct derived *d = run->intake;
	uint64_t pair[2] = {d->digest, hash_fast(content)};

	(void)fault;
	if (name.left == 0 || content.left == 0)
		__builtin_trap();
	d->count++;
	d->digest = hash_fast(bytes_make(pair, sizeof(pair)));
	return 0;
}

static int
on_not_examined(struct detect_run *run, const char *reason, uint64_t at, uint64_t length,
		struct fault *fault)
{
	(void)fault;
	if (reason == NULL || at + length > run->blob->head.left + (uint64_t)run->blob->size_bytes)
		__builtin_trap();
	return 0;
}

static void
show(struct detect_run *run, void *state, struct bytes content, size_t step)
{
	for (size_t at = 0; at < content.left; at += step) {
		size_t seen = at > 64 ? 64 : at;
		struct bytes part = bytes_slice(content, at - seen, seen + step);
		uint8_t *copy = malloc(part.left);
		struct detect_window w = {.at = copy,
					  .length = part.left,
					  .at_bytes = at - seen,
					  .seen = seen,
					  .first = at == 0,
					  .last = at + step >= content.left};

		if (copy == NULL)
			__builtin_trap();
		memcpy(copy, part.at, part.left);
		if (detect_source_map.window(run, state, &w, NULL) != 0)
			__builtin_trap();
		free(copy);
	}
}

static void
examine(struct bytes content, size_t step, enum blob_kind kind, struct derived *d)
{
	struct detect detect = {.limits = LIMITS_DEFAULT};
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct findings findings;
	struct input_facts facts;
	struct blob blob = {.path = "a!/b/c.map",
			    .name = BYTES_OF("b/c.map"),
			    .head = bytes_slice(content, 0, BLOB_HEAD_BYTES),
			    .size_bytes = (int64_t)content.left,
			    .kind = kind};
	struct detect_run run = {.detect = &detect,
				 .blob = &blob,
				 .arena = &arena,
				 .findings = &findings,
				 .facts = &facts,
				 .size_bytes = content.left,
				 .derive = on_derive,
				 .not_examined = on_not_examined,
				 .intake = d};
	void *state = calloc(1, detect_source_map.state_bytes);
	enum detect_need need = detect_source_map.wants(&detect, &blob);

	findings_init(&findings);
	facts_init(&facts, "a");
	if (state == NULL)
		__builtin_trap();
	if (need == DETECT_WHOLE)
		step = content.left + 1;
	if (need != DETECT_NOTHING) {
		if (detect_source_map.begin(&run, state, NULL) != 0)
			__builtin_trap();
		show(&run, state, content, step);
		if (detect_source_map.end(&run, state, NULL) != 0)
			__builtin_trap();
		detect_source_map.fini(state);
	}
	facts_sort(&facts);
	if (detect_source_map.input_end(&run, NULL) != 0)
		__builtin_trap();
	free(state);
	facts_free(&facts);
	findings_free(&findings);
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum blob_kind kinds[] = {BLOB_TEXT, BLOB_TEXT, BLOB_WASM, BLOB_BINARY};
	struct derived whole = {0, 0}, cut = {0, 0};
	struct bytes content;

	if (size < 3)
		return 0;
	content = bytes_make(data + 2, size - 2);
	examine(content, content.left, kinds[data[1] & 3], &whole);
	examine(content, 1 + (size_t)data[0], kinds[data[1] & 3], &cut);
	/* Of JSON that is no map, or not yet, comments are read as well: that depends on windows. */
	if (strchr("{)\xef \t\r\n", content.at[0]) == NULL && content.at[0] > ' ' &&
	    (whole.count != cut.count || whole.digest != cut.digest))
		__builtin_trap();
	return 0;
}
