/*
 * range.c - which commits are reachable from here and not from there
 *
 * Knows: a walk by time, the latest first, as git's own does: as long as there is a commit that is
 * not excluded, and a few steps further, because clocks are wrong.  A clock that is very wrong
 * makes the answer larger, never smaller.
 */
#include "history/range.h"

#include "seal/hash.h"

/* As git: so many excluded commits in a row end the walk. */
#define RANGE_SLOP 5

static int
grow(void *rows, size_t *room, size_t row_bytes)
{
	size_t more = *room == 0 ? 256 : *room * 2;
	void **at = rows, *grown = realloc(*at, more * row_bytes);

	if (grown == NULL)
		return FAULT_MEMORY;
	*at = grown;
	*room = more;
	return 0;
}

int
range_open(struct range *r, struct history *h, struct fault *fault)
{
	int result;

	*r = (struct range){.h = h};
	result = rebuild_init(&r->rebuild, h, fault);
	return result < 0 ? result : rebuild_cache(&r->rebuild, fault);
}

void
range_close(struct range *r)
{
	rebuild_fini(&r->rebuild);
	free(r->commits);
	free(r->parents);
	free(r->table);
	free(r->heap);
	free(r->pending);
	*r = (struct range){0};
}

/* ---- commits by id ---- */

static size_t
slot_of(const struct range *r, const struct history_id *id)
{
	size_t at = hash_fast(bytes_make(id->at, sizeof(id->at))) & (r->slots - 1);

	while (r->table[at] != 0 && memcmp(&r->commits[r->table[at] - 1].id, id, sizeof(*id)) != 0)
		at = (at + 1) & (r->slots - 1);
	return at;
}

static int
grow_table(struct range *r)
{
	size_t slots = r->slots == 0 ? 1024 : r->slots * 2;
	uint32_t *table = calloc(slots, sizeof(*table));

	if (table == NULL)
		return FAULT_MEMORY;
	free(r->table);
	r->table = table;
	r->slots = slots;
	for (size_t i = 0; i < r->count; i++)
		r->table[slot_of(r, &r->commits[i].id)] = (uint32_t)i + 1;
	return 0;
}

static int
commit_number(struct range *r, const struct history_id *id, uint32_t *out)
{
	size_t at;

	if (r->count >= r->slots / 2 && grow_table(r) < 0)
		return FAULT_MEMORY;
	at = slot_of(r, id);
	if (r->table[at] == 0) {
		if (r->count == r->room && grow(&r->commits, &r->room, sizeof(*r->commits)) < 0)
			return FAULT_MEMORY;
		r->commits[r->count++] = (struct range_commit){.id = *id};
		r->table[at] = (uint32_t)r->count;
	}
	*out = r->table[at] - 1;
	return 0;
}

/* ---- the heap ---- */

static bool
later(const struct range *r, uint32_t a, uint32_t b)
{
	return r->commits[a].time > r->commits[b].time;
}

static int
heap_add(struct range *r, uint32_t commit)
{
	size_t at = r->heap_count;

	if (r->heap_count == r->heap_room && grow(&r->heap, &r->heap_room, sizeof(*r->heap)) < 0)
		return FAULT_MEMORY;
	r->heap_count++;
	while (at > 0 && later(r, commit, r->heap[(at - 1) / 2])) {
		r->heap[at] = r->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	r->heap[at] = commit;
	r->commits[commit].flags |= RANGE_QUEUED;
	r->included += !(r->commits[commit].flags & RANGE_EXCLUDED);
	return 0;
}

static uint32_t
heap_take(struct range *r)
{
	uint32_t first = r->heap[0], last = r->heap[--r->heap_count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= r->heap_count)
			break;
		if (child + 1 < r->heap_count && later(r, r->heap[child + 1], r->heap[child]))
			child++;
		if (!later(r, r->heap[child], last))
			break;
		r->heap[at] = r->heap[child];
		at = child;
	}
	if (r->heap_count > 0)
		r->heap[at] = last;
	r->commits[first].flags &= (uint8_t)~RANGE_QUEUED;
	r->included -= !(r->commits[first].flags & RANGE_EXCLUDED);
	return first;
}

/* ---- reading ---- */

static int
keep_parents(struct range *r, uint32_t number, const struct history_commit *commit)
{
	struct history_id id;
	uint32_t from = (uint32_t)r->parents_count;

	for (size_t i = 0; history_commit_parent(commit, i, &id); i++) {
		uint32_t parent;

		if (commit_number(r, &id, &parent) < 0)
			return FAULT_MEMORY;
		if (r->parents_count == r->parents_room &&
		    grow(&r->parents, &r->parents_room, sizeof(*r->parents)) < 0)
			return FAULT_MEMORY;
		r->parents[r->parents_count++] = parent;
	}
	r->commits[number].parents_from = from;
	r->commits[number].parents_count = (uint32_t)(r->parents_count - from);
	return 0;
}

static int
read_commit(struct range *r, uint32_t number)
{
	struct history_id id = r->commits[number].id;
	struct history_commit commit;
	enum history_type type;
	struct slot slot;
	int result;

	if (r->commits[number].flags & RANGE_READ)
		return 0;
	r->commits[number].flags |= RANGE_READ;
	result = rebuild_id(&r->rebuild, id.at, &type, &slot);
	if (result == FAULT_MEMORY)
		return result;
	if (result != 0 || type != HISTORY_COMMIT ||
	    history_parse_commit(bytes_make(slot.at, slot.size), r->h->id_bytes, &commit, NULL) <
		0) {
		r->commits[number].flags |= RANGE_MISSING;
		gap_add(r->h, "objects",
			result == HISTORY_MISSING ? "commits that are not here"
						  : "commits that cannot be read",
			id.at, 1, result == HISTORY_MISSING && r->h->is_partial);
		result = 0;
	} else {
		r->commits[number].tree = commit.tree;
		r->commits[number].time = commit.commit_time;
		result = history_is_shallow(r->h, &id) ? 0 : keep_parents(r, number, &commit);
	}
	slot_give(&r->rebuild, &slot);
	return result;
}

/* Excluded, and so is everything that was read of its past. */
static int
exclude(struct range *r, uint32_t number)
{
	r->pending_count = 0;
	for (;;) {
		struct range_commit *commit = &r->commits[number];

		if (!(commit->flags & RANGE_EXCLUDED)) {
			r->included -= (commit->flags & RANGE_QUEUED) != 0;
			commit->flags |= RANGE_EXCLUDED;
			for (uint32_t p = 0; p < commit->parents_count; p++) {
				if (r->pending_count == r->pending_room &&
				    grow(&r->pending, &r->pending_room, sizeof(*r->pending)) < 0)
					return FAULT_MEMORY;
				r->pending[r->pending_count++] =
				    r->parents[commit->parents_from + p];
			}
		}
		if (r->pending_count == 0)
			return 0;
		number = r->pending[--r->pending_count];
	}
}

int
range_add(struct range *r, const struct history_id *from, bool excluded,
	  int (*tag)(void *to, const struct history_id *id), void *to)
{
	struct history_id id = *from;
	uint32_t number;
	int result;

	for (unsigned depth = 0;; depth++) {
		enum history_type type;
		struct history_tag parsed;
		struct slot slot;
		bool is_tag;

		result = rebuild_id(&r->rebuild, id.at, &type, &slot);
		if (result != 0)
			return result == FAULT_MEMORY ? result : HISTORY_MISSING;
		is_tag = type == HISTORY_TAG && depth < 32 &&
			 history_parse_tag(bytes_make(slot.at, slot.size), r->h->id_bytes, &parsed,
					   NULL) == 0;
		slot_give(&r->rebuild, &slot);
		if (!is_tag && type != HISTORY_COMMIT)
			return HISTORY_MISSING;
		if (!is_tag)
			break;
		result = tag == NULL || excluded ? 0 : tag(to, &id);
		if (result != 0)
			return result;
		id = parsed.object;
	}
	result = commit_number(r, &id, &number);
	if (result == 0)
		result = read_commit(r, number);
	if (result == 0 && !(r->commits[number].flags & RANGE_QUEUED))
		result = heap_add(r, number);
	return result == 0 && excluded ? exclude(r, number) : result;
}

static int
step(struct range *r)
{
	uint32_t number = heap_take(r);
	struct range_commit commit = r->commits[number];
	int result = 0;

	for (uint32_t p = 0; result == 0 && p < commit.parents_count; p++) {
		uint32_t parent = r->parents[commit.parents_from + p];
		bool fresh = !(r->commits[parent].flags & RANGE_READ);

		result = read_commit(r, parent);
		if (result == 0 && (commit.flags & RANGE_EXCLUDED))
			result = exclude(r, parent);
		if (result == 0 && fresh)
			result = heap_add(r, parent);
	}
	return result;
}

int
range_walk(struct range *r)
{
	unsigned slop = RANGE_SLOP;
	int result = 0;

	while (result == 0 && r->heap_count > 0 && slop > 0) {
		slop = r->included > 0 ? RANGE_SLOP : slop - 1;
		result = history_cancelled(r->h) ? FAULT_CANCEL : step(r);
	}
	return result;
}
