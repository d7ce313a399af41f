/*
 * npm_braces.c - {a,b} and {1..3} spelled out, as shells do
 *
 * Knows: nesting, sequences of numbers and letters, that "${x}" and "{x}" stay as they are.
 * Does not know: any other part of a pattern.
 */
#include "publish/npm_glob.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/own.h"

#define TEXT_BYTES_MAX ((size_t)4 << 20) /* of all alternatives together */
#define DEPTH_MAX      16

struct braces {
	struct arena *arena;
	struct bytes *list;
	size_t count, room;
	size_t bytes;
};

/* Where the '}' of the '{' at `open` stands, or 0; escaped bytes are passed over. */
static size_t
closing(struct bytes in, size_t open)
{
	size_t depth = 0;

	for (size_t i = open; i < in.left; i++) {
		if (in.at[i] == '\\')
			i++;
		else if (in.at[i] == '{')
			depth++;
		else if (in.at[i] == '}' && --depth == 0)
			return i;
	}
	return 0;
}

/* The first '{' that has its '}' and is not of "${". */
static bool
first_pair(struct bytes in, size_t *open, size_t *close)
{
	for (size_t i = 0; i < in.left; i++) {
		if (in.at[i] == '\\') {
			i++;
		} else if (in.at[i] == '{') {
			size_t end = closing(in, i);

			if (end == 0)
				continue;
			if (i > 0 && in.at[i - 1] == '$') {
				i = end;
				continue;
			}
			*open = i;
			*close = end;
			return true;
		}
	}
	return false;
}

static int
put(struct braces *out, struct bytes head, struct bytes body, struct bytes tail)
{
	size_t total = head.left + body.left + tail.left;
	char *text;

	if (out->count >= NPM_GLOB_BRACES_MAX || out->bytes + total > TEXT_BYTES_MAX)
		return 0;
	text = arena_alloc(out->arena, total + 1);
	if (text == NULL)
		return FAULT_MEMORY;
	if (out->count == out->room) {
		size_t more = out->room == 0 ? 8 : out->room * 2;
		struct bytes *grown = reallocarray(out->list, more, sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		out->list = grown;
		out->room = more;
	}
	if (head.left > 0)
		memcpy(text, head.at, head.left);
	if (body.left > 0)
		memcpy(text + head.left, body.at, body.left);
	if (tail.left > 0)
		memcpy(text + head.left + body.left, tail.at, tail.left);
	out->bytes += total;
	out->list[out->count++] = bytes_make(text, total);
	return 0;
}

static bool
take_int(struct bytes *in, long *out)
{
	bool minus = in->left > 0 && in->at[0] == '-';
	long value = 0;
	size_t digits = 0;

	if (minus)
		(void)bytes_skip(in, 1);
	while (in->left > 0 && in->at[0] >= '0' && in->at[0] <= '9' && digits < 9) {
		value = value * 10 + (in->at[0] - '0');
		digits++;
		(void)bytes_skip(in, 1);
	}
	*out = minus ? -value : value;
	return digits > 0;
}

static bool
take_dots(struct bytes *in)
{
	return bytes_begins(*in, BYTES_OF("..")) && bytes_skip(in, 2) == 0;
}

static bool
take_letter(struct bytes *in, long *out)
{
	if (in->left == 0 || (in->at[0] | 0x20) < 'a' || (in->at[0] | 0x20) > 'z')
		return false;
	*out = in->at[0];
	return bytes_skip(in, 1) == 0;
}

struct sequence {
	long from, to, step;
	bool letters;
	int width; /* of numbers written with a leading zero, else 0 */
};

static bool
parse_sequence(struct bytes body, struct sequence *out)
{
	struct bytes in = body;
	size_t first, second;

	*out = (struct sequence){.step = 1};
	if (take_letter(&in, &out->from) && take_dots(&in) && take_letter(&in, &out->to)) {
		out->letters = true;
	} else {
		in = body;
		if (!take_int(&in, &out->from))
			return false;
		first = body.left - in.left;
		if (!take_dots(&in))
			return false;
		second = in.left;
		if (!take_int(&in, &out->to))
			return false;
		second -= in.left;
		if ((first > 1 && body.at[0] == '0') || (second > 1 && body.at[first + 2] == '0'))
			out->width = (int)(first > second ? first : second);
	}
	if (in.left > 0 && (!take_dots(&in) || !take_int(&in, &out->step)))
		return false;
	out->step = labs(out->step) < 1 ? 1 : labs(out->step);
	return in.left == 0;
}

static int
spell_sequence(struct braces *out, const struct sequence *seq, struct bytes head, struct bytes tail)
{
	long step = seq->from <= seq->to ? seq->step : -seq->step;
	int r = 0;

	for (long i = seq->from;
	     r == 0 && (step > 0 ? i <= seq->to : i >= seq->to) && out->count < NPM_GLOB_BRACES_MAX;
	     i += step) {
		char text[32];

		if (seq->letters)
			(void)snprintf(text, sizeof(text), "%c", (int)i);
		else
			(void)snprintf(text, sizeof(text), "%0*ld", seq->width, i);
		r = put(out, head, bytes_text(text), tail);
	}
	return r;
}

static int expand(struct braces *out, struct bytes in, unsigned depth);

/* Each alternative between commas, with what stands before and behind, spelled out further. */
static int
spell_choices(struct braces *out, struct bytes in, size_t open, size_t close, unsigned depth)
{
	struct bytes head = bytes_slice(in, 0, open);
	struct bytes tail = bytes_slice(in, close + 1, in.left);
	size_t from = open + 1, nested = 0;
	int r = 0;

	for (size_t i = from; r == 0 && i <= close; i++) {
		struct braces one = {.arena = out->arena};
		bool ends = i == close || (in.at[i] == ',' && nested == 0);

		if (in.at[i] == '\\')
			i++;
		else if (i < close && in.at[i] == '{')
			nested++;
		else if (i < close && in.at[i] == '}' && nested > 0)
			nested--;
		if (!ends)
			continue;
		r = put(&one, head, bytes_slice(in, from, i - from), tail);
		if (r == 0 && one.count == 1)
			r = expand(out, one.list[0], depth + 1);
		free(one.list);
		from = i + 1;
	}
	return r;
}

static bool
has_comma(struct bytes body)
{
	size_t depth = 0;

	for (size_t i = 0; i < body.left; i++) {
		if (body.at[i] == '\\')
			i++;
		else if (body.at[i] == '{')
			depth++;
		else if (body.at[i] == '}' && depth > 0)
			depth--;
		else if (body.at[i] == ',' && depth == 0)
			return true;
	}
	return false;
}

static int
expand_sequence(struct braces *out, const struct sequence *seq, struct bytes in, size_t open,
		size_t close, unsigned depth)
{
	struct braces mine = {.arena = out->arena};
	int r = spell_sequence(&mine, seq, bytes_slice(in, 0, open),
			       bytes_slice(in, close + 1, in.left));

	for (size_t i = 0; r == 0 && i < mine.count; i++)
		r = expand(out, mine.list[i], depth + 1);
	free(mine.list);
	return r;
}

static int
expand(struct braces *out, struct bytes in, unsigned depth)
{
	struct bytes none = {0};
	struct sequence seq;
	size_t open, close;

	if (out->count >= NPM_GLOB_BRACES_MAX)
		return 0;
	if (depth >= DEPTH_MAX || !first_pair(in, &open, &close))
		return put(out, in, none, none);
	if (has_comma(bytes_slice(in, open + 1, close - open - 1)))
		return spell_choices(out, in, open, close, depth);
	if (parse_sequence(bytes_slice(in, open + 1, close - open - 1), &seq))
		return expand_sequence(out, &seq, in, open, close, depth);
	return put(out, in, none, none);
}

int
npm_glob_braces(struct bytes pattern, struct bytes **out, size_t *count, struct arena *arena,
		struct fault *fault)
{
	struct braces found = {.arena = arena};
	int r = expand(&found, pattern, 0);

	*count = found.count;
	*out = r < 0 || found.count == 0
		   ? NULL
		   : (void *)arena_copy(arena, found.list, found.count * sizeof(*found.list));
	free(found.list);
	return r < 0 || (*out == NULL && *count > 0) ? fault_memory(fault) : 0;
}
