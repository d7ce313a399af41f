/*
 * hash.h - digests: SHA-256 for what people compare, git ids, fast and keyed hashes for ourselves
 *
 * SHA-256 and SHA-1 come from libcrypto (SHA-NI: 1.4 GB/s), XXH3 from libxxhash, the keyed hash is
 * BLAKE2b-256 of libsodium.
 */
#ifndef SEAL_HASH_H
#define SEAL_HASH_H

#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

#define HASH_SHA256_BYTES 32
#define HASH_SHA1_BYTES   20
#define HASH_KEY_BYTES    32
#define HASH_KEYED_BYTES  32

/* Everything at once. */
int hash_sha256(struct bytes content, uint8_t out[HASH_SHA256_BYTES], struct fault *fault);

/* "sha512-" and the digest in base64, as npm and browsers write it, appended to `to`. */
int hash_integrity(struct bytes content, struct buf *to, struct fault *fault);

/* The id git gives a blob with this content: SHA-1 of "blob LENGTH\0" + content. */
int hash_git_blob(struct bytes content, uint8_t out[HASH_SHA1_BYTES], struct fault *fault);

/* Ids of git objects and checksums of git's files, by SHA-1 or SHA-256: the context is kept, for
 * millions of small ones.  One thread at a time. */
#define HASH_GIT_BYTES_MAX 32
struct hash_git;
int hash_git_new(struct hash_git **out, size_t id_bytes, struct fault *fault); /* 20 or 32 */
void hash_git_free(struct hash_git **hash);
/* The id of an object: the digest of "TYPE LENGTH\0" + content. */
int hash_git_object(struct hash_git *hash, const char *type, struct bytes content,
		    uint8_t out[HASH_GIT_BYTES_MAX], struct fault *fault);
/* In pieces, of bytes as they are. */
int hash_git_begin(struct hash_git *hash, struct fault *fault);
int hash_git_add(struct hash_git *hash, struct bytes piece, struct fault *fault);
int hash_git_end(struct hash_git *hash, uint8_t out[HASH_GIT_BYTES_MAX], struct fault *fault);

/* XXH3-64: for tables inside one machine and for facts; no defence against a chosen collision. */
uint64_t hash_fast(struct bytes content);

/* Keyed BLAKE2b-256: what stands in files in place of a secret. */
void hash_keyed(const uint8_t key[HASH_KEY_BYTES], struct bytes content,
		uint8_t out[HASH_KEYED_BYTES]);

/* Compare in constant time. */
int hash_differs(const void *a, const void *b, size_t count);

/* In pieces: SHA-256 and XXH3-64 of the same bytes in one go. */
struct hash_running;
int hash_running_new(struct hash_running **out, struct fault *fault);
void hash_running_free(struct hash_running **hash);
int hash_running_begin(struct hash_running *hash, struct fault *fault);
int hash_running_add(struct hash_running *hash, struct bytes piece, struct fault *fault);
int hash_running_end(struct hash_running *hash, uint8_t sha256[HASH_SHA256_BYTES], uint64_t *fast,
		     struct fault *fault);

#endif
