/*
 * fuzz_history_refs.c - any bytes as packed-refs, any text as a revision
 */
#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history *h = fuzz_store();
	const struct history_ref *refs;
	struct history_id id;
	char name[65];
	size_t count;

	if (refs_of_packed(h, bytes_make(data, size)) == 0 &&
	    history_refs(h, &refs, &count, NULL) == 0) {
		for (size_t i = 1; i < count; i++)
			if (strcmp(refs[i - 1].name, refs[i].name) > 0)
				abort();
		(void)snprintf(name, sizeof(name), "%.*s", (int)(size < 64 ? size : 64),
			       (const char *)data);
		(void)history_resolve(h, name, &id, NULL);
	}
	history_close(&h);
	return 0;
}
