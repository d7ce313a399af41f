/*
 * folder.c - reading a folder and keeping a list of what is in it
 *
 * Knows: names in order, links never followed, sizes bounded.
 * Does not know: which files ship.
 */
#include "publish/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
}

static int
by_name(const void *left, const void *right)
{
	return strcmp(((const struct folder_entry *)left)->name,
		      ((const struct folder_entry *)right)->name);
}

static int
read_entries(DIR *dir, struct buf *to, struct arena *arena, struct fault *fault)
{
	for (;;) {
		struct folder_entry one;
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			return errno != 0 ? fault_errno(fault, "cannot list a folder") : 0;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &one.info, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue; /* gone meanwhile */
			return fault_errno(fault, "%s", entry->d_name);
		}
		one.name = arena_text(arena, entry->d_name);
		if (one.name == NULL)
			return fault_memory(fault);
		if (buf_append(to, &one, sizeof(one)) < 0)
			return fault_set(fault, to->failed, "a folder has too many entries");
	}
}

int
folder_read(int fd, struct folder_entry **out, size_t *count, struct arena *arena,
	    struct fault *fault)
{
	AUTO(buf_free)
	struct buf entries = BUF_INIT(PUBLISH_FILES_MAX * sizeof(struct folder_entry));
	AUTO(close_dir)
	DIR *dir = NULL;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), r;

	if (copy < 0)
		return fault_errno(fault, "cannot list a folder");
	dir = fdopendir(copy);
	if (dir == NULL) {
		r = fault_errno(fault, "cannot list a folder");
		(void)close(copy);
		return r;
	}
	rewinddir(dir);
	r = read_entries(dir, &entries, arena, fault);
	if (r < 0)
		return r;
	*count = entries.used / sizeof(**out);
	*out = (void *)arena_copy(arena, entries.at, entries.used);
	if (*out == NULL)
		return fault_memory(fault);
	if (*count > 1)
		qsort(*out, *count, sizeof(**out), by_name);
	return 0;
}

int
folder_open(int fd, const char *name, int *out, struct fault *fault)
{
	*out = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out < 0 ? fault_errno(fault, "%s", name) : 0;
}

static int
read_all(int fd, struct buf *to, const char *name, struct fault *fault)
{
	for (;;) {
		ssize_t got;

		if (buf_reserve(to, 65536) < 0)
			return fault_set(fault, FAULT_LIMIT, "%s: too large for a manifest", name);
		got = read(fd, to->at + to->used, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "%s", name);
		if (got == 0)
			return 0;
		to->used += (size_t)got;
	}
}

int
folder_file(int fd, const char *name, struct bytes *out, struct arena *arena, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(FOLDER_MANIFEST_MAX);
	AUTO(own_close)
	int file = -1;
	struct stat info;
	const char *kept;
	int r;

	/* NONBLOCK: a fifo with the name of a manifest must not stop us. */
	file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return errno == ENOENT || errno == ENOTDIR ? FOLDER_NONE
							   : fault_errno(fault, "%s", name);
	if (fstat(file, &info) < 0)
		return fault_errno(fault, "%s", name);
	if (!S_ISREG(info.st_mode))
		return FOLDER_NONE;
	r = read_all(file, &content, name, fault);
	if (r < 0)
		return r;
	kept = arena_copy(arena, content.at, content.used);
	if (kept == NULL)
		return fault_memory(fault);
	*out = bytes_make(kept, content.used);
	return 0;
}

const char *
path_join(struct arena *arena, const char *path, const char *name)
{
	return path[0] == '\0' ? arena_text(arena, name) : arena_printf(arena, "%s/%s", path, name);
}

static void *
one_more(void *list_address, size_t *count, size_t *room, size_t size)
{
	void **list = list_address;

	if (*count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		void *grown = reallocarray(*list, more, size);

		if (grown == NULL)
			return NULL;
		*list = grown;
		*room = more;
	}
	return (uint8_t *)*list + size * (*count)++;
}

int
list_add(struct publish_list *list, struct bytes path, const struct stat *info, struct fault *fault)
{
	struct publish_file *file;
	const char *copy;

	if (list->count >= PUBLISH_FILES_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %d files would ship",
				 PUBLISH_FILES_MAX);
	copy = arena_copy(&list->arena, path.at, path.left);
	file = copy == NULL
		   ? NULL
		   : one_more(&list->files, &list->count, &list->room, sizeof(*list->files));
	if (file == NULL)
		return fault_memory(fault);
	*file = (struct publish_file){
	    .path = copy, .size_bytes = (uint64_t)info->st_size, .mode = info->st_mode & 07777};
	return 0;
}

int
list_note(struct publish_list *list, const char *rule, struct fault *fault, const char *format, ...)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(4096);
	struct publish_note *note;
	const char *copy;
	va_list args;

	va_start(args, format);
	(void)buf_vprintf(&text, format, args);
	va_end(args);
	copy = arena_text(&list->arena, buf_text(&text));
	note = copy == NULL ? NULL
			    : one_more(&list->notes, &list->notes_count, &list->notes_room,
				       sizeof(*list->notes));
	if (note == NULL)
		return fault_memory(fault);
	*note = (struct publish_note){rule, copy};
	return 0;
}
