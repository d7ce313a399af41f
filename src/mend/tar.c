/*
 * tar.c - a tar, or a gzipped one, without some of its members
 *
 * Knows: records of 512 bytes, the preludes that carry long names.  What stays is copied block by
 * block; only a member that was cut gets a new size and checksum.
 * Does not know: which members, or why.
 */
#include "unpack/tar_header.h"

#include <stdio.h>
#include <string.h>

#include "base/blob.h"
#include "base/own.h"
#include "codec/codec.h"
#include "codec/encode.h"
#include "mend/inside.h"

#define MEMBERS_MAX 2000000

struct tar {
	struct mend_job *job;
	struct stream *in;
	struct encoder *gzip; /* NULL: a bare tar */
	struct pax pax, global;
	struct buf prelude; /* blocks in front of the header that belong to it */
	struct buf long_name, long_target;
	struct buf name, target; /* of the member, in display form */
	struct buf content, mended;
	struct tar_header header;
	uint8_t block[TAR_BLOCK];
	uint64_t size_bytes;
	struct needed needed;
	bool writing; /* the first pass only looks */
};

static int
put(struct tar *t, struct bytes piece, struct fault *fault)
{
	if (t->gzip != NULL)
		return encoder_add(t->gzip, piece, fault);
	return t->job->write(t->job->to, piece, fault);
}

static int
put_padding(struct tar *t, uint64_t behind, struct fault *fault)
{
	static const uint8_t zeros[TAR_BLOCK];

	return put(t, bytes_make(zeros, (TAR_BLOCK - behind % TAR_BLOCK) % TAR_BLOCK), fault);
}

/* `count` bytes and their padding, appended to `to`. */
static int
take_padded(struct tar *t, uint64_t count, struct buf *to, struct fault *fault)
{
	uint64_t padded = (count + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	int r = 0;

	while (r == 0 && padded > 0) {
		size_t part;

		r = stream_want(t->in, 1, fault);
		if (r == 0 && t->in->left == 0)
			return fault_set(fault, FAULT_FORMAT, "the tar ends early");
		if (r < 0)
			return r;
		part = t->in->left < padded ? t->in->left : (size_t)padded;
		r = budget_bytes(&t->job->budget, part, fault);
		if (r == 0 && to != NULL && (r = buf_append(to, t->in->at, part)) < 0)
			return fault_set(fault, r,
					 "a member is larger than may be held (--limit "
					 "member=N)");
		stream_take(t->in, part);
		padded -= part;
	}
	return r;
}

static void
next_member(struct tar *t)
{
	pax_reset(&t->pax);
	buf_reset(&t->prelude);
	buf_reset(&t->long_name);
	buf_reset(&t->long_target);
}

/* x, g, L, K: amend the member that follows. */
static int
take_prelude(struct tar *t, struct fault *fault)
{
	size_t from;
	struct bytes content;
	struct buf *text = t->header.type == 'L'   ? &t->long_name
			   : t->header.type == 'K' ? &t->long_target
						   : NULL;
	int r;

	if (t->size_bytes > PAX_BYTES_MAX)
		return fault_set(fault, FAULT_FORMAT, "a header of %llu bytes",
				 (unsigned long long)t->size_bytes);
	(void)buf_append(&t->prelude, t->block, TAR_BLOCK);
	from = t->prelude.used;
	r = take_padded(t, t->size_bytes, &t->prelude, fault);
	if (r < 0)
		return r;
	content = bytes_slice(buf_bytes(&t->prelude), from, (size_t)t->size_bytes);
	if (text != NULL) {
		buf_reset(text);
		return buf_append(text, content.at,
				  strnlen((const char *)content.at, content.left));
	}
	if (pax_parse(t->header.type == 'g' ? &t->global : &t->pax, content) < 0)
		return fault_set(fault, FAULT_FORMAT, "a header that is not understood");
	if (t->global.path.used > 0 || t->global.size_bytes >= 0 || t->global.sparse)
		return fault_set(fault, FAULT_FORMAT, "one name or size for all members");
	return 0;
}

static int
display(struct buf *to, struct bytes prefix, struct bytes name)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(BLOB_PATH_BYTES_MAX);

	buf_reset(to);
	if (prefix.left > 0) {
		(void)buf_append(&whole, prefix.at, prefix.left);
		(void)buf_append_text(&whole, "/");
	}
	(void)buf_append(&whole, name.at, name.left);
	(void)blob_display(to, buf_bytes(&whole));
	return whole.failed < 0 ? whole.failed : to->failed;
}

static int
name_member(struct tar *t, struct fault *fault)
{
	struct bytes none = {NULL, 0}, name = t->header.name, target = t->header.target;
	struct bytes prefix = t->header.gnu ? none : t->header.prefix;
	int r;

	if (t->pax.path.used > 0 || t->long_name.used > 0) {
		name = buf_bytes(t->pax.path.used > 0 ? &t->pax.path : &t->long_name);
		prefix = none;
	}
	if (t->pax.target.used > 0)
		target = buf_bytes(&t->pax.target);
	else if (t->long_target.used > 0)
		target = buf_bytes(&t->long_target);
	r = display(&t->name, prefix, name);
	if (r == 0)
		r = display(&t->target, none, target);
	return r < 0 ? fault_set(fault, FAULT_FORMAT, "a name is too long") : 0;
}

static bool
is_link(const struct tar *t)
{
	return t->header.type == '1' || t->header.type == '2';
}

static bool
is_file(const struct tar *t)
{
	return t->header.type == '0' || t->header.type == 0 || t->header.type == '7';
}

/* Goes, because it or what it links to goes. */
static bool
goes(struct tar *t, struct buf *room)
{
	struct mend_item *item = mend_plan_find(t->job->plan, buf_text(&t->name));
	const char *slash;

	if (item != NULL && item->action == MEND_DROP) {
		item->done = true;
		return true;
	}
	if (!is_link(t))
		return false;
	/* A symbolic link is relative to its folder; a hard one is a path of the archive. */
	buf_reset(room);
	slash = strrchr(buf_text(&t->name), '/');
	if (t->header.type == '2' && slash != NULL)
		(void)buf_append(room, t->name.at, (size_t)(slash - (const char *)t->name.at) + 1);
	(void)buf_append(room, t->target.at, t->target.used);
	item = mend_plan_find(t->job->plan, buf_text(room));
	return item != NULL && item->action == MEND_DROP;
}

/* The header of a member whose content is now `bytes` long. */
static int
new_size(struct tar *t, uint64_t bytes, struct fault *fault)
{
	unsigned sum = 0;
	char text[16];

	if (t->pax.size_bytes >= 0 || bytes >> 33 != 0)
		return fault_set(fault, FAULT_FORMAT, "its size stands in an extended header");
	(void)snprintf(text, sizeof(text), "%011llo", (unsigned long long)bytes);
	memcpy(t->block + 124, text, 12);
	memset(t->block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += t->block[i];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(t->block + 148, text, 7); /* its NUL, and the space that is there */
	return 0;
}

static int
put_headers(struct tar *t, struct fault *fault)
{
	int r = put(t, buf_bytes(&t->prelude), fault);

	return r < 0 ? r : put(t, bytes_make(t->block, TAR_BLOCK), fault);
}

/* A member that may be cut: hold it. */
static int
hold_member(struct tar *t, struct fault *fault)
{
	struct bytes content;
	int r;

	buf_reset(&t->content);
	r = take_padded(t, t->size_bytes, &t->content, fault);
	if (r < 0)
		return r;
	content = bytes_slice(buf_bytes(&t->content), 0, (size_t)t->size_bytes);
	r = mend_member(t->job->plan, buf_text(&t->name), content, &t->mended, fault);
	if (r == 0) {
		content = buf_bytes(&t->mended);
		r = new_size(t, content.left, fault);
	}
	if (r >= 0)
		r = put_headers(t, fault);
	if (r >= 0)
		r = put(t, content, fault);
	return r < 0 ? r : put_padding(t, content.left, fault);
}

/* Copy a member through. */
static int
pass_member(struct tar *t, struct fault *fault)
{
	uint64_t left = (t->size_bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	int r = put_headers(t, fault);

	while (r == 0 && left > 0) {
		size_t part;

		r = stream_want(t->in, 1, fault);
		if (r == 0 && t->in->left == 0)
			return fault_set(fault, FAULT_FORMAT, "the tar ends early");
		if (r < 0)
			return r;
		part = t->in->left < left ? t->in->left : (size_t)left;
		r = budget_bytes(&t->job->budget, part, fault);
		if (r == 0)
			r = put(t, bytes_make(t->in->at, part), fault);
		stream_take(t->in, part);
		left -= part;
	}
	return r;
}

static int
write_member(struct tar *t, struct fault *fault)
{
	AUTO(buf_free)
	struct buf room = BUF_INIT(2 * BLOB_PATH_BYTES_MAX);
	const char *name = buf_text(&t->name);

	if (goes(t, &room))
		return take_padded(t, t->size_bytes, NULL, fault);
	if (is_file(t) && mend_may_cut(t->job->plan, name))
		return hold_member(t, fault);
	return pass_member(t, fault);
}

static int
look_member(struct tar *t, struct fault *fault)
{
	const char *name = buf_text(&t->name);
	int r = needed_member(&t->needed, name, fault);

	if (r < 0 || !is_file(t) || !needed_wants(name))
		return r < 0 ? r : take_padded(t, t->size_bytes, NULL, fault);
	buf_reset(&t->content);
	r = take_padded(t, t->size_bytes, &t->content, fault);
	return r < 0
		   ? r
		   : needed_manifest(&t->needed, name,
				     bytes_slice(buf_bytes(&t->content), 0, (size_t)t->size_bytes),
				     fault);
}

static int
member(struct tar *t, struct fault *fault)
{
	int64_t size = t->pax.size_bytes >= 0 ? t->pax.size_bytes : t->header.size_bytes;
	bool prelude = t->header.type == 'x' || t->header.type == 'g' || t->header.type == 'L' ||
		       t->header.type == 'K';
	int r;

	if (prelude)
		size = t->header.size_bytes;
	if (size < 0 || size > INT64_MAX - (int64_t)TAR_BLOCK)
		return fault_set(fault, FAULT_FORMAT, "a size that is no number");
	t->size_bytes = (uint64_t)size;
	if (prelude)
		return take_prelude(t, fault);
	if (t->pax.sparse || !(is_file(t) || (t->header.type >= '1' && t->header.type <= '6')) ||
	    (!is_file(t) && size > 0))
		return fault_set(fault, FAULT_FORMAT, "a member of kind '%c' that is not rewritten",
				 t->header.type >= ' ' && t->header.type < 127 ? t->header.type
									       : '?');
	r = name_member(t, fault);
	if (r == 0)
		r = t->writing ? write_member(t, fault) : look_member(t, fault);
	next_member(t);
	return r;
}

/* Members until the end; 0 when it ends as a tar should. */
static int
walk(struct tar *t, struct fault *fault)
{
	for (size_t n = 0; n < MEMBERS_MAX; n++) {
		int r = stream_want(t->in, TAR_BLOCK, fault);

		if (r < 0)
			return r;
		if (t->in->left == 0 && t->prelude.used == 0)
			return 0; /* without its zeros: tar takes it */
		if (t->in->left < TAR_BLOCK)
			return fault_set(fault, FAULT_FORMAT, "the tar ends early");
		memcpy(t->block, t->in->at, TAR_BLOCK);
		stream_take(t->in, TAR_BLOCK);
		if (tar_block_is_zero(t->block))
			return t->prelude.used == 0
				   ? 0
				   : fault_set(fault, FAULT_FORMAT, "a header without its member");
		if (!tar_block_is_header(t->block))
			return fault_set(fault, FAULT_FORMAT,
					 "a damaged header: such a tar is not rewritten");
		tar_header_parse(t->block, &t->header);
		r = budget_entry(&t->job->budget, fault);
		if (r == 0)
			r = member(t, fault);
		if (r < 0)
			return r;
	}
	return fault_set(fault, FAULT_LIMIT, "more than %d members", MEMBERS_MAX);
}

/* From the first byte on. */
static int
pass(struct tar *t, bool gzip, struct fault *fault)
{
	struct stream file;
	AUTO(stream_close)
	struct stream *text = NULL;
	int r = 0;

	stream_from_memory(&file, t->job->package);
	t->in = &file;
	if (gzip) {
		r = codec_open(&text, BLOB_GZIP, &file, fault);
		t->in = text;
	}
	next_member(t);
	if (r == 0)
		r = walk(t, fault);
	t->in = NULL;
	return r;
}

static int
write_pass(struct tar *t, bool gzip, struct fault *fault)
{
	static const uint8_t end[2 * TAR_BLOCK];
	int r = 0;

	t->writing = true;
	if (gzip)
		r = encoder_open(&t->gzip, ENCODE_GZIP, t->job->write, t->job->to, fault);
	if (r == 0)
		r = pass(t, gzip, fault);
	if (r == 0)
		r = put(t, bytes_make(end, sizeof(end)), fault);
	if (r == 0 && gzip)
		r = encoder_finish(t->gzip, fault);
	encoder_close(&t->gzip);
	return r;
}

int
mend_tar(struct mend_job *job, bool gzip, struct fault *fault)
{
	size_t held =
	    job->limits->member < SIZE_MAX / 2 ? (size_t)job->limits->member : SIZE_MAX / 2;
	struct tar t = {
	    .job = job,
	    .prelude = BUF_INIT(8 * PAX_BYTES_MAX),
	    .long_name = BUF_INIT(PAX_BYTES_MAX),
	    .long_target = BUF_INIT(PAX_BYTES_MAX),
	    .name = BUF_INIT(4 * BLOB_PATH_BYTES_MAX),
	    .target = BUF_INIT(4 * BLOB_PATH_BYTES_MAX),
	    .content = BUF_INIT(held + TAR_BLOCK),
	    .mended = BUF_INIT(held),
	};
	int r;

	pax_init(&t.pax);
	pax_init(&t.global);
	needed_init(&t.needed);
	r = pass(&t, gzip, fault);
	if (r == 0)
		r = needed_check(&t.needed, job->plan);
	if (r == 0)
		r = write_pass(&t, gzip, fault);
	needed_free(&t.needed);
	pax_free(&t.pax);
	pax_free(&t.global);
	buf_free(&t.prelude);
	buf_free(&t.long_name);
	buf_free(&t.long_target);
	buf_free(&t.name);
	buf_free(&t.target);
	buf_free(&t.content);
	buf_free(&t.mended);
	return r;
}
