/*
 * hash.c - digests
 *
 * Knows: which library gives which digest, and that fetching an algorithm costs more than hashing
 * a small file, so contexts are kept.  Does not know: what is hashed.
 */
#include "seal/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/own.h"

struct hash_running {
	EVP_MD_CTX *sha256;
	XXH3_state_t *fast;
};

/* Fetched once for the process: EVP_sha256() looks the provider up again at each init. */
static EVP_MD *fetched_sha256;
static EVP_MD *fetched_sha1;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	fetched_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	fetched_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static const EVP_MD *
sha256_md(void)
{
	(void)pthread_once(&fetched, fetch);
	return fetched_sha256;
}

static int
crypto_fault(struct fault *fault)
{
	return fault_set(fault, FAULT_MEMORY, "libcrypto has no SHA digest to give");
}

int
hash_sha256(struct bytes content, uint8_t out[HASH_SHA256_BYTES], struct fault *fault)
{
	const EVP_MD *md = sha256_md();

	if (md == NULL || EVP_Digest(content.at, content.left, out, NULL, md, NULL) != 1)
		return crypto_fault(fault);
	return 0;
}

int
hash_integrity(struct bytes content, struct buf *to, struct fault *fault)
{
	char text[sodium_base64_ENCODED_LEN(64, sodium_base64_VARIANT_ORIGINAL)];
	uint8_t digest[64];

	if (EVP_Digest(content.at, content.left, digest, NULL, EVP_sha512(), NULL) != 1)
		return crypto_fault(fault);
	(void)sodium_bin2base64(text, sizeof(text), digest, sizeof(digest),
				sodium_base64_VARIANT_ORIGINAL);
	return buf_printf(to, "sha512-%s", text) < 0 ? fault_memory(fault) : 0;
}

int
hash_git_blob(struct bytes content, uint8_t out[HASH_SHA1_BYTES], struct fault *fault)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char header[32];
	int length = snprintf(header, sizeof(header), "blob %zu", content.left) + 1;
	bool good;

	(void)pthread_once(&fetched, fetch);
	good = ctx != NULL && fetched_sha1 != NULL &&
	       EVP_DigestInit_ex2(ctx, fetched_sha1, NULL) == 1 &&
	       EVP_DigestUpdate(ctx, header, (size_t)length) == 1 &&
	       EVP_DigestUpdate(ctx, content.at, content.left) == 1 &&
	       EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? 0 : crypto_fault(fault);
}

/* ---- many of git's ---- */

struct hash_git {
	EVP_MD_CTX *ctx;
	const EVP_MD *md;
};

int
hash_git_new(struct hash_git **out, size_t id_bytes, struct fault *fault)
{
	struct hash_git *hash = calloc(1, sizeof(*hash));

	*out = NULL;
	if (hash == NULL)
		return fault_memory(fault);
	(void)pthread_once(&fetched, fetch);
	hash->md = id_bytes == HASH_SHA1_BYTES ? fetched_sha1 : fetched_sha256;
	hash->ctx = EVP_MD_CTX_new();
	if (hash->md == NULL || hash->ctx == NULL) {
		hash_git_free(&hash);
		return crypto_fault(fault);
	}
	*out = hash;
	return 0;
}

void
hash_git_free(struct hash_git **hash)
{
	if (*hash != NULL)
		EVP_MD_CTX_free((*hash)->ctx);
	free(*hash);
	*hash = NULL;
}

int
hash_git_begin(struct hash_git *hash, struct fault *fault)
{
	return EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) == 1 ? 0 : crypto_fault(fault);
}

int
hash_git_add(struct hash_git *hash, struct bytes piece, struct fault *fault)
{
	return EVP_DigestUpdate(hash->ctx, piece.at, piece.left) == 1 ? 0 : crypto_fault(fault);
}

int
hash_git_end(struct hash_git *hash, uint8_t out[HASH_GIT_BYTES_MAX], struct fault *fault)
{
	return EVP_DigestFinal_ex(hash->ctx, out, NULL) == 1 ? 0 : crypto_fault(fault);
}

int
hash_git_object(struct hash_git *hash, const char *type, struct bytes content,
		uint8_t out[HASH_GIT_BYTES_MAX], struct fault *fault)
{
	char header[64];
	int length = snprintf(header, sizeof(header), "%s %zu", type, content.left) + 1;
	int r = hash_git_begin(hash, fault);

	if (r == 0)
		r = hash_git_add(hash, bytes_make(header, (size_t)length), fault);
	if (r == 0)
		r = hash_git_add(hash, content, fault);
	return r < 0 ? r : hash_git_end(hash, out, fault);
}

uint64_t
hash_fast(struct bytes content)
{
	return XXH3_64bits(content.at, content.left);
}

void
hash_keyed(const uint8_t key[HASH_KEY_BYTES], struct bytes content, uint8_t out[HASH_KEYED_BYTES])
{
	(void)crypto_generichash(out, HASH_KEYED_BYTES, content.at, content.left, key,
				 HASH_KEY_BYTES);
}

int
hash_differs(const void *a, const void *b, size_t count)
{
	return sodium_memcmp(a, b, count) != 0;
}

int
hash_running_new(struct hash_running **out, struct fault *fault)
{
	struct hash_running *hash = calloc(1, sizeof(*hash));

	if (hash == NULL)
		return fault_memory(fault);
	hash->sha256 = EVP_MD_CTX_new();
	hash->fast = XXH3_createState();
	if (hash->sha256 == NULL || hash->fast == NULL || sha256_md() == NULL) {
		hash_running_free(&hash);
		return crypto_fault(fault);
	}
	*out = hash;
	return 0;
}

void
hash_running_free(struct hash_running **hash)
{
	if (*hash == NULL)
		return;
	EVP_MD_CTX_free((*hash)->sha256);
	(void)XXH3_freeState((*hash)->fast);
	free(*hash);
	*hash = NULL;
}

int
hash_running_begin(struct hash_running *hash, struct fault *fault)
{
	(void)XXH3_64bits_reset(hash->fast);
	if (EVP_DigestInit_ex2(hash->sha256, sha256_md(), NULL) != 1)
		return crypto_fault(fault);
	return 0;
}

int
hash_running_add(struct hash_running *hash, struct bytes piece, struct fault *fault)
{
	(void)XXH3_64bits_update(hash->fast, piece.at, piece.left);
	if (EVP_DigestUpdate(hash->sha256, piece.at, piece.left) != 1)
		return crypto_fault(fault);
	return 0;
}

int
hash_running_end(struct hash_running *hash, uint8_t sha256[HASH_SHA256_BYTES], uint64_t *fast,
		 struct fault *fault)
{
	*fast = XXH3_64bits_digest(hash->fast);
	if (EVP_DigestFinal_ex(hash->sha256, sha256, NULL) != 1)
		return crypto_fault(fault);
	return 0;
}
