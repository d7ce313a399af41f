/*
 * segment.c - read a segment
 *
 * Knows: the layout; that every byte is untrusted until the check of its block agrees, and that
 * indices are untrusted after that too.  Does not know: assets by name, odds.
 */
#include "register/segment.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "register/filter.h"
#include "register/layout.h"
#include "seal/hash.h"

struct segment {
	char *path;
	const uint8_t *at;
	size_t length;
	struct layout layout;
	atomic_uchar *good; /* per block: 1 once its check agreed */
};

void
segment_close(struct segment **segment)
{
	struct segment *s = *segment;

	if (s == NULL)
		return;
	if (s->at != NULL)
		(void)munmap((void *)(uintptr_t)s->at, s->length);
	free(s->path);
	free(s->good);
	free(s);
	*segment = NULL;
}

static int
damaged(const struct segment *s, const char *what, struct fault *fault)
{
	return fault_set(fault, FAULT_TAMPER, "%s: %s", s->path, what);
}

int
segment_of_other_version(const struct segment *s, struct fault *fault)
{
	return fault_set(fault, FAULT_FORMAT,
			 "%s: written by another version of stopwater: register it again with "
			 "'stopwater protect update'",
			 s->path);
}

static int
check_block(const struct segment *s, uint64_t block, struct fault *fault)
{
	uint64_t from = LAYOUT_HEADER_BYTES + (block << LAYOUT_BLOCK_BITS);
	uint64_t left = s->layout.checks_at - from;
	uint64_t want = layout_get(s->at + s->layout.checks_at + 8 * block, 8);

	if (hash_fast(bytes_make(s->at + from,
				 left < LAYOUT_BLOCK_BYTES ? left : LAYOUT_BLOCK_BYTES)) != want)
		return fault_set(fault, FAULT_TAMPER,
				 "%s: bytes from %llu on are damaged (their checksum differs)",
				 s->path, (unsigned long long)from);
	atomic_store_explicit(&s->good[block], 1, memory_order_relaxed);
	return 0;
}

/* Make sure of [at, at + length), which lies between header and checks. */
static inline int
touch(const struct segment *s, uint64_t at, uint64_t length, struct fault *fault)
{
	uint64_t first = (at - LAYOUT_HEADER_BYTES) >> LAYOUT_BLOCK_BITS;
	uint64_t last =
	    length == 0 ? first : (at + length - 1 - LAYOUT_HEADER_BYTES) >> LAYOUT_BLOCK_BITS;

	for (uint64_t block = first; block <= last && block < s->layout.checks; block++)
		if (atomic_load_explicit(&s->good[block], memory_order_relaxed) == 0 &&
		    check_block(s, block, fault) < 0)
			return FAULT_TAMPER;
	return 0;
}

static int
map(struct segment *s, struct fault *fault)
{
	AUTO(own_close)
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_errno(fault, "%s", s->path);
	if (!S_ISREG(st.st_mode) || st.st_size < LAYOUT_HEADER_BYTES)
		return fault_set(fault, FAULT_FORMAT, "%s: not a segment of a register", s->path);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return fault_errno(fault, "%s: map", s->path);
	s->at = at;
	s->length = (size_t)st.st_size;
	return 0;
}

static int
read_header(struct segment *s, const uint8_t *digest, struct fault *fault)
{
	const uint8_t *h = s->at;
	struct layout *l = &s->layout;
	uint8_t found[HASH_SHA256_BYTES];
	int r;

	if (memcmp(h, LAYOUT_MAGIC, 8) != 0)
		return fault_set(fault, FAULT_FORMAT, "%s: not a segment of a register", s->path);
	if (layout_get(h + 8, 4) != SEGMENT_VERSION)
		return segment_of_other_version(s, fault);
	if (layout_get(h + 248, 8) != hash_fast(bytes_make(h, 248)))
		return damaged(s, "the header is damaged (its checksum differs)", fault);
	l->fingerprint_version = (uint32_t)layout_get(h + 12, 4);
	l->entries = layout_get(h + 24, 8);
	l->assets = (uint32_t)layout_get(h + 32, 4);
	l->files = (uint32_t)layout_get(h + 36, 4);
	l->spans = (uint32_t)layout_get(h + 40, 4);
	l->filter_blocks = (uint32_t)layout_get(h + 44, 4);
	l->paths_bytes = layout_get(h + 48, 8);
	l->parts = (uint32_t)layout_get(h + 60, 4);
	l->parts_blocks = (uint32_t)layout_get(h + 64, 4);
	l->directory_bits = h[56];
	l->remainder_bytes = h[57];
	l->span_bytes = h[58];
	l->place_bytes = h[59];
	if (layout_get(h + 16, 8) != s->length)
		return damaged(s, "cut short, or something follows", fault);
	/* The header is whole and so is the file, but it was laid out by other rules. */
	if (layout_work_out(l, NULL) < 0 || l->length != s->length)
		return segment_of_other_version(s, fault);
	if (layout_get(h + 240, 8) != hash_fast(bytes_make(h + l->checks_at, 8 * l->checks)))
		return damaged(s, "the table of checks is damaged (its checksum differs)", fault);
	r = hash_sha256(bytes_make(h, LAYOUT_HEADER_BYTES), found, fault);
	if (r < 0)
		return r;
	if (digest != NULL && hash_differs(digest, found, sizeof(found)))
		return damaged(s, "is another segment than the manifest names (swapped?)", fault);
	return 0;
}

int
segment_open(struct segment **out, const char *path, const uint8_t *digest, struct fault *fault)
{
	AUTO(segment_close)
	struct segment *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL || (s->path = strdup(path)) == NULL)
		return fault_memory(fault);
	r = map(s, fault);
	if (r == 0)
		r = read_header(s, digest, fault);
	if (r < 0)
		return r;
	s->good = calloc(s->layout.checks + 1, sizeof(*s->good));
	if (s->good == NULL)
		return fault_memory(fault);
	*out = TAKE(s);
	return 0;
}

int
segment_verify(const struct segment *s, struct fault *fault)
{
	return touch(s, LAYOUT_HEADER_BYTES, s->layout.checks_at - LAYOUT_HEADER_BYTES, fault);
}

uint32_t
segment_assets_count(const struct segment *s)
{
	return s->layout.assets;
}

uint32_t
segment_files_count(const struct segment *s)
{
	return s->layout.files;
}

uint32_t
segment_spans_count(const struct segment *s)
{
	return s->layout.spans;
}

uint64_t
segment_entries_count(const struct segment *s)
{
	return s->layout.entries;
}

uint32_t
segment_parts_count(const struct segment *s)
{
	return s->layout.parts;
}

uint64_t
segment_bytes(const struct segment *s)
{
	return s->length;
}

uint32_t
segment_fingerprint_version(const struct segment *s)
{
	return s->layout.fingerprint_version;
}

/* Row `index` of a table, verified. */
static int
row(const struct segment *s, uint64_t table_at, uint64_t row_bytes, uint64_t index, uint64_t count,
    const uint8_t **at, struct fault *fault)
{
	if (index >= count)
		return damaged(s, "an index points past its table", fault);
	*at = s->at + table_at + index * row_bytes;
	return touch(s, table_at + index * row_bytes, row_bytes, fault);
}

int
segment_asset(const struct segment *s, uint32_t index, struct segment_asset *out,
	      struct fault *fault)
{
	const struct layout *l = &s->layout;
	const uint8_t *at = NULL;
	int r = row(s, l->assets_at, LAYOUT_ASSET_BYTES, index, l->assets, &at, fault);

	if (r < 0)
		return r;
	memcpy(out->name, at, SEGMENT_NAME_BYTES);
	out->name[SEGMENT_NAME_BYTES] = '\0';
	out->kind = at[64];
	out->flags = at[65];
	out->files = (uint32_t)layout_get(at + 68, 4);
	out->versions = layout_get(at + 72, 8);
	out->bytes = layout_get(at + 80, 8);
	out->prints = layout_get(at + 88, 8);
	memcpy(out->first_commit, at + 96, SEGMENT_COMMIT_BYTES);
	memcpy(out->last_commit, at + 128, SEGMENT_COMMIT_BYTES);
	return 0;
}

int
segment_file(const struct segment *s, uint32_t index, struct segment_file *out, struct fault *fault)
{
	const struct layout *l = &s->layout;
	const uint8_t *at = NULL;
	int r = row(s, l->files_at, LAYOUT_FILE_BYTES, index, l->files, &at, fault);

	if (r < 0)
		return r;
	out->asset = (uint32_t)layout_get(at, 4);
	out->path_at = (uint32_t)layout_get(at + 4, 4);
	out->path_length = (uint32_t)layout_get(at + 8, 4);
	out->lines = (uint32_t)layout_get(at + 12, 4);
	out->bytes = layout_get(at + 16, 8);
	memcpy(out->sha256, at + 24, 32);
	for (unsigned i = 0; i < PRINT_KIND_COUNT; i++)
		out->counts[i] = (uint32_t)layout_get(at + 56 + 4 * i, 4);
	out->flags = (uint32_t)layout_get(at + 84, 4);
	if (out->asset >= l->assets)
		return damaged(s, "a file belongs to no asset", fault);
	return 0;
}

int
segment_span(const struct segment *s, uint32_t index, struct segment_span *out, struct fault *fault)
{
	const struct layout *l = &s->layout;
	const uint8_t *at = NULL;
	int r = row(s, l->spans_at, LAYOUT_SPAN_BYTES, index, l->spans, &at, fault);

	if (r < 0)
		return r;
	out->file = (uint32_t)layout_get(at, 4);
	out->from = (uint32_t)layout_get(at + 4, 4);
	out->to = (uint32_t)layout_get(at + 8, 4);
	if (out->file >= l->files)
		return damaged(s, "a span belongs to no file", fault);
	return 0;
}

int
segment_path(const struct segment *s, const struct segment_file *file, struct bytes *out,
	     struct fault *fault)
{
	const struct layout *l = &s->layout;

	if (file->path_at > l->paths_bytes || file->path_length > l->paths_bytes - file->path_at)
		return damaged(s, "a path lies outside the paths", fault);
	*out = bytes_make(s->at + l->paths_at + file->path_at, file->path_length);
	return touch(s, l->paths_at + file->path_at, file->path_length, fault);
}

/* Where the block of a key lies; asked for, and verified. */
static const uint8_t *
block_of(const struct segment *s, uint64_t filter_at, uint32_t blocks, uint64_t key,
	 struct fault *fault)
{
	uint64_t at = filter_at + (uint64_t)filter_block_of(key, blocks) * FILTER_BLOCK_BYTES;

	__builtin_prefetch(s->at + at);
	return touch(s, at, FILTER_BLOCK_BYTES, fault) < 0 ? NULL : s->at + at;
}

int
segment_may_hold(const struct segment *s, const uint64_t *keys, size_t count, uint64_t *maybe,
		 struct fault *fault)
{
	const struct layout *l = &s->layout;
	const uint8_t *blocks[SEGMENT_AT_ONCE];

	for (size_t i = 0; i < count; i++) {
		blocks[i] = block_of(s, l->filter_at, l->filter_blocks, keys[i], fault);
		if (blocks[i] == NULL)
			return FAULT_TAMPER;
	}
	*maybe |= filter_test(blocks, keys, count);
	return 0;
}

int
segment_may_pair(const struct segment *s, const uint32_t *parts, size_t count, uint64_t *maybe,
		 struct fault *fault)
{
	const struct layout *l = &s->layout;
	const uint8_t *blocks[SEGMENT_AT_ONCE];
	uint64_t keys[SEGMENT_AT_ONCE];

	for (size_t i = 0; i < count; i++) {
		keys[i] = filter_key_of_part(parts[i]);
		blocks[i] = block_of(s, l->parts_filter_at, l->parts_blocks, keys[i], fault);
		if (blocks[i] == NULL)
			return FAULT_TAMPER;
	}
	*maybe |= filter_test(blocks, keys, count);
	return 0;
}

int
segment_parts_all(const struct segment *s, uint32_t *out, struct fault *fault)
{
	const struct layout *l = &s->layout;
	int r = touch(s, l->parts_at, (uint64_t)l->parts * 4, fault);

	for (uint32_t i = 0; i < l->parts && r == 0; i++)
		out[i] = (uint32_t)layout_get(s->at + l->parts_at + (uint64_t)4 * i, 4);
	return r;
}

static uint64_t
remainder_at(const struct segment *s, uint64_t index)
{
	const struct layout *l = &s->layout;

	return layout_get(s->at + l->remainders_at + index * l->remainder_bytes,
			  l->remainder_bytes);
}

int
segment_find(const struct segment *s, uint64_t key, uint64_t *first, uint64_t *count,
	     struct fault *fault)
{
	const struct layout *l = &s->layout;
	uint64_t slot = key >> (64 - l->directory_bits);
	uint64_t want = key << l->directory_bits >> l->directory_bits;
	uint64_t at = l->directory_at + slot * 4, low, high, end;
	int r = touch(s, at, 8, fault);

	*count = 0;
	if (r < 0)
		return r;
	low = layout_get(s->at + at, 4);
	high = layout_get(s->at + at + 4, 4);
	if (low > high || high > l->entries)
		return damaged(s, "the directory points past the entries", fault);
	if (low == high)
		return 0;
	r = touch(s, l->remainders_at + low * l->remainder_bytes, (high - low) * l->remainder_bytes,
		  fault);
	if (r < 0)
		return r;
	for (end = high; low < end;) {
		uint64_t middle = low + (end - low) / 2;

		if (remainder_at(s, middle) < want)
			low = middle + 1;
		else
			end = middle;
	}
	*first = low;
	while (low < high && remainder_at(s, low) == want)
		low++;
	*count = low - *first;
	return 0;
}

int
segment_entries(const struct segment *s, uint64_t from, uint64_t count, struct segment_entry *out,
		struct fault *fault)
{
	const struct layout *l = &s->layout;
	uint64_t slot = 0;

	if (from > l->entries || count > l->entries - from)
		return damaged(s, "an index points past the entries", fault);
	if (touch(s, l->directory_at, (((uint64_t)1 << l->directory_bits) + 1) * 4, fault) < 0 ||
	    touch(s, l->remainders_at, l->checks_at - l->remainders_at, fault) < 0)
		return FAULT_TAMPER;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t index = from + i;

		while (slot < (uint64_t)1 << l->directory_bits &&
		       layout_get(s->at + l->directory_at + 4 * (slot + 1), 4) <= index)
			slot++;
		out[i].key = slot << (64 - l->directory_bits) | remainder_at(s, index);
		out[i].span = (uint32_t)layout_get(s->at + l->spans_of_at + index * l->span_bytes,
						   l->span_bytes);
		out[i].place = (uint32_t)layout_get(s->at + l->places_at + index * l->place_bytes,
						    l->place_bytes);
	}
	return 0;
}

int
segment_entry(const struct segment *s, uint64_t index, struct segment_entry *out,
	      struct fault *fault)
{
	const struct layout *l = &s->layout;

	if (index >= l->entries)
		return damaged(s, "an index points past the entries", fault);
	if (touch(s, l->spans_of_at + index * l->span_bytes, l->span_bytes, fault) < 0 ||
	    touch(s, l->places_at + index * l->place_bytes, l->place_bytes, fault) < 0)
		return FAULT_TAMPER;
	out->key = 0;
	out->span =
	    (uint32_t)layout_get(s->at + l->spans_of_at + index * l->span_bytes, l->span_bytes);
	out->place =
	    (uint32_t)layout_get(s->at + l->places_at + index * l->place_bytes, l->place_bytes);
	return 0;
}
