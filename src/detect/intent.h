/*
 * intent.h - what a package means to ship, and what it does ship
 *
 * Two things say what is meant: the package's own manifest, and the version before.  The detector
 * (intent.c) tells where the artifact goes beyond either; intent_compare() is the comparison by
 * itself, for the one line that reports end with.
 */
#ifndef DETECT_INTENT_H
#define DETECT_INTENT_H

#include "detect/detect.h"
#include "detect/facts.h"
#include "detect/package.h"

/* Kinds of content that a first one of is news. */
enum intent_news {
	INTENT_MAP,     /* a source map, by its name */
	INTENT_BINARY,  /* compiled code */
	INTENT_ARCHIVE, /* something packed inside the package */
	INTENT_WEIGHTS, /* model weights */
	INTENT_NEWS
};

/* A file of this version with the same one of the version before (either may be NULL). */
struct intent_pair {
	const struct fact_file *now, *before;
};

struct intent_delta {
	uint64_t files_now, files_before; /* leaf files */
	uint64_t bytes_now, bytes_before; /* of all leaf files, unpacked */
	struct intent_pair *pairs;        /* sorted by path without package root and version */
	size_t pairs_count;
	uint64_t added, removed, changed; /* files */
	uint64_t first[INTENT_NEWS]; /* how many of a kind there are now and were none before */
	const char **types;          /* endings there were none of before: ".foo" */
	uint64_t *types_files;
	size_t types_count;
	bool complete; /* both lists are whole: neither input had more than FACTS_FILES_MAX files */
};

/* Compare `now` with now->previous, which must not be NULL; both after facts_sort().  All that
 * *out points to is in `arena`. */
int intent_compare(const struct input_facts *now, struct intent_delta *out, struct arena *arena,
		   struct fault *fault);

/* "+2 files, +14.1 kB, nothing new in kind": NULL without a previous version, or out of memory. */
const char *intent_difference(const struct input_facts *now, struct arena *arena);

/* The parts of the detector, each in its file. */
int intent_npm(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault);
int intent_wheel(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault);
int intent_crate(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault);
int intent_previous(struct detect_run *run, struct fault *fault);

/* The file at root + path, or NULL.  After facts_sort(). */
const struct fact_file *intent_file(const struct input_facts *facts, struct bytes root,
				    struct bytes path);

/* Report `finding` about `file`: path and digest are the file's. */
int intent_report(struct detect_run *run, const struct fact_file *file, struct finding *finding,
		  struct fault *fault);
/* The same about a manifest. */
int intent_report_manifest(struct detect_run *run, const struct fact_manifest *manifest,
			   struct finding *finding, struct fault *fault);

#endif
