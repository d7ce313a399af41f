/*
 * arena.c - memory that lives as long as one thing and goes all at once
 *
 * Knows: bump allocation in blocks that double up to 1 MiB.  Does not know: destructors.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BLOCK_MIN ((size_t)4 * 1024)
#define ARENA_BLOCK_MAX ((size_t)1024 * 1024)

struct arena_block {
	struct arena_block *older;
	size_t used, room;
	_Alignas(16) uint8_t at[];
};

void
arena_free(struct arena *arena)
{
	struct arena_block *block = arena->blocks, *older;

	for (; block != NULL; block = older) {
		older = block->older;
		free(block);
	}
	arena->blocks = NULL;
	arena->used_bytes = 0;
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->blocks, *older;

	if (keep == NULL)
		return;
	for (struct arena_block *block = keep->older; block != NULL; block = older) {
		older = block->older;
		free(block);
	}
	keep->older = NULL;
	keep->used = 0;
	arena->used_bytes = 0;
}

static struct arena_block *
arena_grow(struct arena *arena, size_t size)
{
	size_t room = arena->blocks == NULL ? ARENA_BLOCK_MIN : arena->blocks->room * 2;
	struct arena_block *block;

	if (room > ARENA_BLOCK_MAX)
		room = ARENA_BLOCK_MAX;
	if (room < size)
		room = size;
	block = malloc(sizeof(*block) + room);
	if (block == NULL)
		return NULL;
	block->older = arena->blocks;
	block->used = 0;
	block->room = room;
	arena->blocks = block;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	uint8_t *at;

	if (size > arena->bytes_max || arena->used_bytes > arena->bytes_max - size)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (block == NULL || block->room - block->used < size) {
		block = arena_grow(arena, size);
		if (block == NULL)
			return NULL;
	}
	at = block->at + block->used;
	block->used += size;
	arena->used_bytes += size;
	return memset(at, 0, size);
}

char *
arena_copy(struct arena *arena, const void *at, size_t size)
{
	char *copy = size == SIZE_MAX ? NULL : arena_alloc(arena, size + 1);

	if (copy != NULL && size > 0)
		memcpy(copy, at, size);
	return copy;
}

char *
arena_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int need;

	va_start(args, format);
	va_copy(again, args);
	need = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (need >= 0)
		text = arena_alloc(arena, (size_t)need + 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)need + 1, format, args);
	va_end(args);
	return text;
}
