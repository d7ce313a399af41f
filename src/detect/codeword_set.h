/*
 * codeword_set.h - an owner's words, kept so that the file of them reveals none
 *
 *	codewords_new(&set, key, fault);			an empty set
 *	codewords_add(set, BYTES_OF("Blue-Heron"), fault);
 *	codewords_format(set, &file, fault);			what is committed
 *	...
 *	codewords_parse(&set, file, key, fault);		elsewhere, with the same key
 *
 * The key (CODEWORDS_KEY_BYTES, random) stays outside the repository: without it nobody can try a
 * dictionary on the file, which shows how many entries there are and nothing more.  The words
 * cannot be read back with the key either; `list` shows ids.
 *
 * A word is matched without regard to case and to how its parts are joined: "Blue-Heron" finds
 * blueheron, BlueHeron, BLUE_HERON, blue.heron and, since its parts are known, "blue heron"; it
 * does not find "blueherons" or "thoseblueheron".  An entry that begins with "*." or holds a dot
 * between letters and is added as a host finds every host below it.
 * A set is immutable while it is scanned with; any number of threads may scan.
 * Bytes of the file: docs/format-codewords.md.
 */
#ifndef DETECT_CODEWORD_SET_H
#define DETECT_CODEWORD_SET_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

#define CODEWORDS_KEY_BYTES 32
#define CODEWORDS_MAX       100000
#define CODEWORD_BYTES_MIN  4 /* letters and digits, joiners not counted */
#define CODEWORD_BYTES_MAX  64
#define CODEWORD_PARTS_MAX  6
#define CODEWORD_HOST_MAX   253
#define CODEWORD_ID_BYTES   17 /* 16 hex digits and a NUL */

struct codewords;

int codewords_new(struct codewords **out, const uint8_t key[CODEWORDS_KEY_BYTES],
		  struct fault *fault);
void codewords_free(struct codewords **set);

#define CODEWORDS_SAME   1 /* it was there already */
#define CODEWORDS_ABSENT 1

/* FAULT_USAGE for a word that is too short, too long or of too many parts. */
int codewords_add(struct codewords *set, struct bytes word, struct fault *fault);
int codewords_add_host(struct codewords *set, struct bytes host, struct fault *fault);

/* By the word or host itself, since nothing else tells which it is. */
int codewords_remove(struct codewords *set, struct bytes word, struct fault *fault);

/* FAULT_FORMAT; FAULT_TAMPER when the file was made with another key. */
int codewords_parse(struct codewords **out, struct bytes file,
		    const uint8_t key[CODEWORDS_KEY_BYTES], struct fault *fault);
int codewords_format(const struct codewords *set, struct buf *to, struct fault *fault);

/* Entries: hosts and words; a word of several parts has two, one with blanks between them. */
size_t codewords_count(const struct codewords *set);
/* The id of entry `index` (0..count), as in hits, and whether it is a host. */
bool codewords_at(const struct codewords *set, size_t index, char id[CODEWORD_ID_BYTES]);

struct codeword_hit {
	size_t from, to; /* in the bytes scanned */
	bool host;
	char id[CODEWORD_ID_BYTES];
};

/* A non-zero answer of the callback ends the scan, which returns it. */
typedef int codeword_fn(void *context, const struct codeword_hit *hit);

/* Every match in `in`, read as letters `stride` bytes apart (1; 2: UTF-16LE).  A word that touches
 * the end of `in` is reported only where `last`; one that touches the front only where `first`.
 * Cost: above 300 MB/s with 1,000 words (bench/detect.c); nothing for an empty set. */
int codewords_scan(const struct codewords *set, struct bytes in, size_t stride, bool first,
		   bool last, codeword_fn *hit, void *context);

#endif
