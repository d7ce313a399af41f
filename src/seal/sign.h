/*
 * sign.h - something that signs: a key file, a key in hardware, a command of the user
 *
 * A private key lives in memory that is locked and wiped where we hold it ourselves, and leaves
 * this folder only as signatures.  Nothing here runs in the jail.
 */
#ifndef SEAL_SIGN_H
#define SEAL_SIGN_H

#include <stdbool.h>

#include "seal/key.h"

#define SIGN_MASTER_BYTES 32
/* Fits a pipe's buffer and any real verdict ten times. */
#define SIGN_MESSAGE_BYTES_MAX ((size_t)1 << 20)

struct signer;
void signer_close(struct signer **signer);

/* A key file: PEM "PRIVATE KEY" (PKCS#8) or "EC PRIVATE KEY", not encrypted. */
int signer_from_pem(struct signer **out, struct bytes content, struct fault *fault);

/* 32 bytes of the state folder (keys/NAME, STOPWATER_KEY).  The Ed25519 seed is the keyed BLAKE2b
 * of a fixed text under them, so that the same bytes may also key hashes. */
int signer_from_master(struct signer **out, const uint8_t master[SIGN_MASTER_BYTES],
		       struct fault *fault);

/* A PKCS#11 key by its URI (RFC 7512): "pkcs11:token=T;object=NAME?module-path=FILE".  Without
 * module-path (absolute) p11-kit's proxy finds the module.  The PIN is pin-value, the first line
 * of the file pin-source, else `pin` (NULL: none). */
int signer_from_pkcs11(struct signer **out, const char *uri, const char *pin, struct fault *fault);

/* A command: words split at spaces, found in PATH, no shell.  It gets the message on its standard
 * input and answers with the signature in base64 on its standard output.  `key` is what its
 * signatures are checked with before they are believed; NULL: nobody checks, and the signature
 * names no key. */
int signer_from_command(struct signer **out, const char *command, const struct key_public *key,
			struct fault *fault);

/* The public half; false when it is not known (a command without one). */
bool signer_public(const struct signer *signer, struct key_public *out);

/* Sign `message`; what comes out was checked with the public half where that is known. */
int signer_sign(struct signer *signer, struct bytes message,
		uint8_t signature[KEY_SIGNATURE_BYTES_MAX], size_t *signature_bytes,
		struct fault *fault);

#endif
