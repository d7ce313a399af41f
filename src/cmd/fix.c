/*
 * fix.c - scan, leave out, scan again; and what to change so that the next one is clean
 *
 * Knows: the rounds, and that OUT appears only when it passed.
 * Does not know: containers (src/mend), what blocks (src/policy).
 */
#include "cmd/fix.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "mend/mend.h"
#include "mend/project.h"

/* What cutting did not mend is left out in the second; the third is for what both brought to light. */
#define ROUNDS_MAX 4

static const struct input *
only_input(const struct scan *scan)
{
	return &scan->gate->inputs[scan->gate->first];
}

int
fix_ready(const struct scan *scan, const struct fix_options *fix, struct fault *fault)
{
	size_t count = scan->gate->count - scan->gate->first;
	const struct input *input = only_input(scan);

	if (fix->out == NULL && !fix->apply)
		return 0;
	if (count != 1)
		return fault_set(fault, FAULT_USAGE,
				 "--fix and --apply take one package at a time");
	if (fix->apply && input->type == INPUT_FILE)
		return fault_set(fault, FAULT_USAGE,
				 "--apply changes a project: name its folder, or stand in it");
	if (fix->out == NULL)
		return 0;
	if (input->type != INPUT_FILE)
		return fix_folder_ready(input, fix->out, fault);
	if (strcmp(fix->out, "-") == 0 || strcmp(input->path, "(stdin)") == 0)
		return fault_set(fault, FAULT_USAGE,
				 "--fix needs a file to read and a file to write");
	return 0;
}

/* ---- the plan ---- */

/* What blocks in `scan` goes on the plan. 1: nothing new came; MEND_CANNOT is told by *cannot. */
static int
plan_round(struct mend_plan *plan, const struct scan *scan, bool again, bool *cannot,
	   struct fault *fault)
{
	bool new = false;

	*cannot = false;
	for (size_t i = 0; i < scan->gate->findings.count; i++) {
		const struct finding *finding = &scan->gate->findings.list[i];
		int r;

		if (!finding->blocks)
			continue;
		plan->cannot[0] = 0;
		r = mend_plan_finding(plan, finding, only_input(scan)->path, again, fault);
		if (r < 0)
			return r;
		if (plan->cannot[0] != 0) {
			*cannot = true;
			return 0;
		}
		new = new || r == 0;
	}
	return new ? 0 : 1;
}

static void
say_plan(const struct mend_plan *plan, const struct cmd_call *call)
{
	if (call->common->quiet)
		return;
	for (size_t i = 0; i < plan->count; i++)
		(void)fprintf(stderr, "fix: %s %s (%s)\n",
			      plan->items[i].action == MEND_DROP ? "left out" : "cut in",
			      plan->items[i].member[0] == 0 ? "the file itself"
							    : plan->items[i].member,
			      plan->items[i].why);
	if (plan->references > 0)
		(void)fprintf(stderr, "fix: %llu sourceMappingURL comments or debug sections cut\n",
			      (unsigned long long)plan->references);
}

/* ---- writing ---- */

/* The input's own mode: who could read it may read what replaces it. */
static int
begin_out(struct file_write **out, const char *path, const char *like, int *in, struct fault *fault)
{
	AUTO(own_close)
	int fd = open(like, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st, target;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_errno(fault, "%s", like);
	if (stat(path, &target) == 0 && target.st_dev == st.st_dev && target.st_ino == st.st_ino)
		return fault_set(fault, FAULT_USAGE, "--fix: %s is the package itself", path);
	r = file_write_begin(out, path, st.st_mode & 0777, fault);
	if (r < 0)
		return r;
	*in = fd;
	fd = -1;
	return 0;
}

/* Scan what was written, under the name that it will have. */
static int
scan_again(struct scan *again, const struct cmd_call *call, const struct scan_options *options,
	   const char *path, const char *name, const char *profile, struct fault *fault)
{
	struct cmd_call sub = *call;
	struct scan_options same = *options;
	const char *args[1] = {path};
	int r;

	sub.args = args;
	sub.args_count = 1;
	same.files_from = same.write_baseline = NULL;
	same.profile = profile;
	outcome_init(&again->outcome);
	r = scan_open(again, &sub, &same, fault);
	if (r < 0)
		return r;
	again->gate->inputs[again->gate->first].path = name;
	return scan_judge(again, &sub, fault);
}

static int
report(struct scan *scan, const struct cmd_call *call, const struct seal_options *seal,
       struct fault *fault)
{
	int r = seal->out == NULL ? 0 : seal_verdict(scan, seal, call->out, fault);

	if (r >= 0)
		r = scan_report_out(scan, call, fault);
	return r < 0 ? r : scan->outcome.exit;
}

/* What a round made: a file, or a folder. */
struct made {
	struct file_write *file;
	struct buf folder;
};

#define MADE_INIT                                                                                  \
	{                                                                                          \
		NULL, BUF_INIT(8192)                                                               \
	}

static void
made_remove(struct made *made)
{
	file_write_abort(&made->file);
	fix_folder_remove(&made->folder);
}

static int
made_commit(struct made *made, const char *out, struct fault *fault)
{
	return made->file != NULL ? file_write_commit(&made->file, fault)
				  : fix_folder_commit(&made->folder, out, fault);
}

/* One rewriting and the scan of it.  0: *again is judged and *made holds what is new; MEND_CANNOT. */
static int
round_of(struct mend_plan *plan, struct scan *scan, struct scan *again, struct made *made,
	 const struct cmd_call *call, const struct scan_options *options, const char *out,
	 struct fault *fault)
{
	const struct input *input = only_input(scan);
	AUTO(own_close)
	int in = -1;
	char path[64];
	int r;

	if (input->type != INPUT_FILE) {
		r = fix_folder_write(plan, input, out, &scan->detect.limits, &made->folder, fault);
		return r != 0 ? r
			      : scan_again(again, call, options, buf_text(&made->folder), out,
					   policy_profile(scan->policy), fault);
	}
	r = begin_out(&made->file, out, input->path, &in, fault);
	if (r == 0)
		r = mend_package(plan, in, file_write_fd(made->file), &scan->detect.limits, fault);
	if (r != 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file_write_fd(made->file));
	return scan_again(again, call, options, path, out, policy_profile(scan->policy), fault);
}

static int
cannot(struct scan *scan, const struct cmd_call *call, const struct mend_plan *plan,
       const char *out, struct fault *fault)
{
	int r = scan_report_out(scan, call, fault);

	(void)fprintf(stderr, "stopwater: %s was not written: %s\n", out, plan->cannot);
	return r < 0 ? r : scan->outcome.exit;
}

static int
fix_package(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	    const char *out, const struct seal_options *seal, struct fault *fault)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = NULL;
	AUTO(scan_close)
	struct scan last = {0};
	struct scan *seen = scan;
	bool stuck;
	int r = mend_plan_new(&plan, fault);

	outcome_init(&last.outcome);
	for (int n = 0; r >= 0 && n < ROUNDS_MAX; n++) {
		AUTO(made_remove)
		struct made made = MADE_INIT;
		struct scan again = {0};

		r = plan_round(plan, seen, n > 0, &stuck, fault);
		if (r < 0)
			return r;
		if (stuck)
			return cannot(scan, call, plan, out, fault);
		if (r == 1 && n > 0)
			break; /* it still blocks, and nothing more can be left out */
		r = round_of(plan, scan, &again, &made, call, options, out, fault);
		scan_close(&last);
		last = again;
		seen = &last;
		if (r == MEND_CANNOT)
			return cannot(scan, call, plan, out, fault);
		if (r < 0)
			return r;
		if (last.outcome.verdict == VERDICT_PASS) {
			r = made_commit(&made, out, fault);
			if (r < 0)
				return r;
			say_plan(plan, call);
			project_say(plan, call->common->quiet ? NULL : stderr);
			return report(&last, call, seal, fault);
		}
		if (last.outcome.verdict == VERDICT_INCOMPLETE)
			break;
	}
	if (r < 0)
		return r;
	r = scan_report_out(seen, call, fault);
	(void)fprintf(stderr,
		      "stopwater: %s was not written: this is what leaving out does not "
		      "mend\n",
		      out);
	return r < 0 ? r : seen->outcome.exit;
}

/* ---- the project ---- */

static int
fix_project(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	    struct fault *fault)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = NULL;
	AUTO(scan_close)
	struct scan again = {0};
	const char *folder = only_input(scan)->path;
	bool stuck = false;
	int r = mend_plan_new(&plan, fault);

	outcome_init(&again.outcome);
	if (r == 0)
		r = plan_round(plan, scan, false, &stuck, fault);
	if (r < 0)
		return r;
	if (stuck)
		(void)fprintf(stderr, "stopwater: %s\n", plan->cannot);
	if (plan->count > 0)
		r = project_apply(plan, folder, call->common->quiet ? NULL : stderr, fault);
	else
		r = 1;
	if (r < 0)
		return r;
	if (r == 0) {
		r = scan_open(&again, call, options, fault);
		if (r >= 0)
			r = scan_judge(&again, call, fault);
		if (r >= 0)
			r = scan_report_out(&again, call, fault);
		return r < 0 ? r : again.outcome.exit;
	}
	r = scan_report_out(scan, call, fault);
	return r < 0 ? r : scan->outcome.exit;
}

int
fix_run(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	const struct fix_options *fix, const struct seal_options *seal, struct fault *fault)
{
	if (scan->outcome.verdict == VERDICT_INCOMPLETE) {
		int r = scan_report_out(scan, call, fault);

		(void)fprintf(stderr,
			      "stopwater: nothing was changed: what was not examined cannot "
			      "be proven clean\n");
		return r < 0 ? r : scan->outcome.exit;
	}
	if (fix->out == NULL)
		return fix_project(scan, call, options, fault);
	return fix_package(scan, call, options, fix->out, seal, fault);
}
