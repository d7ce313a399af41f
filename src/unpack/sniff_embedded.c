/*
 * sniff_embedded.c - an archive that does not begin at the front
 *
 * Knows: the end record of a zip (APPNOTE 4.3.16), which is found from the back; the long magics of
 * 7z and rar, which self-extracting programs carry behind themselves.
 * Does not know: what stands in front of it: a program, a picture, anything.
 */
#include "unpack/sniff.h"

#define END_BYTES     22
#define END_REACH_MAX (65535 + END_BYTES)

/* Is there an end record at `at` whose directory lies in front of it? */
static bool
is_end_record(struct bytes content, size_t at, size_t *start)
{
	struct bytes in = bytes_slice(content, at, END_BYTES);
	uint32_t magic, size, offset;
	uint16_t disk, first, here, total;
	size_t directory;

	if (bytes_take_le32(&in, &magic) < 0 || magic != 0x06054b50 ||
	    bytes_take_le16(&in, &disk) < 0 || bytes_take_le16(&in, &first) < 0 ||
	    bytes_take_le16(&in, &here) < 0 || bytes_take_le16(&in, &total) < 0 ||
	    bytes_take_le32(&in, &size) < 0 || bytes_take_le32(&in, &offset) < 0)
		return false;
	if (total == 0 || size > at || size < 46)
		return false;
	directory = at - size;
	in = bytes_slice(content, directory, 4);
	if (bytes_take_le32(&in, &magic) < 0 || magic != 0x02014b50)
		return false;
	/* Offsets count from the archive's own start, wherever that is. */
	*start = offset <= directory ? directory - offset : 0;
	return true;
}

/* Six and seven bytes, and a version behind: not met by chance. */
static enum blob_kind
embedded_magic(struct bytes content, size_t *at_bytes)
{
	static const struct {
		enum blob_kind kind;
		struct bytes magic;
	} magics[] = {{BLOB_7Z, BYTES_OF("7z\xbc\xaf\x27\x1c\0")},
		      {BLOB_LONGTAIL, BYTES_OF("Rar!\x1a\x07\x00")},
		      {BLOB_LONGTAIL, BYTES_OF("Rar!\x1a\x07\x01\x00")}};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		ptrdiff_t at = bytes_find(content, magics[i].magic);

		/* at the front it is no embedded archive, but the archive */
		if (at > 0 && content.left - (size_t)at > 32) {
			*at_bytes = (size_t)at;
			return magics[i].kind;
		}
	}
	return BLOB_BINARY;
}

enum blob_kind
sniff_embedded(struct bytes content, size_t *at_bytes)
{
	size_t lowest = content.left > END_REACH_MAX ? content.left - END_REACH_MAX : 0;

	if (content.left < END_BYTES)
		return BLOB_BINARY;
	for (size_t at = content.left - END_BYTES + 1; at > lowest; at--)
		if (content.at[at - 1] == 'P' && is_end_record(content, at - 1, at_bytes))
			return BLOB_ZIP;
	return embedded_magic(content, at_bytes);
}
