/*
 * fuzz_history.h - a store in memory, and everything that can be asked of it
 */
#ifndef TESTS_FUZZ_HISTORY_H
#define TESTS_FUZZ_HISTORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "history/inside.h"

static inline struct history *
fuzz_store(void)
{
	struct history_options options = {
	    .limits = LIMITS_DEFAULT, .jobs = 1, .check_hashes = true};
	struct history *h;

	options.limits.member = (uint64_t)64 << 10;
	if (history_new(&h, &options, NULL) < 0)
		abort();
	return h;
}

/* Edits must cover the target, and a copy must be what the base had there. */
static inline int
fuzz_object(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	const struct bytes *base = blob->base_state;
	struct bytes *kept;
	uint64_t at = 0;

	(void)fault;
	*(uint64_t *)to += blob->size;
	if (blob->stream != NULL)
		return 0;
	for (size_t i = 0; i < blob->edits_count; i++) {
		const struct history_edit *edit = &blob->edits[i];

		if (edit->at != at || edit->length > blob->size - at)
			abort();
		if (edit->from >= 0 && base != NULL &&
		    ((uint64_t)edit->from + edit->length > base->left ||
		     memcmp(base->at + edit->from, blob->at + at, edit->length) != 0))
			abort();
		at += edit->length;
	}
	if (blob->edits != NULL && at != blob->size)
		abort();
	kept = malloc(sizeof(*kept) + blob->size);
	if (kept != NULL) {
		memcpy(kept + 1, blob->at, blob->size);
		*kept = bytes_make(kept + 1, blob->size);
	}
	*state = kept;
	return 0;
}

static inline void
fuzz_release(void *to, unsigned thread, void *state)
{
	(void)to;
	(void)thread;
	free(state);
}

static inline int
fuzz_told(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	(void)id;
	(void)type;
	*(uint64_t *)to += path.left;
	return 0;
}

/* Sweep, provenance of some objects, a range, single reads. */
static inline void
fuzz_ask(struct history *h)
{
	uint64_t sum = 0;
	struct history_visitor visitor = {
	    .to = &sum,
	    .object = fuzz_object,
	    .release = fuzz_release,
	    .types = HISTORY_BIT(HISTORY_BLOB) | HISTORY_BIT(HISTORY_TREE) |
		     HISTORY_BIT(HISTORY_COMMIT) | HISTORY_BIT(HISTORY_TAG)};
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct history_id ids[4] = {{{0}}};
	struct history_group groups[2] = {{ids, 2}, {ids + 1, 3}};
	struct history_life lives[2];
	struct buf content = BUF_INIT((size_t)1 << 20);
	enum history_type type;
	size_t count = 0;

	(void)history_sweep(h, &visitor, NULL);
	for (size_t i = 0; i < h->packs_count; i++)
		for (uint32_t k = 0; k < h->packs[i].idx.count && count < 4; k++)
			ids[count++] = id_of(h, idx_id(&h->packs[i].idx, k));
	(void)history_lives(h, groups, 2, lives, &arena, NULL);
	for (size_t i = 0; i < count; i++) {
		(void)history_range(h, &ids[i], 1, ids, i, fuzz_told, &sum, NULL);
		buf_reset(&content);
		(void)history_read(h, &ids[i], &type, &content, NULL);
	}
	(void)history_gaps(h, &count);
	buf_free(&content);
	arena_free(&arena);
}

#endif
