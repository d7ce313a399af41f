/*
 * arena.h - memory that lives as long as one thing and goes all at once
 *
 * Lifetimes here are process, register, blob and call; each arena belongs to one of them.  An
 * arena has a ceiling; past it allocation returns NULL as malloc does.  Not for threads to share.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used_bytes;          /* in all blocks */
	size_t bytes_max;
};

#define ARENA_INIT(max)                                                                            \
	{                                                                                          \
		NULL, 0, (max)                                                                     \
	}

void arena_free(struct arena *arena);

/* Forget all content; keeps the first block so that a loop does not go back to malloc. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for anything.  NULL past the ceiling or out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy with a NUL behind it (the NUL is not counted). */
char *arena_copy(struct arena *arena, const void *at, size_t size);
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
