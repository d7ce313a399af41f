/*
 * scan_secrets.c - what finds secrets, from the state folder
 *
 * Knows: where the key of secret ids is kept.  Does not know: how secrets are found.
 */
#include <string.h>

#include "cmd/protect_secrets.h"
#include "cmd/scan.h"
#include "rules/rules.h"

/* Without a state folder ids must still be the same on every run: then they are keyed with this, and
 * who has a report can try a dictionary on the ids of weak secrets (docs/detectors/secret.md). */
static const char domain_key[32] = "stopwater: id of a secret";

int
scan_secrets(struct secret_scanner **out, const struct home *home, int64_t now, bool show,
	     struct fault *fault)
{
	struct secrets_known *known = NULL;
	struct secret_options options = {.now = now, .show = show};
	AUTO(home_key_wipe)
	struct home_key key = {0};
	int r = HOME_ABSENT;

	memcpy(options.id_key, domain_key, sizeof(options.id_key));
	if (home != NULL)
		r = home_key_load(home, "secret-ids", false, &key, fault);
	if (r < 0)
		return r;
	if (r == 0)
		memcpy(options.id_key, key.secret.byte, sizeof(options.id_key));
	if (r == 0)
		r = protect_secrets_load(&known, home, options.id_key, fault);
	if (r < 0)
		return r;
	options.known = known;
	options.rules = rules_builtin(NULL, fault);
	r = options.rules == NULL ? fault->code : secret_scanner_new(out, &options, fault);

	if (r < 0)
		secrets_known_free(&known);
	explicit_bzero(options.id_key, sizeof(options.id_key));
	return r;
}
