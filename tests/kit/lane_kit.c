/*
 * lane_kit.c - a history scanned for secrets with and without inheriting
 */
#include "kit/lane_kit.h"

#include <stdio.h>

#include "base/text.h"
#include "detect/secret_scan.h"
#include "detect/table.h"
#include "intake/intake.h"
#include "rules/rules.h"

static uint64_t
only_secrets(void)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if (detect_table[i] == &detect_secret)
			return (uint64_t)1 << i;
	return 0;
}

static void
put(struct buf *to, const struct finding *f)
{
	char sha256[65];

	(void)buf_printf(to, "%s %s %s %s:%u:%u @%llu+%llu %s x%llu", f->rule,
			 severity_name(f->severity), f->state, f->path, f->at.first_line, f->column,
			 (unsigned long long)f->at.at_bytes, (unsigned long long)f->at.length_bytes,
			 text_hex(f->sha256, sizeof(f->sha256), sha256),
			 (unsigned long long)f->count);
	if (f->git != NULL)
		(void)buf_printf(to, " %s..%s %zu paths",
				 f->git->first_commit == NULL ? "-" : f->git->first_commit,
				 f->git->last_commit == NULL ? "-" : f->git->last_commit,
				 f->git->paths_count);
	(void)buf_append_text(to, "\n");
}

static int
run(struct input *input, const struct intake_options *options, struct buf *to, struct fault *fault)
{
	AUTO(intake_free)
	struct intake *in = NULL;
	AUTO(findings_free)
	struct findings findings;
	AUTO(coverage_free)
	struct coverage coverage;
	AUTO(facts_free)
	struct input_facts facts;
	AUTO(input_summary_free)
	struct input_summary summary;
	int r = intake_new(&in, options, fault);

	findings_init(&findings);
	coverage_init(&coverage);
	facts_init(&facts, input->path);
	input_summary_init(&summary);
	if (r >= 0)
		r = intake_run(in, input, &findings, &coverage, &facts, &summary, fault);
	findings_sort(&findings);
	for (size_t i = 0; r >= 0 && i < findings.count; i++)
		put(to, &findings.list[i]);
	return to->failed != 0 ? to->failed : r;
}

int
lane_findings(const char *folder, bool whole, unsigned jobs, struct buf *to, struct fault *fault)
{
	const struct secret_options secrets = {
	    .id_key = "key", .now = 1767225600, .rules = rules_builtin(NULL, fault)};
	AUTO(secret_scanner_free)
	struct secret_scanner *scanner = NULL;
	struct detect detect = {.options = {.enabled = only_secrets()}, .limits = LIMITS_DEFAULT};
	struct intake_options options = {.detect = &detect, .limits = LIMITS_DEFAULT, .jobs = jobs};
	AUTO(input_close)
	struct input input = {.fd = -1};
	int r = secret_scanner_new(&scanner, &secrets, fault);

	detect.options.secrets = scanner;
	if (r >= 0)
		r = input_open(&input, folder, fault);
	if (r >= 0)
		r = input_add_history(&input, false, NULL, fault);
	input.whole_versions = whole;
	return r != 0 ? r : run(&input, &options, to, fault);
}
