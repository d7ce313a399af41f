/*
 * lives.h - findings of a git history: one for each thing found, with its life
 *
 * A secret that stands in 300 versions of a file is one finding: since which commit, by whom,
 * where, and who can still reach it.  The trees of a history are read once, and only when there
 * is something to tell.
 */
#ifndef INTAKE_LIVES_H
#define INTAKE_LIVES_H

#include "history/history.h"
#include "intake/inside.h"

/* history.c: which detectors do not look at objects of this type. */
uint64_t history_without(enum history_type type);

/* history_texts.c: names of files and refs, reflogs. */
struct history_paths;
int walk_history_texts(struct worker *w, struct history *store, const struct history_paths *paths,
		       struct fault *fault);

/* asked.c: some of the objects. */
int walk_asked(struct worker *w, struct history *store, const struct history_ask *ask,
	       struct fault *fault);

/* How an object is called in reports: by `path`, or by its type and id. */
int history_name(struct buf *to, const struct intake *in, struct bytes path, enum history_type type,
		 const char *id);

/* The findings of all workers, from in->store: those of one thing become one, which gets its life;
 * one of the work tree stands for them where there is one. */
int lives_tell(struct intake *in, struct fault *fault);

#endif
