/*
 * mend.h - a package without what blocks, and the same bytes otherwise
 *
 *	AUTO(mend_plan_free) struct mend_plan *plan = NULL;
 *	r = mend_plan_new(&plan, fault);
 *	r = mend_plan_add(plan, "package/dist/app.js.map", MEND_DROP, "source-map", fault);
 *	r = mend_package(plan, in, out, &limits, fault);	in the jail
 *	if (r == MEND_CANNOT)
 *		plan->cannot says why
 *
 * Rewritten are tar, tar.gz (npm, crate, sdist), zip (wheel, jar), and a single script, wasm module or
 * ELF program, which is planned for as the member "".  Members that stay keep their
 * order, names, modes, times and bytes; nothing is stamped with the present, so equal packages and
 * plans give equal bytes.  Whether the result is clean a new scan says, not this.
 */
#ifndef MEND_MEND_H
#define MEND_MEND_H

#include "base/arena.h"
#include "base/budget.h"
#include "detect/finding.h"

/* An answer: it cannot be mended by leaving things out; plan->cannot is one sentence. */
#define MEND_CANNOT 1

enum mend_action {
	MEND_DROP, /* the member goes, with links to it and references to it as a source map */
	MEND_CUT,  /* scripts and styles: their sourceMappingURL comments; wasm: names and debug
		      sections; ELF: debug sections */
};

struct mend_item {
	const char *member; /* in display form: "package/cli.js.map" */
	const char *why;    /* the detector that wants it */
	enum mend_action action;
	bool done;
};

struct mend_plan {
	struct arena arena;
	struct mend_item *items; /* sorted by member, one for each */
	size_t count, room;
	bool
	    strip; /* debug sections go from every ELF program and library: findings name the first */
	uint64_t references; /* sourceMappingURL comments, wasm and ELF sections that were cut */
	const char *single;  /* mend_bytes() is given this member alone; NULL: a package */
	char cannot[FAULT_TEXT_MAX];
};

int mend_plan_new(struct mend_plan **out, struct fault *fault);
void mend_plan_free(struct mend_plan **plan);

/* Add or, where the member is planned for already, take the stronger of both.  1: nothing new. */
int mend_plan_add(struct mend_plan *plan, const char *member, enum mend_action action,
		  const char *why, struct fault *fault);

/* What a blocking finding in the input `input` asks for; `again`: cutting did not help.  1: nothing
 * new.  MEND_CANNOT: no member is named, or leaving it out is no remedy (debug information inside a
 * program). */
int mend_plan_finding(struct mend_plan *plan, const struct finding *finding, const char *input,
		      bool again, struct fault *fault);

struct mend_item *mend_plan_find(const struct mend_plan *plan, const char *member);

/* Takes a piece of the new package. */
typedef int mend_write_fn(void *to, struct bytes piece, struct fault *fault);

/* In this process: fuzz targets and tests.  0, MEND_CANNOT, or FAULT_FORMAT when the package is not
 * whole, FAULT_LIMIT, ... */
int mend_bytes(struct mend_plan *plan, struct bytes package, const struct limits *limits,
	       mend_write_fn *write, void *to, struct fault *fault);

/* A folder, or of it the `files` (NULL: all), copied to `out`, an empty folder: without what the plan
 * drops, with what it cuts, with modes and times of files; links as they are, also when what they
 * point to goes.  What is cut, and the manifest, is read in children like mend_package()'s.  What
 * stays behind after an error is the caller's to remove. */
int mend_folder(struct mend_plan *plan, int folder, const char *const files[], size_t count,
		int out, const struct limits *limits, struct fault *fault);

/* In a child that can read `in` (a regular file), write to `out` no more than twice as much and
 * 64 MiB, and do nothing else. */
int mend_package(struct mend_plan *plan, int in, int out, const struct limits *limits,
		 struct fault *fault);

#endif
