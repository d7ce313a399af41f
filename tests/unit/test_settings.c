/* Proves config/settings.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/own.h"
#include "config/settings.h"
#include "tap.h"

/* A project with everything that may hold settings. */
struct world {
	char root[64];
	char path[8][160];
	struct settings_from from;
};

static bool
put(const struct world *w, const char *name, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", w->root, name);
	return file_write_all(path, bytes_text(text), 0600, NULL) == 0;
}

static bool
folder(const struct world *w, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", w->root, name);
	return file_make_folders(path, 0700, NULL) == 0;
}

static const char *
at(struct world *w, int slot, const char *name)
{
	(void)snprintf(w->path[slot], sizeof(w->path[slot]), "%s/%s", w->root, name);
	return w->path[slot];
}

static bool
world_make(struct world *w)
{
	memset(w, 0, sizeof(*w));
	(void)snprintf(w->root, sizeof(w->root), "/tmp/stopwater-settings.XXXXXX");
	if (mkdtemp(w->root) == NULL || !folder(w, "repo/.git") || !folder(w, "repo/a/b") ||
	    !folder(w, "home") || !folder(w, "plain/inner"))
		return false;
	w->from.folder = at(w, 0, "repo/a/b");
	w->from.home = at(w, 1, "home");
	w->from.system_file = at(w, 2, "system.toml");
	return true;
}

static void
world_remove(struct world *w)
{
	static const char *const names[] = {
	    "repo/.git",   "repo/a/b/stopwater.toml",
	    "repo/a/b",    "repo/a/stopwater.toml",
	    "repo/a",      "repo/stopwater.toml",
	    "repo",        "home/stopwater.toml",
	    "home",        "plain/stopwater.toml",
	    "plain/inner", "plain",
	    "system.toml", "other.toml",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)remove(at(w, 7, names[i]));
	(void)remove(w->root);
}

TEST(settings_the_first_in_the_order_wins)
{
	static char *environment[] = {(char *)"STOPWATER_SCAN_LIMITS_DEPTH=5", (char *)"PATH=/bin",
				      NULL};
	AUTO(settings_free)
	struct settings *s = NULL;
	struct world w;

	NEED(world_make(&w));
	w.from.environment = environment;
	OK(put(&w, "repo/stopwater.toml", "[scan]\nprofile = 'a'\n[scan.limits]\ndepth = 1\n"));
	OK(put(&w, "home/stopwater.toml",
	       "[scan]\nprofile = 'b'\nhome = ['b', 'c']\n[scan.limits]\nratio = 7\n"));
	OK(put(&w, "system.toml",
	       "[scan]\nprofile = 'd'\nhome = ['d']\njobs = 3\n[package]\npublic = true\n"));
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	NEED(s != NULL);
	EQ_STR(settings_text(s, "scan.profile"), "a");
	HAS_STR(settings_origin(s, "scan.profile"), "repo/stopwater.toml:2");
	EQ_U64(settings_u64(s, "scan.limits.depth"), 5);
	EQ_STR(settings_origin(s, "scan.limits.depth"), "STOPWATER_SCAN_LIMITS_DEPTH");
	EQ_U64(settings_u64(s, "scan.limits.ratio"), 7);
	EQ_U64(settings_u64(s, "scan.jobs"), 3);
	EQ_U64(settings_u64(s, "scan.limits.member"), (uint64_t)1 << 30);
	EQ_STR(settings_origin(s, "scan.limits.member"), "default");
	OK(!settings_is_set(s, "scan.limits.member"));
	OK(settings_bool(s, "package.public"));
	{
		size_t count;
		const char *const *home = settings_list(s, "scan.home", &count);

		EQ_U64(count, 2);
		EQ_STR(home[1], "c");
	}
	EQ_INT(settings_override(s, "scan.profile", "z", "--profile", NULL), 0);
	EQ_STR(settings_text(s, "scan.profile"), "z");
	EQ_STR(settings_origin(s, "scan.profile"), "--profile");
	world_remove(&w);
}

TEST(settings_project_is_the_nearest_file_up_to_the_repository)
{
	struct settings *s = NULL;
	struct world w;

	NEED(world_make(&w));
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	EQ_STR(settings_project(s), at(&w, 3, "repo"));
	EQ_STR(settings_repository(s), at(&w, 3, "repo"));
	EQ_STR(settings_text(s, "scan.suppressions"), at(&w, 4, "repo/.stopwater/suppressions"));
	settings_free(&s);
	OK(put(&w, "repo/a/stopwater.toml", "[scan]\nbaseline = 'base'\n"));
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	EQ_STR(settings_project(s), at(&w, 3, "repo/a"));
	EQ_STR(settings_text(s, "scan.baseline"), at(&w, 4, "repo/a/base"));
	settings_free(&s);
	world_remove(&w);
}

TEST(settings_outside_of_a_repository_no_folder_above_counts)
{
	AUTO(settings_free)
	struct settings *s = NULL;
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "plain/stopwater.toml", "[scan]\nprofile = 'stranger'\n"));
	w.from.folder = at(&w, 0, "plain/inner");
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	OK(settings_text(s, "scan.profile") == NULL);
	OK(settings_repository(s) == NULL);
	EQ_STR(settings_project(s), w.from.folder);
	world_remove(&w);
}

TEST(settings_config_replaces_the_project_file_and_must_exist)
{
	AUTO(settings_free)
	struct settings *s = NULL;
	struct fault fault = FAULT_INIT;
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "repo/stopwater.toml", "[scan]\nprofile = 'a'\njobs = 2\n"));
	OK(put(&w, "other.toml", "[scan]\nprofile = 'b'\n"));
	w.from.config = at(&w, 3, "other.toml");
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	EQ_STR(settings_text(s, "scan.profile"), "b");
	EQ_U64(settings_u64(s, "scan.jobs"), 0);
	settings_free(&s);
	w.from.config = at(&w, 3, "missing.toml");
	EQ_INT(settings_load(&s, &w.from, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "missing.toml");
	world_remove(&w);
}

struct wrong {
	const char *text, *says;
};

TEST(settings_wrong_ones_are_named_with_their_line)
{
	static const struct wrong wrong[] = {
	    {"[scan]\nhom = ['x']\n", "stopwater.toml:2: no setting is called 'scan.hom'; did you "
				      "mean 'scan.home'?"},
	    {"[scna]\nprofile = 'x'\n", "stopwater.toml:1: no setting is called 'scna'"},
	    {"profile = 'x'\n", "did you mean 'scan.profile'?"},
	    {"[scan.limits]\n\nzzzzzzzzzz = 1\n", "stopwater.toml:3: no setting"},
	    {"[scan]\nprofile = 1\n", "stopwater.toml:2: scan.profile is a text, not a whole"},
	    {"[scan]\nhome = 'x'\n", "scan.home is a list of texts, not a text"},
	    {"[scan]\nhome = [1]\n", "scan.home is a list of texts, not a whole number"},
	    {"[scan.limits]\nbytes = '5 apples'\n", "'5 apples' is not a size"},
	    {"[scan.limits]\ndepth = -1\n", "stopwater.toml:2: scan.limits.depth is a whole"},
	    {"[scan]\nreport_only_until = 'soon'\n", "'soon' is not a day"},
	    {"[package]\npublic = 'yes'\n", "package.public is true or false, not a text"},
	    {"policy = 1\n", "policy is a table"},
	    {"scan = 1\n", "no setting is called 'scan'"},
	    {"[scan\n", "stopwater.toml:1: "},
	};
	struct fault fault = FAULT_INIT;
	struct settings *s = NULL;
	struct world w;

	NEED(world_make(&w));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		OK(put(&w, "repo/stopwater.toml", wrong[i].text));
		EQ_INT(settings_load(&s, &w.from, &fault), FAULT_USAGE);
		HAS_STR(fault.text, wrong[i].says);
		OK(s == NULL);
	}
	world_remove(&w);
}

TEST(settings_misspelt_variables_are_refused_and_strange_ones_left_alone)
{
	static char *good[] = {(char *)"STOPWATER_HOME=/x", (char *)"STOPWATER_WHATEVER=1",
			       (char *)"STOPWATER_SCAN_HOME=a,,b", NULL};
	static char *bad[] = {(char *)"STOPWATER_SCAN_PROFLIE=x", NULL};
	static char *wrong[] = {(char *)"STOPWATER_SCAN_JOBS=many", NULL};
	AUTO(settings_free)
	struct settings *s = NULL;
	struct fault fault = FAULT_INIT;
	struct world w;
	size_t count;

	NEED(world_make(&w));
	w.from.environment = good;
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	(void)settings_list(s, "scan.home", &count);
	EQ_U64(count, 2);
	settings_free(&s);
	w.from.environment = bad;
	EQ_INT(settings_load(&s, &w.from, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "STOPWATER_SCAN_PROFLIE");
	w.from.environment = wrong;
	EQ_INT(settings_load(&s, &w.from, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "STOPWATER_SCAN_JOBS: scan.jobs: 'many'");
	world_remove(&w);
}

TEST(settings_free_tables_come_whole_from_the_first_file_that_has_them)
{
	AUTO(settings_free)
	struct settings *s = NULL;
	const struct toml_node *table;
	const char *file = NULL;
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "repo/stopwater.toml", "[policy.partner]\nblock = ['a/*']\n"));
	OK(put(&w, "home/stopwater.toml", "[policy.partner]\nnote = ['b/*']\n[policy.own]\n"));
	EQ_INT(settings_load(&s, &w.from, NULL), 0);
	table = settings_table_find(s, "policy", "partner", &file);
	OK(toml_get(table, "block") != NULL && toml_get(table, "note") == NULL);
	HAS_STR(file, "repo/stopwater.toml");
	OK(settings_table_find(s, "policy", "own", &file) != NULL);
	OK(settings_table_find(s, "policy", "nobody", &file) == NULL);
	world_remove(&w);
}

TEST(settings_documentation_holds_the_table)
{
	struct buf doc = BUF_INIT(1 << 20), table = BUF_INIT(1 << 20);

	EQ_INT(file_read_all(tap_data("../docs/settings.md"), &doc, NULL), 0);
	EQ_INT(settings_describe(&table), 0);
	HAS_STR(buf_text(&doc), buf_text(&table));
	buf_free(&doc);
	buf_free(&table);
}

TEST(settings_survive_every_refused_allocation)
{
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "repo/stopwater.toml", "[scan]\nprofile = 'a'\nhome = ['b']\n"));
	EACH_FAILED_ALLOC
	{
		AUTO(settings_free)
		struct settings *s = NULL;
		int r = settings_load(&s, &w.from, NULL);

		OK((r == 0) == (s != NULL));
		OK(r == 0 || tap_alloc_refused());
	}
	world_remove(&w);
}
