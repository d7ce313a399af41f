/*
 * files.c - the files below a folder of a repository, such as refs/ and logs/
 *
 * One open folder at a time, whatever the depth.  A symbolic link to a folder is told and not
 * followed: two of them that point upwards would have no end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/inside.h"

#define FILES_DEPTH_MAX   64
#define FILES_PATH_MAX    4096
#define FILES_PENDING_MAX ((size_t)64 << 20)

int
small_read(int folder, const char *name, uint8_t *to, size_t room, size_t *got)
{
	AUTO(own_close)
	int fd = -1;
	ssize_t n = 0;

	*got = 0;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : FAULT_IO;
	while (*got < room && (n = read(fd, to + *got, room - *got)) > 0)
		*got += (size_t)n;
	return n < 0 ? FAULT_IO : 0;
}

struct files {
	struct history *h;
	int at;
	struct buf pending; /* paths of folders to come, each with its NUL */
	int (*file)(void *to, const char *path);
	void *to;
};

static int
on_entry(struct files *f, const char *path, unsigned char type)
{
	struct stat st;

	if (type == DT_REG)
		return f->file(f->to, path);
	if (type == DT_UNKNOWN && fstatat(f->at, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
	if (type == DT_DIR)
		return buf_append(&f->pending, path, strlen(path) + 1);
	if (type == DT_REG || (fstatat(f->at, path, &st, 0) == 0 && S_ISREG(st.st_mode)))
		return f->file(f->to, path);
	gap_add(f->h, path, "is neither a file nor a folder", NULL, 1, false);
	return 0;
}

static int
list(struct files *f, const char *folder)
{
	int fd = openat(f->at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[FILES_PATH_MAX];
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (fd < 0) {
		if (errno != ENOENT)
			gap_add(f->h, folder, "cannot be opened", NULL, 1, false);
		return 0;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return FAULT_MEMORY;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
		    (int)sizeof(path))
			gap_add(f->h, folder, "path too long", NULL, 1, false);
		else
			r = on_entry(f, path, entry->d_type);
	}
	if (r == 0 && errno != 0)
		gap_add(f->h, folder, "cannot be read to its end", NULL, 1, false);
	(void)closedir(dir);
	return r;
}

int
files_below(struct history *h, int at, const char *top, int (*file)(void *to, const char *path),
	    void *to)
{
	struct files f = {
	    .h = h, .at = at, .pending = BUF_INIT(FILES_PENDING_MAX), .file = file, .to = to};
	int r = buf_append(&f.pending, top, strlen(top) + 1);

	while (r == 0 && f.pending.used > 0) {
		char folder[FILES_PATH_MAX];
		size_t from = f.pending.used - 1, slashes = 0;

		while (from > 0 && f.pending.at[from - 1] != 0)
			from--;
		memcpy(folder, f.pending.at + from, f.pending.used - from);
		f.pending.used = from;
		for (const char *c = folder; *c != 0; c++)
			slashes += *c == '/';
		if (slashes > FILES_DEPTH_MAX)
			gap_add(h, top, "folders too deep", NULL, 1, false);
		else
			r = list(&f, folder);
	}
	if (r == FAULT_LIMIT) {
		gap_add(h, top, "more folders than are read", NULL, 1, false);
		r = 0;
	}
	buf_free(&f.pending);
	return r;
}

/* Each linked worktree: what git keeps for it lies in worktrees/NAME/. */
int
worktrees(struct history *h, int (*each)(void *to, int at, const char *name), void *to)
{
	int fd = h->common_dir < 0
		     ? -1
		     : openat(h->common_dir, "worktrees", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (dir == NULL) {
		(void)close(fd);
		return FAULT_MEMORY;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		int at;

		if (entry->d_name[0] == '.')
			continue;
		at = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (at < 0)
			continue; /* a stray file */
		r = each(to, at, entry->d_name);
		(void)close(at);
	}
	(void)closedir(dir);
	return r;
}
