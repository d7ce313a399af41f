/*
 * scan_inputs.c - what a scan looks at: paths, a package, some objects of a repository, a diff
 *
 * Knows: which option names which inputs.  Does not know: what is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/scan.h"

#define LIST_BYTES_MAX ((size_t)256 << 20)

/* ---- what to look at ---- */

/* A folder with a manifest: what publishing it would ship, and nothing else. */
static int
add_published(struct scan *scan, struct fault *fault)
{
	AUTO(own_free)
	const char **names = NULL;
	int r = publish_detect(&scan->published, ".", fault);

	if (r < 0)
		return r;
	if (scan->published->kind == PUBLISH_FOLDER)
		return gate_add(scan->gate, ".", fault);
	names = calloc(scan->published->count + 1, sizeof(*names));
	if (names == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < scan->published->count; i++)
		names[i] = scan->published->files[i].path;
	return gate_add_files(scan->gate, ".", names, scan->published->count, fault);
}

/* One path a line, or separated by NULs where there is one. */
static int
add_listed(struct scan *scan, const char *from, struct fault *fault)
{
	AUTO(buf_free)
	struct buf list = BUF_INIT(LIST_BYTES_MAX);
	struct bytes rest;
	uint8_t separator;
	int fd = strcmp(from, "-") == 0 ? dup(STDIN_FILENO) : open(from, O_RDONLY | O_CLOEXEC);
	AUTO(stream_close)
	struct stream *s = NULL;
	int r = fd < 0 ? fault_set(fault, FAULT_USAGE, "%s: %s", from, strerror(errno))
		       : stream_from_fd(&s, fd, fault);

	while (r >= 0 && (r = stream_want(s, 1, fault)) >= 0 && s->left > 0) {
		if (buf_append(&list, s->at, s->left) < 0)
			r = fault_set(fault, FAULT_LIMIT, "%s: a list of more than 256 MiB", from);
		stream_take(s, s->left);
	}
	if (r < 0)
		return r;
	separator = list.used > 0 && memchr(list.at, 0, list.used) != NULL ? '\0' : '\n';
	for (rest = buf_bytes(&list); r >= 0 && rest.left > 0;) {
		const uint8_t *end = memchr(rest.at, separator, rest.left);
		size_t length = end == NULL ? rest.left : (size_t)(end - rest.at);
		AUTO(own_free)
		char *path = strndup((const char *)rest.at, length);

		if (path == NULL)
			return fault_memory(fault);
		if (length > 0)
			r = gate_add(scan->gate, path, fault);
		(void)bytes_skip(&rest, length + (end == NULL ? 0 : 1));
	}
	return r;
}

/* A moment, or a duration before now: "2026-03-01", "30d". */
static int
parse_since(int64_t *since, const char *text, int64_t now, struct fault *fault)
{
	uint64_t seconds;

	if (text_parse_duration(text, &seconds, NULL) == 0 && seconds < (uint64_t)now)
		*since = now - (int64_t)seconds;
	else if (clock_parse(text, since, fault) < 0)
		return fault_wrap(fault, FAULT_USAGE, "--since");
	return 0;
}

/* "A..B", "..B" and "A.." as git has them: what B has and A lacks, HEAD where one is left out. */
static int
parse_range(struct scan_asked *asked, const char *text, struct fault *fault)
{
	char *dots;

	asked->range = strdup(text);
	if (asked->range == NULL)
		return fault_memory(fault);
	dots = strstr(asked->range, "..");
	if (dots == NULL || dots[2] == '.' || strlen(text) < 3)
		return fault_set(fault, FAULT_USAGE,
				 "--range: '%.80s' is not A..B: what B has and A lacks", text);
	*dots = '\0';
	asked->revisions[0] = asked->range[0] != '\0' ? asked->range : "HEAD";
	asked->revisions[1] = dots[2] != '\0' ? dots + 2 : "HEAD";
	asked->ask.exclude = &asked->revisions[0];
	asked->ask.include = &asked->revisions[1];
	asked->ask.include_count = asked->ask.exclude_count = 1;
	return 0;
}

/* --staged, --range and --since: some objects of a repository. */
static int
add_asked(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	  struct fault *fault)
{
	struct scan_asked *asked = &scan->asked;
	int r = 0;

	if (call->args_count > 1)
		return fault_set(fault, FAULT_USAGE, "one repository at a time");
	asked->ask.what = options->staged ? HISTORY_STAGED : HISTORY_RANGE;
	if (options->range != NULL)
		r = parse_range(asked, options->range, fault);
	if (r >= 0 && options->since != NULL) {
		asked->ask.include_refs = options->range == NULL;
		r = parse_since(&asked->ask.since, options->since, scan->now, fault);
	}
	return r < 0 ? r
		     : gate_add_objects(scan->gate, call->args_count > 0 ? call->args[0] : ".",
					&asked->ask, NULL, fault);
}

int
scan_inputs(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	    struct fault *fault)
{
	int r;

	if (options->staged + (options->range != NULL || options->since != NULL) + options->diff +
		options->tree + options->history >
	    1)
		return fault_set(fault, FAULT_USAGE,
				 "--staged, --range, --diff, --tree and --history are different "
				 "things to look at: give one");
	r = gate_new(&scan->gate, fault);
	if (r >= 0) {
		scan->gate->scope = options->tree == options->history ? GATE_ALL
				    : options->tree                   ? GATE_TREE
								      : GATE_HISTORY;
		scan->gate->check_hashes = options->fsck;
	}
	if (r >= 0 && scan->asked.text.at != NULL)
		return gate_add_bytes(scan->gate, scan->asked.path, scan->asked.text, fault);
	if (r >= 0 && scan->asked.given)
		return gate_add_objects(scan->gate, scan->asked.path, &scan->asked.ask,
					scan->asked.environment, fault);
	if (r >= 0 && (options->staged || options->range != NULL || options->since != NULL))
		return add_asked(scan, call, options, fault);
	if (r >= 0 && options->previous != NULL)
		r = gate_add_previous(scan->gate, options->previous, fault);
	for (size_t i = 0; r >= 0 && i < call->args_count; i++)
		r = options->diff ? gate_add_diff(scan->gate, call->args[i], fault)
				  : gate_add(scan->gate, call->args[i], fault);
	if (r >= 0 && options->diff && call->args_count == 0)
		return gate_add_diff(scan->gate, "-", fault);
	if (r >= 0 && options->files_from != NULL)
		r = add_listed(scan, options->files_from, fault);
	if (r >= 0 && call->args_count == 0 && options->files_from == NULL)
		r = add_published(scan, fault);
	if (r >= 0 && scan->gate->count == scan->gate->first && options->files_from == NULL)
		return fault_set(fault, FAULT_USAGE, "nothing to scan was named");
	return r;
}
