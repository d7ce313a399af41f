/*
 * test_diff.c - the lines that a diff adds
 */
#include "unpack/diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

/* All entries as "NAME{CONTENT}", unreadable ones as "NAME!WHY". */
static void
is(const char *diff, const char *want)
{
	AUTO(buf_free)
	struct buf got = BUF_INIT(1 << 20);
	struct diff_entry e;
	struct stream s;
	struct diff d;
	int r;

	stream_from_memory(&s, bytes_text(diff));
	diff_init(&d, &s, 1 << 20);
	while ((r = diff_next(&d, &e, NULL)) == 0) {
		(void)buf_append(&got, e.name.at, e.name.left);
		if (e.unreadable != NULL)
			(void)buf_printf(&got, "!%s", e.unreadable);
		(void)buf_append_text(&got, "{");
		(void)buf_append(&got, e.content.at, e.content.left);
		(void)buf_append_text(&got, "}");
	}
	EQ_INT(r, DIFF_END);
	EQ_STR(buf_text(&got), want);
	diff_fini(&d);
}

TEST(added_lines_stand_where_they_stand_in_the_new_file)
{
	is("diff --git a/x.c b/x.c\n"
	   "index 1..2 100644\n"
	   "--- a/x.c\n"
	   "+++ b/x.c\n"
	   "@@ -1,2 +3,3 @@ int f\n"
	   " a\n"
	   "-b\n"
	   "+B\n"
	   "+C\n"
	   "@@ -9 +12 @@\n"
	   "-z\n"
	   "+Z\n",
	   "x.c{\n\n\nB\nC\n\n\n\n\n\n\nZ\n}");
}

TEST(content_that_looks_like_a_header_is_content)
{
	is("--- a/x\n+++ b/x\n@@ -1 +1,3 @@\n--- a/y\n++++ b/y\n+@@ -1 +1 @@\n+diff --git a/q "
	   "b/q\n",
	   "x{+++ b/y\n@@ -1 +1 @@\ndiff --git a/q b/q\n}");
}

TEST(a_merge_adds_what_no_parent_has_and_what_one_lacks)
{
	is("diff --cc m\n"
	   "index 1,2..3\n"
	   "--- a/m\n"
	   "+++ b/m\n"
	   "@@@ -1,2 -1,2 +1,3 @@@\n"
	   "  same\n"
	   "- old\n"
	   " -alt\n"
	   "++new\n"
	   "+ other\n",
	   "m{\nnew\nother\n}");
}

TEST(names_are_unquoted_and_renamed)
{
	is("diff --git \"a/\\303\\244.c\" \"b/\\303\\244 \\\"q\\\".c\"\n"
	   "similarity index 90%\n"
	   "rename from \"\\303\\244.c\"\n"
	   "rename to \"\\303\\244 \\\"q\\\".c\"\n"
	   "--- \"a/\\303\\244.c\"\n"
	   "+++ \"b/\\303\\244 \\\"q\\\".c\"\n"
	   "@@ -0,0 +1 @@\n"
	   "+x\n",
	   "\xc3\xa4 \"q\".c{x\n}");
}

TEST(binary_content_is_said_not_to_be_there)
{
	is("diff --git a/i.png b/i.png\n"
	   "index 1..2 100644\n"
	   "Binary files a/i.png and b/i.png differ\n"
	   "diff --git a/t b/t\n"
	   "--- a/t\n"
	   "+++ b/t\n"
	   "@@ -0,0 +1 @@\n"
	   "+t\n",
	   "i.png!binary content is not in the diff{}t{t\n}");
}

TEST(messages_between_files_are_kept)
{
	is("commit 1\nAuthor: A\n\n    secret words\n\n"
	   "diff --git a/t b/t\n--- a/t\n+++ b/t\n@@ -0,0 +1 @@\n+t\n"
	   "commit 2\n    more\n",
	   "t{t\n}{commit 1\nAuthor: A\n\n    secret words\n\ncommit 2\n    more\n}");
}

TEST(a_plain_diff_without_git_has_files_too)
{
	is("--- old/a\t2026-01-01\n+++ new/a\t2026-01-02\n@@ -1 +1 @@\n-x\n+y\n"
	   "--- old/b\t2026-01-01\n+++ new/b\t2026-01-02\n@@ -0,0 +1 @@\n+z\n"
	   "\\ No newline at end of file\n",
	   "new/a{y\n}new/b{z\n}");
}

TEST(a_hunk_at_a_lied_line_costs_no_memory)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);
	struct diff_entry e;
	struct stream s;
	struct diff d;

	(void)buf_append_text(&text, "--- a/x\n+++ b/x\n@@ -1 +99999999999999,2 @@\n-a\n+b\n+c\n");
	stream_from_memory(&s, buf_bytes(&text));
	diff_init(&d, &s, (size_t)64 << 20);
	EQ_INT(diff_next(&d, &e, NULL), 0);
	EQ_U64(e.content.left, DIFF_EMPTY_LINES_MAX + 4);
	OK(e.unreadable == NULL);
	diff_fini(&d);
}

TEST(more_than_may_be_held_is_unreadable)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);
	struct diff_entry e;
	struct stream s;
	struct diff d;

	(void)buf_append_text(&text, "--- a/x\n+++ b/x\n@@ -0,0 +1,1000 @@\n");
	for (int i = 0; i < 1000; i++)
		(void)buf_append_text(&text, "+0123456789\n");
	stream_from_memory(&s, buf_bytes(&text));
	diff_init(&d, &s, 1000);
	EQ_INT(diff_next(&d, &e, NULL), 0);
	HAS_STR(e.unreadable, "--limit member");
	diff_fini(&d);
}

TEST(out_of_memory_is_told)
{
	EACH_FAILED_ALLOC
	{
		struct diff_entry e;
		struct stream s;
		struct diff d;
		int r;

		stream_from_memory(&s, BYTES_OF("m\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+t\n"));
		diff_init(&d, &s, 1000);
		while ((r = diff_next(&d, &e, NULL)) == 0)
			;
		EQ_INT(r, tap_alloc_refused() ? FAULT_MEMORY : DIFF_END);
		diff_fini(&d);
	}
}
