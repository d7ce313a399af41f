/*
 * export.c - a rule set as a file of our format
 *
 * Knows: how to write TOML texts, and which literals the planner chose for a foreign pattern.
 */
#include "rules/export.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "rules/foreign_inside.h"

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};

/* A basic TOML text: everything that could end it or break its line is escaped. */
static void
put_text(struct buf *to, const char *text)
{
	(void)buf_append_u8(to, '"');
	for (const char *p = text; *p != '\0'; p++) {
		uint8_t c = (uint8_t)*p;

		if (c == '"' || c == '\\')
			(void)buf_printf(to, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			(void)buf_printf(to, "\\u%04X", c);
		else
			(void)buf_append_u8(to, c);
	}
	(void)buf_append_u8(to, '"');
}

static void
put_key(struct buf *to, const char *key, const char *text)
{
	if (text == NULL)
		return;
	(void)buf_printf(to, "%s = ", key);
	put_text(to, text);
	(void)buf_append_u8(to, '\n');
}

static void
put_list(struct buf *to, const char *key, const char *const list[], size_t count)
{
	if (count == 0)
		return;
	(void)buf_printf(to, "%s = [", key);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			(void)buf_append_text(to, ", ");
		put_text(to, list[i]);
	}
	(void)buf_append_text(to, "]\n");
}

/* Lower case letters, digits and single dashes. */
static void
put_id(struct buf *to, const char *id)
{
	bool dash = true; /* none in front */
	size_t used = 0;

	(void)buf_append_text(to, "id = \"");
	for (const char *p = id; *p != '\0' && used < 60; p++) {
		uint8_t c = text_lower((uint8_t)*p);
		bool plain = text_is_alnum(c);

		if (plain && dash && used > 0)
			(void)buf_append_u8(to, '-');
		if (plain)
			(void)buf_append_u8(to, c);
		used += plain;
		dash = !plain;
	}
	(void)buf_append_text(to, used > 0 ? "\"\n" : "rule\"\n");
}

/* Where an expression without bounds is cut when it becomes one of ours. */
#define BOUND 1000

/* One quantifier without an upper end at `p`: written with one; answers its length, 0: there is none. */
static size_t
put_bounded(struct buf *to, const char *p)
{
	size_t digits = strspn(p + 1, "0123456789");

	if (*p == '*' || *p == '+') {
		(void)buf_printf(to, "{%d,%d}", *p == '+', BOUND);
		return 1;
	}
	if (*p != '{' || digits == 0 || p[1 + digits] != ',' || p[2 + digits] != '}')
		return 0;
	(void)buf_printf(to, "{%.*s,%.*s%d}", (int)digits, p + 1, digits > 3 ? (int)digits : 0,
			 p + 1, BOUND);
	return digits + 3;
}

/* The pattern with bounds on everything; classes and escapes are left as they are. */
static void
put_pattern(struct buf *to, const char *pattern)
{
	bool class = false;

	for (const char *p = pattern; *p != '\0';) {
		size_t taken = class || (p > pattern && p[-1] == '(') ? 0 : put_bounded(to, p);

		if (taken > 0) {
			p += taken;
			continue;
		}
		class = (class || *p == '[') && !(*p == ']' && p[-1] != '[' && p[-1] != '^');
		if (*p == '\\' && p[1] != '\0')
			(void)buf_append_u8(to, (uint8_t)*p++);
		(void)buf_append_u8(to, (uint8_t)*p++);
	}
}

/* The literals that lead to rule `index`; whether one of them is caseless. */
static bool
put_leads(const struct rule_set *set, size_t index, struct buf *to)
{
	bool caseless = false;
	const char *between = "";

	(void)buf_append_text(to, "anchors = [");
	for (size_t i = 0; i < set->is.literals; i++) {
		const struct rules_literal *literal = &set->literals[i];
		bool leads = false;

		for (uint32_t k = 0; k < literal->refs_count; k++)
			leads = leads || set->refs[literal->refs + k].rule == index;
		if (!leads)
			continue;
		(void)buf_append_text(to, between);
		put_text(to, set->texts[i].text);
		between = ", ";
		caseless = caseless || set->texts[i].caseless;
	}
	(void)buf_append_text(to, "]\n");
	return caseless;
}

static void
put_comments(const struct rule_set *set, size_t index, struct buf *to)
{
	const struct rules_foreign_rule *foreign;

	if (set->foreign == NULL)
		return;
	foreign = &set->foreign->rules[index];
	if (foreign->path != NULL)
		(void)buf_append_text(to, "# not taken over: path\n");
	if (foreign->allowlists_count > 0)
		(void)buf_printf(to, "# not taken over: %zu allowlists\n",
				 foreign->allowlists_count);
	if (foreign->required_count > 1)
		(void)buf_append_text(to, "# not taken over: required rules but the first\n");
}

static void
put_required(const struct rule_set *set, size_t index, struct buf *to)
{
	const struct rule *rule = &set->rules[index];

	put_key(to, "requires", rule->requires);
	if (rule->requires != NULL)
		(void)buf_printf(to, "within_lines = %u\n", rule->within_lines);
	if (set->foreign == NULL || set->foreign->rules[index].required_count == 0)
		return;
	put_key(to, "requires", set->foreign->rules[index].required[0].id);
	(void)buf_printf(to, "within_lines = %lld\n",
			 set->foreign->rules[index].required[0].lines > 0
			     ? (long long)set->foreign->rules[index].required[0].lines
			     : 1000);
}

static void
put_rule(const struct rule_set *set, size_t index, struct buf *to)
{
	const struct rule *rule = &set->rules[index];
	bool caseless = rule->anchors_caseless && rule->lane != RULE_CONTEXT;
	AUTO(buf_free)
	struct buf bounded = BUF_INIT(2 * MATCH_PATTERN_MAX);

	(void)buf_append_text(to, "\n[[rule]]\n");
	put_comments(set, index, to);
	put_id(to, rule->id);
	put_key(to, "title", rule->title);
	put_key(to, "severity", severities[rule->severity]);
	put_key(to, "why", rule->why);
	put_key(to, "fix", rule->fix);
	put_key(to, "source", rule->source);
	if (rule->lane == RULE_CONTEXT)
		put_list(to, "context", rule->anchors, rule->anchors_count);
	else if (rule->lane == RULE_ANCHOR && rule->foreign)
		caseless = put_leads(set, index, to);
	else if (rule->lane == RULE_ANCHOR)
		put_list(to, "anchors", rule->anchors, rule->anchors_count);
	if (rule->foreign && rule->is_long)
		put_pattern(&bounded, rule->pattern);
	put_key(to, rule->lane == RULE_CONTEXT ? "value" : "pattern",
		bounded.used > 0 ? buf_text(&bounded) : rule->pattern);
	if (caseless)
		(void)buf_append_text(to,
				      "caseless = true # all of the pattern, not a part of it\n");
	if (rule->group != RULE_GROUP_AUTO)
		(void)buf_printf(to, "group = %u\n", rule->group);
	if (rule->entropy_min_milli > 0)
		(void)buf_printf(to, "entropy = %u.%03u\n", rule->entropy_min_milli / 1000,
				 rule->entropy_min_milli % 1000);
	if (rule->digits_min > 0)
		(void)buf_printf(to, "digits = %u\n", rule->digits_min);
	put_key(to, "check", rule->check);
	put_list(to, "examples", rule->examples, rule->examples_count);
	put_list(to, "allow", rule->allow, rule->allow_count);
	put_required(set, index, to);
	if (rule->is_long)
		(void)buf_append_text(to, "long = true\n");
	if (rule->off_by_default)
		(void)buf_append_text(to, "off = true\n");
}

int
rules_export(const struct rule_set *set, struct buf *to, struct fault *fault)
{
	(void)buf_append_text(
	    to, "# Written by stopwater rules import.  For 'rules check' each rule wants "
		"token, positive and negative.\nfamily = \"imported\"\n");
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].lane == RULE_PATH)
			(void)buf_printf(to,
					 "\n# not taken over: %.64s, which is about a path alone\n",
					 set->rules[i].id);
		else
			put_rule(set, i, to);
	}
	return to->failed != 0 ? fault_set(fault, to->failed, "the rules are too large") : 0;
}
