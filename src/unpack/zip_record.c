/*
 * zip_record.c - the records of a zip: end, directory entries, local headers
 *
 * Knows: PKWARE's APPNOTE 6.3, its zip64 fields, and prefixes that offsets ignore.
 * Does not know: which reading is right, nor what the content is.
 */
#include "unpack/zip_record.h"

#define END_BYTES         22
#define END64_BYTES       56
#define LOCATOR64_BYTES   20
#define CENTRAL_BYTES     46
#define LOCAL_BYTES       30
#define COMMENT_BYTES_MAX 65535

static const struct bytes end_magic = BYTES_OF("PK\5\6");
static const struct bytes end64_magic = BYTES_OF("PK\6\6");
static const struct bytes locator64_magic = BYTES_OF("PK\6\7");
static const struct bytes central_magic = BYTES_OF("PK\1\2");
static const struct bytes local_magic = BYTES_OF("PK\3\4");
static const struct bytes descriptor_magic = BYTES_OF("PK\7\10");

static struct bytes
at_offset(struct bytes file, uint64_t at)
{
	return at > file.left ? bytes_make(NULL, 0)
			      : bytes_make(file.at + at, file.left - (size_t)at);
}

static uint16_t
get16(struct bytes in, size_t at)
{
	uint16_t value = 0;

	in = bytes_slice(in, at, 2);
	(void)bytes_take_le16(&in, &value);
	return value;
}

static uint32_t
get32(struct bytes in, size_t at)
{
	uint32_t value = 0;

	in = bytes_slice(in, at, 4);
	(void)bytes_take_le32(&in, &value);
	return value;
}

static uint64_t
get64(struct bytes in, size_t at)
{
	uint64_t value = 0;

	in = bytes_slice(in, at, 8);
	(void)bytes_take_le64(&in, &value);
	return value;
}

/*
 * OFFSET SIZE MEANING of the zip64 end record
 *      0    4 PK\6\6        32    8 entries in all
 *      4    8 size          40    8 size of the directory
 *     24    8 entries here  48    8 its offset
 */
static void
read_end64(struct bytes file, struct zip_end *end, uint64_t *size, uint64_t *offset)
{
	struct bytes locator, record;
	uint64_t at;

	if (end->at < LOCATOR64_BYTES)
		return;
	locator = at_offset(file, end->at - LOCATOR64_BYTES);
	if (!bytes_begins(locator, locator64_magic))
		return;
	/* Where the locator points, or, when a prefix moved everything, right in front of it. */
	at = get64(locator, 8);
	record = at_offset(file, at);
	if (!bytes_begins(record, end64_magic) || at > end->at) {
		if (end->at < LOCATOR64_BYTES + END64_BYTES)
			return;
		at = end->at - LOCATOR64_BYTES - END64_BYTES;
		record = at_offset(file, at);
	}
	if (!bytes_begins(record, end64_magic) || record.left < END64_BYTES)
		return;
	end->zip64 = true;
	end->first_at = at;
	end->entries = get64(record, 32);
	*size = get64(record, 40);
	*offset = get64(record, 48);
}

/*
 * OFFSET SIZE MEANING of the end record
 *      0    4 PK\5\6             12    4 size of the directory
 *      8    2 entries here       16    4 its offset
 *     10    2 entries in all     20    2 length of the comment behind
 */
static int
read_end(struct bytes file, uint64_t at, struct zip_end *end)
{
	struct bytes record = at_offset(file, at);
	uint64_t size, offset;

	if (record.left < END_BYTES || !bytes_begins(record, end_magic))
		return -1;
	*end = (struct zip_end){.at = at, .first_at = at, .entries = get16(record, 10)};
	size = get32(record, 12);
	offset = get32(record, 16);
	end->comment = bytes_slice(record, END_BYTES, get16(record, 20));
	end->behind_at = at + END_BYTES + end->comment.left;
	read_end64(file, end, &size, &offset);
	if (size > end->first_at || (size == 0 && offset > end->first_at))
		return -1;
	/* The directory ends where the end records begin; when offsets say otherwise they
	 * ignore a prefix, or there is something between. */
	end->directory_end = end->first_at;
	end->directory_at = end->first_at - size;
	if (size > 0 && offset <= end->first_at - size &&
	    bytes_begins(at_offset(file, offset), central_magic) &&
	    !bytes_begins(at_offset(file, end->directory_at), central_magic)) {
		end->directory_at = offset;
		end->directory_end = offset + size;
		return 0;
	}
	if (size > 0 && !bytes_begins(at_offset(file, end->directory_at), central_magic))
		return -1;
	if (size > 0 && offset <= end->directory_at)
		end->base = end->directory_at - offset;
	return 0;
}

int
zip_find_end(struct bytes file, struct zip_end *end)
{
	uint64_t lowest = file.left > END_BYTES + COMMENT_BYTES_MAX
			      ? file.left - END_BYTES - COMMENT_BYTES_MAX
			      : 0;
	struct zip_end empty;
	bool any = false;

	if (file.left < END_BYTES)
		return -1;
	/* From the back, as most readers do.  An end record without entries counts only when no
	 * other is found: 22 bytes in a comment shall not hide an archive. */
	for (uint64_t at = file.left - END_BYTES + 1; at-- > lowest;) {
		if (file.at[at] != 'P' || read_end(file, at, end) < 0)
			continue;
		if (end->directory_at < end->directory_end)
			return 0;
		if (!any)
			empty = *end;
		any = true;
	}
	if (any)
		*end = empty;
	return any ? 0 : -1;
}

size_t
zip_count_ends(struct bytes file, const struct zip_end *end)
{
	struct bytes in = at_offset(file, end->directory_at);
	size_t count = 0;
	ptrdiff_t hit;

	while ((hit = bytes_find(in, end_magic)) >= 0) {
		count++;
		(void)bytes_skip(&in, (size_t)hit + 4);
	}
	return count > 0 ? count - 1 : 0;
}

/* Extra field 1: 64-bit values for those fields that are all ones, in this order. */
static void
read_extra64(struct bytes extra, struct zip_entry *entry, bool central)
{
	uint16_t id, size;
	struct bytes field;

	while (bytes_take_le16(&extra, &id) == 0 && bytes_take_le16(&extra, &size) == 0 &&
	       bytes_take(&extra, size, &field) == 0) {
		if (id != 1)
			continue;
		entry->zip64 = true;
		if (entry->size_bytes == UINT32_MAX)
			(void)bytes_take_le64(&field, &entry->size_bytes);
		if (entry->packed_bytes == UINT32_MAX)
			(void)bytes_take_le64(&field, &entry->packed_bytes);
		if (central && entry->local_at == UINT32_MAX)
			(void)bytes_take_le64(&field, &entry->local_at);
		return;
	}
}

/*
 * OFFSET SIZE MEANING of a directory entry
 *      0    4 PK\1\2      16    4 CRC-32              30    2 length of extra
 *      4    2 made by     20    4 packed size         32    2 length of comment
 *      8    2 flags       24    4 size                38    4 attributes
 *     10    2 method      28    2 length of name      42    4 offset of local header
 */
int
zip_central_parse(struct bytes file, uint64_t at, struct zip_entry *entry)
{
	struct bytes in = at_offset(file, at);
	size_t name, extra, comment;

	if (in.left < CENTRAL_BYTES || !bytes_begins(in, central_magic))
		return -1;
	name = get16(in, 28);
	extra = get16(in, 30);
	comment = get16(in, 32);
	if (in.left - CENTRAL_BYTES < name + extra + comment)
		return -1;
	*entry = (struct zip_entry){
	    .name = bytes_slice(in, CENTRAL_BYTES, name),
	    .made_by = get16(in, 4),
	    .flags = get16(in, 8),
	    .method = get16(in, 10),
	    .crc = get32(in, 16),
	    .packed_bytes = get32(in, 20),
	    .size_bytes = get32(in, 24),
	    .attributes = get32(in, 38),
	    .local_at = get32(in, 42),
	    .record_bytes = CENTRAL_BYTES + name + extra + comment,
	};
	read_extra64(bytes_slice(in, CENTRAL_BYTES + name, extra), entry, true);
	return 0;
}

/*
 * OFFSET SIZE MEANING of a local header
 *      0    4 PK\3\4      14    4 CRC-32         26    2 length of name
 *      6    2 flags       18    4 packed size    28    2 length of extra
 *      8    2 method      22    4 size
 */
int
zip_local_parse(struct bytes file, uint64_t at, struct zip_entry *entry)
{
	struct bytes in = at_offset(file, at);
	size_t name, extra;

	if (in.left < LOCAL_BYTES || !bytes_begins(in, local_magic))
		return -1;
	name = get16(in, 26);
	extra = get16(in, 28);
	if (in.left - LOCAL_BYTES < name + extra)
		return -1;
	*entry = (struct zip_entry){
	    .name = bytes_slice(in, LOCAL_BYTES, name),
	    .flags = get16(in, 6),
	    .method = get16(in, 8),
	    .crc = get32(in, 14),
	    .packed_bytes = get32(in, 18),
	    .size_bytes = get32(in, 22),
	    .local_at = at,
	    .data_at = at + LOCAL_BYTES + name + extra,
	    .record_bytes = LOCAL_BYTES + name + extra,
	};
	read_extra64(bytes_slice(in, LOCAL_BYTES + name, extra), entry, false);
	return 0;
}

/*
 * OFFSET SIZE MEANING of a data descriptor, behind its magic, which may be missing
 *      0    4 CRC-32
 *      4    4 or 8 packed size, then as much for the size
 * With an empty file both widths agree: what follows, another record, decides.
 */
size_t
zip_descriptor_bytes(struct bytes file, uint64_t at, uint64_t packed_bytes)
{
	struct bytes in = at_offset(file, at);
	size_t magic = bytes_begins(in, descriptor_magic) ? 4 : 0;
	bool narrow = in.left >= magic + 12 && get32(in, magic + 4) == (uint32_t)packed_bytes;
	bool wide = in.left >= magic + 20 && get64(in, magic + 4) == packed_bytes;

	if (magic == 0 && bytes_begins(in, BYTES_OF("PK")))
		return 0;
	if (narrow && wide)
		narrow = bytes_begins(at_offset(in, magic + 12), BYTES_OF("PK")) ||
			 !bytes_begins(at_offset(in, magic + 20), BYTES_OF("PK"));
	return narrow ? magic + 12 : wide ? magic + 20 : 0;
}

uint64_t
zip_next_local(struct bytes file, uint64_t from, uint64_t to)
{
	struct zip_entry entry;

	while (from < to) {
		struct bytes in = bytes_slice(file, (size_t)from, (size_t)(to - from));
		ptrdiff_t hit = bytes_find(in, local_magic);

		if (hit < 0)
			return to;
		from += (uint64_t)hit;
		if (zip_local_parse(file, from, &entry) == 0 && entry.data_at <= to &&
		    entry.method <= ZIP_AES && entry.name.left > 0)
			return from;
		from += 4;
	}
	return to;
}
