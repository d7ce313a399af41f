/*
 * test_secret_check.c - what can be known of a secret without asking anybody; decoders
 *
 * Whole tokens are put together here, so that none stands in the tree.
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"
#include "detect/decode.h"
#include "detect/secret_check.h"
#include "detect/secret_judge.h"
#include "detect/secret_known.h"
#include "detect/secret_personal.h"
#include "detect/table.h"
#include "kit/detect_kit.h"
#include "rules/rules.h"

#define NOW 1800000000 /* 2027-01-15 */

static enum secret_state
check(const char *name, const char *secret, const char *around)
{
	struct secret_check_input in = {
	    .secret = bytes_text(secret), .around = bytes_text(around), .now = NOW};
	secret_check_fn *fn = secret_check_find(name);

	return OK(fn != NULL) ? fn(&in) : SECRET_STATE_UNKNOWN;
}

#define STATE(name, secret, want)                                                                  \
	EQ_STR(secret_state_name(check(name, secret, secret)), secret_state_name(want))

TEST(every_check_that_a_built_in_rule_names_is_there)
{
	const struct rule_set *set = rules_builtin(NULL, NULL);

	NEED(set != NULL);
	for (size_t i = 0; i < rules_count(set); i++) {
		const struct rule *rule = rules_get(set, i);

		if (rule->check != NULL && secret_check_find(rule->check) == NULL)
			FAIL("rule %s: no check is called %s", rule->id, rule->check);
	}
	OK(secret_check_find("crc32-base62") != NULL);
	OK(secret_check_find("no-such-check") == NULL);
}

TEST(card_and_account_numbers_have_check_digits)
{
	STATE("luhn", "4111111111111111", SECRET_STATE_LIVE);
	STATE("luhn", "4111 1111 1111 1111", SECRET_STATE_LIVE);
	STATE("luhn", "4111111111111112", SECRET_STATE_MALFORMED);
	STATE("iban", "GB82 WEST 1234 5698 7654 32", SECRET_STATE_LIVE);
	STATE("iban", "GB82WEST12345698765433", SECRET_STATE_MALFORMED);
	STATE("iban", "GB", SECRET_STATE_MALFORMED);
}

TEST(token_checksums_tell_the_mistyped)
{
	/* CRC-32 of thirty letters a is 0x6bc1d3c1. */
	char token[64];

	(void)snprintf(token, sizeof(token), "%s_%s%s", "ghp", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		       "1yLcDB");
	STATE("crc32-base62", token, SECRET_STATE_LIVE);
	token[10] = 'b';
	STATE("crc32-base62", token, SECRET_STATE_MALFORMED);
	STATE("crc32-base62", "ghp_", SECRET_STATE_MALFORMED);
	STATE("crc32-base62", "", SECRET_STATE_MALFORMED);
}

TEST(bech32_and_base58_and_base32_have_sums)
{
	/* Published vectors: BIP 173, Bitcoin's wiki (base58check), SEP-23. */
	STATE("bech32", "a12uel5l", SECRET_STATE_LIVE);
	STATE("bech32", "a12uel5m", SECRET_STATE_MALFORMED);
	STATE("bech32", "1", SECRET_STATE_MALFORMED);
	STATE("base58check", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", SECRET_STATE_LIVE);
	STATE("base58check", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", SECRET_STATE_MALFORMED);
	STATE("base58check", "0OIl", SECRET_STATE_MALFORMED);
	STATE("stellar", "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
	      SECRET_STATE_LIVE);
	STATE("stellar", "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGA",
	      SECRET_STATE_MALFORMED);
}

static void
put_base64(struct buf *to, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t left = strlen(text);
	const uint8_t *at = (const uint8_t *)text;

	for (; left > 0; at += left < 3 ? left : 3, left -= left < 3 ? left : 3) {
		uint32_t bits = (uint32_t)at[0] << 16 | (left > 1 ? (uint32_t)at[1] << 8 : 0) |
				(left > 2 ? at[2] : 0);

		for (size_t i = 0; i < (left < 3 ? left + 1 : 4); i++)
			(void)buf_append_u8(to, (uint8_t)digits[bits >> (18 - 6 * i) & 63]);
	}
}

static void
jwt(const char *header, const char *payload, const char *signature, enum secret_state want)
{
	AUTO(buf_free)
	struct buf token = BUF_INIT(4096);

	put_base64(&token, header);
	(void)buf_append_text(&token, ".");
	put_base64(&token, payload);
	(void)buf_append_text(&token, ".");
	(void)buf_append_text(&token, signature);
	STATE("jwt", buf_text(&token), want);
}

TEST(a_jwt_says_when_it_ends_and_whether_it_is_signed)
{
	jwt("{\"alg\":\"HS256\"}", "{\"sub\":\"x\"}", "c2ln", SECRET_STATE_LIVE);
	jwt("{\"alg\":\"HS256\"}", "{\"exp\":1800000001}", "c2ln", SECRET_STATE_LIVE);
	jwt("{\"alg\":\"HS256\"}", "{\"exp\":1799999999}", "c2ln", SECRET_STATE_EXPIRED);
	jwt("{\"alg\":\"none\"}", "{\"sub\":\"x\"}", "", SECRET_STATE_EXAMPLE);
	jwt("{\"alg\":\"HS256\"}", "{\"sub\":\"1234567890\",\"name\":\"John Doe\"}", "c2ln",
	    SECRET_STATE_EXAMPLE);
	jwt("{\"typ\":\"JWT\"}", "{}", "c2ln", SECRET_STATE_MALFORMED);
	STATE("jwt", "eyJ.x.y", SECRET_STATE_MALFORMED);
}

TEST(an_access_key_id_holds_an_account)
{
	/* The id that AWS documents print everywhere. */
	STATE("aws-key-id", "AKIAIOSFODNN7EXAMPLE", SECRET_STATE_EXAMPLE);
	STATE("aws-key-id",
	      "AKIA"
	      "Q"
	      "AAAAAAAAAAAAAAA",
	      SECRET_STATE_LIVE);
	STATE("aws-key-id",
	      "AKIA"
	      "7"
	      "777777777777777",
	      SECRET_STATE_MALFORMED);
	STATE("aws-key-id", "AKIA", SECRET_STATE_MALFORMED);
}

TEST(a_shared_access_signature_ends_on_its_day)
{
	EQ_INT(check("azure-sas", "c2lnbmF0dXJl", "?sv=2020-08-04&se=2026-12-31T00:00:00Z&sig="),
	       SECRET_STATE_EXPIRED);
	EQ_INT(check("azure-sas", "c2lnbmF0dXJl", "?sv=2020-08-04&se=2031-01-01&sig="),
	       SECRET_STATE_LIVE);
}

TEST(a_key_is_what_its_armour_says)
{
	/* SEQUENCE { INTEGER 0, SEQUENCE {}, OCTET STRING "" } */
	STATE("pem-key", "-----BEGIN PRIVATE KEY-----\nMAcCAQAwAAQA\n-----END PRIVATE KEY-----",
	      SECRET_STATE_LIVE);
	STATE("pem-key",
	      "-----BEGIN PRIVATE KEY-----\\nMAcCAQAw\\nAAQA\\n-----END PRIVATE KEY-----",
	      SECRET_STATE_LIVE);
	STATE("pem-key", "-----BEGIN PRIVATE KEY-----\nTm9ib2R5J3M=\n-----END PRIVATE KEY-----",
	      SECRET_STATE_MALFORMED);
	STATE("pem-key",
	      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X\n\nAAAA\n"
	      "-----END RSA PRIVATE KEY-----",
	      SECRET_STATE_LIVE);
}

static void
decodes(size_t (*decode)(struct bytes, uint8_t *, size_t), const char *from, const char *to)
{
	uint8_t out[256];
	size_t length = decode(bytes_text(from), out, strlen(from));

	if (to == NULL)
		OK(length == DECODE_NONE);
	else if (OK(length != DECODE_NONE))
		EQ_BYTES(bytes_make(out, length), bytes_text(to));
}

static size_t
lines(struct bytes in, uint8_t *out, size_t room)
{
	return decode_base64(in, true, out, room);
}

TEST(what_is_encoded_is_read_back)
{
	decodes(lines, "aGVs\n  bG8=", "hello");
	decodes(lines, "aGVs\\nbG8", "hello");
	decodes(lines, "\"aGVs\" + \"bG8=\"", "hello");
	decodes(lines, "aGVsb", NULL);
	decodes(lines, "a=b", NULL);
	decodes(decode_hex, "68656C6c6f", "hello");
	decodes(decode_hex, "686", NULL);
	decodes(decode_percent, "p%3Dq%26", "p=q&");
	decodes(decode_percent, "100%", NULL);
	decodes(decode_escapes, "a\\x3db\\u003dc\\075\\\"", "a=b=c=\"");
	decodes(decode_escapes, "\\u{1F511}", "\xf0\x9f\x94\x91");
	decodes(decode_escapes, "\\ud800", "?");
	decodes(decode_escapes, "plain", NULL);
	decodes(decode_quoted_printable, "pass=3Dx=\r\ny", "pass=xy");
	decodes(decode_base32, "NBSWY3DP", "hello");
	decodes(decode_base32, "nb", NULL);
}

static int
count_hit(void *to, const struct secrets_known_hit *hit)
{
	size_t *count = to;

	(void)hit;
	(*count)++;
	return 0;
}

static size_t
hits(const struct secrets_known *known, const char *text)
{
	size_t count = 0;

	(void)secrets_known_scan(known, bytes_text(text), 0, strlen(text), count_hit, &count);
	return count;
}

TEST(a_known_secret_is_found_whatever_stands_around_it)
{
	static const uint8_t key[32] = "a key", other[32] = "another";
	AUTO(secrets_known_free)
	struct secrets_known *known = NULL, *again = NULL;
	AUTO(buf_free)
	struct buf file = BUF_INIT(4096);

	EQ_INT(secrets_known_new(&known, key, NULL), 0);
	EQ_INT(secrets_known_add(known, "db", BYTES_OF("hunter2-hunter3!"), NULL), 0);
	EQ_INT(secrets_known_add(known, "db", BYTES_OF("hunter2-hunter3!"), NULL),
	       SECRETS_KNOWN_SAME);
	EQ_INT(secrets_known_add(known, "db", BYTES_OF("a-b-c-d-e-f-g"), NULL), FAULT_USAGE);
	EQ_INT(secrets_known_add(known, "No", BYTES_OF("hunter2-hunter3"), NULL), FAULT_USAGE);
	EQ_INT(secrets_known_format(known, &file, NULL), 0);
	EQ_INT(secrets_known_parse(&again, buf_bytes(&file), other, NULL), FAULT_TAMPER);
	EQ_INT(secrets_known_parse(&again, buf_bytes(&file), key, NULL), 0);
	EQ_U64(hits(again, "hunter2-hunter3!"), 1);
	EQ_U64(hits(again, "x='hunter2-hunter3!',hunter2-hunter3!"), 2);
	EQ_U64(hits(again, "hunter2-hunter3"), 0);
	EQ_U64(hits(again, "xhunter2-hunter3!"), 0);
	EQ_U64(hits(again, ""), 0);
	EQ_INT(secrets_known_remove(again, "db"), 0);
	EQ_INT(secrets_known_remove(again, "db"), SECRETS_KNOWN_ABSENT);
	EQ_U64(hits(again, "hunter2-hunter3!"), 0);
}

static struct secret_personal_count
personal(enum secret_personal kind, const char *text)
{
	struct secret_personal_count counts[PERSONAL_KINDS] = {0};

	secret_personal_scan(bytes_text(text), 0, strlen(text), 0, counts);
	return counts[kind];
}

TEST(numbers_of_people_have_check_digits)
{
	/* Published examples of each office. */
	static const struct {
		enum secret_personal kind;
		const char *right, *wrong;
	} rows[] = {
	    {PERSONAL_IBAN, "DE89370400440532013000", "DE89370400440532013001"},
	    {PERSONAL_CARD, "4111111111111111", "4111111111111112"},
	    {PERSONAL_EMAIL, "jo@example.org", "@example.org"},
	    {PERSONAL_CPF, "11144477735", "11144477736"},
	    {PERSONAL_PESEL, "44051401359", "44051401358"},
	    {PERSONAL_BSN, "111222333", "111222334"},
	    {PERSONAL_DNI, "12345678Z", "12345678A"},
	    {PERSONAL_CODICE, "RSSMRA85T10A562S", "RSSMRA85T10A562T"},
	    {PERSONAL_NIR, "255081416802538", "255081416802539"},
	    {PERSONAL_STEUERID, "86095742719", "86095742718"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		EQ_U64(personal(rows[i].kind, rows[i].right).right, 1);
		EQ_U64(personal(rows[i].kind, rows[i].wrong).right, 0);
	}
}

static void
put_rows(struct buf *to, size_t count, size_t wrong)
{
	for (size_t i = 0; i < count; i++) {
		char number[32];
		unsigned sum = 0;

		(void)snprintf(number, sizeof(number), "411111%09zu", i * 7919 + 12345678);
		for (size_t k = 0; k < 15; k++) {
			unsigned digit = (unsigned)(number[14 - k] - '0') * (k % 2 == 0 ? 2 : 1);

			sum += digit > 9 ? digit - 9 : digit;
		}
		(void)buf_printf(to, "%zu,%s%u,x\n", i, number,
				 ((100 - sum) + (i < wrong ? 1 : 0)) % 10);
	}
}

TEST(only_a_column_of_right_numbers_is_data_of_people)
{
	static const struct {
		const char *name;
		size_t rows, wrong, findings;
	} cases[] = {{"users.csv", 40, 0, 1},
		     {"users.csv", 5, 0, 0},
		     {"users.csv", 40, 20, 0},
		     {"users.c", 40, 0, 0}};
	struct secret_options options = {.id_key = "key"};
	struct secret_scanner *scanner = NULL;

	EQ_INT(secret_scanner_new(&scanner, &options, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT(65536);
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		detect_kit_init(&kit, &detect_secret);
		kit.detect.options.secrets = scanner;
		put_rows(&text, cases[i].rows, cases[i].wrong);
		EQ_INT(detect_kit_blob(&kit, cases[i].name, BLOB_TEXT, buf_bytes(&text)), 0);
		EQ_INT(detect_kit_end(&kit), 0);
		EQ_U64(kit.findings.count, cases[i].findings);
		if (cases[i].findings > 0)
			OK(detect_kit_finding(&kit, "personal-cards") != NULL);
	}
	secret_scanner_free(&scanner);
}

TEST(a_report_shows_little_of_a_secret)
{
	char out[SECRET_REDACTED_MAX];

	secret_redact(bytes_text("abc"), out);
	EQ_STR(out, "****");
	secret_redact(bytes_text("hunter2hunter2"), out);
	EQ_STR(out, "hu****2");
	secret_redact(bytes_text("0123456789012345678901234567890123456789"), out);
	EQ_STR(out, "0123****6789");
	secret_redact(bytes_text("-----BEGIN RSA PRIVATE KEY-----\nMIIE"), out);
	EQ_STR(out, "-----BEGIN RSA PRIVATE KEY-----");
}
