/*
 * fix_folder.c - scan --fix OUT FOLDER: a copy without what blocks, that appears when it passes
 *
 * Knows: the copy is made beside OUT under another name and renamed, or removed.
 * Does not know: what goes (src/mend), what blocks (src/policy).
 */
#include "cmd/fix.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "mend/mend.h"

/* Is `out`, which does not exist, below `folder`? */
static int
lies_in(const char *out, const char *folder, struct fault *fault)
{
	AUTO(own_free)
	char *copy = strdup(out);
	char *slash = copy == NULL ? NULL : strrchr(copy, '/');
	AUTO(own_free)
	char *parent = NULL;
	AUTO(own_free)
	char *real = realpath(folder, NULL);
	size_t length = real == NULL ? 0 : strlen(real);

	if (copy == NULL)
		return fault_memory(fault);
	if (slash != NULL)
		slash[slash == copy] = 0;
	parent = realpath(slash == NULL ? "." : copy, NULL);
	if (parent == NULL || real == NULL)
		return fault_set(fault, FAULT_USAGE, "--fix: %s: %s", out, strerror(errno));
	return strncmp(parent, real, length) == 0 &&
	       (parent[length] == 0 || parent[length] == '/' || real[length - 1] == '/');
}

int
fix_folder_ready(const struct input *input, const char *out, struct fault *fault)
{
	struct stat st;
	int r;

	if (input->type == INPUT_FOLDER && input->is_repository)
		return fault_set(fault, FAULT_USAGE,
				 "--fix: %s is a repository, whose history no copy mends: in a "
				 "package folder leave PATH out, or name a folder without .git",
				 input->path);
	if (lstat(out, &st) == 0)
		return fault_set(fault, FAULT_USAGE, "--fix: %s is there already", out);
	r = lies_in(out, input->path, fault);
	if (r > 0 && input->type == INPUT_FOLDER)
		return fault_set(fault, FAULT_USAGE, "--fix: %s lies in %s", out, input->path);
	return r < 0 ? r : 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path); /* what stays is told by the name that stays */
	return 0;
}

void
fix_folder_remove(struct buf *path)
{
	if (path->used > 0)
		(void)nftw(buf_text(path), remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	buf_free(path);
}

int
fix_folder_write(struct mend_plan *plan, const struct input *input, const char *out,
		 const struct limits *limits, struct buf *made, struct fault *fault)
{
	AUTO(own_close)
	int fd = -1;
	AUTO(own_close)
	int folder = open(input->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (folder < 0 || fstat(folder, &st) < 0)
		return fault_errno(fault, "%s", input->path);
	(void)buf_printf(made, "%s.XXXXXX", out);
	if (made->failed != 0 || mkdtemp((char *)made->at) == NULL) {
		r = fault_errno(fault, "%s", out);
		buf_reset(made);
		return r;
	}
	fd = open(buf_text(made), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_errno(fault, "%s", buf_text(made));
	r = mend_folder(plan, folder, input->type == INPUT_LIST ? input->files : NULL,
			input->files_count, fd, limits, fault);
	if (r == 0 && fchmod(fd, st.st_mode & 0777) < 0)
		r = fault_errno(fault, "%s", buf_text(made));
	return r;
}

int
fix_folder_commit(struct buf *made, const char *out, struct fault *fault)
{
	/* Never over something that came meanwhile. */
	if (renameat2(AT_FDCWD, buf_text(made), AT_FDCWD, out, RENAME_NOREPLACE) < 0)
		return fault_errno(fault, "%s", out);
	buf_reset(made);
	return 0;
}
