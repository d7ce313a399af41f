/*
 * read.h - a report read back: for explain
 *
 * A report may come from anybody (`explain --from`), so it is a hostile document like any other:
 * size and depth are bounded, and what is shown of it goes through escape.h.
 */
#ifndef REPORT_READ_H
#define REPORT_READ_H

#include <stdio.h>

#include "base/json.h"

#define REPORT_READ_BYTES_MAX ((size_t)128 * 1024 * 1024)

/* The tree lives in `arena`.  FAULT_USAGE when it is no report of a scan in a version we know. */
int report_read(const struct json_value **out, struct bytes text, const char *name,
		struct arena *arena, struct fault *fault);

/* What has this id: *finding, or else *row, a thing that was not examined; both NULL: nothing. */
void report_find(const struct json_value *report, const char *id, const struct json_value **finding,
		 const struct json_value **row);

/* The chain from bytes to verdict, for a person. */
int report_explain_finding(FILE *to, const struct json_value *report,
			   const struct json_value *finding, struct fault *fault);
int report_explain_row(FILE *to, const struct json_value *report, const struct json_value *row,
		       struct fault *fault);

#endif
