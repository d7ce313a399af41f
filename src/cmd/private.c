/*
 * private.c - private copies, and running a command on them
 *
 * Knows: files, processes.  Does not know: what is in the files, what the command does.
 */
#include "cmd/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

#define COPY_BYTES 65536

int
private_make(struct private_folder *folder, struct fault *fault)
{
	const char *below = getenv("TMPDIR");
	char *path;

	folder->arena = (struct arena)ARENA_INIT((size_t)1 << 20);
	if (below == NULL || below[0] != '/')
		below = "/tmp";
	path = arena_printf(&folder->arena, "%s/stopwater-publish.XXXXXX", below);
	if (path == NULL)
		return fault_memory(fault);
	if (mkdtemp(path) == NULL)
		return fault_errno(fault, "%s", path);
	folder->path = path;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

void
private_remove(struct private_folder *folder)
{
	if (folder->path != NULL)
		(void)nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	folder->path = NULL;
	arena_free(&folder->arena);
}

/* ---- digests ---- */

/* Map all of the file and hash it. */
static int
digest(const char *path, uint8_t sha256[HASH_SHA256_BYTES], uint64_t *bytes, struct buf *integrity,
       struct fault *fault)
{
	AUTO(own_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	struct stat st;
	void *at;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_errno(fault, "%s", path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, FAULT_TAMPER, "%s: no longer a file", path);
	*bytes = (uint64_t)st.st_size;
	if (st.st_size == 0)
		return fault_set(fault, FAULT_USAGE, "%s: empty", path);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return fault_errno(fault, "%s", path);
	r = hash_sha256(bytes_make(at, (size_t)st.st_size), sha256, fault);
	if (r == 0 && integrity != NULL)
		r = hash_integrity(bytes_make(at, (size_t)st.st_size), integrity, fault);
	(void)munmap(at, (size_t)st.st_size);
	return r;
}

int
private_adopt(struct private_folder *folder, const char *path, struct private_file *out,
	      struct fault *fault)
{
	AUTO(buf_free)
	struct buf integrity = BUF_INIT(256);
	const char *slash = strrchr(path, '/');
	int r;

	if (chmod(path, 0400) < 0)
		return fault_errno(fault, "%s", path);
	r = digest(path, out->sha256, &out->bytes, &integrity, fault);
	if (r < 0)
		return r;
	out->path = arena_text(&folder->arena, path);
	out->name = arena_text(&folder->arena, slash == NULL ? path : slash + 1);
	out->integrity = arena_text(&folder->arena, buf_text(&integrity));
	return out->path == NULL || out->name == NULL || out->integrity == NULL
		   ? fault_memory(fault)
		   : 0;
}

int
private_check(const struct private_file *file, struct fault *fault)
{
	uint8_t sha256[HASH_SHA256_BYTES];
	uint64_t bytes = 0;
	int r = digest(file->path, sha256, &bytes, NULL, fault);

	if (r == FAULT_MEMORY)
		return r;
	if (r < 0 || bytes != file->bytes || memcmp(sha256, file->sha256, sizeof(sha256)) != 0)
		return fault_set(fault, FAULT_TAMPER,
				 "%s was changed between its scan and its publishing", file->name);
	return 0;
}

/* ---- copies ---- */

static int
copy(int from, int to, const char *path, struct fault *fault)
{
	uint8_t block[COPY_BYTES];

	for (;;) {
		ssize_t got = read(from, block, sizeof(block));
		struct bytes rest = bytes_make(block, got > 0 ? (size_t)got : 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "%s", path);
		if (got == 0)
			return 0;
		while (rest.left > 0) {
			ssize_t put = write(to, rest.at, rest.left);

			if (put < 0 && errno == EINTR)
				continue;
			if (put < 0)
				return fault_errno(fault, "copy of %s", path);
			(void)bytes_skip(&rest, (size_t)put);
		}
	}
}

int
private_copy(struct private_folder *folder, const char *path, struct private_file *out,
	     struct fault *fault)
{
	AUTO(own_close)
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	AUTO(own_close)
	int to = -1;
	const char *slash = strrchr(path, '/');
	char *own = arena_printf(&folder->arena, "%s/XXXXXX", folder->path);
	const char *copied;
	struct stat st;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return fault_set(fault, FAULT_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, FAULT_USAGE, "%s: not a file", path);
	if (own == NULL)
		return fault_memory(fault);
	if (mkdtemp(own) == NULL)
		return fault_errno(fault, "%s", own);
	copied = arena_printf(&folder->arena, "%s/%s", own, slash == NULL ? path : slash + 1);
	if (copied == NULL)
		return fault_memory(fault);
	to = open(copied, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	if (to < 0)
		return fault_errno(fault, "%s", copied);
	r = copy(from, to, path, fault);
	if (r == 0)
		r = private_adopt(folder, copied, out, fault);
	if (r == 0 && (out->name = arena_text(&folder->arena, path)) == NULL)
		r = fault_memory(fault);
	return r;
}

int
private_find(struct private_folder *folder, const char *path, const char *ending, const char **out,
	     struct fault *fault)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t found = 0;

	if (dir == NULL)
		return fault_errno(fault, "%s", path);
	while ((entry = readdir(dir)) != NULL)
		if (bytes_ends(bytes_text(entry->d_name), bytes_text(ending))) {
			*out = arena_printf(&folder->arena, "%s/%s", path, entry->d_name);
			found++;
		}
	(void)closedir(dir);
	if (found != 1)
		return fault_set(fault, FAULT_FORMAT, "%zu files %s were made, and not one", found,
				 ending);
	return *out == NULL ? fault_memory(fault) : 0;
}

/* ---- commands ---- */

/* environ and one more, or environ itself; freed by the caller when it is not. */
static char **
environment_with(const char *variable)
{
	size_t count = 0, n = 0, name;
	char **list;

	if (variable == NULL)
		return environ;
	name = strcspn(variable, "=") + 1;
	while (environ[count] != NULL)
		count++;
	list = calloc(count + 2, sizeof(*list));
	for (size_t i = 0; list != NULL && i < count; i++)
		if (strncmp(environ[i], variable, name) != 0)
			list[n++] = environ[i];
	if (list != NULL)
		list[n] = (char *)(uintptr_t)variable;
	return list;
}

static int
spawn(pid_t *child, const char *const argv[], int out, char **environment, struct fault *fault)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t standard;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return fault_memory(fault);
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return fault_memory(fault);
	}
	(void)sigemptyset(&standard);
	(void)sigaddset(&standard, SIGPIPE); /* ignored here, and that would be inherited */
	(void)posix_spawnattr_setsigdefault(&attr, &standard);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = out == STDOUT_FILENO ? 0
				 : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(child, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv,
				 environment);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? 0 : fault_set(fault, FAULT_USAGE, "%.200s: %s", argv[0], strerror(r));
}

static int
listen_to(int fd, struct buf *capture, struct fault *fault)
{
	char piece[1024];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "its output");
		if (got == 0)
			return 0;
		if (buf_append(capture, piece, (size_t)got) < 0)
			return fault_set(fault, FAULT_LIMIT, "its output is too long");
	}
}

int
private_run(const char *const argv[], bool quiet_out, struct buf *capture, const char *variable,
	    struct fault *fault)
{
	char **environment = environment_with(variable);
	AUTO(own_close)
	int from = -1;
	int ends[2] = {-1, -1}, status = 0, r;
	pid_t child = -1;

	if (environment == NULL)
		return fault_memory(fault);
	(void)fflush(NULL);
	if (capture != NULL && pipe2(ends, O_CLOEXEC) < 0) {
		r = fault_errno(fault, "pipe");
	} else {
		from = ends[0];
		r = spawn(&child, argv,
			  capture != NULL ? ends[1]
			  : quiet_out     ? STDERR_FILENO
					  : STDOUT_FILENO,
			  environment, fault);
		own_close(&ends[1]);
	}
	if (environment != environ)
		free(environment);
	if (r < 0)
		return r;
	r = capture == NULL ? 0 : listen_to(from, capture, fault);
	own_close(&from);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
