/*
 * folder.c - a folder without some of its files: a copy beside it
 *
 * Knows: names, modes and times of files, folders and links.  It parses nothing: what is cut goes
 * through a child of its own (mend_package), and so does the manifest.
 * Does not know: which files, or why; whether the copy is clean.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/own.h"
#include "mend/inside.h"

#define ENTRIES_MAX      ((size_t)2000000)
#define FOLDER_DEPTH_MAX 200
#define COPY_BYTES       ((size_t)256 * 1024)

struct entry {
	char *path; /* raw, below the folder */
	struct stat st;
};

struct listing {
	struct entry *list;
	size_t count, room;
};

static void
listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].path);
	free(l->list);
	*l = (struct listing){0};
}

static int
listing_add(struct listing *l, const char *path, const struct stat *st, struct fault *fault)
{
	if (l->count == ENTRIES_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %zu files", ENTRIES_MAX);
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : l->room * 2;
		struct entry *list = reallocarray(l->list, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		l->list = list;
		l->room = room;
	}
	l->list[l->count] = (struct entry){.path = strdup(path), .st = *st};
	if (l->list[l->count].path == NULL)
		return fault_memory(fault);
	l->count++;
	return 0;
}

/* No link on the way is followed, nor is the folder left. */
static int
open_below(int folder, const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC | O_NOFOLLOW,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* The entries of one folder, whose own path is `path` ("" at the top). */
static int
list_one(struct listing *l, int folder, const char *path, struct fault *fault)
{
	int fd = open_below(folder, path[0] == 0 ? "." : path, O_RDONLY | O_DIRECTORY), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		r = fault_errno(fault, "%s", path[0] == 0 ? "the folder" : path);
		own_close(&fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		AUTO(buf_free)
		struct buf name = BUF_INIT(BLOB_PATH_BYTES_MAX);
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (buf_printf(&name, "%s%s%s", path, path[0] == 0 ? "" : "/", entry->d_name) < 0)
			r = fault_set(fault, FAULT_LIMIT, "%s: a path is too long", path);
		else if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = fault_errno(fault, "%s", buf_text(&name));
		else
			r = listing_add(l, buf_text(&name), &st, fault);
	}
	if (r == 0 && errno != 0)
		r = fault_errno(fault, "%s", path);
	(void)closedir(dir);
	return r;
}

static size_t
depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path != 0; path++)
		depth += *path == '/';
	return depth;
}

/* Everything, breadth first, then by name: a folder stands before what is in it. */
static int
list_all(struct listing *l, int folder, struct fault *fault)
{
	int r = list_one(l, folder, "", fault);

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		if (!S_ISDIR(l->list[i].st.st_mode))
			continue;
		if (depth_of(l->list[i].path) >= FOLDER_DEPTH_MAX)
			return fault_set(fault, FAULT_LIMIT, "folders nested too deep");
		r = list_one(l, folder, l->list[i].path, fault);
	}
	if (r == 0 && l->count > 1)
		qsort(l->list, l->count, sizeof(*l->list), by_path);
	return r;
}

static int
list_named(struct listing *l, int folder, const char *const files[], size_t count,
	   struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		AUTO(own_close)
		int fd = open_below(folder, files[i], O_PATH);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0)
			return fault_errno(fault, "%s", files[i]);
		r = listing_add(l, files[i], &st, fault);
	}
	return r;
}

/* ---- the copy ---- */

static int
copy_bytes(int in, int out, const char *path, struct fault *fault)
{
	AUTO(own_free)
	uint8_t *block = malloc(COPY_BYTES);

	if (block == NULL)
		return fault_memory(fault);
	for (;;) {
		ssize_t got = read(in, block, COPY_BYTES);

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "%s", path);
		for (ssize_t done = 0; done < got;) {
			ssize_t put = write(out, block + done, (size_t)(got - done));

			if (put < 0 && errno != EINTR)
				return fault_errno(fault, "%s", path);
			done += put > 0 ? put : 0;
		}
	}
}

struct copy {
	struct mend_plan *plan;
	int folder, out;
	const struct limits *limits;
};

/* The folders that `path` lies in, where they are not there yet. */
static int
make_parents(const struct copy *c, const char *path, struct fault *fault)
{
	AUTO(buf_free)
	struct buf part = BUF_INIT(BLOB_PATH_BYTES_MAX);

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		buf_reset(&part);
		(void)buf_append(&part, path, (size_t)(slash - path));
		if (mkdirat(c->out, buf_text(&part), 0777) < 0 && errno != EEXIST)
			return fault_errno(fault, "%s", buf_text(&part));
	}
	return 0;
}

static int
copy_file(const struct copy *c, const struct entry *e, const char *shown, struct fault *fault)
{
	AUTO(own_close)
	int in = open_below(c->folder, e->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	AUTO(own_close)
	int out = -1;
	struct timespec times[2] = {e->st.st_atim, e->st.st_mtim};
	int r;

	if (in < 0)
		return fault_errno(fault, "%s", shown);
	r = make_parents(c, e->path, fault);
	if (r < 0)
		return r;
	out = openat(c->out, e->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0)
		return fault_errno(fault, "%s", shown);
	if (e->st.st_size > 0 && mend_may_cut(c->plan, shown)) {
		c->plan->single = shown;
		r = mend_package(c->plan, in, out, c->limits, fault);
		c->plan->single = NULL;
	} else {
		r = copy_bytes(in, out, shown, fault);
	}
	if (r == 0 && (fchmod(out, e->st.st_mode & 0777) < 0 || futimens(out, times) < 0))
		r = fault_errno(fault, "%s", shown);
	return r;
}

static int
copy_link(const struct copy *c, const struct entry *e, struct fault *fault)
{
	AUTO(own_free)
	char *target = calloc(1, BLOB_PATH_BYTES_MAX);
	int r;

	if (target == NULL)
		return fault_memory(fault);
	if (readlinkat(c->folder, e->path, target, BLOB_PATH_BYTES_MAX - 1) < 0)
		return fault_errno(fault, "%s", e->path);
	r = make_parents(c, e->path, fault);
	if (r == 0 && symlinkat(target, c->out, e->path) < 0)
		r = fault_errno(fault, "%s", e->path);
	return r;
}

static int
copy_entry(const struct copy *c, const struct entry *e, struct fault *fault)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT(4 * BLOB_PATH_BYTES_MAX);
	struct mend_item *item;

	if (blob_display(&shown, bytes_text(e->path)) < 0)
		return fault_set(fault, FAULT_LIMIT, "a path is too long");
	item = mend_plan_find(c->plan, buf_text(&shown));
	if (item != NULL && item->action == MEND_DROP) {
		item->done = true;
		return 0;
	}
	if (S_ISDIR(e->st.st_mode))
		return mkdirat(c->out, e->path, 0777) < 0 && errno != EEXIST
			   ? fault_errno(fault, "%s", e->path)
			   : 0;
	if (S_ISREG(e->st.st_mode))
		return copy_file(c, e, buf_text(&shown), fault);
	/* Sockets and pipes hold nothing. */
	return S_ISLNK(e->st.st_mode) ? copy_link(c, e, fault) : 0;
}

/* The manifest points to files: a child that reads it says whether one of them goes. */
static int
check_needed(struct mend_plan *plan, int folder, const struct listing *l,
	     const struct limits *limits, struct fault *fault)
{
	AUTO(own_close)
	int manifest = open_below(folder, "package.json", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	AUTO(own_free)
	const char **names = calloc(l->count + 1, sizeof(*names));

	if (names == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < l->count; i++)
		names[i] = l->list[i].path;
	return mend_check_needed(plan, manifest, names, l->count, limits, fault);
}

int
mend_folder(struct mend_plan *plan, int folder, const char *const files[], size_t count, int out,
	    const struct limits *limits, struct fault *fault)
{
	const struct copy c = {.plan = plan, .folder = folder, .out = out, .limits = limits};
	AUTO(listing_free)
	struct listing l = {0};
	int r = files == NULL ? list_all(&l, folder, fault)
			      : list_named(&l, folder, files, count, fault);

	for (size_t i = 0; i < plan->count; i++)
		plan->items[i].done = false;
	plan->references = 0;
	if (r == 0)
		r = check_needed(plan, folder, &l, limits, fault);
	for (size_t i = 0; r == 0 && i < l.count; i++)
		r = copy_entry(&c, &l.list[i], fault);
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		if (!plan->items[i].done)
			return mend_cannot(plan,
					   "%.300s is not a file of its own: it lies in what "
					   "cannot be rewritten",
					   plan->items[i].member);
	return r;
}
