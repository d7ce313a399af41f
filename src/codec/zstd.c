/*
 * zstd.c - zstd frames, by libzstd
 *
 * Knows: frames and skippable frames are members.  Does not know: dictionaries (a frame that needs
 * one is a fault).
 */
#include "codec/decoder.h"

#include <zstd.h>
#include <zstd_errors.h>

#define ZSTD_WINDOW_LOG_MAX 27 /* 128 MiB, what `zstd --long` writes */

struct zstd {
	struct decoder d;
	ZSTD_DCtx *context;
};

static int
zstd_begin(struct decoder *d, struct fault *fault)
{
	struct zstd *zstd = (struct zstd *)d;
	struct bytes in;
	uint32_t magic;
	int r = stream_want(d->in, 4, fault);

	if (r < 0 && d->in->left < 4)
		return r;
	in = stream_window(d->in);
	if (bytes_take_le32(&in, &magic) < 0 ||
	    (magic != ZSTD_MAGICNUMBER &&
	     (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START))
		return DECODER_NO_MEMBER;
	if (zstd->context == NULL) {
		zstd->context = ZSTD_createDCtx();
		if (zstd->context == NULL ||
		    ZSTD_isError(ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax,
							ZSTD_WINDOW_LOG_MAX)))
			return fault_memory(fault);
	}
	(void)ZSTD_DCtx_reset(zstd->context, ZSTD_reset_session_only);
	return 0;
}

static int
zstd_fault(const struct decoder *d, size_t code, struct fault *fault)
{
	ZSTD_ErrorCode error = ZSTD_getErrorCode(code);

	if (error == ZSTD_error_memory_allocation)
		return fault_memory(fault);
	if (error == ZSTD_error_frameParameter_windowTooLarge)
		return fault_set(fault, FAULT_LIMIT, "zstd stream wants a window over %u MiB",
				 1u << (ZSTD_WINDOW_LOG_MAX - 20));
	return fault_set(fault, FAULT_FORMAT, "zstd stream: %s near byte %llu",
			 ZSTD_getErrorString(error), (unsigned long long)d->in->at_bytes);
}

static int
zstd_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct zstd *zstd = (struct zstd *)d;
	ZSTD_inBuffer in = {d->in->at, d->in->left, 0};
	ZSTD_outBuffer out = {to, room, 0};
	size_t left = ZSTD_decompressStream(zstd->context, &out, &in);

	*made = out.pos;
	stream_take(d->in, in.pos);
	if (ZSTD_isError(left))
		return zstd_fault(d, left, fault);
	if (left == 0)
		return DECODER_MEMBER_END;
	return out.pos == 0 && in.pos == in.size ? decoder_feed(d, fault) : 0;
}

static void
zstd_fini(struct decoder *d)
{
	(void)ZSTD_freeDCtx(((struct zstd *)d)->context);
}

const struct decoder_ops decoder_zstd = {
    .name = "zstd",
    .decoder_size = sizeof(struct zstd),
    .begin = zstd_begin,
    .run = zstd_run,
    .fini = zstd_fini,
};
