/*
 * codeword_scan.h - inside a set of words, for codeword_set.c and codeword_scan.c alone
 */
#ifndef DETECT_CODEWORD_SCAN_H
#define DETECT_CODEWORD_SCAN_H

#include "detect/codeword_set.h"

/* 2^18 bits: 32 KiB stay in the first-level cache; 1,000 words let 0.4 % of all tries through. */
#define CODEWORD_FILTER_BITS 18
#define CODEWORD_BLANK       0x1f /* between the parts of a phrase */
#define CODEWORD_HOST_MARK   0x1e /* in front of a host */

enum codeword_kind {
	CODEWORD_WORD,   /* parts in a row */
	CODEWORD_PHRASE, /* the same word, its parts with blanks between */
	CODEWORD_HOST,
};

struct codeword_entry {
	uint8_t name[16]; /* keyed BLAKE2b of the form, cut; entries are sorted by it */
	uint64_t roll;    /* rolling hash of the form */
	uint64_t tail;    /* of a phrase: rolling hash of its last part; else 0 */
	uint8_t kind;
};

struct codewords {
	uint8_t name_key[32], mask_key[32];
	uint64_t multiplier;
	uint64_t powers[CODEWORD_HOST_MAX + 4]; /* of the multiplier */
	struct codeword_entry *entries;
	uint64_t *rolls; /* of the entries, sorted */
	size_t count, room;
	bool has_words, has_phrases, has_hosts;
	/* Of all rolls, and of the tails: across blanks, where nearly every word of a text could
	 * join its neighbours, only one that ends a phrase is tried. */
	uint64_t filter[((size_t)1 << CODEWORD_FILTER_BITS) / 64];
	uint64_t tails[((size_t)1 << CODEWORD_FILTER_BITS) / 64];
};

/* A run of letters of one case, one capital and its letters, or digits. */
struct codeword_part {
	size_t from, to;
};

/* The next part at or behind `from`. */
bool codeword_next_part(struct bytes in, size_t stride, size_t from, struct codeword_part *part);

/* Lower case of in[from, to) into out; how many bytes (at most `room`). */
size_t codeword_fold(struct bytes in, size_t stride, size_t from, size_t to, uint8_t *out,
		     size_t room);

uint64_t codeword_roll(const struct codewords *set, struct bytes form);
void codeword_id(const struct codeword_entry *entry, char id[CODEWORD_ID_BYTES]);

/* The top bits of a product mod 2^64 depend on all of its factors' bits. */
static inline size_t
codeword_filter_at(uint64_t roll)
{
	return (size_t)(roll * 0x9e3779b97f4a7c15u >> (64 - CODEWORD_FILTER_BITS));
}

#endif
