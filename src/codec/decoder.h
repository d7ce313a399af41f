/*
 * decoder.h - what the decoders of this folder share: window, members, faults that stay
 *
 * Life: decoder_new() -> (begin, run..., begin, run...)* -> end or break -> close.  A decoder's own
 * state follows `struct decoder` in one allocation.
 */
#ifndef CODEC_DECODER_H
#define CODEC_DECODER_H

#include "codec/codec.h"
#include "base/own.h"

struct decoder;

/* Answers of decoder_ops. */
enum {
	DECODER_MEMBER_END = 1,
	DECODER_NO_MEMBER = 2,
};

struct decoder_ops {
	const char *name;    /* for faults: "gzip" */
	size_t decoder_size; /* struct decoder and the state behind it */
	bool one_member;     /* nothing can follow in the same stream */
	bool pads;           /* zeros between and behind members are padding */

	/* Take a member's header.  DECODER_NO_MEMBER: what stands there is none, nothing was
	 * taken. */
	int (*begin)(struct decoder *d, struct fault *fault);

	/* Decode into to[0..room), room > 0; *made bytes are good whatever is returned.
	 * DECODER_MEMBER_END: done, all of the member was taken. */
	int (*run)(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault);

	void (*fini)(struct decoder *d); /* NULL: nothing to do */
};

struct decoder {
	struct stream s;
	const struct decoder_ops *ops;
	struct stream *in;
	bool in_member;
	uint64_t members;
	int64_t size_bytes; /* what a bare stream is said to hold; -1: not said */
	struct bytes name;  /* in name_room */
	uint8_t name_room[256];
	struct fault why; /* why.code != 0: broken, asked again it says the same */
	uint8_t *block;
	size_t room;
};

int decoder_new(struct stream **out, const struct decoder_ops *ops, struct stream *in,
		int64_t size_bytes, struct fault *fault);

/* See to it that d->in shows a byte: 0, or FAULT_FORMAT "ends early". */
int decoder_feed(struct decoder *d, struct fault *fault);

/* The tables of operations, one a file. */
extern const struct decoder_ops decoder_gzip, decoder_deflate, decoder_zlib, decoder_deflate64,
    decoder_zstd, decoder_xz, decoder_lzma, decoder_lzma_zip, decoder_bzip2, decoder_lz4;

#endif
