/*
 * own.h - ownership visible at the line where it moves
 *
 *	AUTO(thing_free) struct thing *t = NULL;	freed on every path out
 *	*out = TAKE(t);					the caller owns it from here
 *
 * A destructor takes the address, accepts NULL and half-built objects, and leaves NULL.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdlib.h>

#define AUTO(destructor) __attribute__((cleanup(destructor)))

#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* free() with the shape AUTO wants: AUTO(own_free) char *text = NULL; */
static inline void
own_free(void *address)
{
	void **p = address;

	free(*p);
	*p = NULL;
}

/* close() with the shape AUTO wants: AUTO(own_close) int fd = -1; */
void own_close(int *fd);

#endif
