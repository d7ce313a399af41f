/*
 * json_write.c - JSON out, streaming
 *
 * Knows: RFC 8259 quoting, commas, indentation.  Does not know: what the members mean, schemas.
 */
#include "base/json_write.h"

#include <assert.h>
#include <stdio.h>

#include "base/text.h"

static void
flush(struct json_write *w)
{
	if (w->used > 0 && w->fault.code == 0)
		(void)w->write(w->context, w->block, w->used, &w->fault);
	w->used = 0;
}

static void
put(struct json_write *w, const void *at, size_t count)
{
	if (w->buf != NULL) {
		(void)buf_append(w->buf, at, count);
		return;
	}
	if (count > sizeof(w->block) - w->used)
		flush(w);
	if (count > sizeof(w->block)) {
		if (w->fault.code == 0)
			(void)w->write(w->context, at, count, &w->fault);
		return;
	}
	memcpy(w->block + w->used, at, count);
	w->used += count;
}

static void
put_text(struct json_write *w, const char *text)
{
	put(w, text, strlen(text));
}

static void
new_line(struct json_write *w)
{
	if ((w->flags & JSON_WRITE_PRETTY) == 0)
		return;
	put(w, "\n", 1);
	for (unsigned i = 0; i < w->depth; i++)
		put(w, "  ", 2);
}

/* What stands between the value before and this one. */
static void
before_value(struct json_write *w)
{
	uint64_t level = (uint64_t)1 << w->depth;

	if (w->after_key) {
		w->after_key = false;
		return;
	}
	assert(w->depth == 0 || (w->is_array & level) != 0);
	if (w->depth == 0)
		return;
	if ((w->has_value & level) != 0)
		put(w, ",", 1);
	w->has_value |= level;
	new_line(w);
}

static void
begin(struct json_write *w, bool is_array)
{
	uint64_t level;

	before_value(w);
	assert(w->depth < JSON_WRITE_DEPTH_MAX);
	put(w, is_array ? "[" : "{", 1);
	level = (uint64_t)1 << ++w->depth;
	w->has_value &= ~level;
	w->is_array = is_array ? w->is_array | level : w->is_array & ~level;
}

static void
end(struct json_write *w, bool is_array)
{
	uint64_t level = (uint64_t)1 << w->depth;

	assert(w->depth > 0 && !w->after_key && ((w->is_array & level) != 0) == is_array);
	w->depth--;
	if ((w->has_value & level) != 0)
		new_line(w);
	put(w, is_array ? "]" : "}", 1);
}

void
json_write_to_buf(struct json_write *w, struct buf *buf, unsigned flags)
{
	memset(w, 0, offsetof(struct json_write, block));
	w->buf = buf;
	w->flags = flags;
}

void
json_write_to(struct json_write *w, json_write_fn *write, void *context, unsigned flags)
{
	memset(w, 0, offsetof(struct json_write, block));
	w->write = write;
	w->context = context;
	w->flags = flags;
}

void
json_write_object_begin(struct json_write *w)
{
	begin(w, false);
}

void
json_write_object_end(struct json_write *w)
{
	end(w, false);
}

void
json_write_array_begin(struct json_write *w)
{
	begin(w, true);
}

void
json_write_array_end(struct json_write *w)
{
	end(w, true);
}

/* How many bytes at the front go out as they are. */
static size_t
plain_run(struct bytes in)
{
	size_t i = 0;

	while (i < in.left && in.at[i] != '"' && in.at[i] != '\\' && in.at[i] >= 0x20 &&
	       in.at[i] != 0x7f) {
		size_t length =
		    in.at[i] < 0x80 ? 1 : text_utf8_sequence(bytes_slice(in, i, in.left - i));

		if (length == 0)
			break;
		i += length;
	}
	return i;
}

static void
put_odd_byte(struct json_write *w, uint8_t c)
{
	static const char names[] = "btn?fr"; /* of bytes 8 to 13 */
	char text[8];

	if (c == '"' || c == '\\')
		(void)snprintf(text, sizeof(text), "\\%c", c);
	else if (c >= 8 && c <= 13 && c != 11)
		(void)snprintf(text, sizeof(text), "\\%c", names[c - 8]);
	else if (c >= 0x80)
		(void)snprintf(text, sizeof(text), "\\\\x%02x", c);
	else
		(void)snprintf(text, sizeof(text), "\\u%04x", c);
	put_text(w, text);
}

static void
put_quoted(struct json_write *w, struct bytes value)
{
	put(w, "\"", 1);
	while (value.left > 0) {
		size_t run = plain_run(value);

		put(w, value.at, run);
		(void)bytes_skip(&value, run);
		if (value.left > 0) {
			put_odd_byte(w, value.at[0]);
			(void)bytes_skip(&value, 1);
		}
	}
	put(w, "\"", 1);
}

void
json_write_key_bytes(struct json_write *w, struct bytes key)
{
	uint64_t level = (uint64_t)1 << w->depth;

	assert(w->depth > 0 && !w->after_key && (w->is_array & level) == 0);
	if ((w->has_value & level) != 0)
		put(w, ",", 1);
	w->has_value |= level;
	new_line(w);
	put_quoted(w, key);
	put_text(w, (w->flags & JSON_WRITE_PRETTY) != 0 ? ": " : ":");
	w->after_key = true;
}

void
json_write_key(struct json_write *w, const char *key)
{
	json_write_key_bytes(w, bytes_text(key));
}

void
json_write_string(struct json_write *w, struct bytes value)
{
	before_value(w);
	put_quoted(w, value);
}

void
json_write_text(struct json_write *w, const char *value)
{
	json_write_string(w, bytes_text(value));
}

void
json_write_u64(struct json_write *w, uint64_t value)
{
	char text[24];

	before_value(w);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	put_text(w, text);
}

void
json_write_i64(struct json_write *w, int64_t value)
{
	char text[24];

	before_value(w);
	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	put_text(w, text);
}

/* value / 10^digits without floating point: the same bytes on every machine. */
static void
put_fixed(struct json_write *w, int64_t value, unsigned digits, uint64_t one)
{
	uint64_t whole = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char text[48];
	int used;

	before_value(w);
	used = snprintf(text, sizeof(text), "%s%llu.%0*llu", value < 0 ? "-" : "",
			(unsigned long long)(whole / one), (int)digits,
			(unsigned long long)(whole % one));
	while (used > 0 && text[used - 1] == '0')
		used--;
	if (used > 0 && text[used - 1] == '.')
		used--;
	put(w, text, (size_t)used);
}

void
json_write_milli(struct json_write *w, int64_t value_milli)
{
	put_fixed(w, value_milli, 3, 1000);
}

void
json_write_micro(struct json_write *w, int64_t value_micro)
{
	put_fixed(w, value_micro, 6, 1000000);
}

void
json_write_bool(struct json_write *w, bool value)
{
	before_value(w);
	put_text(w, value ? "true" : "false");
}

void
json_write_raw(struct json_write *w, struct bytes json)
{
	before_value(w);
	put(w, json.at, json.left);
}

void
json_write_key_text(struct json_write *w, const char *key, const char *value)
{
	if (value == NULL)
		return;
	json_write_key(w, key);
	json_write_text(w, value);
}

void
json_write_key_string(struct json_write *w, const char *key, struct bytes value)
{
	json_write_key(w, key);
	json_write_string(w, value);
}

void
json_write_key_u64(struct json_write *w, const char *key, uint64_t value)
{
	json_write_key(w, key);
	json_write_u64(w, value);
}

void
json_write_key_i64(struct json_write *w, const char *key, int64_t value)
{
	json_write_key(w, key);
	json_write_i64(w, value);
}

void
json_write_key_bool(struct json_write *w, const char *key, bool value)
{
	json_write_key(w, key);
	json_write_bool(w, value);
}

void
json_write_key_hex(struct json_write *w, const char *key, const void *at, size_t count)
{
	const uint8_t *p = at;
	char two[3];

	json_write_key(w, key);
	before_value(w);
	put(w, "\"", 1);
	for (size_t i = 0; i < count; i++)
		put(w, text_hex(p + i, 1, two), 2);
	put(w, "\"", 1);
}

void
json_write_line(struct json_write *w)
{
	assert(w->depth == 0 && !w->after_key);
	put(w, "\n", 1);
}

int
json_write_finish(struct json_write *w, struct fault *fault)
{
	assert(w->depth == 0 && !w->after_key);
	if ((w->flags & JSON_WRITE_PRETTY) != 0)
		put(w, "\n", 1);
	if (w->buf != NULL && w->buf->failed == FAULT_MEMORY)
		return fault_memory(fault);
	if (w->buf != NULL && w->buf->failed != 0)
		return fault_set(fault, w->buf->failed, "a result of more than %zu bytes",
				 w->buf->bytes_max);
	if (w->buf != NULL)
		return 0;
	flush(w);
	if (w->fault.code != 0)
		return fault_set(fault, w->fault.code, "%s", w->fault.text);
	return 0;
}
