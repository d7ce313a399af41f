/*
 * scan_report.c - the outcome of a scan, written out
 */
#include "cmd/scan.h"

#include "base/text.h"

int
scan_report_out(struct scan *scan, const struct cmd_call *call, struct fault *fault)
{
	const struct coverage *c = &scan->gate->coverage;
	char files[32], size[32];

	(void)fault;
	for (size_t i = 0; i < scan->gate->findings.count; i++) {
		const struct finding *f = &scan->gate->findings.list[i];

		(void)fprintf(call->out, "%s %s %-8s %s/%s %s: %s\n",
			      f->blocks ? "BLOCKS" : "      ", f->id, severity_name(f->severity),
			      f->detector, f->rule, f->path, f->title);
	}
	for (size_t i = 0; i < c->not_examined.count; i++)
		(void)fprintf(call->out, "NOT EXAMINED %s: %s\n", c->not_examined.list[i].path,
			      c->not_examined.list[i].reason);
	(void)fprintf(call->out, "%s  %s files, %s after unpacking\n",
		      verdict_name(scan->outcome.verdict), text_count(c->blobs, files),
		      text_size(c->unpacked_bytes, size));
	return 0;
}
