/*
 * report.h - a judged scan -> text for a tired person, JSON for a script, pages for a manager
 *
 * Every format is written from the same struct, in one order, without clock, host or user: equal
 * scans give equal bytes, for any number of jobs.  The JSON fields are those of CONTRACT A2
 * (docs/report.md).  Nothing from the scanned thing reaches a terminal or a page unescaped.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/fault.h"
#include "policy/verdict.h"

#define REPORT_SCHEMA_VERSION 1

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_JSONL,
	REPORT_SARIF,
	REPORT_JUNIT,
	REPORT_HTML,
};

/* "text", "json", "jsonl", "sarif", "junit", "html"; NULL is text.  FAULT_USAGE for another. */
int report_parse_format(const char *name, enum report_format *out, struct fault *fault);

/* Everything is lent. */
struct scan_report {
	const char *verb;    /* "scan" */
	const char *version; /* of the tool */
	const char *profile;
	const struct outcome *outcome;
	struct policy_inputs inputs;     /* facts_only ones are left out of reports */
	const struct findings *findings; /* sorted, judged */
	const struct coverage *coverage; /* finished */
	uint64_t detectors;              /* bit i: detect_table[i] looked; 0: nobody says */
	const char *const *notes;        /* one sentence each: the scope of this run, ... */
	size_t notes_count;
};

/* How it looks on a terminal; of no matter for the other formats. */
struct report_look {
	bool color;
	bool quiet; /* one line an input */
};

/* Returns 0 or FAULT_IO, FAULT_MEMORY.  `look` may be NULL. */
int report_write(FILE *to, const struct scan_report *report, enum report_format format,
		 const struct report_look *look, struct fault *fault);

/* One writer each; report_write() picks. */
int report_text(FILE *to, const struct scan_report *report, const struct report_look *look,
		struct fault *fault);
int report_json(FILE *to, const struct scan_report *report, bool lines, struct fault *fault);
int report_sarif(FILE *to, const struct scan_report *report, struct fault *fault);
int report_junit(FILE *to, const struct scan_report *report, struct fault *fault);
int report_html(FILE *to, const struct scan_report *report, struct fault *fault);

/* Should a terminal be coloured? `when`: "auto", "always", "never" (NULL: auto); auto asks for a
 * terminal that is not dumb and no NO_COLOR.  FAULT_USAGE for another word. */
int report_color(const char *when, bool is_terminal, char *const *environment, bool *out,
		 struct fault *fault);

#endif
