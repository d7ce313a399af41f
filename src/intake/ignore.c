/*
 * ignore.c - which files of a work tree git leaves alone
 *
 * Knows: gitignore(5) precedence, the names in a git index (gitformat-index(5), versions 2 to 4).
 * Does not know: git objects, the user's core.excludesFile (it is not part of the repository, and
 * what one person ignores everywhere would make two machines disagree).
 */
#include "intake/ignore.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/glob.h"

#define INDEX_BYTES_MAX  ((size_t)512 << 20)
#define IGNORE_BYTES_MAX ((size_t)1 << 20)
#define LEVELS_MAX       256

struct level {
	struct glob_list list;
	size_t below; /* length of the folder's path with its '/' */
};

struct ignore {
	struct arena arena;
	struct bytes *tracked; /* in index order, which is sorted bytewise */
	size_t tracked_count, tracked_room;
	struct level levels[LEVELS_MAX];
	size_t levels_count;
};

void
ignore_close(struct ignore **ignore)
{
	if (*ignore == NULL)
		return;
	arena_free(&(*ignore)->arena);
	free((*ignore)->tracked);
	free(*ignore);
	*ignore = NULL;
}

/* Whole content of a regular file below a folder; false when it is not there or too large. */
static bool
read_below(int folder, const char *name, struct buf *to)
{
	AUTO(own_close)
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	uint8_t block[16384];
	ssize_t got;

	if (fd < 0)
		return false;
	while ((got = read(fd, block, sizeof(block))) > 0)
		if (buf_append(to, block, (size_t)got) < 0)
			return false;
	return got == 0;
}

static bool
add_tracked(struct ignore *g, struct bytes name)
{
	char *copy;

	if (g->tracked_count == g->tracked_room) {
		size_t room = g->tracked_room == 0 ? 256 : g->tracked_room * 2;
		struct bytes *grown = reallocarray(g->tracked, room, sizeof(*grown));

		if (grown == NULL)
			return false;
		g->tracked = grown;
		g->tracked_room = room;
	}
	copy = arena_copy(&g->arena, name.at, name.left);
	if (copy == NULL)
		return false;
	g->tracked[g->tracked_count++] = bytes_make(copy, name.left);
	return true;
}

/* The number of bytes that version 4 strips from the previous name: git's offset encoding. */
static bool
take_offset(struct bytes *in, size_t *out)
{
	uint8_t c;
	size_t value;

	if (bytes_take_u8(in, &c) < 0)
		return false;
	value = c & 127;
	while ((c & 128) != 0) {
		if (value > (SIZE_MAX >> 8) || bytes_take_u8(in, &c) < 0)
			return false;
		value = ((value + 1) << 7) | (c & 127);
	}
	*out = value;
	return true;
}

/* One name, and the padding behind it. `from` is where the entry began. */
static bool
take_name(struct bytes *in, uint32_t version, const uint8_t *from, struct buf *name)
{
	const uint8_t *nul;
	size_t length, entry;

	if (version == 4) {
		size_t strip;

		if (!take_offset(in, &strip) || strip > name->used)
			return false;
		name->used -= strip;
	} else {
		buf_reset(name);
	}
	nul = in->left == 0 ? NULL : memchr(in->at, 0, in->left);
	if (nul == NULL)
		return false;
	length = (size_t)(nul - in->at);
	if (buf_append(name, in->at, length) < 0)
		return false;
	if (version == 4)
		return bytes_skip(in, length + 1) == 0;
	/* 1 to 8 NULs, so that the entry is a multiple of eight. */
	entry = (size_t)(in->at - from) + length;
	return bytes_skip(in, length + 8 - entry % 8) == 0;
}

/* `id_bytes` is 20 or 32: the file does not say which hash the repository uses. */
static bool
read_entries(struct ignore *g, struct bytes in, uint32_t version, uint32_t count, size_t id_bytes)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(64 * 1024);

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *from = in.at;
		uint16_t flags, more;

		if (bytes_skip(&in, 40 + id_bytes) < 0 || bytes_take_be16(&in, &flags) < 0)
			return false;
		if ((flags & 0x4000) != 0 && (version < 3 || bytes_take_be16(&in, &more) < 0))
			return false;
		if (!take_name(&in, version, from, &name) || name.used == 0 ||
		    !add_tracked(g, buf_bytes(&name)))
			return false;
	}
	return true;
}

static bool
read_index(struct ignore *g, struct bytes file)
{
	uint32_t magic, version, count;
	struct bytes in = file;

	if (bytes_take_be32(&in, &magic) < 0 || magic != 0x44495243 ||
	    bytes_take_be32(&in, &version) < 0 || version < 2 || version > 4 ||
	    bytes_take_be32(&in, &count) < 0)
		return false;
	if (read_entries(g, in, version, count, 20))
		return true;
	g->tracked_count = 0;
	return read_entries(g, in, version, count, 32);
}

static int
add_level(struct ignore *g, int folder, const char *name, size_t below, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(IGNORE_BYTES_MAX);
	struct level *level;

	if (g->levels_count == LEVELS_MAX)
		return fault_set(fault, FAULT_LIMIT, "folders nested too deep");
	level = &g->levels[g->levels_count++];
	*level = (struct level){.list = GLOB_LIST_INIT(&g->arena, 0), .below = below};
	if (!read_below(folder, name, &content))
		return 0;
	return glob_list_add_lines(&level->list, buf_bytes(&content), fault);
}

int
ignore_open(struct ignore **out, int root, struct fault *fault)
{
	AUTO(buf_free)
	struct buf index = BUF_INIT(INDEX_BYTES_MAX);
	AUTO(ignore_close)
	struct ignore *g = calloc(1, sizeof(*g));
	int r;

	*out = NULL;
	if (g == NULL)
		return fault_memory(fault);
	g->arena = (struct arena)ARENA_INIT((size_t)1 << 30);
	if (!read_below(root, ".git/index", &index) || !read_index(g, buf_bytes(&index)))
		return 0;
	r = add_level(g, root, ".git/info/exclude", 0, fault);
	if (r < 0)
		return r;
	*out = TAKE(g);
	return 0;
}

int
ignore_enter(struct ignore *g, int folder, struct bytes path, struct fault *fault)
{
	return add_level(g, folder, ".gitignore", path.left == 0 ? 0 : path.left + 1, fault);
}

void
ignore_leave(struct ignore *g)
{
	g->levels_count--;
}

static int
order(struct bytes a, struct bytes b)
{
	int r = memcmp(a.at, b.at, a.left < b.left ? a.left : b.left);

	return r != 0 ? r : (a.left > b.left) - (a.left < b.left);
}

/* Is the file, or anything below the folder, in the index? */
static bool
is_tracked(const struct ignore *g, struct bytes path, bool is_folder)
{
	size_t low = 0, high = g->tracked_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(g->tracked[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!is_folder)
		return low < g->tracked_count && bytes_equal(g->tracked[low], path);
	/* Names between "dir" and "dir/" may stand first: "dir-x" sorts below "dir/a". */
	for (; low < g->tracked_count && bytes_begins(g->tracked[low], path); low++)
		if (g->tracked[low].left > path.left && g->tracked[low].at[path.left] == '/')
			return true;
	return false;
}

static bool
is_ignored(const struct ignore *g, struct bytes path, bool is_folder)
{
	/* The deepest .gitignore that has something to say decides. */
	for (size_t i = g->levels_count; i > 0; i--) {
		const struct level *level = &g->levels[i - 1];
		enum glob_answer answer;

		if (level->below > path.left)
			continue;
		answer = glob_list_match_below(
		    &level->list, bytes_slice(path, level->below, path.left), is_folder, NULL);
		if (answer != GLOB_MISS)
			return answer == GLOB_HIT;
	}
	return false;
}

bool
ignore_skips(const struct ignore *g, struct bytes path, bool is_folder)
{
	return is_ignored(g, path, is_folder) && !is_tracked(g, path, is_folder);
}
