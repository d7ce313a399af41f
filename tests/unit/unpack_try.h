/*
 * unpack_try.h - run a reader over bytes and keep what it says, for tests
 */
#ifndef TESTS_UNIT_UNPACK_TRY_H
#define TESTS_UNIT_UNPACK_TRY_H

#include "base/own.h"
#include "tap.h"
#include "unpack/unpack.h"

/* "name=content;" of every file, "name/;" of folders, "name->target;" of links, "name?;" of
 * others; content past 40 bytes is "<SIZE>".  A content that breaks ends with "!". */
struct tried {
	struct buf listing;
	struct buf notes; /* "rule;" each, "rule*;" when not examined */
	int ended;        /* UNPACK_END or a fault */
	struct fault fault;
	uint64_t entries, bytes;
	uint64_t hole_bytes;
	uint64_t drawn_bytes; /* from the budget, by the reader itself */
};

static inline void
tried_free(struct tried *tried)
{
	buf_free(&tried->listing);
	buf_free(&tried->notes);
}

static inline void
tried_content(struct tried *tried, struct stream *s)
{
	struct buf kept = BUF_INIT(40);
	uint64_t size = 0;
	int r = 0;

	for (;;) {
		r = stream_want(s, 1, NULL);
		if (s->left == 0)
			break;
		(void)buf_append(&kept, s->at, s->left);
		size += s->left;
		stream_take(s, s->left);
	}
	tried->bytes += size;
	if (size <= 40)
		(void)blob_display(&tried->listing, buf_bytes(&kept));
	else
		(void)buf_printf(&tried->listing, "<%llu>", (unsigned long long)size);
	if (r < 0)
		(void)buf_append_text(&tried->listing, "!");
	buf_free(&kept);
}

static inline void
tried_entry(struct tried *tried, const struct unpack_entry *entry)
{
	tried->entries++;
	tried->hole_bytes += entry->hole_bytes;
	(void)blob_display(&tried->listing, entry->name);
	if (entry->type == UNPACK_FILE) {
		(void)buf_append_text(&tried->listing, "=");
		tried_content(tried, entry->content);
	} else if (entry->type == UNPACK_LINK) {
		(void)buf_append_text(&tried->listing, "->");
		(void)blob_display(&tried->listing, entry->target);
	} else {
		(void)buf_append_text(&tried->listing, entry->type == UNPACK_FOLDER ? "/" : "?");
	}
	(void)buf_append_text(&tried->listing, ";");
}

static inline struct tried
try_stream(enum blob_kind kind, struct stream *in, const struct limits *limits)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct tried tried = {.listing = BUF_INIT((size_t)64 << 20),
			      .notes = BUF_INIT((size_t)1 << 20)};
	const struct unpack_note *notes;
	struct unpack_entry entry;
	struct budget budget;
	size_t count;

	budget_begin(&budget, limits, NULL);
	tried.ended = unpack_open(&up, kind, in, &budget, &tried.fault);
	if (tried.ended < 0)
		return tried;
	while ((tried.ended = unpack_next(up, &entry, &tried.fault)) == 0)
		tried_entry(&tried, &entry);
	notes = unpack_notes(up, &count);
	for (size_t i = 0; i < count; i++)
		(void)buf_printf(&tried.notes, "%s%s;", notes[i].rule,
				 notes[i].not_examined ? "*" : "");
	tried.drawn_bytes = budget.bytes;
	return tried;
}

static inline struct tried
try_bytes(enum blob_kind kind, struct bytes content)
{
	struct limits limits = LIMITS_DEFAULT;
	struct stream in;

	stream_from_memory(&in, content);
	return try_stream(kind, &in, &limits);
}

/* A stream that shows its bytes in steps, as pipes and decoders do, and has no `whole`. */
struct drip {
	struct stream s;
	const uint8_t *whole;
	size_t size, step;
	uint8_t *copy; /* fresh at every step, so that a stale window is found */
};

static inline int
drip_more(struct stream *s, size_t want, struct fault *fault)
{
	struct drip *drip = (struct drip *)s;
	size_t at = (size_t)s->at_bytes, left = s->left;
	uint8_t *copy;

	(void)fault;
	while (left < want && at + left < drip->size)
		left += drip->step < drip->size - at - left ? drip->step : drip->size - at - left;
	copy = malloc(left + 1);
	if (copy == NULL)
		return FAULT_MEMORY;
	memcpy(copy, drip->whole + at, left);
	free(drip->copy);
	drip->copy = copy;
	s->at = copy;
	s->left = left;
	s->ended = at + left == drip->size;
	return 0;
}

static inline void
drip_begin(struct drip *drip, struct bytes content, size_t step)
{
	*drip = (struct drip){
	    .s = {.more = drip_more}, .whole = content.at, .size = content.left, .step = step};
}

static inline struct tried
try_drip(enum blob_kind kind, struct bytes content, size_t step)
{
	struct limits limits = LIMITS_DEFAULT;
	struct drip drip;
	struct tried tried;

	drip_begin(&drip, content, step);
	tried = try_stream(kind, &drip.s, &limits);
	free(drip.copy);
	return tried;
}

#endif
