/*
 * foreign_config.c - settings of leak scanners inside what is scanned: told, never obeyed
 *
 * Knows: their names, ours and those of others.  Does not know: what is in them; who packs an
 * archive must not choose how it is judged.
 */
#include "detect/table.h"

#include <string.h>

/* A name that begins with '/' is the end of a path, else it is the whole base name. */
static const char *const names[] = {
    "stopwater.toml",    "/.stopwater/suppressions", "/.stopwater/baseline", ".gitleaks.toml",
    ".gitleaksignore",   ".secrets.baseline",        ".secretlintrc",        ".secretlintrc.json",
    ".secretlintignore", ".gitguardian.yaml",        ".gitguardian.yml",     ".talismanrc",
};

static bool
is_config(struct bytes name)
{
	struct bytes base = blob_basename(name);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct bytes wanted = bytes_text(names[i]);
		bool is_end = wanted.at[0] == '/';

		if (!is_end && bytes_equal(base, wanted))
			return true;
		/* "/.stopwater/baseline", or the same at the very front. */
		if (is_end && name.left >= wanted.left &&
		    memcmp(name.at + name.left - wanted.left, wanted.at, wanted.left) == 0)
			return true;
		if (is_end && name.left == wanted.left - 1 &&
		    memcmp(name.at, wanted.at + 1, name.left) == 0)
			return true;
	}
	return false;
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	if (detect->options.is_current_project || blob->derived || blob->object != NULL ||
	    !is_config(blob->name))
		return DETECT_NOTHING;
	return DETECT_HEAD;
}

static int
end(struct detect_run *run, void *state, struct fault *fault)
{
	struct bytes base = blob_basename(bytes_text(run->blob->path));
	struct finding finding = {
	    .rule = "foreign-config",
	    .severity = SEVERITY_INFO,
	    .title = arena_printf(run->arena, "settings of a leak scanner inside: %.*s",
				  (int)(base.left < 256 ? base.left : 256), (const char *)base.at),
	    .why = "they are not obeyed: who packs a thing does not choose how it is judged",
	};

	(void)state;
	if (finding.title == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_suppression, &finding, fault);
}

const struct detector detect_suppression = {
    .name = "suppression",
    .finds = "settings of leak scanners inside the input; suppressions that end or are not needed",
    .docs = "detectors/suppression.md",
    .wants = wants,
    .end = end,
};
