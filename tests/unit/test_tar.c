/*
 * test_tar.c - what the tar reader gives out, and what it says of tricks
 */
#include "unpack/unpack.h"

#include <stdio.h>

#include "tap.h"
#include "unpack_try.h"

/* ---- a small tar writer ---- */

struct tar_of {
	struct buf b;
};

static void
put_number(uint8_t *at, size_t room, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%0*llo", (int)room - 1, (unsigned long long)value);
	memcpy(at, text, room);
}

static void
put_checksum(uint8_t *block)
{
	uint32_t sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += block[i];
	put_number(block + 148, 7, sum);
}

static uint8_t *
put_header(struct buf *b, struct bytes name, char type, uint64_t size, const char *target)
{
	uint8_t block[512] = {0};

	memcpy(block, name.at, name.left < 100 ? name.left : 100);
	put_number(block + 100, 8, 0644);
	put_number(block + 108, 8, 0);
	put_number(block + 116, 8, 0);
	put_number(block + 124, 12, size);
	put_number(block + 136, 12, 0);
	block[156] = (uint8_t)type;
	if (target != NULL)
		memcpy(block + 157, target, strlen(target));
	memcpy(block + 257, "ustar\00000", 8);
	put_checksum(block);
	(void)buf_append(b, block, 512);
	return b->at + b->used - 512;
}

static void
put_body(struct buf *b, struct bytes content)
{
	static const uint8_t zeros[512];

	(void)buf_append(b, content.at, content.left);
	(void)buf_append(b, zeros, -content.left & 511);
}

static void
put_file(struct buf *b, const char *name, const char *content)
{
	(void)put_header(b, bytes_text(name), '0', strlen(content), NULL);
	put_body(b, bytes_text(content));
}

static void
put_end(struct buf *b)
{
	static const uint8_t zeros[1024];

	(void)buf_append(b, zeros, 1024);
}

#define TAR(b)                                                                                     \
	AUTO(buf_free)                                                                             \
	struct buf b = BUF_INIT((size_t)64 << 20)

static void
expect(const struct buf *b, const char *listing, const char *notes, int ended)
{
	static const size_t steps[] = {1, 511, 512, 513, 4096};
	struct tried tried = try_bytes(BLOB_TAR, buf_bytes(b));

	EQ_STR(buf_text(&tried.listing), listing);
	EQ_STR(buf_text(&tried.notes), notes);
	EQ_INT(tried.ended, ended);
	tried_free(&tried);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		tried = try_drip(BLOB_TAR, buf_bytes(b), steps[i]);
		EQ_STR(buf_text(&tried.listing), listing);
		EQ_STR(buf_text(&tried.notes), notes);
		EQ_INT(tried.ended, ended);
		tried_free(&tried);
	}
}

TEST(a_tar_gives_files_folders_links_and_devices)
{
	TAR(b);

	put_file(&b, "a.txt", "hello");
	(void)put_header(&b, BYTES_OF("d/"), '5', 0, NULL);
	(void)put_header(&b, BYTES_OF("d/l"), '2', 0, "../a.txt");
	(void)put_header(&b, BYTES_OF("d/h"), '1', 0, "a.txt");
	(void)put_header(&b, BYTES_OF("dev"), '3', 0, NULL);
	put_file(&b, "empty", "");
	put_end(&b);
	expect(&b, "a.txt=hello;d//;d/l->../a.txt;d/h->a.txt;dev?;empty=;", "", UNPACK_END);
}

TEST(a_tar_without_end_blocks_or_last_padding_is_read_whole)
{
	TAR(b);

	put_file(&b, "a", "hello");
	b.used -= 507;
	expect(&b, "a=hello;", "", UNPACK_END);
}

TEST(a_tar_that_ends_inside_a_member_is_a_fault_after_the_bytes_that_are_there)
{
	TAR(b);

	put_file(&b, "a", "one");
	put_file(&b, "b", "hello");
	b.used -= 510;
	expect(&b, "a=one;b=he!;", "", FAULT_FORMAT);
}

TEST(pax_records_amend_path_link_and_size)
{
	TAR(b);
	static const char records[] = "15 path=d/long\n11 size=05\n16 linkpath=x/y\n";

	(void)put_header(&b, BYTES_OF("PaxHeader"), 'x', sizeof(records) - 1, NULL);
	put_body(&b, BYTES_OF(records));
	(void)put_header(&b, BYTES_OF("short"), '0', 0, NULL);
	put_body(&b, BYTES_OF("hello"));
	put_file(&b, "next", "n");
	put_end(&b);
	expect(&b, "d/long=hello;next=n;", "", UNPACK_END);
}

TEST(gnu_long_names_and_links_amend_the_next_entry_only)
{
	TAR(b);

	(void)put_header(&b, BYTES_OF("././@LongLink"), 'L', 6, NULL);
	put_body(&b, BYTES_OF("long/n\0"));
	(void)put_header(&b, BYTES_OF("././@LongLink"), 'K', 4, NULL);
	put_body(&b, BYTES_OF("targ\0"));
	(void)put_header(&b, BYTES_OF("x"), '2', 0, "y");
	put_file(&b, "next", "n");
	put_end(&b);
	expect(&b, "long/n->targ;next=n;", "", UNPACK_END);
}

TEST(a_size_in_base_256_is_read)
{
	TAR(b);
	uint8_t *block = put_header(&b, BYTES_OF("a"), '0', 0, NULL);

	memcpy(block + 124, "\x80\0\0\0\0\0\0\0\0\0\0\5", 12);
	put_checksum(block);
	put_body(&b, BYTES_OF("hello"));
	put_end(&b);
	expect(&b, "a=hello;", "", UNPACK_END);
}

TEST(a_checksum_over_signed_bytes_is_right_too)
{
	TAR(b);
	uint8_t *block = put_header(&b, BYTES_OF("\xc3\xa4\xff"), '0', 0, NULL);
	uint32_t sum = 8 * ' ';

	for (size_t i = 0; i < 512; i++)
		if (i < 148 || i >= 156)
			sum += (uint32_t)(int32_t)(int8_t)block[i];
	put_number(block + 148, 7, sum);
	put_end(&b);
	expect(&b, "\xc3\xa4\\xff=;", "", UNPACK_END);
}

TEST(data_behind_the_end_blocks_is_given_out)
{
	TAR(b);

	put_file(&b, "a", "1");
	put_end(&b);
	(void)buf_append_text(&b, "SECRET");
	expect(&b, "a=1;(appended data)=SECRET;", "appended-data;", UNPACK_END);
}

TEST(entries_behind_the_end_blocks_are_given_out)
{
	TAR(b);

	put_file(&b, "a", "1");
	put_end(&b);
	put_file(&b, "b", "2");
	put_file(&b, "c", "3");
	put_end(&b);
	expect(&b, "a=1;b=2;c=3;", "hidden-entry;", UNPACK_END);
}

TEST(a_damaged_header_is_given_out_as_data_up_to_the_next_good_one)
{
	TAR(b);

	put_file(&b, "a", "1");
	put_file(&b, "bad", "2");
	put_file(&b, "c", "3");
	put_end(&b);
	b.at[1024 + 3] ^= 1;
	expect(&b, "a=1;(data between entries)=<1024>;c=3;", "hidden-entry;", UNPACK_END);
}

TEST(names_that_leave_the_folder_are_noted)
{
	TAR(b);

	put_file(&b, "../a", "1");
	put_file(&b, "/abs", "1");
	put_file(&b, "d/../../e", "1");
	put_file(&b, "d/../e", "1");
	put_file(&b, "C:\\x", "1");
	put_end(&b);
	expect(&b, "../a=1;/abs=1;d/../../e=1;d/../e=1;C:\\x5cx=1;",
	       "path-escapes;path-escapes;path-escapes;path-escapes;", UNPACK_END);
}

TEST(links_that_leave_the_folder_are_noted)
{
	TAR(b);

	(void)put_header(&b, BYTES_OF("d/l"), '2', 0, "../../etc/passwd");
	(void)put_header(&b, BYTES_OF("d/m"), '2', 0, "../etc/passwd");
	(void)put_header(&b, BYTES_OF("./d/n"), '2', 0, "../../x");
	(void)put_header(&b, BYTES_OF("d/h"), '1', 0, "../x");
	put_end(&b);
	expect(&b, "d/l->../../etc/passwd;d/m->../etc/passwd;./d/n->../../x;d/h->../x;",
	       "link-escapes;link-escapes;link-escapes;", UNPACK_END);
}

TEST(a_name_that_comes_twice_is_noted_and_both_are_given_out)
{
	TAR(b);

	put_file(&b, "a/b", "1");
	put_file(&b, "./a//b", "2");
	put_end(&b);
	expect(&b, "a/b=1;./a//b=2;", "duplicate-name;", UNPACK_END);
}

TEST(control_bytes_in_names_are_noted)
{
	TAR(b);
	static const char records[] = "12 path=a\0b\n";

	(void)put_header(&b, BYTES_OF("p"), 'x', sizeof(records) - 1, NULL);
	put_body(&b, BYTES_OF(records));
	put_file(&b, "short", "1");
	put_file(&b, "new\nline", "2");
	put_end(&b);
	expect(&b, "a\\x00b=1;new\\x0aline=2;", "odd-name;odd-name;", UNPACK_END);
}

TEST(an_unknown_type_is_given_out_as_a_hidden_file)
{
	TAR(b);

	(void)put_header(&b, BYTES_OF("q"), 'Q', 3, NULL);
	put_body(&b, BYTES_OF("abc"));
	put_end(&b);
	expect(&b, "q=abc;", "hidden-entry;", UNPACK_END);
}

TEST(a_folder_or_link_with_content_is_given_out_as_a_hidden_file)
{
	TAR(b);

	(void)put_header(&b, BYTES_OF("d"), '5', 3, NULL);
	put_body(&b, BYTES_OF("abc"));
	(void)put_header(&b, BYTES_OF("l"), '2', 3, "x");
	put_body(&b, BYTES_OF("def"));
	put_file(&b, "f", "1");
	put_end(&b);
	expect(&b, "d=abc;l=def;f=1;", "hidden-entry;hidden-entry;", UNPACK_END);
}

TEST(a_hard_link_that_repeats_the_size_has_no_content)
{
	TAR(b);

	put_file(&b, "f", "12345");
	(void)put_header(&b, BYTES_OF("h"), '1', 5, "f");
	put_file(&b, "g", "1");
	(void)put_header(&b, BYTES_OF("i"), '1', 5, "f");
	put_end(&b);
	expect(&b, "f=12345;h->f;g=1;i->f;", "", UNPACK_END);
}

TEST(bytes_in_the_padding_are_noted)
{
	TAR(b);

	put_file(&b, "f", "12345");
	put_end(&b);
	b.at[1000] = 'x';
	expect(&b, "f=12345;", "padding-data;", UNPACK_END);
}

TEST(a_size_that_is_no_number_reads_up_to_the_next_header)
{
	TAR(b);
	uint8_t *block = put_header(&b, BYTES_OF("a"), '0', 0, NULL);

	memcpy(block + 124, "99999999999", 12);
	put_checksum(block);
	put_body(&b, BYTES_OF("hello"));
	put_file(&b, "b", "1");
	put_end(&b);
	expect(&b, "a=<512>;b=1;", "bad-size;", UNPACK_END);
}

TEST(a_lying_size_swallows_no_more_than_is_there)
{
	TAR(b);

	(void)put_header(&b, BYTES_OF("a"), '0', (uint64_t)1 << 32, NULL);
	put_body(&b, BYTES_OF("hello"));
	expect(&b, "a=<512>!;", "", FAULT_FORMAT);
}

static void
put_old_gnu_sparse(struct buf *b, uint64_t hole, uint64_t real)
{
	uint8_t *block = put_header(b, BYTES_OF("s"), 'S', 6, NULL);

	memset(block + 345, 0, 167);
	memcpy(block + 257, "ustar  ", 8);
	put_number(block + 386, 12, 0);
	put_number(block + 398, 12, 2);
	put_number(block + 410, 12, hole);
	put_number(block + 422, 12, 4);
	put_number(block + 483, 12, real);
	put_checksum(block);
	put_body(b, BYTES_OF("abcdef"));
}

TEST(a_small_sparse_file_is_given_out_as_it_would_be_unpacked)
{
	TAR(b);

	put_old_gnu_sparse(&b, 5, 11);
	put_file(&b, "next", "n");
	put_end(&b);
	expect(&b, "s=ab\\x00\\x00\\x00cdef\\x00\\x00;next=n;", "", UNPACK_END);
}

TEST(ten_gigabytes_of_hole_cost_64_kib_each)
{
	struct tried tried;
	TAR(b);

	put_old_gnu_sparse(&b, (uint64_t)5 << 30, (uint64_t)8 << 30);
	put_file(&b, "next", "n");
	put_end(&b);
	tried = try_drip(BLOB_TAR, buf_bytes(&b), 512);
	EQ_STR(buf_text(&tried.listing), "s=<131078>;next=n;");
	EQ_U64(tried.hole_bytes + tried.bytes - 1, (uint64_t)8 << 30);
	EQ_INT(tried.ended, UNPACK_END);
	tried_free(&tried);
}

TEST(sparse_maps_of_pax_are_read_in_three_versions)
{
	static const char v00[] = "26 GNU.sparse.numblocks=2\n23 GNU.sparse.offset=0\n"
				  "25 GNU.sparse.numbytes=2\n23 GNU.sparse.offset=5\n"
				  "25 GNU.sparse.numbytes=4\n21 GNU.sparse.size=9\n";
	static const char v01[] = "26 GNU.sparse.map=0,2,5,4\n21 GNU.sparse.size=9\n"
				  "26 GNU.sparse.name=real/n\n";
	static const char v10[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
				  "26 GNU.sparse.name=real/n\n25 GNU.sparse.realsize=9\n";
	uint8_t body[518] = "2\n0\n2\n5\n4\n";
	TAR(b);

	(void)put_header(&b, BYTES_OF("x"), 'x', sizeof(v00) - 1, NULL);
	put_body(&b, BYTES_OF(v00));
	put_file(&b, "a", "abcdef");
	(void)put_header(&b, BYTES_OF("x"), 'x', sizeof(v01) - 1, NULL);
	put_body(&b, BYTES_OF(v01));
	put_file(&b, "b", "abcdef");
	(void)put_header(&b, BYTES_OF("x"), 'x', sizeof(v10) - 1, NULL);
	put_body(&b, BYTES_OF(v10));
	(void)put_header(&b, BYTES_OF("c"), '0', sizeof(body), NULL);
	memcpy(body + 512, "abcdef", 6);
	put_body(&b, bytes_make(body, sizeof(body)));
	put_end(&b);
	expect(&b,
	       "a=ab\\x00\\x00\\x00cdef;real/n=ab\\x00\\x00\\x00cdef;"
	       "real/n=ab\\x00\\x00\\x00cdef;",
	       "duplicate-name;", UNPACK_END);
}

TEST(a_sparse_map_that_makes_no_sense_leaves_the_stored_bytes)
{
	static const char falling[] = "26 GNU.sparse.map=5,4,0,2\n21 GNU.sparse.size=9\n";
	TAR(b);

	(void)put_header(&b, BYTES_OF("x"), 'x', sizeof(falling) - 1, NULL);
	put_body(&b, BYTES_OF(falling));
	put_file(&b, "a", "abcdef");
	put_end(&b);
	expect(&b, "a=abcdef;", "sparse-map;", UNPACK_END);
}

static void
sample(struct buf *b)
{
	static const char records[] = "15 path=d/long\n";

	put_file(b, "a.txt", "hello");
	(void)put_header(b, BYTES_OF("x"), 'x', sizeof(records) - 1, NULL);
	put_body(b, BYTES_OF(records));
	put_file(b, "short", "1");
	(void)put_header(b, BYTES_OF("././@LongLink"), 'L', 6, NULL);
	put_body(b, BYTES_OF("long/n"));
	(void)put_header(b, BYTES_OF("l"), '2', 0, "a.txt");
	put_end(b);
	(void)buf_append_text(b, "tail");
}

TEST(a_tar_cut_at_any_byte_ends_or_breaks_and_never_gives_more)
{
	TAR(b);

	sample(&b);
	for (size_t cut = 0; cut < b.used; cut++) {
		struct tried tried = try_bytes(BLOB_TAR, bytes_make(b.at, cut));

		OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT);
		OK(tried.bytes <= cut);
		tried_free(&tried);
	}
}

TEST(a_tar_with_any_byte_flipped_ends_or_breaks)
{
	TAR(b);

	sample(&b);
	for (size_t i = 0; i < b.used; i++) {
		for (unsigned flip = 1; flip < 256; flip = flip * 4 + 3) {
			struct tried tried;

			b.at[i] ^= (uint8_t)flip;
			tried = try_drip(BLOB_TAR, buf_bytes(&b), 700);
			OK(tried.ended == UNPACK_END || tried.ended == FAULT_FORMAT ||
			   tried.ended == FAULT_LIMIT);
			tried_free(&tried);
			b.at[i] ^= (uint8_t)flip;
		}
	}
}

TEST(entries_past_the_limit_are_not_given_out)
{
	struct limits limits = LIMITS_DEFAULT;
	struct stream in;
	struct tried tried;
	TAR(b);

	limits.entries = 2;
	put_file(&b, "a", "1");
	put_file(&b, "b", "2");
	put_file(&b, "c", "3");
	put_end(&b);
	stream_from_memory(&in, buf_bytes(&b));
	tried = try_stream(BLOB_TAR, &in, &limits);
	EQ_STR(buf_text(&tried.listing), "a=1;b=2;");
	EQ_INT(tried.ended, FAULT_LIMIT);
	tried_free(&tried);
}

TEST(content_left_unread_is_skipped_at_the_expense_of_the_budget)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct unpack_entry entry;
	struct budget budget;
	struct stream in;
	TAR(b);

	put_file(&b, "a", "hello");
	put_file(&b, "b", "2");
	put_end(&b);
	budget_begin(&budget, &limits, NULL);
	stream_from_memory(&in, buf_bytes(&b));
	EQ_INT(unpack_open(&up, BLOB_TAR, &in, &budget, NULL), 0);
	EQ_INT(unpack_next(up, &entry, NULL), 0);
	stream_take(entry.content, 2);
	EQ_INT(unpack_next(up, &entry, NULL), 0);
	EQ_BYTES(entry.name, BYTES_OF("b"));
	EQ_U64(budget.bytes, 3);
	EQ_U64(entry.at_bytes, 1024);
}

TEST(notes_of_one_rule_are_counted_past_a_number)
{
	struct tried tried;
	size_t count = 0;
	TAR(b);

	for (unsigned i = 0; i < 100; i++)
		put_file(&b, "same", "1");
	put_end(&b);
	tried = try_bytes(BLOB_TAR, buf_bytes(&b));
	EQ_U64(tried.entries, 100);
	for (size_t i = 0; i < tried.notes.used; i++)
		count += tried.notes.at[i] == ';';
	EQ_U64(count, 33);
	tried_free(&tried);
}

TEST(a_refused_allocation_is_a_fault_and_leaks_nothing)
{
	TAR(b);

	sample(&b);
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
		stream_from_memory(&in, buf_bytes(&b));
		r = unpack_open(&up, BLOB_TAR, &in, &budget, NULL);
		while (r == 0)
			r = unpack_next(up, &entry, NULL);
		OK(r == UNPACK_END || r == FAULT_MEMORY);
	}
}
