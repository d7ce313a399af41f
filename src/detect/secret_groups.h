/*
 * secret_groups.h - one secret in many places of an input is one finding
 *
 * Rows are keyed by rule and secret_id; the place told first is the gravest, of those the least by
 * path and offset, so that a report does not depend on the order of threads.
 */
#ifndef DETECT_SECRET_GROUPS_H
#define DETECT_SECRET_GROUPS_H

#include "detect/detect.h"
#include "detect/facts.h"
#include "detect/secret_judge.h"

/* Distinct secrets of one input; past it they are counted only. */
#define SECRET_GROUPS_MAX 50000

struct secret_group {
	struct secret_found found; /* of the first place; texts in the arena of the facts */
	const char *path;
	uint8_t sha256[32];
	bool has_object; /* of a history: in which object the first place is */
	uint8_t object[32];
	uint64_t count;
	struct finding_spot *spots; /* the least FINDING_SPOTS_MAX, in order */
	size_t spots_count, spots_room;
};

/* Add what was found in run->blob.  Any thread; call it in end(). */
int secret_groups_add(struct detect_run *run, const struct secret_found *found,
		      struct fault *fault);

/* What is told of `found`, but for path and digest; texts in `arena` or lent by `found`. */
int secret_finding(struct finding *out, const struct secret_found *found, struct arena *arena,
		   struct fault *fault);

/* Report every row: once per input, in input_end(). */
int secret_groups_report(struct detect_run *run, const struct detector *detector,
			 struct fault *fault);

#endif
