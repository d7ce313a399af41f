/*
 * npm_glob.h - patterns as npm reads them in "files", .npmignore and .gitignore
 *
 * Not the grammar of gitignore: letters match both ways, {a,b} and {1..3} are spelled out, +(a|b)
 * and its kin are known, "**" stands for one or more names only as a whole name, a pattern without
 * a slash is tried on the last name, and a match may be partial: could something below this folder
 * match?  What to include must be decided exactly as npm does, so this follows its behaviour, odd
 * corners too; tests/publish-npm.sh compares.
 *
 * Cost: names are matched by sets of positions, so no pattern is exponential.
 */
#ifndef PUBLISH_NPM_GLOB_H
#define PUBLISH_NPM_GLOB_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

/* Alternatives that the braces of one pattern spell out; what is past it does not match. */
#define NPM_GLOB_BRACES_MAX 1024
/* Bytes of a pattern; a longer one matches nothing (npm refuses it). */
#define NPM_GLOB_BYTES_MAX 65536
/* Names in a path that are matched; deeper ones match nothing. */
#define NPM_GLOB_NAMES_MAX 256

struct npm_glob_set;

struct npm_glob {
	bool negate;   /* an odd number of '!' in front */
	bool relative; /* an alternative has one name only: tried on last names further down */
	struct npm_glob_set *sets;
	size_t sets_count;
};

/* Compile one line, already trimmed, neither empty nor a comment; lives in `arena`. */
int npm_glob_compile(struct npm_glob *glob, struct bytes pattern, struct arena *arena,
		     struct fault *fault);

/* A path as its names.  `lead`: it is written with a '/' in front; `trail`: with one behind. */
struct npm_path {
	const struct bytes *names;
	size_t count;
	bool lead, trail;
};

/* Does it match, '!' left aside?  `partial`: or could a path that continues it? */
bool npm_glob_match(const struct npm_glob *glob, const struct npm_path *path, bool partial);

/* The alternatives of the braces in a pattern, in the order they are written.  *out is an array in
 * `arena`. */
int npm_glob_braces(struct bytes pattern, struct bytes **out, size_t *count, struct arena *arena,
		    struct fault *fault);

#endif
