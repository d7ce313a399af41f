/* A pattern, a NUL, a text: what PCRE2 finds has the shape that was promised. */
#include <assert.h>
#include <string.h>

#include "base/own.h"
#include "match/regex.h"
#include "match/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
holds(struct bytes match, const char *literal, bool caseless)
{
	size_t length = strlen(literal);

	for (size_t i = 0; i + length <= match.left; i++) {
		size_t k = 0;

		while (k < length && (match.at[i + k] == (uint8_t)literal[k] ||
				      (caseless && (match.at[i + k] | 32) == (literal[k] | 32))))
			k++;
		if (k == length)
			return true;
	}
	return false;
}

/* One of the ways must be one that this match can have gone. */
static void
check(const struct match_shape *shape, struct bytes match)
{
	bool possible = false;

	assert(match.left >= shape->min && match.left <= shape->max);
	for (size_t i = 0; i < match.left; i++)
		assert(match_class_has(&shape->all, match.at[i]));
	for (uint32_t i = 0; i < shape->count && !possible; i++) {
		char literal[64];
		bool caseless;

		possible = match.left >= shape->paths[i].min && match.left <= shape->paths[i].max &&
			   (!match_path_literal(&shape->paths[i], 2, literal, &caseless) ||
			    holds(match, literal, caseless));
	}
	assert(possible);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	AUTO(match_regex_free)
	struct match_regex *regex = NULL;
	AUTO(match_regex_scratch_free)
	struct match_regex_scratch *scratch = NULL;
	const uint8_t *end = memchr(data, '\0', size);
	struct match_shape shape;
	struct match_span span[1];
	struct bytes text;
	size_t from = 0;

	if (end == NULL || end - data > 200)
		return 0;
	text = bytes_make(end + 1, size - (size_t)(end + 1 - data));
	if (match_shape_of(&shape, (const char *)data, 0, &arena, NULL) < 0 ||
	    match_regex_new(&regex, (const char *)data, 0, NULL) < 0 ||
	    match_regex_compile(regex, NULL) < 0 || match_regex_scratch_new(&scratch, NULL) < 0)
		return 0;
	for (int i = 0; i < 20 && match_regex_find(regex, scratch, text, from, SIZE_MAX, 0, span, 1,
						   NULL) == 0;
	     i++) {
		check(&shape, bytes_slice(text, span[0].at, span[0].length));
		from = span[0].at + (span[0].length > 0 ? span[0].length : 1);
	}
	return 0;
}
