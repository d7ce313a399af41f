/*
 * settings_place.c - where the project is that the current folder belongs to
 *
 * Knows: .git and stopwater.toml by name.  Does not know: what is in them.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "config/settings_inside.h"

static bool
holds(const char *folder, const char *name)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);

	return file_join(&path, folder, name) == 0 && access(buf_text(&path), F_OK) == 0;
}

/* Cut the last link; false at the root. */
static bool
go_up(char *folder)
{
	char *slash = strrchr(folder, '/');

	if (slash == NULL || folder[1] == '\0')
		return false;
	slash[slash == folder ? 1 : 0] = '\0';
	return true;
}

static int
find_repository(struct arena *arena, const char *folder, const char **repository,
		struct fault *fault)
{
	char *at = arena_text(arena, folder);

	if (at == NULL)
		return fault_memory(fault);
	do {
		if (holds(at, ".git")) {
			*repository = at;
			return 0;
		}
	} while (go_up(at));
	return 0;
}

int
settings_find_project(struct arena *arena, const char *folder, const char **repository,
		      const char **project, struct fault *fault)
{
	char *at = arena_text(arena, folder);
	int r =
	    at == NULL ? fault_memory(fault) : find_repository(arena, folder, repository, fault);

	if (r < 0)
		return r;
	for (;;) {
		if (holds(at, SETTINGS_FILE)) {
			*project = at;
			return 0;
		}
		if (*repository == NULL || strcmp(at, *repository) == 0 || !go_up(at))
			break;
	}
	*project = *repository != NULL ? *repository : arena_text(arena, folder);
	return *project == NULL ? fault_memory(fault) : 0;
}
