/*
 * register.c - open a register and ask it
 *
 * Knows: which segments hold which assets.  Does not know: what a match is (match.h).
 */
#include "register/register.h"

#include "base/own.h"
#include "register/manifest.h"
#include "seal/hash.h"

/* A writer may replace a segment between our reading the manifest and opening it. */
#define OPEN_TRIES 5

#define ASSET_GONE UINT32_MAX /* in a segment, but not in the manifest any more */

struct register_segment {
	struct segment *segment;
	uint32_t *assets; /* index in the segment -> index in db->assets, or ASSET_GONE */
};

struct register_db {
	struct manifest manifest;
	struct register_segment *segments;
	size_t segments_count;
	struct register_asset *assets;
	size_t assets_count;
	bool empty;
};

void
register_close(struct register_db **db)
{
	struct register_db *d = *db;

	if (d == NULL)
		return;
	for (size_t i = 0; d->segments != NULL && i < d->segments_count; i++) {
		segment_close(&d->segments[i].segment);
		free(d->segments[i].assets);
	}
	free(d->segments);
	free(d->assets);
	manifest_free(&d->manifest);
	free(d);
	*db = NULL;
}

static int
open_segment(struct register_db *db, size_t i, const char *folder, struct fault *fault)
{
	const struct manifest_segment *row = &db->manifest.segments[i];
	struct register_segment *s = &db->segments[i];
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	uint32_t count;
	int r;

	(void)buf_printf(&path, "%s/%s", folder, row->file);
	if (path.failed != 0)
		return fault_memory(fault);
	r = segment_open(&s->segment, buf_text(&path), row->digest, fault);
	if (r < 0)
		return r;
	if (segment_fingerprint_version(s->segment) != FINGERPRINT_VERSION)
		return segment_of_other_version(s->segment, fault);
	count = segment_assets_count(s->segment);
	s->assets = malloc((count + (size_t)1) * sizeof(*s->assets));
	if (s->assets == NULL)
		return fault_memory(fault);
	for (uint32_t a = 0; a < count; a++)
		s->assets[a] = ASSET_GONE;
	return 0;
}

static int
open_asset(struct register_db *db, size_t i, struct fault *fault)
{
	const struct manifest_asset *row = &db->manifest.assets[i];
	struct register_segment *s = &db->segments[row->segment];
	struct register_asset *asset = &db->assets[i];
	int r = segment_asset(s->segment, row->index, &asset->facts, fault);

	if (r < 0)
		return r;
	if (strcmp(asset->facts.name, row->name) != 0 || asset->facts.kind != row->kind)
		return fault_set(fault, FAULT_TAMPER,
				 "register: asset '%s' is not where the manifest says", row->name);
	asset->tree = row->tree;
	asset->segment = row->segment;
	asset->index = row->index;
	asset->paths = row->paths;
	asset->paths_count = row->paths_count;
	s->assets[row->index] = (uint32_t)i;
	db->empty &= row->kind == ASSET_PUBLIC;
	return 0;
}

static int
open_once(struct register_db **out, const char *folder, struct fault *fault)
{
	AUTO(register_close)
	struct register_db *db = calloc(1, sizeof(*db));
	int r;

	if (db == NULL)
		return fault_memory(fault);
	manifest_init(&db->manifest);
	r = manifest_load(&db->manifest, folder, fault);
	if (r < 0)
		return r;
	db->empty = true;
	db->segments_count = db->manifest.segments_count;
	db->assets_count = db->manifest.assets_count;
	db->segments = calloc(db->segments_count + 1, sizeof(*db->segments));
	db->assets = calloc(db->assets_count + 1, sizeof(*db->assets));
	if (db->segments == NULL || db->assets == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < db->segments_count && r == 0; i++)
		r = open_segment(db, i, folder, fault);
	for (size_t i = 0; i < db->assets_count && r == 0; i++)
		r = open_asset(db, i, fault);
	if (r < 0)
		return r;
	*out = TAKE(db);
	return 0;
}

int
register_open(struct register_db **out, const char *folder, struct fault *fault)
{
	int r = FAULT_IO;

	for (int tries = 0; tries < OPEN_TRIES && r == FAULT_IO; tries++)
		r = open_once(out, folder, fault);
	return r;
}

bool
register_is_empty(const struct register_db *db)
{
	return db->empty;
}

const struct register_asset *
register_assets(const struct register_db *db, size_t *count)
{
	*count = db->assets_count;
	return db->assets;
}

int
register_identity(const struct register_db *db, uint8_t digest[SEGMENT_DIGEST_BYTES], int64_t *date,
		  struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	int r = manifest_format(&db->manifest, &text, fault);

	*date = db->manifest.date;
	return r < 0 ? r : hash_sha256(buf_bytes(&text), digest, fault);
}

int
register_verify(const struct register_db *db, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; i < db->segments_count && r == 0; i++)
		r = segment_verify(db->segments[i].segment, fault);
	return r;
}

int
register_may_hold(const struct register_db *db, const uint64_t *keys, size_t count, uint64_t *maybe,
		  struct fault *fault)
{
	int r = 0;

	*maybe = 0;
	for (size_t i = 0; i < db->segments_count && r == 0; i++)
		r = segment_may_hold(db->segments[i].segment, keys, count, maybe, fault);
	return r;
}

int
register_may_pair(const struct register_db *db, const uint32_t *parts, size_t count,
		  uint64_t *maybe, struct fault *fault)
{
	int r = 0;

	*maybe = 0;
	for (size_t i = 0; i < db->segments_count && r == 0; i++)
		r = segment_may_pair(db->segments[i].segment, parts, count, maybe, fault);
	return r;
}

static bool
has_asset(const struct register_answer *answer, uint32_t asset)
{
	for (uint32_t i = 0; i < answer->count; i++)
		if (answer->list[i].asset == asset)
			return true;
	return false;
}

static int
add_posting(const struct register_db *db, uint32_t segment, const struct segment_entry *entry,
	    struct register_answer *answer, struct fault *fault)
{
	const struct register_segment *s = &db->segments[segment];
	struct segment_span span;
	struct segment_file file;
	uint32_t asset;
	int r = segment_span(s->segment, entry->span, &span, fault);

	if (r == 0)
		r = segment_file(s->segment, span.file, &file, fault);
	if (r < 0)
		return r;
	asset = s->assets[file.asset];
	if (asset == ASSET_GONE)
		return 0;
	if (db->assets[asset].facts.kind == ASSET_PUBLIC) {
		answer->is_public = true;
		return 0;
	}
	if (answer->count == REGISTER_POSTINGS_MAX) {
		answer->crowded = true;
		return 0;
	}
	answer->assets += !has_asset(answer, asset);
	answer->list[answer->count++] = (struct register_posting){.asset = asset,
								  .segment = segment,
								  .file = span.file,
								  .from = span.from,
								  .to = span.to,
								  .place = entry->place};
	return 0;
}

int
register_lookup(const struct register_db *db, uint64_t key, struct register_answer *answer,
		struct fault *fault)
{
	answer->count = answer->assets = 0;
	answer->is_public = answer->crowded = false;
	for (size_t i = 0; i < db->segments_count; i++) {
		const struct segment *segment = db->segments[i].segment;
		uint64_t first, count;
		int r = segment_find(segment, key, &first, &count, fault);

		for (uint64_t n = 0; n < count && r == 0; n++) {
			struct segment_entry entry;

			r = segment_entry(segment, first + n, &entry, fault);
			if (r == 0)
				r = add_posting(db, (uint32_t)i, &entry, answer, fault);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

bool
register_is_public_content(const struct register_db *db, uint64_t content_hash)
{
	struct register_answer answer;

	return register_lookup(db, fingerprint_content_key(content_hash), &answer, NULL) == 0 &&
	       answer.is_public;
}

int
register_file(const struct register_db *db, uint32_t segment, uint32_t file,
	      struct segment_file *out, struct bytes *path, struct fault *fault)
{
	int r = segment_file(db->segments[segment].segment, file, out, fault);

	return r < 0 ? r : segment_path(db->segments[segment].segment, out, path, fault);
}
