/*
 * skip.c - to where a run of bytes ends
 *
 * Knows: 16 bytes at a time with SSE2; without it, and in the last 15 bytes, one by one.
 */
#include "fingerprint/skip.h"

#ifdef __SSE2__
#include <immintrin.h>

static __m128i
load(struct bytes text, size_t at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
}

/* Bytes between `first` and `last`, both below 0x80, of those that are as signed bytes. */
static __m128i
between(__m128i c, char first, char last)
{
	return _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8((char)(first - 1))),
			     _mm_cmplt_epi8(c, _mm_set1_epi8((char)(last + 1))));
}
#endif

static bool
is_name(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' ||
	       c == '$' || c >= 0x80;
}

size_t
skip_name(struct bytes text, size_t at)
{
#ifdef __SSE2__
	while (text.left - at >= 16) {
		__m128i c = load(text, at);
		__m128i name = _mm_or_si128(
		    _mm_or_si128(between(_mm_or_si128(c, _mm_set1_epi8(0x20)), 'a', 'z'),
				 between(c, '0', '9')),
		    _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('_')),
					      _mm_cmpeq_epi8(c, _mm_set1_epi8('$'))),
				 _mm_cmplt_epi8(c, _mm_setzero_si128())));
		unsigned ends = (unsigned)_mm_movemask_epi8(name) ^ 0xffff;

		if (ends != 0)
			return at + (size_t)__builtin_ctz(ends);
		at += 16;
	}
#endif
	while (at < text.left && is_name(text.at[at]))
		at++;
	return at;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (uint8_t)(c - '\t') <= '\r' - '\t';
}

size_t
skip_many_blanks(struct bytes text, size_t at)
{
#ifdef __SSE2__
	while (text.left - at >= 16) {
		__m128i c = load(text, at);
		__m128i blank =
		    _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(' ')), between(c, '\t', '\r'));
		unsigned ends = (unsigned)_mm_movemask_epi8(blank) ^ 0xffff;

		if (ends != 0)
			return at + (size_t)__builtin_ctz(ends);
		at += 16;
	}
#endif
	while (at < text.left && is_blank(text.at[at]))
		at++;
	return at;
}

size_t
skip_to(struct bytes text, size_t at, uint8_t a, uint8_t b, uint8_t c)
{
	if (at >= text.left)
		return text.left;
#ifdef __SSE2__
	while (text.left - at >= 16) {
		__m128i v = load(text, at);
		unsigned hits = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)a)),
					      _mm_cmpeq_epi8(v, _mm_set1_epi8((char)b))),
				 _mm_cmpeq_epi8(v, _mm_set1_epi8((char)c))));

		if (hits != 0)
			return at + (size_t)__builtin_ctz(hits);
		at += 16;
	}
#endif
	while (at < text.left && text.at[at] != a && text.at[at] != b && text.at[at] != c)
		at++;
	return at;
}
