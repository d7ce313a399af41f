/*
 * seal.h - keys as people name them, for the verbs that sign and check: key, verify, scan --seal
 *
 * A name means keys/NAME in the state folder where there is one, so that no file of that name in
 * the current folder can slip in; anything else is a path.
 */
#ifndef CMD_SEAL_H
#define CMD_SEAL_H

#include "base/json_write.h"
#include "cmd/opts.h"
#include "config/home.h"
#include "seal/dsse.h"
#include "seal/statement.h"

#define SEAL_KEY_NAME     "seal"          /* signs where no --key is given */
#define SEAL_PIN_VARIABLE "STOPWATER_PIN" /* of a PKCS#11 token */

/* The state folder; *out stays NULL where there is none and `make` is not set. */
int seal_home(struct home **out, bool make, struct fault *fault);

/* What signs.  `key`: a name, a key file (PEM, or 64 hex digits), a pkcs11: address; NULL:
 * STOPWATER_KEY, else keys/seal.  `sign_with`: a command, and then `key` (may be NULL) is the
 * public key that its signatures are checked with. */
int seal_signer(struct signer **out, const char *key, const char *sign_with, struct fault *fault);

/* What checks: a file with a public key in PEM, or a name in the state folder. */
int seal_public(struct key_public *out, const char *key, struct fault *fault);

/* Sign `statement` and write the envelope to `path` ("-": `to`): whole, or not at all. */
int seal_write(const char *path, FILE *to, struct signer *signer, const struct statement *statement,
	       struct fault *fault);

/* The three members that every JSON answer begins with (CONTRACT A1). */
void seal_json_begin(struct json_write *w, const char *verb, int exit);
/* Close the object and print it. */
int seal_json_end(struct json_write *w, const struct buf *text, FILE *to, struct fault *fault);

/* Is --format json?  FAULT_USAGE for a format that this verb does not speak. */
int seal_format(const struct cmd_call *call, bool *json, struct fault *fault);

#endif
