/*
 * test_json.c - the tree reader and the writer
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_canonical.h"
#include "base/json_write.h"

static struct arena arena = ARENA_INIT((size_t)64 << 20);

static const struct json_value *
tree(const char *text)
{
	struct fault fault = FAULT_INIT;
	struct json_value *value = NULL;

	arena_reset(&arena);
	if (json_parse(&value, bytes_text(text), NULL, &arena, &fault) < 0)
		FAIL("'%s': %s", text, fault.text);
	return value;
}

static int
verdict(struct bytes text, struct fault *fault)
{
	struct json_value *value = NULL;

	arena_reset(&arena);
	return json_parse(&value, text, NULL, &arena, fault);
}

/* reading */

TEST(json_parse_keeps_order_types_and_lines)
{
	const struct json_value *v = tree(
				    " {\"a\": [1, -2.5e+3, true, false, null],\n \"b\": \"x\"}\n"),
				*child;

	NEED(v != NULL);
	EQ_INT(v->type, JSON_OBJECT);
	EQ_U64(v->count, 2);
	child = json_first(json_get(v, "a"));
	NEED(child != NULL);
	EQ_U64(json_get(v, "a")->count, 5);
	EQ_BYTES(child->text, BYTES_OF("1"));
	EQ_BYTES(child->next->text, BYTES_OF("-2.5e+3"));
	OK(child->next->next->truth);
	EQ_INT(child->next->next->next->type, JSON_BOOL);
	EQ_INT(child->next->next->next->next->type, JSON_NULL);
	EQ_STR(json_text(v, "b"), "x");
	EQ_U64(json_get(v, "b")->line, 2);
}

TEST(json_parse_unescapes_to_utf8)
{
	const struct json_value *v = tree("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]");

	NEED(v != NULL);
	EQ_BYTES(v->first->text, BYTES_OF("\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80"));
	OK(!v->first->lossy);
}

TEST(json_parse_replaces_and_flags_lone_surrogates)
{
	const struct json_value *v = tree("[\"\\ud83d\", \"\\ude00x\", \"\\ud83d\\ud83d\\ude00\"]");

	NEED(v != NULL);
	EQ_BYTES(v->first->text, BYTES_OF("\xef\xbf\xbd"));
	OK(v->first->lossy);
	EQ_BYTES(v->first->next->text, BYTES_OF("\xef\xbf\xbdx"));
	EQ_BYTES(v->first->next->next->text, BYTES_OF("\xef\xbf\xbd\xf0\x9f\x98\x80"));
}

TEST(json_as_text_refuses_a_string_with_a_nul)
{
	const struct json_value *v = tree("{\"a\": \"x\\u0000y\"}");

	NEED(v != NULL);
	EQ_BYTES(json_get(v, "a")->text, BYTES_OF("x\0y"));
	OK(json_text(v, "a") == NULL);
}

TEST(json_helpers_give_the_other_value_for_the_wrong_type)
{
	const struct json_value *v =
	    tree("{\"n\": 18446744073709551615, \"m\": -9223372036854775808,"
		 "\"f\": 1.5, \"t\": true, \"big\": 18446744073709551616}");

	NEED(v != NULL);
	EQ_U64(json_u64(v, "n", 7), UINT64_MAX);
	EQ_U64(json_u64(v, "f", 7), 7);
	EQ_U64(json_u64(v, "big", 7), 7);
	EQ_U64(json_u64(v, "absent", 7), 7);
	OK(json_i64(v, "m", 7) == INT64_MIN);
	EQ_INT(json_i64(v, "n", 7), 7);
	OK(json_bool(v, "t", false));
	OK(json_bool(v, "n", true));
	OK(json_text(v, "n") == NULL);
	OK(json_get(json_get(v, "n"), "x") == NULL);
	OK(json_get(NULL, "x") == NULL);
}

TEST(json_parse_says_where_it_is_wrong)
{
	struct fault fault = FAULT_INIT;

	EQ_INT(verdict(BYTES_OF("{\"a\": 1,\n \"b\": tru}"), &fault), FAULT_FORMAT);
	EQ_STR(fault.text, "line 2, column 7: expected a value");
}

TEST(json_parse_keeps_its_limits)
{
	struct json_limits limits = {.depth = 3, .bytes = 40, .members = 5};
	struct json_value *value = NULL;
	struct fault fault = FAULT_INIT;

	arena_reset(&arena);
	EQ_INT(json_parse(&value, BYTES_OF("[[[1]]]"), &limits, &arena, &fault), 0);
	EQ_INT(json_parse(&value, BYTES_OF("[[[[1]]]]"), &limits, &arena, &fault), FAULT_LIMIT);
	EQ_INT(json_parse(&value, BYTES_OF("[1,2,3,4,5]"), &limits, &arena, &fault), FAULT_LIMIT);
	EQ_INT(json_parse(&value, BYTES_OF("[\"0123456789012345678901234567890123456789\"]"),
			  &limits, &arena, &fault),
	       FAULT_LIMIT);
	limits.bytes = SIZE_MAX;
	limits.depth = 1000000;
	limits.members = 1000000;
	{
		AUTO(buf_free)
		struct buf deep = BUF_INIT(1000000);

		for (int i = 0; i < 100000; i++)
			(void)buf_append_u8(&deep, '[');
		EQ_INT(json_parse(&value, buf_bytes(&deep), &limits, &arena, &fault), FAULT_LIMIT);
	}
}

TEST(json_parse_finds_duplicate_keys_when_asked)
{
	struct json_limits limits = JSON_LIMITS_DEFAULT;
	struct json_value *value = NULL;
	struct fault fault = FAULT_INIT;

	arena_reset(&arena);
	EQ_INT(json_parse(&value, BYTES_OF("{\"a\":1,\"\\u0061\":2}"), &limits, &arena, &fault), 0);
	EQ_U64(json_u64(value, "a", 0), 1);
	limits.unique_keys = true;
	EQ_INT(json_parse(&value, BYTES_OF("{\"a\":1,\n\"\\u0061\":2}"), &limits, &arena, &fault),
	       FAULT_FORMAT);
	EQ_STR(fault.text, "line 2: the key 'a' comes twice");
	EQ_INT(json_parse(&value, BYTES_OF("{\"a\":1,\"b\":{\"a\":2}}"), &limits, &arena, &fault),
	       0);
}

TEST(json_parse_out_of_memory_is_a_fault)
{
	EACH_FAILED_ALLOC
	{
		struct arena small = ARENA_INIT(1 << 20);
		struct json_limits limits = JSON_LIMITS_DEFAULT;
		struct json_value *value = NULL;
		int r;

		limits.unique_keys = true;
		r = json_parse(&value, BYTES_OF("{\"a\":[\"b\",1],\"c\":{}}"), &limits, &small,
			       NULL);
		EQ_INT(r, tap_alloc_refused() ? FAULT_MEMORY : 0);
		arena_free(&small);
	}
}

/* writing */

static const char *
written(struct buf *buf, struct json_write *w)
{
	struct fault fault = FAULT_INIT;

	if (json_write_finish(w, &fault) < 0)
		FAIL("%s", fault.text);
	return buf_text(buf);
}

static void
write_sample(struct json_write *w)
{
	json_write_object_begin(w);
	json_write_key_u64(w, "a", UINT64_MAX);
	json_write_key_text(w, "absent", NULL);
	json_write_key(w, "list");
	json_write_array_begin(w);
	json_write_i64(w, INT64_MIN);
	json_write_bool(w, true);
	json_write_object_begin(w);
	json_write_object_end(w);
	json_write_array_begin(w);
	json_write_array_end(w);
	json_write_array_end(w);
	json_write_key_hex(w, "hex", "\x00\xff", 2);
	json_write_object_end(w);
}

TEST(json_write_puts_commas_by_itself)
{
	AUTO(buf_free)
	struct buf buf = BUF_INIT(4096);
	struct json_write w;

	json_write_to_buf(&w, &buf, 0);
	write_sample(&w);
	EQ_STR(written(&buf, &w), "{\"a\":18446744073709551615,\"list\":[-9223372036854775808,true,"
				  "{},[]],\"hex\":\"00ff\"}");
}

TEST(json_write_pretty_indents_by_two)
{
	AUTO(buf_free)
	struct buf buf = BUF_INIT(4096);
	struct json_write w;

	json_write_to_buf(&w, &buf, JSON_WRITE_PRETTY);
	json_write_object_begin(&w);
	json_write_key_text(&w, "a", "b");
	json_write_key(&w, "c");
	json_write_array_begin(&w);
	json_write_u64(&w, 1);
	json_write_u64(&w, 2);
	json_write_array_end(&w);
	json_write_object_end(&w);
	EQ_STR(written(&buf, &w), "{\n  \"a\": \"b\",\n  \"c\": [\n    1,\n    2\n  ]\n}\n");
}

TEST(json_write_shows_invalid_utf8_as_text)
{
	AUTO(buf_free)
	struct buf buf = BUF_INIT(4096);
	struct json_write w;

	json_write_to_buf(&w, &buf, 0);
	json_write_string(&w, BYTES_OF("a\xff\"\\\n\t\x01\x7f\x0b\xc3\xa9\xed\xa0\x80\xc3"));
	EQ_STR(written(&buf, &w), "\"a\\\\xff\\\"\\\\\\n\\t\\u0001\\u007f\\u000b\xc3\xa9"
				  "\\\\xed\\\\xa0\\\\x80\\\\xc3\"");
}

TEST(json_write_milli_is_a_plain_decimal)
{
	AUTO(buf_free)
	struct buf buf = BUF_INIT(4096);
	struct json_write w;

	json_write_to_buf(&w, &buf, 0);
	json_write_array_begin(&w);
	json_write_milli(&w, -1500);
	json_write_milli(&w, 2000);
	json_write_milli(&w, -7);
	json_write_milli(&w, 0);
	json_write_milli(&w, INT64_MIN);
	json_write_micro(&w, 250000);
	json_write_array_end(&w);
	EQ_STR(written(&buf, &w), "[-1.5,2,-0.007,0,-9223372036854775.808,0.25]");
}

TEST(json_write_lines_stand_alone)
{
	AUTO(buf_free)
	struct buf buf = BUF_INIT(4096);
	struct json_write w;

	json_write_to_buf(&w, &buf, 0);
	for (int i = 0; i < 2; i++) {
		json_write_object_begin(&w);
		json_write_key_i64(&w, "i", i);
		json_write_object_end(&w);
		json_write_line(&w);
	}
	EQ_STR(written(&buf, &w), "{\"i\":0}\n{\"i\":1}\n");
}

static int
append(void *context, const void *at, size_t count, struct fault *fault)
{
	(void)fault;
	return buf_append(context, at, count);
}

static int
refuse(void *context, const void *at, size_t count, struct fault *fault)
{
	(void)at;
	(void)count;
	++*(int *)context;
	return fault_set(fault, FAULT_IO, "disk full");
}

TEST(json_write_to_a_callback_gives_the_same_bytes)
{
	AUTO(buf_free)
	struct buf one = BUF_INIT(1 << 20), two = BUF_INIT(1 << 20);
	struct json_write w;
	char big[10000];

	memset(big, 'x', sizeof(big));
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 0)
			json_write_to_buf(&w, &one, 0);
		else
			json_write_to(&w, append, &two, 0);
		json_write_array_begin(&w);
		for (int i = 0; i < 2000; i++)
			write_sample(&w);
		json_write_string(&w, bytes_make(big, sizeof(big)));
		json_write_array_end(&w);
		EQ_INT(json_write_finish(&w, NULL), 0);
	}
	OK(one.used > 100000);
	EQ_BYTES(buf_bytes(&two), buf_bytes(&one));
}

TEST(json_write_tells_the_first_failure_at_the_end)
{
	AUTO(buf_free)
	struct buf tiny = BUF_INIT(10);
	struct fault fault = FAULT_INIT;
	struct json_write w;
	int calls = 0;

	json_write_to(&w, refuse, &calls, 0);
	json_write_array_begin(&w);
	for (int i = 0; i < 2000; i++)
		write_sample(&w);
	json_write_array_end(&w);
	EQ_INT(json_write_finish(&w, &fault), FAULT_IO);
	EQ_STR(fault.text, "disk full");
	EQ_INT(calls, 1);

	json_write_to_buf(&w, &tiny, 0);
	write_sample(&w);
	EQ_INT(json_write_finish(&w, &fault), FAULT_LIMIT);
}

/* canonical form */

static const char *
canonical(const char *text, struct buf *out, int *r)
{
	const struct json_value *v = tree(text);

	buf_reset(out);
	*r = v == NULL ? FAULT_FORMAT : json_canonical(out, v, NULL);
	return buf_text(out);
}

TEST(json_canonical_sorts_keys_by_utf16_and_spells_one_way)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);
	int r;

	EQ_STR(canonical(
		   " { \"b\" : [ 1 , -0 , -7, true , null ] , \"a\" : \"\\u0041\\/\\u000f\\n\" } ",
		   &out, &r),
	       "{\"a\":\"A/\\u000f\\n\",\"b\":[1,0,-7,true,null]}");
	EQ_INT(r, 0);
	/* The example of RFC 8785, section 3.2.3. */
	EQ_STR(canonical(
		   "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew\","
		   "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\","
		   "\"\\u00f6\":\"O\"}",
		   &out, &r),
	       "{\"\\r\":\"Carriage "
	       "Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"O\","
	       "\"\xe2\x82\xac\":\"Euro "
	       "Sign\",\"\xf0\x9f\x98\x80\":\"Emoji\",\"\xef\xac\xb3\":\"Hebrew\"}");
	EQ_INT(r, 0);
}

TEST(json_canonical_refuses_what_has_no_one_spelling)
{
	static const char *const bad[] = {
	    "1.5",          "1e3", "9007199254740992", "-9007199254740992", "{\"a\":1,\"a\":2}",
	    "[\"\\ud800\"]"};
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096), tiny = BUF_INIT(4);
	int r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)canonical(bad[i], &out, &r);
		EQ_INT(r, FAULT_FORMAT);
	}
	EQ_STR(canonical("9007199254740991", &out, &r), "9007199254740991");
	(void)canonical("[1,2,3]", &tiny, &r);
	EQ_INT(r, FAULT_LIMIT);
}
