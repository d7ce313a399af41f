/*
 * zip_record.h - the records of a zip: end, directory entries, local headers
 *
 * All take the whole file and an offset, and read nothing outside of it.
 */
#ifndef UNPACK_ZIP_RECORD_H
#define UNPACK_ZIP_RECORD_H

#include "base/bytes.h"

enum zip_method {
	ZIP_STORED = 0,
	ZIP_DEFLATE = 8,
	ZIP_DEFLATE64 = 9,
	ZIP_BZIP2 = 12,
	ZIP_LZMA = 14,
	ZIP_ZSTD_OLD = 20,
	ZIP_ZSTD = 93,
	ZIP_XZ = 95,
	ZIP_AES = 99,
};

enum {
	ZIP_FLAG_ENCRYPTED = 1,
	ZIP_FLAG_DESCRIPTOR = 8, /* sizes and CRC follow the content */
};

/* One reading of an entry: by the directory or by its local header. */
struct zip_entry {
	struct bytes name;
	uint16_t flags, method;
	uint32_t crc;
	uint64_t packed_bytes, size_bytes;
	uint64_t local_at;     /* directory: offset of the local header, before `base` is added */
	uint64_t data_at;      /* local: offset of the content */
	uint64_t record_bytes; /* of this record */
	uint16_t made_by;      /* directory only */
	uint32_t attributes;   /* directory only */
	bool zip64;
};

/* Where the directory is. */
struct zip_end {
	uint64_t at;       /* of the end record */
	uint64_t first_at; /* of the first record of the end: zip64's, or `at` */
	uint64_t directory_at, directory_end;
	uint64_t entries;   /* as it says */
	uint64_t behind_at; /* first byte behind end record and comment */
	struct bytes comment;
	uint64_t base; /* what to add to offsets: bytes in front that the offsets ignore */
	bool zip64;
};

/* The last end record whose directory is there. 0, or -1: there is none. */
int zip_find_end(struct bytes file, struct zip_end *end);

/* How many more end records stand behind the start of the directory. */
size_t zip_count_ends(struct bytes file, const struct zip_end *end);

/* -1: no such record at `at`, or it runs past the end. */
int zip_central_parse(struct bytes file, uint64_t at, struct zip_entry *entry);
int zip_local_parse(struct bytes file, uint64_t at, struct zip_entry *entry);

/* Length of the data descriptor at `at`: 12 to 24, 0: there is none that agrees with the sizes. */
size_t zip_descriptor_bytes(struct bytes file, uint64_t at, uint64_t packed_bytes);

/* Offset of the next local header in [from, to), or `to`. */
uint64_t zip_next_local(struct bytes file, uint64_t from, uint64_t to);

#endif
