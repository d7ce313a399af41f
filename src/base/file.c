/*
 * file.c - files that appear whole or not at all
 *
 * Knows: temporary + fdatasync + rename + fsync of the folder.  Does not know: what is in them.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

struct file_write {
	char *path, *temporary;
	FILE *stream;
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
	free((*w)->path);
	free(*w);
	*w = NULL;
}

int
file_write_begin(struct file_write **out, const char *path, mode_t mode, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = calloc(1, sizeof(*w));
	AUTO(own_free)
	char *temporary = NULL;
	int fd;

	if (w == NULL || (w->path = strdup(path)) == NULL ||
	    asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return fault_memory(fault);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fault_errno(fault, "%s: cannot write beside it", path);
	w->temporary = TAKE(temporary);
	w->stream = fdopen(fd, "w");
	if (w->stream == NULL) {
		own_close(&fd);
		return fault_errno(fault, "%s", path);
	}
	if (fchmod(fd, mode) < 0)
		return fault_errno(fault, "%s", path);
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

int
file_write_commit(struct file_write **w, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *mine = TAKE(*w);
	int r;

	if (fflush(mine->stream) != 0 || ferror(mine->stream) ||
	    (fdatasync(fileno(mine->stream)) < 0 && errno != EINVAL))
		return fault_errno(fault, "%s: write", mine->path);
	r = fclose(mine->stream);
	mine->stream = NULL;
	if (r != 0)
		return fault_errno(fault, "%s: write", mine->path);
	if (rename(mine->temporary, mine->path) < 0)
		return fault_errno(fault, "%s", mine->path);
	free(mine->temporary);
	mine->temporary = NULL;
	return sync_folder(mine->path, fault);
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
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

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
