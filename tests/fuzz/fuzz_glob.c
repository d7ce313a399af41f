/*
 * fuzz_glob.c - patterns against paths
 *
 * Byte 0: flags; up to the first NUL: an ignore file; the rest: the path.
 */
#include "base/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	struct glob_list list;
	const struct glob *which = NULL;
	const uint8_t *nul;
	struct bytes lines, path;
	enum glob_answer answer;

	if (size < 1)
		return 0;
	list = (struct glob_list)GLOB_LIST_INIT(&arena, data[0] & GLOB_NPM);
	nul = memchr(data + 1, '\0', size - 1);
	lines = bytes_make(data + 1, nul == NULL ? size - 1 : (size_t)(nul - data - 1));
	path = bytes_make(data + 1 + lines.left, size - 1 - lines.left);
	if (path.left > 0)
		(void)bytes_skip(&path, 1);
	if (glob_list_add_lines(&list, lines, NULL) == 0) {
		answer = glob_list_match(&list, path, (data[0] & 0x80) != 0, &which);
		if ((answer == GLOB_MISS) != (which == NULL) ||
		    (which != NULL && which->negated != (answer == GLOB_TAKEN_BACK)) ||
		    (which != NULL && !glob_match(which, path, (data[0] & 0x80) != 0)))
			__builtin_trap();
		if (memchr(path.at, '/', path.left) == NULL &&
		    glob_list_match_below(&list, path, (data[0] & 0x80) != 0, NULL) != answer)
			__builtin_trap();
	}
	arena_free(&arena);
	return 0;
}
