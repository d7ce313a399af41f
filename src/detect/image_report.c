/*
 * image_report.c - what a container image tells that its files do not
 *
 * Knows: secrets in environment, labels and history; which layer a finding lies in and whether a
 * later layer deletes it; blobs whose content is not what their name says.
 * Does not know: how manifests are read (image.c), what is in the files.
 */
#include "detect/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/container.h"
#include "detect/debris.h"
#include "detect/table.h"
#include "seal/hash.h"

#define SHOWN_BYTES_MAX 120
/* Secrets of one kind told one by one; an image has a few or is made by an enemy. */
#define TOLD_MAX 50

static int
report(struct detect_run *run, const struct image *image, struct finding *finding, size_t at,
       struct fault *fault)
{
	if (finding->title == NULL || finding->fix == NULL)
		return fault_memory(fault);
	finding->path = image->config->path;
	finding->has_sha256 = hash_sha256(image->config->content, finding->sha256, NULL) == 0;
	/* The place in the configuration tells two secrets of one image apart. */
	finding->at.at_bytes = at;
	return detect_report(run, &detect_container, finding, fault);
}

static size_t
place_in(const struct image *image, struct bytes text)
{
	ptrdiff_t at = bytes_find(image->config->content, bytes_slice(text, 0, 32));

	return at < 0 ? 0 : (size_t)at;
}

static int
tell_environment(struct detect_run *run, const struct image *image, struct fault *fault)
{
	const struct json_value *one = json_first(json_get(json_get(image->json, "config"), "Env"));
	unsigned told = 0;
	int r = 0;

	for (; r == 0 && one != NULL && told < TOLD_MAX; one = one->next) {
		struct bytes name;
		struct finding finding = {
		    .rule = "image-env-secret",
		    .severity = SEVERITY_CRITICAL,
		    .discloses = true,
		    .why = "whoever pulls the image reads its environment, also with `inspect`",
		    .fix = "rotate the value, take the ENV line out, and pass it when the "
			   "container runs"};

		if (one->type != JSON_STRING || !image_find_secret(one->text, &name))
			continue;
		finding.title = arena_printf(run->arena, "the image sets ENV %s",
					     image_text(run->arena, one->text, SHOWN_BYTES_MAX));
		r = report(run, image, &finding, place_in(image, one->text), fault);
		told++;
	}
	return r;
}

static int
tell_labels(struct detect_run *run, const struct image *image, struct fault *fault)
{
	const struct json_value *one =
	    json_first(json_get(json_get(image->json, "config"), "Labels"));
	unsigned told = 0;
	int r = 0;

	for (; r == 0 && one != NULL && told < TOLD_MAX; one = one->next) {
		struct finding finding = {.rule = "image-label-secret",
					  .severity = SEVERITY_CRITICAL,
					  .discloses = true,
					  .why =
					      "labels are shown by every registry and by `inspect`",
					  .fix = "rotate the value and take the LABEL line out"};

		if (one->type != JSON_STRING || (!debris_is_secret_setting(one->key, one->text) &&
						 !debris_has_url_password(one->text)))
			continue;
		finding.title = arena_printf(run->arena, "the image has a LABEL %s with a secret",
					     image_text(run->arena, one->key, SHOWN_BYTES_MAX));
		r = report(run, image, &finding, place_in(image, one->key), fault);
		told++;
	}
	return r;
}

/* An ENV line is told where it is set; build arguments and commands are told here. */
static bool
is_env_line(struct bytes text)
{
	return bytes_begins(text, BYTES_OF("ENV ")) ||
	       bytes_begins(text, BYTES_OF("/bin/sh -c #(nop) ENV")) ||
	       bytes_begins(text, BYTES_OF("/bin/sh -c #(nop)  ENV")) ||
	       bytes_begins(text, BYTES_OF("LABEL "));
}

static int
tell_history(struct detect_run *run, const struct image *image, struct fault *fault)
{
	const struct json_value *entry = json_first(json_get(image->json, "history"));
	unsigned told = 0, number = 0;
	int r = 0;

	for (; r == 0 && entry != NULL && told < TOLD_MAX; entry = entry->next) {
		const struct json_value *by = json_get(entry, "created_by");
		struct bytes name;
		struct finding finding = {
		    .rule = "image-history-secret",
		    .severity = SEVERITY_CRITICAL,
		    .discloses = true,
		    .why = "build arguments and commands stay in the history of the image",
		    .fix = "rotate the value, and give it to the build with `RUN "
			   "--mount=type=secret`"};

		number++;
		if (by == NULL || by->type != JSON_STRING || is_env_line(by->text) ||
		    !image_find_secret(by->text, &name))
			continue;
		finding.title = arena_printf(run->arena, "step %u of the build holds %s: %s",
					     number, image_text(run->arena, name, SHOWN_BYTES_MAX),
					     image_text(run->arena, by->text, SHOWN_BYTES_MAX));
		r = report(run, image, &finding, place_in(image, by->text), fault);
		told++;
	}
	return r;
}

/* The digest in "blobs/sha256/HEX" or "HEX.json"; empty: the name promises none. */
static struct bytes
promised(const struct fact_file *file)
{
	struct bytes path = bytes_text(file->path), base = blob_basename(path), none = {0};
	struct bytes folder = bytes_slice(path, 0, path.left - base.left);

	if (base.left == 69 && bytes_ends(base, BYTES_OF(".json")))
		base.left = 64;
	else if (!bytes_ends(folder, BYTES_OF("blobs/sha256/")))
		return none;
	for (size_t i = 0; i < base.left; i++)
		if (!(base.at[i] >= '0' && base.at[i] <= '9') &&
		    !(base.at[i] >= 'a' && base.at[i] <= 'f'))
			return none;
	return base.left == 64 ? base : none;
}

static int
tell_mismatch(struct detect_run *run, struct fault *fault)
{
	unsigned told = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->facts->files_count && told < TOLD_MAX; i++) {
		const struct fact_file *file = &run->facts->files[i];
		struct bytes want = promised(file);
		struct finding finding = {
		    .rule = "digest-mismatch",
		    .severity = SEVERITY_HIGH,
		    .why =
			"its content was changed after the image was built; pulling it would fail",
		    .fix = "build the image again"};
		char have[65];

		if (want.left == 0 ||
		    bytes_equal(want, bytes_text(text_hex(file->sha256, 32, have))))
			continue;
		finding.title = arena_printf(
		    run->arena, "%.200s holds other bytes than its name says", file->inner);
		finding.path = file->path;
		finding.has_sha256 = true;
		memcpy(finding.sha256, file->sha256, sizeof(finding.sha256));
		if (finding.title == NULL)
			return fault_memory(fault);
		r = detect_report(run, &detect_container, &finding, fault);
		told++;
	}
	return r;
}

int
image_input_end(struct detect_run *run, struct fault *fault)
{
	struct images images;
	int r = images_read(&images, run->facts, run->arena, fault);

	for (size_t i = 0; r == 0 && i < images.count; i++) {
		r = tell_environment(run, &images.list[i], fault);
		if (r == 0)
			r = tell_labels(run, &images.list[i], fault);
		if (r == 0)
			r = tell_history(run, &images.list[i], fault);
	}
	return r < 0 || images.count == 0 ? r : tell_mismatch(run, fault);
}

/* The first whiteout of `target`; they are sorted by target. */
static size_t
first_whiteout(const struct input_facts *facts, struct bytes target)
{
	size_t low = 0, high = facts->whiteouts_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct bytes at = bytes_text(facts->whiteouts[middle].target);
		size_t common = at.left < target.left ? at.left : target.left;
		int r = common == 0 ? 0 : memcmp(at.at, target.at, common);

		if (r == 0)
			r = (at.left > target.left) - (at.left < target.left);
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
layer_deletes(const struct input_facts *facts, const struct image_layer *layer, struct bytes target,
	      bool opaque)
{
	for (size_t i = first_whiteout(facts, target); i < facts->whiteouts_count; i++) {
		const struct fact_whiteout *whiteout = &facts->whiteouts[i];

		if (!bytes_equal(bytes_text(whiteout->target), target))
			return false;
		if (whiteout->opaque == opaque && strcmp(whiteout->layer, layer->path) == 0)
			return true;
	}
	return false;
}

/* Does the layer delete the path, or a folder above it, or empty such a folder?  An opaque mark
 * keeps the '/' of its folder. */
static bool
is_deleted_in(const struct input_facts *facts, const struct image_layer *layer, const char *path)
{
	struct bytes target = bytes_text(path);
	ptrdiff_t inside = bytes_find(target, BYTES_OF("!/"));

	if (inside >= 0)
		target.left = (size_t)inside;
	if (layer_deletes(facts, layer, target, false))
		return true;
	while (target.left > 0) {
		while (target.left > 0 && target.at[target.left - 1] != '/')
			target.left--;
		if (layer_deletes(facts, layer, target, true))
			return true;
		if (target.left == 0)
			break;
		target.left--;
		if (layer_deletes(facts, layer, target, false) ||
		    layer_deletes(facts, layer, target, true))
			return true;
	}
	return layer_deletes(facts, layer, target, true);
}

/* Layers of all images by path, so that a finding finds its own at once. */
struct place {
	const char *path;
	size_t path_bytes;
	const struct image *image;
	size_t layer;
};

struct places {
	struct place *list;
	size_t count;
	uint64_t looks_left; /* layers that may still be asked for what they delete */
	uint64_t deleted;    /* findings of some weight in files that a later layer deletes */
	const struct image_layer *deleted_by;
	size_t deleted_in; /* number of that layer, from 1 */
};

/* An honest image has a hundred layers and a few findings; a hostile one must not cost minutes. */
#define LOOKS_MAX ((uint64_t)2000000)

static int
by_path(const void *left, const void *right)
{
	return strcmp(((const struct place *)left)->path, ((const struct place *)right)->path);
}

static int
list_places(struct places *out, const struct images *images, struct arena *arena,
	    struct fault *fault)
{
	size_t count = 0;

	for (size_t i = 0; i < images->count; i++)
		count += images->list[i].layers_count;
	*out = (struct places){.looks_left = LOOKS_MAX};
	out->list = arena_alloc(arena, (count + 1) * sizeof(*out->list));
	if (out->list == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < images->count; i++)
		for (size_t layer = 0; layer < images->list[i].layers_count; layer++) {
			const char *path = images->list[i].layers[layer].path;

			if (path[0] != '\0')
				out->list[out->count++] =
				    (struct place){path, strlen(path), &images->list[i], layer};
		}
	if (out->count > 1)
		qsort(out->list, out->count, sizeof(*out->list), by_path);
	return 0;
}

static const struct place *
place_named(const struct places *places, struct bytes path)
{
	size_t low = 0, high = places->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct place *at = &places->list[middle];
		size_t common = at->path_bytes < path.left ? at->path_bytes : path.left;
		int r = memcmp(at->path, path.at, common);

		if (r == 0)
			r = (at->path_bytes > path.left) - (at->path_bytes < path.left);
		if (r == 0)
			return at;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const char *
by_what(const struct image_layer *layer)
{
	return layer->instruction[0] == '\0' ? layer->digest : layer->instruction;
}

/* The layer above `place` that deletes `path`, or NULL. */
static const struct image_layer *
deleted_by(struct places *places, const struct place *place, const char *path,
	   const struct input_facts *facts, size_t *number)
{
	for (size_t i = place->layer + 1; i < place->image->layers_count; i++) {
		const struct image_layer *layer = &place->image->layers[i];

		if (facts->whiteouts_count == 0 || places->looks_left == 0)
			return NULL;
		places->looks_left--;
		*number = i + 1;
		if (is_deleted_in(facts, layer, path) ||
		    (strncmp(path, "./", 2) == 0 && is_deleted_in(facts, layer, path + 2)))
			return layer;
	}
	return NULL;
}

static int
annotate(struct findings *findings, struct finding *finding, struct places *places,
	 const struct place *place, const struct input_facts *facts, struct fault *fault)
{
	const struct image_layer *in = &place->image->layers[place->layer], *by;
	struct arena *arena = &findings->arena;
	size_t number = 0;
	const char *title = arena_printf(arena, "%s; in layer %zu of %zu (%s%s%s)", finding->title,
					 place->layer + 1, place->image->layers_count, in->digest,
					 in->instruction[0] == '\0' ? "" : ", ", in->instruction);

	by = deleted_by(places, place, finding->path + place->path_bytes + 2, facts, &number);
	if (by != NULL && title != NULL) {
		title = arena_printf(arena, "%s, deleted in layer %zu (%s), still shipped", title,
				     number, by_what(by));
		places->deleted += finding->severity >= SEVERITY_MEDIUM ? 1 : 0;
		places->deleted_by = by;
		places->deleted_in = number;
	}
	if (title == NULL)
		return fault_memory(fault);
	finding->title = title;
	return 0;
}

static int
annotate_one(struct findings *findings, struct finding *finding, struct places *places,
	     const struct input_facts *facts, struct fault *fault)
{
	struct bytes path = bytes_text(finding->path);

	for (size_t i = 0; i + 1 < path.left; i++) {
		const struct place *place = NULL;

		if (path.at[i] == '!' && path.at[i + 1] == '/')
			place = place_named(places, bytes_slice(path, 0, i));
		if (place != NULL)
			return annotate(findings, finding, places, place, facts, fault);
	}
	return 0;
}

/* A finding of its own: in a list of many it must not take reading each title to learn that the
 * `rm` in the recipe did not help. */
static int
report_deleted(struct findings *findings, const struct places *places,
	       const struct input_facts *facts, struct fault *fault)
{
	struct finding finding = {
	    .detector = "container",
	    .rule = "image-deleted-still-shipped",
	    .severity = SEVERITY_MEDIUM,
	    .why = "a layer that deletes a file only hides it: whoever pulls the image has the "
		   "layer below",
	    .fix = "build in one stage and copy the result into a fresh one (COPY --from=build), "
		   "or do "
		   "not copy the files in at all",
	    .path = facts->input_path,
	    .count = places->deleted,
	};

	if (places->deleted == 0)
		return 0;
	finding.title = arena_printf(
	    &findings->arena,
	    "%llu of the things found lie in files that a later layer deletes "
	    "(layer %zu, %s): still shipped",
	    (unsigned long long)places->deleted, places->deleted_in, by_what(places->deleted_by));
	return finding.title == NULL ? fault_memory(fault)
				     : findings_add(findings, &finding, fault);
}

int
image_annotate(struct findings *findings, const struct input_facts *facts, struct fault *fault)
{
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct places places = {0};
	struct images images;
	int r = images_read(&images, facts, &arena, fault);

	if (r == 0 && images.count > 0)
		r = list_places(&places, &images, &arena, fault);
	for (size_t i = 0; r == 0 && places.count > 0 && i < findings->count; i++)
		if (findings->list[i].path != NULL && findings->list[i].title != NULL)
			r = annotate_one(findings, &findings->list[i], &places, facts, fault);
	if (r == 0)
		r = report_deleted(findings, &places, facts, fault);
	arena_free(&arena);
	return r;
}
