/*
 * suppress.c - stopwater suppress, stopwater allow: answer for something that the last scan found
 *
 * Knows: where answers are kept.  Does not know: what they do to a verdict (policy).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "cmd/scan.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"
#include "report/last.h"

/* A sentence or three; it stands on one line of a file that people review. */
#define REASON_BYTES_MAX 1000

struct suppress_options {
	const char *reason, *owner, *until;
	uint64_t for_seconds;
};

struct allow_options {
	const char *reason;
	bool once;
};

/* One line without control bytes that says something. */
static int
check_reason(const char *reason, struct fault *fault)
{
	size_t length = reason == NULL ? 0 : strlen(reason);

	if (length == 0 || strspn(reason, " ") == length)
		return fault_set(fault, FAULT_USAGE,
				 "--reason is missing: say why it may leave, for who asks later");
	if (length > REASON_BYTES_MAX)
		return fault_set(fault, FAULT_USAGE, "--reason: more than %d bytes",
				 REASON_BYTES_MAX);
	if (reason[0] == ' ' || !text_is_utf8(bytes_text(reason)))
		return fault_set(fault, FAULT_USAGE, "--reason: begins with a blank, or no UTF-8");
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)reason[i] < 0x20 || reason[i] == 0x7f)
			return fault_set(fault, FAULT_USAGE, "--reason: one line, please");
	return 0;
}

/* The first second of a day that is not before `moment`. */
static int64_t
whole_day(int64_t moment)
{
	int64_t rest = moment % CLOCK_DAY_SECONDS;

	return rest == 0 ? moment : moment - rest + CLOCK_DAY_SECONDS;
}

static int
end_of(const struct suppress_options *options, int64_t now, int64_t *until, struct fault *fault)
{
	int64_t end;
	int r = 0;

	if ((options->until == NULL) == (options->for_seconds == 0))
		return fault_set(fault, FAULT_USAGE,
				 "say when it ends: --until 2026-12-31 or --for 90d, one of them");
	if (options->until != NULL)
		r = clock_parse(options->until, &end, fault);
	else if (options->for_seconds > (uint64_t)100 * 365 * CLOCK_DAY_SECONDS)
		r = fault_set(fault, FAULT_USAGE, "--for: longer than a century");
	else
		end = now + (int64_t)options->for_seconds;
	if (r < 0)
		return r;
	*until = whole_day(end);
	if (*until <= now)
		return fault_set(fault, FAULT_USAGE, "it would have ended already");
	return 0;
}

static int
look_up(struct home **home, const char *id, struct last_finding *found, struct fault *fault)
{
	int r = scan_home(home, fault);

	if (r < 0)
		return r;
	if (*home == NULL)
		return fault_set(fault, FAULT_USAGE, "there is no last report: scan first");
	r = last_lookup(*home, id, found, fault);
	return r == LAST_UNKNOWN
		   ? fault_set(fault, FAULT_USAGE, "the last report has no finding '%.40s'", id)
		   : r;
}

/* Load, add, save. */
static int
put_entry(enum accept_kind kind, const char *path, const struct last_finding *found,
	  const struct accept_entry *entry, struct fault *fault)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	int r = accept_load(&list, kind, path, path, fault);

	if (r == 0)
		r = accept_add(list, found->detector, found->rule, found->content, entry, fault);
	return r < 0 ? r : accept_save(list, path, fault);
}

static int
tell(struct cmd_call *call, const char *verb, const struct last_finding *found,
     const struct accept_entry *entry, const char *path, const char *text, struct fault *fault)
{
	AUTO(buf_free)
	struct buf json = BUF_INIT(1 << 20);
	char day[CLOCK_DATE_TEXT];
	struct json_write w;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	if (r < 0)
		return r;
	if (!json_wanted) {
		if (!call->common->quiet)
			(void)fprintf(call->out, "%s %s/%s in %s until %s\n%s\n", text,
				      found->detector, found->rule, found->place,
				      clock_format_date(entry->until, day), path);
		return 0;
	}
	json_write_to_buf(&w, &json, JSON_WRITE_PRETTY);
	seal_json_begin(&w, verb, 0);
	json_write_key_text(&w, "id", found->id);
	json_write_key_text(&w, "detector", found->detector);
	json_write_key_text(&w, "rule", found->rule);
	json_write_key_text(&w, "place", found->place);
	json_write_key_text(&w, "until", clock_format_date(entry->until, day));
	json_write_key_text(&w, "file", path);
	return seal_json_end(&w, &json, call->out, fault);
}

/* Two writers of one file of a project: the lock stands in the state folder. */
static int
suppress_run(struct cmd_call *call, struct fault *fault)
{
	static const struct scan_options none;
	const struct suppress_options *options = call->options;
	struct accept_entry entry = {.owner = options->owner, .reason = options->reason};
	AUTO(settings_free)
	struct settings *settings = NULL;
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(last_finding_free)
	struct last_finding found = {.id = ""};
	AUTO(own_close)
	int lock = -1;
	const char *path;
	int64_t now;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	if (r == 0)
		r = check_reason(options->reason, fault);
	if (r == 0 && (options->owner == NULL || !text_is_name(options->owner)))
		r = fault_set(fault, FAULT_USAGE,
			      "--owner is missing: who answers for it ([a-z0-9][a-z0-9._-]*)");
	if (r == 0)
		r = clock_now(call->common->now, &now, fault);
	if (r == 0)
		r = end_of(options, now, &entry.until, fault);
	if (r == 0)
		r = scan_settings(&settings, call, &none, fault);
	if (r == 0)
		r = look_up(&home, call->args[0], &found, fault);
	if (r == 0)
		r = home_lock(home, "suppress.lock", &lock, fault);
	if (r < 0)
		return r;
	entry.place = found.place;
	path = settings_text(settings, "scan.suppressions");
	r = put_entry(ACCEPT_SUPPRESSION, path, &found, &entry, fault);
	return r < 0 ? r
		     : tell(call, "suppress", &found, &entry, settings_shown(settings, path),
			    "suppressed, to be committed with the project:", fault);
}

static int
allow_run(struct cmd_call *call, struct fault *fault)
{
	const struct allow_options *options = call->options;
	struct accept_entry entry = {.owner = "once", .reason = options->reason};
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(last_finding_free)
	struct last_finding found = {.id = ""};
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	AUTO(own_close)
	int lock = -1;
	int64_t now;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	if (r == 0)
		r = check_reason(options->reason, fault);
	if (r == 0 && !options->once)
		r = fault_set(fault, FAULT_USAGE,
			      "say --once: what may leave for longer is suppressed, with an owner");
	if (r == 0)
		r = clock_now(call->common->now, &now, fault);
	if (r == 0)
		r = look_up(&home, call->args[0], &found, fault);
	if (r == 0)
		r = home_lock(home, "once.lock", &lock, fault);
	if (r == 0 && home_join(home, &path, POLICY_ONCE) < 0)
		r = fault_memory(fault);
	if (r < 0)
		return r;
	entry.until = whole_day(now + CLOCK_DAY_SECONDS);
	entry.place = found.place;
	r = put_entry(ACCEPT_ONCE, buf_text(&path), &found, &entry, fault);
	return r < 0 ? r
		     : tell(call, "allow", &found, &entry, POLICY_ONCE,
			    "the next scan that meets it lets it pass:", fault);
}

static const struct opt suppress_opts[] = {
    OPT_TEXT(0, "reason", struct suppress_options, reason, "TEXT", "why it may leave"),
    OPT_TEXT(0, "owner", struct suppress_options, owner, "P", "who answers for it"),
    OPT_TEXT(0, "until", struct suppress_options, until, "T", "the day on which it ends"),
    OPT_DURATION(0, "for", struct suppress_options, for_seconds, "D",
		 "how long it holds, like 90d"),
    OPT_END,
};

const struct cmd cmd_suppress = {.name = "suppress",
				 .args = "ID",
				 .does = "answer for a finding of the last scan, until a day",
				 .opts = suppress_opts,
				 .options_bytes = sizeof(struct suppress_options),
				 .args_min = 1,
				 .args_max = 1,
				 .run = suppress_run};

static const struct opt allow_opts[] = {
    OPT_FLAG(0, "once", struct allow_options, once, "for the next scan that meets it"),
    OPT_TEXT(0, "reason", struct allow_options, reason, "TEXT", "why it may leave"),
    OPT_END,
};

const struct cmd cmd_allow = {.name = "allow",
			      .args = "ID",
			      .does = "let a finding of the last scan pass once",
			      .opts = allow_opts,
			      .options_bytes = sizeof(struct allow_options),
			      .args_min = 1,
			      .args_max = 1,
			      .run = allow_run};
