/*
 * test_zip.c - what the zip reader gives out when directory and local headers agree, and when not
 */
#include "unpack/unpack.h"

#include "codec/codec.h"
#include "tap.h"
#include "unpack_try.h"

#define ZIP(z)                                                                                     \
	AUTO(zip_of_free)                                                                          \
	struct zip_of z = {BUF_INIT((size_t)64 << 20), BUF_INIT(1 << 20), 0}

/* "hello, hello, hello\n" deflated */
static const uint8_t hello[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7,
				0x51, 0xc8, 0x40, 0xa2, 0xb8, 0x00};
#define HELLO_CRC  0x526e42e7u
#define HELLO_SIZE 20

struct zip_of {
	struct buf b, directory;
	uint16_t count;
};

struct member {
	const char *name;
	struct bytes packed;
	uint16_t method, flags;
	uint32_t crc, packed_bytes, size_bytes, attributes;
	uint32_t local_at;
};

static void
zip_of_free(struct zip_of *z)
{
	buf_free(&z->b);
	buf_free(&z->directory);
}

static void
put16(struct buf *b, uint32_t value)
{
	const uint8_t at[] = {(uint8_t)value, (uint8_t)(value >> 8)};

	(void)buf_append(b, at, 2);
}

static void
put32(struct buf *b, uint32_t value)
{
	put16(b, value & 0xffff);
	put16(b, value >> 16);
}

static struct member
stored(const char *name, const char *content)
{
	struct bytes packed = bytes_text(content);

	return (struct member){
	    .name = name,
	    .packed = packed,
	    .crc = codec_crc32(0, packed),
	    .packed_bytes = (uint32_t)packed.left,
	    .size_bytes = (uint32_t)packed.left,
	};
}

static struct member
deflated(const char *name)
{
	return (struct member){
	    .name = name,
	    .packed = bytes_make(hello, sizeof(hello)),
	    .method = 8,
	    .crc = HELLO_CRC,
	    .packed_bytes = sizeof(hello),
	    .size_bytes = HELLO_SIZE,
	};
}

static void
put_local(struct zip_of *z, struct member *m)
{
	m->local_at = (uint32_t)z->b.used;
	(void)buf_append(&z->b, "PK\3\4\24", 5);
	(void)buf_append_u8(&z->b, 0);
	put16(&z->b, m->flags);
	put16(&z->b, m->method);
	put32(&z->b, 0);
	put32(&z->b, m->flags & 8 ? 0 : m->crc);
	put32(&z->b, m->flags & 8 ? 0 : m->packed_bytes);
	put32(&z->b, m->flags & 8 ? 0 : m->size_bytes);
	put16(&z->b, (uint32_t)strlen(m->name));
	put16(&z->b, 0);
	(void)buf_append_text(&z->b, m->name);
	(void)buf_append(&z->b, m->packed.at, m->packed.left);
	if (m->flags & 8) {
		(void)buf_append(&z->b, "PK\7\10", 4);
		put32(&z->b, m->crc);
		put32(&z->b, m->packed_bytes);
		put32(&z->b, m->size_bytes);
	}
}

static void
put_central(struct zip_of *z, const struct member *m)
{
	struct buf *d = &z->directory;

	(void)buf_append(d, "PK\1\2\24\3\24", 7);
	(void)buf_append_u8(d, 0);
	put16(d, m->flags);
	put16(d, m->method);
	put32(d, 0);
	put32(d, m->crc);
	put32(d, m->packed_bytes);
	put32(d, m->size_bytes);
	put16(d, (uint32_t)strlen(m->name));
	put16(d, 0);
	put16(d, 0);
	put16(d, 0);
	put16(d, 0);
	put32(d, m->attributes);
	put32(d, m->local_at);
	(void)buf_append_text(d, m->name);
	z->count++;
}

static void
put_both(struct zip_of *z, struct member m)
{
	put_local(z, &m);
	put_central(z, &m);
}

static void
put_end_of(struct buf *b, uint16_t count, uint32_t size, uint32_t at, const char *comment)
{
	(void)buf_append(b, "PK\5\6\0\0\0\0", 8);
	put16(b, count);
	put16(b, count);
	put32(b, size);
	put32(b, at);
	put16(b, (uint32_t)strlen(comment));
	(void)buf_append_text(b, comment);
}

static void
put_end(struct zip_of *z)
{
	uint32_t at = (uint32_t)z->b.used;

	(void)buf_append(&z->b, z->directory.at, z->directory.used);
	put_end_of(&z->b, z->count, (uint32_t)z->directory.used, at, "");
}

static void
expect_bytes(struct bytes content, const char *listing, const char *notes, int ended)
{
	struct tried tried = try_bytes(BLOB_ZIP, content);

	EQ_STR(buf_text(&tried.listing), listing);
	EQ_STR(buf_text(&tried.notes), notes);
	EQ_INT(tried.ended, ended);
	tried_free(&tried);
}

static void
expect(const struct zip_of *z, const char *listing, const char *notes)
{
	expect_bytes(buf_bytes(&z->b), listing, notes, UNPACK_END);
}

TEST(a_zip_gives_stored_and_deflated_files_and_folders)
{
	ZIP(z);

	put_both(&z, stored("a.txt", "one"));
	put_both(&z, stored("d/", ""));
	put_both(&z, deflated("d/b.txt"));
	put_both(&z, stored("empty", ""));
	put_end(&z);
	expect(&z, "a.txt=one;d//;d/b.txt=hello, hello, hello\\x0a;empty=;", "");
}

TEST(an_empty_zip_has_no_entries)
{
	ZIP(z);

	put_end(&z);
	expect(&z, "", "");
}

TEST(a_data_descriptor_is_no_hidden_data)
{
	ZIP(z);
	struct member m = deflated("a");

	m.flags = 8;
	put_both(&z, m);
	put_both(&z, stored("b", "2"));
	put_end(&z);
	expect(&z, "a=hello, hello, hello\\x0a;b=2;", "");
}

TEST(the_descriptor_of_an_empty_file_is_not_taken_for_a_wide_one)
{
	ZIP(z);
	struct member m = {.name = "empty",
			   .packed = BYTES_OF("\3\0"),
			   .method = 8,
			   .flags = 8,
			   .packed_bytes = 2};

	put_both(&z, m);
	put_both(&z, stored("b", "2"));
	put_end(&z);
	expect(&z, "empty=;b=2;", "");
}

TEST(a_symbolic_link_is_a_link)
{
	ZIP(z);
	struct member m = stored("d/l", "../../etc/passwd");

	m.attributes = 0120777u << 16;
	put_both(&z, m);
	put_end(&z);
	expect(&z, "d/l->../../etc/passwd;", "link-escapes;");
}

TEST(an_entry_that_the_directory_does_not_name_is_given_out)
{
	ZIP(z);
	struct member secret = stored("secret", "s3cret"), packed = deflated("packed"),
		      streamed = deflated("streamed");

	streamed.flags = 8;
	put_local(&z, &secret);
	put_both(&z, stored("a", "1"));
	put_local(&z, &packed);
	put_local(&z, &streamed);
	put_local(&z, &secret);
	put_both(&z, stored("b", "2"));
	put_end(&z);
	expect(&z,
	       "secret=s3cret;a=1;packed=hello, hello, hello\\x0a;"
	       "streamed=hello, hello, hello\\x0a;secret=s3cret;b=2;",
	       "hidden-entry;hidden-entry;hidden-entry;hidden-entry;duplicate-name;");
}

TEST(data_in_front_between_and_behind_is_given_out)
{
	ZIP(z);

	(void)buf_append_text(&z.b, "#!/bin/sh\n");
	put_both(&z, stored("a", "1"));
	(void)buf_append_text(&z.b, "between");
	put_both(&z, stored("b", "2"));
	put_end(&z);
	(void)buf_append_text(&z.b, "behind");
	expect(&z,
	       "(prepended data)=#\\x21/bin/sh\\x0a;a=1;(data between entries)=between;b=2;"
	       "(appended data)=behind;",
	       "prepended-data;hidden-data;appended-data;");
}

TEST(offsets_that_ignore_a_prefix_are_found_all_the_same)
{
	ZIP(z);
	AUTO(buf_free)
	struct buf whole = BUF_INIT(100000);

	put_both(&z, stored("a", "1"));
	put_both(&z, stored("b", "2"));
	put_end(&z);
	(void)buf_append_text(&whole, "MZ prefix");
	(void)buf_append(&whole, z.b.at, z.b.used);
	expect_bytes(buf_bytes(&whole), "(prepended data)=MZ prefix;a=1;b=2;", "prepended-data;",
		     UNPACK_END);
}

TEST(a_comment_is_given_out)
{
	ZIP(z);
	uint32_t at;

	put_both(&z, stored("a", "1"));
	at = (uint32_t)z.b.used;
	(void)buf_append(&z.b, z.directory.at, z.directory.used);
	put_end_of(&z.b, 1, (uint32_t)z.directory.used, at, "internal build");
	expect(&z, "a=1;(archive comment)=internal build;", "");
}

TEST(both_readings_are_given_out_when_local_header_and_directory_differ)
{
	ZIP(z);
	struct member local = stored("evil.js", "content"), central;

	put_local(&z, &local);
	central = local;
	central.name = "good.js";
	central.packed_bytes = central.size_bytes = 3;
	central.crc = codec_crc32(0, BYTES_OF("con"));
	put_central(&z, &central);
	put_end(&z);
	expect(&z, "good.js=con;evil.js=content;(data between entries)=tent;",
	       "zip-local-differs;hidden-data;");
}

TEST(a_method_that_differs_gives_both_readings)
{
	ZIP(z);
	struct member local = deflated("a"), central;

	put_local(&z, &local);
	central = local;
	central.method = 0;
	central.size_bytes = sizeof(hello);
	central.crc = codec_crc32(0, bytes_make(hello, sizeof(hello)));
	put_central(&z, &central);
	put_end(&z);
	expect(&z, "a=\\xcbH\\xcd\\xc9\\xc9\\xd7Q\\xc8@\\xa2\\xb8\\x00;a=hello, hello, hello\\x0a;",
	       "zip-local-differs;duplicate-name;");
}

TEST(a_wrong_crc_breaks_after_all_bytes)
{
	ZIP(z);
	struct member m = deflated("a");

	m.crc ^= 1;
	put_both(&z, m);
	put_both(&z, stored("b", "2"));
	put_end(&z);
	expect(&z, "a=hello, hello, hello\\x0a!;b=2;", "");
}

TEST(a_lying_size_is_bounded_by_what_is_there)
{
	ZIP(z);
	struct member m = deflated("a"), n = deflated("b");

	m.size_bytes = 5;
	put_both(&z, m);
	n.size_bytes = 4000000000u;
	put_both(&z, n);
	put_end(&z);
	expect(&z, "a=hello, hello, hello\\x0a;b=hello, hello, hello\\x0a;",
	       "size-lies;size-lies;");
}

TEST(packed_data_that_ends_early_is_followed_by_what_it_hides)
{
	ZIP(z);
	AUTO(buf_free)
	struct buf packed = BUF_INIT(1000);
	struct member m = deflated("a");

	(void)buf_append(&packed, hello, sizeof(hello));
	(void)buf_append_text(&packed, "smuggled");
	m.packed = buf_bytes(&packed);
	m.packed_bytes = (uint32_t)packed.used;
	put_both(&z, m);
	put_end(&z);
	expect(&z, "a=hello, hello, hello\\x0a;(data between entries)=smuggled;", "hidden-data;");
}

TEST(encrypted_and_unknown_methods_say_why_they_are_not_read)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct member secret = stored("a", "?"), odd = stored("b", "?");
	struct unpack_entry entry;
	struct budget budget;
	struct stream in;
	ZIP(z);

	secret.flags = 1;
	odd.method = 98;
	put_both(&z, secret);
	put_both(&z, odd);
	put_end(&z);
	budget_begin(&budget, &limits, NULL);
	stream_from_memory(&in, buf_bytes(&z.b));
	EQ_INT(unpack_open(&up, BLOB_ZIP, &in, &budget, NULL), 0);
	EQ_INT(unpack_next(up, &entry, NULL), 0);
	EQ_STR(entry.unreadable, "encrypted");
	OK(entry.content != NULL);
	EQ_INT(unpack_next(up, &entry, NULL), 0);
	EQ_STR(entry.unreadable, "packed by PPMd");
	EQ_INT(unpack_next(up, &entry, NULL), UNPACK_END);
}

TEST(entries_that_share_bytes_are_noted)
{
	ZIP(z);
	struct member m = deflated("a");

	put_local(&z, &m);
	put_central(&z, &m);
	m.name = "b";
	put_central(&z, &m);
	put_end(&z);
	expect(&z,
	       "a=hello, hello, hello\\x0a;b=hello, hello, hello\\x0a;a=hello, hello, hello\\x0a;",
	       "overlap;zip-local-differs;duplicate-name;");
}

TEST(a_directory_entry_without_local_header_is_told)
{
	ZIP(z);
	struct member m = stored("ghost", "x");

	put_both(&z, stored("a", "1"));
	m.local_at = 100000;
	put_central(&z, &m);
	put_end(&z);
	expect(&z, "a=1;(data between entries)=<120>;ghost=;", "hidden-data;");
}

TEST(without_directory_the_local_headers_are_read)
{
	ZIP(z);

	put_both(&z, stored("a", "1"));
	put_both(&z, deflated("b"));
	expect(&z, "a=1;b=hello, hello, hello\\x0a;", "zip-no-directory*;");
}

TEST(a_second_end_record_in_the_comment_is_told)
{
	ZIP(z);
	uint32_t at;
	struct member first = stored("first", "1"), second = stored("second", "2");
	struct buf d2 = BUF_INIT(1000);

	put_local(&z, &first);
	put_local(&z, &second);
	put_central(&z, &first);
	at = (uint32_t)z.b.used;
	(void)buf_append(&z.b, z.directory.at, z.directory.used);
	d2 = z.directory;
	put_end_of(&z.b, 1, (uint32_t)z.directory.used, at, "");
	z.directory = (struct buf)BUF_INIT(1000);
	put_central(&z, &second);
	at = (uint32_t)z.b.used;
	(void)buf_append(&z.b, z.directory.at, z.directory.used);
	put_end_of(&z.b, 1, (uint32_t)z.directory.used, at, "");
	buf_free(&d2);
	expect(&z, "first=1;second=2;(data between entries)=<73>;", "hidden-entry;hidden-data;");
}

static void
sample(struct zip_of *z)
{
	struct member streamed = deflated("s"), hidden = stored("h", "x");

	streamed.flags = 8;
	put_both(z, stored("a.txt", "one"));
	put_both(z, deflated("b.txt"));
	put_both(z, streamed);
	put_local(z, &hidden);
	put_both(z, stored("d/", ""));
	put_end(z);
}

TEST(a_zip_cut_at_any_byte_ends_or_breaks)
{
	ZIP(z);

	sample(&z);
	for (size_t cut = 0; cut < z.b.used; cut++) {
		struct tried tried = try_bytes(BLOB_ZIP, bytes_make(z.b.at, cut));

		OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT);
		tried_free(&tried);
	}
}

TEST(a_zip_with_any_byte_flipped_ends_or_breaks)
{
	ZIP(z);

	sample(&z);
	for (size_t i = 0; i < z.b.used; i++) {
		for (unsigned flip = 1; flip < 256; flip = flip * 4 + 3) {
			struct tried tried;

			z.b.at[i] ^= (uint8_t)flip;
			tried = try_bytes(BLOB_ZIP, buf_bytes(&z.b));
			OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT);
			OK(tried.entries < 100);
			tried_free(&tried);
			z.b.at[i] ^= (uint8_t)flip;
		}
	}
}

TEST(a_zip_that_is_not_whole_in_memory_is_refused)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct stream in = {.ended = true};
	struct budget budget;

	OK(unpack_needs_whole(BLOB_ZIP));
	EQ_INT(unpack_open(&up, BLOB_ZIP, &in, &budget, NULL), FAULT_LIMIT);
}

TEST(a_refused_allocation_is_a_fault_and_leaks_nothing)
{
	ZIP(z);

	sample(&z);
	EACH_FAILED_ALLOC
	{
		AUTO(unpack_close)
		struct unpack *up = NULL;
		struct limits limits = LIMITS_DEFAULT;
		struct unpack_entry entry;
		struct budget budget;
		struct stream in;
		int r;

		budget_begin(&budget, &limits, NULL);
		stream_from_memory(&in, buf_bytes(&z.b));
		r = unpack_open(&up, BLOB_ZIP, &in, &budget, NULL);
		while (r == 0) {
			r = unpack_next(up, &entry, NULL);
			while (r == 0 && entry.type == UNPACK_FILE &&
			       stream_want(entry.content, 1, NULL) == 0 && entry.content->left > 0)
				stream_take(entry.content, entry.content->left);
		}
		OK(r == UNPACK_END || r == FAULT_MEMORY);
	}
}
