/*
 * fuzz_rpm.c - the rpm reader over any bytes
 */
#include "fuzz_unpack.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_kind(BLOB_RPM, data, size);
}
