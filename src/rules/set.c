/*
 * set.c - a rule set as an object
 *
 * Knows: its life, and what others may ask it.  Does not know: how it was read, how it scans.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "rules/foreign_inside.h"
#include "rules/inside.h"
#include "seal/hash.h"

int
rules_new(struct rule_set **out, struct fault *fault)
{
	struct rule_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return fault_memory(fault);
	set->arena.bytes_max = RULES_ARENA_BYTES_MAX;
	*out = set;
	return 0;
}

void
rules_free(struct rule_set **set)
{
	struct rule_set *s = *set;

	if (s == NULL)
		return;
	for (size_t i = 0; s->plans != NULL && i < s->count; i++) {
		match_regex_free(&s->plans[i].regex);
		for (size_t k = 0; s->plans[i].allow != NULL && k < s->rules[i].allow_count; k++)
			match_regex_free(&s->plans[i].allow[k]);
	}
	rules_foreign_free(s->foreign);
	match_literals_free(&s->matcher);
	arena_free(&s->arena);
	free(s);
	*set = NULL;
}

const char *
rules_text(struct rule_set *set, const char *text)
{
	return text == NULL ? NULL : arena_text(&set->arena, text);
}

void
rules_note(const struct rules_notes *notes, const char *format, ...)
{
	char text[FAULT_TEXT_MAX];
	va_list args;

	if (notes == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	notes->note(notes->to, text);
}

size_t
rules_count(const struct rule_set *set)
{
	return set->count;
}

const struct rule *
rules_get(const struct rule_set *set, size_t index)
{
	return &set->rules[index];
}

const struct rule *
rules_find(const struct rule_set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->rules[i].id, id) == 0)
			return &set->rules[i];
	return NULL;
}

const uint8_t *
rules_digest(const struct rule_set *set)
{
	return set->digest;
}

void
rules_reach(const struct rule_set *set, uint32_t *before, uint32_t *after)
{
	*before = set->is.reach_before;
	*after = set->is.reach_after;
}

int
rules_digest_make(struct rule_set *set, struct fault *fault)
{
	AUTO(buf_free)
	struct buf packed = BUF_INIT(RULES_PACK_BYTES_MAX);
	int r = rules_pack(set, &packed, fault);

	return r < 0 ? r : hash_sha256(buf_bytes(&packed), set->digest, fault);
}

int
rules_matcher_build(struct rule_set *set, struct fault *fault)
{
	if (set->is.literals == 0)
		return 0;
	return match_literals_build(&set->matcher, set->texts, set->is.literals, fault);
}
