/*
 * verdict.h - findings and coverage -> verdict: pass, blocked or incomplete
 *
 *	policy_open()	the profile, suppressions, baseline and passes that the settings name
 *	policy_places()	places that the reader must tell about (intake_options.places)
 *	policy_judge()	decides every finding and every row that was not examined
 *	policy_close()
 *
 * Blocked wins over incomplete.  Nothing here reads a clock: `now` is given.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/home.h"
#include "config/settings.h"
#include "intake/intake.h"
#include "policy/accept.h"
#include "policy/profile.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_BLOCKED,
	VERDICT_INCOMPLETE,
};

/* "pass", "blocked", "incomplete". */
const char *verdict_name(enum verdict verdict);

struct policy;

struct policy_from {
	const struct settings *settings;
	const char *profile;     /* the name to judge by */
	const char *baseline;    /* --baseline; NULL: scan.baseline of the settings */
	const struct home *home; /* passes for one scan; NULL: none */
	int64_t now;
	bool full_history;  /* what the checkout itself leaves out makes the run incomplete */
	uint64_t detectors; /* bit i: detect_table[i] ran; an entry for another is never stale */
};

/* The settings must outlive it. */
int policy_open(struct policy **out, const struct policy_from *from, struct fault *fault);
void policy_close(struct policy **policy);

const char *policy_profile(const struct policy *policy);
bool policy_is_public(const struct policy *policy);
struct accept_list *policy_suppressions(struct policy *policy);
struct accept_list *policy_baseline(struct policy *policy); /* NULL: none is used */

/* Where the baseline is kept, or would be. */
const char *policy_baseline_path(const struct policy *policy);

/* Places of suppressions, inside an input.  Lent until policy_close(). */
const char *const *policy_places(const struct policy *policy, size_t *count);

/* A row of coverage.not_examined, judged. */
struct judged_row {
	char id[17]; /* for 'stopwater suppress'; "" when it has no digest to be bound to */
	uint8_t content[ACCEPT_CONTENT_BYTES];
	const char *suppressed_by; /* NULL: it makes the run incomplete */
};

struct outcome {
	enum verdict verdict;
	bool scope_counts;         /* all of the history was required: what lacks is incomplete */
	int exit;                  /* 0, 1 or 3 */
	bool report_only;          /* there was something to exit 1 or 3 for */
	int64_t report_only_until; /* 0: not asked for */
	uint64_t blocking, suppressed; /* findings */
	const char *why_incomplete;    /* static; NULL: it is complete */
	struct judged_row *rows;       /* one for each of coverage->not_examined.list */
	struct arena arena;
};

void outcome_init(struct outcome *outcome);
void outcome_free(struct outcome *outcome);

struct policy_inputs {
	const struct input *inputs;
	struct input_summary *summaries; /* one each */
	size_t count;
};

/* Fills blocks, because and suppressed_by of every finding; adds findings of its own (detector
 * "suppression": stale, expiring) and sorts them all; judges the rows of `coverage`, which is
 * finished.  Marks the entries that were used. */
int policy_judge(struct policy *policy, struct findings *findings, const struct coverage *coverage,
		 const struct policy_inputs *inputs, struct outcome *outcome, struct fault *fault);

/* Every pass for one scan that policy_judge() used is gone from the state folder. */
int policy_spend(struct policy *policy, struct fault *fault);

/* Write the baseline `path`: what blocks now, and what an earlier baseline answered for and is still
 * there.  Keeps the key of a file that exists. */
int policy_write_baseline(struct policy *policy, const struct findings *findings, const char *path,
			  const struct policy_inputs *inputs, struct fault *fault);

/* Drop from the baseline what policy_judge() did not find although its place was examined, and
 * write it back.  Adds nothing.  A baseline must be in use. */
struct policy_shrunk {
	size_t dropped, kept;
};
int policy_shrink_baseline(struct policy *policy, const struct policy_inputs *inputs,
			   struct policy_shrunk *shrunk, struct fault *fault);

/* Index of the input that a display path belongs to; SIZE_MAX: of none. */
size_t policy_input(const struct policy_inputs *inputs, const char *path);

/* The part of a display path behind its input: "package/cli.js", "." the input itself. */
const char *policy_place(const struct policy_inputs *inputs, const char *path);

#define POLICY_ONCE "once" /* the file in the state folder */

#endif
