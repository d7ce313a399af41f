/*
 * pack.c - rules as bytes: what is embedded, and what the digest of a set is of
 *
 *	count, 4 bytes; then each rule: its numbers, its texts, its lists, in the order of the tables
 *	below.  A number is 4 bytes, little-endian.  A text is its length (UINT32_MAX: none) and its
 *	bytes with a NUL behind them, not counted.  A list is a number and so many texts.
 *
 * Examples for the tests are not part of it.
 */
#include <string.h>

#include "base/own.h"
#include "rules/inside.h"

#define NO_TEXT UINT32_MAX

#define RULE_TEXTS(X)                                                                              \
	X(id) X(family) X(title) X(why) X(fix) X(source) X(pattern) X(check) X(requires)
#define RULE_LISTS(X) X(anchors) X(examples) X(allow)

#define FLAG_CASELESS 1u
#define FLAG_LONG     2u
#define FLAG_OFF      4u
#define FLAG_FOREIGN  8u

#define NUMBERS 8

static void
put(struct buf *to, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 24)};

	(void)buf_append(to, bytes, sizeof(bytes));
}

static void
put_text(struct buf *to, const char *text)
{
	put(to, text == NULL ? NO_TEXT : (uint32_t)strlen(text));
	if (text != NULL)
		(void)buf_append(to, text, strlen(text) + 1);
}

static void
put_rule(struct buf *to, const struct rule *rule)
{
	put(to, (uint32_t)rule->severity);
	put(to, (uint32_t)rule->lane);
	put(to, rule->group);
	put(to, (rule->anchors_caseless ? FLAG_CASELESS : 0) | (rule->is_long ? FLAG_LONG : 0) |
		    (rule->off_by_default ? FLAG_OFF : 0) | (rule->foreign ? FLAG_FOREIGN : 0));
	put(to, rule->reach_after);
	put(to, rule->entropy_min_milli);
	put(to, rule->digits_min);
	put(to, rule->within_lines);
#define X(name) put_text(to, rule->name);
	RULE_TEXTS(X)
#undef X
#define X(name)                                                                                    \
	put(to, (uint32_t)rule->name##_count);                                                     \
	for (size_t i = 0; i < rule->name##_count; i++)                                            \
		put_text(to, rule->name[i]);
	RULE_LISTS(X)
#undef X
}

int
rules_pack(const struct rule_set *set, struct buf *to, struct fault *fault)
{
	put(to, (uint32_t)set->count);
	for (size_t i = 0; i < set->count; i++)
		put_rule(to, &set->rules[i]);
	return to->failed != 0 ? fault_set(fault, to->failed, "the rules are too large") : 0;
}

/* Texts stay where they are: the bytes live as long as the set. */
static int
take_text(struct bytes *in, const char **out)
{
	struct bytes text;
	uint32_t length;

	*out = NULL;
	if (bytes_take_le32(in, &length) < 0)
		return -1;
	if (length == NO_TEXT)
		return 0;
	if (length >= in->left || bytes_take(in, (size_t)length + 1, &text) < 0 ||
	    text.at[length] != '\0')
		return -1;
	*out = (const char *)text.at;
	return 0;
}

static int
take_list(struct rule_set *set, struct bytes *in, const char *const **out, size_t *count)
{
	const char **list;
	uint32_t length;

	if (bytes_take_le32(in, &length) < 0 || length > in->left)
		return -1;
	list = arena_alloc(&set->arena, (length + 1) * sizeof(*list));
	if (list == NULL)
		return -1;
	for (uint32_t i = 0; i < length; i++)
		if (take_text(in, &list[i]) < 0)
			return -1;
	*out = list;
	*count = length;
	return 0;
}

static int
take_rule(struct rule_set *set, struct bytes *in, struct rule *rule)
{
	uint32_t numbers[NUMBERS];

	for (size_t i = 0; i < NUMBERS; i++)
		if (bytes_take_le32(in, &numbers[i]) < 0)
			return -1;
	if (numbers[1] > RULE_PATH)
		return -1;
	rule->severity = (int)numbers[0];
	rule->lane = (enum rule_lane)numbers[1];
	rule->group = numbers[2];
	rule->anchors_caseless = (numbers[3] & FLAG_CASELESS) != 0;
	rule->is_long = (numbers[3] & FLAG_LONG) != 0;
	rule->off_by_default = (numbers[3] & FLAG_OFF) != 0;
	rule->foreign = (numbers[3] & FLAG_FOREIGN) != 0;
	rule->reach_after = numbers[4];
	rule->entropy_min_milli = numbers[5];
	rule->digits_min = numbers[6];
	rule->within_lines = numbers[7];
#define X(name)                                                                                    \
	if (take_text(in, &rule->name) < 0)                                                        \
		return -1;
	RULE_TEXTS(X)
#undef X
#define X(name)                                                                                    \
	if (take_list(set, in, &rule->name, &rule->name##_count) < 0)                              \
		return -1;
	RULE_LISTS(X)
#undef X
	return rule->id == NULL || (rule->pattern == NULL && rule->lane != RULE_PATH) ? -1 : 0;
}

int
rules_unpack(struct rule_set *set, struct bytes packed, struct fault *fault)
{
	uint32_t count;

	if (bytes_take_le32(&packed, &count) < 0 || count > RULES_MAX - set->count)
		return fault_set(fault, FAULT_FORMAT, "packed rules: no count");
	if (set->rules == NULL)
		set->rules = arena_alloc(&set->arena, (count + 1) * sizeof(*set->rules));
	if (set->rules == NULL)
		return fault_memory(fault);
	for (uint32_t i = 0; i < count; i++)
		if (take_rule(set, &packed, &set->rules[set->count + i]) < 0)
			return fault_set(fault, FAULT_FORMAT, "packed rules: rule %u", i);
	set->count += count;
	return 0;
}
