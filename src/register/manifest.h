/*
 * manifest.h - which assets there are and which segments hold them; for the files of this folder
 *
 * One small text file, replaced whole; docs/format-register.md.  A segment that the manifest does
 * not name does not exist for readers, so that a writer may die at any point.
 */
#ifndef REGISTER_MANIFEST_H
#define REGISTER_MANIFEST_H

#include "base/arena.h"
#include "register/segment.h"

#define MANIFEST_FILE      "manifest"
#define MANIFEST_BYTES_MAX ((size_t)64 << 20)

struct manifest_segment {
	char file[32]; /* "seg-000001.swr" */
	uint8_t digest[SEGMENT_DIGEST_BYTES];
};

struct manifest_asset {
	const char *name;
	uint8_t kind;            /* enum asset_kind */
	bool tree;               /* without history */
	uint32_t segment, index; /* of the segment here, of the asset in it */
	const char **paths;      /* absolute, what `update` reads again */
	size_t paths_count;
};

struct manifest {
	struct arena arena;
	uint64_t next; /* number of the next segment file */
	int64_t date;  /* of the newest entry, seconds since 1970; 0: there was none */
	struct manifest_segment *segments;
	size_t segments_count;
	struct manifest_asset *assets; /* by name */
	size_t assets_count;
};

void manifest_init(struct manifest *manifest);
void manifest_free(struct manifest *manifest);

/* Of the register in `folder`; one that is not there yet is empty. */
int manifest_load(struct manifest *manifest, const char *folder, struct fault *fault);
/* Its text, as it stands on disk. */
int manifest_format(const struct manifest *manifest, struct buf *to, struct fault *fault);

int manifest_save(const struct manifest *manifest, const char *folder, struct fault *fault);

/* NULL: no such asset. */
struct manifest_asset *manifest_find(const struct manifest *manifest, const char *name);

#endif
