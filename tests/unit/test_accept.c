/* Proves policy/accept.h: entries bound to content, one sorted line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "policy/accept.h"
#include "tap.h"

#define KEY_LINE "key 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static struct accept_list *
list_of(enum accept_kind kind, const char *text)
{
	struct accept_list *list = NULL;
	struct fault fault = FAULT_INIT;

	if (accept_parse(&list, kind, bytes_text(text), "s", &fault) < 0)
		FAIL("%s", fault.text);
	return list;
}

static void
content_of(const char *text, uint8_t content[ACCEPT_CONTENT_BYTES])
{
	memset(content, 0, ACCEPT_CONTENT_BYTES);
	(void)snprintf((char *)content, ACCEPT_CONTENT_BYTES, "%s", text);
}

static void
add(struct accept_list *list, const char *what, const char *place, const char *until,
    const char *reason)
{
	struct accept_entry entry = {.place = place, .owner = "alice", .reason = reason};
	uint8_t content[ACCEPT_CONTENT_BYTES];

	content_of(what, content);
	EQ_INT(clock_parse_date(until, &entry.until, NULL), 0);
	EQ_INT(accept_add(list, "debris", what, content, &entry, NULL), 0);
}

static struct accept_entry *
find(struct accept_list *list, const char *what)
{
	uint8_t content[ACCEPT_CONTENT_BYTES];

	content_of(what, content);
	return accept_find(list, "debris", what, content);
}

TEST(accept_what_is_written_is_read_back)
{
	AUTO(accept_free)
	struct accept_list *list = list_of(ACCEPT_SUPPRESSION, KEY_LINE);
	AUTO(accept_free)
	struct accept_list *again = NULL;
	struct buf first = BUF_INIT(1 << 16), second = BUF_INIT(1 << 16);

	add(list, "b", "a dir/with blanks", "2026-12-31", "it is  public, see docs");
	add(list, "a", ".", "2027-01-01", "x");
	EQ_INT(accept_format(list, &first), 0);
	again = list_of(ACCEPT_SUPPRESSION, buf_text(&first));
	NEED(again != NULL);
	EQ_U64(accept_count(again), 2);
	EQ_STR(find(again, "b")->place, "a dir/with blanks");
	EQ_STR(find(again, "b")->reason, "it is  public, see docs");
	EQ_STR(find(again, "a")->owner, "alice");
	EQ_INT(accept_format(again, &second), 0);
	EQ_STR(buf_text(&second), buf_text(&first));
	buf_free(&first);
	buf_free(&second);
}

TEST(accept_finds_by_content_detector_and_rule_together)
{
	AUTO(accept_free)
	struct accept_list *list = list_of(ACCEPT_SUPPRESSION, KEY_LINE);
	uint8_t content[ACCEPT_CONTENT_BYTES];

	add(list, "key", "p", "2026-12-31", "r");
	content_of("key", content);
	OK(accept_find(list, "debris", "key", content) != NULL);
	OK(accept_find(list, "debris", "other", content) == NULL);
	OK(accept_find(list, "secret", "key", content) == NULL);
	content[31] = 1;
	OK(accept_find(list, "debris", "key", content) == NULL);
}

TEST(accept_the_hash_depends_on_the_key)
{
	AUTO(accept_free)
	struct accept_list *one = list_of(ACCEPT_SUPPRESSION, KEY_LINE);
	AUTO(accept_free)
	struct accept_list *other = list_of(ACCEPT_SUPPRESSION, "");
	AUTO(accept_free)
	struct accept_list *third = list_of(ACCEPT_SUPPRESSION, "");

	add(one, "k", "p", "2026-12-31", "r");
	add(other, "k", "p", "2026-12-31", "r");
	add(third, "k", "p", "2026-12-31", "r");
	OK(memcmp(accept_at(one, 0)->hash, accept_at(other, 0)->hash, ACCEPT_HASH_BYTES) != 0);
	OK(memcmp(accept_at(third, 0)->hash, accept_at(other, 0)->hash, ACCEPT_HASH_BYTES) != 0);
}

/* What git's union driver makes of two branches: the lines of both, in any order, keys too. */
TEST(accept_a_union_merge_of_two_branches_answers_for_both)
{
	AUTO(accept_free)
	struct accept_list *ours = list_of(ACCEPT_BASELINE, "");
	AUTO(accept_free)
	struct accept_list *theirs = list_of(ACCEPT_BASELINE, "");
	AUTO(accept_free)
	struct accept_list *merged = NULL;
	struct buf text = BUF_INIT(1 << 16);
	struct accept_entry entry = {.place = "p"};
	uint8_t content[ACCEPT_CONTENT_BYTES];

	content_of("a", content);
	EQ_INT(accept_add(ours, "debris", "a", content, &entry, NULL), 0);
	content_of("b", content);
	EQ_INT(accept_add(theirs, "debris", "b", content, &entry, NULL), 0);
	EQ_INT(accept_format(theirs, &text), 0);
	EQ_INT(accept_format(ours, &text), 0);
	EQ_INT(accept_format(ours, &text), 0);
	merged = list_of(ACCEPT_BASELINE, buf_text(&text));
	OK(find(merged, "a") != NULL);
	OK(find(merged, "b") != NULL);
	/* What both branches hold stands once when it is written again. */
	buf_reset(&text);
	EQ_INT(accept_format(merged, &text), 0);
	OK(bytes_find(buf_bytes(&text), BYTES_OF("debris/a p\n")) >= 0);
	{
		struct bytes rest = buf_bytes(&text);
		ptrdiff_t at = bytes_find(rest, BYTES_OF("debris/a p\n"));

		(void)bytes_skip(&rest, (size_t)at + 1);
		OK(bytes_find(rest, BYTES_OF("debris/a p\n")) < 0);
	}
	buf_free(&text);
}

TEST(accept_of_two_entries_for_one_content_the_longer_holds)
{
	AUTO(accept_free)
	struct accept_list *list = list_of(ACCEPT_SUPPRESSION, KEY_LINE);
	AUTO(accept_free)
	struct accept_list *merged = NULL;
	struct buf text = BUF_INIT(1 << 16);
	char day[CLOCK_DATE_TEXT];

	add(list, "k", "p", "2026-06-01", "r");
	EQ_INT(accept_format(list, &text), 0);
	add(list, "k", "p", "2027-06-01", "r");
	EQ_U64(accept_count(list), 1);
	EQ_INT(accept_format(list, &text), 0);
	merged = list_of(ACCEPT_SUPPRESSION, buf_text(&text));
	EQ_U64(accept_count(merged), 2);
	EQ_STR(clock_format_date(find(merged, "k")->until, day), "2027-06-01");
	buf_free(&text);
}

struct wrong {
	const char *text, *says;
};

TEST(accept_wrong_lines_are_named)
{
#define HASH "000102030405060708090a0b0c0d0e0f"
	static const struct wrong wrong[] = {
	    {KEY_LINE "nonsense\n", "s:2: an entry begins with 32"},
	    {KEY_LINE "\n# c\n" HASH "\n", "s:4: the second word"},
	    {KEY_LINE HASH " debris\n", "the second word"},
	    {KEY_LINE HASH " debris/ 2026-12-31 a p r\n", "the second word"},
	    {KEY_LINE HASH " debris/x soon a p r\n", "the third word"},
	    {KEY_LINE HASH " debris/x 2026-12-31 Al p r\n", "the fourth word"},
	    {KEY_LINE HASH " debris/x 2026-12-31 al\n", "the place is missing"},
	    {KEY_LINE HASH " debris/x 2026-12-31 al p\n", "the reason is missing"},
	    {KEY_LINE HASH " debris/x 2026-12-31 al p r\tx\n", "a control byte"},
	    {HASH " debris/x 2026-12-31 al p r\n", "without a key"},
	    {"key 12\n", "a key is 64"},
	    {"<<<<<<< HEAD\n", "a merge conflict"},
	    {"\xff\n", "not UTF-8"},
	};
	struct fault fault = FAULT_INIT;
	struct accept_list *list = NULL;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		EQ_INT(
		    accept_parse(&list, ACCEPT_SUPPRESSION, bytes_text(wrong[i].text), "s", &fault),
		    FAULT_USAGE);
		HAS_STR(fault.text, wrong[i].says);
		OK(list == NULL);
	}
}

TEST(accept_content_is_the_evidence_where_there_is_some)
{
	struct finding f = {.id = "0123456789abcdef", .has_sha256 = true};
	uint8_t a[ACCEPT_CONTENT_BYTES], b[ACCEPT_CONTENT_BYTES];

	EQ_INT(accept_content(&f, a, NULL), 0);
	f.at.at_bytes = 7; /* another place in the same blob */
	EQ_INT(accept_content(&f, b, NULL), 0);
	OK(memcmp(a, b, sizeof(a)) != 0);
	f.at.at_bytes = 0;
	f.count = 2; /* one more of them */
	EQ_INT(accept_content(&f, b, NULL), 0);
	OK(memcmp(a, b, sizeof(a)) != 0);
	f.has_evidence = true;
	f.evidence[0] = 9;
	EQ_INT(accept_content(&f, a, NULL), 0);
	f.at.at_bytes = 7; /* the secret moved, the file changed around it */
	f.sha256[3] = 1;
	EQ_INT(accept_content(&f, b, NULL), 0);
	EQ_BYTES(bytes_make(b, sizeof(b)), bytes_make(a, sizeof(a)));
}

TEST(accept_survives_every_refused_allocation)
{
	EACH_FAILED_ALLOC
	{
		AUTO(accept_free)
		struct accept_list *list = NULL;
		struct buf text = BUF_INIT(1 << 16);
		int r = accept_parse(&list, ACCEPT_SUPPRESSION,
				     bytes_text(KEY_LINE HASH " debris/x 2026-12-31 al p r\n"), "s",
				     NULL);

		OK(r == 0 || r == FAULT_MEMORY);
		if (r == 0)
			r = accept_format(list, &text);
		OK(r == 0 || r == FAULT_MEMORY);
		buf_free(&text);
	}
}
