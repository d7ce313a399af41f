/*
 * fuzz_excerpt.c - text in binaries: windows cut anywhere find what one window finds; UTF-16 in two
 * pieces is UTF-16 in one
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/utf16.h"
#include "intake/excerpt.h"

struct seen {
	uint64_t count, sum;
	uint64_t size;
};

static int
on_found(void *to, const struct excerpt *e, struct fault *fault)
{
	struct seen *seen = to;
	uint64_t sum = e->at_bytes * 7 + (uint64_t)e->kind;

	(void)fault;
	if (e->at_bytes + e->content.left > seen->size || e->content.left < EXCERPT_BYTES_MIN)
		abort();
	for (size_t i = 0; i < e->content.left; i++)
		sum = sum * 31 + e->content.at[i];
	seen->count++;
	seen->sum += sum; /* in any order */
	return 0;
}

static void
show(struct seen *seen, const uint8_t *data, size_t size, size_t fresh)
{
	struct excerpts e;
	size_t at = 0;

	*seen = (struct seen){.size = size};
	excerpts_begin(&e, on_found, seen);
	do {
		size_t old = at < 600 ? at : 600, more = size - at < fresh ? size - at : fresh;
		struct detect_window w = {.length = old + more,
					  .at_bytes = at - old,
					  .seen = old,
					  .first = at == 0,
					  .last = at + more == size};
		uint8_t *copy = malloc(w.length + 1);

		if (copy == NULL)
			abort();
		if (w.length > 0)
			memcpy(copy, data + at - old, w.length);
		w.at = copy;
		if (excerpts_window(&e, &w, NULL) < 0)
			abort();
		free(copy);
		at += more;
	} while (at < size);
	excerpts_free(&e);
}

static void
try_utf16(struct bytes in, enum utf16_order order, size_t cut)
{
	AUTO(buf_free)
	struct buf one = BUF_INIT((size_t)1 << 24), two = BUF_INIT((size_t)1 << 24);
	struct utf16 u = {.order = order};
	size_t used, more;

	if (utf16_append(&one, in, order, NULL) < 0 || !text_is_utf8(buf_bytes(&one)))
		abort();
	if (buf_reserve(&two, UTF16_ROOM(in.left) + 24) < 0 ||
	    utf16_feed(&u, bytes_slice(in, 0, cut), false, two.at, &used, NULL) < 0 ||
	    utf16_feed(&u, bytes_slice(in, cut, in.left), true, two.at + used, &more, NULL) < 0)
		abort();
	if (used + more != one.used || (one.used > 0 && memcmp(one.at, two.at, one.used) != 0))
		abort();
	if (utf16_places_in(&u.places, one.used) != in.left)
		abort();
	utf16_places_free(&u.places);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct seen whole, cut;

	if (size < 2)
		return 0;
	show(&whole, data, size, size);
	show(&cut, data, size, 600 + data[0]);
	if (whole.count != cut.count || whole.sum != cut.sum)
		abort();
	try_utf16(in, UTF16_LE, data[0] % size);
	try_utf16(in, UTF16_BE, data[1] % size);
	(void)utf16_order_of(in);
	return 0;
}
