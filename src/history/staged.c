/*
 * staged.c - what the index holds and HEAD does not
 *
 * Knows: that a blob is staged when its path has another id in HEAD's tree, or none.
 * Does not know: the formats of index and trees.
 * HEAD's tree is read whole, folder by folder, into a set of hashes of path and id: 80,000 files
 * take 60 ms, and a hook of a usual repository does not notice.
 */
#include "history/staged.h"

#include <stdlib.h>
#include <string.h>

#include "history/inside.h"
#include "seal/hash.h"

#define PATHS_BYTES_MAX ((size_t)256 << 20)
#define DEPTH_MAX       4096

/* A folder of HEAD that is still to be read: its path ends at `path_bytes` of a text of its own. */
struct folder {
	struct history_id id;
	char *path; /* "src/", or "" */
};

struct staged {
	struct history *h;
	uint64_t *set; /* hashes; 0: free */
	size_t room, count;
	struct folder *folders;
	size_t folders_count, folders_room;
	struct buf tree, path;
	history_staged_fn *found;
	void *to;
	struct fault *fault;
};

static uint64_t
key_of(struct staged *s, const char *folder, struct bytes name, const struct history_id *id)
{
	uint64_t key;

	buf_reset(&s->path);
	(void)buf_append(&s->path, id->at, s->h->id_bytes);
	(void)buf_append_text(&s->path, folder);
	(void)buf_append(&s->path, name.at, name.left);
	key = hash_fast(buf_bytes(&s->path));
	return key == 0 ? 1 : key;
}

static uint64_t *
place_of(uint64_t *set, size_t room, uint64_t key)
{
	size_t at = (size_t)(key >> 7) & (room - 1);

	while (set[at] != 0 && set[at] != key)
		at = (at + 1) & (room - 1);
	return &set[at];
}

static bool
add(struct staged *s, uint64_t key)
{
	uint64_t *place;

	if (s->count * 2 >= s->room) {
		size_t room = s->room == 0 ? 4096 : s->room * 2;
		uint64_t *set = calloc(room, sizeof(*set));

		if (set == NULL)
			return false;
		for (size_t i = 0; i < s->room; i++)
			if (s->set[i] != 0)
				*place_of(set, room, s->set[i]) = s->set[i];
		free(s->set);
		s->set = set;
		s->room = room;
	}
	place = place_of(s->set, s->room, key);
	s->count += *place == 0;
	*place = key;
	return true;
}

static bool
push(struct staged *s, const char *above, struct bytes name, const struct history_id *id)
{
	struct folder *folder;
	size_t length = strlen(above);

	if (s->folders_count == s->folders_room) {
		size_t room = s->folders_room == 0 ? 64 : s->folders_room * 2;
		struct folder *folders = reallocarray(s->folders, room, sizeof(*folders));

		if (folders == NULL)
			return false;
		s->folders = folders;
		s->folders_room = room;
	}
	folder = &s->folders[s->folders_count];
	folder->id = *id;
	folder->path = malloc(length + name.left + 2);
	if (folder->path == NULL)
		return false;
	memcpy(folder->path, above, length);
	if (name.left > 0) {
		memcpy(folder->path + length, name.at, name.left);
		folder->path[length + name.left] = '/';
		length += name.left + 1;
	}
	folder->path[length] = '\0';
	s->folders_count++;
	return true;
}

/* What cannot be read counts as absent: then its files are staged, and looked at. */
static int
read_folder(struct staged *s, const struct folder *folder)
{
	struct history_tree_entry entry;
	enum history_type type;
	struct bytes rest;
	int r;

	buf_reset(&s->tree);
	r = history_read(s->h, &folder->id, &type, &s->tree, NULL);
	if (r == FAULT_MEMORY || r == FAULT_CANCEL)
		return r;
	if (r != 0 || type != HISTORY_TREE || strlen(folder->path) > DEPTH_MAX * 16)
		return 0;
	rest = buf_bytes(&s->tree);
	while (history_tree_next(&rest, s->h->id_bytes, &entry) == 0) {
		bool good;

		if ((entry.mode & HISTORY_MODE_TYPE) == HISTORY_MODE_TREE)
			good = push(s, folder->path, entry.name, &entry.id);
		else
			good = add(s, key_of(s, folder->path, entry.name, &entry.id));
		if (!good)
			return FAULT_MEMORY;
	}
	return 0;
}

static int
read_head(struct staged *s)
{
	struct history_id head;
	struct history_commit commit;
	enum history_type type;
	int r = history_resolve(s->h, "HEAD", &head, NULL);

	if (r == FAULT_MEMORY)
		return r;
	if (r != 0) /* no commit yet */
		return 0;
	buf_reset(&s->tree);
	r = history_read(s->h, &head, &type, &s->tree, NULL);
	if (r == FAULT_MEMORY || r == FAULT_CANCEL)
		return r;
	if (r != 0 || type != HISTORY_COMMIT ||
	    history_parse_commit(buf_bytes(&s->tree), s->h->id_bytes, &commit, NULL) < 0)
		return 0;
	if (!push(s, "", bytes_make(NULL, 0), &commit.tree))
		return FAULT_MEMORY;
	while (r == 0 && s->folders_count > 0) {
		struct folder folder = s->folders[--s->folders_count];

		r = read_folder(s, &folder);
		free(folder.path);
	}
	return r;
}

static int
look_at(void *to, struct bytes path, uint32_t mode, const struct history_id *id, unsigned stage)
{
	struct staged *s = to;
	uint64_t key;

	(void)stage;
	if ((mode & HISTORY_MODE_TYPE) == HISTORY_MODE_SUBMODULE)
		return 0;
	key = key_of(s, "", path, id);
	if (s->path.failed != 0)
		return FAULT_MEMORY;
	if (s->room > 0 && *place_of(s->set, s->room, key) != 0)
		return 0;
	return s->found(s->to, id, path, s->fault);
}

int
history_staged(struct history *h, history_staged_fn *found, void *to, struct fault *fault)
{
	struct staged s = {.h = h,
			   .tree = BUF_INIT(PATHS_BYTES_MAX),
			   .path = BUF_INIT(PATHS_BYTES_MAX),
			   .found = found,
			   .to = to,
			   .fault = fault};
	int r = read_head(&s);

	if (r == 0)
		r = history_index_own(h, look_at, &s, fault);
	else if (r == FAULT_MEMORY)
		r = fault_memory(fault);
	for (size_t i = 0; i < s.folders_count; i++)
		free(s.folders[i].path);
	free(s.folders);
	free(s.set);
	buf_free(&s.tree);
	buf_free(&s.path);
	return r;
}
