/*
 * pack.c - headers of the objects in a pack
 *
 * Knows: gitformat-pack: type and size in 7-bit groups, the base of a delta behind it.  Does not
 * know: what the zlib stream behind that holds.
 */
#include "history/inside.h"

static int
take_size(struct bytes *in, unsigned *type, uint64_t *size)
{
	unsigned shift = 4;
	uint8_t byte;

	if (bytes_take_u8(in, &byte) < 0)
		return -1;
	*type = (byte >> 4) & 7;
	*size = byte & 15;
	while (byte & 128) {
		if (shift > 56 || bytes_take_u8(in, &byte) < 0)
			return -1;
		*size |= (uint64_t)(byte & 127) << shift;
		shift += 7;
	}
	return 0;
}

/* How far back the base begins: 7-bit groups, each further one adds 1 first. */
static int
take_back(struct bytes *in, uint64_t *back)
{
	uint8_t byte;

	if (bytes_take_u8(in, &byte) < 0)
		return -1;
	*back = byte & 127;
	while (byte & 128) {
		if (*back > (UINT64_MAX >> 8) || bytes_take_u8(in, &byte) < 0)
			return -1;
		*back = ((*back + 1) << 7) | (byte & 127);
	}
	return 0;
}

int
pack_entry(const struct pack *pack, uint64_t at, uint64_t end, size_t id_bytes, struct entry *out)
{
	struct bytes in, id;
	uint64_t back;

	*out = (struct entry){0};
	if (at < 12 || at >= end || end > pack->data_bytes)
		return -1;
	in = bytes_make(pack->map.at + at, (size_t)(end - at));
	if (take_size(&in, &out->type, &out->size) < 0)
		return -1;
	switch (out->type) {
	case HISTORY_COMMIT:
	case HISTORY_TREE:
	case HISTORY_BLOB:
	case HISTORY_TAG:
		break;
	case ENTRY_OFS_DELTA:
		if (take_back(&in, &back) < 0 || back == 0 || back > at)
			return -1;
		out->base = at - back;
		break;
	case ENTRY_REF_DELTA:
		if (bytes_take(&in, id_bytes, &id) < 0)
			return -1;
		out->base_id = id.at;
		break;
	default:
		return -1;
	}
	out->data = end - in.left;
	return 0;
}
