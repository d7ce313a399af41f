/*
 * json.c - a small JSON document as a tree
 *
 * Knows: the grammar of RFC 8259 by recursive descent, limits on everything that an enemy can
 * multiply.  Does not know: streaming (json_push.c), what the members mean.
 */
#include "base/json.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"

struct parse {
	struct bytes in;
	const uint8_t *start;
	struct json_limits limits;
	uint32_t depth;
	uint32_t members;
	uint32_t line;
	const uint8_t *line_at; /* first byte of the line */
	struct buf text;        /* of the string being unescaped */
	struct arena *arena;
	struct fault *fault;
};

static int parse_value(struct parse *p, struct json_value *value);

static int
wrong(struct parse *p, const char *what)
{
	return fault_set(p->fault, FAULT_FORMAT, "line %u, column %zu: %s", p->line,
			 (size_t)(p->in.at - p->line_at) + 1, what);
}

static void
skip_space(struct parse *p)
{
	while (p->in.left > 0) {
		uint8_t c = p->in.at[0];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		(void)bytes_skip(&p->in, 1);
		if (c == '\n') {
			p->line++;
			p->line_at = p->in.at;
		}
	}
}

/* Is the next byte `c`?  Then it is taken. */
static bool
accept(struct parse *p, uint8_t c)
{
	return p->in.left > 0 && p->in.at[0] == c && bytes_skip(&p->in, 1) == 0;
}

static int
take_hex4(struct parse *p, uint32_t *out)
{
	struct bytes digits;
	uint32_t value = 0;

	if (bytes_take(&p->in, 4, &digits) < 0)
		return wrong(p, "\\u needs four hex digits");
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = text_lower(digits.at[i]);

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else
			return wrong(p, "\\u needs four hex digits");
	}
	*out = value;
	return 0;
}

/* Behind "\u": one code point, with its second half where it has one. */
static int
parse_unicode(struct parse *p, bool *lossy)
{
	uint8_t utf8[4];
	uint32_t c, low;
	int r = take_hex4(p, &c);

	if (r < 0)
		return r;
	if (c >= 0xd800 && c < 0xdc00 && bytes_begins(p->in, BYTES_OF("\\u"))) {
		struct bytes before = p->in;

		(void)bytes_skip(&p->in, 2);
		r = take_hex4(p, &low);
		if (r < 0)
			return r;
		if (low >= 0xdc00 && low < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		else
			p->in = before; /* not its half: read it again on its own */
	}
	if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
		*lossy = true;
	}
	(void)buf_append(&p->text, utf8, text_utf8_put(c, utf8));
	return 0;
}

static int
parse_escape(struct parse *p, bool *lossy)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;
	uint8_t c;

	if (bytes_take_u8(&p->in, &c) < 0)
		return wrong(p, "the string does not end");
	if (c == 'u')
		return parse_unicode(p, lossy);
	hit = c == '\0' ? NULL : strchr(from, c);
	if (hit == NULL)
		return wrong(p, "no such escape");
	(void)buf_append_u8(&p->text, (uint8_t)to[hit - from]);
	return 0;
}

/* Behind the opening quote, up to and with the closing one. */
static int
parse_string(struct parse *p, struct bytes *out, bool *lossy)
{
	int r = 0;

	buf_reset(&p->text);
	while (r == 0 && p->in.left > 0 && p->in.at[0] != '"') {
		size_t length = text_utf8_sequence(p->in);

		if (length == 0)
			return wrong(p, "not UTF-8");
		if (p->in.at[0] < 0x20)
			return wrong(p, "a control byte in a string");
		if (accept(p, '\\')) {
			r = parse_escape(p, lossy);
		} else {
			(void)buf_append(&p->text, p->in.at, length);
			(void)bytes_skip(&p->in, length);
		}
	}
	if (r < 0)
		return r;
	if (!accept(p, '"'))
		return wrong(p, "the string does not end");
	out->left = p->text.used;
	out->at = (const uint8_t *)arena_copy(p->arena, p->text.at, p->text.used);
	return out->at == NULL || p->text.failed != 0 ? fault_memory(p->fault) : 0;
}

static size_t
take_digits(struct parse *p)
{
	size_t count = 0;

	while (p->in.left > 0 && p->in.at[0] >= '0' && p->in.at[0] <= '9') {
		(void)bytes_skip(&p->in, 1);
		count++;
	}
	return count;
}

static int
parse_number(struct parse *p, struct json_value *value)
{
	const uint8_t *from = p->in.at;

	(void)accept(p, '-');
	if (!accept(p, '0') && take_digits(p) == 0)
		return wrong(p, "expected a value");
	if (accept(p, '.') && take_digits(p) == 0)
		return wrong(p, "a digit must follow the point");
	if (accept(p, 'e') || accept(p, 'E')) {
		if (!accept(p, '+'))
			(void)accept(p, '-');
		if (take_digits(p) == 0)
			return wrong(p, "an exponent needs digits");
	}
	value->type = JSON_NUMBER;
	value->text.left = (size_t)(p->in.at - from);
	value->text.at = (const uint8_t *)arena_copy(p->arena, from, value->text.left);
	return value->text.at == NULL ? fault_memory(p->fault) : 0;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct json_value *const *x = a, *const *y = b;
	size_t least = (*x)->key.left < (*y)->key.left ? (*x)->key.left : (*y)->key.left;
	int order = memcmp((*x)->key.at, (*y)->key.at, least);

	if (order != 0)
		return order;
	return ((*x)->key.left > (*y)->key.left) - ((*x)->key.left < (*y)->key.left);
}

static int
check_unique(struct parse *p, const struct json_value *object)
{
	AUTO(own_free)
	const struct json_value **sorted = NULL;
	size_t count = 0;

	if (object->count < 2)
		return 0;
	sorted = calloc(object->count, sizeof(*sorted));
	if (sorted == NULL)
		return fault_memory(p->fault);
	for (const struct json_value *v = object->first; v != NULL; v = v->next)
		sorted[count++] = v;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (bytes_equal(sorted[i - 1]->key, sorted[i]->key))
			return fault_set(p->fault, FAULT_FORMAT,
					 "line %u: the key '%.100s' comes twice", sorted[i]->line,
					 (const char *)sorted[i]->key.at);
	return 0;
}

static int
parse_key(struct parse *p, struct json_value *member)
{
	int r;

	skip_space(p);
	if (!accept(p, '"'))
		return wrong(p, "expected a key");
	r = parse_string(p, &member->key, &member->lossy);
	if (r < 0)
		return r;
	skip_space(p);
	return accept(p, ':') ? 0 : wrong(p, "expected ':'");
}

/* Behind the opening bracket of an array or object. */
static int
parse_children(struct parse *p, struct json_value *parent)
{
	uint8_t close = parent->type == JSON_OBJECT ? '}' : ']';
	struct json_value **link = &parent->first;
	int r;

	if (++p->depth > p->limits.depth)
		return fault_set(p->fault, FAULT_LIMIT, "line %u: nested more than %u deep",
				 p->line, p->limits.depth);
	skip_space(p);
	if (accept(p, close)) {
		p->depth--;
		return 0;
	}
	do {
		struct json_value *child = ARENA_NEW(p->arena, struct json_value);

		if (child == NULL)
			return fault_memory(p->fault);
		if (parent->type == JSON_OBJECT && (r = parse_key(p, child)) < 0)
			return r;
		r = parse_value(p, child);
		if (r < 0)
			return r;
		*link = child;
		link = &child->next;
		parent->count++;
		skip_space(p);
	} while (accept(p, ','));
	if (!accept(p, close))
		return wrong(p, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	p->depth--;
	return parent->type == JSON_OBJECT && p->limits.unique_keys ? check_unique(p, parent) : 0;
}

static bool
accept_word(struct parse *p, struct bytes word)
{
	return bytes_begins(p->in, word) && bytes_skip(&p->in, word.left) == 0;
}

static int
parse_value(struct parse *p, struct json_value *value)
{
	skip_space(p);
	value->line = p->line;
	if (++p->members > p->limits.members)
		return fault_set(p->fault, FAULT_LIMIT, "line %u: more than %u values", p->line,
				 p->limits.members);
	if (accept(p, '"')) {
		value->type = JSON_STRING;
		return parse_string(p, &value->text, &value->lossy);
	}
	if (accept(p, '{')) {
		value->type = JSON_OBJECT;
		return parse_children(p, value);
	}
	if (accept(p, '[')) {
		value->type = JSON_ARRAY;
		return parse_children(p, value);
	}
	if (accept_word(p, BYTES_OF("null")))
		return 0;
	if (accept_word(p, BYTES_OF("true"))) {
		value->type = JSON_BOOL;
		value->truth = true;
		return 0;
	}
	if (accept_word(p, BYTES_OF("false"))) {
		value->type = JSON_BOOL;
		return 0;
	}
	return parse_number(p, value);
}

int
json_parse(struct json_value **out, struct bytes document, const struct json_limits *limits,
	   struct arena *arena, struct fault *fault)
{
	static const struct json_limits usual = JSON_LIMITS_DEFAULT;
	struct parse p = {.in = document, .line = 1, .arena = arena, .fault = fault};
	struct json_value *root;
	int r;

	p.limits = limits != NULL ? *limits : usual;
	if (p.limits.depth > JSON_DEPTH_MAX)
		p.limits.depth = JSON_DEPTH_MAX;
	if (document.left > p.limits.bytes)
		return fault_set(fault, FAULT_LIMIT, "more than %zu bytes of JSON", p.limits.bytes);
	if (p.limits.skip_bom && bytes_begins(p.in, BYTES_OF("\xef\xbb\xbf")))
		(void)bytes_skip(&p.in, 3);
	p.line_at = p.in.at;
	p.text = (struct buf)BUF_INIT(document.left);
	root = ARENA_NEW(arena, struct json_value);
	r = root == NULL ? fault_memory(fault) : parse_value(&p, root);
	buf_free(&p.text);
	if (r < 0)
		return r;
	skip_space(&p);
	if (p.in.left > 0)
		return wrong(&p, "something follows the value");
	*out = root;
	return 0;
}

const struct json_value *
json_get(const struct json_value *object, const char *key)
{
	struct bytes want = bytes_text(key);

	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json_value *v = object->first; v != NULL; v = v->next)
		if (bytes_equal(v->key, want))
			return v;
	return NULL;
}

const char *
json_as_text(const struct json_value *value)
{
	if (value == NULL || value->type != JSON_STRING ||
	    memchr(value->text.at, '\0', value->text.left) != NULL)
		return NULL;
	return (const char *)value->text.at;
}

bool
json_as_u64(const struct json_value *value, uint64_t *out)
{
	return value != NULL && value->type == JSON_NUMBER &&
	       text_parse_u64((const char *)value->text.at, out, NULL) == 0;
}

bool
json_as_i64(const struct json_value *value, int64_t *out)
{
	uint64_t size;
	bool minus;

	if (value == NULL || value->type != JSON_NUMBER)
		return false;
	minus = value->text.at[0] == '-';
	if (text_parse_u64((const char *)value->text.at + minus, &size, NULL) < 0 ||
	    size > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - size) : (int64_t)size;
	return true;
}

const char *
json_text(const struct json_value *object, const char *key)
{
	return json_as_text(json_get(object, key));
}

uint64_t
json_u64(const struct json_value *object, const char *key, uint64_t otherwise)
{
	uint64_t value;

	return json_as_u64(json_get(object, key), &value) ? value : otherwise;
}

int64_t
json_i64(const struct json_value *object, const char *key, int64_t otherwise)
{
	int64_t value;

	return json_as_i64(json_get(object, key), &value) ? value : otherwise;
}

bool
json_bool(const struct json_value *object, const char *key, bool otherwise)
{
	const struct json_value *value = json_get(object, key);

	return value != NULL && value->type == JSON_BOOL ? value->truth : otherwise;
}
