/*
 * place.c - where a repository keeps things: the only code that follows paths out of a repository
 *
 * Knows: .git folders and files, linked worktrees, alternates, the quarantine of a receiving hook.
 * Does not know: what lies there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/inside.h"

/* As git: alternates of alternates of alternates, no deeper. */
#define ALTERNATES_DEPTH_MAX 5
#define PLACE_FILE_BYTES_MAX ((size_t)64 * 1024)

static int
open_folder(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
is_there(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A small file as text without the newlines at its end.  1: it is not there. */
static int
read_small(int at, const char *name, struct buf *to, struct fault *fault)
{
	struct map map;
	int r = map_open(&map, at, name, fault);

	if (r != 0)
		return r;
	if (map.bytes > PLACE_FILE_BYTES_MAX) {
		map_close(&map);
		return fault_set(fault, FAULT_FORMAT, "%s is too large to name a folder", name);
	}
	buf_reset(to);
	(void)buf_append(to, map.at, map.bytes);
	map_close(&map);
	while (to->used > 0 && (to->at[to->used - 1] == '\n' || to->at[to->used - 1] == '\r'))
		to->used--;
	(void)buf_append_u8(to, 0);
	return to->failed != 0 ? fault_memory(fault) : 0;
}

/* ---- the .git folder ---- */

static bool
is_git_dir(int at)
{
	return (is_there(at, "objects") || is_there(at, "commondir")) &&
	       (is_there(at, "HEAD") || is_there(at, "refs") || is_there(at, "packed-refs"));
}

static int
find_git_dir(int folder, int *out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(PLACE_FILE_BYTES_MAX + 2);
	int fd = open_folder(folder, ".git");
	int r;

	if (fd < 0 && errno == ENOTDIR) {
		r = read_small(folder, ".git", &text, fault);
		if (r < 0)
			return r;
		if (!bytes_begins(buf_bytes(&text), BYTES_OF("gitdir: ")))
			return HISTORY_NOT_A_REPOSITORY;
		fd = open_folder(folder, (const char *)text.at + 8);
		if (fd < 0)
			return fault_errno(fault, "folder that .git names");
	} else if (fd < 0 && errno != ENOENT) {
		return fault_errno(fault, ".git");
	}
	if (fd >= 0 && is_git_dir(fd)) {
		*out = fd;
		return 0;
	}
	own_close(&fd);
	if (!is_git_dir(folder))
		return HISTORY_NOT_A_REPOSITORY;
	*out = open_folder(folder, ".");
	return *out < 0 ? fault_errno(fault, "repository") : 0;
}

static int
find_common_dir(int git_dir, int *out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(PLACE_FILE_BYTES_MAX + 2);
	int r = read_small(git_dir, "commondir", &text, fault);

	if (r < 0)
		return r;
	*out = open_folder(git_dir, r == 0 ? (const char *)text.at : ".");
	return *out < 0 ? fault_errno(fault, "folder that commondir names") : 0;
}

/* ---- object folders ---- */

struct finder {
	struct history_place *place;
	unsigned depth[HISTORY_ALTERNATES_MAX];
};

/* Takes fd over.  One that is there already is left out: so alternates in a circle end. */
static void
add_objects(struct finder *f, int fd, unsigned depth)
{
	struct history_place *place = f->place;
	struct stat st, other;

	if (fd < 0 || fstat(fd, &st) < 0 || place->objects_count == HISTORY_ALTERNATES_MAX) {
		own_close(&fd);
		place->alternates_lost++;
		return;
	}
	for (size_t i = 0; i < place->objects_count; i++)
		if (fstat(place->objects[i], &other) == 0 && st.st_dev == other.st_dev &&
		    st.st_ino == other.st_ino) {
			own_close(&fd);
			return;
		}
	f->depth[place->objects_count] = depth;
	place->objects[place->objects_count++] = fd;
}

/* Paths between `separator`s; git may put one in quotes when it holds odd bytes. */
static void
add_paths(struct finder *f, int at, char *text, char separator, unsigned depth)
{
	while (*text != 0) {
		char *end = strchrnul(text, separator);
		bool is_last = *end == 0;

		*end = 0;
		if (*text == '"')
			f->place->alternates_lost++;
		else if (*text != 0 && *text != '#')
			add_objects(f, open_folder(at, text), depth);
		if (is_last)
			return;
		text = end + 1;
	}
}

static void
add_alternates_of(struct finder *f, size_t which)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(PLACE_FILE_BYTES_MAX + 2);
	int r = read_small(f->place->objects[which], "info/alternates", &text, NULL);

	if (r < 0 || (r == 0 && f->depth[which] >= ALTERNATES_DEPTH_MAX))
		f->place->alternates_lost++;
	else if (r == 0)
		add_paths(f, f->place->objects[which], (char *)text.at, '\n', f->depth[which] + 1);
}

static const char *
variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

static int
find_objects(struct history_place *place, char *const *environment, struct fault *fault)
{
	struct finder f = {.place = place};
	const char *quarantine = variable(environment, "GIT_QUARANTINE_PATH");
	const char *objects = variable(environment, "GIT_OBJECT_DIRECTORY");
	const char *alternates = variable(environment, "GIT_ALTERNATE_OBJECT_DIRECTORIES");
	int own;

	if (quarantine != NULL)
		add_objects(&f, open_folder(AT_FDCWD, quarantine), 0);
	else if (objects != NULL)
		add_objects(&f, open_folder(AT_FDCWD, objects), 0);
	own = open_folder(place->common_dir, "objects");
	if (own < 0 && place->objects_count == 0)
		return fault_errno(fault, "objects");
	add_objects(&f, own, 0);
	place->own_count = 1;
	if (alternates != NULL) {
		AUTO(own_free)
		char *text = strdup(alternates);

		if (text == NULL)
			return fault_memory(fault);
		add_paths(&f, AT_FDCWD, text, ':', 1);
	}
	for (size_t i = 0; i < place->objects_count; i++)
		add_alternates_of(&f, i);
	return 0;
}

int
history_find(struct history_place *out, int folder, char *const *environment, struct fault *fault)
{
	int r;

	*out = (struct history_place)HISTORY_PLACE_INIT;
	r = find_git_dir(folder, &out->git_dir, fault);
	if (r == 0)
		r = find_common_dir(out->git_dir, &out->common_dir, fault);
	if (r == 0) {
		out->is_bare = !is_there(folder, ".git") && !is_there(out->git_dir, "index") &&
			       !is_there(out->git_dir, "commondir");
		r = find_objects(out, environment, fault);
		/* One that is not there is an empty one. */
		if (variable(environment, "GIT_INDEX_FILE") != NULL)
			out->index = open(variable(environment, "GIT_INDEX_FILE"),
					  O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	if (r != 0)
		history_place_close(out);
	return r;
}

void
history_place_close(struct history_place *place)
{
	own_close(&place->git_dir);
	own_close(&place->common_dir);
	own_close(&place->index);
	for (size_t i = 0; i < place->objects_count; i++)
		own_close(&place->objects[i]);
	*place = (struct history_place)HISTORY_PLACE_INIT;
}
