/*
 * hook_ask.c - what passes a hook
 *
 * Knows: the lines that git writes to pre-push and pre-receive (githooks(5)).
 * Does not know: how objects are read.
 */
#include "cmd/hook.h"

#include <string.h>
#include <unistd.h>

#include "base/own.h"

const char *
hook_name(enum hook_kind kind)
{
	static const char *const names[] = {"pre-commit", "commit-msg", "pre-push", "pre-receive"};

	return names[kind];
}

int
hook_parse(const char *name, enum hook_kind *out, struct fault *fault)
{
	for (int i = 0; i < HOOK_KIND_COUNT; i++)
		if (strcmp(hook_name((enum hook_kind)i), name) == 0) {
			*out = (enum hook_kind)i;
			return 0;
		}
	return fault_set(fault, FAULT_USAGE,
			 "no hook is called '%.40s': pre-commit, commit-msg, pre-push or "
			 "pre-receive",
			 name);
}

/* An id of git, or NULL; *zero: it stands for nothing. */
static const char *
take_id(struct bytes word, bool *zero, struct arena *arena)
{
	*zero = true;
	if (word.left != 40 && word.left != 64)
		return NULL;
	for (size_t i = 0; i < word.left; i++) {
		if (strchr("0123456789abcdef", word.at[i]) == NULL || word.at[i] == '\0')
			return NULL;
		*zero &= word.at[i] == '0';
	}
	return arena_copy(arena, word.at, word.left);
}

static struct bytes
take_word(struct bytes *line)
{
	const uint8_t *blank = line->left == 0 ? NULL : memchr(line->at, ' ', line->left);
	struct bytes word =
	    bytes_slice(*line, 0, blank == NULL ? line->left : (size_t)(blank - line->at));

	(void)bytes_skip(line, blank == NULL ? line->left : word.left + 1);
	return word;
}

/* pre-push: LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID; pre-receive: OLD NEW REF. */
static int
take_line(struct scan_asked *asked, enum hook_kind kind, struct bytes line, const char **include,
	  const char **exclude, struct arena *arena, struct fault *fault)
{
	struct bytes word[4];
	const char *old, *new;
	bool no_old, no_new;

	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		word[i] = take_word(&line);
	old = take_id(word[kind == HOOK_PRE_PUSH ? 3 : 0], &no_old, arena);
	new = take_id(word[1], &no_new, arena);
	if (old == NULL || new == NULL)
		return fault_set(fault, FAULT_USAGE,
				 "%s: standard input is not what git writes there "
				 "(run it from git, or see githooks(5))",
				 hook_name(kind));
	if (!no_new)
		include[asked->ask.include_count++] = new;
	if (!no_new && !no_old)
		exclude[asked->ask.exclude_count++] = old;
	return 0;
}

static int
take_lines(struct scan_asked *asked, enum hook_kind kind, struct bytes text, struct arena *arena,
	   struct fault *fault)
{
	size_t lines = 1;
	const char **include, **exclude;
	int r = 0;

	for (size_t i = 0; i < text.left; i++)
		lines += text.at[i] == '\n';
	include = arena_alloc(arena, lines * sizeof(*include));
	exclude = arena_alloc(arena, lines * sizeof(*exclude));
	if (include == NULL || exclude == NULL)
		return fault_memory(fault);
	asked->ask.include = include;
	asked->ask.exclude = exclude;
	while (r == 0 && text.left > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.left);
		size_t length = end == NULL ? text.left : (size_t)(end - text.at);

		r = take_line(asked, kind, bytes_slice(text, 0, length), include, exclude, arena,
			      fault);
		(void)bytes_skip(&text, length + (end == NULL ? 0 : 1));
	}
	return r;
}

void
hook_message(struct buf *to, struct bytes file)
{
	static const struct bytes scissors = {(const uint8_t *)"# -----", 7};

	while (file.left > 0) {
		const uint8_t *end = memchr(file.at, '\n', file.left);
		size_t length = end == NULL ? file.left : (size_t)(end - file.at) + 1;
		struct bytes line = bytes_slice(file, 0, length);

		if (bytes_begins(line, scissors) && bytes_find(line, BYTES_OF(" >8 ")) >= 0)
			break;
		/* A line for a line, so that numbers are those of the file. */
		if (line.at[0] == '#')
			(void)buf_append_u8(to, '\n');
		else
			(void)buf_append(to, line.at, line.left);
		(void)bytes_skip(&file, length);
	}
}

int
hook_ask(struct scan_asked *asked, enum hook_kind kind, struct bytes text, const char *const args[],
	 size_t args_count, struct arena *arena, struct fault *fault)
{
	int r;

	asked->given = true;
	asked->path = ".";
	if (kind == HOOK_PRE_COMMIT) {
		asked->ask.what = HISTORY_STAGED;
		asked->environment = environ; /* git commit PATH has an index of its own */
		return 0;
	}
	asked->ask.what = HISTORY_RANGE;
	r = take_lines(asked, kind, text, arena, fault);
	if (r < 0)
		return r;
	if (asked->ask.include_count == 0)
		return 1;
	if (kind == HOOK_PRE_PUSH) {
		/* What the other side has is known from the last fetch. */
		asked->ask.exclude_refs =
		    args_count == 0 ? NULL : arena_printf(arena, "refs/remotes/%s/", args[0]);
		return args_count > 0 && asked->ask.exclude_refs == NULL ? fault_memory(fault) : 0;
	}
	asked->environment = environ;
	asked->is_server = true;
	/* git keeps what comes in apart until the hook has spoken. */
	if (getenv("GIT_QUARANTINE_PATH") != NULL)
		asked->ask.what = HISTORY_INCOMING;
	else
		asked->ask.exclude_refs = "refs/";
	return 0;
}
