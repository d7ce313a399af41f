/*
 * fuzz_zip.c - the zip reader over any bytes
 */
#include "fuzz_unpack.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_kind(BLOB_ZIP, data, size);
}
