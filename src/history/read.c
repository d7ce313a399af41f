/*
 * read.c - one object by its id, from whichever copy can be read
 */
#include "history/inside.h"

/* The caller holds reader_lock. */
static int
reader(struct history *h, struct fault *fault)
{
	int r = h->reader_there ? 0 : rebuild_init(&h->reader, h, fault);

	if (r == 0 && !h->reader_there)
		r = rebuild_cache(&h->reader, fault);
	if (r < 0)
		rebuild_fini(&h->reader);
	h->reader_there = r == 0;
	return r;
}

/* 0, HISTORY_MISSING, FAULT_FORMAT or FAULT_LIMIT with r->why, FAULT_MEMORY. */
int
rebuild_id(struct rebuild *r, const uint8_t *id, enum history_type *type, struct slot *out)
{
	int result = HISTORY_MISSING;
	size_t loose;

	*out = (struct slot){0};
	for (size_t pack = 0; result != 0 && result != FAULT_MEMORY; pack++) {
		uint64_t offset;

		if (!history_locate(r->h, id, &pack, &offset))
			break;
		result = rebuild_at(r, &r->h->packs[pack], offset, type, out);
	}
	if (result != 0 && result != FAULT_MEMORY && loose_find(r->h, id, &loose))
		result = loose_rebuild(r, loose, type, out, NULL);
	return result;
}

int
history_read(struct history *h, const struct history_id *id, enum history_type *type,
	     struct buf *content, struct fault *fault)
{
	char text[HISTORY_ID_TEXT];
	struct slot slot;
	int r;

	(void)pthread_mutex_lock(&h->reader_lock);
	r = reader(h, fault);
	if (r == 0) {
		r = rebuild_id(&h->reader, id->at, type, &slot);
		if (r == 0 && buf_append(content, slot.at, slot.size) < 0)
			r = fault_set(fault, content->failed,
				      "object larger than there is room for");
		else if (r == FAULT_MEMORY)
			r = fault_memory(fault);
		else if (r < 0)
			r = fault_set(fault, r, "object %s: %s",
				      history_id_format(id, h->id_bytes, text), h->reader.why);
		slot_give(&h->reader, &slot);
	}
	(void)pthread_mutex_unlock(&h->reader_lock);
	return r;
}
