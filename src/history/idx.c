/*
 * idx.c - the index of a pack: ids in order, and where each object begins
 *
 * Knows: versions 1 and 2 of git's *.idx (gitformat-pack), ids of 20 and 32 bytes.  Does not know:
 * what is in the pack.
 *
 * Version 2, all numbers big-endian, n = fanout[255]:
 *	OFFSET		SIZE	MEANING
 *	0		8	"\377tOc", 2
 *	8		1024	fanout: how many ids begin with a byte <= b
 *	1032		n * h	ids, ascending
 *	...		n * 4	CRC-32 of the packed bytes of each
 *	...		n * 4	offsets; the high bit set: a place in the next table
 *	...		m * 8	offsets of 2 GiB and more
 *	...		2 * h	checksum of the pack, checksum of all this
 * Version 1: fanout, n * (4 offset + h id), the two checksums.
 */
#include "history/inside.h"

#define FANOUT_BYTES 1024

static uint32_t
be32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return BYTES_BE32(value);
}

static uint64_t
be64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return BYTES_BE64(value);
}

static int
take_fanout(struct idx *idx, struct bytes *in, struct fault *fault)
{
	idx->fanout[0] = 0;
	for (unsigned i = 0; i < 256; i++) {
		if (bytes_take_be32(in, &idx->fanout[i + 1]) < 0)
			return fault_set(fault, FAULT_FORMAT, "index ends in its fanout");
		if (idx->fanout[i + 1] < idx->fanout[i])
			return fault_set(fault, FAULT_FORMAT, "index: fanout goes down");
	}
	idx->count = idx->fanout[256];
	return idx->count > HISTORY_PACK_OBJECTS_MAX
		   ? fault_set(fault, FAULT_FORMAT, "index of too many objects")
		   : 0;
}

/* Ids that are out of order would be missed by a search, and with them objects. */
static bool
is_ascending(const struct idx *idx)
{
	for (unsigned b = 0; b < 256; b++)
		for (uint32_t i = idx->fanout[b]; i < idx->fanout[b + 1]; i++)
			if (*idx_id(idx, i) != b ||
			    (i > 0 &&
			     memcmp(idx_id(idx, i - 1), idx_id(idx, i), idx->id_bytes) > 0))
				return false;
	return true;
}

static int
parse_v2(struct idx *idx, struct bytes in, struct fault *fault)
{
	struct bytes ids, crcs, offsets, large = {0};
	size_t n;
	int r = take_fanout(idx, &in, fault);

	if (r < 0)
		return r;
	n = idx->count;
	if (bytes_take(&in, n * idx->id_bytes, &ids) < 0 || bytes_take(&in, n * 4, &crcs) < 0 ||
	    bytes_take(&in, n * 4, &offsets) < 0 || in.left < 2 * idx->id_bytes ||
	    (in.left - 2 * idx->id_bytes) % 8 != 0)
		return fault_set(fault, FAULT_FORMAT, "index is not as long as it says");
	(void)bytes_take(&in, in.left - 2 * idx->id_bytes, &large);
	idx->ids = ids.at;
	idx->stride = idx->id_bytes;
	idx->crcs = crcs.at;
	idx->offsets32 = offsets.at;
	idx->offsets64 = large.at;
	idx->offsets64_count = large.left / 8;
	return 0;
}

static int
parse_v1(struct idx *idx, struct bytes in, struct fault *fault)
{
	size_t stride = idx->id_bytes + 4;
	int r = take_fanout(idx, &in, fault);

	if (r < 0)
		return r;
	if (in.left != (uint64_t)idx->count * stride + 2 * idx->id_bytes)
		return fault_set(fault, FAULT_FORMAT, "index is not as long as it says");
	idx->ids = in.at + 4;
	idx->stride = stride;
	return 0;
}

int
idx_parse(struct idx *idx, struct map map, size_t id_bytes, struct fault *fault)
{
	struct bytes in = bytes_make(map.at, map.bytes);
	struct bytes after = in;
	uint32_t version = 0;
	int r;

	*idx = (struct idx){.id_bytes = id_bytes};
	if (bytes_begins(in, BYTES_OF("\377tOc"))) {
		(void)bytes_skip(&after, 4);
		if (bytes_take_be32(&after, &version) < 0 || version != 2)
			return fault_set(fault, FAULT_FORMAT, "index of version %u", version);
		r = parse_v2(idx, after, fault);
	} else {
		r = parse_v1(idx, in, fault);
	}
	if (r == 0 && !is_ascending(idx))
		r = fault_set(fault, FAULT_FORMAT, "index: ids are not in order");
	if (r == 0)
		idx->map = map;
	return r;
}

void
idx_close(struct idx *idx)
{
	map_close(&idx->map);
	free(idx->made_ids);
	free(idx->made_offsets);
	*idx = (struct idx){0};
}

static uint32_t
key_of(const uint8_t *id)
{
	return be32(id + 1); /* behind the byte of the fanout */
}

/* Ids are digests, so a guess by proportion is near: three guesses leave some ten of a million to
 * be searched.  Ids that somebody chose make the guesses bad, and the search takes over. */
bool
idx_find(const struct idx *idx, const uint8_t *id, uint32_t *position)
{
	uint32_t low = idx->fanout[id[0]], high = idx->fanout[id[0] + 1];
	uint32_t key = key_of(id), low_key = 0, high_key = UINT32_MAX;
	unsigned guesses = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order;

		if (guesses++ < 4 && key >= low_key && key < high_key)
			middle = low + (uint32_t)((uint64_t)(high - low) * (key - low_key) /
						  ((uint64_t)high_key - low_key));
		order = memcmp(id, idx_id(idx, middle), idx->id_bytes);
		if (order == 0) {
			*position = middle;
			return true;
		}
		if (order < 0) {
			high = middle;
			high_key = key_of(idx_id(idx, middle));
		} else {
			low = middle + 1;
			low_key = key_of(idx_id(idx, middle));
		}
	}
	return false;
}

/* An offset that is not there at all is UINT64_MAX, which lies behind every pack. */
uint64_t
idx_offset(const struct idx *idx, uint32_t position)
{
	uint32_t small;

	if (idx->made_offsets != NULL)
		return idx->made_offsets[position];
	if (idx->offsets32 == NULL)
		return be32(idx_id(idx, position) - 4);
	small = be32(idx->offsets32 + (size_t)position * 4);
	if (!(small & 0x80000000u))
		return small;
	small &= 0x7fffffffu;
	return small < idx->offsets64_count ? be64(idx->offsets64 + (size_t)small * 8) : UINT64_MAX;
}
