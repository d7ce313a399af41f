/*
 * layout.h - where the parts of a segment lie; for segment.c and segment_write.c
 *
 * OFFSET  SIZE  MEANING (all little-endian)
 *	0	8  "SWREGSEG"
 *	8	4  SEGMENT_VERSION
 *	12	4  FINGERPRINT_VERSION of the keys
 *	16	8  length of the file
 *	24	8  entries
 *	32	4  assets
 *	36	4  files
 *	40	4  spans
 *	44	4  blocks of the filter, 32 bytes each; a power of two
 *	48	8  bytes of paths
 *	56	1  bits of the directory, 8..28
 *	57	1  bytes of a remainder, 5..7
 *	58	1  bytes of a span index, 1..4
 *	59	1  bytes of a place, 1..4
 *	60	4  parts
 *	64	4  blocks of the filter of parts, as above
 *	68	172  zero
 *	240	8  XXH3-64 of the table of checks
 *	248	8  XXH3-64 of bytes 0..247
 * then, each at the next multiple of 64: filter, filter of parts, directory, remainders, span
 * indices, places, assets, files, spans, paths, parts, and the checks: XXH3-64 of every 65,536 bytes from 256 up to them.
 */
#ifndef REGISTER_LAYOUT_H
#define REGISTER_LAYOUT_H

#include "base/bytes.h"
#include "base/fault.h"

#define LAYOUT_MAGIC        "SWREGSEG"
#define LAYOUT_HEADER_BYTES 256
#define LAYOUT_BLOCK_BITS   16
#define LAYOUT_BLOCK_BYTES  ((uint64_t)1 << LAYOUT_BLOCK_BITS)
#define LAYOUT_ASSET_BYTES  192
#define LAYOUT_FILE_BYTES   96
#define LAYOUT_SPAN_BYTES   12

struct layout {
	uint32_t fingerprint_version;
	uint64_t length;
	uint64_t entries;
	uint32_t assets, files, spans, filter_blocks, parts, parts_blocks;
	uint64_t paths_bytes;
	uint8_t directory_bits, remainder_bytes, span_bytes, place_bytes;
	/* worked out */
	uint64_t filter_at, parts_filter_at, directory_at, remainders_at, spans_of_at, places_at;
	uint64_t assets_at, files_at, spans_at, paths_at, parts_at, checks_at;
	uint64_t checks; /* how many */
};

/* From the counts to the offsets and the length.  FAULT_FORMAT when the counts make no sense. */
int layout_work_out(struct layout *layout, struct fault *fault);

static inline uint64_t
layout_get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static inline void
layout_put(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

#endif
