/*
 * facts.h - what the blobs of one input have in common: the list that package-wide detectors read
 *
 * Filled by intake while blobs pass (any thread, under its own lock), read in input_end().  Bounded:
 * past FACTS_FILES_MAX files only the totals go on, and `files_left_out` says so.
 */
#ifndef DETECT_FACTS_H
#define DETECT_FACTS_H

#include <pthread.h>

#include "base/arena.h"
#include "base/blob.h"

#define FACTS_FILES_MAX    300000
#define FACTS_MANIFEST_MAX ((size_t)1024 * 1024)

struct fact_file {
	const char *path; /* display chain, as in findings */
	const char
	    *inner; /* the part behind the input: "package/cli.js"; "" for the input itself */
	uint64_t size_bytes;
	uint64_t content_hash; /* XXH3-64 of the content */
	uint8_t sha256[32];
	enum blob_kind kind;
	uint32_t mode;
	uint32_t depth;
};

/* Small files whose content package-wide detectors need: package.json, PKG-INFO, METADATA,
 * Cargo.toml, manifest.json / index.json / config of an image, .npmignore ... (facts.c has the table). */
struct fact_manifest {
	const char *path, *inner;
	struct bytes content; /* in the arena */
};

/* A whiteout of an image layer (OCI image-spec, layer.md): `target` was deleted from layers below. */
struct fact_whiteout {
	const char *layer;  /* display path of the layer blob */
	const char *target; /* path inside the image */
	bool opaque;        /* the whole folder's earlier content */
};

/* An original that a source map in this input carries. */
struct fact_original {
	const char *map_path;
	uint64_t content_hash;
	uint64_t size_bytes;
};

/* The source maps of one blob (a .map file is one, a bundle may carry many inline): what they
 * disclose is known when all files of the input are.  Their own originals are in `originals`. */
struct fact_map {
	const char *path;
	bool has_sha256, has_object;
	uint8_t sha256[32];
	uint8_t object[BLOB_OBJECT_BYTES]; /* as in fact_mark */
	uint64_t at_bytes;                 /* of the first one */
	uint64_t maps;                     /* how many */
	bool is_inline;                    /* inside code or a style sheet */
	uint64_t sources;                  /* names listed, null ones too */
	uint64_t embedded;                 /* originals with content, not empty */
	uint64_t lines, bytes;             /* of those */
	uint64_t own; /* of those that look like own code: as many rows in `originals` */
	uint64_t own_bytes;
	uint64_t own_names; /* of all sources */
	bool telling_names; /* some of these hold a word like "secret" or "billing" */
	const char *examples[3];
	const char *made_by; /* static: name of the bundler; NULL: unknown */
	/* Without content: XXH3-64 of the paths (as in fact_file) that own sources resolve to. */
	const uint64_t *name_hashes;
	size_t name_hashes_count;
};

/* What a detector saw in one blob and tells once per input, counted, in its input_end(). */
struct fact_mark {
	const char *detector; /* static */
	uint32_t rule;        /* an index of the detector's own */
	uint32_t line;        /* from 1; 0: not text */
	const char *path, *inner;
	uint64_t at_bytes, length_bytes;
	uint64_t value; /* the detector's own; 0: none */
	bool has_sha256, has_object;
	uint8_t sha256[32];
	uint8_t object[BLOB_OBJECT_BYTES]; /* of a git history: in which object */
};

struct input_facts {
	pthread_mutex_t lock;
	struct arena arena;
	const char *input_path;
	struct fact_file *files;
	size_t files_count, files_room;
	uint64_t files_left_out;
	struct fact_manifest *manifests;
	size_t manifests_count, manifests_room;
	struct fact_whiteout *whiteouts;
	size_t whiteouts_count, whiteouts_room;
	struct fact_original *originals;
	size_t originals_count, originals_room;
	struct fact_map *maps;
	size_t maps_count, maps_room;
	struct fact_mark *marks; /* at most FACTS_FILES_MAX */
	size_t marks_count, marks_room;
	struct secret_groups *secrets; /* detect/secret_groups.h, in the arena; NULL: none */
	struct tally *tally;           /* detect/tally.h, in the arena; NULL: nothing counted */
	uint64_t *hashes;              /* content hashes of files, sorted; after facts_sort() */
	uint64_t total_bytes;          /* of all leaf files */
	const struct input_facts *previous; /* of --previous OLD, complete; NULL: none */
};

void facts_init(struct input_facts *facts, const char *input_path);
void facts_free(struct input_facts *facts);

/* Each copies what it is given.  Thread-safe. */
int facts_add_file(struct input_facts *facts, const struct fact_file *file, struct fault *fault);
int facts_add_manifest(struct input_facts *facts, const char *path, const char *inner,
		       struct bytes content, struct fault *fault);
int facts_add_whiteout(struct input_facts *facts, const struct fact_whiteout *whiteout,
		       struct fault *fault);
int facts_add_original(struct input_facts *facts, const struct fact_original *original,
		       struct fault *fault);
int facts_add_map(struct input_facts *facts, const struct fact_map *map, struct fault *fault);
int facts_add_mark(struct input_facts *facts, const struct fact_mark *mark, struct fault *fault);

/* Is this a file whose content package-wide detectors read?  By base name; intake asks. */
bool facts_wants_content(struct bytes inner);

/* Sort everything by path: called once before input_end(), so that reports do not depend on threads. */
void facts_sort(struct input_facts *facts);

/* Does a file with this content ship in the input?  After facts_sort(). */
bool facts_ships_content(const struct input_facts *facts, uint64_t content_hash);

/* NULL when there is none. */
const struct fact_manifest *facts_manifest(const struct input_facts *facts, const char *inner);

#endif
