/*
 * publish_command.c - npm publish, twine upload, skopeo copy, crane push, cargo publish, docker push
 *
 * Knows: which of their words are packages, and which options take a value.
 * Does not know: what is in the packages.
 */
#include "cmd/publish_command.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/own.h"

#define WORDS_MAX 4096

static const char supported[] =
    "understood are: npm publish [FOLDER|FILE.tgz], twine upload FILES, skopeo copy "
    "oci-archive:FILE|docker-archive:FILE DESTINATION, crane push FILE IMAGE, cargo publish, "
    "docker|podman push IMAGE";

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static bool
is(const char *word, const char *what)
{
	return word != NULL && strcmp(word, what) == 0;
}

static bool
ends_with(const char *word, const char *ending)
{
	return bytes_ends(bytes_text(word), bytes_text(ending));
}

static bool
one_of(const char *word, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static int
add_word(struct publish_command *c, struct arena *arena, const char *word, struct fault *fault)
{
	if (c->argc == WORDS_MAX)
		return fault_set(fault, FAULT_USAGE, "more than %d words", WORDS_MAX);
	c->argv[c->argc] = arena_text(arena, word);
	if (c->argv[c->argc++] == NULL)
		return fault_memory(fault);
	return 0;
}

static int
add_file(struct publish_command *c, size_t at, const char *prefix, const char *path,
	 const char *suffix, struct fault *fault)
{
	if (c->files_count == PUBLISH_FILES_AT_ONCE)
		return fault_set(fault, FAULT_USAGE, "more than %d files at once",
				 PUBLISH_FILES_AT_ONCE);
	c->files[c->files_count++] = (struct publish_word){at, prefix, path, suffix};
	return 0;
}

/* ---- npm ---- */

/* Options of npm that take the next word. */
static const char *const npm_values[] = {
    "--tag",
    "--access",
    "--otp",
    "--registry",
    "--userconfig",
    "--globalconfig",
    "--prefix",
    "-C",
    "--cache",
    "--loglevel",
    "--provenance-file",
    "--auth-type",
    "--scope",
    "--cafile",
    "--ca",
    "--cert",
    "--key",
    "--proxy",
    "--https-proxy",
    "--noproxy",
    "--script-shell",
    "--user-agent",
    "--fetch-retries",
    "--location",
};

static const char *const npm_flags[] = {
    "--dry-run", "--provenance", "--json",    "--ignore-scripts",
    "--force",   "-f",           "--verbose", "--silent",
    "-s",        "--quiet",      "-q",        "-d",
    "-dd",       "-ddd",         "--yes",     "-y",
    "--offline",
};

/* An option that is not known may take the next word or not: who guesses sends the wrong thing. */
static int
refuse_unknown(const char *tool, const char *word, const char *next, const char *const flags[],
	       size_t count, struct fault *fault)
{
	if (strchr(word, '=') != NULL || next == NULL || next[0] == '-' ||
	    strncmp(word, "--no-", 5) == 0 || one_of(word, flags, count))
		return 0;
	return fault_set(fault, FAULT_USAGE,
			 "%s: is '%.100s' the value of %.50s? write %.50s=VALUE, or put it last",
			 tool, next, word, word);
}

static int
parse_npm(struct publish_command *c, struct fault *fault)
{
	bool is_file = false;

	for (size_t i = 1; i < c->argc; i++) {
		const char *word = c->argv[i];
		struct stat st;

		if (is(word, "--dry-run"))
			c->dry = true;
		if (is(word, "-w") || strncmp(word, "--workspace", 11) == 0 || is(word, "-ws") ||
		    is(word, "--include-workspace-root"))
			return fault_set(fault, FAULT_USAGE,
					 "npm publish with workspaces: publish each by its folder");
		if (is(word, "--prefix") || is(word, "-C") || strncmp(word, "--prefix=", 9) == 0)
			return fault_set(fault, FAULT_USAGE,
					 "npm publish with %s: go to that folder instead", word);
		if (one_of(word, npm_values, ARRAY_LEN(npm_values))) {
			i++;
			continue;
		}
		if (word[0] == '-') {
			int r = refuse_unknown("npm", word, c->argv[i + 1], npm_flags,
					       ARRAY_LEN(npm_flags), fault);

			if (r < 0)
				return r;
			continue;
		}
		if (c->verb_at == 0) {
			if (!is(word, "publish"))
				return fault_set(fault, FAULT_USAGE, "npm %.50s: %s", word,
						 supported);
			c->verb_at = i;
			continue;
		}
		if (c->files_count > 0 || stat(word, &st) < 0 ||
		    !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
			return fault_set(fault, FAULT_USAGE,
					 "npm publish '%.200s': one folder or file that is there",
					 word);
		is_file = S_ISREG(st.st_mode);
		(void)add_file(c, i, "", word, "", fault);
	}
	if (c->verb_at == 0)
		return fault_set(fault, FAULT_USAGE, "npm: %s", supported);
	c->way = is_file ? PUBLISH_WAY_FILES : PUBLISH_WAY_NPM_PACK;
	return 0;
}

/* ---- twine ---- */

static bool
is_distribution(const char *word)
{
	static const char *const endings[] = {".whl",     ".tar.gz", ".zip",    ".egg",
					      ".tar.bz2", ".tgz",    ".tar.xz", ".tar.Z",
					      ".deb",     ".rpm",    ".exe",    ".msi"};

	for (size_t i = 0; word[0] != '-' && i < ARRAY_LEN(endings); i++)
		if (ends_with(word, endings[i]))
			return true;
	return false;
}

/* Signatures and attestations hold no code. */
static bool
is_beside(const char *word)
{
	return ends_with(word, ".asc") || ends_with(word, ".attestation");
}

/* Options that take the next word. */
static const char *const twine_values[] = {
    "-r",         "--repository", "--repository-url", "--sign-with", "-i",
    "--identity", "-u",           "--username",       "-p",          "--password",
    "-c",         "--comment",    "--config-file",    "--cert",      "--client-cert",
};

static const char *const twine_flags[] = {
    "-s",        "--sign",         "--skip-existing",        "--non-interactive",
    "--verbose", "--attestations", "--disable-progress-bar",
};

static int
expand(struct publish_command *c, const char *pattern, struct arena *arena, struct fault *fault)
{
	glob_t found;
	int r = 0;

	if (glob(pattern, GLOB_NOCHECK, NULL, &found) != 0)
		return fault_set(fault, FAULT_USAGE, "twine upload '%.200s': cannot be read",
				 pattern);
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		r = add_word(c, arena, path, fault);
		if (r < 0 || is_beside(path))
			continue;
		if (!is_distribution(path))
			r = fault_set(fault, FAULT_USAGE, "twine upload '%.200s': no distribution",
				      path);
		else
			r = add_file(c, c->argc - 1, "", c->argv[c->argc - 1], "", fault);
	}
	globfree(&found);
	return r;
}

static int
parse_twine(struct publish_command *c, size_t upload, const char *const words[], size_t count,
	    struct arena *arena, struct fault *fault)
{
	int r = 0;

	c->argc = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (i <= upload || words[i][0] == '-')
			r = add_word(c, arena, words[i], fault);
		else
			r = expand(c, words[i], arena, fault);
		if (r < 0 || i <= upload || words[i][0] != '-' || i + 1 == count)
			continue;
		if (one_of(words[i], twine_values, ARRAY_LEN(twine_values)))
			r = add_word(c, arena, words[++i], fault);
		else
			r = refuse_unknown("twine", words[i], words[i + 1], twine_flags,
					   ARRAY_LEN(twine_flags), fault);
	}
	if (r == 0 && c->files_count == 0)
		r = fault_set(fault, FAULT_USAGE, "twine upload: no file is named");
	c->way = PUBLISH_WAY_FILES;
	return r;
}

/* ---- images ---- */

static int
parse_skopeo(struct publish_command *c, struct arena *arena, struct fault *fault)
{
	static const char *const kinds[] = {"oci-archive:", "docker-archive:"};
	size_t found = 0;

	for (size_t i = 1; i < c->argc; i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			size_t length = strlen(kinds[k]);
			const char *path, *colon;
			int r;

			if (strncmp(c->argv[i], kinds[k], length) != 0)
				continue;
			colon = strchr(c->argv[i] + length, ':');
			path = colon == NULL ? arena_text(arena, c->argv[i] + length)
					     : arena_copy(arena, c->argv[i] + length,
							  (size_t)(colon - c->argv[i]) - length);
			if (path == NULL)
				return fault_memory(fault);
			if (found++ > 0)
				return fault_set(fault, FAULT_USAGE,
						 "skopeo copy: two archives, which one leaves?");
			r = add_file(c, i, kinds[k], path, colon == NULL ? "" : colon, fault);
			if (r < 0)
				return r;
			if (i + 2 != c->argc)
				return fault_set(
				    fault, FAULT_USAGE,
				    "skopeo copy: the archive and its destination must be "
				    "the last two words");
		}
	if (found == 0)
		return fault_set(fault, FAULT_USAGE,
				 "skopeo copy: only oci-archive:FILE and docker-archive:FILE have "
				 "exact bytes to look at");
	c->way = PUBLISH_WAY_FILES;
	return 0;
}

static int
parse_crane(struct publish_command *c, struct fault *fault)
{
	struct stat st;
	size_t at = c->argc - 2;

	if (c->argc < 4 || stat(c->argv[at], &st) < 0 || !S_ISREG(st.st_mode) ||
	    c->argv[c->argc - 1][0] == '-')
		return fault_set(fault, FAULT_USAGE,
				 "crane push: FILE and IMAGE must be the last two words");
	c->way = PUBLISH_WAY_FILES;
	return add_file(c, at, "", c->argv[at], "", fault);
}

static int
parse_push(struct publish_command *c, struct fault *fault)
{
	static const char *const flags[] = {"-q", "--quiet", "--disable-content-trust"};

	for (size_t i = 2; i < c->argc; i++) {
		if (c->argv[i][0] != '-' && c->image_at == 0)
			c->image_at = i;
		else if (!one_of(c->argv[i], flags, ARRAY_LEN(flags)))
			return fault_set(fault, FAULT_USAGE,
					 "%.50s push: '%.100s' is not understood", c->argv[0],
					 c->argv[i]);
	}
	if (c->image_at == 0)
		return fault_set(fault, FAULT_USAGE, "%.50s push: no image is named", c->argv[0]);
	c->way = PUBLISH_WAY_PUSH;
	c->verb_at = 1;
	return 0;
}

int
publish_command_parse(struct publish_command *c, const char *const words[], size_t count,
		      struct arena *arena, struct fault *fault)
{
	const char *program = last_part(words[0]);
	int r = 0;

	memset(c, 0, sizeof(*c));
	c->argv = arena_alloc(arena, (WORDS_MAX + 2) * sizeof(*c->argv));
	if (c->argv == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_word(c, arena, words[i], fault);
	if (r < 0)
		return r;
	if (is(program, "npm"))
		return parse_npm(c, fault);
	if (is(program, "twine") && count > 1 && is(words[1], "upload"))
		return parse_twine(c, 1, words, count, arena, fault);
	if (strncmp(program, "python", 6) == 0 && count > 3 && is(words[1], "-m") &&
	    is(words[2], "twine") && is(words[3], "upload"))
		return parse_twine(c, 3, words, count, arena, fault);
	if (is(program, "skopeo") && count > 1 && is(words[1], "copy"))
		return parse_skopeo(c, arena, fault);
	if (is(program, "crane") && count > 1 && is(words[1], "push"))
		return parse_crane(c, fault);
	if ((is(program, "docker") || is(program, "podman")) && count > 1 && is(words[1], "push"))
		return parse_push(c, fault);
	if (is(program, "cargo") && count > 1 && is(words[1], "publish")) {
		c->way = PUBLISH_WAY_CARGO;
		c->verb_at = 1;
		return 0;
	}
	return fault_set(fault, FAULT_USAGE, "'%.100s%s%.100s' is not understood; %s", words[0],
			 count > 1 ? " " : "", count > 1 ? words[1] : "", supported);
}
