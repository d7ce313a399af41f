/*
 * fuzz_history_index.c - any bytes as an index
 */
#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
on_entry(void *to, struct bytes path, uint32_t mode, const struct history_id *id, unsigned stage)
{
	uint64_t *sum = to;

	for (size_t i = 0; i < path.left; i++)
		*sum += path.at[i];
	*sum += mode + id->at[0] + stage;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history *h = fuzz_store();
	uint64_t sum = 0;

	(void)index_of_bytes(h, bytes_make(data, size), on_entry, &sum);
	h->id_bytes = 32;
	(void)index_of_bytes(h, bytes_make(data, size), on_entry, &sum);
	history_close(&h);
	return 0;
}
