/*
 * anchor.h - places where one of a few three-byte anchors stands, at the speed of reading
 *
 * A detector that looks for rare things names a rare trigram of each; what anchors_next() finds is a
 * candidate that the detector must check itself, since neighbours in the tables mix ("/ho" and
 * "\Us" also let "/Us" pass).  Method: nibble tables and a byte shuffle, after "Teddy" of
 * Hyperscan (Wang et al., NSDI 2019, section 4); one table for all anchors.
 */
#ifndef DETECT_ANCHOR_H
#define DETECT_ANCHOR_H

#include "base/bytes.h"

#define ANCHOR_BYTES 3
#define ANCHORS_MAX  16

struct anchors {
	/* Bit k of lo[p][n]: an anchor of bucket k has low nibble n at position p; hi likewise. */
	uint8_t lo[ANCHOR_BYTES][16];
	uint8_t hi[ANCHOR_BYTES][16];
	size_t stride; /* bytes from one letter to the next: 1, or 2 for UTF-16LE */
	bool wide;     /* the processor has the byte shuffle for 32 bytes */
};

/* `list` holds `count` (<= ANCHORS_MAX) trigrams in a row: "/ho/Us".  Takes well under 1 us. */
void anchors_init(struct anchors *anchors, const char *list, size_t count, size_t stride);

/* Offset of the next candidate at or behind `from`, or in.left.  Every place where an anchor
 * stands wholly inside `in` is found.  Cost: >= 6 GB/s where nothing is found (bench/detect.c). */
size_t anchors_next(const struct anchors *anchors, struct bytes in, size_t from);

#endif
