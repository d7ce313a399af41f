/*
 * runs.c - where characters of tokens stand in a row
 *
 * Knows: 64 bytes become a mask of 64 bits, and and-ing a mask with itself shifted leaves a bit
 * only where enough ones follow each other; text without long runs is never looked at bit by bit.
 */
#include "match/runs.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 64

/* clang-format off */
#define AF(c) [c] = MATCH_RUN_LOWER_HEX, [(c) - 32] = MATCH_RUN_UPPER_HEX
#define GZ(c) [c] = MATCH_RUN_LOWER_REST, [(c) - 32] = MATCH_RUN_UPPER_REST
#define D(c) [c] = MATCH_RUN_DIGIT
const uint8_t match_run_class[256] = {
	AF('a'), AF('b'), AF('c'), AF('d'), AF('e'), AF('f'),
	GZ('g'), GZ('h'), GZ('i'), GZ('j'), GZ('k'), GZ('l'), GZ('m'), GZ('n'), GZ('o'), GZ('p'),
	GZ('q'), GZ('r'), GZ('s'), GZ('t'), GZ('u'), GZ('v'), GZ('w'), GZ('x'), GZ('y'), GZ('z'),
	D('0'), D('1'), D('2'), D('3'), D('4'), D('5'), D('6'), D('7'), D('8'), D('9'),
	['+'] = MATCH_RUN_BASE64, ['/'] = MATCH_RUN_BASE64,
	['-'] = MATCH_RUN_URL, ['_'] = MATCH_RUN_URL, ['='] = MATCH_RUN_EQUALS,
};
/* clang-format on */

typedef uint64_t mask_of(const uint8_t *at);

static uint64_t
mask_portable(const uint8_t *at)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		mask |= (uint64_t)(match_run_class[at[i]] != 0) << i;
	return mask;
}

#if defined(__x86_64__)
/* A byte is in when the bits of its low and of its high half share one.  Rows of the high half:
 * 2: + - /   3: digits =   4 and 6: letters from 1   5: letters to A, _   7: letters to A. */
__attribute__((target("avx2"), always_inline)) static inline uint32_t
mask_32(const uint8_t *at)
{
	const __m256i low = _mm256_broadcastsi128_si256(
	    _mm_setr_epi8(26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 7, 4, 13));
	const __m256i high = _mm256_broadcastsi128_si256(
	    _mm_setr_epi8(0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0));
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i in = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i a = _mm256_shuffle_epi8(low, _mm256_and_si256(in, nibble));
	__m256i b = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(in, 4), nibble));
	__m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(a, b), _mm256_setzero_si256());

	return ~(uint32_t)_mm256_movemask_epi8(none);
}

__attribute__((target("avx2"), always_inline)) static inline uint64_t
mask_avx2(const uint8_t *at)
{
	return mask_32(at) | (uint64_t)mask_32(at + 32) << 32;
}
#endif

__attribute__((always_inline)) static inline uint64_t
mask_at(struct bytes in, size_t at, mask_of *mask)
{
	uint8_t padded[BLOCK] = {0};

	if (at >= in.left)
		return 0;
	if (in.left - at >= BLOCK)
		return mask(in.at + at);
	memcpy(padded, in.at + at, in.left - at);
	return mask(padded);
}

/* Bits from which `need` ones follow, of which the upper half of `bits` is only looked ahead. */
__attribute__((always_inline)) static inline uint64_t
starts_of(uint64_t here, uint64_t next, size_t need)
{
	unsigned __int128 bits = (unsigned __int128)next << 64 | here;
	size_t have = 1;

	for (; have * 2 <= need; have *= 2)
		bits &= bits >> have;
	return (uint64_t)(bits & bits >> (need - have));
}

__attribute__((always_inline)) static inline int
runs_with(struct bytes in, size_t min, int (*run)(void *to, const struct match_run *run), void *to,
	  mask_of *mask)
{
	size_t need = min < 1 ? 1 : min > MATCH_RUN_MIN_MAX ? MATCH_RUN_MIN_MAX : min;
	uint64_t here = mask_at(in, 0, mask), next;

	for (size_t at = 0; at < in.left; at += BLOCK, here = next) {
		uint64_t starts;

		next = mask_at(in, at + BLOCK, mask);
		while ((starts = starts_of(here, next, need)) != 0) {
			size_t off = (size_t)__builtin_ctzll(starts);
			struct match_run found = {.at = at + off};
			uint64_t rest = here >> off;
			int r;

			found.length = rest == UINT64_MAX ? BLOCK : (size_t)__builtin_ctzll(~rest);
			if (found.length < BLOCK - off) {
				here &= UINT64_MAX << off << found.length;
			} else { /* it goes on in the next block, or in many */
				for (; next == UINT64_MAX; at += BLOCK) {
					found.length += BLOCK;
					next = mask_at(in, at + 2 * BLOCK, mask);
				}
				found.length += (size_t)__builtin_ctzll(~next);
				here = 0;
				next &= UINT64_MAX << __builtin_ctzll(~next);
			}
			for (size_t i = 0; i < found.length; i++)
				found.classes |= match_run_class[in.at[found.at + i]];
			if (found.length >= min) {
				r = run(to, &found);
				if (r != 0)
					return r;
			}
		}
	}
	return 0;
}

int
match_runs_portable(struct bytes in, size_t min, int (*run)(void *to, const struct match_run *run),
		    void *to)
{
	return runs_with(in, min, run, to, mask_portable);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static int
runs_avx2(struct bytes in, size_t min, int (*run)(void *to, const struct match_run *run), void *to)
{
	return runs_with(in, min, run, to, mask_avx2);
}
#endif

int
match_runs(struct bytes in, size_t min, int (*run)(void *to, const struct match_run *run), void *to)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return runs_avx2(in, min, run, to);
#endif
	return match_runs_portable(in, min, run, to);
}
