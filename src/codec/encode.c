/*
 * encode.c - deflate, by zlib
 *
 * Knows: zlib's stream.  Does not know: where the bytes go.
 */
#include "codec/encode.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/own.h"

/* What npm and pip's own tools take is 9; it is 3 times slower for 1 % of real packages' size. */
#define LEVEL       6
#define BLOCK_BYTES 65536

struct encoder {
	z_stream z;
	bool open;
	encode_fn *write;
	void *to;
	uint8_t block[BLOCK_BYTES];
};

int
encoder_open(struct encoder **out, enum encode_kind kind, encode_fn *write, void *to,
	     struct fault *fault)
{
	AUTO(encoder_close)
	struct encoder *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return fault_memory(fault);
	e->write = write;
	e->to = to;
	if (deflateInit2(&e->z, LEVEL, Z_DEFLATED, kind == ENCODE_GZIP ? 15 + 16 : -15, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return fault_memory(fault);
	e->open = true;
	*out = TAKE(e);
	return 0;
}

void
encoder_close(struct encoder **encoder)
{
	if (*encoder != NULL && (*encoder)->open)
		(void)deflateEnd(&(*encoder)->z);
	own_free(encoder);
}

static int
run(struct encoder *e, int flush, struct fault *fault)
{
	int z, r = 0;

	do {
		e->z.next_out = e->block;
		e->z.avail_out = BLOCK_BYTES;
		z = deflate(&e->z, flush);
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return fault_set(fault, FAULT_IO, "deflate does not go on");
		if (e->z.avail_out < BLOCK_BYTES)
			r = e->write(e->to, bytes_make(e->block, BLOCK_BYTES - e->z.avail_out),
				     fault);
	} while (r == 0 && (e->z.avail_out == 0 || (flush == Z_FINISH && z != Z_STREAM_END)));
	return r;
}

int
encoder_add(struct encoder *e, struct bytes piece, struct fault *fault)
{
	int r = 0;

	while (r == 0 && piece.left > 0) {
		size_t count = piece.left < (1u << 30) ? piece.left : 1u << 30;

		e->z.next_in = (uint8_t *)(uintptr_t)piece.at;
		e->z.avail_in = (uInt)count;
		(void)bytes_skip(&piece, count);
		r = run(e, Z_NO_FLUSH, fault);
	}
	return r;
}

int
encoder_finish(struct encoder *e, struct fault *fault)
{
	e->z.next_in = NULL;
	e->z.avail_in = 0;
	return run(e, Z_FINISH, fault);
}
