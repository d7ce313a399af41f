/*
 * segment_write.c - from sorted entries to a segment on disk
 *
 * Knows: the layout, how wide each field must be.  Does not know: where entries come from.
 */
#include "register/segment.h"

#include "base/file.h"
#include "base/own.h"
#include "register/filter.h"
#include "register/layout.h"
#include "seal/hash.h"

/* Bytes go out through one block, whose hash is taken when it is full. */
struct writer {
	FILE *to;
	uint64_t at; /* offset of the next byte */
	uint8_t block[LAYOUT_BLOCK_BYTES];
	size_t used;
	uint8_t *checks;
	size_t checks_count;
	bool failed;
};

static void
flush(struct writer *w)
{
	if (w->used == 0)
		return;
	layout_put(w->checks + 8 * w->checks_count++, 8, hash_fast(bytes_make(w->block, w->used)));
	w->failed |= fwrite(w->block, w->used, 1, w->to) != 1;
	w->used = 0;
}

static void
put(struct writer *w, const void *from, size_t count)
{
	const uint8_t *at = from;

	w->at += count;
	while (count > 0) {
		size_t room = sizeof(w->block) - w->used, now = count < room ? count : room;

		memcpy(w->block + w->used, at, now);
		w->used += now;
		at += now;
		count -= now;
		if (w->used == sizeof(w->block))
			flush(w);
	}
}

static inline void
put_number(struct writer *w, uint64_t value, unsigned bytes)
{
	uint64_t little = BYTES_LE64(value);

	if (sizeof(w->block) - w->used < sizeof(little)) {
		put(w, &little, bytes);
		return;
	}
	/* what is written past `bytes` is written over by what follows */
	memcpy(w->block + w->used, &little, sizeof(little));
	w->used += bytes;
	w->at += bytes;
	if (w->used == sizeof(w->block))
		flush(w);
}

static void
pad_to(struct writer *w, uint64_t at)
{
	static const uint8_t zeros[64];

	while (w->at < at)
		put(w, zeros, at - w->at < sizeof(zeros) ? at - w->at : sizeof(zeros));
}

static uint8_t
bytes_for(uint64_t largest)
{
	uint8_t bytes = 1;

	while (bytes < 8 && largest >> 8 * bytes != 0)
		bytes++;
	return bytes;
}

static int
plan(struct layout *l, const struct segment_parts *p, struct fault *fault)
{
	uint64_t n = p->entries_count;
	uint32_t place = 0;

	if (n >= UINT32_MAX || p->files_count >= UINT32_MAX || p->spans_count >= UINT32_MAX ||
	    p->parts_count >= UINT32_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than 4 G fingerprints in one segment");
	memset(l, 0, sizeof(*l));
	l->fingerprint_version = FINGERPRINT_VERSION;
	l->entries = n;
	l->assets = (uint32_t)p->assets_count;
	l->files = (uint32_t)p->files_count;
	l->spans = (uint32_t)p->spans_count;
	l->paths_bytes = p->paths.left;
	l->filter_blocks = filter_blocks_for(n);
	l->parts = (uint32_t)p->parts_count;
	l->parts_blocks = filter_blocks_for(p->parts_count);
	/* About four entries to a place in the directory. */
	l->directory_bits = 8;
	while (l->directory_bits < 28 && n >> l->directory_bits > 4)
		l->directory_bits++;
	l->remainder_bytes = (uint8_t)((64 - l->directory_bits + 7) / 8);
	for (size_t i = 0; i < n; i++)
		place = p->entries[i].place > place ? p->entries[i].place : place;
	l->place_bytes = bytes_for(place);
	l->span_bytes = bytes_for(p->spans_count);
	return layout_work_out(l, fault);
}

static void
put_words(struct writer *w, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_number(w, words[i], 4);
}

/* Blocks lie anywhere: they are asked for so many keys before they are needed. */
#define AHEAD 16

static int
put_filters(struct writer *w, const struct layout *l, const struct segment_parts *p)
{
	AUTO(own_free)
	uint32_t *words = calloc(l->filter_blocks, FILTER_BLOCK_BYTES);
	AUTO(own_free)
	uint32_t *parts = calloc(l->parts_blocks, FILTER_BLOCK_BYTES);

	if (words == NULL || parts == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < p->entries_count; i++) {
		size_t ahead = i + AHEAD < p->entries_count ? i + AHEAD : i;

		__builtin_prefetch(
		    words + (size_t)8 * filter_block_of(p->entries[ahead].key, l->filter_blocks),
		    1);
		filter_put(words, l->filter_blocks, p->entries[i].key);
	}
	for (size_t i = 0; i < p->parts_count; i++)
		filter_put(parts, l->parts_blocks, filter_key_of_part(p->parts[i]));
	put_words(w, words, (size_t)8 * l->filter_blocks);
	pad_to(w, l->parts_filter_at);
	put_words(w, parts, (size_t)8 * l->parts_blocks);
	pad_to(w, l->directory_at);
	return 0;
}

/* directory[i]: how many entries have a key whose top bits are below i. */
static void
put_keys(struct writer *w, const struct layout *l, const struct segment_parts *p)
{
	unsigned shift = 64 - l->directory_bits;
	size_t i = 0;

	for (uint64_t slot = 0; slot <= (uint64_t)1 << l->directory_bits; slot++) {
		while (i < p->entries_count && p->entries[i].key >> shift < slot)
			i++;
		put_number(w, i, 4);
	}
	pad_to(w, l->remainders_at);
	for (i = 0; i < p->entries_count; i++)
		put_number(w, p->entries[i].key << l->directory_bits >> l->directory_bits,
			   l->remainder_bytes);
	pad_to(w, l->spans_of_at);
	for (i = 0; i < p->entries_count; i++)
		put_number(w, p->entries[i].span, l->span_bytes);
	pad_to(w, l->places_at);
	for (i = 0; i < p->entries_count; i++)
		put_number(w, p->entries[i].place, l->place_bytes);
	pad_to(w, l->assets_at);
}

/* OFFSET SIZE: 0 64 name, zero-filled; 64 1 kind; 65 1 flags; 66 2 zero; 68 4 files; 72 8 versions;
 * 80 8 bytes; 88 8 prints; 96 32 first commit; 128 32 last commit; 160 32 zero. */
static void
put_asset(struct writer *w, const struct segment_asset *a)
{
	uint8_t at[LAYOUT_ASSET_BYTES] = {0};

	memcpy(at, a->name, strnlen(a->name, SEGMENT_NAME_BYTES));
	at[64] = a->kind;
	at[65] = a->flags;
	layout_put(at + 68, 4, a->files);
	layout_put(at + 72, 8, a->versions);
	layout_put(at + 80, 8, a->bytes);
	layout_put(at + 88, 8, a->prints);
	memcpy(at + 96, a->first_commit, SEGMENT_COMMIT_BYTES);
	memcpy(at + 128, a->last_commit, SEGMENT_COMMIT_BYTES);
	put(w, at, sizeof(at));
}

/* OFFSET SIZE: 0 4 asset; 4 4 path at; 8 4 path length; 12 4 lines; 16 8 bytes; 24 32 SHA-256;
 * 56 4 x 7 keys of each kind; 84 4 flags; 88 8 zero. */
static void
put_file(struct writer *w, const struct segment_file *f)
{
	uint8_t at[LAYOUT_FILE_BYTES] = {0};

	layout_put(at, 4, f->asset);
	layout_put(at + 4, 4, f->path_at);
	layout_put(at + 8, 4, f->path_length);
	layout_put(at + 12, 4, f->lines);
	layout_put(at + 16, 8, f->bytes);
	memcpy(at + 24, f->sha256, 32);
	for (unsigned i = 0; i < PRINT_KIND_COUNT; i++)
		layout_put(at + 56 + 4 * i, 4, f->counts[i]);
	layout_put(at + 84, 4, f->flags);
	put(w, at, sizeof(at));
}

static void
put_tables(struct writer *w, const struct layout *l, const struct segment_parts *p)
{
	for (size_t i = 0; i < p->assets_count; i++)
		put_asset(w, &p->assets[i]);
	pad_to(w, l->files_at);
	for (size_t i = 0; i < p->files_count; i++)
		put_file(w, &p->files[i]);
	pad_to(w, l->spans_at);
	for (size_t i = 0; i < p->spans_count; i++) {
		put_number(w, p->spans[i].file, 4);
		put_number(w, p->spans[i].from, 4);
		put_number(w, p->spans[i].to, 4);
	}
	pad_to(w, l->paths_at);
	put(w, p->paths.at, p->paths.left);
	pad_to(w, l->parts_at);
	for (size_t i = 0; i < p->parts_count; i++)
		put_number(w, p->parts[i], 4);
	pad_to(w, l->checks_at);
}

static void
fill_header(uint8_t header[LAYOUT_HEADER_BYTES], const struct layout *l, struct bytes checks)
{
	memset(header, 0, LAYOUT_HEADER_BYTES);
	memcpy(header, LAYOUT_MAGIC, 8);
	layout_put(header + 8, 4, SEGMENT_VERSION);
	layout_put(header + 12, 4, l->fingerprint_version);
	layout_put(header + 16, 8, l->length);
	layout_put(header + 24, 8, l->entries);
	layout_put(header + 32, 4, l->assets);
	layout_put(header + 36, 4, l->files);
	layout_put(header + 40, 4, l->spans);
	layout_put(header + 44, 4, l->filter_blocks);
	layout_put(header + 48, 8, l->paths_bytes);
	header[56] = l->directory_bits;
	header[57] = l->remainder_bytes;
	header[58] = l->span_bytes;
	header[59] = l->place_bytes;
	layout_put(header + 60, 4, l->parts);
	layout_put(header + 64, 4, l->parts_blocks);
	layout_put(header + 240, 8, hash_fast(checks));
	layout_put(header + 248, 8, hash_fast(bytes_make(header, 248)));
}

static int
write_all(struct writer *w, const struct layout *l, const struct segment_parts *p,
	  uint8_t digest[SEGMENT_DIGEST_BYTES], struct fault *fault)
{
	uint8_t header[LAYOUT_HEADER_BYTES] = {0};
	struct bytes checks;

	/* The header goes in last, when the checks are known. */
	w->failed |= fwrite(header, sizeof(header), 1, w->to) != 1;
	w->at = LAYOUT_HEADER_BYTES;
	if (put_filters(w, l, p) < 0)
		return fault_memory(fault);
	put_keys(w, l, p);
	put_tables(w, l, p);
	flush(w);
	checks = bytes_make(w->checks, 8 * w->checks_count);
	w->failed |= fwrite(checks.at, checks.left, 1, w->to) != 1;
	fill_header(header, l, checks);
	w->failed |=
	    fseeko(w->to, 0, SEEK_SET) != 0 || fwrite(header, sizeof(header), 1, w->to) != 1;
	/* The header holds the hash of the checks, and these the hash of everything. */
	return hash_sha256(bytes_make(header, sizeof(header)), digest, fault);
}

int
segment_write(const char *path, const struct segment_parts *parts,
	      uint8_t digest[SEGMENT_DIGEST_BYTES], struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *file = NULL;
	AUTO(own_free)
	struct writer *w = calloc(1, sizeof(*w));
	AUTO(own_free)
	uint8_t *checks = NULL;
	uint8_t made[SEGMENT_DIGEST_BYTES];
	struct layout layout;
	int r = plan(&layout, parts, fault);

	if (r < 0)
		return r;
	checks = malloc(layout.checks * 8 + 8);
	if (w == NULL || checks == NULL)
		return fault_memory(fault);
	r = file_write_begin(&file, path, 0600, fault);
	if (r < 0)
		return r;
	w->to = file_write_stream(file);
	w->checks = checks;
	r = write_all(w, &layout, parts, made, fault);
	if (r < 0)
		return r;
	if (w->failed)
		return fault_errno(fault, "%s: write", path);
	r = file_write_commit(&file, fault);
	if (r < 0)
		return r;
	memcpy(digest, made, sizeof(made));
	return 0;
}
