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
    {BLOB_GZIP, "data/codec/seq.gz", true},
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

			EQ_INT(decode(kinds[i].kind, bytes_make(packed.at, cut), 512, &got, NULL),
			       FAULT_FORMAT);
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
