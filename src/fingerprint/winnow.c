/*
 * winnow.c - choose which hashes of a stream become its fingerprint
 *
 * Knows: two streams that share k + w - 1 parts in a row share a key.  Does not know: what a part
 * is worth.  After Schleimer, Wilkerson, Aiken, SIGMOD 2003, section 5 (robust: of equal hashes
 * the rightmost, kept while it lasts), except that grams which say little give no key at all:
 * tables of numbers, lists of the same few tokens.
 */
#include "fingerprint/print.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

/* 12 words: runs of 8 are shared by loops and by phrases of licences; 23 words in a row are about
 * five lines.  24 tokens: below 16 any two programs in a language agree somewhere. */
enum { TEXT_K = 12, TEXT_W = 12, TOKEN_K = 24, TOKEN_W = 24 };

/* Of the parts of a gram so many must differ.  `{"a": "b", ...}` has 5 kinds of tokens, `0x1, 0x2`
 * two; ordinary code has 8 and more. */
enum { TEXT_DISTINCT_MIN = 7, TEXT_DIGITS_MAX = 4, TOKEN_DISTINCT_MIN = 7 };

void
winnow_begin(struct winnow *n, struct prints *out, enum print_kind kind, enum print_use use)
{
	memset(n, 0, offsetof(struct winnow, hashes));
	n->out = out;
	n->kind = kind;
	n->use = use;
	n->k = kind == PRINT_TEXT ? TEXT_K : TOKEN_K;
	n->w = kind == PRINT_TEXT ? TEXT_W : TOKEN_W;
}

/* How many of a gram's words begin with a digit? */
static unsigned
digits_in(const struct winnow *n, uint32_t gram)
{
#ifdef __SSE2__
	__m128i codes = _mm_loadu_si128((const __m128i *)(const void *)(n->codes + gram));
	unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(codes, _mm_set1_epi8(2)));

	return (unsigned)__builtin_popcount(mask & ((1U << TEXT_K) - 1));
#else
	unsigned digits = 0;

	for (uint32_t i = gram; i < gram + TEXT_K; i++)
		digits += n->codes[i] == 2;
	return digits;
#endif
}

static bool
says_enough(const struct winnow *n, uint32_t gram)
{
	const unsigned want = n->kind == PRINT_TEXT ? TEXT_DISTINCT_MIN : TOKEN_DISTINCT_MIN;
	uint64_t seen[4] = {0};
	unsigned distinct = 0;

	if (n->kind == PRINT_TEXT && digits_in(n, gram) > TEXT_DIGITS_MAX)
		return false;
	for (uint32_t i = gram; i < gram + n->k && distinct < want; i++) {
		uint8_t bit = n->kind == PRINT_TEXT ? (uint8_t)n->hashes[i] : n->codes[i];

		distinct += (seen[bit >> 6] >> (bit & 63) & 1) == 0;
		seen[bit >> 6] |= UINT64_C(1) << (bit & 63);
	}
	return distinct >= want;
}

/* A gram that says little is in no register, so a question need not look. */
static int
choose(struct winnow *n)
{
	n->chosen = true;
	if (n->use == PRINT_REGISTER && !says_enough(n, n->least_at))
		return 0;
	return prints_add(n->out, n->grams[n->least_at], n->at[n->least_at],
			  n->end[n->least_at + n->k - 1], n->kind);
}

/* The hash of the gram that part i ends, for all new parts; it is filed under its first part. */
static inline __attribute__((always_inline)) void
hash_grams_of(struct winnow *n, const uint32_t k)
{
	const uint32_t count = n->count;
	uint32_t i = n->done;
	uint64_t rolling = n->rolling;

	for (; i < count && i < k; i++)
		rolling = (rolling << 1 | rolling >> 63) ^ n->hashes[i];
	if (n->done < k && i == k)
		n->grams[0] = mix_u64(rolling);
	for (; i < count; i++) {
		rolling =
		    (rolling << 1 | rolling >> 63) ^ n->hashes[i] ^ mix_rotate(n->hashes[i - k], k);
		n->grams[i + 1 - k] = mix_u64(rolling);
	}
	n->rolling = rolling;
}

/* Once for each k, for the compiler to know it. */
static void
hash_grams(struct winnow *n)
{
	if (n->k == TEXT_K)
		hash_grams_of(n, TEXT_K);
	else
		hash_grams_of(n, TOKEN_K);
}

/* The rightmost least gram of [from, to]. */
static uint32_t
least_of(const struct winnow *n, uint32_t from, uint32_t to)
{
	uint32_t best = from;

	for (uint32_t g = from + 1; g <= to; g++)
		best = n->grams[g] <= n->grams[best] ? g : best;
	return best;
}

/* Forget the parts that no gram to come reaches. */
static void
carry_over(struct winnow *n)
{
	uint32_t drop;

	if (n->count <= WINNOW_KEEP)
		return;
	drop = n->count - WINNOW_KEEP;
	memmove(n->hashes, n->hashes + drop, WINNOW_KEEP * sizeof(n->hashes[0]));
	memmove(n->grams, n->grams + drop, WINNOW_KEEP * sizeof(n->grams[0]));
	memmove(n->at, n->at + drop, WINNOW_KEEP * sizeof(n->at[0]));
	memmove(n->end, n->end + drop, WINNOW_KEEP * sizeof(n->end[0]));
	memmove(n->codes, n->codes + drop, WINNOW_KEEP);
	n->count = WINNOW_KEEP;
	n->done = WINNOW_KEEP;
	n->least_at -= drop; /* it is within w + k of the end */
}

/* Grams [g, end) that change nothing: larger than the least, which is given out and stays in the
 * window. */
static uint32_t
skip_grams(const struct winnow *n, uint32_t g, uint32_t end)
{
	const uint64_t *grams = n->grams, least = grams[n->least_at];
	uint32_t stop = n->least_at + n->w < end ? n->least_at + n->w : end;

	while (g < stop && grams[g] > least)
		g++;
	return g;
}

int
winnow_batch(struct winnow *n)
{
	uint32_t g = n->done < n->k ? 0 : n->done + 1 - n->k;
	uint32_t end = n->count < n->k ? 0 : n->count + 1 - n->k;
	int r = 0;

	hash_grams(n);
	while (g < end && r == 0) {
		if (!n->have_least || n->grams[g] <= n->grams[n->least_at]) {
			n->least_at = g;
			n->have_least = true;
			n->chosen = false;
		} else if (n->least_at + n->w <= g) {
			n->least_at = least_of(n, g + 1 - n->w, g);
			n->chosen = false;
		}
		n->total += n->total < n->w;
		if (n->total >= n->w && !n->chosen)
			r = choose(n);
		g++;
		if (n->chosen)
			g = skip_grams(n, g, end);
	}
	n->done = n->count;
	carry_over(n);
	return r;
}

int
winnow_end(struct winnow *n)
{
	int r = winnow_batch(n);

	if (r < 0 || !n->have_least || n->chosen)
		return r;
	return choose(n);
}

/* Letters, digits, '_' and everything beyond ASCII make words; the rest only separates. */
static const uint8_t word_bytes[256] = {
    ['0' ... '9'] = 2, ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['_'] = 1, [0x80 ... 0xff] = 1,
};

/* Which of p[0..64) are word bytes, bit by bit. */
static uint64_t
word_mask(const uint8_t *p)
{
	uint64_t mask = 0;

#ifdef __SSE2__
	for (int i = 0; i < 64; i += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i lower = _mm_or_si128(c, _mm_set1_epi8(0x20));
		/* as signed bytes: beyond ASCII is below zero */
		__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
					       _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
		__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8('0' - 1)),
					      _mm_cmplt_epi8(c, _mm_set1_epi8('9' + 1)));
		__m128i rest = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('_')),
					    _mm_cmplt_epi8(c, _mm_setzero_si128()));
		__m128i word = _mm_or_si128(_mm_or_si128(letter, digit), rest);

		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(word) << i;
	}
#else
	for (int i = 0; i < 64; i++)
		mask |= (uint64_t)(word_bytes[p[i]] != 0) << i;
#endif
	return mask;
}

static uint64_t
word_mask_at(struct bytes text, size_t at)
{
	uint8_t block[64] = {0};

	if (text.left - at >= 64)
		return word_mask(text.at + at);
	memcpy(block, text.at + at, text.left - at);
	return word_mask(block);
}

/* Bits are walked instead of bytes: where words begin and end is where the mask changes. */
int
winnow_words(struct prints *out, struct bytes text, enum print_use use)
{
	const uint8_t *p = text.at;
	uint64_t before = 0; /* was the byte before this block a word byte? */
	size_t begin = 0;
	struct winnow n;

	winnow_begin(&n, out, PRINT_TEXT, use);
	for (size_t at = 0; at < text.left; at += 64) {
		uint64_t mask = word_mask_at(text, at);
		uint64_t edges = mask ^ (mask << 1 | before);

		for (; edges != 0; edges &= edges - 1) {
			size_t edge = at + (size_t)__builtin_ctzll(edges);

			if (edge < text.left && word_bytes[p[edge]] != 0) {
				begin = edge;
				continue;
			}
			if (winnow_part(
				&n, mix_bytes_within(p + begin, edge - begin, text.left - begin),
				begin, edge, word_bytes[p[begin]]) < 0)
				return FAULT_MEMORY;
		}
		before = mask >> 63;
	}
	if (text.left > 0 && word_bytes[p[text.left - 1]] != 0 && before != 0 &&
	    winnow_part(&n, mix_bytes(p + begin, text.left - begin), begin, text.left,
			word_bytes[p[begin]]) < 0)
		return FAULT_MEMORY;
	return winnow_end(&n);
}
