/*
 * open.c - a repository's object folders become packs and a list of loose objects
 *
 * Knows: what lies in objects/ and objects/pack/.  Does not know: contents.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/inside.h"

#define LOOSE_BYTES_GUESSED 4096

/* More folders of packs than anyone has; a limit only so that a folder cannot be without end. */
#define PACKS_MAX 100000

/* ---- one pack ---- */

static bool
has_file(int folder, const char *stem, const char *suffix)
{
	struct stat st;
	char name[300];

	return snprintf(name, sizeof(name), "%s%s", stem, suffix) < (int)sizeof(name) &&
	       fstatat(folder, name, &st, 0) == 0;
}

static const char *
open_pack_file(struct pack *pack, int folder, const char *stem, size_t id_bytes, uint32_t *count)
{
	struct bytes head;
	uint32_t version = 0;
	char name[300];

	(void)snprintf(name, sizeof(name), "%s.pack", stem);
	if (map_open(&pack->map, folder, name, NULL) != 0)
		return "cannot be read";
	head = bytes_make(pack->map.at, pack->map.bytes);
	if (!bytes_begins(head, BYTES_OF("PACK")) || head.left < 12 + id_bytes)
		return "is not a pack";
	(void)bytes_skip(&head, 4);
	(void)bytes_take_be32(&head, &version);
	(void)bytes_take_be32(&head, count);
	if (version != 2 && version != 3)
		return "is a pack of a version that is not known here";
	pack->data_bytes = pack->map.bytes - id_bytes;
	return NULL;
}

static bool
open_idx_file(struct pack *pack, int folder, const char *stem, size_t id_bytes, uint32_t count)
{
	struct map map;
	char name[300];

	(void)snprintf(name, sizeof(name), "%s.idx", stem);
	if (map_open(&map, folder, name, NULL) != 0)
		return false;
	if (idx_parse(&pack->idx, map, id_bytes, NULL) < 0) {
		map_close(&map);
		return false;
	}
	if (pack->idx.count == count)
		return true;
	idx_close(&pack->idx);
	return false;
}

static int
room_for_pack(struct history *h, struct pack **out)
{
	if (h->packs_count == h->packs_room) {
		size_t room = h->packs_room == 0 ? 16 : h->packs_room * 2;
		struct pack *grown = realloc(h->packs, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		h->packs = grown;
		h->packs_room = room;
	}
	*out = &h->packs[h->packs_count];
	**out = (struct pack){0};
	return 0;
}

static int
add_pack(struct history *h, int folder, const char *stem, bool is_alternate, struct fault *fault)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT(4096);
	const char *wrong;
	struct pack *pack;
	uint32_t count = 0;

	if (room_for_pack(h, &pack) < 0 || blob_display(&shown, bytes_text(stem)) < 0)
		return fault_memory(fault);
	pack->name = arena_printf(&h->names, "%s.pack", buf_text(&shown));
	if (pack->name == NULL)
		return fault_memory(fault);
	pack->is_alternate = is_alternate;
	pack->promisor = has_file(folder, stem, ".promisor");
	wrong = open_pack_file(pack, folder, stem, h->id_bytes, &count);
	/* an index that does not fit is as good as none: the pack says it all itself */
	if (wrong == NULL && !open_idx_file(pack, folder, stem, h->id_bytes, count)) {
		int r = pack_reindex(h, pack, count, fault);

		if (r < 0) {
			idx_close(&pack->idx);
			map_close(&pack->map);
			return r;
		}
	}
	if (wrong != NULL) {
		gap_add(h, pack->name, wrong, NULL, count == 0 ? 1 : count, false);
		map_close(&pack->map);
		return 0;
	}
	h->packs_count++;
	return 0;
}

/* ---- all of them ---- */

static int
list_packs(struct history *h, int objects, bool is_alternate, struct fault *fault)
{
	int fd = openat(objects, "pack", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (fd < 0) {
		if (errno != ENOENT)
			gap_add(h, "objects/pack", "cannot be opened", NULL, 1, false);
		return 0;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return fault_memory(fault);
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (!bytes_ends(bytes_text(entry->d_name), BYTES_OF(".pack")))
			continue;
		if (h->packs_count >= PACKS_MAX) {
			gap_add(h, "objects/pack", "more packs than are read", NULL, 1, false);
			break;
		}
		entry->d_name[length - 5] = 0;
		r = add_pack(h, fd, entry->d_name, is_alternate, fault);
	}
	if (r == 0 && errno != 0)
		gap_add(h, "objects/pack", "cannot be read to its end", NULL, 1, false);
	(void)closedir(dir);
	return r;
}

/* Own ones before alternates, the largest first: it is the one with the longest chains. */
static int
pack_order(const void *one, const void *other)
{
	const struct pack *a = one, *b = other;

	if (a->is_alternate != b->is_alternate)
		return a->is_alternate ? 1 : -1;
	if (a->map.bytes != b->map.bytes)
		return a->map.bytes > b->map.bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int
open_all(struct history *h, struct fault *fault)
{
	struct history_config config;
	int r = 0;

	config_read(h, &config);
	h->id_bytes = config.object_format;
	for (size_t i = 0; r == 0 && i < h->objects_count; i++)
		r = list_packs(h, h->objects[i], i >= h->own_count, fault);
	if (r < 0)
		return r;
	if (h->packs_count > 0)
		qsort(h->packs, h->packs_count, sizeof(*h->packs), pack_order);
	for (size_t i = 0; i < h->packs_count; i++)
		config.partial |= h->packs[i].promisor;
	h->is_partial = config.partial;
	if (config.partial)
		gap_add(h, "objects",
			"a partial clone: objects that its filter left out are not here", NULL, 1,
			true);
	if (shallow_read(h) < 0)
		return fault_memory(fault);
	r = loose_list(h, fault);
	return r < 0 ? r : copies_mark(h, fault);
}

static int
keep_fd(int fd, int *out)
{
	*out = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 && *out < 0 ? -1 : 0;
}

static int
keep_place(struct history *h, const struct history_place *place, struct fault *fault)
{
	int r = keep_fd(place->git_dir, &h->git_dir) | keep_fd(place->common_dir, &h->common_dir) |
		keep_fd(place->index, &h->index);

	h->own_count = place->own_count;
	h->is_bare = place->is_bare;
	for (size_t i = 0; i < place->objects_count; i++, h->objects_count++)
		r |= keep_fd(place->objects[i], &h->objects[i]);
	if (r < 0)
		return fault_errno(fault, "folders of the repository");
	gap_add(h, "objects/info/alternates", "an object folder that it names cannot be opened",
		NULL, place->alternates_lost, false);
	return 0;
}

int
history_new(struct history **out, const struct history_options *options, struct fault *fault)
{
	struct history *h = calloc(1, sizeof(*h));

	*out = h;
	if (h == NULL)
		return fault_memory(fault);
	h->options = *options;
	h->id_bytes = 20;
	h->names = (struct arena)ARENA_INIT((size_t)256 << 20);
	h->git_dir = h->common_dir = h->index = -1;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_mutex_init(&h->reader_lock, NULL);
	if (h->options.jobs == 0)
		h->options.jobs = 1;
	if (h->options.jobs > HISTORY_JOBS_MAX)
		h->options.jobs = HISTORY_JOBS_MAX;
	return 0;
}

int
history_open(struct history **out, const struct history_place *place,
	     const struct history_options *options, struct fault *fault)
{
	AUTO(history_close)
	struct history *h = NULL;
	int r = history_new(&h, options, fault);

	*out = NULL;
	if (r == 0)
		r = keep_place(h, place, fault);
	if (r == 0)
		r = open_all(h, fault);
	if (r == 0)
		*out = TAKE(h);
	return r;
}

void
history_close(struct history **h)
{
	struct history *old = *h;

	*h = NULL;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->packs_count; i++) {
		idx_close(&old->packs[i].idx);
		if (!old->packs[i].is_lent)
			map_close(&old->packs[i].map);
		free(old->packs[i].copies);
		forest_free(&old->packs[i].forest);
	}
	free(old->packs);
	map_close(&old->bundle);
	free(old->loose.ids);
	free(old->loose.stores);
	free(old->loose.copies);
	if (old->reader_there)
		rebuild_fini(&old->reader);
	for (size_t i = 0; i < old->objects_count; i++)
		own_close(&old->objects[i]);
	own_close(&old->git_dir);
	own_close(&old->index);
	own_close(&old->common_dir);
	free(old->gaps);
	free(old->refs);
	free(old->shallow);
	arena_free(&old->names);
	(void)pthread_mutex_destroy(&old->lock);
	(void)pthread_mutex_destroy(&old->reader_lock);
	free(old);
}

/* ---- what is asked of it ---- */

size_t
history_id_bytes(const struct history *h)
{
	return h->id_bytes;
}

uint64_t
history_objects(const struct history *h)
{
	uint64_t count = h->loose.count;

	for (size_t i = 0; i < h->packs_count; i++)
		count += h->packs[i].idx.count;
	return count;
}

uint64_t
history_stored_bytes(const struct history *h)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < h->packs_count; i++)
		bytes += h->packs[i].map.bytes + h->packs[i].idx.map.bytes;
	return bytes + h->loose.count * LOOSE_BYTES_GUESSED;
}

bool
history_cancelled(const struct history *h)
{
	return h->options.cancel != NULL &&
	       atomic_load_explicit(h->options.cancel, memory_order_relaxed) != 0;
}

bool
history_locate(const struct history *h, const uint8_t *id, size_t *pack, uint64_t *offset)
{
	uint32_t position;

	for (; *pack < h->packs_count; ++*pack)
		if (idx_find(&h->packs[*pack].idx, id, &position)) {
			*offset = idx_offset(&h->packs[*pack].idx, position);
			return true;
		}
	return false;
}
