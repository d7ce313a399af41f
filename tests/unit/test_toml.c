/* Proves config/toml.h. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"
#include "config/toml.h"
#include "tap.h"

static int
parse(struct toml **out, const char *text, struct fault *fault)
{
	return toml_parse(out, bytes_text(text), "t.toml", fault);
}

TEST(toml_parse_keeps_kinds_values_and_lines)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	const struct toml_node *root, *n;

	NEED(parse(&doc,
		   "a = 1\n"
		   "[scan]\n"
		   "home = ['x', \"y\\n\"]\n"
		   "on = true\n"
		   "share = 0.5\n"
		   "until = 2026-03-31T12:00:00Z\n"
		   "day = 2026-03-31\n"
		   "hour = 07:32:00.5\n"
		   "west = 2026-03-31T12:00:00-07:30\n"
		   "[scan.limits]\n"
		   "depth = -3\n"
		   "[[rule]]\nid = 1\n[[rule]]\nid = 2\n",
		   NULL) == 0);
	root = toml_root(doc);
	EQ_INT(root->kind, TOML_TABLE);
	EQ_U64(root->count, 3);
	EQ_INT(toml_get(root, "a")->integer, 1);
	n = toml_find(root, "scan.home");
	NEED(n != NULL);
	EQ_INT(n->kind, TOML_ARRAY);
	EQ_U64(n->count, 2);
	EQ_U64(n->line, 3);
	EQ_STR(n->key, "home");
	EQ_STR(n->items[0].text, "x");
	OK(n->items[0].key == NULL);
	EQ_STR(n->items[1].text, "y\n");
	EQ_INT(toml_find(root, "scan.on")->kind, TOML_BOOL);
	EQ_INT(toml_find(root, "scan.on")->integer, 1);
	OK(toml_find(root, "scan.share")->number == 0.5);
	EQ_STR(toml_find(root, "scan.until")->text, "2026-03-31T12:00:00Z");
	EQ_STR(toml_find(root, "scan.day")->text, "2026-03-31");
	EQ_STR(toml_find(root, "scan.hour")->text, "07:32:00.500000000");
	EQ_STR(toml_find(root, "scan.west")->text, "2026-03-31T12:00:00-07:30");
	EQ_INT(toml_find(root, "scan.limits.depth")->integer, -3);
	EQ_U64(toml_find(root, "scan.limits.depth")->line, 11);
	EQ_U64(toml_find(root, "rule")->count, 2);
	EQ_INT(toml_get(&toml_find(root, "rule")->items[1], "id")->integer, 2);
	OK(toml_find(root, "scan.nothing") == NULL);
	OK(toml_find(root, "a.b") == NULL);
	OK(toml_get(NULL, "a") == NULL);
}

TEST(toml_parse_of_nothing_is_an_empty_table)
{
	AUTO(toml_free)
	struct toml *doc = NULL;

	NEED(toml_parse(&doc, bytes_make(NULL, 0), "t.toml", NULL) == 0);
	EQ_INT(toml_root(doc)->kind, TOML_TABLE);
	EQ_U64(toml_root(doc)->count, 0);
}

TEST(toml_parse_names_the_line_of_what_is_wrong)
{
	struct fault fault = FAULT_INIT;
	struct toml *doc = NULL;

	EQ_INT(parse(&doc, "a = 1\n\nb = = 2\n", &fault), FAULT_USAGE);
	HAS_STR(fault.text, "t.toml:3: ");
	EQ_INT(parse(&doc, "a = 1\na = 2\n", &fault), FAULT_USAGE);
	HAS_STR(fault.text, "t.toml:2: ");
	EQ_INT(parse(&doc, "a = \"\xff\"\n", &fault), FAULT_USAGE);
	EQ_INT(toml_parse(&doc, BYTES_OF("a = 1\n\0b"), "t.toml", &fault), FAULT_USAGE);
	HAS_STR(fault.text, "NUL");
	EQ_INT(parse(&doc, "a = \"x\\u0000y\"\n", &fault), FAULT_USAGE);
	HAS_STR(fault.text, "NUL");
	OK(doc == NULL);
}

/* The worst nesting that the limits let through: every line full of dots, in inline tables that
 * stand in lists, so that they may begin on a line of their own. */
static void
deepest(struct buf *to, int levels, int dots)
{
	for (int level = 0; level < levels; level++) {
		(void)buf_append_text(to, level == 0 ? "" : "[\n{");
		for (int i = 0; i < dots; i++)
			(void)buf_append_text(to, "a.");
		(void)buf_append_text(to, "a=");
	}
	(void)buf_append_text(to, "1");
	for (int level = 1; level < levels; level++)
		(void)buf_append_text(to, "}]");
	(void)buf_append_text(to, "\n");
}

TEST(toml_parse_refuses_depth_before_it_costs_stack)
{
	struct fault fault = FAULT_INIT;
	struct toml *doc = NULL;

	for (int levels = 1; levels <= 12; levels++)
		for (int dots = 250; dots <= 270; dots += 5) {
			struct buf text = BUF_INIT(1 << 20);
			int r;

			deepest(&text, levels, dots);
			r = toml_parse(&doc, buf_bytes(&text), "t.toml", &fault);
			OK(r == FAULT_LIMIT || r == FAULT_USAGE);
			buf_free(&text);
		}
	OK(doc == NULL);
}

TEST(toml_parse_takes_the_depth_it_promises)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	struct buf text = BUF_INIT(1 << 20);

	deepest(&text, 1, TOML_DEPTH_MAX - 1);
	EQ_INT(toml_parse(&doc, buf_bytes(&text), "t.toml", NULL), 0);
	buf_reset(&text);
	toml_free(&doc);
	deepest(&text, 1, TOML_DEPTH_MAX);
	EQ_INT(toml_parse(&doc, buf_bytes(&text), "t.toml", NULL), FAULT_LIMIT);
	buf_free(&text);
}

TEST(toml_parse_refuses_a_document_past_the_ceiling)
{
	struct buf text = BUF_INIT(2 * TOML_BYTES_MAX);
	struct toml *doc = NULL;

	for (size_t i = 0; i <= TOML_BYTES_MAX; i++)
		(void)buf_append_u8(&text, '\n');
	EQ_INT(toml_parse(&doc, buf_bytes(&text), "t.toml", NULL), FAULT_LIMIT);
	text.used--;
	EQ_INT(toml_parse(&doc, buf_bytes(&text), "t.toml", NULL), 0);
	toml_free(&doc);
	buf_free(&text);
}

TEST(toml_parse_survives_every_refused_allocation)
{
	EACH_FAILED_ALLOC
	{
		AUTO(toml_free)
		struct toml *doc = NULL;
		int r = parse(&doc, "[a]\nb = ['x', 'y']\n[c]\nd = 1\n", NULL);

		OK(r == 0 || r == FAULT_MEMORY);
		OK((r == 0) == (doc != NULL));
	}
}

TEST(a_header_that_is_no_key_is_an_error_and_not_an_abort)
{
	static const char *const texts[] = {"[%a]\n", "[\x11]\n", "[=]\n", "[a.%]\n", "[[,]]\n"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(toml_free)
		struct toml *doc = NULL;
		struct fault fault = FAULT_INIT;

		EQ_INT(toml_parse(&doc, bytes_text(texts[i]), "x.toml", &fault), FAULT_USAGE);
		HAS_STR(fault.text, "x.toml:1:");
	}
}

TEST(a_letter_with_an_accent_outside_of_a_text_is_an_error)
{
	static const char *const texts[] = {"\xc3\xa9 = 1\n", "a \xc3\xa9 = 1\n",
					    "a = 1 \xe2\x82\xac\n", "[a \xef\xbb\xbf]\n"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(toml_free)
		struct toml *doc = NULL;

		EQ_INT(toml_parse(&doc, bytes_text(texts[i]), "x.toml", NULL), FAULT_USAGE);
	}
}
