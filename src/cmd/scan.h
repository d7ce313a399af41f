/*
 * scan.h - a scan from options to outcome, for every verb that needs one
 *
 *	AUTO(scan_close) struct scan scan = {0};
 *	outcome_init(&scan.outcome);
 *	r = scan_open(&scan, call, &options, fault);	settings, inputs, policy
 *	r = scan_judge(&scan, call, fault);		read in the jail, judge
 *	... scan.outcome, scan.gate->findings, scan.gate->coverage
 */
#ifndef CMD_SCAN_H
#define CMD_SCAN_H

#include "cmd/opts.h"
#include "config/home.h"
#include "config/settings.h"
#include "detect/secret_scan.h"
#include "policy/gate.h"
#include "policy/verdict.h"
#include "publish/publish.h"
#include "register/register.h"

struct scan_options {
	const char *only, *skip, *profile, *previous, *register_path;
	const char *files_from, *baseline, *write_baseline;
	const char *seal, *key, *sign_with, *fix;
	bool apply;
	struct opt_list limits;
	bool show_secrets;
	const char *rules;
	const char *require, *range, *since;
	bool tree, history, fsck, diff, staged;
};

/* What a verb asks to be read in place of paths: of a hook, the objects that pass it. */
struct scan_asked {
	bool given;     /* by the caller: what the options say is not looked at */
	bool is_server; /* what comes in is not the project whose settings are in force */
	const char *path;
	struct bytes text; /* at != NULL: these bytes, named `path`, in place of objects */
	char *const *environment;
	struct history_ask ask;
	const char *revisions[2]; /* of --range */
	char *range;
};

struct scan {
	struct scan_asked asked;
	struct settings *settings;
	struct home *home; /* NULL: there is none yet */
	struct register_db *registry;
	struct rule_set *rules; /* of --rules; NULL: those that are built in */
	struct secret_scanner *secrets;
	struct detect detect;
	struct gate *gate;
	struct publish_list *published; /* NULL: paths were named */
	struct policy *policy;
	struct policy_inputs judged; /* the inputs but a --previous; lent by gate */
	struct outcome outcome;
	int64_t now; /* seconds since 1970, UTC */
};

int scan_open(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	      struct fault *fault);
int scan_judge(struct scan *scan, const struct cmd_call *call, struct fault *fault);
void scan_close(struct scan *scan);

/* Make scan->gate and open what is to be read. */
int scan_inputs(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
		struct fault *fault);

/* Settings as this call has them: files, variables, then the options. */
int scan_settings(struct settings **out, const struct cmd_call *call,
		  const struct scan_options *options, struct fault *fault);

/* What detect and the jail need, from the settings. */
int scan_detect(struct detect *detect, const struct settings *settings, struct fault *fault);

/* The state folder where there is one; *out stays NULL where there is none. */
int scan_home(struct home **out, struct fault *fault);

/* What finds secrets; scan->home (may be NULL) has the key of their ids, options->rules names the file
 * of rules that stand in for those that are built in; what differs in it is told on standard error. */
int scan_secrets(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
		 struct fault *fault);

/* What is ours: scan.register, else the register of the state folder; empty where there is none. */
int scan_register(struct register_db **out, const struct settings *settings,
		  const struct home *home, struct fault *fault);

/* Write the report in the format that was asked for. */
int scan_report_out(struct scan *scan, const struct cmd_call *call, struct fault *fault);

#endif
