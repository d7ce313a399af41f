/*
 * secret_check.h - what can be known of a secret without asking anybody
 *
 * Checksums, structures, dates, published examples.  Nothing here opens anything; the same bytes and
 * the same `now` give the same answer everywhere.  Names are those of `check` in rules/ (README of
 * rules: docs/format-rules.md); every name that a built-in rule uses is here (tests/unit/
 * test_secret_check.c).
 */
#ifndef DETECT_SECRET_CHECK_H
#define DETECT_SECRET_CHECK_H

#include "base/bytes.h"

enum secret_state {
	SECRET_STATE_UNKNOWN, /* nothing about it can be checked */
	SECRET_STATE_LIVE,    /* structure and checksum are right, or it is shaped and random */
	SECRET_STATE_EXPIRED,
	SECRET_STATE_MALFORMED, /* its checksum or structure is wrong */
	SECRET_STATE_EXAMPLE,   /* published by its provider, or says of itself that it is one */
};

/* "live-looking", ... as in CONTRACT A2. */
const char *secret_state_name(enum secret_state state);

struct secret_check_input {
	struct bytes secret;
	struct bytes around; /* the match that holds it, or the secret again */
	int64_t now;         /* seconds since 1970 */
};

typedef enum secret_state secret_check_fn(const struct secret_check_input *in);

/* NULL: no check has this name. */
secret_check_fn *secret_check_find(const char *name);

/* Of a secret for which there is no check. */
enum secret_state secret_check_shape(struct bytes secret);

/* secret_check_sums.c */
secret_check_fn secret_check_crc32_base62, secret_check_crc32_hex, secret_check_luhn,
    secret_check_iban, secret_check_base58, secret_check_bech32, secret_check_base32_crc16;
/* secret_check_key.c */
secret_check_fn secret_check_pem;
/* secret_check_token.c */
secret_check_fn secret_check_jwt, secret_check_aws_key, secret_check_azure_sas,
    secret_check_discord, secret_check_basic, secret_check_url, secret_check_telegram,
    secret_check_slack, secret_check_stripe, secret_check_google;

#endif
