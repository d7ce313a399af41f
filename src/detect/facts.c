/*
 * facts.c - what the blobs of one input have in common
 *
 * Knows: how to gather from many threads, bounded, and to give the same order every time.
 * Does not know: what detectors make of it.
 */
#include "detect/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FACTS_BYTES_MAX     ((size_t)512 << 20)
#define FACTS_MANIFESTS_MAX 20000
/* A map with a million sources is hostile, but its originals must still be compared. */
#define FACTS_ORIGINALS_MAX 2000000
#define FACTS_WHITEOUTS_MAX 100000
#define FACTS_MARKS_MAX     FACTS_FILES_MAX

void
facts_init(struct input_facts *facts, const char *input_path)
{
	*facts = (struct input_facts){.arena = ARENA_INIT(FACTS_BYTES_MAX)};
	(void)pthread_mutex_init(&facts->lock, NULL);
	facts->input_path = input_path;
}

void
facts_free(struct input_facts *facts)
{
	arena_free(&facts->arena);
	free(facts->files);
	free(facts->manifests);
	free(facts->whiteouts);
	free(facts->originals);
	free(facts->maps);
	free(facts->marks);
	free(facts->hashes);
	(void)pthread_mutex_destroy(&facts->lock);
	memset(facts, 0, sizeof(*facts));
}

/* Room for one more of `size` bytes behind *count; NULL out of memory. */
static void *
one_more(void *list_address, size_t *count, size_t *room, size_t size)
{
	void **list = list_address;

	if (*count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		void *grown = reallocarray(*list, more, size);

		if (grown == NULL)
			return NULL;
		*list = grown;
		*room = more;
	}
	return (uint8_t *)*list + size * (*count)++;
}

/* `inner` is nearly always the tail of `path`: keep one copy of the bytes. */
static bool
keep_path(struct arena *arena, const char **path, const char **inner)
{
	size_t path_length = strlen(*path), inner_length = strlen(*inner);
	const char *kept = arena_copy(arena, *path, path_length);

	if (kept == NULL)
		return false;
	if (inner_length <= path_length &&
	    memcmp(kept + path_length - inner_length, *inner, inner_length) == 0)
		*inner = kept + path_length - inner_length;
	else
		*inner = arena_copy(arena, *inner, inner_length);
	*path = kept;
	return *inner != NULL;
}

int
facts_add_file(struct input_facts *facts, const struct fact_file *file, struct fault *fault)
{
	struct fact_file *slot = NULL, copy = *file;
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	facts->total_bytes += file->size_bytes;
	if (facts->files_count >= FACTS_FILES_MAX) {
		facts->files_left_out++;
	} else if (!keep_path(&facts->arena, &copy.path, &copy.inner) ||
		   (slot = one_more(&facts->files, &facts->files_count, &facts->files_room,
				    sizeof(*slot))) == NULL) {
		r = fault_memory(fault);
	} else {
		*slot = copy;
	}
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

int
facts_add_manifest(struct input_facts *facts, const char *path, const char *inner,
		   struct bytes content, struct fault *fault)
{
	struct fact_manifest *slot, copy = {.path = path, .inner = inner};
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	if (facts->manifests_count < FACTS_MANIFESTS_MAX) {
		copy.content =
		    bytes_make(arena_copy(&facts->arena, content.at, content.left), content.left);
		if (copy.content.at == NULL || !keep_path(&facts->arena, &copy.path, &copy.inner) ||
		    (slot = one_more(&facts->manifests, &facts->manifests_count,
				     &facts->manifests_room, sizeof(*slot))) == NULL)
			r = fault_memory(fault);
		else
			*slot = copy;
	}
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

int
facts_add_whiteout(struct input_facts *facts, const struct fact_whiteout *whiteout,
		   struct fault *fault)
{
	struct fact_whiteout *slot, copy = *whiteout;
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	if (facts->whiteouts_count < FACTS_WHITEOUTS_MAX) {
		copy.layer = arena_text(&facts->arena, copy.layer);
		copy.target = arena_text(&facts->arena, copy.target);
		if (copy.layer == NULL || copy.target == NULL ||
		    (slot = one_more(&facts->whiteouts, &facts->whiteouts_count,
				     &facts->whiteouts_room, sizeof(*slot))) == NULL)
			r = fault_memory(fault);
		else
			*slot = copy;
	}
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

int
facts_add_original(struct input_facts *facts, const struct fact_original *original,
		   struct fault *fault)
{
	struct fact_original *slot, copy = *original;
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	if (facts->originals_count < FACTS_ORIGINALS_MAX) {
		const struct fact_original *last =
		    facts->originals_count == 0 ? NULL
						: &facts->originals[facts->originals_count - 1];

		/* The originals of one map come one after the other: share its path. */
		if (last != NULL && strcmp(last->map_path, copy.map_path) == 0)
			copy.map_path = last->map_path;
		else
			copy.map_path = arena_text(&facts->arena, copy.map_path);
		if (copy.map_path == NULL ||
		    (slot = one_more(&facts->originals, &facts->originals_count,
				     &facts->originals_room, sizeof(*slot))) == NULL)
			r = fault_memory(fault);
		else
			*slot = copy;
	}
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

static bool
keep_map(struct arena *arena, struct fact_map *map)
{
	size_t size = map->name_hashes_count * sizeof(*map->name_hashes);
	uint64_t *hashes = arena_alloc(arena, size + 1);

	map->path = arena_text(arena, map->path);
	if (map->path == NULL || hashes == NULL)
		return false;
	if (size > 0)
		memcpy(hashes, map->name_hashes, size);
	map->name_hashes = hashes;
	for (size_t i = 0; i < sizeof(map->examples) / sizeof(map->examples[0]); i++) {
		if (map->examples[i] == NULL)
			continue;
		map->examples[i] = arena_text(arena, map->examples[i]);
		if (map->examples[i] == NULL)
			return false;
	}
	return true;
}

int
facts_add_map(struct input_facts *facts, const struct fact_map *map, struct fault *fault)
{
	struct fact_map *slot, copy = *map;
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	if (!keep_map(&facts->arena, &copy) ||
	    (slot = one_more(&facts->maps, &facts->maps_count, &facts->maps_room, sizeof(*slot))) ==
		NULL)
		r = fault_memory(fault);
	else
		*slot = copy;
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

int
facts_add_mark(struct input_facts *facts, const struct fact_mark *mark, struct fault *fault)
{
	struct fact_mark *slot, copy = *mark;
	int r = 0;

	(void)pthread_mutex_lock(&facts->lock);
	if (facts->marks_count < FACTS_MARKS_MAX) {
		if (!keep_path(&facts->arena, &copy.path, &copy.inner) ||
		    (slot = one_more(&facts->marks, &facts->marks_count, &facts->marks_room,
				     sizeof(*slot))) == NULL)
			r = fault_memory(fault);
		else
			*slot = copy;
	}
	(void)pthread_mutex_unlock(&facts->lock);
	return r;
}

bool
facts_wants_content(struct bytes inner)
{
	static const char *const names[] = {
	    "package.json",   "metadata",      "pkg-info",      "record",
	    "wheel",          "cargo.toml",    "manifest.json", "index.json",
	    "oci-layout",     ".npmignore",    ".gitignore",    "manifest.in",
	    "pyproject.toml", "setup.cfg",     "control",       "pom.properties",
	    "repositories",   "tsconfig.json", ".npmrc",        "model.safetensors.index.json",
	    "config.json",    ".dockerignore", "pubspec.yaml",  "composer.json",
	};
	static const char *const endings[] = {".nuspec", ".gemspec", "/metadata.gz"};
	struct bytes base = blob_basename(inner);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_equal_nocase(base, bytes_text(names[i])))
			return true;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (bytes_ends(inner, bytes_text(endings[i])))
			return true;
	/* Configurations of image layers are named by their digest: blobs/sha256/HEX, HEX.json. */
	return bytes_find(inner, BYTES_OF("blobs/sha256/")) >= 0 ||
	       (base.left == 69 && bytes_ends(base, BYTES_OF(".json")));
}

static int
by_path(const void *left, const void *right)
{
	return strcmp(((const struct fact_file *)left)->path,
		      ((const struct fact_file *)right)->path);
}

static int
manifest_by_path(const void *left, const void *right)
{
	return strcmp(((const struct fact_manifest *)left)->path,
		      ((const struct fact_manifest *)right)->path);
}

static int
whiteout_by_target(const void *left, const void *right)
{
	const struct fact_whiteout *a = left, *b = right;
	int r = strcmp(a->target, b->target);

	return r != 0 ? r : strcmp(a->layer, b->layer);
}

static int
original_by_map(const void *left, const void *right)
{
	const struct fact_original *a = left, *b = right;
	int r = strcmp(a->map_path, b->map_path);

	if (r == 0)
		r = (a->content_hash > b->content_hash) - (a->content_hash < b->content_hash);
	return r;
}

static int
map_by_path(const void *left, const void *right)
{
	return strcmp(((const struct fact_map *)left)->path,
		      ((const struct fact_map *)right)->path);
}

static int
mark_by_place(const void *left, const void *right)
{
	const struct fact_mark *a = left, *b = right;
	int r = strcmp(a->path, b->path);

	if (r == 0)
		r = strcmp(a->detector, b->detector);
	if (r == 0)
		r = (a->at_bytes > b->at_bytes) - (a->at_bytes < b->at_bytes);
	return r != 0 ? r : (a->rule > b->rule) - (a->rule < b->rule);
}

static int
by_hash(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

void
facts_sort(struct input_facts *facts)
{
	if (facts->files_count > 1)
		qsort(facts->files, facts->files_count, sizeof(*facts->files), by_path);
	if (facts->manifests_count > 1)
		qsort(facts->manifests, facts->manifests_count, sizeof(*facts->manifests),
		      manifest_by_path);
	if (facts->whiteouts_count > 1)
		qsort(facts->whiteouts, facts->whiteouts_count, sizeof(*facts->whiteouts),
		      whiteout_by_target);
	if (facts->originals_count > 1)
		qsort(facts->originals, facts->originals_count, sizeof(*facts->originals),
		      original_by_map);
	if (facts->maps_count > 1)
		qsort(facts->maps, facts->maps_count, sizeof(*facts->maps), map_by_path);
	if (facts->marks_count > 1)
		qsort(facts->marks, facts->marks_count, sizeof(*facts->marks), mark_by_place);
	free(facts->hashes);
	facts->hashes = NULL;
	if (facts->files_count > 0)
		facts->hashes = malloc(facts->files_count * sizeof(*facts->hashes));
	if (facts->hashes == NULL)
		return;
	for (size_t i = 0; i < facts->files_count; i++)
		facts->hashes[i] = facts->files[i].content_hash;
	qsort(facts->hashes, facts->files_count, sizeof(*facts->hashes), by_hash);
}

bool
facts_ships_content(const struct input_facts *facts, uint64_t content_hash)
{
	return facts->hashes != NULL && bsearch(&content_hash, facts->hashes, facts->files_count,
						sizeof(*facts->hashes), by_hash) != NULL;
}

const struct fact_manifest *
facts_manifest(const struct input_facts *facts, const char *inner)
{
	for (size_t i = 0; i < facts->manifests_count; i++)
		if (strcmp(facts->manifests[i].inner, inner) == 0)
			return &facts->manifests[i];
	return NULL;
}
