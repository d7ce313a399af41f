/*
 * tar.c - tar in all its dialects: v7, ustar, PAX, GNU
 *
 * Knows: headers one after the other, those that amend the next, what hides behind the end.
 * Does not know: compression, whiteouts, what names mean.
 * Where readers disagree (links with content, entries behind the end blocks, damaged headers) the
 * bytes are handed out to be examined, and a note says so.
 */
#include "unpack/reader.h"
#include "unpack/tar_header.h"
#include "unpack/tar_region.h"
#include "unpack/tar_sparse.h"

#define TAR_NAME_BYTES_MAX ((size_t)1024 * 1024)

enum tar_out { OUT_NOTHING, OUT_PART, OUT_REGION };

struct tar {
	struct unpack up;
	enum tar_out out;
	uint64_t padding_bytes;
	struct tar_region region;
	struct tar_sparse sparse;
	struct pax next, global;           /* PAX records for the next entry, for all */
	struct buf long_name, long_target; /* GNU 'L' and 'K' */
	struct buf name;                   /* of the entry that is out */
	struct buf target;
	uint64_t headers;
	bool past_end; /* end blocks were seen */
	bool past_end_told;
};

static int
tar_begin(struct unpack *up, struct fault *fault)
{
	struct tar *tar = (struct tar *)up;

	(void)fault;
	tar_sparse_init(&tar->sparse);
	pax_init(&tar->next);
	pax_init(&tar->global);
	tar->long_name = (struct buf)BUF_INIT(TAR_NAME_BYTES_MAX);
	tar->long_target = (struct buf)BUF_INIT(TAR_NAME_BYTES_MAX);
	tar->name = (struct buf)BUF_INIT(TAR_NAME_BYTES_MAX + TAR_BLOCK);
	tar->target = (struct buf)BUF_INIT(TAR_NAME_BYTES_MAX);
	return 0;
}

static void
tar_fini(struct unpack *up)
{
	struct tar *tar = (struct tar *)up;

	tar_sparse_free(&tar->sparse);
	pax_free(&tar->next);
	pax_free(&tar->global);
	buf_free(&tar->long_name);
	buf_free(&tar->long_target);
	buf_free(&tar->name);
	buf_free(&tar->target);
}

static int
finish_entry(struct tar *tar, struct fault *fault)
{
	enum tar_out out = tar->out;

	tar->out = OUT_NOTHING;
	if (out == OUT_PART)
		return unpack_part_end(&tar->up, tar->padding_bytes, fault);
	if (out == OUT_REGION)
		return tar_region_end(&tar->region, tar->up.budget, fault);
	return 0;
}

/* Bytes that are no header: hand them out up to the next header or the end. */
static int
give_region(struct tar *tar, struct unpack_entry *entry)
{
	struct unpack *up = &tar->up;

	entry->name = tar->past_end ? NAME_APPENDED : NAME_HIDDEN;
	entry->type = UNPACK_FILE;
	entry->at_bytes = up->in->at_bytes;
	tar_region_begin(&tar->region, up->in);
	tar->out = OUT_REGION;
	entry->content = &tar->region.s;
	unpack_note(up, tar->past_end ? "appended-data" : "hidden-entry", entry->at_bytes, 0, false,
		    tar->past_end ? "data follows the end of the archive"
				  : "data between the entries that is no entry");
	return 0;
}

/* The body of a header that amends the next one: up to PAX_BYTES_MAX of it in the window. */
static int
amending_body(struct tar *tar, const struct tar_header *header, struct bytes *body,
	      struct fault *fault)
{
	struct stream *in = tar->up.in;
	uint64_t size = (uint64_t)header->size_bytes;
	uint64_t padded = (size + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
	size_t want = size < PAX_BYTES_MAX ? (size_t)size : PAX_BYTES_MAX;
	int r;

	if (padded > PAX_BYTES_MAX) {
		unpack_note(&tar->up, "long-header", in->at_bytes, size, true,
			    "a header of type '%c' has %llu bytes; only %zu were read",
			    header->type, (unsigned long long)size, PAX_BYTES_MAX);
	}
	r = stream_want(in, want, fault);
	if (r < 0)
		return r;
	if (in->left < want)
		return fault_set(fault, FAULT_FORMAT, "tar header at byte %llu ends early",
				 (unsigned long long)in->at_bytes);
	*body = bytes_slice(stream_window(in), 0, want);
	return 0;
}

static int
amend(struct tar *tar, const struct tar_header *header, struct fault *fault)
{
	struct stream *in = tar->up.in;
	struct buf *text = header->type == 'L' ? &tar->long_name : &tar->long_target;
	struct bytes body;
	int r = amending_body(tar, header, &body, fault);

	if (r < 0)
		return r;
	if (header->type == 'L' || header->type == 'K') {
		buf_reset(text);
		r = buf_append(text, body.at, strnlen((const char *)body.at, body.left));
		if (r < 0)
			return fault_memory(fault);
	} else if (pax_parse(header->type == 'g' ? &tar->global : &tar->next, body) < 0) {
		unpack_note(&tar->up, "pax-header", in->at_bytes, body.left, false,
			    "PAX records that cannot be read");
	}
	r = unpack_skip(&tar->up, (uint64_t)header->size_bytes, fault);
	if (r < 0)
		return r;
	return unpack_padding(&tar->up, -(uint64_t)header->size_bytes & (TAR_BLOCK - 1), fault);
}

/* Name and target as all amendments together say. */
static int
settle_names(struct tar *tar, const struct tar_header *header, struct unpack_entry *entry,
	     struct fault *fault)
{
	const struct buf *path = tar->next.path.used > 0     ? &tar->next.path
				 : tar->long_name.used > 0   ? &tar->long_name
				 : tar->global.path.used > 0 ? &tar->global.path
							     : NULL;
	const struct buf *target = tar->next.target.used > 0     ? &tar->next.target
				   : tar->long_target.used > 0   ? &tar->long_target
				   : tar->global.target.used > 0 ? &tar->global.target
								 : NULL;

	buf_reset(&tar->name);
	buf_reset(&tar->target);
	if (path != NULL) {
		(void)buf_append(&tar->name, path->at, path->used);
	} else {
		(void)buf_append(&tar->name, header->prefix.at, header->prefix.left);
		if (header->prefix.left > 0)
			(void)buf_append_u8(&tar->name, '/');
		(void)buf_append(&tar->name, header->name.at, header->name.left);
	}
	if (target != NULL)
		(void)buf_append(&tar->target, target->at, target->used);
	else
		(void)buf_append(&tar->target, header->target.at, header->target.left);
	if (tar->name.failed != 0 || tar->target.failed != 0)
		return fault_memory(fault);
	entry->name = buf_bytes(&tar->name);
	entry->target = buf_bytes(&tar->target);
	return 0;
}

/* Links, folders and devices have no content, but some carry a size: an old writer repeats the
 * size of the file that is linked to, a newer one stores the content.  What stands behind the
 * header decides; -1: it broke. */
static int
content_follows(struct tar *tar, struct fault *fault)
{
	struct stream *in = tar->up.in;
	int r = stream_want(in, TAR_BLOCK, fault);

	if (r < 0)
		return r;
	if (in->left < TAR_BLOCK)
		return in->left > 0;
	return !tar_block_is_zero(in->at) && !tar_block_is_header(in->at);
}

static enum unpack_type
type_of(const struct tar_header *header)
{
	switch (header->type) {
	case '1':
	case '2':
		return UNPACK_LINK;
	case '3':
	case '4':
	case '6':
	case 'V':
		return UNPACK_OTHER;
	case '5':
	case 'D':
		return UNPACK_FOLDER;
	default:
		return UNPACK_FILE;
	}
}

static int
settle_type(struct tar *tar, const struct tar_header *header, struct unpack_entry *entry,
	    struct fault *fault)
{
	static const char known[] = "01234567SDV";
	const char *shown;
	int r = 0;

	entry->type = type_of(header);
	entry->hard = header->type == '1';
	if (entry->type == UNPACK_FILE && header->type != 0 &&
	    strchr(known, header->type) == NULL) {
		unpack_note(&tar->up, "hidden-entry", entry->at_bytes, TAR_BLOCK, false,
			    "'%s' has type 0x%02x, which most programs do not unpack",
			    unpack_show(entry->name).text, header->type);
		return 0;
	}
	if (entry->type == UNPACK_FILE && entry->size_bytes == 0 &&
	    bytes_ends(entry->name, BYTES_OF("/")))
		entry->type = UNPACK_FOLDER;
	if (entry->type == UNPACK_FILE || entry->size_bytes == 0)
		return 0;
	r = header->type == 'D' ? 1 : content_follows(tar, fault);
	if (r < 0)
		return r;
	if (r == 0) {
		entry->size_bytes = 0;
		return 0;
	}
	shown = entry->type == UNPACK_LINK ? "link" : "folder or device";
	entry->type = UNPACK_FILE;
	if (!entry->hard && header->type != 'D')
		unpack_note(&tar->up, "hidden-entry", entry->at_bytes, TAR_BLOCK, false,
			    "'%s' is a %s with content, which most programs do not unpack",
			    unpack_show(entry->name).text, shown);
	return 0;
}

/* GNU before PAX: four pieces in the header, 21 in each block behind it. */
static int
take_gnu_map(struct tar *tar, const uint8_t *header, int64_t *real_bytes, struct fault *fault)
{
	struct stream *in = tar->up.in;
	bool more = header[482] != 0;
	int r = 0;

	for (size_t at = 386; at < 482 && header[at] != 0; at += 24)
		tar_sparse_add(&tar->sparse, tar_number(header + at, 12),
			       tar_number(header + at + 12, 12));
	*real_bytes = tar_number(header + 483, 12);
	while (more) {
		r = stream_want(in, TAR_BLOCK, fault);
		if (r == 0 && in->left < TAR_BLOCK)
			r = fault_set(fault, FAULT_FORMAT, "tar: sparse map ends early");
		if (r == 0)
			r = budget_bytes(tar->up.budget, TAR_BLOCK, fault);
		if (r < 0)
			return r;
		for (size_t at = 0; at < 504 && in->at[at] != 0; at += 24)
			tar_sparse_add(&tar->sparse, tar_number(in->at + at, 12),
				       tar_number(in->at + at + 12, 12));
		more = in->at[504] != 0;
		stream_take(in, TAR_BLOCK);
	}
	return 0;
}

static bool
is_sparse(const struct tar *tar, const uint8_t *block)
{
	return block[156] == 'S' || tar->next.sparse;
}

/* Hand out stored pieces and holes in place of the stored bytes. */
static int
give_sparse(struct tar *tar, const uint8_t *block, struct unpack_entry *entry, struct fault *fault)
{
	int64_t real_bytes = tar->next.real_size_bytes;
	bool old = block[156] == 'S';
	int r = 0;

	tar_sparse_reset(&tar->sparse);
	if (old)
		r = take_gnu_map(tar, block, &real_bytes, fault);
	if (r < 0)
		return r;
	unpack_part(&tar->up, entry, (uint64_t)entry->size_bytes);
	if (!old && tar->next.sparse_major == 1)
		r = tar_sparse_take_map(&tar->sparse, entry->content, fault);
	else if (!old)
		tar_sparse_add_text(&tar->sparse, buf_bytes(&tar->next.map));
	if (r < 0)
		return r;
	if (tar->sparse.bad || real_bytes < 0) {
		unpack_note(&tar->up, "sparse-map", entry->at_bytes, 0, false,
			    "'%s' is sparse, but its map cannot be used: read as it is stored",
			    unpack_show(entry->name).text);
		return 0;
	}
	entry->hole_bytes = tar_sparse_begin(&tar->sparse, entry->content, (uint64_t)real_bytes);
	entry->content = &tar->sparse.s;
	entry->size_bytes = real_bytes;
	return 0;
}

static void
forget_amendments(struct tar *tar)
{
	pax_reset(&tar->next);
	buf_reset(&tar->long_name);
	buf_reset(&tar->long_target);
}

static int
give_entry(struct tar *tar, const struct tar_header *header, const uint8_t *block,
	   struct unpack_entry *entry, struct fault *fault)
{
	struct unpack *up = &tar->up;
	int r = settle_names(tar, header, entry, fault);

	entry->mode = header->mode;
	entry->size_bytes = tar->next.size_bytes >= 0     ? tar->next.size_bytes
			    : tar->global.size_bytes >= 0 ? tar->global.size_bytes
							  : header->size_bytes;
	if (r == 0)
		r = settle_type(tar, header, entry, fault);
	if (r < 0)
		return r;
	unpack_check_names(up, entry);
	if (entry->size_bytes < 0) {
		unpack_note(up, "bad-size", entry->at_bytes, TAR_BLOCK, false,
			    "'%s' has no readable size; read up to the next header",
			    unpack_show(entry->name).text);
		tar_region_begin(&tar->region, up->in);
		tar->out = OUT_REGION;
		entry->content = &tar->region.s;
		entry->type = UNPACK_FILE;
	} else if (entry->type == UNPACK_FILE) {
		tar->padding_bytes = -(uint64_t)entry->size_bytes & (TAR_BLOCK - 1);
		tar->out = OUT_PART;
		if (is_sparse(tar, block))
			r = give_sparse(tar, block, entry, fault);
		else
			unpack_part(up, entry, (uint64_t)entry->size_bytes);
	}
	forget_amendments(tar);
	return r;
}

/* Skip end blocks.  A hole of gigabytes here costs budget. */
static int
skip_zeros(struct tar *tar, struct fault *fault)
{
	struct stream *in = tar->up.in;
	uint64_t drawn_at = in->at_bytes;
	int r;

	tar->past_end = true;
	for (;;) {
		size_t zeros = 0;

		r = stream_want(in, TAR_BLOCK, fault);
		if (r < 0)
			return r;
		while (in->left - zeros >= TAR_BLOCK && tar_block_is_zero(in->at + zeros))
			zeros += TAR_BLOCK;
		if (in->ended && in->left - zeros < TAR_BLOCK)
			while (zeros < in->left && in->at[zeros] == 0)
				zeros++;
		stream_take(in, zeros);
		if (zeros == 0 || (in->ended && in->left == 0))
			return 0;
		r = budget_bytes(tar->up.budget, in->at_bytes - drawn_at, fault);
		if (r < 0)
			return r;
		drawn_at = in->at_bytes;
	}
}

static void
note_past_end(struct tar *tar)
{
	if (!tar->past_end || tar->past_end_told)
		return;
	tar->past_end_told = true;
	unpack_note(&tar->up, "hidden-entry", tar->up.in->at_bytes, 0, false,
		    "entries follow the end of the archive; most programs do not see them");
}

static bool
amends(const struct tar_header *header)
{
	return header->type == 'x' || header->type == 'g' || header->type == 'X' ||
	       header->type == 'L' || header->type == 'K';
}

static int
tar_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct tar *tar = (struct tar *)up;
	struct tar_header header;
	uint8_t block[TAR_BLOCK];
	uint64_t record_at = 0;
	bool amended = false;
	int r = finish_entry(tar, fault);

	while (r == 0) {
		r = stream_want(up->in, TAR_BLOCK, fault);
		if (r < 0)
			break;
		if (up->in->left == 0)
			return UNPACK_END;
		if (up->in->left >= TAR_BLOCK && tar_block_is_zero(up->in->at)) {
			r = skip_zeros(tar, fault);
			continue;
		}
		if (!amended)
			record_at = up->in->at_bytes;
		if (up->in->left < TAR_BLOCK || !tar_block_is_header(up->in->at)) {
			if (tar->headers == 0)
				return fault_set(fault, FAULT_FORMAT, "not a tar");
			return give_region(tar, entry);
		}
		note_past_end(tar);
		memcpy(block, up->in->at, TAR_BLOCK);
		stream_take(up->in, TAR_BLOCK);
		tar->headers++;
		tar_header_parse(block, &header);
		if (!amends(&header) || header.size_bytes < 0) {
			entry->at_bytes = record_at;
			return give_entry(tar, &header, block, entry, fault);
		}
		amended = true;
		r = amend(tar, &header, fault);
	}
	return r;
}

const struct unpack_ops unpack_tar = {
    .reader_size = sizeof(struct tar),
    .begin = tar_begin,
    .next = tar_next,
    .fini = tar_fini,
};
