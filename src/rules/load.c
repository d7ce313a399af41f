/*
 * load.c - rule files of ours: TOML in, rules out
 *
 * Knows: docs/format-rules.md.  Does not know: the format of gitleaks (foreign.c), what patterns mean
 * (plan.c).  Every key must be known and of its kind: a misspelt one would be a rule that does not do
 * what its author believes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "config/toml.h"
#include "rules/inside.h"
#include "rules/load.h"

#define ANCHOR_BYTES_MIN 3
#define NAME_BYTES_MAX   64

struct reader {
	struct rule_set *set;
	const char *name;
	const char *file; /* the same, as long as the set lives */
	struct rule *rule;
	struct fault *fault;
};

static int
wrong(struct reader *r, const struct toml_node *node, const char *what)
{
	return fault_set(r->fault, FAULT_USAGE, "%s:%u: '%.64s' %s", r->name, node->line,
			 node->key != NULL ? node->key : "rule", what);
}

static int
take_text(struct reader *r, const struct toml_node *node, const char **out)
{
	if (node->kind != TOML_STRING || node->text[0] == '\0')
		return wrong(r, node, "must be a text");
	*out = rules_text(r->set, node->text);
	return *out == NULL ? fault_memory(r->fault) : 0;
}

static int
take_texts(struct reader *r, const struct toml_node *node, const char *const **out, size_t *count)
{
	const char **list;

	if (node->kind != TOML_ARRAY)
		return wrong(r, node, "must be a list of texts");
	list = arena_alloc(&r->set->arena, (node->count + 1) * sizeof(*list));
	if (list == NULL)
		return fault_memory(r->fault);
	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i].kind != TOML_STRING || node->items[i].text[0] == '\0')
			return wrong(r, node, "must be a list of texts, none of them empty");
		list[i] = rules_text(r->set, node->items[i].text);
		if (list[i] == NULL)
			return fault_memory(r->fault);
	}
	*out = list;
	*count = node->count;
	return 0;
}

static int
take_number(struct reader *r, const struct toml_node *node, uint32_t max, uint32_t *out)
{
	if (node->kind != TOML_INTEGER || node->integer < 0 || node->integer > (int64_t)max)
		return wrong(r, node, "must be a whole number that makes sense");
	*out = (uint32_t)node->integer;
	return 0;
}

static int
take_milli(struct reader *r, const struct toml_node *node, uint32_t *out)
{
	double value = node->kind == TOML_INTEGER ? (double)node->integer : node->number;

	if ((node->kind != TOML_FLOAT && node->kind != TOML_INTEGER) || !(value >= 0 && value <= 8))
		return wrong(r, node, "must be bits a byte, 0 to 8");
	*out = (uint32_t)(value * 1000 + 0.5);
	return 0;
}

static int
take_bool(struct reader *r, const struct toml_node *node, bool *out)
{
	if (node->kind != TOML_BOOL)
		return wrong(r, node, "must be true or false");
	*out = node->integer != 0;
	return 0;
}

static int
take_severity(struct reader *r, const struct toml_node *node)
{
	static const char *const names[] = {"info", "low", "medium", "high", "critical"};

	for (size_t i = 0; node->kind == TOML_STRING && i < ARRAY_LEN(names); i++)
		if (strcmp(node->text, names[i]) == 0) {
			r->rule->severity = (int)i;
			return 0;
		}
	return wrong(r, node, "must be critical, high, medium, low or info");
}

static int
take_words(struct reader *r, const struct toml_node *node, enum rule_lane lane)
{
	int result;

	if (r->rule->anchors != NULL)
		return wrong(r, node,
			     "stands beside 'anchors' or 'context'; a rule has one of them");
	r->rule->lane = lane;
	result = take_texts(r, node, &r->rule->anchors, &r->rule->anchors_count);
	if (result < 0)
		return result;
	if (node->count == 0)
		return wrong(r, node, "is empty");
	for (size_t i = 0; i < r->rule->anchors_count; i++) {
		size_t length = strlen(r->rule->anchors[i]);

		if (length < ANCHOR_BYTES_MIN || length > MATCH_LITERAL_BYTES_MAX)
			return wrong(r, node, "holds one of less than 3 or more than 255 bytes");
		for (size_t k = 0; k < i; k++)
			if (text_equal_nocase(bytes_text(r->rule->anchors[i]),
					      bytes_text(r->rule->anchors[k])) &&
			    (lane == RULE_CONTEXT ||
			     strcmp(r->rule->anchors[i], r->rule->anchors[k]) == 0))
				return wrong(r, node, "holds the same word twice");
	}
	return 0;
}

/* What makes a secret of a provider's name, and how it is written behind it: DD_API_KEY, dd-token,
 * dd.secret, ddAccess, "dd auth". */
static const char *const name_marks[] = {"_", "-", ".", " ", ""};
static const char *const name_words[] = {"api", "key", "token", "secret", "access", "auth"};

static const char *
join_name(struct reader *r, const char *name, const char *mark, const char *word)
{
	char text[MATCH_LITERAL_BYTES_MAX + 1];
	int length = snprintf(text, sizeof(text), "%s%s%s", name, mark, word);

	return length < 0 || (size_t)length >= sizeof(text) ? NULL : rules_text(r->set, text);
}

/* Keywords made of the names of a provider stand beside those of `context`. */
static int
take_names(struct reader *r, const struct toml_node *node)
{
	struct rule *rule = r->rule;
	size_t each = ARRAY_LEN(name_marks) * ARRAY_LEN(name_words), count = 0, room;
	const char *const *names = NULL;
	const char **list;
	int result = take_texts(r, node, &names, &count);

	if (result < 0)
		return result;
	if (rule->anchors != NULL && rule->lane != RULE_CONTEXT)
		return wrong(r, node, "stands beside 'anchors'; it goes with 'context'");
	room = rule->anchors_count + count * each;
	list = arena_alloc(&r->set->arena, (room + 1) * sizeof(*list));
	if (list == NULL)
		return fault_memory(r->fault);
	for (size_t i = 0; i < rule->anchors_count; i++)
		list[i] = rule->anchors[i];
	for (size_t i = 0, at = rule->anchors_count; i < count; i++) {
		if (strlen(names[i]) < 2 || strlen(names[i]) > NAME_BYTES_MAX)
			return wrong(r, node, "holds one of less than 2 or more than 64 bytes");
		for (size_t k = 0; k < each; k++, at++) {
			list[at] = join_name(r, names[i], name_marks[k / ARRAY_LEN(name_words)],
					     name_words[k % ARRAY_LEN(name_words)]);
			if (list[at] == NULL)
				return fault_memory(r->fault);
		}
	}
	rule->lane = RULE_CONTEXT;
	rule->anchors = list;
	rule->anchors_count = room;
	return 0;
}

static int
take_pattern(struct reader *r, const struct toml_node *node)
{
	if (r->rule->pattern != NULL)
		return wrong(r, node, "stands beside 'pattern' or 'value'; a rule has one of them");
	return take_text(r, node, &r->rule->pattern);
}

static int
take_group(struct reader *r, const struct toml_node *node)
{
	uint32_t group = 0;
	int result = take_number(r, node, MATCH_SPANS_MAX - 1, &group);

	r->rule->group = group;
	return result;
}

/* [before, after]: what lies before the anchor follows from the pattern and is only checked. */
static int
take_reach(struct reader *r, const struct toml_node *node)
{
	uint32_t before = 0;
	int result;

	if (node->kind != TOML_ARRAY || node->count != 2)
		return wrong(r, node, "must be [before, after], in bytes");
	result = take_number(r, &node->items[0], RULE_LONG_REACH_BYTES, &before);
	return result < 0
		   ? result
		   : take_number(r, &node->items[1], RULE_LONG_REACH_BYTES, &r->rule->reach_after);
}

static int
take_key(struct reader *r, const struct toml_node *node)
{
	struct rule *rule = r->rule;
	const char *key = node->key;

#define TAKE_KEY(name, call)                                                                       \
	if (strcmp(key, name) == 0)                                                                \
		return call;
	TAKE_KEY("id", take_text(r, node, &rule->id))
	TAKE_KEY("title", take_text(r, node, &rule->title))
	TAKE_KEY("why", take_text(r, node, &rule->why))
	TAKE_KEY("fix", take_text(r, node, &rule->fix))
	TAKE_KEY("source", take_text(r, node, &rule->source))
	TAKE_KEY("check", take_text(r, node, &rule->check))
	TAKE_KEY("requires", take_text(r, node, &rule->requires))
	TAKE_KEY("token", take_text(r, node, &rule->token))
	TAKE_KEY("pattern", take_pattern(r, node))
	TAKE_KEY("value", take_pattern(r, node))
	TAKE_KEY("group", take_group(r, node))
	TAKE_KEY("severity", take_severity(r, node))
	TAKE_KEY("anchors", take_words(r, node, RULE_ANCHOR))
	TAKE_KEY("context", take_words(r, node, RULE_CONTEXT))
	TAKE_KEY("names", take_names(r, node))
	TAKE_KEY("reach", take_reach(r, node))
	TAKE_KEY("examples", take_texts(r, node, &rule->examples, &rule->examples_count))
	TAKE_KEY("allow", take_texts(r, node, &rule->allow, &rule->allow_count))
	TAKE_KEY("positive", take_texts(r, node, &rule->positive, &rule->positive_count))
	TAKE_KEY("negative", take_texts(r, node, &rule->negative, &rule->negative_count))
	TAKE_KEY("entropy", take_milli(r, node, &rule->entropy_min_milli))
	TAKE_KEY("digits", take_number(r, node, 1000, &rule->digits_min))
	TAKE_KEY("within_lines", take_number(r, node, 1000, &rule->within_lines))
	TAKE_KEY("caseless", take_bool(r, node, &rule->anchors_caseless))
	TAKE_KEY("long", take_bool(r, node, &rule->is_long))
	TAKE_KEY("off", take_bool(r, node, &rule->off_by_default))
#undef TAKE_KEY
	return wrong(r, node, "is no key of a rule");
}

static bool
is_id(const char *id)
{
	for (const char *p = id; *p != '\0'; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9') &&
		    !(*p == '-' && p != id && p[1] != '\0'))
			return false;
	return strlen(id) <= 64;
}

static int
check_rule(struct reader *r, const struct toml_node *node)
{
	static const char *const lanes[] = {"pattern", "value", "pattern"};
	struct rule *rule = r->rule;
	const char *pattern_key = toml_get(node, "value") != NULL ? "value" : "pattern";

	if (rule->id == NULL || rule->title == NULL || rule->pattern == NULL)
		return wrong(r, node,
			     "needs id, title, severity and a pattern (with context: a value)");
	if (!is_id(rule->id))
		return fault_set(
		    r->fault, FAULT_USAGE,
		    "%s:%u: id '%.64s': lower case letters, digits and dashes, 64 at most", r->name,
		    node->line, rule->id);
	if (toml_get(node, "severity") == NULL)
		return wrong(r, node, "needs a severity");
	if (strcmp(pattern_key, lanes[rule->lane]) != 0)
		return fault_set(
		    r->fault, FAULT_USAGE,
		    "%s:%u: rule %.64s: 'anchors' go with 'pattern', 'context' with 'value'",
		    r->name, node->line, rule->id);
	if ((rule->requires == NULL) != (rule->within_lines == 0))
		return fault_set(r->fault, FAULT_USAGE,
				 "%s:%u: rule %.64s: 'requires' and 'within_lines' go together",
				 r->name, node->line, rule->id);
	return 0;
}

static int
take_rule(struct reader *r, const struct toml_node *node, const char *family)
{
	int result = 0;

	if (node->kind != TOML_TABLE)
		return wrong(r, node, "must be a table: [[rule]]");
	if (r->set->count >= RULES_MAX)
		return fault_set(r->fault, FAULT_LIMIT, "%s: more than %d rules", r->name,
				 RULES_MAX);
	r->rule = &r->set->rules[r->set->count];
	*r->rule = (struct rule){.family = family,
				 .lane = RULE_RUN,
				 .group = RULE_GROUP_AUTO,
				 .file = r->file,
				 .line = node->line};
	for (size_t i = 0; result == 0 && i < node->count; i++)
		result = take_key(r, &node->items[i]);
	if (result == 0)
		result = check_rule(r, node);
	if (result < 0)
		return result;
	for (size_t i = 0; i < r->set->count; i++)
		if (strcmp(r->set->rules[i].id, r->rule->id) == 0)
			return fault_set(r->fault, FAULT_USAGE,
					 "%s:%u: there is a rule %.64s already", r->name,
					 node->line, r->rule->id);
	r->set->count++;
	return 0;
}

int
rules_take_ours(struct rule_set *set, const struct toml *doc, struct fault *fault)
{
	struct reader r = {.set = set, .name = toml_name(doc), .fault = fault};
	const struct toml_node *root = toml_root(doc);
	const struct toml_node *rules = toml_get(root, "rule");
	const char *family = NULL;
	int result = 0;

	for (size_t i = 0; i < root->count; i++)
		if (strcmp(root->items[i].key, "family") != 0 &&
		    strcmp(root->items[i].key, "builtin") != 0 &&
		    strcmp(root->items[i].key, "rule") != 0)
			return wrong(&r, &root->items[i], "is no key of a rule file");
	if (toml_get(root, "family") == NULL || rules == NULL || rules->kind != TOML_ARRAY)
		return fault_set(fault, FAULT_USAGE, "%s: needs family = \"...\" and [[rule]]",
				 r.name);
	r.file = rules_text(set, r.name);
	if (r.file == NULL)
		return fault_memory(fault);
	result = take_text(&r, toml_get(root, "family"), &family);
	for (size_t i = 0; result == 0 && i < rules->count; i++)
		result = take_rule(&r, &rules->items[i], family);
	return result;
}

/* Of `requires`: the rule must be there. */
static int
check_links(const struct rule_set *set, struct fault *fault)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->rules[i].requires != NULL &&
		    rules_find(set, set->rules[i].requires) == NULL)
			return fault_set(fault, FAULT_USAGE,
					 "rule %.64s requires %.64s, which is no rule",
					 set->rules[i].id, set->rules[i].requires);
	return 0;
}

static int
take_file(struct rule_set *set, const struct rules_file *file, struct bytes packed,
	  const struct rules_notes *notes, struct fault *fault)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	int r = toml_parse(&doc, file->toml, file->name, fault);
	const struct toml_node *builtin;

	if (r < 0)
		return r;
	if (rules_is_foreign(doc))
		return set->count > 0 ? fault_set(fault, FAULT_USAGE,
						  "%s: a gitleaks configuration "
						  "stands alone",
						  file->name)
				      : rules_take_foreign(set, doc, packed, notes, fault);
	builtin = toml_get(toml_root(doc), "builtin");
	if (builtin != NULL && builtin->kind != TOML_BOOL)
		return fault_set(fault, FAULT_USAGE, "%s:%u: 'builtin' must be true or false",
				 file->name, builtin->line);
	if (builtin != NULL && builtin->integer != 0)
		r = rules_unpack(set, packed, fault);
	return r < 0 ? r : rules_take_ours(set, doc, fault);
}

int
rules_load_with(struct rule_set **out, const struct rules_file files[], size_t count,
		struct bytes packed, const struct rules_notes *notes, struct fault *fault)
{
	AUTO(rules_free)
	struct rule_set *set = NULL;
	int r = rules_new(&set, fault);

	if (r < 0)
		return r;
	set->rules = arena_alloc(&set->arena, RULES_MAX * sizeof(*set->rules));
	if (set->rules == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = take_file(set, &files[i], packed, notes, fault);
	if (r == 0)
		r = check_links(set, fault);
	if (r == 0)
		r = rules_plan_all(set, notes, fault);
	if (r == 0)
		r = rules_digest_make(set, fault);
	if (r == 0)
		r = rules_matcher_build(set, fault);
	if (r == 0)
		*out = TAKE(set);
	return r;
}

int
rules_load_files(struct rule_set **out, const struct rules_file files[], size_t count,
		 const struct rules_notes *notes, struct fault *fault)
{
	static const uint8_t none[4];

	return rules_load_with(out, files, count, bytes_make(none, sizeof(none)), notes, fault);
}
