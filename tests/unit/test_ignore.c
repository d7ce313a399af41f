/*
 * test_ignore.c - which files of a work tree git leaves alone; git itself is the oracle where it is
 */
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "intake/ignore.h"

/* A version 2 index with the given names. */
static void
make_index(const char *path, const char *const names[], size_t count)
{
	AUTO(buf_free)
	struct buf index = BUF_INIT(1 << 20);
	uint32_t word[3] = {BYTES_BE32(0x44495243u), BYTES_BE32(2u), BYTES_BE32((uint32_t)count)};

	(void)buf_append(&index, word, sizeof(word));
	for (size_t i = 0; i < count; i++) {
		uint8_t entry[62] = {0};
		size_t length = strlen(names[i]), used = sizeof(entry) + length;

		entry[61] = (uint8_t)length;
		(void)buf_append(&index, entry, sizeof(entry));
		(void)buf_append_text(&index, names[i]);
		do
			(void)buf_append_u8(&index, 0);
		while (++used % 8 != 0);
	}
	EQ_INT(file_write_all(path, buf_bytes(&index), 0600, NULL), 0);
}

struct tree {
	char path[64];
	int fd;
};

static void
tree_make(struct tree *tree, const char *ignore, const char *const names[], size_t count)
{
	char path[128];

	(void)snprintf(tree->path, sizeof(tree->path), "/tmp/ignore-XXXXXX");
	tree->fd = mkdtemp(tree->path) == NULL ? -1 : open(tree->path, O_RDONLY | O_DIRECTORY);
	OK(tree->fd >= 0);
	(void)snprintf(path, sizeof(path), "%s/.git", tree->path);
	EQ_INT(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/.git/index", tree->path);
	make_index(path, names, count);
	(void)snprintf(path, sizeof(path), "%s/.gitignore", tree->path);
	EQ_INT(file_write_all(path, bytes_text(ignore), 0600, NULL), 0);
}

static void
tree_remove(struct tree *tree)
{
	(void)unlinkat(tree->fd, ".git/index", 0);
	(void)unlinkat(tree->fd, ".git", AT_REMOVEDIR);
	(void)unlinkat(tree->fd, ".gitignore", 0);
	(void)rmdir(tree->path);
	own_close(&tree->fd);
}

TEST(what_is_ignored_and_not_tracked_is_skipped)
{
	static const char *const names[] = {"build/kept.o", "debug.log"};
	AUTO(tree_remove)
	struct tree tree;
	AUTO(ignore_close)
	struct ignore *g = NULL;

	tree_make(&tree, "*.log\nbuild/\n!keep.log\n", names, 2);
	EQ_INT(ignore_open(&g, tree.fd, NULL), 0);
	NEED(g != NULL);
	EQ_INT(ignore_enter(g, tree.fd, BYTES_OF(""), NULL), 0);
	OK(ignore_skips(g, BYTES_OF("other.log"), false));
	OK(!ignore_skips(g, BYTES_OF("debug.log"), false));
	OK(!ignore_skips(g, BYTES_OF("keep.log"), false));
	OK(!ignore_skips(g, BYTES_OF("main.c"), false));
	/* A folder with something tracked in it is entered, and only that is kept. */
	OK(!ignore_skips(g, BYTES_OF("build"), true));
	OK(!ignore_skips(g, BYTES_OF("build/kept.o"), false));
	OK(ignore_skips(g, BYTES_OF("build/other.o"), false));
}

TEST(an_index_that_cannot_be_read_leaves_nothing_out)
{
	static const char *const names[] = {"a"};
	AUTO(tree_remove)
	struct tree tree;
	AUTO(ignore_close)
	struct ignore *g = NULL;
	char path[128];

	tree_make(&tree, "*\n", names, 1);
	(void)snprintf(path, sizeof(path), "%s/.git/index", tree.path);
	EQ_INT(file_write_all(path, BYTES_OF("DIRC\0\0\0\2\0\0\0\7short"), 0600, NULL), 0);
	EQ_INT(ignore_open(&g, tree.fd, NULL), 0);
	OK(g == NULL);
}
