/*
 * package.c - what kind of package an input is
 *
 * Knows: which manifest says which kind, and how each kind is told to leave a file out.
 * Does not know: what the manifests say.
 */
#include "detect/package.h"

#include <string.h>

#include "base/own.h"

static const struct {
	const char *base; /* "*x": ends with x */
	enum package_kind kind;
} manifests[] = {
    /* Where several stand at the same depth, the first here decides: a wheel often holds a
       package.json, an npm package never a dist-info. */
    {"METADATA", PACKAGE_WHEEL},      {"PKG-INFO", PACKAGE_SDIST},
    {"package.json", PACKAGE_NPM},    {"Cargo.toml", PACKAGE_CRATE},
    {"*.nuspec", PACKAGE_NUGET},      {"pom.properties", PACKAGE_MAVEN},
    {"metadata.gz", PACKAGE_GEM},     {"metadata", PACKAGE_GEM},
    {"control", PACKAGE_DEB},         {"oci-layout", PACKAGE_IMAGE},
    {"*.gemspec", PACKAGE_GEM},       {"repositories", PACKAGE_IMAGE},
    {"manifest.json", PACKAGE_IMAGE}, {"pyproject.toml", PACKAGE_SDIST},
};

const char *
package_kind_name(enum package_kind kind)
{
	static const char *const kinds[] = {
	    [PACKAGE_OTHER] = "package",      [PACKAGE_NPM] = "npm package",
	    [PACKAGE_WHEEL] = "wheel",        [PACKAGE_SDIST] = "source distribution",
	    [PACKAGE_CRATE] = "crate",        [PACKAGE_NUGET] = "NuGet package",
	    [PACKAGE_MAVEN] = "Java archive", [PACKAGE_GEM] = "gem",
	    [PACKAGE_DEB] = "Debian package", [PACKAGE_IMAGE] = "container image",
	};

	return kinds[kind];
}

struct bytes
package_root(const struct fact_manifest *manifest)
{
	struct bytes inner = bytes_text(manifest->inner);

	return bytes_slice(inner, 0, inner.left - blob_basename(inner).left);
}

static bool
is_named(struct bytes base, const char *want)
{
	return want[0] == '*' ? bytes_ends(base, bytes_text(want + 1))
			      : bytes_equal(base, bytes_text(want));
}

/* A manifest.json is an image's only when it begins as docker save writes it: a list. */
static bool
is_of_kind(const struct fact_manifest *manifest, size_t row)
{
	struct bytes base = blob_basename(bytes_text(manifest->inner));

	if (!is_named(base, manifests[row].base))
		return false;
	if (strcmp(manifests[row].base, "manifest.json") == 0)
		return bytes_begins(manifest->content, BYTES_OF("[{\"Config\""));
	if (strcmp(manifests[row].base, "METADATA") == 0)
		return bytes_find(bytes_text(manifest->inner), BYTES_OF(".dist-info/")) >= 0;
	if (strcmp(manifests[row].base, "metadata") == 0)
		return bytes_find(manifest->content, BYTES_OF("Gem::Specification")) >= 0;
	return true;
}

static size_t
depth_of(const char *inner)
{
	size_t depth = 0;

	for (; *inner != '\0'; inner++)
		depth += *inner == '/';
	return depth;
}

enum package_kind
package_kind_of(const struct input_facts *facts, const struct fact_manifest **manifest)
{
	const struct fact_manifest *best = NULL;
	size_t best_depth = 3, best_row = ARRAY_LEN(manifests);

	for (size_t i = 0; i < facts->manifests_count; i++) {
		const struct fact_manifest *one = &facts->manifests[i];
		size_t depth = depth_of(one->inner);

		for (size_t row = 0; depth <= best_depth && row < ARRAY_LEN(manifests); row++)
			if ((depth < best_depth || row < best_row) && is_of_kind(one, row)) {
				best = one;
				best_depth = depth;
				best_row = row;
				break;
			}
	}
	if (manifest != NULL)
		*manifest = best;
	return best == NULL ? PACKAGE_OTHER : manifests[best_row].kind;
}

const char *
package_fix(struct arena *arena, enum package_kind kind, const char *pattern)
{
	size_t length = strlen(pattern);
	bool folder = length > 1 && pattern[length - 1] == '/';

	switch (kind) {
	case PACKAGE_NPM:
		return arena_printf(
		    arena,
		    "add the line `%s` to .npmignore, or `\"!**/%s\"` to \"files\" in "
		    "package.json",
		    pattern, pattern);
	case PACKAGE_WHEEL:
	case PACKAGE_SDIST:
		if (folder)
			return arena_printf(
			    arena,
			    "add the line `prune **/%.*s` to MANIFEST.in and to the "
			    "excludes of your build backend",
			    (int)(length - 1), pattern);
		return arena_printf(arena,
				    "add the line `global-exclude %s` to MANIFEST.in and to the "
				    "excludes of your build backend",
				    pattern);
	case PACKAGE_CRATE:
		return arena_printf(arena, "add `\"%s\"` to `exclude` in Cargo.toml", pattern);
	case PACKAGE_NUGET:
		return arena_printf(arena,
				    "add `<Content Remove=\"**/%s\" />` to the project file, or an "
				    "`exclude` to <file> in the .nuspec",
				    pattern);
	case PACKAGE_MAVEN:
		return arena_printf(arena,
				    "add `<exclude>**/%s</exclude>` to the resources and the jar "
				    "plugin of the pom",
				    pattern);
	case PACKAGE_GEM:
		return arena_printf(arena, "leave `%s` out of `spec.files` in the .gemspec",
				    pattern);
	case PACKAGE_IMAGE:
		return arena_printf(arena, "add the line `**/%s` to .dockerignore and build again",
				    pattern);
	case PACKAGE_DEB:
		return arena_printf(arena, "add `-X%s` to dh_install in debian/rules", pattern);
	case PACKAGE_OTHER:
		break;
	}
	return arena_printf(arena, "leave `%s` out when packing", pattern);
}
