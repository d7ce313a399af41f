/* test_image.c - proves detect/image.h */
#include "examine.h"

#include "base/text.h"
#include "detect/image.h"
#include "detect/table.h"

#define LOW  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HIGH "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char config[] =
    "{\"config\":{\"Env\":[\"PATH=/usr/"
    "bin\",\"DB_PASSWORD=hunter2222\",\"GPG_KEY=E3FF2839C048B25C\"],"
    "\"Labels\":{\"source\":\"https://me:s3cret99@git.example.org/x\"}},"
    "\"history\":[{\"created_by\":\"/bin/sh -c #(nop) COPY dir:1 in /app \"},"
    "{\"created_by\":\"ENV DB_PASSWORD=hunter2222\",\"empty_layer\":true},"
    "{\"created_by\":\"|1 NPM_TOKEN=a8f7d6a8f7 /bin/sh -c rm -rf /app/.git\"}]}";

/* An OCI layout whose blobs are named by what they hold. */
static void
put_blob(struct examined *e, const char *content, char hex[65])
{
	uint8_t sha256[32];

	EQ_INT(hash_sha256(bytes_text(content), sha256, NULL), 0);
	(void)text_hex(sha256, 32, hex);
	examine_file(e, &detect_container, arena_printf(&e->arena, "blobs/sha256/%s", hex),
		     bytes_text(content));
}

static void
put_layout(struct examined *e)
{
	char config_hex[65], manifest_hex[65];

	put_blob(e, config, config_hex);
	put_blob(e,
		 arena_printf(
		     &e->arena,
		     "{\"config\":{\"digest\":\"sha256:%s\"},\"layers\":[{\"digest\":\"sha256:" LOW
		     "\"},{\"digest\":\"sha256:" HIGH "\"}]}",
		     config_hex),
		 manifest_hex);
	examine_file(e, &detect_container, "oci-layout", BYTES_OF("{}"));
	examine_file(e, &detect_container, "index.json",
		     bytes_text(arena_printf(
			 &e->arena, "{\"manifests\":[{\"digest\":\"sha256:%s\"}]}", manifest_hex)));
	examine_file(e, &detect_container, "manifest.json",
		     bytes_text(arena_printf(
			 &e->arena,
			 "[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":[\"acme/app:1\"],"
			 "\"Layers\":[\"blobs/sha256/" LOW "\",\"blobs/sha256/" HIGH "\"]}]",
			 config_hex)));
}

static void
put_whiteout(struct examined *e, const char *layer, const char *target, bool opaque)
{
	struct fact_whiteout whiteout = {
	    .layer = arena_printf(&e->arena, "%s!/blobs/sha256/%s", e->input, layer),
	    .target = target,
	    .opaque = opaque};

	EQ_INT(facts_add_whiteout(&e->facts, &whiteout, NULL), 0);
}

static void
put_finding(struct examined *e, const char *layer, const char *path)
{
	struct finding finding = {
	    .detector = "debris",
	    .rule = "private-key",
	    .severity = SEVERITY_CRITICAL,
	    .title = "a private key",
	    .path = arena_printf(&e->arena, "%s!/blobs/sha256/%s!/%s", e->input, layer, path)};

	EQ_INT(findings_add(&e->findings, &finding, NULL), 0);
}

TEST(an_archive_that_is_a_layout_too_is_read_once)
{
	struct images images;
	struct examined e;

	examine_begin(&e, "img.tar");
	put_layout(&e);
	facts_sort(&e.facts);
	EQ_INT(images_read(&images, &e.facts, &e.arena, NULL), 0);
	NEED(images.count == 1);
	EQ_STR(images.list[0].name, "acme/app:1");
	NEED(images.list[0].layers_count == 2);
	EQ_STR(images.list[0].layers[0].path, "img.tar!/blobs/sha256/" LOW);
	EQ_STR(images.list[0].layers[0].digest, "sha256:aaaaaaaaaaaa");
	EQ_STR(images.list[0].layers[0].instruction, "COPY dir:1 in /app");
	EQ_STR(images.list[0].layers[1].instruction,
	       "|1 NPM_TOKEN=*** /bin/sh -c rm -rf /app/.git");
	examine_free(&e);
}

TEST(secrets_of_the_configuration_are_told_without_their_values)
{
	const struct finding *found;
	struct examined e;

	examine_begin(&e, "img.tar");
	put_layout(&e);
	EQ_INT(examine_end(&e, &detect_container), 0);
	found = examine_found(&e, "image-env-secret", 0);
	NEED(found != NULL);
	EQ_STR(found->title, "the image sets ENV DB_PASSWORD=***");
	OK(found->discloses);
	OK(examine_found(&e, "image-env-secret", 1) == NULL);
	found = examine_found(&e, "image-history-secret", 0);
	NEED(found != NULL);
	EQ_STR(found->title,
	       "step 3 of the build holds NPM_TOKEN: |1 NPM_TOKEN=*** /bin/sh -c rm -rf "
	       "/app/.git");
	OK(examine_found(&e, "image-history-secret", 1) == NULL);
	OK(examine_found(&e, "image-label-secret", 0) != NULL);
	EQ_U64(e.findings.count, 3);
	examine_free(&e);
}

TEST(what_a_later_layer_deletes_still_ships)
{
	struct examined e;

	examine_begin(&e, "img.tar");
	put_layout(&e);
	put_whiteout(&e, HIGH, "app/.git", false);
	put_whiteout(&e, HIGH, "srv/", true);
	put_whiteout(&e, LOW, "low", false);
	put_finding(&e, LOW, "app/.git/config");
	put_finding(&e, LOW, "srv/deep/key.pem");
	put_finding(&e, LOW, "app/.gitx");
	put_finding(&e, HIGH, "low");
	facts_sort(&e.facts);
	EQ_INT(image_annotate(&e.findings, &e.facts, NULL), 0);
	EQ_STR(
	    e.findings.list[0].title,
	    "a private key; in layer 1 of 2 (sha256:aaaaaaaaaaaa, COPY dir:1 in /app), deleted in "
	    "layer 2 (|1 NPM_TOKEN=*** /bin/sh -c rm -rf /app/.git), still shipped");
	HAS_STR(e.findings.list[1].title, "deleted in layer 2");
	EQ_STR(e.findings.list[2].title,
	       "a private key; in layer 1 of 2 (sha256:aaaaaaaaaaaa, COPY dir:1 in /app)");
	OK(strstr(e.findings.list[3].title, "deleted") == NULL);
	HAS_STR(e.findings.list[3].title, "layer 2 of 2");
	/* And once for the whole image, so that nobody has to read every title. */
	EQ_U64(e.findings.count, 5);
	EQ_STR(e.findings.list[4].rule, "image-deleted-still-shipped");
	EQ_U64(e.findings.list[4].count, 2);
	examine_free(&e);
}

TEST(a_blob_that_is_not_what_its_name_says_is_told)
{
	struct examined e;

	examine_begin(&e, "img.tar");
	put_layout(&e);
	examine_file(&e, &detect_container, "blobs/sha256/" LOW, BYTES_OF("x"));
	EQ_INT(examine_end(&e, &detect_container), 0);
	OK(examine_found(&e, "digest-mismatch", 0) != NULL);
	OK(examine_found(&e, "digest-mismatch", 1) == NULL);
	examine_free(&e);
}

TEST(the_older_archives_of_docker_save_are_read_by_path)
{
	struct images images;
	struct examined e;

	examine_begin(&e, "img.tar");
	examine_file(&e, &detect_container, LOW ".json", bytes_text(config));
	examine_file(&e, &detect_container, "manifest.json",
		     BYTES_OF("[{\"Config\":\"" LOW
			      ".json\",\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]"));
	facts_sort(&e.facts);
	EQ_INT(images_read(&images, &e.facts, &e.arena, NULL), 0);
	NEED(images.count == 1);
	EQ_STR(images.list[0].layers[1].path, "img.tar!/2/layer.tar");
	EQ_STR(images.list[0].layers[1].digest, "2/layer.tar");
	examine_free(&e);
}

TEST(manifests_that_point_nowhere_or_in_circles_are_left_alone)
{
	struct images images;
	struct examined e;

	examine_begin(&e, "img.tar");
	examine_file(
	    &e, &detect_container, "index.json",
	    BYTES_OF("{\"manifests\":[{\"digest\":\"sha256:" LOW "\"},{\"digest\":\"x\"},5]}"));
	examine_file(&e, &detect_container, "blobs/sha256/" LOW,
		     BYTES_OF("{\"manifests\":[{\"digest\":\"sha256:" LOW "\"}]}"));
	examine_file(&e, &detect_container, "manifest.json", BYTES_OF("[{\"Config\":7},null,[]]"));
	facts_sort(&e.facts);
	EQ_INT(images_read(&images, &e.facts, &e.arena, NULL), 0);
	EQ_U64(images.count, 0);
	EQ_INT(image_annotate(&e.findings, &e.facts, NULL), 0);
	examine_free(&e);
}
