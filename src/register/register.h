/*
 * register.h - what is ours: named assets, their fingerprints, and what is public
 *
 * A register is a folder ($STOPWATER_HOME/register) with a manifest, segments and a lock.  One
 * writer at a time; readers never wait and see the register as it was when they opened it.
 * `register` is a keyword, so its type is struct register_db.
 *
 * An asset of kind ASSET_PUBLIC is what everybody may have: its keys accuse nobody, they only take
 * away from what other assets claim.
 */
#ifndef REGISTER_REGISTER_H
#define REGISTER_REGISTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "register/segment.h"

struct register_db;

struct register_asset {
	struct segment_asset facts;
	bool tree; /* registered without history */
	uint32_t segment, index;
	size_t paths_count;
	const char *const *paths; /* absolute: where it was read from */
};

/* Open the register in `folder`; one that is not there is empty.  The keys of other fingerprint
 * versions are refused (FAULT_FORMAT: register again, register_update_all()). */
int register_open(struct register_db **out, const char *folder, struct fault *fault);
void register_close(struct register_db **db);

/* Is there nothing to recognise?  (Public assets alone accuse nobody.) */
bool register_is_empty(const struct register_db *db);

/* By name. Lent until close. */
const struct register_asset *register_assets(const struct register_db *db, size_t *count);

/* Read every byte of every segment and check it. */
int register_verify(const struct register_db *db, struct fault *fault);

/* Which register is it, and of when?  SHA-256 of the manifest, which holds the digests of all
 * segments, and the date of its newest entry (0: it has none). */
int register_identity(const struct register_db *db, uint8_t digest[SEGMENT_DIGEST_BYTES],
		      int64_t *date, struct fault *fault);

/* ---- asking ---- */

struct register_posting {
	uint32_t asset;   /* index in register_assets() */
	uint32_t segment; /* with `file`: which file */
	uint32_t file;
	uint32_t from, to; /* commits, 0: a tree */
	uint32_t place;    /* line */
};

/* The most files that one key may name; keys in more are boilerplate of their asset. */
#define REGISTER_POSTINGS_MAX 32

/* What one key is known for. */
struct register_answer {
	struct register_posting list[REGISTER_POSTINGS_MAX];
	uint32_t count;  /* in list */
	uint32_t assets; /* different ones of ours that have it */
	bool is_public;  /* also in a public asset: it says nothing */
	bool crowded;    /* more files than the list holds */
};

/* Which of at most REGISTER_AT_ONCE keys (or parts of pairs) may be there at all?  Bit i of *maybe for
 * the i-th. */
#define REGISTER_AT_ONCE SEGMENT_AT_ONCE
int register_may_hold(const struct register_db *db, const uint64_t *keys, size_t count,
		      uint64_t *maybe, struct fault *fault);
int register_may_pair(const struct register_db *db, const uint32_t *parts, size_t count,
		      uint64_t *maybe, struct fault *fault);

/* Everything about one key; answer->count 0: nothing.  0 or FAULT_TAMPER. */
int register_lookup(const struct register_db *db, uint64_t key, struct register_answer *answer,
		    struct fault *fault);

/* Is this content (XXH3-64) a file of a public asset?  Damage answers no. */
bool register_is_public_content(const struct register_db *db, uint64_t content_hash);

/* The file of a posting; path lent until close. */
int register_file(const struct register_db *db, uint32_t segment, uint32_t file,
		  struct segment_file *out, struct bytes *path, struct fault *fault);

/* ---- writing ---- */

struct register_add {
	const char *name;
	enum asset_kind kind;
	const char *const *paths; /* files and folders */
	size_t paths_count;
	unsigned jobs;            /* threads; 0: one */
	int64_t now;              /* seconds since 1970: the date of what is registered */
	const atomic_int *cancel; /* not 0: stop; may be NULL */
};

/* What was read and what was left out, and why. */
struct register_report {
	uint64_t files, bytes, prints;
	uint64_t left_out_folders; /* node_modules and the like */
	uint64_t left_out_binary, left_out_large, left_out_licence, left_out_lock, left_out_empty;
	uint64_t left_out_links;
};

#define REGISTER_EXISTS  1 /* an answer: there is an asset of that name */
#define REGISTER_UNKNOWN 2 /* an answer: there is none */
#define REGISTER_NOTHING 3 /* an answer: no text under the paths; nothing was changed */

/* Register a new asset. 0, REGISTER_EXISTS, REGISTER_NOTHING or a fault; then nothing is changed. */
int register_add(const char *folder, const struct register_add *add, struct register_report *report,
		 struct fault *fault);

/* Read the paths of an asset again and replace it. */
int register_update(const char *folder, const char *name, unsigned jobs, int64_t now,
		    const atomic_int *cancel, struct register_report *report, struct fault *fault);

/* Read the paths of every asset again and write the register anew: also one that another version of
 * this program wrote, of which nothing but the manifest is looked at. */
int register_update_all(const char *folder, unsigned jobs, int64_t now, const atomic_int *cancel,
			struct register_report *report, struct fault *fault);

int register_remove(const char *folder, const char *name, struct fault *fault);

#endif
