/*
 * init.c - stopwater init: put the gate in place
 *
 * Knows: which files a project starts with.  Does not know: what is in the project beyond what a
 * scan of it says.
 */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "cmd/scan.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"

#define BASELINE   ".stopwater/baseline"
#define ATTRIBUTES ".stopwater/.gitattributes"

struct init_options {
	const char *report_only_until;
	bool is_public;
};

static int
write_new(const char *path, struct bytes content, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	int r = file_write_begin(&w, path, 0644, fault);

	if (r == 0 && content.left > 0 &&
	    fwrite(content.at, content.left, 1, file_write_stream(w)) != 1)
		r = fault_errno(fault, "%s", path);
	return r < 0 ? r : file_write_commit_new(&w, fault);
}

static int
write_settings(const struct init_options *options, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 16);
	char day[CLOCK_DATE_TEXT];
	int64_t until = 0;
	int r = options->report_only_until == NULL
		    ? 0
		    : clock_parse_date(options->report_only_until, &until, fault);

	if (r < 0)
		return r;
	(void)buf_append_text(&text,
			      "# What stopwater is told about this project; docs/settings.md has "
			      "every setting.\n\n[scan]\nbaseline = \"" BASELINE "\"\n");
	if (until != 0)
		(void)buf_printf(&text, "report_only_until = %s\n", clock_format_date(until, day));
	(void)buf_append_text(&text, "# home = [\"NAME\"]	# protected assets that live here: "
				     "'stopwater protect list'\n\n[package]\n");
	(void)buf_printf(&text, "public = %s\n", options->is_public ? "true" : "false");
	if (text.failed != 0)
		return fault_memory(fault);
	return write_new(SETTINGS_FILE, buf_bytes(&text), fault);
}

/* Lines of both branches are right, so git may take them both. */
static int
write_attributes(struct fault *fault)
{
	int r = file_make_folders(".stopwater", 0755, fault);

	if (r == 0)
		r = file_exists(ATTRIBUTES, fault);
	return r != 0 ? (r < 0 ? r : 0)
		      : file_write_all(ATTRIBUTES,
				       BYTES_OF("baseline merge=union\nsuppressions merge=union\n"),
				       0644, fault);
}

/* What blocks today, but for what is critical: a key that is out stays a reason to stop. */
static int
write_baseline(struct scan *scan, size_t *taken, size_t *left, struct fault *fault)
{
	struct findings *findings = &scan->gate->findings;
	int r = file_exists(BASELINE, fault);

	*taken = *left = 0;
	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *f = &findings->list[i];

		if (!f->blocks)
			continue;
		if (f->severity == SEVERITY_CRITICAL) {
			f->blocks = false;
			(*left)++;
		} else {
			(*taken)++;
		}
	}
	return policy_write_baseline(scan->policy, findings, BASELINE, &scan->judged, fault);
}

static void
tell_text(struct cmd_call *call, const struct init_options *options, size_t taken, size_t left)
{
	(void)fprintf(call->out,
		      "wrote " SETTINGS_FILE " and " BASELINE
		      "; commit them, and keep\nboth " SETTINGS_FILE
		      " and .stopwater/ out of what you publish (.npmignore, MANIFEST.in)\n");
	if (taken > 0)
		(void)fprintf(call->out,
			      "%zu finding%s of today will not block; work %s off, then run\n"
			      "  stopwater baseline update\n",
			      taken, taken == 1 ? "" : "s", taken == 1 ? "it" : "them");
	if (left > 0)
		(void)fprintf(call->out,
			      "%zu critical finding%s block%s from the first day on; see them "
			      "with\n  stopwater scan\n",
			      left, left == 1 ? "" : "s", left == 1 ? "s" : "");
	if (options->report_only_until != NULL)
		(void)fprintf(call->out, "until %s scans report and exit 0\n",
			      options->report_only_until);
	(void)fputs("next:\n"
		    "  stopwater scan                   what publishing this folder would ship\n"
		    "  stopwater protect add NAME .     teach it what is yours\n"
		    "in the build, between packing and publishing:\n"
		    "  stopwater scan PACKAGE || exit 1\n",
		    call->out);
}

static int
tell(struct cmd_call *call, const struct init_options *options, size_t taken, size_t left,
     struct fault *fault)
{
	AUTO(buf_free)
	struct buf json = BUF_INIT(1 << 20);
	struct json_write w;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	if (r < 0)
		return r;
	if (!json_wanted) {
		if (!call->common->quiet)
			tell_text(call, options, taken, left);
		return 0;
	}
	json_write_to_buf(&w, &json, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "init", 0);
	json_write_key(&w, "files");
	json_write_array_begin(&w);
	json_write_text(&w, SETTINGS_FILE);
	json_write_text(&w, BASELINE);
	json_write_text(&w, ATTRIBUTES);
	json_write_array_end(&w);
	json_write_key_u64(&w, "baseline", taken);
	json_write_key_u64(&w, "critical", left);
	return seal_json_end(&w, &json, call->out, fault);
}

static int
init_run(struct cmd_call *call, struct fault *fault)
{
	static const struct scan_options none;
	const struct init_options *options = call->options;
	AUTO(scan_close)
	struct scan scan = {0};
	size_t taken, left;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	outcome_init(&scan.outcome);
	if (r == 0)
		r = write_settings(options, fault);
	if (r == 0)
		r = write_attributes(fault);
	if (r >= 0)
		r = scan_open(&scan, call, &none, fault);
	if (r >= 0)
		r = scan_judge(&scan, call, fault);
	if (r >= 0)
		r = write_baseline(&scan, &taken, &left, fault);
	return r < 0 ? r : tell(call, options, taken, left, fault);
}

static const struct opt init_opts[] = {
    OPT_FLAG(0, "public", struct init_options, is_public, "the sources of this project are public"),
    OPT_TEXT(0, "report-only-until", struct init_options, report_only_until, "DATE",
	     "judge and tell, but stop nothing before DATE"),
    OPT_END,
};

const struct cmd cmd_init = {.name = "init",
			     .args = "",
			     .does = "put the gate in place in this folder",
			     .opts = init_opts,
			     .options_bytes = sizeof(struct init_options),
			     .run = init_run};
