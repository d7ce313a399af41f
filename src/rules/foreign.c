/*
 * foreign.c - what a configuration of gitleaks says about a hit
 *
 * Knows: allowlists, paths, required rules.  Does not know: how they were read (foreign_load.c), nor
 * .gitleaksignore and inline comments, which belong to the policy.
 */
#include "rules/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/foreign_inside.h"
#include "rules/scan.h"

/* A line of a minified file is long; an expression is shown this much of it, to either side. */
#define LINE_BYTES_MAX 4096

void
rules_foreign_free(struct rules_foreign *foreign)
{
	for (size_t i = 0; foreign != NULL && i < foreign->owned_count; i++)
		match_regex_free(&foreign->owned[i]);
}

static bool
any_matches(struct match_regex *const regexes[], size_t count, struct rules_scratch *scratch,
	    struct bytes in)
{
	struct match_span span[1];

	for (size_t i = 0; i < count; i++)
		if (match_regex_find(regexes[i], scratch->regex, in, 0, SIZE_MAX, 0, span, 1,
				     NULL) == 0)
			return true;
	return false;
}

static struct bytes
line_of(struct bytes whole, size_t at, size_t length)
{
	size_t from = at, to = at + length;

	while (from > 0 && at - from < LINE_BYTES_MAX && whole.at[from - 1] != '\n')
		from--;
	while (to < whole.left && to - at - length < LINE_BYTES_MAX && whole.at[to] != '\n')
		to++;
	return bytes_slice(whole, from, to - from);
}

static bool
has_word(struct bytes in, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= in.left; i++)
		if (text_equal_nocase(bytes_slice(in, i, length), bytes_make(word, length)))
			return true;
	return false;
}

static bool
names_commit(const struct rules_allowlist *list, const char *commit)
{
	for (size_t i = 0; commit != NULL && i < list->commits_count; i++)
		if (text_equal_nocase(bytes_text(list->commits[i]), bytes_text(commit)))
			return true;
	return false;
}

static bool
names_content(const struct rules_allowlist *list, struct rules_scratch *scratch,
	      const struct rules_hit *hit, struct bytes whole)
{
	struct bytes target = bytes_slice(whole, hit->at, hit->length);

	if (list->target == ALLOW_MATCH)
		target = bytes_slice(whole, hit->match_at, hit->match_length);
	if (list->target == ALLOW_LINE)
		target = line_of(whole, hit->match_at, hit->match_length);
	return any_matches(list->regexes, list->regexes_count, scratch, target);
}

static bool
names_word(const struct rules_allowlist *list, const struct rules_hit *hit, struct bytes whole)
{
	for (size_t i = 0; i < list->stopwords_count; i++)
		if (has_word(bytes_slice(whole, hit->at, hit->length), list->stopwords[i]))
			return true;
	return false;
}

static bool
list_allows(const struct rules_allowlist *list, struct rules_scratch *scratch,
	    const struct rules_hit *hit, const struct rules_place *place)
{
	struct bytes path = place->path != NULL ? bytes_text(place->path) : bytes_make(NULL, 0);
	bool commit = names_commit(list, place->commit);
	bool named =
	    place->path != NULL && any_matches(list->paths, list->paths_count, scratch, path);

	if (!list->all && (commit || named))
		return true;
	if (list->all &&
	    ((list->commits_count > 0 && !commit) || (list->paths_count > 0 && !named)))
		return false;
	if (!list->all)
		return names_content(list, scratch, hit, place->whole) ||
		       names_word(list, hit, place->whole);
	return (list->regexes_count == 0 || names_content(list, scratch, hit, place->whole)) &&
	       (list->stopwords_count == 0 || names_word(list, hit, place->whole));
}

static bool
is_for_rule(const struct rules_allowlist *list, const char *id)
{
	for (size_t i = 0; i < list->target_rules_count; i++)
		if (strcmp(list->target_rules[i], id) == 0)
			return true;
	return list->target_rules_count == 0;
}

bool
rules_allows(const struct rule_set *set, struct rules_scratch *scratch, const struct rules_hit *hit,
	     const struct rules_place *place)
{
	const struct rules_foreign *foreign = set->foreign;
	const struct rules_foreign_rule *rule;

	if (foreign == NULL)
		return false;
	rule = &foreign->rules[hit->rule - set->rules];
	if (rule->skip_report)
		return true;
	if (rule->path != NULL &&
	    (place->path == NULL || !any_matches(&rule->path, 1, scratch, bytes_text(place->path))))
		return true;
	for (size_t i = 0; i < foreign->allowlists_count; i++)
		if (is_for_rule(&foreign->allowlists[i], hit->rule->id) &&
		    list_allows(&foreign->allowlists[i], scratch, hit, place))
			return true;
	for (size_t i = 0; i < rule->allowlists_count; i++)
		if (list_allows(&rule->allowlists[i], scratch, hit, place))
			return true;
	return false;
}

static int64_t
lines_between(struct bytes whole, size_t a, size_t b)
{
	size_t from = a < b ? a : b, to = a < b ? b : a;
	int64_t lines = 0;

	for (size_t i = from; i < to && i < whole.left; i++)
		lines += whole.at[i] == '\n';
	return lines;
}

static int64_t
column_of(struct bytes whole, size_t at)
{
	size_t from = at;

	while (from > 0 && whole.at[from - 1] != '\n')
		from--;
	return (int64_t)(at - from);
}

static bool
is_near(const struct rules_hit *a, const struct rules_hit *b, int64_t lines, int64_t columns,
	struct bytes whole)
{
	if (lines >= 0 && lines_between(whole, a->match_at, b->match_at) > lines)
		return false;
	return columns < 0 ||
	       llabs(column_of(whole, a->match_at) - column_of(whole, b->match_at)) <= columns;
}

static bool
one_is_met(const struct rules_hit hits[], size_t count, size_t index, const char *id, int64_t lines,
	   int64_t columns, struct bytes whole)
{
	for (size_t i = 0; i < count; i++)
		if (hits[i].length > 0 && strcmp(hits[i].rule->id, id) == 0 &&
		    is_near(&hits[index], &hits[i], lines, columns, whole))
			return true;
	return false;
}

bool
rules_requires_met(const struct rule_set *set, const struct rules_hit hits[], size_t count,
		   size_t index, struct bytes whole)
{
	const struct rule *rule = hits[index].rule;
	const struct rules_foreign_rule *foreign;

	if (rule->requires != NULL &&
	    !one_is_met(hits, count, index, rule->requires, rule->within_lines, -1, whole))
		return false;
	if (set->foreign == NULL)
		return true;
	foreign = &set->foreign->rules[rule - set->rules];
	for (size_t i = 0; i < foreign->required_count; i++)
		if (!one_is_met(hits, count, index, foreign->required[i].id,
				foreign->required[i].lines, foreign->required[i].columns, whole))
			return false;
	return true;
}

bool
rules_requires_others(const struct rule_set *set, const struct rule *rule)
{
	return rule->requires != NULL ||
	       (set->foreign != NULL && set->foreign->rules[rule - set->rules].required_count > 0);
}

int
rules_scan_path(const struct rule_set *set, struct rules_scratch *scratch, const char *path,
		int (*hit)(void *to, const struct rule *rule), void *to)
{
	for (size_t i = 0; set->foreign != NULL && i < set->count; i++) {
		int r;

		if (set->rules[i].lane != RULE_PATH ||
		    !any_matches(&set->foreign->rules[i].path, 1, scratch, bytes_text(path)))
			continue;
		r = hit(to, &set->rules[i]);
		if (r != 0)
			return r;
	}
	return 0;
}
