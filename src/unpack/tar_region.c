/*
 * tar_region.c - bytes of a tar up to its next header or its end
 *
 * Knows: headers stand at multiples of 512 from the region's start.  Does not know: what the bytes
 * are.  Each block is checked once.
 */
#include "unpack/tar_region.h"

#include "unpack/tar_header.h"

static void
region_sync(struct tar_region *region)
{
	uint64_t at = region->start_bytes + region->s.at_bytes;

	if (at > region->from->at_bytes)
		stream_take(region->from, (size_t)(at - region->from->at_bytes));
}

static void
region_check(struct tar_region *region)
{
	const struct stream *from = region->from;
	uint64_t window_end = from->at_bytes + from->left;

	while (!region->stops && window_end >= region->checked_bytes + TAR_BLOCK) {
		const uint8_t *block = from->at + (region->checked_bytes - from->at_bytes);

		if (region->checked_bytes > region->start_bytes && tar_block_is_header(block))
			region->stops = true;
		else
			region->checked_bytes += TAR_BLOCK;
	}
	if (!region->stops && from->ended) {
		region->checked_bytes = window_end;
		region->stops = true;
	}
}

static int
region_more(struct stream *s, size_t want, struct fault *fault)
{
	struct tar_region *region = (struct tar_region *)s;
	size_t ask = want < STREAM_WANT_MAX - TAR_BLOCK ? want + TAR_BLOCK : STREAM_WANT_MAX;
	int r = 0;

	region_sync(region);
	region_check(region);
	if (!region->stops) {
		r = stream_want(region->from, ask, fault);
		region_check(region);
	}
	s->at = region->from->at;
	s->left = (size_t)(region->checked_bytes - region->from->at_bytes);
	if (s->left > region->from->left)
		s->left = region->from->left;
	/* The largest want may end inside a block: then that block is given unchecked. */
	if (!region->stops && s->left < want && want <= region->from->left)
		s->left = want;
	if (region->checked_bytes < region->from->at_bytes + s->left)
		region->checked_bytes += TAR_BLOCK;
	s->ended = region->stops;
	return s->left >= want || s->ended ? 0 : r;
}

void
tar_region_begin(struct tar_region *region, struct stream *from)
{
	*region = (struct tar_region){
	    .s = {.at = from->at, .more = region_more},
	    .from = from,
	    .start_bytes = from->at_bytes,
	    .checked_bytes = from->at_bytes,
	};
}

int
tar_region_end(struct tar_region *region, struct budget *budget, struct fault *fault)
{
	struct stream *s = &region->s;
	int r = 0;

	while (r == 0 && !(s->ended && s->left == 0)) {
		if (s->left == 0)
			r = stream_want(s, 1, fault);
		if (r == 0)
			r = budget_bytes(budget, s->left, fault);
		if (r == 0)
			stream_take(s, s->left);
	}
	region_sync(region);
	return r;
}
