/*
 * sweep.c - walk the forest of deltas, every object once, base before child
 *
 * Knows: which contents are held and when they are let go.  Does not know: what the visitor looks
 * for.
 *
 * A walk goes along the order of a forest with a stack of those bases that still have children to
 * come.  The content of a base is let go as soon as its last child is rebuilt, and that child has
 * the largest subtree, so the stack is log2(objects) deep even where a chain is 100,000 long.  Its
 * state stays until that child was visited.
 */
#include <stdio.h>

#include "codec/codec.h"
#include "history/sweep.h"
#include "seal/hash.h"

#define STACK_MAX REBUILD_SLOTS

struct frame {
	uint32_t last; /* the place behind its subtree */
	bool shown;
	struct slot content; /* at == NULL: let go */
	void *state;
};

struct worker {
	struct sweep *s;
	unsigned thread;
	struct rebuild rebuild;
	struct hash_git *hash;
	struct frame stack[STACK_MAX];
	unsigned depth;
	const struct piece *piece;
	enum history_type type; /* of the tree being walked */
};

/* ---- gaps, failures ---- */

static const char *
pack_name(const struct sweep *s, size_t pack)
{
	return pack == SIZE_MAX ? "loose objects" : s->h->packs[pack].name;
}

/* More of them than this are damage beyond repair from copies. */
#define FAILURES_MAX 1000000

static int
fail(struct sweep *s, size_t pack, const uint8_t *id, const char *reason)
{
	int r = 0;

	(void)pthread_mutex_lock(&s->h->lock);
	if (s->failures_count == s->failures_room && s->failures_count < FAILURES_MAX) {
		size_t room = s->failures_room == 0 ? 64 : s->failures_room * 2;
		struct failure *grown = realloc(s->failures, room * sizeof(*grown));

		if (grown == NULL) {
			r = FAULT_MEMORY;
		} else {
			s->failures = grown;
			s->failures_room = room;
		}
	}
	if (s->failures_count < s->failures_room)
		s->failures[s->failures_count++] = (struct failure){id_of(s->h, id), reason, pack};
	else
		r = r == 0 ? 1 : r;
	(void)pthread_mutex_unlock(&s->h->lock);
	if (r > 0 && !s->told)
		gap_add(s->h, pack_name(s, pack), reason, id, 1, false);
	return r < 0 ? r : 0;
}

static const uint8_t *
node_id(const struct pack *pack, uint32_t node)
{
	return idx_id(&pack->idx, pack->forest.name[node]);
}

/* All that should have been shown from `place` to the end of its subtree, except what was cut off
 * into pieces of its own, cannot be. */
static int
fail_subtree(struct worker *w, uint32_t place, const char *reason)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	uint32_t end = f->last[place];
	int r = 0;

	for (uint32_t p = place; r == 0 && p < end;) {
		uint32_t node = f->order[p];

		if ((f->marks[node] & NODE_CUT) && p != w->piece->from) {
			p = f->last[p];
			continue;
		}
		if (f->marks[node] & NODE_SHOWN)
			r = fail(w->s, w->piece->pack, node_id(pack, node), reason);
		reason = history_reason_base;
		p++;
	}
	return r;
}

/* ---- the stack ---- */

static void
release(struct worker *w, void *state)
{
	if (state != NULL && w->s->visitor->release != NULL)
		w->s->visitor->release(w->s->visitor->to, w->thread, state);
}

static void
pop(struct worker *w)
{
	struct frame *top = &w->stack[--w->depth];

	slot_give(&w->rebuild, &top->content);
	release(w, top->state);
	*top = (struct frame){0};
}

static void
pop_to(struct worker *w, uint32_t place)
{
	while (w->depth > 0 && w->stack[w->depth - 1].last <= place)
		pop(w);
}

/* ---- one object ---- */

static int
check_id(struct worker *w, const uint8_t *id, enum history_type type, struct bytes content,
	 size_t pack)
{
	static const char *const names[] = {
	    [HISTORY_COMMIT] = "commit",
	    [HISTORY_TREE] = "tree",
	    [HISTORY_BLOB] = "blob",
	    [HISTORY_TAG] = "tag",
	};
	uint8_t made[HASH_GIT_BYTES_MAX];
	int r;

	if (!w->s->h->options.check_hashes || w->s->again)
		return 0;
	r = hash_git_object(w->hash, names[type], content, made, NULL);
	if (r == 0 && memcmp(made, id, w->s->h->id_bytes) != 0)
		gap_add(w->s->h, pack_name(w->s, pack), history_reason_id, id, 1, false);
	return r;
}

static void
check_crc(struct worker *w, const struct pack *pack, uint32_t node)
{
	const struct forest *f = &pack->forest;
	struct bytes packed, sums;
	uint32_t wanted;

	if (pack->idx.crcs == NULL || w->s->again)
		return;
	packed = bytes_make(pack->map.at + f->offset[node],
			    (size_t)(f->offset[node + 1] - f->offset[node]));
	sums = bytes_make(pack->idx.crcs + (size_t)f->name[node] * 4, 4);
	(void)bytes_take_be32(&sums, &wanted);
	if (codec_crc32(0, packed) != wanted)
		gap_add(w->s->h, pack->name, history_reason_crc, node_id(pack, node), 1, false);
}

static int
show(struct worker *w, const struct history_blob *blob, void **state, struct fault *fault)
{
	return w->s->visitor->object(w->s->visitor->to, blob, state, fault);
}

/* A blob that nobody is a delta of, and that is too large to be worth holding. */
static int
show_stream(struct worker *w, const uint8_t *id, size_t pack, struct bytes packed, uint64_t size,
	    uint64_t skip, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *text = NULL;
	struct history_blob blob = {.id = id_of(w->s->h, id),
				    .type = HISTORY_BLOB,
				    .size = (size_t)size,
				    .thread = w->thread};
	struct stream source;
	void *state = NULL;
	uint64_t skipped;
	int r;

	stream_from_memory(&source, packed);
	r = codec_open_bare(&text, CODEC_ZLIB, &source, -1, fault);
	if (r == 0 && skip > 0 && stream_skip(text, skip, &skipped, fault) < 0)
		return fail(w->s, pack, id, history_reason_inflate);
	if (r < 0)
		return r;
	text->at_bytes = 0;
	blob.stream = text;
	r = show(w, &blob, &state, fault);
	release(w, state);
	if (r != 0)
		return r;
	/* what the visitor left is still to be checked */
	if (stream_skip(text, UINT64_MAX, &skipped, NULL) < 0)
		gap_add(w->s->h, pack_name(w->s, pack), history_reason_inflate, id, 1, false);
	else if (text->at_bytes != size)
		gap_add(w->s->h, pack_name(w->s, pack), history_reason_size, id, 1, false);
	else if (w->s->h->options.check_hashes)
		gap_add(w->s->h, pack_name(w->s, pack), "too large for its id to be checked", id, 1,
			false);
	return 0;
}

/* ---- trees of deltas ---- */

static bool
over_ratio(struct worker *w, size_t bytes)
{
	if (atomic_fetch_add_explicit(&w->s->rebuilt_bytes, bytes, memory_order_relaxed) + bytes <=
	    w->s->rebuilt_max)
		return false;
	atomic_store(&w->s->over, true);
	return true;
}

static int
visit(struct worker *w, uint32_t place, const struct slot *content, struct frame *base,
      void **state, struct fault *fault)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	uint32_t node = f->order[place];
	const uint8_t *id = node_id(pack, node);
	bool has_edits = base != NULL && base->shown && !w->s->again;
	struct history_blob blob = {.id = id_of(w->s->h, id),
				    .type = w->type,
				    .at = content->at,
				    .size = content->size,
				    .thread = w->thread,
				    .is_base = f->last[place] > place + 1};
	int r = check_id(w, id, w->type, bytes_make(content->at, content->size), w->piece->pack);

	check_crc(w, pack, node);
	if (w->rebuild.ends_early && !w->s->again)
		gap_add(w->s->h, pack->name, history_reason_between, id, 1, false);
	if (r < 0 || !(f->marks[node] & NODE_SHOWN))
		return r;
	if (has_edits) {
		blob.edits = w->rebuild.edits.at;
		blob.edits_count = w->rebuild.edits.count;
		blob.base_state = base->state;
	}
	return show(w, &blob, state, fault);
}

/* The content of the object at `place`; FAULT_FORMAT and FAULT_LIMIT are for the object alone. */
static int
rebuild_place(struct worker *w, uint32_t place, struct slot *out)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	uint32_t node = f->order[place];
	uint64_t end = f->offset[node + 1];
	struct frame *base = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;
	struct entry entry;

	w->rebuild.ends_early = false;
	if (f->base[node] == FOREST_OUTSIDE)
		return rebuild_at(&w->rebuild, pack, f->offset[node], &w->type, out);
	if (f->base[node] == FOREST_BROKEN ||
	    pack_entry(pack, f->offset[node], end, w->s->h->id_bytes, &entry) < 0) {
		w->rebuild.why = history_reason_header;
		return FAULT_FORMAT;
	}
	if (base == NULL)
		return rebuild_root(&w->rebuild, pack, &entry, end, out);
	return rebuild_delta(&w->rebuild, pack, &entry, end, &base->content,
			     base->shown && !w->s->again ? &w->rebuild.edits : NULL, out);
}

static bool
is_large_blob(const struct worker *w, uint32_t place, struct entry *entry)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	uint32_t node = f->order[place];

	return f->base[node] == FOREST_ROOT(HISTORY_BLOB) &&
	       pack_entry(pack, f->offset[node], f->offset[node + 1], w->s->h->id_bytes, entry) ==
		   0 &&
	       entry->size / DEFLATE_RATIO_MAX <= f->offset[node + 1] - entry->data &&
	       entry->size > (f->last[place] == place + 1 ? HISTORY_STREAM_BYTES
							  : w->s->h->options.limits.member);
}

static int
walk_large(struct worker *w, uint32_t place, const struct entry *entry, struct fault *fault)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	uint32_t node = f->order[place];
	struct bytes packed =
	    bytes_make(pack->map.at + entry->data, (size_t)(f->offset[node + 1] - entry->data));
	int r = 0;

	if (f->marks[node] & NODE_SHOWN)
		r = show_stream(w, node_id(pack, node), w->piece->pack, packed, entry->size, 0,
				fault);
	/* its children need it whole */
	for (uint32_t p = place + 1; r == 0 && p < f->last[place]; p = f->last[p])
		if (!(f->marks[f->order[p]] & NODE_CUT))
			r = fail_subtree(w, p, history_reason_limit);
	return r;
}

/* Rebuild and visit what stands at `place`; *next is where the walk goes on. */
static int
walk_place(struct worker *w, uint32_t place, uint32_t *next, struct fault *fault)
{
	const struct forest *f = &w->s->h->packs[w->piece->pack].forest;
	struct frame *base = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;
	struct frame fresh = {.last = f->last[place]};
	struct entry entry;
	int r;

	*next = f->last[place];
	if (is_large_blob(w, place, &entry))
		return walk_large(w, place, &entry, fault);
	r = rebuild_place(w, place, &fresh.content);
	if (r == FAULT_FORMAT || r == FAULT_LIMIT)
		return fail_subtree(w, place, w->rebuild.why);
	if (r < 0)
		return fault_memory(fault);
	if (!(w->s->visitor->types & HISTORY_BIT(w->type)) || over_ratio(w, fresh.content.size)) {
		slot_give(&w->rebuild, &fresh.content);
		return 0;
	}
	if (base != NULL && base->last == fresh.last)
		slot_give(&w->rebuild, &base->content);
	fresh.shown = (f->marks[f->order[place]] & NODE_SHOWN) != 0;
	r = visit(w, place, &fresh.content, base, &fresh.state, fault);
	pop_to(w, fresh.last); /* the base, when this was its last child */
	if (r == 0 && f->last[place] > place + 1) {
		w->stack[w->depth++] = fresh;
		*next = place + 1;
	} else {
		slot_give(&w->rebuild, &fresh.content);
		release(w, fresh.state);
	}
	return r;
}

/* A piece that begins inside a tree: its base is rebuilt once more, and was not shown here. */
static int
begin_inside(struct worker *w, uint32_t place, bool *failed)
{
	const struct pack *pack = &w->s->h->packs[w->piece->pack];
	const struct forest *f = &pack->forest;
	struct frame frame = {.last = f->last[place]};
	int r = rebuild_at(&w->rebuild, pack, f->offset[f->base[f->order[place]]], &w->type,
			   &frame.content);

	*failed = r == FAULT_FORMAT || r == FAULT_LIMIT;
	if (r == 0)
		w->stack[w->depth++] = frame;
	return *failed ? fail_subtree(w, place, history_reason_base) : r;
}

static bool
stops(struct worker *w)
{
	return atomic_load_explicit(&w->s->over, memory_order_relaxed) ||
	       history_cancelled(w->s->h);
}

static int
walk_trees(struct worker *w, struct fault *fault)
{
	const struct forest *f = &w->s->h->packs[w->piece->pack].forest;
	uint32_t place = w->piece->from;
	bool failed = false;
	int r = 0;

	if (f->base[f->order[place]] < f->count)
		r = begin_inside(w, place, &failed);
	while (r == 0 && !failed && place < w->piece->to && !stops(w)) {
		uint32_t node = f->order[place], base = f->base[node];

		pop_to(w, place);
		if (base >= FOREST_ROOT(HISTORY_COMMIT) && base <= FOREST_ROOT(HISTORY_TAG))
			w->type = (enum history_type)(base - FOREST_ROOT(0));
		if (!(f->marks[node] & NODE_NEEDED) ||
		    ((f->marks[node] & NODE_CUT) && place != w->piece->from))
			place = f->last[place];
		else
			r = walk_place(w, place, &place, fault);
	}
	while (w->depth > 0)
		pop(w);
	return r == FAULT_MEMORY ? fault_memory(fault) : r;
}

/* ---- loose objects ---- */

static int
show_loose_large(struct worker *w, const uint8_t *id, struct map *map, uint64_t size,
		 struct fault *fault)
{
	char header[40];
	int length = snprintf(header, sizeof(header), "blob %llu", (unsigned long long)size);
	int r = show_stream(w, id, SIZE_MAX, bytes_make(map->at, map->bytes), size,
			    (uint64_t)length + 1, fault);

	map_close(map);
	return r;
}

static int
visit_loose(struct worker *w, size_t at, bool shown, struct fault *fault)
{
	struct history *h = w->s->h;
	const uint8_t *id = h->loose.ids + at * h->id_bytes;
	struct history_blob blob = {.id = id_of(h, id), .thread = w->thread};
	struct map large = {0};
	struct slot content;
	void *state = NULL;
	int r = loose_rebuild(&w->rebuild, at, &blob.type, &content, &large);

	if (r == FAULT_FORMAT || r == FAULT_LIMIT)
		return shown ? fail(w->s, SIZE_MAX, id, w->rebuild.why) : 0;
	if (r < 0)
		return fault_memory(fault);
	shown = shown && (w->s->visitor->types & HISTORY_BIT(blob.type)) != 0;
	if (large.at != NULL && shown)
		return show_loose_large(w, id, &large, content.size, fault);
	map_close(&large);
	if (content.at == NULL)
		return 0;
	blob.at = content.at;
	blob.size = content.size;
	r = check_id(w, id, blob.type, bytes_make(content.at, content.size), SIZE_MAX);
	if (w->rebuild.ends_early && !w->s->again)
		gap_add(h, "loose objects", history_reason_between, id, 1, false);
	if (r == 0 && shown)
		r = show(w, &blob, &state, fault);
	release(w, state);
	slot_give(&w->rebuild, &content);
	return r;
}

static int
walk_loose(struct worker *w, struct fault *fault)
{
	struct history *h = w->s->h;
	const struct history_visitor *v = w->s->visitor;
	int r = 0;

	for (uint32_t at = w->piece->from; r == 0 && at < w->piece->to && !stops(w); at++) {
		struct history_id id = id_of(h, h->loose.ids + (size_t)at * h->id_bytes);
		bool shown =
		    (h->loose.copies == NULL || !(h->loose.copies[at / 64] >> (at % 64) & 1)) &&
		    !(h->options.no_alternates && h->loose.stores[at] >= h->own_count) &&
		    (v->known == NULL || !v->known(v->to, &id));

		w->rebuild.ends_early = false;
		if (shown || h->options.check_hashes)
			r = visit_loose(w, at, shown, fault);
	}
	return r;
}

/* ---- checksums of whole files ---- */

static int
check_sum(struct worker *w, const struct map *map, const char *what, const char *reason,
	  struct fault *fault)
{
	size_t id_bytes = w->s->h->id_bytes;
	struct bytes in = bytes_make(map->at, map->bytes - id_bytes);
	uint8_t made[HASH_GIT_BYTES_MAX];
	int r = hash_git_begin(w->hash, fault);

	while (r == 0 && in.left > 0 && !stops(w)) {
		struct bytes part = bytes_slice(in, 0, (size_t)4 << 20);

		r = hash_git_add(w->hash, part, fault);
		(void)bytes_skip(&in, part.left);
	}
	if (r == 0)
		r = hash_git_end(w->hash, made, fault);
	if (r == 0 && in.left == 0 && memcmp(made, map->at + map->bytes - id_bytes, id_bytes) != 0)
		gap_add(w->s->h, what, reason, NULL, 1, false);
	return r;
}

static int
check_idx(struct worker *w, const struct pack *pack, struct fault *fault)
{
	size_t id_bytes = w->s->h->id_bytes;
	const struct map *map = &pack->idx.map;

	if (memcmp(map->at + map->bytes - 2 * id_bytes, pack->map.at + pack->data_bytes,
		   id_bytes) != 0)
		gap_add(w->s->h, pack->name, "its index was made for another pack", NULL, 1, false);
	return check_sum(w, map, pack->name, "checksum of its index differs", fault);
}

/* ---- all of it ---- */

static int
get_ready(struct sweep *s, unsigned thread, struct fault *fault)
{
	struct worker *w = &s->workers[thread];
	int r;

	if (history_cancelled(s->h))
		return fault_set(fault, FAULT_CANCEL, "stopped");
	if (w->hash != NULL)
		return 0;
	w->s = s;
	w->thread = thread;
	r = rebuild_init(&w->rebuild, s->h, fault);
	return r < 0 ? r : hash_git_new(&w->hash, s->h->id_bytes, fault);
}

static int
do_piece(void *to, unsigned thread, size_t at, struct fault *fault)
{
	struct sweep *s = to;
	struct worker *w = &s->workers[thread];
	const struct pack *pack;
	int r = get_ready(s, thread, fault);

	if (r < 0)
		return r;
	w->piece = &s->pieces[at];
	pack = w->piece->pack == SIZE_MAX ? NULL : &s->h->packs[w->piece->pack];
	switch (w->piece->kind) {
	case PIECE_TREES:
		return walk_trees(w, fault);
	case PIECE_LOOSE:
		return walk_loose(w, fault);
	case PIECE_PACK_CHECKSUM:
		return check_sum(w, &pack->map, pack->name, "checksum of the pack differs", fault);
	case PIECE_IDX_CHECKSUM:
		return check_idx(w, pack, fault);
	}
	return 0;
}

/* Deltas in a circle are in no order; they may be whole elsewhere. */
static int
fail_cycles(struct sweep *s, size_t at)
{
	struct pack *pack = &s->h->packs[at];
	struct forest *f = &pack->forest;
	int r = 0;

	if (f->marks == NULL || f->order_count == f->count)
		return 0;
	for (uint32_t p = 0; p < f->order_count; p++)
		f->marks[f->order[p]] |= NODE_REACHED;
	for (uint32_t node = 0; r == 0 && node < f->count; node++)
		if (!(f->marks[node] & NODE_REACHED))
			r = fail(s, at, node_id(pack, node), history_reason_cycle);
	return r;
}

/* Another copy of what failed, whole, or a gap. */
static int
show_copy(struct worker *w, const struct failure *failure, struct fault *fault)
{
	struct history_blob blob = {.id = failure->id, .thread = w->thread};
	struct history *h = w->s->h;
	struct slot content;
	void *state = NULL;
	int r = rebuild_id(&w->rebuild, failure->id.at, &blob.type, &content);

	if (r == FAULT_MEMORY)
		return fault_memory(fault);
	if (r != 0) {
		if (!w->s->told)
			gap_add(h, pack_name(w->s, failure->pack), failure->reason, failure->id.at,
				1, false);
		slot_give(&w->rebuild, &content);
		return 0;
	}
	if (w->s->visitor->types & HISTORY_BIT(blob.type)) {
		blob.at = content.at;
		blob.size = content.size;
		r = show(w, &blob, &state, fault);
		release(w, state);
	}
	slot_give(&w->rebuild, &content);
	return r;
}

static int
show_failures(void *to, unsigned thread, size_t at, struct fault *fault)
{
	struct sweep *s = to;
	int r = get_ready(s, thread, fault);

	return r < 0 ? r : show_copy(&s->workers[thread], &s->failures[at], fault);
}

static void
sweep_fini(struct sweep *s)
{
	for (unsigned i = 0; s->workers != NULL && i < s->h->options.jobs; i++) {
		rebuild_fini(&s->workers[i].rebuild);
		hash_git_free(&s->workers[i].hash);
	}
	for (size_t i = 0; i < s->h->packs_count; i++)
		forest_free(&s->h->packs[i].forest);
	free(s->workers);
	free(s->pieces);
	free(s->failures);
}

static int
sweep(struct history *h, const struct history_visitor *visitor, bool again, struct fault *fault)
{
	AUTO(sweep_fini)
	struct sweep s = {.h = h, .visitor = visitor, .again = again};
	int r = 0;

	s.told = again && (visitor->types & ~h->swept) == 0;
	s.workers = calloc(h->options.jobs, sizeof(*s.workers));
	if (s.workers == NULL)
		return fault_memory(fault);
	r = sweep_plan(&s, fault);
	if (r == 0)
		r = history_parallel(h->options.jobs, s.pieces_count, do_piece, &s, fault);
	for (size_t i = 0; r == 0 && i < h->packs_count; i++)
		r = fail_cycles(&s, i) < 0 ? fault_memory(fault) : 0;
	/* by one thread: there are few, or the repository is beyond help */
	if (r == 0 && s.failures_count > 0)
		r = history_parallel(1, s.failures_count, show_failures, &s, fault);
	if (r == 0 && atomic_load(&s.over))
		gap_add(h, "objects",
			"unpack to more than the limit (ratio) times their packed size", NULL, 1,
			false);
	if (r == 0 && history_cancelled(h))
		r = fault_set(fault, FAULT_CANCEL, "stopped");
	if (r == 0)
		h->swept |= visitor->types;
	return r;
}

int
history_sweep(struct history *h, const struct history_visitor *visitor, struct fault *fault)
{
	return sweep(h, visitor, false, fault);
}

int
history_sweep_again(struct history *h, const struct history_visitor *visitor, struct fault *fault)
{
	return sweep(h, visitor, true, fault);
}
