/*
 * anchor.c - places where one of a few three-byte anchors stands, at the speed of reading
 *
 * Knows: nibble tables, in blocks of 32 bytes where the processor can.  Does not know: what the
 * anchors belong to.
 */
#include "detect/anchor.h"

#include <assert.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void
anchors_init(struct anchors *anchors, const char *list, size_t count, size_t stride)
{
	assert(count <= ANCHORS_MAX && strlen(list) == count * ANCHOR_BYTES);
	assert(stride == 1 || stride == 2);
	memset(anchors, 0, sizeof(*anchors));
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < ANCHOR_BYTES; p++) {
			uint8_t c = (uint8_t)list[i * ANCHOR_BYTES + p];

			anchors->lo[p][c & 15] |= (uint8_t)(1u << (i % 8));
			anchors->hi[p][c >> 4] |= (uint8_t)(1u << (i % 8));
		}
	anchors->stride = stride;
#if defined(__x86_64__)
	anchors->wide = __builtin_cpu_supports("avx2") != 0;
#endif
}

static inline bool
stands_at(const struct anchors *a, const uint8_t *at)
{
	uint8_t buckets = 0xff;

	for (size_t p = 0; p < ANCHOR_BYTES; p++) {
		uint8_t c = at[p * a->stride];

		buckets &= a->lo[p][c & 15] & a->hi[p][c >> 4];
	}
	return buckets != 0;
}

#if defined(__x86_64__)
#define WIDE_BYTES 32

__attribute__((target("avx2"))) static inline __m256i
lookup(__m256i table_lo, __m256i table_hi, const uint8_t *at)
{
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i in = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i lo = _mm256_shuffle_epi8(table_lo, _mm256_and_si256(in, nibble));
	__m256i hi = _mm256_and_si256(_mm256_srli_epi16(in, 4), nibble);

	return _mm256_and_si256(lo, _mm256_shuffle_epi8(table_hi, hi));
}

__attribute__((target("avx2"))) static inline __m256i
table(const uint8_t at[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)at));
}

/* The first candidate, or an offset below `end` from which the caller goes on byte by byte. */
__attribute__((target("avx2"))) static size_t
next_wide(const struct anchors *a, const uint8_t *at, size_t i, size_t end)
{
	const __m256i lo0 = table(a->lo[0]), lo1 = table(a->lo[1]), lo2 = table(a->lo[2]);
	const __m256i hi0 = table(a->hi[0]), hi1 = table(a->hi[1]), hi2 = table(a->hi[2]);
	const size_t stride = a->stride;

	for (; end - i >= WIDE_BYTES; i += WIDE_BYTES) {
		__m256i hit = lookup(lo0, hi0, at + i);
		uint32_t none;

		hit = _mm256_and_si256(hit, lookup(lo1, hi1, at + i + stride));
		hit = _mm256_and_si256(hit, lookup(lo2, hi2, at + i + 2 * stride));
		none =
		    (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256()));
		if (none != 0xffffffffu)
			return i + (size_t)__builtin_ctz(~none);
	}
	return i;
}
#endif

size_t
anchors_next(const struct anchors *anchors, struct bytes in, size_t from)
{
	size_t reach = (ANCHOR_BYTES - 1) * anchors->stride;
	size_t end; /* anchors begin before it */

	if (in.left <= reach)
		return in.left;
	end = in.left - reach;
	if (from >= end)
		return in.left;
#if defined(__x86_64__)
	if (anchors->wide)
		from = next_wide(anchors, in.at, from, end);
#endif
	for (; from < end; from++)
		if (stands_at(anchors, in.at + from))
			return from;
	return in.left;
}
