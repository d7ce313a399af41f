/*
 * inside.h - what the files of policy share; nobody outside includes it
 */
#ifndef POLICY_INSIDE_H
#define POLICY_INSIDE_H

#include "policy/verdict.h"

struct policy {
	struct arena arena;
	const struct settings *settings;
	const struct home *home;
	struct profile profile;
	struct profile_facts facts;
	struct accept_list *suppressions, *baseline, *once;
	const char *baseline_path;
	const char **places; /* of the suppressions, then of the baseline, in their order */
	size_t places_count;
	bool full_history;
	uint64_t detectors;
	int64_t now, report_only_until;
};

/* rows.c: what was not examined, and whether somebody answered for it. Returns how many rows make
 * the run incomplete, or a fault. */
int rows_judge(struct policy *policy, const struct coverage *coverage,
	       const struct policy_inputs *inputs, struct outcome *outcome, struct fault *fault);

/* Was policy->places[place] in one of the inputs? */
bool place_was_examined(const struct policy_inputs *inputs, size_t place);

/* "suppression of alice until 2026-12-31: reason", in `arena`; NULL out of memory. */
const char *answer_text(struct arena *arena, enum accept_kind kind,
			const struct accept_entry *entry);

/* The entry that answers for this content now, of suppressions, baseline and passes, in that
 * order.  *expired: one that would have, had it not ended. */
const struct accept_entry *answer_for(struct policy *policy, const char *detector, const char *rule,
				      const uint8_t content[ACCEPT_CONTENT_BYTES],
				      enum accept_kind *kind, const struct accept_entry **expired);

#endif
