/*
 * test_history_range.c - parts of a history, and the names people give to commits, against git
 */
#include "history/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "history_try.h"

static int
print_object(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	char text[HISTORY_ID_TEXT];

	(void)type;
	(void)path;
	return buf_printf(to, "%s\n", history_id_format(id, 20, text));
}

static size_t
resolve_all(struct history *h, const char *const *names, struct history_id *ids)
{
	size_t count = 0;
	struct fault fault = FAULT_INIT;

	for (; names[count] != NULL; count++)
		if (!EQ_INT(history_resolve(h, names[count], &ids[count], &fault), 0))
			tap_note("%s", fault.text);
	return count;
}

/* What rev-list lists and we do not: nothing.  What we tell beyond: lines of `more`. */
static void
holds_range(struct git_kit *kit, const char *const *include, const char *const *exclude,
	    const char *revisions, uint64_t more)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf ours = BUF_INIT((size_t)1 << 24);
	AUTO(buf_free)
	struct buf answer = BUF_INIT((size_t)1 << 16);
	AUTO(history_close)
	struct history *h = open_at(kit, "r", &options);
	struct history_id in[8], out[8];
	struct fault fault = FAULT_INIT;
	char script[PATH_MAX + 1024];
	FILE *file;

	NEED(h != NULL);
	if (!EQ_INT(history_range(h, in, resolve_all(h, include, in), out,
				  resolve_all(h, exclude, out), print_object, &ours, &fault),
		    0))
		tap_note("%s", fault.text);
	(void)snprintf(script, sizeof(script), "%s/ours", kit->folder);
	file = fopen(script, "w");
	NEED(file != NULL);
	(void)fwrite(ours.at, 1, ours.used, file);
	(void)fclose(file);
	(void)snprintf(script, sizeof(script),
		       "LC_ALL=C sort ours > a; git -C r rev-list --objects %s | cut -d' ' -f1 |\n"
		       "LC_ALL=C sort > b; test -s b; test -z \"$(uniq -d a)\"\n"
		       "comm -13 a b | wc -l; comm -23 a b | wc -l",
		       revisions);
	NEED(git_out(kit, script, &answer));
	(void)snprintf(script, sizeof(script), "0\n%llu\n", (unsigned long long)more);
	EQ_STR(buf_text(&answer), script);
	no_gaps(h);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

TEST(history_range_is_what_rev_list_lists)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit,
		    "git init -q r; make_history r 120; cd r; git checkout -q main\n"
		    "git checkout -q -b side HEAD~30; echo s > s; git add s; git commit -qm s\n"
		    "git checkout -q main; git repack -qad"));
	holds_range(&kit, NAMES("main"), NAMES("main~5"), "main~5..main", 0);
	holds_range(&kit, NAMES("main"), NAMES("main~60"), "main~60..main", 0);
	holds_range(&kit, NAMES("main"), NAMES("side"), "side..main", 0);
	holds_range(&kit, NAMES("side"), NAMES("main"), "main..side", 0);
	holds_range(&kit, NAMES("main", "side"), NAMES("main~1", "main~50"),
		    "main side ^main~1 ^main~50", 0);
	holds_range(&kit, NAMES("main"), NAMES(), "main", 0);
	holds_range(&kit, NAMES("v1"), NAMES("main~3"), "v1 ^main~3", 0);
	git_end(&kit);
}

TEST(history_range_tells_a_moved_blob_again)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 5; cd r; git checkout -q main\n"
			  "git mv src/file1.c moved.c; git commit -qm moved"));
	holds_range(&kit, NAMES("main"), NAMES("main~1"), "main~1..main", 1);
	git_end(&kit);
}

TEST(history_range_of_a_merge_holds_what_only_the_merge_made)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q r; make_history r 5; cd r; git checkout -q main\n"
	    "git checkout -q -b side; echo a > a; git add a; git commit -qm a\n"
	    "git checkout -q main; echo b > b; git add b; git commit -qm b\n"
	    "git merge -q --no-commit side; echo evil > evil; git add evil; git commit -qm m"));
	holds_range(&kit, NAMES("main"), NAMES("main^1", "side"), "main ^main^1 ^side", 0);
	git_end(&kit);
}

static void
same_name(struct git_kit *kit, struct history *h, const char *name)
{
	AUTO(buf_free)
	struct buf theirs = BUF_INIT(4096);
	char script[256], text[HISTORY_ID_TEXT];
	struct history_id id = {{0}};
	struct fault fault = FAULT_INIT;

	(void)snprintf(script, sizeof(script), "git -C r rev-parse '%s' | tr -d '\\n'", name);
	NEED(git_out(kit, script, &theirs));
	if (!EQ_INT(history_resolve(h, name, &id, &fault), 0))
		tap_note("%s: %s", name, fault.text);
	EQ_STR(history_id_format(&id, 20, text), buf_text(&theirs));
}

TEST(history_resolve_reads_names_as_git_does)
{
	static const char *const names[] = {
	    "main",   "HEAD",      "@",      "heads/main", "refs/heads/main",
	    "HEAD~3", "HEAD^",     "HEAD^2", "v1",         "v1^{}",
	    "main~~", "topic/a~1", "main^0", "HEAD~2^1~1", "tags/v1"};
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf text = BUF_INIT(4096);
	AUTO(history_close)
	struct history *h = NULL;
	struct fault fault = FAULT_INIT;
	struct history_id id;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q r; make_history r 100; cd r; git branch topic/a HEAD~7; git repack -qad"));
	h = open_at(&kit, "r", &options);
	NEED(h != NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		same_name(&kit, h, names[i]);
	NEED(git_out(&kit, "git -C r rev-parse --short=9 HEAD~4 | tr -d '\\n'", &text));
	same_name(&kit, h, buf_text(&text));
	EQ_INT(history_resolve(h, "nobody", &id, &fault), HISTORY_MISSING);
	HAS_STR(fault.text, "nobody");
	EQ_INT(history_resolve(h, "main~1000", &id, &fault), HISTORY_MISSING);
	EQ_INT(history_resolve(h, "main@{1}", &id, &fault), HISTORY_MISSING);
	EQ_INT(history_resolve(h, "", &id, &fault), HISTORY_MISSING);
	git_end(&kit);
}

static int
count_blob(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	(void)blob;
	(void)state;
	(void)fault;
	++*(unsigned *)to;
	return 0;
}

static int
count_told(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	(void)id;
	(void)path;
	*(unsigned *)to += type == HISTORY_BLOB;
	return 0;
}

/* What a pre-receive hook sees: new objects in a folder of their own, on top of the repository. */
TEST(history_of_a_quarantine_is_what_was_pushed)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf ids = BUF_INIT(4096);
	AUTO(history_close)
	struct history *h = NULL;
	struct history_place place = HISTORY_PLACE_INIT;
	struct history_id old, new;
	char variable[PATH_MAX + 64];
	char *environment[] = {variable, NULL};
	unsigned swept = 0, told = 0;
	struct history_visitor visitor = {
	    .to = &swept, .object = count_blob, .types = HISTORY_BIT(HISTORY_BLOB)};
	struct git_kit kit;
	int fd;

	NEED(git_begin(&kit));
	NEED(git_out(
	    &kit,
	    "git init -q r; make_history r 60; git -C r repack -qad; git clone -q r c; cd c\n"
	    "echo one > one; git add one; git commit -qm 1; echo two >> src/file1.c\n"
	    "git commit -qam 2; mkdir -p ../q/pack; git rev-list --objects origin/main..HEAD |\n"
	    "git pack-objects -q ../q/pack/pack > ../name; git rev-parse origin/main HEAD",
	    &ids));
	(void)snprintf(variable, sizeof(variable), "GIT_QUARANTINE_PATH=%s/q", kit.folder);
	fd = openat(kit.fd, "r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EQ_INT(history_find(&place, fd, environment, NULL), 0);
	EQ_U64(place.own_count, 1);
	options.no_alternates = true;
	EQ_INT(history_open(&h, &place, &options, NULL), 0);
	history_place_close(&place);
	(void)close(fd);
	NEED(h != NULL);
	EQ_INT(history_sweep(h, &visitor, NULL), 0);
	EQ_U64(swept, 2);
	EQ_INT(history_id_parse(bytes_slice(buf_bytes(&ids), 0, 40), &old, NULL), 0);
	EQ_INT(history_id_parse(bytes_slice(buf_bytes(&ids), 41, 40), &new, NULL), 0);
	EQ_INT(history_range(h, &new, 1, &old, 1, count_told, &told, NULL), 0);
	EQ_U64(told, 2);
	no_gaps(h);
	git_end(&kit);
}
