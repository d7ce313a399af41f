/*
 * filter.h - may a key be in a set?  A split-block Bloom filter; for segments
 *
 * A block of 32 bytes a key (one cache line), in each of its eight words one bit (Putze, Sanders,
 * Singler, "Cache-, hash- and space-efficient Bloom filters", 2007; constants are ours).  12 bits a
 * key: 0.55 % of the answers are yes without reason.
 *
 *	const uint8_t *blocks[FILTER_AT_ONCE];		gather the blocks of many keys, with prefetch,
 *	maybe = filter_test(blocks, keys, count);	then test them all
 */
#ifndef REGISTER_FILTER_H
#define REGISTER_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define FILTER_BLOCK_BYTES  32
#define FILTER_BITS_PER_KEY 12
#define FILTER_AT_ONCE      64

/* A power of two, at least 1, that gives `keys` their bits. */
uint32_t filter_blocks_for(uint64_t keys);

static inline uint32_t
filter_block_of(uint64_t key, uint32_t blocks)
{
	return (uint32_t)(key >> 32) & (blocks - 1);
}

/* Parts have numbers of 32 bits; this makes keys of them. */
static inline uint64_t
filter_key_of_part(uint32_t part)
{
	return ((uint64_t)part + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* words: 8 a block, in the order of this machine. */
void filter_put(uint32_t *words, uint32_t blocks, uint64_t key);

/* Bit i of the answer: is keys[i] perhaps in the block at blocks[i]?  count <= FILTER_AT_ONCE. */
uint64_t filter_test(const uint8_t *const *blocks, const uint64_t *keys, size_t count);

#endif
