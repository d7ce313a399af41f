/*
 * package.h - what kind of package an input is, by the manifests found in it
 *
 * What keeps a file out is a line in another file for each kind; so detectors that say how to mend
 * a package ask here.
 */
#ifndef DETECT_PACKAGE_H
#define DETECT_PACKAGE_H

#include "detect/facts.h"

enum package_kind {
	PACKAGE_OTHER,
	PACKAGE_NPM,
	PACKAGE_WHEEL,
	PACKAGE_SDIST,
	PACKAGE_CRATE,
	PACKAGE_NUGET,
	PACKAGE_MAVEN,
	PACKAGE_GEM,
	PACKAGE_DEB,
	PACKAGE_IMAGE,
};

/* "npm package", "wheel", ... */
const char *package_kind_name(enum package_kind kind);

/* The manifest nearest to the root decides.  *manifest (may be NULL) is it, or NULL for
 * PACKAGE_OTHER.  After facts_sort(). */
enum package_kind package_kind_of(const struct input_facts *facts,
				  const struct fact_manifest **manifest);

/* The folder that the manifest stands in, with its '/': "package/", "" for none. */
struct bytes package_root(const struct fact_manifest *manifest);

/* One sentence: the exact line that keeps `pattern` (gitignore spelling) out of such a package.
 * In `arena`; NULL out of memory. */
const char *package_fix(struct arena *arena, enum package_kind kind, const char *pattern);

#endif
