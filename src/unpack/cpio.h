/*
 * cpio.h - the state of the cpio reader, for rpm.c, which is one behind headers and a codec
 */
#ifndef UNPACK_CPIO_H
#define UNPACK_CPIO_H

#include "unpack/reader.h"

struct cpio {
	struct unpack up;
	uint64_t padding;
	struct buf name, target;
	uint64_t headers;
	bool past_end, past_end_told;
};

int cpio_begin(struct unpack *up, struct fault *fault);
int cpio_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault);
void cpio_fini(struct unpack *up);

#endif
