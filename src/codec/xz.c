/*
 * xz.c - xz streams, lzma files, and the lzma of zip, by liblzma
 *
 * Knows: three headers.  Does not know: lzip.
 * xz is ten times slower than the others: it is bounded by time rather than by bytes.
 */
#include "codec/decoder.h"

#include <lzma.h>

#define ALONE_HEADER_BYTES 13

struct xz {
	struct decoder d;
	lzma_stream lzma;
	bool open;
	/* The header of an lzma file, made up for a zip member that lacks one. */
	uint8_t header[ALONE_HEADER_BYTES];
	size_t header_left;
};

static int
xz_fault(const struct decoder *d, lzma_ret code, struct fault *fault)
{
	switch (code) {
	case LZMA_MEM_ERROR:
		return fault_memory(fault);
	case LZMA_MEMLIMIT_ERROR:
		return fault_set(fault, FAULT_LIMIT, "%s stream wants a window over %llu MiB",
				 d->ops->name, (unsigned long long)(CODEC_WINDOW_BYTES_MAX >> 20));
	case LZMA_FORMAT_ERROR:
		return fault_set(fault, FAULT_FORMAT, "%s stream: bad header", d->ops->name);
	case LZMA_OPTIONS_ERROR:
		return fault_set(fault, FAULT_FORMAT, "%s stream: unknown filter or option",
				 d->ops->name);
	default:
		return fault_set(fault, FAULT_FORMAT, "%s stream: damaged near byte %llu",
				 d->ops->name, (unsigned long long)d->in->at_bytes);
	}
}

static void
xz_end(struct xz *xz)
{
	if (xz->open)
		lzma_end(&xz->lzma);
	xz->lzma = (lzma_stream)LZMA_STREAM_INIT;
	xz->open = false;
	xz->header_left = 0;
}

static int
xz_begin(struct decoder *d, struct fault *fault)
{
	struct xz *xz = (struct xz *)d;
	lzma_ret code;
	int r = stream_want(d->in, 6, fault);

	if (r < 0 && d->in->left < 6)
		return r;
	if (!bytes_begins(stream_window(d->in), BYTES_OF("\xfd"
							 "7zXZ\0")))
		return DECODER_NO_MEMBER;
	xz_end(xz);
	code = lzma_stream_decoder(&xz->lzma, CODEC_WINDOW_BYTES_MAX, 0);
	xz->open = code == LZMA_OK;
	return xz->open ? 0 : xz_fault(d, code, fault);
}

static int
lzma_begin(struct decoder *d, struct fault *fault)
{
	struct xz *xz = (struct xz *)d;
	lzma_ret code;
	int r = stream_want(d->in, ALONE_HEADER_BYTES, fault);

	if (r < 0 && d->in->left < ALONE_HEADER_BYTES)
		return r;
	if (d->in->left < ALONE_HEADER_BYTES || d->in->at[0] >= 225)
		return DECODER_NO_MEMBER;
	xz_end(xz);
	code = lzma_alone_decoder(&xz->lzma, CODEC_WINDOW_BYTES_MAX);
	xz->open = code == LZMA_OK;
	return xz->open ? 0 : xz_fault(d, code, fault);
}

/*
 * OFFSET SIZE MEANING (APPNOTE 5.8.8)
 *      0    2 version of the packer       4    5 properties: lc/lp/pb, window
 *      2    2 size of the properties: 5
 */
static int
lzma_zip_begin(struct decoder *d, struct fault *fault)
{
	struct xz *xz = (struct xz *)d;
	uint64_t size = d->size_bytes < 0 ? UINT64_MAX : (uint64_t)d->size_bytes;
	lzma_ret code;
	int r = stream_want(d->in, 9, fault);

	if (r < 0 && d->in->left < 9)
		return r;
	if (d->in->left < 9 || d->in->at[2] != 5 || d->in->at[3] != 0 || d->in->at[4] >= 225)
		return DECODER_NO_MEMBER;
	xz_end(xz);
	code = lzma_alone_decoder(&xz->lzma, CODEC_WINDOW_BYTES_MAX);
	xz->open = code == LZMA_OK;
	if (!xz->open)
		return xz_fault(d, code, fault);
	memcpy(xz->header, d->in->at + 4, 5);
	for (size_t i = 0; i < 8; i++)
		xz->header[5 + i] = (uint8_t)(size >> (8 * i));
	xz->header_left = ALONE_HEADER_BYTES;
	stream_take(d->in, 9);
	return 0;
}

static int
xz_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct xz *xz = (struct xz *)d;
	bool header = xz->header_left > 0;
	lzma_ret code;

	xz->lzma.next_in = header ? xz->header + ALONE_HEADER_BYTES - xz->header_left : d->in->at;
	xz->lzma.avail_in = header ? xz->header_left : d->in->left;
	xz->lzma.next_out = to;
	xz->lzma.avail_out = room;
	code = lzma_code(&xz->lzma, LZMA_RUN);
	*made = room - xz->lzma.avail_out;
	if (header)
		xz->header_left = xz->lzma.avail_in;
	else
		stream_take(d->in, d->in->left - xz->lzma.avail_in);
	if (code == LZMA_STREAM_END)
		return DECODER_MEMBER_END;
	if (code == LZMA_BUF_ERROR && d->in->left == 0)
		return decoder_feed(d, fault);
	if (code != LZMA_OK)
		return xz_fault(d, code, fault);
	return *made == 0 && d->in->left == 0 ? decoder_feed(d, fault) : 0;
}

static void
xz_fini(struct decoder *d)
{
	xz_end((struct xz *)d);
}

const struct decoder_ops decoder_xz = {
    .name = "xz",
    .decoder_size = sizeof(struct xz),
    .pads = true,
    .begin = xz_begin,
    .run = xz_run,
    .fini = xz_fini,
};

const struct decoder_ops decoder_lzma = {
    .name = "lzma",
    .decoder_size = sizeof(struct xz),
    .one_member = true,
    .begin = lzma_begin,
    .run = xz_run,
    .fini = xz_fini,
};

const struct decoder_ops decoder_lzma_zip = {
    .name = "lzma",
    .decoder_size = sizeof(struct xz),
    .one_member = true,
    .begin = lzma_zip_begin,
    .run = xz_run,
    .fini = xz_fini,
};
