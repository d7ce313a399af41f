/*
 * driver.c - runs a fuzz target over its corpus as a plain test
 *
 *	fuzz_tar tests/fuzz/corpus/tar
 *
 * Knows: one TAP line per file, in order of name.  Does not know: what the target parses.
 * Each input lies at the end of its own allocation, so that sanitizers see the first byte past it.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
run_file(const char *folder, const char *name)
{
	char path[4096];
	AUTO(own_free)
	uint8_t *data = NULL;
	long size = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return -1;
	if (fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	rewind(file);
	data = size < 0 ? NULL : malloc((size_t)size);
	if (size < 0 ||
	    (size > 0 && (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size))) {
		(void)fclose(file);
		return -1;
	}
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct dirent **entries = NULL;
	int count = argc == 2 ? scandir(argv[1], &entries, not_hidden, alphasort) : -1;
	int failures = 0;

	if (count <= 0) {
		(void)printf("1..1\nnot ok 1 - a corpus folder with at least one file\n");
		return 1;
	}
	(void)printf("1..%d\n", count + 1);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0); /* what libFuzzer tries first */
	(void)printf("ok 1 - no bytes at all\n");
	for (int i = 0; i < count; i++) {
		int r = run_file(argv[1], entries[i]->d_name);

		failures += r < 0;
		(void)printf("%s %d - %s\n", r < 0 ? "not ok" : "ok", i + 2, entries[i]->d_name);
		(void)fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return failures == 0 ? 0 : 1;
}
