/*
 * scm.h - what git would say of a file, read from its files and never by running it
 *
 * (git obeys the configuration of the repository it runs in, so it does not run here.)
 */
#ifndef PUBLISH_SCM_H
#define PUBLISH_SCM_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/glob.h"

#define SCM_INDEX_MAX ((size_t)256 << 20)

struct scm_folder;

struct scm {
	bool is_git; /* the folder lies in a repository */
	bool has_index;
	const char **tracked; /* paths below the folder, sorted */
	size_t tracked_count;
	struct arena *arena;
	struct scm_folder *above; /* ignore files from the repository's root to the folder */
};

/* `real`: the folder, absolute.  A folder in no repository gives is_git = false and ignores
 * nothing. */
int scm_open(struct scm *scm, const char *real, struct arena *arena, struct fault *fault);

/* One folder on the way down: its own .gitignore before those above. */
struct scm_folder {
	const struct scm_folder *above;
	const char
	    *path; /* below the folder of scm_open; "" for it; above it: from the repository's
			   root */
	size_t path_bytes;
	struct glob_list list;
};

/* Enter the folder `path` (below, "" at first) that is open as fd. */
int scm_enter(const struct scm *scm, struct scm_folder *out, const struct scm_folder *above, int fd,
	      const char *path, struct fault *fault);

bool scm_is_tracked(const struct scm *scm, const char *path);
/* Is there a tracked file below the folder `path`? */
bool scm_tracks_below(const struct scm *scm, const char *path);

/* Do the ignore files leave it out?  Folders above it are the walker's to have asked. */
bool scm_is_ignored(const struct scm_folder *folder, const char *path, bool is_folder);

#endif
