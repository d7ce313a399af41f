/*
 * about.c - is a file documentation or a test?
 *
 * Knows: names of folders and files.  Does not know: content.
 */
#include "detect/about.h"

#include "base/blob.h"
#include "base/own.h"
#include "base/text.h"

static bool
is_word(struct bytes part, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(part, bytes_text(list[i])))
			return true;
	return false;
}

bool
about_nobody(struct bytes name)
{
	static const char *const folders[] = {
	    "test",      "tests",   "__tests__",  "spec",  "specs",   "testdata",  "fixtures",
	    "fixture",   "example", "examples",   "doc",   "docs",    "demo",      "demos",
	    "benchmark", "bench",   "benchmarks", "mocks", "testing", "__mocks__", "samples"};
	static const char *const endings[] = {".md",    ".markdown", ".rst", ".adoc", ".mdx",
					      ".ipynb", ".1",        ".7",   ".8",    ".5"};
	static const char *const beginnings[] = {"readme",  "changelog", "changes",
						 "history", "news",      "test_",
						 "thanks",  "metadata",  "pkg-info"};
	struct bytes base = blob_basename(name);
	size_t from = 0;

	for (size_t i = 0; i < name.left; i++) {
		if (name.at[i] != '/')
			continue;
		if (is_word(bytes_slice(name, from, i - from), folders, ARRAY_LEN(folders)))
			return true;
		from = i + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (bytes_ends(name, bytes_text(endings[i])))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
		struct bytes word = bytes_text(beginnings[i]);

		if (text_equal_nocase(bytes_slice(base, 0, word.left), word))
			return true;
	}
	return false;
}

bool
about_licences(struct bytes name)
{
	static const char *const words[] = {"license",     "licence", "copying",    "notice",
					    "eula",        "legal",   "thirdparty", "third_party",
					    "third-party", "terms",   "copyright",  "patents"};
	struct bytes base = blob_basename(name);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct bytes word = bytes_text(words[i]);

		for (size_t at = 0; at + word.left <= base.left; at++)
			if (text_equal_nocase(bytes_slice(base, at, word.left), word))
				return true;
	}
	return false;
}
