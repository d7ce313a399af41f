/*
 * history.h - git object stores: every object once, how it came from its base, and who held it when
 *
 *	history_find(&place, folder_fd, environ, fault)		before the jail closes: follows paths
 *	history_open(&h, &place, &options, fault)		maps packs, lists loose objects
 *	history_sweep(h, &visitor, fault)			each blob once, base before child
 *	history_gaps(h, &count)					what could not be read, and why
 *	history_close(&h)
 *
 * Own reader: git itself never runs, and nothing of a repository's configuration is obeyed but
 * extensions.*, which say how its bytes are to be read.  Everything read is hostile: what is
 * damaged becomes a gap with a reason, and the rest goes on.
 * Method, figures and what is not read: docs/design/history.md.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/stream.h"

#define HISTORY_ID_MAX         32
#define HISTORY_ALTERNATES_MAX 32

/* A non-delta blob over this is handed out as a stream, unless others are deltas against it. */
#define HISTORY_STREAM_BYTES ((size_t)32 << 20)

/* The first history_id_bytes() bytes, the rest is 0. */
struct history_id {
	uint8_t at[HISTORY_ID_MAX];
};

#define HISTORY_ID_TEXT (2 * HISTORY_ID_MAX + 1)

/* Lower hex with a NUL; returns `out`. */
const char *history_id_format(const struct history_id *id, size_t id_bytes,
			      char out[HISTORY_ID_TEXT]);
/* 40 or 64 hex digits, nothing else; *id_bytes (may be NULL) is 20 or 32.  -1: it is no id. */
int history_id_parse(struct bytes text, struct history_id *out, size_t *id_bytes);

enum history_type { /* as git numbers them inside packs */
		    HISTORY_COMMIT = 1,
		    HISTORY_TREE = 2,
		    HISTORY_BLOB = 3,
		    HISTORY_TAG = 4,
};

#define HISTORY_BIT(type) (1u << (type))

/* ---- where a repository keeps things ---- */

enum { HISTORY_NOT_A_REPOSITORY = 1, HISTORY_MISSING = 2, HISTORY_END = 3 };

/* Opened before the jail closes, as descriptors only; -1: not there.  objects[0] is a quarantine
 * when there is one, then the repository's own objects, then alternates. */
struct history_place {
	int git_dir;
	int common_dir; /* equal to git_dir (another descriptor) unless it is a linked worktree */
	int index;      /* of GIT_INDEX_FILE: `git commit PATH` has one of its own */
	int objects[HISTORY_ALTERNATES_MAX];
	size_t objects_count;
	size_t own_count;       /* how many of them are not alternates */
	size_t alternates_lost; /* that are named and could not be opened */
	bool is_bare;           /* no work tree: whoever may fetch sees every ref */
};

#define HISTORY_PLACE_INIT                                                                         \
	{                                                                                          \
		.git_dir = -1, .common_dir = -1, .index = -1                                       \
	}

/* `folder` is a work tree, a bare repository, or a .git folder.  Only this function follows paths
 * that are written inside a repository (.git files, commondir, objects/info/alternates to a depth
 * of 5), reading small bounded files and nothing else.  With `environment` (may be NULL)
 * GIT_QUARANTINE_PATH, GIT_OBJECT_DIRECTORY, GIT_ALTERNATE_OBJECT_DIRECTORIES and GIT_INDEX_FILE
 * are read, which git sets for hooks.  Returns 0, HISTORY_NOT_A_REPOSITORY, or a fault. */
int history_find(struct history_place *out, int folder, char *const *environment,
		 struct fault *fault);
void history_place_close(struct history_place *place);

/* ---- a store, open ---- */

struct history_options {
	struct limits limits;     /* member: the largest object held in memory */
	unsigned jobs;            /* threads of a sweep; 0 counts as 1 */
	const atomic_int *cancel; /* not 0: stop with FAULT_CANCEL; may be NULL */
	bool check_hashes;        /* the id of each object against its content, each copy of it */
	bool no_alternates;       /* read them as bases only, do not show what they hold */
};

struct history;

/* `place` stays the caller's and is not needed after.  Faults only when memory or the system
 * refuses; whatever is damaged is a gap. */
int history_open(struct history **out, const struct history_place *place,
		 const struct history_options *options, struct fault *fault);
void history_close(struct history **h);

/* A bundle file (version 2 and 3) as a store of its own; `fd` stays the caller's.  A thin one takes
 * bases from `base_store`, which outlives it (NULL: what needs them is a gap). */
int history_open_bundle(struct history **out, int fd, struct history *base_store,
			const struct history_options *options, struct fault *fault);

size_t history_id_bytes(const struct history *h); /* 20 or 32 */

/* How many objects there are, copies counted again. */
uint64_t history_objects(const struct history *h);

/* What packs and their indexes take; a loose object counts as one block of a file system. */
uint64_t history_stored_bytes(const struct history *h);

/* What could not be read, in plain rows, sorted; lent until the next call that reads.  One row
 * for each file and reason: `count` things, `id` the lowest of them (all 0: the file itself).
 * Damage and limits make a run incomplete; scope is what the checkout itself left out. */
struct history_gap {
	const char *what;   /* "pack-1234.pack", "loose objects", "packed-refs", ... display form */
	const char *reason; /* a sentence without a full stop */
	struct history_id id;
	uint64_t count;
	bool is_scope;
};
const struct history_gap *history_gaps(struct history *h, size_t *count);

/* ---- every object once, with how it came from its base ---- */

/* In target order; together they cover the target without holes. */
struct history_edit {
	uint64_t at, length; /* in the target */
	int64_t from;        /* offset in the base it was copied from; -1: inserted */
};

struct history_blob {
	struct history_id id;
	enum history_type type;
	const uint8_t *at; /* whole content, lent for the call; NULL when `stream` is there */
	size_t size;
	const struct history_edit *edits; /* NULL: there is no base that this visitor was shown */
	size_t edits_count;
	void *base_state;      /* what the visitor left for the base; NULL with edits == NULL */
	struct stream *stream; /* instead of at: a blob over HISTORY_STREAM_BYTES; lent */
	unsigned thread;       /* 0..jobs-1: who is calling */
	bool is_base;          /* others will be shown as edits of this one: a state is worth it */
};

struct history_visitor {
	void *to;
	/* Any thread.  *state (NULL before) is kept until every object with this one as its base
	 * was visited, then released by the same thread.  Not 0: the sweep stops with that. */
	int (*object)(void *to, const struct history_blob *blob, void **state, struct fault *fault);
	void (*release)(void *to, unsigned thread, void *state); /* NULL: states need none */
	/* True: need not be shown; rebuilt only when others need it as base.  Any thread. NULL: none. */
	bool (*known)(void *to, const struct history_id *id);
	unsigned types; /* HISTORY_BIT(HISTORY_BLOB) | ...; trees of other types are not inflated */
};

/* All objects of all stores, each id once, base before child, with `jobs` threads over the trees
 * of deltas (large ones are split; the top of a split part is shown without edits).  What is
 * visited does not depend on jobs, the order does.  An object that is damaged in one pack and
 * whole in another is shown.
 * Memory: per thread at most log2(objects) contents at once, however long the chains; 29 bytes per
 * object.  Cost: 2.5-3 GB/s of content per core on source code. */
int history_sweep(struct history *h, const struct history_visitor *visitor, struct fault *fault);

/* One object by id.  0, HISTORY_MISSING, or a fault (FAULT_FORMAT: damaged in every copy).  Any
 * thread; one at a time. */
int history_read(struct history *h, const struct history_id *id, enum history_type *type,
		 struct buf *content, struct fault *fault);

/* ---- what objects say ---- */

/* All bytes are lent from the content; none of them needs to be UTF-8. */
struct history_commit {
	struct history_id tree;
	struct bytes parents_text;
	size_t parents_count; /* see history_commit_parent() */
	size_t id_bytes;
	struct bytes author, committer;   /* "Name <mail>" */
	int64_t author_time, commit_time; /* seconds since 1970; 0 where unreadable */
	struct bytes encoding;            /* empty: UTF-8 */
	struct bytes other_headers;       /* encoding, gpgsig, mergetag, ... as they stand */
	struct bytes message;
};
int history_parse_commit(struct bytes content, size_t id_bytes, struct history_commit *out,
			 struct fault *fault);
bool history_commit_parent(const struct history_commit *commit, size_t which,
			   struct history_id *out);

struct history_tag {
	struct history_id object;
	enum history_type type;
	struct bytes name, tagger, message;
	int64_t time;
};
int history_parse_tag(struct bytes content, size_t id_bytes, struct history_tag *out,
		      struct fault *fault);

#define HISTORY_MODE_TREE      0040000u
#define HISTORY_MODE_SUBMODULE 0160000u
#define HISTORY_MODE_TYPE      0170000u

struct history_tree_entry {
	uint32_t mode;
	struct bytes name; /* any bytes but NUL, never empty */
	struct history_id id;
};
/* The next entry at the front of `content`, taken.  0, HISTORY_END, or FAULT_FORMAT, which takes
 * nothing. */
int history_tree_next(struct bytes *content, size_t id_bytes, struct history_tree_entry *out);

/* ---- what else holds on to objects ---- */

struct history_ref {
	const char *name; /* display form: "refs/heads/main", "HEAD", "worktrees/x/HEAD" */
	struct history_id id;
	bool is_remote; /* refs/remotes/; in a bare repository all of refs/ */
	bool is_tag, is_stash, is_head;
};
/* packed-refs, files below refs/, HEAD and its like, those of worktrees; symbolic ones settled.
 * Sorted by name (a FETCH_HEAD may be there more than once), read once, lent by h. */
int history_refs(struct history *h, const struct history_ref **refs, size_t *count,
		 struct fault *fault);

/* Each line of each reflog; `text` is who, when and why.  Not 0 from `line`: stops with that. */
int history_reflogs(struct history *h,
		    int (*line)(void *to, const char *ref, const struct history_id *from,
				const struct history_id *to_id, struct bytes text),
		    void *to, struct fault *fault);

/* Each entry of the index and of those of linked worktrees; `stage` 1..3: a conflict. */
int history_index(struct history *h,
		  int (*entry)(void *to, struct bytes path, uint32_t mode,
			       const struct history_id *id, unsigned stage),
		  void *to, struct fault *fault);

/* The same for the index of this work tree alone: that of GIT_INDEX_FILE where there is one. */
int history_index_own(struct history *h,
		      int (*entry)(void *to, struct bytes path, uint32_t mode,
				   const struct history_id *id, unsigned stage),
		      void *to, struct fault *fault);

/* ---- who held it when: for what was found, not for everything ---- */

#define HISTORY_PATHS_MAX 16
#define HISTORY_REFS_MAX  16

/* What one secret was found in: blobs, or commits and tags themselves. */
struct history_group {
	const struct history_id *ids;
	size_t count;
};

struct history_life {
	/* In an order in which parents come before children, and else the earlier and then the
	 * lower id first: the first commit that holds it and the last one.  All 0: no commit does. */
	struct history_id first_commit, last_commit;
	int64_t first_time, last_time; /* of committing */
	const char *author;            /* of the first commit, display form; NULL: no commit */
	const char *const *paths;      /* every path it had in commits or an index, sorted */
	size_t paths_count, paths_left_out;
	const char *const *refs; /* that lead to a commit with it in its past; not tags */
	size_t refs_count, refs_left_out;
	const char *const *tags; /* "refs/tags/v1" */
	size_t tags_count, tags_left_out;
	enum { HISTORY_UNREACHABLE, HISTORY_LOCAL, HISTORY_REMOTE } reachable; /* from refs */
	bool at_head;                       /* the commit that HEAD names holds it */
	bool in_index, in_reflog, in_stash; /* staged; in the past of a reflog's line, of a stash */
};

/* One pass over all trees and commits, whatever the number of groups; lives[i] is of groups[i],
 * its texts in `arena`.  Objects that trees and commits name and that are not here are one gap.
 * Cost: the sweep of trees and commits, 64 groups at a time over the graph. */
int history_lives(struct history *h, const struct history_group groups[], size_t count,
		  struct history_life lives[], struct arena *arena, struct fault *fault);

/* ---- a part of the history ---- */

/* Commits, tags (of `include`), trees and blobs that are reachable from `include` and not from
 * `exclude`: all that `git rev-list --objects` lists, and at times more (a blob that only moved).
 * Each once; `path` is raw, from the root, empty for what has none.  Ids of `exclude` that are not
 * there are passed over.  Not 0 from `object`: stops with that.
 * Cost: reads those commits and those of their trees that differ from the parents' trees. */
int history_range(struct history *h, const struct history_id include[], size_t include_count,
		  const struct history_id exclude[], size_t exclude_count,
		  int (*object)(void *to, const struct history_id *id, enum history_type type,
				struct bytes path),
		  void *to, struct fault *fault);

/* "main", "v1", "refs/heads/main", "HEAD~3", "@", "abc123^2": as gitrevisions has them, without
 * dates, searches and reflogs.  0, HISTORY_MISSING with a sentence in `fault`, or FAULT_USAGE: the
 * beginning of several ids. */
int history_resolve(struct history *h, const char *name, struct history_id *out,
		    struct fault *fault);

#endif
