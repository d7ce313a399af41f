/*
 * staged.h - what the index holds and HEAD does not
 */
#ifndef HISTORY_STAGED_H
#define HISTORY_STAGED_H

#include "history/history.h"

/* `path` is raw, lent.  Not 0: stops with that. */
typedef int history_staged_fn(void *to, const struct history_id *id, struct bytes path,
			      struct fault *fault);

/* Each blob of the index whose path has another id in HEAD, or none; all of them before the first
 * commit.  Both sides of a conflict; no submodules.  In the order of the index. */
int history_staged(struct history *h, history_staged_fn *found, void *to, struct fault *fault);

#endif
