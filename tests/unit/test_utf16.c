/*
 * test_utf16.c - UTF-16 as it is found, against a slow encoder of our own
 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/utf16.h"

static void
put16(struct buf *to, uint32_t c, enum utf16_order order)
{
	uint16_t units[2] = {(uint16_t)c, 0};
	size_t count = 1;

	if (c >= 0x10000) {
		units[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
		units[1] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
		count = 2;
	}
	for (size_t i = 0; i < count; i++) {
		(void)buf_append_u8(to, (uint8_t)(order == UTF16_LE ? units[i] : units[i] >> 8));
		(void)buf_append_u8(to, (uint8_t)(order == UTF16_LE ? units[i] >> 8 : units[i]));
	}
}

/* `text` in UTF-8 to UTF-16; places[i] is where the character at text[i] begins. */
static void
encode(struct buf *to, const char *text, enum utf16_order order, bool mark, uint64_t *places)
{
	struct bytes in = bytes_text(text);

	if (mark)
		put16(to, 0xfeff, order);
	while (in.left > 0) {
		size_t length = text_utf8_sequence(in);
		uint32_t c = in.at[0];

		if (length == 2)
			c = (c & 31) << 6 | (in.at[1] & 63u);
		else if (length == 3)
			c = (c & 15) << 12 | (in.at[1] & 63u) << 6 | (in.at[2] & 63u);
		else if (length == 4)
			c = (c & 7) << 18 | (in.at[1] & 63u) << 12 | (in.at[2] & 63u) << 6 |
			    (in.at[3] & 63u);
		if (places != NULL)
			places[(const char *)in.at - text] = to->used;
		put16(to, c, order);
		(void)bytes_skip(&in, length);
	}
}

static const char mixed[] = "const größe = 'Ελλ'; // 漢字 und 𝔘𝔫𝔦 done\nlet a = 1;\n";

TEST(utf16_of_either_order_becomes_the_utf8_it_was)
{
	for (enum utf16_order order = UTF16_LE; order <= UTF16_BE; order++)
		for (int mark = 0; mark < 2; mark++) {
			AUTO(buf_free)
			struct buf raw = BUF_INIT(4096), out = BUF_INIT(4096);

			encode(&raw, mixed, order, mark, NULL);
			EQ_INT(utf16_append(&out, buf_bytes(&raw), order, NULL), 0);
			EQ_STR(buf_text(&out), mixed);
		}
}

TEST(utf16_cut_at_any_byte_gives_the_same_text_and_places)
{
	AUTO(buf_free)
	struct buf raw = BUF_INIT(4096);
	uint64_t places[sizeof(mixed)] = {0};

	encode(&raw, mixed, UTF16_LE, true, places);
	for (size_t cut = 0; cut <= raw.used; cut++) {
		struct utf16 u = {.order = UTF16_LE};
		uint8_t out[UTF16_ROOM(4096)];
		size_t first, second;

		EQ_INT(utf16_feed(&u, bytes_make(raw.at, cut), false, out, &first, NULL), 0);
		EQ_INT(utf16_feed(&u, bytes_make(raw.at + cut, raw.used - cut), true, out + first,
				  &second, NULL),
		       0);
		EQ_BYTES(bytes_make(out, first + second), BYTES_OF(mixed));
		for (size_t i = 0; mixed[i] != '\0'; i++)
			if (places[i] != 0)
				EQ_U64(utf16_places_in(&u.places, i), places[i]);
		EQ_U64(utf16_places_in(&u.places, sizeof(mixed) - 1), raw.used);
		utf16_places_free(&u.places);
	}
}

TEST(utf16_that_is_broken_becomes_replacement_characters)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(256);

	EQ_INT(utf16_append(&out,
			    BYTES_OF("\x3d\xd8"
				     "a\0"
				     "\x00\xdc"
				     "b\0"
				     "\x3d\xd8"
				     "c"),
			    UTF16_LE, NULL),
	       0);
	EQ_STR(buf_text(&out), "\xef\xbf\xbd"
			       "a"
			       "\xef\xbf\xbd"
			       "b"
			       "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(utf16_order_is_told_by_mark_or_by_what_stands_in_it)
{
	for (enum utf16_order order = UTF16_LE; order <= UTF16_BE; order++) {
		AUTO(buf_free)
		struct buf raw = BUF_INIT(4096), kanji = BUF_INIT(4096);

		encode(&raw, mixed, order, false, NULL);
		EQ_INT(utf16_order_of(buf_bytes(&raw)), order);
		encode(&kanji, "漢字漢字漢字漢字漢字漢字", order, true, NULL);
		EQ_INT(utf16_order_of(buf_bytes(&kanji)), order);
	}
	EQ_INT(utf16_order_of(BYTES_OF("const a = 1; // plain text of 8 bits")), UTF16_NONE);
	EQ_INT(utf16_order_of(BYTES_OF("\xff\xfe\0\0a\0\0\0b\0\0\0c\0\0\0d\0\0\0")), UTF16_NONE);
	EQ_INT(utf16_order_of(BYTES_OF("\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\0\12\0")), UTF16_NONE);
	EQ_INT(utf16_order_of(BYTES_OF("\xff\xfe\1\2\3\xd8\5\0\xff\xff\xff\xff\x10\0\0\0\2\0")),
	       UTF16_NONE);
}

TEST(utf16_stream_reads_as_its_text_and_passes_each_byte_once)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)16 << 20), raw = BUF_INIT((size_t)32 << 20),
		   got = BUF_INIT((size_t)16 << 20);
	AUTO(utf16_stream_free)
	struct utf16_stream *u = NULL;
	struct stream from, *s;

	while (text.used < 5 * 1024 * 1024)
		NEED(buf_append_text(&text, mixed) == 0);
	encode(&raw, buf_text(&text), UTF16_BE, true, NULL);
	stream_from_memory(&from, buf_bytes(&raw));
	NEED(utf16_stream_new(&u, &from, UTF16_BE, NULL, NULL, NULL) == 0);
	s = utf16_stream(u);
	while (stream_want(s, 1500000, NULL) == 0 && s->left > 0) {
		size_t step = s->left > 700001 ? 700001 : s->left;

		NEED(buf_append(&got, s->at, step) == 0);
		stream_take(s, step);
	}
	OK(got.used == text.used && memcmp(got.at, text.at, got.used) == 0);
	EQ_U64(utf16_places_in(utf16_stream_places(u), text.used), raw.used);
	/* More changes than are kept: close by, never outside. */
	for (uint64_t line = 0; line < text.used; line += (sizeof(mixed) - 1) * 1000) {
		uint64_t place = utf16_places_in(utf16_stream_places(u), line);
		uint64_t true_place = 2 + (raw.used - 2) * line / text.used;

		OK(place + 64 >= true_place && place <= true_place + 64);
	}
}

TEST(utf16_stream_gives_what_came_before_a_fault_and_then_the_fault)
{
	AUTO(utf16_stream_free)
	struct utf16_stream *u = NULL;
	struct stream from;

	EACH_FAILED_ALLOC
	{
		struct fault fault = FAULT_INIT;

		stream_from_memory(&from, BYTES_OF("a\0b\0c\0\xe4\0"));
		if (utf16_stream_new(&u, &from, UTF16_LE, NULL, NULL, &fault) == 0) {
			int r = stream_want(utf16_stream(u), 100, &fault);

			OK(r == 0 || r == FAULT_MEMORY);
			if (r == 0)
				EQ_BYTES(stream_window(utf16_stream(u)), BYTES_OF("abc\xc3\xa4"));
		}
		utf16_stream_free(&u);
	}
}
