/*
 * fuzz_manifest.c - manifests and credential files by an enemy
 *
 * The first byte says which file the rest is.  Parsers must stay in bounds and end; what a package
 * says of itself must never break the run.
 */
#include <stdlib.h>

#include "base/own.h"
#include "detect/debris.h"
#include "detect/detect.h"
#include "detect/facts.h"
#include "detect/intent.h"
#include "detect/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *inner, *beside;
} files[] = {
    {"package/package.json", NULL},
    {"p-1.dist-info/RECORD", "p-1.dist-info/METADATA"},
    {"p-1.dist-info/METADATA", NULL},
    {"p-1/Cargo.toml", NULL},
    {".env", NULL},
    {".npmrc", NULL},
    {"home/.docker/config.json", NULL},
    {"x.sql", NULL},
    {"keys.jks", NULL},
    {".pgpass", NULL},
    {".kube/config", NULL},
};

static void
add(struct input_facts *facts, const char *inner, struct bytes content)
{
	struct fact_file file = {.path = inner, .inner = inner, .size_bytes = content.left};

	(void)facts_add_file(facts, &file, NULL);
	(void)facts_add_manifest(facts, inner, inner, content, NULL);
}

static void
judge(const char *name, struct bytes content)
{
	enum debris_rule_id rule;
	size_t at = 0, length;

	for (unsigned kind = 0; kind < 2; kind++) {
		struct blob blob = {.path = name,
				    .name = bytes_text(name),
				    .head = bytes_slice(content, 0, BLOB_HEAD_BYTES),
				    .kind = kind == 0 ? BLOB_TEXT : BLOB_BINARY};

		(void)debris_by_head(&blob);
		if (debris_wants_content(&blob))
			(void)debris_by_content(&blob, content);
	}
	while (debris_find_key(content, at, 0, &rule, &at, &length) == 0) {
		if (length == 0 || at + length > content.left)
			abort();
		at += length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)256 << 20);
	struct blob input = {.path = "x", .name = BYTES_OF("x")};
	struct detect detect = {0};
	struct findings findings;
	struct input_facts facts, before;
	struct detect_run run = {.detect = &detect,
				 .blob = &input,
				 .arena = &arena,
				 .findings = &findings,
				 .facts = &facts};
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % ARRAY_LEN(files);
	findings_init(&findings);
	facts_init(&facts, "x");
	facts_init(&before, "y");
	add(&facts, files[which].inner, bytes_make(data + 1, size - 1));
	if (files[which].beside != NULL)
		add(&facts, files[which].beside, BYTES_OF("Name: p\n"));
	add(&before, "package/old.js", BYTES_OF("x"));
	facts_sort(&facts);
	facts_sort(&before);
	facts.previous = (data[0] & 128) != 0 ? &before : NULL;
	judge(files[which].inner, bytes_make(data + 1, size - 1));
	if (detect_intent.input_end(&run, NULL) == 0)
		(void)detect_debris.input_end(&run, NULL);
	findings_free(&findings);
	facts_free(&facts);
	facts_free(&before);
	arena_free(&arena);
	return 0;
}
