/*
 * fuzz_codec.c - every decoder over any bytes; the first byte picks the kind
 */
#include "fuzz_unpack.h"

#include "codec/codec.h"

static const enum blob_kind framed[] = {BLOB_GZIP, BLOB_ZSTD,  BLOB_XZ,
					BLOB_LZMA, BLOB_BZIP2, BLOB_LZ4};
static const enum codec_bare bare[] = {CODEC_DEFLATE, CODEC_ZLIB, CODEC_DEFLATE64, CODEC_LZMA_ZIP};

static void
decode(unsigned pick, struct stream *in, size_t size)
{
	const struct limits limits = {.bytes = 4 << 20, .ratio = 2000};
	AUTO(stream_close)
	struct stream *s = NULL;
	struct budget budget;
	int r;

	budget_begin(&budget, &limits, NULL);
	pick %= ARRAY_LEN(framed) + 2 * ARRAY_LEN(bare);
	if (pick < ARRAY_LEN(framed))
		r = codec_open(&s, framed[pick], in, NULL);
	else
		r = codec_open_bare(&s, bare[(pick - ARRAY_LEN(framed)) / 2], in,
				    pick & 1 ? -1 : (int64_t)size * 3, NULL);
	if (r < 0)
		return;
	(void)fuzz_read(s, &budget, size % 3000 + 1);
	(void)codec_inner_name(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_drip drip = {.s = {.more = fuzz_drip_more}, .step = 1};
	struct stream memory;

	if (size == 0)
		return 0;
	stream_from_memory(&memory, bytes_make(data + 1, size - 1));
	decode(data[0], &memory, size);
	drip.data = data + 1;
	drip.size = size - 1;
	decode(data[0], &drip.s, size);
	free(drip.copy);
	return 0;
}
