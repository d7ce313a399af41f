/*
 * last.h - the last report, kept in the state folder for explain, suppress and allow
 *
 * last/report.json is the report as JSON; last/findings has a line for each thing that can be
 * answered for: ID DETECTOR/RULE CONTENT PLACE.  CONTENT is the unkeyed digest that answers are
 * bound to, so the folder is its owner's alone (0700) and the file never part of a report.
 */
#ifndef REPORT_LAST_H
#define REPORT_LAST_H

#include "config/home.h"
#include "report/report.h"

#define LAST_REPORT   "last/report.json"
#define LAST_FINDINGS "last/findings"

/* Keep `report`.  Quick: nothing waits for the disk. */
int last_save(const struct home *home, const struct scan_report *report, struct fault *fault);

/* Something that can be answered for. */
struct last_finding {
	char id[17];
	uint8_t content[ACCEPT_CONTENT_BYTES];
	char *what; /* "DETECTOR/RULE": the two parts below */
	char *detector, *rule;
	char *place;
};

/* 0, LAST_UNKNOWN (no finding of the last report has this id), or a fault; FAULT_USAGE when there
 * is no last report. */
#define LAST_UNKNOWN 1
int last_lookup(const struct home *home, const char *id, struct last_finding *out,
		struct fault *fault);
void last_finding_free(struct last_finding *finding);

/* The same from the text of the file. */
int last_parse(struct bytes text, const char *id, struct last_finding *out, struct fault *fault);

#endif
