/*
 * zip_member.c - the content of one member of a zip, decoded and checked
 *
 * Knows: which method is which codec.  Does not know: where members are.
 */
#include "unpack/zip_member.h"

#include "base/own.h"
#include "codec/codec.h"

/* The longest target of a symbolic link that Linux follows. */
#define LINK_BYTES_MAX ((size_t)4096)

void
zip_member_free(struct zip_member *member)
{
	stream_close(&member->inflater);
	stream_close(&member->other);
	member->decoder = NULL;
}

static int
open_decoder(struct zip_member *member, uint16_t method, int64_t size_bytes, struct fault *fault)
{
	static const struct {
		uint16_t method;
		bool bare;
		int kind;
	} codecs[] = {
	    {ZIP_DEFLATE64, true, CODEC_DEFLATE64}, {ZIP_BZIP2, false, BLOB_BZIP2},
	    {ZIP_LZMA, true, CODEC_LZMA_ZIP},       {ZIP_ZSTD_OLD, false, BLOB_ZSTD},
	    {ZIP_ZSTD, false, BLOB_ZSTD},           {ZIP_XZ, false, BLOB_XZ},
	};

	for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
		if (codecs[i].method == method && codecs[i].bare)
			return codec_open_bare(&member->other, (enum codec_bare)codecs[i].kind,
					       &member->raw, size_bytes, fault);
		else if (codecs[i].method == method)
			return codec_open(&member->other, (enum blob_kind)codecs[i].kind,
					  &member->raw, fault);
	return 1;
}

static int
choose_decoder(struct zip_member *member, const struct zip_entry *reading, int64_t size_bytes,
	       struct fault *fault)
{
	int r;

	member->decoder = NULL;
	if (reading->method == ZIP_STORED)
		return 0;
	if (reading->method == ZIP_DEFLATE) {
		if (member->inflater == NULL)
			r = codec_open_bare(&member->inflater, CODEC_DEFLATE, &member->raw,
					    size_bytes, fault);
		else
			r = (codec_again(member->inflater, &member->raw, size_bytes), 0);
		member->decoder = member->inflater;
		return r;
	}
	r = open_decoder(member, reading->method, size_bytes, fault);
	member->decoder = member->other;
	return r;
}

static const char *
not_readable(const struct zip_entry *reading)
{
	if ((reading->flags & ZIP_FLAG_ENCRYPTED) || reading->method == ZIP_AES)
		return "encrypted";
	switch (reading->method) {
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		return "packed by a method of 1990 (shrink, reduce, implode)";
	case 98:
		return "packed by PPMd";
	default:
		return "packed by an unknown method";
	}
}

/* Info-ZIP keeps a link's target as its content. */
static void
settle_link(struct unpack_entry *entry, const struct zip_entry *reading)
{
	uint32_t mode = reading->attributes >> 16;
	struct stream *s = entry->content;

	if (reading->made_by >> 8 != 3 && reading->made_by >> 8 != 19)
		return;
	entry->mode = mode & 07777;
	if ((mode & 0170000) != 0120000 || stream_want(s, LINK_BYTES_MAX + 1, NULL) < 0 ||
	    s->left > LINK_BYTES_MAX)
		return;
	entry->type = UNPACK_LINK;
	entry->target = stream_window(s);
	entry->content = NULL;
}

int
zip_member_begin(struct zip_member *member, struct unpack_entry *entry,
		 const struct zip_entry *reading, bool promised, struct bytes packed,
		 struct fault *fault)
{
	int64_t size =
	    promised && reading->size_bytes <= INT64_MAX ? (int64_t)reading->size_bytes : -1;
	int r = 1;

	stream_close(&member->other);
	stream_from_memory(&member->raw, packed);
	member->packed_bytes = packed.left;
	member->out = true;
	entry->type = UNPACK_FILE;
	entry->size_bytes = size;
	if ((reading->flags & ZIP_FLAG_ENCRYPTED) == 0)
		r = choose_decoder(member, reading, size, fault);
	if (r < 0)
		return r;
	if (r > 0) {
		member->decoder = NULL;
		member->checked.size_lies = false;
		entry->unreadable = not_readable(reading);
		entry->content = &member->raw;
		return 0;
	}
	checked_begin(&member->checked, member->decoder != NULL ? member->decoder : &member->raw,
		      size);
	if (promised)
		checked_crc(&member->checked, reading->crc);
	entry->content = &member->checked.s;
	if (size == 0 && bytes_ends(reading->name, BYTES_OF("/"))) {
		entry->type = UNPACK_FOLDER;
		entry->content = NULL;
	} else {
		settle_link(entry, reading);
	}
	return 0;
}

uint64_t
zip_member_left_over(const struct zip_member *member)
{
	return member->decoder != NULL && member->decoder->ended ? member->raw.left : 0;
}
