/*
 * file.c - files that appear whole or not at all
 *
 * Knows: unnamed temporary + fdatasync + name + rename + fsync of the folder.
 * Does not know: what is in them.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/text.h"

/* Tries at a name nobody else has; 64 random bits make a second one a curiosity. */
#define NAME_TRIES 16

struct file_write {
	FILE *stream;
	char *path;      /* the target, links resolved */
	char *folder;    /* where it stands */
	char *temporary; /* NULL: the file has no name yet */
	bool in_place;   /* the target is no regular file: a terminal, /dev/null, a pipe */
};

void
file_write_abort(struct file_write **w)
{
	if (*w == NULL)
		return;
	if ((*w)->stream != NULL)
		(void)fclose((*w)->stream);
	if ((*w)->temporary != NULL)
		(void)unlink((*w)->temporary);
	free((*w)->temporary);
	free((*w)->folder);
	free((*w)->path);
	free(*w);
	*w = NULL;
}

/* A name beside the target that nobody has. */
static char *
temporary_name(const struct file_write *w)
{
	const char *base = strrchr(w->path, '/');
	uint8_t random[8];
	char hex[17];
	char *name = NULL;

	base = base == NULL ? w->path : base + 1;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return NULL;
	/* A long name is cut, so that ours still fits the file system's 255 bytes. */
	if (asprintf(&name, "%s/.%.200s.%s", w->folder, base, text_hex(random, 8, hex)) < 0)
		return NULL;
	return name;
}

/* A temporary with a name from the start: the descriptor, or a fault. */
static int
open_named(struct file_write *w, mode_t mode, struct fault *fault)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		int fd;

		free(w->temporary);
		w->temporary = temporary_name(w);
		if (w->temporary == NULL)
			return fault_memory(fault);
		fd = open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	own_free(&w->temporary);
	return fault_errno(fault, "%s: cannot write beside it", w->path);
}

/* Unnamed, so that no crash and no signal leaves litter.  It is named later through /proc; without
 * /proc, or on a file system that has no unnamed files, it gets its name now. */
static int
open_temporary(struct file_write *w, mode_t mode, struct fault *fault)
{
	int fd = open(w->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd >= 0 && access("/proc/self/fd", X_OK) == 0)
		return fd;
	own_close(&fd);
	return open_named(w, mode, fault);
}

/* Where the bytes will stand: links followed, folder split off.  Renaming over /dev/null would
 * take it from everyone, so what is no regular file is written in place. */
static int
resolve(struct file_write *w, const char *path, struct fault *fault)
{
	struct stat st;
	char *slash;

	if (path[0] == '\0')
		return fault_set(fault, FAULT_USAGE, "an empty file name");
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return fault_set(fault, FAULT_USAGE, "%s: is a folder", path);
		w->in_place = !S_ISREG(st.st_mode);
		w->path = realpath(path, NULL);
	}
	/* /dev/stdout of a pipe has no real path; as given it still opens. */
	if (w->path == NULL)
		w->path = strdup(path);
	slash = w->path == NULL ? NULL : strrchr(w->path, '/');
	if (slash == NULL)
		w->folder = strdup(".");
	else
		w->folder = strndup(w->path, slash == w->path ? 1 : (size_t)(slash - w->path));
	return w->path == NULL || w->folder == NULL ? fault_memory(fault) : 0;
}

int
file_write_begin(struct file_write **out, const char *path, mode_t mode, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = calloc(1, sizeof(*w));
	AUTO(own_close)
	int fd = -1;
	int r;

	if (w == NULL)
		return fault_memory(fault);
	r = resolve(w, path, fault);
	if (r < 0)
		return r;
	if (w->in_place) {
		fd = open(w->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return fault_errno(fault, "%s", path);
	} else {
		fd = r = open_temporary(w, mode, fault);
		if (r < 0)
			return r;
	}
	w->stream = fdopen(fd, "w");
	if (w->stream == NULL)
		return fault_errno(fault, "%s", path);
	fd = -1;
	*out = TAKE(w);
	return 0;
}

FILE *
file_write_stream(struct file_write *w)
{
	return w->stream;
}

int
file_write_fd(struct file_write *w)
{
	return fileno(w->stream);
}

/* The rename is durable once the folder is. */
static int
sync_folder(const char *path, struct fault *fault)
{
	AUTO(own_free)
	char *folder = strdup(path);
	AUTO(own_close)
	int fd = -1;
	char *slash;

	if (folder == NULL)
		return fault_memory(fault);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems refuse fsync on a folder; the rename itself has happened. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS))
		return fault_errno(fault, "%s: sync of its folder", path);
	return 0;
}

/* Give the unnamed file a name beside its target; nothing to do when it has one. */
static int
name_it(struct file_write *w, struct fault *fault)
{
	char proc[64];

	if (w->temporary != NULL)
		return 0;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fileno(w->stream));
	for (int i = 0; i < NAME_TRIES; i++) {
		AUTO(own_free)
		char *name = temporary_name(w);

		if (name == NULL)
			return fault_memory(fault);
		if (linkat(AT_FDCWD, proc, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
			w->temporary = TAKE(name);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return fault_errno(fault, "%s", w->path);
}

/* The bytes are safe on the disk, unless it is to be quick; the descriptor stays open, naming needs it. */
static int
flush(struct file_write *w, bool quick, struct fault *fault)
{
	/* EINVAL, EROFS: pipes and terminals have no disk. */
	if (fflush(w->stream) != 0 || ferror(w->stream) ||
	    (!quick && fdatasync(fileno(w->stream)) < 0 && errno != EINVAL && errno != EROFS))
		return fault_errno(fault, "%s: write", w->path);
	return 0;
}

static int
commit(struct file_write **address, bool must_be_new, bool quick, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = TAKE(*address);
	int r = flush(w, quick, fault);

	if (r < 0)
		return r;
	if (w->in_place)
		return must_be_new ? fault_set(fault, FAULT_USAGE, "%s: exists", w->path) : 0;
	r = name_it(w, fault);
	if (r < 0)
		return r;
	/* link() refuses a taken name where rename() would replace it. */
	if (must_be_new && link(w->temporary, w->path) < 0)
		return errno == EEXIST ? fault_set(fault, FAULT_USAGE, "%s: exists", w->path)
				       : fault_errno(fault, "%s", w->path);
	if (!must_be_new) {
		if (rename(w->temporary, w->path) < 0)
			return fault_errno(fault, "%s", w->path);
		own_free(&w->temporary);
	}
	return quick ? 0 : sync_folder(w->path, fault);
}

int
file_write_commit(struct file_write **w, struct fault *fault)
{
	return commit(w, false, false, fault);
}

int
file_write_commit_new(struct file_write **w, struct fault *fault)
{
	return commit(w, true, false, fault);
}

int
file_write_commit_quick(struct file_write **w, struct fault *fault)
{
	return commit(w, false, true, fault);
}

int
file_write_all(const char *path, struct bytes content, mode_t mode, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	int r = file_write_begin(&w, path, mode, fault);

	if (r < 0)
		return r;
	if (content.left > 0 && fwrite(content.at, content.left, 1, w->stream) != 1)
		return fault_errno(fault, "%s: write", path);
	return file_write_commit(&w, fault);
}

int
file_read_all(const char *path, struct buf *to, struct fault *fault)
{
	AUTO(own_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	uint8_t block[16384];
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_errno(fault, "%s", path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, FAULT_IO, "%s: not a regular file", path);
	for (;;) {
		int r;

		got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "%s", path);
		if (got == 0)
			return 0;
		r = buf_append(to, block, (size_t)got);
		if (r < 0)
			return fault_set(fault, r, "%s: larger than %zu bytes", path,
					 to->bytes_max);
	}
}

int
file_exists(const char *path, struct fault *fault)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return fault_errno(fault, "%s", path);
}

int
file_make_folders(const char *path, mode_t mode, struct fault *fault)
{
	AUTO(own_free)
	char *copy = strdup(path);

	if (copy == NULL)
		return fault_memory(fault);
	for (char *p = copy; *p != '\0'; p++) {
		if (*p != '/' || p == copy)
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return fault_errno(fault, "%s", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return fault_errno(fault, "%s", copy);
	return 0;
}

int
file_lock(int *out_fd, const char *path, bool nowait, struct fault *fault)
{
	AUTO(own_close)
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault_errno(fault, "%s", path);
	while (flock(fd, LOCK_EX | (nowait ? LOCK_NB : 0)) < 0) {
		if (errno == EWOULDBLOCK)
			return FILE_LOCK_BUSY;
		if (errno != EINTR)
			return fault_errno(fault, "%s: lock", path);
	}
	*out_fd = fd;
	fd = -1;
	return 0;
}

int
file_join(struct buf *to, const char *base, const char *path)
{
	size_t length = strlen(base);

	if (path[0] == '/' || length == 0)
		return buf_append_text(to, path);
	return buf_printf(to, "%s%s%s", base, base[length - 1] == '/' ? "" : "/", path);
}
