/*
 * literals.h - many literals over one buffer: who ends where
 *
 *	match_literals_build(&literals, list, count, fault);
 *	match_scratch_new(&scratch, literals, fault);		one a thread
 *	match_literals_scan(literals, scratch, content, on_hit, context, fault);
 *
 * Literals only, no expressions: 2 to 3 GB/s a core whether there are 200 or 4,000 of them,
 * compiled in milliseconds and small enough to embed; what follows a literal is for the caller to
 * look at (docs/design/match.md has the measurement).  The start of a hit is its end less its length,
 * so that the engine is never asked for starts.
 *
 * The engine is libhs (vectorscan, or hyperscan: the same calls), loaded when the first set is built
 * or loaded: a run that looks for nothing pays nothing.  Call match_literals_build() or _load()
 * before the jail is entered.
 */
#ifndef MATCH_LITERALS_H
#define MATCH_LITERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

#define MATCH_STALE                                                                                \
	1 /* an answer of match_literals_load(): made by another library or for another CPU */

/* Shorter ones hit so often that nothing behind them can be fast. */
#define MATCH_LITERAL_BYTES_MIN 2
#define MATCH_LITERAL_BYTES_MAX 255
#define MATCH_LITERALS_MAX      65535

struct match_literal {
	const char *text;
	uint32_t length;
	bool caseless; /* ASCII letters */
};

struct match_literals;
struct match_scratch;

/* Literal i of `list` is reported as i.  Twice the same is allowed.  FAULT_USAGE for one that is too
 * short or too long, FAULT_LIMIT where the library is missing or the CPU is too old. */
int match_literals_build(struct match_literals **out, const struct match_literal list[],
			 size_t count, struct fault *fault);
void match_literals_free(struct match_literals **literals);

/* What match_literals_save() wrote.  MATCH_STALE when it is of another version or another kind of
 * CPU, or damaged: build anew.  Only for bytes that nobody else can have written: the library
 * believes them. */
int match_literals_load(struct match_literals **out, struct bytes serialised, struct fault *fault);

/* Appends.  It loads on every CPU of this architecture. */
int match_literals_save(const struct match_literals *literals, struct buf *to, struct fault *fault);

/* "5.4.9 2023-...": what a saved set is bound to.  NULL where the library cannot be loaded. */
const char *match_literals_version(void);

int match_scratch_new(struct match_scratch **out, const struct match_literals *literals,
		      struct fault *fault);
void match_scratch_free(struct match_scratch **scratch);

/* Every occurrence of every literal in `in` (also overlapping ones), `end` exclusive.  Sorted by end
 * in practice, not by promise.  hit() returns 0 to go on; anything else stops and is returned. */
int match_literals_scan(const struct match_literals *literals, struct match_scratch *scratch,
			struct bytes in, int (*hit)(void *to, uint32_t id, size_t end), void *to,
			struct fault *fault);

#endif
