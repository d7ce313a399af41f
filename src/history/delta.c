/*
 * delta.c - apply git's deltas, and say where each piece of the target came from
 *
 * Knows: the delta format of gitformat-pack ("Deltified representation").  Does not know: packs.
 *
 * A delta is two sizes in 7-bit groups, then commands: 1xxxxxxx copies (offset and size in the
 * bytes that the low seven bits announce, size 0 meaning 64 KiB), 0xxxxxxx inserts that many
 * bytes, 0 is refused.  Most copies are short, so up to 64 bytes are moved in fixed pieces that
 * may write past the target's end into its slack; a call to memcpy for each costs a third more.
 */
#include "history/inside.h"

int
delta_sizes(struct bytes *delta, uint64_t *base_bytes, uint64_t *target_bytes)
{
	uint64_t *out[2] = {base_bytes, target_bytes};

	for (int i = 0; i < 2; i++) {
		unsigned shift = 0;
		uint8_t byte;

		*out[i] = 0;
		do {
			if (shift > 56 || bytes_take_u8(delta, &byte) < 0)
				return -1;
			*out[i] |= (uint64_t)(byte & 127) << shift;
			shift += 7;
		} while (byte & 128);
	}
	return 0;
}

static int
edits_add(struct edits *edits, uint64_t at, uint64_t length, int64_t from)
{
	struct history_edit *last = edits->count > 0 ? &edits->at[edits->count - 1] : NULL;

	/* git copies at most 64 KiB in one command, and splits inserts at 127 bytes */
	if (last != NULL &&
	    (from < 0 ? last->from < 0
		      : last->from >= 0 && last->from + (int64_t)last->length == from)) {
		last->length += length;
		return 0;
	}
	if (edits->count == edits->room) {
		size_t room = edits->room == 0 ? 1024 : edits->room * 2;
		struct history_edit *grown = realloc(edits->at, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		edits->at = grown;
		edits->room = room;
	}
	edits->at[edits->count++] = (struct history_edit){at, length, from};
	return 0;
}

/* Both sides have CONTENT_SLACK readable and writable bytes behind their end. */
static inline void
copy(uint8_t *to, const uint8_t *from, size_t count)
{
	if (count > 64) {
		memcpy(to, from, count);
		return;
	}
	memcpy(to, from, 32);
	if (count > 32)
		memcpy(to + 32, from + 32, 32);
}

/* Without the instruction for it, which not every processor has, counting bits is a call: one for
 * each copy was 1 % of a sweep. */
static ptrdiff_t
operands(unsigned command)
{
	ptrdiff_t count = 0;

	for (unsigned bit = 1; bit < 128; bit <<= 1)
		count += (command & bit) != 0;
	return count;
}

/* The operands of a copy: which bytes are there is told by the low seven bits. */
static inline const uint8_t *
take_copy(const uint8_t *at, unsigned command, size_t *offset, size_t *count)
{
	size_t from = 0, many = 0;

	if (command & 1)
		from = *at++;
	if (command & 2)
		from |= (size_t)*at++ << 8;
	if (command & 4)
		from |= (size_t)*at++ << 16;
	if (command & 8)
		from |= (size_t)*at++ << 24;
	if (command & 16)
		many = *at++;
	if (command & 32)
		many |= (size_t)*at++ << 8;
	if (command & 64)
		many |= (size_t)*at++ << 16;
	*offset = from;
	*count = many == 0 ? 0x10000 : many;
	return at;
}

int
delta_apply(struct bytes delta, const uint8_t *base, size_t base_bytes, uint8_t *to, size_t size,
	    struct edits *edits)
{
	const uint8_t *at = delta.at, *end = delta.at + delta.left;
	size_t made = 0;
	int r = 0;

	while (at < end && r == 0) {
		unsigned command = *at++;
		size_t from, count;

		if (command & 128) {
			if (end - at < 7 && end - at < operands(command))
				return FAULT_FORMAT;
			at = take_copy(at, command, &from, &count);
			if (from > base_bytes || count > base_bytes - from || count > size - made)
				return FAULT_FORMAT;
			copy(to + made, base + from, count);
			if (edits != NULL)
				r = edits_add(edits, made, count, (int64_t)from);
		} else {
			count = command;
			if (count == 0 || count > (size_t)(end - at) || count > size - made)
				return FAULT_FORMAT;
			if ((size_t)(end - at) >= 64 && count <= 64)
				copy(to + made, at, count);
			else
				memcpy(to + made, at, count);
			at += count;
			if (edits != NULL)
				r = edits_add(edits, made, count, -1);
		}
		made += count;
	}
	return r < 0 ? r : made == size ? 0 : FAULT_FORMAT;
}
