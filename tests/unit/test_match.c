/* Literals, runs, entropy, expressions and their shapes. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "match/entropy.h"
#include "match/literals.h"
#include "match/regex.h"
#include "match/runs.h"
#include "match/shape.h"
#include "tap.h"

/* ---- literals ---- */

struct hits {
	uint32_t id[64];
	size_t end[64];
	size_t count;
};

static int
on_hit(void *to, uint32_t id, size_t end)
{
	struct hits *hits = to;

	if (hits->count < ARRAY_LEN(hits->id)) {
		hits->id[hits->count] = id;
		hits->end[hits->count] = end;
	}
	hits->count++;
	return 0;
}

static const struct match_literal words[] = {
    {"ghp_", 4, false}, {"Datadog", 7, true}, {"dog", 3, false}};

static void
expect_words(const struct match_literals *literals)
{
	AUTO(match_scratch_free)
	struct match_scratch *scratch = NULL;
	struct fault fault = FAULT_INIT;
	struct hits hits = {.count = 0};

	NEED(match_scratch_new(&scratch, literals, &fault) == 0);
	EQ_INT(match_literals_scan(literals, scratch, BYTES_OF("DATADOG ghp_ Ghp_ datadog"), on_hit,
				   &hits, &fault),
	       0);
	EQ_U64(hits.count, 4);
	EQ_U64(hits.id[0], 1);
	EQ_U64(hits.end[0], 7);
	EQ_U64(hits.id[1], 0);
	EQ_U64(hits.end[1], 12);
	EQ_U64(hits.end[2], 25);
	EQ_U64(hits.end[3], 25);
}

TEST(literals_are_found_by_their_ends_each_in_its_own_case)
{
	AUTO(match_literals_free)
	struct match_literals *literals = NULL;
	struct fault fault = FAULT_INIT;

	NEED(match_literals_build(&literals, words, ARRAY_LEN(words), &fault) == 0);
	expect_words(literals);
}

TEST(saved_literals_load_and_a_flipped_byte_is_stale)
{
	AUTO(match_literals_free)
	struct match_literals *literals = NULL;
	AUTO(match_literals_free)
	struct match_literals *loaded = NULL;
	AUTO(buf_free)
	struct buf saved = BUF_INIT((size_t)1 << 20);
	struct fault fault = FAULT_INIT;

	NEED(match_literals_build(&literals, words, ARRAY_LEN(words), &fault) == 0);
	NEED(match_literals_save(literals, &saved, &fault) == 0);
	NEED(match_literals_load(&loaded, buf_bytes(&saved), &fault) == 0);
	expect_words(loaded);
	match_literals_free(&loaded);
	saved.at[saved.used / 2] ^= 1;
	EQ_INT(match_literals_load(&loaded, buf_bytes(&saved), &fault), MATCH_STALE);
	EQ_INT(match_literals_load(&loaded, BYTES_OF("no"), &fault), MATCH_STALE);
}

TEST(a_literal_of_one_byte_is_refused)
{
	const struct match_literal list[] = {{"a", 1, false}};
	struct match_literals *literals = NULL;
	struct fault fault = FAULT_INIT;

	EQ_INT(match_literals_build(&literals, list, 1, &fault), FAULT_USAGE);
}

/* ---- runs ---- */

struct runs {
	struct match_run run[4096];
	size_t count;
};

static int
on_run(void *to, const struct match_run *run)
{
	struct runs *runs = to;

	if (runs->count < ARRAY_LEN(runs->run))
		runs->run[runs->count] = *run;
	runs->count++;
	return 0;
}

/* Byte by byte. */
static void
plain_runs(struct bytes in, size_t min, struct runs *out)
{
	out->count = 0;
	for (size_t at = 0; at < in.left;) {
		struct match_run run = {.at = at};

		for (; at < in.left && match_run_class[in.at[at]] != 0; at++)
			run.classes |= match_run_class[in.at[at]];
		run.length = at - run.at;
		if (run.length >= min)
			(void)on_run(out, &run);
		if (run.length == 0)
			at++;
	}
}

static uint64_t
draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

TEST(runs_are_the_same_with_and_without_avx2_and_byte_by_byte)
{
	static struct runs fast, portable, plain;
	static uint8_t text[3000];
	uint64_t state = 7;

	for (int round = 0; round < 3000; round++) {
		size_t length = draw(&state) % sizeof(text), min = 1 + draw(&state) % 70;
		uint64_t rarity = 1 + draw(&state) % 60;

		for (size_t i = 0; i < length; i++)
			text[i] = draw(&state) % rarity == 0
				      ? (uint8_t)draw(&state)
				      : (uint8_t) "aZ9+/_-=kF"[draw(&state) % 10];
		fast.count = portable.count = 0;
		plain_runs(bytes_make(text, length), min, &plain);
		EQ_INT(match_runs(bytes_make(text, length), min, on_run, &fast), 0);
		EQ_INT(match_runs_portable(bytes_make(text, length), min, on_run, &portable), 0);
		NEED(fast.count == plain.count && portable.count == plain.count);
		for (size_t i = 0; i < plain.count && i < ARRAY_LEN(plain.run); i++) {
			NEED(fast.run[i].at == plain.run[i].at &&
			     fast.run[i].length == plain.run[i].length &&
			     fast.run[i].classes == plain.run[i].classes);
			NEED(portable.run[i].at == plain.run[i].at &&
			     portable.run[i].length == plain.run[i].length);
		}
	}
}

TEST(a_run_takes_every_token_character_and_no_other)
{
	for (unsigned c = 0; c < 256; c++) {
		static struct runs runs;
		uint8_t text[40];
		bool wanted = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			      (c >= 'a' && c <= 'z') || (c != 0 && strchr("+/_=-", (int)c) != NULL);

		memset(text, (int)c, sizeof(text));
		runs.count = 0;
		EQ_INT(match_runs(bytes_make(text, sizeof(text)), 20, on_run, &runs), 0);
		EQ_U64(runs.count, wanted ? 1 : 0);
	}
}

/* ---- entropy ---- */

TEST(entropy_is_that_of_shannon)
{
	EQ_U64(match_entropy_milli(BYTES_OF("")), 0);
	EQ_U64(match_entropy_milli(BYTES_OF("aaaaaaaa")), 0);
	EQ_U64(match_entropy_milli(BYTES_OF("abababab")), 1000);
	EQ_U64(match_entropy_milli(BYTES_OF("abcdefgh")), 3000);
	EQ_U64(match_entropy_milli(BYTES_OF("0123456789abcdef")), 4000);
}

TEST(words_are_wordlike_and_noise_is_not)
{
	static const char *const names[] = {"getElementsByTagName", "authentication_token_provider",
					    "MAX_RETRY_COUNT",      "application/octet-stream",
					    "InternalServerError",  "deprecated-function-warning"};
	static const char *const noise[] = {
	    "x7Kq2ZpW9vRt4LmNcY1b", "9f86d081884c7d659a2feaa0c55ad015",
	    "Zx8fQp0LkVwYt3JrBnHd", "3Qk9vXzR7tWmYpLc",
	    "q7w2z9k4x8v3j6",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		OK(match_wordlike_milli(bytes_text(names[i])) > 550);
	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		OK(match_wordlike_milli(bytes_text(noise[i])) < 400);
}

/* ---- expressions ---- */

static int
find(const char *pattern, const char *text, size_t from, unsigned flags, struct match_span *span)
{
	AUTO(match_regex_free)
	struct match_regex *regex = NULL;
	AUTO(match_regex_scratch_free)
	struct match_regex_scratch *scratch = NULL;
	struct fault fault = FAULT_INIT;
	struct match_span spans[4];
	int r = match_regex_new(&regex, pattern, 0, &fault);

	if (r == 0)
		r = match_regex_scratch_new(&scratch, &fault);
	if (r == 0)
		r = match_regex_find(regex, scratch, bytes_text(text), from, SIZE_MAX, flags, spans,
				     4, &fault);
	if (r == 0)
		*span = spans[1];
	return r;
}

TEST(an_expression_gives_its_captures_and_sees_what_is_before_by_lookbehind_only)
{
	struct match_span span = {0, 0};

	EQ_INT(find("(?<!x)(ghp_[a-z]{3})", "xghp_abc ghp_def", 0, 0, &span), 0);
	EQ_U64(span.at, 9);
	EQ_U64(span.length, 7);
	EQ_INT(find("(?<!x)(ghp_[a-z]{3})", "xghp_abc", 1, MATCH_AT_FROM, &span), MATCH_NONE);
	EQ_INT(find("(a)$", "ba", 0, MATCH_NOT_END, &span), MATCH_NONE);
}

TEST(an_expression_that_explodes_is_given_up_at_its_limit)
{
	struct match_span span;

	EQ_INT(
	    find("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 0, 0, &span),
	    MATCH_LIMIT);
}

TEST(what_has_no_bounds_is_no_expression)
{
	static const char *const patterns[] = {"a\\Cb", "(", "(*COMMIT)a", "a(?C1)b"};
	struct match_span span;

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (strcmp(patterns[i], "a(?C1)b") != 0)
			EQ_INT(find(patterns[i], "abc", 0, 0, &span), FAULT_USAGE);
}

/* ---- shapes ---- */

#define SHAPE(name, text)                                                                          \
	AUTO(arena_free)                                                                           \
	struct arena name##_arena = ARENA_INIT((size_t)8 << 20);                                   \
	struct match_shape name;                                                                   \
	struct fault name##_fault = FAULT_INIT;                                                    \
	NEED(match_shape_of(&name, (text), 0, &name##_arena, &name##_fault) == 0)

TEST(a_shape_has_the_bounds_of_its_expression)
{
	SHAPE(fixed, "\\b(ghp_[A-Za-z0-9]{36})\\b");
	SHAPE(range, "x(?:ab|cde)?[0-9]{2,5}");
	SHAPE(open, "a+b");
	SHAPE(look, "(?<![a-z]{3})a(?=bcd)");

	EQ_U64(fixed.min, 40);
	EQ_U64(fixed.max, 40);
	EQ_U64(fixed.captures, 1);
	EQ_U64(fixed.ahead, 1);
	EQ_U64(range.min, 3);
	EQ_U64(range.max, 9);
	EQ_U64(open.max, MATCH_UNBOUNDED);
	EQ_U64(look.behind, 3);
	EQ_U64(look.ahead, 3);
}

TEST(a_literal_stands_in_every_way_or_it_is_not_sure)
{
	SHAPE(both, "(?:ghp|gho)_[a-z]{4}");
	SHAPE(maybe, "gh[po]_[a-z]{4}");
	struct match_place place;

	EQ_U64(both.count, 2);
	OK(match_path_has(&both.paths[0], 0, "ghp_", 4, false, true, &place));
	OK(!match_path_has(&both.paths[1], 0, "ghp_", 4, false, true, &place));
	EQ_U64(maybe.count, 1);
	OK(!match_path_has(&maybe.paths[0], 0, "ghp_", 4, false, true, &place));
	OK(match_path_has(&maybe.paths[0], 0, "ghp_", 4, false, false, &place));
}

TEST(a_place_tells_where_the_literal_stands)
{
	SHAPE(shape, "[a-f0-9]{32}-us[0-9]{1,2}");
	struct match_place place;

	NEED(match_path_has(&shape.paths[0], 0, "-us", 3, false, true, &place));
	EQ_U64(place.offset_min, 32);
	EQ_U64(place.offset_max, 32);
}

TEST(the_longest_literal_of_a_way_is_known_in_either_case)
{
	SHAPE(shape, "(?i)[a-z]{3,9}DataDog[_-](?-i)KEY=[0-9]{3}");
	char text[64];
	bool caseless;

	NEED(match_path_literal(&shape.paths[0], 3, text, &caseless));
	EQ_STR(text, "datadog");
	OK(caseless);
}

TEST(what_a_shape_cannot_say_is_refused)
{
	static const char *const patterns[] = {
	    "(a)\\1",  "(?R)",      "a\\Kb", "\\Gabc", "(?(1)a|b)", "[[.a.]]", "[a-",
	    "(?x)a b", "(*ACCEPT)", "*a",    "a)",     "(?1)",      "\\g{1}",  "\\k<a>"};

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		AUTO(arena_free)
		struct arena arena = ARENA_INIT((size_t)8 << 20);
		struct match_shape shape;
		struct fault fault = FAULT_INIT;

		if (!EQ_INT(match_shape_of(&shape, patterns[i], 0, &arena, &fault), FAULT_USAGE))
			FAIL("%s", patterns[i]);
	}
}

TEST(many_alternatives_are_said_less_exactly_and_never_wrongly)
{
	SHAPE(shape, "(?:a|bb|c|d)(?:e|f|g|h)(?:i|j|k|l)(?:m|n|o|ppp)[0-9]");

	EQ_U64(shape.min, 5);
	EQ_U64(shape.max, 8);
	OK(shape.count <= MATCH_PATHS_MAX);
}
