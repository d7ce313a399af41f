/*
 * inflate.h - one zlib stream of known size, from memory to memory, nothing around it
 *
 * For stores with millions of small streams.  The Adler-32 behind the stream is checked.  An
 * inflater belongs to one thread.
 */
#ifndef CODEC_INFLATE_H
#define CODEC_INFLATE_H

#include "base/bytes.h"
#include "base/fault.h"

struct codec_inflater;

int codec_inflater_new(struct codec_inflater **out, struct fault *fault);
void codec_inflater_free(struct codec_inflater **inflater);

enum codec_inflated {
	CODEC_INFLATED = 0,
	CODEC_INFLATE_MORE = 1, /* the stream holds more than `room`: nothing useful was written */
};

/* Decode the zlib stream at the front of `in`: *taken bytes of it became *made <= room bytes.
 * 0, CODEC_INFLATE_MORE, or FAULT_FORMAT (damaged, ends early, checksum differs).
 * Cost: 0.3-1 GB/s of output for small streams of source code. */
int codec_inflate_zlib(struct codec_inflater *inflater, struct bytes in, uint8_t *to, size_t room,
		       size_t *taken, size_t *made);

#endif
