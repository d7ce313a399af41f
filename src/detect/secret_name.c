/*
 * secret_name.c - does this name promise a secret?
 *
 * Knows: words that secrets are called by, words that make something else of them.
 * Does not know: values.
 */
#include "detect/secret_name.h"

#include "base/own.h"
#include "base/text.h"

#define WORDS_MAX 12

struct words {
	struct bytes list[WORDS_MAX];
	size_t count;
};

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* Where the word that begins at `from` ends: "HTTPServer" is two, "key2" is key and 2. */
static size_t
word_end(struct bytes in, size_t from)
{
	size_t i = from + 1;
	bool number = in.at[from] >= '0' && in.at[from] <= '9';

	for (; i < in.left && text_is_alnum(in.at[i]); i++) {
		uint8_t c = in.at[i], before = in.at[i - 1];

		if ((c >= '0' && c <= '9') != number)
			return i;
		if (is_upper(c) && is_lower(before))
			return i;
		if (is_lower(c) && is_upper(before) && i - from > 1)
			return i - 1;
	}
	return i;
}

static void
split(struct bytes in, struct words *out)
{
	out->count = 0;
	for (size_t i = 0; i < in.left;) {
		size_t end;

		if (!text_is_alnum(in.at[i])) {
			i++;
			continue;
		}
		end = word_end(in, i);
		/* Of a long name its end says what it is. */
		if (out->count == WORDS_MAX) {
			memmove(out->list, out->list + 1, (WORDS_MAX - 1) * sizeof(out->list[0]));
			out->count--;
		}
		out->list[out->count++] = bytes_slice(in, i, end - i);
		i = end;
	}
}

static bool
is_any(struct bytes word, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_lower(word.at[0]) == (uint8_t)list[i][0] &&
		    text_equal_nocase(word, bytes_text(list[i])))
			return true;
	return false;
}

#define IS_ANY(word, list) is_any((word), (list), ARRAY_LEN(list))

/* Says nothing about what the thing is. */
static bool
is_neutral(struct bytes word)
{
	static const char *const list[] = {
	    "value",     "val",          "str",       "string",     "text",    "plain",
	    "plaintext", "raw",          "cleartext", "b64",        "base64",  "hex",
	    "default",   "dev",          "prod",      "production", "test",    "testing",
	    "staging",   "stage",        "local",     "live",       "sandbox", "old",
	    "new",       "current",      "env",       "var",        "const",   "literal",
	    "clear",     "here",         "s",         "constant",   "qa",      "uat",
	    "real",      "confirmation", "confirm",   "again",      "repeat",  "retype",
	    "new",       "actual",       "main",      "master",     "primary", "secondary",
	    "backup",    "fallback",     "a",         "b",
	};

	return (word.at[0] >= '0' && word.at[0] <= '9') || IS_ANY(word, list);
}

static bool
is_preposition(struct bytes word)
{
	static const char *const list[] = {"for", "of", "to", "from", "with",
					   "by",  "on", "in", "at"};

	return IS_ANY(word, list);
}

/* Heads that make something public of what stands before them. */
static bool
is_other_thing(struct bytes word)
{
	static const char *const list[] = {
	    "id",         "ids",       "name",      "names",       "file",      "files",
	    "filename",   "path",      "paths",     "dir",         "folder",    "url",
	    "uri",        "urls",      "endpoint",  "type",        "types",     "kind",
	    "length",     "len",       "size",      "count",       "number",    "field",
	    "fields",     "label",     "labels",    "placeholder", "input",     "prompt",
	    "message",    "msg",       "error",     "errors",      "err",       "hint",
	    "help",       "policy",    "regex",     "pattern",     "valid",     "validation",
	    "validator",  "invalid",   "min",       "max",         "expires",   "expiry",
	    "expiration", "expire",    "ttl",       "timeout",     "lifetime",  "age",
	    "algorithm",  "alg",       "algo",      "format",      "header",    "headers",
	    "prefix",     "suffix",    "param",     "params",      "parameter", "column",
	    "table",      "style",     "class",     "selector",    "provider",  "service",
	    "manager",    "store",     "storage",   "strength",    "match",     "matches",
	    "mismatch",   "required",  "enabled",   "disabled",    "reset",     "forgot",
	    "change",     "changed",   "sha",       "md",          "page",      "form",
	    "button",     "link",      "title",     "description", "desc",      "info",
	    "text",       "hash",      "hashes",    "digest",      "checksum",  "hasher",
	    "encoder",    "generator", "factory",   "handler",     "helper",    "util",
	    "utils",      "view",      "model",     "controller",  "state",     "status",
	    "code",       "codes",     "index",     "idx",         "pos",       "position",
	    "offset",     "map",       "list",      "array",       "set",       "group",
	    "usage",      "version",   "date",      "time",        "at",        "mode",
	    "method",     "scope",     "scopes",    "issuer",      "audience",  "event",
	    "events",     "up",        "down",      "press",       "board",     "word",
	    "words",      "ring",      "pair",      "pairs",       "space",     "frames",
	    "frame",      "stroke",    "binding",   "bindings",    "schema",    "spec",
	    "ref",        "refs",      "reference", "rule",        "rules",     "config",
	    "option",     "options",   "setting",   "settings",    "action",    "actions",
	    "callback",   "function",  "func",      "fn",          "command",   "cmd",
	    "script",     "icon",      "image",     "color",       "visible",   "visibility",
	    "toggle",     "eye",       "locale",    "language",    "lang",      "domain",
	    "realm",      "user",      "username",  "email",       "owner",     "grant",
	    "request",    "response",  "source",    "target",      "attempts",  "attempt",
	    "retries",    "limit",     "exists",    "missing",     "changes",   "question",
	    "answer",     "tip",       "tooltip",   "note",        "comment",   "doc",
	    "docs",       "example",   "examples",  "sample",      "template",  "order",
	    "sort",       "exception", "warning",   "success",     "failed",    "failure",
	    "result",     "results",
	};

	return IS_ANY(word, list);
}

/* nkey, xkey, sshkey; not monkey. */
static bool
is_keyed(struct bytes word)
{
	static const char *const others[] = {
	    "monkey",  "turkey", "hockey",  "jockey",   "donkey",    "whiskey", "hotkey",
	    "passkey", "lowkey", "greykey", "pubkey",   "publickey", "pkey",    "rkey",
	    "lkey",    "skey",   "keykey",  "cachekey", "sortkey",   "mapkey",  "datakey"};

	return word.left > 3 && word.left <= 12 &&
	       text_equal_nocase(bytes_slice(word, word.left - 3, 3), BYTES_OF("key")) &&
	       !IS_ANY(word, others);
}

static enum secret_name_kind
kind_of_word(struct bytes word)
{
	static const char *const passwords[] = {
	    "password", "passwd",  "pwd",         "passphrase", "passcode",   "passwort",
	    "passw",    "pw",      "psw",         "kennwort",   "senha",      "mdp",
	    "parola",   "passwrd", "passwords",   "pswd",       "userpass",   "dbpass",
	    "pass",     "pword",   "requirepass", "masterauth", "contrasena", "wachtwoord",
	    "rootpass", "userpw",  "userpwd",     "dbpwd",
	};
	static const char *const tokens[] = {
	    "token",           "secret",        "secrets",      "tokens",      "apikey",
	    "apikeys",         "apitoken",      "accesskey",    "secretkey",   "privatekey",
	    "authkey",         "authtoken",     "credential",   "credentials", "creds",
	    "bearer",          "accesstoken",   "clientsecret", "appsecret",   "appkey",
	    "apisecret",       "encryptionkey", "signingkey",   "sharedkey",   "accountkey",
	    "masterkey",       "jwt",           "pat",          "authsecret",  "consumersecret",
	    "secretaccesskey",
	};
	static const char *const weak[] = {"key",     "keys",           "auth", "authorization",
					   "salt",    "signature",      "sig",  "cookie",
					   "session", "sessionid",      "sid",  "nonce",
					   "cred",    "authentication", "pin",  "otp",
					   "pepper",  "seed",           "iv",   "license"};
	static const char *const ends[] = {"password", "passwd", "passphrase", "passcode"};
	static const char *const token_ends[] = {"token", "secret", "apikey", "accesskey"};

	if (IS_ANY(word, passwords))
		return SECRET_NAME_PASSWORD;
	if (IS_ANY(word, tokens))
		return SECRET_NAME_TOKEN;
	if (IS_ANY(word, weak))
		return SECRET_NAME_WEAK;
	/* dbpassword, smtppasswd: all in one. */
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (word.left > strlen(ends[i]) &&
		    text_equal_nocase(bytes_slice(word, word.left - strlen(ends[i]), SIZE_MAX),
				      bytes_text(ends[i])))
			return SECRET_NAME_PASSWORD;
	for (size_t i = 0; i < ARRAY_LEN(token_ends); i++)
		if (word.left > strlen(token_ends[i]) &&
		    text_equal_nocase(
			bytes_slice(word, word.left - strlen(token_ends[i]), SIZE_MAX),
			bytes_text(token_ends[i])))
			return SECRET_NAME_TOKEN;
	return is_keyed(word) ? SECRET_NAME_WEAK : SECRET_NAME_NONE;
}

/* What makes a secret of a plain "key". */
static bool
makes_secret(struct bytes word)
{
	static const char *const list[] = {
	    "api",         "access",       "secret",       "private", "auth",       "encryption",
	    "encrypt",     "crypto",       "cryptography", "signing", "sign",       "master",
	    "session",     "service",      "account",      "client",  "consumer",   "app",
	    "application", "admin",        "storage",      "aes",     "des",        "rsa",
	    "hmac",        "jwt",          "ssh",          "shared",  "deploy",     "integration",
	    "write",       "subscription", "license",      "server",  "aws",        "azure",
	    "gcp",         "google",       "github",       "gitlab",  "stripe",     "twilio",
	    "sendgrid",    "mailgun",      "firebase",     "slack",   "security",   "secure",
	    "cipher",      "decryption",   "decrypt",      "account", "project",    "bot",
	    "token",       "user",         "management",   "live",    "personal",   "merchant",
	    "payment",     "pay",          "wallet",       "cookie",  "vault",      "webhook",
	    "csrf",        "xsrf",         "oauth",        "refresh", "bearer",     "maps",
	    "map",         "rest",         "developer",    "partner", "credential",
	};

	return IS_ANY(word, list);
}

/* What takes the secret out of a "key". */
static bool
makes_public(struct bytes word)
{
	static const char *const list[] = {
	    "public",      "pub",    "publishable", "foreign", "partition", "sort",      "cache",
	    "translation", "i18n",   "is",          "has",     "errcode",   "err",       "sqlstate",
	    "oid",         "guid",   "clsid",       "iid",     "attr",      "encrypted", "hashed",
	    "wrapped",     "sealed", "no",          "num",     "min",       "max",       "hot",
	    "shortcut",    "arrow",  "query",       "row",     "dict",      "registry",  "lookup",
	    "unique",      "site",   "csrf_name",   "css",     "key",       "next",      "prev",
	    "column",      "label",  "error",       "message", "primary"};

	return IS_ANY(word, list);
}

static bool
says_what_it_opens(struct bytes word)
{
	static const char *const list[] = {
	    "db",       "database",   "mysql",  "postgres", "postgresql", "pg",      "mongo",
	    "mongodb",  "redis",      "smtp",   "mail",     "email",      "ftp",     "sftp",
	    "ssh",      "ldap",       "admin",  "root",     "user",       "aws",     "azure",
	    "gcp",      "client",     "app",    "api",      "access",     "auth",    "oauth",
	    "consumer", "jwt",        "github", "slack",    "bot",        "secret",  "private",
	    "service",  "datasource", "jdbc",   "rabbitmq", "proxy",      "session", "account",
	};

	return IS_ANY(word, list);
}

void
secret_name_look(struct bytes name, struct secret_name *out)
{
	struct words words;
	size_t head;

	*out = (struct secret_name){.kind = SECRET_NAME_NONE};
	split(name, &words);
	for (size_t i = 1; i < words.count; i++)
		if (is_preposition(words.list[i]))
			words.count = i;
	for (head = words.count; head > 0 && is_neutral(words.list[head - 1]);)
		head--;
	if (head == 0)
		return;
	head--;
	out->kind = kind_of_word(words.list[head]);
	if (out->kind == SECRET_NAME_NONE) {
		/* One word behind: a secretKeyBase, a tokenGithub; not a passwordField. */
		if (head == 0 || is_other_thing(words.list[head]))
			return;
		out->loose = true;
		head--;
		out->kind = kind_of_word(words.list[head]);
		if (out->kind == SECRET_NAME_NONE)
			return;
	}
	for (size_t i = 0; i < head; i++) {
		out->verified = out->verified || says_what_it_opens(words.list[i]);
		if (makes_public(words.list[i])) {
			out->kind = SECRET_NAME_NONE;
			return;
		}
	}
	if (out->kind == SECRET_NAME_WEAK && head > 0) {
		enum secret_name_kind before = kind_of_word(words.list[head - 1]);

		if (makes_secret(words.list[head - 1]) || before >= SECRET_NAME_TOKEN)
			out->kind = SECRET_NAME_TOKEN;
	}
}
