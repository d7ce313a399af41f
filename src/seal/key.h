/*
 * key.h - the public half of a key: what a receiver checks a signature with
 *
 * Two kinds, because these are what verdicts meet in the field: Ed25519 (RFC 8032, pure) and
 * ECDSA over NIST P-256 with SHA-256 and a DER signature, which is what cosign draws by default.
 */
#ifndef SEAL_KEY_H
#define SEAL_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

enum key_type {
	KEY_ED25519,
	KEY_ECDSA_P256,
};

#define KEY_RAW_BYTES           32 /* an Ed25519 public key */
#define KEY_SPKI_BYTES_MAX      128
#define KEY_SIGNATURE_BYTES_MAX 80 /* Ed25519: 64; ECDSA P-256 in DER: at most 72 */
#define KEY_FILE_BYTES_MAX      ((size_t)16 * 1024)
#define KEY_ID_TEXT             65

/* Plain memory, may be copied. */
struct key_public {
	enum key_type type;
	uint8_t spki[KEY_SPKI_BYTES_MAX]; /* SubjectPublicKeyInfo, DER */
	size_t spki_bytes;
};

/* "Ed25519", "ECDSA P-256". */
const char *key_type_name(enum key_type type);

/* The content of a key file: PEM "PUBLIC KEY".  FAULT_USAGE for another kind of key, for a private
 * one (that does not belong with a receiver) and for anything else. */
int key_public_parse(struct key_public *out, struct bytes content, struct fault *fault);

void key_public_from_ed25519(struct key_public *out, const uint8_t raw[KEY_RAW_BYTES]);

/* X9.62 point 04 || x || y.  FAULT_FORMAT when it is not on the curve. */
int key_public_from_p256(struct key_public *out, struct bytes point, struct fault *fault);

/* PEM, ending in a newline, appended to `to`. */
int key_public_format(const struct key_public *key, struct buf *to);

/* SHA-256 of the SubjectPublicKeyInfo in hex: the name of a key in an envelope. */
int key_public_id(const struct key_public *key, char out[KEY_ID_TEXT], struct fault *fault);

/* 0: `signature` over `message` is by this key. FAULT_TAMPER: it is not. */
int key_public_verify(const struct key_public *key, struct bytes message, struct bytes signature,
		      struct fault *fault);

#endif
