/*
 * html.c - the report as one page that a manager can read, with nothing from elsewhere in it
 *
 * Knows: the order of the page: verdict, causes, picture, coverage.  Does not know: how the
 * picture is cut (html_picture.c).
 * No script, no font, no image from outside; the page forbids itself to load any.
 */
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "report/escape.h"
#include "report/html_picture.h"

/* A page past these is no page; --format json has all. */
#define PLACES_MAX  20
#define ROWS_MAX    200
#define CAUSES_MAX  500
#define MATCHES_MAX 5

struct page {
	FILE *to;
	const struct scan_report *report;
	struct causes causes;
};

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1d2430;--dim:#5c6675;--line:#d9dee6;"
    "--card:#f6f8fa;--red:#b3261e;--redbg:#fdecea;--green:#1b7f3b;--greenbg:#e7f6ec;"
    "--amber:#8a5a00;--amberbg:#fff4dc;--text:#9db8d9;--program:#7fbfae;--weights:#b79ad6;"
    "--picture:#c9c2b0;--other:#b7bec9}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#e4e8ee;--dim:#98a2b3;"
    "--line:#2c343f;--card:#1a2029;--red:#ff8a80;--redbg:#3b1a19;--green:#7bd694;"
    "--greenbg:#14301d;--amber:#f2c063;--amberbg:#33270e;--text:#3f5f86;--program:#2f6e60;"
    "--weights:#66468c;--picture:#655f4e;--other:#4a5362}}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);"
    "font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif}\n"
    "main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
    "h1{font-size:1.6rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:2.2rem 0 "
    ".6rem}\n"
    "p{margin:.3rem 0}code,.path{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;"
    "overflow-wrap:anywhere}\n"
    ".verdict{padding:1.1rem 1.3rem;border-radius:.6rem;border-left:.5rem solid}\n"
    ".verdict.blocked{background:var(--redbg);border-color:var(--red)}\n"
    ".verdict.pass{background:var(--greenbg);border-color:var(--green)}\n"
    ".verdict.incomplete{background:var(--amberbg);border-color:var(--amber)}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;"
    "padding:.8rem 1.1rem;margin:.7rem 0}.card h3{margin:0 0 .3rem;font-size:1rem;"
    "overflow-wrap:anywhere}\n"
    ".tag{display:inline-block;font-size:.75rem;font-weight:600;padding:.05rem .5rem;"
    "border-radius:1rem;margin-right:.5rem;background:var(--line);color:var(--fg)}\n"
    ".tag.critical,.tag.high{background:var(--redbg);color:var(--red)}\n"
    ".tag.medium{background:var(--amberbg);color:var(--amber)}\n"
    ".dim{color:var(--dim)}ul{margin:.3rem 0;padding-left:1.2rem}\n"
    "dl{display:grid;grid-template-columns:3.2rem 1fr;gap:.15rem .6rem;margin:.3rem 0}"
    "dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
    "svg{display:block;width:100%;height:auto}.tile rect{stroke:var(--bg);stroke-width:1}\n"
    ".tile text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:var(--fg);"
    "pointer-events:none}\n"
    "rect.text,.tile.text rect{fill:var(--text)}rect.program,.tile.program "
    "rect{fill:var(--program)}"
    "rect.weights,.tile.weights rect{fill:var(--weights)}"
    "rect.picture,.tile.picture rect{fill:var(--picture)}"
    "rect.other,.tile.other rect{fill:var(--other)}\n"
    ".tile.blocks rect{fill:var(--redbg);stroke:var(--red);stroke-width:3}\n"
    ".tile.note rect{fill:var(--amberbg);stroke:var(--amber);stroke-width:2}\n"
    ".tile.answered rect{stroke:var(--dim);stroke-width:2;stroke-dasharray:4 3}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem}th{text-align:left;"
    "color:var(--dim);font-weight:500}td,th{padding:.25rem .6rem;border-bottom:1px solid "
    "var(--line);vertical-align:top;overflow-wrap:anywhere}\n"
    ".kinds td:nth-child(2),.kinds td:nth-child(3),.kinds th:nth-child(2),.kinds "
    "th:nth-child(3){text-align:right;white-space:nowrap}td.bar{width:45%;vertical-align:middle}"
    "td.bar svg{height:.6rem}\n"
    ".legend span{display:inline-block;margin-right:1rem}.legend i{display:inline-block;"
    "width:.8rem;height:.8rem;border-radius:.2rem;margin-right:.35rem;vertical-align:-.1rem}\n"
    "@media print{.card,.verdict{break-inside:avoid}}\n";

static void
put(const struct page *p, const char *text)
{
	escape_markup(p->to, text);
}

static void
raw(const struct page *p, const char *markup)
{
	(void)fputs(markup, p->to);
}

/* ---- verdict ---- */

static size_t
count_causes(const struct page *p, bool blocks, bool answered)
{
	size_t count = 0;

	for (size_t i = 0; i < p->causes.count; i++)
		count += p->causes.list[i].worst->blocks == blocks &&
			 (p->causes.list[i].worst->suppressed_by != NULL) == answered;
	return count;
}

static void
put_verdict(const struct page *p)
{
	static const char *const words[] = {"Pass", "Blocked", "Incomplete"};
	const struct outcome *outcome = p->report->outcome;
	size_t blocking = count_causes(p, true, false);
	char day[CLOCK_DATE_TEXT];

	(void)fprintf(p->to, "<div class=\"verdict %s\"><h1>%s", verdict_name(outcome->verdict),
		      words[outcome->verdict]);
	for (size_t i = 0, shown = 0; i < p->report->inputs.count && shown < 3; i++) {
		if (p->report->inputs.inputs[i].facts_only)
			continue;
		raw(p, shown++ == 0 ? ": " : ", ");
		put(p, p->report->inputs.inputs[i].path);
	}
	raw(p, "</h1><p>");
	if (blocking > 0)
		(void)fprintf(p->to, "%zu reason%s why this must not leave as it is.", blocking,
			      blocking == 1 ? "" : "s");
	else if (outcome->verdict == VERDICT_INCOMPLETE)
		raw(p, "Nothing bad was seen, but not everything was seen.");
	else
		raw(p, "Everything was examined and nothing stands against letting it leave.");
	(void)fputs(" Judged as ", p->to);
	raw(p, "<code>");
	put(p, p->report->profile);
	raw(p, "</code>.</p>");
	if (outcome->report_only)
		(void)fprintf(p->to,
			      "<p><strong>Report only until %s:</strong> from that day on this "
			      "stops the release.</p>",
			      clock_format_date(outcome->report_only_until, day));
	raw(p, "</div>\n");
}

/* ---- causes ---- */

static void
put_term(const struct page *p, const char *name, const char *text)
{
	if (text == NULL)
		return;
	(void)fprintf(p->to, "<dt>%s</dt><dd>", name);
	put(p, text);
	raw(p, "</dd>");
}

static void
put_matches(const struct page *p, const struct finding *f)
{
	for (size_t i = 0; i < f->matches_count && i < MATCHES_MAX; i++) {
		const struct finding_match *m = &f->matches[i];

		raw(p, "<dt>ours</dt><dd>");
		put(p, m->asset);
		raw(p, ": <span class=\"path\">");
		put(p, m->path);
		(void)fprintf(p->to, "</span>, %u.%u %% of it", m->share_ppm / 10000,
			      m->share_ppm / 1000 % 10);
		if (m->here.first_line > 0)
			(void)fprintf(p->to, ", lines %u-%u here are lines %u-%u there",
				      m->here.first_line, m->here.last_line, m->there.first_line,
				      m->there.last_line);
		raw(p, "</dd>");
	}
}

static void
put_places(const struct page *p, const struct cause *c)
{
	for (size_t i = 0; i < c->count && i < PLACES_MAX; i++) {
		raw(p, i == 0 ? "<dt>where</dt><dd class=\"path\">" : "<br>");
		put(p, c->all[i]->path);
		if (c->all[i]->at.first_line > 0)
			(void)fprintf(p->to, ":%u", c->all[i]->at.first_line);
	}
	for (size_t i = 0; c->count == 1 && i < c->worst->spots_count && i < PLACES_MAX; i++) {
		const struct finding_spot *spot = &c->worst->spots[i];

		if (spot->at.at_bytes == c->worst->at.at_bytes &&
		    strcmp(spot->path, c->worst->path) == 0)
			continue;
		raw(p, "<br>");
		put(p, spot->path);
		if (spot->at.first_line > 0)
			(void)fprintf(p->to, ":%u", spot->at.first_line);
	}
	if (c->count > PLACES_MAX)
		(void)fprintf(p->to, "<br>and %zu more", c->count - PLACES_MAX);
	raw(p, "</dd>");
}

static void
put_examples(const struct page *p, const struct finding *f)
{
	if (!f->has_source_map || f->source_map.examples[0] == NULL)
		return;
	raw(p, "<dt>names</dt><dd class=\"path\">");
	for (size_t i = 0; i < FINDING_EXAMPLES_MAX && f->source_map.examples[i] != NULL; i++) {
		raw(p, i == 0 ? "" : "<br>");
		put(p, f->source_map.examples[i]);
	}
	raw(p, "</dd>");
}

static void
put_cause(const struct page *p, const struct cause *c)
{
	const struct finding *f = c->worst;

	(void)fprintf(p->to, "<div class=\"card\"><h3><span class=\"tag %s\">%s</span>",
		      severity_name(f->severity), severity_name(f->severity));
	put(p, f->title);
	if (c->count > 1)
		(void)fprintf(p->to, ", and %zu more", c->count - 1);
	raw(p, "</h3><dl>");
	put_term(p, "why", f->why);
	put_term(p, "fix", f->fix);
	put_examples(p, f);
	put_matches(p, f);
	put_places(p, c);
	put_term(p, "policy", f->because);
	put_term(p, "answer", f->suppressed_by);
	raw(p, "<dt>id</dt><dd><code>");
	put(p, f->id);
	raw(p, "</code></dd></dl></div>\n");
}

static void
put_causes(const struct page *p, const char *title, bool blocks, bool answered)
{
	size_t shown = 0;

	for (size_t i = 0; i < p->causes.count && shown < CAUSES_MAX; i++) {
		const struct finding *f = p->causes.list[i].worst;

		if (f->blocks != blocks || (f->suppressed_by != NULL) != answered)
			continue;
		if (shown++ == 0)
			(void)fprintf(p->to, "<h2>%s</h2>\n", title);
		put_cause(p, &p->causes.list[i]);
	}
}

/* ---- inputs ---- */

static int
put_input(const struct page *p, size_t input, struct fault *fault)
{
	const struct input_summary *summary = &p->report->inputs.summaries[input];
	char files[32], size[32], hex[65];
	int r;

	raw(p, "<h2>What is in <span class=\"path\">");
	put(p, p->report->inputs.inputs[input].path);
	(void)fprintf(p->to, "</span></h2><p class=\"dim\">%s, %s files, %s as it leaves",
		      summary->kind == NULL ? "unknown" : summary->kind,
		      text_count(summary->files, files), text_size(summary->bytes, size));
	if (summary->has_sha256)
		(void)fprintf(p->to, ", SHA-256 <code>%s</code>",
			      text_hex(summary->sha256, sizeof(summary->sha256), hex));
	raw(p, "</p>\n");
	if (summary->difference != NULL) {
		raw(p, "<p>Against the previous one: ");
		put(p, summary->difference);
		raw(p, "</p>\n");
	}
	r = picture_map(p->to, p->report, input, fault);
	raw(p, "<p class=\"legend dim\"><span><i style=\"background:var(--red)\"></i>blocks</span>"
	       "<span><i style=\"background:var(--amber)\"></i>note</span>"
	       "<span><i style=\"background:var(--text)\"></i>text</span>"
	       "<span><i style=\"background:var(--program)\"></i>program</span>"
	       "<span><i style=\"background:var(--weights)\"></i>weights</span>"
	       "<span><i style=\"background:var(--picture)\"></i>picture, font</span>"
	       "<span><i style=\"background:var(--other)\"></i>other</span></p>\n");
	picture_kinds(p->to, summary);
	return r;
}

/* ---- coverage ---- */

static void
put_rows(const struct page *p, const char *title, const struct coverage_rows *rows,
	 const struct judged_row *judged)
{
	char size[32];

	if (rows->count == 0)
		return;
	(void)fprintf(p->to,
		      "<h2>%s</h2><table><thead><tr><th>what</th><th>why</th><th>size</th></tr>"
		      "</thead><tbody>\n",
		      title);
	for (size_t i = 0; i < rows->count && i < ROWS_MAX; i++) {
		raw(p, "<tr><td class=\"path\">");
		put(p, rows->list[i].path);
		raw(p, "</td><td>");
		put(p, rows->list[i].reason);
		if (judged != NULL && judged[i].suppressed_by != NULL) {
			raw(p, "<br><span class=\"dim\">");
			put(p, judged[i].suppressed_by);
			raw(p, "</span>");
		}
		(void)fprintf(p->to, "</td><td>%s</td></tr>\n",
			      rows->list[i].bytes == COVERAGE_BYTES_UNKNOWN
				  ? "unknown"
				  : text_size(rows->list[i].bytes, size));
	}
	raw(p, "</tbody></table>\n");
	if (rows->count > ROWS_MAX)
		(void)fprintf(p->to, "<p class=\"dim\">and %zu more</p>\n", rows->count - ROWS_MAX);
}

static void
put_coverage(const struct page *p)
{
	const struct coverage *c = p->report->coverage;
	char blobs[32], unpacked[32], examined[32], skipped[32], rest[32];

	(void)fprintf(p->to,
		      "<h2>What was looked at</h2><p>%s blobs, %s after unpacking: %s examined, "
		      "%s skipped for a reason, %s not examined.</p>\n",
		      text_count(c->blobs, blobs), text_size(c->unpacked_bytes, unpacked),
		      text_size(c->examined_bytes, examined), text_size(c->skipped_bytes, skipped),
		      text_size(c->not_examined_bytes, rest));
	if (p->report->outcome->why_incomplete != NULL) {
		raw(p, "<p><strong>Incomplete: ");
		put(p, p->report->outcome->why_incomplete);
		raw(p, ".</strong></p>\n");
	}
	for (size_t i = 0; i < p->report->notes_count; i++) {
		raw(p, "<p class=\"dim\">");
		put(p, p->report->notes[i]);
		raw(p, "</p>\n");
	}
	put_rows(p, "Not examined", &c->not_examined, p->report->outcome->rows);
	put_rows(p, "Skipped", &c->skipped, NULL);
	put_rows(p, "Outside of this checkout", &c->scope, NULL);
}

int
report_html(FILE *to, const struct scan_report *report, struct fault *fault)
{
	struct page p = {.to = to, .report = report};
	int r = causes_make(&p.causes, report, fault);

	if (r < 0)
		return r;
	raw(&p, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<title>stopwater: ");
	raw(&p, verdict_name(report->outcome->verdict));
	raw(&p, "</title>\n<style>\n");
	raw(&p, style);
	raw(&p, "</style></head>\n<body><main>\n");
	put_verdict(&p);
	put_causes(&p, "What is wrong", true, false);
	for (size_t i = 0; r == 0 && i < report->inputs.count; i++)
		if (!report->inputs.inputs[i].facts_only)
			r = put_input(&p, i, fault);
	put_causes(&p, "Worth knowing", false, false);
	put_causes(&p, "Answered for", false, true);
	put_coverage(&p);
	raw(&p, "<p class=\"dim\">stopwater ");
	put(&p, report->version);
	raw(&p, "</p>\n</main></body></html>\n");
	causes_free(&p.causes);
	if (r < 0)
		return r;
	return ferror(to) ? fault_errno(fault, "writing the report") : 0;
}
