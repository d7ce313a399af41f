/*
 * debris_content.c - debris that only its bytes give away: keys, credentials, dumps, states
 *
 * Knows: armour of private keys, KEY=VALUE files, where tools keep tokens, magics of dumps.
 * Does not know: names that are debris whatever is in them (debris_names.c), whether a token is
 * still valid, secrets in the middle of source code.
 */
#include "detect/debris.h"

#include "base/own.h"
#include "base/text.h"

/* Base64 behind an armour line before it counts as a key: no key is shorter, no mention longer.
 * Ed25519 in PKCS#8 is 48 bytes, 64 characters, in one line. */
#define KEY_BASE64_MIN 56
/* Shortest line of one that is written over several lines, string literals included. */
#define KEY_LINE_MIN 20
/* How far behind the armour line its base64 may begin: PGP and legacy PEM have header lines. */
#define KEY_HEADERS_MAX ((size_t)512)
#define KEY_SPAN_MAX    (KEY_HEADERS_MAX + (size_t)KEY_BASE64_MIN * 2)
/* Places in one file that are looked at for a value: no honest file has more, and it keeps the
 * work on a dishonest one linear. */
#define PLACES_MAX 2000

static bool
is_base64(uint8_t c)
{
	return text_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

static bool
has_nocase(struct bytes in, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= in.left; i++)
		if (text_equal_nocase(bytes_slice(in, i, length), bytes_make(word, length)))
			return true;
	return false;
}

/* A stretch of base64 as keys have it: long, and letters of both cases.  Words are neither. */
static bool
is_key_line(struct bytes line)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < line.left; i++) {
		upper = upper || (line.at[i] >= 'A' && line.at[i] <= 'Z');
		lower = lower || (line.at[i] >= 'a' && line.at[i] <= 'z');
	}
	return line.left >= KEY_LINE_MIN && upper && lower;
}

/* What may stand between two lines of a key, also in a string literal: "...\n" + "..." */
static size_t
line_break(struct bytes in)
{
	if (in.at[0] == '\\' && in.left > 1 && memchr("nrt\\\"", in.at[1], 5) != NULL)
		return 2;
	return in.at[0] != 0 && strchr(" \t\r\n\"'`,", in.at[0]) != NULL ? 1 : 0;
}

/* KEY_BASE64_MIN characters of base64, in lines that follow each other; header lines may come
 * before, the END line may not. */
static bool
has_key_body(struct bytes text, bool *encrypted)
{
	struct bytes in = bytes_slice(text, 0, KEY_SPAN_MAX);
	size_t sum = 0;

	*encrypted = bytes_find(bytes_slice(text, 0, KEY_HEADERS_MAX), BYTES_OF("ENCRYPTED")) >= 0;
	while (in.left > 0 && !bytes_begins(in, BYTES_OF("-----"))) {
		size_t length = 0, gap;

		while (length < in.left && is_base64(in.at[length]))
			length++;
		/* A '+' of its own joins two literals. */
		if (length > 0 && !(length == 1 && in.at[0] == '+'))
			sum = is_key_line(bytes_slice(in, 0, length)) ? sum + length : 0;
		if (sum >= KEY_BASE64_MIN)
			return true;
		(void)bytes_skip(&in, length);
		if (in.left == 0 || length > 0)
			continue;
		gap = line_break(in);
		if (gap == 0)
			sum = 0;
		(void)bytes_skip(&in, gap == 0 ? 1 : gap);
	}
	return false;
}

/* "-----BEGIN X PRIVATE KEY-----" or "-----BEGIN PGP PRIVATE KEY BLOCK-----" that ends at `end`. */
static bool
armour_begins(struct bytes text, size_t words_at, size_t *begin)
{
	static const char mark[] = "-----BEGIN ";
	size_t length = sizeof(mark) - 1, from = words_at;

	/* The words between are few: "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP ". */
	for (size_t back = 0; back <= 24 && from >= length; back++, from--)
		if (memcmp(text.at + from - length, mark, length) == 0) {
			*begin = from - length;
			return true;
		}
	return false;
}

int
debris_find_key(struct bytes text, size_t from, size_t seen, enum debris_rule_id *rule, size_t *at,
		size_t *length)
{
	static const char words[] = "PRIVATE KEY", tail[] = "-----", block[] = " BLOCK-----";

	for (;;) {
		struct bytes rest = bytes_slice(text, from, text.left - from), after;
		ptrdiff_t hit = bytes_find(rest, bytes_text(words));
		size_t begin = 0, end;
		bool encrypted;

		if (hit < 0)
			return DEBRIS_MISS;
		from += (size_t)hit + sizeof(words) - 1;
		after = bytes_slice(text, from, text.left - from);
		if (bytes_begins(after, bytes_text(tail)))
			end = from + sizeof(tail) - 1;
		else if (bytes_begins(after, bytes_text(block)))
			end = from + sizeof(block) - 1;
		else
			continue;
		/* Its body may have been cut off by the last window: so judge it where it ends. */
		if (end + KEY_SPAN_MAX <= seen ||
		    !armour_begins(text, from - (sizeof(words) - 1), &begin) ||
		    !has_key_body(bytes_slice(text, end, text.left - end), &encrypted))
			continue;
		if (bytes_find(bytes_slice(text, begin, end - begin), BYTES_OF("ENCRYPTED")) >= 0)
			encrypted = true;
		*rule = encrypted ? DEBRIS_ENCRYPTED_KEY : DEBRIS_PRIVATE_KEY;
		*at = begin;
		*length = end - begin;
		return 0;
	}
}

bool
debris_is_placeholder(struct bytes value)
{
	static const char *const words[] = {
	    "changeme",     "change_me",  "change-me", "your",      "example", "xxxx",
	    "placeholder",  "dummy",      "todo",      "replace",   "insert",  "sample",
	    "redacted",     "<",          "${",        "{{",        "$(",      "...",
	    "process.env",  "none",       "null",      "undefined", "test",    "fake",
	    "not-a-secret", "notasecret", "***",
	};
	bool same = true;

	if (value.left < 4 || value.at[0] == '$' || value.at[0] == '%')
		return true;
	for (size_t i = 1; i < value.left; i++)
		same = same && value.at[i] == value.at[0];
	if (same)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_nocase(bytes_slice(value, 0, 256), words[i]))
			return true;
	return text_equal_nocase(value, BYTES_OF("secret")) ||
	       text_equal_nocase(value, BYTES_OF("password")) ||
	       text_equal_nocase(value, BYTES_OF("token")) ||
	       text_equal_nocase(value, BYTES_OF("true")) ||
	       text_equal_nocase(value, BYTES_OF("false"));
}

/* "://user:password@host" with a password that is one. */
bool
debris_has_url_password(struct bytes in)
{
	ptrdiff_t hit;

	for (int n = 0; n < PLACES_MAX && (hit = bytes_find(in, BYTES_OF("://"))) >= 0; n++) {
		size_t colon = 0, i;

		(void)bytes_skip(&in, (size_t)hit + 3);
		for (i = 0; i < in.left && i < 512; i++) {
			uint8_t c = in.at[i];

			if (c == ':' && colon == 0)
				colon = i;
			else if (c == '@' || c <= ' ' || c == '/' || c == '"' || c == '\'')
				break;
		}
		if (i < in.left && in.at[i] == '@' && colon > 0 && i > colon + 1 &&
		    !debris_is_placeholder(bytes_slice(in, colon + 1, i - colon - 1)))
			return true;
	}
	return false;
}

static struct bytes
trimmed(struct bytes in)
{
	while (in.left > 0 && (in.at[0] <= ' ' || in.at[0] == '"' || in.at[0] == '\''))
		(void)bytes_skip(&in, 1);
	while (in.left > 0 && (in.at[in.left - 1] <= ' ' || in.at[in.left - 1] == '"' ||
			       in.at[in.left - 1] == '\''))
		in.left--;
	return in;
}

static struct bytes
take_line(struct bytes *in)
{
	const uint8_t *end = in->left == 0 ? NULL : memchr(in->at, '\n', in->left);
	size_t length = end == NULL ? in->left : (size_t)(end - in->at);
	struct bytes line = bytes_slice(*in, 0, length);

	(void)bytes_skip(in, end == NULL ? length : length + 1);
	return line;
}

/* Names of settings whose value logs in somewhere. */
static bool
is_secret_name(struct bytes key)
{
	static const char *const words[] = {
	    "secret", "token",          "passw",       "passwd",     "pwd",        "api_key",
	    "apikey", "private_key",    "access_key",  "accesskey",  "credential", "auth_key",
	    "dsn",    "encryption_key", "signing_key", "client_key", "master_key",
	};

	/* NEXT_PUBLIC_X, VITE_X, ... are compiled into what browsers load: public by their name. */
	if (has_nocase(key, "public") || has_nocase(key, "publishable") ||
	    has_nocase(key, "expires") || has_nocase(key, "_file") || has_nocase(key, "_path") ||
	    has_nocase(key, "_url") || has_nocase(key, "_uri"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_nocase(key, words[i]))
			return true;
	return false;
}

bool
debris_is_secret_setting(struct bytes name, struct bytes value)
{
	value = trimmed(value);
	/* A name, not a sentence that has an equals sign somewhere. */
	return name.left <= 128 && value.left >= 6 && is_secret_name(name) &&
	       !debris_is_placeholder(value);
}

/* KEY=VALUE, `export ` before it allowed: 1 an assignment, 2 with a secret, 0 neither. */
static int
env_line(struct bytes line)
{
	struct bytes key, value;
	const uint8_t *equals;

	line = trimmed(line);
	if (bytes_begins(line, BYTES_OF("export ")))
		(void)bytes_skip(&line, 7);
	equals = line.left == 0 ? NULL : memchr(line.at, '=', line.left);
	if (equals == NULL)
		return 0;
	key = trimmed(bytes_slice(line, 0, (size_t)(equals - line.at)));
	value = trimmed(bytes_slice(line, (size_t)(equals - line.at) + 1, line.left));
	for (size_t i = 0; i < key.left; i++)
		if (!text_is_alnum(key.at[i]) && key.at[i] != '_' && key.at[i] != '.')
			return 0;
	if (key.left == 0 || (key.at[0] >= '0' && key.at[0] <= '9'))
		return 0;
	if (debris_has_url_password(value))
		return 2;
	return debris_is_secret_setting(key, value) ? 2 : 1;
}

static bool
is_env_example(struct bytes base)
{
	static const char *const words[] = {"example", "sample",   "template",
					    "dist",    "defaults", "schema"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_nocase(base, words[i]))
			return true;
	return false;
}

static bool
is_env_name(struct bytes base)
{
	if (base.left < 4)
		return false;
	if (text_equal_nocase(bytes_slice(base, 0, 4), BYTES_OF(".env")))
		return base.left == 4 || base.at[4] == '.' || base.at[4] == '-' ||
		       base.at[4] == '_';
	return base.left > 4 &&
	       text_equal_nocase(bytes_slice(base, base.left - 4, 4), BYTES_OF(".env"));
}

static enum debris_rule_id
env_rule(struct bytes base, struct bytes content)
{
	size_t assignments = 0, secrets = 0, others = 0;

	while (content.left > 0) {
		struct bytes line = trimmed(take_line(&content));
		int r;

		if (line.left == 0 || line.at[0] == '#')
			continue;
		r = env_line(line);
		assignments += r > 0;
		secrets += r == 2;
		others += r == 0;
	}
	/* A script or a folder-like thing that is called .env: not KEY=VALUE, not this rule. */
	if (assignments == 0 || others > assignments)
		return DEBRIS_NONE;
	if (is_env_example(base))
		return DEBRIS_ENV_EXAMPLE;
	return secrets > 0 ? DEBRIS_ENV_SECRET : DEBRIS_ENV_VALUES;
}

/* Where tools keep what logs them in.  `keys`: followed by a value that is no placeholder. */
struct credential_file {
	const char *base;   /* lower case; "*x": ends with x */
	const char *folder; /* of the file; NULL: any */
	const char *keys[4];
	bool url;    /* "://user:password@" counts */
	bool always; /* tell also when it holds none */
};

/* clang-format off */
static const struct credential_file credential_files[] = {
	{".npmrc", NULL, {"_authToken", "_password", "_auth"}, true, true},
	{".yarnrc.yml", NULL, {"npmAuthToken", "npmAuthIdent"}, true, false},
	{".yarnrc", NULL, {"_authToken", "_password"}, true, false},
	{"bunfig.toml", NULL, {"token", "password"}, true, false},
	{".pypirc", NULL, {"password"}, true, true},
	{"pip.conf", NULL, {NULL}, true, false}, {"pip.ini", NULL, {NULL}, true, false},
	{".netrc", NULL, {"password"}, false, true}, {"_netrc", NULL, {"password"}, false, true},
	{".git-credentials", NULL, {NULL}, true, true},
	{"config.json", ".docker", {"\"auth\"", "identitytoken", "registrytoken"}, false, true},
	{".dockercfg", NULL, {"\"auth\""}, false, true},
	{".dockerconfigjson", NULL, {"\"auth\""}, false, true},
	{"credentials", ".aws", {"aws_secret_access_key", "aws_session_token"}, false, true},
	{"config", ".aws", {"aws_secret_access_key", "aws_session_token"}, false, false},
	{"config", ".kube", {"client-key-data", "token", "password"}, false, true},
	{"*kubeconfig", NULL, {"client-key-data", "token", "password"}, false, true},
	{"*kubeconfig.yaml", NULL, {"client-key-data", "token", "password"}, false, true},
	{"*kubeconfig.yml", NULL, {"client-key-data", "token", "password"}, false, true},
	{".my.cnf", NULL, {"password"}, false, true}, {".s3cfg", NULL, {"secret_key"}, false, true},
	{".boto", NULL, {"aws_secret_access_key", "gs_secret_access_key"}, false, true},
	{"credentials.toml", NULL, {"token"}, false, true},
	{"credentials", ".cargo", {"token"}, false, true},
	{"credentials", ".gem", {"api_key"}, false, true},
	{"nuget.config", NULL, {"ClearTextPassword\" value", "\"Password\" value"}, false, false},
	{"auth.json", NULL, {"\"password\"", "\"github.com\""}, false, false},
	{"settings.xml", ".m2", {"<password"}, false, true},
	{"gradle.properties", NULL, {"Password", "password", "Token", "token"}, false, false},
	{".terraformrc", NULL, {"token"}, false, true},
	{"credentials.tfrc.json", NULL, {"\"token\""}, false, true},
	{"hosts.yml", "gh", {"oauth_token"}, false, true},
	{"rclone.conf", NULL, {"pass", "token", "secret_access_key"}, false, true},
	{".htpasswd", NULL, {"$apr1$", "$2y$", "{SHA}"}, false, true},
};
/* clang-format on */

static bool
folder_is(struct bytes name, struct bytes base, const char *folder)
{
	struct bytes above;

	if (folder == NULL)
		return true;
	if (name.left <= base.left)
		return false;
	above = blob_basename(bytes_slice(name, 0, name.left - base.left - 1));
	return text_equal_nocase(above, bytes_text(folder));
}

static const struct credential_file *
credential_file_of(struct bytes name)
{
	struct bytes base = blob_basename(name);

	for (size_t i = 0; i < ARRAY_LEN(credential_files); i++) {
		const struct credential_file *file = &credential_files[i];
		struct bytes want = bytes_text(file->base);
		bool named;

		if (want.at[0] == '*') {
			(void)bytes_skip(&want, 1);
			named = base.left >= want.left &&
				text_equal_nocase(
				    bytes_slice(base, base.left - want.left, want.left), want);
		} else {
			named = text_equal_nocase(base, want);
		}
		if (named && folder_is(name, base, file->folder))
			return file;
	}
	return NULL;
}

/* KEY, then separators and quotes, then a value.  A key inside a longer word is not it. */
static bool
has_value_of(struct bytes content, const char *key)
{
	struct bytes want = bytes_text(key);
	ptrdiff_t hit;

	for (int n = 0; n < PLACES_MAX && (hit = bytes_find(content, want)) >= 0; n++) {
		struct bytes value;
		size_t length = 0;
		uint8_t next;

		(void)bytes_skip(&content, (size_t)hit + want.left);
		next = content.left == 0 ? '\n' : content.at[0];
		if (text_is_alnum(want.at[want.left - 1]) &&
		    (text_is_alnum(next) || next == '_' || next == '-'))
			continue;
		value = content;
		while (value.left > 0 && memchr(" \t\"':=>[{", value.at[0], 9) != NULL)
			(void)bytes_skip(&value, 1);
		while (length < value.left && length < 4096 && value.at[length] > ' ' &&
		       memchr("\"'<,}]", value.at[length], 6) == NULL)
			length++;
		if (!debris_is_placeholder(bytes_slice(value, 0, length)))
			return true;
	}
	return false;
}

static enum debris_rule_id
credential_rule(const struct credential_file *file, struct bytes content)
{
	if (file->url && debris_has_url_password(content))
		return DEBRIS_CREDENTIALS;
	for (size_t i = 0; i < ARRAY_LEN(file->keys) && file->keys[i] != NULL; i++)
		if (has_value_of(content, file->keys[i]))
			return DEBRIS_CREDENTIALS;
	return file->always ? DEBRIS_CREDENTIAL_FILE : DEBRIS_NONE;
}

/* A kubeconfig by content: any name. */
static bool
is_kubeconfig(struct bytes head)
{
	return bytes_find(head, BYTES_OF("kind: Config")) >= 0 &&
	       bytes_find(head, BYTES_OF("clusters:")) >= 0 &&
	       bytes_find(head, BYTES_OF("apiVersion:")) >= 0;
}

static const char *
sql_dump_line(struct bytes head)
{
	static const char *const lines[] = {"-- MySQL dump ", "-- MariaDB dump ",
					    "-- PostgreSQL database dump", "-- phpMyAdmin SQL Dump",
					    "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;"};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (bytes_find(bytes_slice(head, 0, 512), bytes_text(lines[i])) >= 0)
			return lines[i];
	return NULL;
}

/* A JKS entry of tag 1 or 3 is a key, 2 a certificate; PKCS#12 names its bags by object id. */
static enum debris_rule_id
keystore_rule(struct bytes content)
{
	static const uint8_t shrouded[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
					   0x01, 0x0c, 0x0a, 0x01, 0x02};
	static const uint8_t plain[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
					0x01, 0x0c, 0x0a, 0x01, 0x01};
	struct bytes in = content;
	uint32_t magic, version, count, tag;

	if (bytes_take_be32(&in, &magic) == 0 && (magic == 0xfeedfeed || magic == 0xcececece)) {
		/* Entries follow each other; keytool writes them in hash order, so the first
		 * alone does not tell.  A key entry's own length is declared: look for the
		 * PKCS#8 wrapping that JKS gives every key (1.3.6.1.4.1.42.2.17.1.1). */
		static const uint8_t wrapped[] = {0x2b, 0x06, 0x01, 0x04, 0x01,
						  0x2a, 0x02, 0x11, 0x01, 0x01};

		if (bytes_take_be32(&in, &version) < 0 || bytes_take_be32(&in, &count) < 0 ||
		    count == 0 || bytes_take_be32(&in, &tag) < 0)
			return DEBRIS_TRUSTSTORE;
		return tag == 1 || tag == 3 ||
			       bytes_find(content, bytes_make(wrapped, sizeof(wrapped))) >= 0
			   ? DEBRIS_KEYSTORE
			   : DEBRIS_TRUSTSTORE;
	}
	return bytes_find(content, bytes_make(shrouded, sizeof(shrouded))) >= 0 ||
		       bytes_find(content, bytes_make(plain, sizeof(plain))) >= 0
		   ? DEBRIS_KEYSTORE
		   : DEBRIS_TRUSTSTORE;
}

/* SEQUENCE, version 3, then the data content type: RFC 7292, PFX. */
static bool
is_pkcs12(struct bytes head)
{
	static const uint8_t data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07, 0x01};
	static const uint8_t version[] = {0x02, 0x01, 0x03, 0x30};

	head = bytes_slice(head, 0, 64);
	return head.left > 32 && head.at[0] == 0x30 &&
	       bytes_find(bytes_slice(head, 1, 12), bytes_make(version, sizeof(version))) >= 0 &&
	       bytes_find(head, bytes_make(data, sizeof(data))) >= 0;
}

static bool
is_keystore(const struct blob *blob)
{
	struct bytes head = blob->head;

	return blob->kind == BLOB_KEYSTORE || bytes_begins(head, BYTES_OF("\xfe\xed\xfe\xed")) ||
	       bytes_begins(head, BYTES_OF("\xce\xce\xce\xce")) || is_pkcs12(head);
}

static bool
is_capture(struct bytes head)
{
	struct bytes pcapng = bytes_slice(head, 8, 4);
	struct bytes version = bytes_slice(head, 4, 2);

	if (bytes_begins(head, BYTES_OF("\x0a\x0d\x0d\x0a")))
		return bytes_equal(pcapng, BYTES_OF("\x4d\x3c\x2b\x1a")) ||
		       bytes_equal(pcapng, BYTES_OF("\x1a\x2b\x3c\x4d"));
	if (bytes_begins(head, BYTES_OF("\xd4\xc3\xb2\xa1")) ||
	    bytes_begins(head, BYTES_OF("\x4d\x3c\xb2\xa1")))
		return bytes_equal(version, BYTES_OF("\x02\x00"));
	if (bytes_begins(head, BYTES_OF("\xa1\xb2\xc3\xd4")) ||
	    bytes_begins(head, BYTES_OF("\xa1\xb2\x3c\x4d")))
		return bytes_equal(version, BYTES_OF("\x00\x02"));
	return false;
}

static bool
is_core_dump(const struct blob *blob)
{
	struct bytes head = blob->head;
	bool big = head.left > 18 && head.at[5] == 2;

	return (blob->kind == BLOB_ELF || bytes_begins(head, BYTES_OF("\x7f"
								      "ELF"))) &&
	       head.left > 18 && head.at[big ? 17 : 16] == 4 && head.at[big ? 16 : 17] == 0;
}

enum debris_rule_id
debris_by_head(const struct blob *blob)
{
	struct bytes head = blob->head;

	if (is_core_dump(blob))
		return DEBRIS_CORE_DUMP;
	if (bytes_begins(head, BYTES_OF("MDMP\x93\xa7")))
		return DEBRIS_CORE_DUMP;
	if (bytes_begins(head, BYTES_OF("JAVA PROFILE 1.0")) ||
	    (blob->kind == BLOB_TEXT && bytes_begins(head, BYTES_OF("{\"snapshot\":{\"meta\":"))))
		return DEBRIS_HEAP_DUMP;
	if (bytes_begins(head, BYTES_OF("\x03\xd9\xa2\x9a")))
		return DEBRIS_PASSWORD_DATABASE;
	if (is_capture(head))
		return DEBRIS_CAPTURE;
	if (bytes_begins(head, BYTES_OF("PGDMP")))
		return DEBRIS_SQL_DATA;
	if (bytes_begins(head, BYTES_OF("b0VIM ")))
		return DEBRIS_SWAP_FILE;
	if (blob->kind == BLOB_SQLITE || bytes_begins(head, BYTES_OF("SQLite format 3\0")))
		return DEBRIS_DATABASE;
	if (bytes_begins(head, BYTES_OF("PuTTY-User-Key-File-")))
		return bytes_find(head, BYTES_OF("Encryption: none")) >= 0 ? DEBRIS_PRIVATE_KEY
									   : DEBRIS_ENCRYPTED_KEY;
	if (blob->kind == BLOB_TEXT && bytes_find(head, BYTES_OF("\"terraform_version\"")) >= 0 &&
	    bytes_find(head, BYTES_OF("\"lineage\"")) >= 0)
		return DEBRIS_TERRAFORM_STATE;
	return DEBRIS_NONE;
}

bool
debris_wants_content(const struct blob *blob)
{
	struct bytes base = blob_basename(blob->name);

	if (is_keystore(blob))
		return true;
	if (blob->kind != BLOB_TEXT)
		return false;
	return is_env_name(base) || credential_file_of(blob->name) != NULL ||
	       sql_dump_line(blob->head) != NULL || is_kubeconfig(blob->head);
}

enum debris_rule_id
debris_by_content(const struct blob *blob, struct bytes content)
{
	static const struct credential_file kubeconfig = {
	    "", NULL, {"client-key-data", "token", "password"}, false, false};
	struct bytes base = blob_basename(blob->name);
	const struct credential_file *file;

	if (is_keystore(blob))
		return keystore_rule(content);
	if (is_env_name(base))
		return env_rule(base, content);
	file = credential_file_of(blob->name);
	if (file != NULL)
		return credential_rule(file, content);
	if (is_kubeconfig(blob->head))
		return credential_rule(&kubeconfig, content);
	if (sql_dump_line(blob->head) != NULL)
		return bytes_find(content, BYTES_OF("INSERT INTO ")) >= 0 ||
			       bytes_find(content, BYTES_OF(" FROM stdin;")) >= 0
			   ? DEBRIS_SQL_DATA
			   : DEBRIS_SQL_SCHEMA;
	return DEBRIS_NONE;
}
