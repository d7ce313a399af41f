/*
 * test_unpack_more.c - ar, cpio, rpm, asar: what they give out, cut, flipped, and tricked
 *
 * tests/data/unpack/sample.* hold one small tree, written by the usual tools.
 */
#include "unpack/unpack.h"

#include <stdio.h>

#include "codec/codec.h"
#include "tap.h"
#include "unpack/sniff.h"
#include "unpack_try.h"

static struct buf
file_of(const char *name)
{
	struct buf content = BUF_INIT((size_t)1 << 20);
	FILE *file = fopen(tap_data(name), "rb");

	if (!OK(file != NULL) || buf_reserve(&content, 500000) < 0)
		return content;
	content.used = fread(content.at, 1, 500000, file);
	(void)fclose(file);
	return content;
}

static void
expect(enum blob_kind kind, struct bytes content, const char *listing, const char *notes, int ended)
{
	static const size_t steps[] = {0, 1, 7, 4096};

	EQ_STR(blob_kind_name(sniff(content, true)), blob_kind_name(kind));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct tried tried =
		    steps[i] == 0 ? try_bytes(kind, content) : try_drip(kind, content, steps[i]);

		EQ_STR(buf_text(&tried.listing), listing);
		EQ_STR(buf_text(&tried.notes), notes);
		EQ_INT(tried.ended, ended);
		tried_free(&tried);
	}
}

static void
survives(enum blob_kind kind, struct bytes content)
{
	AUTO(buf_free)
	struct buf copy = BUF_INIT((size_t)1 << 20);

	(void)buf_append(&copy, content.at, content.left);
	for (size_t cut = 0; cut < copy.used; cut++) {
		struct tried tried = try_bytes(kind, bytes_make(copy.at, cut));

		OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT);
		tried_free(&tried);
	}
	for (size_t i = 0; i < copy.used; i++)
		for (unsigned flip = 1; flip < 256; flip = flip * 4 + 3) {
			struct tried tried;

			copy.at[i] ^= (uint8_t)flip;
			tried = try_drip(kind, buf_bytes(&copy), 500);
			OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT ||
			   tried.ended == FAULT_LIMIT);
			tried_free(&tried);
			copy.at[i] ^= (uint8_t)flip;
		}
}

TEST(every_dialect_of_cpio_gives_the_same_tree)
{
	static const char *const files[] = {
	    "data/unpack/sample.newc.cpio", "data/unpack/sample.crc.cpio",
	    "data/unpack/sample.odc.cpio", "data/unpack/sample.bin.cpio"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(buf_free)
		struct buf file = file_of(files[i]);

		expect(BLOB_CPIO, buf_bytes(&file),
		       "./;bin/;bin/hello=echo hello\\x0a;bin/hi->hello;", "", UNPACK_END);
	}
}

TEST(binary_cpio_of_the_other_byte_order_is_read)
{
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.bin.cpio");

	/* Swap the words of each header; names and contents stay as they are. */
	for (size_t at = 0; at + 26 < file.used && file.at[at] == 0xc7;) {
		size_t name = file.at[at + 20], size = file.at[at + 24];

		for (size_t i = 0; i < 26; i += 2) {
			uint8_t low = file.at[at + i];

			file.at[at + i] = file.at[at + i + 1];
			file.at[at + i + 1] = low;
		}
		at += 26 + name + (name & 1) + size + (size & 1);
	}
	expect(BLOB_CPIO, buf_bytes(&file), "./;bin/;bin/hello=echo hello\\x0a;bin/hi->hello;", "",
	       UNPACK_END);
}

TEST(what_follows_a_cpio_is_given_out)
{
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.newc.cpio");
	size_t one = file.used;

	(void)buf_append(&file, file.at, one);
	(void)buf_append_text(&file, "more");
	expect(BLOB_CPIO, buf_bytes(&file),
	       "./;bin/;bin/hello=echo hello\\x0a;bin/hi->hello;"
	       "./;bin/;bin/hello=echo hello\\x0a;bin/hi->hello;(appended data)=more;",
	       "hidden-entry;duplicate-name;duplicate-name;appended-data;", UNPACK_END);
}

TEST(a_deb_is_an_ar_of_three_members)
{
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.deb");

	expect(BLOB_AR, buf_bytes(&file),
	       "debian-binary=2.0\\x0a;control.tar.xz=<268>;data.tar.xz=<252>;", "", UNPACK_END);
	(void)buf_append_text(&file, "appended");
	expect(BLOB_AR, buf_bytes(&file),
	       "debian-binary=2.0\\x0a;control.tar.xz=<268>;data.tar.xz=<252>;"
	       "(appended data)=appended;",
	       "appended-data;", UNPACK_END);
}

TEST(long_names_of_ar_come_from_its_table)
{
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.a");
	struct tried tried = try_drip(BLOB_AR_OBJECT_LIB, buf_bytes(&file), 100);

	EQ_INT(sniff(buf_bytes(&file), true), BLOB_AR_OBJECT_LIB);
	HAS_STR(buf_text(&tried.listing), ";a_long_name_of_a_file.txt=hello;");
	HAS_STR(buf_text(&tried.listing), ";f.o=<");
	EQ_STR(buf_text(&tried.notes), "");
	EQ_INT(tried.ended, UNPACK_END);
	tried_free(&tried);
}

TEST(names_of_bsd_ar_stand_in_front_of_the_content)
{
	expect(BLOB_AR_OBJECT_LIB,
	       BYTES_OF("!<arch>\n"
			"#1/12           0           0     0     100644  17        `\n"
			"name with sphello"
			"\n"
			"short.txt       0           0     0     100644  2         `\nok"),
	       "name with sp=hello;short.txt=ok;", "", UNPACK_END);
}

TEST(an_rpm_gives_its_header_and_the_files_of_its_payload)
{
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.rpm");

	expect(BLOB_RPM, buf_bytes(&file),
	       "(rpm header)=<1529>;./usr/bin/hello=echo hello\\x0a;./usr/bin/hi->hello;", "",
	       UNPACK_END);
	(void)buf_append_text(&file, "more");
	expect(BLOB_RPM, buf_bytes(&file),
	       "(rpm header)=<1529>;./usr/bin/hello=echo hello\\x0a;./usr/bin/hi->hello;"
	       "(appended data)=more;",
	       "appended-data;", UNPACK_END);
}

/* An asar around `json`, followed by `data`. */
static struct buf
asar_of(const char *json, const char *data)
{
	struct buf asar = BUF_INIT(100000);
	size_t length = strlen(json), padded = (length + 3) & ~(size_t)3;
	const uint32_t header[] = {4, (uint32_t)padded + 8, (uint32_t)padded + 4, (uint32_t)length};

	(void)buf_append(&asar, header, sizeof(header));
	(void)buf_append_text(&asar, json);
	(void)buf_append(&asar, "\0\0\0", padded - length);
	(void)buf_append_text(&asar, data);
	return asar;
}

TEST(an_asar_gives_its_files_in_the_order_of_their_place)
{
	AUTO(buf_free)
	struct buf asar = asar_of("{\"files\":{\"b\":{\"size\":3,\"offset\":\"4\"},"
				  "\"d\":{\"files\":{\"a\":{\"size\":4,\"offset\":\"0\"},"
				  "\"l\":{\"link\":\"b\"},\"e\":{\"size\":0,\"offset\":\"4\"}}},"
				  "\"out\":{\"size\":9,\"unpacked\":true}}}",
				  "onetwo!");

	expect(BLOB_ASAR, buf_bytes(&asar), "d/l->b;d/a=onet;d/e=;b=wo!;", "", UNPACK_END);
}

TEST(bytes_that_no_file_of_an_asar_claims_are_given_out)
{
	AUTO(buf_free)
	struct buf asar = asar_of("{\"files\":{\"a\":{\"size\":2,\"offset\":\"3\"},"
				  "\"../b\":{\"size\":2,\"offset\":\"7\"}}}",
				  "gapA1hiB2end");

	expect(BLOB_ASAR, buf_bytes(&asar),
	       "(data between entries)=gap;a=A1;(data between entries)=hi;../b=B2;"
	       "(appended data)=end;",
	       "hidden-data;hidden-data;path-escapes;appended-data;", UNPACK_END);
}

TEST(files_of_an_asar_that_overlap_are_noted)
{
	AUTO(buf_free)
	struct buf asar = asar_of("{\"files\":{\"a\":{\"size\":4,\"offset\":\"0\"},"
				  "\"b\":{\"size\":4,\"offset\":\"2\"}}}",
				  "abcdef");
	struct tried tried = try_bytes(BLOB_ASAR, buf_bytes(&asar));

	EQ_STR(buf_text(&tried.listing), "a=abcd;b=cdef;(appended data)=ef;");
	EQ_STR(buf_text(&tried.notes), "overlap;appended-data;");
	tried_free(&tried);
}

TEST(an_asar_whose_sizes_lie_is_a_fault_after_what_is_there)
{
	AUTO(buf_free)
	struct buf asar =
	    asar_of("{\"files\":{\"a\":{\"size\":9007199254740992,\"offset\":\"0\"}}}", "abc");

	expect(BLOB_ASAR, buf_bytes(&asar), "a=abc!;", "", FAULT_FORMAT);
}

TEST(the_long_tail_is_refused_until_it_is_loaded)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	AUTO(buf_free)
	struct buf file = file_of("data/unpack/sample.7z");
	struct budget budget = {0};
	struct stream in;

	OK(unpack_is_tail(BLOB_7Z) && unpack_is_tail(BLOB_LONGTAIL) && !unpack_is_tail(BLOB_ZIP));
	if (!unpack_tail_ready()) {
		stream_from_memory(&in, buf_bytes(&file));
		EQ_INT(unpack_open(&up, BLOB_7Z, &in, &budget, NULL), FAULT_LIMIT);
	}
	EQ_INT(unpack_tail_load(NULL), 0);
	OK(unpack_tail_ready());
}

static void
gives(enum blob_kind kind, const struct buf *file, const char *listing)
{
	struct tried tried = try_bytes(kind, buf_bytes(file));

	EQ_INT(sniff(buf_bytes(file), true), kind);
	EQ_STR(buf_text(&tried.listing), listing);
	EQ_STR(buf_text(&tried.notes), "");
	EQ_INT(tried.ended, UNPACK_END);
	tried_free(&tried);
}

TEST(the_long_tail_is_read_by_libarchive)
{
	AUTO(buf_free)
	struct buf seven = file_of("data/unpack/sample.7z");
	AUTO(buf_free)
	struct buf xar = file_of("data/unpack/sample.xar");
	AUTO(buf_free)
	struct buf packed = file_of("data/unpack/sample.iso.gz");
	AUTO(buf_free)
	struct buf iso = BUF_INIT((size_t)1 << 20);
	AUTO(stream_close)
	struct stream *decoder = NULL;
	struct stream in;

	EQ_INT(unpack_tail_load(NULL), 0);
	gives(BLOB_7Z, &seven, "d/hello=echo hello\\x0a;d/hi->hello;d//;");
	gives(BLOB_LONGTAIL, &xar, "d/;d/hello=echo hello\\x0a;d/hi->hello;");
	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open(&decoder, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(stream_want(decoder, (size_t)1 << 20, NULL), 0);
	(void)buf_append(&iso, decoder->at, decoder->left);
	gives(BLOB_LONGTAIL, &iso, "./;d/;d/hello=echo hello\\x0a;d/hi->hello;");
}

TEST(small_samples_survive_every_cut_and_flip)
{
	static const struct {
		enum blob_kind kind;
		const char *file;
	} samples[] = {{BLOB_CPIO, "data/unpack/sample.newc.cpio"},
		       {BLOB_CPIO, "data/unpack/sample.odc.cpio"},
		       {BLOB_CPIO, "data/unpack/sample.bin.cpio"},
		       {BLOB_AR, "data/unpack/sample.deb"},
		       {BLOB_AR_OBJECT_LIB, "data/unpack/sample.a"},
		       {BLOB_RPM, "data/unpack/sample.rpm"}};
	AUTO(buf_free)
	struct buf asar = asar_of("{\"files\":{\"b\":{\"size\":3,\"offset\":\"4\"},"
				  "\"d\":{\"files\":{\"a\":{\"size\":4,\"offset\":\"0\"},"
				  "\"l\":{\"link\":\"b\"}}}}}",
				  "onetwo!");

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(buf_free)
		struct buf file = file_of(samples[i].file);

		survives(samples[i].kind, buf_bytes(&file));
	}
	survives(BLOB_ASAR, buf_bytes(&asar));
	EQ_INT(unpack_tail_load(NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		AUTO(buf_free)
		struct buf file =
		    file_of(i == 0 ? "data/unpack/sample.7z" : "data/unpack/sample.xar");
		struct tried tried;

		for (size_t cut = 0; cut < file.used; cut++) {
			tried =
			    try_bytes(i == 0 ? BLOB_7Z : BLOB_LONGTAIL, bytes_make(file.at, cut));
			OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT);
			tried_free(&tried);
		}
	}
}

TEST(a_refused_allocation_is_a_fault_and_leaks_nothing)
{
	AUTO(buf_free)
	struct buf rpm = file_of("data/unpack/sample.rpm");
	AUTO(buf_free)
	struct buf asar = asar_of("{\"files\":{\"b\":{\"size\":3,\"offset\":\"0\"}}}", "abc");

	EACH_FAILED_ALLOC
	{
		const enum blob_kind kinds[] = {BLOB_RPM, BLOB_ASAR};
		const struct bytes contents[] = {buf_bytes(&rpm), buf_bytes(&asar)};

		for (size_t i = 0; i < 2; i++) {
			AUTO(unpack_close)
			struct unpack *up = NULL;
			struct limits limits = LIMITS_DEFAULT;
			struct unpack_entry entry;
			struct budget budget;
			struct stream in;
			int r;

			budget_begin(&budget, &limits, NULL);
			stream_from_memory(&in, contents[i]);
			r = unpack_open(&up, kinds[i], &in, &budget, NULL);
			while (r == 0)
				r = unpack_next(up, &entry, NULL);
			OK(r == UNPACK_END || r == FAULT_MEMORY || r == FAULT_LIMIT);
		}
	}
}
