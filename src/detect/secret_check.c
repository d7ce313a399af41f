/*
 * secret_check.c - the table of offline checks
 */
#include "detect/secret_check.h"

#include "base/own.h"
#include "detect/secret_value.h"

const char *
secret_state_name(enum secret_state state)
{
	static const char *const names[] = {"unknown", "live-looking", "expired", "malformed",
					    "example"};

	return (unsigned)state < ARRAY_LEN(names) ? names[state] : "unknown";
}

enum secret_state
secret_check_shape(struct bytes secret)
{
	struct secret_value v;

	if (secret_says_example(secret))
		return SECRET_STATE_EXAMPLE;
	secret_value_look(secret, &v);
	return secret_value_is_noise(&v) || v.uuid ? SECRET_STATE_LIVE : SECRET_STATE_UNKNOWN;
}

static enum secret_state
check_shape(const struct secret_check_input *in)
{
	return secret_check_shape(in->secret);
}

secret_check_fn *
secret_check_find(const char *name)
{
	static const struct {
		const char *name;
		secret_check_fn *check;
	} table[] = {
	    {"aws-key-id", secret_check_aws_key},
	    {"azure-sas", secret_check_azure_sas},
	    {"base58check", secret_check_base58},
	    {"basic-auth", secret_check_basic},
	    {"bech32", secret_check_bech32},
	    /* The list of words would have to be carried along. */
	    {"bip39", check_shape},
	    {"crc32-base62", secret_check_crc32_base62},
	    {"crc32-hex", secret_check_crc32_hex},
	    {"discord", secret_check_discord},
	    {"docker-auth", secret_check_basic},
	    {"google", secret_check_google},
	    {"iban", secret_check_iban},
	    {"jwt", secret_check_jwt},
	    {"luhn", secret_check_luhn},
	    {"nkey", secret_check_base32_crc16},
	    {"pem", secret_check_pem},
	    {"pem-key", secret_check_pem},
	    {"slack", secret_check_slack},
	    {"stellar", secret_check_base32_crc16},
	    {"stripe", secret_check_stripe},
	    {"telegram", secret_check_telegram},
	    {"url-password", secret_check_url},
	    {"uuid", check_shape},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].check;
	return NULL;
}
