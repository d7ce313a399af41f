/*
 * debris_names.c - which names of files and folders are debris
 *
 * Knows: names, whole, by beginning or by end, without regard to case.
 * Does not know: content.  A name that only content can judge (.env, .npmrc, *.pem) is not here.
 */
#include "detect/debris.h"

#include "base/own.h"
#include "base/text.h"

enum name_match {
	IN_FOLDER, /* a folder above the file */
	NAMED,     /* the file itself, all of its name */
	BEGINS,
	ENDS,
};

struct name {
	enum name_match match;
	const char *text; /* lower case */
	enum debris_rule_id rule;
};

/* First match wins, so what is worse stands first. */
/* clang-format off */
static const struct name names[] = {
	{IN_FOLDER, ".git", DEBRIS_REPOSITORY}, {IN_FOLDER, ".hg", DEBRIS_REPOSITORY},
	{IN_FOLDER, ".svn", DEBRIS_REPOSITORY}, {IN_FOLDER, ".bzr", DEBRIS_REPOSITORY},
	{IN_FOLDER, ".jj", DEBRIS_REPOSITORY}, {IN_FOLDER, ".sl", DEBRIS_REPOSITORY},
	{IN_FOLDER, "_darcs", DEBRIS_REPOSITORY},
	{IN_FOLDER, ".ssh", DEBRIS_HOME_FOLDER}, {IN_FOLDER, ".gnupg", DEBRIS_HOME_FOLDER},
	{IN_FOLDER, ".aws", DEBRIS_HOME_FOLDER}, {IN_FOLDER, ".kube", DEBRIS_HOME_FOLDER},
	{IN_FOLDER, ".password-store", DEBRIS_HOME_FOLDER},
	{IN_FOLDER, ".specstory", DEBRIS_ASSISTANT_CHAT},
	{IN_FOLDER, ".claude", DEBRIS_ASSISTANT}, {IN_FOLDER, ".cursor", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".windsurf", DEBRIS_ASSISTANT}, {IN_FOLDER, ".continue", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".codex", DEBRIS_ASSISTANT}, {IN_FOLDER, ".gemini", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".copilot", DEBRIS_ASSISTANT}, {IN_FOLDER, ".aider", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".roo", DEBRIS_ASSISTANT}, {IN_FOLDER, ".cline", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".kiro", DEBRIS_ASSISTANT}, {IN_FOLDER, ".junie", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".amazonq", DEBRIS_ASSISTANT}, {IN_FOLDER, ".opencode", DEBRIS_ASSISTANT},
	{IN_FOLDER, ".github", DEBRIS_CI}, {IN_FOLDER, ".gitlab", DEBRIS_CI},
	{IN_FOLDER, ".circleci", DEBRIS_CI}, {IN_FOLDER, ".buildkite", DEBRIS_CI},
	{IN_FOLDER, ".azure-pipelines", DEBRIS_CI}, {IN_FOLDER, ".semaphore", DEBRIS_CI},
	{IN_FOLDER, ".husky", DEBRIS_CI}, {IN_FOLDER, ".changeset", DEBRIS_CI},
	{IN_FOLDER, ".idea", DEBRIS_EDITOR}, {IN_FOLDER, ".vscode", DEBRIS_EDITOR},
	{IN_FOLDER, ".vs", DEBRIS_EDITOR}, {IN_FOLDER, ".settings", DEBRIS_EDITOR},
	{IN_FOLDER, ".fleet", DEBRIS_EDITOR}, {IN_FOLDER, ".zed", DEBRIS_EDITOR},
	{IN_FOLDER, "__macosx", DEBRIS_OS_LITTER},
	{IN_FOLDER, ".nyc_output", DEBRIS_COVERAGE}, {IN_FOLDER, "lcov-report", DEBRIS_COVERAGE},
	{IN_FOLDER, "htmlcov", DEBRIS_COVERAGE},
	{IN_FOLDER, "__pycache__", DEBRIS_BYTECODE},
	{IN_FOLDER, ".ipynb_checkpoints", DEBRIS_CHECKPOINT},
	{IN_FOLDER, ".terraform", DEBRIS_TERRAFORM},
	{IN_FOLDER, ".venv", DEBRIS_VIRTUALENV}, {IN_FOLDER, ".virtualenv", DEBRIS_VIRTUALENV},
	{IN_FOLDER, ".parcel-cache", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".turbo", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".cache", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".gradle", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".pytest_cache", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".tox", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".mypy_cache", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".nox", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".ruff_cache", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".nx", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".hypothesis", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".vercel", DEBRIS_BUILD_CACHE},
	{IN_FOLDER, ".serverless", DEBRIS_BUILD_CACHE}, {IN_FOLDER, ".netlify", DEBRIS_BUILD_CACHE},

	{NAMED, ".git", DEBRIS_VCS_FILE}, {NAMED, "_fossil_", DEBRIS_VCS_FILE},
	{NAMED, ".fslckout", DEBRIS_VCS_FILE}, {NAMED, ".hgsub", DEBRIS_VCS_FILE},
	{NAMED, ".bash_history", DEBRIS_HISTORY_FILE}, {NAMED, ".zsh_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".python_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".node_repl_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".mysql_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".psql_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".sqlite_history", DEBRIS_HISTORY_FILE},
	{NAMED, ".irb_history", DEBRIS_HISTORY_FILE},
	{BEGINS, ".aider.chat.history", DEBRIS_ASSISTANT_CHAT},
	{BEGINS, ".aider.input.history", DEBRIS_ASSISTANT_CHAT},
	{BEGINS, ".aider.llm.history", DEBRIS_ASSISTANT_CHAT},
	{BEGINS, ".aider", DEBRIS_ASSISTANT}, {NAMED, "claude.md", DEBRIS_ASSISTANT},
	{NAMED, "claude.local.md", DEBRIS_ASSISTANT}, {NAMED, "agents.md", DEBRIS_ASSISTANT},
	{NAMED, "agent.md", DEBRIS_ASSISTANT}, {NAMED, "gemini.md", DEBRIS_ASSISTANT},
	{NAMED, ".cursorrules", DEBRIS_ASSISTANT}, {NAMED, ".cursorignore", DEBRIS_ASSISTANT},
	{NAMED, ".windsurfrules", DEBRIS_ASSISTANT}, {NAMED, ".clinerules", DEBRIS_ASSISTANT},
	{NAMED, ".copilotignore", DEBRIS_ASSISTANT}, {NAMED, ".mcp.json", DEBRIS_ASSISTANT},
	{NAMED, ".gitlab-ci.yml", DEBRIS_CI}, {NAMED, ".travis.yml", DEBRIS_CI},
	{NAMED, ".appveyor.yml", DEBRIS_CI}, {NAMED, "appveyor.yml", DEBRIS_CI},
	{NAMED, ".drone.yml", DEBRIS_CI}, {NAMED, ".cirrus.yml", DEBRIS_CI},
	{NAMED, "azure-pipelines.yml", DEBRIS_CI}, {NAMED, "jenkinsfile", DEBRIS_CI},
	{NAMED, "bitbucket-pipelines.yml", DEBRIS_CI}, {NAMED, ".woodpecker.yml", DEBRIS_CI},
	{ENDS, ".iml", DEBRIS_EDITOR}, {ENDS, ".sublime-workspace", DEBRIS_EDITOR},
	{ENDS, ".code-workspace", DEBRIS_EDITOR}, {NAMED, ".classpath", DEBRIS_EDITOR},
	{ENDS, ".suo", DEBRIS_EDITOR}, {ENDS, ".csproj.user", DEBRIS_EDITOR},
	{ENDS, ".vcxproj.user", DEBRIS_EDITOR}, {NAMED, ".netrwhist", DEBRIS_EDITOR},
	{NAMED, ".ds_store", DEBRIS_OS_LITTER}, {NAMED, "thumbs.db", DEBRIS_OS_LITTER},
	{NAMED, "desktop.ini", DEBRIS_OS_LITTER}, {NAMED, "ehthumbs.db", DEBRIS_OS_LITTER},
	{BEGINS, "._", DEBRIS_OS_LITTER}, {NAMED, ".directory", DEBRIS_OS_LITTER},
	{BEGINS, ".fuse_hidden", DEBRIS_OS_LITTER}, {BEGINS, ".nfs0", DEBRIS_OS_LITTER},
	{ENDS, "~", DEBRIS_BACKUP}, {ENDS, ".bak", DEBRIS_BACKUP}, {ENDS, ".orig", DEBRIS_BACKUP},
	{ENDS, ".old", DEBRIS_BACKUP}, {ENDS, ".backup", DEBRIS_BACKUP}, {ENDS, ".rej", DEBRIS_BACKUP},
	{BEGINS, "copy of ", DEBRIS_BACKUP}, {BEGINS, ".#", DEBRIS_BACKUP},
	{NAMED, ".coverage", DEBRIS_COVERAGE}, {BEGINS, ".coverage.", DEBRIS_COVERAGE},
	{NAMED, "lcov.info", DEBRIS_COVERAGE}, {NAMED, "coverage-final.json", DEBRIS_COVERAGE},
	{NAMED, "clover.xml", DEBRIS_COVERAGE}, {ENDS, ".gcda", DEBRIS_COVERAGE},
	{ENDS, ".gcno", DEBRIS_COVERAGE}, {ENDS, ".profraw", DEBRIS_COVERAGE},
	{NAMED, "npm-debug.log", DEBRIS_LOG}, {NAMED, "yarn-debug.log", DEBRIS_LOG},
	{NAMED, "yarn-error.log", DEBRIS_LOG}, {NAMED, "pnpm-debug.log", DEBRIS_LOG},
	{NAMED, "lerna-debug.log", DEBRIS_LOG}, {BEGINS, "hs_err_pid", DEBRIS_LOG},
	{ENDS, ".log", DEBRIS_LOG}, {NAMED, "nohup.out", DEBRIS_LOG},
	{ENDS, ".tsbuildinfo", DEBRIS_BUILD_CACHE}, {NAMED, ".eslintcache", DEBRIS_BUILD_CACHE},
	{NAMED, ".stylelintcache", DEBRIS_BUILD_CACHE}, {NAMED, ".ninja_log", DEBRIS_BUILD_CACHE},
	{NAMED, ".ninja_deps", DEBRIS_BUILD_CACHE}, {NAMED, "cmakecache.txt", DEBRIS_BUILD_CACHE},
	{NAMED, "pyvenv.cfg", DEBRIS_VIRTUALENV},
	{ENDS, ".tfvars", DEBRIS_TERRAFORM}, {ENDS, ".tfvars.json", DEBRIS_TERRAFORM},
};
/* clang-format on */

static bool
begins_nocase(struct bytes name, const char *text)
{
	size_t length = strlen(text);

	return name.left >= length &&
	       text_equal_nocase(bytes_slice(name, 0, length), bytes_make(text, length));
}

static bool
ends_nocase(struct bytes name, const char *text)
{
	size_t length = strlen(text);

	/* ".bak" alone is a name of its own, not the backup of something. */
	return name.left > length &&
	       text_equal_nocase(bytes_slice(name, name.left - length, length),
				 bytes_make(text, length));
}

static bool
matches(const struct name *name, struct bytes part)
{
	switch (name->match) {
	case IN_FOLDER:
	case NAMED:
		return text_lower(part.at[0]) == (uint8_t)name->text[0] &&
		       text_equal_nocase(part, bytes_text(name->text));
	case BEGINS:
		return begins_nocase(part, name->text);
	case ENDS:
		return ends_nocase(part, name->text);
	}
	return false;
}

/* Copies that file managers make: "x copy.js", "x (1).js", "x - Copy.js". */
static bool
is_copy(struct bytes part)
{
	size_t stem = part.left;

	while (stem > 0 && part.at[stem - 1] != '.')
		stem--;
	part.left = stem > 1 ? stem - 1 : part.left;
	return ends_nocase(part, " copy") || ends_nocase(part, " - copy") ||
	       ends_nocase(part, " (1)") || ends_nocase(part, " (2)");
}

static enum debris_rule_id
rule_of(struct bytes part, bool folder)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((names[i].match == IN_FOLDER) == folder && matches(&names[i], part))
			return names[i].rule;
	return !folder && is_copy(part) ? DEBRIS_BACKUP : DEBRIS_NONE;
}

enum debris_rule_id
debris_by_name(struct bytes inner, size_t *folder_bytes)
{
	size_t from = 0;

	*folder_bytes = 0;
	for (size_t i = 0; i < inner.left; i++) {
		enum debris_rule_id rule;

		if (inner.at[i] != '/')
			continue;
		rule = i > from ? rule_of(bytes_slice(inner, from, i - from), true) : DEBRIS_NONE;
		if (rule != DEBRIS_NONE) {
			*folder_bytes = i;
			return rule;
		}
		from = i + 1;
	}
	if (from == inner.left)
		return DEBRIS_NONE;
	return rule_of(bytes_slice(inner, from, inner.left - from), false);
}

static const char *const test_folders[] = {
    "test",      "tests",     "testing",    "__tests__", "testdata",  "test-data", "test_data",
    "spec",      "specs",     "fixture",    "fixtures",  "example",   "examples",  "demo",
    "demos",     "sample",    "samples",    "doc",       "docs",      "mock",      "mocks",
    "__mocks__", "benchmark", "benchmarks", "tutorial",  "tutorials", "templates", "template",
};

static const char *const test_words[] = {"test",     "example", "dummy",
					 "snakeoil", "sample",  "fixture"};

static bool
is_test_folder(struct bytes part)
{
	for (size_t i = 0; i < ARRAY_LEN(test_folders); i++)
		if (text_equal_nocase(part, bytes_text(test_folders[i])))
			return true;
	return false;
}

/* A word of a file's name: "server.test.pem", "test_keys.py", but not "contest.pem". */
static bool
has_test_word(struct bytes part)
{
	size_t from = 0;

	for (size_t i = 0; i <= part.left; i++) {
		if (i < part.left && text_is_alnum(part.at[i]))
			continue;
		for (size_t w = 0; w < ARRAY_LEN(test_words); w++)
			if (text_equal_nocase(bytes_slice(part, from, i - from),
					      bytes_text(test_words[w])))
				return true;
		from = i + 1;
	}
	return false;
}

bool
debris_in_test_folder(struct bytes inner)
{
	size_t from = 0;
	struct bytes base;

	for (size_t i = 0; i < inner.left; i++) {
		if (inner.at[i] != '/')
			continue;
		if (is_test_folder(bytes_slice(inner, from, i - from)))
			return true;
		from = i + 1;
	}
	base = bytes_slice(inner, from, inner.left - from);
	return has_test_word(base) || ends_nocase(base, ".md") || ends_nocase(base, ".rst") ||
	       ends_nocase(base, ".adoc");
}
