/*
 * secret_check_key.c - is what stands in the armour a private key?
 *
 * Knows: DER as far as PKCS#1, PKCS#8, SEC 1 and their encrypted forms need it, OpenSSH's own form.
 * Does not know: arithmetic; that a modulus is one is not asked.
 * Sources: RFC 7468, RFC 8017 A.1.2, RFC 5958, RFC 5915, PROTOCOL.key of OpenSSH.
 */
#include "detect/secret_check.h"

#include <stdlib.h>

#include "base/own.h"
#include "detect/decode.h"
#include "detect/secret_value.h"

#define KEY_BYTES_MAX ((size_t)64 * 1024)

#define DER_INTEGER  0x02
#define DER_OCTETS   0x04
#define DER_SEQUENCE 0x30

/* One element off the front. */
static bool
der_take(struct bytes *in, uint8_t *tag, struct bytes *content)
{
	uint8_t first;
	size_t length = 0;

	if (bytes_take_u8(in, tag) < 0 || bytes_take_u8(in, &first) < 0)
		return false;
	if (first < 0x80) {
		length = first;
	} else {
		unsigned count = first & 0x7fu;

		if (count == 0 || count > 3)
			return false;
		for (unsigned i = 0; i < count; i++) {
			uint8_t byte;

			if (bytes_take_u8(in, &byte) < 0)
				return false;
			length = length << 8 | byte;
		}
	}
	return bytes_take(in, length, content) == 0;
}

/* SEQUENCE { INTEGER 0 or 1, ... } or SEQUENCE { SEQUENCE, OCTET STRING }: a key, an encrypted one. */
static bool
is_der_key(struct bytes in)
{
	struct bytes body, part;
	uint8_t tag, next;

	if (!der_take(&in, &tag, &body) || tag != DER_SEQUENCE || in.left > 2)
		return false;
	if (!der_take(&body, &tag, &part) || !der_take(&body, &next, &part))
		return false;
	if (tag == DER_INTEGER)
		return next == DER_INTEGER || next == DER_OCTETS || next == DER_SEQUENCE;
	return tag == DER_SEQUENCE && next == DER_OCTETS;
}

/* A packet of OpenPGP: a secret key, or a secret subkey. */
static bool
is_pgp_key(struct bytes in)
{
	uint8_t tag = in.left > 0 ? in.at[0] : 0;

	return (tag & 0xc0) == 0xc0 ? (tag & 0x3f) == 5 : (tag & 0xbc) == 0x94;
}

/* Between the armour lines, behind header lines. */
static struct bytes
armoured(struct bytes in, bool *encrypted)
{
	ptrdiff_t begin = bytes_find(in, BYTES_OF("-----BEGIN ")), at;
	struct bytes rest;

	*encrypted = false;
	if (begin < 0)
		return in;
	rest = bytes_slice(in, (size_t)begin + 11, in.left);
	at = bytes_find(rest, BYTES_OF("-----"));
	rest = bytes_slice(rest, at < 0 ? 0 : (size_t)at + 5, rest.left);
	at = bytes_find(rest, BYTES_OF("-----END"));
	rest = bytes_slice(rest, 0, at < 0 ? rest.left : (size_t)at);
	*encrypted = bytes_find(rest, BYTES_OF("ENCRYPTED")) >= 0;
	return rest;
}

enum secret_state
secret_check_pem(const struct secret_check_input *in)
{
	bool encrypted;
	struct bytes text = armoured(in->secret, &encrypted), body;
	enum secret_state state = SECRET_STATE_MALFORMED;
	uint8_t *bytes;
	size_t length;

	if (secret_says_example(bytes_slice(text, 0, 64)))
		return SECRET_STATE_EXAMPLE;
	/* Header lines ("Proc-Type: 4,ENCRYPTED"): what is encrypted has no structure to look at. */
	if (encrypted)
		return SECRET_STATE_LIVE;
	if (text.left > KEY_BYTES_MAX)
		return SECRET_STATE_UNKNOWN;
	bytes = malloc(text.left + 1);
	if (bytes == NULL)
		return SECRET_STATE_UNKNOWN;
	length = decode_base64(text, true, bytes, text.left);
	if (length != DECODE_NONE) {
		body = bytes_make(bytes, length);
		if (is_der_key(body) || is_pgp_key(body) ||
		    bytes_begins(body, BYTES_OF("openssh-key-v1")))
			state = SECRET_STATE_LIVE;
	} else if (bytes_find(text, BYTES_OF(":")) >= 0) {
		/* Armour headers of OpenPGP and of PuTTY. */
		state = SECRET_STATE_UNKNOWN;
	}
	explicit_bzero(bytes, text.left);
	free(bytes);
	return state;
}
