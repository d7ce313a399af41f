/*
 * secret_scan.h - bytes -> candidates for secrets, whole or only where bytes are new
 *
 *	secret_scanner_new(&scanner, &options, fault);		immutable, shared by threads
 *	secret_scratch_new(&scratch, scanner, fault);		one a thread
 *	secret_scan(scanner, scratch, whole, fresh, 1, NULL, 0, &list, fault);
 *	secret_judge(...)					secret_judge.h: candidates -> findings
 *
 * A candidate is what a rule found at an anchor (a keyword, a literal, the front of a run).
 *
 * Locality law: whether and how a candidate is found depends on its support [lo, hi) and on
 * nothing else; a support with lo 0 saw the front of the blob, one with hi == the blob's length
 * saw its end.  Supports lie within SECRET_REACH of their place, except those of long looks (keys in
 * armour, JWTs, long runs), which reach up to SECRET_LOOK behind it; long looks that found nothing are
 * candidates of length 0, so that they are looked at again when what they saw has changed.  Hence
 * scanning only what is new, widened as secret_scan() does, and inheriting the base's candidates whose
 * support was copied whole gives exactly the candidates of a scan of everything
 * (tests/unit/test_secret_scan.c).
 * What a candidate is worth depends on the file it is in: that is secret_judge.h.
 */
#ifndef DETECT_SECRET_SCAN_H
#define DETECT_SECRET_SCAN_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "detect/secret_generic.h"

#define SECRET_REACH ((size_t)1024)
#define SECRET_LOOK  ((size_t)63 * 1024)

enum secret_lane {
	SECRET_LANE_RULE,    /* of the rule set; `rule` is its index */
	SECRET_LANE_GENERIC, /* `rule` is an enum secret_generic_rule */
	SECRET_LANE_DECODED, /* [at, +length) decodes to bytes that hold a secret; `rule`: the how-manieth
				in them */
	SECRET_LANE_DERIVED, /* [at, +length) decodes to a container or compressed stream */
	SECRET_LANE_KNOWN,   /* a secret its owner told (secret_known.h); `rule` is its index */
};

struct secret_candidate {
	uint64_t at, length; /* of the secret in the blob */
	uint64_t lo, hi;     /* support */
	uint32_t rule;
	uint16_t flags; /* SECRET_QUOTED, ... of secret_generic.h */
	uint8_t level;  /* enum secret_level */
	uint8_t lane;   /* enum secret_lane */
};

struct secret_range {
	size_t from, to; /* [from, to); from == to: a joint, bytes on both sides met anew */
};

/* Ordered by place, no two alike.  Past SECRET_LIST_MAX it only says that there were more: then
 * nothing may be inherited from it. */
#define SECRET_LIST_MAX ((size_t)1 << 18)
struct secret_list {
	struct secret_candidate *list;
	size_t count, room;
	bool overflow;
};

void secret_list_free(struct secret_list *list);

struct rule_set;
struct secrets_known;

/* NULL: none. */
struct secret_options {
	const struct rule_set *rules; /* lent */
	struct secrets_known *known;  /* the scanner owns it from secret_scanner_new() on */
	uint8_t id_key[32];           /* of secret_id */
	int64_t now;                  /* seconds; for what expires */
	bool show;                    /* findings carry the secret itself */
	bool all_rules;               /* those that are off by default, too */
};

struct secret_scanner;
struct secret_scratch;

int secret_scanner_new(struct secret_scanner **out, const struct secret_options *options,
		       struct fault *fault);
void secret_scanner_free(struct secret_scanner **scanner);
const struct secret_options *secret_scanner_options(const struct secret_scanner *scanner);

/* Are there rules of others, which ask for the names of files and for all of a file? */
bool secret_scanner_is_foreign(const struct secret_scanner *scanner);

/* How often an expression was given up at a ceiling so far: there, nothing is known. */
uint64_t secret_scratch_limits(const struct secret_scratch *scratch);

int secret_scratch_new(struct secret_scratch **out, const struct secret_scanner *scanner,
		       struct fault *fault);
void secret_scratch_free(struct secret_scratch **scratch);

/* The same from a pool of the scanner, so that a blob does not make its own.  Any thread. */
int secret_scratch_take(struct secret_scanner *scanner, struct secret_scratch **out,
			struct fault *fault);
void secret_scratch_give(struct secret_scanner *scanner, struct secret_scratch **scratch);

/* Fill *out with the candidates of `whole`.  `fresh`: what is new, ascending; all else was scanned
 * with the base, whose candidates come as `inherited` (secret_inherit()).  A scan of everything:
 * one range over everything, nothing inherited.
 * Cost: linear in the widened ranges; >= 600 MB/s on source trees (bench/secret.c). */
int secret_scan(const struct secret_scanner *scanner, struct secret_scratch *scratch,
		struct bytes whole, const struct secret_range fresh[], size_t fresh_count,
		const struct secret_candidate inherited[], size_t inherited_count,
		struct secret_list *out, struct fault *fault);

/* The candidates whose anchor lies in [from, to): for windows of a large blob.  `in` must reach
 * SECRET_REACH in front of `from` (or be the blob's front) and SECRET_LOOK behind `to` (or be its
 * end).  Appends; offsets are those of `in`. */
int secret_scan_part(const struct secret_scanner *scanner, struct secret_scratch *scratch,
		     struct bytes in, size_t from, size_t to, struct secret_list *out,
		     struct fault *fault);

/* Sort and drop what is there twice; what secret_scan() ends with. */
void secret_list_settle(struct secret_list *list);
int secret_list_add(struct secret_list *list, const struct secret_candidate *candidate,
		    struct fault *fault);

#define SECRET_GONE  1 /* its place was not copied */
#define SECRET_AGAIN 2 /* its place was, its support was not: out->at must be scanned again */

/* Move a candidate of a base of `base_bytes` through a copy of base[from, from + length) to offset
 * `to` of a blob of `blob_bytes`.  0: inherit *out.  SECRET_AGAIN: add [out->at, out->at) to the
 * fresh ranges.  Every candidate of the base, those of length 0 too, is shown to every copy. */
int secret_inherit(const struct secret_candidate *old, uint64_t base_bytes, uint64_t from,
		   uint64_t length, uint64_t to, uint64_t blob_bytes, struct secret_candidate *out);

#endif
