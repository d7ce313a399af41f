/*
 * bundle.c - a file that git made to carry a part of a repository
 *
 * Knows: gitformat-bundle: a signature line, "@capability" lines (version 3), "-ID text" for what
 * the receiver must have, "ID ref", a blank line, a pack.  Does not know: how the pack is read.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/inside.h"

#define BUNDLE_REFS_MAX ((size_t)4 << 20)

static bool
take_line(struct bytes *in, struct bytes *line)
{
	const uint8_t *newline = in->left > 0 ? memchr(in->at, '\n', in->left) : NULL;

	if (newline == NULL)
		return false;
	*line = bytes_make(in->at, (size_t)(newline - in->at));
	return bytes_skip(in, line->left + 1) == 0;
}

static int
take_ref(struct history *h, struct bytes line, size_t *room)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT(65536);
	size_t digits = 2 * h->id_bytes;
	struct history_ref ref = {.is_remote = true};

	if (line.left < digits + 2 || line.at[digits] != ' ' ||
	    history_id_parse(bytes_slice(line, 0, digits), &ref.id, NULL) < 0)
		return FAULT_FORMAT;
	(void)bytes_skip(&line, digits + 1);
	if (h->refs_count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		struct history_ref *grown = realloc(h->refs, more * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		h->refs = grown;
		*room = more;
	}
	if (h->refs_count >= BUNDLE_REFS_MAX || blob_display(&shown, line) < 0) {
		if (shown.failed != 0 && shown.failed != FAULT_LIMIT)
			return FAULT_MEMORY;
		gap_add(h, "bundle", "more refs than are read", NULL, 1, false);
		return 0;
	}
	ref.name = arena_copy(&h->names, shown.at, shown.used);
	if (ref.name == NULL)
		return FAULT_MEMORY;
	ref.is_head = strcmp(ref.name, "HEAD") == 0;
	ref.is_tag = bytes_begins(line, BYTES_OF("refs/tags/"));
	ref.is_stash = strcmp(ref.name, "refs/stash") == 0;
	h->refs[h->refs_count++] = ref;
	return 0;
}

static int
take_header(struct history *h, struct bytes *in, struct fault *fault)
{
	uint64_t needs = 0;
	struct bytes line;
	size_t room = 0;
	int r = 0;

	if (!bytes_begins(*in, BYTES_OF("# v2 git bundle\n")) &&
	    !bytes_begins(*in, BYTES_OF("# v3 git bundle\n")))
		return fault_set(fault, FAULT_FORMAT, "not a git bundle of version 2 or 3");
	(void)take_line(in, &line);
	while (r == 0 && take_line(in, &line) && line.left > 0) {
		if (line.at[0] == '@') {
			if (bytes_equal(line, BYTES_OF("@object-format=sha256")))
				h->id_bytes = 32;
			else if (bytes_begins(line, BYTES_OF("@filter=")))
				h->is_partial = true;
			else if (!bytes_equal(line, BYTES_OF("@object-format=sha1")))
				return fault_set(fault, FAULT_FORMAT,
						 "bundle with a capability that is not known here");
		} else if (line.at[0] == '-') {
			needs++;
		} else {
			r = take_ref(h, line, &room);
		}
	}
	if (r == FAULT_FORMAT)
		return fault_set(fault, r, "bundle: a line of its header is no ref");
	if (r == 0 && h->refs == NULL)
		h->refs = calloc(1, sizeof(*h->refs));
	if (r < 0 || h->refs == NULL)
		return fault_memory(fault);
	h->is_partial |= needs > 0;
	gap_add(h, "bundle", "made on top of commits that it does not hold", NULL, needs, true);
	return 0;
}

static int
add_pack(struct history *h, struct bytes in, struct fault *fault)
{
	uint32_t version = 0, count = 0;
	struct pack *pack;

	h->packs = calloc(1, sizeof(*h->packs));
	if (h->packs == NULL)
		return fault_memory(fault);
	h->packs_room = 1;
	pack = &h->packs[0];
	pack->name = arena_text(&h->names, "pack of the bundle");
	pack->map = (struct map){in.at, in.left};
	pack->is_lent = true;
	if (pack->name == NULL)
		return fault_memory(fault);
	if (!bytes_begins(in, BYTES_OF("PACK")) || in.left < 12 + h->id_bytes)
		return fault_set(fault, FAULT_FORMAT, "bundle without a pack");
	pack->data_bytes = in.left - h->id_bytes;
	(void)bytes_skip(&in, 4);
	(void)bytes_take_be32(&in, &version);
	(void)bytes_take_be32(&in, &count);
	if (version != 2 && version != 3)
		return fault_set(fault, FAULT_FORMAT, "bundle with a pack of version %u", version);
	h->packs_count = 1;
	return pack_reindex(h, pack, count, fault);
}

int
history_open_bundle(struct history **out, int fd, struct history *base_store,
		    const struct history_options *options, struct fault *fault)
{
	AUTO(history_close)
	struct history *h = NULL;
	struct bytes in;
	struct stat st;
	int r = history_new(&h, options, fault);

	*out = NULL;
	if (r < 0)
		return r;
	h->base_store = base_store;
	if (fstat(fd, &st) < 0)
		return fault_errno(fault, "bundle");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return fault_set(fault, FAULT_FORMAT, "not a git bundle");
	in = bytes_make(mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0),
			(size_t)st.st_size);
	if (in.at == MAP_FAILED)
		return fault_errno(fault, "bundle");
	h->bundle = (struct map){in.at, in.left};
	r = take_header(h, &in, fault);
	if (r == 0)
		r = add_pack(h, in, fault);
	if (r == 0)
		*out = TAKE(h);
	return r;
}
