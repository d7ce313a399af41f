/*
 * main.c - from argv to a verb, and from its answer to an exit code
 *
 * Knows: the table of verbs, signals, -o.  Does not know: what any verb does.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/verbs.h"

const struct cmd *const cmd_table[] = {
    &cmd_scan,      &cmd_init,       &cmd_explain, &cmd_suppress, &cmd_allow, &cmd_baseline,
    &cmd_hook,      &cmd_protect,    &cmd_publish, &cmd_verify,   &cmd_key,   &cmd_rules,
    &cmd_detectors, &cmd_completion, &cmd_version, NULL,
};

static atomic_int cancelled; /* the signal that came; the one global, because signals are */

static void
on_signal(int number)
{
	atomic_store(&cancelled, number);
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN; /* a reader that went away is an EPIPE, told like any fault */
	(void)sigaction(SIGPIPE, &action, NULL);
}

static void
help(FILE *to)
{
	(void)fprintf(to, "usage: stopwater VERB [OPTIONS] [ARGUMENTS]\n\n"
			  "Keeps proprietary source code and model weights from getting out.\n\n"
			  "verbs:\n");
	for (const struct cmd *const *cmd = cmd_table; *cmd != NULL; cmd++)
		if (!(*cmd)->hidden)
			(void)fprintf(to, "  %-14s %s\n", (*cmd)->name, (*cmd)->does);
	(void)fprintf(
	    to, "\n'stopwater VERB --help' tells the rest; stopwater(1) is the manual.\n"
		"exit: 0 nothing blocks, 1 something does, 2 wrong use, 3 not all was examined\n");
}

static const struct cmd *
find(const struct cmd *const *table, const char *name)
{
	for (; *table != NULL; table++)
		if (strcmp((*table)->name, name) == 0)
			return *table;
	return NULL;
}

static int
complain(const struct fault *fault)
{
	(void)fprintf(stderr, "stopwater: %s\n", fault->text);
	return fault->code == FAULT_USAGE ? 2 : 3;
}

/* Die by the signal that asked for it, so that a shell sees 130 or 143. */
static void
die_by_signal(void)
{
	int number = atomic_load(&cancelled);

	if (number == 0)
		return;
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* Run with results going to the file behind -o, which appears whole or not at all. */
static int
run_to(struct cmd_call *call, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *writing = NULL;
	int r, close_r = 0;

	call->out = stdout;
	call->out_is_terminal = isatty(STDOUT_FILENO) == 1;
	if (call->common->output != NULL && strcmp(call->common->output, "-") != 0) {
		r = file_write_begin(&writing, call->common->output, 0644, fault);
		if (r < 0)
			return r;
		call->out = file_write_stream(writing);
		call->out_is_terminal = false;
	}
	r = call->cmd->run(call, fault);
	if (r < 0)
		return r;
	if (writing != NULL)
		close_r = file_write_commit(&writing, fault);
	else if (fflush(stdout) != 0 || ferror(stdout))
		close_r = fault_errno(fault, "standard output");
	return close_r < 0 ? close_r : r;
}

static int
run(const struct cmd *cmd, const char *parents, int argc, char *argv[], struct fault *fault)
{
	struct cmd_common common = {.color = "auto"};
	AUTO(own_free)
	void *options = calloc(1, cmd->options_bytes + 1);
	AUTO(own_free)
	const char **args = calloc((size_t)argc + 1, sizeof(*args));
	struct cmd_call call = {
	    .cmd = cmd, .common = &common, .options = options, .cancel = &cancelled};
	int r;

	if (options == NULL || args == NULL)
		return fault_memory(fault);
	r = opts_parse(cmd, argc, argv, &common, options, args, &call.args_count,
		       &call.args_before_dashes, fault);
	if (r < 0)
		return r;
	if (common.help || cmd->run == NULL) {
		opts_help(common.help ? stdout : stderr, cmd, parents);
		return common.help ? 0 : 2;
	}
	call.args = args;
	return run_to(&call, fault);
}

int
main(int argc, char *argv[])
{
	struct fault fault = FAULT_INIT;
	char parents[128] = "";
	const struct cmd *cmd;
	int at = 1, r;

	if (argc < 2) {
		help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return 0;
	}
	cmd = find(cmd_table, strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
	while (cmd != NULL && cmd->subs != NULL && at + 1 < argc &&
	       find(cmd->subs, argv[at + 1]) != NULL) {
		size_t used = strlen(parents);

		(void)snprintf(parents + used, sizeof(parents) - used, "%s ", cmd->name);
		cmd = find(cmd->subs, argv[++at]);
	}
	if (cmd == NULL) {
		(void)fault_set(&fault, FAULT_USAGE,
				"no verb is called '%s'; see 'stopwater --help'", argv[1]);
		return complain(&fault);
	}
	catch_signals();
	r = run(cmd, parents, argc - at - 1, argv + at + 1, &fault);
	die_by_signal();
	return r < 0 ? complain(&fault) : r;
}
