/*
 * fuzz_unpack.h - one reader over any bytes, from memory and in drips, everything read
 */
#ifndef TESTS_FUZZ_UNPACK_H
#define TESTS_FUZZ_UNPACK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "unpack/sniff.h"
#include "unpack/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Shows 1..700 bytes more at a time, in fresh memory, so that a stale window is an error. */
struct fuzz_drip {
	struct stream s;
	const uint8_t *data;
	size_t size, step;
	uint8_t *copy;
};

static int
fuzz_drip_more(struct stream *s, size_t want, struct fault *fault)
{
	struct fuzz_drip *drip = (struct fuzz_drip *)s;
	size_t at = (size_t)s->at_bytes, left = s->left;
	uint8_t *copy;

	(void)fault;
	if (want > STREAM_WANT_MAX)
		abort();
	while (left < want && at + left < drip->size) {
		size_t rest = drip->size - at - left;

		left += drip->step < rest ? drip->step : rest;
		drip->step = drip->step * 7 % 701 + 1;
	}
	copy = malloc(left + 1);
	if (copy == NULL)
		return FAULT_MEMORY;
	if (left > 0)
		memcpy(copy, drip->data + at, left);
	free(drip->copy);
	drip->copy = copy;
	s->at = copy;
	s->left = left;
	s->ended = at + left == drip->size;
	return 0;
}

static inline uint64_t
fuzz_read(struct stream *s, struct budget *budget, size_t want)
{
	uint64_t sum = 0;

	for (;;) {
		int r = stream_want(s, want, NULL);
		size_t take = s->left < want ? s->left : want;

		if (r == 0 && s->left < want && !s->ended)
			abort(); /* the promise of stream_want() */
		if (s->left == 0)
			return sum;
		for (size_t i = 0; i < take; i += 64)
			sum += s->at[i];
		sum += s->at[take - 1];
		stream_take(s, take);
		if (budget_bytes(budget, take, NULL) < 0 || r < 0)
			return sum;
		want = want * 3 % 5003 + 1;
	}
}

static inline void
fuzz_walk(enum blob_kind kind, struct stream *in, bool read)
{
	/* Small, so that a bomb costs milliseconds. */
	const struct limits limits = {
	    .depth = 4, .entries = 2000, .bytes = 8 << 20, .ratio = 2000, .member = 1 << 20};
	AUTO(unpack_close)
	struct unpack *up = NULL;
	const struct unpack_note *notes;
	struct unpack_entry entry;
	struct budget budget;
	uint64_t sum = 0;
	size_t count;

	budget_begin(&budget, &limits, NULL);
	if (unpack_open(&up, kind, in, &budget, NULL) < 0)
		return;
	while (unpack_next(up, &entry, NULL) == 0) {
		for (size_t i = 0; i < entry.name.left; i++)
			sum += entry.name.at[i];
		for (size_t i = 0; entry.type == UNPACK_LINK && i < entry.target.left; i++)
			sum += entry.target.at[i];
		if ((entry.type == UNPACK_FILE) != (entry.content != NULL))
			abort();
		if (read && entry.type == UNPACK_FILE)
			sum += fuzz_read(entry.content, &budget, entry.name.left + 1);
	}
	notes = unpack_notes(up, &count);
	for (size_t i = 0; i < count; i++)
		sum += strlen(notes[i].text) + strlen(notes[i].rule);
	if (sum == UINT64_MAX)
		abort();
}

static inline int
fuzz_kind(enum blob_kind kind, const uint8_t *data, size_t size)
{
	struct fuzz_drip drip = {.s = {.more = fuzz_drip_more}, .data = data, .size = size};
	struct stream memory;

	stream_from_memory(&memory, bytes_make(data, size));
	fuzz_walk(kind, &memory, true);
	stream_from_memory(&memory, bytes_make(data, size));
	fuzz_walk(kind, &memory, false);
	if (unpack_needs_whole(kind))
		return 0;
	drip.step = size % 700 + 1;
	fuzz_walk(kind, &drip.s, true);
	free(drip.copy);
	return 0;
}

#endif
