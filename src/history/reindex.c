/*
 * reindex.c - make the index of a pack by reading it: bundles, and packs whose index is lost
 *
 * Knows: that ids follow from contents, so that everything must be rebuilt once.  Does not know:
 * where the pack comes from.
 * First a pass that finds where each object ends, which only inflating tells, and gives roots
 * their ids.  Then each delta, from its base on: children by offset are known, children by id are
 * found in a sorted list when their base has got its id.
 */
#include <stdio.h>

#include "codec/codec.h"
#include "history/inside.h"
#include "seal/hash.h"

struct made { /* one object */
	uint64_t offset, end;
	uint64_t base;          /* offset; 0: no delta by offset */
	const uint8_t *base_id; /* NULL: no delta by id */
	uint8_t id[HISTORY_ID_MAX];
	uint8_t type; /* 0: not known yet */
};

struct step {
	uint32_t object;
	struct slot content;
	uint32_t by_offset, by_id; /* the next child of either kind */
};

struct maker {
	struct history *h;
	struct pack *pack;
	struct rebuild rebuild;
	struct hash_git *hash;
	struct made *at;
	uint32_t count, room;
	uint32_t *by_offset; /* deltas by offset, sorted by base */
	uint32_t *by_id;     /* deltas by id, sorted by base_id */
	uint32_t by_offset_count, by_id_count;
	struct step *stack;
	size_t depth, stack_room;
	uint64_t held; /* bytes of contents on the stack */
};

static int
hash_object(struct maker *m, struct made *object, const struct slot *content)
{
	static const char *const names[] = {"", "commit", "tree", "blob", "tag"};

	return hash_git_object(m->hash, names[object->type], bytes_make(content->at, content->size),
			       object->id, NULL);
}

/* ---- where objects end ---- */

/* A root too large to be held: its id and its end, a window at a time. */
static int
read_large(struct maker *m, struct made *object, const struct entry *entry)
{
	AUTO(stream_close)
	struct stream *text = NULL;
	struct stream source;
	char header[40];
	int length =
	    snprintf(header, sizeof(header), "blob %llu", (unsigned long long)entry->size) + 1;
	int r;

	if (entry->type != HISTORY_BLOB)
		return FAULT_FORMAT;
	stream_from_memory(&source, bytes_make(m->pack->map.at + entry->data,
					       (size_t)(m->pack->data_bytes - entry->data)));
	r = codec_open_bare(&text, CODEC_ZLIB, &source, -1, NULL);
	if (r == 0)
		r = hash_git_begin(m->hash, NULL);
	if (r == 0)
		r = hash_git_add(m->hash, bytes_make(header, (size_t)length), NULL);
	while (r == 0 && (r = stream_want(text, 1, NULL)) == 0 && text->left > 0) {
		if (text->at_bytes + text->left > entry->size)
			return FAULT_FORMAT;
		r = hash_git_add(m->hash, stream_window(text), NULL);
		stream_take(text, text->left);
	}
	if (r == 0 && text->at_bytes != entry->size)
		r = FAULT_FORMAT;
	object->end = entry->data + source.at_bytes;
	return r < 0 ? r : hash_git_end(m->hash, object->id, NULL);
}

static int
read_entry(struct maker *m, uint64_t at, struct made *object)
{
	struct entry entry;
	struct slot slot;
	size_t taken, made;
	int r;

	*object = (struct made){.offset = at};
	if (pack_entry(m->pack, at, m->pack->data_bytes, m->h->id_bytes, &entry) < 0)
		return FAULT_FORMAT;
	object->base = entry.base;
	object->base_id = entry.base_id;
	object->type = entry.type <= HISTORY_TAG ? (uint8_t)entry.type : 0;
	if (entry.size / DEFLATE_RATIO_MAX > m->pack->data_bytes - entry.data)
		return FAULT_FORMAT;
	if (entry.size > m->h->options.limits.member)
		return read_large(m, object, &entry);
	r = slot_take(&m->rebuild, (size_t)entry.size, &slot);
	if (r < 0)
		return r;
	r = codec_inflate_zlib(
	    m->rebuild.inflater,
	    bytes_make(m->pack->map.at + entry.data, (size_t)(m->pack->data_bytes - entry.data)),
	    slot.at, slot.size, &taken, &made);
	if (r != 0 || made != entry.size)
		r = FAULT_FORMAT;
	object->end = entry.data + taken;
	if (r == 0 && object->type != 0)
		r = hash_object(m, object, &slot);
	slot_give(&m->rebuild, &slot);
	return r;
}

static int
read_entries(struct maker *m, uint32_t count)
{
	uint64_t at = 12;
	int r = 0;

	while (r == 0 && m->count < count) {
		if (history_cancelled(m->h))
			return FAULT_CANCEL;
		if (m->count == m->room) {
			uint32_t room = m->room == 0 ? 256 : m->room * 2;
			struct made *grown = realloc(m->at, (size_t)room * sizeof(*grown));

			if (grown == NULL)
				return FAULT_MEMORY;
			m->at = grown;
			m->room = room;
		}
		r = read_entry(m, at, &m->at[m->count]);
		if (r == 0)
			at = m->at[m->count++].end;
	}
	if (r == FAULT_FORMAT) { /* where the next one begins is lost with this one */
		gap_add(m->h, m->pack->name, "damaged, without an index: nothing from there on",
			NULL, count - m->count, false);
		r = 0;
	} else if (r == 0 && at != m->pack->data_bytes) {
		gap_add(m->h, m->pack->name, history_reason_between, NULL, 1, false);
	}
	return r;
}

/* ---- children ---- */

static int
offset_order(const void *one, const void *other, void *to)
{
	const struct made *at = to;
	const struct made *a = &at[*(const uint32_t *)one], *b = &at[*(const uint32_t *)other];

	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

struct id_context {
	const struct made *at;
	size_t id_bytes;
};

static int
id_order(const void *one, const void *other, void *to)
{
	const struct id_context *c = to;
	const struct made *a = &c->at[*(const uint32_t *)one],
			  *b = &c->at[*(const uint32_t *)other];
	int order = memcmp(a->base_id, b->base_id, c->id_bytes);

	return order != 0 ? order : a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int
sort_children(struct maker *m)
{
	struct id_context context = {m->at, m->h->id_bytes};

	m->by_offset = malloc(((size_t)m->count + 1) * sizeof(*m->by_offset));
	m->by_id = malloc(((size_t)m->count + 1) * sizeof(*m->by_id));
	if (m->by_offset == NULL || m->by_id == NULL)
		return FAULT_MEMORY;
	for (uint32_t i = 0; i < m->count; i++) {
		if (m->at[i].base != 0)
			m->by_offset[m->by_offset_count++] = i;
		else if (m->at[i].base_id != NULL)
			m->by_id[m->by_id_count++] = i;
	}
	qsort_r(m->by_offset, m->by_offset_count, sizeof(*m->by_offset), offset_order, m->at);
	qsort_r(m->by_id, m->by_id_count, sizeof(*m->by_id), id_order, &context);
	return 0;
}

static uint32_t
first_by_offset(const struct maker *m, uint64_t base)
{
	uint32_t low = 0, high = m->by_offset_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (m->at[m->by_offset[middle]].base < base)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t
first_by_id(const struct maker *m, const uint8_t *id)
{
	uint32_t low = 0, high = m->by_id_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(m->at[m->by_id[middle]].base_id, id, m->h->id_bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The next child of what is on top, or UINT32_MAX.  One that has its type was visited: two bases
 * of the same id. */
static uint32_t
next_child(const struct maker *m, struct step *step)
{
	const struct made *base = &m->at[step->object];

	while (step->by_offset < m->by_offset_count &&
	       m->at[m->by_offset[step->by_offset]].base == base->offset) {
		uint32_t child = m->by_offset[step->by_offset++];

		if (m->at[child].type == 0)
			return child;
	}
	while (step->by_id < m->by_id_count &&
	       memcmp(m->at[m->by_id[step->by_id]].base_id, base->id, m->h->id_bytes) == 0) {
		uint32_t child = m->by_id[step->by_id++];

		if (m->at[child].type == 0)
			return child;
	}
	return UINT32_MAX;
}

/* ---- ids of deltas ---- */

static int
push(struct maker *m, uint32_t object, const struct slot *content)
{
	if (m->depth == m->stack_room) {
		size_t room = m->stack_room == 0 ? 64 : m->stack_room * 2;
		struct step *grown = realloc(m->stack, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		m->stack = grown;
		m->stack_room = room;
	}
	m->stack[m->depth++] =
	    (struct step){object, *content, first_by_offset(m, m->at[object].offset),
			  first_by_id(m, m->at[object].id)};
	m->held += content->size;
	return 0;
}

static void
pop(struct maker *m)
{
	struct step *top = &m->stack[--m->depth];

	m->held -= top->content.size;
	slot_give(&m->rebuild, &top->content);
}

/* Give `child` its id and put it on the stack; damage is for it and its own children alone. */
static int
make_child(struct maker *m, uint32_t child, const struct slot *base, uint8_t type)
{
	struct made *object = &m->at[child];
	struct entry entry;
	struct slot content;
	int r;

	if (m->held > 4 * m->h->options.limits.member)
		return 0; /* no id: counted at the end */
	if (pack_entry(m->pack, object->offset, object->end, m->h->id_bytes, &entry) < 0)
		return 0;
	r = rebuild_delta(&m->rebuild, m->pack, &entry, object->end, base, NULL, &content);
	if (r == FAULT_FORMAT || r == FAULT_LIMIT)
		return 0;
	if (r < 0)
		return r;
	object->type = type;
	r = hash_object(m, object, &content);
	if (r == 0)
		r = push(m, child, &content);
	if (r < 0)
		slot_give(&m->rebuild, &content);
	return r;
}

static int
walk(struct maker *m)
{
	int r = 0;

	while (r == 0 && m->depth > 0) {
		struct step *top = &m->stack[m->depth - 1];
		uint32_t child = next_child(m, top);
		struct slot base = top->content;
		uint8_t type = m->at[top->object].type;

		if (child == UINT32_MAX)
			pop(m);
		else
			r = make_child(m, child, &base, type);
	}
	while (m->depth > 0)
		pop(m);
	return r;
}

static bool
has_children(const struct maker *m, uint32_t object)
{
	const struct made *base = &m->at[object];
	uint32_t by_offset = first_by_offset(m, base->offset), by_id = first_by_id(m, base->id);

	return (by_offset < m->by_offset_count &&
		m->at[m->by_offset[by_offset]].base == base->offset) ||
	       (by_id < m->by_id_count &&
		memcmp(m->at[m->by_id[by_id]].base_id, base->id, m->h->id_bytes) == 0);
}

static int
walk_from(struct maker *m, uint32_t root)
{
	const struct made *object = &m->at[root];
	struct entry entry;
	struct slot content;
	int r;

	if (object->base != 0 || object->base_id != NULL || !has_children(m, root) ||
	    pack_entry(m->pack, object->offset, object->end, m->h->id_bytes, &entry) < 0)
		return 0;
	r = rebuild_root(&m->rebuild, m->pack, &entry, object->end, &content);
	if (r == FAULT_FORMAT || r == FAULT_LIMIT)
		return 0;
	if (r == 0)
		r = push(m, root, &content);
	return r < 0 ? r : walk(m);
}

/* Deltas of a thin pack, whose bases another store has. */
static int
walk_outside(struct maker *m)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(m->h->options.limits.member);
	int r = 0;

	for (uint32_t i = 0; r == 0 && m->h->base_store != NULL && i < m->by_id_count; i++) {
		uint32_t child = m->by_id[i];
		struct history_id id = id_of(m->h, m->at[child].base_id);
		enum history_type type;
		struct slot base;

		if (m->at[child].type != 0)
			continue;
		buf_reset(&content);
		r = history_read(m->h->base_store, &id, &type, &content, NULL);
		if (r != 0) {
			r = r == FAULT_MEMORY ? r : 0;
			continue;
		}
		r = slot_take(&m->rebuild, content.used, &base);
		if (r < 0)
			break;
		if (content.used > 0)
			memcpy(base.at, content.at, content.used);
		r = make_child(m, child, &base, (uint8_t)type);
		slot_give(&m->rebuild, &base);
		if (r == 0)
			r = walk(m);
	}
	return r;
}

/* ---- the index ---- */

static int
made_order(const void *one, const void *other, void *id_bytes)
{
	const struct made *a = one, *b = other;
	int order = memcmp(a->id, b->id, *(const size_t *)id_bytes);

	return order != 0 ? order : a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int
make_idx(struct maker *m)
{
	struct idx *idx = &m->pack->idx;
	size_t id_bytes = m->h->id_bytes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->count; i++)
		if (m->at[i].type != 0)
			m->at[kept++] = m->at[i];
	gap_add(m->h, m->pack->name,
		m->h->base_store == NULL && m->by_id_count > 0 ? history_reason_base_missing
							       : history_reason_base,
		NULL, m->count - kept, false);
	if (kept > 0)
		qsort_r(m->at, kept, sizeof(*m->at), made_order, &id_bytes);
	*idx = (struct idx){.count = kept, .stride = id_bytes, .id_bytes = id_bytes};
	idx->made_ids = malloc((size_t)kept * id_bytes + 1);
	idx->made_offsets = malloc(((size_t)kept + 1) * sizeof(*idx->made_offsets));
	if (idx->made_ids == NULL || idx->made_offsets == NULL)
		return FAULT_MEMORY;
	for (uint32_t i = 0; i < kept; i++) {
		memcpy(idx->made_ids + (size_t)i * id_bytes, m->at[i].id, id_bytes);
		idx->made_offsets[i] = m->at[i].offset;
		idx->fanout[m->at[i].id[0] + 1]++;
	}
	for (unsigned b = 0; b < 256; b++)
		idx->fanout[b + 1] += idx->fanout[b];
	idx->ids = idx->made_ids;
	return 0;
}

static void
maker_free(struct maker *m)
{
	while (m->depth > 0)
		pop(m);
	rebuild_fini(&m->rebuild);
	hash_git_free(&m->hash);
	free(m->at);
	free(m->by_offset);
	free(m->by_id);
	free(m->stack);
}

int
pack_reindex(struct history *h, struct pack *pack, uint32_t count, struct fault *fault)
{
	AUTO(maker_free)
	struct maker m = {.h = h, .pack = pack};
	int r = rebuild_init(&m.rebuild, h, fault);

	if (r == 0)
		r = hash_git_new(&m.hash, h->id_bytes, fault);
	if (r < 0)
		return r;
	r = read_entries(&m, count);
	if (r == 0)
		r = sort_children(&m);
	for (uint32_t i = 0; r == 0 && i < m.count; i++)
		r = walk_from(&m, i);
	if (r == 0)
		r = walk_outside(&m);
	if (r == 0)
		r = make_idx(&m);
	return r == FAULT_CANCEL ? fault_set(fault, r, "stopped") : r < 0 ? fault_memory(fault) : 0;
}
