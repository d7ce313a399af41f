/*
 * test_json_push.c - the streaming reader: the same answer however the windows are cut
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_push.h"

/* Events as text: {k"key" s"string" #1.5 t f n [ ] }, `~` behind a lossy string. */
struct recorder {
	struct buf text;
	uint32_t depth;
	bool inside;
};

static int
record(void *context, const struct json_event *e, struct fault *fault)
{
	static const char marks[] = "{}[]ks#tfn";
	struct recorder *rec = context;

	(void)fault;
	if (e->type == JSON_EVENT_OBJECT_END || e->type == JSON_EVENT_ARRAY_END)
		rec->depth--;
	OK(e->depth == rec->depth);
	if (e->type == JSON_EVENT_OBJECT_BEGIN || e->type == JSON_EVENT_ARRAY_BEGIN)
		rec->depth++;
	OK(e->begins == !rec->inside);
	if (e->begins)
		(void)buf_printf(&rec->text, "%c", marks[e->type]);
	if (e->type == JSON_EVENT_KEY || e->type == JSON_EVENT_STRING) {
		if (e->begins)
			(void)buf_append_text(&rec->text, "\"");
		(void)buf_append(&rec->text, e->piece.at, e->piece.left);
		if (e->ends)
			(void)buf_append_text(&rec->text, e->lossy ? "\"~" : "\"");
	} else if (e->type == JSON_EVENT_NUMBER) {
		(void)buf_append(&rec->text, e->piece.at, e->piece.left);
	}
	rec->inside = !e->ends;
	return 0;
}

static struct json_push push;

/* Read `in` in windows of `step` bytes, each in memory of its own size. */
static int
read_in_steps(struct recorder *rec, struct bytes in, size_t step, const struct json_scan *scan,
	      struct fault *fault)
{
	int r = 0;

	rec->depth = 0;
	rec->inside = false;
	buf_reset(&rec->text);
	json_push_init(&push, record, rec, 0);
	push.scan = scan;
	while (in.left > 0 && r == 0) {
		size_t length = in.left < step ? in.left : step;
		uint8_t *copy = malloc(length);
		struct bytes window = bytes_make(copy, length);

		memcpy(copy, in.at, length);
		r = json_push_feed(&push, &window, fault);
		if (r == 0)
			EQ_U64(window.left, 0);
		(void)bytes_skip(&in, length);
		free(copy);
	}
	return r < 0 ? r : json_push_finish(&push, fault);
}

/* With every instruction set and many window sizes: the same text and the same verdict. */
static void
reads_as(struct bytes in, const char *want)
{
	static const size_t steps[] = {1, 2, 3, 5, 7, 16, 31, 32, 33, 64, 1000, SIZE_MAX};
	struct recorder rec = {.text = BUF_INIT((size_t)1 << 24)};
	const struct json_scan *scan;

	for (size_t i = 0; (scan = json_scan_at(i)) != NULL; i++)
		for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			struct fault fault = FAULT_INIT;
			int r = read_in_steps(&rec, in, steps[s], scan, &fault);

			if (want == NULL) {
				EQ_INT(r, FAULT_FORMAT);
			} else if (!EQ_INT(r, 0) || !EQ_STR(buf_text(&rec.text), want)) {
				tap_note("%s in steps of %zu: %s", scan->name, steps[s],
					 fault.text);
			}
		}
	buf_free(&rec.text);
}

TEST(json_push_gives_the_events_of_a_document)
{
	reads_as(BYTES_OF(" {\"a\" : [1, -0.5e+10,true,false , null ,{}, []] ,\"b\":\"x\"}\n"),
		 "{k\"a\"[#1#-0.5e+10tfn{}[]]k\"b\"s\"x\"}");
	reads_as(BYTES_OF("\"\""), "s\"\"");
	reads_as(BYTES_OF("[\"\",\"\"]"), "[s\"\"s\"\"]");
	reads_as(BYTES_OF("0"), "#0");
	reads_as(BYTES_OF("-1e9"), "#-1e9");
	reads_as(BYTES_OF(" true "), "t");
	reads_as(BYTES_OF("{\"\":0}"), "{k\"\"#0}");
}

TEST(json_push_unescapes_across_every_cut)
{
	reads_as(BYTES_OF("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\uDe00\""),
		 "s\"\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\"");
	reads_as(BYTES_OF("{\"\\u0061\\n\":\"0123456789012345678901234567890\\n1234567890123456789"
			  "0123456789012345678901234567890123456789\\\\\"}"),
		 "{k\"a\n\"s\"0123456789012345678901234567890\n1234567890123456789"
		 "0123456789012345678901234567890123456789\\\"}");
}

TEST(json_push_keeps_utf8_whole)
{
	reads_as(BYTES_OF("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x\xed\x9f\xbf\xf4\x8f\xbf\xbf\""),
		 "s\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x\xed\x9f\xbf\xf4\x8f\xbf\xbf\"");
	reads_as(
	    BYTES_OF("\"0123456789012345678901234567890\xe2\x82\xac\\n0123456789012345678901234"
		     "\xe2\x82\xac 0123456\xc3\xa9\""),
	    "s\"0123456789012345678901234567890\xe2\x82\xac\n0123456789012345678901234"
	    "\xe2\x82\xac 0123456\xc3\xa9\"");
}

TEST(json_push_replaces_and_flags_lone_surrogates)
{
	reads_as(BYTES_OF("\"\\ud83d\""), "s\"\xef\xbf\xbd\"~");
	reads_as(BYTES_OF("\"\\ud83dx\""), "s\"\xef\xbf\xbdx\"~");
	reads_as(BYTES_OF("\"\\ud83d\\n\""), "s\"\xef\xbf\xbd\n\"~");
	reads_as(BYTES_OF("\"\\ude00\""), "s\"\xef\xbf\xbd\"~");
	reads_as(BYTES_OF("\"\\ud83d\\ud83d\\ude00\""), "s\"\xef\xbf\xbd\xf0\x9f\x98\x80\"~");
	reads_as(BYTES_OF("\"\\ud83d\\u0041\""), "s\"\xef\xbf\xbd"
						 "A\"~");
	reads_as(BYTES_OF("[\"\\ud83d\xc3\xa9\",\"ok\"]"), "[s\"\xef\xbf\xbd\xc3\xa9\"~s\"ok\"]");
}

/* What the public JSON test suites hold their parsers to, in cases of our own. */
TEST(json_push_accepts_what_rfc_8259_allows)
{
	static const char *const good[] = {
	    "[]",
	    "{}",
	    "[[]   ]",
	    "[\"\"]",
	    "[null, 1, \"1\", {}]",
	    "[0e+1]",
	    "[0e1]",
	    "[-0]",
	    "[123e65]",
	    "[1E22]",
	    "[1E-2]",
	    "[123.456e78]",
	    "[1.000]",
	    "\"\\u0000\"",
	    "[\"\\uFFFF\"]",
	    "{\"a\":\"b\",\"a\":\"c\"}",
	    "{\"a\":\"b\",\"a\":\"b\"}",
	    "[ 4]",
	    " [] ",
	    "\t\r\n[]",
	    "[\"a/*b*/c/*d//e\"]",
	    "[\"\\\\a\"]",
	    "[\"new\\u000Aline\"]",
	    "[\"\x7f\"]",
	    "null",
	    "42",
	    "-0.1",
	    "\"asd\"",
	    "false",
	    "{\"x\":[{\"id\":\"xx\"}],\"id\":\"xx\"}",
	    "[\"\xef\xbf\xbf\"]",
	    "[\"\xe2\x80\xa8\"]",
	    "[1]\n",
	    "[ 1,null,null,2]",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct recorder rec = {.text = BUF_INIT(4096)};
		struct arena arena = ARENA_INIT(1 << 20);
		struct json_value *value;

		for (size_t step = 1; step < 9; step++)
			if (!EQ_INT(read_in_steps(&rec, bytes_text(good[i]), step, json_scan_best(),
						  NULL),
				    0))
				tap_note("%s", good[i]);
		EQ_INT(json_parse(&value, bytes_text(good[i]), NULL, &arena, NULL), 0);
		arena_free(&arena);
		buf_free(&rec.text);
	}
}

static const struct bytes bad[] = {
    BYTES_OF(""),
    BYTES_OF(" "),
    BYTES_OF("["),
    BYTES_OF("]"),
    BYTES_OF("{"),
    BYTES_OF("[}"),
    BYTES_OF("{]"),
    BYTES_OF("[1 true]"),
    BYTES_OF("[1,]"),
    BYTES_OF("[,1]"),
    BYTES_OF("[1,,2]"),
    BYTES_OF("[1]]"),
    BYTES_OF("[]x"),
    BYTES_OF("[1][2]"),
    BYTES_OF("{\"a\":1}{}"),
    BYTES_OF("{\"a\"}"),
    BYTES_OF("{\"a\":}"),
    BYTES_OF("{\"a\" 1}"),
    BYTES_OF("{a:1}"),
    BYTES_OF("{1:1}"),
    BYTES_OF("{'a':1}"),
    BYTES_OF("{\"a\":1,}"),
    BYTES_OF("{,}"),
    BYTES_OF("{\"a\":1 \"b\":2}"),
    BYTES_OF("{\"a\":1:2}"),
    BYTES_OF("[-]"),
    BYTES_OF("[+1]"),
    BYTES_OF("[01]"),
    BYTES_OF("[-01]"),
    BYTES_OF("[1.]"),
    BYTES_OF("[.5]"),
    BYTES_OF("[1.e2]"),
    BYTES_OF("[1e]"),
    BYTES_OF("[1e+]"),
    BYTES_OF("[1eE2]"),
    BYTES_OF("[0x1]"),
    BYTES_OF("[1_0]"),
    BYTES_OF("[- 1]"),
    BYTES_OF("[Infinity]"),
    BYTES_OF("[NaN]"),
    BYTES_OF("[tru]"),
    BYTES_OF("[True]"),
    BYTES_OF("[truex]"),
    BYTES_OF("[nul]"),
    BYTES_OF("\""),
    BYTES_OF("\"a"),
    BYTES_OF("['a']"),
    BYTES_OF("[\"a\x00\"]"),
    BYTES_OF("[\"a\nb\"]"),
    BYTES_OF("[\"\t\"]"),
    BYTES_OF("[\"\\"),
    BYTES_OF("[\"\\x00\"]"),
    BYTES_OF("[\"\\a\"]"),
    BYTES_OF("[\"\\u12\"]"),
    BYTES_OF("[\"\\u12G4\"]"),
    BYTES_OF("[\"\\u\"]"),
    BYTES_OF("[\"\\U0041\"]"),
    BYTES_OF("[\"\\\n\"]"),
    BYTES_OF("[\"\\\0\"]"),
    BYTES_OF("[\"\\uD800\\u1x\"]"),
    BYTES_OF("[\"\\uD800\\\"]"),
    BYTES_OF("[\"\x80\"]"),
    BYTES_OF("[\"\xc0\xaf\"]"),
    BYTES_OF("[\"\xe0\x80\x80\"]"),
    BYTES_OF("[\"\xed\xa0\x80\"]"),
    BYTES_OF("[\"\xf5\x80\x80\x80\"]"),
    BYTES_OF("[\"\xf4\x90\x80\x80\"]"),
    BYTES_OF("[\"\xe2\x82\"]"),
    BYTES_OF("[\"\xc3"),
    BYTES_OF("\xc3\xa9"),
    BYTES_OF("[\x0c]"),
    BYTES_OF("[\xc2\xa0]"),
    BYTES_OF("// c\n[]"),
    BYTES_OF("[1/**/]"),
    BYTES_OF("\xff\xfe[\0]\0"),
    BYTES_OF("[1]\x00"),
    BYTES_OF("<null>"),
    BYTES_OF("*"),
};

TEST(json_push_refuses_everything_else)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena arena = ARENA_INIT(1 << 20);
		struct json_value *value;

		reads_as(bad[i], NULL);
		if (!EQ_INT(json_parse(&value, bad[i], NULL, &arena, NULL), FAULT_FORMAT))
			tap_note("case %zu", i);
		arena_free(&arena);
	}
}

TEST(json_push_refuses_a_byte_order_mark)
{
	reads_as(BYTES_OF("\xef\xbb\xbf{}"), NULL);
}

TEST(json_push_says_which_byte_is_wrong)
{
	struct recorder rec = {.text = BUF_INIT(4096)};
	struct fault fault = FAULT_INIT;

	for (size_t step = 1; step < 20; step++) {
		EQ_INT(read_in_steps(&rec, BYTES_OF("{\"abc\": \"de\x01\"}"), step,
				     json_scan_best(), &fault),
		       FAULT_FORMAT);
		EQ_STR(fault.text, "byte 11: a control byte in a string");
	}
	EQ_INT(read_in_steps(&rec, BYTES_OF("[1"), 9, json_scan_best(), &fault), FAULT_FORMAT);
	EQ_STR(fault.text, "byte 2: the JSON ends early");
	buf_free(&rec.text);
}

TEST(json_push_stops_at_its_depth)
{
	AUTO(buf_free)
	struct buf deep = BUF_INIT(1 << 20);
	struct recorder rec = {.text = BUF_INIT(1 << 20)};

	for (int i = 0; i < JSON_PUSH_DEPTH_MAX; i++)
		(void)buf_append_text(&deep, i % 3 == 0 ? "{\"a\":" : "[");
	(void)buf_append_text(&deep, "1");
	for (int i = JSON_PUSH_DEPTH_MAX - 1; i >= 0; i--)
		(void)buf_append_text(&deep, i % 3 == 0 ? "}" : "]");
	EQ_INT(read_in_steps(&rec, buf_bytes(&deep), 100, json_scan_best(), NULL), 0);
	buf_reset(&deep);
	for (int i = 0; i < 100000; i++)
		(void)buf_append_text(&deep, "[");
	EQ_INT(read_in_steps(&rec, buf_bytes(&deep), 100, json_scan_best(), NULL), FAULT_LIMIT);
	buf_free(&rec.text);
}

TEST(json_push_stops_behind_the_value_when_asked)
{
	struct recorder rec = {.text = BUF_INIT(4096)};
	struct bytes in = BYTES_OF("{\"a\":[1]});next");

	json_push_init(&push, record, &rec, JSON_PUSH_STOP);
	EQ_INT(json_push_feed(&push, &in, NULL), JSON_PUSH_DONE);
	EQ_BYTES(in, BYTES_OF(");next"));
	EQ_INT(json_push_finish(&push, NULL), 0);
	buf_free(&rec.text);
}

static int
refuse(void *context, const struct json_event *e, struct fault *fault)
{
	(void)e;
	++*(int *)context;
	return fault_set(fault, FAULT_CANCEL, "enough");
}

TEST(json_push_stays_broken_after_a_fault)
{
	struct bytes in = BYTES_OF("[[1]]");
	int calls = 0;

	json_push_init(&push, refuse, &calls, 0);
	EQ_INT(json_push_feed(&push, &in, NULL), FAULT_CANCEL);
	EQ_INT(json_push_feed(&push, &in, NULL), FAULT_CANCEL);
	EQ_INT(json_push_finish(&push, NULL), FAULT_CANCEL);
	EQ_INT(calls, 1);
}

/* A generator with a fixed seed: strings of plain text, escapes and UTF-8 of every length. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

TEST(json_push_reads_long_mixed_strings_the_same_in_every_cut)
{
	static const struct {
		const char *json, *text;
	} parts[] = {
	    {"plain words ", "plain words "},
	    {"\\n", "\n"},
	    {"\\t\\t", "\t\t"},
	    {"\\\"", "\""},
	    {"\\u20ac", "\xe2\x82\xac"},
	    {"\xe2\x82\xac", "\xe2\x82\xac"},
	    {"\xc3\xa9", "\xc3\xa9"},
	    {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
	    {"x", "x"},
	    {"0123456789abcdef0123456789abcdef0123456789abcdef",
	     "0123456789abcdef0123456789abcdef0123456789abcdef"},
	};
	AUTO(buf_free)
	struct buf json = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);
	uint32_t seed = 7;

	(void)buf_append_text(&json, "[\"");
	(void)buf_append_text(&want, "[s\"");
	for (int i = 0; i < 6000; i++) {
		/* Long stretches without any escape switch to lending and back. */
		size_t k = i % 2000 < 800 ? 9 : next_random(&seed) % 10;

		(void)buf_append_text(&json, parts[k].json);
		(void)buf_append_text(&want, parts[k].text);
	}
	(void)buf_append_text(&json, "\"]");
	(void)buf_append_text(&want, "\"]");
	reads_as(buf_bytes(&json), buf_text(&want));
}
