/* Proves seal/dsse.h and seal/statement.h. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "seal/dsse.h"
#include "seal/statement.h"
#include "tap.h"

static const uint8_t master[SIGN_MASTER_BYTES] = {7};
static const char *const detectors[] = {"debris", "source-map"};
static const struct statement_subject subject = {"acme-1.2.tgz", {1, 2, 3}};

static struct statement
example(void)
{
	struct statement s = {
	    .subjects = &subject,
	    .subjects_count = 1,
	    .verdict = "pass",
	    .profile = "public-release",
	    .tool_version = "0.1.0",
	    .time = "2026-11-24T00:00:00Z",
	    .detectors = detectors,
	    .detectors_count = 2,
	    .has_policy = true,
	    .policy_sha256 = {9},
	    .coverage = {4, 100, 1000, 900, 60, 40},
	};

	return s;
}

/* An envelope around `payload`, signed by the key of `master`. */
static bool
sealed(struct buf *to, struct key_public *key, const char *payload)
{
	AUTO(signer_close)
	struct signer *signer = NULL;

	return EQ_INT(signer_from_master(&signer, master, NULL), 0) &&
	       OK(signer_public(signer, key)) &&
	       EQ_INT(dsse_sign(to, signer, DSSE_TYPE_IN_TOTO, bytes_text(payload), NULL), 0);
}

/* Parse and verify: what a receiver does. */
static int
accept(struct bytes envelope, const struct key_public *key)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	struct dsse dsse;
	int r = dsse_parse(&dsse, envelope, &arena, NULL);

	return r < 0 ? r : dsse_verify(&dsse, key, NULL);
}

TEST(the_pae_is_the_one_of_the_specification)
{
	AUTO(buf_free)
	struct buf pae = BUF_INIT(256);

	EQ_INT(dsse_pae(&pae, "http://example.com/HelloWorld", BYTES_OF("hello world")), 0);
	EQ_STR(buf_text(&pae), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(an_envelope_is_read_back_and_believed)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	struct key_public key;
	struct dsse dsse;

	NEED(sealed(&envelope, &key, "{\"a\":1}"));
	NEED(EQ_INT(dsse_parse(&dsse, buf_bytes(&envelope), &arena, NULL), 0));
	EQ_STR(dsse.type, DSSE_TYPE_IN_TOTO);
	EQ_BYTES(dsse.payload, BYTES_OF("{\"a\":1}"));
	EQ_U64(dsse.signatures_count, 1);
	EQ_INT(dsse_verify(&dsse, &key, NULL), 0);
	key_public_from_ed25519(&key, master);
	EQ_INT(dsse_verify(&dsse, &key, NULL), FAULT_TAMPER);
}

TEST(no_bit_of_an_envelope_may_change)
{
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	struct key_public key;

	NEED(sealed(&envelope, &key, "{\"a\":1}"));
	EQ_INT(accept(buf_bytes(&envelope), &key), 0);
	for (size_t bit = 0; bit < 8 * envelope.used; bit++) {
		int r;

		envelope.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = accept(buf_bytes(&envelope), &key);
		if (r != FAULT_TAMPER && r != FAULT_FORMAT)
			FAIL("bit %zu of byte %zu, now '%c', does not matter: %d", bit % 8, bit / 8,
			     envelope.at[bit / 8], r);
		envelope.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

TEST(an_envelope_that_is_cut_is_refused_everywhere)
{
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	struct key_public key;

	NEED(sealed(&envelope, &key, "{}"));
	for (size_t cut = 0; cut + 1 < envelope.used; cut++)
		EQ_INT(accept(bytes_make(envelope.at, cut), &key), FAULT_FORMAT);
}

TEST(what_is_no_envelope_is_refused)
{
	static const char *const texts[] = {
	    "null",
	    "[]",
	    "{}",
	    "{\"payload\":\"e30=\",\"payloadType\":\"t\"}",
	    "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[]}",
	    "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{}]}",
	    "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
	    "{\"payload\":\"e30\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"}]}",
	    "{\"payload\":\"e31=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"}]}",
	    "{\"payload\":\"e30 =\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"}]}",
	    "{\"payload\":\"e30=\",\"payloadType\":1,\"signatures\":[{\"sig\":\"AA==\"}]}",
	    "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"}],\"x\":"
	    "1}",
	    "{\"payload\":\"e30=\",\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{"
	    "\"sig\":\"AA==\"}]}",
	};
	struct key_public key = {.type = KEY_ED25519};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!EQ_INT(accept(bytes_text(texts[i]), &key), FAULT_FORMAT))
			tap_note("%s", texts[i]);
}

TEST(url_safe_base64_is_understood_as_the_specification_demands)
{
	struct key_public key = {.type = KEY_ED25519};

	EQ_INT(accept(BYTES_OF("{\"payload\":\"_-8=\",\"payloadType\":\"t\",\"signatures\":[{"
			       "\"sig\":\"AA==\"}]}"),
		      &key),
	       FAULT_TAMPER);
	EQ_INT(accept(BYTES_OF("{\"payload\":\"_+8=\",\"payloadType\":\"t\",\"signatures\":[{"
			       "\"sig\":\"AA==\"}]}"),
		      &key),
	       FAULT_FORMAT);
}

TEST(too_many_signatures_are_refused)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 16);
	struct key_public key = {.type = KEY_ED25519};

	(void)buf_append_text(&text,
			      "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[");
	for (int i = 0; i <= DSSE_SIGNATURES_MAX; i++)
		(void)buf_printf(&text, "%s{\"sig\":\"AA==\"}", i == 0 ? "" : ",");
	(void)buf_append_text(&text, "]}");
	EQ_INT(accept(buf_bytes(&text), &key), FAULT_FORMAT);
}

TEST(an_envelope_survives_every_failed_allocation)
{
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	struct key_public key;

	NEED(sealed(&envelope, &key, "{}"));
	EACH_FAILED_ALLOC
	{
		int r = accept(buf_bytes(&envelope), &key);

		OK(r == 0 || (r < 0 && tap_alloc_refused()));
	}
}

TEST(a_statement_says_what_it_should_and_no_more)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(STATEMENT_BYTES_MAX);
	struct statement s = example();

	EQ_INT(statement_write(&s, &text, NULL), 0);
	EQ_STR(
	    buf_text(&text),
	    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"coverage\":{"
	    "\"blobs\":4,\"examined_bytes\":900,\"input_bytes\":100,\"not_examined_bytes\":40,"
	    "\"skipped_bytes\":60,\"unpacked_bytes\":1000},\"detectors\":[\"debris\",\"source-map\""
	    "],\"policy\":{\"sha256\":\"09000000000000000000000000000000000000000000000000000000000"
	    "00000\"},\"profile\":\"public-release\",\"time\":\"2026-11-24T00:00:00Z\",\"tool\":{"
	    "\"name\":\"stopwater\",\"version\":\"0.1.0\"},\"verdict\":\"pass\"},\"predicateType\":"
	    "\"urn:stopwater:verdict:v1\",\"subject\":[{\"digest\":{\"sha256\":\"010203000000000000"
	    "0000000000000000000000000000000000000000000000\"},\"name\":\"acme-1.2.tgz\"}]}");
}

TEST(a_statement_is_read_back)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	AUTO(buf_free)
	struct buf text = BUF_INIT(STATEMENT_BYTES_MAX);
	AUTO(buf_free)
	struct buf again = BUF_INIT(STATEMENT_BYTES_MAX);
	struct statement s = example(), got;

	EQ_INT(statement_bind_register(&s, BYTES_OF("digest"), "2026-11-01T00:00:00Z", NULL), 0);
	EQ_INT(statement_write(&s, &text, NULL), 0);
	NEED(EQ_INT(statement_read(&got, buf_bytes(&text), &arena, NULL), 0));
	EQ_STR(got.register_date, "2026-11-01T00:00:00Z");
	EQ_INT(statement_write(&got, &again, NULL), 0);
	EQ_BYTES(buf_bytes(&again), buf_bytes(&text));
	OK(statement_subject(&got, subject.sha256) != NULL);
	OK(statement_subject(&got, s.register_sha256) == NULL);
}

TEST(two_verdicts_do_not_tell_that_the_register_was_the_same)
{
	struct statement a = example(), b = example();

	EQ_INT(statement_bind_register(&a, BYTES_OF("digest"), "2026-11-01T00:00:00Z", NULL), 0);
	EQ_INT(statement_bind_register(&b, BYTES_OF("digest"), "2026-11-01T00:00:00Z", NULL), 0);
	OK(memcmp(a.register_sha256, b.register_sha256, HASH_SHA256_BYTES) != 0);
}

TEST(a_statement_of_another_kind_is_refused)
{
	static const char *const changes[][2] = {
	    {"Statement/v1", "Statement/v2"},
	    {"urn:stopwater:verdict:v1", "urn:stopwater:verdict:v2"},
	    {"\"stopwater\"", "\"sandwater\""},
	    {"\"verdict\":\"pass\"", "\"verdikt\":\"pass\""},
	    {"2026-11-24T00", "2026-13-24T00"},
	    {"\"blobs\":4", "\"blobs\":-"},
	    {"\"blobs\":4", "\"blubs\":4"},
	    {"\"sha256\":\"0102", "\"sha256\":\"01zz"},
	    {"\"sha256\":\"0900", "\"sha512\":\"0900"},
	    {"\"detectors\":[", "\"detektors\":["},
	};
	AUTO(buf_free)
	struct buf text = BUF_INIT(STATEMENT_BYTES_MAX);
	struct statement s = example(), got;

	EQ_INT(statement_write(&s, &text, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO(arena_free)
		struct arena arena = ARENA_INIT((size_t)4 << 20);
		AUTO(own_free)
		char *changed = strdup(buf_text(&text));
		char *at = changed == NULL ? NULL : strstr(changed, changes[i][0]);

		NEED(OK(at != NULL));
		memcpy(at, changes[i][1], strlen(changes[i][1]));
		if (!EQ_INT(statement_read(&got, bytes_text(changed), &arena, NULL), FAULT_FORMAT))
			tap_note("%s", changes[i][1]);
	}
}
