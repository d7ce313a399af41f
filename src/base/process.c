/*
 * process.c - what the system may do with this process
 */
#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void
process_hide_memory(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	/* The leak detector of test builds attaches to its own process. */
#if !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
