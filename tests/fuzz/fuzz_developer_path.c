/*
 * fuzz_developer_path.c - paths of people in any bytes, cut into windows of any size
 *
 * Byte 0: how long windows are; byte 1: text or binary; the rest is the blob.
 */
#include "base/own.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_developer_path);
	if (size < 2)
		return 0;
	kit.window_bytes = data[0];
	kit.margin_bytes = 64;
	(void)detect_kit_blob(&kit, "x", data[1] & 1 ? BLOB_TEXT : BLOB_BINARY,
			      bytes_make(data + 2, size - 2));
	(void)detect_kit_end(&kit);
	return 0;
}
