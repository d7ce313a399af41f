/*
 * range_objects.c - what the commits of a range brought: trees compared with those of their parents
 *
 * Of each commit only those entries are followed that no parent has in the same place.  That is
 * all that `git rev-list --objects` lists, and at times more: a file that was only moved is told
 * again under its new path.
 */
#include "history/range.h"
#include "seal/hash.h"

/* Parents a tree is compared with; of an octopus with more arms, more is told than need be. */
#define PARENTS_MAX 16

/* A path deeper than this is told as damage: every level is held. */
#define LEVELS_MAX 1024

struct seen {
	struct history_id *at;
	uint8_t *used;
	size_t count, slots;
};

struct level {
	struct slot tree, parents[PARENTS_MAX];
	struct bytes in, in_parents[PARENTS_MAX];
	unsigned parents_count;
	size_t path_bytes; /* of the folder, with its '/' */
};

struct walk {
	struct range *range;
	struct seen seen;
	struct level *levels;
	size_t depth, room;
	struct buf path;
	int (*object)(void *to, const struct history_id *id, enum history_type type,
		      struct bytes path);
	void *to;
};

/* ---- ids told already ---- */

static int
seen_grow(struct seen *s)
{
	struct seen grown = {.slots = s->slots == 0 ? 1024 : s->slots * 2};

	grown.at = malloc(grown.slots * sizeof(*grown.at));
	grown.used = calloc(grown.slots, 1);
	if (grown.at == NULL || grown.used == NULL) {
		free(grown.at);
		free(grown.used);
		return FAULT_MEMORY;
	}
	for (size_t i = 0; i < s->slots; i++)
		if (s->used[i]) {
			size_t at =
			    hash_fast(bytes_make(s->at[i].at, HISTORY_ID_MAX)) & (grown.slots - 1);

			while (grown.used[at])
				at = (at + 1) & (grown.slots - 1);
			grown.at[at] = s->at[i];
			grown.used[at] = 1;
		}
	grown.count = s->count;
	free(s->at);
	free(s->used);
	*s = grown;
	return 0;
}

/* 1: it was there. */
static int
seen_add(struct seen *s, const struct history_id *id)
{
	size_t at;

	if (s->count >= s->slots / 2 && seen_grow(s) < 0)
		return FAULT_MEMORY;
	at = hash_fast(bytes_make(id->at, HISTORY_ID_MAX)) & (s->slots - 1);
	for (; s->used[at]; at = (at + 1) & (s->slots - 1))
		if (memcmp(&s->at[at], id, sizeof(*id)) == 0)
			return 1;
	s->at[at] = *id;
	s->used[at] = 1;
	s->count++;
	return 0;
}

/* ---- levels ---- */

static bool
same_id(const struct history_id *a, const struct history_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* A tree; one that cannot be read is an empty one and a gap. */
static int
read_tree(struct walk *w, const struct history_id *id, bool told, struct slot *out)
{
	struct rebuild *rebuild = &w->range->rebuild;
	enum history_type type;
	int r = rebuild_id(rebuild, id->at, &type, out);

	if (r == FAULT_MEMORY)
		return r;
	if (r != 0 || type != HISTORY_TREE) {
		slot_give(rebuild, out);
		if (told)
			gap_add(w->range->h, "objects",
				r == HISTORY_MISSING ? "trees that are not here"
						     : "trees that cannot be read",
				id->at, 1, r == HISTORY_MISSING && w->range->h->is_partial);
	}
	return 0;
}

static int
push(struct walk *w, const struct history_id *tree, const struct history_id *parents,
     unsigned count)
{
	struct level *level;
	int r;

	if (w->depth == LEVELS_MAX) {
		gap_add(w->range->h, "objects", "folders too deep", tree->at, 1, false);
		return 0;
	}
	if (w->depth == w->room) {
		size_t room = w->room == 0 ? 16 : w->room * 2;
		struct level *grown = realloc(w->levels, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		w->levels = grown;
		w->room = room;
	}
	level = &w->levels[w->depth++];
	*level = (struct level){.path_bytes = w->path.used};
	r = read_tree(w, tree, true, &level->tree);
	level->in = bytes_make(level->tree.at, level->tree.size);
	for (unsigned i = 0; r == 0 && i < count; i++) {
		struct slot *slot = &level->parents[level->parents_count];

		r = read_tree(w, &parents[i], false, slot);
		level->in_parents[level->parents_count++] = bytes_make(slot->at, slot->size);
	}
	return r;
}

static void
pop(struct walk *w)
{
	struct level *level = &w->levels[--w->depth];

	slot_give(&w->range->rebuild, &level->tree);
	for (unsigned i = 0; i < level->parents_count; i++)
		slot_give(&w->range->rebuild, &level->parents[i]);
}

/* The order of entries in a tree: folders as if their names ended in '/'. */
static int
entry_order(const struct history_tree_entry *a, const struct history_tree_entry *b)
{
	size_t common = a->name.left < b->name.left ? a->name.left : b->name.left;
	int order = memcmp(a->name.at, b->name.at, common);
	uint8_t end_a, end_b;

	if (order != 0)
		return order;
	end_a = a->name.left > common                                ? a->name.at[common]
		: (a->mode & HISTORY_MODE_TYPE) == HISTORY_MODE_TREE ? '/'
								     : 0;
	end_b = b->name.left > common                                ? b->name.at[common]
		: (b->mode & HISTORY_MODE_TYPE) == HISTORY_MODE_TREE ? '/'
								     : 0;
	return (int)end_a - (int)end_b;
}

/* What a parent has in this place; the cursor only goes on. */
static bool
in_parent(struct bytes *in, size_t id_bytes, const struct history_tree_entry *entry,
	  struct history_tree_entry *out)
{
	struct bytes next = *in;

	while (history_tree_next(&next, id_bytes, out) == 0) {
		int order = entry_order(out, entry);

		if (order >= 0)
			return order == 0;
		*in = next;
	}
	return false;
}

static int
follow(struct walk *w, const struct history_tree_entry *entry)
{
	struct level *level = &w->levels[w->depth - 1];
	struct history_id below[PARENTS_MAX];
	bool is_tree = (entry->mode & HISTORY_MODE_TYPE) == HISTORY_MODE_TREE;
	unsigned count = 0;
	int r;

	if ((entry->mode & HISTORY_MODE_TYPE) == HISTORY_MODE_SUBMODULE)
		return 0;
	for (unsigned i = 0; i < level->parents_count; i++) {
		struct history_tree_entry theirs;

		if (!in_parent(&level->in_parents[i], w->range->h->id_bytes, entry, &theirs))
			continue;
		if (same_id(&theirs.id, &entry->id))
			return 0;
		if (is_tree)
			below[count++] = theirs.id;
	}
	r = seen_add(&w->seen, &entry->id);
	if (r != 0)
		return r < 0 ? r : 0;
	if (buf_append(&w->path, entry->name.at, entry->name.left) < 0)
		return w->path.failed == FAULT_LIMIT ? 0 : FAULT_MEMORY;
	r = w->object(w->to, &entry->id, is_tree ? HISTORY_TREE : HISTORY_BLOB,
		      buf_bytes(&w->path));
	if (r == 0 && is_tree && buf_append_u8(&w->path, '/') == 0)
		r = push(w, &entry->id, below, count);
	return r;
}

static int
walk_commit(struct walk *w, const struct range_commit *commit)
{
	const struct range *range = w->range;
	struct history_id parents[PARENTS_MAX];
	unsigned count = 0;
	int r;

	for (uint32_t p = 0; p < commit->parents_count && count < PARENTS_MAX; p++) {
		const struct range_commit *parent =
		    &range->commits[range->parents[commit->parents_from + p]];

		if ((parent->flags & RANGE_MISSING) || !(parent->flags & RANGE_READ))
			continue;
		if (same_id(&parent->tree, &commit->tree))
			return 0;
		parents[count++] = parent->tree;
	}
	r = seen_add(&w->seen, &commit->tree);
	if (r != 0)
		return r < 0 ? r : 0;
	buf_reset(&w->path);
	r = w->object(w->to, &commit->tree, HISTORY_TREE, buf_bytes(&w->path));
	if (r == 0)
		r = push(w, &commit->tree, parents, count);
	while (r == 0 && w->depth > 0) {
		struct level *level = &w->levels[w->depth - 1];
		struct history_tree_entry entry;
		int next = history_tree_next(&level->in, range->h->id_bytes, &entry);

		w->path.used = level->path_bytes;
		w->path.failed = 0;
		if (next == 0) {
			r = follow(w, &entry);
			continue;
		}
		if (next < 0)
			gap_add(range->h, "objects",
				"a tree, commit or tag that is not written as one", NULL, 1, false);
		pop(w);
	}
	while (w->depth > 0)
		pop(w);
	return r;
}

/* ---- all of it ---- */

static int
tell_tag(void *to, const struct history_id *id)
{
	struct walk *w = to;
	int r = seen_add(&w->seen, id);

	return r == 1 ? 0 : r < 0 ? r : w->object(w->to, id, HISTORY_TAG, bytes_make(NULL, 0));
}

static int
add_ends(struct walk *w, const struct history_id ids[], size_t count, bool excluded)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = range_add(w->range, &ids[i], excluded, tell_tag, w);
		if (r == HISTORY_MISSING) {
			/* a server names what a client does not have yet */
			if (!excluded)
				gap_add(w->range->h, "objects", "commits that are not here",
					ids[i].at, 1, w->range->h->is_partial);
			r = 0;
		}
	}
	return r;
}

static int
walk_all(struct walk *w)
{
	struct range *range = w->range;
	int r = range_walk(range);

	for (size_t i = 0; r == 0 && i < range->count; i++) {
		struct range_commit commit = range->commits[i];

		if (!(commit.flags & RANGE_READ) ||
		    (commit.flags & (RANGE_EXCLUDED | RANGE_MISSING)))
			continue;
		r = w->object(w->to, &commit.id, HISTORY_COMMIT, bytes_make(NULL, 0));
		if (r == 0)
			r = history_cancelled(range->h) ? FAULT_CANCEL : walk_commit(w, &commit);
	}
	return r;
}

int
history_range(struct history *h, const struct history_id include[], size_t include_count,
	      const struct history_id exclude[], size_t exclude_count,
	      int (*object)(void *to, const struct history_id *id, enum history_type type,
			    struct bytes path),
	      void *to, struct fault *fault)
{
	AUTO(range_close)
	struct range range;
	struct walk w = {.range = &range, .object = object, .to = to, .path = BUF_INIT(1 << 20)};
	int r = range_open(&range, h, fault);

	if (r < 0)
		return r;
	r = add_ends(&w, exclude, exclude_count, true);
	if (r == 0)
		r = add_ends(&w, include, include_count, false);
	if (r == 0)
		r = walk_all(&w);
	buf_free(&w.path);
	free(w.levels);
	free(w.seen.at);
	free(w.seen.used);
	return r == FAULT_MEMORY   ? fault_memory(fault)
	       : r == FAULT_CANCEL ? fault_set(fault, r, "stopped")
				   : r;
}
