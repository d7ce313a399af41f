/*
 * profile.h - which findings block: one ordered list of lines for each place a thing may go to
 *
 * The first line that fits a finding decides it.  Built in: `public-release`, `partner`,
 * `internal`; a [policy.NAME] table in a configuration file of the caller puts lines of its own in
 * front of one of them (docs/policy.md).
 */
#ifndef POLICY_PROFILE_H
#define POLICY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/settings.h"
#include "detect/finding.h"

#define PROFILE_PUBLIC   "public-release"
#define PROFILE_PARTNER  "partner"
#define PROFILE_INTERNAL "internal"

/* What a line asks of a finding; all that is set must hold. */
struct profile_line {
	const char *what;       /* "debris/private-key", "debris/" and star, or "*" */
	enum severity severity; /* from this one on */
	bool discloses;         /* only what discloses */
	bool when_public;       /* only where the owner declared the sources public */
	bool at_home;           /* only where every asset that was recognised lives here */
	bool blocks;            /* what the line says */
	const char *why;        /* half a sentence for people: "what discloses does not leave" */
	const char *where;      /* "public-release" or "stopwater.toml:12" */
};

struct profile {
	const char *name;
	const struct profile_line *lines;
	size_t count;
};

/* What the owner declared; lent. */
struct profile_facts {
	bool is_public;
	const char *const *home;
	size_t home_count;
};

/* The built-in profile of that name, or NULL. */
const struct profile *profile_builtin(const char *name);

/* The profile as `settings` (may be NULL) change it, in `arena`.  FAULT_USAGE for an unknown name
 * or a wrong table, with file and line. */
int profile_load(struct profile *out, const char *name, const struct settings *settings,
		 struct arena *arena, struct fault *fault);

/* The line that decides `finding`: never NULL, because the last line of a profile takes all. */
const struct profile_line *profile_decide(const struct profile *profile,
					  const struct profile_facts *facts,
					  const struct finding *finding);

/* Does "detector/rule" fit the pattern?  A star at the end fits any rest. */
bool profile_fits(const char *pattern, const char *detector, const char *rule);

/* The built-in profiles as the tables of docs/policy.md. */
int profile_describe(struct buf *to);

#endif
