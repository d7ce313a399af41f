/*
 * folder.c - a folder as an input: its files in a fixed order
 *
 * Knows: sorted descent by file descriptors, what is not followed.  Does not know: containers.
 * Names are opened relative to their folder, without following links, so that a link cannot lead
 * the walk out of the folder that was named.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake/ignore.h"
#include "intake/inside.h"

#define FOLDER_DEPTH_MAX 200

struct names {
	char **list;
	size_t count, room;
};

static void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){0};
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_names(int fd, struct names *names, struct fault *fault)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		own_close(&fd);
		return fault_errno(fault, "folder");
	}
	/* The descriptor is shared with a child that may have read it before. */
	rewinddir(dir);
	while (r == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (names->count == names->room) {
			size_t room = names->room == 0 ? 32 : names->room * 2;
			char **list = reallocarray(names->list, room, sizeof(*list));

			if (list == NULL) {
				r = fault_memory(fault);
				break;
			}
			names->list = list;
			names->room = room;
		}
		names->list[names->count] = strdup(entry->d_name);
		if (names->list[names->count] == NULL)
			r = fault_memory(fault);
		else
			names->count++;
	}
	if (r == 0 && errno != 0)
		r = fault_errno(fault, "folder");
	(void)closedir(dir);
	if (names->count > 1)
		qsort(names->list, names->count, sizeof(*names->list), by_name);
	return r;
}

/* What the walk knows of where it is. */
struct place {
	struct worker *worker;
	const struct input *input;
	struct buf *relative;  /* raw path below the input */
	struct ignore *ignore; /* NULL: git has no say */
	unsigned depth;
};

/* "folder/name"; of "." only "name", as other tools print it. */
static int
input_child_path(struct buf *path, const struct input *input, struct bytes relative)
{
	if (strcmp(input->path, ".") != 0)
		(void)buf_append_text(path, input->path);
	if (path->used > 0 && path->at[path->used - 1] != '/')
		(void)buf_append_text(path, "/");
	return blob_display(path, relative);
}

static int
tell(struct place *p, const char *reason, bool skipped, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);

	if (input_child_path(&path, p->input, buf_bytes(p->relative)) == FAULT_MEMORY)
		return fault_memory(fault);
	if (skipped)
		return coverage_skipped(p->worker->in->coverage, buf_text(&path), reason,
					COVERAGE_BYTES_UNKNOWN, fault);
	return coverage_not_examined(p->worker->in->coverage, buf_text(&path), reason, 0,
				     COVERAGE_BYTES_UNKNOWN, false, fault);
}

static int
walk_file(struct place *p, int fd, const struct stat *st, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct intake *in = p->worker->in;
	struct leaf leaf = {.name = buf_bytes(p->relative),
			    .number = WORKER_IDLE,
			    .mode = st->st_mode & 07777,
			    .budget = &in->budget};
	int r = stream_from_fd(&s, fd, fault);

	if (r < 0)
		return r;
	if (input_child_path(&path, p->input, leaf.name) == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(&path);
	coverage_input(in->coverage, (uint64_t)st->st_size);
	in->summary->bytes += (uint64_t)st->st_size;
	return walk_member(p->worker, &leaf, s, fault);
}

static int walk_names(struct place *p, int fd, struct fault *fault);

static int
walk_name(struct place *p, int folder, const char *name, struct fault *fault)
{
	AUTO(own_close)
	int fd = -1;
	struct fault why = FAULT_INIT;
	struct stat st;
	int r;

	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return tell(p, COVERAGE_LINK, true, fault);
	if (fd < 0 && errno == ENXIO)
		return tell(p, "a socket or pipe: holds no content", true, fault);
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)fault_errno(&why, "cannot open");
		return tell(p, why.text, false, fault);
	}
	if (p->ignore != NULL &&
	    ignore_skips(p->ignore, buf_bytes(p->relative), S_ISDIR(st.st_mode)))
		return tell(p, COVERAGE_IGNORED, true, fault);
	if (S_ISREG(st.st_mode)) {
		/* Each file is held to the ratio by its own size: a bomb ends with itself. */
		budget_input(&p->worker->in->budget, (uint64_t)st.st_size);
		r = budget_entry(&p->worker->in->budget, &why);
		if (r == FAULT_LIMIT)
			return tell(p, why.text, false, fault);
		if (r < 0)
			return fault_set(fault, r, "%s", why.text);
		r = fd;
		fd = -1;
		return walk_file(p, r, &st, fault);
	}
	if (!S_ISDIR(st.st_mode))
		return tell(p, "not a regular file: holds no content", true, fault);
	if (p->depth >= FOLDER_DEPTH_MAX)
		return tell(p, "folders nested too deep", false, fault);
	if (p->input->is_repository && p->depth == 0 && strcmp(name, ".git") == 0)
		return tell(p, "the repository's own store", true, fault);
	p->depth++;
	r = fd;
	fd = -1;
	r = walk_names(p, r, fault);
	p->depth--;
	return r;
}

/* Takes fd over. */
static int
walk_names(struct place *p, int fd, struct fault *fault)
{
	AUTO(names_free)
	struct names names = {0};
	AUTO(own_close)
	int folder = dup(fd);
	size_t used = p->relative->used;
	int r = 0;

	if (folder < 0) {
		own_close(&fd);
		return fault_errno(fault, "%s", p->input->path);
	}
	r = read_names(fd, &names, fault);
	if (r == FAULT_IO)
		return tell(p, fault == NULL ? "cannot be listed" : fault->text, false, fault);
	if (p->ignore != NULL)
		r = ignore_enter(p->ignore, folder, buf_bytes(p->relative), fault);
	for (size_t i = 0; r >= 0 && i < names.count && !p->worker->in->needs_tail; i++) {
		if (used > 0)
			(void)buf_append_text(p->relative, "/");
		(void)buf_append_text(p->relative, names.list[i]);
		if (p->relative->failed == FAULT_LIMIT) {
			p->relative->failed = 0;
			r = tell(p, "its path is too long", false, fault);
		} else if (p->relative->failed != 0) {
			r = fault_memory(fault);
		} else {
			r = walk_name(p, folder, names.list[i], fault);
		}
		p->relative->used = used;
	}
	if (p->ignore != NULL)
		ignore_leave(p->ignore);
	return r;
}

int
walk_folder(struct worker *w, const struct input *input, struct fault *fault)
{
	AUTO(buf_free)
	struct buf relative = BUF_INIT(BLOB_PATH_BYTES_MAX / 2);
	AUTO(ignore_close)
	struct ignore *ignore = NULL;
	struct place p = {.worker = w, .input = input, .relative = &relative};
	int fd, r = 0;

	if (input->is_repository)
		r = ignore_open(&ignore, input->fd, fault);
	if (r < 0)
		return r;
	p.ignore = ignore;
	fd = dup(input->fd);
	if (fd < 0)
		return fault_errno(fault, "%s", input->path);
	return walk_names(&p, fd, fault);
}

int
walk_list(struct worker *w, const struct input *input, struct fault *fault)
{
	AUTO(buf_free)
	struct buf relative = BUF_INIT(BLOB_PATH_BYTES_MAX / 2);
	struct place p = {.worker = w, .input = input, .relative = &relative};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < input->files_count && !w->in->needs_tail; i++) {
		buf_reset(&relative);
		if (buf_append_text(&relative, input->files[i]) < 0)
			return fault_memory(fault);
		r = walk_name(&p, input->fd, input->files[i], fault);
	}
	return r;
}
