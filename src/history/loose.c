/*
 * loose.c - objects that lie each in a file of its own
 *
 * Knows: objects/ab/cdef..., one zlib stream of "type size\0content".  Does not know: packs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/codec.h"
#include "history/inside.h"

static const char what_loose[] = "loose objects";

/* "commit 18446744073709551615" and its NUL. */
#define LOOSE_HEADER_MAX 32

/* ---- what there is ---- */

struct found {
	uint8_t *at; /* id, then one byte: which folder */
	size_t count, room, stride;
};

static int
found_add(struct found *found, const uint8_t *id, uint8_t store)
{
	if (found->count == found->room) {
		size_t room = found->room == 0 ? 1024 : found->room * 2;
		uint8_t *grown = realloc(found->at, room * found->stride);

		if (grown == NULL)
			return FAULT_MEMORY;
		found->at = grown;
		found->room = room;
	}
	memcpy(found->at + found->count * found->stride, id, found->stride - 1);
	found->at[found->count * found->stride + found->stride - 1] = store;
	found->count++;
	return 0;
}

static int
list_folder(struct history *h, struct found *found, int objects, uint8_t store, unsigned first)
{
	char name[3], text[2 * HISTORY_ID_MAX + 1];
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	(void)snprintf(name, sizeof(name), "%02x", first);
	fd = openat(objects, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			gap_add(h, what_loose, "a folder of them cannot be opened", NULL, 1, false);
		return 0;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return FAULT_MEMORY;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		struct history_id id;
		int length;

		if (strlen(entry->d_name) != 2 * h->id_bytes - 2)
			continue; /* "." and "..", temporary files */
		length = snprintf(text, sizeof(text), "%s%s", name, entry->d_name);
		if (history_id_parse(bytes_make(text, (size_t)length), &id, NULL) == 0)
			r = found_add(found, id.at, store);
	}
	if (r == 0 && errno != 0)
		gap_add(h, what_loose, "a folder of them cannot be read to its end", NULL, 1,
			false);
	(void)closedir(dir);
	return r;
}

static int
found_order(const void *a, const void *b, void *stride)
{
	return memcmp(a, b, *(size_t *)stride);
}

/* In order of id, the first folder's copy alone. */
static int
keep(struct loose *loose, const struct found *found, size_t id_bytes)
{
	loose->ids = malloc(found->count * id_bytes + 1);
	loose->stores = malloc(found->count + 1);
	if (loose->ids == NULL || loose->stores == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < found->count; i++) {
		const uint8_t *row = found->at + i * found->stride;

		if (loose->count > 0 &&
		    memcmp(row, loose->ids + (loose->count - 1) * id_bytes, id_bytes) == 0)
			continue;
		memcpy(loose->ids + loose->count * id_bytes, row, id_bytes);
		loose->stores[loose->count++] = row[id_bytes];
	}
	return 0;
}

int
loose_list(struct history *h, struct fault *fault)
{
	struct found found = {.stride = h->id_bytes + 1};
	int r = 0;

	for (size_t store = 0; store < h->objects_count; store++)
		for (unsigned first = 0; r == 0 && first < 256; first++)
			r = list_folder(h, &found, h->objects[store], (uint8_t)store, first);
	if (r == 0 && found.count > 0) {
		qsort_r(found.at, found.count, found.stride, found_order, &found.stride);
		r = keep(&h->loose, &found, h->id_bytes);
	}
	free(found.at);
	return r < 0 ? fault_memory(fault) : 0;
}

bool
loose_find(const struct history *h, const uint8_t *id, size_t *at)
{
	size_t low = 0, high = h->loose.count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(id, h->loose.ids + middle * h->id_bytes, h->id_bytes);

		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* ---- one of them ---- */

static int
broke(struct rebuild *r, int code, const char *why)
{
	r->why = why;
	return code;
}

/* "blob 123\0" at the front of `in`: how long it is, or 0. */
static size_t
parse_header(struct bytes in, enum history_type *type, uint64_t *size)
{
	static const char *const names[] = {
	    [HISTORY_COMMIT] = "commit ",
	    [HISTORY_TREE] = "tree ",
	    [HISTORY_BLOB] = "blob ",
	    [HISTORY_TAG] = "tag ",
	};
	const uint8_t *from = in.at;
	size_t digits = 0;

	for (unsigned i = HISTORY_COMMIT; i <= HISTORY_TAG; i++)
		if (bytes_begins(in, bytes_text(names[i]))) {
			*type = (enum history_type)i;
			(void)bytes_skip(&in, strlen(names[i]));
			break;
		}
	if (in.at == from)
		return 0;
	for (*size = 0; digits < in.left && in.at[digits] >= '0' && in.at[digits] <= '9'; digits++)
		*size = *size * 10 + (uint64_t)(in.at[digits] - '0');
	if (digits == 0 || digits > 19 || (digits > 1 && in.at[0] == '0') || digits >= in.left ||
	    in.at[digits] != 0)
		return 0;
	return (size_t)(in.at - from) + digits + 1;
}

/* The packed bytes. */
static int
read_file(struct rebuild *r, size_t at, struct bytes *packed, struct map *map)
{
	const struct history *h = r->h;
	struct history_id id = id_of(h, h->loose.ids + at * h->id_bytes);
	char text[HISTORY_ID_TEXT], name[HISTORY_ID_TEXT + 1];
	struct fault fault;

	(void)history_id_format(&id, h->id_bytes, text);
	(void)snprintf(name, sizeof(name), "%.2s/%s", text, text + 2);
	if (map_open(map, h->objects[h->loose.stores[at]], name, &fault) != 0)
		return broke(r, FAULT_FORMAT, "file cannot be read");
	*packed = bytes_make(map->at, map->bytes);
	return 0;
}

/* Type and size of an object that is too large to be inflated on suspicion. */
static int
large_header(struct rebuild *r, struct bytes packed, enum history_type *type, uint64_t *size,
	     size_t *header)
{
	AUTO(stream_close)
	struct stream *text = NULL;
	struct stream source;

	stream_from_memory(&source, packed);
	if (codec_open_bare(&text, CODEC_ZLIB, &source, -1, NULL) < 0)
		return FAULT_MEMORY;
	(void)stream_want(text, LOOSE_HEADER_MAX, NULL);
	*header = parse_header(stream_window(text), type, size);
	return *header == 0 ? broke(r, FAULT_FORMAT, history_reason_header) : 0;
}

static int
inflate_all(struct rebuild *r, struct bytes packed, enum history_type *type, struct slot *out,
	    bool may_leave, bool *left)
{
	size_t room = packed.left < 8192 ? 65536 : packed.left * 8, taken, made, header = 0;
	uint64_t size = 0;
	int answer, result;

	if (room > HISTORY_STREAM_BYTES)
		room = HISTORY_STREAM_BYTES;
	result = slot_take(r, room, out);
	if (result < 0)
		return result;
	answer = codec_inflate_zlib(r->inflater, packed, out->at, room, &taken, &made);
	if (answer == CODEC_INFLATE_MORE) {
		result = large_header(r, packed, type, &size, &header);
		if (result < 0)
			return result;
		if (may_leave && *type == HISTORY_BLOB && size > HISTORY_STREAM_BYTES) {
			*left = true;
			out->size = (size_t)size;
			return 0;
		}
		if (size > r->h->options.limits.member || size > PTRDIFF_MAX / 2)
			return broke(r, FAULT_LIMIT, history_reason_limit);
		slot_give(r, out);
		result = slot_take(r, (size_t)size + header, out);
		if (result < 0)
			return result;
		answer = codec_inflate_zlib(r->inflater, packed, out->at, (size_t)size + header,
					    &taken, &made);
	}
	if (answer != 0)
		return broke(r, FAULT_FORMAT, history_reason_inflate);
	header = parse_header(bytes_make(out->at, made), type, &size);
	if (header == 0)
		return broke(r, FAULT_FORMAT, history_reason_header);
	if (size != made - header)
		return broke(r, FAULT_FORMAT, history_reason_size);
	memmove(out->at, out->at + header, (size_t)size);
	out->size = (size_t)size;
	r->ends_early = taken != packed.left;
	return 0;
}

int
loose_rebuild(struct rebuild *r, size_t at, enum history_type *type, struct slot *out,
	      struct map *large)
{
	struct map map = {0};
	struct bytes packed;
	bool left = false;
	int result;

	*out = (struct slot){0};
	result = read_file(r, at, &packed, &map);
	if (result == 0)
		result = inflate_all(r, packed, type, out, large != NULL, &left);
	if (result < 0) {
		slot_give(r, out);
	} else if (left) {
		size_t size = out->size;

		slot_give(r, out);
		out->size = size;
		*large = map;
		return 0;
	}
	map_close(&map);
	return result;
}
