/*
 * secret_generic.h - a value that is assigned to something called a secret
 *
 * No provider, no format: a name that promises a secret (secret_name.h), something that assigns, a
 * value that keeps the promise (secret_value.h).  Reads the ways in which programs, settings,
 * shells, markup and URLs write that: quoted or to the end of the line, `=`, `:`, `=>`, `:=`, `,`,
 * `(`, elements and attributes, `--name value`, `|| "default"`, scheme://user:password@host.
 *
 * Local: what stands at a place depends on the SECRET_GENERIC_REACH bytes around it and on nothing
 * else, so any part of a text can be looked at alone.  Linear: each place costs at most a constant.
 */
#ifndef DETECT_SECRET_GENERIC_H
#define DETECT_SECRET_GENERIC_H

#include "base/bytes.h"

#define SECRET_GENERIC_REACH     ((size_t)512)
#define SECRET_GENERIC_VALUE_MAX ((size_t)256)

enum secret_generic_rule {
	SECRET_GENERIC_NOISE,    /* a random value under a name that promises one */
	SECRET_GENERIC_UUID,     /* a UUID under such a name: some providers' keys are */
	SECRET_GENERIC_PASSWORD, /* a value as people make them up under the name of a password */
	SECRET_GENERIC_URL,      /* scheme://user:password@host */
	SECRET_GENERIC_BASIC,    /* Basic base64(user:password) */
	SECRET_GENERIC_BEARER,   /* Bearer TOKEN */
	SECRET_GENERIC_HASH,     /* a hashed password */
	SECRET_GENERIC_RULES,
};

/* How sure: of all that is weighed in the text around. */
enum secret_level { SECRET_WEAK = 1, SECRET_LIKELY, SECRET_SURE };

/* How it was written; paths decide what that is worth. */
#define SECRET_QUOTED   0x01u /* between quotes */
#define SECRET_LINE     0x02u /* NAME=VALUE and nothing else on the line, as settings are written */
#define SECRET_COMPARED 0x04u /* == or != */
#define SECRET_CALLED   0x08u /* an argument: set_password("...") */
#define SECRET_MARKUP   0x10u /* an element or an attribute */
#define SECRET_OPTION   0x20u /* --password VALUE */
#define SECRET_COMMENT  0x40u /* behind #, // or * */
#define SECRET_NAMED_DB 0x80u /* the name says what it opens */
#define SECRET_TIGHT    0x100u /* a:b, bare and without a blank: coordinates, not settings */

struct secret_generic_hit {
	size_t at, length; /* of the value */
	size_t lo, hi;     /* [lo, hi) is all that was looked at */
	enum secret_generic_rule rule;
	enum secret_level level;
	unsigned flags;
};

/* Every hit whose place stands in [from, to) of `in`.  A non-zero answer of the callback ends the
 * scan, which returns it.  A hit may be told twice where a name holds two words (then both are
 * equal). */
typedef int secret_generic_fn(void *to, const struct secret_generic_hit *hit);
int secret_generic_scan(struct bytes in, size_t from, size_t to, secret_generic_fn *hit,
			void *context);

/* Look at one place: in.at[at] begins a word of a name, or the "://" of a URL. */
bool secret_generic_at(struct bytes in, size_t at, struct secret_generic_hit *out);

#endif
