/* Any bytes as a segment whose checksums agree: every index in it may lie, and nothing breaks. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "register/layout.h"
#include "register/segment.h"
#include "seal/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Make the checksums right, so that the fuzzer gets past them; the length follows the counts. */
static size_t
seal(uint8_t *at, size_t room)
{
	struct layout l = {.entries = layout_get(at + 24, 8) % 256,
			   .assets = (uint32_t)layout_get(at + 32, 4) % 16,
			   .files = (uint32_t)layout_get(at + 36, 4) % 64,
			   .spans = (uint32_t)layout_get(at + 40, 4) % 64,
			   .filter_blocks = 1u << layout_get(at + 44, 4) % 8,
			   .paths_bytes = layout_get(at + 48, 8) % 4096,
			   .parts = (uint32_t)layout_get(at + 60, 4) % 64,
			   .parts_blocks = 1u << layout_get(at + 64, 4) % 8,
			   .directory_bits = (uint8_t)(8 + at[56] % 4),
			   .span_bytes = (uint8_t)(1 + at[58] % 4),
			   .place_bytes = (uint8_t)(1 + at[59] % 4)};

	l.remainder_bytes = (uint8_t)((64 - l.directory_bits + 7) / 8);
	if (layout_work_out(&l, NULL) < 0 || l.length > room)
		return 0;
	for (uint64_t i = 0; i < l.checks; i++) {
		uint64_t from = LAYOUT_HEADER_BYTES + (i << LAYOUT_BLOCK_BITS);
		uint64_t left = l.checks_at - from;

		layout_put(at + l.checks_at + 8 * i, 8,
			   hash_fast(bytes_make(
			       at + from, left < LAYOUT_BLOCK_BYTES ? left : LAYOUT_BLOCK_BYTES)));
	}
	memcpy(at, LAYOUT_MAGIC, 8);
	layout_put(at + 8, 4, SEGMENT_VERSION);
	layout_put(at + 16, 8, l.length);
	layout_put(at + 24, 8, l.entries);
	layout_put(at + 32, 4, l.assets);
	layout_put(at + 36, 4, l.files);
	layout_put(at + 40, 4, l.spans);
	layout_put(at + 44, 4, l.filter_blocks);
	layout_put(at + 48, 8, l.paths_bytes);
	at[56] = l.directory_bits;
	at[57] = l.remainder_bytes;
	at[58] = l.span_bytes;
	at[59] = l.place_bytes;
	layout_put(at + 60, 4, l.parts);
	layout_put(at + 64, 4, l.parts_blocks);
	layout_put(at + 240, 8, hash_fast(bytes_make(at + l.checks_at, 8 * l.checks)));
	layout_put(at + 248, 8, hash_fast(bytes_make(at, 248)));
	return l.length;
}

static void
use(const struct segment *s)
{
	struct segment_entry *entries = calloc(segment_entries_count(s) + 1, sizeof(*entries));
	struct segment_asset asset;
	struct segment_file file;
	struct segment_span span;
	struct bytes path;
	uint64_t first, count;
	uint32_t *parts;

	assert(entries != NULL);
	for (uint32_t i = 0; i <= segment_assets_count(s); i++)
		(void)segment_asset(s, i, &asset, NULL);
	for (uint32_t i = 0; i <= segment_files_count(s); i++)
		if (segment_file(s, i, &file, NULL) == 0)
			(void)segment_path(s, &file, &path, NULL);
	for (uint32_t i = 0; i <= segment_spans_count(s); i++)
		(void)segment_span(s, i, &span, NULL);
	if (segment_entries(s, 0, segment_entries_count(s), entries, NULL) == 0)
		for (uint64_t i = 0; i < segment_entries_count(s); i++) {
			uint64_t maybe = 0;
			uint32_t part = (uint32_t)entries[i].key;

			(void)segment_may_hold(s, &entries[i].key, 1, &maybe, NULL);
			(void)segment_may_pair(s, &part, 1, &maybe, NULL);
			if (segment_find(s, entries[i].key, &first, &count, NULL) == 0 && count > 0)
				(void)segment_entry(s, first + count - 1, &entries[i], NULL);
		}
	free(entries);
	parts = calloc(segment_parts_count(s) + (size_t)1, sizeof(*parts));
	assert(parts != NULL);
	(void)segment_parts_all(s, parts, NULL);
	free(parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[1 << 18];
	AUTO(segment_close)
	struct segment *segment = NULL;
	AUTO(own_close)
	int fd = -1;
	char path[64];
	size_t length;

	if (size < 2 || size > sizeof(copy))
		return 0;
	memset(copy, 0, sizeof(copy));
	memcpy(copy, data + 1, size - 1);
	length = data[0] % 4 != 0 ? seal(copy, sizeof(copy)) : size - 1;
	fd = memfd_create("segment", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, copy, length) == (ssize_t)length);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (segment_open(&segment, path, NULL, NULL) == 0)
		use(segment);
	return 0;
}
