/*
 * scan.c - stopwater scan: look at what is about to leave
 *
 * Knows: the flow, bytes to report.  Does not know: any of its steps.
 */
#include "cmd/scan.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/process.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/fix.h"
#include "cmd/seal_verdict.h"
#include "cmd/verbs.h"
#include "rules/rules.h"
#include "report/report.h"

/* Code that stays is judged by another measure than code that goes (CONTRACT A2). */
static const char *
default_profile(const struct scan *scan)
{
	if (scan->asked.given)
		return PROFILE_INTERNAL;
	if (scan->published != NULL && scan->published->kind != PUBLISH_FOLDER)
		return PROFILE_PUBLIC;
	for (size_t i = scan->gate->first; i < scan->gate->count; i++)
		if (scan->gate->inputs[i].type == INPUT_FILE)
			return PROFILE_PUBLIC;
	return PROFILE_INTERNAL;
}

/* Is everything that is scanned part of the project whose settings are in force? */
static bool
is_current_project(const struct scan *scan)
{
	const char *project = settings_project(scan->settings);
	size_t length = strlen(project);

	for (size_t i = scan->gate->first; i < scan->gate->count; i++) {
		AUTO(own_free)
		char *real = realpath(scan->gate->inputs[i].path, NULL);

		if (scan->gate->inputs[i].type == INPUT_FILE || real == NULL ||
		    strncmp(real, project, length) != 0 ||
		    (real[length] != '\0' && real[length] != '/'))
			return false;
	}
	return true;
}

/* ---- progress ---- */

static uint64_t
clock_monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct progress {
	bool shown;
	uint64_t from_ms, last_ms;
};

static void
tick(void *to, uint64_t blobs, uint64_t bytes)
{
	struct progress *p = to;
	uint64_t now = clock_monotonic_ms();
	char count[32], size[32];

	/* Short runs say nothing; a line that changes ten times a second is not read. */
	if (now - p->from_ms < 1500 || now - p->last_ms < 250)
		return;
	p->last_ms = now;
	p->shown = true;
	(void)fprintf(stderr, "\r\033[Kreading: %s things, %s", text_count(blobs, count),
		      text_size(bytes, size));
	(void)fflush(stderr);
}

/* ---- the flow ---- */

static int
read_inputs(struct scan *scan, const struct cmd_call *call, struct fault *fault)
{
	struct progress progress = {.from_ms = clock_monotonic_ms()};
	uint64_t jobs = settings_u64(scan->settings, "scan.jobs");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct jail_options options = {
	    .intake = {.detect = &scan->detect,
		       .limits = scan->detect.limits,
		       .jobs = jobs > 0    ? (unsigned)(jobs < 256 ? jobs : 256)
			       : cores > 0 ? (unsigned)cores
					   : 1,
		       .cancel = call->cancel},
	};
	int r;

	options.intake.places = policy_places(scan->policy, &options.intake.places_count);
	if (!call->common->quiet && isatty(STDERR_FILENO) == 1) {
		options.tick = tick;
		options.tick_to = &progress;
	}
	r = gate_read(scan->gate, &options, fault);
	if (progress.shown)
		(void)fputs("\r\033[K", stderr);
	return r;
}

int
scan_open(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	  struct fault *fault)
{
	struct policy_from from;
	const char *profile;
	int r;

	process_hide_memory();
	if (options->require != NULL && strcmp(options->require, "full-history") != 0)
		return fault_set(fault, FAULT_USAGE, "--require: only 'full-history' is known");
	r = scan_settings(&scan->settings, call, options, fault);

	if (r >= 0)
		r = scan_detect(&scan->detect, scan->settings, fault);
	if (r >= 0)
		r = clock_now(call->common->now, &scan->now, fault);
	if (r >= 0)
		r = scan_home(&scan->home, fault);
	if (r >= 0)
		r = scan_register(&scan->registry, scan->settings, scan->home, fault);
	if (r >= 0)
		r = scan_secrets(scan, call, options, fault);
	scan->detect.options.secrets = scan->secrets;
	/* Mapped before the jail begins, which inherits it. */
	scan->detect.options.registry = scan->registry;
	if (scan->registry != NULL)
		scan->detect.options.is_public_content = register_is_public_content;
	if (r >= 0)
		r = scan_inputs(scan, call, options, fault);
	if (r < 0)
		return r;
	profile = settings_text(scan->settings, "scan.profile");
	from = (struct policy_from){
	    .settings = scan->settings,
	    .profile = profile != NULL ? profile : default_profile(scan),
	    .baseline = options->baseline,
	    .home = scan->home,
	    .now = scan->now,
	    .full_history = options->require != NULL,
	    .detectors = scan->detect.options.enabled,
	};
	r = policy_open(&scan->policy, &from, fault);
	if (r < 0)
		return r;
	scan->detect.options.is_public = policy_is_public(scan->policy);
	scan->detect.options.is_current_project =
	    !scan->asked.is_server && is_current_project(scan);
	return r;
}

int
scan_judge(struct scan *scan, const struct cmd_call *call, struct fault *fault)
{
	int r = read_inputs(scan, call, fault);

	if (r < 0)
		return r;
	scan->judged = (struct policy_inputs){
	    .inputs = scan->gate->inputs + scan->gate->first,
	    .summaries = scan->gate->summaries + scan->gate->first,
	    .count = scan->gate->count - scan->gate->first,
	};
	r = policy_judge(scan->policy, &scan->gate->findings, &scan->gate->coverage, &scan->judged,
			 &scan->outcome, fault);
	if (r >= 0 && scan->home != NULL)
		r = policy_spend(scan->policy, fault);
	return r;
}

void
scan_close(struct scan *scan)
{
	outcome_free(&scan->outcome);
	policy_close(&scan->policy);
	gate_free(&scan->gate);
	publish_free(&scan->published);
	free(scan->asked.range);
	register_close(&scan->registry);
	secret_scanner_free(&scan->secrets);
	rules_free(&scan->rules);
	home_close(&scan->home);
	settings_free(&scan->settings);
}

static int
scan_run(struct cmd_call *call, struct fault *fault)
{
	const struct scan_options *options = call->options;
	AUTO(scan_close)
	struct scan scan = {0};
	const struct seal_options seal = {options->seal, options->key, options->sign_with};
	const struct fix_options fix = {options->fix, options->apply};
	enum report_format format;
	int r;

	outcome_init(&scan.outcome);
	/* A wrong word for the format is told before an hour of reading, not after. */
	r = report_parse_format(call->common->format, &format, fault);
	if (r >= 0)
		r = scan_open(&scan, call, options, fault);
	if (r >= 0)
		r = seal_ready(&scan, &seal, fault);
	if (r >= 0)
		r = fix_ready(&scan, &fix, fault);
	if (r >= 0)
		r = scan_judge(&scan, call, fault);
	if (r >= 0 && (fix.out != NULL || fix.apply) &&
	    (scan.outcome.blocking > 0 || fix.out != NULL))
		return fix_run(&scan, call, options, &fix, &seal, fault);
	if (r >= 0 && seal.out != NULL)
		r = seal_verdict(&scan, &seal, call->out, fault);
	if (r >= 0 && options->write_baseline != NULL)
		r = policy_write_baseline(scan.policy, &scan.gate->findings,
					  options->write_baseline, &scan.judged, fault);
	if (r >= 0)
		r = scan_report_out(&scan, call, fault);
	return r < 0 ? r : scan.outcome.exit;
}

static const struct opt scan_opts[] = {
    OPT_TEXT('p', "profile", struct scan_options, profile, "NAME",
	     "judge by NAME: public-release, partner, internal"),
    OPT_TEXT(0, "only", struct scan_options, only, "LIST", "these detectors alone"),
    OPT_TEXT(0, "skip", struct scan_options, skip, "LIST", "all detectors but these"),
    OPT_TEXT(0, "previous", struct scan_options, previous, "OLD",
	     "compare with the release before"),
    OPT_TEXT(0, "register", struct scan_options, register_path, "FOLDER",
	     "look our code up in this register"),
    OPT_TEXT(0, "files-from", struct scan_options, files_from, "FILE",
	     "scan the paths listed in FILE"),
    OPT_TEXT(0, "baseline", struct scan_options, baseline, "FILE",
	     "what stands in FILE does not block"),
    OPT_TEXT(0, "write-baseline", struct scan_options, write_baseline, "FILE",
	     "write what blocks now to FILE"),
    OPT_TEXT(0, "fix", struct scan_options, fix, "OUT",
	     "write the package without what blocks, when that passes"),
    OPT_FLAG(0, "apply", struct scan_options, apply,
	     "change the npm project so that it does not ship what blocks"),
    OPT_TEXT(0, "seal", struct scan_options, seal, "OUT",
	     "write a signed verdict over the exact bytes"),
    OPT_TEXT('k', "key", struct scan_options, key, "FILE", "seal with this key"),
    OPT_TEXT(0, "sign-with", struct scan_options, sign_with, "CMD",
	     "seal with a signature that CMD gives"),
    OPT_TEXT(0, "rules", struct scan_options, rules, "FILE",
	     "find secrets by the rules of FILE, ours or gitleaks'"),
    OPT_FLAG(0, "show-secrets", struct scan_options, show_secrets,
	     "write found secrets into the report as they are"),
    OPT_FLAG(0, "tree", struct scan_options, tree, "of a repository: its work tree alone"),
    OPT_FLAG(0, "history", struct scan_options, history, "of a repository: its history alone"),
    OPT_FLAG(0, "staged", struct scan_options, staged,
	     "of a repository: what is staged for the next commit"),
    OPT_TEXT(0, "range", struct scan_options, range, "A..B",
	     "of a repository: what B has and A lacks"),
    OPT_TEXT(0, "since", struct scan_options, since, "TIME",
	     "of a repository: what commits since TIME brought (2026-03-01, 30d)"),
    OPT_FLAG(0, "diff", struct scan_options, diff,
	     "PATH or standard input is a diff: what it adds"),
    OPT_TEXT(0, "require", struct scan_options, require, "WHAT",
	     "full-history: a shallow or partial clone is incomplete"),
    OPT_FLAG(0, "fsck", struct scan_options, fsck, "check each object of a history against its id"),
    OPT_LIST(0, "limit", struct scan_options, limits, "NAME=N",
	     "depth, entries, bytes, ratio, member or seconds"),
    OPT_END,
};

const struct cmd cmd_scan = {.name = "scan",
			     .args = "[PATH|-]...",
			     .does = "look at what is about to leave, and stop it where it must",
			     .opts = scan_opts,
			     .options_bytes = sizeof(struct scan_options),
			     .args_max = CMD_ARGS_ANY,
			     .run = scan_run};
