/*
 * test_codec.c - decoders: whole, cut, damaged, one member after the other
 *
 * tests/data/codec/seq.* are `seq 1 5000` by the usual tools.
 */
#include "codec/codec.h"

#include <stdio.h>

#include "base/own.h"
#include "tap.h"

#define SEQ_LAST 5000

struct kind {
	enum blob_kind kind;
	const char *file;
	bool checks; /* its checksum finds any flipped byte of the content */
};

static const struct kind kinds[] = {
    {BLOB_GZIP, "data/codec/seq.gz", true},         {BLOB_BZIP2, "data/codec/seq.bz2", true},
    {BLOB_XZ, "data/codec/seq.xz", true},           {BLOB_LZMA, "data/codec/seq.lzma", false},
    {BLOB_ZSTD, "data/codec/seq.zst", true},        {BLOB_LZ4, "data/codec/seq.lz4", true},
    {BLOB_LZ4, "data/codec/seq.legacy.lz4", false},
};

static struct buf
file_of(const char *name)
{
	struct buf content = BUF_INIT((size_t)1 << 20);
	FILE *file = fopen(tap_data(name), "rb");
	size_t got;

	if (!OK(file != NULL) || buf_reserve(&content, 500000) < 0)
		return content;
	got = fread(content.at, 1, 500000, file);
	content.used = got;
	(void)fclose(file);
	return content;
}

static struct buf
seq_text(void)
{
	struct buf text = BUF_INIT((size_t)1 << 20);

	for (int i = 1; i <= SEQ_LAST; i++)
		(void)buf_printf(&text, "%d\n", i);
	return text;
}

/* Read all of `s` in wants of `want`; the fault that ended it, or 0. */
static int
read_all(struct stream *s, size_t want, struct buf *to)
{
	int r = 0;

	while (r == 0) {
		size_t take;

		r = stream_want(s, want, NULL);
		take = s->left < want || r < 0 ? s->left : want;
		if (take == 0 && s->left == 0)
			break;
		if (buf_append(to, s->at, take) < 0)
			return FAULT_LIMIT;
		stream_take(s, take);
	}
	return r;
}

static int
decode(enum blob_kind kind, struct bytes packed, size_t want, struct buf *to, size_t *behind)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	struct stream in;
	int r;

	stream_from_memory(&in, packed);
	r = codec_open(&s, kind, &in, NULL);
	if (r == 0)
		r = read_all(s, want, to);
	if (behind != NULL)
		*behind = in.left;
	return r;
}

TEST(each_kind_decodes_to_what_was_packed)
{
	AUTO(buf_free)
	struct buf text = seq_text();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		static const size_t wants[] = {1, 1000, 100000, STREAM_WANT_MAX};
		AUTO(buf_free)
		struct buf packed = file_of(kinds[i].file);

		for (size_t w = 0; w < ARRAY_LEN(wants); w++) {
			AUTO(buf_free)
			struct buf got = BUF_INIT((size_t)1 << 20);
			size_t behind;

			EQ_INT(decode(kinds[i].kind, buf_bytes(&packed), wants[w], &got, &behind),
			       0);
			EQ_BYTES(buf_bytes(&got), buf_bytes(&text));
			EQ_U64(behind, 0);
		}
	}
}

TEST(members_one_after_the_other_are_one_stream)
{
	AUTO(buf_free)
	struct buf text = seq_text();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf packed = file_of(kinds[i].file);
		AUTO(buf_free)
		struct buf twice = BUF_INIT((size_t)1 << 20);
		AUTO(buf_free)
		struct buf got = BUF_INIT((size_t)1 << 20);

		if (kinds[i].kind == BLOB_LZMA)
			continue;
		(void)buf_append(&twice, packed.at, packed.used);
		(void)buf_append(&twice, packed.at, packed.used);
		EQ_INT(decode(kinds[i].kind, buf_bytes(&twice), 1000, &got, NULL), 0);
		EQ_U64(got.used, 2 * text.used);
		EQ_BYTES(bytes_slice(buf_bytes(&got), text.used, text.used), buf_bytes(&text));
	}
}

TEST(bytes_behind_the_last_member_are_left_to_the_caller)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf packed = file_of(kinds[i].file);
		AUTO(buf_free)
		struct buf got = BUF_INIT((size_t)1 << 20);
		size_t behind = 0;

		(void)buf_append_text(&packed, "JUNK");
		EQ_INT(decode(kinds[i].kind, buf_bytes(&packed), 1000, &got, &behind), 0);
		EQ_U64(got.used, 23893);
		EQ_U64(behind, 4);
	}
}

TEST(a_stream_cut_at_any_byte_gives_what_is_there_and_says_so)
{
	AUTO(buf_free)
	struct buf text = seq_text();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf packed = file_of(kinds[i].file);

		for (size_t cut = 0; cut < packed.used; cut += cut < 64 ? 1 : 61) {
			AUTO(buf_free)
			struct buf got = BUF_INIT((size_t)1 << 20);

			/* a legacy lz4 frame has no end mark: its magic alone is empty */
			EQ_INT(decode(kinds[i].kind, bytes_make(packed.at, cut), 512, &got, NULL),
			       cut == 4 && packed.at[0] == 2 ? 0 : FAULT_FORMAT);
			OK(got.used <= text.used &&
			   (got.used == 0 || memcmp(got.at, text.at, got.used) == 0));
		}
	}
}

TEST(a_flipped_byte_never_goes_unnoticed_and_never_crashes)
{
	AUTO(buf_free)
	struct buf text = seq_text();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf packed = file_of(kinds[i].file);

		for (size_t at = 0; at < packed.used; at += at < 32 ? 1 : 37) {
			AUTO(buf_free)
			struct buf got = BUF_INIT((size_t)1 << 20);
			int r;

			packed.at[at] ^= 0x10;
			r = decode(kinds[i].kind, buf_bytes(&packed), 4096, &got, NULL);
			if (kinds[i].checks && r == 0)
				EQ_BYTES(buf_bytes(&got), buf_bytes(&text));
			packed.at[at] ^= 0x10;
		}
	}
}

TEST(a_wrong_checksum_is_a_fault_after_all_bytes_were_delivered)
{
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.gz");
	AUTO(buf_free)
	struct buf got = BUF_INIT((size_t)1 << 20);

	packed.at[packed.used - 6] ^= 1;
	EQ_INT(decode(BLOB_GZIP, buf_bytes(&packed), 512, &got, NULL), FAULT_FORMAT);
	EQ_U64(got.used, 23893);
}

TEST(a_broken_stream_says_the_same_when_asked_again)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	struct fault first = FAULT_INIT, second = FAULT_INIT;
	struct stream in;

	stream_from_memory(&in, BYTES_OF("\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff"));
	EQ_INT(codec_open(&s, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(stream_want(s, 1, &first), FAULT_FORMAT);
	EQ_INT(stream_want(s, 1, &second), FAULT_FORMAT);
	EQ_STR(second.text, first.text);
}

TEST(gzip_keeps_the_name_of_its_first_member)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.gz");
	AUTO(buf_free)
	struct buf named = BUF_INIT((size_t)1 << 20);
	struct stream in;

	(void)buf_append(&named, "\x1f\x8b\x08\x08\0\0\0\0\0\3seq.txt\0", 18);
	(void)buf_append(&named, packed.at + 10, packed.used - 10);
	stream_from_memory(&in, buf_bytes(&named));
	EQ_INT(codec_open(&s, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(stream_want(s, 1, NULL), 0);
	EQ_BYTES(codec_inner_name(s), BYTES_OF("seq.txt"));
}

TEST(zeros_behind_a_gzip_member_are_padding)
{
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.gz");
	AUTO(buf_free)
	struct buf got = BUF_INIT((size_t)1 << 20);
	static const uint8_t zeros[1000];
	size_t behind;

	(void)buf_append(&packed, zeros, sizeof(zeros));
	EQ_INT(decode(BLOB_GZIP, buf_bytes(&packed), 512, &got, &behind), 0);
	EQ_U64(got.used, 23893);
	EQ_U64(behind, 0);
}

TEST(an_empty_or_foreign_source_is_a_fault)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf got = BUF_INIT(1000);

		EQ_INT(decode(kinds[i].kind, BYTES_OF(""), 1, &got, NULL), FAULT_FORMAT);
		EQ_INT(decode(kinds[i].kind, BYTES_OF("what is this, then?!"), 1, &got, NULL),
		       FAULT_FORMAT);
		EQ_U64(got.used, 0);
	}
}

static void
reads_zip_member(const char *file, enum codec_bare kind, int64_t size)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf packed = file_of(file);
	AUTO(buf_free)
	struct buf got = BUF_INIT((size_t)1 << 20);
	AUTO(buf_free)
	struct buf text = seq_text();
	struct stream in;

	(void)buf_append_text(&packed, "behind");
	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open_bare(&s, kind, &in, size, NULL), 0);
	EQ_INT(read_all(s, 1000, &got), 0);
	EQ_BYTES(buf_bytes(&got), buf_bytes(&text));
	if (!EQ_BYTES(stream_window(&in), BYTES_OF("behind")))
		FAIL("reading %s", file);
	stream_from_memory(&in, buf_bytes(&packed));
	codec_again(s, &in, size);
	buf_reset(&got);
	EQ_INT(read_all(s, 1000, &got), 0);
	if (!EQ_BYTES(buf_bytes(&got), buf_bytes(&text)) ||
	    !EQ_BYTES(stream_window(&in), BYTES_OF("behind")))
		FAIL("reading %s", file);
}

TEST(bare_streams_end_where_their_last_block_ends)
{
	reads_zip_member("data/codec/seq.deflate", CODEC_DEFLATE, -1);
	reads_zip_member("data/codec/seq.deflate", CODEC_DEFLATE, 23893);
	reads_zip_member("data/codec/seq.deflate", CODEC_DEFLATE, 23894);
	reads_zip_member("data/codec/seq.deflate", CODEC_DEFLATE, 5);
	reads_zip_member("data/codec/seq.zlib", CODEC_ZLIB, -1);
	reads_zip_member("data/codec/seq.deflate64", CODEC_DEFLATE64, -1);
	reads_zip_member("data/codec/seq.lzma-zip", CODEC_LZMA_ZIP, 23893);
}

TEST(what_ended_within_one_block_is_whole)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.gz");
	struct stream in;

	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open(&s, BLOB_GZIP, &in, NULL), 0);
	OK(s->whole == NULL);
	EQ_INT(stream_want(s, 1, NULL), 0);
	OK(s->whole == s->at);
	EQ_U64(s->whole_bytes, 23893);
}

TEST(a_stream_read_ahead_is_the_same_stream)
{
	static const size_t wants[] = {1, 5000, 70000, 300000, STREAM_WANT_MAX};
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)8 << 20);
	uint32_t state = 1;

	while (text.used < 3000001) {
		state = state * 1664525u + 1013904223u;
		(void)buf_append_u8(&text, (uint8_t)(state >> 24));
	}
	for (size_t w = 0; w < ARRAY_LEN(wants); w++) {
		struct stream in;
		AUTO(stream_close)
		struct stream *s = NULL;
		AUTO(buf_free)
		struct buf got = BUF_INIT((size_t)8 << 20);
		size_t rest = wants[w] / 3;

		stream_from_memory(&in, buf_bytes(&text));
		EQ_INT(codec_ahead(&s, &in, NULL), 0);
		for (;;) {
			size_t take;

			NEED(stream_want(s, wants[w], NULL) == 0);
			OK(s->left >= wants[w] || s->ended);
			EQ_U64(s->at_bytes, got.used);
			take = s->ended ? s->left : s->left - (rest < s->left ? rest : 0);
			(void)buf_append(&got, s->at, take);
			stream_take(s, take);
			if (s->ended)
				break;
		}
		OK(bytes_equal(buf_bytes(&got), buf_bytes(&text)));
	}
}

TEST(a_stream_read_ahead_breaks_after_the_last_good_byte)
{
	struct stream in, *inner;
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.gz");
	AUTO(buf_free)
	struct buf got = BUF_INIT((size_t)1 << 20);

	stream_from_memory(&in, bytes_make(packed.at, packed.used - 3));
	EQ_INT(codec_open(&inner, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(codec_ahead(&s, inner, NULL), 0);
	EQ_INT(read_all(s, 1000, &got), FAULT_FORMAT);
	EQ_U64(got.used, 23893);
	EQ_INT(stream_want(s, 1, NULL), FAULT_FORMAT);
}

TEST(a_stream_read_ahead_can_be_closed_half_read)
{
	static uint8_t zeros[4000000];

	for (unsigned round = 0; round < 20; round++) {
		struct stream in;
		AUTO(stream_close)
		struct stream *s = NULL;

		stream_from_memory(&in, bytes_make(zeros, sizeof(zeros)));
		EQ_INT(codec_ahead(&s, &in, NULL), 0);
		EQ_INT(stream_want(s, round * 1000, NULL), 0);
	}
}

TEST(a_wrong_adler_of_zlib_is_a_fault_after_all_bytes)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf packed = file_of("data/codec/seq.zlib");
	AUTO(buf_free)
	struct buf got = BUF_INIT((size_t)1 << 20);
	struct stream in;

	packed.at[packed.used - 1] ^= 1;
	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open_bare(&s, CODEC_ZLIB, &in, -1, NULL), 0);
	EQ_INT(read_all(s, 1000, &got), FAULT_FORMAT);
	EQ_U64(got.used, 23893);
}
