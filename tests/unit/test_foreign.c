/* Configurations of gitleaks: what they say of a hit is done, what they say otherwise is told. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "rules/foreign.h"
#include "rules/rules.h"
#include "tap.h"

struct notes {
	char text[8192];
};

static void
on_note(void *to, const char *text)
{
	struct notes *notes = to;
	size_t used = strlen(notes->text);

	(void)snprintf(notes->text + used, sizeof(notes->text) - used, "%s\n", text);
}

struct hits {
	struct rules_hit hit[32];
	size_t count;
};

static int
on_hit(void *to, const struct rules_hit *hit)
{
	struct hits *hits = to;

	if (hit->length > 0 && hits->count < ARRAY_LEN(hits->hit))
		hits->hit[hits->count++] = *hit;
	return 0;
}

static struct notes notes;
static struct fault fault;

static struct rule_set *
load(const char *toml)
{
	const struct rules_notes into = {on_note, &notes};
	struct rule_set *set = NULL;

	notes.text[0] = '\0';
	fault = (struct fault)FAULT_INIT;
	(void)rules_load(&set, bytes_text(toml), "gitleaks.toml", &into, &fault);
	return set;
}

/* The secrets that are left, one a line: "RULE SECRET". */
static const char *
findings(const struct rule_set *set, const char *text, const char *path, const char *commit)
{
	static char out[4096];
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	const struct rules_place place = {bytes_text(text), path, commit};
	struct hits hits = {.count = 0};
	size_t used = 0;

	out[0] = '\0';
	if (!OK(rules_scratch_new(&scratch, set, &fault) == 0))
		return out;
	EQ_INT(rules_scan(set, scratch, bytes_text(text), NULL, 0, on_hit, &hits, &fault), 0);
	for (size_t i = 0; i < hits.count; i++)
		if (!rules_allows(set, scratch, &hits.hit[i], &place) &&
		    rules_requires_met(set, hits.hit, hits.count, i, bytes_text(text)))
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s %.*s\n",
						 hits.hit[i].rule->id, (int)hits.hit[i].length,
						 text + hits.hit[i].at);
	return out;
}

#define HEAD "title = 'x'\n[[rules]]\nid = 'acme'\ndescription = 'Acme'\n"

TEST(a_rule_of_gitleaks_finds_its_first_group_in_any_case)
{
	AUTO(rules_free)
	struct rule_set *set = load(
	    HEAD
	    "regex = '''(?i)[\\w.-]{0,50}?(?:acme)(?:[ \\t\\w.-]{0,20})[\\s'\"]{0,3}(?:=|>|:=|:)"
	    "[\\x60'\"\\s=]{0,5}([a-z0-9]{12})(?:[\\x60'\"\\s;]|\\\\[nr]|$)'''\n"
	    "keywords = ['acme']\n");

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	EQ_STR(findings(set, "my.ACME_key = \"q1w2e3r4t5y6\"\n", NULL, NULL),
	       "acme q1w2e3r4t5y6\n");
	EQ_STR(findings(set, "acme: q1w2e3r4t5y6", NULL, NULL), "acme q1w2e3r4t5y6\n");
	EQ_STR(findings(set, "acne: q1w2e3r4t5y6", NULL, NULL), "");
	EQ_STR(findings(set, "acme: q1w2e3r4t5y67", NULL, NULL), "");
}

TEST(the_entropy_of_gitleaks_must_be_passed)
{
	AUTO(rules_free)
	struct rule_set *set =
	    load(HEAD "regex = '''acme_([a-z0-9]{8})'''\nkeywords = ['acme_']\nentropy = 2.5\n");

	NEED(set != NULL);
	EQ_STR(findings(set, "acme_aaaabbbb acme_a1b2c3d4", NULL, NULL), "acme a1b2c3d4\n");
}

TEST(allowlists_are_asked_about_secret_match_line_path_and_commit)
{
	AUTO(rules_free)
	struct rule_set *set = load(
	    HEAD "regex = '''acme_([a-z0-9]{8})'''\nkeywords = ['acme_']\n"
		 "[[rules.allowlists]]\nregexes = ['^0000']\n"
		 "[[rules.allowlists]]\nregexTarget = 'match'\nregexes = ['^acme_1111']\n"
		 "[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['# fine']\n"
		 "[[rules.allowlists]]\nstopwords = ['EXAMPLE']\n"
		 "[[rules.allowlists]]\ncondition = 'AND'\npaths = ['test/']\nregexes = ['^2222']\n"
		 "[allowlist]\npaths = ['\\.lock$']\ncommits = ['ABCDEF']\n");

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	EQ_STR(findings(set, "acme_00001234", NULL, NULL), "");
	EQ_STR(findings(set, "acme_11112345", NULL, NULL), "");
	EQ_STR(findings(set, "acme_a1b2c3d4 # fine\nacme_a1b2c3d5", NULL, NULL), "acme a1b2c3d5\n");
	EQ_STR(findings(set, "acme_1example", NULL, NULL), "");
	EQ_STR(findings(set, "acme_22221234", "src/a.c", NULL), "acme 22221234\n");
	EQ_STR(findings(set, "acme_22221234", "test/a.c", NULL), "");
	EQ_STR(findings(set, "acme_a1b2c3d4", "yarn.lock", NULL), "");
	EQ_STR(findings(set, "acme_a1b2c3d4", "yarn.lok", "abcdef"), "");
	EQ_STR(findings(set, "acme_a1b2c3d4", "yarn.lok", "abcde0"), "acme a1b2c3d4\n");
}

TEST(a_rule_for_paths_is_silent_elsewhere_and_a_path_can_be_all_of_it)
{
	AUTO(rules_free)
	struct rule_set *set = load(HEAD "regex = '''acme_([a-z0-9]{8})'''\npath = '\\.env$'\n"
					 "[[rules]]\nid = 'p12'\npath = '\\.p12$'\n");

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	EQ_STR(findings(set, "acme_a1b2c3d4", "a/.env", NULL), "acme a1b2c3d4\n");
	EQ_STR(findings(set, "acme_a1b2c3d4", "a/.envy", NULL), "");
}

static int
count_rule(void *to, const struct rule *rule)
{
	EQ_STR(rule->id, "p12");
	(*(int *)to)++;
	return 0;
}

TEST(rules_about_paths_alone_are_asked_by_path)
{
	AUTO(rules_free)
	struct rule_set *set = load("[[rules]]\nid = 'p12'\npath = '\\.p12$'\n");
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	int count = 0;

	NEED(set != NULL);
	NEED(rules_scratch_new(&scratch, set, &fault) == 0);
	EQ_INT(rules_scan_path(set, scratch, "keys/a.p12", count_rule, &count), 0);
	EQ_INT(rules_scan_path(set, scratch, "keys/a.p12.txt", count_rule, &count), 0);
	EQ_INT(count, 1);
}

TEST(required_rules_must_be_near)
{
	AUTO(rules_free)
	struct rule_set *set = load(
	    HEAD
	    "regex = '''acme_([a-z0-9]{8})'''\n[[rules.required]]\nid = 'user'\nwithinLines = 1\n"
	    "[[rules]]\nid = 'user'\nregex = '''user_([a-z]{4})'''\nskipReport = true\n");

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	EQ_STR(findings(set, "acme_a1b2c3d4\nuser_abcd", NULL, NULL), "acme a1b2c3d4\n");
	EQ_STR(findings(set, "acme_a1b2c3d4\n\nuser_abcd", NULL, NULL), "");
}

TEST(a_pattern_without_a_literal_runs_bounded_near_its_keyword_and_is_told)
{
	AUTO(rules_free)
	struct rule_set *set =
	    load(HEAD "regex = '''\\b([a-f0-9]{40})\\b'''\nkeywords = ['sourcegraph']\n");
	static char text[8000];

	NEED(set != NULL);
	HAS_STR(notes.text, "need not hold any literal");
	EQ_STR(findings(set, "sourcegraph 9f86d081884c7d659a2feaa0c55ad0159f86d081", NULL, NULL),
	       "acme 9f86d081884c7d659a2feaa0c55ad0159f86d081\n");
	EQ_STR(findings(set, "9f86d081884c7d659a2feaa0c55ad0159f86d081", NULL, NULL), "");
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "sourcegraph", 11);
	memcpy(text + 5000, "9f86d081884c7d659a2feaa0c55ad0159f86d081", 40);
	EQ_STR(findings(set, text, NULL, NULL), "");
}

TEST(what_is_not_run_is_told)
{
	AUTO(rules_free)
	struct rule_set *set = load(
	    "[extend]\nuseDefault = true\npath = 'other.toml'\ndisabledRules = "
	    "['key-pem-rsa']\n"
	    "[[rules]]\nid = 'acme'\nregex = 'acme_[a-z]{300,}'\nfilter = 'entropy(secret) > 3'\n");

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	HAS_STR(notes.text, "'filter' is not used");
	HAS_STR(notes.text, "useDefault");
	HAS_STR(notes.text, "files named in [extend] are not read");
	HAS_STR(notes.text, "can match more than");
	OK(rules_find(set, "acme") != NULL);
	OK(rules_find(set, "key-pem-rsa") == NULL);
}

TEST(what_is_wrong_in_a_configuration_names_its_line)
{
	static const struct {
		const char *toml, *says;
	} wrong[] = {
	    {"[[rules]]\nid = 'a'\nregex = '('\n", "rule a"},
	    {"[[rules]]\nid = 'a'\n", "gitleaks.toml:1"},
	    {"[[rules]]\nregex = 'abc'\n", "has no id"},
	    {"[[rules]]\nid = 'a'\nregex = 'abc'\n[[rules]]\nid = 'a'\nregex = 'abc'\n", "twice"},
	    {"[[rules]]\nid = 'a'\nregex = 'abc'\nsecretGroup = 3\n", "no such group"},
	    {"[[rules]]\nid = 'a'\nregex = 'abc'\n[allowlist]\ndescription = 'x'\n",
	     "allows nothing"},
	    {"[[rules]]\nid = 'a'\nregex = 'abc'\n[allowlist]\npaths = ['[']\n", "gitleaks.toml:5"},
	    {"[[rules]]\nid = 'a'\nregex = 'a*'\n", "empty text"},
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(rules_free)
		struct rule_set *set = load(wrong[i].toml);

		OK(set == NULL);
		HAS_STR(fault.text, wrong[i].says);
	}
}
