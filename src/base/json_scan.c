/*
 * json_scan.c - the inner loops of JSON strings, for the CPU at hand
 *
 * Knows: which bytes of a string need care, and how to find the next of them 8, 16 or 32 at a
 * time.  Does not know: where strings begin, \u escapes, events.
 *
 * Source text in a map has an escape every 20 to 30 bytes.  Reloading behind each (1.6 GB/s on a
 * 62 MB map) and a loop without branches (1.5) both lost to masks of 64 bytes (2.1; AVX2).
 */
#include "base/json_scan.h"

#include <stdbool.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* What the byte behind '\' stands for; 0: it is no two-byte escape. */
static const uint8_t escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static inline bool
is_plain_ascii(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Portable: eight bytes in a register. */
static inline bool
portable_is_plain(const uint8_t *at)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	uint64_t x, quote, slash;

	memcpy(&x, at, 8);
	quote = x ^ (ones * '"');
	slash = x ^ (ones * '\\');
	return ((x | (x - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) == 0;
}

#define KERNEL(verb) portable_##verb
#define KERNEL_TARGET
#define KERNEL_BYTES 8
/* Where it is not plain, the bytes are looked at one by one: index of the first that is not. */
#define KERNEL_PLAIN(at)                                                                           \
	({                                                                                         \
		unsigned n_ = 8;                                                                   \
		if (!portable_is_plain(at))                                                        \
			for (n_ = 0; n_ < 8 && is_plain_ascii((at)[n_]); n_++)                     \
				;                                                                  \
		n_;                                                                                \
	})
#define KERNEL_COPY(to, from) memcpy((to), (from), 8)
#include "base/json_scan_kernel.h"

#if defined(__x86_64__)

#define KERNEL(verb) sse2_##verb
#define KERNEL_TARGET
#define KERNEL_BYTES 16
#define KERNEL_PLAIN(at)                                                                           \
	({                                                                                         \
		__m128i x_ = _mm_loadu_si128((const __m128i *)(const void *)(at));                 \
		__m128i odd_ = _mm_or_si128(_mm_cmpeq_epi8(x_, _mm_set1_epi8('"')),                \
					    _mm_cmpeq_epi8(x_, _mm_set1_epi8('\\')));              \
		/* As signed bytes, control bytes and those from 0x80 on are both below 0x20. */   \
		odd_ = _mm_or_si128(odd_, _mm_cmpgt_epi8(_mm_set1_epi8(0x20), x_));                \
		(unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(odd_) | 0x10000u);             \
	})
#define KERNEL_COPY(to, from) memcpy((to), (from), 16)
#define KERNEL_MASKS(at, odd, slash)                                                               \
	do {                                                                                       \
		(odd) = (slash) = 0;                                                               \
		for (unsigned i_ = 0; i_ < 64; i_ += 16) {                                         \
			__m128i x_ = _mm_loadu_si128((const __m128i *)(const void *)((at) + i_));  \
			__m128i slash_ = _mm_cmpeq_epi8(x_, _mm_set1_epi8('\\'));                  \
			__m128i odd_ = _mm_cmpgt_epi8(_mm_set1_epi8(0x20), x_);                    \
			odd_ = _mm_or_si128(odd_, _mm_cmpeq_epi8(x_, _mm_set1_epi8('"')));         \
			odd_ = _mm_or_si128(odd_, slash_);                                         \
			(slash) |= (uint64_t)(unsigned)_mm_movemask_epi8(slash_) << i_;            \
			(odd) |= (uint64_t)(unsigned)_mm_movemask_epi8(odd_) << i_;                \
		}                                                                                  \
	} while (0)
#define KERNEL_COPY_64(to, from, count)                                                            \
	do {                                                                                       \
		memcpy((to), (from), 32);                                                          \
		if ((count) > 32)                                                                  \
			memcpy((to) + 32, (from) + 32, 32);                                        \
	} while (0)
#include "base/json_scan_kernel.h"

#define KERNEL(verb)  avx2_##verb
#define KERNEL_TARGET __attribute__((target("avx2,bmi")))
#define KERNEL_BYTES  32
#define KERNEL_PLAIN(at)                                                                           \
	({                                                                                         \
		__m256i x_ = _mm256_loadu_si256((const __m256i *)(const void *)(at));              \
		__m256i odd_ = _mm256_or_si256(_mm256_cmpeq_epi8(x_, _mm256_set1_epi8('"')),       \
					       _mm256_cmpeq_epi8(x_, _mm256_set1_epi8('\\')));     \
		odd_ = _mm256_or_si256(odd_, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), x_));       \
		(unsigned)__builtin_ctzll((uint32_t)_mm256_movemask_epi8(odd_) | (uint64_t)1       \
										     << 32);       \
	})
#define KERNEL_COPY(to, from)                                                                      \
	_mm256_storeu_si256((__m256i *)(void *)(to),                                               \
			    _mm256_loadu_si256((const __m256i *)(const void *)(from)))
#define KERNEL_MASKS(at, odd, slash)                                                               \
	do {                                                                                       \
		(odd) = (slash) = 0;                                                               \
		for (unsigned i_ = 0; i_ < 64; i_ += 32) {                                         \
			__m256i x_ =                                                               \
			    _mm256_loadu_si256((const __m256i *)(const void *)((at) + i_));        \
			__m256i slash_ = _mm256_cmpeq_epi8(x_, _mm256_set1_epi8('\\'));            \
			__m256i odd_ = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), x_);              \
			odd_ =                                                                     \
			    _mm256_or_si256(odd_, _mm256_cmpeq_epi8(x_, _mm256_set1_epi8('"')));   \
			odd_ = _mm256_or_si256(odd_, slash_);                                      \
			(slash) |= (uint64_t)(uint32_t)_mm256_movemask_epi8(slash_) << i_;         \
			(odd) |= (uint64_t)(uint32_t)_mm256_movemask_epi8(odd_) << i_;             \
		}                                                                                  \
	} while (0)
#define KERNEL_COPY_64(to, from, count)                                                            \
	do {                                                                                       \
		KERNEL_COPY((to), (from));                                                         \
		if ((count) > 32)                                                                  \
			KERNEL_COPY((to) + 32, (from) + 32);                                       \
	} while (0)
#include "base/json_scan_kernel.h"

#endif

static const struct json_scan scans[] = {
#if defined(__x86_64__)
    {"avx2", avx2_plain, avx2_unescape},
    {"sse2", sse2_plain, sse2_unescape},
#endif
    {"portable", portable_plain, portable_unescape},
};

const struct json_scan *
json_scan_at(size_t i)
{
#if defined(__x86_64__)
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi"))
		i++;
#endif
	return i < ARRAY_LEN(scans) ? &scans[i] : NULL;
}

const struct json_scan *
json_scan_best(void)
{
	return json_scan_at(0);
}
