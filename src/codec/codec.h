/*
 * codec.h - one compressed stream in, bytes out
 *
 * A decoder is a stream over another stream: flat memory, whatever the sizes.  Concatenated
 * members (gzip, bzip2, xz, zstd, lz4 all allow them) are read through as one.  Bytes behind the
 * last member that are not padding are left in the source for the caller to examine: once the
 * decoder has ended, `in` stands at them.
 *
 *	r = codec_open(&text, BLOB_GZIP, file, fault);
 *	...read text to its end...
 *	stream_close(&text);
 *	if (stream_want(file, 1, fault) == 0 && file->left > 0)
 *		data was appended
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/blob.h"
#include "base/stream.h"

/* Decode `in` (lent until *out is closed) as `kind`, one of BLOB_GZIP..BLOB_LZ4.  The window of
 * *out refills in blocks of at least STREAM_BLOCK_BYTES.  Checksums are verified: a wrong one is
 * FAULT_FORMAT after all bytes were delivered, so that what was read is examined and the run is
 * still told.  Once it has ended or broken, the decoder holds no more of `in` than its members.
 * Cost: gzip 1-3 GB/s of output; peak memory is one block, the window of the format and at most
 * CODEC_WINDOW_BYTES_MAX. */
int codec_open(struct stream **out, enum blob_kind kind, struct stream *in, struct fault *fault);

/* What one stream may ask for as its dictionary window (xz, lzma, zstd): more is FAULT_LIMIT.
 * `xz -9` takes 64 MiB, `zstd -19` 8 MiB, `zstd --long` 128 MiB. */
#define CODEC_WINDOW_BYTES_MAX ((uint64_t)160 * 1024 * 1024)

/* Bare streams without a frame of their own, as zip members hold them: exactly one member. */
enum codec_bare {
	CODEC_DEFLATE,
	CODEC_ZLIB,      /* RFC 1950 */
	CODEC_DEFLATE64, /* the 64 KiB window that old Windows writes */
	CODEC_LZMA_ZIP,  /* zip method 14: 4 bytes of version and size, 5 of properties */
};

/* `size_bytes`: how much comes out, which some of them do not say; -1: not known. */
int codec_open_bare(struct stream **out, enum codec_bare kind, struct stream *in,
		    int64_t size_bytes, struct fault *fault);

/* Start `decoder` (of codec_open or codec_open_bare) anew over `in`, keeping its memory: for
 * thousands of small members. */
void codec_again(struct stream *decoder, struct stream *in, int64_t size_bytes);

/* The name that gzip keeps in its header, or empty; there after the first stream_want(). Lent
 * until close. */
struct bytes codec_inner_name(const struct stream *decoder);

/* CRC-32 as gzip, zip and png have it; start with 0. */
uint32_t codec_crc32(uint32_t crc, struct bytes in);

/* Run `in` in a thread of its own, ahead of its reader, through a ring of blocks; the reader sees
 * an ordinary stream.  Takes `in` over (closes it, also when it fails).  Worth it where decoding
 * is the slow part. */
int codec_ahead(struct stream **out, struct stream *in, struct fault *fault);

#endif
