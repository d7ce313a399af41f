/*
 * foreign_load.c - configurations of gitleaks and betterleaks
 *
 * Knows: their keys, in any case as their reader takes them, and what of them means something else
 * here; that is told, once a thing.  Does not know: how allowlists are asked (foreign.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "rules/foreign_inside.h"
#include "rules/load.h"

#define SEVERITY_HIGH_ 3 /* they have none */

struct reader {
	struct rule_set *set;
	struct rules_foreign *foreign;
	const char *name;
	const struct rules_notes *notes;
	bool told_filters, told_tags;
	struct fault *fault;
};

static int
wrong(struct reader *r, const struct toml_node *node, const char *what)
{
	return fault_set(r->fault, FAULT_USAGE, "%s:%u: '%.64s' %s", r->name, node->line,
			 node->key != NULL ? node->key : "entry", what);
}

static bool
is_key(const struct toml_node *node, const char *key)
{
	return node->key != NULL && text_equal_nocase(bytes_text(node->key), bytes_text(key));
}

static const struct toml_node *
get(const struct toml_node *table, const char *key)
{
	for (size_t i = 0; table != NULL && table->kind == TOML_TABLE && i < table->count; i++)
		if (is_key(&table->items[i], key))
			return &table->items[i];
	return NULL;
}

static int
take_text(struct reader *r, const struct toml_node *node, const char **out)
{
	if (node->kind != TOML_STRING)
		return wrong(r, node, "must be a text");
	*out = rules_text(r->set, node->text);
	return *out == NULL ? fault_memory(r->fault) : 0;
}

static int
take_texts(struct reader *r, const struct toml_node *node, const char *const **out, size_t *count)
{
	const char **list;

	if (node == NULL)
		return 0;
	if (node->kind != TOML_ARRAY)
		return wrong(r, node, "must be a list of texts");
	list = arena_alloc(&r->set->arena, (node->count + 1) * sizeof(*list));
	if (list == NULL)
		return fault_memory(r->fault);
	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i].kind != TOML_STRING)
			return wrong(r, node, "must be a list of texts");
		list[i] = rules_text(r->set, node->items[i].text);
		if (list[i] == NULL)
			return fault_memory(r->fault);
	}
	*out = list;
	*count = node->count;
	return 0;
}

static int
take_regex(struct reader *r, const struct toml_node *node, struct match_regex **out)
{
	struct rules_foreign *f = r->foreign;
	int result;

	if (node->kind != TOML_STRING)
		return wrong(r, node, "must be an expression");
	if (f->owned_count == f->owned_room) {
		size_t room = f->owned_room == 0 ? 256 : f->owned_room * 2;
		struct match_regex **owned = arena_alloc(&r->set->arena, room * sizeof(*owned));

		if (owned == NULL)
			return fault_memory(r->fault);
		if (f->owned_count > 0)
			memcpy(owned, f->owned, f->owned_count * sizeof(*owned));
		f->owned = owned;
		f->owned_room = room;
	}
	result = match_regex_new(&f->owned[f->owned_count], node->text, MATCH_GO, r->fault);
	if (result < 0)
		return result;
	*out = f->owned[f->owned_count++];
	result = match_regex_compile(*out, r->fault);
	return result < 0 ? fault_wrap(r->fault, result, "%s:%u", r->name, node->line) : 0;
}

static int
take_regexes(struct reader *r, const struct toml_node *node, struct match_regex ***out,
	     size_t *count)
{
	struct match_regex **list;
	int result = 0;

	if (node == NULL)
		return 0;
	if (node->kind != TOML_ARRAY)
		return wrong(r, node, "must be a list of expressions");
	list = arena_alloc(&r->set->arena, (node->count + 1) * sizeof(*list));
	if (list == NULL)
		return fault_memory(r->fault);
	for (size_t i = 0; result == 0 && i < node->count; i++)
		result = take_regex(r, &node->items[i], &list[i]);
	*out = list;
	*count = node->count;
	return result;
}

static int
take_condition(struct reader *r, const struct toml_node *table, struct rules_allowlist *list)
{
	const struct toml_node *condition = get(table, "condition");
	const struct toml_node *target = get(table, "regexTarget");
	struct bytes text;

	if (condition != NULL) {
		if (condition->kind != TOML_STRING)
			return wrong(r, condition, "must be OR or AND");
		text = bytes_text(condition->text);
		list->all = text_equal_nocase(text, BYTES_OF("AND")) ||
			    text_equal_nocase(text, BYTES_OF("&&"));
		if (!list->all && text.left > 0 && !text_equal_nocase(text, BYTES_OF("OR")) &&
		    !text_equal_nocase(text, BYTES_OF("||")))
			return wrong(r, condition, "must be OR or AND");
	}
	if (target == NULL)
		return 0;
	if (target->kind != TOML_STRING)
		return wrong(r, target, "must be secret, match or line");
	text = bytes_text(target->text);
	if (bytes_equal(text, BYTES_OF("match")))
		list->target = ALLOW_MATCH;
	else if (bytes_equal(text, BYTES_OF("line")))
		list->target = ALLOW_LINE;
	else if (!bytes_equal(text, BYTES_OF("secret")) && text.left > 0)
		return wrong(r, target, "must be secret, match or line");
	return 0;
}

static int
take_allowlist(struct reader *r, const struct toml_node *table, struct rules_allowlist *list)
{
	int result;

	if (table->kind != TOML_TABLE)
		return wrong(r, table, "must be a table");
	result = take_condition(r, table, list);
	if (result == 0)
		result = take_texts(r, get(table, "commits"), &list->commits, &list->commits_count);
	if (result == 0)
		result = take_texts(r, get(table, "stopwords"), &list->stopwords,
				    &list->stopwords_count);
	if (result == 0)
		result = take_texts(r, get(table, "targetRules"), &list->target_rules,
				    &list->target_rules_count);
	if (result == 0)
		result = take_regexes(r, get(table, "paths"), &list->paths, &list->paths_count);
	if (result == 0)
		result =
		    take_regexes(r, get(table, "regexes"), &list->regexes, &list->regexes_count);
	if (result == 0 &&
	    list->commits_count + list->stopwords_count + list->paths_count + list->regexes_count ==
		0)
		return wrong(r, table, "allows nothing: commits, paths, regexes or stopwords");
	return result;
}

/* `allowlist` (a table) and `allowlists` (a list of them) of the same table. */
static int
take_allowlists(struct reader *r, const struct toml_node *table, struct rules_allowlist **out,
		size_t *count)
{
	const struct toml_node *one = get(table, "allowlist"), *many = get(table, "allowlists");
	struct rules_allowlist *lists;
	size_t used = 0;
	int result = 0;

	if (one == NULL && many == NULL)
		return 0;
	if (many != NULL && many->kind != TOML_ARRAY)
		return wrong(r, many, "must be a list of tables");
	lists =
	    arena_alloc(&r->set->arena, ((many != NULL ? many->count : 0) + 1) * sizeof(*lists));
	if (lists == NULL)
		return fault_memory(r->fault);
	if (one != NULL)
		result = take_allowlist(r, one, &lists[used++]);
	for (size_t i = 0; result == 0 && many != NULL && i < many->count; i++)
		result = take_allowlist(r, &many->items[i], &lists[used++]);
	*out = lists;
	*count = used;
	return result;
}

static int
take_within(struct reader *r, const struct toml_node *table, const char *key, int64_t *out)
{
	const struct toml_node *node = get(table, key);

	*out = -1;
	if (node == NULL)
		return 0;
	if (node->kind != TOML_INTEGER || node->integer < 0)
		return wrong(r, node, "must be a whole number");
	*out = node->integer;
	return 0;
}

static int
take_required(struct reader *r, const struct toml_node *rule, struct rules_foreign_rule *out)
{
	const struct toml_node *list = get(rule, "required");
	int result = 0;

	if (list == NULL)
		return 0;
	if (list->kind != TOML_ARRAY)
		return wrong(r, list, "must be a list of tables");
	out->required = arena_alloc(&r->set->arena, (list->count + 1) * sizeof(*out->required));
	if (out->required == NULL)
		return fault_memory(r->fault);
	for (size_t i = 0; result == 0 && i < list->count; i++) {
		struct rules_required *required = &out->required[out->required_count++];
		const struct toml_node *id = get(&list->items[i], "id");

		if (id == NULL)
			return wrong(r, list, "needs the id of the rule that is required");
		result = take_text(r, id, &required->id);
		if (result == 0)
			result = take_within(r, &list->items[i], "withinLines", &required->lines);
		if (result == 0)
			result =
			    take_within(r, &list->items[i], "withinColumns", &required->columns);
	}
	return result;
}

/* What betterleaks computes by expressions of its own is not run. */
static void
tell_unused(struct reader *r, const struct toml_node *rule)
{
	static const char *const known[] = {
	    "id",   "description", "regex",      "path",     "secretGroup", "entropy", "keywords",
	    "tags", "allowlist",   "allowlists", "required", "skipReport",  "report"};

	for (size_t i = 0; i < rule->count; i++) {
		const struct toml_node *node = &rule->items[i];
		bool is_known = false;

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			is_known = is_known || is_key(node, known[k]);
		if (!is_known)
			rules_note(r->notes,
				   "%s:%u: '%.64s' is not used: expressions and validation "
				   "are not run",
				   r->name, node->line, node->key);
		if (is_key(node, "tags") && !r->told_tags) {
			r->told_tags = true;
			rules_note(r->notes, "%s:%u: tags are read and not used", r->name,
				   node->line);
		}
	}
}

static int
take_numbers(struct reader *r, const struct toml_node *node, struct rule *rule)
{
	const struct toml_node *group = get(node, "secretGroup"), *entropy = get(node, "entropy");
	double bits = 0;

	if (group != NULL) {
		if (group->kind != TOML_INTEGER || group->integer < 0 ||
		    group->integer >= MATCH_SPANS_MAX)
			return wrong(r, group, "must be the number of a group");
		if (group->integer > 0)
			rule->group = (unsigned)group->integer;
	}
	if (entropy == NULL)
		return 0;
	if (entropy->kind != TOML_FLOAT && entropy->kind != TOML_INTEGER)
		return wrong(r, entropy, "must be a number");
	bits = entropy->kind == TOML_INTEGER ? (double)entropy->integer : entropy->number;
	if (!(bits >= 0 && bits <= 8))
		return wrong(r, entropy, "must be bits a byte, 0 to 8");
	rule->entropy_min_milli = (uint32_t)(bits * 1000 + 0.5);
	return 0;
}

static int
take_patterns(struct reader *r, const struct toml_node *node, struct rule *rule,
	      struct rules_foreign_rule *foreign)
{
	const struct toml_node *regex = get(node, "regex"), *path = get(node, "path");
	int result = 0;

	if (regex != NULL && (regex->kind != TOML_STRING || regex->text[0] != '\0'))
		result = take_text(r, regex, &rule->pattern);
	if (result == 0 && path != NULL && (path->kind != TOML_STRING || path->text[0] != '\0'))
		result = take_regex(r, path, &foreign->path);
	if (result == 0 && rule->pattern == NULL && foreign->path == NULL)
		return wrong(r, node, "has neither regex nor path");
	if (rule->pattern == NULL)
		rule->lane = RULE_PATH;
	return result;
}

static int
take_rule(struct reader *r, const struct toml_node *node)
{
	struct rule *rule = &r->set->rules[r->set->count];
	struct rules_foreign_rule *foreign = &r->foreign->rules[r->set->count];
	const struct toml_node *id = get(node, "id"), *title = get(node, "description");
	const struct toml_node *skip = get(node, "skipReport");
	int result;

	if (id == NULL)
		return wrong(r, node, "has no id");
	*rule = (struct rule){.family = "foreign",
			      .lane = RULE_ANCHOR,
			      .group = RULE_GROUP_AUTO,
			      .severity = SEVERITY_HIGH_,
			      .foreign = true,
			      .line = node->line};
	result = take_text(r, id, &rule->id);
	rule->title = rule->id;
	if (result == 0 && title != NULL)
		result = take_text(r, title, &rule->title);
	if (result == 0)
		result = take_patterns(r, node, rule, foreign);
	if (result == 0)
		result = take_numbers(r, node, rule);
	if (result == 0)
		result = take_texts(r, get(node, "keywords"), &rule->anchors, &rule->anchors_count);
	if (result == 0)
		result = take_allowlists(r, node, &foreign->allowlists, &foreign->allowlists_count);
	if (result == 0)
		result = take_required(r, node, foreign);
	if (result < 0)
		return result;
	rule->file = rules_text(r->set, r->name);
	foreign->skip_report = skip != NULL && skip->kind == TOML_BOOL && skip->integer != 0;
	if (rules_find(r->set, rule->id) != NULL)
		return wrong(r, id, "is there twice");
	tell_unused(r, node);
	r->set->count++;
	return 0;
}

static bool
is_disabled(const struct toml_node *list, const char *id)
{
	for (size_t i = 0; list != NULL && list->kind == TOML_ARRAY && i < list->count; i++)
		if (list->items[i].kind == TOML_STRING && strcmp(list->items[i].text, id) == 0)
			return true;
	return false;
}

/* The rules that are built in stand in for the defaults of gitleaks. */
static int
take_defaults(struct reader *r, const struct toml_node *disabled, struct bytes packed)
{
	size_t kept = 0;
	int result = rules_unpack(r->set, packed, r->fault);

	if (result < 0)
		return result;
	for (size_t i = 0; i < r->set->count; i++)
		if (!is_disabled(disabled, r->set->rules[i].id))
			r->set->rules[kept++] = r->set->rules[i];
	r->set->count = kept;
	rules_note(
	    r->notes,
	    "%s: useDefault: the rules that are built in stand in for those of gitleaks; their "
	    "ids are others ('stopwater rules list')",
	    r->name);
	return 0;
}

static int
take_extend(struct reader *r, const struct toml_node *extend, struct bytes packed)
{
	const struct toml_node *use = get(extend, "useDefault");
	const struct toml_node *disabled = get(extend, "disabledRules");

	if (extend == NULL)
		return 0;
	if (get(extend, "path") != NULL || get(extend, "url") != NULL)
		rules_note(r->notes,
			   "%s:%u: files named in [extend] are not read: name them with "
			   "--rules instead",
			   r->name, extend->line);
	if (use == NULL || use->kind != TOML_BOOL || use->integer == 0)
		return 0;
	return take_defaults(r, disabled, packed);
}

bool
rules_is_foreign(const struct toml *doc)
{
	const struct toml_node *root = toml_root(doc);

	return get(root, "rules") != NULL || get(root, "extend") != NULL ||
	       get(root, "allowlist") != NULL || get(root, "allowlists") != NULL;
}

int
rules_take_foreign(struct rule_set *set, const struct toml *doc, struct bytes packed,
		   const struct rules_notes *notes, struct fault *fault)
{
	struct reader r = {.set = set, .name = toml_name(doc), .notes = notes, .fault = fault};
	const struct toml_node *root = toml_root(doc), *rules = get(root, "rules");
	int result;

	r.foreign = set->foreign = ARENA_NEW(&set->arena, struct rules_foreign);
	if (r.foreign == NULL)
		return fault_memory(fault);
	if (rules != NULL && rules->kind != TOML_ARRAY)
		return wrong(&r, rules, "must be a list of tables: [[rules]]");
	result = take_extend(&r, get(root, "extend"), packed);
	if (result < 0)
		return result;
	if (set->count + (rules != NULL ? rules->count : 0) > RULES_MAX)
		return fault_set(fault, FAULT_LIMIT, "%s: more than %d rules", r.name, RULES_MAX);
	r.foreign->rules = arena_alloc(&set->arena, RULES_MAX * sizeof(*r.foreign->rules));
	if (r.foreign->rules == NULL)
		return fault_memory(fault);
	for (size_t i = 0; result == 0 && rules != NULL && i < rules->count; i++)
		result = rules->items[i].kind == TOML_TABLE
			     ? take_rule(&r, &rules->items[i])
			     : wrong(&r, &rules->items[i], "must be a table");
	if (result == 0)
		result =
		    take_allowlists(&r, root, &r.foreign->allowlists, &r.foreign->allowlists_count);
	return result;
}
