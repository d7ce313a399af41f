/*
 * hook.c - stopwater hook: the gate where git passes
 *
 * Knows: where git looks for hooks, what to do with one that is there already.
 * Does not know: what passes (hook_ask.c), what is looked for.
 */
#include "cmd/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_write.h"
#include "base/own.h"
#include "cmd/private.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"

#define LINES_BYTES_MAX ((size_t)64 << 20) /* 300,000 refs pushed at once */
#define SCRIPT_MARK     "# stopwater hook"
#define KEPT_ENDING     ".before-stopwater"

struct hook_options {
	const char *profile, *only, *skip, *require;
};

/* ---- run ---- */

static int
read_stdin(struct buf *text, struct fault *fault)
{
	for (;;) {
		ssize_t got;
		int r = buf_reserve(text, 65536);

		if (r < 0)
			return fault_set(fault, r, "standard input: too many lines");
		got = read(STDIN_FILENO, text->at + text->used, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "standard input");
		if (got == 0)
			return 0;
		text->used += (size_t)got;
	}
}

/* Nothing passed: a commit that only deletes, a push of what is there already. */
static bool
is_nothing(const struct scan *scan)
{
	return scan->gate->coverage.blobs == 0 && scan->gate->coverage.not_examined.count == 0 &&
	       scan->outcome.blocking == 0;
}

static int
answer(struct scan *scan, struct cmd_call *call, struct fault *fault)
{
	int r;

	if (is_nothing(scan))
		return 0;
	/* A hook that has nothing to say says nothing. */
	if (scan->outcome.exit == 0 && call->common->format == NULL)
		return 0;
	r = scan_report_out(scan, call, fault);
	return r < 0 ? r : scan->outcome.exit;
}

/* 1: the message is empty, and git will refuse it. */
static int
read_message(struct scan_asked *asked, struct buf *text, const struct cmd_call *call,
	     struct fault *fault)
{
	AUTO(buf_free)
	struct buf file = BUF_INIT(LINES_BYTES_MAX);
	int r;

	if (call->args_count != 1)
		return fault_set(fault, FAULT_USAGE,
				 "commit-msg: the file of the message is missing");
	r = file_read_all(call->args[0], &file, fault);
	if (r < 0)
		return r;
	hook_message(text, buf_bytes(&file));
	if (text->failed != 0)
		return fault_memory(fault);
	*asked =
	    (struct scan_asked){.given = true, .path = "commit message", .text = buf_bytes(text)};
	return text->used == 0;
}

static int
run_run(struct cmd_call *call, struct fault *fault)
{
	const struct hook_options *options = call->options;
	struct scan_options scan_options = {.profile = options->profile,
					    .only = options->only,
					    .skip = options->skip,
					    .require = options->require};
	AUTO(scan_close)
	struct scan scan = {0};
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(4 * LINES_BYTES_MAX);
	AUTO(buf_free)
	struct buf text = BUF_INIT(LINES_BYTES_MAX);
	struct cmd_call inner = *call;
	enum hook_kind kind;
	int r = hook_parse(call->args[0], &kind, fault);

	outcome_init(&scan.outcome);
	inner.args = call->args + 1;
	inner.args_count = call->args_count - 1;
	if (r >= 0 && (kind == HOOK_PRE_PUSH || kind == HOOK_PRE_RECEIVE))
		r = read_stdin(&text, fault);
	if (r >= 0 && kind == HOOK_COMMIT_MSG)
		r = read_message(&scan.asked, &text, &inner, fault);
	else if (r >= 0)
		r = hook_ask(&scan.asked, kind, buf_bytes(&text), inner.args, inner.args_count,
			     &arena, fault);
	inner.args_count = 0;
	if (r != 0)
		return r < 0 ? r : 0;
	r = scan_open(&scan, &inner, &scan_options, fault);
	if (r >= 0)
		r = scan_judge(&scan, &inner, fault);
	return r < 0 ? r : answer(&scan, &inner, fault);
}

/* ---- where hooks are ---- */

/* git knows about core.hooksPath, worktrees and submodules; it is asked in a repository of the
 * caller's own, never in one that is scanned. */
static int
find_hooks(struct buf *folder, struct fault *fault)
{
	static const char *const ask[] = {"git", "rev-parse", "--git-path", "hooks", NULL};
	int r = private_run(ask, false, folder, NULL, fault);

	if (r < 0)
		return r;
	while (folder->used > 0 && folder->at[folder->used - 1] == '\n')
		folder->used--;
	if (r != 0 || folder->used == 0)
		return fault_set(fault, FAULT_USAGE,
				 "the current folder is not in a git repository");
	return 0;
}

static int
is_bare(bool *out, struct fault *fault)
{
	static const char *const ask[] = {"git", "rev-parse", "--is-bare-repository", NULL};
	AUTO(buf_free)
	struct buf answer_text = BUF_INIT(4096);
	int r = private_run(ask, false, &answer_text, NULL, fault);

	*out = r == 0 && bytes_begins(buf_bytes(&answer_text), BYTES_OF("true"));
	return r < 0 ? r : 0;
}

enum hook_state {
	HOOK_ABSENT,
	HOOK_OURS,
	HOOK_FOREIGN,
};

static int
state_of(const char *path, enum hook_state *out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)1 << 20);
	int r = file_exists(path, fault);

	*out = HOOK_ABSENT;
	if (r <= 0)
		return r;
	r = file_read_all(path, &text, fault);
	if (r < 0 && r != FAULT_LIMIT)
		return r;
	*out = r >= 0 && bytes_find(buf_bytes(&text), BYTES_OF(SCRIPT_MARK)) >= 0 ? HOOK_OURS
										  : HOOK_FOREIGN;
	return 0;
}

static int
path_of(struct buf *path, struct buf *folder, const char *name, const char *ending)
{
	buf_reset(path);
	return buf_printf(path, "%s/%s%s", buf_text(folder), name, ending);
}

/* ---- install ---- */

/* The hook that was there runs first, with the same arguments and the same input, and may refuse. */
static int
write_script(const char *path, enum hook_kind kind, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(8192);
	const char *name = hook_name(kind);
	bool reads = kind == HOOK_PRE_PUSH || kind == HOOK_PRE_RECEIVE;

	(void)buf_printf(&text,
			 "#!/bin/sh\n" SCRIPT_MARK
			 " %s: made by 'stopwater hook install', which makes it anew;\n"
			 "# what was here before is beside it, as %s" KEPT_ENDING
			 ", and runs first.\n"
			 "before=$(dirname \"$0\")/%s" KEPT_ENDING "\n",
			 name, name, name);
	if (reads)
		(void)buf_printf(&text,
				 "lines=$(cat)\n"
				 "if [ -x \"$before\" ]; then\n"
				 "\tprintf '%%s\\n' \"$lines\" | \"$before\" \"$@\" || exit\n"
				 "fi\n"
				 "[ -n \"$lines\" ] || exit 0\n"
				 "printf '%%s\\n' \"$lines\" | stopwater hook run %s \"$@\"\n",
				 name);
	else
		(void)buf_printf(&text,
				 "if [ -x \"$before\" ]; then\n"
				 "\t\"$before\" \"$@\" || exit\n"
				 "fi\n"
				 "exec stopwater hook run %s \"$@\"\n",
				 name);
	return text.failed != 0 ? fault_memory(fault)
				: file_write_all(path, buf_bytes(&text), 0755, fault);
}

static int
install_one(struct cmd_call *call, struct buf *folder, enum hook_kind kind, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	AUTO(buf_free)
	struct buf kept = BUF_INIT(65536);
	enum hook_state state, old = HOOK_ABSENT;
	int r;

	if (path_of(&path, folder, hook_name(kind), "") < 0 ||
	    path_of(&kept, folder, hook_name(kind), KEPT_ENDING) < 0)
		return fault_memory(fault);
	r = state_of(buf_text(&path), &state, fault);
	if (r >= 0 && state == HOOK_FOREIGN) {
		r = state_of(buf_text(&kept), &old, fault);
		if (r >= 0 && old == HOOK_FOREIGN)
			return fault_set(fault, FAULT_USAGE,
					 "%s and %s are both there, and neither is ours: move one "
					 "away",
					 buf_text(&path), buf_text(&kept));
		/* The two change places in one step: at no moment is there no hook. */
		if (r >= 0)
			r = write_script(buf_text(&kept), kind, fault);
		if (r >= 0 && renameat2(AT_FDCWD, buf_text(&kept), AT_FDCWD, buf_text(&path),
					RENAME_EXCHANGE) < 0)
			r = fault_errno(fault, "%s", buf_text(&path));
	} else if (r >= 0) {
		r = write_script(buf_text(&path), kind, fault);
	}
	if (r < 0)
		return r;
	(void)fprintf(call->out, "%s: installed%s\n", buf_text(&path),
		      state == HOOK_FOREIGN ? "; the hook that was there runs first" : "");
	return 0;
}

static int
install_run(struct cmd_call *call, struct fault *fault)
{
	static const enum hook_kind on_client[] = {HOOK_PRE_COMMIT, HOOK_COMMIT_MSG, HOOK_PRE_PUSH};
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	enum hook_kind kind;
	bool bare;
	int r = find_hooks(&folder, fault);

	if (r >= 0)
		r = is_bare(&bare, fault);
	/* All names are looked at before the first file is written. */
	for (size_t i = 0; r >= 0 && i < call->args_count; i++)
		r = hook_parse(call->args[i], &kind, fault);
	if (r >= 0)
		r = file_make_folders(buf_text(&folder), 0755, fault);
	for (size_t i = 0; r >= 0 && i < call->args_count; i++) {
		r = hook_parse(call->args[i], &kind, fault);
		if (r >= 0)
			r = install_one(call, &folder, kind, fault);
	}
	if (call->args_count > 0 || r < 0)
		return r;
	if (bare)
		return install_one(call, &folder, HOOK_PRE_RECEIVE, fault);
	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(on_client); i++)
		r = install_one(call, &folder, on_client[i], fault);
	return r;
}

/* ---- list ---- */

static int
list_run(struct cmd_call *call, struct fault *fault)
{
	static const char *const words[] = {"absent", "installed", "foreign"};
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	AUTO(buf_free)
	struct buf json = BUF_INIT(1 << 20);
	struct json_write w;
	bool as_json;
	int r = seal_format(call, &as_json, fault);

	if (r >= 0)
		r = find_hooks(&folder, fault);
	if (r < 0)
		return r;
	json_write_to_buf(&w, &json, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "hook", 0);
	json_write_key(&w, "hooks");
	json_write_array_begin(&w);
	for (int i = 0; r >= 0 && i < HOOK_KIND_COUNT; i++) {
		const char *name = hook_name((enum hook_kind)i);
		enum hook_state state = HOOK_ABSENT;

		if (path_of(&path, &folder, name, "") < 0)
			return fault_memory(fault);
		r = state_of(buf_text(&path), &state, fault);
		if (!as_json)
			(void)fprintf(call->out, "%-12s %s\n", name, words[state]);
		json_write_object_begin(&w);
		json_write_key_text(&w, "kind", name);
		json_write_key_text(&w, "path", buf_text(&path));
		json_write_key_text(&w, "state", words[state]);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	if (r < 0 || !as_json)
		return r;
	return seal_json_end(&w, &json, call->out, fault);
}

static const struct opt run_opts[] = {
    OPT_TEXT('p', "profile", struct hook_options, profile, "NAME",
	     "judge by NAME: public-release, partner, internal"),
    OPT_TEXT(0, "only", struct hook_options, only, "LIST", "these detectors alone"),
    OPT_TEXT(0, "skip", struct hook_options, skip, "LIST", "all detectors but these"),
    OPT_TEXT(0, "require", struct hook_options, require, "WHAT",
	     "full-history: a shallow or partial clone is incomplete"),
    OPT_END,
};

static const struct cmd hook_install = {.name = "install",
					.args = "[KIND]...",
					.does =
					    "put the hooks in place; one that is there runs first",
					.args_max = HOOK_KIND_COUNT,
					.run = install_run};
static const struct cmd hook_list = {
    .name = "list", .args = "", .does = "say which hooks are in place", .run = list_run};
static const struct cmd hook_run = {.name = "run",
				    .args = "KIND [ARGUMENT]...",
				    .does = "what the hook of that kind does, called by git",
				    .opts = run_opts,
				    .options_bytes = sizeof(struct hook_options),
				    .args_min = 1,
				    .args_max = CMD_ARGS_ANY,
				    .run = run_run};

static const struct cmd *const hook_subs[] = {&hook_install, &hook_list, &hook_run, NULL};

const struct cmd cmd_hook = {.name = "hook",
			     .args = "VERB",
			     .does = "the gate where git passes: pre-commit, pre-push, pre-receive",
			     .subs = hook_subs};
