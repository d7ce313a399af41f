/*
 * rpm.c - rpm packages: lead, signature, header, and a compressed cpio
 *
 * Knows: where each begins.  Does not know: tags.  The header goes out as a member of its own: it
 * holds scripts, the build host and the change log, which ship like the files do.
 */
#include "unpack/cpio.h"
#include "codec/codec.h"
#include "unpack/sniff.h"

#define LEAD_BYTES       96
#define INTRO_BYTES      16
#define INDEX_BYTES      16
#define HEADER_BYTES_MAX ((uint64_t)256 * 1024 * 1024) /* what rpm itself allows */

enum rpm_at { AT_SIGNATURE, AT_HEADER, AT_PAYLOAD, AT_CPIO, AT_OTHER };

struct rpm {
	struct cpio cpio; /* first: rpm_next() becomes cpio_next() over the decoded payload */
	enum rpm_at at;
	struct stream *file; /* up.in as it was given */
	struct stream *decoder;
};

static int
rpm_begin(struct unpack *up, struct fault *fault)
{
	struct rpm *rpm = (struct rpm *)up;
	int r = stream_want(up->in, LEAD_BYTES, fault);

	if (r < 0 && up->in->left < LEAD_BYTES)
		return r;
	if (up->in->left < LEAD_BYTES || memcmp(up->in->at, "\xed\xab\xee\xdb", 4) != 0)
		return fault_set(fault, FAULT_FORMAT, "not an rpm");
	rpm->file = up->in;
	stream_take(up->in, LEAD_BYTES);
	return cpio_begin(up, fault);
}

static void
rpm_fini(struct unpack *up)
{
	stream_close(&((struct rpm *)up)->decoder);
	cpio_fini(up);
}

/*
 * OFFSET SIZE MEANING
 *      0    3 8e ad e8      8    4 entries of the index, 16 bytes each, big-endian
 *      3    1 version 1    12    4 bytes of the store behind the index
 */
static int
header_size(struct unpack *up, uint64_t *size, struct fault *fault)
{
	struct bytes in;
	uint32_t entries, store;
	int r = stream_want(up->in, INTRO_BYTES, fault);

	if (r < 0)
		return r;
	in = stream_window(up->in);
	if (!bytes_begins(in, BYTES_OF("\x8e\xad\xe8\1")) || bytes_skip(&in, 8) < 0 ||
	    bytes_take_be32(&in, &entries) < 0 || bytes_take_be32(&in, &store) < 0)
		return fault_set(fault, FAULT_FORMAT, "rpm header at byte %llu is damaged",
				 (unsigned long long)up->in->at_bytes);
	*size = INTRO_BYTES + (uint64_t)entries * INDEX_BYTES + store;
	if (*size > HEADER_BYTES_MAX)
		return fault_set(fault, FAULT_FORMAT, "rpm header at byte %llu has %llu bytes",
				 (unsigned long long)up->in->at_bytes, (unsigned long long)*size);
	return 0;
}

static int
skip_signature(struct unpack *up, struct fault *fault)
{
	uint64_t size;
	int r = header_size(up, &size, fault);

	if (r == 0)
		r = unpack_skip(up, size + (-size & 7), fault);
	return r;
}

static int
give_header(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	uint64_t size;
	int r = header_size(up, &size, fault);

	if (r < 0)
		return r;
	entry->name = BYTES_OF("(rpm header)");
	entry->type = UNPACK_FILE;
	entry->at_bytes = up->in->at_bytes;
	entry->size_bytes = (int64_t)size;
	unpack_part(up, entry, size);
	return 0;
}

/* From here on up->in is what the payload decodes to.  A payload that is no cpio goes out as it
 * is. */
static int
open_payload(struct rpm *rpm, struct unpack_entry *entry, struct fault *fault)
{
	struct unpack *up = &rpm->cpio.up;
	enum blob_kind kind;
	int r = stream_want(up->in, SNIFF_BYTES, fault);

	if (r < 0 && up->in->left == 0)
		return r;
	rpm->at = AT_CPIO;
	kind = sniff(stream_window(up->in), up->in->ended);
	if (blob_kind_is_stream(kind)) {
		r = codec_open(&rpm->decoder, kind, up->in, fault);
		if (r < 0)
			return r;
		r = stream_want(rpm->decoder, SNIFF_BYTES, fault);
		if (r < 0 && rpm->decoder->left == 0)
			return r;
		kind = sniff(stream_window(rpm->decoder), rpm->decoder->ended);
		up->in = rpm->decoder;
	}
	if (kind == BLOB_CPIO)
		return cpio_next(up, entry, fault);
	rpm->at = AT_OTHER;
	entry->name = BYTES_OF("(rpm payload)");
	entry->at_bytes = rpm->file->at_bytes;
	unpack_rest(up, entry);
	return 0;
}

/* The cpio has ended: what lies behind the compressed payload? */
static int
behind_payload(struct rpm *rpm, struct unpack_entry *entry, struct fault *fault)
{
	struct unpack *up = &rpm->cpio.up;
	int r;

	up->in = rpm->file;
	rpm->at = AT_OTHER;
	r = stream_want(up->in, 1, fault);
	if (r < 0)
		return r;
	if (up->in->left == 0)
		return UNPACK_END;
	entry->name = NAME_APPENDED;
	entry->at_bytes = up->in->at_bytes;
	unpack_note(up, "appended-data", entry->at_bytes, 0, false,
		    "data follows the end of the package");
	unpack_rest(up, entry);
	return 0;
}

static int
rpm_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct rpm *rpm = (struct rpm *)up;
	int r;

	switch (rpm->at) {
	case AT_SIGNATURE:
		r = skip_signature(up, fault);
		rpm->at = AT_HEADER;
		return r < 0 ? r : give_header(up, entry, fault);
	case AT_HEADER:
		rpm->at = AT_PAYLOAD;
		r = unpack_part_end(up, 0, fault);
		return r < 0 ? r : open_payload(rpm, entry, fault);
	case AT_CPIO:
		r = cpio_next(up, entry, fault);
		return r == UNPACK_END ? behind_payload(rpm, entry, fault) : r;
	default:
		r = unpack_part_end(up, 0, fault);
		return r < 0 ? r : UNPACK_END;
	}
}

const struct unpack_ops unpack_rpm = {
    .reader_size = sizeof(struct rpm),
    .begin = rpm_begin,
    .next = rpm_next,
    .fini = rpm_fini,
};
