/*
 * gap.c - what could not be read: one row for each file and reason, counted
 *
 * So many rows and no more, however damaged a repository is; which object stands for a row does
 * not depend on which thread came first.
 */
#include "history/inside.h"

/* Files that can each have a row of their own. */
#define GAP_ROWS_MAX 1000

const char history_reason_inflate[] = "packed data is damaged";
const char history_reason_size[] = "is not as long as its header says";
const char history_reason_delta[] = "delta is damaged";
const char history_reason_header[] = "header is damaged";
const char history_reason_base[] = "the base of the delta cannot be read";
const char history_reason_base_missing[] = "the base of the delta is not there";
const char history_reason_cycle[] = "deltas that are each other's base";
const char history_reason_limit[] = "larger than may be held in memory (limit member)";
const char history_reason_id[] = "content does not have this id";
const char history_reason_crc[] = "CRC-32 of the index differs";
const char history_reason_between[] = "bytes between objects that no object owns";

static int
row_order(const struct history_gap *row, const char *what, const char *reason)
{
	int order = strcmp(row->what, what);

	return order != 0 ? order : strcmp(row->reason, reason);
}

/* The row of what/reason, made when it is new; NULL when there is no room for another. */
static struct history_gap *
row_of(struct history *h, const char *what, const char *reason, bool is_scope)
{
	size_t low = 0, high = h->gaps_count;
	char *kept;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = row_order(&h->gaps[middle], what, reason);

		if (order == 0)
			return &h->gaps[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (h->gaps_count == h->gaps_room) {
		size_t room = h->gaps_room == 0 ? 16 : h->gaps_room * 2;
		struct history_gap *grown = realloc(h->gaps, room * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		h->gaps = grown;
		h->gaps_room = room;
	}
	kept = arena_text(&h->names, what);
	if (kept == NULL)
		return NULL;
	memmove(h->gaps + low + 1, h->gaps + low, (h->gaps_count - low) * sizeof(*h->gaps));
	h->gaps_count++;
	h->gaps[low] = (struct history_gap){.what = kept, .reason = reason, .is_scope = is_scope};
	return &h->gaps[low];
}

void
gap_add(struct history *h, const char *what, const char *reason, const uint8_t *id, uint64_t count,
	bool is_scope)
{
	struct history_gap *row;

	if (count == 0)
		return;
	(void)pthread_mutex_lock(&h->lock);
	if (h->gaps_count >= GAP_ROWS_MAX)
		what = "others";
	row = row_of(h, what, reason, is_scope);
	if (row != NULL) {
		if (id != NULL && (row->count == 0 || memcmp(id, row->id.at, h->id_bytes) < 0))
			row->id = id_of(h, id);
		row->count += count;
	} else {
		h->gaps_lost = true;
	}
	(void)pthread_mutex_unlock(&h->lock);
}

const struct history_gap *
history_gaps(struct history *h, size_t *count)
{
	*count = h->gaps_count;
	return h->gaps;
}
