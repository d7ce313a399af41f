/*
 * json_push.c - a JSON document of any size, fed in windows of any size, in flat memory
 *
 * Knows: the grammar of RFC 8259 as a machine whose whole state is a struct and one bit a level.
 * Does not know: what the members mean, how bytes of strings are scanned (json_scan.c).
 *
 * Strings without escapes are lent from the window.  From the first escape on they are copied and
 * unescaped into piece[], which stays in the cache until it is full or the string ends.
 */
#include "base/json_push.h"

#include <string.h>

#include "base/text.h"

enum state {
	VALUE,        /* one must come */
	VALUE_OR_END, /* behind '[' */
	KEY_OR_END,   /* behind '{' */
	KEY,          /* behind ',' in an object */
	COLON,
	AFTER_VALUE, /* ',' or the end of the container */
	IN_STRING,
	IN_ESCAPE,
	IN_HEX,
	IN_UTF8, /* a sequence that the last window cut */
	IN_NUMBER,
	IN_LITERAL,
	DONE, /* only white space may come */
};

enum number {
	MINUS,
	ZERO,
	WHOLE,
	POINT,
	FRACTION,
	EXPONENT,
	EXPONENT_SIGN,
	EXPONENT_DIGITS,
	NUMBER_ENDS,
	NUMBER_WRONG,
};

static const struct {
	struct bytes text;
	enum json_event_type type;
} literals[] = {
    {{(const uint8_t *)"true", 4}, JSON_EVENT_TRUE},
    {{(const uint8_t *)"false", 5}, JSON_EVENT_FALSE},
    {{(const uint8_t *)"null", 4}, JSON_EVENT_NULL},
};

void
json_push_init(struct json_push *p, json_push_fn *event, void *context, unsigned flags)
{
	memset(p, 0, offsetof(struct json_push, piece));
	p->event = event;
	p->context = context;
	p->flags = flags;
	p->depth_max = JSON_PUSH_DEPTH_MAX;
	p->scan = json_scan_best();
	p->state = VALUE;
}

static int
wrong(struct json_push *p, const struct bytes *in, const char *what, struct fault *fault)
{
	return fault_set(fault, FAULT_FORMAT, "byte %llu: %s",
			 (unsigned long long)(p->at_bytes + (uint64_t)(in->at - p->from)), what);
}

static int
give(struct json_push *p, const struct bytes *in, enum json_event_type type, struct fault *fault)
{
	struct json_event event = {
	    .type = type,
	    .begins = true,
	    .ends = true,
	    .depth = p->depth,
	    .at_bytes = p->at_bytes + (uint64_t)(in->at - p->from),
	};

	return p->event(p->context, &event, fault);
}

/* A piece of a key, string or number; `in` stands behind it. */
static int
give_piece(struct json_push *p, const struct bytes *in, enum json_event_type type,
	   struct bytes piece, bool ends, struct fault *fault)
{
	struct json_event event = {
	    .type = type,
	    .piece = piece,
	    .begins = !p->begun,
	    .ends = ends,
	    .lossy = p->lossy,
	    .depth = p->depth,
	    .at_bytes = p->at_bytes + (uint64_t)(in->at - p->from),
	};

	p->begun = !ends;
	if (ends)
		p->lossy = false;
	return p->event(p->context, &event, fault);
}

static enum json_event_type
string_type(const struct json_push *p)
{
	return p->is_key ? JSON_EVENT_KEY : JSON_EVENT_STRING;
}

static int
give_copied(struct json_push *p, const struct bytes *in, enum json_event_type type, bool ends,
	    struct fault *fault)
{
	struct bytes piece = bytes_make(p->piece, p->used);

	p->used = 0;
	return give_piece(p, in, type, piece, ends, fault);
}

/* A value is complete: what may come now? */
static void
value_ends(struct json_push *p)
{
	p->state = p->depth == 0 ? DONE : AFTER_VALUE;
}

static bool
in_array(const struct json_push *p)
{
	uint32_t level = p->depth - 1;

	return (p->arrays[level / 64] >> (level % 64) & 1) != 0;
}

static int
container_begins(struct json_push *p, const struct bytes *in, bool is_array, struct fault *fault)
{
	uint32_t level = p->depth;
	int r;

	if (level >= p->depth_max || level >= JSON_PUSH_DEPTH_MAX)
		return fault_set(fault, FAULT_LIMIT, "JSON nested more than %u deep", level);
	r = give(p, in, is_array ? JSON_EVENT_ARRAY_BEGIN : JSON_EVENT_OBJECT_BEGIN, fault);
	p->arrays[level / 64] &= ~((uint64_t)1 << (level % 64));
	p->arrays[level / 64] |= (uint64_t)is_array << (level % 64);
	p->depth++;
	p->state = is_array ? VALUE_OR_END : KEY_OR_END;
	return r;
}

static int
container_ends(struct json_push *p, const struct bytes *in, struct fault *fault)
{
	bool is_array = in_array(p);

	p->depth--;
	value_ends(p);
	return give(p, in, is_array ? JSON_EVENT_ARRAY_END : JSON_EVENT_OBJECT_END, fault);
}

static void
string_begins(struct json_push *p, bool is_key)
{
	p->state = IN_STRING;
	p->is_key = is_key;
	p->begun = p->lossy = false;
	p->escaped = is_key; /* so that it comes in one piece */
	p->used = 0;
}

static int
value_begins(struct json_push *p, struct bytes *in, uint8_t c, struct fault *fault)
{
	switch (c) {
	case '{':
	case '[':
		return container_begins(p, in, c == '[', fault);
	case '"':
		string_begins(p, false);
		return 0;
	case 't':
	case 'f':
	case 'n':
		p->state = IN_LITERAL;
		p->literal = c == 't' ? 0 : c == 'f' ? 1 : 2;
		p->literal_at = 1;
		return 0;
	default:
		if (c != '-' && (c < '0' || c > '9'))
			break;
		p->state = IN_NUMBER;
		p->number = c == '-' ? MINUS : c == '0' ? ZERO : WHOLE;
		p->begun = p->lossy = false;
		p->piece[0] = c;
		p->used = 1;
		return 0;
	}
	in->at--;
	in->left++;
	return wrong(p, in, "expected a value", fault);
}

/* One byte between tokens, white space taken off. */
static int
feed_structure(struct json_push *p, struct bytes *in, struct fault *fault)
{
	uint8_t c = in->at[0];
	const char *expected = "expected ',' or the end of the container";

	(void)bytes_skip(in, 1);
	switch ((enum state)p->state) {
	case VALUE_OR_END:
		if (c == ']')
			return container_ends(p, in, fault);
		return value_begins(p, in, c, fault);
	case VALUE:
		return value_begins(p, in, c, fault);
	case KEY_OR_END:
		if (c == '}')
			return container_ends(p, in, fault);
		/* fallthrough */
	case KEY:
		expected = "expected a key";
		if (c != '"')
			break;
		string_begins(p, true);
		return 0;
	case COLON:
		expected = "expected ':'";
		if (c != ':')
			break;
		p->state = VALUE;
		return 0;
	case AFTER_VALUE:
		if (c == ',') {
			p->state = in_array(p) ? VALUE : KEY;
			return 0;
		}
		if (c == (in_array(p) ? ']' : '}'))
			return container_ends(p, in, fault);
		break;
	default:
		expected = "something follows the value";
		break;
	}
	in->at--;
	in->left++;
	return wrong(p, in, expected, fault);
}

static int
string_ends(struct json_push *p, const struct bytes *in, struct bytes last, struct fault *fault)
{
	p->state = COLON;
	if (!p->is_key)
		value_ends(p);
	return give_piece(p, in, string_type(p), last, true, fault);
}

static int
put_code_point(struct json_push *p, const struct bytes *in, uint32_t c, struct fault *fault)
{
	int r = 0;

	if (p->used > sizeof(p->piece) - 4)
		r = give_copied(p, in, string_type(p), false, fault);
	p->used += text_utf8_put(c, p->piece + p->used);
	p->escaped = true;
	return r;
}

/* A high surrogate whose half never came. */
static int
put_lone(struct json_push *p, const struct bytes *in, struct fault *fault)
{
	p->high = 0;
	p->lossy = true;
	return put_code_point(p, in, 0xfffd, fault);
}

/* At a byte that the scan stopped at, inside a string. */
static int
feed_odd(struct json_push *p, struct bytes *in, struct fault *fault)
{
	uint8_t c = in->at[0];
	size_t want;

	if (c == '\\') {
		p->state = IN_ESCAPE;
		return bytes_skip(in, 1);
	}
	if (c < 0x20)
		return wrong(p, in, "a control byte in a string", fault);
	want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || in->left >= want)
		return wrong(p, in, "not UTF-8", fault);
	memcpy(p->carry, in->at, in->left);
	p->carry_used = (uint8_t)in->left;
	p->state = IN_UTF8;
	p->escaped = true; /* the rest of it comes in another window: it must be copied */
	return bytes_skip(in, in->left);
}

/* Lend what is plain; `escaped` from the first byte that cannot be lent. */
static int
feed_plain(struct json_push *p, struct bytes *in, struct fault *fault)
{
	struct bytes piece = bytes_slice(*in, 0, p->scan->plain(in->at, in->left));

	(void)bytes_skip(in, piece.left);
	if (in->left > 0 && in->at[0] == '"') {
		(void)bytes_skip(in, 1);
		return string_ends(p, in, piece, fault);
	}
	if (in->left > 0)
		p->escaped = true;
	if (piece.left == 0)
		return 0;
	return give_piece(p, in, string_type(p), piece, false, fault);
}

static int
feed_string(struct json_push *p, struct bytes *in, struct fault *fault)
{
	struct json_unescape u;
	size_t taken;
	int r;

	if (p->high != 0 && in->at[0] != '\\') {
		r = put_lone(p, in, fault);
		if (r < 0)
			return r;
	}
	if (p->high == 0 && !p->escaped)
		return feed_plain(p, in, fault);
	if (p->high == 0) {
		u = (struct json_unescape){in->at, in->at + in->left, p->piece + p->used,
					   p->piece + sizeof(p->piece)};
		p->scan->unescape(&u);
		taken = (size_t)(u.in - in->at);
		/* A full piece without one escape: what follows is better lent. */
		if (taken == (size_t)(u.out - p->piece) && taken > sizeof(p->piece) / 2)
			p->escaped = p->is_key;
		(void)bytes_skip(in, taken);
		p->used = (size_t)(u.out - p->piece);
	}
	if (p->high == 0 && (sizeof(p->piece) - p->used < 64 || !p->escaped))
		return give_copied(p, in, string_type(p), false, fault);
	if (in->left == 0)
		return 0;
	if (in->at[0] == '"') {
		struct bytes last = bytes_make(p->piece, p->used);

		(void)bytes_skip(in, 1);
		p->used = 0;
		return string_ends(p, in, last, fault);
	}
	return feed_odd(p, in, fault);
}

static int
feed_escape(struct json_push *p, struct bytes *in, struct fault *fault)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint8_t c = in->at[0];
	const char *hit = c == '\0' ? NULL : strchr(from, c);
	int r = 0;

	if (c == 'u') {
		p->state = IN_HEX;
		p->hex_left = 4;
		p->hex = 0;
		return bytes_skip(in, 1);
	}
	if (hit == NULL)
		return wrong(p, in, "no such escape", fault);
	if (p->high != 0)
		r = put_lone(p, in, fault);
	if (r < 0)
		return r;
	p->state = IN_STRING;
	(void)bytes_skip(in, 1);
	return put_code_point(p, in, (uint8_t)to[hit - from], fault);
}

/* The four digits of \u are there. */
static int
code_unit_ends(struct json_push *p, const struct bytes *in, struct fault *fault)
{
	uint32_t c = p->hex;
	int r = 0;

	p->state = IN_STRING;
	p->escaped = true;
	if (p->high != 0 && c >= 0xdc00 && c < 0xe000) {
		c = 0x10000 + (((uint32_t)p->high - 0xd800) << 10) + (c - 0xdc00);
		p->high = 0;
		return put_code_point(p, in, c, fault);
	}
	if (p->high != 0)
		r = put_lone(p, in, fault);
	if (r < 0)
		return r;
	if (c >= 0xd800 && c < 0xdc00) {
		p->high = (uint16_t)c;
		return 0;
	}
	if (c >= 0xdc00 && c < 0xe000)
		return put_lone(p, in, fault);
	return put_code_point(p, in, c, fault);
}

static int
feed_hex(struct json_push *p, struct bytes *in, struct fault *fault)
{
	uint8_t c = text_lower(in->at[0]);

	if (c >= '0' && c <= '9')
		c = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		c = (uint8_t)(c - 'a' + 10);
	else
		return wrong(p, in, "\\u needs four hex digits", fault);
	p->hex = (uint16_t)(p->hex << 4 | c);
	(void)bytes_skip(in, 1);
	return --p->hex_left > 0 ? 0 : code_unit_ends(p, in, fault);
}

/* The rest of a sequence that a window cut. */
static int
feed_utf8(struct json_push *p, struct bytes *in, struct fault *fault)
{
	size_t want = p->carry[0] >= 0xf0 ? 4 : p->carry[0] >= 0xe0 ? 3 : 2;
	int r = 0;

	p->carry[p->carry_used++] = in->at[0];
	if (p->carry_used < want && (in->at[0] & 0xc0) == 0x80)
		return bytes_skip(in, 1);
	if (text_utf8_sequence(bytes_make(p->carry, p->carry_used)) != want)
		return wrong(p, in, "not UTF-8", fault);
	(void)bytes_skip(in, 1);
	if (p->used > sizeof(p->piece) - 4)
		r = give_copied(p, in, string_type(p), false, fault);
	memcpy(p->piece + p->used, p->carry, want);
	p->used += want;
	p->carry_used = 0;
	p->state = IN_STRING;
	return r;
}

static enum number
number_next(enum number state, uint8_t c)
{
	bool digit = c >= '0' && c <= '9', e = c == 'e' || c == 'E';

	switch (state) {
	case MINUS:
		return !digit ? NUMBER_WRONG : c == '0' ? ZERO : WHOLE;
	case ZERO:
		return digit ? NUMBER_WRONG : c == '.' ? POINT : e ? EXPONENT : NUMBER_ENDS;
	case WHOLE:
		return digit ? WHOLE : c == '.' ? POINT : e ? EXPONENT : NUMBER_ENDS;
	case POINT:
		return digit ? FRACTION : NUMBER_WRONG;
	case FRACTION:
		return digit ? FRACTION : e ? EXPONENT : NUMBER_ENDS;
	case EXPONENT:
		return digit                  ? EXPONENT_DIGITS
		       : c == '+' || c == '-' ? EXPONENT_SIGN
					      : NUMBER_WRONG;
	case EXPONENT_SIGN:
		return digit ? EXPONENT_DIGITS : NUMBER_WRONG;
	default:
		return digit ? EXPONENT_DIGITS : NUMBER_ENDS;
	}
}

static int
feed_number(struct json_push *p, struct bytes *in, struct fault *fault)
{
	while (in->left > 0) {
		enum number next = number_next((enum number)p->number, in->at[0]);
		int r = 0;

		if (next == NUMBER_WRONG)
			return wrong(p, in, "not a number", fault);
		if (next == NUMBER_ENDS) {
			value_ends(p);
			return give_copied(p, in, JSON_EVENT_NUMBER, true, fault);
		}
		if (p->used == sizeof(p->piece))
			r = give_copied(p, in, JSON_EVENT_NUMBER, false, fault);
		p->piece[p->used++] = in->at[0];
		p->number = (uint8_t)next;
		(void)bytes_skip(in, 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
feed_literal(struct json_push *p, struct bytes *in, struct fault *fault)
{
	struct bytes text = literals[p->literal].text;

	while (in->left > 0 && p->literal_at < text.left) {
		if (in->at[0] != text.at[p->literal_at])
			return wrong(p, in, "expected a value", fault);
		p->literal_at++;
		(void)bytes_skip(in, 1);
	}
	if (p->literal_at < text.left)
		return 0;
	value_ends(p);
	return give(p, in, literals[p->literal].type, fault);
}

static int
feed_some(struct json_push *p, struct bytes *in, struct fault *fault)
{
	switch ((enum state)p->state) {
	case IN_STRING:
		return feed_string(p, in, fault);
	case IN_ESCAPE:
		return feed_escape(p, in, fault);
	case IN_HEX:
		return feed_hex(p, in, fault);
	case IN_UTF8:
		return feed_utf8(p, in, fault);
	case IN_NUMBER:
		return feed_number(p, in, fault);
	case IN_LITERAL:
		return feed_literal(p, in, fault);
	default:
		break;
	}
	while (in->left > 0 &&
	       (in->at[0] == ' ' || in->at[0] == '\n' || in->at[0] == '\r' || in->at[0] == '\t'))
		(void)bytes_skip(in, 1);
	return in->left == 0 ? 0 : feed_structure(p, in, fault);
}

int
json_push_feed(struct json_push *p, struct bytes *in, struct fault *fault)
{
	int r = 0;

	if (p->broke != 0)
		return fault_set(fault, p->broke, "the JSON was given up before");
	p->from = in->at;
	while (r == 0 && in->left > 0) {
		if (p->state == DONE && (p->flags & JSON_PUSH_STOP) != 0)
			break;
		r = feed_some(p, in, fault);
	}
	p->at_bytes += (uint64_t)(in->at - p->from);
	p->from = NULL;
	if (r < 0)
		return p->broke = r;
	return p->state == DONE && (p->flags & JSON_PUSH_STOP) != 0 ? JSON_PUSH_DONE : 0;
}

int
json_push_finish(struct json_push *p, struct fault *fault)
{
	struct bytes nothing = {NULL, 0};
	int r = 0;

	if (p->broke != 0)
		return fault_set(fault, p->broke, "the JSON was given up before");
	if (p->state == IN_NUMBER && p->depth == 0 &&
	    number_next((enum number)p->number, ' ') == NUMBER_ENDS) {
		p->state = DONE;
		r = give_copied(p, &nothing, JSON_EVENT_NUMBER, true, fault);
	}
	if (r == 0 && p->state != DONE)
		r = wrong(p, &nothing, "the JSON ends early", fault);
	p->broke = r;
	return r;
}
