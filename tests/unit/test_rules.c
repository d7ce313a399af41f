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
