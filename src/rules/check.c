/*
 * check.c - does a rule do what its own examples say?
 */
#include "rules/check.h"

#include <string.h>

#include "base/own.h"
#include "match/entropy.h"
#include "rules/inside.h"
#include "rules/template.h"

#define TEXT_BYTES_MAX ((size_t)256 * 1024)

/* A drawn token may by chance have too little of what the rule asks (entropy, digits, placeholder
 * words); drawn again, so many times. */
#define DRAWS_MAX 16

struct checking {
	const struct rule_set *set;
	struct rules_scratch *scratch;
	size_t index;
	const struct rule *rule;
	const struct rules_notes *notes;
	int wrongs;
	struct fault *fault;
};

struct seen {
	const struct rule *rule;
	size_t at, length; /* the wanted place */
	unsigned exact, other;
	size_t other_at, other_length;
};

static int
on_hit(void *to, const struct rules_hit *hit)
{
	struct seen *seen = to;

	if (hit->rule != seen->rule || hit->length == 0)
		return 0;
	if (hit->at == seen->at && hit->length == seen->length) {
		seen->exact++;
	} else {
		seen->other++;
		seen->other_at = hit->at;
		seen->other_length = hit->length;
	}
	return 0;
}

static void
tell(struct checking *c, const char *what, const char *example, struct bytes text)
{
	c->wrongs++;
	rules_note(c->notes, "rule %s: %s: %.120s (drawn as: %.*s)", c->rule->id, what, example,
		   (int)(text.left > 160 ? 160 : text.left),
		   text.left > 0 ? (const char *)text.at : "");
}

static uint64_t
seed_of(const char *id, uint64_t number)
{
	uint64_t hash = 0xcbf29ce484222325u + number;

	for (; *id != '\0'; id++)
		hash = (hash ^ (uint8_t)*id) * 0x100000001b3u;
	return hash;
}

static bool
is_drawn_well(const struct checking *c, struct bytes token)
{
	uint32_t digits = 0;

	for (size_t i = 0; i < token.left; i++)
		digits += token.at[i] >= '0' && token.at[i] <= '9';
	return digits >= c->rule->digits_min && !rules_is_placeholder(token) &&
	       match_entropy_milli(token) >= c->rule->entropy_min_milli;
}

static int
draw_token(struct checking *c, struct buf *token, uint64_t number)
{
	for (uint64_t i = 0; i < DRAWS_MAX; i++) {
		struct template_draw draw = {seed_of(c->rule->id, number * DRAWS_MAX + i)};
		int r;

		buf_reset(token);
		r = template_expand(token, c->rule->token, bytes_make(NULL, 0), &draw, NULL,
				    c->fault);
		if (r < 0 || is_drawn_well(c, buf_bytes(token)))
			return r;
	}
	tell(c, "its token, drawn, hardly ever has the entropy or digits asked for", c->rule->token,
	     buf_bytes(token));
	return 0;
}

static int
scan_text(struct checking *c, struct bytes text, struct seen *seen)
{
	seen->rule = c->rule;
	return rules_scan(c->set, c->scratch, text, NULL, 0, on_hit, seen, c->fault);
}

/* The text with one byte of it left out. */
static int
without(struct buf *to, struct bytes text, size_t at)
{
	int r = buf_append(to, text.at, at);

	return r < 0 ? r : buf_append(to, text.at + at + 1, text.left - at - 1);
}

static int
check_cut(struct checking *c, struct bytes text, size_t token_at, size_t token_length,
	  const char *example)
{
	AUTO(buf_free)
	struct buf cut = BUF_INIT(TEXT_BYTES_MAX);
	struct seen seen = {.length = SIZE_MAX};
	int r;

	if (!c->set->bounds[c->index].fixed)
		return 0;
	r = without(&cut, text, token_at + token_length - 1);
	if (r == 0)
		r = scan_text(c, buf_bytes(&cut), &seen);
	if (r == 0 && seen.other > 0)
		tell(c, "found though a character is missing", example, buf_bytes(&cut));
	return r;
}

static int
check_positive(struct checking *c, size_t number, struct buf *token, struct buf *text)
{
	const char *example = c->rule->positive[number];
	struct template_draw draw = {seed_of(c->rule->id, 1000 + number)};
	struct seen seen = {0};
	size_t token_at;
	int r = draw_token(c, token, number);

	buf_reset(text);
	if (r == 0)
		r = template_expand(text, example, buf_bytes(token), &draw, &token_at, c->fault);
	if (r < 0)
		return r;
	if (token_at == SIZE_MAX) {
		tell(c, "a positive without {token}", example, buf_bytes(text));
		return 0;
	}
	seen.at = token_at;
	seen.length = token->used;
	r = scan_text(c, buf_bytes(text), &seen);
	if (r < 0)
		return r;
	if (seen.exact == 0)
		tell(c, seen.other > 0 ? "finds something else than the token" : "not found",
		     example, buf_bytes(text));
	else if (seen.other > 0)
		tell(c, "finds something beside the token", example, buf_bytes(text));
	return check_cut(c, buf_bytes(text), token_at, token->used, example);
}

static int
check_negative(struct checking *c, size_t number, struct buf *token, struct buf *text)
{
	const char *example = c->rule->negative[number];
	struct template_draw draw = {seed_of(c->rule->id, 2000 + number)};
	struct seen seen = {.length = SIZE_MAX};
	int r = draw_token(c, token, 500 + number);

	buf_reset(text);
	if (r == 0)
		r = template_expand(text, example, buf_bytes(token), &draw, NULL, c->fault);
	if (r == 0)
		r = scan_text(c, buf_bytes(text), &seen);
	if (r == 0 && seen.other > 0)
		tell(c, "a negative is found", example, buf_bytes(text));
	return r;
}

int
rules_check(const struct rule_set *set, struct rules_scratch *scratch, size_t index,
	    const struct rules_notes *notes, struct fault *fault)
{
	AUTO(buf_free)
	struct buf token = BUF_INIT(TEXT_BYTES_MAX);
	AUTO(buf_free)
	struct buf text = BUF_INIT(TEXT_BYTES_MAX);
	struct checking c = {.set = set,
			     .scratch = scratch,
			     .index = index,
			     .rule = &set->rules[index],
			     .notes = notes,
			     .fault = fault};
	int r = match_regex_compile(set->plans[index].regex, fault);

	if (r < 0)
		return fault_wrap(fault, r, "rule %.64s", c.rule->id);
	if (c.rule->token == NULL || c.rule->positive_count < RULES_EXAMPLES_MIN ||
	    c.rule->negative_count < RULES_EXAMPLES_MIN)
		tell(&c, "needs a token, three positives and three negatives", "it has fewer",
		     bytes_make(NULL, 0));
	for (size_t i = 0; r == 0 && c.rule->token != NULL && i < c.rule->positive_count; i++)
		r = check_positive(&c, i, &token, &text);
	for (size_t i = 0; r == 0 && c.rule->token != NULL && i < c.rule->negative_count; i++)
		r = check_negative(&c, i, &token, &text);
	return r < 0 ? r : c.wrongs;
}
