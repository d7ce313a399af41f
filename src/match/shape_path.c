/*
 * shape_path.c - what stands where on a path through an expression
 *
 * Knows: steps with one byte or a few.  Does not know: how paths come about (shape.c).
 */
#include <string.h>

#include "match/shape.h"
#include "match/shape_class.h"
#include "match/shape_count.h"

/* Is `set` this byte, or this letter in either case? */
static bool
is_byte(const struct match_class *set, uint8_t c, bool caseless)
{
	struct match_class want = {{0}};

	match_class_add(&want, c, c);
	if (caseless && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		match_class_add(&want, c ^ 0x20, c ^ 0x20);
	return match_class_within(set, &want);
}

static bool
may_be_byte(const struct match_class *set, uint8_t c, bool caseless)
{
	return match_class_has(set, c) || (caseless && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
					   match_class_has(set, c ^ 0x20));
}

/* Does the literal stand at step `s`?  *end: the step behind it. */
static bool
stands_at(const struct match_path *path, uint32_t s, const char *literal, size_t length,
	  bool caseless, bool sure, uint32_t *end)
{
	size_t at = 0;

	for (; at < length && s < path->count; s++) {
		const struct match_step *step = &path->steps[s];

		if (step->mark != 0 && at > 0)
			continue;
		if (!step->exact || step->min != step->max || step->min == 0 ||
		    step->min > length - at)
			return false;
		for (uint32_t i = 0; i < step->min; i++, at++)
			if (!(sure ? is_byte(&step->set, (uint8_t)literal[at], caseless)
				   : may_be_byte(&step->set, (uint8_t)literal[at], caseless)))
				return false;
	}
	*end = s;
	return at == length;
}

bool
match_path_has(const struct match_path *path, uint32_t from, const char *literal, size_t length,
	       bool caseless, bool sure, struct match_place *place)
{
	*place = (struct match_place){0};
	for (uint32_t s = 0; s < path->count; s++) {
		if (s >= from &&
		    stands_at(path, s, literal, length, caseless, sure, &place->step_end)) {
			place->step = s;
			return true;
		}
		place->offset_min =
		    shape_at_least(shape_add(place->offset_min, path->steps[s].min));
		place->offset_max = shape_add(place->offset_max, path->steps[s].max);
	}
	return false;
}

/* The one byte of the step, small if it is a letter of either case; -1: no single one. */
static int
single(const struct match_step *step, bool *either)
{
	unsigned members = match_class_count(&step->set);

	if (!step->exact || step->min != 1 || step->max != 1 || members == 0 || members > 2)
		return -1;
	for (unsigned c = 0; c < 256; c++)
		if (match_class_has(&step->set, (uint8_t)c)) {
			if (members == 1)
				return (int)c;
			*either = true;
			return c >= 'A' && c <= 'Z' &&
				       match_class_has(&step->set, (uint8_t)(c | 32))
				   ? (int)(c | 32)
				   : -1;
		}
	return -1;
}

bool
match_path_literal(const struct match_path *path, size_t least, char text[64], bool *caseless)
{
	size_t best = 0, length = 0;
	bool either = false;
	char now[64];

	for (uint32_t s = 0; s <= path->count; s++) {
		bool this_either = false;
		int c;

		if (s < path->count && path->steps[s].mark != 0)
			continue;
		c = s < path->count ? single(&path->steps[s], &this_either) : -1;

		if (c < 0 || length == sizeof(now) - 1) {
			if (length > best) {
				memcpy(text, now, length);
				text[length] = '\0';
				best = length;
				*caseless = either;
			}
			length = 0;
			either = false;
		}
		if (c >= 0) {
			now[length++] = (char)c;
			either = either || this_either;
		}
	}
	return best >= least && memchr(text, '\0', best) == NULL;
}

bool
match_path_capture(const struct match_path *path, unsigned group, uint32_t *offset_min,
		   uint32_t *offset_max)
{
	*offset_min = *offset_max = 0;
	if (group == 0)
		return true;
	for (uint32_t s = 0; s < path->count; s++) {
		if (path->steps[s].mark == group)
			return true;
		*offset_min = shape_at_least(shape_add(*offset_min, path->steps[s].min));
		*offset_max = shape_add(*offset_max, path->steps[s].max);
	}
	return false;
}
