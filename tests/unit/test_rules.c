/* The rules that are built in, each against its own examples, and the engine that finds them. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "rules/check.h"
#include "rules/rules.h"
#include "tap.h"

#define FILES_MAX 256

static void
on_note(void *to, const char *text)
{
	unsigned *count = to;

	(*count)++;
	tap_note("%s", text);
}

static struct buf texts[FILES_MAX];
static char names[FILES_MAX][300];

static struct rule_set *
load_tree(struct fault *fault)
{
	static struct rules_file files[FILES_MAX];
	struct rule_set *set = NULL;
	char folder[1000];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%s", tap_data("../rules"));
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL && count < FILES_MAX) {
		char path[1300];
		size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 5, ".toml") != 0)
			continue;
		(void)snprintf(names[count], sizeof(names[count]), "%s", entry->d_name);
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		texts[count].bytes_max = (size_t)1 << 20;
		if (file_read_all(path, &texts[count], fault) < 0)
			break;
		files[count] = (struct rules_file){buf_bytes(&texts[count]), names[count]};
		count++;
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (rules_load_files(&set, files, count, NULL, fault) < 0)
		set = NULL;
	for (size_t i = 0; i < count; i++)
		buf_free(&texts[i]);
	return set;
}

TEST(every_rule_finds_its_positives_and_none_of_its_negatives)
{
	struct fault fault = FAULT_INIT;
	AUTO(rules_free)
	struct rule_set *set = load_tree(&fault);
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	unsigned wrongs = 0;
	const struct rules_notes notes = {on_note, &wrongs};

	EQ_STR(fault.text, "");
	NEED(set != NULL);
	NEED(rules_scratch_new(&scratch, set, &fault) == 0);
	for (size_t i = 0; i < rules_count(set); i++)
		EQ_INT(rules_check(set, scratch, i, &notes, &fault), 0);
	EQ_STR(fault.text, "");
	EQ_U64(wrongs, 0);
	tap_note("%zu rules", rules_count(set));
}

static bool
has_keyword(const struct rule *rule, const char *word)
{
	for (size_t i = 0; i < rule->anchors_count; i++)
		if (strcmp(rule->anchors[i], word) == 0)
			return true;
	return false;
}

TEST(the_names_of_a_provider_make_keywords)
{
	static const char *const made[] = {"acme_api",   "acme-key",   "acme.token", "acme secret",
					   "acmeaccess", "my acme_ck", "ac_auth"};
	const struct bytes toml =
	    BYTES_OF("family = \"acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"x\"\n"
		     "severity = \"high\"\ncontext = [\"my acme_ck\"]\n"
		     "names = [\"acme\", \"ac\"]\nvalue = '[a-f0-9]{32}'\n");
	struct fault fault = FAULT_INIT;
	AUTO(rules_free)
	struct rule_set *set = NULL;

	EQ_INT(rules_load(&set, toml, "acme.toml", NULL, &fault), 0);
	EQ_STR(fault.text, "");
	NEED(set != NULL);
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		OK(has_keyword(rules_get(set, 0), made[i]));
	OK(!has_keyword(rules_get(set, 0), "acme"));
}

TEST(names_do_not_go_with_anchors)
{
	const struct bytes toml =
	    BYTES_OF("family = \"acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"x\"\n"
		     "severity = \"high\"\nanchors = [\"acme_\"]\nnames = [\"acme\"]\n"
		     "pattern = 'acme_[a-f0-9]{32}'\n");
	struct fault fault = FAULT_INIT;
	struct rule_set *set = NULL;

	OK(rules_load(&set, toml, "acme.toml", NULL, &fault) < 0);
	OK(strstr(fault.text, "'names' stands beside 'anchors'") != NULL);
}

TEST(the_rules_that_are_built_in_are_those_of_the_tree)
{
	struct fault fault = FAULT_INIT;
	const struct rule_set *builtin = rules_builtin(NULL, &fault);
	AUTO(rules_free)
	struct rule_set *set = load_tree(&fault);

	EQ_STR(fault.text, "");
	NEED(builtin != NULL && set != NULL);
	EQ_U64(rules_count(builtin), rules_count(set));
	for (size_t i = 0; i < rules_count(set); i++)
		OK(rules_find(builtin, rules_get(set, i)->id) != NULL);
}

/* ---- what is found depends on its support alone ---- */

static const char law_rules[] =
    "family = 'law'\n"
    "[[rule]]\nid = 'fixed'\ntitle = 't'\nseverity = 'high'\nanchors = ['tok_']\n"
    "pattern = '\\b(tok_[A-Za-z0-9]{16})\\b'\n"
    "[[rule]]\nid = 'ranged'\ntitle = 't'\nseverity = 'high'\nanchors = ['.acme.']\n"
    "pattern = '([a-z0-9]{8,40}\\.acme\\.[a-z]{2,5})(?![a-z])'\n"
    "[[rule]]\nid = 'named'\ntitle = 't'\nseverity = 'high'\ncontext = ['vend', 'vendor_key']\n"
    "value = '[a-f0-9]{32}|[A-Z0-9]{20,24}'\n"
    "[[rule]]\nid = 'behind'\ntitle = 't'\nseverity = 'high'\nanchors = ['serial:']\n"
    "pattern = 'serial:([a-zA-Z0-9]{16})'\n"
    "[[rule]]\nid = 'run'\ntitle = 't'\nseverity = 'high'\npattern = "
    "'[0-9]{4}-[0-9]{4}-[0-9a-f]{12}'\n"
    "[[rule]]\nid = 'armour'\ntitle = 't'\nseverity = 'high'\nlong = true\nanchors = ['==BEGIN=']\n"
    "pattern = '==BEGIN=[A-Za-z0-9\\n ]{20,3000}==END='\n";

struct found {
	struct rules_hit hit[4000];
	size_t count;
};

static int
keep(void *to, const struct rules_hit *hit)
{
	struct found *found = to;

	if (found->count < ARRAY_LEN(found->hit))
		found->hit[found->count++] = *hit;
	return 0;
}

static uint64_t
draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Pieces of what rules look for, whole and broken, between noise. */
static size_t
draw_text(uint8_t *text, size_t room, uint64_t *state)
{
	static const char *const parts[] = {
	    "tok_",
	    "a1B2c3D4e5F6g7H8",
	    ".acme.",
	    "com",
	    "vend",
	    "vendor_key",
	    " = ",
	    ": \"",
	    "\n",
	    " ",
	    "0123456789abcde7",
	    "9f86d081884c7d65",
	    "QW3RT7Y9U2I4OPZX8C5V",
	    "1234-5678-",
	    "9a8b7c6d5e4f",
	    "==BEGIN=",
	    "==END=",
	    "lorem ipsum dolor ",
	    "checkbox",
	    ",",
	    "(",
	    "\t",
	    "AbCdEfGhIjKlMnOpQrStUv01 ",
	    "=>",
	    "x9y8z7w6v5u4",
	    "'",
	    ".",
	    "-",
	    "_",
	    "Bearer ",
	    "serial:",
	};
	size_t used = 0, want = draw(state) % room;

	while (used < want) {
		const char *part = parts[draw(state) % ARRAY_LEN(parts)];
		size_t length = strlen(part);

		if (used + length > room)
			break;
		memcpy(text + used, part, length);
		used += length;
		while (draw(state) % 6 == 0 && used < room)
			text[used++] = (uint8_t)(draw(state) % 96 + 32);
	}
	return used;
}

static bool
same_hit(const struct rules_hit *a, const struct rules_hit *b)
{
	return a->rule == b->rule && a->at == b->at && a->length == b->length &&
	       a->match_at == b->match_at && a->match_length == b->match_length &&
	       a->support_from == b->support_from && a->support_to == b->support_to;
}

TEST(a_scan_of_ranges_finds_what_a_scan_of_all_finds_there)
{
	struct fault fault = FAULT_INIT;
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	static uint8_t text[200000];
	static struct found all, part;
	uint64_t state = 42, total = 0;

	NEED(rules_load(&set, BYTES_OF(law_rules), "law.toml", NULL, &fault) == 0);
	NEED(rules_scratch_new(&scratch, set, &fault) == 0);
	for (int round = 0; round < 400; round++) {
		struct bytes in =
		    bytes_make(text, draw_text(text, round % 8 == 0 ? sizeof(text) : 3000, &state));
		struct rules_range ranges[8];
		size_t count = 0, at = 0, next = 0;

		all.count = part.count = 0;
		EQ_INT(rules_scan(set, scratch, in, NULL, 0, keep, &all, &fault), 0);
		total += all.count;
		while (count < 8 && at < in.left) {
			ranges[count].from = at + draw(&state) % (in.left / 4 + 1);
			ranges[count].to =
			    ranges[count].from + 1 + draw(&state) % (in.left / 4 + 1);
			at = ranges[count].to;
			count += ranges[count].from < in.left;
		}
		if (count == 0)
			continue;
		EQ_INT(rules_scan(set, scratch, in, ranges, count, keep, &part, &fault), 0);
		for (size_t i = 0; i < all.count; i++) {
			bool wanted = false;

			for (size_t k = 0; k < count; k++)
				wanted = wanted || (all.hit[i].at >= ranges[k].from &&
						    all.hit[i].at < ranges[k].to);
			if (wanted)
				NEED(next < part.count && same_hit(&all.hit[i], &part.hit[next++]));
		}
		NEED(next == part.count);
	}
	OK(total > 2000);
}

/* `at` moved by `by`, in a text of which only the support is left as it was. */
TEST(a_hit_depends_on_its_support_alone)
{
	struct fault fault = FAULT_INIT;
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	static uint8_t text[3000], other[9000];
	static struct found all, again;
	uint64_t state = 7, tried = 0;

	NEED(rules_load(&set, BYTES_OF(law_rules), "law.toml", NULL, &fault) == 0);
	NEED(rules_scratch_new(&scratch, set, &fault) == 0);
	for (int round = 0; round < 1500; round++) {
		size_t length = draw_text(text, sizeof(text), &state);

		all.count = 0;
		EQ_INT(
		    rules_scan(set, scratch, bytes_make(text, length), NULL, 0, keep, &all, &fault),
		    0);
		for (size_t i = 0; i < all.count && i < 20; i++) {
			const struct rules_hit *hit = &all.hit[i];
			size_t before = hit->support_from == 0 ? 0 : draw_text(other, 3000, &state);
			size_t keep_to = hit->support_to > length ? length : hit->support_to;
			size_t used = before;
			bool found = false;

			memcpy(other + used, text + hit->support_from, keep_to - hit->support_from);
			used += keep_to - hit->support_from;
			if (hit->support_to <= length)
				used += draw_text(other + used, 3000, &state);
			again.count = 0;
			EQ_INT(rules_scan(set, scratch, bytes_make(other, used), NULL, 0, keep,
					  &again, &fault),
			       0);
			for (size_t k = 0; k < again.count; k++)
				found = found ||
					(again.hit[k].rule == hit->rule &&
					 again.hit[k].length == hit->length &&
					 again.hit[k].at == hit->at - hit->support_from + before);
			NEED(found);
			tried++;
		}
	}
	tap_note("%llu hits moved", (unsigned long long)tried);
	OK(tried > 1000);
}

TEST(a_rejected_long_look_is_told)
{
	struct fault fault = FAULT_INIT;
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	static uint8_t text[5000];
	static struct found all;

	NEED(rules_load(&set, BYTES_OF(law_rules), "law.toml", NULL, &fault) == 0);
	NEED(rules_scratch_new(&scratch, set, &fault) == 0);
	memset(text, 'x', sizeof(text));
	memcpy(text + 100, "==BEGIN=", 8);
	EQ_INT(
	    rules_scan(set, scratch, bytes_make(text, sizeof(text)), NULL, 0, keep, &all, &fault),
	    0);
	NEED(all.count == 1);
	EQ_U64(all.hit[0].length, 0);
	EQ_U64(all.hit[0].at, 100);
	OK(all.hit[0].support_to > 3000);
}

/* Each rule as a set of its own: what another one makes the scan look at must not hide a gap. */
TEST(a_scan_of_one_byte_finds_what_begins_there)
{
	const char *at = strstr(law_rules, "[[rule]]");
	static uint8_t text[3000];
	static struct found all, one;
	uint64_t state = 11, tried = 0;

	while (at != NULL) {
		const char *next = strstr(at + 1, "[[rule]]");
		struct fault fault = FAULT_INIT;
		AUTO(rules_free)
		struct rule_set *set = NULL;
		AUTO(rules_scratch_free)
		struct rules_scratch *scratch = NULL;
		char toml[1000];

		(void)snprintf(toml, sizeof(toml), "family = 'law'\n%.*s",
			       (int)(next != NULL ? (size_t)(next - at) : strlen(at)), at);
		at = next;
		NEED(rules_load(&set, bytes_text(toml), "law.toml", NULL, &fault) == 0);
		NEED(rules_scratch_new(&scratch, set, &fault) == 0);
		for (int round = 0; round < 600; round++) {
			struct bytes in = bytes_make(text, draw_text(text, sizeof(text), &state));

			all.count = 0;
			EQ_INT(rules_scan(set, scratch, in, NULL, 0, keep, &all, &fault), 0);
			for (size_t i = 0; i < all.count; i++) {
				struct rules_range range = {all.hit[i].at, all.hit[i].at + 1};

				one.count = 0;
				EQ_INT(rules_scan(set, scratch, in, &range, 1, keep, &one, &fault),
				       0);
				if (one.count == 0)
					FAIL("%s at %zu of %zu, length %zu", all.hit[i].rule->id,
					     all.hit[i].at, in.left, all.hit[i].length);
				NEED(one.count > 0 && one.hit[0].at == all.hit[i].at);
				tried++;
			}
		}
	}
	OK(tried > 300);
}

/* Counts, not times: what is tried is what costs.  Dear rules show here first; bench/rules tells which. */
TEST(few_places_of_source_are_tried_by_an_expression)
{
	struct fault fault = FAULT_INIT;
	const struct rule_set *set = rules_builtin(NULL, &fault);
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)16 << 20);
	static const char *const sources[] = {
	    "unit/test_rules.c",       "unit/test_zip.c",     "../src/cmd/scan.c",
	    "../src/match/shape.c",    "../src/unpack/zip.c", "../src/detect/debris.c",
	    "../docs/format-rules.md", "../scripts/deps",     "../src/detect/intent_npm.c"};
	static struct found found;

	NEED(set != NULL && rules_scratch_new(&scratch, set, &fault) == 0);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		EQ_INT(file_read_all(tap_data(sources[i]), &text, &fault), 0);
	NEED(text.used > 100000);
	EQ_INT(rules_scan(set, scratch, buf_bytes(&text), NULL, 0, keep, &found, &fault), 0);
	tap_note("of %zu bytes: %llu literals, %llu tried, %llu given up", text.used,
		 (unsigned long long)rules_stats(scratch)->literals,
		 (unsigned long long)rules_stats(scratch)->candidates,
		 (unsigned long long)rules_stats(scratch)->limits);
	OK(rules_stats(scratch)->candidates * 1000000 / text.used < 500);
	EQ_U64(rules_stats(scratch)->limits, 0);
}
