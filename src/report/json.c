/*
 * json.c - the report as JSON, and as one line an element
 *
 * Knows: the fields of CONTRACT A2, in one order.  Does not know: what they mean.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/own.h"
#include "detect/detect.h"
#include "report/report.h"

static int
to_file(void *context, const void *at, size_t count, struct fault *fault)
{
	if (count > 0 && fwrite(at, count, 1, context) != 1)
		return fault_errno(fault, "writing the report");
	return 0;
}

/* ---- findings ---- */

static void
put_place(struct json_write *w, const char *key, const struct finding_place *place)
{
	json_write_key(w, key);
	json_write_object_begin(w);
	if (place->first_line > 0) {
		json_write_key_u64(w, "first_line", place->first_line);
		json_write_key_u64(w, "last_line", place->last_line);
	} else {
		json_write_key_u64(w, "at_bytes", place->at_bytes);
		json_write_key_u64(w, "length_bytes", place->length_bytes);
	}
	json_write_object_end(w);
}

static void
put_match(struct json_write *w, const struct finding_match *match)
{
	json_write_object_begin(w);
	json_write_key_text(w, "asset", match->asset);
	json_write_key_text(w, "path", match->path);
	json_write_key(w, "share");
	json_write_micro(w, match->share_ppm);
	json_write_key_text(w, "channel", match->channel);
	json_write_key(w, "log10_chance");
	json_write_milli(w, match->log10_chance_milli);
	put_place(w, "here", &match->here);
	put_place(w, "there", &match->there);
	json_write_key_text(w, "from_commit", match->from_commit);
	json_write_key_text(w, "to_commit", match->to_commit);
	json_write_object_end(w);
}

static void
put_matches(struct json_write *w, const struct finding *f)
{
	if (f->matches_count == 0)
		return;
	json_write_key(w, "matches");
	json_write_array_begin(w);
	for (size_t i = 0; i < f->matches_count; i++)
		put_match(w, &f->matches[i]);
	json_write_array_end(w);
}

static void
put_source_map(struct json_write *w, const struct finding *f)
{
	if (!f->has_source_map)
		return;
	json_write_key(w, "source_map");
	json_write_object_begin(w);
	json_write_key_u64(w, "sources", f->source_map.sources);
	json_write_key_u64(w, "embedded", f->source_map.embedded);
	json_write_key_u64(w, "lines", f->source_map.lines);
	json_write_key_u64(w, "bytes", f->source_map.bytes);
	json_write_key(w, "examples");
	json_write_array_begin(w);
	for (size_t i = 0; i < FINDING_EXAMPLES_MAX; i++)
		if (f->source_map.examples[i] != NULL)
			json_write_text(w, f->source_map.examples[i]);
	json_write_array_end(w);
	json_write_object_end(w);
}

/* "base64 > gzip" as a list. */
static void
put_decode(struct json_write *w, const char *decode)
{
	if (decode == NULL)
		return;
	json_write_key(w, "decode");
	json_write_array_begin(w);
	while (*decode != '\0') {
		const char *next = strstr(decode, " > ");
		size_t length = next == NULL ? strlen(decode) : (size_t)(next - decode);

		json_write_string(w, bytes_make(decode, length));
		decode += length + (next == NULL ? 0 : 3);
	}
	json_write_array_end(w);
}

static void
put_secret(struct json_write *w, const struct finding *f)
{
	json_write_key_text(w, "redacted", f->redacted);
	json_write_key_text(w, "secret_id", f->secret_id);
	json_write_key_text(w, "state", f->state);
	json_write_key_text(w, "secret", f->secret);
	if (f->spots_count == 0)
		return;
	json_write_key(w, "places");
	json_write_array_begin(w);
	for (size_t i = 0; i < f->spots_count; i++) {
		const struct finding_spot *spot = &f->spots[i];

		json_write_object_begin(w);
		json_write_key_text(w, "path", spot->path);
		if (spot->at.first_line > 0)
			json_write_key_u64(w, "line", spot->at.first_line);
		if (spot->column > 0)
			json_write_key_u64(w, "column", spot->column);
		json_write_key_u64(w, "at_bytes", spot->at.at_bytes);
		json_write_key_u64(w, "length_bytes", spot->at.length_bytes);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
put_names(struct json_write *w, const char *key, const char *const *names, size_t count)
{
	json_write_key(w, key);
	json_write_array_begin(w);
	for (size_t i = 0; i < count; i++)
		json_write_text(w, names[i]);
	json_write_array_end(w);
}

static void
put_git(struct json_write *w, const struct finding_git *git)
{
	char time[CLOCK_TEXT];

	if (git == NULL)
		return;
	json_write_key(w, "git");
	json_write_object_begin(w);
	json_write_key_text(w, "first_commit", git->first_commit);
	if (git->first_commit != NULL)
		json_write_key_text(w, "first_time", clock_format(git->first_time, time));
	json_write_key_text(w, "last_commit", git->last_commit);
	if (git->last_commit != NULL)
		json_write_key_text(w, "last_time", clock_format(git->last_time, time));
	json_write_key_text(w, "author", git->author);
	put_names(w, "paths", git->paths, git->paths_count);
	json_write_key_bool(w, "at_head", git->at_head);
	put_names(w, "refs", git->refs, git->refs_count);
	put_names(w, "tags", git->tags, git->tags_count);
	if (git->names_left_out > 0)
		json_write_key_u64(w, "names_left_out", git->names_left_out);
	json_write_key_text(w, "reachable", finding_reach_name(git->reachable));
	json_write_object_end(w);
}

static void
put_finding(struct json_write *w, const struct finding *f, const char *type)
{
	json_write_object_begin(w);
	json_write_key_text(w, "type", type);
	json_write_key_text(w, "id", f->id);
	json_write_key_text(w, "detector", f->detector);
	json_write_key_text(w, "rule", f->rule);
	json_write_key_text(w, "severity", severity_name(f->severity));
	json_write_key_bool(w, "blocks", f->blocks);
	json_write_key_text(w, "title", f->title);
	json_write_key_text(w, "why", f->why);
	json_write_key_text(w, "fix", f->fix);
	json_write_key_text(w, "path", f->path);
	if (f->has_sha256)
		json_write_key_hex(w, "sha256", f->sha256, sizeof(f->sha256));
	if (f->at.first_line > 0)
		json_write_key_u64(w, "line", f->at.first_line);
	if (f->column > 0)
		json_write_key_u64(w, "column", f->column);
	if (f->at.at_bytes > 0 || f->at.length_bytes > 0) {
		json_write_key_u64(w, "at_bytes", f->at.at_bytes);
		json_write_key_u64(w, "length_bytes", f->at.length_bytes);
	}
	if (f->count > 1)
		json_write_key_u64(w, "count", f->count);
	json_write_key_bool(w, "discloses", f->discloses);
	json_write_key_text(w, "because", f->because);
	json_write_key_text(w, "suppressed_by", f->suppressed_by);
	put_decode(w, f->decode);
	put_secret(w, f);
	put_source_map(w, f);
	put_matches(w, f);
	put_git(w, f->git);
	json_write_object_end(w);
}

/* ---- inputs and coverage ---- */

static void
put_inputs(struct json_write *w, const struct policy_inputs *inputs)
{
	json_write_key(w, "inputs");
	json_write_array_begin(w);
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input_summary *summary = &inputs->summaries[i];

		if (inputs->inputs[i].facts_only)
			continue;
		json_write_object_begin(w);
		json_write_key_text(w, "path", inputs->inputs[i].path);
		json_write_key_text(w, "kind", summary->kind);
		if (summary->has_sha256)
			json_write_key_hex(w, "sha256", summary->sha256, sizeof(summary->sha256));
		json_write_key_u64(w, "bytes", summary->bytes);
		json_write_key_u64(w, "files", summary->files);
		if (summary->objects > 0) {
			json_write_key_u64(w, "objects", summary->objects);
			json_write_key_u64(w, "object_bytes", summary->object_bytes);
		}
		json_write_key_text(w, "difference", summary->difference);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

/* `judged`: one for each row, or NULL. */
static void
put_rows(struct json_write *w, const char *key, const struct coverage_rows *rows,
	 const struct judged_row *judged)
{
	json_write_key(w, key);
	json_write_array_begin(w);
	for (size_t i = 0; i < rows->count && i < COVERAGE_ROWS_MAX; i++) {
		const struct coverage_row *row = &rows->list[i];

		json_write_object_begin(w);
		if (judged != NULL && judged[i].id[0] != '\0')
			json_write_key_text(w, "id", judged[i].id);
		json_write_key_text(w, "path", row->path);
		json_write_key_text(w, "reason", row->reason);
		json_write_key_u64(w, "at_bytes", row->at_bytes);
		if (row->bytes != COVERAGE_BYTES_UNKNOWN)
			json_write_key_u64(w, "bytes", row->bytes);
		json_write_key_u64(w, "count", row->count);
		if (judged != NULL)
			json_write_key_text(w, "suppressed_by", judged[i].suppressed_by);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
put_coverage(struct json_write *w, const struct scan_report *report)
{
	const struct coverage *c = report->coverage;
	uint64_t left_out = c->skipped.left_out + c->not_examined.left_out + c->scope.left_out;

	json_write_key(w, "coverage");
	json_write_object_begin(w);
	json_write_key_u64(w, "blobs", c->blobs);
	json_write_key_u64(w, "input_bytes", c->input_bytes);
	json_write_key_u64(w, "unpacked_bytes", c->unpacked_bytes);
	json_write_key_u64(w, "examined_bytes", c->examined_bytes);
	json_write_key_u64(w, "skipped_bytes", c->skipped_bytes);
	json_write_key_u64(w, "not_examined_bytes", c->not_examined_bytes);
	put_rows(w, "skipped", &c->skipped, NULL);
	put_rows(w, "not_examined", &c->not_examined, report->outcome->rows);
	if (c->scope.count > 0)
		put_rows(w, "scope", &c->scope, NULL);
	if (left_out > 0)
		json_write_key_u64(w, "rows_left_out", left_out);
	json_write_object_end(w);
}

static void
put_detectors(struct json_write *w, uint64_t looked)
{
	if (looked == 0)
		return;
	json_write_key(w, "detectors");
	json_write_array_begin(w);
	for (size_t i = 0; i < detect_table_count; i++)
		if ((looked >> i & 1) != 0)
			json_write_text(w, detect_table[i]->name);
	json_write_array_end(w);
}

static void
put_head(struct json_write *w, const struct scan_report *report)
{
	const struct outcome *outcome = report->outcome;
	char day[CLOCK_DATE_TEXT];

	json_write_key_u64(w, "schema_version", REPORT_SCHEMA_VERSION);
	json_write_key(w, "tool");
	json_write_object_begin(w);
	json_write_key_text(w, "name", "stopwater");
	json_write_key_text(w, "version", report->version);
	json_write_object_end(w);
	json_write_key_text(w, "verb", report->verb);
	json_write_key_i64(w, "exit", outcome->exit);
	json_write_key_text(w, "verdict", verdict_name(outcome->verdict));
	json_write_key_text(w, "profile", report->profile);
	put_detectors(w, report->detectors);
	if (outcome->report_only_until != 0) {
		json_write_key_text(w, "report_only_until",
				    clock_format_date(outcome->report_only_until, day));
		json_write_key_bool(w, "report_only", outcome->report_only);
	}
	json_write_key_text(w, "why_incomplete", outcome->why_incomplete);
}

static void
put_tail(struct json_write *w, const struct scan_report *report)
{
	put_coverage(w, report);
	if (report->findings->left_out > 0)
		json_write_key_u64(w, "findings_left_out", report->findings->left_out);
	if (report->notes_count == 0)
		return;
	json_write_key(w, "notes");
	json_write_array_begin(w);
	for (size_t i = 0; i < report->notes_count; i++)
		json_write_text(w, report->notes[i]);
	json_write_array_end(w);
}

int
report_json(FILE *to, const struct scan_report *report, bool lines, struct fault *fault)
{
	struct json_write w;

	json_write_to(&w, to_file, to, lines ? 0 : JSON_WRITE_PRETTY);
	for (size_t i = 0; lines && i < report->findings->count; i++) {
		put_finding(&w, &report->findings->list[i], "finding");
		json_write_line(&w);
	}
	json_write_object_begin(&w);
	if (lines)
		json_write_key_text(&w, "type", "summary");
	put_head(&w, report);
	put_inputs(&w, &report->inputs);
	if (!lines) {
		json_write_key(&w, "findings");
		json_write_array_begin(&w);
		for (size_t i = 0; i < report->findings->count; i++)
			put_finding(&w, &report->findings->list[i], NULL);
		json_write_array_end(&w);
	}
	put_tail(&w, report);
	json_write_object_end(&w);
	if (lines)
		json_write_line(&w);
	return json_write_finish(&w, fault);
}
