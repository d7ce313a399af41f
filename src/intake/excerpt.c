/*
 * excerpt.c - text in the middle of a binary, cut out so that it can be read as text
 *
 * Knows: which bytes and UTF-16 units text is made of, how to skip what is none (from the back, as
 * Boyer and Moore do: a control character at the end of 256 bytes rules out all starts before it).
 * Big-endian UTF-16 comes out as little-endian, one byte late, between characters outside Latin-1.
 * Does not know: formats of programs, what is looked for in the text.
 */
#include "intake/excerpt.h"

#include "base/text.h"

/* tab, newline, form feed, return, escape, printable ASCII, and all that UTF-8 and Latin-1 use. */
static inline bool
is_text_byte(uint8_t c)
{
	return c >= 0x20 ? c != 0x7f
			 : c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1b;
}

/* Of the first 256 characters: what a text in UTF-16 is known by. */
static inline bool
is_latin_unit(uint8_t low, uint8_t high)
{
	return high == 0 && is_text_byte(low) && (low < 0x7f || low >= 0xa0);
}

/* What may stand between those. */
static inline bool
is_foreign_unit(uint8_t low, uint8_t high)
{
	if (high == 0xff)
		return low < 0xfe;
	return high != 0 && (high < 0xe0 || high >= 0xf9); /* private use is no text */
}

/* Foreign characters in a row: any two bytes are one, so past this many it is something else. */
#define FOREIGN_MAX 64

/* Places in a window, in the units of a lane. */
struct view {
	struct bytes in;
	size_t step; /* 1, or 2 for UTF-16 */
};

static inline bool
is_text_at(const struct view *v, size_t at)
{
	return v->step == 1 ? is_text_byte(v->in.at[at])
			    : is_latin_unit(v->in.at[at], v->in.at[at + 1]);
}

/* From `at` on, the first place that is no text or is not there. *foreign goes on with the run. */
static size_t
run_end(const struct view *v, size_t at, size_t *foreign)
{
	for (; v->in.left - at >= v->step; at += v->step) {
		if (is_text_at(v, at))
			*foreign = 0;
		else if (v->step == 1 || *foreign == FOREIGN_MAX ||
			 !is_foreign_unit(v->in.at[at], v->in.at[at + 1]))
			break;
		else
			(*foreign)++;
	}
	return at;
}

/* The next run of EXCERPT_BYTES_MIN from `from` on.  Not there: false, and *start is where the run
 * at the very end begins, which may go on behind the window. */
static bool
run_find(const struct view *v, size_t from, size_t *start)
{
	size_t known = from; /* [*start, known) is text */

	*start = from;
	for (;;) {
		size_t left = v->in.left - *start;
		size_t end = *start + (left < EXCERPT_BYTES_MIN ? left / v->step * v->step
								: EXCERPT_BYTES_MIN);
		size_t at = end;

		while (at > known && is_text_at(v, at - v->step))
			at -= v->step;
		if (at > known) {
			*start = at;
			known = end;
			continue;
		}
		return end - *start >= EXCERPT_BYTES_MIN;
	}
}

/* Text of any language in UTF-8, or what is mostly ASCII; tables of numbers are neither. */
static bool
is_text(struct bytes content)
{
	size_t ascii = 0;

	for (size_t i = 0; i < content.left; i++)
		ascii += content.at[i] < 0x7f;
	return ascii * 4 >= content.left * 3 || text_is_utf8(content);
}

/* The ends may hold parts of numbers around the text: of UTF-8, whole characters are taken. */
static struct bytes
trimmed(struct bytes content, uint64_t *at_bytes)
{
	while (content.left > 0 && content.at[0] >= 0x80 && text_utf8_sequence(content) == 0) {
		(void)bytes_skip(&content, 1);
		(*at_bytes)++;
	}
	return content;
}

static int
give(struct excerpts *e, size_t lane, uint64_t at_bytes, struct bytes content, struct fault *fault)
{
	struct excerpt excerpt = {.kind = lane == 0 ? BLOB_EXCERPT_TEXT : BLOB_EXCERPT_UTF16,
				  .at_bytes = at_bytes};

	if (lane == 0)
		content = trimmed(content, &excerpt.at_bytes);
	if (content.left < EXCERPT_BYTES_MIN || (lane == 0 && !is_text(content)))
		return 0;
	/* UTF-16 is written anew in UTF-8: in pieces that may be held. */
	while (lane != 0 && content.left > EXCERPT_HELD_MAX) {
		int r;

		excerpt.content = bytes_slice(content, 0, EXCERPT_HELD_MAX);
		r = e->found(e->to, &excerpt, fault);
		if (r < 0)
			return r;
		(void)bytes_skip(&content, EXCERPT_HELD_MAX - EXCERPT_OVERLAP);
		excerpt.at_bytes += EXCERPT_HELD_MAX - EXCERPT_OVERLAP;
	}
	excerpt.content = content;
	return e->found(e->to, &excerpt, fault);
}

/* A text that began in an earlier window: hold more of it. */
static int
hold(struct excerpts *e, size_t i, struct bytes more, struct fault *fault)
{
	struct excerpt_lane *lane = &e->lanes[i];

	while (more.left > 0) {
		struct bytes piece = bytes_slice(more, 0, EXCERPT_HELD_MAX - lane->held.used);
		int r = buf_append(&lane->held, piece.at, piece.left);

		if (r < 0)
			return fault_memory(fault);
		(void)bytes_skip(&more, piece.left);
		if (lane->held.used < EXCERPT_HELD_MAX)
			continue;
		r = give(e, i, lane->from, buf_bytes(&lane->held), fault);
		if (r < 0)
			return r;
		memmove(lane->held.at, lane->held.at + EXCERPT_HELD_MAX - EXCERPT_OVERLAP,
			EXCERPT_OVERLAP);
		lane->held.used = EXCERPT_OVERLAP;
		lane->from += EXCERPT_HELD_MAX - EXCERPT_OVERLAP;
	}
	return 0;
}

static int
close_lane(struct excerpts *e, size_t i, struct fault *fault)
{
	struct excerpt_lane *lane = &e->lanes[i];
	int r = give(e, i, lane->from, buf_bytes(&lane->held), fault);

	lane->open = false;
	buf_free(&lane->held);
	return r;
}

/* Where the lane goes on in this window. */
static size_t
lane_at(const struct excerpt_lane *lane, const struct detect_window *w, size_t parity)
{
	size_t at = lane->next > w->at_bytes ? (size_t)(lane->next - w->at_bytes) : 0;

	if (parity < 2)
		at += (w->at_bytes + at) % 2 != parity;
	return at < w->length ? at : w->length;
}

/* A text is `content` of this window and reaches its end, which is not that of the blob. */
static int
open_lane(struct excerpts *e, size_t i, uint64_t at_bytes, struct bytes content,
	  struct fault *fault)
{
	struct excerpt_lane *lane = &e->lanes[i];

	lane->open = true;
	lane->from = at_bytes;
	lane->held = (struct buf)BUF_INIT(EXCERPT_HELD_MAX);
	return hold(e, i, content, fault);
}

static int
lane_window(struct excerpts *e, size_t i, const struct detect_window *w, struct fault *fault)
{
	struct excerpt_lane *lane = &e->lanes[i];
	struct view v = {.in = bytes_make(w->at, w->length), .step = i == 0 ? 1 : 2};
	size_t at = lane_at(lane, w, i == 0 ? 2 : i - 1), start, end;
	int r = 0;

	if (lane->open) {
		end = run_end(&v, at, &lane->foreign);
		r = hold(e, i, bytes_slice(v.in, at, end - at), fault);
		if (r == 0 && (w->last || v.in.left - end >= v.step))
			r = close_lane(e, i, fault);
		at = end;
	}
	while (r == 0 && !lane->open) {
		if (!run_find(&v, at, &start)) {
			at = start;
			break;
		}
		lane->foreign = 0;
		end = run_end(&v, start, &lane->foreign);
		if (w->last || v.in.left - end >= v.step)
			r = give(e, i, w->at_bytes + start, bytes_slice(v.in, start, end - start),
				 fault);
		else
			r = open_lane(e, i, w->at_bytes + start,
				      bytes_slice(v.in, start, end - start), fault);
		at = end;
	}
	lane->next = w->at_bytes + at;
	return r;
}

void
excerpts_begin(struct excerpts *e,
	       int (*found)(void *to, const struct excerpt *excerpt, struct fault *fault), void *to)
{
	*e = (struct excerpts){.found = found, .to = to};
}

int
excerpts_window(struct excerpts *e, const struct detect_window *w, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < EXCERPT_LANES; i++)
		r = lane_window(e, i, w, fault);
	return r;
}

void
excerpts_free(struct excerpts *e)
{
	for (size_t i = 0; i < EXCERPT_LANES; i++)
		buf_free(&e->lanes[i].held);
}
