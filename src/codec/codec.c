/*
 * codec.c - which decoder reads which kind
 *
 * Knows: one table.  Does not know: how any of them works.
 */
#include "codec/codec.h"

#include "codec/decoder.h"

static const struct decoder_ops *const framed[BLOB_KIND_COUNT] = {
    [BLOB_GZIP] = &decoder_gzip,
};

static const struct decoder_ops *const bare[] = {
    [CODEC_DEFLATE] = &decoder_deflate,
    [CODEC_ZLIB] = &decoder_zlib,
};

int
codec_open(struct stream **out, enum blob_kind kind, struct stream *in, struct fault *fault)
{
	if ((unsigned)kind >= BLOB_KIND_COUNT || framed[kind] == NULL)
		return fault_set(fault, FAULT_FORMAT, "%s is not a compressed stream",
				 blob_kind_name(kind));
	return decoder_new(out, framed[kind], in, -1, fault);
}

int
codec_open_bare(struct stream **out, enum codec_bare kind, struct stream *in, int64_t size_bytes,
		struct fault *fault)
{
	if ((unsigned)kind >= ARRAY_LEN(bare) || bare[kind] == NULL)
		return fault_set(fault, FAULT_FORMAT, "no such bare stream");
	return decoder_new(out, bare[kind], in, size_bytes, fault);
}
