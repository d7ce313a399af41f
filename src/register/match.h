/*
 * match.h - what was found, against what is ours: which files, how much, where, by what chance
 *
 *	register_search_new(&search, db, fault);
 *	for each window
 *		register_search_text(search, window, at_bytes, seen, language, fault);
 *	register_search_end(search, sha256, size, &matches, fault);
 *
 * One search a blob, one thread a search.  Memory grows with what is recognised, not with the
 * blob.  The thresholds and the odds are measured: docs/fingerprints.md.
 */
#ifndef REGISTER_MATCH_H
#define REGISTER_MATCH_H

#include "fingerprint/fingerprint.h"
#include "register/register.h"

struct register_search;

int register_search_new(struct register_search **out, const struct register_db *db,
			struct fault *fault);
void register_search_free(struct register_search **search);

/* Begin another blob with the same memory. */
void register_search_reset(struct register_search *search);

/* The bytes [at_bytes, +window.left) of the blob; the first `seen` were shown before. */
int register_search_text(struct register_search *search, struct bytes window, uint64_t at_bytes,
			 size_t seen, const struct language *language, struct fault *fault);
int register_search_strings(struct register_search *search, struct bytes window, uint64_t at_bytes,
			    size_t seen, enum print_strings form, struct fault *fault);

struct register_place {
	uint32_t first_line, last_line; /* from 1; 0: not text, or all on one line */
	uint64_t at_bytes, length_bytes;
};

struct register_match {
	uint32_t asset; /* index in register_assets() */
	uint32_t segment, file;
	struct bytes path;          /* raw, lent by the register */
	enum print_kind kind;       /* the strongest evidence */
	uint32_t matched, of;       /* different keys of that kind: here, and in our file */
	uint32_t share_ppm;         /* matched / of, in millionths */
	int32_t log10_chance_milli; /* <= 0 */
	struct register_place here, there;
	uint32_t from, to;  /* commits; 0: a tree */
	bool by_neighbours; /* weak alone; files beside it in our tree are beside it here */
};

struct register_matches {
	struct register_match *list; /* best first; lent by the search until reset or free */
	size_t count;
};

/* `sha256` NULL: the content is not known whole. */
int register_search_end(struct register_search *search, const uint8_t sha256[32],
			uint64_t size_bytes, struct register_matches *out, struct fault *fault);

/* How many keys were asked for, and how many are known: for --stats and measuring. */
void register_search_counts(const struct register_search *search, uint64_t *asked, uint64_t *known);

#endif
