/*
 * secret_known.h - secrets that their owner told us, kept so that the file of them opens nothing
 *
 *	secrets_known_new(&known, key, fault);			an empty set
 *	secrets_known_add(known, "stripe-live", secret, fault);
 *	secrets_known_format(known, &file, fault);		what is kept in the state folder
 *	...
 *	secrets_known_parse(&known, file, key, fault);		for a scan
 *
 * Of each secret the file holds a keyed hash (BLAKE2b, 16 bytes), its length, and of the longest row of
 * letters and digits in it (its core) the place, the length and a keyed hash of 8 bytes.  A scan hashes
 * every row of letters and digits of a length that a core has, and where one is known compares all of
 * the secret.  So a secret is found whatever stands around it, in any file, without a pattern; not
 * inside a longer row of letters and digits, nor written in another way than base64 or hexadecimal.
 * Without the key (secret-ids in the state folder) nobody can try guesses on the file.
 * A set is immutable while it is scanned with; any number of threads may.
 * Bytes of the file: docs/format-secrets.md.
 */
#ifndef DETECT_SECRET_KNOWN_H
#define DETECT_SECRET_KNOWN_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

#define SECRETS_KNOWN_MAX       100000
#define SECRETS_KNOWN_BYTES_MAX ((size_t)1000)
/* Letters and digits in a row; fewer stand in every text. */
#define SECRETS_KNOWN_CORE_MIN 6

struct secrets_known;

int secrets_known_new(struct secrets_known **out, const uint8_t key[32], struct fault *fault);
void secrets_known_free(struct secrets_known **known);

#define SECRETS_KNOWN_SAME   1 /* it was there already */
#define SECRETS_KNOWN_ABSENT 1

/* `name` as text_is_name().  FAULT_USAGE: too short, too long, no core. */
int secrets_known_add(struct secrets_known *known, const char *name, struct bytes secret,
		      struct fault *fault);
/* Every secret of that name. */
int secrets_known_remove(struct secrets_known *known, const char *name);

/* FAULT_FORMAT with the line; FAULT_TAMPER when it was made with another key. */
int secrets_known_parse(struct secrets_known **out, struct bytes file, const uint8_t key[32],
			struct fault *fault);
int secrets_known_format(const struct secrets_known *known, struct buf *to, struct fault *fault);

size_t secrets_known_count(const struct secrets_known *known);
const char *secrets_known_name(const struct secrets_known *known, size_t index);

struct secrets_known_hit {
	size_t at, length;
	uint32_t index;
};

/* Every known secret whose core begins in [from, to) of `in`.  A non-zero answer of the callback ends
 * the scan, which returns it. */
typedef int secrets_known_fn(void *to, const struct secrets_known_hit *hit);
int secrets_known_scan(const struct secrets_known *known, struct bytes in, size_t from, size_t to,
		       secrets_known_fn *hit, void *context);

#endif
