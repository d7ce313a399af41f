/*
 * zip.c - a zip without some of its members: zip, jar, wheel
 *
 * Knows: the directory decides what is in it; what no directory entry names is not copied.  Packed
 * bytes of members that stay are copied as they are; only what was cut is packed again.
 * Does not know: which members, or why.  Sizes past 4 GiB and encrypted members are refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "base/own.h"
#include "codec/codec.h"
#include "codec/encode.h"
#include "mend/inside.h"
#include "seal/hash.h"
#include "unpack/zip_record.h"

#define MEMBERS_MAX   65534
#define CENTRAL_BYTES 46
#define LOCAL_BYTES   30
#define END_BYTES     22

struct zip_new {
	struct zip_entry entry; /* as the directory of the old one has it */
	struct bytes central;   /* its whole record */
	struct bytes packed;
	const char *member; /* display form, in the arena */
	bool record;        /* a wheel's RECORD: written last */
};

struct zip {
	struct mend_job *job;
	struct arena arena;
	struct zip_new *members;
	size_t count;
	uint64_t base;
	struct needed needed;
	struct buf directory;
	uint64_t written;
	size_t kept;
	struct record_change *changes;
	size_t changes_count;
};

static void
put_le16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void
put_le32(uint8_t *at, uint64_t value)
{
	put_le16(at, (unsigned)(value & 0xffff));
	put_le16(at + 2, (unsigned)(value >> 16 & 0xffff));
}

static int
put(struct zip *z, struct bytes piece, struct fault *fault)
{
	z->written += piece.left;
	if (z->written > UINT32_MAX)
		return fault_set(fault, FAULT_LIMIT, "a zip of more than 4 GiB is not rewritten");
	return z->job->write(z->job->to, piece, fault);
}

static bool
is_signature(const char *member)
{
	static const char *const ends[] = {".SF", ".RSA", ".DSA", ".EC",
					   ".sf", ".rsa", ".dsa", ".ec"};

	if (strncmp(member, "META-INF/", 9) != 0 && strncmp(member, "meta-inf/", 9) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (bytes_ends(bytes_text(member), bytes_text(ends[i])))
			return true;
	return false;
}

static int
check_member(struct zip *z, const struct zip_new *m)
{
	struct mend_plan *plan = z->job->plan;

	if (is_signature(m->member))
		return mend_cannot(plan,
				   "the jar is signed (%.200s): leave the files out before it is "
				   "signed, a rewritten one would not verify",
				   m->member);
	if (bytes_ends(bytes_text(m->member), BYTES_OF(".dist-info/RECORD.jws")) ||
	    bytes_ends(bytes_text(m->member), BYTES_OF(".dist-info/RECORD.p7s")) ||
	    strcmp(m->member, "AndroidManifest.xml") == 0 ||
	    strcmp(m->member, ".signature.p7s") == 0)
		return mend_cannot(
		    plan,
		    "the package is signed (%.200s): leave the files out where it is "
		    "built",
		    m->member);
	if ((m->entry.flags & ZIP_FLAG_ENCRYPTED) != 0)
		return mend_cannot(plan, "%.300s is encrypted", m->member);
	return 0;
}

static int
read_member(struct zip *z, uint64_t at, struct zip_new *m, struct fault *fault)
{
	struct bytes file = z->job->package;
	AUTO(buf_free)
	struct buf shown = BUF_INIT(4 * BLOB_PATH_BYTES_MAX);
	struct zip_entry local;
	uint64_t local_at;

	if (zip_central_parse(file, at, &m->entry) < 0)
		return fault_set(fault, FAULT_FORMAT, "the directory is damaged");
	m->central = bytes_slice(file, (size_t)at, (size_t)m->entry.record_bytes);
	local_at = z->base + m->entry.local_at;
	if (m->entry.zip64 || local_at < z->base || zip_local_parse(file, local_at, &local) < 0 ||
	    local.data_at > file.left || m->entry.packed_bytes > file.left - local.data_at ||
	    !bytes_equal(local.name, m->entry.name) || local.method != m->entry.method)
		return fault_set(fault, FAULT_FORMAT,
				 "member %zu: directory and local header do not agree", z->count);
	m->packed = bytes_slice(file, (size_t)local.data_at, (size_t)m->entry.packed_bytes);
	if (blob_display(&shown, m->entry.name) < 0)
		return fault_set(fault, FAULT_FORMAT, "member %zu: its name is too long", z->count);
	m->member = arena_text(&z->arena, buf_text(&shown));
	if (m->member == NULL)
		return fault_memory(fault);
	m->record = record_is(m->member);
	return 0;
}

/* Append the content of a member to `to`. */
static int
unpack_member(struct zip *z, const struct zip_new *m, struct buf *to, struct fault *fault)
{
	struct stream packed;
	AUTO(stream_close)
	struct stream *text = NULL;
	struct stream *s = &packed;
	int r = 0;

	stream_from_memory(&packed, m->packed);
	if (m->entry.method == ZIP_DEFLATE) {
		r = codec_open_bare(&text, CODEC_DEFLATE, &packed, (int64_t)m->entry.size_bytes,
				    fault);
		s = text;
	} else if (m->entry.method != ZIP_STORED) {
		return fault_set(fault, FAULT_FORMAT, "%.300s: packed by method %u", m->member,
				 m->entry.method);
	}
	while (r == 0 && (r = stream_want(s, 1, fault)) == 0 && s->left > 0) {
		r = budget_bytes(&z->job->budget, s->left, fault);
		if (r == 0 && (r = buf_append(to, s->at, s->left)) < 0)
			r = fault_set(fault, r,
				      "%.300s: larger than may be held (--limit member=N)",
				      m->member);
		stream_take(s, s->left);
	}
	if (r == 0 && codec_crc32(0, buf_bytes(to)) != m->entry.crc)
		r = fault_set(fault, FAULT_FORMAT, "%.300s: its CRC is wrong", m->member);
	return r;
}

/* Header, content, directory entry.  `m` has the new sizes. */
static int
put_member(struct zip *z, const struct zip_new *m, struct bytes packed, struct fault *fault)
{
	uint8_t local[LOCAL_BYTES] = {'P', 'K', 3, 4}, central[CENTRAL_BYTES];
	uint64_t at = z->written;
	int r;

	memcpy(central, m->central.at, CENTRAL_BYTES);
	put_le16(central + 8, m->entry.flags & ~(unsigned)ZIP_FLAG_DESCRIPTOR);
	put_le16(central + 10, m->entry.method);
	put_le32(central + 16, m->entry.crc);
	put_le32(central + 20, packed.left);
	put_le32(central + 24, m->entry.size_bytes);
	put_le16(central + 30, 0); /* extra fields and comments are not kept */
	put_le16(central + 32, 0);
	put_le16(central + 34, 0);
	put_le32(central + 42, at);
	memcpy(local + 4, central + 6, 24); /* needed version ... name length, in this order */
	put_le16(local + 28, 0);
	r = put(z, bytes_make(local, LOCAL_BYTES), fault);
	if (r == 0)
		r = put(z, m->entry.name, fault);
	if (r == 0)
		r = put(z, packed, fault);
	if (r < 0)
		return r;
	(void)buf_append(&z->directory, central, CENTRAL_BYTES);
	z->kept++;
	return buf_append(&z->directory, m->entry.name.at, m->entry.name.left) < 0
		   ? fault_set(fault, z->directory.failed, "the directory is too large")
		   : 0;
}

static int
into_buf(void *to, struct bytes piece, struct fault *fault)
{
	int r = buf_append(to, piece.at, piece.left);

	return r < 0 ? fault_set(fault, r, "packed again it is too large") : 0;
}

/* A member with new content. */
static int
put_changed(struct zip *z, const struct zip_new *m, struct bytes content, struct fault *fault)
{
	AUTO(buf_free)
	struct buf packed = BUF_INIT(content.left + content.left / 8 + 4096);
	AUTO(encoder_close)
	struct encoder *encoder = NULL;
	struct zip_new new = *m;
	int r;

	new.entry.crc = codec_crc32(0, content);
	new.entry.size_bytes = content.left;
	new.entry.method = m->entry.method == ZIP_STORED ? ZIP_STORED : ZIP_DEFLATE;
	if (new.entry.method == ZIP_STORED)
		return put_member(z, &new, content, fault);
	r = encoder_open(&encoder, ENCODE_DEFLATE, into_buf, &packed, fault);
	if (r == 0)
		r = encoder_add(encoder, content, fault);
	if (r == 0)
		r = encoder_finish(encoder, fault);
	return r < 0 ? r : put_member(z, &new, buf_bytes(&packed), fault);
}

static size_t
held_max(const struct zip *z)
{
	return z->job->limits->member < UINT32_MAX ? (size_t)z->job->limits->member : UINT32_MAX;
}

static int
write_member(struct zip *z, const struct zip_new *m, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(held_max(z));
	AUTO(buf_free)
	struct buf mended = BUF_INIT(held_max(z));
	struct mend_item *item = mend_plan_find(z->job->plan, m->member);
	struct record_change *change;
	int r;

	if (item != NULL && item->action == MEND_DROP) {
		item->done = true;
		return 0;
	}
	if (!mend_may_cut(z->job->plan, m->member))
		return put_member(z, m, m->packed, fault);
	r = unpack_member(z, m, &content, fault);
	if (r == 0)
		r = mend_member(z->job->plan, m->member, buf_bytes(&content), &mended, fault);
	if (r < 0)
		return r;
	if (r == 1)
		return put_member(z, m, m->packed, fault);
	change = &z->changes[z->changes_count++];
	change->member = m->member;
	change->bytes = mended.used;
	r = hash_sha256(buf_bytes(&mended), change->sha256, fault);
	return r < 0 ? r : put_changed(z, m, buf_bytes(&mended), fault);
}

static int
write_record(struct zip *z, const struct zip_new *m, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(held_max(z));
	AUTO(buf_free)
	struct buf new = BUF_INIT(held_max(z));
	int r = unpack_member(z, m, &content, fault);

	if (r == 0)
		r = record_rewrite(z->job->plan, z->changes, z->changes_count, buf_bytes(&content),
				   &new, fault);
	return r < 0 ? r : put_changed(z, m, buf_bytes(&new), fault);
}

static int
write_end(struct zip *z, struct fault *fault)
{
	uint8_t end[END_BYTES] = {'P', 'K', 5, 6};
	uint64_t at = z->written;
	int r;

	put_le16(end + 8, (unsigned)z->kept);
	put_le16(end + 10, (unsigned)z->kept);
	put_le32(end + 12, z->directory.used);
	put_le32(end + 16, at);
	r = put(z, buf_bytes(&z->directory), fault);
	return r < 0 ? r : put(z, bytes_make(end, END_BYTES), fault);
}

static int
read_directory(struct zip *z, const struct zip_end *end, struct fault *fault)
{
	uint64_t at = end->directory_at;
	int r = 0;

	z->base = end->base;
	while (r == 0 && at < end->directory_end) {
		struct zip_new *m = &z->members[z->count];

		if (z->count == MEMBERS_MAX)
			return fault_set(fault, FAULT_LIMIT, "more than %d members", MEMBERS_MAX);
		r = budget_entry(&z->job->budget, fault);
		if (r == 0)
			r = read_member(z, at, m, fault);
		if (r < 0)
			return r;
		at += m->entry.record_bytes;
		z->count++;
		r = check_member(z, m);
		if (r == 0)
			r = needed_member(&z->needed, m->member, fault);
		if (r == 0 && needed_wants(m->member)) {
			AUTO(buf_free)
			struct buf content = BUF_INIT(held_max(z));

			r = unpack_member(z, m, &content, fault);
			if (r == 0)
				r = needed_manifest(&z->needed, m->member, buf_bytes(&content),
						    fault);
		}
	}
	return r;
}

static int
write_all(struct zip *z, struct fault *fault)
{
	int r = 0;

	z->changes = calloc(z->count + 1, sizeof(*z->changes));
	if (z->changes == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < z->count; i++)
		if (!z->members[i].record)
			r = write_member(z, &z->members[i], fault);
	for (size_t i = 0; r == 0 && i < z->count; i++)
		if (z->members[i].record)
			r = write_record(z, &z->members[i], fault);
	return r < 0 ? r : write_end(z, fault);
}

int
mend_zip(struct mend_job *job, struct fault *fault)
{
	struct zip z = {.job = job,
			.arena = ARENA_INIT((size_t)256 << 20),
			.directory = BUF_INIT((size_t)256 << 20)};
	struct zip_end end;
	int r = 0;

	if (zip_find_end(job->package, &end) < 0)
		return fault_set(fault, FAULT_FORMAT, "the zip has no directory");
	if (end.zip64)
		return mend_cannot(job->plan, "a zip64 archive is not rewritten");
	if (end.directory_at > job->package.left || end.directory_end > job->package.left)
		return fault_set(fault, FAULT_FORMAT, "the directory is damaged");
	z.members = calloc(MEMBERS_MAX, sizeof(*z.members));
	if (z.members == NULL)
		return fault_memory(fault);
	needed_init(&z.needed);
	r = read_directory(&z, &end, fault);
	if (r == 0)
		r = needed_check(&z.needed, job->plan);
	if (r == 0)
		r = write_all(&z, fault);
	needed_free(&z.needed);
	free(z.members);
	free(z.changes);
	buf_free(&z.directory);
	arena_free(&z.arena);
	return r;
}
