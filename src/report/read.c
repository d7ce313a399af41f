/*
 * read.c - a report read back
 *
 * Knows: which fields tell how a finding came to its verdict.  Does not know: where reports are
 * kept, or how they were made.
 */
#include "report/read.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "report/escape.h"
#include "report/report.h"

int
report_read(const struct json_value **out, struct bytes text, const char *name, struct arena *arena,
	    struct fault *fault)
{
	const struct json_limits limits = {
	    .depth = 32, .bytes = REPORT_READ_BYTES_MAX, .members = 8000000};
	struct json_value *report;
	int r = json_parse(&report, text, &limits, arena, fault);

	if (r == FAULT_MEMORY)
		return r;
	if (r < 0)
		return fault_wrap(fault, FAULT_USAGE, "%s", name);
	if (json_u64(report, "schema_version", 0) != REPORT_SCHEMA_VERSION ||
	    json_get(report, "findings") == NULL ||
	    json_get(report, "findings")->type != JSON_ARRAY)
		return fault_set(fault, FAULT_USAGE,
				 "%s: no report of 'stopwater scan --format json'", name);
	*out = report;
	return 0;
}

static const struct json_value *
find(const struct json_value *list, const char *id)
{
	for (const struct json_value *v = json_first(list); v != NULL; v = v->next) {
		const char *its = json_text(v, "id");

		if (its != NULL && strcmp(its, id) == 0)
			return v;
	}
	return NULL;
}

void
report_find(const struct json_value *report, const char *id, const struct json_value **finding,
	    const struct json_value **row)
{
	*finding = find(json_get(report, "findings"), id);
	*row = *finding != NULL ? NULL
				: find(json_get(json_get(report, "coverage"), "not_examined"), id);
}

/* ---- telling ---- */

static void
line(FILE *to, const char *label, const char *text)
{
	if (text == NULL)
		return;
	(void)fprintf(to, "  %-10s", label);
	escape_terminal(to, text);
	(void)fputc('\n', to);
}

/* "acme.tgz (npm, 14.1 MB, SHA-256 ...)", when the path is of one of the inputs. */
static void
put_input(FILE *to, const struct json_value *report, const char *path)
{
	const struct json_value *v = json_first(json_get(report, "inputs"));
	char size[32];

	for (; v != NULL; v = v->next) {
		const char *name = json_text(v, "path");
		const char *kind = json_text(v, "kind"), *sha256 = json_text(v, "sha256");

		if (name == NULL || path == NULL || strncmp(path, name, strlen(name)) != 0)
			continue;
		(void)fputs("  input     ", to);
		escape_terminal(to, name);
		(void)fprintf(to, ", %s", text_size(json_u64(v, "bytes", 0), size));
		if (kind != NULL) {
			(void)fputs(", ", to);
			escape_terminal(to, kind);
		}
		if (sha256 != NULL) {
			(void)fputs(", SHA-256 ", to);
			escape_terminal(to, sha256);
		}
		(void)fputc('\n', to);
		return;
	}
}

/* Each container on a line of its own, one step further in. */
static void
put_chain(FILE *to, const char *path)
{
	unsigned depth = 0;

	while (path != NULL && *path != '\0') {
		const char *next = strstr(path, "!/");
		size_t length = next == NULL ? strlen(path) : (size_t)(next - path);
		AUTO(own_free)
		char *link = strndup(path, length);

		(void)fprintf(to, "  %-10s%*s", depth == 0 ? "in" : "", (int)(2 * depth), "");
		escape_terminal(to, link == NULL ? "?" : link);
		(void)fputc('\n', to);
		path = next == NULL ? NULL : next + 2;
		depth++;
	}
}

static void
put_place(FILE *to, const struct json_value *f)
{
	uint64_t row = json_u64(f, "line", 0), column = json_u64(f, "column", 0);
	uint64_t length = json_u64(f, "length_bytes", 0);

	if (row == 0 && json_get(f, "at_bytes") == NULL)
		return;
	(void)fputs("  at        ", to);
	if (row > 0)
		(void)fprintf(to, "line %llu", (unsigned long long)row);
	if (row > 0 && column > 0)
		(void)fprintf(to, ", column %llu", (unsigned long long)column);
	if (json_get(f, "at_bytes") != NULL)
		(void)fprintf(to, "%sbyte %llu", row > 0 ? ", " : "",
			      (unsigned long long)json_u64(f, "at_bytes", 0));
	if (length > 0)
		(void)fprintf(to, ", %llu long", (unsigned long long)length);
	(void)fputc('\n', to);
}

static void
put_list(FILE *to, const char *label, const struct json_value *list, const char *between)
{
	const struct json_value *v = json_first(list);

	if (v == NULL)
		return;
	(void)fprintf(to, "  %-10s", label);
	for (; v != NULL; v = v->next) {
		const char *text = json_as_text(v);

		escape_terminal(to, text == NULL ? "?" : text);
		(void)fputs(v->next == NULL ? "\n" : between, to);
	}
}

static void
put_source_map(FILE *to, const struct json_value *map)
{
	char embedded[32], lines[32], size[32];

	if (map == NULL)
		return;
	(void)fprintf(to, "  %-10s%s of %llu sources, %s lines, %s\n", "carries",
		      text_count(json_u64(map, "embedded", 0), embedded),
		      (unsigned long long)json_u64(map, "sources", 0),
		      text_count(json_u64(map, "lines", 0), lines),
		      text_size(json_u64(map, "bytes", 0), size));
	put_list(to, "such as", json_get(map, "examples"), ", ");
}

static void
put_lines(FILE *to, const char *word, const struct json_value *place)
{
	if (json_get(place, "first_line") != NULL)
		(void)fprintf(to, "%s lines %llu-%llu", word,
			      (unsigned long long)json_u64(place, "first_line", 0),
			      (unsigned long long)json_u64(place, "last_line", 0));
	else
		(void)fprintf(to, "%s byte %llu, %llu long", word,
			      (unsigned long long)json_u64(place, "at_bytes", 0),
			      (unsigned long long)json_u64(place, "length_bytes", 0));
}

static void
put_matches(FILE *to, const struct json_value *list)
{
	for (const struct json_value *m = json_first(list); m != NULL; m = m->next) {
		const char *asset = json_text(m, "asset"), *path = json_text(m, "path");
		const char *channel = json_text(m, "channel");
		const struct json_value *share = json_get(m, "share");
		const struct json_value *chance = json_get(m, "log10_chance");

		(void)fputs("  ours      ", to);
		escape_terminal(to, asset == NULL ? "?" : asset);
		(void)fputs(": ", to);
		escape_terminal(to, path == NULL ? "?" : path);
		if (share != NULL && share->type == JSON_NUMBER)
			(void)fprintf(to, ", %.*s of it", (int)share->text.left,
				      (const char *)share->text.at);
		if (channel != NULL) {
			(void)fputs(", by ", to);
			escape_terminal(to, channel);
		}
		if (chance != NULL && chance->type == JSON_NUMBER)
			(void)fprintf(to, ", chance 10^%.*s", (int)chance->text.left,
				      (const char *)chance->text.at);
		(void)fputs("\n            ", to);
		put_lines(to, "here", json_get(m, "here"));
		put_lines(to, ", there", json_get(m, "there"));
		(void)fputc('\n', to);
	}
}

static void
put_git(FILE *to, const struct json_value *git)
{
	const char *first = json_text(git, "first_commit"), *last = json_text(git, "last_commit");
	const char *reach = json_text(git, "reachable");

	if (git == NULL)
		return;
	line(to, "first in", first == NULL ? "no commit" : first);
	line(to, "on", json_text(git, "first_time"));
	line(to, "by", json_text(git, "author"));
	line(to, "last in", last);
	line(to, "at HEAD", json_bool(git, "at_head", false) ? "still" : "no longer");
	put_list(to, "paths", json_get(git, "paths"), ", ");
	put_list(to, "refs", json_get(git, "refs"), ", ");
	put_list(to, "tags", json_get(git, "tags"), ", ");
	line(to, "reached",
	     reach == NULL || strcmp(reach, "none") == 0
		 ? "by no ref: the objects are still in the store"
	     : strcmp(reach, "local") == 0 ? "from this repository alone"
					   : "by whoever fetches");
}

static void
put_commands(FILE *to, const char *id)
{
	(void)fputs("\n  to answer for it, bound to its content and to nothing else:\n"
		    "    stopwater suppress ",
		    to);
	escape_terminal(to, id);
	(void)fputs(" --owner NAME --for 90d --reason 'WHY'\n  or for the next scan alone:\n"
		    "    stopwater allow ",
		    to);
	escape_terminal(to, id);
	(void)fputs(" --once --reason 'WHY'\n", to);
}

int
report_explain_finding(FILE *to, const struct json_value *report, const struct json_value *f,
		       struct fault *fault)
{
	const char *id = json_text(f, "id"), *title = json_text(f, "title");
	const char *detector = json_text(f, "detector"), *rule = json_text(f, "rule");
	const char *severity = json_text(f, "severity"), *answer = json_text(f, "suppressed_by");
	bool blocks = json_bool(f, "blocks", false);

	escape_terminal(to, title == NULL ? "?" : title);
	(void)fputs("\n\n", to);
	put_input(to, report, json_text(f, "path"));
	put_chain(to, json_text(f, "path"));
	put_place(to, f);
	put_list(to, "decoded", json_get(f, "decode"), " > ");
	line(to, "blob", json_text(f, "sha256"));
	(void)fputs("  found by  ", to);
	escape_terminal(to, detector == NULL ? "?" : detector);
	(void)fputc('/', to);
	escape_terminal(to, rule == NULL ? "?" : rule);
	(void)fputs(", severity ", to);
	escape_terminal(to, severity == NULL ? "?" : severity);
	(void)fputc('\n', to);
	put_source_map(to, json_get(f, "source_map"));
	put_matches(to, json_get(f, "matches"));
	put_git(to, json_get(f, "git"));
	line(to, "discloses", json_bool(f, "discloses", false) ? "yes" : "no");
	line(to, "why", json_text(f, "why"));
	line(to, "policy", json_text(f, "because"));
	line(to, "answer", answer);
	line(to, "verdict",
	     blocks           ? "it blocks"
	     : answer != NULL ? "it would block or be noted, but somebody answered for it"
			      : "it does not block");
	line(to, "fix", json_text(f, "fix"));
	if (blocks && id != NULL && (detector == NULL || strcmp(detector, "suppression") != 0))
		put_commands(to, id);
	return ferror(to) ? fault_errno(fault, "writing") : 0;
}

int
report_explain_row(FILE *to, const struct json_value *report, const struct json_value *row,
		   struct fault *fault)
{
	const char *id = json_text(row, "id"), *answer = json_text(row, "suppressed_by");

	(void)fputs("this was not examined\n\n", to);
	put_input(to, report, json_text(row, "path"));
	put_chain(to, json_text(row, "path"));
	put_place(to, row);
	line(to, "reason", json_text(row, "reason"));
	line(to, "answer", answer);
	line(to, "verdict",
	     answer != NULL ? "somebody answered for it" : "the run is incomplete, exit 3");
	if (answer == NULL && id != NULL)
		put_commands(to, id);
	return ferror(to) ? fault_errno(fault, "writing") : 0;
}
