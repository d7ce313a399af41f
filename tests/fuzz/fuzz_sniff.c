/*
 * fuzz_sniff.c - what any bytes are taken for
 */
#include "fuzz_unpack.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	uint8_t *copy = malloc(size + 1); /* exact size: reading past it is seen */

	if (copy == NULL)
		return 0;
	copy = realloc(copy, size > 0 ? size : 1);
	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	if (sniff(bytes_make(copy, size), true) >= BLOB_KIND_COUNT ||
	    sniff_embedded(bytes_make(copy, size), &at) >= BLOB_KIND_COUNT || at > size)
		abort();
	free(copy);
	return 0;
}
