/*
 * codec.c - which decoder reads which kind
 *
 * Knows: one table.  Does not know: how any of them works.
 */
#include "codec/codec.h"

#include "codec/decoder.h"

static const struct decoder_ops *const framed[BLOB_KIND_COUNT] = {
    [BLOB_GZIP] = &decoder_gzip, [BLOB_ZSTD] = &decoder_zstd,   [BLOB_XZ] = &decoder_xz,
    [BLOB_LZMA] = &decoder_lzma, [BLOB_BZIP2] = &decoder_bzip2, [BLOB_LZ4] = &decoder_lz4,
};

static const struct decoder_ops *const bare[] = {
    [CODEC_DEFLATE] = &decoder_deflate,
    [CODEC_ZLIB] = &decoder_zlib,
    [CODEC_DEFLATE64] = &decoder_deflate64,
    [CODEC_LZMA_ZIP] = &decoder_lzma_zip,
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
