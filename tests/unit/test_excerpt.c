/*
 * test_excerpt.c - text in the middle of a binary is cut out whole, wherever windows are cut
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "intake/excerpt.h"

struct seen {
	struct buf list; /* "AT:KIND:LENGTH:SUM " each */
	size_t count;
	uint64_t sum; /* of all, in any order */
};

static int
on_found(void *to, const struct excerpt *e, struct fault *fault)
{
	struct seen *seen = to;
	uint32_t sum = 0;

	(void)fault;
	for (size_t i = 0; i < e->content.left; i++)
		sum = sum * 31 + e->content.at[i];
	seen->count++;
	seen->sum += (e->at_bytes * 31 + e->content.left) * 31 + sum;
	return buf_printf(&seen->list, "%llu:%d:%zu:%u ", (unsigned long long)e->at_bytes,
			  (int)e->kind, e->content.left, sum);
}

/* Shown as intake does: `fresh` new bytes a window, up to `margin` seen before. */
static void
run(struct seen *seen, struct bytes in, size_t fresh, size_t margin)
{
	struct excerpts e;
	size_t at = 0;

	*seen = (struct seen){.list = BUF_INIT((size_t)1 << 20)};
	excerpts_begin(&e, on_found, seen);
	do {
		size_t old = at < margin ? at : margin;
		size_t more = in.left - at < fresh ? in.left - at : fresh;
		struct detect_window w = {.at = in.at + at - old,
					  .length = old + more,
					  .at_bytes = at - old,
					  .seen = old,
					  .first = at == 0,
					  .last = at + more == in.left};
		struct buf copy = BUF_INIT((size_t)1 << 24);

		/* Of its own size, so that a sanitizer sees a read past the window. */
		if (buf_append(&copy, w.at, w.length) == 0 && copy.at != NULL)
			w.at = copy.at;
		EQ_INT(excerpts_window(&e, &w, NULL), 0);
		buf_free(&copy);
		at += more;
	} while (at < in.left);
	excerpts_free(&e);
}

static uint8_t
noise(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(*state >> 56);
}

static void
add_noise(struct buf *to, size_t count)
{
	uint64_t state = to->used + 1;

	while (count-- > 0)
		(void)buf_append_u8(to, noise(&state));
	(void)buf_append(to, "\1\2", 2);
}

static void
add_text(struct buf *to, size_t count, size_t step)
{
	static const char line[] = "function f(a) { return a + 1; }\n";

	for (size_t i = 0; i < count; i++) {
		(void)buf_append_u8(to, (uint8_t)line[i % (sizeof(line) - 1)]);
		if (step == 2)
			(void)buf_append_u8(to, 0);
	}
	(void)buf_append(to, "\0\0", 2);
}

TEST(excerpt_is_cut_out_of_a_binary_from_its_first_to_its_last_byte)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT((size_t)1 << 20);
	struct seen seen;

	add_noise(&in, 1000);
	add_text(&in, 300, 1);
	add_noise(&in, 71);
	add_text(&in, 5000, 2);
	run(&seen, buf_bytes(&in), in.used, 0);
	EQ_INT((long long)seen.count, 2);
	HAS_STR(buf_text(&seen.list), "1002:1:300:");
	HAS_STR(buf_text(&seen.list), "1377:2:10000:");
	buf_free(&seen.list);
}

TEST(excerpt_is_the_same_wherever_windows_are_cut)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT((size_t)1 << 20);
	struct seen whole, cut;

	add_noise(&in, 333);
	add_text(&in, 256, 1);
	add_text(&in, 3000, 2);
	add_noise(&in, 50);
	add_text(&in, 255, 1);
	add_text(&in, 4000, 1);
	(void)buf_append(&in, "\1", 1);
	add_text(&in, 700, 2);
	run(&whole, buf_bytes(&in), in.used, 0);
	EQ_INT((long long)whole.count, 4);
	for (size_t fresh = 600; fresh < 1400; fresh += 7) {
		run(&cut, buf_bytes(&in), fresh, 512);
		/* In the order in which they end, which is that of lanes inside a window. */
		EQ_INT((long long)cut.count, (long long)whole.count);
		EQ_U64(cut.sum, whole.sum);
		buf_free(&cut.list);
	}
	buf_free(&whole.list);
}

TEST(excerpt_is_not_made_of_noise_numbers_and_names)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT((size_t)8 << 20);
	struct seen seen;

	add_noise(&in, 1 << 20);
	for (int i = 0; i < 20000; i++)
		(void)buf_printf(&in, "_ZN4core%d%c", i, 0);
	for (int i = 0; i < 100000; i++) { /* samples of sound, high bytes that are no UTF-8 */
		(void)buf_append_u8(&in, (uint8_t)(0x80 + i % 0x70));
		(void)buf_append_u8(&in, (uint8_t)(0x90 + i % 0x60));
	}
	run(&seen, buf_bytes(&in), in.used, 0);
	EQ_INT((long long)seen.count, 0);
	buf_free(&seen.list);
}

TEST(excerpt_larger_than_what_is_held_comes_in_pieces_that_overlap)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT((size_t)256 << 20);
	struct seen seen;
	uint8_t *at;

	NEED(buf_reserve(&in, EXCERPT_HELD_MAX + (1 << 20)) == 0);
	at = in.at;
	memset(at, 'x', EXCERPT_HELD_MAX + (1 << 20));
	at[0] = 0;
	run(&seen, bytes_make(at, EXCERPT_HELD_MAX + (1 << 20)), 1 << 20, 64 << 10);
	EQ_INT((long long)seen.count, 2);
	HAS_STR(buf_text(&seen.list), "1:1:67108864:");
	HAS_STR(buf_text(&seen.list), "67043329:1:1114111:");
	buf_free(&seen.list);
}
