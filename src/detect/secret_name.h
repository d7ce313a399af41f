/*
 * secret_name.h - does this name promise a secret?
 *
 * A name is read as words ("dbPassword", "DB_PASSWORD", "db-password", "spring.db.password" are the
 * same two or three); the last one that carries meaning is what the thing is: a password_file is a
 * file, a token_type a type, a passwordForAdmin a password.
 */
#ifndef DETECT_SECRET_NAME_H
#define DETECT_SECRET_NAME_H

#include "base/bytes.h"

#define SECRET_NAME_MAX ((size_t)80)

enum secret_name_kind {
	SECRET_NAME_NONE,     /* something else */
	SECRET_NAME_WEAK,     /* key, auth, salt, session: many things are called so */
	SECRET_NAME_TOKEN,    /* token, secret, api_key, credentials: machines made it */
	SECRET_NAME_PASSWORD, /* password, passphrase, pwd: people made it */
};

struct secret_name {
	enum secret_name_kind kind;
	bool loose;    /* a word behind it that may change what it is: secret_key_base */
	bool verified; /* a word before it that says what it opens: aws, db, smtp, client */
};

void secret_name_look(struct bytes name, struct secret_name *out);

#endif
