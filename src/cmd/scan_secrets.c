/*
 * scan_secrets.c - what finds secrets, from the state folder
 *
 * Knows: where the key of secret ids is kept.  Does not know: how secrets are found.
 */
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/protect_secrets.h"
#include "cmd/scan.h"
#include "rules/rules.h"

#define RULES_FILE_BYTES_MAX ((size_t)1024 * 1024)
#define PATH_BYTES_MAX       ((size_t)4096)

/* Without a state folder ids must still be the same on every run: then they are keyed with this, and
 * who has a report can try a dictionary on the ids of weak secrets (docs/detectors/secret.md). */
static const char domain_key[32] = "stopwater: id of a secret";

static void
tell(void *to, const char *text)
{
	const struct cmd_call *call = to;

	if (!call->common->quiet)
		(void)fprintf(stderr, "stopwater: %s\n", text);
}

/* The rules of --rules, or those that are built in.  A compiled matcher is kept in the state folder. */
static int
take_rules(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	   const struct rule_set **out, struct fault *fault)
{
	const struct rules_notes notes = {tell, (void *)(uintptr_t)call};
	AUTO(buf_free)
	struct buf text = BUF_INIT(RULES_FILE_BYTES_MAX), cache = BUF_INIT(PATH_BYTES_MAX);
	int r = 0;

	if (options->rules != NULL) {
		r = file_read_all(options->rules, &text, fault);
		if (r < 0) { /* what was asked for is not there: nothing is scanned */
			(void)fault_wrap(fault, r, "--rules");
			fault->code = FAULT_USAGE;
			return FAULT_USAGE;
		}
		r = rules_load(&scan->rules, buf_bytes(&text), options->rules, &notes, fault);
		*out = scan->rules;
		return r;
	}
	if (scan->home != NULL && (home_make_folder(scan->home, "cache", NULL) < 0 ||
				   home_join(scan->home, &cache, "cache") < 0))
		buf_reset(&cache);
	*out = rules_builtin(cache.used > 0 ? buf_text(&cache) : NULL, fault);
	return *out == NULL ? fault->code : 0;
}

int
scan_secrets(struct scan *scan, const struct cmd_call *call, const struct scan_options *options,
	     struct fault *fault)
{
	struct secrets_known *known = NULL;
	struct secret_options secret = {.now = scan->now, .show = options->show_secrets};
	AUTO(home_key_wipe)
	struct home_key key = {0};
	int r = HOME_ABSENT;

	memcpy(secret.id_key, domain_key, sizeof(secret.id_key));
	if (scan->home != NULL)
		r = home_key_load(scan->home, "secret-ids", false, &key, fault);
	if (r < 0)
		return r;
	if (r == 0)
		memcpy(secret.id_key, key.secret.byte, sizeof(secret.id_key));
	if (r == 0)
		r = protect_secrets_load(&known, scan->home, secret.id_key, fault);
	if (r < 0)
		return r;
	secret.known = known;
	r = take_rules(scan, call, options, &secret.rules, fault);
	if (r == 0)
		r = secret_scanner_new(&scan->secrets, &secret, fault);
	if (r < 0)
		secrets_known_free(&known);
	explicit_bzero(secret.id_key, sizeof(secret.id_key));
	return r;
}
