/*
 * fuzz_history_pack.c - any index over any pack
 *
 * The input: 4 bytes big-endian, so many bytes of an index, the pack.
 */
#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), index;
	struct history *h;
	struct pack *pack;
	uint32_t length;

	if (bytes_take_be32(&in, &length) < 0 || bytes_take(&in, length, &index) < 0 ||
	    in.left < 32)
		return 0;
	h = fuzz_store();
	h->packs = calloc(1, sizeof(*h->packs));
	if (h->packs == NULL)
		abort();
	pack = &h->packs[0];
	*pack = (struct pack){.name = arena_text(&h->names, "pack"),
			      .map = {in.at, in.left},
			      .data_bytes = in.left - 20,
			      .is_lent = true};
	if (idx_parse(&pack->idx, (struct map){index.at, index.left}, 20, NULL) == 0) {
		h->packs_room = h->packs_count = 1;
		fuzz_ask(h);
		pack->idx.map = (struct map){0}; /* lent */
	}
	if (h->packs_count == 0)
		free(TAKE(h->packs));
	history_close(&h);
	return 0;
}
