/*
 * print.h - how a key is made and put on the list; for the files of this folder
 */
#ifndef FINGERPRINT_PRINT_H
#define FINGERPRINT_PRINT_H

#include "fingerprint/fingerprint.h"
#include "fingerprint/lexer.h"
#include "fingerprint/mix.h"

/* Make room for one more: by the sieve, when there is one, else by more memory. */
int prints_grow(struct prints *prints);

/* Put what was added since through the sieve. */
void prints_sieve(struct prints *prints);

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
	enum print_use use;
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
	uint8_t codes[WINNOW_KEEP + WINNOW_PARTS + 16]; /* 16 may be read at once */
};

void winnow_begin(struct winnow *winnow, struct prints *out, enum print_kind kind,
		  enum print_use use);
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
int winnow_words(struct prints *out, struct bytes text, enum print_use use);

/* ---- atom.c: what minifiers and compilers keep ---- */

#define ATOM_CLASS_LATER 255 /* worked out from the text, if anyone asks */

struct atom {
	uint64_t hash; /* 0: none */
	uint32_t at, end;
	uint8_t class; /* enum common_class, or ATOM_CLASS_LATER */
	bool number;
	bool hard;   /* not a name: goes into PRINT_HARD too */
	bool string; /* may stand alone */
	bool known;  /* by the sieve */
};

#define ATOM_REACH_REGISTER 3
#define ATOM_REACH_QUERY    4
#define ATOM_BATCH          PRINT_PARTS_MAX

/* A stream of atoms, worked through in batches.  The last few are carried over. */
struct atoms {
	enum print_kind kind;
	enum print_kind plain; /* of what says little; the same as `kind`: it gives no key */
	uint32_t count, done;  /* in the list; of them paired */
	struct atom list[ATOM_REACH_QUERY + ATOM_BATCH];
};

/* All atoms of a text, and those of them that are no names. */
struct atom_pairs {
	struct prints *out;
	const uint8_t *text; /* what at and end are places in */
	enum print_use use;
	bool hard_only; /* compiled code: names are nowhere */
	struct atoms all, hard;
};

/* The number of a part, for the sieve. */
static inline int
prints_add_part(struct prints *prints, const struct atom *atom)
{
	if (prints->count == prints->room && prints_grow(prints) < 0)
		return FAULT_MEMORY;
	prints->list[prints->count++] = (struct print){.key = atom->hash >> 32,
						       .at = atom->at,
						       .length = (atom->end - atom->at) & 0xfffffff,
						       .kind = PRINT_PART & 15};
	return 0;
}

void atom_pairs_begin(struct atom_pairs *pairs, struct prints *out, const uint8_t *text,
		      enum print_use use);
int atom_pairs_batch(struct atom_pairs *pairs);

static inline int
atom_pairs_add(struct atom_pairs *pairs, const struct atom *atom)
{
	pairs->all.list[pairs->all.count++] = *atom;
	return pairs->all.count - pairs->all.done == ATOM_BATCH ? atom_pairs_batch(pairs) : 0;
}

struct atom_stage {
	const uint8_t *text;
	size_t length; /* of the text */
	const struct language *language;
	struct atom_pairs pairs;
	struct token last; /* the token to be judged when the next one is known */
	uint8_t before[2]; /* codes of the two before it */
	bool in_type;      /* inside `type X = ...;` */
	size_t joined;     /* bytes of the joined string gathered so far */
	uint32_t joined_at, joined_end;
	uint8_t joined_text[1024];
};

void atom_begin(struct atom_stage *stage, struct prints *out, struct bytes text,
		const struct language *language, enum print_use use);
int atom_tokens(struct atom_stage *stage, const struct token *tokens, size_t count);
int atom_end(struct atom_stage *stage);

/* ---- string.c: the content of literals ---- */

#define STRING_BYTES_MAX 1024 /* of a longer string the front counts */

/* Append what the literal means to out[used..STRING_BYTES_MAX); returns the new `used`. */
size_t string_decode(struct bytes literal, uint8_t out[STRING_BYTES_MAX], size_t used);

/* The hash of a string's content, of which at[0..readable) may be read: 0 when it is too short or in
 * everybody's code. */
uint64_t string_hash(const uint8_t *at, size_t length, size_t readable);

/* Its class, by its hash and its letters. */
uint8_t string_class(const uint8_t *at, size_t length, uint64_t hash);

/* Is it long and wordy enough to stand alone? */
bool string_is_single(const uint8_t *at, size_t length, uint8_t class);

/* The atom of a number: hash 0 when it is an everyday one. */
struct atom number_atom(struct bytes literal);

#endif
