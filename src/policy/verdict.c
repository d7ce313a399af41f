/*
 * verdict.c - findings and coverage -> verdict
 *
 * Knows: the order in which a profile, suppressions, the baseline and passes decide.
 * Does not know: where they are kept (policy.c), how anything is shown (report).
 */
#include "policy/verdict.h"

#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "policy/inside.h"

#define OUTCOME_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define SUPPRESSION       "suppression"

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"pass", "blocked", "incomplete"};

	return names[verdict];
}

void
outcome_init(struct outcome *outcome)
{
	*outcome = (struct outcome){.arena = ARENA_INIT(OUTCOME_BYTES_MAX)};
}

void
outcome_free(struct outcome *outcome)
{
	arena_free(&outcome->arena);
	outcome->rows = NULL;
}

/* ---- answers ---- */

const char *
answer_text(struct arena *arena, enum accept_kind kind, const struct accept_entry *entry)
{
	char day[CLOCK_DATE_TEXT];

	switch (kind) {
	case ACCEPT_SUPPRESSION:
		return arena_printf(arena, "suppression of %s until %s: %s", entry->owner,
				    clock_format_date(entry->until, day), entry->reason);
	case ACCEPT_BASELINE:
		return "baseline";
	case ACCEPT_ONCE:
		break;
	}
	return arena_printf(arena, "allowed once: %s", entry->reason);
}

const struct accept_entry *
answer_for(struct policy *policy, const char *detector, const char *rule,
	   const uint8_t content[ACCEPT_CONTENT_BYTES], enum accept_kind *kind,
	   const struct accept_entry **expired)
{
	struct accept_list *const lists[] = {policy->suppressions, policy->baseline, policy->once};

	*expired = NULL;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct accept_entry *entry;

		if (lists[i] == NULL)
			continue;
		entry = accept_find(lists[i], detector, rule, content);
		if (entry == NULL)
			continue;
		entry->used = true;
		if (entry->until == 0 || policy->now < entry->until) {
			*kind = accept_kind(lists[i]);
			return entry;
		}
		if (accept_kind(lists[i]) == ACCEPT_SUPPRESSION)
			*expired = entry;
	}
	return NULL;
}

/* The command that renews an entry, in `arena`. */
static const char *
renewal(struct arena *arena, const char *id, const struct accept_entry *entry)
{
	return arena_printf(arena, "stopwater suppress %s --owner %s --for 90d --reason '%s'", id,
			    entry->owner, entry->reason);
}

/* An ended suppression: the finding says whose it was and how to renew it. */
static int
say_expired(struct findings *findings, struct finding *finding, const struct accept_entry *entry,
	    struct fault *fault)
{
	struct arena *arena = &findings->arena;
	const char *command = renewal(arena, finding->id, entry);
	char day[CLOCK_DATE_TEXT];

	if (command == NULL)
		return fault_memory(fault);
	finding->why = arena_printf(arena, "the suppression of %s ended on %s (%s)%s%s",
				    entry->owner, clock_format_date(entry->until, day),
				    entry->reason, finding->why == NULL ? "" : "; ",
				    finding->why == NULL ? "" : finding->why);
	finding->fix =
	    arena_printf(arena, "%s%sor renew it: %s", finding->fix == NULL ? "" : finding->fix,
			 finding->fix == NULL ? "" : "; ", command);
	return finding->why == NULL || finding->fix == NULL ? fault_memory(fault) : 0;
}

/* ---- findings of our own ---- */

static int
add_own(struct policy *policy, struct findings *findings, const struct accept_entry *entry,
	const char *rule, const char *title, const char *why, const char *fix, struct fault *fault)
{
	struct finding finding = {
	    .detector = SUPPRESSION,
	    .rule = rule,
	    .severity = SEVERITY_LOW,
	    .title = title,
	    .why = why,
	    .fix = fix,
	    .path = accept_file(policy->suppressions),
	    .at = {.first_line = entry->line, .last_line = entry->line},
	    .has_evidence = true,
	};

	if (title == NULL || why == NULL || fix == NULL)
		return fault_memory(fault);
	/* The hash of the entry makes the id: the same on every machine, whatever line it is on. */
	memcpy(finding.sha256, entry->hash, sizeof(entry->hash));
	memcpy(finding.evidence, entry->hash, sizeof(entry->hash));
	return findings_add(findings, &finding, fault);
}

static int
add_stale(struct policy *policy, struct findings *findings, const struct accept_entry *entry,
	  struct fault *fault)
{
	struct arena *a = &findings->arena;

	return add_own(
	    policy, findings, entry, "stale",
	    arena_printf(a, "a suppression of %s that nothing needs: %s in %s", entry->owner,
			 entry->what, entry->place),
	    arena_printf(a,
			 "its place was examined and what it answers for is gone; kept, "
			 "it could hide the same thing later (%s)",
			 entry->reason),
	    arena_printf(a, "remove line %u of %s", entry->line, accept_file(policy->suppressions)),
	    fault);
}

static int
add_expiring(struct policy *policy, struct findings *findings, const struct accept_entry *entry,
	     const char *id, struct fault *fault)
{
	struct arena *a = &findings->arena;
	int64_t days = (entry->until - policy->now + CLOCK_DAY_SECONDS - 1) / CLOCK_DAY_SECONDS;
	char day[CLOCK_DATE_TEXT];

	return add_own(policy, findings, entry, "expiring",
		       arena_printf(a, "a suppression of %s ends on %s, in %lld day%s: %s in %s",
				    entry->owner, clock_format_date(entry->until, day),
				    (long long)days, days == 1 ? "" : "s", entry->what,
				    entry->place),
		       arena_printf(a, "from that day on what it answers for blocks again (%s)",
				    entry->reason),
		       renewal(a, id, entry), fault);
}

/* Did the detector of this entry run? */
static bool
detector_ran(const struct policy *policy, const struct accept_entry *entry)
{
	for (size_t i = 0; i < detect_table_count && i < 64; i++) {
		size_t length = strlen(detect_table[i]->name);

		if (strncmp(entry->what, detect_table[i]->name, length) == 0 &&
		    entry->what[length] == '/')
			return (policy->detectors >> i & 1) != 0;
	}
	/* What is told beside the table: coverage. */
	return strncmp(entry->what, "coverage/", 9) == 0;
}

bool
place_was_examined(const struct policy_inputs *inputs, size_t place)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (!inputs->inputs[i].facts_only && place < inputs->summaries[i].places_count &&
		    inputs->summaries[i].places[place] != 0)
			return true;
	return false;
}

/* Entries that nothing used although their place was looked at.  An entry that has ended hides
 * nothing any more, so it may stay until somebody tidies up. */
static int
find_stale(struct policy *policy, struct findings *findings, const struct policy_inputs *inputs,
	   struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < accept_count(policy->suppressions); i++) {
		const struct accept_entry *entry = accept_at(policy->suppressions, i);

		if (!entry->used && policy->now < entry->until && detector_ran(policy, entry) &&
		    place_was_examined(inputs, i))
			r = add_stale(policy, findings, entry, fault);
	}
	return r;
}

/* ---- judging ---- */

static int
judge_one(struct policy *policy, struct findings *findings, size_t i, struct fault *fault)
{
	struct finding *finding = &findings->list[i];
	const struct profile_line *line;
	const struct accept_entry *entry, *expired;
	uint8_t content[ACCEPT_CONTENT_BYTES];
	enum accept_kind kind;
	int r = accept_content(finding, content, fault);

	if (r < 0)
		return r;
	line = profile_decide(&policy->profile, &policy->facts, finding);
	finding->because = arena_printf(&findings->arena, "%s: %s %s: %s", line->where, line->what,
					line->blocks ? "blocks" : "does not block", line->why);
	if (finding->because == NULL)
		return fault_memory(fault);
	finding->blocks = line->blocks;
	finding->suppressed_by = NULL;
	entry = answer_for(policy, finding->detector, finding->rule, content, &kind, &expired);
	if (entry == NULL)
		return finding->blocks && expired != NULL
			   ? say_expired(findings, finding, expired, fault)
			   : 0;
	finding->blocks = false;
	finding->suppressed_by = answer_text(&findings->arena, kind, entry);
	if (finding->suppressed_by == NULL)
		return fault_memory(fault);
	if (kind == ACCEPT_SUPPRESSION &&
	    entry->until - policy->now < ACCEPT_WARN_DAYS * CLOCK_DAY_SECONDS)
		return add_expiring(policy, findings, entry, finding->id, fault);
	return 0;
}

static int
judge_findings(struct policy *policy, struct findings *findings, const struct policy_inputs *inputs,
	       struct outcome *outcome, struct fault *fault)
{
	size_t count = findings->count, own;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = judge_one(policy, findings, i, fault);
	own = findings->count;
	if (r == 0)
		r = find_stale(policy, findings, inputs, fault);
	/* Those of our own have no answers: what expires or is stale is put right, not accepted. */
	for (size_t i = count; r == 0 && i < findings->count; i++) {
		struct finding *f = &findings->list[i];
		const struct profile_line *line =
		    profile_decide(&policy->profile, &policy->facts, f);

		f->blocks = line->blocks && i >= own;
		f->because =
		    arena_printf(&findings->arena, "%s: %s %s: %s", line->where, line->what,
				 line->blocks ? "blocks" : "does not block", line->why);
		if (f->because == NULL)
			r = fault_memory(fault);
	}
	for (size_t i = 0; i < findings->count; i++) {
		outcome->blocking += findings->list[i].blocks;
		outcome->suppressed += findings->list[i].suppressed_by != NULL;
	}
	findings_sort(findings);
	return r;
}

/* Is anything left that nobody looked at and nobody answered for? */
static const char *
why_incomplete(const struct policy *policy, const struct findings *findings,
	       const struct coverage *coverage, int open_rows)
{
	/* A million empty files were examined; a folder without any was not. */
	if (coverage->blobs == 0 && coverage->not_examined.count == 0)
		return "nothing was examined";
	if (open_rows > 0 || coverage->not_examined.left_out > 0)
		return "not everything could be examined";
	if (policy->full_history && coverage->scope.count > 0)
		return "all of the history was required, and this checkout lacks some";
	if (findings->left_out > 0)
		return "there are more findings than can be kept";
	return NULL;
}

int
policy_judge(struct policy *policy, struct findings *findings, const struct coverage *coverage,
	     const struct policy_inputs *inputs, struct outcome *outcome, struct fault *fault)
{
	bool nothing = coverage->examined_bytes == 0;
	/* Rows first: an answer that only a row needs is not stale. */
	int open_rows = rows_judge(policy, coverage, inputs, outcome, fault);
	int r =
	    open_rows < 0 ? open_rows : judge_findings(policy, findings, inputs, outcome, fault);

	if (r < 0)
		return r;
	outcome->scope_counts = policy->full_history;
	outcome->why_incomplete = why_incomplete(policy, findings, coverage, open_rows);
	outcome->verdict = outcome->blocking > 0             ? VERDICT_BLOCKED
			   : outcome->why_incomplete != NULL ? VERDICT_INCOMPLETE
							     : VERDICT_PASS;
	outcome->exit = outcome->verdict == VERDICT_BLOCKED      ? 1
			: outcome->verdict == VERDICT_INCOMPLETE ? 3
								 : 0;
	outcome->report_only_until = policy->report_only_until;
	/* A gate that saw nothing is wired wrongly, and says so from the first day on. */
	if (outcome->exit != 0 && !nothing && policy->now < policy->report_only_until) {
		outcome->report_only = true;
		outcome->exit = 0;
	}
	return 0;
}
