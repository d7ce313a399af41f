/*
 * lz4.c - lz4 frames by liblz4, and the legacy frames of `lz4 -l` and of Linux kernels
 *
 * Knows: legacy frames are blocks of up to 8 MiB, each behind its packed size, up to the end of
 * the file or to a number that is another magic.  Does not know: dictionaries.
 */
#include "codec/decoder.h"

#include <lz4.h>
#include <lz4frame.h>

#include "base/buf.h"

#define LZ4_MAGIC          0x184d2204u
#define LZ4_LEGACY_MAGIC   0x184c2102u
#define LZ4_SKIPPABLE      0x184d2a50u
#define LEGACY_BLOCK_BYTES ((size_t)8 * 1024 * 1024)

struct lz4 {
	struct decoder d;
	LZ4F_dctx *context;
	bool legacy;
	struct buf packed; /* of a legacy block, as it arrives */
	uint8_t *block;    /* a legacy block, decoded */
	size_t block_at, block_bytes;
};

static int
peek_le32(struct stream *in, uint32_t *value, struct fault *fault)
{
	struct bytes window;
	int r = stream_want(in, 4, fault);

	if (r < 0 && in->left < 4)
		return r;
	window = stream_window(in);
	return bytes_take_le32(&window, value) < 0 ? 1 : 0;
}

static int
lz4_begin(struct decoder *d, struct fault *fault)
{
	struct lz4 *lz4 = (struct lz4 *)d;
	uint32_t magic;
	int r = peek_le32(d->in, &magic, fault);

	if (r < 0)
		return r;
	if (r > 0 || (magic != LZ4_MAGIC && magic != LZ4_LEGACY_MAGIC &&
		      (magic & 0xfffffff0u) != LZ4_SKIPPABLE))
		return DECODER_NO_MEMBER;
	lz4->legacy = magic == LZ4_LEGACY_MAGIC;
	lz4->block_at = lz4->block_bytes = 0;
	if (lz4->legacy) {
		lz4->packed.bytes_max = (size_t)LZ4_compressBound((int)LEGACY_BLOCK_BYTES);
		stream_take(d->in, 4);
		return 0;
	}
	if (lz4->context == NULL &&
	    LZ4F_isError(LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION)))
		return fault_memory(fault);
	LZ4F_resetDecompressionContext(lz4->context);
	return 0;
}

/* The packed block arrives piece by piece: nothing is allocated for a size that is only said. */
static int
legacy_packed(struct lz4 *lz4, uint32_t size, struct fault *fault)
{
	struct stream *in = lz4->d.in;
	int r = 0;

	buf_reset(&lz4->packed);
	while (r == 0 && lz4->packed.used < size) {
		size_t step = size - lz4->packed.used;

		r = decoder_feed(&lz4->d, fault);
		if (r < 0)
			break;
		if (step > in->left)
			step = in->left;
		if (buf_append(&lz4->packed, in->at, step) < 0)
			return fault_memory(fault);
		stream_take(in, step);
	}
	return r;
}

static int
legacy_block(struct lz4 *lz4, struct fault *fault)
{
	uint32_t size;
	int r = peek_le32(lz4->d.in, &size, fault), made;

	if (r < 0)
		return r;
	if (r > 0 && lz4->d.in->left == 0)
		return DECODER_MEMBER_END;
	if (r > 0)
		return fault_set(fault, FAULT_FORMAT, "lz4 stream ends early");
	if (size == LZ4_MAGIC || size == LZ4_LEGACY_MAGIC)
		return DECODER_MEMBER_END;
	if (size > lz4->packed.bytes_max)
		return lz4->block_bytes > 0
			   ? DECODER_MEMBER_END
			   : fault_set(fault, FAULT_FORMAT, "lz4 stream: block of %u bytes", size);
	stream_take(lz4->d.in, 4);
	r = legacy_packed(lz4, size, fault);
	if (r < 0)
		return r;
	if (lz4->block == NULL)
		lz4->block = malloc(LEGACY_BLOCK_BYTES);
	if (lz4->block == NULL)
		return fault_memory(fault);
	made = LZ4_decompress_safe((const char *)lz4->packed.at, (char *)lz4->block,
				   (int)lz4->packed.used, (int)LEGACY_BLOCK_BYTES);
	if (made < 0)
		return fault_set(fault, FAULT_FORMAT, "lz4 stream: damaged near byte %llu",
				 (unsigned long long)lz4->d.in->at_bytes);
	lz4->block_at = 0;
	lz4->block_bytes = (size_t)made;
	return 0;
}

static int
lz4_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct lz4 *lz4 = (struct lz4 *)d;
	size_t taken = d->in->left, hint;

	*made = 0;
	if (lz4->legacy) {
		int r = lz4->block_at == lz4->block_bytes ? legacy_block(lz4, fault) : 0;

		if (r != 0)
			return r;
		*made = lz4->block_bytes - lz4->block_at;
		if (*made > room)
			*made = room;
		if (*made > 0)
			memcpy(to, lz4->block + lz4->block_at, *made);
		lz4->block_at += *made;
		return 0;
	}
	*made = room;
	hint = LZ4F_decompress(lz4->context, to, made, d->in->at, &taken, NULL);
	if (LZ4F_isError(hint)) {
		*made = 0;
		return fault_set(fault, FAULT_FORMAT, "lz4 stream: %s near byte %llu",
				 LZ4F_getErrorName(hint), (unsigned long long)d->in->at_bytes);
	}
	stream_take(d->in, taken);
	if (hint == 0)
		return DECODER_MEMBER_END;
	return *made == 0 && d->in->left == 0 ? decoder_feed(d, fault) : 0;
}

static void
lz4_fini(struct decoder *d)
{
	struct lz4 *lz4 = (struct lz4 *)d;

	(void)LZ4F_freeDecompressionContext(lz4->context);
	buf_free(&lz4->packed);
	free(lz4->block);
}

const struct decoder_ops decoder_lz4 = {
    .name = "lz4",
    .decoder_size = sizeof(struct lz4),
    .begin = lz4_begin,
    .run = lz4_run,
    .fini = lz4_fini,
};
