/*
 * secret_rule.h - what is said about the candidates that no provider's rule found
 */
#ifndef DETECT_SECRET_RULE_H
#define DETECT_SECRET_RULE_H

#include <stdint.h>

struct secret_rule {
	const char *id, *title, *why, *fix;
};

/* `rule` is an enum secret_generic_rule. */
void secret_rule_generic(uint32_t rule, struct secret_rule *out);

/* Of what its owner told us. */
void secret_rule_known(struct secret_rule *out);

#endif
