/*
 * mix.h - our own 64-bit hash of short things, the same on every machine for ever
 *
 * Keys live in registers on disk, so this may only change together with FINGERPRINT_VERSION.
 * Multiply to 128 bits and fold, as wyhash and rapidhash do; words are read little-endian.
 * Not keyed: whoever may choose what we register may make keys collide.
 */
#ifndef FINGERPRINT_MIX_H
#define FINGERPRINT_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define MIX_A UINT64_C(0x9e3779b97f4a7c15)
#define MIX_B UINT64_C(0xd6e8feb86659fd93)
#define MIX_C UINT64_C(0xa0761d6478bd642f)

static inline uint64_t
mix_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A number to a number. */
static inline uint64_t
mix_u64(uint64_t value)
{
	return mix_fold(value ^ MIX_A, MIX_B);
}

static inline uint64_t
mix_load(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, 8);
	return BYTES_LE64(value);
}

/* The first `count` < 8 bytes as a number; the general way, which reads nothing else. */
static inline uint64_t
mix_load_part(const uint8_t *at, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

/* Hash at[0..count), where at[0..readable) may be read: then the last part needs no loop. */
static inline uint64_t
mix_bytes_within(const uint8_t *at, size_t count, size_t readable)
{
	uint64_t hash = MIX_C ^ (count * MIX_A), part;

	for (; count >= 8; at += 8, count -= 8, readable -= 8)
		hash = mix_fold(hash ^ mix_load(at), MIX_B);
	if (count > 0) {
		part = readable >= 8 ? mix_load(at) & ((UINT64_C(1) << 8 * count) - 1)
				     : mix_load_part(at, count);
		hash = mix_fold(hash ^ part, MIX_A);
	}
	return mix_fold(hash, MIX_C);
}

static inline uint64_t
mix_bytes(const uint8_t *at, size_t count)
{
	return mix_bytes_within(at, count, count);
}

static inline uint64_t
mix_rotate(uint64_t value, unsigned count)
{
	count &= 63;
	return count == 0 ? value : value << count | value >> (64 - count);
}

#endif
