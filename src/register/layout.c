/*
 * layout.c - where the parts of a segment lie
 *
 * Knows: that counts decide offsets, so that no offset in a file needs to be believed.
 */
#include "register/layout.h"

#include "register/filter.h"

static uint64_t
aligned(uint64_t at)
{
	return (at + 63) & ~UINT64_C(63);
}

static bool
is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

int
layout_work_out(struct layout *l, struct fault *fault)
{
	uint64_t at = LAYOUT_HEADER_BYTES;

	/* 2^40 of anything keeps every sum below far from 2^64. */
	if (l->entries >> 40 != 0 || l->paths_bytes >> 40 != 0 || l->directory_bits < 8 ||
	    l->directory_bits > 28 || l->remainder_bytes != (64 - l->directory_bits + 7) / 8 ||
	    l->span_bytes < 1 || l->span_bytes > 4 || l->place_bytes < 1 || l->place_bytes > 4 ||
	    !is_power_of_two(l->filter_blocks) || !is_power_of_two(l->parts_blocks))
		return fault_set(fault, FAULT_FORMAT, "counts in the header make no sense");
	l->filter_at = at;
	at = aligned(at + (uint64_t)l->filter_blocks * FILTER_BLOCK_BYTES);
	l->parts_filter_at = at;
	at = aligned(at + (uint64_t)l->parts_blocks * FILTER_BLOCK_BYTES);
	l->directory_at = at;
	at = aligned(at + (((uint64_t)1 << l->directory_bits) + 1) * 4);
	l->remainders_at = at;
	at = aligned(at + l->entries * l->remainder_bytes);
	l->spans_of_at = at;
	at = aligned(at + l->entries * l->span_bytes);
	l->places_at = at;
	at = aligned(at + l->entries * l->place_bytes);
	l->assets_at = at;
	at = aligned(at + (uint64_t)l->assets * LAYOUT_ASSET_BYTES);
	l->files_at = at;
	at = aligned(at + (uint64_t)l->files * LAYOUT_FILE_BYTES);
	l->spans_at = at;
	at = aligned(at + (uint64_t)l->spans * LAYOUT_SPAN_BYTES);
	l->paths_at = at;
	at = aligned(at + l->paths_bytes);
	l->parts_at = at;
	at = aligned(at + (uint64_t)l->parts * 4);
	l->checks_at = at;
	l->checks = (at - LAYOUT_HEADER_BYTES + LAYOUT_BLOCK_BYTES - 1) >> LAYOUT_BLOCK_BITS;
	l->length = at + l->checks * 8;
	return 0;
}
