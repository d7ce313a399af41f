/*
 * encode.h - bytes in, one deflated stream out: for packages that are written again
 *
 * By zlib at one level, whatever the machine: equal bytes in are equal bytes out, which encoders
 * that choose by processor do not promise.
 */
#ifndef CODEC_ENCODE_H
#define CODEC_ENCODE_H

#include "base/bytes.h"
#include "base/fault.h"

enum encode_kind {
	ENCODE_GZIP,    /* a header without name and time, CRC and size behind */
	ENCODE_DEFLATE, /* bare, as zip members hold it */
};

/* Takes a piece of the output; 0, or a fault, which ends the encoding. */
typedef int encode_fn(void *to, struct bytes piece, struct fault *fault);

struct encoder;

int encoder_open(struct encoder **out, enum encode_kind kind, encode_fn *write, void *to,
		 struct fault *fault);
int encoder_add(struct encoder *encoder, struct bytes piece, struct fault *fault);
/* The rest; nothing may be added behind it. */
int encoder_finish(struct encoder *encoder, struct fault *fault);
void encoder_close(struct encoder **encoder);

#endif
