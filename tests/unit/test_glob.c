/*
 * test_glob.c - patterns of ignore files
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/glob.h"

static struct arena arena = ARENA_INIT((size_t)64 << 20);

/* "path" is a file, "path/" a folder. */
static int
answer(const char *lines, unsigned flags, const char *path)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, flags);
	struct bytes name = bytes_text(path);
	bool folder = bytes_ends(name, BYTES_OF("/"));

	arena_reset(&arena);
	if (glob_list_add_lines(&list, bytes_text(lines), NULL) < 0)
		return -1;
	return (int)glob_list_match(&list, bytes_slice(name, 0, name.left - folder), folder, NULL);
}

static bool
hits(const char *lines, const char *path)
{
	return answer(lines, 0, path) == GLOB_HIT;
}

TEST(a_name_without_slash_matches_at_every_depth)
{
	OK(hits("foo.map", "foo.map"));
	OK(hits("foo.map", "a/b/foo.map"));
	OK(!hits("foo.map", "a/foo.map/b"));
	OK(!hits("foo.map", "xfoo.map"));
	OK(hits("*.map", "a/b/c.js.map"));
	OK(hits("*.map", ".map"));
	OK(!hits("*.map", "a.map.txt"));
	OK(hits("*", "anything"));
}

TEST(a_slash_in_front_or_in_the_middle_anchors)
{
	OK(hits("/foo", "foo"));
	OK(!hits("/foo", "a/foo"));
	OK(hits("a/foo", "a/foo"));
	OK(!hits("a/foo", "b/a/foo"));
	OK(hits("/*.c", "x.c"));
	OK(!hits("/*.c", "a/x.c"));
	OK(!hits("a/*", "a/b/c"));
}

TEST(a_slash_at_the_end_wants_a_folder)
{
	OK(hits("build/", "build/"));
	OK(hits("build/", "x/build/"));
	OK(!hits("build/", "build"));
	OK(hits("/build/", "build/"));
	OK(!hits("/build/", "x/build/"));
}

TEST(two_stars_cross_folders)
{
	OK(hits("**/foo", "foo"));
	OK(hits("**/foo", "a/b/foo"));
	OK(!hits("**/foo", "a/bfoo"));
	OK(hits("**/a/foo", "x/a/foo"));
	OK(hits("abc/**", "abc/x/y"));
	OK(!hits("abc/**", "abc"));
	OK(!hits("abc/**", "abc/"));
	OK(hits("a/**/b", "a/b"));
	OK(hits("a/**/b", "a/x/y/b"));
	OK(!hits("a/**/b", "a/xb"));
	OK(!hits("a/**/b", "ab"));
	OK(hits("a/**/**/b", "a/b"));
	OK(hits("**", "a/b"));
	OK(hits("**/**", "a/b"));
	OK(hits("a**b", "aXXb"));
	OK(!hits("/a**b", "aX/Xb"));
	OK(hits("**/*.c", "x/y/z.c"));
	OK(hits("**/x/**/y", "a/x/b/x/c/y"));
}

TEST(stars_and_question_marks_stay_inside_a_name)
{
	OK(hits("f?o", "fxo"));
	OK(!hits("/a?b", "a/b"));
	OK(!hits("/a*b", "a/b"));
	OK(hits("*a*b*", "xxaxxbxx"));
	OK(!hits("*a*b*c", "xxbxxa"));
}

TEST(classes_ranges_and_named_classes)
{
	OK(hits("[ab].c", "a.c"));
	OK(!hits("[ab].c", "c.c"));
	OK(hits("[a-c]", "b"));
	OK(hits("[!a-c]", "d"));
	OK(hits("[^a-c]", "d"));
	OK(!hits("[!a-c]", "b"));
	OK(!hits("/x[!a]y", "x/y"));
	OK(hits("[]x]", "]"));
	OK(hits("[a-]", "-"));
	OK(hits("[[:digit:]x]", "7"));
	OK(hits("[[:upper:][:digit:]]", "Q"));
	OK(!hits("[[:alpha:]]", "7"));
	OK(hits("[\\]]", "]"));
	OK(!hits("[ab", "[ab"));
	OK(answer("[ab", GLOB_BRACKET, "[ab") == GLOB_HIT);
}

TEST(a_backslash_takes_the_next_byte_as_it_is)
{
	OK(hits("\\*", "*"));
	OK(!hits("\\*", "x"));
	OK(hits("\\!x", "!x"));
	OK(hits("\\#x", "#x"));
	OK(hits("a\\ ", "a "));
	OK(!hits("x\\", "x"));
	OK(!hits("x\\", "x\\"));
}

TEST(lines_that_say_nothing_say_nothing)
{
	EQ_INT(answer("\n#foo\n  \n\t\n", 0, "#foo"), GLOB_MISS);
	OK(hits("foo  \t\r\n", "foo"));
	OK(hits("\xef\xbb\xbf"
		"foo\n",
		"foo"));
	OK(!hits("/\n//\n!\n!/", "a"));
	OK(hits(" foo", " foo"));
}

TEST(the_last_pattern_that_matches_wins)
{
	EQ_INT(answer("*.js\n!keep.js\n", 0, "keep.js"), GLOB_TAKEN_BACK);
	EQ_INT(answer("*.js\n!keep.js\nkeep.js", 0, "keep.js"), GLOB_HIT);
	EQ_INT(answer("!keep.js", 0, "other.js"), GLOB_MISS);
}

TEST(which_is_the_line_that_decided)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, 0);
	const struct glob *which = NULL;

	arena_reset(&arena);
	NEED(glob_list_add_lines(&list, BYTES_OF("# maps\n*.map\n\n!a.map"), NULL) == 0);
	EQ_INT(glob_list_match(&list, BYTES_OF("b.map"), false, &which), GLOB_HIT);
	NEED(which != NULL);
	EQ_U64(which->line, 2);
	EQ_BYTES(which->text, BYTES_OF("*.map"));
	EQ_INT(glob_list_match(&list, BYTES_OF("a.map"), false, &which), GLOB_TAKEN_BACK);
	EQ_U64(which->line, 4);
	EQ_INT(glob_list_match(&list, BYTES_OF("c"), false, &which), GLOB_MISS);
	OK(which == NULL);
}

TEST(what_lies_in_a_folder_that_is_hit_cannot_be_taken_back)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, 0);

	arena_reset(&arena);
	NEED(glob_list_add_lines(&list, BYTES_OF("dist/\n!dist/keep.js\n!dist/"), NULL) == 0);
	EQ_INT(glob_list_match_below(&list, BYTES_OF("dist/keep.js"), false, NULL),
	       GLOB_TAKEN_BACK);
	arena_reset(&arena);
	list = (struct glob_list)GLOB_LIST_INIT(&arena, 0);
	NEED(glob_list_add_lines(&list, BYTES_OF("dist/\n!dist/keep.js\n"), NULL) == 0);
	EQ_INT(glob_list_match_below(&list, BYTES_OF("dist/keep.js"), false, NULL), GLOB_HIT);
	EQ_INT(glob_list_match_below(&list, BYTES_OF("src/dist"), false, NULL), GLOB_MISS);
}

TEST(npm_flags_ignore_case_and_expand_braces)
{
	EQ_INT(answer("README*", GLOB_NPM, "readme.md"), GLOB_HIT);
	EQ_INT(answer("[A-C].TXT", GLOB_NPM, "b.txt"), GLOB_HIT);
	EQ_INT(answer("*.{map,TS}", GLOB_NPM, "x.ts"), GLOB_HIT);
	EQ_INT(answer("*.{map,ts}", GLOB_NPM, "x.js"), GLOB_MISS);
	EQ_INT(answer("/{a,b/{c,d}}/e", GLOB_NPM, "b/d/e"), GLOB_HIT);
	EQ_INT(answer("/{a,b/{c,d}}/e", GLOB_NPM, "b/e"), GLOB_MISS);
	EQ_INT(answer("{a}", GLOB_NPM, "{a}"), GLOB_HIT);
	EQ_INT(answer("{a,b", GLOB_NPM, "{a,b"), GLOB_HIT);
	EQ_INT(answer("x{,.map}", GLOB_NPM, "x"), GLOB_HIT);
	EQ_INT(answer("*.{map,ts}", 0, "x.ts"), GLOB_MISS);
}

TEST(braces_make_a_bounded_number_of_patterns)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, GLOB_NPM);
	unsigned count = 0;

	arena_reset(&arena);
	NEED(glob_list_add(&list,
			   BYTES_OF("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"
				    "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"),
			   NULL) == 0);
	for (const struct glob *g = list.first; g != NULL; g = g->next)
		count++;
	EQ_U64(count, GLOB_BRACES_MAX);
}

TEST(braces_of_many_alternatives_end_once_there_are_enough)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, GLOB_NPM);
	char line[15 * 130 + 1];

	for (size_t i = 0; i < 15; i++) { /* 64^15 ways */
		memset(line + i * 130, ',', 130);
		line[i * 130] = '{';
		line[i * 130 + 129] = '}';
	}
	arena_reset(&arena);
	EQ_INT(glob_list_add(&list, bytes_make(line, 15 * 130), NULL), 0);
}

TEST(brackets_that_nothing_closes_cost_no_more_than_their_bytes)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, GLOB_NPM);
	static char line[4000];

	memset(line, '[', sizeof(line));
	memcpy(line, "{,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,}", 43);
	arena_reset(&arena);
	for (int i = 0; i < 20; i++)
		EQ_INT(glob_list_add(&list, bytes_make(line, sizeof(line)), NULL), 0);
	OK(arena.used_bytes < (size_t)64 << 20);
	OK(list.first != NULL);
}

TEST(many_stars_take_linear_time)
{
	char pattern[1001], path[4001];

	for (size_t i = 0; i < 500; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	pattern[1000] = '\0';
	memset(path, 'a', 4000);
	path[4000] = '\0';
	OK(hits(pattern, path));
	path[3999] = 'b';
	OK(!hits(pattern, path)); /* a backtracker would not come back */
}

TEST(a_pattern_that_is_too_long_is_void)
{
	struct glob_list list = GLOB_LIST_INIT(&arena, 0);
	static char pattern[GLOB_PATTERN_MAX + 2];

	arena_reset(&arena);
	memset(pattern, '*', GLOB_PATTERN_MAX + 1);
	NEED(glob_list_add(&list, bytes_make(pattern, GLOB_PATTERN_MAX + 1), NULL) == 0);
	OK(list.first == NULL);
	memset(pattern, '?', GLOB_PATTERN_MAX);
	NEED(glob_list_add(&list, bytes_make(pattern, GLOB_PATTERN_MAX), NULL) == 0);
	OK(list.first != NULL);
	EQ_INT(glob_list_match(&list, bytes_make(pattern, GLOB_PATTERN_MAX), false, NULL),
	       GLOB_HIT);
}

TEST(glob_list_out_of_memory_is_a_fault)
{
	EACH_FAILED_ALLOC
	{
		struct arena small = ARENA_INIT(1 << 20);
		struct glob_list list = GLOB_LIST_INIT(&small, GLOB_NPM);
		int r = glob_list_add_lines(&list, BYTES_OF("a{b,c}*[x]\nd/**/e"), NULL);

		EQ_INT(r, tap_alloc_refused() ? FAULT_MEMORY : 0);
		arena_free(&small);
	}
}
