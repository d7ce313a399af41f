/*
 * baseline.c - stopwater baseline: what was there when the gate was put in place, worked off
 *
 * Knows: that a baseline only ever shrinks here.  Does not know: how it is kept (policy).
 */
#include "base/own.h"
#include "cmd/scan.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"

static int
tell(struct cmd_call *call, const char *path, const struct policy_shrunk *shrunk,
     struct fault *fault)
{
	AUTO(buf_free)
	struct buf json = BUF_INIT(1 << 20);
	struct json_write w;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	if (r < 0)
		return r;
	if (!json_wanted) {
		if (!call->common->quiet)
			(void)fprintf(call->out, "%s: %zu dropped, %zu stay\n", path,
				      shrunk->dropped, shrunk->kept);
		return 0;
	}
	json_write_to_buf(&w, &json, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "baseline", 0);
	json_write_key_text(&w, "file", path);
	json_write_key_u64(&w, "dropped", shrunk->dropped);
	json_write_key_u64(&w, "kept", shrunk->kept);
	return seal_json_end(&w, &json, call->out, fault);
}

static int
update_run(struct cmd_call *call, struct fault *fault)
{
	static const struct scan_options none;
	AUTO(scan_close)
	struct scan scan = {0};
	struct policy_shrunk shrunk;
	bool json_wanted;
	int r = seal_format(call, &json_wanted, fault);

	outcome_init(&scan.outcome);
	if (r >= 0)
		r = scan_open(&scan, call, &none, fault);
	if (r >= 0 && policy_baseline(scan.policy) == NULL)
		r = fault_set(fault, FAULT_USAGE,
			      "no baseline is set: 'scan.baseline', or 'stopwater init'");
	if (r >= 0)
		r = scan_judge(&scan, call, fault);
	if (r >= 0)
		r = policy_shrink_baseline(scan.policy, &scan.judged, &shrunk, fault);
	return r < 0 ? r
		     : tell(call, settings_shown(scan.settings, policy_baseline_path(scan.policy)),
			    &shrunk, fault);
}

static const struct cmd cmd_baseline_update = {
    .name = "update",
    .args = "[PATH|-]...",
    .does = "drop from the baseline what a scan no longer finds",
    .args_max = CMD_ARGS_ANY,
    .run = update_run};

static const struct cmd *const baseline_subs[] = {&cmd_baseline_update, NULL};

const struct cmd cmd_baseline = {.name = "baseline",
				 .args = "VERB",
				 .does = "work off what was there before the gate",
				 .subs = baseline_subs};
