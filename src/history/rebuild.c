/*
 * rebuild.c - contents out of packs: inflate a root, apply a delta, follow a chain
 *
 * Knows: how much may be held, and that sizes lie.  Does not know: who asks, or in which order.
 */
#include "history/inside.h"

/* A content this large is given back to the system at once. */
#define SLOT_KEEP_BYTES ((size_t)64 << 20)

/* ---- slots ---- */

int
slot_take(struct rebuild *r, size_t size, struct slot *out)
{
	size_t best = r->free_count;

	/* the warmest that is large enough, else the warmest, made larger */
	for (size_t i = r->free_count; i-- > 0 && best == r->free_count;)
		if (r->free[i].room >= size)
			best = i;
	if (best == r->free_count && r->free_count == 0) {
		*out = (struct slot){0};
	} else {
		if (best == r->free_count)
			best--;
		*out = r->free[best];
		memmove(r->free + best, r->free + best + 1,
			(r->free_count - best - 1) * sizeof(*r->free));
		r->free_count--;
	}
	if (out->at == NULL || out->room < size) {
		size_t room = size + size / 4 + 4096;

		free(out->at);
		*out = (struct slot){.at = malloc(room + CONTENT_SLACK), .room = room};
		if (out->at == NULL) {
			*out = (struct slot){0};
			return FAULT_MEMORY;
		}
	}
	out->size = size;
	return 0;
}

void
slot_give(struct rebuild *r, struct slot *slot)
{
	if (slot->at != NULL && slot->room <= SLOT_KEEP_BYTES && r->free_count < REBUILD_SLOTS)
		r->free[r->free_count++] = *slot;
	else
		free(slot->at);
	*slot = (struct slot){0};
}

static void cache_free(struct cache *cache);

int
rebuild_init(struct rebuild *r, struct history *h, struct fault *fault)
{
	*r = (struct rebuild){.h = h};
	return codec_inflater_new(&r->inflater, fault);
}

void
rebuild_fini(struct rebuild *r)
{
	for (size_t i = 0; i < r->free_count; i++)
		free(r->free[i].at);
	free(r->delta.at);
	free(r->edits.at);
	codec_inflater_free(&r->inflater);
	cache_free(r->cache);
	*r = (struct rebuild){0};
}

/* ---- bases that were rebuilt a moment ago ---- */

#define CACHE_SLOTS        16384
#define CACHE_BYTES_MAX    ((size_t)64 << 20)
#define CACHE_OBJECT_BYTES ((size_t)1 << 20)

struct cached {
	const struct pack *pack; /* NULL: nothing */
	uint64_t offset;
	enum history_type type;
	uint8_t *at;
	size_t size;
};

struct cache {
	struct cached slots[CACHE_SLOTS];
	size_t bytes, hand;
};

int
rebuild_cache(struct rebuild *r, struct fault *fault)
{
	r->cache = calloc(1, sizeof(*r->cache));
	return r->cache == NULL ? fault_memory(fault) : 0;
}

static struct cached *
cache_slot(struct cache *cache, const struct pack *pack, uint64_t offset)
{
	uint64_t mixed = (offset ^ (uintptr_t)pack) * 0x9e3779b97f4a7c15u;

	return &cache->slots[mixed >> 50]; /* 14 bits: CACHE_SLOTS */
}

static void
cache_drop(struct cache *cache, struct cached *c)
{
	if (c->pack == NULL)
		return;
	cache->bytes -= c->size;
	free(c->at);
	*c = (struct cached){0};
}

static void
cache_put(struct rebuild *r, const struct pack *pack, uint64_t offset, enum history_type type,
	  const struct slot *content)
{
	struct cached *c;

	if (r->cache == NULL || content->size > CACHE_OBJECT_BYTES)
		return;
	c = cache_slot(r->cache, pack, offset);
	if (c->pack == pack && c->offset == offset)
		return;
	cache_drop(r->cache, c);
	while (r->cache->bytes + content->size > CACHE_BYTES_MAX) {
		cache_drop(r->cache, &r->cache->slots[r->cache->hand]);
		r->cache->hand = (r->cache->hand + 1) % CACHE_SLOTS;
	}
	c->at = malloc(content->size + 1);
	if (c->at == NULL)
		return;
	memcpy(c->at, content->at, content->size);
	c->pack = pack;
	c->offset = offset;
	c->type = type;
	c->size = content->size;
	r->cache->bytes += content->size;
}

static const struct cached *
cache_get(const struct rebuild *r, const struct pack *pack, uint64_t offset)
{
	const struct cached *c;

	if (r->cache == NULL)
		return NULL;
	c = cache_slot(r->cache, pack, offset);
	return c->pack == pack && c->offset == offset ? c : NULL;
}

static void
cache_free(struct cache *cache)
{
	for (size_t i = 0; cache != NULL && i < CACHE_SLOTS; i++)
		cache_drop(cache, &cache->slots[i]);
	free(cache);
}

/* ---- one object ---- */

static int
broke(struct rebuild *r, int code, const char *why)
{
	r->why = why;
	return code;
}

/* Is `size` one that so many packed bytes can become, and that may be held? */
static int
size_allowed(struct rebuild *r, uint64_t size, uint64_t packed)
{
	if (size / DEFLATE_RATIO_MAX > packed)
		return broke(r, FAULT_FORMAT, history_reason_size);
	if (size > r->h->options.limits.member || size > PTRDIFF_MAX / 2)
		return broke(r, FAULT_LIMIT, history_reason_limit);
	return 0;
}

static int
inflate_exactly(struct rebuild *r, struct bytes in, uint8_t *to, size_t size)
{
	size_t taken, made;
	int answer = codec_inflate_zlib(r->inflater, in, to, size, &taken, &made);

	if (answer == CODEC_INFLATE_MORE || (answer == 0 && made != size))
		return broke(r, FAULT_FORMAT, history_reason_size);
	if (answer < 0)
		return broke(r, FAULT_FORMAT, history_reason_inflate);
	r->ends_early = taken != in.left;
	return 0;
}

int
rebuild_root(struct rebuild *r, const struct pack *pack, const struct entry *entry, uint64_t end,
	     struct slot *out)
{
	int result = size_allowed(r, entry->size, end - entry->data);

	*out = (struct slot){0};
	if (result == 0)
		result = slot_take(r, (size_t)entry->size, out);
	if (result == 0)
		result = inflate_exactly(
		    r, bytes_make(pack->map.at + entry->data, (size_t)(end - entry->data)), out->at,
		    (size_t)entry->size);
	if (result < 0)
		slot_give(r, out);
	return result;
}

/* The inflated delta in r->delta. */
static int
read_delta(struct rebuild *r, const struct pack *pack, const struct entry *entry, uint64_t end)
{
	int result = size_allowed(r, entry->size, end - entry->data);

	if (result < 0)
		return result;
	if (r->delta.room < entry->size || r->delta.room > SLOT_KEEP_BYTES) {
		size_t room = (size_t)entry->size + (size_t)entry->size / 4 + 65536;

		free(r->delta.at);
		r->delta = (struct slot){.at = malloc(room), .room = room};
		if (r->delta.at == NULL) {
			r->delta = (struct slot){0};
			return FAULT_MEMORY;
		}
	}
	r->delta.size = (size_t)entry->size;
	return inflate_exactly(r,
			       bytes_make(pack->map.at + entry->data, (size_t)(end - entry->data)),
			       r->delta.at, (size_t)entry->size);
}

int
rebuild_delta(struct rebuild *r, const struct pack *pack, const struct entry *entry, uint64_t end,
	      const struct slot *base, struct edits *edits, struct slot *out)
{
	uint64_t base_bytes, target_bytes;
	struct bytes delta;
	int result = read_delta(r, pack, entry, end);

	*out = (struct slot){0};
	if (result < 0)
		return result;
	delta = bytes_make(r->delta.at, r->delta.size);
	if (delta_sizes(&delta, &base_bytes, &target_bytes) < 0 || base_bytes != base->size)
		return broke(r, FAULT_FORMAT, history_reason_delta);
	if (target_bytes > r->h->options.limits.member || target_bytes > PTRDIFF_MAX / 2)
		return broke(r, FAULT_LIMIT, history_reason_limit);
	result = slot_take(r, (size_t)target_bytes, out);
	if (edits != NULL)
		edits->count = 0;
	if (result == 0)
		result = delta_apply(delta, base->at, base->size, out->at, out->size, edits);
	if (result < 0)
		slot_give(r, out);
	return result == FAULT_FORMAT ? broke(r, result, history_reason_delta) : result;
}

/* ---- any object, by the chain of its bases ---- */

struct link {
	const struct pack *pack;
	uint64_t offset;
	struct entry entry;
};

struct chain {
	struct link *at;
	size_t count, room;
	size_t loose; /* where the last base is a loose object; SIZE_MAX: it is not */
	const struct cached *cached; /* where it was rebuilt before */
	const uint8_t *outside;      /* its id in the base store; NULL: it is not there */
};

static void
chain_free(struct chain *chain)
{
	free(chain->at);
}

static int
chain_add(struct chain *chain, const struct pack *pack, uint64_t offset, const struct entry *entry)
{
	if (chain->count == chain->room) {
		size_t room = chain->room == 0 ? 64 : chain->room * 2;
		struct link *grown = realloc(chain->at, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		chain->at = grown;
		chain->room = room;
	}
	chain->at[chain->count++] = (struct link){pack, offset, *entry};
	return 0;
}

/* Where the base of the last link is: 0 and *pack, *offset; 1 when it is loose or there is none. */
static int
next_base(struct rebuild *r, struct chain *chain, const struct pack **pack, uint64_t *offset)
{
	const struct link *last = &chain->at[chain->count - 1];
	const struct history *h = r->h;
	uint32_t position;
	size_t other = 0;

	if (last->entry.type == ENTRY_OFS_DELTA) {
		*offset = last->entry.base;
		return 0;
	}
	if (last->entry.type != ENTRY_REF_DELTA)
		return 1;
	if (idx_find(&last->pack->idx, last->entry.base_id, &position)) {
		*offset = idx_offset(&last->pack->idx, position);
		return 0;
	}
	if (history_locate(h, last->entry.base_id, &other, offset)) {
		*pack = &h->packs[other];
		return 0;
	}
	if (loose_find(h, last->entry.base_id, &chain->loose))
		return 1;
	chain->outside = h->base_store == NULL ? NULL : last->entry.base_id;
	return chain->outside != NULL ? 1 : broke(r, FAULT_FORMAT, history_reason_base_missing);
}

/* A base that a thin bundle leaves to the store it is meant for. */
static int
read_outside(struct rebuild *r, const uint8_t *id_at, enum history_type *type, struct slot *out)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(r->h->options.limits.member);
	struct history_id id = id_of(r->h, id_at);
	int result = history_read(r->h->base_store, &id, type, &content, NULL);

	if (result == FAULT_MEMORY)
		return result;
	if (result != 0)
		return broke(r, FAULT_FORMAT,
			     result == HISTORY_MISSING ? history_reason_base_missing
						       : history_reason_base);
	result = slot_take(r, content.used, out);
	if (result == 0 && content.used > 0)
		memcpy(out->at, content.at, content.used);
	return result;
}

/* From the object up to what is no delta. Cycles are noticed as Brent does: the place at each
 * power of two is remembered, and coming by it again is one. */
static int
follow(struct rebuild *r, struct chain *chain, const struct pack *pack, uint64_t offset)
{
	const struct pack *seen_pack = NULL;
	uint64_t seen_offset = 0;
	struct entry entry;
	int result;

	for (;;) {
		chain->cached = cache_get(r, pack, offset);
		if (chain->cached != NULL)
			return 0;
		if (pack->map.at == NULL ||
		    pack_entry(pack, offset, pack->data_bytes, r->h->id_bytes, &entry) < 0)
			return broke(r, FAULT_FORMAT, history_reason_header);
		if (pack == seen_pack && offset == seen_offset)
			return broke(r, FAULT_FORMAT, history_reason_cycle);
		if ((chain->count & (chain->count - 1)) == 0) {
			seen_pack = pack;
			seen_offset = offset;
		}
		result = chain_add(chain, pack, offset, &entry);
		if (result == 0)
			result = next_base(r, chain, &pack, &offset);
		if (result != 0)
			return result < 0 ? result : 0;
	}
}

int
rebuild_at(struct rebuild *r, const struct pack *pack, uint64_t offset, enum history_type *type,
	   struct slot *out)
{
	AUTO(chain_free)
	struct chain chain = {.loose = SIZE_MAX};
	int result = follow(r, &chain, pack, offset);

	*out = (struct slot){0};
	if (result < 0)
		return result;
	if (chain.cached != NULL) {
		*type = chain.cached->type;
		result = slot_take(r, chain.cached->size, out);
		if (result == 0)
			memcpy(out->at, chain.cached->at, out->size);
	} else if (chain.outside != NULL) {
		result = read_outside(r, chain.outside, type, out);
	} else if (chain.loose != SIZE_MAX) {
		result = loose_rebuild(r, chain.loose, type, out, NULL);
	} else {
		const struct link *root = &chain.at[--chain.count];

		*type = (enum history_type)root->entry.type;
		result = rebuild_root(r, root->pack, &root->entry, root->pack->data_bytes, out);
		if (result == 0)
			cache_put(r, root->pack, root->offset, *type, out);
	}
	while (result == 0 && chain.count > 0) {
		const struct link *link = &chain.at[--chain.count];
		struct slot base = *out;

		result = rebuild_delta(r, link->pack, &link->entry, link->pack->data_bytes, &base,
				       NULL, out);
		slot_give(r, &base);
		if (result == 0)
			cache_put(r, link->pack, link->offset, *type, out);
	}
	return result;
}
