/*
 * tail.c - the long tail of formats, by libarchive, loaded on demand
 *
 * Knows: which formats these are, how to load the library.  Does not know: the jail.
 * libarchive brings libxml2 and ICU along, 10 ms that every start would pay; so it is not linked.
 */
#include "unpack/reader.h"

#include <dlfcn.h>

bool
unpack_is_tail(enum blob_kind kind)
{
	return kind == BLOB_7Z || kind == BLOB_LONGTAIL;
}

static struct {
	void *library;
} tail;

bool
unpack_tail_ready(void)
{
	return tail.library != NULL;
}

int
unpack_tail_load(struct fault *fault)
{
	if (tail.library != NULL)
		return 0;
	tail.library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (tail.library == NULL)
		return fault_set(fault, FAULT_LIMIT, "libarchive cannot be loaded: %s", dlerror());
	return 0;
}
