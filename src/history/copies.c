/*
 * copies.c - which objects are there more than once, so that each is shown once
 *
 * The ids of every pack and of the loose objects are sorted already: one merge over all of them,
 * O(n log sources), a bit for each copy that comes second.  The order of sources is own packs,
 * loose objects, packs of alternates.
 */
#include "history/inside.h"

struct source {
	const uint8_t *at; /* the id it stands at; NULL: at its end */
	uint64_t *copies;
	size_t stride, next, count;
	size_t rank;
};

/* Smaller id first, the preferred source first among equals. */
static bool
before(const struct source *a, const struct source *b, size_t id_bytes)
{
	int order = memcmp(a->at, b->at, id_bytes);

	return order < 0 || (order == 0 && a->rank < b->rank);
}

static void
sink(struct source *heap, size_t count, size_t at, size_t id_bytes)
{
	for (;;) {
		size_t least = at, left = 2 * at + 1;

		for (size_t child = left; child < left + 2 && child < count; child++)
			if (before(&heap[child], &heap[least], id_bytes))
				least = child;
		if (least == at)
			return;
		struct source swap = heap[at];
		heap[at] = heap[least];
		heap[least] = swap;
		at = least;
	}
}

static int
add_source(struct source *heap, size_t *count, size_t rank, const uint8_t *ids, size_t stride,
	   size_t many, uint64_t **copies)
{
	if (many == 0)
		return 0;
	*copies = calloc((many + 63) / 64, sizeof(**copies));
	if (*copies == NULL)
		return FAULT_MEMORY;
	heap[(*count)++] = (struct source){
	    .at = ids, .copies = *copies, .stride = stride, .count = many, .rank = rank};
	return 0;
}

static void
merge(struct source *heap, size_t count, size_t id_bytes)
{
	const uint8_t *seen = NULL;

	for (size_t i = count; i-- > 0;)
		sink(heap, count, i, id_bytes);
	while (count > 0) {
		struct source *s = &heap[0];

		if (seen != NULL && memcmp(seen, s->at, id_bytes) == 0)
			s->copies[s->next / 64] |= (uint64_t)1 << (s->next % 64);
		seen = s->at;
		if (++s->next < s->count)
			s->at += s->stride;
		else
			*s = heap[--count];
		sink(heap, count, 0, id_bytes);
	}
}

int
copies_mark(struct history *h, struct fault *fault)
{
	AUTO(own_free)
	struct source *heap = calloc(h->packs_count + 1, sizeof(*heap));
	size_t count = 0, own = 0;
	int r = 0;

	if (heap == NULL)
		return fault_memory(fault);
	if (h->packs_count + (h->loose.count > 0) < 2)
		return 0;
	while (own < h->packs_count && !h->packs[own].is_alternate)
		own++;
	for (size_t i = 0; r == 0 && i < h->packs_count; i++)
		r = add_source(heap, &count, i < own ? i : i + 1, h->packs[i].idx.ids,
			       h->packs[i].idx.stride, h->packs[i].idx.count, &h->packs[i].copies);
	if (r == 0)
		r = add_source(heap, &count, own, h->loose.ids, h->id_bytes, h->loose.count,
			       &h->loose.copies);
	if (r < 0)
		return fault_memory(fault);
	merge(heap, count, h->id_bytes);
	return 0;
}
