/*
 * test_hostile.c - bombs, floods and lies: bounded time and memory, and a clear end
 *
 * STOPWATER_TEST_ENTRIES=10000000 makes the flood of entries longer.
 */
#include "unpack/unpack.h"

#include <stdio.h>
#include <sys/resource.h>

#include "codec/codec.h"
#include "base/text.h"
#include "tap.h"
#include "unpack_try.h"

#define FLOOD_ENTRIES 1200000 /* more than names are remembered */

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

static long
peak_kb(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Walk all and read all, drawing from the budget as intake does. */
static int
walk(enum blob_kind kind, struct stream *in, struct budget *budget, uint64_t *entries,
     char notes[256])
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	const struct unpack_note *list;
	struct unpack_entry entry;
	size_t count;
	int r = unpack_open(&up, kind, in, budget, NULL);

	*entries = 0;
	notes[0] = 0;
	while (r == 0 && (r = unpack_next(up, &entry, NULL)) == 0) {
		struct stream *s = entry.content;

		(*entries)++;
		while (r == 0 && entry.type == UNPACK_FILE && stream_want(s, 1, NULL) == 0 &&
		       s->left > 0) {
			r = budget_bytes(budget, s->left, NULL);
			stream_take(s, s->left);
		}
	}
	if (up == NULL)
		return r;
	list = unpack_notes(up, &count);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(list[i].rule, list[i - 1].rule) != 0)
			(void)snprintf(notes + strlen(notes), 256 - strlen(notes), "%s;",
				       list[i].rule);
	return r;
}

/* ---- a tar that never was: headers made as they are asked for ---- */

struct flood {
	struct stream s;
	uint64_t entries, made;
	uint8_t block[512];
	uint32_t sum; /* of the header without its number */
	uint8_t *window;
};

static int
flood_more(struct stream *s, size_t want, struct fault *fault)
{
	struct flood *flood = (struct flood *)s;
	const size_t room = 512 * 1024;

	(void)fault;
	if (s->left > 0)
		memmove(flood->window, s->at, s->left);
	s->at = flood->window;
	while (s->left < want || s->left + 512 <= room) {
		uint8_t *block = flood->window + s->left;
		uint32_t sum = flood->sum;
		uint64_t number = flood->made;
		char text[9];

		if (flood->made++ == flood->entries) {
			s->ended = true;
			break;
		}
		memcpy(block, flood->block, 512);
		for (size_t i = 0; i < 8; i++, number /= 10)
			block[i] = (uint8_t)('0' + number % 10);
		for (size_t i = 0; i < 8; i++)
			sum += block[i];
		(void)snprintf(text, sizeof(text), "%06o", (unsigned)(sum + 8 * ' '));
		memcpy(block + 148, text, 7);
		s->left += 512;
	}
	return 0;
}

TEST(a_flood_of_entries_takes_bounded_memory)
{
	const char *wish = getenv("STOPWATER_TEST_ENTRIES");
	struct limits limits = LIMITS_DEFAULT;
	struct flood flood = {.s = {.more = flood_more}, .entries = FLOOD_ENTRIES};
	struct budget budget;
	char notes[256];
	uint64_t entries;
	long before;

	if (wish != NULL)
		EQ_INT(text_parse_u64(wish, &flood.entries, NULL), 0);
	memcpy(flood.block + 100, "0000644", 8);
	memcpy(flood.block + 124, "00000000000", 12);
	flood.block[156] = '0';
	memcpy(flood.block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < 512; i++)
		flood.sum += flood.block[i];
	flood.window = malloc((size_t)3 << 20);
	NEED(flood.window != NULL);
	budget_begin(&budget, &limits, NULL);
	before = peak_kb();
	EQ_INT(walk(BLOB_TAR, &flood.s, &budget, &entries, notes), UNPACK_END);
	EQ_U64(entries, flood.entries);
	EQ_STR(notes, "duplicate-name;"); /* more names than are remembered: that is said */
	/* 16 MiB of names twice while the table grows, and what the sanitizers add. */
	OK(peak_kb() - before < 64 * 1024);
	free(flood.window);
}

/* ---- zip bombs ---- */

static void
put(struct buf *b, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		(void)buf_append_u8(b, i < 8 ? (uint8_t)(value >> (8 * i)) : 0);
}

static void
put_record(struct buf *b, bool central, size_t packed, uint32_t crc, uint32_t size, uint32_t number,
	   size_t local_at)
{
	put(b, central ? 0x02014b50 : 0x04034b50, 4);
	put(b, 20, central ? 4 : 2);
	put(b, 0, 2);
	put(b, 8, 2);
	put(b, 0, 4);
	put(b, crc, 4);
	put(b, packed, 4);
	put(b, size, 4);
	put(b, 4, 2);
	put(b, 0, central ? 12 : 2);
	if (central)
		put(b, local_at, 4);
	put(b, number, 4);
}

/* `count` directory entries that all name the same packed bytes. */
static struct buf
overlapping_bomb(uint32_t count)
{
	AUTO(buf_free)
	struct buf kernel = file_of("data/unpack/zeros.deflate");
	struct buf zip = BUF_INIT((size_t)8 << 20);
	static const uint8_t zeros[4 << 20];
	uint32_t crc = codec_crc32(0, bytes_make(zeros, sizeof(zeros)));
	size_t directory;

	put_record(&zip, false, kernel.used, crc, sizeof(zeros), 'a', 0);
	(void)buf_append(&zip, kernel.at, kernel.used);
	directory = zip.used;
	for (uint32_t i = 0; i < count; i++)
		put_record(&zip, true, kernel.used, crc, sizeof(zeros), 'a', 0);
	put(&zip, 0x06054b50, 4);
	put(&zip, 0, 4);
	put(&zip, count & 0xffff, 2);
	put(&zip, count & 0xffff, 2);
	put(&zip, zip.used - 12 - directory, 4);
	put(&zip, directory, 4);
	put(&zip, 0, 2);
	return zip;
}

TEST(an_overlapping_zip_bomb_stops_at_the_ratio_and_is_told)
{
	AUTO(buf_free)
	struct buf zip = overlapping_bomb(20000);
	struct limits limits = LIMITS_DEFAULT;
	struct budget budget;
	struct stream in;
	char notes[256];
	uint64_t entries;

	limits.ratio = 100;
	budget_begin(&budget, &limits, NULL);
	budget_input(&budget, zip.used);
	stream_from_memory(&in, buf_bytes(&zip));
	EQ_INT(walk(BLOB_ZIP, &in, &budget, &entries, notes), FAULT_LIMIT);
	OK(budget.bytes <= zip.used * 101 + ((uint64_t)4 << 20));
	HAS_STR(notes, "overlap;");
}

TEST(a_flat_bomb_stops_at_the_limit_of_bytes_in_flat_memory)
{
	AUTO(buf_free)
	struct buf packed = file_of("data/unpack/bomb.gz");
	AUTO(stream_close)
	struct stream *outer = NULL, *inner = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct budget budget;
	struct stream in;
	long before = peak_kb();
	int r = 0;

	limits.bytes = (uint64_t)300 << 20;
	budget_begin(&budget, &limits, NULL);
	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open(&outer, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(codec_open(&inner, BLOB_GZIP, outer, NULL), 0);
	while (r == 0 && stream_want(inner, 1, NULL) == 0 && inner->left > 0) {
		r = budget_bytes(&budget, inner->left, NULL);
		stream_take(inner, inner->left);
	}
	EQ_INT(r, FAULT_LIMIT);
	OK(peak_kb() - before < 32 * 1024);
}

TEST(zeros_behind_a_tar_are_drawn_from_the_budget)
{
	AUTO(buf_free)
	struct buf packed = file_of("data/unpack/bomb.gz");
	AUTO(stream_close)
	struct stream *outer = NULL, *inner = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct budget budget;
	struct stream in;
	char notes[256];
	uint64_t entries;

	limits.bytes = (uint64_t)100 << 20;
	budget_begin(&budget, &limits, NULL);
	stream_from_memory(&in, buf_bytes(&packed));
	EQ_INT(codec_open(&outer, BLOB_GZIP, &in, NULL), 0);
	EQ_INT(codec_open(&inner, BLOB_GZIP, outer, NULL), 0);
	EQ_INT(walk(BLOB_TAR, inner, &budget, &entries, notes), FAULT_LIMIT);
	EQ_U64(entries, 0);
}
