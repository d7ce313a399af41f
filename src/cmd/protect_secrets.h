/*
 * protect_secrets.h - the secrets that their owner told us, in the state folder
 */
#ifndef CMD_PROTECT_SECRETS_H
#define CMD_PROTECT_SECRETS_H

#include "cmd/opts.h"
#include "config/home.h"
#include "detect/secret_known.h"

extern const struct cmd protect_secrets;

/* For a scan: *out stays NULL where there are none. */
int protect_secrets_load(struct secrets_known **out, const struct home *home, const uint8_t key[32],
			 struct fault *fault);

#endif
