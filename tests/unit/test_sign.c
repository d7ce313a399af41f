/* Proves seal/key.h and seal/sign.h.  Keys are drawn while it runs: none lies in the tree. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "seal/sign.h"
#include "tap.h"

static const uint8_t master[SIGN_MASTER_BYTES] = {1, 2, 3};

/* PEM of a fresh key; `what` as EVP_PKEY_Q_keygen has it. */
static void
draw(const char *what, const char *group, struct buf *private, struct buf *public)
{
	EVP_PKEY *pkey = group == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, what)
				       : EVP_PKEY_Q_keygen(NULL, NULL, what, group);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long count;

	(void)PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	count = BIO_get_mem_data(bio, &text);
	(void)buf_append(private, text, (size_t)count);
	(void)BIO_reset(bio);
	(void)PEM_write_bio_PUBKEY(bio, pkey);
	count = BIO_get_mem_data(bio, &text);
	(void)buf_append(public, text, (size_t)count);
	(void)BIO_free(bio);
	EVP_PKEY_free(pkey);
}

/* A key of this kind signs, its public half says so, and a flipped bit anywhere does not pass. */
static void
round_trip(const char *what, const char *group, enum key_type type)
{
	AUTO(buf_free)
	struct buf private = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf public = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf again = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(signer_close)
	struct signer *signer = NULL;
	struct key_public key, own;
	uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
	char message[] = "what is signed";
	struct fault fault = FAULT_INIT;
	size_t count = 0;

	draw(what, group, &private, &public);
	NEED(EQ_INT(signer_from_pem(&signer, buf_bytes(&private), &fault), 0));
	NEED(EQ_INT(key_public_parse(&key, buf_bytes(&public), &fault), 0));
	NEED(OK(signer_public(signer, &own)));
	EQ_INT(key.type, type);
	OK(memcmp(&own, &key, sizeof(key)) == 0);
	EQ_INT(key_public_format(&key, &again), 0);
	EQ_STR(buf_text(&again), buf_text(&public));
	NEED(EQ_INT(signer_sign(signer, bytes_text(message), signature, &count, &fault), 0));
	EQ_INT(key_public_verify(&key, bytes_text(message), bytes_make(signature, count), NULL), 0);
	for (size_t bit = 0; bit < 8 * count; bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (key_public_verify(&key, bytes_text(message), bytes_make(signature, count),
				      NULL) != FAULT_TAMPER)
			FAIL("bit %zu of the signature does not matter", bit);
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * strlen(message); bit++) {
		struct bytes text = bytes_make(message, sizeof(message) - 1);

		message[bit / 8] ^= (char)(1 << bit % 8);
		if (key_public_verify(&key, text, bytes_make(signature, count), NULL) !=
		    FAULT_TAMPER)
			FAIL("bit %zu of the message does not matter", bit);
		message[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < count; cut++)
		EQ_INT(
		    key_public_verify(&key, bytes_text(message), bytes_make(signature, cut), NULL),
		    FAULT_TAMPER);
}

TEST(an_ed25519_key_signs_and_no_bit_may_change)
{
	round_trip("ED25519", NULL, KEY_ED25519);
}

TEST(a_p256_key_signs_and_no_bit_may_change)
{
	round_trip("EC", "P-256", KEY_ECDSA_P256);
}

TEST(other_kinds_of_keys_are_refused_by_name)
{
	static const struct {
		const char *what, *group;
	} kinds[] = {{"EC", "P-384"}, {"X25519", NULL}, {"ED448", NULL}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf private = BUF_INIT(KEY_FILE_BYTES_MAX);
		AUTO(buf_free)
		struct buf public = BUF_INIT(KEY_FILE_BYTES_MAX);
		AUTO(signer_close)
		struct signer *signer = NULL;
		struct fault fault = FAULT_INIT;
		struct key_public key;

		draw(kinds[i].what, kinds[i].group, &private, &public);
		EQ_INT(signer_from_pem(&signer, buf_bytes(&private), &fault), FAULT_USAGE);
		HAS_STR(fault.text, "Ed25519 and ECDSA P-256");
		EQ_INT(key_public_parse(&key, buf_bytes(&public), &fault), FAULT_USAGE);
	}
}

TEST(a_receiver_is_not_asked_to_hold_a_private_key)
{
	AUTO(buf_free)
	struct buf private = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf public = BUF_INIT(KEY_FILE_BYTES_MAX);
	struct fault fault = FAULT_INIT;
	struct key_public key;

	draw("ED25519", NULL, &private, &public);
	EQ_INT(key_public_parse(&key, buf_bytes(&private), &fault), FAULT_USAGE);
	HAS_STR(fault.text, "private key");
}

TEST(what_is_no_key_is_refused)
{
	static const char *const texts[] = {
	    "", "hello", "-----BEGIN PUBLIC KEY-----\n",
	    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	    "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(signer_close)
		struct signer *signer = NULL;
		struct key_public key;

		EQ_INT(key_public_parse(&key, bytes_text(texts[i]), NULL), FAULT_USAGE);
		EQ_INT(signer_from_pem(&signer, bytes_text(texts[i]), NULL), FAULT_USAGE);
	}
}

TEST(a_point_beside_the_curve_is_refused)
{
	uint8_t point[65] = {4};
	struct key_public key;

	point[33] = 1;
	EQ_INT(key_public_from_p256(&key, bytes_make(point, sizeof(point)), NULL), FAULT_FORMAT);
	EQ_INT(key_public_from_p256(&key, bytes_make(point, 33), NULL), FAULT_FORMAT);
}

TEST(the_key_of_a_master_is_always_the_same)
{
	AUTO(signer_close)
	struct signer *one = NULL;
	AUTO(signer_close)
	struct signer *two = NULL;
	struct key_public a, b;
	char id[KEY_ID_TEXT];

	NEED(EQ_INT(signer_from_master(&one, master, NULL), 0));
	NEED(EQ_INT(signer_from_master(&two, master, NULL), 0));
	OK(signer_public(one, &a) && signer_public(two, &b));
	OK(memcmp(&a, &b, sizeof(a)) == 0);
	EQ_INT(key_public_id(&a, id, NULL), 0);
	/* It may not change: verdicts signed years ago are checked with it. */
	EQ_STR(id, "74f483f3838e8bbd7b5a02fefa9797e2eaed50969b4cecf3d4a90b944a215f0a");
}

TEST(a_command_signs_without_a_shell)
{
	AUTO(signer_close)
	struct signer *signer = NULL;
	uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
	struct fault fault = FAULT_INIT;
	size_t count = 0;

	/* base64 of the message itself: what came in is what goes out. */
	NEED(EQ_INT(signer_from_command(&signer, "  base64   -w 0 ", NULL, &fault), 0));
	NEED(EQ_INT(signer_sign(signer, BYTES_OF("sixty-four"), signature, &count, &fault), 0));
	EQ_BYTES(bytes_make(signature, count), BYTES_OF("sixty-four"));
	OK(!signer_public(signer, &(struct key_public){0}));
}

TEST(a_command_that_does_not_sign_is_told)
{
	static const struct {
		const char *command;
		int code;
		const char *says;
	} cases[] = {
	    {"/nonexistent/signer", FAULT_USAGE, "No such file"},
	    {"false", FAULT_IO, "exit code 1"},
	    {"true", FAULT_FORMAT, "base64"},
	    {"echo not/base64!", FAULT_FORMAT, "base64"},
	    {"echo $(id)", FAULT_FORMAT, "base64"},
	    {"yes", FAULT_LIMIT, "more than a signature"},
	    {" ", FAULT_USAGE, "no command"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(signer_close)
		struct signer *signer = NULL;
		uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
		struct fault fault = FAULT_INIT;
		size_t count = 0;

		NEED(EQ_INT(signer_from_command(&signer, cases[i].command, NULL, &fault), 0));
		EQ_INT(signer_sign(signer, BYTES_OF("x"), signature, &count, &fault),
		       cases[i].code);
		HAS_STR(fault.text, cases[i].says);
	}
}

TEST(a_command_that_signs_with_another_key_is_not_believed)
{
	AUTO(signer_close)
	struct signer *one = NULL;
	AUTO(signer_close)
	struct signer *two = NULL;
	uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
	struct key_public key;
	size_t count;

	NEED(EQ_INT(signer_from_master(&one, master, NULL), 0));
	OK(signer_public(one, &key));
	NEED(EQ_INT(signer_from_command(&two, "base64", &key, NULL), 0));
	EQ_INT(signer_sign(two, BYTES_OF("x"), signature, &count, NULL), FAULT_TAMPER);
}

TEST(an_allocation_that_fails_leaves_no_half_signer)
{
	AUTO(buf_free)
	struct buf private = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf public = BUF_INIT(KEY_FILE_BYTES_MAX);

	draw("ED25519", NULL, &private, &public);
	EACH_FAILED_ALLOC
	{
		AUTO(signer_close)
		struct signer *signer = NULL;
		int r = signer_from_pem(&signer, buf_bytes(&private), NULL);

		OK(r == 0 || (r == FAULT_MEMORY && signer == NULL));
	}
}

TEST(a_pkcs11_address_that_is_not_understood_is_refused)
{
	static const char *const uris[] = {
	    "pkcs11",
	    "pkcs11:",
	    "pkcs11:token=T",
	    "pkcs11:object=%4",
	    "pkcs11:object=%zz",
	    "pkcs11:object=a%00b",
	    "pkcs11:object",
	    "pkcs11:object=k;colour=red",
	    "pkcs11:object=k;type=public",
	    "pkcs11:object=k;slot-id=x",
	    "pkcs11:object=k?module-path=relative.so",
	    "pkcs11:object=k?module-path=/nonexistent.so",
	};

	for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
		AUTO(signer_close)
		struct signer *signer = NULL;

		EQ_INT(signer_from_pkcs11(&signer, uris[i], NULL, NULL), FAULT_USAGE);
	}
}

TEST(a_pin_is_never_repeated_in_a_message)
{
	AUTO(signer_close)
	struct signer *signer = NULL;
	struct fault fault = FAULT_INIT;

	EQ_INT(signer_from_pkcs11(&signer, "pkcs11:object=k?pin-value=s3cr%zzet", NULL, &fault),
	       FAULT_USAGE);
	OK(strstr(fault.text, "s3cr") == NULL);
}

/* ---- a token in software ---- */

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static bool
run(const char *const words[])
{
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t child;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
	if (posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ) == 0)
		(void)waitpid(child, &status, 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	return status == 0;
}

static void
token_signs(const char *root, const char *what, const char *group, const char *label,
	    const char *id)
{
	AUTO(buf_free)
	struct buf private = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf public = BUF_INIT(KEY_FILE_BYTES_MAX);
	AUTO(signer_close)
	struct signer *signer = NULL;
	struct fault fault = FAULT_INIT;
	struct key_public key;
	uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
	char path[128], uri[256];
	size_t count = 0;

	draw(what, group, &private, &public);
	(void)snprintf(path, sizeof(path), "%s/key.pem", root);
	NEED(EQ_INT(file_write_all(path, buf_bytes(&private), 0600, NULL), 0));
	NEED(OK(run((const char *const[]){"softhsm2-util", "--import", path, "--token", "ship",
					  "--label", label, "--id", id, "--pin", "1234", NULL})));
	NEED(EQ_INT(key_public_parse(&key, buf_bytes(&public), NULL), 0));
	(void)snprintf(uri, sizeof(uri), "pkcs11:token=ship;object=%s?module-path=" SOFTHSM, label);
	EQ_INT(signer_from_pkcs11(&signer, uri, "9999", &fault), FAULT_IO);
	HAS_STR(fault.text, "wrong PIN");
	EQ_INT(signer_from_pkcs11(&signer, uri, NULL, &fault),
	       FAULT_USAGE); /* hidden without PIN */
	if (!EQ_INT(signer_from_pkcs11(&signer, uri, "1234", &fault), 0)) {
		tap_note("%s", fault.text);
		return;
	}
	NEED(EQ_INT(signer_sign(signer, BYTES_OF("by a token"), signature, &count, &fault), 0));
	EQ_INT(key_public_verify(&key, BYTES_OF("by a token"), bytes_make(signature, count), NULL),
	       0);
}

TEST(a_key_on_a_token_signs)
{
	char root[] = "/tmp/stopwater-token.XXXXXX";
	char path[128], text[256];

	if (access(SOFTHSM, R_OK) != 0)
		SKIP("softhsm2 is not installed");
	NEED(OK(mkdtemp(root) != NULL));
	(void)snprintf(path, sizeof(path), "%s/tokens", root);
	NEED(OK(mkdir(path, 0700) == 0));
	(void)snprintf(text, sizeof(text), "directories.tokendir = %s/tokens\n", root);
	(void)snprintf(path, sizeof(path), "%s/conf", root);
	NEED(EQ_INT(file_write_all(path, bytes_text(text), 0600, NULL), 0));
	(void)setenv("SOFTHSM2_CONF", path, 1);
	if (OK(run((const char *const[]){"softhsm2-util", "--init-token", "--free", "--label",
					 "ship", "--pin", "1234", "--so-pin", "5678", NULL}))) {
		token_signs(root, "EC", "P-256", "curve", "01");
		token_signs(root, "ED25519", NULL, "edwards", "02");
	}
	(void)run((const char *const[]){"rm", "-rf", root, NULL});
}
