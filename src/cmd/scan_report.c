/*
 * scan_report.c - the outcome of a scan, written out and kept
 *
 * Knows: which format was asked for, and that the last report is kept for explain and suppress.
 * Does not know: any format.
 */
#include "cmd/scan.h"

#include <unistd.h>

#include "base/own.h"
#include "report/last.h"

/* A state folder that cannot be written to (a build server without a home) stops no scan. */
static void
keep(struct scan *scan, const struct scan_report *report)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);

	if (scan->home == NULL && home_locate(&path, environ) == 0)
		(void)home_open(&scan->home, buf_text(&path), true, NULL);
	if (scan->home != NULL)
		(void)last_save(scan->home, report, NULL);
}

int
scan_report_out(struct scan *scan, const struct cmd_call *call, struct fault *fault)
{
	struct report_look look = {.quiet = call->common->quiet};
	struct scan_report report = {
	    .verb = call->cmd->name,
	    .version = STOPWATER_VERSION,
	    .profile = policy_profile(scan->policy),
	    .outcome = &scan->outcome,
	    .inputs = scan->judged,
	    .findings = &scan->gate->findings,
	    .coverage = &scan->gate->coverage,
	    .detectors = scan->detect.options.enabled,
	};
	enum report_format format;
	int r = report_parse_format(call->common->format, &format, fault);

	if (r == 0)
		r = report_color(call->common->color, call->out_is_terminal, environ, &look.color,
				 fault);
	if (r == 0)
		r = report_write(call->out, &report, format, &look, fault);
	if (r == 0)
		keep(scan, &report);
	return r;
}
