/*
 * hook.h - git's hooks as stopwater serves them: which there are, and what each says on its input
 */
#ifndef CMD_HOOK_H
#define CMD_HOOK_H

#include "base/arena.h"
#include "base/fault.h"
#include "cmd/scan.h"

enum hook_kind {
	HOOK_PRE_COMMIT,
	HOOK_COMMIT_MSG,
	HOOK_PRE_PUSH,
	HOOK_PRE_RECEIVE,
	HOOK_KIND_COUNT
};

/* "pre-commit", ... */
const char *hook_name(enum hook_kind kind);
/* FAULT_USAGE for a name that is none of them. */
int hook_parse(const char *name, enum hook_kind *out, struct fault *fault);

/* What git will keep of the file of a commit message: no comments, nothing behind the scissors. */
void hook_message(struct buf *to, struct bytes file);

/* What passes a hook of this kind: its arguments and what git writes to its standard input, as a
 * question to the store.  `text` is that input, lent.  1: nothing passes (deletions alone). */
int hook_ask(struct scan_asked *asked, enum hook_kind kind, struct bytes text,
	     const char *const args[], size_t args_count, struct arena *arena, struct fault *fault);

#endif
