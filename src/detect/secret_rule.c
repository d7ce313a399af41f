/*
 * secret_rule.c - what is said about the candidates that no provider's rule found
 */
#include "detect/secret_rule.h"

#include "base/own.h"
#include "detect/secret_generic.h"

#define WHY_READ "whoever reads it can use it as its owner does, until it is changed"
#define FIX_MOVE                                                                                   \
	"change it where it is used, keep the new one outside (a variable, a vault), then take "   \
	"this one out"

void
secret_rule_generic(uint32_t rule, struct secret_rule *out)
{
	static const struct secret_rule rules[SECRET_GENERIC_RULES] = {
	    [SECRET_GENERIC_NOISE] = {"generic-secret", "a key or token without a known format",
				      WHY_READ, FIX_MOVE},
	    [SECRET_GENERIC_UUID] = {"generic-uuid", "a UUID used as a key or token", WHY_READ,
				     FIX_MOVE},
	    [SECRET_GENERIC_PASSWORD] = {"generic-password", "a password", WHY_READ, FIX_MOVE},
	    [SECRET_GENERIC_BASIC] = {"basic-auth", "a user's password as a client sends it",
				      WHY_READ, FIX_MOVE},
	    [SECRET_GENERIC_BEARER] = {"bearer-token", "a token as a client sends it", WHY_READ,
				       FIX_MOVE},
	    [SECRET_GENERIC_HASH] =
		{"password-hash", "a hashed password",
		 "guessing passwords until one fits needs nobody's leave",
		 "change the password, keep hashes where only the server reads"},
	    [SECRET_GENERIC_URL] = {"url-password", "a password in a URL", WHY_READ, FIX_MOVE},
	};

	*out = rules[rule < SECRET_GENERIC_RULES ? rule : SECRET_GENERIC_NOISE];
}

void
secret_rule_known(struct secret_rule *out)
{
	*out =
	    (struct secret_rule){"known-secret", "a secret of ours",
				 "it is in use: its owner named it ('stopwater protect secrets')",
				 "revoke it now, then take it out of what leaves"};
}
