/*
 * map.c - files as read-only maps
 *
 * A file that shrinks while it is mapped ends the reader by SIGBUS; it runs in a jail of its own,
 * whose end is noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/inside.h"

int
map_open(struct map *map, int folder, const char *name, struct fault *fault)
{
	AUTO(own_close)
	int fd = -1;

	*map = (struct map){0};
	if (folder < 0)
		return 1;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : fault_errno(fault, "%s", name);
	return map_fd(map, fd, name, fault);
}

int
map_fd(struct map *map, int fd, const char *name, struct fault *fault)
{
	struct stat st;
	void *at;

	*map = (struct map){0};
	if (fstat(fd, &st) < 0)
		return fault_errno(fault, "%s", name);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, FAULT_IO, "%s is not a regular file", name);
	if (st.st_size == 0)
		return 0;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return fault_errno(fault, "%s", name);
	*map = (struct map){at, (size_t)st.st_size};
	return 0;
}

void
map_close(struct map *map)
{
	if (map->at != NULL)
		(void)munmap((void *)(uintptr_t)map->at, map->bytes);
	*map = (struct map){0};
}
