/*
 * fuzz_packlist.c - ignore files and "files" patterns by an enemy
 *
 * First line: a path.  The rest: an ignore file.  Matching must end, in bounds, whole or partial.
 */
#include <stdlib.h>

#include "publish/npm_package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	struct bytes names[64], in = bytes_make(data, size);
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	size_t line = end == NULL ? size : (size_t)(end - data), from = 0;
	struct npm_path path = {.names = names};
	struct npm_rules rules = {0};

	for (size_t i = 0; i <= line && path.count < 64; i++)
		if (i == line || data[i] == '/') {
			names[path.count++] = bytes_slice(in, from, i - from);
			from = i + 1;
		}
	(void)bytes_skip(&in, line);
	(void)npm_rules_add_lines(&rules, in, &arena, NULL);
	for (size_t i = 0; i < rules.count; i++)
		for (unsigned n = 0; n < 8; n++) {
			path.lead = (n & 1) != 0;
			path.trail = (n & 2) != 0;
			/* What matches whole matches in part. */
			if (npm_glob_match(&rules.list[i], &path, false) && (n & 4) != 0 &&
			    !path.trail && !npm_glob_match(&rules.list[i], &path, true))
				abort();
		}
	arena_free(&arena);
	return 0;
}
