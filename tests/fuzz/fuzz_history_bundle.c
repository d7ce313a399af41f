/*
 * fuzz_history_bundle.c - any file as a bundle: its header, a pack without an index
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history_options options = {
	    .limits = LIMITS_DEFAULT, .jobs = 1, .check_hashes = true};
	struct history *h = NULL;
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	options.limits.member = (uint64_t)64 << 10;
	if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size))
		abort();
	if (history_open_bundle(&h, fd, NULL, &options, NULL) == 0)
		fuzz_ask(h);
	history_close(&h);
	(void)close(fd);
	return 0;
}
