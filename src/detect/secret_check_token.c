/*
 * secret_check_token.c - tokens that say something about themselves
 *
 * Sources: RFC 7519 (JWT), AWS IAM (unique identifiers: account numbers in key ids), Azure Storage
 * (service SAS: se), Discord (snowflakes in bot tokens), RFC 7617 (Basic), RFC 3986 (user information).
 */
#include "detect/secret_check.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/own.h"
#include "base/text.h"
#include "detect/decode.h"
#include "detect/secret_value.h"

/* ---- JWT ---- */

#define JWT_BYTES_MAX ((size_t)32 * 1024)

/* A part of a JWT as JSON; NULL: it is none. */
static const struct json_value *
jwt_part(struct bytes part, struct arena *arena)
{
	static const struct json_limits limits = {
	    .depth = 16, .bytes = JWT_BYTES_MAX, .members = 4096};
	struct json_value *value;
	uint8_t *text = arena_alloc(arena, part.left + 1);
	size_t length;

	if (text == NULL)
		return NULL;
	length = decode_base64(part, false, text, part.left);
	if (length == DECODE_NONE ||
	    json_parse(&value, bytes_make(text, length), &limits, arena, NULL) < 0)
		return NULL;
	return value->type == JSON_OBJECT ? value : NULL;
}

static bool
is_published(struct bytes signature, const struct json_value *payload)
{
	static const char *const names[] = {"John Doe", "Jane Doe"};
	static const char *const signatures[] = {
	    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
	    "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
	    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	};
	const char *name = json_as_text(json_get(payload, "name"));
	const char *subject = json_as_text(json_get(payload, "sub"));

	for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
		if (bytes_equal(signature, bytes_text(signatures[i])))
			return true;
	if (subject == NULL || strcmp(subject, "1234567890") != 0 || name == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static enum secret_state
jwt_state(struct bytes parts[3], int64_t now, struct arena *arena)
{
	const struct json_value *header = jwt_part(parts[0], arena), *payload, *expires;
	const char *algorithm = json_as_text(json_get(header, "alg"));
	uint64_t until = 0;

	if (header == NULL || algorithm == NULL)
		return SECRET_STATE_MALFORMED;
	/* Encrypted: what is in it, and whether it still opens anything, is nobody's to read. */
	if (json_get(header, "enc") != NULL)
		return SECRET_STATE_UNKNOWN;
	payload = jwt_part(parts[1], arena);
	if (payload == NULL)
		return SECRET_STATE_MALFORMED;
	if (is_published(parts[2], payload))
		return SECRET_STATE_EXAMPLE;
	/* Not signed: it opens nothing that checks, and shows how a token is made. */
	if (text_equal_nocase(bytes_text(algorithm), BYTES_OF("none")) || parts[2].left == 0)
		return SECRET_STATE_EXAMPLE;
	expires = json_get(payload, "exp");
	for (size_t i = 0;
	     expires != NULL && expires->type == JSON_NUMBER && i < expires->text.left && i < 18 &&
	     expires->text.at[i] >= '0' && expires->text.at[i] <= '9';
	     i++)
		until = until * 10 + (uint64_t)(expires->text.at[i] - '0');
	if (until > 0 && (int64_t)until < now)
		return SECRET_STATE_EXPIRED;
	return SECRET_STATE_LIVE;
}

enum secret_state
secret_check_jwt(const struct secret_check_input *in)
{
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	struct bytes parts[3] = {{0}};
	struct bytes rest = in->secret;
	enum secret_state state;

	if (rest.left > JWT_BYTES_MAX)
		return SECRET_STATE_UNKNOWN;
	for (size_t i = 0; i < 3; i++) {
		ptrdiff_t dot = bytes_find(rest, BYTES_OF("."));

		parts[i] = bytes_slice(rest, 0, dot < 0 ? rest.left : (size_t)dot);
		rest = bytes_slice(rest, parts[i].left + (dot < 0 ? 0 : 1), rest.left);
	}
	state = jwt_state(parts, in->now, &arena);
	arena_free(&arena);
	return state;
}

/* ---- AWS ---- */

enum secret_state
secret_check_aws_key(const struct secret_check_input *in)
{
	uint8_t bytes[16];
	uint64_t number = 0;

	if (secret_says_example(in->secret))
		return SECRET_STATE_EXAMPLE;
	if (in->secret.left < 20 ||
	    decode_base32(bytes_slice(in->secret, 4, 16), bytes, sizeof(bytes)) == DECODE_NONE)
		return SECRET_STATE_MALFORMED;
	/* Key ids of before 2019 hold no account: their fifth character is below Q. */
	if (in->secret.at[4] < 'Q' && in->secret.at[4] >= 'A')
		return SECRET_STATE_LIVE;
	for (size_t i = 0; i < 6; i++)
		number = number << 8 | bytes[i];
	number = (number & 0x7fffffffff80u) >> 7;
	return number <= 999999999999u ? SECRET_STATE_LIVE : SECRET_STATE_MALFORMED;
}

/* ---- Azure ---- */

/* "2023-01-31T..." or "2023-01-31" as days since 1970; 0: no date. */
static int64_t
days_of(struct bytes in)
{
	int64_t year = 0, month = 0, day = 0;

	if (in.left < 10 || in.at[4] != '-' || in.at[7] != '-')
		return 0;
	for (size_t i = 0; i < 10; i++)
		if (i != 4 && i != 7 && (in.at[i] < '0' || in.at[i] > '9'))
			return 0;
	for (size_t i = 0; i < 4; i++)
		year = year * 10 + in.at[i] - '0';
	month = (in.at[5] - '0') * 10 + in.at[6] - '0';
	day = (in.at[8] - '0') * 10 + in.at[9] - '0';
	/* Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
	year -= month <= 2;
	return year / 400 * 146097 + (year % 400) * 365 + (year % 400) / 4 - (year % 400) / 100 +
	       (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1 - 719468;
}

enum secret_state
secret_check_azure_sas(const struct secret_check_input *in)
{
	ptrdiff_t at = bytes_find(in->around, BYTES_OF("se="));
	int64_t days = at < 0 ? 0 : days_of(bytes_slice(in->around, (size_t)at + 3, 10));

	if (days == 0)
		return secret_check_shape(in->secret);
	return days * 86400 + 86399 < in->now ? SECRET_STATE_EXPIRED : SECRET_STATE_LIVE;
}

/* ---- others ---- */

enum secret_state
secret_check_discord(const struct secret_check_input *in)
{
	const int64_t epoch = 1420070400; /* 2015-01-01: Discord counts from there */
	ptrdiff_t dot = bytes_find(in->secret, BYTES_OF("."));
	uint8_t digits[32];
	uint64_t id = 0;
	size_t length;
	int64_t made;

	if (dot < 0)
		return SECRET_STATE_MALFORMED;
	length =
	    decode_base64(bytes_slice(in->secret, 0, (size_t)dot), false, digits, sizeof(digits));
	if (length == DECODE_NONE || length < 15 || length > 20)
		return SECRET_STATE_MALFORMED;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return SECRET_STATE_MALFORMED;
		id = id * 10 + (uint64_t)(digits[i] - '0');
	}
	made = epoch + (int64_t)((id >> 22) / 1000);
	return made <= in->now + 86400 ? SECRET_STATE_LIVE : SECRET_STATE_MALFORMED;
}

enum secret_state
secret_check_basic(const struct secret_check_input *in)
{
	uint8_t text[1024];
	size_t length = in->secret.left > 1200
			    ? DECODE_NONE
			    : decode_base64(in->secret, false, text, sizeof(text));
	enum secret_state state = SECRET_STATE_MALFORMED;
	ptrdiff_t colon =
	    length == DECODE_NONE ? -1 : bytes_find(bytes_make(text, length), BYTES_OF(":"));

	if (colon >= 0) {
		struct bytes user = bytes_make(text, (size_t)colon);
		struct bytes password = bytes_make(text + colon + 1, length - (size_t)colon - 1);

		state = secret_is_placeholder(password) || bytes_equal(user, password)
			    ? SECRET_STATE_EXAMPLE
			    : SECRET_STATE_UNKNOWN;
	}
	explicit_bzero(text, sizeof(text));
	return state;
}

enum secret_state
secret_check_url(const struct secret_check_input *in)
{
	static const char *const words[] = {"pass",     "pwd",    "pw",    "password", "passwd",
					    "secret",   "mypass", "guest", "admin",    "root",
					    "postgres", "user",   "test",  "mysql",    "redis"};

	if (secret_is_placeholder(in->secret))
		return SECRET_STATE_EXAMPLE;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(in->secret, bytes_text(words[i])))
			return SECRET_STATE_EXAMPLE;
	return SECRET_STATE_UNKNOWN;
}

enum secret_state
secret_check_telegram(const struct secret_check_input *in)
{
	ptrdiff_t colon = bytes_find(in->secret, BYTES_OF(":"));

	if (colon < 5 || colon > 12)
		return SECRET_STATE_MALFORMED;
	return secret_check_shape(bytes_slice(in->secret, (size_t)colon + 1, in->secret.left));
}

/* Only digits, or one character: somebody's invention. */
enum secret_state
secret_check_slack(const struct secret_check_input *in)
{
	size_t from = in->secret.left;
	struct secret_value v;

	while (from > 0 && in->secret.at[from - 1] != '-')
		from--;
	if (secret_says_example(in->secret) ||
	    secret_is_placeholder(bytes_slice(in->secret, from, in->secret.left)))
		return SECRET_STATE_EXAMPLE;
	secret_value_look(bytes_slice(in->secret, from, in->secret.left), &v);
	return v.distinct < 8 ? SECRET_STATE_MALFORMED : SECRET_STATE_LIVE;
}

/* sk_test_: real, and worth nothing but to its owner's tests. */
enum secret_state
secret_check_stripe(const struct secret_check_input *in)
{
	return bytes_find(in->secret, BYTES_OF("_test_")) >= 0 ? SECRET_STATE_UNKNOWN
							       : secret_check_shape(in->secret);
}

enum secret_state
secret_check_google(const struct secret_check_input *in)
{
	return secret_check_shape(bytes_slice(in->secret, 4, in->secret.left));
}
