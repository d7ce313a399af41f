/*
 * fuzz_image.c - manifests and configurations of container images by an enemy
 *
 * The input is a list of files, "NAME\nCONTENT\0" each; a NAME of one letter stands for a blob
 * that is named by that letter's digest.  Reading, reporting and annotating must stay in bounds.
 */
#include <stdlib.h>

#include "base/own.h"
#include "detect/detect.h"
#include "detect/facts.h"
#include "detect/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add(struct input_facts *facts, struct arena *arena, struct bytes name, struct bytes content)
{
	char hex[65] = {0};
	const char *path;
	struct fact_file file = {.size_bytes = content.left};

	if (name.left == 1) {
		memset(hex, name.at[0] >= 'a' && name.at[0] <= 'f' ? name.at[0] : 'a', 64);
		path = arena_printf(arena, "x!/blobs/sha256/%s", hex);
	} else {
		path = arena_printf(arena, "x!/%.*s", (int)name.left, (const char *)name.at);
	}
	if (path == NULL)
		return;
	file.path = path;
	file.inner = path + 3;
	(void)facts_add_file(facts, &file, NULL);
	(void)facts_add_manifest(facts, path, path + 3, content, NULL);
}

static struct bytes
take_to(struct bytes *in, uint8_t stop)
{
	const uint8_t *end = in->left == 0 ? NULL : memchr(in->at, stop, in->left);
	size_t length = end == NULL ? in->left : (size_t)(end - in->at);
	struct bytes part = bytes_slice(*in, 0, length);

	(void)bytes_skip(in, end == NULL ? length : length + 1);
	return part;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct bytes in = bytes_make(data, size), name;
	struct blob input = {.path = "x", .name = BYTES_OF("x")};
	struct detect detect = {0};
	struct findings findings;
	struct input_facts facts;
	struct detect_run run = {.detect = &detect,
				 .blob = &input,
				 .arena = &arena,
				 .findings = &findings,
				 .facts = &facts};
	struct finding finding = {.detector = "debris", .rule = "x", .title = "x"};
	struct fact_whiteout whiteout = {.target = "a/b"};
	char layer[] = "x!/blobs/sha256/"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!/a/b/c";

	findings_init(&findings);
	facts_init(&facts, "x");
	while (in.left > 0) {
		name = take_to(&in, '\n');
		add(&facts, &arena, name, take_to(&in, 0));
	}
	finding.path = layer;
	(void)findings_add(&findings, &finding, NULL);
	layer[80] = '\0';
	memset(layer + 16, 'b', 64);
	whiteout.layer = layer;
	(void)facts_add_whiteout(&facts, &whiteout, NULL);
	facts_sort(&facts);
	if (image_input_end(&run, NULL) == 0)
		(void)image_annotate(&findings, &facts, NULL);
	findings_free(&findings);
	facts_free(&facts);
	arena_free(&arena);
	return 0;
}
