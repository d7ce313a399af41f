/*
 * image.h - container images: layers in their order, what made each, what a later one deleted
 *
 * An image is a stack of archives and a configuration that tells how they came about.  What a later
 * layer deletes still ships in the earlier one: whoever pulls the image has it.
 */
#ifndef DETECT_IMAGE_H
#define DETECT_IMAGE_H

#include "base/json.h"
#include "detect/detect.h"
#include "detect/facts.h"

/* Images of one input, and layers of one image; what is past them is left alone. */
#define IMAGES_MAX       256
#define IMAGE_LAYERS_MAX 4096

struct image_layer {
	const char *path;   /* display path of the layer's blob: facts and findings begin with it */
	const char *digest; /* "sha256:0123456789ab", shortened; or its path when it has none */
	const char *instruction; /* what made it, secrets masked; "" unknown */
};

struct image {
	const char *name; /* "acme/app:1.2", or "" */
	const struct fact_manifest *config;
	const struct json_value *json; /* of the configuration; NULL: it is not there or broken */
	struct image_layer *layers;    /* lowest first */
	size_t layers_count;
};

struct images {
	struct image *list;
	size_t count;
};

/* All images of an input: OCI layouts (index.json, nested indexes too) and `docker save` archives,
 * which often are both and are then read once.  What is broken is left out.  All in `arena`;
 * after facts_sort(). */
int images_read(struct images *out, const struct input_facts *facts, struct arena *arena,
		struct fault *fault);

/* Say with every finding that lies in a layer which layer that is, and whether a later one
 * deletes it.  Titles live in findings' own arena; ids do not change. */
int image_annotate(struct findings *findings, const struct input_facts *facts, struct fault *fault);

/* Secrets in the environment, labels and history of images; blobs that are not what their name
 * says.  The detector "container" calls it once per input. */
int image_input_end(struct detect_run *run, struct fault *fault);

/* One line of a configuration for people: control bytes out, values of settings that look secret
 * masked, at most `bytes_max` bytes. NULL out of memory. */
const char *image_text(struct arena *arena, struct bytes text, size_t bytes_max);

/* The first word "NAME=VALUE" (or "NAME VALUE" of old ENV lines) in `text` whose value looks
 * secret: *name is NAME.  A password in a URL counts, then *name is "a URL". */
bool image_find_secret(struct bytes text, struct bytes *name);

#endif
