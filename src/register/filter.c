/*
 * filter.c - put into and ask a split-block Bloom filter
 *
 * Knows: that nearly every answer is no: eight words are compared at once where the processor can
 * (AVX2), else the first missing bit ends it.
 */
#include "register/filter.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static const uint32_t odd[8] = {0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f,
				0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09};

static uint32_t
bit_of(uint64_t key, unsigned word)
{
	return UINT32_C(1) << ((uint32_t)key * odd[word] >> 27);
}

uint32_t
filter_blocks_for(uint64_t keys)
{
	uint64_t want = keys * FILTER_BITS_PER_KEY / (8 * FILTER_BLOCK_BYTES);
	uint32_t blocks = 1;

	while (blocks < want && blocks < UINT32_C(1) << 31)
		blocks *= 2;
	return blocks;
}

void
filter_put(uint32_t *words, uint32_t blocks, uint64_t key)
{
	uint32_t *block = words + (size_t)8 * filter_block_of(key, blocks);

	for (unsigned word = 0; word < 8; word++)
		block[word] |= bit_of(key, word);
}

static bool
test_one(const uint8_t *block, uint64_t key)
{
	for (unsigned word = 0; word < 8; word++) {
		uint32_t value;

		memcpy(&value, block + (size_t)4 * word, 4);
		if ((BYTES_LE32(value) & bit_of(key, word)) == 0)
			return false;
	}
	return true;
}

static uint64_t
test_portable(const uint8_t *const *blocks, const uint64_t *keys, size_t count)
{
	uint64_t maybe = 0;

	for (size_t i = 0; i < count; i++)
		maybe |= (uint64_t)test_one(blocks[i], keys[i]) << i;
	return maybe;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t
test_wide(const uint8_t *const *blocks, const uint64_t *keys, size_t count)
{
	const __m256i factors = _mm256_loadu_si256((const __m256i *)(const void *)odd);
	const __m256i one = _mm256_set1_epi32(1);
	uint64_t maybe = 0;

	for (size_t i = 0; i < count; i++) {
		__m256i key = _mm256_set1_epi32((int)(uint32_t)keys[i]);
		__m256i bits =
		    _mm256_sllv_epi32(one, _mm256_srli_epi32(_mm256_mullo_epi32(key, factors), 27));
		__m256i block = _mm256_loadu_si256((const __m256i *)(const void *)blocks[i]);

		maybe |= (uint64_t)(uint32_t)_mm256_testc_si256(block, bits) << i;
	}
	return maybe;
}
#endif

uint64_t
filter_test(const uint8_t *const *blocks, const uint64_t *keys, size_t count)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return test_wide(blocks, keys, count);
#endif
	return test_portable(blocks, keys, count);
}
