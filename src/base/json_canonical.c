/*
 * json_canonical.c - one spelling for each JSON value
 *
 * Knows: RFC 8785, sections 3.2.2 and 3.2.3.  Does not know: what is signed, floating point.
 */
#include "base/json_canonical.h"

#include "base/own.h"

#define WHOLE_MAX ((int64_t)9007199254740991) /* 2^53 - 1: exact in every reader */

static void
put_string(struct buf *out, struct bytes text)
{
	static const char names[] = "btn?fr"; /* of bytes 8 to 13 */

	(void)buf_append_u8(out, '"');
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];

		if (c == '"' || c == '\\')
			(void)buf_printf(out, "\\%c", c);
		else if (c >= 8 && c <= 13 && c != 11)
			(void)buf_printf(out, "\\%c", names[c - 8]);
		else if (c < 0x20)
			(void)buf_printf(out, "\\u%04x", c);
		else
			(void)buf_append_u8(out, c);
	}
	(void)buf_append_u8(out, '"');
}

/* By UTF-16 code units, as the RFC wants.  That is the order of UTF-8 bytes but for one place:
 * surrogates (UTF-8 from 0xf0) come before U+E000 to U+FFFF (0xee and 0xef). */
static int
by_key(const void *left, const void *right)
{
	struct bytes a = (*(const struct json_value *const *)left)->key;
	struct bytes b = (*(const struct json_value *const *)right)->key;
	size_t least = a.left < b.left ? a.left : b.left;

	for (size_t i = 0; i < least; i++) {
		uint8_t x = a.at[i], y = b.at[i];

		if (x == y)
			continue;
		if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
			return x >= 0xf0 ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return (a.left > b.left) - (a.left < b.left);
}

static int
put_object(struct buf *out, const struct json_value *object, struct fault *fault)
{
	AUTO(own_free)
	const struct json_value **sorted = calloc(object->count + 1, sizeof(*sorted));
	size_t count = 0;
	int r = 0;

	if (sorted == NULL)
		return fault_memory(fault);
	for (const struct json_value *v = object->first; v != NULL; v = v->next)
		sorted[count++] = v;
	qsort(sorted, count, sizeof(*sorted), by_key);
	(void)buf_append_u8(out, '{');
	for (size_t i = 0; i < count && r == 0; i++) {
		if (i > 0 && by_key(&sorted[i - 1], &sorted[i]) == 0)
			return fault_set(fault, FAULT_FORMAT,
					 "line %u: the key '%.100s' comes twice", sorted[i]->line,
					 (const char *)sorted[i]->key.at);
		if (i > 0)
			(void)buf_append_u8(out, ',');
		put_string(out, sorted[i]->key);
		(void)buf_append_u8(out, ':');
		r = json_canonical(out, sorted[i], fault);
	}
	(void)buf_append_u8(out, '}');
	return r;
}

static int
put_array(struct buf *out, const struct json_value *array, struct fault *fault)
{
	int r = 0;

	(void)buf_append_u8(out, '[');
	for (const struct json_value *v = array->first; v != NULL && r == 0; v = v->next) {
		if (v != array->first)
			(void)buf_append_u8(out, ',');
		r = json_canonical(out, v, fault);
	}
	(void)buf_append_u8(out, ']');
	return r;
}

static int
put_number(struct buf *out, const struct json_value *number, struct fault *fault)
{
	int64_t value;

	if (!json_as_i64(number, &value) || value > WHOLE_MAX || value < -WHOLE_MAX)
		return fault_set(fault, FAULT_FORMAT,
				 "line %u: '%.40s' is not a whole number below 2^53", number->line,
				 (const char *)number->text.at);
	return buf_printf(out, "%lld", (long long)value);
}

int
json_canonical(struct buf *out, const struct json_value *value, struct fault *fault)
{
	int r = 0;

	if (value->lossy)
		return fault_set(fault, FAULT_FORMAT, "line %u: half a surrogate pair",
				 value->line);
	switch (value->type) {
	case JSON_OBJECT:
		r = put_object(out, value, fault);
		break;
	case JSON_ARRAY:
		r = put_array(out, value, fault);
		break;
	case JSON_NUMBER:
		r = put_number(out, value, fault);
		break;
	case JSON_STRING:
		put_string(out, value->text);
		break;
	case JSON_BOOL:
		(void)buf_append_text(out, value->truth ? "true" : "false");
		break;
	case JSON_NULL:
		(void)buf_append_text(out, "null");
		break;
	}
	if (r < 0 || out->failed == 0)
		return r;
	return out->failed == FAULT_MEMORY
		   ? fault_memory(fault)
		   : fault_set(fault, out->failed, "more than %zu bytes of JSON", out->bytes_max);
}
