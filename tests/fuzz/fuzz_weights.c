/*
 * fuzz_weights.c - model files, recipes and what stands around them
 *
 * Byte 0: text or binary in bit 0, and how long windows are.
 */
#include "base/own.h"
#include "detect/table.h"
#include "detect/weights_read.h"
#include "kit/detect_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_weights);
	if (size < 1)
		return 0;
	kit.window_bytes = data[0] >> 1;
	kit.margin_bytes = WEIGHTS_HEADER_MAX;
	(void)detect_kit_blob(&kit, "x", (data[0] & 1) != 0 ? BLOB_TEXT : BLOB_BINARY,
			      bytes_make(data + 1, size - 1));
	(void)detect_kit_end(&kit);
	return 0;
}
