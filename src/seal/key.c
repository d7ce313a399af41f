/*
 * key.c - public keys: read, write, name, check signatures
 *
 * Knows: SubjectPublicKeyInfo of the two kinds.  Does not know: private keys (sign.c), envelopes.
 */
#include "seal/key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "seal/hash.h"
#include "seal/pkey.h"

/* RFC 8410 and RFC 5480: what stands before the key itself never varies. */
static const uint8_t spki_ed25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const uint8_t spki_p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
#define P256_POINT_BYTES 65

const char *
key_type_name(enum key_type type)
{
	return type == KEY_ED25519 ? "Ed25519" : "ECDSA P-256";
}

void
pkey_free(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
	*pkey = NULL;
}

static void
bio_free(BIO **bio)
{
	(void)BIO_free(*bio);
	*bio = NULL;
}

static void
key_of(struct key_public *out, enum key_type type, struct bytes prefix, struct bytes rest)
{
	memset(out, 0, sizeof(*out));
	out->type = type;
	memcpy(out->spki, prefix.at, prefix.left);
	memcpy(out->spki + prefix.left, rest.at, rest.left);
	out->spki_bytes = prefix.left + rest.left;
}

void
key_public_from_ed25519(struct key_public *out, const uint8_t raw[KEY_RAW_BYTES])
{
	key_of(out, KEY_ED25519, bytes_make(spki_ed25519, sizeof(spki_ed25519)),
	       bytes_make(raw, KEY_RAW_BYTES));
}

/* libcrypto's own form of the key, which also proves that a point is on its curve. */
static EVP_PKEY *
to_pkey(const struct key_public *key)
{
	const unsigned char *at = key->spki;

	return d2i_PUBKEY(NULL, &at, (long)key->spki_bytes);
}

int
key_public_from_p256(struct key_public *out, struct bytes point, struct fault *fault)
{
	AUTO(pkey_free)
	EVP_PKEY *pkey = NULL;
	struct key_public key;

	if (point.left != P256_POINT_BYTES || point.at[0] != 4)
		return fault_set(fault, FAULT_FORMAT, "no uncompressed point of P-256");
	key_of(&key, KEY_ECDSA_P256, bytes_make(spki_p256, sizeof(spki_p256)), point);
	pkey = to_pkey(&key);
	if (pkey == NULL) {
		ERR_clear_error();
		return fault_set(fault, FAULT_FORMAT, "the point is not on P-256");
	}
	*out = key;
	return 0;
}

int
pkey_public(EVP_PKEY *pkey, struct key_public *out, struct fault *fault)
{
	uint8_t raw[P256_POINT_BYTES];
	size_t count = sizeof(raw);
	char group[32] = "";

	if (EVP_PKEY_is_a(pkey, "ED25519")) {
		if (EVP_PKEY_get_raw_public_key(pkey, raw, &count) != 1 || count != KEY_RAW_BYTES)
			return fault_set(fault, FAULT_FORMAT, "an Ed25519 key that is not whole");
		key_public_from_ed25519(out, raw);
		return 0;
	}
	if (!EVP_PKEY_is_a(pkey, "EC") ||
	    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return fault_set(fault, FAULT_USAGE,
				 "a kind of key that is not spoken here: Ed25519 and ECDSA P-256 "
				 "are");
	/* A key read in compressed form would be written that way; ours are always uncompressed. */
	if (EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					   "uncompressed") != 1 ||
	    EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, raw,
					    sizeof(raw), &count) != 1)
		return fault_set(fault, FAULT_FORMAT, "an ECDSA key that is not whole");
	return key_public_from_p256(out, bytes_make(raw, count), fault);
}

int
key_public_parse(struct key_public *out, struct bytes content, struct fault *fault)
{
	AUTO(bio_free)
	BIO *bio = NULL;
	AUTO(pkey_free)
	EVP_PKEY *pkey = NULL;

	if (bytes_find(content, BYTES_OF("PRIVATE KEY-----")) >= 0)
		return fault_set(fault, FAULT_USAGE,
				 "this is a private key; a signature is checked with the public "
				 "half of it");
	if (content.left == 0 || content.left > KEY_FILE_BYTES_MAX)
		return fault_set(fault, FAULT_USAGE, "%s a key",
				 content.left == 0 ? "empty, not" : "too large for");
	bio = BIO_new_mem_buf(content.at, (int)content.left);
	if (bio == NULL)
		return fault_memory(fault);
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	ERR_clear_error();
	if (pkey == NULL)
		return fault_set(fault, FAULT_USAGE, "no public key in PEM form");
	return pkey_public(pkey, out, fault);
}

int
key_public_format(const struct key_public *key, struct buf *to)
{
	char text[sodium_base64_ENCODED_LEN(KEY_SPKI_BYTES_MAX, sodium_base64_VARIANT_ORIGINAL)];
	size_t left, line;

	(void)sodium_bin2base64(text, sizeof(text), key->spki, key->spki_bytes,
				sodium_base64_VARIANT_ORIGINAL);
	(void)buf_append_text(to, "-----BEGIN PUBLIC KEY-----\n");
	left = strlen(text);
	for (const char *at = text; left > 0; at += line, left -= line) {
		line = left < 64 ? left : 64;
		(void)buf_append(to, at, line);
		(void)buf_append_text(to, "\n");
	}
	(void)buf_append_text(to, "-----END PUBLIC KEY-----\n");
	return to->failed;
}

int
key_public_id(const struct key_public *key, char out[KEY_ID_TEXT], struct fault *fault)
{
	uint8_t digest[HASH_SHA256_BYTES];
	int r = hash_sha256(bytes_make(key->spki, key->spki_bytes), digest, fault);

	if (r == 0)
		(void)text_hex(digest, sizeof(digest), out);
	return r;
}

static bool
verify_p256(const struct key_public *key, struct bytes message, struct bytes signature)
{
	AUTO(pkey_free)
	EVP_PKEY *pkey = to_pkey(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = pkey != NULL && ctx != NULL &&
	       EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL) == 1 &&
	       EVP_DigestVerify(ctx, signature.at, signature.left, message.at, message.left) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

int
key_public_verify(const struct key_public *key, struct bytes message, struct bytes signature,
		  struct fault *fault)
{
	bool good;

	if (key->type == KEY_ED25519)
		good = signature.left == crypto_sign_BYTES && sodium_init() >= 0 &&
		       crypto_sign_verify_detached(signature.at, message.at, message.left,
						   key->spki + sizeof(spki_ed25519)) == 0;
	else
		good = verify_p256(key, message, signature);
	return good ? 0 : fault_set(fault, FAULT_TAMPER, "the signature is not by this key");
}
