/*
 * sign_inside.h - what the files of signing share; nobody outside seal includes it
 */
#ifndef SEAL_SIGN_INSIDE_H
#define SEAL_SIGN_INSIDE_H

#include "seal/sign.h"

struct pkcs11;
struct evp_pkey_st; /* libcrypto calls it EVP_PKEY */

enum signer_type {
	SIGNER_ED25519,
	SIGNER_PKEY,
	SIGNER_PKCS11,
	SIGNER_COMMAND,
};

struct signer {
	enum signer_type type;
	bool has_key;
	struct key_public key;
	uint8_t *secret;          /* ED25519: crypto_sign_SECRETKEYBYTES of sodium_malloc */
	struct evp_pkey_st *pkey; /* PKEY */
	struct pkcs11 *token;
	char *command;
};

/* sign_pkcs11.c */
int pkcs11_open(struct pkcs11 **out, const char *uri, const char *pin, struct key_public *key,
		struct fault *fault);
void pkcs11_close(struct pkcs11 **token);
int pkcs11_sign(struct pkcs11 *token, struct bytes message,
		uint8_t signature[KEY_SIGNATURE_BYTES_MAX], size_t *signature_bytes,
		struct fault *fault);

/* r || s of P-256 as the DER that everybody else speaks. */
int sign_p256_der(const uint8_t raw[64], uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
		  size_t *signature_bytes, struct fault *fault);

/* sign_command.c */
int command_sign(const char *command, struct bytes message,
		 uint8_t signature[KEY_SIGNATURE_BYTES_MAX], size_t *signature_bytes,
		 struct fault *fault);

#endif
