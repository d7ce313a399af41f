/*
 * index.c - what is staged: the index of the repository and of each linked worktree
 *
 * Knows: versions 2, 3 and 4 (gitformat-index), shared parts of split indexes, whose entries are
 * all told, also those that were replaced or deleted since.  Extensions other than "link" say
 * nothing about contents and are passed over.
 *
 * An entry, numbers big-endian: 40 bytes of stat data (mode at 24), the id, 16 bits of flags (the
 * low 12 the length of the name, 0x4000: 16 more bits follow, 0x3000 the stage), then the name:
 * in version 2 and 3 with 1 to 8 zeros up to a multiple of 8, in version 4 as a count of bytes to
 * drop from the name before (a varint as in packs) and what follows, with one zero.
 */
#include <stdio.h>

#include "history/inside.h"

#define INDEX_NAME_MAX 65536

struct reader {
	struct history *h;
	int (*entry)(void *to, struct bytes path, uint32_t mode, const struct history_id *id,
		     unsigned stage);
	void *to;
	uint32_t version;
	struct buf name; /* of the entry before, for version 4 */
};

static int
take_varint(struct bytes *in, uint64_t *value)
{
	uint8_t byte;

	if (bytes_take_u8(in, &byte) < 0)
		return -1;
	*value = byte & 127;
	while (byte & 128) {
		if (*value > (UINT64_MAX >> 8) || bytes_take_u8(in, &byte) < 0)
			return -1;
		*value = ((*value + 1) << 7) | (byte & 127);
	}
	return 0;
}

static int
take_name(struct reader *r, struct bytes *in, const uint8_t *entry_from)
{
	const uint8_t *zero;
	uint64_t drop = r->name.used;
	size_t length;

	if (r->version == 4 && (take_varint(in, &drop) < 0 || drop > r->name.used))
		return -1;
	zero = in->left > 0 ? memchr(in->at, 0, in->left) : NULL;
	if (zero == NULL)
		return -1;
	length = (size_t)(zero - in->at);
	r->name.used -= (size_t)drop;
	if (length > INDEX_NAME_MAX || buf_append(&r->name, in->at, length) < 0)
		return -1;
	(void)bytes_skip(in, length);
	if (r->version == 4)
		return bytes_skip(in, 1);
	/* at least one zero, up to a multiple of 8 from the beginning of the entry */
	return bytes_skip(in, 8 - (size_t)(in->at - entry_from) % 8);
}

static int
take_entry(struct reader *r, struct bytes *in, uint32_t *mode, struct history_id *id,
	   unsigned *stage)
{
	const uint8_t *from = in->at;
	struct bytes stat, id_at, mode_at;
	uint16_t flags;

	if (bytes_take(in, 40, &stat) < 0 || bytes_take(in, r->h->id_bytes, &id_at) < 0 ||
	    bytes_take_be16(in, &flags) < 0 || ((flags & 0x4000) && bytes_skip(in, 2) < 0))
		return -1;
	mode_at = bytes_slice(stat, 24, 4);
	(void)bytes_take_be32(&mode_at, mode);
	*id = id_of(r->h, id_at.at);
	*stage = flags >> 12 & 3;
	return take_name(r, in, from);
}

/* The id of the shared part that a "link" extension names. */
static bool
find_link(const struct reader *r, struct bytes in, struct history_id *id)
{
	struct bytes name, body;
	uint32_t size;

	while (bytes_take(&in, 4, &name) == 0 && bytes_take_be32(&in, &size) == 0 &&
	       bytes_take(&in, size, &body) == 0)
		if (bytes_equal(name, BYTES_OF("link")) && body.left >= r->h->id_bytes) {
			*id = id_of(r->h, body.at);
			return true;
		}
	return false;
}

/* 0, FAULT_FORMAT, or what the caller's function answered; *link: another file is to be read. */
static int
parse(struct reader *r, struct bytes in, struct history_id *link, bool *has_link)
{
	uint32_t count = 0, mode = 0;
	struct history_id id;
	unsigned stage = 0;
	int answer = 0;

	*has_link = false;
	if (!bytes_begins(in, BYTES_OF("DIRC")) || in.left < 12 + r->h->id_bytes)
		return FAULT_FORMAT;
	(void)bytes_skip(&in, 4);
	(void)bytes_take_be32(&in, &r->version);
	(void)bytes_take_be32(&in, &count);
	if (r->version < 2 || r->version > 4)
		return FAULT_FORMAT;
	in.left -= r->h->id_bytes; /* the checksum; zeros where index.skipHash is set */
	buf_reset(&r->name);
	for (uint32_t i = 0; answer == 0 && i < count; i++) {
		if (r->version != 4)
			buf_reset(&r->name);
		if (take_entry(r, &in, &mode, &id, &stage) < 0)
			return FAULT_FORMAT;
		/* an entry that only replaces one of the shared part may have no name */
		answer = r->entry(r->to, buf_bytes(&r->name), mode, &id, stage);
	}
	*has_link = answer == 0 && find_link(r, in, link);
	return answer;
}

int
index_of_bytes(struct history *h, struct bytes in,
	       int (*entry)(void *to, struct bytes path, uint32_t mode, const struct history_id *id,
			    unsigned stage),
	       void *to)
{
	struct reader r = {.h = h, .entry = entry, .to = to, .name = BUF_INIT(2 * INDEX_NAME_MAX)};
	struct history_id link;
	bool has_link;
	int answer = parse(&r, in, &link, &has_link);

	buf_free(&r.name);
	return answer;
}

static int
read_map(struct reader *r, int folder, const char *name, struct map map)
{
	char text[HISTORY_ID_TEXT], shared[HISTORY_ID_TEXT + 16];
	struct history_id link;
	bool has_link = false;
	int answer = parse(r, bytes_make(map.at, map.bytes), &link, &has_link);

	map_close(&map);
	if (answer == FAULT_FORMAT) {
		gap_add(r->h, name, "is damaged", NULL, 1, false);
		return 0;
	}
	if (answer != 0 || !has_link)
		return answer;
	(void)snprintf(shared, sizeof(shared), "sharedindex.%s",
		       history_id_format(&link, r->h->id_bytes, text));
	answer = map_open(&map, folder, shared, NULL);
	if (answer == 0)
		answer = parse(r, bytes_make(map.at, map.bytes), &link, &has_link);
	else
		answer = FAULT_FORMAT;
	map_close(&map);
	if (answer != FAULT_FORMAT)
		return answer;
	gap_add(r->h, "sharedindex", "is damaged or not there", link.at, 1, false);
	return 0;
}

static int
read_index(struct reader *r, int folder, const char *name)
{
	struct map map;
	int answer = map_open(&map, folder, name, NULL);

	if (answer < 0)
		gap_add(r->h, name, "cannot be read", NULL, 1, false);
	return answer != 0 ? 0 : read_map(r, folder, name, map);
}

static int
read_worktree(void *to, int at, const char *name)
{
	(void)name;
	return read_index(to, at, "index");
}

int
history_index(struct history *h,
	      int (*entry)(void *to, struct bytes path, uint32_t mode, const struct history_id *id,
			   unsigned stage),
	      void *to, struct fault *fault)
{
	struct reader r = {.h = h, .entry = entry, .to = to, .name = BUF_INIT(2 * INDEX_NAME_MAX)};
	int answer = read_index(&r, h->common_dir, "index");

	if (answer == 0)
		answer = worktrees(h, read_worktree, &r);
	buf_free(&r.name);
	return answer == FAULT_MEMORY ? fault_memory(fault) : answer;
}

int
history_index_own(struct history *h,
		  int (*entry)(void *to, struct bytes path, uint32_t mode,
			       const struct history_id *id, unsigned stage),
		  void *to, struct fault *fault)
{
	struct reader r = {.h = h, .entry = entry, .to = to, .name = BUF_INIT(2 * INDEX_NAME_MAX)};
	struct map map;
	int answer;

	if (h->index < 0) {
		answer = read_index(&r, h->git_dir, "index");
	} else {
		answer = map_fd(&map, h->index, "index", NULL);
		if (answer < 0)
			gap_add(h, "index", "cannot be read", NULL, 1, false);
		answer = answer < 0 ? 0 : read_map(&r, h->git_dir, "index", map);
	}
	buf_free(&r.name);
	return answer == FAULT_MEMORY ? fault_memory(fault) : answer;
}
