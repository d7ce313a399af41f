/*
 * sign.c - signing with keys that we hold, and the one door to those that others hold
 *
 * Knows: private keys in memory.  Does not know: where key files lie, what is signed.
 */
#include "seal/sign.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>

#include "seal/hash.h"
#include "seal/pkey.h"
#include "seal/sign_inside.h"

void
signer_close(struct signer **signer)
{
	if (*signer == NULL)
		return;
	sodium_free((*signer)->secret);
	EVP_PKEY_free((*signer)->pkey);
	pkcs11_close(&(*signer)->token);
	free((*signer)->command);
	own_free(signer);
}

/* Takes the seed's bytes, which the caller wipes. */
static int
ed25519_from_seed(struct signer *signer, const uint8_t seed[crypto_sign_SEEDBYTES],
		  struct fault *fault)
{
	uint8_t raw[KEY_RAW_BYTES];

	if (sodium_init() < 0)
		return fault_set(fault, FAULT_IO, "libsodium does not start");
	signer->type = SIGNER_ED25519;
	signer->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (signer->secret == NULL)
		return fault_memory(fault);
	(void)crypto_sign_seed_keypair(raw, signer->secret, seed);
	key_public_from_ed25519(&signer->key, raw);
	signer->has_key = true;
	return 0;
}

int
signer_from_master(struct signer **out, const uint8_t master[SIGN_MASTER_BYTES],
		   struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = calloc(1, sizeof(*signer));
	uint8_t seed[HASH_KEYED_BYTES];
	int r;

	if (signer == NULL)
		return fault_memory(fault);
	hash_keyed(master, BYTES_OF("stopwater ed25519 v1"), seed);
	r = ed25519_from_seed(signer, seed, fault);
	sodium_memzero(seed, sizeof(seed));
	if (r < 0)
		return r;
	*out = TAKE(signer);
	return 0;
}

/* Asked for the passphrase of an encrypted key: there is nobody to ask. */
static int
no_passphrase(char *to, int room, int writing, void *asked)
{
	(void)to, (void)room, (void)writing;
	*(bool *)asked = true;
	return -1;
}

static int
read_pem(EVP_PKEY **out, struct bytes content, struct fault *fault)
{
	bool asked = false;
	BIO *bio;

	if (content.left == 0 || content.left > KEY_FILE_BYTES_MAX)
		return fault_set(fault, FAULT_USAGE, "%s a key",
				 content.left == 0 ? "empty, not" : "too large for");
	if (bytes_find(content, BYTES_OF("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----")) >= 0 ||
	    bytes_find(content, BYTES_OF("-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----")) >= 0)
		return fault_set(fault, FAULT_USAGE,
				 "cosign keeps this key encrypted: let it sign, with --sign-with "
				 "\"cosign sign-blob --key FILE --tlog-upload=false -\"");
	bio = BIO_new_mem_buf(content.at, (int)content.left);
	if (bio == NULL)
		return fault_memory(fault);
	*out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
	(void)BIO_free(bio);
	ERR_clear_error();
	if (*out != NULL)
		return 0;
	return fault_set(fault, FAULT_USAGE,
			 asked ? "the key is encrypted; decrypt it, or sign with --sign-with"
			       : "no private key in PEM form");
}

int
signer_from_pem(struct signer **out, struct bytes content, struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = calloc(1, sizeof(*signer));
	uint8_t seed[crypto_sign_SEEDBYTES];
	size_t count = sizeof(seed);
	int r;

	if (signer == NULL)
		return fault_memory(fault);
	r = read_pem(&signer->pkey, content, fault);
	if (r == 0)
		r = pkey_public(signer->pkey, &signer->key, fault);
	if (r < 0)
		return r;
	signer->type = SIGNER_PKEY;
	signer->has_key = true;
	if (signer->key.type == KEY_ED25519) {
		if (EVP_PKEY_get_raw_private_key(signer->pkey, seed, &count) != 1)
			return fault_set(fault, FAULT_USAGE, "an Ed25519 key that is not whole");
		r = ed25519_from_seed(signer, seed, fault);
		sodium_memzero(seed, sizeof(seed));
		if (r < 0)
			return r;
	}
	*out = TAKE(signer);
	return 0;
}

int
signer_from_pkcs11(struct signer **out, const char *uri, const char *pin, struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = calloc(1, sizeof(*signer));
	int r;

	if (signer == NULL)
		return fault_memory(fault);
	signer->type = SIGNER_PKCS11;
	r = pkcs11_open(&signer->token, uri, pin, &signer->key, fault);
	if (r < 0)
		return r;
	signer->has_key = true;
	*out = TAKE(signer);
	return 0;
}

int
signer_from_command(struct signer **out, const char *command, const struct key_public *key,
		    struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = calloc(1, sizeof(*signer));

	if (signer == NULL)
		return fault_memory(fault);
	signer->type = SIGNER_COMMAND;
	signer->command = strdup(command);
	if (signer->command == NULL)
		return fault_memory(fault);
	if (key != NULL) {
		signer->key = *key;
		signer->has_key = true;
	}
	*out = TAKE(signer);
	return 0;
}

bool
signer_public(const struct signer *signer, struct key_public *out)
{
	if (signer->has_key)
		*out = signer->key;
	return signer->has_key;
}

int
sign_p256_der(const uint8_t raw[64], uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
	      size_t *signature_bytes, struct fault *fault)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
	unsigned char *at = signature;
	int count;

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return fault_memory(fault);
	}
	count = i2d_ECDSA_SIG(sig, NULL);
	if (count > 0 && count <= KEY_SIGNATURE_BYTES_MAX)
		count = i2d_ECDSA_SIG(sig, &at);
	ECDSA_SIG_free(sig);
	if (count <= 0 || count > KEY_SIGNATURE_BYTES_MAX)
		return fault_set(fault, FAULT_FORMAT, "a signature of no known shape");
	*signature_bytes = (size_t)count;
	return 0;
}

static int
pkey_sign(EVP_PKEY *pkey, struct bytes message, uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
	  size_t *signature_bytes, struct fault *fault)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t count = KEY_SIGNATURE_BYTES_MAX;
	bool good;

	good = ctx != NULL &&
	       EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL) == 1 &&
	       EVP_DigestSign(ctx, signature, &count, message.at, message.left) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!good)
		return fault_set(fault, FAULT_IO, "libcrypto refuses to sign with this key");
	*signature_bytes = count;
	return 0;
}

static int
sign(struct signer *signer, struct bytes message, uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
     size_t *signature_bytes, struct fault *fault)
{
	switch (signer->type) {
	case SIGNER_ED25519:
		(void)crypto_sign_detached(signature, NULL, message.at, message.left,
					   signer->secret);
		*signature_bytes = crypto_sign_BYTES;
		return 0;
	case SIGNER_PKEY:
		return pkey_sign(signer->pkey, message, signature, signature_bytes, fault);
	case SIGNER_PKCS11:
		return pkcs11_sign(signer->token, message, signature, signature_bytes, fault);
	default:
		return command_sign(signer->command, message, signature, signature_bytes, fault);
	}
}

int
signer_sign(struct signer *signer, struct bytes message, uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
	    size_t *signature_bytes, struct fault *fault)
{
	int r;

	if (message.left > SIGN_MESSAGE_BYTES_MAX)
		return fault_set(fault, FAULT_LIMIT, "too much to sign at once");
	r = sign(signer, message, signature, signature_bytes, fault);
	/* A signature that nobody can check, by a broken token or the wrong key, must not leave. */
	if (r == 0 && signer->has_key)
		r = key_public_verify(&signer->key, message,
				      bytes_make(signature, *signature_bytes), fault);
	return r;
}
