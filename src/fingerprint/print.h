/*
 * print.h - how a key is made and put on the list; for the files of this folder
 */
#ifndef FINGERPRINT_PRINT_H
#define FINGERPRINT_PRINT_H

#include "fingerprint/fingerprint.h"
#include "fingerprint/lexer.h"
#include "fingerprint/mix.h"

int prints_grow(struct prints *prints);

/* Fold the kind in, so that kinds share no keys; the last mix also makes keys uniform again after
 * winnowing has preferred small hashes. */
static inline uint64_t
print_key(uint64_t hash, enum print_kind kind)
{
	return mix_fold(hash ^ MIX_C, MIX_A + 2 * (uint64_t)kind);
}

static inline int
prints_add(struct prints *prints, uint64_t hash, size_t at, size_t end, enum print_kind kind)
{
	struct print *print;

	if (prints->count == prints->room && prints_grow(prints) < 0)
		return FAULT_MEMORY;
	print = &prints->list[prints->count++];
	print->key = print_key(hash, kind);
	print->at = (uint32_t)at;
	print->length = (uint32_t)(end - at) & 0xfffffff;
	print->kind = (uint32_t)kind & 15;
	return 0;
}

/* ---- winnow.c: which of the hashes of a stream become keys ---- */

#define WINNOW_KEEP  64 /* parts carried over: k + w and no less */
#define WINNOW_PARTS 1024

/* Parts are gathered and worked through in batches: one tight loop for the hashes of all grams,
 * one for the least of each window. */
struct winnow {
	struct prints *out;
	enum print_kind kind;
	uint32_t k, w;     /* parts in a gram, grams in a window */
	uint32_t count;    /* parts in the arrays */
	uint32_t done;     /* of them worked through */
	uint32_t least_at; /* the gram (index of its first part) that is the least of its window */
	bool have_least, chosen; /* there is one; it has been given out */
	uint64_t total;          /* grams so far, up to w */
	uint64_t rolling;
	uint64_t hashes[WINNOW_KEEP + WINNOW_PARTS], grams[WINNOW_KEEP + WINNOW_PARTS];
	uint32_t at[WINNOW_KEEP + WINNOW_PARTS], end[WINNOW_KEEP + WINNOW_PARTS];
	/* token code, or of a word: 1, and 2 when it begins with a digit */
	uint8_t codes[WINNOW_KEEP + WINNOW_PARTS];
};

void winnow_begin(struct winnow *winnow, struct prints *out, enum print_kind kind);
int winnow_batch(struct winnow *winnow);

/* Hashes of words are given; those of tokens follow from the code. */
static inline int
winnow_part(struct winnow *n, uint64_t hash, size_t at, size_t end, uint8_t code)
{
	uint32_t i = n->count++;

	n->hashes[i] = hash;
	n->at[i] = (uint32_t)at;
	n->end[i] = (uint32_t)end;
	n->codes[i] = code;
	return n->count == WINNOW_KEEP + WINNOW_PARTS ? winnow_batch(n) : 0;
}

/* A text with fewer grams than a window still gives its least one. */
int winnow_end(struct winnow *winnow);

/* All of PRINT_TEXT of a text. */
int winnow_words(struct prints *out, struct bytes text);

/* ---- atom.c: what minifiers and compilers keep ---- */

struct atom {
	uint64_t hash; /* 0: none */
	uint32_t at, end;
	uint8_t class; /* enum common_class */
	bool number;
};

#define ATOM_REACH_REGISTER 3
#define ATOM_REACH_QUERY    4

/* The last few atoms of one stream. */
struct atoms {
	struct prints *out;
	enum print_kind kind;
	enum print_kind plain; /* of what says little; the same as `kind`: it gives no key */
	uint32_t reach;
	uint32_t count;
	struct atom ring[ATOM_REACH_QUERY];
};

int atoms_add(struct atoms *atoms, const struct atom *atom);

struct atom_stage {
	const uint8_t *text;
	const struct language *language;
	struct prints *out;
	struct atoms all, hard;
	struct token last; /* the token to be judged when the next one is known */
	uint8_t before[2]; /* codes of the two before it */
	bool in_type;      /* inside `type X = ...;` */
	size_t joined;     /* bytes of the joined string gathered so far */
	uint32_t joined_at, joined_end;
	uint8_t joined_text[1024];
};

void atom_begin(struct atom_stage *stage, struct prints *out, const uint8_t *text,
		const struct language *language, enum print_use use);
int atom_token(struct atom_stage *stage, const struct token *token);
int atom_end(struct atom_stage *stage);

/* ---- string.c: the content of literals ---- */

#define STRING_BYTES_MAX 1024 /* of a longer string the front counts */

/* Append what the literal means to out[used..STRING_BYTES_MAX); returns the new `used`. */
size_t string_decode(struct bytes literal, uint8_t out[STRING_BYTES_MAX], size_t used);

/* The atom of a string's content: hash 0 when it is too short. */
struct atom string_atom(const uint8_t *at, size_t length);

/* Is it long and wordy enough to stand alone? */
bool string_is_single(const uint8_t *at, size_t length, const struct atom *atom);

/* The atom of a number: hash 0 when it is an everyday one. */
struct atom number_atom(struct bytes literal);

#endif
