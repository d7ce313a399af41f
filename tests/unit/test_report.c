/* Proves report/report.h: every format of the same judged scan. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "report/last.h"
#include "report/table.h"
#include "tap.h"

#define HOSTILE "<b>\"&'</b>\033[2J\xe2\x80\xae"

struct scan {
	struct findings findings;
	struct coverage coverage;
	struct input inputs[2];
	struct input_summary summaries[2];
	struct outcome outcome;
	struct summary_file files[2];
	struct judged_row rows[4];
	struct scan_report report;
};

static const struct finding templates[] = {
    {.detector = "source-map",
     .rule = "sources-content",
     .severity = SEVERITY_CRITICAL,
     .title = "a source map discloses 2 files",
     .why = "anyone can read them",
     .fix = "add *.map to .npmignore",
     .path = "a.tgz!/package/cli.js.map",
     .discloses = true,
     .blocks = true,
     .because = "public-release: * blocks: x",
     .has_source_map = true,
     .source_map = {2, 2, 10, 100, {"src/a.ts", "src/b.ts", NULL}}},
    {.detector = "developer-path",
     .rule = "home",
     .severity = SEVERITY_MEDIUM,
     .title = "a path of a developer: /home/" HOSTILE,
     .path = "a.tgz!/package/x",
     .at = {3, 3, 40, 5},
     .column = 2,
     .because = "public-release: *: x"},
    {.detector = "developer-path",
     .rule = "home",
     .severity = SEVERITY_LOW,
     .title = "a path of a developer: /home/b",
     .path = "a.tgz!/package/y",
     .count = 4},
    {.detector = "debris",
     .rule = "os-litter",
     .severity = SEVERITY_INFO,
     .title = "litter",
     .path = "a.tgz!/package/.DS_Store",
     .decode = "base64 > gzip"},
    {.detector = "debris",
     .rule = "private-key",
     .severity = SEVERITY_HIGH,
     .title = "a key",
     .path = "a.tgz!/package/k.pem",
     .suppressed_by = "suppression of alice until 2026-12-31: a test key"},
};

/* The scan above, its findings put in starting with `first`. */
static void
make(struct scan *s, size_t first, enum verdict verdict)
{
	memset(s, 0, sizeof(*s));
	findings_init(&s->findings);
	coverage_init(&s->coverage);
	outcome_init(&s->outcome);
	for (size_t i = 0; verdict == VERDICT_BLOCKED && i < ARRAY_LEN(templates); i++)
		(void)findings_add(&s->findings, &templates[(first + i) % ARRAY_LEN(templates)],
				   NULL);
	findings_sort(&s->findings);
	coverage_blob(&s->coverage, 1500);
	s->coverage.input_bytes = 900;
	if (verdict == VERDICT_INCOMPLETE)
		(void)coverage_not_examined(&s->coverage, "a.tgz!/broken", "damaged", 7, 5, false,
					    NULL);
	coverage_finish(&s->coverage);
	(void)snprintf(s->rows[0].id, sizeof(s->rows[0].id), "0011223344556677");
	s->inputs[0] = (struct input){.path = "old.tgz", .facts_only = true};
	s->inputs[1] = (struct input){.path = "a.tgz"};
	s->files[0] = (struct summary_file){"package/cli.js.map", 1000, BLOB_TEXT};
	s->files[1] = (struct summary_file){"package/" HOSTILE, 500, BLOB_ELF};
	s->summaries[1] = (struct input_summary){.kind = "npm",
						 .has_sha256 = true,
						 .bytes = 900,
						 .files = 2,
						 .largest = s->files,
						 .largest_count = 2,
						 .difference = "+2 files"};
	s->summaries[1].kind_bytes[BLOB_TEXT] = 1000;
	s->summaries[1].kind_files[BLOB_TEXT] = 1;
	s->summaries[1].kind_bytes[BLOB_ELF] = 500;
	s->summaries[1].kind_files[BLOB_ELF] = 1;
	s->outcome.verdict = verdict;
	s->outcome.exit = verdict == VERDICT_BLOCKED ? 1 : verdict == VERDICT_PASS ? 0 : 3;
	s->outcome.rows = s->rows;
	if (verdict == VERDICT_INCOMPLETE)
		s->outcome.why_incomplete = "not everything could be examined";
	s->report = (struct scan_report){.verb = "scan",
					 .version = "1.0",
					 .profile = "public-release",
					 .outcome = &s->outcome,
					 .inputs = {s->inputs, s->summaries, 2},
					 .findings = &s->findings,
					 .coverage = &s->coverage};
}

static void
scan_free(struct scan *s)
{
	findings_free(&s->findings);
	coverage_free(&s->coverage);
	outcome_free(&s->outcome);
}

/* The report in memory; the caller frees it. */
static char *
written(const struct scan *s, enum report_format format, bool color)
{
	const struct report_look look = {.color = color};
	char *text = NULL;
	size_t bytes = 0;
	FILE *to = open_memstream(&text, &bytes);

	EQ_INT(report_write(to, &s->report, format, &look, NULL), 0);
	(void)fclose(to);
	return text;
}

TEST(report_bytes_do_not_depend_on_the_order_in_which_findings_came)
{
	for (int format = REPORT_TEXT; format <= REPORT_HTML; format++) {
		AUTO(own_free)
		char *first = NULL;

		for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
			AUTO(scan_free)
			struct scan s;
			AUTO(own_free)
			char *text = NULL;

			make(&s, i, VERDICT_BLOCKED);
			text = written(&s, (enum report_format)format, false);
			if (first == NULL)
				first = TAKE(text);
			else
				EQ_STR(text, first);
		}
	}
}

TEST(report_text_of_a_clean_package_is_one_line)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *plain = NULL;
	AUTO(own_free)
	char *color = NULL;

	make(&s, 0, VERDICT_PASS);
	plain = written(&s, REPORT_TEXT, false);
	EQ_STR(plain, "PASS  a.tgz  2 files, 1.5 kB, all examined; +2 files\n");
	color = written(&s, REPORT_TEXT, true);
	HAS_STR(color, "\033[1;32mPASS\033[0m");
}

TEST(report_text_tells_each_cause_once_the_worst_first)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;

	make(&s, 0, VERDICT_BLOCKED);
	text = written(&s, REPORT_TEXT, false);
	HAS_STR(text, "BLOCKED  a.tgz\n\n  critical  a source map discloses 2 files\n"
		      "            why anyone can read them\n"
		      "            fix add *.map to .npmignore\n"
		      "            in  package/cli.js.map  ");
	HAS_STR(text, "note      a path of a developer: /home/<b>\"&'</b>\\x1b[2J\\xe2\\x80\\xae, "
		      "and 1 more");
	HAS_STR(text, "2 files, 1.5 kB after unpacking, all examined; +2 files, 1 answered for\n");
	OK(strchr(text, '\033') == NULL);
	OK(strstr(text, "old.tgz") == NULL);
}

TEST(report_text_names_what_was_not_examined)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;

	make(&s, 0, VERDICT_INCOMPLETE);
	text = written(&s, REPORT_TEXT, false);
	HAS_STR(text, "INCOMPLETE  a.tgz\n");
	HAS_STR(text,
		"unread    a.tgz!/broken: damaged (5 bytes from byte 7 on)  0011223344556677");
	HAS_STR(text, "not everything could be examined: the rest may hold anything");
}

TEST(report_only_is_said_aloud)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;

	make(&s, 0, VERDICT_BLOCKED);
	s.outcome.report_only = true;
	s.outcome.report_only_until = 1775001600;
	text = written(&s, REPORT_TEXT, false);
	HAS_STR(text, "REPORT ONLY  until 2026-04-01: from that day on this exits 1");
}

static const struct json_value *
parsed(struct arena *arena, const char *text)
{
	struct json_value *value = NULL;
	struct fault fault = FAULT_INIT;

	if (json_parse(&value, bytes_text(text), NULL, arena, &fault) < 0)
		FAIL("%s", fault.text);
	return value;
}

TEST(report_json_holds_the_fields_of_the_contract)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(1 << 22);
	const struct json_value *top, *f;

	make(&s, 0, VERDICT_BLOCKED);
	text = written(&s, REPORT_JSON, false);
	top = parsed(&arena, text);
	EQ_U64(json_u64(top, "schema_version", 0), 1);
	EQ_STR(json_text(json_get(top, "tool"), "version"), "1.0");
	EQ_STR(json_text(top, "verdict"), "blocked");
	EQ_U64(json_u64(top, "exit", 9), 1);
	EQ_U64(json_get(top, "inputs")->count, 1);
	EQ_STR(json_text(json_get(top, "inputs")->first, "difference"), "+2 files");
	EQ_U64(json_get(top, "findings")->count, ARRAY_LEN(templates));
	f = json_get(top, "findings")->first; /* by path */
	EQ_STR(json_text(f, "path"), "a.tgz!/package/.DS_Store");
	EQ_U64(json_get(f, "decode")->count, 2);
	OK(json_get(f, "line") == NULL);
	f = f->next;
	EQ_STR(json_text(f, "rule"), "sources-content");
	EQ_U64(json_get(json_get(f, "source_map"), "examples")->count, 2);
	EQ_U64(json_u64(json_get(top, "coverage"), "examined_bytes", 0), 1500);
}

TEST(report_jsonl_is_one_document_a_line_and_the_summary_last)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(1 << 22);
	size_t lines = 0;

	make(&s, 0, VERDICT_BLOCKED);
	text = written(&s, REPORT_JSONL, false);
	for (char *line = text, *end; *line != '\0'; line = end + 1, lines++) {
		const struct json_value *value;

		end = strchr(line, '\n');
		NEED(end != NULL);
		*end = '\0';
		value = parsed(&arena, line);
		EQ_STR(json_text(value, "type"), end[1] == '\0' ? "summary" : "finding");
	}
	EQ_U64(lines, ARRAY_LEN(templates) + 1);
}

TEST(report_sarif_keeps_to_what_uploads_take)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *text = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(1 << 22);
	const struct json_value *run, *rules, *result;
	const char *last = "";

	make(&s, 0, VERDICT_BLOCKED);
	text = written(&s, REPORT_SARIF, false);
	run = json_get(parsed(&arena, text), "runs")->first;
	rules = json_get(json_get(json_get(run, "tool"), "driver"), "rules");
	EQ_U64(rules->count, 4);
	for (const struct json_value *rule = rules->first; rule != NULL; rule = rule->next) {
		OK(strcmp(last, json_text(rule, "id")) < 0);
		last = json_text(rule, "id");
		OK(json_text(json_get(rule, "help"), "text") != NULL);
	}
	result = json_get(run, "results")->first; /* the worst first */
	EQ_STR(json_text(result, "ruleId"), "source-map/sources-content");
	EQ_STR(json_text(result, "level"), "error");
	EQ_U64(strlen(json_text(json_get(result, "partialFingerprints"), "stopwaterFinding/v1")),
	       16);
	for (; result != NULL; result = result->next) {
		const struct json_value *rule = rules->first;
		const struct json_value *place =
		    json_get(json_get(result, "locations")->first, "physicalLocation");

		for (uint64_t i = json_u64(result, "ruleIndex", 99); rule != NULL && i > 0; i--)
			rule = rule->next;
		EQ_STR(json_text(rule, "id"), json_text(result, "ruleId"));
		OK(json_u64(json_get(place, "region"), "startLine", 0) >= 1);
		OK(strchr(json_text(json_get(place, "artifactLocation"), "uri"), ' ') == NULL);
	}
}

TEST(report_pages_hold_nothing_hostile_and_load_nothing)
{
	AUTO(scan_free)
	struct scan s;
	AUTO(own_free)
	char *html = NULL;
	AUTO(own_free)
	char *junit = NULL;

	make(&s, 0, VERDICT_BLOCKED);
	html = written(&s, REPORT_HTML, false);
	junit = written(&s, REPORT_JUNIT, false);
	HAS_STR(html, "&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;\\x1b[2J\\xe2\\x80\\xae");
	HAS_STR(junit, "&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;\\x1b[2J\\xe2\\x80\\xae");
	OK(strstr(html, "<b>") == NULL && strstr(junit, "<b>") == NULL);
	OK(strstr(html, "<script") == NULL);
	OK(strstr(html, "src=") == NULL && strstr(html, "href=") == NULL);
	OK(strstr(html, "url(") == NULL && strstr(html, "http://") == NULL);
	OK(strstr(html, "https://") == NULL);
	HAS_STR(html, "<g class=\"tile text blocks\">");
	HAS_STR(junit, "<testsuite name=\"a.tgz\" tests=\"5\" failures=\"1\" errors=\"0\" "
		       "skipped=\"1\">");
}

TEST(report_color_follows_the_option_then_the_terminal)
{
	static char *const none[] = {NULL};
	static char *const refused[] = {(char *)"NO_COLOR=1", NULL};
	static char *const dumb[] = {(char *)"TERM=dumb", NULL};
	bool color;

	EQ_INT(report_color(NULL, true, none, &color, NULL), 0);
	OK(color);
	EQ_INT(report_color("auto", false, none, &color, NULL), 0);
	OK(!color);
	EQ_INT(report_color("auto", true, refused, &color, NULL), 0);
	OK(!color);
	EQ_INT(report_color("auto", true, dumb, &color, NULL), 0);
	OK(!color);
	EQ_INT(report_color("always", false, refused, &color, NULL), 0);
	OK(color);
	EQ_INT(report_color("sometimes", true, none, &color, NULL), FAULT_USAGE);
}

TEST(last_lines_give_back_what_can_be_answered_for)
{
	static const char text[] =
	    "0011223344556677 debris/x "
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f a dir/b\n"
	    "8899aabbccddeeff debris/y zz place\n";
	struct last_finding found = {.id = ""};

	EQ_INT(last_parse(bytes_text(text), "0011223344556677", &found, NULL), 0);
	EQ_STR(found.detector, "debris");
	EQ_STR(found.rule, "x");
	EQ_STR(found.place, "a dir/b");
	EQ_INT(found.content[31], 0x1f);
	last_finding_free(&found);
	EQ_INT(last_parse(bytes_text(text), "0011223344556678", &found, NULL), LAST_UNKNOWN);
	EQ_INT(last_parse(bytes_text(text), "00", &found, NULL), LAST_UNKNOWN);
	EQ_INT(last_parse(bytes_text(text), "8899aabbccddeeff", &found, NULL), FAULT_FORMAT);
}

TEST(table_columns_are_as_wide_as_what_is_in_them)
{
	AUTO(table_free)
	struct table t = TABLE_INIT;
	AUTO(own_free)
	char *text = NULL;
	size_t bytes = 0;
	FILE *to = open_memstream(&text, &bytes);

	table_head(&t, "name", "files", "note", NULL);
	table_right(&t, 1);
	EQ_INT(table_write(&t, to, NULL), 0); /* nothing in it: nothing */
	table_cell(&t, "h\xc3\xa4user");
	table_count(&t, 512001);
	table_cell(&t, "x\ny");
	table_cell(&t, "b");
	table_count(&t, 1);
	table_cell(&t, NULL);
	EQ_INT(table_write(&t, to, NULL), 0);
	(void)fclose(to);
	EQ_STR(text, "name      files  note\n"
		     "h\xc3\xa4user  512,001  x\\x0ay\n"
		     "b             1  \n");
}

TEST(report_survives_every_refused_allocation)
{
	AUTO(scan_free)
	struct scan s;

	make(&s, 0, VERDICT_BLOCKED);
	for (int format = REPORT_TEXT; format <= REPORT_HTML; format++)
		EACH_FAILED_ALLOC
		{
			FILE *to = fopen("/dev/null", "w");
			int r = report_write(to, &s.report, (enum report_format)format, NULL, NULL);

			OK(r == 0 || r == FAULT_MEMORY);
			(void)fclose(to);
		}
}

TEST(report_formats_have_names_and_nothing_else_does)
{
	enum report_format format = REPORT_HTML;

	EQ_INT(report_parse_format(NULL, &format, NULL), 0);
	EQ_INT(format, REPORT_TEXT);
	EQ_INT(report_parse_format("sarif", &format, NULL), 0);
	EQ_INT(format, REPORT_SARIF);
	EQ_INT(report_parse_format("pdf", &format, NULL), FAULT_USAGE);
}
