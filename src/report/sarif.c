/*
 * sarif.c - the report as SARIF 2.1.0, within what GitHub takes
 *
 * Knows: OASIS SARIF 2.1.0, and the limits of code scanning uploads (25,000 results, 10 MB
 * compressed).  Does not know: how findings came about.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/own.h"
#include "report/escape.h"
#include "report/group.h"

#define RESULTS_MAX 25000
/* GitHub shows no more of a message; 25,000 of them still pack into a few MB. */
#define MESSAGE_BYTES_MAX ((size_t)1000)
/* A path of 1 KiB, escaped. */
#define URI_BYTES_MAX 4096

struct sarif {
	struct json_write w;
	const struct scan_report *report;
	struct causes causes;
	const struct cause **rules; /* one cause for each rule, by detector and rule */
	size_t rules_count;
};

static int
to_file(void *context, const void *at, size_t count, struct fault *fault)
{
	if (count > 0 && fwrite(at, count, 1, context) != 1)
		return fault_errno(fault, "writing the report");
	return 0;
}

static int
compare_rules(const void *left, const void *right)
{
	const struct cause *const *a = left, *const *b = right;
	int r = strcmp((*a)->worst->detector, (*b)->worst->detector);

	return r != 0 ? r : strcmp((*a)->worst->rule, (*b)->worst->rule);
}

static int
gather_rules(struct sarif *s, struct fault *fault)
{
	size_t n = 0;

	s->rules = calloc(s->causes.count + 1, sizeof(*s->rules));
	if (s->rules == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < s->causes.count; i++)
		s->rules[i] = &s->causes.list[i];
	qsort(s->rules, s->causes.count, sizeof(*s->rules), compare_rules);
	for (size_t i = 0; i < s->causes.count; i++)
		if (i == 0 || compare_rules(&s->rules[i], &s->rules[n - 1]) != 0)
			s->rules[n++] = s->rules[i];
	s->rules_count = n;
	return 0;
}

static size_t
rule_index(const struct sarif *s, const struct finding *f)
{
	const struct cause wanted = {.worst = f}, *key = &wanted;
	const struct cause **found =
	    bsearch(&key, s->rules, s->rules_count, sizeof(*s->rules), compare_rules);

	return found == NULL ? 0 : (size_t)(found - s->rules);
}

/* {"text": ...} */
static void
put_message(struct sarif *s, const char *key, const char *text)
{
	json_write_key(&s->w, key);
	json_write_object_begin(&s->w);
	json_write_key_text(&s->w, "text", text);
	json_write_object_end(&s->w);
}

/* GitHub's scale: over 9.0 critical, over 7.0 high, over 4.0 medium. */
static const char *
security_severity(enum severity severity)
{
	static const char *const scale[] = {"1.0", "3.0", "6.0", "8.0", "9.5"};

	return scale[severity];
}

static const char *
level_of(const struct finding *f)
{
	return f->blocks ? "error" : f->severity >= SEVERITY_MEDIUM ? "warning" : "note";
}

static const char *
about_detector(const char *name)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if (strcmp(detect_table[i]->name, name) == 0)
			return detect_table[i]->finds;
	return "an answer for a finding that must be put right";
}

static void
put_rule(struct sarif *s, const struct finding *f)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(8192);
	struct json_write *w = &s->w;

	json_write_object_begin(w);
	(void)buf_printf(&text, "%s/%s", f->detector, f->rule);
	json_write_key_text(w, "id", buf_text(&text));
	json_write_key_text(w, "name", f->rule);
	put_message(s, "shortDescription", buf_text(&text));
	put_message(s, "fullDescription", about_detector(f->detector));
	buf_reset(&text);
	(void)buf_printf(&text, "%s.\n\n%s%.2000s%s%s%.2000s%s", about_detector(f->detector),
			 f->why == NULL ? "" : "Why: ", f->why == NULL ? "" : f->why,
			 f->why == NULL ? "" : ".\n\n",
			 f->fix == NULL ? "" : "Fix: ", f->fix == NULL ? "" : f->fix,
			 f->fix == NULL ? "" : ".");
	put_message(s, "help", buf_text(&text));
	json_write_key(w, "properties");
	json_write_object_begin(w);
	json_write_key_text(w, "security-severity", security_severity(f->severity));
	json_write_key(w, "tags");
	json_write_array_begin(w);
	json_write_text(w, "security");
	json_write_array_end(w);
	json_write_object_end(w);
	json_write_object_end(w);
}

static void
put_location(struct sarif *s, const char *path, const struct finding_place *at, uint32_t column)
{
	struct json_write *w = &s->w;
	char uri[URI_BYTES_MAX];

	if (escape_uri(uri, sizeof(uri), path) < 0)
		(void)snprintf(uri, sizeof(uri), "path-too-long");
	json_write_object_begin(w);
	json_write_key(w, "physicalLocation");
	json_write_object_begin(w);
	json_write_key(w, "artifactLocation");
	json_write_object_begin(w);
	json_write_key_text(w, "uri", uri);
	json_write_object_end(w);
	json_write_key(w, "region");
	json_write_object_begin(w);
	/* GitHub wants a line; 1 for what has none, and the offset beside it. */
	json_write_key_u64(w, "startLine", at->first_line > 0 ? at->first_line : 1);
	if (at->first_line > 0 && column > 0)
		json_write_key_u64(w, "startColumn", column);
	if (at->last_line > at->first_line)
		json_write_key_u64(w, "endLine", at->last_line);
	if (at->length_bytes > 0 && at->at_bytes <= INT32_MAX && at->length_bytes <= INT32_MAX) {
		json_write_key_u64(w, "byteOffset", at->at_bytes);
		json_write_key_u64(w, "byteLength", at->length_bytes);
	}
	json_write_object_end(w);
	json_write_object_end(w);
	json_write_object_end(w);
}

static void
put_locations(struct sarif *s, const struct finding *f)
{
	json_write_key(&s->w, "locations");
	json_write_array_begin(&s->w);
	put_location(s, f->path, &f->at, f->column);
	json_write_array_end(&s->w);
	if (f->spots_count == 0)
		return;
	json_write_key(&s->w, "relatedLocations");
	json_write_array_begin(&s->w);
	for (size_t i = 0; i < f->spots_count; i++)
		put_location(s, f->spots[i].path, &f->spots[i].at, f->spots[i].column);
	json_write_array_end(&s->w);
}

static void
put_suppression(struct sarif *s, const struct finding *f)
{
	struct json_write *w = &s->w;

	if (f->suppressed_by == NULL)
		return;
	json_write_key(w, "suppressions");
	json_write_array_begin(w);
	json_write_object_begin(w);
	json_write_key_text(w, "kind", "external");
	json_write_key_text(w, "status", "accepted");
	json_write_key_text(w, "justification", f->suppressed_by);
	json_write_object_end(w);
	json_write_array_end(w);
}

static void
put_history(struct json_write *w, const struct finding_git *git)
{
	if (git == NULL)
		return;
	json_write_key(w, "properties");
	json_write_object_begin(w);
	json_write_key_text(w, "firstCommit", git->first_commit);
	json_write_key_text(w, "lastCommit", git->last_commit);
	json_write_key_bool(w, "atHead", git->at_head);
	json_write_key_text(w, "reachable", finding_reach_name(git->reachable));
	json_write_object_end(w);
}

static void
put_result(struct sarif *s, const struct finding *f)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(16384);
	struct json_write *w = &s->w;

	json_write_object_begin(w);
	(void)buf_printf(&text, "%s/%s", f->detector, f->rule);
	json_write_key_text(w, "ruleId", buf_text(&text));
	json_write_key_u64(w, "ruleIndex", rule_index(s, f));
	json_write_key_text(w, "level", level_of(f));
	buf_reset(&text);
	(void)buf_printf(&text, "%.400s%s%.300s%s%.300s", f->title, f->why == NULL ? "" : ": ",
			 f->why == NULL ? "" : f->why,
			 f->fix == NULL ? "" : ". Fix: ", f->fix == NULL ? "" : f->fix);
	if (text.used > MESSAGE_BYTES_MAX)
		text.used = MESSAGE_BYTES_MAX;
	put_message(s, "message", buf_text(&text));
	put_locations(s, f);
	json_write_key(w, "partialFingerprints");
	json_write_object_begin(w);
	json_write_key_text(w, "stopwaterFinding/v1", f->id);
	json_write_object_end(w);
	put_suppression(s, f);
	put_history(w, f->git);
	json_write_object_end(w);
}

/* The worst first, so that what GitHub's limit cuts off is the least. */
static void
put_results(struct sarif *s)
{
	size_t put = 0;

	json_write_key(&s->w, "results");
	json_write_array_begin(&s->w);
	for (int blocks = 1; blocks >= 0; blocks--)
		for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--)
			for (size_t i = 0; i < s->report->findings->count && put < RESULTS_MAX;
			     i++) {
				const struct finding *f = &s->report->findings->list[i];

				if (f->blocks != (blocks != 0) || (int)f->severity != severity)
					continue;
				put_result(s, f);
				put++;
			}
	json_write_array_end(&s->w);
}

static void
put_notification(struct sarif *s, const char *level, const char *text)
{
	json_write_object_begin(&s->w);
	json_write_key_text(&s->w, "level", level);
	put_message(s, "message", text);
	json_write_object_end(&s->w);
}

static void
put_invocation(struct sarif *s)
{
	const struct scan_report *r = s->report;
	struct json_write *w = &s->w;

	json_write_key(w, "invocations");
	json_write_array_begin(w);
	json_write_object_begin(w);
	json_write_key_bool(w, "executionSuccessful", r->outcome->why_incomplete == NULL);
	json_write_key_i64(w, "exitCode", r->outcome->exit);
	json_write_key(w, "toolExecutionNotifications");
	json_write_array_begin(w);
	if (r->outcome->why_incomplete != NULL)
		put_notification(s, "error", r->outcome->why_incomplete);
	for (size_t i = 0; i < r->coverage->not_examined.count; i++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT(1 << 16);

		if (r->outcome->rows[i].suppressed_by != NULL)
			continue;
		(void)buf_printf(&text, "%s: %s", r->coverage->not_examined.list[i].path,
				 r->coverage->not_examined.list[i].reason);
		put_notification(s, "error", buf_text(&text));
	}
	if (r->findings->count > RESULTS_MAX)
		put_notification(s, "warning", "more than 25,000 results: the least are left out");
	json_write_array_end(w);
	json_write_object_end(w);
	json_write_array_end(w);
}

static void
put_run(struct sarif *s)
{
	struct json_write *w = &s->w;

	json_write_object_begin(w);
	json_write_key(w, "tool");
	json_write_object_begin(w);
	json_write_key(w, "driver");
	json_write_object_begin(w);
	json_write_key_text(w, "name", "stopwater");
	json_write_key_text(w, "version", s->report->version);
	json_write_key(w, "rules");
	json_write_array_begin(w);
	for (size_t i = 0; i < s->rules_count; i++)
		put_rule(s, s->rules[i]->worst);
	json_write_array_end(w);
	json_write_object_end(w);
	json_write_object_end(w);
	put_invocation(s);
	put_results(s);
	json_write_key_text(w, "columnKind", "unicodeCodePoints");
	json_write_key(w, "properties");
	json_write_object_begin(w);
	json_write_key_text(w, "verdict", verdict_name(s->report->outcome->verdict));
	json_write_key_text(w, "profile", s->report->profile);
	json_write_object_end(w);
	json_write_object_end(w);
}

int
report_sarif(FILE *to, const struct scan_report *report, struct fault *fault)
{
	struct sarif s = {.report = report};
	int r = causes_make(&s.causes, report, fault);

	if (r == 0)
		r = gather_rules(&s, fault);
	if (r == 0) {
		json_write_to(&s.w, to_file, to, JSON_WRITE_PRETTY);
		json_write_object_begin(&s.w);
		json_write_key_text(&s.w, "$schema",
				    "https://json.schemastore.org/sarif-2.1.0.json");
		json_write_key_text(&s.w, "version", "2.1.0");
		json_write_key(&s.w, "runs");
		json_write_array_begin(&s.w);
		put_run(&s);
		json_write_array_end(&s.w);
		json_write_object_end(&s.w);
		r = json_write_finish(&s.w, fault);
	}
	free(s.rules);
	causes_free(&s.causes);
	return r;
}
