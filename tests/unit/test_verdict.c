/* Proves policy/verdict.h: what a run is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "policy/verdict.h"
#include "seal/hash.h"
#include "tap.h"

#define NOW "2026-03-31T12:00:00Z"

/* A project with a gate: one input, what was found in it, what was examined. */
struct world {
	char root[64], suppressions[128], baseline[128];
	struct settings *settings;
	struct home *home;
	struct policy *policy;
	struct findings findings;
	struct coverage coverage;
	struct input input;
	struct input_summary summary;
	struct policy_inputs inputs;
	struct outcome outcome;
	uint8_t seen[16];
	struct fault fault;
};

static bool
put(const struct world *w, const char *name, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", w->root, name);
	return file_write_all(path, bytes_text(text), 0600, NULL) == 0;
}

static bool
world_make(struct world *w)
{
	char home[96];

	memset(w, 0, sizeof(*w));
	(void)snprintf(w->root, sizeof(w->root), "/tmp/stopwater-verdict.XXXXXX");
	if (mkdtemp(w->root) == NULL)
		return false;
	(void)snprintf(w->suppressions, sizeof(w->suppressions), "%s/.stopwater/suppressions",
		       w->root);
	(void)snprintf(w->baseline, sizeof(w->baseline), "%s/base", w->root);
	(void)snprintf(home, sizeof(home), "%s/home", w->root);
	findings_init(&w->findings);
	coverage_init(&w->coverage);
	coverage_blob(&w->coverage, 100);
	outcome_init(&w->outcome);
	w->input = (struct input){.type = INPUT_FILE, .path = "a.tgz", .fd = -1};
	w->summary.has_sha256 = true;
	w->inputs = (struct policy_inputs){&w->input, &w->summary, 1};
	return put(w, "stopwater.toml", "") && home_open(&w->home, home, true, NULL) == 0;
}

static void
world_close(struct world *w)
{
	policy_close(&w->policy);
	settings_free(&w->settings);
	outcome_free(&w->outcome);
	outcome_init(&w->outcome);
}

static void
world_remove(struct world *w)
{
	static const char *const names[] = {
	    "stopwater.toml", ".stopwater/suppressions", ".stopwater",   "base",
	    "home/once",      "home/once.lock",          "home/VERSION", "home/lock",
	    "home",
	};
	char path[160];

	world_close(w);
	home_close(&w->home);
	findings_free(&w->findings);
	coverage_free(&w->coverage);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->root, names[i]);
		(void)remove(path);
	}
	(void)remove(w->root);
}

static bool
judge_at(struct world *w, const char *now)
{
	struct settings_from from = {.folder = w->root};
	struct policy_from policy = {
	    .profile = "public-release", .home = w->home, .detectors = UINT64_MAX};

	world_close(w);
	w->summary.places = w->seen;
	w->summary.places_count = sizeof(w->seen);
	return clock_parse(now, &policy.now, NULL) == 0 &&
	       settings_load(&w->settings, &from, &w->fault) == 0 &&
	       (policy.settings = w->settings) != NULL &&
	       policy_open(&w->policy, &policy, &w->fault) == 0 &&
	       policy_judge(w->policy, &w->findings, &w->coverage, &w->inputs, &w->outcome,
			    &w->fault) == 0;
}

/* A finding whose evidence is `text`. */
static void
found(struct world *w, const char *rule, const char *path, const char *text)
{
	struct finding f = {.detector = "debris",
			    .rule = rule,
			    .severity = SEVERITY_CRITICAL,
			    .title = "a thing",
			    .fix = "remove it",
			    .path = path,
			    .discloses = true,
			    .has_evidence = true};

	EQ_INT(hash_sha256(bytes_text(text), f.sha256, NULL), 0);
	f.has_sha256 = true;
	EQ_INT(hash_sha256(bytes_text(text), f.evidence, NULL), 0);
	EQ_INT(findings_add(&w->findings, &f, NULL), 0);
}

static void
forget(struct world *w)
{
	findings_free(&w->findings);
	findings_init(&w->findings);
}

/* Answer for the finding `at`, as `stopwater suppress` does. */
static void
answer(struct world *w, enum accept_kind kind, const char *path, size_t at, const char *until)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	struct accept_entry entry = {.place = policy_place(&w->inputs, w->findings.list[at].path),
				     .owner = "alice",
				     .reason = "made up"};
	uint8_t content[ACCEPT_CONTENT_BYTES];

	EQ_INT(accept_load(&list, kind, path, "s", NULL), 0);
	EQ_INT(clock_parse_date(until, &entry.until, NULL), 0);
	EQ_INT(accept_content(&w->findings.list[at], content, NULL), 0);
	EQ_INT(accept_add(list, w->findings.list[at].detector, w->findings.list[at].rule, content,
			  &entry, NULL),
	       0);
	EQ_INT(accept_save(list, path, NULL), 0);
}

TEST(verdict_of_nothing_wrong_is_pass)
{
	struct world w;

	NEED(world_make(&w));
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.verdict, VERDICT_PASS);
	EQ_INT(w.outcome.exit, 0);
	world_remove(&w);
}

TEST(verdict_blocked_wins_over_incomplete)
{
	struct world w;

	NEED(world_make(&w));
	EQ_INT(coverage_not_examined(&w.coverage, "a.tgz!/x", "damaged", 0, 5, false, NULL), 0);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.verdict, VERDICT_INCOMPLETE);
	EQ_INT(w.outcome.exit, 3);
	found(&w, "key", "a.tgz!/k", "k");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.verdict, VERDICT_BLOCKED);
	EQ_INT(w.outcome.exit, 1);
	EQ_U64(w.outcome.blocking, 1);
	HAS_STR(w.findings.list[0].because, "public-release: * blocks");
	world_remove(&w);
}

TEST(verdict_of_nothing_examined_is_incomplete_also_when_only_reporting)
{
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "stopwater.toml", "[scan]\nreport_only_until = 2026-12-01\n"));
	coverage_free(&w.coverage);
	coverage_init(&w.coverage);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.verdict, VERDICT_INCOMPLETE);
	EQ_STR(w.outcome.why_incomplete, "nothing was examined");
	EQ_INT(w.outcome.exit, 3);
	world_remove(&w);
}

TEST(verdict_report_only_ends_on_its_day)
{
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "stopwater.toml", "[scan]\nreport_only_until = 2026-04-01\n"));
	found(&w, "key", "a.tgz!/k", "k");
	OK(judge_at(&w, "2026-03-31T23:59:59Z"));
	EQ_INT(w.outcome.verdict, VERDICT_BLOCKED);
	EQ_INT(w.outcome.exit, 0);
	OK(w.outcome.report_only);
	OK(judge_at(&w, "2026-04-01T00:00:00Z"));
	EQ_INT(w.outcome.exit, 1);
	OK(!w.outcome.report_only);
	world_remove(&w);
}

TEST(verdict_a_suppression_follows_its_content_and_hides_nothing_else)
{
	struct world w;

	NEED(world_make(&w));
	found(&w, "key", "a.tgz!/package/k", "secret one");
	answer(&w, ACCEPT_SUPPRESSION, w.suppressions, 0, "2026-12-31");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	EQ_STR(w.findings.list[0].suppressed_by, "suppression of alice until 2026-12-31: made up");
	forget(&w);
	found(&w, "key", "a.tgz!/moved/elsewhere", "secret one");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	forget(&w); /* the same file, the same line, another secret */
	found(&w, "key", "a.tgz!/package/k", "secret two");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 1);
	forget(&w); /* the same bytes under another rule */
	found(&w, "other", "a.tgz!/package/k", "secret one");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 1);
	world_remove(&w);
}

TEST(verdict_an_ended_suppression_blocks_and_tells_who_and_how)
{
	struct world w;

	NEED(world_make(&w));
	found(&w, "key", "a.tgz!/k", "k");
	answer(&w, ACCEPT_SUPPRESSION, w.suppressions, 0, "2026-04-10");
	OK(judge_at(&w, "2026-03-20T00:00:00Z"));
	EQ_U64(w.findings.count, 1);
	forget(&w);
	found(&w, "key", "a.tgz!/k", "k");
	OK(judge_at(&w, "2026-03-31T12:00:00Z")); /* ten days before: a warning */
	EQ_INT(w.outcome.exit, 0);
	EQ_U64(w.findings.count, 2);
	EQ_STR(w.findings.list[0].path, ".stopwater/suppressions");
	EQ_STR(w.findings.list[0].rule, "expiring");
	HAS_STR(w.findings.list[0].title, "ends on 2026-04-10, in 10 days");
	HAS_STR(w.findings.list[0].fix, "stopwater suppress ");
	OK(!w.findings.list[0].blocks);
	forget(&w);
	found(&w, "key", "a.tgz!/k", "k");
	OK(judge_at(&w, "2026-04-10T00:00:00Z"));
	EQ_INT(w.outcome.exit, 1);
	HAS_STR(w.findings.list[0].why, "the suppression of alice ended on 2026-04-10");
	HAS_STR(w.findings.list[0].fix, "remove it; or renew it: stopwater suppress ");
	HAS_STR(w.findings.list[0].fix, w.findings.list[0].id);
	world_remove(&w);
}

TEST(verdict_an_unused_suppression_fails_only_where_its_place_was_examined)
{
	struct world w;

	NEED(world_make(&w));
	found(&w, "key", "a.tgz!/package/k", "k");
	answer(&w, ACCEPT_SUPPRESSION, w.suppressions, 0, "2026-12-31");
	forget(&w);
	OK(judge_at(&w, NOW)); /* another package: nobody looked there */
	EQ_INT(w.outcome.exit, 0);
	EQ_U64(w.findings.count, 0);
	w.seen[0] = 1;
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 1);
	EQ_U64(w.findings.count, 1);
	EQ_STR(w.findings.list[0].rule, "stale");
	HAS_STR(w.findings.list[0].fix, "remove line 4 of .stopwater/suppressions");
	forget(&w);
	OK(judge_at(&w, "2027-03-31T00:00:00Z")); /* it ended anyway */
	EQ_INT(w.outcome.exit, 0);
	world_remove(&w);
}

TEST(verdict_a_baseline_holds_what_was_there_and_nothing_new)
{
	struct buf first = BUF_INIT(1 << 16), second = BUF_INIT(1 << 16);
	struct world w;

	NEED(world_make(&w));
	found(&w, "key", "a.tgz!/k", "one");
	found(&w, "key", "a.tgz!/l", "two");
	OK(judge_at(&w, NOW));
	EQ_INT(policy_write_baseline(w.policy, &w.findings, w.baseline, &w.inputs, NULL), 0);
	OK(put(&w, "stopwater.toml", "[scan]\nbaseline = 'base'\n"));
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	EQ_STR(w.findings.list[0].suppressed_by, "baseline");
	/* Writing it again changes no byte. */
	EQ_INT(file_read_all(w.baseline, &first, NULL), 0);
	EQ_INT(policy_write_baseline(w.policy, &w.findings, w.baseline, &w.inputs, NULL), 0);
	EQ_INT(file_read_all(w.baseline, &second, NULL), 0);
	EQ_STR(buf_text(&second), buf_text(&first));
	found(&w, "key", "a.tgz!/m", "three");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 1);
	EQ_U64(w.outcome.blocking, 1);
	buf_free(&first);
	buf_free(&second);
	world_remove(&w);
}

TEST(verdict_a_pass_for_one_scan_is_gone_after_it)
{
	struct buf path = BUF_INIT(256);
	struct world w;

	NEED(world_make(&w));
	EQ_INT(home_join(w.home, &path, POLICY_ONCE), 0);
	found(&w, "key", "a.tgz!/k", "k");
	answer(&w, ACCEPT_ONCE, buf_text(&path), 0, "2026-04-01");
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	EQ_STR(w.findings.list[0].suppressed_by, "allowed once: made up");
	EQ_INT(policy_spend(w.policy, NULL), 0);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 1);
	EQ_INT(policy_spend(w.policy, NULL), 0);
	buf_free(&path);
	world_remove(&w);
}

/* The row as 'suppress' answers for it: its id is the front of what it is bound to. */
static void
answer_row(struct world *w, size_t at)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	struct accept_entry entry = {
	    .place = "x", .owner = "alice", .reason = "damaged on purpose"};

	EQ_INT(clock_parse_date("2026-12-31", &entry.until, NULL), 0);
	EQ_INT(accept_load(&list, ACCEPT_SUPPRESSION, w->suppressions, "s", NULL), 0);
	EQ_INT(
	    accept_add(list, "coverage", "not-examined", w->outcome.rows[at].content, &entry, NULL),
	    0);
	EQ_INT(accept_save(list, w->suppressions, NULL), 0);
}

TEST(verdict_what_was_not_examined_is_accepted_for_one_digest)
{
	struct world w;

	NEED(world_make(&w));
	EQ_INT(coverage_not_examined(&w.coverage, "a.tgz!/x", "damaged", 9, 5, false, NULL), 0);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 3);
	EQ_U64(strlen(w.outcome.rows[0].id), 16);
	answer_row(&w, 0);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	HAS_STR(w.outcome.rows[0].suppressed_by, "damaged on purpose");
	w.summary.sha256[5] = 1; /* other bytes */
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 3);
	w.summary.has_sha256 = false; /* nothing to be bound to */
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 3);
	EQ_STR(w.outcome.rows[0].id, "");
	world_remove(&w);
}

TEST(verdict_in_a_folder_the_digest_is_that_of_the_file)
{
	struct world w;

	NEED(world_make(&w));
	OK(put(&w, "base", "broken"));
	w.input = (struct input){.type = INPUT_FOLDER, .path = w.root, .fd = -1};
	{
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/base!/inner", w.root);
		EQ_INT(coverage_not_examined(&w.coverage, path, "damaged", 9, 5, false, NULL), 0);
	}
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 3);
	answer_row(&w, 0);
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 0);
	OK(put(&w, "base", "broken otherwise"));
	OK(judge_at(&w, NOW));
	EQ_INT(w.outcome.exit, 3);
	world_remove(&w);
}

TEST(verdict_places_are_what_lies_behind_the_input)
{
	struct input inputs[] = {{.path = "a.tgz"}, {.path = "dir/"}, {.path = "./sub"}};
	struct input here = {.path = "."};
	const struct policy_inputs alone = {&here, NULL, 1};
	const struct policy_inputs all = {inputs, NULL, 3};

	EQ_STR(policy_place(&all, "a.tgz!/package/x"), "package/x");
	EQ_STR(policy_place(&all, "a.tgz"), ".");
	EQ_STR(policy_place(&all, "dir/b!/c"), "b!/c");
	EQ_STR(policy_place(&all, "./sub/x"), "x");
	EQ_U64(policy_input(&all, "./sub/x"), 2);
	EQ_U64(policy_input(&all, "other"), SIZE_MAX);
	EQ_STR(policy_place(&alone, "x/y!/z"), "x/y!/z"); /* as intake names what is below "." */
	EQ_U64(policy_input(&alone, "x/y!/z"), 0);
	EQ_STR(policy_place(&alone, "."), ".");
	EQ_STR(policy_place(&all, "a.tgzz"), "a.tgzz");
}
