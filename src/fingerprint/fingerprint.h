/*
 * fingerprint.h - one blob -> fingerprint: the keys by which its content can be known again
 *
 * A print is a 64-bit key with the place it was made from.  Kinds of keys, and what they survive:
 *
 *	PRINT_TEXT	12 words in a row, winnowed: copies, reflowed text, any file that is text
 *	PRINT_TOKEN	24 lexer tokens in a row, names and literals abstracted, comments dropped,
 *			winnowed: renaming, reformatting
 *	PRINT_PAIR	two of the parts that compilers and minifiers keep (strings, property names,
 *			regexes, rare numbers), close together, in any order: minifying, bundling
 *	PRINT_HARD	the same without names: mangling of properties, compiling
 *	PRINT_SINGLE	one long string literal: compiling, stripping
 *	PRINT_PLAIN	pairs and triples of parts that many packages have: nothing by themselves,
 *			but they tell a small file beside others of its asset
 *	PRINT_EXACT	made by the register from the SHA-256 of the content
 *
 * The first is channel "text", the second "token", the next four "atom", the last "exact".
 * Method and measurements: docs/fingerprints.md.
 *
 * Two blobs that share t = k + w - 1 words (23) or tokens (47) in a row share a key, whatever
 * stands around them (Schleimer, Wilkerson, Aiken, "Winnowing", SIGMOD 2003).
 */
#ifndef FINGERPRINT_FINGERPRINT_H
#define FINGERPRINT_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

/* Raised when the same bytes give other keys: a register says which version made it. */
#define FINGERPRINT_VERSION 2

enum print_kind {
	PRINT_TEXT,
	PRINT_TOKEN,
	PRINT_PAIR,
	PRINT_HARD,
	PRINT_SINGLE,
	PRINT_PLAIN,
	PRINT_EXACT,
	PRINT_KIND_COUNT,
	/* No fingerprint: key is the number (32 bits) of a part that stands in a pair, triple or single
	 * string of this text, so that a question need not pair what nobody registered. */
	PRINT_PART = 15
};

/* "text", "token", "atom", "exact": as matches name them. */
const char *print_channel_name(enum print_kind kind);

struct print {
	uint64_t key;         /* the kind is mixed in: kinds share no keys */
	uint32_t at;          /* offset of the first byte it was made from */
	uint32_t length : 28; /* bytes from there to the end of the last part */
	uint32_t kind : 4;    /* enum print_kind */
};

/* In a question: what may be known at all.  Almost nothing of an unrelated text is, so prints are
 * thrown away while they are made, and parts that nobody registered are never paired.  Both are
 * asked for many at once, for the memory behind the answers to be fetched together. */
struct print_sieve {
	void *context;
	/* Move the prints that may be known to the front, in their order; returns how many. */
	size_t (*prints)(void *context, struct print *list, size_t count);
	/* known[i] = may part parts[i] be in a registered print?  At most PRINT_PARTS_MAX. */
	void (*parts)(void *context, const uint32_t *parts, uint8_t *known, size_t count);
};

#define PRINT_PARTS_MAX 256

struct prints {
	struct print
	    *list; /* PRINT_TEXT first, then the others, each kind in the order of the text */
	size_t count, room;
	const struct print_sieve *sieve; /* NULL: keep all; set for questions only */
	size_t sieved;                   /* list[0..sieved) went through it */
};

#define PRINTS_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0, NULL, 0                                                                \
	}

void prints_free(struct prints *prints);

/* Register: what is ours, once.  Query: what was found; pairs reach one part further, so that a
 * part which the minifier put between two of ours does not hide them. */
enum print_use { PRINT_REGISTER, PRINT_QUERY };

struct language;

/* The language of a text, by the extension of its name and, without a known one, by content.
 * Never NULL: what nothing is known about is lexed as "generic". */
const struct language *language_of(struct bytes name, struct bytes head);
const char *language_name(const struct language *language);

/* Is this a data or markup language (JSON, YAML, CSS, Markdown, ...), where equal lines mean less? */
bool language_is_data(const struct language *language);

/* Append the prints of a text (at most 256 MiB; longer ones in windows, cut anywhere).
 * Returns 0, FAULT_MEMORY, or FAULT_LIMIT for more than that.  Cost: docs/fingerprints.md. */
int fingerprint_text(struct prints *out, struct bytes text, const struct language *language,
		     enum print_use use, struct fault *fault);

/* Append PRINT_SINGLE and PRINT_HARD of the strings in compiled code: runs of printable bytes. */
int fingerprint_binary(struct prints *out, struct bytes content, struct fault *fault);

/* Strings with their length before them: .pyc (marshal) and .class (constant pool) know no NUL. */
enum print_strings { PRINT_STRINGS_RUNS, PRINT_STRINGS_PYC, PRINT_STRINGS_CLASS };
int fingerprint_strings(struct prints *out, struct bytes content, enum print_strings form,
			struct fault *fault);

/* The keys under which the register files a content: by its SHA-256, and by its XXH3-64 for those
 * who have no more than that. */
uint64_t fingerprint_exact_key(const uint8_t sha256[32]);
uint64_t fingerprint_content_key(uint64_t xxh3);

#endif
