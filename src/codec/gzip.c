/*
 * gzip.c - gzip members, zlib streams and bare deflate, by ISA-L
 *
 * Knows: RFC 1952 headers, RFC 1950 headers.  Does not know: zip.
 * ISA-L decodes in windows as fast as libdeflate does whole members (research: 1.1-3.9 GB/s) and
 * needs 87 KB whatever the sizes.  Its own header reader is not used: it stops at fixed rooms for
 * name and comment, and it takes bytes of what turns out not to be a member.
 */
#include "codec/decoder.h"

#include <isa-l.h>
#include <libdeflate.h>

/* Longest header read: extra field 64 KiB, name and comment within the rest. */
#define GZIP_HEADER_BYTES_MAX ((size_t)256 * 1024)

enum {
	GZIP_FLAG_HCRC = 2,
	GZIP_FLAG_EXTRA = 4,
	GZIP_FLAG_NAME = 8,
	GZIP_FLAG_COMMENT = 16,
	GZIP_FLAGS_RESERVED = 0xe0,
};

struct inflater {
	struct decoder d;
	struct inflate_state state;
	struct libdeflate_decompressor *whole; /* for small members, made when first needed */
	bool fresh;                            /* nothing of this member was decoded yet */
	uint64_t taken;                        /* of the window of `in` as it is now */
};

/* A zero-terminated text at in->at; *text without the zero. */
static int
take_text(struct bytes *in, struct bytes *text)
{
	const uint8_t *zero = in->left > 0 ? memchr(in->at, 0, in->left) : NULL;

	if (zero == NULL)
		return -1;
	*text = bytes_make(in->at, (size_t)(zero - in->at));
	return bytes_skip(in, text->left + 1);
}

/* How long the header at the front of `in` is; 0: none, -1: more bytes are needed. */
static ptrdiff_t
gzip_header(struct bytes in, struct bytes *name)
{
	const uint8_t *from = in.at;
	struct bytes ignored;
	uint16_t extra;
	uint8_t flags;

	*name = bytes_make(NULL, 0);
	if (in.left < 10)
		return -1;
	flags = in.at[3];
	if (in.at[0] != 0x1f || in.at[1] != 0x8b || in.at[2] != 8 || (flags & GZIP_FLAGS_RESERVED))
		return 0;
	(void)bytes_skip(&in, 10);
	if ((flags & GZIP_FLAG_EXTRA) &&
	    (bytes_take_le16(&in, &extra) < 0 || bytes_skip(&in, extra) < 0))
		return -1;
	if ((flags & GZIP_FLAG_NAME) && take_text(&in, name) < 0)
		return -1;
	if ((flags & GZIP_FLAG_COMMENT) && take_text(&in, &ignored) < 0)
		return -1;
	if ((flags & GZIP_FLAG_HCRC) && bytes_skip(&in, 2) < 0)
		return -1;
	return in.at - from;
}

static void
inflate_begin(struct decoder *d, uint32_t wrapper)
{
	struct inflate_state *state = &((struct inflater *)d)->state;

	/* reset and not init: init clears 87 KB, which tiny zip members would feel */
	isal_inflate_reset(state);
	state->crc_flag = wrapper;
	((struct inflater *)d)->taken = 0;
}

static int
gzip_begin(struct decoder *d, struct fault *fault)
{
	size_t want = 64;
	struct bytes name;
	ptrdiff_t taken;

	for (;;) {
		int r = stream_want(d->in, want, fault);

		if (r < 0 && d->in->left == 0)
			return r;
		taken = gzip_header(stream_window(d->in), &name);
		if (taken >= 0)
			break;
		if (d->in->left < 3 || d->in->at[0] != 0x1f || d->in->at[1] != 0x8b)
			return DECODER_NO_MEMBER;
		if (r < 0)
			return r;
		if (d->in->left < want)
			return fault_set(fault, FAULT_FORMAT, "gzip header ends early");
		if (want >= GZIP_HEADER_BYTES_MAX)
			return fault_set(fault, FAULT_LIMIT, "gzip header over %zu bytes",
					 GZIP_HEADER_BYTES_MAX);
		want *= 8;
	}
	if (taken == 0)
		return DECODER_NO_MEMBER;
	if (d->members == 0 && name.left > 0) {
		d->name =
		    bytes_make(d->name_room,
			       name.left < sizeof(d->name_room) ? name.left : sizeof(d->name_room));
		memcpy(d->name_room, name.at, d->name.left);
	}
	stream_take(d->in, (size_t)taken);
	inflate_begin(d, ISAL_GZIP_NO_HDR_VER);
	return 0;
}

static int
zlib_begin(struct decoder *d, struct fault *fault)
{
	int r = stream_want(d->in, 2, fault);

	if (r < 0 && d->in->left < 2)
		return r;
	if (d->in->left < 2 || (d->in->at[0] & 15) != 8 || (d->in->at[0] >> 4) > 7 ||
	    (d->in->at[0] * 256 + d->in->at[1]) % 31 != 0)
		return DECODER_NO_MEMBER;
	if (d->in->at[1] & 32)
		return fault_set(fault, FAULT_FORMAT, "zlib stream needs a dictionary");
	stream_take(d->in, 2);
	inflate_begin(d, ISAL_ZLIB_NO_HDR);
	return 0;
}

static int
deflate_begin(struct decoder *d, struct fault *fault)
{
	(void)fault;
	((struct inflater *)d)->fresh = true;
	return 0;
}

static int
inflate_fault(const struct decoder *d, int code, struct fault *fault)
{
	static const char *const what[] = {
	    "",           "bad block",  "bad symbol",      "distance before the start",
	    "bad header", "bad method", "checksum differs"};
	const char *text = code < 0 && -code < (int)ARRAY_LEN(what) ? what[-code] : "damaged";

	return fault_set(fault, FAULT_FORMAT, "%s stream: %s near byte %llu", d->ops->name, text,
			 (unsigned long long)d->in->at_bytes);
}

/* Behind the last block ISA-L holds up to 8 bytes that it read ahead.  Take the first `count` as
 * the trailer (the rest of it from the source), and give the others back: they still stand in
 * front of in->at unless the window was refilled since. */
static int
settle_ahead(struct inflater *inflater, uint8_t *trailer, size_t count, struct fault *fault)
{
	struct inflate_state *state = &inflater->state;
	struct stream *in = inflater->d.in;
	uint64_t bits = state->read_in >> (state->read_in_length % 8);
	size_t ahead = (size_t)state->read_in_length / 8, have = 0;

	for (; have < count && ahead > 0; ahead--, bits >>= 8)
		trailer[have++] = (uint8_t)bits;
	if (ahead <= inflater->taken) {
		in->at -= ahead;
		in->left += ahead;
		in->at_bytes -= ahead;
	}
	return have < count ? stream_read(in, trailer + have, count - have, fault) : 0;
}

/* ISA-L can check the trailer of zlib itself, but (2.30) takes two bytes too many then. */
static int
inflate_end(struct inflater *inflater, struct fault *fault)
{
	struct inflate_state *state = &inflater->state;
	uint8_t trailer[4] = {0};
	struct bytes in = bytes_make(trailer, sizeof(trailer));
	uint32_t adler = 0;
	int r;

	if (state->crc_flag == ISAL_GZIP_NO_HDR_VER)
		return DECODER_MEMBER_END;
	r = settle_ahead(inflater, trailer, state->crc_flag == ISAL_ZLIB_NO_HDR ? 4 : 0, fault);
	(void)bytes_take_be32(&in, &adler);
	if (r == 0 && state->crc_flag == ISAL_ZLIB_NO_HDR && adler != state->crc)
		r = inflate_fault(&inflater->d, ISAL_INCORRECT_CHECKSUM, fault);
	return r < 0 ? r : DECODER_MEMBER_END;
}

static int
inflate_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct inflater *inflater = (struct inflater *)d;
	struct inflate_state *state = &inflater->state;
	uint32_t room32 = room > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)room;
	uint32_t given;
	int r;

	/* Before feeding: output may be waiting inside the state when the input has ended. */
	given = d->in->left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)d->in->left;
	state->next_in = (uint8_t *)(uintptr_t)d->in->at;
	state->avail_in = given;
	state->next_out = to;
	state->avail_out = room32;
	r = isal_inflate(state);
	*made = room32 - state->avail_out;
	stream_take(d->in, given - state->avail_in);
	inflater->taken += given - state->avail_in;
	if (r < 0)
		return inflate_fault(d, r, fault);
	if (state->block_state == ISAL_BLOCK_FINISH)
		return inflate_end(inflater, fault);
	if (*made > 0 || given != state->avail_in)
		return 0;
	if (d->in->left > 0)
		return fault_set(fault, FAULT_FORMAT, "%s stream: no progress", d->ops->name);
	inflater->taken = 0;
	return decoder_feed(d, fault);
}

/* A small member whose size is known and whose packed bytes are all there: libdeflate has less to
 * set up, which is most of the work for a file of 600 bytes.  When anything is odd nothing was
 * taken, and ISA-L decodes as far as it goes. */
static bool
inflate_whole(struct decoder *d, uint8_t *to, size_t room, size_t *made)
{
	struct inflater *inflater = (struct inflater *)d;
	size_t taken, done;

	if (d->size_bytes < 0 || (uint64_t)d->size_bytes > room || !d->in->ended)
		return false;
	if (inflater->whole == NULL)
		inflater->whole = libdeflate_alloc_decompressor();
	if (inflater->whole == NULL ||
	    libdeflate_deflate_decompress_ex(inflater->whole, d->in->at, d->in->left, to,
					     (size_t)d->size_bytes, &taken,
					     &done) != LIBDEFLATE_SUCCESS)
		return false;
	stream_take(d->in, taken);
	*made = done;
	return true;
}

static int
deflate_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct inflater *inflater = (struct inflater *)d;

	if (inflater->fresh && inflate_whole(d, to, room, made))
		return DECODER_MEMBER_END;
	if (inflater->fresh)
		inflate_begin(d, ISAL_DEFLATE);
	inflater->fresh = false;
	return inflate_run(d, to, room, made, fault);
}

static void
deflate_fini(struct decoder *d)
{
	struct inflater *inflater = (struct inflater *)d;

	if (inflater->whole != NULL)
		libdeflate_free_decompressor(inflater->whole);
}

const struct decoder_ops decoder_gzip = {
    .name = "gzip",
    .decoder_size = sizeof(struct inflater),
    .pads = true,
    .begin = gzip_begin,
    .run = inflate_run,
};

const struct decoder_ops decoder_zlib = {
    .name = "zlib",
    .decoder_size = sizeof(struct inflater),
    .one_member = true,
    .begin = zlib_begin,
    .run = inflate_run,
};

const struct decoder_ops decoder_deflate = {
    .name = "deflate",
    .decoder_size = sizeof(struct inflater),
    .one_member = true,
    .begin = deflate_begin,
    .run = deflate_run,
    .fini = deflate_fini,
};

uint32_t
codec_crc32(uint32_t crc, struct bytes in)
{
	return crc32_gzip_refl(crc, in.at, in.left);
}
