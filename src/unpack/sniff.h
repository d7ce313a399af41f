/*
 * sniff.h - what bytes are, by their own structure and never by name
 */
#ifndef UNPACK_SNIFF_H
#define UNPACK_SNIFF_H

#include "base/blob.h"

/* How much of the front sniff() likes to see (ISO 9660 has its magic at 32 KiB). */
#define SNIFF_BYTES ((size_t)40 * 1024)

/* `head` holds the first bytes; `complete` says that it holds all of them.  Cost: under 1 us for
 * ordinary files.  Text: no NUL and at most 1 control byte in 32 in the first 8 KiB, or UTF-16 as
 * base/utf16.h tells it. */
enum blob_kind sniff(struct bytes head, bool complete);

/* Offset of an archive that does not begin at the front: a zip behind a prefix (self-extracting,
 * polyglots: the end record points there), or trailing data.  Needs all of the content.
 * Returns BLOB_BINARY when there is none. */
enum blob_kind sniff_embedded(struct bytes content, size_t *at_bytes);

#endif
