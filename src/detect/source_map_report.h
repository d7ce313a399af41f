/*
 * source_map_report.h - what the maps of a blob, and of an input, mean for a release
 */
#ifndef DETECT_SOURCE_MAP_REPORT_H
#define DETECT_SOURCE_MAP_REPORT_H

#include "detect/source_map_scan.h"

/* All that was seen of maps in one blob. */
struct source_map_seen {
	const struct source_map_totals *totals;
	const struct source_map_scan *scan;
	const char *broken_why; /* a whole-blob map broke; NULL: none did */
	uint64_t broken_at;
};

/* In end(): what can be told now; the rest becomes facts. */
int source_map_report_blob(struct detect_run *run, const struct source_map_seen *seen,
			   struct fault *fault);

/* In input_end(): which maps disclose something, which references lead nowhere. */
int source_map_report_input(struct detect_run *run, struct fault *fault);

#endif
