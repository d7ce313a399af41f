/*
 * secret_path.c - what a file's name says about the values in it
 *
 * Knows: names of files and folders.  Does not know: content.
 */
#include "detect/secret_path.h"

#include "base/blob.h"
#include "base/own.h"
#include "base/text.h"
#include "detect/about.h"
#include "detect/secret_value.h"

static bool
ends(struct bytes name, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]);

		if (name.left >= length &&
		    text_equal_nocase(bytes_slice(name, name.left - length, length),
				      bytes_text(list[i])))
			return true;
	}
	return false;
}

static bool
begins(struct bytes name, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]);

		if (name.left >= length &&
		    text_equal_nocase(bytes_slice(name, 0, length), bytes_text(list[i])))
			return true;
	}
	return false;
}

#define ENDS(name, list)   ends((name), (list), ARRAY_LEN(list))
#define BEGINS(name, list) begins((name), (list), ARRAY_LEN(list))

static bool
is_settings(struct bytes name, struct bytes base)
{
	static const char *const endings[] = {
	    ".env",          ".ini",        ".cfg",        ".conf",
	    ".config",       ".cnf",        ".properties", ".yml",
	    ".yaml",         ".toml",       ".tf",         ".tfvars",
	    ".tfstate",      ".netrc",      ".pgpass",     ".npmrc",
	    ".pypirc",       ".htpasswd",   ".reg",        ".rc",
	    ".sh",           ".bash",       ".zsh",        ".bat",
	    ".cmd",          ".ps1",        ".dockerfile", ".plist",
	    ".esmtprc",      "credentials", "_netrc",      ".remote-sync.json",
	    ".ftpconfig",    "dockercfg",   ".pwd",        ".rdp",
	    ".ovpn",         ".my.cnf",     ".bashrc",     ".bash_profile",
	    ".profile",      ".zshrc",      ".s3cfg",      ".boto",
	    "passwords.txt", "secrets.txt", ".secret",     ".hgrc",
	};
	static const char *const beginnings[] = {".env",    "dockerfile", "docker-compose",
						 "config",  "settings",   "credentials",
						 "secrets", ".git-cred"};

	(void)name;
	return ENDS(base, endings) || BEGINS(base, beginnings);
}

static bool
is_lock(struct bytes base)
{
	static const char *const endings[] = {
	    "package-lock.json",
	    "yarn.lock",
	    "npm-shrinkwrap.json",
	    ".lock",
	    "go.sum",
	    "pnpm-lock.yaml",
	    ".lockb",
	    "packages.lock.json",
	    ".sum",
	    "checksums.txt",
	    "sha256sums",
	    "sha1sums",
	    "md5sums",
	    "sha512sums",
	    ".sha256",
	    ".md5",
	    ".sha1",
	    "gradle.lockfile",
	    "verification-metadata.xml",
	    "package.resolved",
	    ".lock.json",
	};

	return ENDS(base, endings);
}

static bool
is_texts(struct bytes name, struct bytes base)
{
	static const char *const endings[] = {".po",   ".pot",   ".resx", ".strings",    ".arb",
					      ".xlf",  ".xliff", ".mo",   "strings.xml", ".ftl",
					      ".lang", ".resw",  ".srt",  ".vtt"};
	static const char *const folders[] = {"/locale/", "/locales/", "/i18n/",
					      "/lang/",   "/langs/",   "/translations/",
					      "/l10n/",   "/nls/",     "/languages/"};

	if (ENDS(base, endings))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (secret_has_word(name, folders[i]) ||
		    (name.left > strlen(folders[i]) &&
		     text_equal_nocase(bytes_slice(name, 0, strlen(folders[i]) - 1),
				       bytes_text(folders[i] + 1))))
			return true;
	return false;
}

static bool
is_made(struct bytes name, struct bytes base)
{
	static const char *const endings[] = {".min.js", ".min.css",   ".map",      ".css",
					      ".svg",    ".bundle.js", ".chunk.js", ".wasm",
					      ".snap",   ".pb.go",     ".csv.gz"};

	(void)name;
	return ENDS(base, endings);
}

/* selftest, wintest, test-data, integration_tests, FooTest.java, foo_spec.rb; not latest, contest. */
static bool
is_test_word(struct bytes part)
{
	static const char *const words[] = {"test",      "tests",    "testing", "testcase",
					    "testcases", "testdata", "spec",    "specs",
					    "fixture",   "fixtures", "mock",    "mocks",
					    "cassettes", "e2e",      "fuzz",    "fuzzing"};
	static const char *const others[] = {"latest",   "contest", "attest", "fastest",
					     "greatest", "protest", "inspec", "openspec"};
	struct bytes stem = part;
	ptrdiff_t dot = bytes_find(part, BYTES_OF("."));

	if (dot > 0)
		stem = bytes_slice(part, 0, (size_t)dot);
	if (stem.left == 0)
		return false;
	if (text_equal_nocase(stem, BYTES_OF("t")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (text_equal_nocase(stem, bytes_text(others[i])))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct bytes word = bytes_text(words[i]);
		size_t rest;

		if (stem.left < word.left)
			continue;
		rest = stem.left - word.left;
		/* At its end, or at its front with a sign behind it. */
		if (text_equal_nocase(bytes_slice(stem, rest, word.left), word) &&
		    (word.left > 3 || rest == 0))
			return true;
		if (text_equal_nocase(bytes_slice(stem, 0, word.left), word) &&
		    (rest == 0 || !text_is_alnum(stem.at[word.left])))
			return true;
	}
	return secret_has_word(part, ".test.") || secret_has_word(part, ".spec.") ||
	       secret_has_word(part, "test-") || secret_has_word(part, "testprogs") ||
	       text_equal_nocase(bytes_slice(stem, 0, 5), BYTES_OF("test_"));
}

static bool
is_test(struct bytes name)
{
	size_t from = 0;

	for (size_t i = 0; i <= name.left; i++) {
		if (i < name.left && name.at[i] != '/')
			continue;
		if (is_test_word(bytes_slice(name, from, i - from)))
			return true;
		from = i + 1;
	}
	return false;
}

unsigned
secret_path_look(struct bytes name)
{
	static const char *const data[] = {".csv",  ".tsv", ".sql", ".jsonl", ".ndjson", ".dump",
					   ".psql", ".mdf", ".xls", ".ldif",  ".vcf"};
	static const char *const docs[] = {".md",    ".markdown", ".rst", ".adoc", ".mdx",
					   ".ipynb", ".txt",      ".1",   ".5",    ".7",
					   ".8",     ".html",     ".tex", ".pod"};
	static const char *const samples[] = {
	    ".example", ".sample",      ".dist",       ".template",     ".tpl", ".tmpl", "-example",
	    "-sample",  ".example.yml", ".sample.yml", ".example.json", ".j2",  ".erb"};
	static const char *const hashes[] = {"shadow", "htpasswd", "master.passwd", "passwd"};
	struct bytes base = blob_basename(name);
	unsigned path = 0;

	if (is_settings(name, base))
		path |= SECRET_PATH_SETTINGS;
	if (ENDS(base, docs))
		path |= SECRET_PATH_DOC;
	else if (about_nobody(name) || is_test(name))
		path |= SECRET_PATH_TEST;
	if (is_lock(base))
		path |= SECRET_PATH_LOCK;
	if (is_texts(name, base))
		path |= SECRET_PATH_TEXTS;
	if (is_made(name, base))
		path |= SECRET_PATH_MADE;
	if (ENDS(base, hashes))
		path |= SECRET_PATH_HASHES;
	if (ENDS(base, data))
		path |= SECRET_PATH_DATA;
	if (ENDS(base, samples) || secret_has_word(base, "example") ||
	    secret_has_word(base, "sample"))
		path |= SECRET_PATH_SAMPLE;
	return path;
}
