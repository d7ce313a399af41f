/*
 * context.c - keywords joined with the values that are assigned behind them
 *
 * Knows: where a keyword is part of a name, where a value begins, and that both must stand within
 * RULES_CONTEXT_BYTES and one newline.  Does not know: what a value looks like (plan.c's tables do).
 *
 * Cost: each byte behind a keyword is looked at once, however many keywords stand in a row; each
 * value is compared with the keywords of the 80 bytes before it.
 */
#include "base/text.h"
#include "rules/scan.h"

#define NAME_TAIL_BYTES 40 /* datadog_production_api_key VALUE */

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* "box" is no part of "checkbox", but "Box" of "myBoxKey", and "BOX" of "MY_BOX" and "myBOX". */
static bool
begins_a_part(struct bytes in, size_t at)
{
	uint8_t before, first = in.at[at];

	if (at == 0)
		return true;
	before = in.at[at - 1];
	if (!is_lower(before) && !is_upper(before))
		return true;
	if (is_lower(before))
		return is_upper(first);
	if (before == 'D' && at > 1 && in.at[at - 2] == '-') /* java -Dsonar.login=... */
		return true;
	return is_upper(first) && at + 1 < in.left && is_lower(in.at[at + 1]);
}

static bool
is_name(uint8_t c)
{
	return text_is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static int
try_word(struct scan *scan, const struct word *word, size_t value)
{
	const struct rules_literal *literal = &scan->set->literals[word->id];
	size_t support = word->at > 2 ? word->at - 2 : 0;

	for (uint32_t i = 0; i < literal->words_count; i++) {
		uint16_t rule = scan->set->words[literal->words + i];
		const struct rules_bounds *bounds = &scan->set->bounds[rule];
		bool may = false;
		int r;

		for (uint32_t k = 0; !may && k < bounds->starts_count; k++)
			may = scan_may_start(scan, &scan->set->refs[bounds->starts + k], value);
		if (!may)
			continue;
		r = scan_try_at(scan, rule, value, support);
		if (r != 0)
			return r;
	}
	return 0;
}

/* NAME VALUE with blanks alone between: command lines, Dockerfiles, netrc. */
static int
try_blank(struct scan *scan, const struct word *word)
{
	struct bytes in = scan->in;
	size_t value = scan->name_end;

	if (value - word->end > NAME_TAIL_BYTES || value >= in.left ||
	    (in.at[value] != ' ' && in.at[value] != '\t'))
		return 0;
	while (value < in.left && value - scan->name_end < 8 &&
	       (in.at[value] == ' ' || in.at[value] == '\t'))
		value++;
	while (value < in.left && value - scan->name_end < 12 &&
	       (in.at[value] == '"' || in.at[value] == '\''))
		value++;
	return value < in.left && is_name(in.at[value]) ? try_word(scan, word, value) : 0;
}

int
scan_word(struct scan *scan, uint32_t id, size_t at, size_t end)
{
	struct word word = {at, end, id};
	struct rules_scratch *s = scan->scratch;
	int r;

	if (!begins_a_part(scan->in, at))
		return 0;
	if (scan->name_end < end)
		scan->name_end = end;
	/* a name is read once, whatever many keywords it holds */
	while (scan->name_end < scan->in.left && scan->name_end - end < NAME_TAIL_BYTES &&
	       is_name(scan->in.at[scan->name_end]))
		scan->name_end++;
	r = try_blank(scan, &word);
	if (r == 0)
		r = scan_keep_word(scan, &word);
	/* the matcher tells in order of ends; should it not, order is made */
	for (size_t i = s->words_count;
	     r == 0 && i > 1 && s->words[i - 2].end > s->words[i - 1].end; i--) {
		struct word swap = s->words[i - 2];

		s->words[i - 2] = s->words[i - 1];
		s->words[i - 1] = swap;
	}
	return r;
}

/* Where the keyword of a value must at least end: 80 bytes and one newline away. */
static size_t
words_from(struct bytes in, size_t value)
{
	size_t least = value > RULES_CONTEXT_BYTES ? value - RULES_CONTEXT_BYTES : 0;
	unsigned newlines = 0;

	for (size_t at = value; at > least; at--)
		if (in.at[at - 1] == '\n' && ++newlines == 2)
			return at;
	return least;
}

/* The keywords words[0..count) end at or before the operator; the nearest come last. */
static int
try_value(struct scan *scan, size_t count, size_t value)
{
	const struct word *words = scan->scratch->words;
	size_t least;

	if (count == 0 || words[count - 1].end + RULES_CONTEXT_BYTES < value)
		return 0;
	least = words_from(scan->in, value);
	for (size_t i = count; i > 0 && words[i - 1].end >= least; i--) {
		int r = try_word(scan, &words[i - 1], value);

		if (r != 0)
			return r;
	}
	return 0;
}

static int
try_operator(struct scan *scan, size_t count, size_t op, size_t to)
{
	struct rules_values values = rules_values_behind(scan->in, op);
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++)
		if (values.at[i] != SIZE_MAX && values.at[i] >= scan->values_done &&
		    values.at[i] < to)
			r = try_value(scan, count, values.at[i]);
	return r;
}

/* Keywords that no value behind `to` can have. */
static void
forget_words(struct scan *scan, size_t to)
{
	struct rules_scratch *s = scan->scratch;
	size_t kept = 0;

	for (size_t i = 0; i < s->words_count; i++)
		if (s->words[i].end + RULES_CONTEXT_BYTES >= to)
			s->words[kept++] = s->words[i];
	s->words_count = kept;
}

int
scan_values(struct scan *scan, size_t to)
{
	static const bool operators[256] = {['='] = true, [':'] = true, ['>'] = true, [','] = true,
					    ['('] = true, ['['] = true, ['|'] = true};
	const struct rules_scratch *s = scan->scratch;
	size_t at =
	    scan->values_done > RULES_CONTEXT_BYTES ? scan->values_done - RULES_CONTEXT_BYTES : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->words_count; i++) {
		size_t last = s->words[i].end + RULES_CONTEXT_BYTES, next = i + 1;

		if (at < s->words[i].end)
			at = s->words[i].end;
		if (last > to)
			last = to;
		for (; r == 0 && at < last; at++) {
			if (!operators[scan->in.at[at]])
				continue;
			while (next < s->words_count && s->words[next].end <= at)
				next++;
			r = try_operator(scan, next, at, to);
		}
	}
	forget_words(scan, to);
	scan->values_done = to;
	return r;
}
