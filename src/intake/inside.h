/*
 * inside.h - what the files of intake share; nobody outside includes it
 */
#ifndef INTAKE_INSIDE_H
#define INTAKE_INSIDE_H

#include "base/stream.h"
#include "history/history.h"
#include "intake/intake.h"
#include "seal/hash.h"

/* Memory of one nesting level of one thread: a derived blob is examined while its parent waits. */
struct level {
	struct arena arena;
	struct hash_running *hash;
	uint8_t *states; /* of all detectors, one after the other */
};

#define LEVELS_MAX 64

struct worker {
	struct intake *in;
	unsigned index; /* 0: the walking thread */
	struct findings findings;
	struct level *levels[LEVELS_MAX];
	struct occurrence *occurrences;
	size_t occurrences_count, occurrences_room;
};

/* An object of a history that holds what was reported for another one: the same secret in the next
 * version of a file. */
struct occurrence {
	uint64_t thing; /* the front of the evidence in its finding */
	struct history_id id;
};

static inline uint64_t
occurrence_thing(const uint8_t evidence[32])
{
	uint64_t thing;

	memcpy(&thing, evidence, sizeof(thing));
	return thing;
}

/* lives.c */
int worker_occurs(struct worker *w, const struct occurrence *occurrence, struct fault *fault);

/* late.c: derived things whose names came after their contents. */
struct late_name {
	const char *stand_in, *name; /* display form, in an arena */
};

struct late_names {
	struct late_name *list;
	size_t count, room;
};

int late_names_add(struct late_names *names, struct arena *arena, struct bytes stand_in,
		   struct bytes name, struct fault *fault);
/* Give findings[from..], made below the blob `parent`, their names. */
int late_names_apply(struct late_names *names, struct findings *findings, size_t from,
		     const char *parent, struct fault *fault);
void late_names_free(struct late_names *names);

/* A blob on its way from the walk to the detectors. */
struct leaf {
	const char *path;
	struct bytes name;
	uint64_t number; /* in walking order; of a derived blob its parent's */
	uint32_t depth, mode;
	bool derived;
	enum blob_excerpt excerpt;
	struct detect_run *outer; /* of an excerpt: its binary */
	uint64_t outer_at;
	bool from_history;     /* an object of a git store: accounted by history.c */
	const uint8_t *object; /* its id, also of what lies inside; NULL: none */
	bool paid;             /* its bytes are drawn from the budget already */
	uint64_t without;      /* bit i: detect_table[i] is not asked */
	struct budget *budget; /* what may still be unpacked out of it */
};

/* A small blob in a job's own memory. */
struct job {
	struct job *next;
	struct leaf leaf;
	struct budget
	    budget; /* as the walk left it: what is unpacked out of this blob draws here */
	enum blob_kind kind;
	size_t bytes;
	size_t held_bytes; /* what the job takes: a million empty files are no small thing */
	uint8_t object[BLOB_OBJECT_BYTES];
	uint8_t content[]; /* content, then path and name */
};

struct pool;

struct intake {
	struct intake_options options;
	size_t states_bytes;
	size_t states_at[64]; /* of detect_table[i] in a level's states */
	struct budget budget;
	struct worker *workers; /* options.jobs of them */
	struct pool *pool;      /* NULL: one thread */
	const struct input *input;
	struct input_facts *facts;
	struct coverage *coverage;
	struct input_summary *summary;
	struct history *store;  /* the git store of this input, once it is read; NULL: none */
	const char *store_name; /* "repo/.git" */
	size_t prefix_bytes;    /* how much of a path stands for the input itself */
	uint64_t blobs_met;
	atomic_bool needs_tail; /* a format only libarchive reads was met, and it is not loaded */
	pthread_mutex_t summary_lock;
};

/* walk.c: look at `s`, which is named leaf->name; recurse into containers, examine the rest. */
int walk(struct worker *w, const struct leaf *leaf, struct stream *s, struct fault *fault);
/* The same when sniff() has spoken. */
int walk_as(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	    struct fault *fault);
/* As walk() on the walking thread, for a thing met on the way: it gets a number, what killed an
 * earlier worker is left out, and small blobs go to the pool. */
int walk_member(struct worker *w, struct leaf *leaf, struct stream *s, struct fault *fault);

/* examine.c: show a blob to the detectors. `kind` is what sniff said.  `s` is consumed. */
int examine(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	    struct fault *fault);
/* Once per input, behind everything else. */
int examine_input_end(struct worker *w, struct fault *fault);

/* The level of `depth` of this thread; NULL out of memory or too deep. */
struct level *worker_level(struct worker *w, uint32_t depth);

/* Tell the parent, through shared memory, which blob this thread works on. */
#define WORKER_IDLE UINT64_MAX

static inline void
worker_mark(struct worker *w, uint64_t number)
{
	if (w->in->options.slots != NULL)
		atomic_store_explicit(&w->in->options.slots[w->index],
				      number == WORKER_IDLE ? 0 : number + 1, memory_order_release);
}

/* folder.c */
int walk_folder(struct worker *w, const struct input *input, struct fault *fault);
int walk_list(struct worker *w, const struct input *input, struct fault *fault);

/* patch.c: the lines that a diff adds. */
int walk_patch(struct worker *w, const struct input *input, struct fault *fault);

/* history.c: every object of input->history; in->store stays open.  The pool must be idle. */
int walk_history(struct worker *w, const struct input *input, struct fault *fault);

/* pool.c: threads that take small blobs.  Bounded in bytes: a full pool makes the walker work. */
int pool_new(struct pool **out, struct intake *in, struct fault *fault);
void pool_free(struct pool **pool);
/* Takes the job over; it is freed with free(). */
int pool_put(struct pool *pool, struct worker *walker, struct job *job, struct fault *fault);
/* Wait until all is done; the first fault of any thread. */
int pool_drain(struct pool *pool, struct worker *walker, struct fault *fault);

/* The part of a display path behind the input: "package/cli.js"; "" for the input itself. */
const char *inner_path(const struct intake *in, const char *path);

int note_not_examined(struct worker *w, const struct leaf *leaf, const char *reason,
		      uint64_t at_bytes, uint64_t bytes, bool accounted, struct fault *fault);

int summary_count(struct intake *in, uint64_t bytes, enum blob_kind kind);
/* Which of options.places were in the input; after facts_sort(). */
void summary_places(struct intake *in);
void summary_finish(struct input_summary *summary, const struct input_facts *facts);

#endif
