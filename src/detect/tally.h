/*
 * tally.h - what many blobs of one input share, told once: counted by key, with the first place
 *
 * A thousand objects built in one folder are one thing to tell.  A detector adds a row for each
 * sighting (any thread); rows with the same detector, rule and key become one, which keeps the
 * count, the gravest severity, the first place and the three first details in byte order: none of
 * them depends on the order in which threads came.  input_end() reads the rows.
 */
#ifndef DETECT_TALLY_H
#define DETECT_TALLY_H

#include "detect/detect.h"
#include "detect/facts.h"

/* Past it a new key is only counted; an honest input stays below a hundred. */
#define TALLY_ROWS_MAX     20000
#define TALLY_EXAMPLES_MAX FINDING_EXAMPLES_MAX
/* Longer keys and details are cut. */
#define TALLY_TEXT_MAX 512

struct tally_row {
	const struct detector *detector;
	const char *rule;       /* static */
	const char *key;        /* what makes two sightings one row; "" where the rule is enough */
	enum severity severity; /* the gravest seen */
	bool discloses;         /* any of them did */
	uint64_t count;         /* places, summed */
	uint64_t blobs;         /* how often it was added: once a blob */
	uint64_t value;         /* the detector's own, summed: parameters, symbols */
	uint64_t bytes;         /* summed */
	const char *examples[TALLY_EXAMPLES_MAX]; /* distinct details; NULL behind the last */

	/* The first place: least path, then least offset. */
	const char *path;
	uint8_t sha256[32];
	struct finding_place at;
};

/* Add what `row` says of run->blob: its detector, rule, key, severity, discloses, count, value, bytes,
 * examples (up to the first NULL) and `at` are read, the rest is filled in.  Call it in end().  Keys and
 * details are copied; cut at TALLY_TEXT_MAX. */
int tally_add(struct detect_run *run, const struct tally_row *row, struct fault *fault);

/* The rows of one detector, by rule and key, in the arena of the run.  *count is 0 when there are
 * none.  Call it in input_end(). */
int tally_rows(struct detect_run *run, const struct detector *detector,
	       const struct tally_row ***rows, size_t *count, struct fault *fault);

/* Fill path, digest, place, count, severity, detector and rule of a finding from a row. */
void tally_to_finding(const struct tally_row *row, struct finding *finding);

#endif
