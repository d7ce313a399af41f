/*
 * statement.h - what a sealed verdict says: an in-toto Statement v1 (docs/format-verdict.md)
 *
 * The subjects are names and SHA-256 digests of exact bytes.  The predicate tells a receiver what
 * was done with them and how it ended.  It discloses no finding, no path inside a package and no
 * name of an asset: it has no field for them.
 */
#ifndef SEAL_STATEMENT_H
#define SEAL_STATEMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "seal/hash.h"

#define STATEMENT_TYPE          "https://in-toto.io/Statement/v1"
#define STATEMENT_PREDICATE     "urn:stopwater:verdict:v1"
#define STATEMENT_SUBJECTS_MAX  1024
#define STATEMENT_DETECTORS_MAX 64
#define STATEMENT_BYTES_MAX     ((size_t)512 * 1024)
#define STATEMENT_SALT_BYTES    16

struct statement_subject {
	const char *name; /* the last part of the path, nothing of the folders above */
	uint8_t sha256[HASH_SHA256_BYTES];
};

struct statement {
	const struct statement_subject *subjects;
	size_t subjects_count;
	const char *verdict; /* "pass", "blocked", "incomplete" */
	const char *profile;
	const char *tool_version;
	const char *time;             /* RFC 3339 */
	const char *const *detectors; /* names of those that ran */
	size_t detectors_count;
	bool has_policy;
	uint8_t policy_sha256[HASH_SHA256_BYTES];
	const char *register_date; /* NULL: no register was there */
	/* SHA-256 of salt || digest of the register: the owner can prove later which one it was,
	 * and nobody else can tell two verdicts of the same register from those of two. */
	uint8_t register_salt[STATEMENT_SALT_BYTES];
	uint8_t register_sha256[HASH_SHA256_BYTES];
	struct {
		uint64_t blobs, input_bytes, unpacked_bytes, examined_bytes, skipped_bytes,
		    not_examined_bytes;
	} coverage;
};

/* Draw the salt and bind `digest` (of the register) under it. */
int statement_bind_register(struct statement *s, struct bytes digest, const char *date,
			    struct fault *fault);

/* JSON in the form of RFC 8785, appended: equal statements are equal bytes. */
int statement_write(const struct statement *s, struct buf *to, struct fault *fault);

/* All of *out lives in the arena.  FAULT_FORMAT: not a statement of ours. */
int statement_read(struct statement *out, struct bytes json, struct arena *arena,
		   struct fault *fault);

/* The subject with this digest, or NULL. */
const struct statement_subject *statement_subject(const struct statement *s,
						  const uint8_t sha256[HASH_SHA256_BYTES]);

#endif
