/*
 * checked.h - a stream whose CRC-32 and size are compared with what was promised
 */
#ifndef UNPACK_CHECKED_H
#define UNPACK_CHECKED_H

#include "base/stream.h"

struct checked {
	struct stream s;
	struct stream *from;
	int64_t size_bytes; /* promised; -1: not */
	bool has_crc;
	uint32_t crc;          /* promised */
	uint32_t sum;          /* of the bytes up to summed_bytes */
	uint64_t summed_bytes; /* offset in `from` */
	int wrong;             /* FAULT_FORMAT once the end was seen and the sum differs */
	bool size_lies;        /* known at the end */
};

/* Lends the window of `from` on; reads from where `from` stands. */
void checked_begin(struct checked *checked, struct stream *from, int64_t size_bytes);

/* Compare with `crc`, too: a difference is FAULT_FORMAT after the last byte. */
void checked_crc(struct checked *checked, uint32_t crc);

#endif
