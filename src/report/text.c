/*
 * text.c - the report for a tired person at two in the morning
 *
 * Knows: one line for what is fine, one block a cause for what is not, worst first.
 * Does not know: where it is read, beyond whether it may be coloured.
 */
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "detect/detect.h"
#include "report/escape.h"
#include "report/group.h"

/* More places or rows than this help nobody read the next block; --format json has them all. */
#define PLACES_MAX 3
#define NOTES_MAX  8
#define ROWS_MAX   10

struct page {
	FILE *to;
	const struct scan_report *report;
	const struct report_look *look;
	struct causes causes;
};

#define COLOR_RED    "1;31"
#define COLOR_GREEN  "1;32"
#define COLOR_YELLOW "1;33"
#define COLOR_DIM    "2"
#define COLOR_BOLD   "1"

static void
put(const struct page *p, const char *text)
{
	escape_terminal(p->to, text);
}

static void
put_color(const struct page *p, const char *color, const char *text)
{
	if (p->look->color)
		(void)fprintf(p->to, "\033[%sm", color);
	put(p, text);
	if (p->look->color)
		(void)fputs("\033[0m", p->to);
}

static const char *
severity_color(enum severity severity)
{
	return severity >= SEVERITY_HIGH     ? COLOR_RED
	       : severity == SEVERITY_MEDIUM ? COLOR_YELLOW
					     : COLOR_DIM;
}

/* ---- one input ---- */

/* What became of one input: of its causes, its rows. */
struct state {
	enum verdict verdict;
	size_t blocks, notes, infos, answered; /* causes */
	size_t open_rows;
	bool lacks; /* some of the history that was required */
	uint64_t skipped_bytes, bytes;
	uint64_t links, ignored; /* skipped */
};

/* What of coverage.skipped is of one input. */
static void
count_skipped(const struct page *p, size_t input, struct state *s)
{
	const struct coverage_rows *rows = &p->report->coverage->skipped;

	for (size_t i = 0; i < rows->count; i++) {
		const struct coverage_row *row = &rows->list[i];

		if (policy_input(&p->report->inputs, row->path) != input)
			continue;
		if (row->bytes != COVERAGE_BYTES_UNKNOWN)
			s->skipped_bytes += row->bytes;
		s->links += strcmp(row->reason, COVERAGE_LINK) == 0;
		s->ignored += strcmp(row->reason, COVERAGE_IGNORED) == 0;
	}
}

static struct state
state_of(const struct page *p, size_t input)
{
	const struct scan_report *r = p->report;
	struct state s = {.verdict = VERDICT_PASS};

	for (size_t i = 0; i < p->causes.count; i++) {
		const struct cause *c = &p->causes.list[i];

		if (c->input != input)
			continue;
		s.blocks += c->worst->blocks;
		s.answered += c->worst->suppressed_by != NULL;
		if (!c->worst->blocks && c->worst->suppressed_by == NULL) {
			s.notes += c->worst->severity > SEVERITY_INFO;
			s.infos += c->worst->severity == SEVERITY_INFO;
		}
	}
	for (size_t i = 0; i < r->coverage->not_examined.count; i++)
		s.open_rows +=
		    r->outcome->rows[i].suppressed_by == NULL &&
		    policy_input(&r->inputs, r->coverage->not_examined.list[i].path) == input;
	count_skipped(p, input, &s);
	if (input != SIZE_MAX)
		for (size_t k = 0; k < BLOB_KIND_COUNT; k++)
			s.bytes += r->inputs.summaries[input].kind_bytes[k];
	for (size_t i = 0; r->outcome->scope_counts && i < r->coverage->scope.count; i++)
		s.lacks |= policy_input(&r->inputs, r->coverage->scope.list[i].path) == input;
	if (s.blocks > 0)
		s.verdict = VERDICT_BLOCKED;
	else if (s.lacks || s.open_rows > 0 || r->coverage->blobs == 0)
		s.verdict = VERDICT_INCOMPLETE;
	return s;
}

/* ", 3 symbolic links not followed": with a '+' where rows were left out. */
static void
put_skipped(const struct page *p, uint64_t number, const char *one, const char *many)
{
	const char *more = p->report->coverage->skipped.left_out > 0 ? "+" : "";
	char count[32];

	if (number > 0)
		(void)fprintf(p->to, ", %s%s %s", text_count(number, count), more,
			      number == 1 ? one : many);
}

/* "; only secret, source-map looked": a pass of some detectors is no pass of all. */
static void
put_detectors(const struct page *p)
{
	uint64_t all = ((uint64_t)1 << detect_table_count) - 1, looked = p->report->detectors;
	bool few = __builtin_popcountll(looked) <= __builtin_popcountll(all & ~looked);
	const char *between = "";

	if (looked == 0 || looked == all)
		return;
	(void)fputs(few ? "; only " : "; all but ", p->to);
	for (size_t i = 0; i < detect_table_count; i++)
		if ((looked >> i & 1) == few) {
			(void)fprintf(p->to, "%s%s", between, detect_table[i]->name);
			between = ", ";
		}
	(void)fputs(" looked", p->to);
}

static void
put_files(const struct page *p, size_t input, const struct state *s)
{
	const struct input_summary *summary = &p->report->inputs.summaries[input];
	char count[32], size[32];

	if (summary->files > 0 || summary->objects == 0)
		(void)fprintf(p->to, "%s file%s, %s%s", text_count(summary->files, count),
			      summary->files == 1 ? "" : "s", text_size(s->bytes, size),
			      s->verdict != VERDICT_PASS && s->bytes != summary->bytes
				  ? " after unpacking"
				  : "");
	if (summary->objects > 0)
		(void)fprintf(p->to, "%s%s object%s of history, %s", summary->files > 0 ? ", " : "",
			      text_count(summary->objects, count), summary->objects == 1 ? "" : "s",
			      text_size(summary->object_bytes, size));
	if (p->report->coverage->blobs == 0)
		(void)fputs(", nothing examined", p->to);
	else if (s->open_rows == 0)
		(void)fputs(", all examined", p->to);
	else
		(void)fprintf(p->to, ", %s not examined", text_count(s->open_rows, count));
	if (s->skipped_bytes > 0)
		(void)fprintf(p->to, ", %s skipped", text_size(s->skipped_bytes, size));
	put_skipped(p, s->links, "symbolic link not followed", "symbolic links not followed");
	put_skipped(p, s->ignored, "ignored by git", "ignored by git");
	if (summary->difference != NULL) {
		(void)fputs("; ", p->to);
		put(p, summary->difference);
	}
}

static void
put_headline(const struct page *p, size_t input, const struct state *s)
{
	static const char *const words[] = {"PASS", "BLOCKED", "INCOMPLETE"};
	static const char *const colors[] = {COLOR_GREEN, COLOR_RED, COLOR_YELLOW};

	put_color(p, colors[s->verdict], words[s->verdict]);
	(void)fputs("  ", p->to);
	put_color(p, COLOR_BOLD, p->report->inputs.inputs[input].path);
	if (s->verdict == VERDICT_PASS) {
		(void)fputs("  ", p->to);
		put_files(p, input, s);
		if (s->notes > 0)
			(void)fprintf(p->to, ", %zu note%s", s->notes, s->notes == 1 ? "" : "s");
		if (s->answered > 0)
			(void)fprintf(p->to, ", %zu answered for", s->answered);
		put_detectors(p);
	}
	(void)fputc('\n', p->to);
}

/* ---- blocks ---- */

static void
put_spot(const struct page *p, const char *path, uint32_t line, uint32_t column)
{
	const char *place = policy_place(&p->report->inputs, path);

	put(p, strcmp(place, ".") == 0 ? path : place);
	if (line > 0)
		(void)fprintf(p->to, ":%u", line);
	if (line > 0 && column > 0)
		(void)fprintf(p->to, ":%u", column);
}

static void
put_place(const struct page *p, const struct finding *f)
{
	put_spot(p, f->path, f->at.first_line, f->column);
}

/* A secret stands in several places: they are what has to be mended. */
static void
put_spots(const struct page *p, const struct finding *f)
{
	for (size_t i = 0; i < f->spots_count && i < PLACES_MAX; i++) {
		(void)fputs(i == 0 ? "" : ", ", p->to);
		put_spot(p, f->spots[i].path, f->spots[i].at.first_line, f->spots[i].column);
	}
	if (f->count > PLACES_MAX)
		(void)fprintf(p->to, " and %llu more", (unsigned long long)f->count - PLACES_MAX);
}

static void
put_places(const struct page *p, const struct cause *c)
{
	size_t shown = 0;

	if (c->count == 1 && c->worst->spots_count > 0) {
		put_spots(p, c->worst);
		return;
	}
	for (size_t i = 0; i < c->count && shown < PLACES_MAX; i++) {
		/* Two things in one file, no line to tell them apart: once. */
		if (i > 0 && c->all[i]->at.first_line == 0 &&
		    strcmp(c->all[i]->path, c->all[i - 1]->path) == 0)
			continue;
		(void)fputs(shown == 0 ? "" : ", ", p->to);
		put_place(p, c->all[i]);
		shown++;
	}
	if (c->count > shown)
		(void)fprintf(p->to, " and %zu more", c->count - shown);
}

static void
put_label(const struct page *p, const char *label)
{
	(void)fputs("            ", p->to);
	put_color(p, COLOR_DIM, label);
	(void)fputc(' ', p->to);
}

/* The first of the names and how many there are more; HEAD says less than the branch it is. */
static void
put_names(const struct page *p, const char *word, const char *const *names, size_t count)
{
	static const char *const fronts[] = {"refs/heads/", "refs/remotes/", "refs/tags/", "refs/"};
	const char *name;

	if (count > 1 && strcmp(names[0], "HEAD") == 0) {
		names++;
		count--;
	}
	if (count == 0)
		return;
	name = names[0];
	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (strncmp(name, fronts[i], strlen(fronts[i])) == 0) {
			name += strlen(fronts[i]);
			break;
		}
	(void)fputs(word, p->to);
	put(p, name);
	if (count > 1)
		(void)fprintf(p->to, " and %zu more", count - 1);
}

/* "since 2019-03-04 (1f2e3d4c5b6a, A <a@b>), still at HEAD, on origin/main and 2 more, in v1.0" */
static void
put_life(const struct page *p, const struct finding_git *git)
{
	char day[CLOCK_DATE_TEXT];

	if (git->first_commit == NULL) {
		(void)fputs("in no commit", p->to);
	} else {
		(void)fprintf(p->to, "since %s (%.12s", clock_format_date(git->first_time, day),
			      git->first_commit);
		if (git->author != NULL) {
			(void)fputs(", ", p->to);
			put(p, git->author);
		}
		(void)fputc(')', p->to);
	}
	(void)fputs(git->at_head ? ", still at HEAD" : ", no longer at HEAD", p->to);
	put_names(p, ", on ", git->refs, git->refs_count);
	put_names(p, ", in ", git->tags, git->tags_count);
	if (git->reachable == FINDING_REACH_NONE)
		(void)fputs("; no ref reaches it, the objects are still there", p->to);
	else if (git->reachable == FINDING_REACH_LOCAL)
		(void)fputs("; only in this repository", p->to);
	(void)fputc('\n', p->to);
}

static void
put_block(const struct page *p, const struct cause *c)
{
	const struct finding *f = c->worst;

	(void)fputs("\n  ", p->to);
	put_color(p, severity_color(f->severity), severity_name(f->severity));
	(void)fprintf(p->to, "%*s", 10 - (int)strlen(severity_name(f->severity)), "");
	put_color(p, COLOR_BOLD, f->title);
	if (c->count > 1)
		(void)fprintf(p->to, ", and %zu more", c->count - 1);
	(void)fputc('\n', p->to);
	if (f->why != NULL) {
		put_label(p, "why");
		put(p, f->why);
		(void)fputc('\n', p->to);
	}
	if (f->fix != NULL) {
		put_label(p, "fix");
		put(p, f->fix);
		(void)fputc('\n', p->to);
	}
	if (f->git != NULL) {
		put_label(p, "git");
		put_life(p, f->git);
	}
	put_label(p, "in ");
	put_places(p, c);
	(void)fputs("  ", p->to);
	put_color(p, COLOR_DIM, f->id);
	(void)fputc('\n', p->to);
}

static void
put_notes(const struct page *p, size_t input, const struct state *s)
{
	size_t shown = 0;

	for (size_t i = 0; i < p->causes.count; i++) {
		const struct cause *c = &p->causes.list[i];

		if (c->input != input || c->worst->blocks || c->worst->suppressed_by != NULL ||
		    c->worst->severity == SEVERITY_INFO || shown == NOTES_MAX)
			continue;
		(void)fputs(shown++ == 0 ? "\n  " : "  ", p->to);
		put_color(p, COLOR_DIM, "note      ");
		put(p, c->worst->title);
		if (c->count > 1)
			(void)fprintf(p->to, ", and %zu more", c->count - 1);
		(void)fputs("  ", p->to);
		put_color(p, COLOR_DIM, c->worst->id);
		(void)fputc('\n', p->to);
	}
	if (s->notes > shown || (shown > 0 && s->infos > 0))
		(void)fprintf(p->to, "  %zu more: --format json\n", s->notes - shown + s->infos);
}

/* ---- what was not examined ---- */

static void
put_row(const struct page *p, const struct coverage_row *row, const struct judged_row *judged)
{
	char size[32];

	(void)fputs("  ", p->to);
	put_color(p, COLOR_YELLOW, "unread    ");
	put(p, row->path);
	(void)fputs(": ", p->to);
	put(p, row->reason);
	if (row->bytes != COVERAGE_BYTES_UNKNOWN)
		(void)fprintf(p->to, " (%s from byte %llu on)", text_size(row->bytes, size),
			      (unsigned long long)row->at_bytes);
	else if (row->at_bytes > 0)
		(void)fprintf(p->to, " (from byte %llu on)", (unsigned long long)row->at_bytes);
	if (row->count > 1)
		(void)fprintf(p->to, ", %s times", text_count(row->count, size));
	if (judged->id[0] != '\0') {
		(void)fputs("  ", p->to);
		put_color(p, COLOR_DIM, judged->id);
	}
	(void)fputc('\n', p->to);
}

static void
put_rows(const struct page *p, size_t input, const struct state *s)
{
	const struct coverage_rows *rows = &p->report->coverage->not_examined;
	size_t shown = 0;

	for (size_t i = 0; i < rows->count && shown < ROWS_MAX; i++) {
		if (p->report->outcome->rows[i].suppressed_by != NULL ||
		    policy_input(&p->report->inputs, rows->list[i].path) != input)
			continue;
		if (shown++ == 0)
			(void)fputc('\n', p->to);
		put_row(p, &rows->list[i], &p->report->outcome->rows[i]);
	}
	if (s->open_rows > shown)
		(void)fprintf(p->to, "  %zu more: --format json\n", s->open_rows - shown);
}

/* What the checkout leaves out: worth a line each, because nobody else will say it. */
static void
put_scope(const struct page *p, size_t input)
{
	const struct coverage_rows *rows = &p->report->coverage->scope;
	char count[32];

	for (size_t i = 0; i < rows->count; i++) {
		if (policy_input(&p->report->inputs, rows->list[i].path) != input)
			continue;
		(void)fputs("  ", p->to);
		put_color(p, COLOR_DIM, "scope     ");
		put(p, rows->list[i].path);
		(void)fputs(": ", p->to);
		put(p, rows->list[i].reason);
		if (rows->list[i].count > 1)
			(void)fprintf(p->to, ", %s times", text_count(rows->list[i].count, count));
		(void)fputc('\n', p->to);
	}
}

/* ---- the page ---- */

static void
put_input(const struct page *p, size_t input)
{
	struct state s = state_of(p, input);

	put_headline(p, input, &s);
	if (p->look->quiet)
		return;
	for (size_t i = 0; i < p->causes.count; i++)
		if (p->causes.list[i].input == input && p->causes.list[i].worst->blocks)
			put_block(p, &p->causes.list[i]);
	put_rows(p, input, &s);
	put_scope(p, input);
	put_notes(p, input, &s);
	if (s.verdict == VERDICT_PASS)
		return;
	(void)fputs("\n  ", p->to);
	put_files(p, input, &s);
	if (s.answered > 0)
		(void)fprintf(p->to, ", %zu answered for", s.answered);
	put_detectors(p);
	(void)fputc('\n', p->to);
}

/* Findings about no input: stale and expiring suppressions. */
static void
put_others(const struct page *p)
{
	struct state s = state_of(p, SIZE_MAX);

	if (s.blocks > 0) {
		put_color(p, COLOR_RED, "BLOCKED");
		(void)fputs("  ", p->to);
		put_color(p, COLOR_BOLD, "suppressions");
		(void)fputc('\n', p->to);
	}
	for (size_t i = 0; i < p->causes.count; i++)
		if (p->causes.list[i].input == SIZE_MAX && p->causes.list[i].worst->blocks)
			put_block(p, &p->causes.list[i]);
	put_notes(p, SIZE_MAX, &s);
}

static void
put_report_only(const struct page *p)
{
	const struct outcome *outcome = p->report->outcome;
	char day[CLOCK_DATE_TEXT];

	if (!outcome->report_only)
		return;
	(void)fputc('\n', p->to);
	put_color(p, COLOR_YELLOW, "REPORT ONLY");
	(void)fprintf(p->to, "  until %s: from that day on this exits %d\n",
		      clock_format_date(outcome->report_only_until, day),
		      outcome->verdict == VERDICT_BLOCKED ? 1 : 3);
}

static void
put_foot(const struct page *p)
{
	const struct scan_report *r = p->report;

	for (size_t i = 0; i < r->notes_count; i++) {
		(void)fputs("  ", p->to);
		put_color(p, COLOR_DIM, "scope     ");
		put(p, r->notes[i]);
		(void)fputc('\n', p->to);
	}
	if (r->findings->left_out > 0)
		(void)fprintf(p->to, "  %llu findings more than can be kept\n",
			      (unsigned long long)r->findings->left_out);
	if (r->outcome->verdict == VERDICT_PASS)
		return;
	(void)fputc('\n', p->to);
	if (r->outcome->why_incomplete != NULL) {
		(void)fputs("  ", p->to);
		put(p, r->outcome->why_incomplete);
		(void)fputs(": the rest may hold anything\n", p->to);
	}
	put_color(
	    p, COLOR_DIM,
	    "  stopwater explain ID: how it came to this;  stopwater suppress ID: answer for it");
	(void)fputc('\n', p->to);
}

int
report_text(FILE *to, const struct scan_report *report, const struct report_look *look,
	    struct fault *fault)
{
	struct page p = {.to = to, .report = report, .look = look};
	int r = causes_make(&p.causes, report, fault);

	if (r < 0)
		return r;
	for (size_t i = 0; i < report->inputs.count; i++)
		if (!report->inputs.inputs[i].facts_only)
			put_input(&p, i);
	if (!look->quiet)
		put_others(&p);
	put_report_only(&p);
	if (!look->quiet)
		put_foot(&p);
	causes_free(&p.causes);
	return ferror(to) ? fault_errno(fault, "writing the report") : 0;
}
