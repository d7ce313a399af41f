/*
 * names.c - has this path been in the container before?
 *
 * Knows: paths as extraction sees them, and a bounded set of 64-bit hashes.
 * Does not know: what a duplicate means.
 * Two names collide by chance once in 2^64 pairs; on purpose they do not, for the key is the 16
 * random bytes that the kernel gives every process (no system call: the jail may forbid it).
 */
#include "unpack/reader.h"

#include <sys/auxv.h>

#define NAMES_ROOM_MIN ((size_t)256)

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void
names_key(uint64_t key[2])
{
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);

	key[0] = 0x9e3779b97f4a7c15u;
	key[1] = 0xc2b2ae3d27d4eb4fu;
	if (random != NULL)
		memcpy(key, random, 16);
	key[1] |= 1;
}

static uint64_t
hash_bytes(uint64_t hash, const uint8_t *at, size_t left, uint64_t key)
{
	uint64_t word;

	for (; left >= 8; at += 8, left -= 8) {
		memcpy(&word, at, 8);
		hash = mix(hash ^ word, key);
	}
	word = left;
	for (size_t i = 0; i < left; i++)
		word = word << 8 | at[i];
	return mix(hash ^ word ^ ((uint64_t)left << 60), key);
}

uint64_t
names_hash(struct bytes name)
{
	uint64_t key[2], hash;

	names_key(key);
	hash = key[0];
	while (name.left > 0) {
		const uint8_t *slash = memchr(name.at, '/', name.left);
		size_t length = slash != NULL ? (size_t)(slash - name.at) : name.left;

		if (length > 1 || (length == 1 && name.at[0] != '.'))
			hash = hash_bytes(hash, name.at, length, key[1]);
		(void)bytes_skip(&name, slash != NULL ? length + 1 : length);
	}
	return hash != 0 ? hash : 1;
}

static void
names_put(struct names *names, uint64_t hash)
{
	size_t i = (size_t)hash & (names->room - 1);

	while (names->slots[i] != 0)
		i = (i + 1) & (names->room - 1);
	names->slots[i] = hash;
	names->count++;
}

static bool
names_grow(struct names *names)
{
	struct names bigger = {.room = names->room == 0 ? NAMES_ROOM_MIN : names->room * 2};

	if (names->count >= NAMES_MAX)
		return false;
	bigger.slots = calloc(bigger.room, sizeof(uint64_t));
	if (bigger.slots == NULL)
		return false;
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i] != 0)
			names_put(&bigger, names->slots[i]);
	free(names->slots);
	*names = bigger;
	return true;
}

bool
names_add(struct names *names, uint64_t hash)
{
	size_t i;

	if (names->full)
		return false;
	if (names->room == 0 && !names_grow(names)) {
		names->full = true;
		return false;
	}
	i = (size_t)hash & (names->room - 1);
	for (; names->slots[i] != 0; i = (i + 1) & (names->room - 1))
		if (names->slots[i] == hash)
			return true;
	if (names->count >= names->room / 2 && !names_grow(names)) {
		names->full = true;
		return false;
	}
	names_put(names, hash);
	return false;
}

void
names_free(struct names *names)
{
	free(names->slots);
	*names = (struct names){0};
}
