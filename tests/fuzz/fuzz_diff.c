/*
 * fuzz_diff.c - the reader of diffs over any bytes, from memory and in drips: the same answer
 */
#include "unpack/diff.h"

#include "fuzz_unpack.h"

static uint64_t
sum_of(struct stream *s)
{
	struct diff_entry e;
	struct diff d;
	uint64_t sum = 0;
	int r;

	diff_init(&d, s, 1 << 16);
	while ((r = diff_next(&d, &e, NULL)) == 0) {
		sum = sum * 31 + e.content.left + e.name.left * 7;
		for (size_t i = 0; i < e.name.left; i++)
			sum += e.name.at[i];
		for (size_t i = 0; i < e.content.left; i++)
			sum = sum * 3 + e.content.at[i];
	}
	if (r != DIFF_END || diff_next(&d, &e, NULL) != DIFF_END)
		abort();
	diff_fini(&d);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_drip drip = {.s = {.more = fuzz_drip_more, .ended = size == 0},
				 .data = data,
				 .size = size,
				 .step = 1};
	struct stream memory;
	uint64_t whole;

	stream_from_memory(&memory, bytes_make(data, size));
	whole = sum_of(&memory);
	if (sum_of(&drip.s) != whole)
		abort();
	free(drip.copy);
	return 0;
}
