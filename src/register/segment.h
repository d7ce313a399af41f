/*
 * segment.h - an immutable file of keys and where they live; docs/format-register.md
 *
 * key -> (span, place): a span is a stretch of versions [from, to] of a file of an asset, a place
 * is the line where the key was made.  Trees without history have one span a file, from = to = 0.
 *
 * Segments are mapped, never changed, and replaced by rename.  Blocks of 64 KiB have checksums that
 * are verified when they are first touched: a damaged block is FAULT_TAMPER, named, never a crash.
 * Any thread may read.
 */
#ifndef REGISTER_SEGMENT_H
#define REGISTER_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "fingerprint/fingerprint.h"

#define SEGMENT_VERSION      2
#define SEGMENT_NAME_BYTES   64
#define SEGMENT_COMMIT_BYTES 32
#define SEGMENT_DIGEST_BYTES 32

enum asset_kind { ASSET_SOURCE, ASSET_WEIGHTS, ASSET_PUBLIC };
enum asset_flags { ASSET_HISTORY = 1 };
enum file_flags { FILE_DATA = 1 }; /* JSON, YAML, markup, prose */

/* As in memory while building, and as read back. */
struct segment_asset {
	char name[SEGMENT_NAME_BYTES + 1];
	uint8_t kind, flags; /* enum asset_kind, enum asset_flags */
	uint32_t files;
	uint64_t versions; /* commits; 0 without history */
	uint64_t bytes;
	uint64_t prints; /* keys with their places */
	uint8_t first_commit[SEGMENT_COMMIT_BYTES], last_commit[SEGMENT_COMMIT_BYTES];
};

struct segment_file {
	uint32_t asset;   /* index in this segment */
	uint32_t path_at; /* of its path among the paths */
	uint32_t path_length;
	uint32_t lines;
	uint64_t bytes;
	uint8_t sha256[32];
	uint32_t counts[PRINT_KIND_COUNT]; /* different keys of each kind */
	uint32_t flags;                    /* enum file_flags */
};

struct segment_span {
	uint32_t file;     /* index in this segment */
	uint32_t from, to; /* commits, by the clock of the asset; 0: a tree */
};

struct segment_entry {
	uint64_t key;
	uint32_t span;
	uint32_t place; /* line, from 1 */
};

/* What a segment is made of.  Entries sorted by key, then span. */
struct segment_parts {
	struct segment_entry *entries;
	size_t entries_count;
	struct segment_asset *assets;
	size_t assets_count;
	struct segment_file *files;
	size_t files_count;
	struct segment_span *spans;
	size_t spans_count;
	struct bytes paths;
	uint32_t *parts; /* numbers of the parts in the keys (PRINT_PART): sorted, each once */
	size_t parts_count;
};

/* Write `path` (temporary, fsync, rename). *digest names exactly this content. */
int segment_write(const char *path, const struct segment_parts *parts,
		  uint8_t digest[SEGMENT_DIGEST_BYTES], struct fault *fault);

struct segment;

/* FAULT_IO, FAULT_FORMAT (not a segment, or of another version), FAULT_TAMPER (damaged, or not the
 * one with this digest; `digest` NULL: any). */
int segment_open(struct segment **out, const char *path, const uint8_t *digest,
		 struct fault *fault);
void segment_close(struct segment **segment);

/* Touch and verify every block now. */
int segment_verify(const struct segment *segment, struct fault *fault);

uint32_t segment_assets_count(const struct segment *segment);
uint32_t segment_files_count(const struct segment *segment);
uint32_t segment_spans_count(const struct segment *segment);
uint64_t segment_entries_count(const struct segment *segment);
uint32_t segment_parts_count(const struct segment *segment);
uint64_t segment_bytes(const struct segment *segment);
uint32_t segment_fingerprint_version(const struct segment *segment);

/* FAULT_FORMAT: says that another version of this program wrote it, and what to do. */
int segment_of_other_version(const struct segment *segment, struct fault *fault);

/* 0 or FAULT_TAMPER (also for an index past the end: only damaged tables hold such). */
int segment_asset(const struct segment *segment, uint32_t index, struct segment_asset *out,
		  struct fault *fault);
int segment_file(const struct segment *segment, uint32_t index, struct segment_file *out,
		 struct fault *fault);
int segment_span(const struct segment *segment, uint32_t index, struct segment_span *out,
		 struct fault *fault);
/* Raw bytes of the path, lent by the segment. */
int segment_path(const struct segment *segment, const struct segment_file *file, struct bytes *out,
		 struct fault *fault);

/* Which of at most SEGMENT_AT_ONCE keys may be there?  Sets bit i of *maybe for keys[i]; 1 in 200 is
 * set without reason.  Many at once, so that the memory behind them comes together. */
#define SEGMENT_AT_ONCE 64
int segment_may_hold(const struct segment *segment, const uint64_t *keys, size_t count,
		     uint64_t *maybe, struct fault *fault);

/* The same for parts: may they be in a pair, triple or single string that is there? */
int segment_may_pair(const struct segment *segment, const uint32_t *parts, size_t count,
		     uint64_t *maybe, struct fault *fault);

/* The entries with this key: [*first, *first + *count); count 0: none. */
int segment_find(const struct segment *segment, uint64_t key, uint64_t *first, uint64_t *count,
		 struct fault *fault);
int segment_entry(const struct segment *segment, uint64_t index, struct segment_entry *out,
		  struct fault *fault);

/* Every entry in order, for merging: decodes [from, from + count) into out. */
int segment_entries(const struct segment *segment, uint64_t from, uint64_t count,
		    struct segment_entry *out, struct fault *fault);

/* All parts, for merging: segment_parts_count() of them. */
int segment_parts_all(const struct segment *segment, uint32_t *out, struct fault *fault);

#endif
