/*
 * paths.h - one path for each blob of a store, before anything else is known of it
 *
 *	history_paths_make(h, &paths, fault);
 *	history_paths_of(paths, &blob->id, &buf);	"src/auth/token.c"
 *
 * Which of several paths a blob had is not promised beyond being the same on every run: all of
 * them, and who brought them when, is lives' business.  Cost: one pass over the trees, of which
 * only what a delta brings is looked at; 24 bytes an object, and each name once.
 */
#ifndef HISTORY_PATHS_H
#define HISTORY_PATHS_H

#include "history/history.h"

struct history_paths;

int history_paths_make(struct history *h, struct history_paths **out, struct fault *fault);
void history_paths_free(struct history_paths **paths);

/* Append the raw path.  0, or HISTORY_MISSING: no tree holds it.  Any thread. */
int history_paths_of(const struct history_paths *paths, const struct history_id *id,
		     struct buf *path);

/* How many blobs that trees name were never asked for: after a sweep that asked for each it was
 * shown, those are not in the store. */
uint64_t history_paths_unmet(const struct history_paths *paths);

/* Each name of a file or folder once, in a fixed order.  Not 0 from `name`: stops with that. */
int history_paths_names(const struct history_paths *paths, int (*name)(void *to, struct bytes name),
			void *to);

#endif
