/*
 * junit.c - the report as JUnit XML: a suite an input, a case a cause
 *
 * Knows: what build servers read (testsuites, testsuite, testcase, failure, error, skipped).
 * Does not know: time; a report holds none.
 */
#include <string.h>

#include "base/own.h"
#include "report/escape.h"
#include "report/group.h"

struct suite {
	size_t tests, failures, errors, skipped;
};

static void
attribute(FILE *to, const char *name, const char *value)
{
	(void)fprintf(to, " %s=\"", name);
	escape_markup(to, value);
	(void)fputc('"', to);
}

static bool
is_open(const struct scan_report *r, size_t row, size_t input)
{
	return r->outcome->rows[row].suppressed_by == NULL &&
	       policy_input(&r->inputs, r->coverage->not_examined.list[row].path) == input;
}

static struct suite
count_suite(const struct scan_report *r, const struct causes *causes, size_t input)
{
	struct suite s = {.tests = 1}; /* coverage */

	for (size_t i = 0; i < causes->count; i++) {
		if (causes->list[i].input != input)
			continue;
		s.tests++;
		s.failures += causes->list[i].worst->blocks;
		s.skipped += causes->list[i].worst->suppressed_by != NULL;
	}
	for (size_t i = 0; i < r->coverage->not_examined.count; i++)
		if (is_open(r, i, input))
			s.errors = 1;
	if (r->coverage->examined_bytes == 0)
		s.errors = 1;
	return s;
}

static void
put_body(FILE *to, const struct cause *c)
{
	const char *const lines[] = {c->worst->why, c->worst->fix, c->worst->because};
	static const char *const labels[] = {"why: ", "fix: ", "policy: "};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (lines[i] == NULL)
			continue;
		(void)fputs(labels[i], to);
		escape_markup(to, lines[i]);
		(void)fputc('\n', to);
	}
	for (size_t i = 0; i < c->count; i++) {
		escape_markup(to, c->all[i]->path);
		if (c->all[i]->at.first_line > 0)
			(void)fprintf(to, ":%u", c->all[i]->at.first_line);
		(void)fprintf(to, " %s\n", c->all[i]->id);
	}
}

static void
put_case(FILE *to, const struct cause *c)
{
	const struct finding *f = c->worst;

	(void)fputs("    <testcase", to);
	attribute(to, "classname", f->detector);
	attribute(to, "name", f->rule);
	(void)fputs(">\n", to);
	if (f->blocks) {
		(void)fputs("      <failure", to);
		attribute(to, "type", severity_name(f->severity));
		attribute(to, "message", f->title);
		(void)fputc('>', to);
		put_body(to, c);
		(void)fputs("</failure>\n", to);
	} else if (f->suppressed_by != NULL) {
		(void)fputs("      <skipped", to);
		attribute(to, "message", f->suppressed_by);
		(void)fputs("/>\n", to);
	} else {
		(void)fputs("      <system-out>", to);
		escape_markup(to, f->title);
		(void)fputc('\n', to);
		put_body(to, c);
		(void)fputs("</system-out>\n", to);
	}
	(void)fputs("    </testcase>\n", to);
}

static void
put_coverage(FILE *to, const struct scan_report *r, size_t input, const struct suite *s)
{
	(void)fputs("    <testcase classname=\"coverage\" name=\"all-examined\">\n", to);
	if (s->errors > 0) {
		(void)fputs("      <error type=\"incomplete\"", to);
		attribute(to, "message",
			  r->outcome->why_incomplete == NULL ? "not everything was examined"
							     : r->outcome->why_incomplete);
		(void)fputc('>', to);
		for (size_t i = 0; i < r->coverage->not_examined.count; i++) {
			if (!is_open(r, i, input))
				continue;
			escape_markup(to, r->coverage->not_examined.list[i].path);
			(void)fputs(": ", to);
			escape_markup(to, r->coverage->not_examined.list[i].reason);
			(void)fputc('\n', to);
		}
		(void)fputs("</error>\n", to);
	}
	(void)fputs("    </testcase>\n", to);
}

static void
put_suite(FILE *to, const struct scan_report *r, const struct causes *causes, size_t input,
	  const char *name)
{
	struct suite s = count_suite(r, causes, input);

	(void)fputs("  <testsuite", to);
	attribute(to, "name", name);
	(void)fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		      s.tests, s.failures, s.errors, s.skipped);
	for (size_t i = 0; i < causes->count; i++)
		if (causes->list[i].input == input)
			put_case(to, &causes->list[i]);
	put_coverage(to, r, input, &s);
	(void)fputs("  </testsuite>\n", to);
}

int
report_junit(FILE *to, const struct scan_report *report, struct fault *fault)
{
	AUTO(causes_free)
	struct causes causes = {0};
	int r = causes_make(&causes, report, fault);

	if (r < 0)
		return r;
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stopwater\">\n",
		    to);
	for (size_t i = 0; i < report->inputs.count; i++)
		if (!report->inputs.inputs[i].facts_only)
			put_suite(to, report, &causes, i, report->inputs.inputs[i].path);
	if (causes.count > 0 && causes.list[causes.count - 1].input == SIZE_MAX)
		put_suite(to, report, &causes, SIZE_MAX, "suppressions");
	(void)fputs("</testsuites>\n", to);
	return ferror(to) ? fault_errno(fault, "writing the report") : 0;
}
