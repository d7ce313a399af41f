/*
 * codec.h - one compressed stream in, bytes out
 *
 * A decoder is a stream over another stream: flat memory, whatever the sizes.  Concatenated
 * members (gzip, bzip2, xz, zstd, lz4 all allow them) are read through as one.  Bytes behind the
 * last member that are not padding are left in the source for the caller to examine.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/blob.h"
#include "base/stream.h"

/* Decode `in` (lent until *out is closed) as `kind`, one of BLOB_GZIP..BLOB_LZ4.  The window of
 * *out refills in blocks of at least STREAM_BLOCK_BYTES.  Checksums are verified: a wrong one is
 * FAULT_FORMAT after all bytes were delivered, so that what was read is examined and the run is
 * still told. */
int codec_open(struct stream **out, enum blob_kind kind, struct stream *in, struct fault *fault);

/* The name that gzip keeps in its header, or empty. Lent until close. */
struct bytes codec_inner_name(const struct stream *decoder);

/* Run `in` in a thread of its own, ahead of its reader, through a ring of blocks; the reader sees
 * an ordinary stream.  Takes `in` over (closes it).  Worth it where decoding is the slow part. */
int codec_ahead(struct stream **out, struct stream *in, struct fault *fault);

#endif
