/*
 * scm.c - which files git tracks and which it ignores, read from its own files
 *
 * Knows: the index (versions 2 to 4: gitformat-index), .gitignore on the way down, info/exclude.
 * Does not know: global ignore files of a person, submodules, sparse indexes' folders.
 */
#include "publish/scm.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "publish/folder.h"

#define ENTRY_FIXED      62 /* up to and with the flags */
#define ENTRIES_MAX      2000000
#define FLAG_EXTENDED    0x4000
#define LEVELS_ABOVE_MAX 64

static int
by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Version 4 writes how many bytes of the last name to drop as git's offset varint. */
static int
take_varint(struct bytes *in, size_t *out)
{
	uint8_t c;
	size_t value;

	if (bytes_take_u8(in, &c) < 0)
		return -1;
	value = c & 127;
	while ((c & 128) != 0) {
		if (value > (SIZE_MAX >> 8) || bytes_take_u8(in, &c) < 0)
			return -1;
		value = ((value + 1) << 7) | (c & 127);
	}
	*out = value;
	return 0;
}

/* One entry; *name is its path.  Returns -1 when it does not fit. */
static int
take_entry(struct bytes *in, uint32_t version, struct buf *name)
{
	struct bytes fixed, text;
	size_t fixed_bytes = ENTRY_FIXED, drop = 0, length;
	const uint8_t *end;

	if (bytes_take(in, ENTRY_FIXED, &fixed) < 0)
		return -1;
	if ((((unsigned)fixed.at[60] << 8) & FLAG_EXTENDED) != 0) {
		if (bytes_skip(in, 2) < 0)
			return -1;
		fixed_bytes += 2;
	}
	if (version == 4 && (take_varint(in, &drop) < 0 || drop > name->used))
		return -1;
	end = in->left == 0 ? NULL : memchr(in->at, 0, in->left);
	if (end == NULL)
		return -1;
	length = (size_t)(end - in->at);
	text = bytes_slice(*in, 0, length);
	name->used = version == 4 ? name->used - drop : 0;
	if (buf_append(name, text.at, text.left) < 0)
		return -1;
	/* Before version 4 an entry is padded with 1 to 8 NULs to a multiple of 8. */
	return bytes_skip(in, version == 4
				  ? length + 1
				  : ((fixed_bytes + length + 8) & ~(size_t)7) - fixed_bytes);
}

/* `prefix`: the folder of interest from the repository's root, with its '/', or "". */
static int
read_index(struct scm *scm, struct bytes in, const char *prefix, struct fault *fault)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(65536);
	size_t prefix_bytes = strlen(prefix), room;
	uint32_t magic, version, count;

	if (bytes_take_be32(&in, &magic) < 0 || bytes_take_be32(&in, &version) < 0 ||
	    bytes_take_be32(&in, &count) < 0 || magic != 0x44495243 || version < 2 || version > 4)
		return fault_set(fault, FAULT_FORMAT, ".git/index: not an index of version 2 to 4");
	/* What is there bounds how many there can be. */
	room = in.left / (ENTRY_FIXED + 1) + 1;
	if (count > ENTRIES_MAX || count > room)
		return fault_set(fault, FAULT_FORMAT, ".git/index: counts %u entries", count);
	scm->tracked = arena_alloc(scm->arena, (count + 1) * sizeof(*scm->tracked));
	if (scm->tracked == NULL)
		return fault_memory(fault);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes path;

		if (take_entry(&in, version, &name) < 0)
			return fault_set(fault, FAULT_FORMAT,
					 ".git/index: entry %u runs past the end", i);
		path = buf_bytes(&name);
		if (!bytes_begins(path, bytes_text(prefix)))
			continue;
		(void)bytes_skip(&path, prefix_bytes);
		scm->tracked[scm->tracked_count] = arena_copy(scm->arena, path.at, path.left);
		if (scm->tracked[scm->tracked_count++] == NULL)
			return fault_memory(fault);
	}
	if (scm->tracked_count > 1)
		qsort(scm->tracked, scm->tracked_count, sizeof(*scm->tracked), by_text);
	scm->has_index = true;
	return 0;
}

static int
add_ignore_file(struct scm_folder *folder, int fd, const char *name, struct arena *arena,
		struct fault *fault)
{
	struct bytes content;
	int r = folder_file(fd, name, &content, arena, fault);

	if (r == FOLDER_NONE)
		return 0;
	return r < 0 ? r : glob_list_add_lines(&folder->list, content, fault);
}

static int
enter(struct scm_folder *out, const struct scm_folder *above, int fd, const char *path,
      struct arena *arena, struct fault *fault)
{
	*out = (struct scm_folder){.above = above,
				   .path = path,
				   .path_bytes = strlen(path),
				   .list = GLOB_LIST_INIT(arena, 0)};
	return add_ignore_file(out, fd, ".gitignore", arena, fault);
}

int
scm_enter(const struct scm *scm, struct scm_folder *out, const struct scm_folder *above, int fd,
	  const char *path, struct fault *fault)
{
	*out = (struct scm_folder){.above = above == NULL ? scm->above : above,
				   .path = path,
				   .path_bytes = strlen(path),
				   .list = GLOB_LIST_INIT(scm->arena, 0)};
	return scm->is_git ? add_ignore_file(out, fd, ".gitignore", scm->arena, fault) : 0;
}

/* The folders from the repository's root down to the one above `real` keep their own ignore files;
 * their lists see paths that begin at them, so `path` of each is what to put in front. */
static int
enter_above(struct scm *scm, const char *root, const char *real, struct fault *fault)
{
	size_t root_bytes = strlen(root), at = root_bytes;
	int r = 0;

	while (r == 0 && at < strlen(real)) {
		const char *next = strchr(real + at + 1, '/');
		const char *folder = arena_copy(scm->arena, real, at == 0 ? 1 : at);
		struct scm_folder *level = ARENA_NEW(scm->arena, struct scm_folder);
		AUTO(own_close)
		int fd = -1;

		if (level == NULL || folder == NULL)
			return fault_memory(fault);
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			r = enter(level, scm->above, fd, real + at + 1, scm->arena, fault);
		if (fd >= 0)
			scm->above = level;
		at = next == NULL ? strlen(real) : (size_t)(next - real);
	}
	return r;
}

static int
open_repository(struct scm *scm, const char *root, const char *real, struct fault *fault)
{
	size_t root_bytes = strlen(root);
	const char *prefix =
	    strlen(real) > root_bytes ? arena_printf(scm->arena, "%s/", real + root_bytes + 1) : "";
	const char *git = arena_printf(scm->arena, "%s/.git", root);
	struct scm_folder *own = ARENA_NEW(scm->arena, struct scm_folder);
	struct bytes index;
	AUTO(own_close)
	int fd = -1;
	int r;

	if (prefix == NULL || git == NULL || own == NULL)
		return fault_memory(fault);
	scm->is_git = true;
	fd = open(git, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return enter_above(scm, root, real,
				   fault); /* a work tree elsewhere: no index here */
	*own = (struct scm_folder){
	    .path = real + (strlen(real) > root_bytes ? root_bytes + 1 : root_bytes),
	    .list = GLOB_LIST_INIT(scm->arena, 0)};
	r = add_ignore_file(own, fd, "info/exclude", scm->arena, fault);
	scm->above = own;
	if (r == 0)
		r = enter_above(scm, root, real, fault);
	if (r == 0)
		r = folder_file(fd, "index", &index, scm->arena, fault);
	if (r == FOLDER_NONE)
		return 0;
	return r < 0 ? r : read_index(scm, index, prefix, fault);
}

int
scm_open(struct scm *scm, const char *real, struct arena *arena, struct fault *fault)
{
	size_t length = strlen(real);

	*scm = (struct scm){.arena = arena};
	for (unsigned n = 0; n < LEVELS_ABOVE_MAX && length > 0; n++) {
		const char *git = arena_printf(arena, "%.*s/.git", (int)length, real);
		const char *slash;

		if (git == NULL)
			return fault_memory(fault);
		if (access(git, F_OK) == 0) {
			const char *root = arena_copy(arena, real, length);

			return root == NULL ? fault_memory(fault)
					    : open_repository(scm, root, real, fault);
		}
		slash = memrchr(real, '/', length);
		length = slash == NULL ? 0 : (size_t)(slash - real);
	}
	return 0;
}

/* The first tracked path that is not before `path`. */
static size_t
first_from(const struct scm *scm, const char *path)
{
	size_t low = 0, high = scm->tracked_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(scm->tracked[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
scm_is_tracked(const struct scm *scm, const char *path)
{
	size_t at = first_from(scm, path);

	return at < scm->tracked_count && strcmp(scm->tracked[at], path) == 0;
}

bool
scm_tracks_below(const struct scm *scm, const char *path)
{
	const char *folder = arena_printf(scm->arena, "%s/", path);
	size_t at = folder == NULL ? scm->tracked_count : first_from(scm, folder);

	return at < scm->tracked_count && strncmp(scm->tracked[at], folder, strlen(folder)) == 0;
}

bool
scm_is_ignored(const struct scm_folder *folder, const char *path, bool is_folder)
{
	bool inside = true;

	for (; folder != NULL; folder = folder->above) {
		char joined[8192];
		struct bytes seen = bytes_text(path);
		enum glob_answer answer;

		/* Below the folder of scm_open: cut its path off; above it: put its path in front. */
		if (inside && folder->path_bytes == 0) {
			inside = false;
		} else if (inside) {
			(void)bytes_skip(&seen, folder->path_bytes + 1);
		} else if (folder->path[0] != '\0') {
			int n = snprintf(joined, sizeof(joined), "%s/%s", folder->path, path);

			if (n < 0 || (size_t)n >= sizeof(joined))
				continue;
			seen = bytes_make(joined, (size_t)n);
		}
		answer = glob_list_match(&folder->list, seen, is_folder, NULL);
		if (answer != GLOB_MISS)
			return answer == GLOB_HIT;
	}
	return false;
}
