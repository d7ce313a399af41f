/*
 * tar_region.h - bytes of a tar up to its next header or its end, as a stream
 */
#ifndef UNPACK_TAR_REGION_H
#define UNPACK_TAR_REGION_H

#include "base/budget.h"
#include "base/stream.h"

struct tar_region {
	struct stream s;
	struct stream *from;
	uint64_t start_bytes;
	uint64_t checked_bytes; /* offset in `from` up to which no header begins */
	bool stops;             /* a header begins at checked_bytes, or `from` ends there */
};

/* `from` stands at the first byte of the region, which is not the start of a header. */
void tar_region_begin(struct tar_region *region, struct stream *from);

/* Skip what was left unread. */
int tar_region_end(struct tar_region *region, struct budget *budget, struct fault *fault);

#endif
