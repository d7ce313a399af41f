/*
 * test_base.c - bytes, buffers, arenas, streams, text, blobs, budgets, faults
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/own.h"
#include "base/stream.h"
#include "base/text.h"

/* bytes */

TEST(bytes_take_reads_integers_in_both_orders)
{
	struct bytes in = BYTES_OF("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
				   "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c");
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	EQ_INT(bytes_take_le16(&in, &u16), 0);
	EQ_U64(u16, 0x0201);
	EQ_INT(bytes_take_be16(&in, &u16), 0);
	EQ_U64(u16, 0x0304);
	EQ_INT(bytes_take_le32(&in, &u32), 0);
	EQ_U64(u32, 0x08070605);
	EQ_INT(bytes_take_be32(&in, &u32), 0);
	EQ_U64(u32, 0x090a0b0c);
	EQ_INT(bytes_take_le64(&in, &u64), 0);
	EQ_U64(u64, 0x14131211100f0e0d);
	EQ_INT(bytes_take_be64(&in, &u64), 0);
	EQ_U64(u64, 0x15161718191a1b1c);
	EQ_U64(in.left, 0);
}

TEST(bytes_take_past_the_end_takes_nothing)
{
	struct bytes in = BYTES_OF("abc"), out = BYTES_OF("before");
	uint64_t u64 = 7;
	uint32_t u32 = 7;
	uint8_t u8;

	EQ_INT(bytes_take_le32(&in, &u32), -1);
	EQ_INT(bytes_take_be64(&in, &u64), -1);
	EQ_INT(bytes_take(&in, 4, &out), -1);
	EQ_INT(bytes_skip(&in, SIZE_MAX), -1);
	EQ_U64(u32, 7);
	EQ_U64(u64, 7);
	EQ_BYTES(out, BYTES_OF("before"));
	EQ_BYTES(in, BYTES_OF("abc"));
	EQ_INT(bytes_skip(&in, 3), 0);
	EQ_INT(bytes_take_u8(&in, &u8), -1);
}

TEST(bytes_slice_clips_to_what_is_there)
{
	struct bytes in = BYTES_OF("abcdef");

	EQ_BYTES(bytes_slice(in, 2, 3), BYTES_OF("cde"));
	EQ_BYTES(bytes_slice(in, 4, SIZE_MAX), BYTES_OF("ef"));
	EQ_U64(bytes_slice(in, SIZE_MAX, SIZE_MAX).left, 0);
	EQ_U64(bytes_slice(bytes_make(NULL, 0), 0, 1).left, 0);
}

TEST(bytes_find_gives_the_first_place_or_minus_one)
{
	struct bytes in = BYTES_OF("aXbXc\0d");

	EQ_INT(bytes_find(in, BYTES_OF("X")), 1);
	EQ_INT(bytes_find(in, BYTES_OF("\0d")), 5);
	EQ_INT(bytes_find(in, BYTES_OF("Y")), -1);
	EQ_INT(bytes_find(in, BYTES_OF("aXbXc\0d!")), -1);
	EQ_INT(bytes_find(in, BYTES_OF("")), 0);
}

TEST(bytes_begin_end_and_equal_compare_lengths_first)
{
	OK(bytes_begins(BYTES_OF("PK\3\4"), BYTES_OF("PK")));
	OK(!bytes_begins(BYTES_OF("P"), BYTES_OF("PK")));
	OK(bytes_ends(BYTES_OF("cli.js.map"), BYTES_OF(".map")));
	OK(!bytes_ends(BYTES_OF("map"), BYTES_OF(".map")));
	OK(bytes_equal(bytes_make(NULL, 0), BYTES_OF("")));
	OK(!bytes_equal(BYTES_OF("a"), BYTES_OF("ab")));
}

/* buf */

TEST(buf_append_past_the_maximum_adds_nothing)
{
	AUTO(buf_free)
	struct buf b = BUF_INIT(8);

	EQ_INT(buf_append_text(&b, "12345678"), 0);
	EQ_INT(buf_append_u8(&b, '9'), FAULT_LIMIT);
	EQ_STR(buf_text(&b), "12345678");
	EQ_INT(b.failed, FAULT_LIMIT);
}

TEST(buf_keeps_the_first_failure_until_reset)
{
	AUTO(buf_free)
	struct buf b = BUF_INIT(4);

	EQ_INT(buf_append_text(&b, "12345"), FAULT_LIMIT);
	EQ_INT(buf_append_text(&b, "1"), FAULT_LIMIT);
	EQ_U64(b.used, 0);
	buf_reset(&b);
	EQ_INT(buf_append_text(&b, "1234"), 0);
	EQ_STR(buf_text(&b), "1234");
}

TEST(buf_grows_by_doubling_and_keeps_its_content)
{
	AUTO(buf_free)
	struct buf b = BUF_INIT(1 << 20);
	bool same = true;

	for (unsigned i = 0; i < 100000; i++)
		EQ_INT(buf_append_u8(&b, (uint8_t)(i * 31)), 0);
	EQ_U64(b.used, 100000);
	OK(b.room <= 2 * 100000 + 64);
	for (unsigned i = 0; i < 100000; i++)
		same = same && b.at[i] == (uint8_t)(i * 31);
	OK(same);
}

TEST(buf_printf_writes_behind_what_is_there)
{
	AUTO(buf_free)
	struct buf b = BUF_INIT(20);

	EQ_INT(buf_append_text(&b, "id="), 0);
	EQ_INT(buf_printf(&b, "%05u/%s", 42u, "x"), 0);
	EQ_STR(buf_text(&b), "id=00042/x");
	EQ_INT(buf_printf(&b, "%050d", 1), FAULT_LIMIT);
	EQ_STR(buf_text(&b), "id=00042/x");
}

TEST(buf_text_of_an_empty_buffer_is_empty)
{
	AUTO(buf_free)
	struct buf b = BUF_INIT(0);

	EQ_STR(buf_text(&b), "");
	EQ_INT(b.failed, 0);
	EQ_INT(buf_append_u8(&b, 'x'), FAULT_LIMIT);
}

TEST(buf_survives_every_refused_allocation)
{
	EACH_FAILED_ALLOC
	{
		AUTO(buf_free)
		struct buf b = BUF_INIT(SIZE_MAX);

		for (int i = 0; i < 1000; i++)
			(void)buf_append_text(&b, "0123456789");
		if (tap_alloc_refused()) {
			EQ_INT(b.failed, FAULT_MEMORY);
			OK(b.used % 10 == 0 && b.used < 10000);
		} else {
			EQ_INT(b.failed, 0);
			EQ_U64(b.used, 10000);
		}
		EQ_U64(strlen(buf_text(&b)), b.used);
	}
}

/* arena */

TEST(arena_memory_is_zeroed_aligned_and_apart)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(1 << 20);
	uint8_t *before = NULL;

	for (size_t size = 1; size < 3000; size += 7) {
		uint8_t *at = arena_alloc(&a, size);
		size_t dirty = 0;

		NEED(at != NULL);
		EQ_U64((uintptr_t)at % 16, 0);
		for (size_t i = 0; i < size; i++)
			dirty += at[i];
		EQ_U64(dirty, 0);
		memset(at, 0xff, size);
		OK(before == NULL || *before == 0xff);
		before = at;
	}
}

TEST(arena_refuses_past_its_ceiling_and_goes_on_below_it)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(100);

	OK(arena_alloc(&a, 101) == NULL);
	OK(arena_alloc(&a, SIZE_MAX) == NULL);
	OK(arena_copy(&a, "", SIZE_MAX) == NULL);
	OK(arena_alloc(&a, 80) != NULL);
	OK(arena_alloc(&a, 80) == NULL);
	OK(arena_alloc(&a, 16) != NULL);
}

TEST(arena_reset_forgets_and_keeps_one_block)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(1 << 22);

	for (int i = 0; i < 5; i++)
		OK(arena_alloc(&a, 300000) != NULL);
	arena_reset(&a);
	EQ_U64(a.used_bytes, 0);
	tap_fail_alloc_at(1);
	OK(arena_alloc(&a, 300000) != NULL);
	OK(!tap_alloc_refused());
}

TEST(arena_text_and_printf_are_terminated)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(4096);
	char *copy = arena_copy(&a, "ab\0cd", 5);

	NEED(copy != NULL);
	EQ_BYTES(bytes_make(copy, 6), BYTES_OF("ab\0cd\0"));
	EQ_STR(arena_text(&a, "name"), "name");
	EQ_STR(arena_printf(&a, "%s:%d", "x", 7), "x:7");
	EQ_STR(arena_copy(&a, NULL, 0), "");
}

TEST(arena_answers_null_when_memory_is_refused)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(4096);

	tap_fail_alloc_at(1);
	OK(arena_alloc(&a, 10) == NULL);
	OK(arena_alloc(&a, 10) != NULL);
}

/* stream */

TEST(stream_from_memory_holds_all_of_it_at_once)
{
	struct stream s;
	char got[4];

	stream_from_memory(&s, BYTES_OF("abcdef"));
	EQ_INT(stream_want(&s, 100, NULL), 0);
	EQ_BYTES(stream_window(&s), BYTES_OF("abcdef"));
	OK(s.ended);
	EQ_INT(stream_read(&s, got, 4, NULL), 0);
	EQ_BYTES(bytes_make(got, 4), BYTES_OF("abcd"));
	EQ_U64(s.at_bytes, 4);
	EQ_BYTES(bytes_make(s.whole, s.whole_bytes), BYTES_OF("abcdef"));
}

TEST(stream_read_past_the_end_says_where_it_ends)
{
	struct fault fault = FAULT_INIT;
	struct stream s;
	char got[9];

	stream_from_memory(&s, BYTES_OF("abcdef"));
	EQ_INT(stream_read(&s, got, 9, &fault), FAULT_FORMAT);
	EQ_STR(fault.text, "ends early at byte 6");
}

TEST(stream_skip_counts_what_was_there)
{
	struct stream s;
	uint64_t skipped = 99;

	stream_from_memory(&s, BYTES_OF("abcdef"));
	EQ_INT(stream_skip(&s, 4, &skipped, NULL), 0);
	EQ_U64(skipped, 4);
	EQ_INT(stream_skip(&s, 4, &skipped, NULL), 0);
	EQ_U64(skipped, 2);
}

/* 3 MB through a pipe: more than the largest window, in pieces of whatever size the pipe gives. */
#define PIPE_BYTES (3u << 20)

static int
pipe_writer(void)
{
	int fd[2];

	if (pipe(fd) < 0)
		return -1;
	if (fork() == 0) {
		uint8_t block[1000];
		unsigned done = 0;

		(void)close(fd[0]);
		while (done < PIPE_BYTES) {
			unsigned i;

			for (i = 0; i < sizeof(block) && done + i < PIPE_BYTES; i++)
				block[i] = (uint8_t)((done + i) % 251);
			if (write(fd[1], block, i) != (ssize_t)i)
				_exit(1);
			done += i;
		}
		_exit(0);
	}
	(void)close(fd[1]);
	return fd[0];
}

TEST(stream_from_fd_gives_every_byte_in_order_whatever_is_wanted)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	uint64_t seen = 0;
	bool same = true;

	NEED(stream_from_fd(&s, pipe_writer(), NULL) == 0);
	for (size_t want = 1;; want = want * 3 % STREAM_WANT_MAX + 1) {
		size_t used;

		NEED(stream_want(s, want, NULL) == 0);
		OK(s->left >= want || s->ended);
		if (s->left == 0)
			break;
		used = s->left < want ? s->left : want;
		for (size_t i = 0; i < used; i++)
			same = same && s->at[i] == (seen + i) % 251;
		stream_take(s, used);
		seen += used;
		EQ_U64(s->at_bytes, seen);
	}
	OK(same);
	EQ_U64(seen, PIPE_BYTES);
}

TEST(stream_keeps_its_fault_for_those_who_ask_again)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	struct fault first = FAULT_INIT, again = FAULT_INIT;

	NEED(stream_from_fd(&s, open("/", O_RDONLY | O_CLOEXEC), NULL) == 0);
	EQ_INT(stream_want(s, 1, &first), FAULT_IO);
	EQ_INT(stream_want(s, 1, &again), FAULT_IO);
	EQ_STR(first.text, "read: Is a directory");
	EQ_STR(again.text, first.text);
}

TEST(stream_from_fd_closes_the_descriptor_even_when_memory_is_refused)
{
	struct stream *s = NULL;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	tap_fail_alloc_at(1);
	EQ_INT(stream_from_fd(&s, fd, NULL), FAULT_MEMORY);
	OK(s == NULL);
	EQ_INT(fcntl(fd, F_GETFD), -1);
	EQ_INT(errno, EBADF);
}

/* text */

TEST(text_utf8_takes_what_rfc_3629_takes)
{
	static const struct {
		const char *in;
		size_t length;
	} cases[] = {
	    {"a", 1},
	    {"\xc2\x80", 2},
	    {"\xdf\xbf", 2},
	    {"\xe0\xa0\x80", 3},
	    {"\xed\x9f\xbf", 3},
	    {"\xee\x80\x80", 3},
	    {"\xf0\x90\x80\x80", 4},
	    {"\xf4\x8f\xbf\xbf", 4},
	    {"\x80", 0},             /* continuation alone */
	    {"\xc0\xaf", 0},         /* overlong '/' */
	    {"\xc1\xbf", 0},         /* overlong */
	    {"\xe0\x9f\xbf", 0},     /* overlong */
	    {"\xed\xa0\x80", 0},     /* surrogate */
	    {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
	    {"\xf4\x90\x80\x80", 0}, /* past U+10FFFF */
	    {"\xf5\x80\x80\x80", 0}, /* past U+10FFFF */
	    {"\xe2\x82", 0},         /* cut */
	    {"\xf0\x9f\x98", 0},     /* cut */
	    {"", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (!EQ_U64(text_utf8_sequence(bytes_text(cases[i].in)), cases[i].length))
			tap_note("  case %zu", i);
		OK(text_is_utf8(bytes_text(cases[i].in)) ==
		   (cases[i].length > 0 || cases[i].in[0] == '\0'));
	}
	OK(!text_is_utf8(BYTES_OF("eight plain and then \xff")));
}

TEST(text_utf8_put_and_take_agree_on_every_code_point)
{
	unsigned wrong = 0;

	for (uint32_t c = 0; c <= 0x110000; c++) {
		uint8_t out[4];
		size_t length = text_utf8_put(c, out);
		bool none = (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff;

		wrong += none
			     ? length != 0
			     : text_utf8_sequence(bytes_make(out, length)) != length || length == 0;
	}
	EQ_U64(wrong, 0);
}

TEST(text_parse_u64_refuses_all_but_digits_that_fit)
{
	struct fault fault = FAULT_INIT;
	uint64_t value = 5;

	EQ_INT(text_parse_u64("18446744073709551615", &value, NULL), 0);
	EQ_U64(value, UINT64_MAX);
	value = 5;
	EQ_INT(text_parse_u64("18446744073709551616", &value, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "18446744073709551616");
	EQ_INT(text_parse_u64("", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_u64("-1", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_u64("1 ", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_u64("0x10", &value, NULL), FAULT_USAGE);
	EQ_U64(value, 5);
}

TEST(text_parse_size_and_duration_know_their_units)
{
	uint64_t value = 5;

	EQ_INT(text_parse_size("4096", &value, NULL), 0);
	EQ_U64(value, 4096);
	EQ_INT(text_parse_size("64MiB", &value, NULL), 0);
	EQ_U64(value, 64u << 20);
	EQ_INT(text_parse_size("2TiB", &value, NULL), 0);
	EQ_U64(value, (uint64_t)2 << 40);
	EQ_INT(text_parse_size("3kB", &value, NULL), 0);
	EQ_U64(value, 3000);
	EQ_INT(text_parse_size("99999999999TiB", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_size("4 MiB", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_size("MiB", &value, NULL), FAULT_USAGE);
	EQ_U64(value, 3000);
	EQ_INT(text_parse_duration("2w", &value, NULL), 0);
	EQ_U64(value, 14 * 86400);
	EQ_INT(text_parse_duration("8h", &value, NULL), 0);
	EQ_U64(value, 8 * 3600);
	EQ_INT(text_parse_duration("30", &value, NULL), FAULT_USAGE);
	EQ_INT(text_parse_duration("30y", &value, NULL), FAULT_USAGE);
}

TEST(text_size_shows_three_digits_and_never_rounds_up)
{
	char out[32];

	EQ_STR(text_size(0, out), "0 bytes");
	EQ_STR(text_size(1, out), "1 byte");
	EQ_STR(text_size(999, out), "999 bytes");
	EQ_STR(text_size(1000, out), "1.0 kB");
	EQ_STR(text_size(14199, out), "14.1 kB");
	EQ_STR(text_size(73200000, out), "73.2 MB");
	EQ_STR(text_size(999999999, out), "999 MB");
	EQ_STR(text_size(UINT64_MAX, out), "18.4 EB");
}

TEST(text_count_groups_by_thousands)
{
	char out[32];

	EQ_STR(text_count(0, out), "0");
	EQ_STR(text_count(999, out), "999");
	EQ_STR(text_count(512001, out), "512,001");
	EQ_STR(text_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

TEST(text_names_are_lower_case_and_start_with_a_letter_or_digit)
{
	OK(text_is_name("acme-cli_2.1"));
	OK(text_is_name("0"));
	OK(!text_is_name(""));
	OK(!text_is_name("-x"));
	OK(!text_is_name(".x"));
	OK(!text_is_name("Acme"));
	OK(!text_is_name("a/b"));
	OK(text_is_name("0123456789012345678901234567890123456789012345678901234567890123"));
	OK(!text_is_name("01234567890123456789012345678901234567890123456789012345678901234"));
}

TEST(text_hex_and_equal_nocase)
{
	char out[9];

	EQ_STR(text_hex("\x00\xff\x1a\xb2", 4, out), "00ff1ab2");
	OK(text_equal_nocase(BYTES_OF("Content-TYPE"), BYTES_OF("content-type")));
	OK(!text_equal_nocase(BYTES_OF("a"), BYTES_OF("ab")));
	OK(!text_equal_nocase(BYTES_OF("@"), BYTES_OF("`")));
}

/* blob */

static const char *
displayed(struct buf *to, struct bytes name)
{
	buf_reset(to);
	(void)blob_display(to, name);
	return buf_text(to);
}

TEST(blob_display_shows_what_a_terminal_must_not_get)
{
	AUTO(buf_free)
	struct buf to = BUF_INIT(1000);

	EQ_STR(displayed(&to, BYTES_OF("src/a.ts")), "src/a.ts");
	EQ_STR(displayed(&to, BYTES_OF("gr\xc3\xbc\xc3\x9f")), "gr\xc3\xbc\xc3\x9f");
	EQ_STR(displayed(&to, BYTES_OF("a\nb\x1b[31m\x7f")), "a\\x0ab\\x1b[31m\\x7f");
	EQ_STR(displayed(&to, BYTES_OF("a\\b")), "a\\x5cb");
	EQ_STR(displayed(&to, BYTES_OF("a\xff\xfe")), "a\\xff\\xfe");
	EQ_STR(displayed(&to, BYTES_OF("a\0b")), "a\\x00b");
	EQ_STR(displayed(&to, BYTES_OF("a!/b!c!")), "a\\x21/b!c!");
}

TEST(blob_path_joins_links_and_no_name_can_forge_one)
{
	AUTO(arena_free)
	struct arena a = ARENA_INIT(4096);
	const char *outer = blob_path(&a, NULL, BYTES_OF("acme-1.2.tgz"));

	EQ_STR(outer, "acme-1.2.tgz");
	EQ_STR(blob_path(&a, outer, BYTES_OF("dist/app.js")), "acme-1.2.tgz!/dist/app.js");
	EQ_STR(blob_path(&a, outer, BYTES_OF("x!/y")), "acme-1.2.tgz!/x\\x21/y");
}

TEST(blob_basename_is_what_stands_behind_the_last_slash)
{
	EQ_BYTES(blob_basename(BYTES_OF("a/b/c.js")), BYTES_OF("c.js"));
	EQ_BYTES(blob_basename(BYTES_OF("c.js")), BYTES_OF("c.js"));
	EQ_BYTES(blob_basename(BYTES_OF("a/")), BYTES_OF(""));
}

TEST(blob_kinds_all_have_a_name_and_one_role)
{
	for (unsigned kind = 0; kind < BLOB_KIND_COUNT; kind++) {
		const char *name = blob_kind_name((enum blob_kind)kind);

		NEED(name != NULL);
		OK(name[0] != '\0');
		OK(!(blob_kind_is_container((enum blob_kind)kind) &&
		     blob_kind_is_stream((enum blob_kind)kind)));
		for (unsigned other = 0; other < kind; other++)
			OK(strcmp(name, blob_kind_name((enum blob_kind)other)) != 0);
	}
	EQ_STR(blob_kind_name(BLOB_KIND_COUNT), "unknown");
	OK(blob_kind_is_container(BLOB_ASAR));
	OK(blob_kind_is_stream(BLOB_ZSTD));
}

/* budget */

static struct budget
budget_of(struct limits limits)
{
	struct budget budget;

	budget_begin(&budget, &limits, NULL);
	return budget;
}

TEST(budget_stops_at_exactly_the_limit_and_names_the_option)
{
	struct limits limits = LIMITS_DEFAULT;
	struct fault fault = FAULT_INIT;
	struct budget b;

	limits.entries = 3;
	limits.bytes = 100;
	limits.depth = 2;
	b = budget_of(limits);
	for (int i = 0; i < 3; i++)
		EQ_INT(budget_entry(&b, NULL), 0);
	EQ_INT(budget_entry(&b, &fault), FAULT_LIMIT);
	EQ_STR(fault.text, "more than 3 entries (--limit entries=N)");
	/* Once a limit is hit nothing more is admitted: the siblings of a bomb are not tried. */
	EQ_INT(budget_bytes(&b, 1, NULL), FAULT_LIMIT);
	b = budget_of(limits);
	EQ_INT(budget_bytes(&b, 100, NULL), 0);
	EQ_INT(budget_bytes(&b, 1, &fault), FAULT_LIMIT);
	EQ_STR(fault.text, "more than 100 bytes after unpacking (--limit bytes=N)");
	EQ_INT(budget_bytes(&b, UINT64_MAX, NULL), FAULT_LIMIT);
	EQ_U64(b.bytes, 100);
	EQ_INT(budget_depth(&b, 2, NULL), 0);
	EQ_INT(budget_depth(&b, 3, &fault), FAULT_LIMIT);
	EQ_STR(fault.text, "nested more than 2 deep (--limit depth=N)");
}

TEST(budget_measures_the_ratio_of_each_input_from_64_mib_on)
{
	struct limits limits = LIMITS_DEFAULT;
	struct fault fault = FAULT_INIT;
	struct budget b;

	limits.ratio = 10;
	b = budget_of(limits);
	budget_input(&b, 1000);
	EQ_INT(budget_bytes(&b, BUDGET_RATIO_FROM_BYTES, NULL), 0);
	EQ_INT(budget_bytes(&b, 1, &fault), FAULT_LIMIT);
	EQ_STR(fault.text, "unpacks to more than 10 times its size (--limit ratio=N)");
	budget_input(&b, 1000);
	EQ_INT(budget_bytes(&b, BUDGET_RATIO_FROM_BYTES, NULL), 0);
	budget_input(&b, BUDGET_RATIO_FROM_BYTES);
	EQ_INT(budget_bytes(&b, 2 * BUDGET_RATIO_FROM_BYTES, NULL), 0);
}

TEST(budget_hears_the_cancel_flag_and_the_clock)
{
	struct limits limits = LIMITS_DEFAULT;
	struct fault fault = FAULT_INIT;
	atomic_int cancel = 0;
	struct budget b;

	budget_begin(&b, &limits, &cancel);
	EQ_INT(budget_time(&b, NULL), 0);
	atomic_store(&cancel, 1);
	EQ_INT(budget_time(&b, &fault), FAULT_CANCEL);
	EQ_STR(fault.text, "stopped");
	limits.seconds = 1;
	b = budget_of(limits);
	EQ_INT(budget_time(&b, NULL), 0);
	b.deadline_ns = 1;
	EQ_INT(budget_time(&b, &fault), FAULT_LIMIT);
	EQ_STR(fault.text, "more than 1 s (--limit seconds=N)");
}

/* fault */

TEST(fault_wrap_puts_the_place_in_front_and_keeps_the_code)
{
	struct fault fault = FAULT_INIT;

	EQ_INT(fault_set(&fault, FAULT_FORMAT, "entry %d: name runs past the end", 7),
	       FAULT_FORMAT);
	EQ_INT(fault_wrap(&fault, FAULT_FORMAT, "blob '%s'", "a.zip"), FAULT_FORMAT);
	EQ_INT(fault.code, FAULT_FORMAT);
	EQ_STR(fault.text, "blob 'a.zip': entry 7: name runs past the end");
}

TEST(fault_text_is_one_line_and_always_fits)
{
	struct fault fault = FAULT_INIT;
	char longer[2 * FAULT_TEXT_MAX];

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)fault_set(&fault, FAULT_IO, "%s", longer);
	EQ_U64(strlen(fault.text), FAULT_TEXT_MAX - 1);
	(void)fault_wrap(&fault, FAULT_IO, "%s", longer);
	EQ_U64(strlen(fault.text), FAULT_TEXT_MAX - 1);
	(void)fault_set(&fault, FAULT_IO, "a\nok 1 - forged\x1b[0m");
	EQ_STR(fault.text, "a?ok 1 - forged?[0m");
}

TEST(fault_errno_tells_memory_from_io_and_takes_no_fault_at_all)
{
	struct fault fault = FAULT_INIT;

	errno = ENOENT;
	EQ_INT(fault_errno(&fault, "open '%s'", "x"), FAULT_IO);
	EQ_STR(fault.text, "open 'x': No such file or directory");
	EQ_INT(errno, ENOENT);
	errno = ENOMEM;
	EQ_INT(fault_errno(&fault, "mmap"), FAULT_MEMORY);
	EQ_INT(fault_memory(&fault), FAULT_MEMORY);
	EQ_STR(fault.text, "out of memory");
	EQ_INT(fault_set(NULL, FAULT_IO, "x"), FAULT_IO);
	EQ_INT(fault_wrap(NULL, FAULT_TAMPER, "x"), FAULT_TAMPER);
	errno = EIO;
	EQ_INT(fault_errno(NULL, "x"), FAULT_IO);
}

TEST(bytes_find_agrees_with_memmem_wherever_the_needle_stands)
{
	uint8_t hay[300];
	uint64_t state = 88172645463325252u;

	for (int round = 0; round < 20000; round++) {
		size_t length, needle_at, needle_length;
		const uint8_t *want;
		ptrdiff_t got;

		for (size_t i = 0; i < sizeof(hay); i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			hay[i] = (uint8_t)('a' + state % 3);
		}
		length = state % sizeof(hay);
		needle_length = 1 + (state >> 16) % 9;
		needle_at = (state >> 32) % (sizeof(hay) - needle_length);
		want = memmem(hay, length, hay + needle_at, needle_length);
		got =
		    bytes_find(bytes_make(hay, length), bytes_make(hay + needle_at, needle_length));
		if ((want == NULL ? -1 : want - hay) != got) {
			FAIL("round %d: got %td", round, got);
			return;
		}
	}
}
