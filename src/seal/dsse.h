/*
 * dsse.h - the envelope around what is signed (DSSE v1, secure-systems-lab/dsse)
 *
 *	{"payload":BASE64,"payloadType":TYPE,"signatures":[{"keyid":ID,"sig":BASE64}]}
 *
 * What is signed is not the envelope but its pre-authentication encoding (PAE): type and payload
 * with their lengths, so that nothing in the JSON around them can change their meaning.
 */
#ifndef SEAL_DSSE_H
#define SEAL_DSSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "seal/sign.h"

#define DSSE_TYPE_IN_TOTO       "application/vnd.in-toto+json"
#define DSSE_ENVELOPE_BYTES_MAX ((size_t)1 << 20)
#define DSSE_SIGNATURES_MAX     16

struct dsse_signature {
	const char *keyid; /* "": none; a hint, nothing vouches for it */
	struct bytes sig;
};

/* Lives in the arena that dsse_parse() was given. */
struct dsse {
	const char *type;
	struct bytes payload;
	struct dsse_signature signatures[DSSE_SIGNATURES_MAX];
	size_t signatures_count;
};

/* "DSSEv1 LEN TYPE LEN PAYLOAD" appended to `to`. */
int dsse_pae(struct buf *to, const char *type, struct bytes payload);

/* Sign `payload` and append the envelope and a newline. */
int dsse_sign(struct buf *to, struct signer *signer, const char *type, struct bytes payload,
	      struct fault *fault);

/* Strict: one JSON object with these members and no others, base64 in its one proper form.
 * FAULT_FORMAT otherwise.  Cost: linear. */
int dsse_parse(struct dsse *out, struct bytes envelope, struct arena *arena, struct fault *fault);

/* 0: one of the signatures is by `key` over type and payload.  FAULT_TAMPER: none is. */
int dsse_verify(const struct dsse *envelope, const struct key_public *key, struct fault *fault);

#endif
