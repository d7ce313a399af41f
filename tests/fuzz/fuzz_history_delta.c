/*
 * fuzz_history_delta.c - any delta over any base, against a slow and plain reading of it
 *
 * The input: 2 bytes big-endian, so many bytes of a base, the delta with its sizes.
 */
#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TARGET_MAX ((size_t)1 << 20)

/* Byte by byte, everything checked anew; -1: damaged. */
static int
plain(struct bytes delta, struct bytes base, uint8_t *to, size_t size)
{
	size_t made = 0;
	uint8_t command, byte;

	while (bytes_take_u8(&delta, &command) == 0) {
		uint64_t from = 0, count = command;

		if (command & 128) {
			count = 0;
			for (unsigned i = 0; i < 7; i++) {
				if (!(command >> i & 1))
					continue;
				if (bytes_take_u8(&delta, &byte) < 0)
					return -1;
				if (i < 4)
					from |= (uint64_t)byte << (8 * i);
				else
					count |= (uint64_t)byte << (8 * (i - 4));
			}
			if (count == 0)
				count = 65536;
		} else if (command == 0) {
			return -1;
		}
		for (uint64_t i = 0; i < count; i++) {
			if (made == size)
				return -1;
			if (command & 128) {
				if (from + i >= base.left)
					return -1;
				byte = base.at[from + i];
			} else if (bytes_take_u8(&delta, &byte) < 0) {
				return -1;
			}
			to[made++] = byte;
		}
	}
	return made == size ? 0 : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), base;
	uint64_t base_bytes, target_bytes;
	struct edits edits = {0};
	uint8_t *held, *made, *wanted;
	uint16_t length;
	int r;

	if (bytes_take_be16(&in, &length) < 0 || bytes_take(&in, length, &base) < 0 ||
	    delta_sizes(&in, &base_bytes, &target_bytes) < 0 || target_bytes > TARGET_MAX)
		return 0;
	held = malloc(base.left + CONTENT_SLACK);
	made = malloc(target_bytes + CONTENT_SLACK);
	wanted = malloc(target_bytes + 1);
	if (held == NULL || made == NULL || wanted == NULL)
		abort();
	if (base.left > 0)
		memcpy(held, base.at, base.left);
	r = delta_apply(in, held, base.left, made, target_bytes, &edits);
	if ((r == 0) != (plain(in, base, wanted, target_bytes) == 0) ||
	    (r == 0 && memcmp(made, wanted, target_bytes) != 0))
		abort();
	for (size_t i = 0; r == 0 && i < edits.count; i++)
		if (edits.at[i].from >= 0 &&
		    memcmp(made + edits.at[i].at, held + edits.at[i].from, edits.at[i].length) != 0)
			abort();
	free(held);
	free(made);
	free(wanted);
	free(edits.at);
	return 0;
}
