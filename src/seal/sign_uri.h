/*
 * sign_uri.h - the address of a key on a token (RFC 7512); nobody outside seal includes it
 */
#ifndef SEAL_SIGN_URI_H
#define SEAL_SIGN_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

#define URI_TEXT_MAX 256

struct pkcs11_uri {
	char token[URI_TEXT_MAX]; /* label; "": any */
	char serial[URI_TEXT_MAX];
	char object[URI_TEXT_MAX]; /* CKA_LABEL; "": any */
	uint8_t id[URI_TEXT_MAX];  /* CKA_ID */
	size_t id_bytes;           /* 0: any */
	bool has_slot;
	uint64_t slot;
	char module_path[URI_TEXT_MAX]; /* "": p11-kit's proxy */
	char pin_value[URI_TEXT_MAX];
	char pin_source[URI_TEXT_MAX]; /* a path; "file:" in front was taken off */
};

/* FAULT_USAGE for what is no such address, names an unknown attribute, or names no key. */
int pkcs11_uri_parse(struct pkcs11_uri *out, const char *uri, struct fault *fault);

#endif
