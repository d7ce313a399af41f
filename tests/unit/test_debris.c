/* test_debris.c - proves detect/debris.h and the detector behind it */
#include "examine.h"

#include "base/own.h"
#include "detect/debris.h"
#include "detect/table.h"

/* Random bytes in armour: no key of anybody. */
#define BODY                                                                                       \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"                       \
	"MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n"
#define ARMOUR(kind)                                                                               \
	"-----BEGIN " kind "PRIVATE KEY-----\n" BODY "-----END " kind "PRIVATE KEY-----\n"

static enum debris_rule_id
rule_of_name(const char *inner)
{
	size_t folder;

	return debris_by_name(bytes_text(inner), &folder);
}

static enum debris_rule_id
rule_of_content(const char *name, const char *content)
{
	struct blob blob = {.name = bytes_text(name),
			    .head = bytes_slice(bytes_text(content), 0, BLOB_HEAD_BYTES),
			    .kind = BLOB_TEXT};

	if (!debris_wants_content(&blob))
		return DEBRIS_NONE;
	return debris_by_content(&blob, bytes_text(content));
}

TEST(names_of_folders_and_files_find_their_rule)
{
	EQ_INT(rule_of_name("package/.git/HEAD"), DEBRIS_REPOSITORY);
	EQ_INT(rule_of_name("package/.svn/wc.db"), DEBRIS_REPOSITORY);
	EQ_INT(rule_of_name("package/.git"), DEBRIS_VCS_FILE);
	EQ_INT(rule_of_name("package/.DS_Store"), DEBRIS_OS_LITTER);
	EQ_INT(rule_of_name("package/lib/thumbs.DB"), DEBRIS_OS_LITTER);
	EQ_INT(rule_of_name("package/index.js~"), DEBRIS_BACKUP);
	EQ_INT(rule_of_name("package/index copy.js"), DEBRIS_BACKUP);
	EQ_INT(rule_of_name("package/index.js.bak"), DEBRIS_BACKUP);
	EQ_INT(rule_of_name("package/.nyc_output/1.json"), DEBRIS_COVERAGE);
	EQ_INT(rule_of_name("package/tsconfig.tsbuildinfo"), DEBRIS_BUILD_CACHE);
	EQ_INT(rule_of_name("package/.claude/settings.json"), DEBRIS_ASSISTANT);
	EQ_INT(rule_of_name("package/AGENTS.md"), DEBRIS_ASSISTANT);
	EQ_INT(rule_of_name("package/.aider.chat.history.md"), DEBRIS_ASSISTANT_CHAT);
	EQ_INT(rule_of_name("root/.ssh/known_hosts"), DEBRIS_HOME_FOLDER);
	EQ_INT(rule_of_name("a/b/__pycache__/c.pyc"), DEBRIS_BYTECODE);
}

TEST(names_that_only_resemble_debris_are_none)
{
	EQ_INT(rule_of_name("package/.gitignore"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/git/HEAD"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/lib/backup.js"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/copy.js"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/lib/logger.js"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/.bak"), DEBRIS_NONE);
	EQ_INT(rule_of_name("package/coverage/index.js"), DEBRIS_NONE);
	EQ_INT(rule_of_name(""), DEBRIS_NONE);
	EQ_INT(rule_of_name("package//"), DEBRIS_NONE);
}

TEST(a_key_needs_more_than_its_armour_line)
{
	enum debris_rule_id rule;
	size_t at, length;

	EQ_INT(debris_find_key(BYTES_OF("x\n" ARMOUR("RSA ")), 0, 0, &rule, &at, &length), 0);
	EQ_INT(rule, DEBRIS_PRIVATE_KEY);
	EQ_U64(at, 2);
	EQ_INT(debris_find_key(BYTES_OF(ARMOUR("ENCRYPTED ")), 0, 0, &rule, &at, &length), 0);
	EQ_INT(rule, DEBRIS_ENCRYPTED_KEY);
	EQ_INT(
	    debris_find_key(BYTES_OF("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n" BODY),
			    0, 0, &rule, &at, &length),
	    0);
	EQ_INT(
	    debris_find_key(BYTES_OF("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE "
				     "KEY-----\n"),
			    0, 0, &rule, &at, &length),
	    DEBRIS_MISS);
	EQ_INT(debris_find_key(BYTES_OF("if (s.includes('-----BEGIN PRIVATE KEY-----')) return "
					"parse(s, options, callback, encoding, and so on and on);"),
			       0, 0, &rule, &at, &length),
	       DEBRIS_MISS);
	EQ_INT(debris_find_key(
		   BYTES_OF("\"private_key\": \"-----BEGIN EC PRIVATE KEY-----\\n<key bytes>\\n"
			    "-----END EC PRIVATE KEY-----\\n\",\n" BODY),
		   0, 0, &rule, &at, &length),
	       DEBRIS_MISS);
	EQ_INT(
	    debris_find_key(BYTES_OF("MARKER = ('-----BEGIN RSA PRIVATE KEY-----', '-----END RSA "
				     "PRIVATE KEY-----')\n" BODY),
			    0, 0, &rule, &at, &length),
	    DEBRIS_MISS);
	EQ_INT(
	    debris_find_key(
		BYTES_OF("-----BEGIN RSA PRIVATE KEY-----\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
		0, 0, &rule, &at, &length),
	    DEBRIS_MISS);
	EQ_INT(debris_find_key(BYTES_OF("-----BEGIN PUBLIC KEY-----\n" BODY), 0, 0, &rule, &at,
			       &length),
	       DEBRIS_MISS);
}

TEST(a_key_inside_a_string_literal_is_found)
{
	enum debris_rule_id rule;
	size_t at, length;

	EQ_INT(debris_find_key(
		   BYTES_OF("var k=\"-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIIrYSSNQFaA2H"
			    "wf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqG\\nSM49AwEHoUQDQgAEPR3"
			    "tU2Fta9ktY+6P9G0cWO+0kETA\\n\""),
		   0, 0, &rule, &at, &length),
	       0);
	EQ_U64(at, 7);
	EQ_INT(debris_find_key(
		   BYTES_OF(
		       "k = '-----BEGIN PRIVATE KEY-----\\n' +\n  'MIIEvQIBADANBgkqhkiG9w0BAQEFAAS"
		       "CBKcw' +\n  'ggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4'"),
		   0, 0, &rule, &at, &length),
	       0);
}

TEST(environment_files_are_judged_by_their_values)
{
	EQ_INT(rule_of_content(".env", "DB_PASSWORD=s3cr3tpa55\n"), DEBRIS_ENV_SECRET);
	EQ_INT(rule_of_content(".env.production", "export STRIPE_SECRET_KEY='sk_live_a8f7d6'\n"),
	       DEBRIS_ENV_SECRET);
	EQ_INT(rule_of_content(".env", "DATABASE_URL=postgres://app:hunter22@db/app\n"),
	       DEBRIS_ENV_SECRET);
	EQ_INT(rule_of_content(".env", "# nothing\nPORT=3000\nNODE_ENV=production\n"),
	       DEBRIS_ENV_VALUES);
	EQ_INT(rule_of_content(".env", "API_TOKEN=${TOKEN}\nPASSWORD=changeme\n"),
	       DEBRIS_ENV_VALUES);
	EQ_INT(rule_of_content(".env.example", "API_TOKEN=a8f7d6a8f7d6\n"), DEBRIS_ENV_EXAMPLE);
	EQ_INT(rule_of_content(".env", "this is a text about environments\n"), DEBRIS_NONE);
	EQ_INT(rule_of_content("environment.js", "PASSWORD=s3cr3tpa55\n"), DEBRIS_NONE);
}

TEST(credential_files_are_judged_by_their_values)
{
	EQ_INT(
	    rule_of_content("package/.npmrc", "//registry.example/:_authToken=npm_4f9a8b7c6d5e\n"),
	    DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content("package/.npmrc", "//r/:_authToken=${NPM_TOKEN}\n"),
	       DEBRIS_CREDENTIAL_FILE);
	EQ_INT(rule_of_content("package/.npmrc", "package-lock=false\n"), DEBRIS_CREDENTIAL_FILE);
	EQ_INT(
	    rule_of_content(".pypirc", "[pypi]\nusername = me\npassword = pypi-AgEIcHlwaS5vcmc\n"),
	    DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content(".netrc", "machine h login me password hunter22\n"),
	       DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content("home/.docker/config.json",
			       "{\"auths\":{\"r\":{\"auth\":\"bWU6aHVudGVyMjI=\"}}}"),
	       DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content("home/.docker/config.json", "{\"credsStore\":\"desktop\"}"),
	       DEBRIS_CREDENTIAL_FILE);
	EQ_INT(rule_of_content("lib/config.json", "{\"auth\":\"bWU6aHVudGVyMjI=\"}"), DEBRIS_NONE);
	EQ_INT(rule_of_content(".aws/credentials",
			       "[default]\naws_secret_access_key = wJalrXUtnFEMI\n"),
	       DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content("deploy.yaml",
			       "apiVersion: v1\nkind: Config\nclusters:\n- x\nusers:\n- "
			       "user:\n    token: eyJhbGciOiJSUzI1NiIs\n"),
	       DEBRIS_CREDENTIALS);
	EQ_INT(rule_of_content("a.yaml", "apiVersion: v1\nkind: ConfigMap\nclusters:\n"),
	       DEBRIS_NONE);
}

TEST(database_dumps_are_worse_with_rows)
{
	EQ_INT(rule_of_content("a.txt", "-- MySQL dump 10.13\nINSERT INTO users VALUES (1);\n"),
	       DEBRIS_SQL_DATA);
	EQ_INT(rule_of_content("a.sql", "-- PostgreSQL database dump\nCREATE TABLE x();\n"),
	       DEBRIS_SQL_SCHEMA);
	EQ_INT(rule_of_content("a.sql", "CREATE TABLE x();\nINSERT INTO x VALUES (1);\n"),
	       DEBRIS_NONE);
}

static enum debris_rule_id
rule_of_head(struct bytes head, enum blob_kind kind)
{
	struct blob blob = {.name = BYTES_OF("x"), .head = head, .kind = kind};

	return debris_by_head(&blob);
}

TEST(dumps_are_known_by_their_first_bytes)
{
	uint8_t core[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 4};
	uint8_t program[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 3};

	EQ_INT(rule_of_head(bytes_make(core, 64), BLOB_ELF), DEBRIS_CORE_DUMP);
	EQ_INT(rule_of_head(bytes_make(program, 64), BLOB_ELF), DEBRIS_NONE);
	EQ_INT(rule_of_head(bytes_make(core, 17), BLOB_ELF), DEBRIS_NONE);
	EQ_INT(rule_of_head(BYTES_OF("JAVA PROFILE 1.0.2"), BLOB_BINARY), DEBRIS_HEAP_DUMP);
	EQ_INT(rule_of_head(BYTES_OF("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"), BLOB_BINARY),
	       DEBRIS_CAPTURE);
	EQ_INT(rule_of_head(BYTES_OF("\xd4\xc3\xb2\xa1\x09\x00\x04\x00"), BLOB_BINARY),
	       DEBRIS_NONE);
	EQ_INT(rule_of_head(BYTES_OF("{\n  \"version\": 4,\n  \"terraform_version\": \"1.5\",\n  "
				     "\"lineage\": \"x\"}"),
			    BLOB_TEXT),
	       DEBRIS_TERRAFORM_STATE);
}

TEST(a_store_of_certificates_is_not_a_store_of_keys)
{
	uint8_t store[] = {0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0};
	struct blob blob = {.name = BYTES_OF("cacerts"),
			    .head = bytes_make(store, sizeof(store)),
			    .kind = BLOB_KEYSTORE};

	OK(debris_wants_content(&blob));
	EQ_INT(debris_by_content(&blob, blob.head), DEBRIS_TRUSTSTORE);
	store[15] = 1;
	EQ_INT(debris_by_content(&blob, blob.head), DEBRIS_KEYSTORE);
}

TEST(what_blocks_is_told_file_by_file_and_the_rest_once)
{
	const struct finding *found;
	struct examined e;

	examine_begin(&e, "p.tgz");
	examine_file(&e, &detect_debris, "package/package.json", BYTES_OF("{\"name\":\"p\"}"));
	examine_file(&e, &detect_debris, "package/a.pem", BYTES_OF(ARMOUR("RSA ")));
	examine_file(&e, &detect_debris, "package/b.pem", BYTES_OF("\n\n" ARMOUR("EC ")));
	examine_file(&e, &detect_debris, "package/test/c.pem", BYTES_OF(ARMOUR("")));
	for (int i = 0; i < 5; i++)
		examine_file(&e, &detect_debris, arena_printf(&e.arena, "package/%d/.DS_Store", i),
			     BYTES_OF("\0Bud1"));
	EQ_INT(examine_end(&e, &detect_debris), 0);

	found = examine_found(&e, "private-key", 0);
	NEED(found != NULL);
	EQ_STR(found->path, "p.tgz!/package/a.pem");
	EQ_INT(found->severity, SEVERITY_CRITICAL);
	OK(found->discloses);
	HAS_STR(found->fix, ".npmignore");
	found = examine_found(&e, "private-key", 1);
	NEED(found != NULL);
	EQ_U64(found->at.first_line, 3);
	found = examine_found(&e, "private-key", 2);
	NEED(found != NULL);
	EQ_INT(found->severity, SEVERITY_LOW);
	OK(!found->discloses);
	found = examine_found(&e, "os-litter", 0);
	NEED(found != NULL);
	EQ_U64(found->count, 5);
	HAS_STR(found->title, "5 files");
	HAS_STR(found->fix, "`.DS_Store`");
	OK(examine_found(&e, "os-litter", 1) == NULL);
	EQ_U64(e.findings.count, 4);
	examine_free(&e);
}

TEST(a_repository_is_one_finding_bound_to_all_its_files)
{
	const struct finding *found;
	char first_id[17];
	struct examined e;

	for (int round = 0; round < 2; round++) {
		examine_begin(&e, "p.zip");
		examine_file(&e, &detect_debris, "p/.git/HEAD", BYTES_OF("ref: refs/heads/main\n"));
		examine_file(&e, &detect_debris, "p/.git/config", BYTES_OF("[core]\n"));
		examine_file(&e, &detect_debris, "p/sub/.hg/store/x", BYTES_OF("x"));
		if (round == 1)
			examine_file(&e, &detect_debris, "p/.git/index", BYTES_OF("DIRC"));
		EQ_INT(examine_end(&e, &detect_debris), 0);
		found = examine_found(&e, "repository", 0);
		NEED(found != NULL);
		HAS_STR(found->title, "p/.git/");
		EQ_U64(found->count, round == 0 ? 2 : 3);
		if (round == 0)
			memcpy(first_id, found->id, sizeof(first_id));
		else
			OK(strcmp(first_id, found->id) != 0);
		EQ_U64(e.findings.count, 2);
		examine_free(&e);
	}
}

TEST(a_bare_repository_is_known_by_what_stands_side_by_side)
{
	const struct finding *found;
	struct examined e;

	examine_begin(&e, "p.zip");
	examine_file(&e, &detect_debris, "srv/app/HEAD", BYTES_OF("ref: refs/heads/main\n"));
	examine_file(&e, &detect_debris, "srv/app/config", BYTES_OF("[core]\n\tbare = true\n"));
	examine_file(&e, &detect_debris, "srv/app/objects/aa/bb", BYTES_OF("x"));
	examine_file(&e, &detect_debris, "srv/app/refs/heads/main", BYTES_OF("x"));
	examine_file(&e, &detect_debris, "srv/other/HEAD", BYTES_OF("x"));
	EQ_INT(examine_end(&e, &detect_debris), 0);
	found = examine_found(&e, "bare-repository", 0);
	NEED(found != NULL);
	EQ_STR(found->path, "p.zip!/srv/app/HEAD");
	EQ_U64(e.findings.count, 1);
	examine_free(&e);
}

TEST(a_key_across_windows_is_found_once_wherever_they_part)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)1 << 20);

	for (int i = 0; i < 100; i++)
		(void)buf_append_text(&text, "filler filler filler\n");
	(void)buf_append_text(&text, ARMOUR("RSA "));
	for (int i = 0; i < 100; i++)
		(void)buf_append_text(&text, "filler filler filler\n");
	for (size_t step = 40; step < 900; step += 37) {
		struct examined e;

		examine_begin(&e, "p.zip");
		e.window_bytes = step;
		examine_file(&e, &detect_debris, "a.txt", buf_bytes(&text));
		EQ_U64(e.facts.marks_count, 1);
		EQ_U64(e.facts.marks[0].at_bytes, 2100);
		EQ_U64(e.facts.marks[0].value, 1);
		examine_free(&e);
	}
}

TEST(an_empty_input_has_no_debris)
{
	struct examined e;

	examine_begin(&e, "p.zip");
	EQ_INT(examine_end(&e, &detect_debris), 0);
	EQ_U64(e.findings.count, 0);
	examine_free(&e);
}
