/*
 * utf16.c - UTF-16 as it is found: which byte order, then UTF-8, and the way back to the bytes
 *
 * Knows: units, surrogates, what text in UTF-16 looks like (RFC 2781).
 * Does not know: who wants it, what is in it.
 */
#include "base/utf16.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/text.h"

#define REPLACEMENT 0xfffd
#define MARK        0xfeff

const char *
utf16_order_name(enum utf16_order order)
{
	return order == UTF16_BE ? "utf-16be" : "utf-16le";
}

static uint16_t
unit_at(const uint8_t *at, enum utf16_order order)
{
	return order == UTF16_BE ? (uint16_t)(at[0] << 8 | at[1]) : (uint16_t)(at[1] << 8 | at[0]);
}

/* ---- which order ---- */

struct shape {
	size_t units, ascii, controls, lone;
};

static struct shape
shape_of(struct bytes head, enum utf16_order order)
{
	struct shape s = {0};
	bool high = false;

	for (size_t i = 0; i + 1 < head.left; i += 2) {
		uint16_t u = unit_at(head.at + i, order);
		bool low = u >= 0xdc00 && u < 0xe000;

		s.units++;
		s.lone += high != low;
		high = u >= 0xd800 && u < 0xdc00;
		if (u == '\t' || u == '\n' || u == '\r' || u == '\f' || u == 0x1b ||
		    (u >= 0x20 && u < 0x7f))
			s.ascii++;
		else
			s.controls += u < 0xa0 || u >= 0xfffe || (u >= 0xe000 && u < 0xf900);
	}
	return s;
}

static bool
is_plausible(const struct shape *s)
{
	return s->controls * 32 <= s->units && s->lone * 64 <= s->units;
}

enum utf16_order
utf16_order_of(struct bytes head)
{
	head = bytes_slice(head, 0, UTF16_TEST_BYTES);
	if (head.left < 4)
		return UTF16_NONE;
	/* Without a mark half of it must be ASCII, whose other byte is 0. */
	if (unit_at(head.at, UTF16_LE) != MARK && unit_at(head.at, UTF16_BE) != MARK &&
	    memchr(head.at, 0, head.left) == NULL)
		return UTF16_NONE;
	for (enum utf16_order order = UTF16_LE; order <= UTF16_BE; order++) {
		bool marked = unit_at(head.at, order) == MARK;
		struct shape s;

		/* FF FE 00 00 begins UTF-32. */
		if (marked && unit_at(head.at + 2, order) == 0)
			continue;
		if (!marked && head.left < 16)
			continue;
		s = shape_of(bytes_slice(head, marked ? 2 : 0, head.left), order);
		if (is_plausible(&s) && (marked || s.ascii * 2 >= s.units))
			return order;
	}
	return UTF16_NONE;
}

/* ---- places ---- */

void
utf16_places_free(struct utf16_places *places)
{
	free(places->list);
	*places = (struct utf16_places){0};
}

/* Full: every second one goes, and only so many come from here on. */
static void
thin_out(struct utf16_places *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i += 2)
		p->list[kept++] = p->list[i];
	p->count = kept;
	p->every = p->every < 2 ? 2 : p->every * 2;
}

static int
place_add(struct utf16_places *p, uint64_t out, uint64_t in)
{
	if (p->every > 1 && p->left-- > 0)
		return 0;
	if (p->count == p->room) {
		size_t room = p->room == 0 ? 64 : p->room * 2;
		struct utf16_place *list;

		if (p->room == UTF16_PLACES_MAX) {
			thin_out(p);
			p->left = p->every - 1;
			return 0;
		}
		list = reallocarray(p->list, room, sizeof(*list));
		if (list == NULL)
			return FAULT_MEMORY;
		p->list = list;
		p->room = room;
	}
	p->list[p->count++] = (struct utf16_place){.out = out, .in = in};
	p->left = p->every > 1 ? p->every - 1 : 0;
	return 0;
}

uint64_t
utf16_places_in(const struct utf16_places *p, uint64_t out)
{
	struct utf16_place before = {0, 0}, behind = {p->out, p->in};
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->list[middle].out <= out)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
		before = p->list[low - 1];
	if (low < p->count)
		behind = p->list[low];
	if (out >= p->out)
		return p->in;
	if (behind.out <= before.out)
		return before.in;
	/* Between two places all characters have one width, or places were thinned out. */
	return before.in + (uint64_t)((__uint128_t)(out - before.out) * (behind.in - before.in) /
				      (behind.out - before.out) / 2 * 2);
}

/* ---- the machine ---- */

static int
put(struct utf16 *u, uint32_t c, uint64_t from, uint64_t to, uint8_t *out, size_t *used)
{
	size_t length = text_utf8_put(c, out + *used);
	/* Bytes that come out of each pair that goes in: where that changes, a place is kept. */
	uint8_t width = (uint8_t)(length * 2 / ((to - from + 1) & ~(uint64_t)1));
	int r = 0;

	if (from == 0 && c == MARK) {
		u->places.in = to;
		return place_add(&u->places, 0, to);
	}
	if (width != u->width)
		r = place_add(&u->places, u->places.out, from);
	u->width = width;
	*used += length;
	u->places.out += length;
	u->places.in = to;
	return r;
}

static int
put_unit(struct utf16 *u, uint16_t unit, uint64_t from, uint8_t *out, size_t *used)
{
	int r = 0;

	if (u->high != 0) {
		uint32_t high = u->high;

		u->high = 0;
		if (unit >= 0xdc00 && unit < 0xe000)
			return put(u, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00u),
				   u->start, from + 2, out, used);
		r = put(u, REPLACEMENT, u->start, from, out, used);
		if (r < 0)
			return r;
	}
	if (unit >= 0xd800 && unit < 0xdc00) {
		u->high = unit;
		u->start = from;
		return 0;
	}
	if (unit >= 0xdc00 && unit < 0xe000)
		unit = REPLACEMENT;
	return put(u, unit, from, from + 2, out, used);
}

/* As many units of ASCII as there are in a row, four at a time. */
static size_t
take_ascii(const struct utf16 *u, struct bytes in, uint8_t *out)
{
	static const uint8_t masks[2][8] = {{0x80, 0xff, 0x80, 0xff, 0x80, 0xff, 0x80, 0xff},
					    {0xff, 0x80, 0xff, 0x80, 0xff, 0x80, 0xff, 0x80}};
	size_t units = 0, low = u->order == UTF16_BE;
	uint64_t mask;

	memcpy(&mask, masks[low], sizeof(mask));
	while (in.left - units * 2 >= 8) {
		const uint8_t *at = in.at + units * 2;
		uint64_t four;

		memcpy(&four, at, sizeof(four));
		if ((four & mask) != 0)
			break;
		for (size_t i = 0; i < 4; i++)
			out[units + i] = at[2 * i + low];
		units += 4;
	}
	return units;
}

static int
feed_ends(struct utf16 *u, uint64_t at, uint8_t *out, size_t *used)
{
	int r = 0;

	if (u->high != 0)
		r = put(u, REPLACEMENT, u->start, at - u->has_half, out, used);
	u->high = 0;
	if (r == 0 && u->has_half)
		r = put(u, REPLACEMENT, at - 1, at, out, used);
	u->has_half = false;
	return r;
}

int
utf16_feed(struct utf16 *u, struct bytes in, bool last, uint8_t *out, size_t *used,
	   struct fault *fault)
{
	uint64_t at = u->places.in + (u->high != 0 ? 2 : 0) + u->has_half;
	int r = 0;

	*used = 0;
	if (u->has_half && in.left > 0) {
		uint8_t pair[2] = {u->half, in.at[0]};

		u->has_half = false;
		r = put_unit(u, unit_at(pair, u->order), at - 1, out, used);
		(void)bytes_skip(&in, 1);
		at++;
	}
	while (r == 0 && in.left >= 2) {
		size_t units = u->high == 0 && u->width == 1 ? take_ascii(u, in, out + *used) : 0;

		if (units > 0) {
			*used += units;
			u->places.out += units;
			u->places.in = at + units * 2;
		} else {
			r = put_unit(u, unit_at(in.at, u->order), at, out, used);
			units = 1;
		}
		(void)bytes_skip(&in, units * 2);
		at += units * 2;
	}
	if (r == 0 && in.left > 0) {
		u->half = in.at[0];
		u->has_half = true;
		at++;
	}
	if (r == 0 && last)
		r = feed_ends(u, at, out, used);
	return r < 0 ? fault_memory(fault) : 0;
}

int
utf16_append(struct buf *to, struct bytes in, enum utf16_order order, struct fault *fault)
{
	struct utf16 u = {.order = order};
	uint8_t out[UTF16_ROOM(4096)];
	int r = 0;

	do {
		struct bytes piece = bytes_slice(in, 0, 4096);
		size_t used;

		(void)bytes_skip(&in, piece.left);
		r = utf16_feed(&u, piece, in.left == 0, out, &used, fault);
		if (r == 0 && buf_append(to, out, used) < 0)
			r = to->failed == FAULT_MEMORY
				? fault_memory(fault)
				: fault_set(fault, FAULT_LIMIT, "more UTF-16 than may be held");
	} while (r == 0 && in.left > 0);
	utf16_places_free(&u.places);
	return r;
}

/* ---- as a stream ---- */

struct utf16_stream {
	struct stream s;
	struct stream *from;
	struct utf16 machine;
	int (*passed)(void *to, struct bytes raw, struct fault *fault);
	void *to;
	uint8_t *held;
	size_t used, room; /* of held */
	int broke;
	struct fault why;
};

#define PIECE_BYTES ((size_t)64 * 1024)
/* Behind what a reader wants: many pieces, so that it is seldom moved to the front. */
#define BEHIND_BYTES ((size_t)1024 * 1024)

/* Room for one more piece behind what nobody has taken yet. */
static int
make_room(struct utf16_stream *u, size_t want, struct fault *fault)
{
	size_t need = UTF16_ROOM(PIECE_BYTES), gone = u->used - u->s.left;
	uint8_t *held;

	if (u->room - u->used >= need)
		return 0;
	if (gone > 0) {
		memmove(u->held, u->held + gone, u->s.left);
		u->used = u->s.left;
		u->s.at = u->held;
	}
	if (u->room - u->used >= need)
		return 0;
	/* used = left < want */
	held = realloc(u->held, want + BEHIND_BYTES);
	if (held == NULL)
		return fault_memory(fault);
	u->held = held;
	u->s.at = held;
	u->room = want + BEHIND_BYTES;
	return 0;
}

static int
utf16_more(struct stream *s, size_t want, struct fault *fault)
{
	struct utf16_stream *u = (struct utf16_stream *)s;
	int r = 0;

	while (s->left < want && !s->ended && u->broke == 0) {
		struct bytes raw;
		size_t used;

		r = make_room(u, want, fault);
		if (r < 0)
			return r;
		u->broke = stream_want(u->from, 1, &u->why);
		raw = bytes_slice(stream_window(u->from), 0, PIECE_BYTES);
		if (u->passed != NULL && raw.left > 0)
			r = u->passed(u->to, raw, fault);
		if (r == 0)
			r = utf16_feed(&u->machine, raw,
				       u->broke < 0 ||
					   (u->from->ended && raw.left == u->from->left),
				       u->held + u->used, &used, fault);
		if (r < 0)
			return r;
		stream_take(u->from, raw.left);
		u->used += used;
		s->left += used;
		s->at = u->held + u->used - s->left;
		s->ended = u->broke == 0 && u->from->ended && u->from->left == 0;
	}
	s->at = u->held == NULL ? NULL : u->held + u->used - s->left;
	if (s->left < want && u->broke < 0 && fault != NULL)
		*fault = u->why;
	return s->left < want ? u->broke : 0;
}

void
utf16_stream_free(struct utf16_stream **stream)
{
	struct utf16_stream *u = *stream;

	if (u == NULL)
		return;
	utf16_places_free(&u->machine.places);
	free(u->held);
	free(u);
	*stream = NULL;
}

int
utf16_stream_new(struct utf16_stream **out, struct stream *from, enum utf16_order order,
		 int (*passed)(void *to, struct bytes raw, struct fault *fault), void *to,
		 struct fault *fault)
{
	struct utf16_stream *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return fault_memory(fault);
	u->s.more = utf16_more;
	u->from = from;
	u->machine.order = order;
	u->passed = passed;
	u->to = to;
	*out = u;
	return 0;
}

struct stream *
utf16_stream(struct utf16_stream *stream)
{
	return &stream->s;
}

const struct utf16_places *
utf16_stream_places(const struct utf16_stream *stream)
{
	return &stream->machine.places;
}
