/*
 * fuzz_json.c - the tree reader, and that what it reads can be written and read again
 *
 * Byte 0: limits; the rest is the document.
 */
#include "base/json.h"
#include "base/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_tree(struct json_write *w, const struct json_value *v)
{
	switch (v->type) {
	case JSON_STRING:
		json_write_string(w, v->text);
		return;
	case JSON_BOOL:
		json_write_bool(w, v->truth);
		return;
	case JSON_NULL:
		json_write_raw(w, BYTES_OF("null"));
		return;
	case JSON_NUMBER:
		json_write_raw(w, v->text);
		return;
	case JSON_ARRAY:
		json_write_array_begin(w);
		break;
	case JSON_OBJECT:
		json_write_object_begin(w);
		break;
	}
	for (const struct json_value *child = v->first; child != NULL; child = child->next) {
		if (v->type == JSON_OBJECT)
			json_write_key_bytes(w, child->key);
		write_tree(w, child);
	}
	if (v->type == JSON_ARRAY)
		json_write_array_end(w);
	else
		json_write_object_end(w);
}

static bool
same(const struct json_value *a, const struct json_value *b)
{
	if (a->type != b->type || a->count != b->count || a->truth != b->truth ||
	    !bytes_equal(a->text, b->text) || !bytes_equal(a->key, b->key))
		return false;
	for (a = a->first, b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == NULL && b == NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	struct json_limits limits = JSON_LIMITS_DEFAULT;
	AUTO(buf_free)
	struct buf out = BUF_INIT((size_t)64 << 20);
	struct json_value *first, *second;
	struct json_write w;
	struct fault fault;

	if (size == 0)
		return 0;
	limits.unique_keys = (data[0] & 1) != 0;
	limits.depth = (data[0] & 2) != 0 ? 4 : JSON_WRITE_DEPTH_MAX - 1;
	if (json_parse(&first, bytes_make(data + 1, size - 1), &limits, &arena, &fault) == 0) {
		json_write_to_buf(&w, &out, (data[0] & 4) != 0 ? JSON_WRITE_PRETTY : 0);
		write_tree(&w, first);
		if (json_write_finish(&w, &fault) < 0 ||
		    json_parse(&second, buf_bytes(&out), &limits, &arena, &fault) < 0 ||
		    !same(first, second))
			__builtin_trap();
	}
	arena_free(&arena);
	return 0;
}
