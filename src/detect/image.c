/*
 * image.c - manifests of container images: which layers, in which order, made by what
 *
 * Knows: OCI image layout and image specification 1.1, the archives of `docker save`.
 * Does not know: registries, signatures, what is in a layer.
 */
#include "detect/image.h"

#include <string.h>

#include "base/own.h"
#include "detect/debris.h"

#define INDEX_DEPTH_MAX       4
#define INSTRUCTION_BYTES_MAX 100
#define DIGEST_SHOWN          19 /* "sha256:" and 12 digits, as tools show it */

/* Where a reader of one input stands. */
struct reader {
	const struct input_facts *facts;
	struct arena *arena;
	struct images *out;
	uint8_t *
	    seen; /* for each of facts->manifests: was it followed?  Indexes may point in circles */
};

static const struct json_value *
parse(struct reader *reader, const struct fact_manifest *manifest)
{
	struct json_value *json = NULL;

	if (manifest == NULL || json_parse(&json, manifest->content, NULL, reader->arena, NULL) < 0)
		return NULL;
	return json;
}

static const struct fact_manifest *
manifest_at(const struct input_facts *facts, const char *path)
{
	size_t low = 0, high = facts->manifests_count;

	while (path != NULL && low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(facts->manifests[middle].path, path);

		if (r == 0)
			return &facts->manifests[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The folder or archive that a manifest stands in, as a display path with what joins behind it. */
static const char *
root_of(struct reader *reader, const struct fact_manifest *manifest)
{
	struct bytes path = bytes_text(manifest->path);

	return arena_copy(reader->arena, path.at, path.left - blob_basename(path).left);
}

/* "sha256:HEX" to the display path of its blob; NULL when it is not one. */
static const char *
blob_path_of(struct reader *reader, const char *root, const char *digest)
{
	if (digest == NULL || strncmp(digest, "sha256:", 7) != 0 || strlen(digest) != 71 ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return NULL;
	return arena_printf(reader->arena, "%sblobs/sha256/%s", root, digest + 7);
}

bool
image_find_secret(struct bytes text, struct bytes *name)
{
	size_t at = 0;

	while (at < text.left) {
		size_t end, equals = SIZE_MAX;
		bool quoted = false;

		while (at < text.left && (text.at[at] <= ' ' || text.at[at] == '"'))
			at++;
		for (end = at; end < text.left && (quoted || text.at[end] > ' '); end++) {
			if (text.at[end] == '"')
				quoted = !quoted;
			if (text.at[end] == '=' && equals == SIZE_MAX)
				equals = end;
		}
		if (equals != SIZE_MAX &&
		    debris_is_secret_setting(bytes_slice(text, at, equals - at),
					     bytes_slice(text, equals + 1, end - equals - 1))) {
			*name = bytes_slice(text, at, equals - at);
			return true;
		}
		at = end;
	}
	if (!debris_has_url_password(text))
		return false;
	*name = BYTES_OF("a URL");
	return true;
}

/* Copy a word; of NAME=VALUE only the name where the value looks secret. */
static void
put_word(struct buf *to, struct bytes word)
{
	struct bytes name;

	if (!image_find_secret(word, &name)) {
		(void)buf_append(to, word.at, word.left);
		return;
	}
	if (bytes_begins(word, name))
		(void)buf_append(to, name.at, name.left + 1);
	(void)buf_append_text(to, "***");
}

const char *
image_text(struct arena *arena, struct bytes text, size_t bytes_max)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT((size_t)1 << 20), shown = BUF_INIT((size_t)4 << 20);
	size_t at = 0;

	text = bytes_slice(text, 0, 65536);
	while (at < text.left) {
		size_t end = at;

		while (end < text.left && text.at[end] > ' ')
			end++;
		put_word(&out, bytes_slice(text, at, end - at));
		while (end < text.left && text.at[end] <= ' ')
			end++;
		if (end < text.left)
			(void)buf_append_u8(&out, ' ');
		at = end;
	}
	(void)blob_display(&shown, bytes_slice(buf_bytes(&out), 0, bytes_max));
	return out.used > bytes_max ? arena_printf(arena, "%s...", buf_text(&shown))
				    : arena_text(arena, buf_text(&shown));
}

/* "/bin/sh -c #(nop)  ENV X=1" is how old builders wrote "ENV X=1"; "RUN ... # buildkit" new ones. */
static const char *
instruction_of(struct arena *arena, const struct json_value *entry)
{
	static const char *const fronts[] = {"/bin/sh -c #(nop)", "/bin/sh -c"};
	const struct json_value *by = json_get(entry, "created_by");
	struct bytes text = by == NULL || by->type != JSON_STRING ? BYTES_OF("") : by->text;
	bool run = false;

	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (bytes_begins(text, bytes_text(fronts[i]))) {
			(void)bytes_skip(&text, strlen(fronts[i]));
			run = i == 1;
			break;
		}
	while (text.left > 0 && text.at[0] <= ' ')
		(void)bytes_skip(&text, 1);
	if (bytes_ends(text, BYTES_OF("# buildkit")))
		text.left -= 10;
	while (text.left > 0 && text.at[text.left - 1] <= ' ')
		text.left--;
	if (!run)
		return image_text(arena, text, INSTRUCTION_BYTES_MAX);
	return arena_printf(arena, "RUN %s", image_text(arena, text, INSTRUCTION_BYTES_MAX));
}

/* History tells every instruction; those that made no layer say so. */
static void
name_instructions(struct reader *reader, struct image *image)
{
	const struct json_value *entry = json_first(json_get(image->json, "history"));
	size_t layer = 0;

	for (; entry != NULL && layer < image->layers_count; entry = entry->next)
		if (!json_bool(entry, "empty_layer", false)) {
			const char *text = instruction_of(reader->arena, entry);

			image->layers[layer++].instruction = text == NULL ? "" : text;
		}
}

static int
add_layer(struct reader *reader, struct image *image, const char *path, const char *digest,
	  struct fault *fault)
{
	struct image_layer *layer = &image->layers[image->layers_count];

	if (path == NULL || digest == NULL)
		return fault_memory(fault);
	*layer = (struct image_layer){path, digest, ""};
	if (strncmp(digest, "sha256:", 7) == 0)
		layer->digest = arena_copy(reader->arena, digest, strnlen(digest, DIGEST_SHOWN));
	if (layer->digest == NULL)
		return fault_memory(fault);
	image->layers_count++;
	return 0;
}

/* The same configuration twice is the same image under two names. */
static bool
is_known(const struct images *images, const struct fact_manifest *config)
{
	for (size_t i = 0; i < images->count; i++)
		if (images->list[i].config == config)
			return true;
	return false;
}

static struct image *
new_image(struct reader *reader, const struct fact_manifest *config,
	  const struct json_value *layers)
{
	struct image *image = &reader->out->list[reader->out->count];
	size_t count = layers == NULL || layers->type != JSON_ARRAY ? 0 : layers->count;

	if (config == NULL || reader->out->count == IMAGES_MAX || count > IMAGE_LAYERS_MAX ||
	    is_known(reader->out, config))
		return NULL;
	*image = (struct image){.name = "", .config = config};
	image->layers = arena_alloc(reader->arena, (count + 1) * sizeof(*image->layers));
	image->json = parse(reader, config);
	return image->layers == NULL ? NULL : image;
}

/* An image manifest of OCI: a configuration and layers, each by digest. */
static int
read_manifest(struct reader *reader, const char *root, const struct json_value *json,
	      struct fault *fault)
{
	const struct json_value *layers = json_get(json, "layers");
	const char *config = json_text(json_get(json, "config"), "digest");
	struct image *image = new_image(
	    reader, manifest_at(reader->facts, blob_path_of(reader, root, config)), layers);
	int r = 0;

	if (image == NULL)
		return 0;
	for (const struct json_value *one = json_first(layers); r == 0 && one != NULL;
	     one = one->next) {
		const char *digest = json_text(one, "digest");
		const char *path = blob_path_of(reader, root, digest);

		/* A layer that is elsewhere keeps its place in the order. */
		r = add_layer(reader, image, path == NULL ? "" : path, digest == NULL ? "" : digest,
			      fault);
	}
	name_instructions(reader, image);
	reader->out->count++;
	return r;
}

static int
read_index(struct reader *reader, const char *root, const struct json_value *json, unsigned depth,
	   struct fault *fault)
{
	const struct json_value *one = json_first(json_get(json, "manifests"));
	int r = 0;

	for (; r == 0 && one != NULL && reader->out->count < IMAGES_MAX; one = one->next) {
		const struct fact_manifest *at = manifest_at(
		    reader->facts, blob_path_of(reader, root, json_text(one, "digest")));
		const struct json_value *inside;

		if (at == NULL || reader->seen[at - reader->facts->manifests] != 0)
			continue;
		reader->seen[at - reader->facts->manifests] = 1;
		inside = parse(reader, at);

		if (json_get(inside, "layers") != NULL)
			r = read_manifest(reader, root, inside, fault);
		else if (json_get(inside, "manifests") != NULL && depth < INDEX_DEPTH_MAX)
			r = read_index(reader, root, inside, depth + 1, fault);
	}
	return r;
}

static struct image *
image_of_config(struct reader *reader, const struct fact_manifest *config)
{
	for (size_t i = 0; config != NULL && i < reader->out->count; i++)
		if (reader->out->list[i].config == config)
			return &reader->out->list[i];
	return NULL;
}

/* manifest.json of `docker save`: a list of images with paths in the archive. */
static int
read_saved(struct reader *reader, const char *root, const struct json_value *json,
	   struct fault *fault)
{
	int r = 0;

	for (const struct json_value *one = json_first(json); r == 0 && one != NULL;
	     one = one->next) {
		const char *config = json_text(one, "Config");
		const char *path =
		    config == NULL ? NULL : arena_printf(reader->arena, "%s%s", root, config);
		const char *name = json_as_text(json_first(json_get(one, "RepoTags")));
		const struct fact_manifest *at = manifest_at(reader->facts, path);
		struct image *image = image_of_config(reader, at);

		if (image == NULL) {
			const struct json_value *layer = json_get(one, "Layers");

			image = new_image(reader, at, layer);
			if (image == NULL)
				continue;
			for (layer = json_first(layer); r == 0 && layer != NULL;
			     layer = layer->next) {
				const char *text = json_as_text(layer);

				r = add_layer(reader, image,
					      arena_printf(reader->arena, "%s%s", root,
							   text == NULL ? "" : text),
					      text == NULL ? "" : text, fault);
			}
			name_instructions(reader, image);
			reader->out->count++;
		}
		if (name != NULL)
			image->name = image_text(reader->arena, bytes_text(name), 100);
	}
	return r;
}

/* Layouts first, so that an archive that is both is read by its digests. */
static int
read_all(struct reader *reader, bool layouts, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < reader->facts->manifests_count; i++) {
		const struct fact_manifest *manifest = &reader->facts->manifests[i];
		struct bytes base = blob_basename(bytes_text(manifest->path));
		const struct json_value *json;
		const char *root;

		if (!bytes_equal(base,
				 layouts ? BYTES_OF("index.json") : BYTES_OF("manifest.json")))
			continue;
		json = parse(reader, manifest);
		root = root_of(reader, manifest);
		if (root == NULL)
			return fault_memory(fault);
		if (json != NULL && layouts)
			r = read_index(reader, root, json, 0, fault);
		else if (json != NULL && json->type == JSON_ARRAY)
			r = read_saved(reader, root, json, fault);
	}
	return r;
}

int
images_read(struct images *out, const struct input_facts *facts, struct arena *arena,
	    struct fault *fault)
{
	struct reader reader = {.facts = facts, .arena = arena, .out = out};
	int r;

	*out = (struct images){0};
	out->list = arena_alloc(arena, IMAGES_MAX * sizeof(*out->list));
	reader.seen = arena_alloc(arena, facts->manifests_count + 1);
	if (out->list == NULL || reader.seen == NULL)
		return fault_memory(fault);
	r = read_all(&reader, true, fault);
	return r < 0 ? r : read_all(&reader, false, fault);
}
