/*
 * input.c - open what a person named
 *
 * Knows: files, folders, work trees, stdin.  Does not know: what is in them.
 * This is the last place where a path is opened by name with the user's full rights: from here on
 * only descriptors travel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/history.h"
#include "intake/intake.h"

/* A work tree: .git is a folder, or a file that points to one (worktrees, submodules). */
static bool
has_git(int folder)
{
	struct stat st;

	return fstatat(folder, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode));
}

int
input_open(struct input *out, const char *path, struct fault *fault)
{
	bool is_stdin = strcmp(path, "-") == 0;
	AUTO(own_close)
	int fd = -1;
	struct stat st;
	int flags;

	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
		      : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_set(fault,
				 errno == ENOENT || errno == ENOTDIR ? FAULT_USAGE : FAULT_IO,
				 "%s: %s", path, strerror(errno));
	/* Non-blocking was for named pipes that nobody writes; reading waits as usual. */
	flags = fcntl(fd, F_GETFL);
	if (!is_stdin && flags >= 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	*out = (struct input){.path = is_stdin ? "(stdin)" : path, .fd = fd};
	if (S_ISDIR(st.st_mode)) {
		out->type = INPUT_FOLDER;
		out->is_repository = has_git(fd);
	} else if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) ||
		   S_ISSOCK(st.st_mode)) {
		out->type = INPUT_FILE;
	} else {
		return fault_set(fault, FAULT_USAGE, "%s: neither a file nor a folder", path);
	}
	fd = -1;
	return 0;
}

int
input_add_history(struct input *input, bool with_tree, char *const *environment,
		  struct fault *fault)
{
	AUTO(own_free)
	struct history_place *place = NULL;
	int r;

	if (input->type != INPUT_FOLDER)
		return 1;
	place = malloc(sizeof(*place));
	if (place == NULL)
		return fault_memory(fault);
	r = history_find(place, input->fd, environment, fault);
	if (r != 0)
		return r < 0 ? fault_wrap(fault, r, "%s", input->path) : 1;
	input->history = TAKE(place);
	/* The folder of a bare repository is its store and nothing else. */
	input->no_tree = !with_tree || !input->is_repository;
	return 0;
}

void
input_close(struct input *input)
{
	own_close(&input->fd);
	if (input->history != NULL)
		history_place_close(input->history);
	free(input->history);
	input->history = NULL;
}
