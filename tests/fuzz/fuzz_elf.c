/*
 * fuzz_elf.c - debug information of ELF files and the DWARF in them
 */
#include "base/own.h"
#include "detect/debug_read.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	struct debug_info info;

	detect_kit_init(&kit, &detect_debug_info);
	debug_begin(&info, &kit.run, size);
	(void)debug_elf(bytes_make(data, size), &info, NULL);
	return 0;
}
