/*
 * intent_previous.c - what this version ships that the one before did not
 *
 * Knows: firsts, growth, new endings, files that vanished, and the numbers that make one worth
 * telling.
 * Does not know: how versions are compared (intent_delta.c).
 */
#include "detect/intent.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

/* Ten times, and by more than what a new README or icon adds. */
#define GROWTH_FACTOR    10
#define GROWTH_BYTES_MIN ((uint64_t)1000 * 1000)
/* From here on nobody overlooks it by choice: it stops a release until answered. */
#define GROWTH_BYTES_HIGH ((uint64_t)10 * 1000 * 1000)
#define EXAMPLES          3

static const struct {
	const char *rule;
	enum severity severity;
	const char *one, *many, *why, *fix;
} firsts[INTENT_NEWS] = {
    [INTENT_MAP] =
	{"first-source-map", SEVERITY_HIGH, "the first source map", "the first source maps",
	 "no version before had one; bundlers write them by default, and they hold the sources",
	 "switch source maps off for releases, or add `*.map` to what is ignored; if meant, "
	 "suppress this once"},
    [INTENT_BINARY] =
	{"first-binary", SEVERITY_MEDIUM, "the first compiled file", "the first compiled files",
	 "no version before had one; compiled code carries names, paths and debug data",
	 "make sure that it is meant, and strip it"},
    [INTENT_ARCHIVE] =
	{"first-archive", SEVERITY_MEDIUM, "the first file inside an archive",
	 "the first files inside an archive",
	 "no version before had an archive inside; a backup or a build result often is one",
	 "make sure that it is meant"},
    [INTENT_WEIGHTS] = {"first-weights", SEVERITY_HIGH, "the first file of model weights",
			"the first files of model weights",
			"no version before had weights; a checkpoint in a package is seldom meant",
			"leave it out, or suppress this once if it is meant"},
};

static bool
is_of(const struct fact_file *file, unsigned news)
{
	switch (news) {
	case INTENT_MAP:
		return bytes_ends(bytes_text(file->inner), BYTES_OF(".map"));
	case INTENT_BINARY:
		return file->kind >= BLOB_ELF && file->kind <= BLOB_AR_OBJECT_LIB;
	case INTENT_ARCHIVE:
		return strstr(file->inner, "!/") != NULL;
	default:
		return file->kind >= BLOB_SAFETENSORS && file->kind <= BLOB_HDF5;
	}
}

static const struct fact_file *
largest_of(const struct input_facts *facts, unsigned news)
{
	const struct fact_file *largest = NULL;

	for (size_t i = 0; i < facts->files_count; i++)
		if (is_of(&facts->files[i], news) &&
		    (largest == NULL || facts->files[i].size_bytes > largest->size_bytes))
			largest = &facts->files[i];
	return largest;
}

static int
tell_firsts(struct detect_run *run, const struct intent_delta *delta, struct fault *fault)
{
	int r = 0;

	for (unsigned news = 0; r == 0 && news < INTENT_NEWS; news++) {
		const struct fact_file *file = largest_of(run->facts, news);
		struct finding finding = {.rule = firsts[news].rule,
					  .severity = firsts[news].severity,
					  .why = firsts[news].why,
					  .fix = firsts[news].fix,
					  .count = delta->first[news]};
		char size[32], count[32];

		if (delta->first[news] == 0 || file == NULL)
			continue;
		if (finding.count == 1)
			finding.title =
			    arena_printf(run->arena, "%s: %.200s (%s)", firsts[news].one,
					 file->inner, text_size(file->size_bytes, size));
		else
			finding.title =
			    arena_printf(run->arena, "%s: %s, the largest %.200s (%s)",
					 firsts[news].many, text_count(finding.count, count),
					 file->inner, text_size(file->size_bytes, size));
		r = intent_report(run, file, &finding, fault);
	}
	return r;
}

static bool
grew(uint64_t now, uint64_t before)
{
	return now > before && now - before >= GROWTH_BYTES_MIN && now / GROWTH_FACTOR >= before;
}

static const struct fact_file *
largest_growth(const struct intent_delta *delta)
{
	const struct intent_pair *best = NULL;
	uint64_t best_bytes = 0;

	for (size_t i = 0; i < delta->pairs_count; i++) {
		const struct intent_pair *pair = &delta->pairs[i];
		uint64_t before = pair->before == NULL ? 0 : pair->before->size_bytes;

		if (pair->now != NULL && pair->now->size_bytes > before &&
		    pair->now->size_bytes - before > best_bytes) {
			best_bytes = pair->now->size_bytes - before;
			best = pair;
		}
	}
	return best == NULL ? NULL : best->now;
}

static int
tell_total(struct detect_run *run, const struct intent_delta *delta, struct fault *fault)
{
	const struct fact_file *file = largest_growth(delta);
	uint64_t more = delta->bytes_now - delta->bytes_before;
	char now[32], before[32], size[32];
	struct finding finding = {
	    .rule = "package-grew-tenfold",
	    .severity = more >= GROWTH_BYTES_HIGH ? SEVERITY_HIGH : SEVERITY_MEDIUM,
	    .why = "a package that suddenly weighs ten times as much ships something it did not "
		   "before",
	    .fix = "look at the file named; leave it out, or suppress this once if it is meant"};

	if (file == NULL || delta->bytes_before == 0 ||
	    !grew(delta->bytes_now, delta->bytes_before))
		return 0;
	finding.title = arena_printf(
	    run->arena, "%s unpacked, %s in the version before; most of it in %.200s (%s)",
	    text_size(delta->bytes_now, now), text_size(delta->bytes_before, before), file->inner,
	    text_size(file->size_bytes, size));
	return intent_report(run, file, &finding, fault);
}

static int
tell_files(struct detect_run *run, const struct intent_delta *delta, struct fault *fault)
{
	const struct intent_pair *worst = NULL;
	char now[32], before[32];
	uint64_t count = 0;
	struct finding finding = {.rule = "file-grew-tenfold",
				  .severity = SEVERITY_MEDIUM,
				  .why = "data, a debug build or an inlined source map hides in a "
					 "file that was there before",
				  .fix = "compare the two versions of the file"};

	for (size_t i = 0; i < delta->pairs_count; i++) {
		const struct intent_pair *pair = &delta->pairs[i];

		if (pair->now == NULL || pair->before == NULL ||
		    !grew(pair->now->size_bytes, pair->before->size_bytes))
			continue;
		count++;
		if (worst == NULL || pair->now->size_bytes > worst->now->size_bytes)
			worst = pair;
	}
	if (worst == NULL)
		return 0;
	finding.count = count;
	finding.title = arena_printf(run->arena, "%.200s: %s, %s in the version before%s",
				     worst->now->inner, text_size(worst->now->size_bytes, now),
				     text_size(worst->before->size_bytes, before),
				     count > 1 ? ", and others" : "");
	return intent_report(run, worst->now, &finding, fault);
}

static int
tell_types(struct detect_run *run, const struct intent_delta *delta, struct fault *fault)
{
	struct finding finding = {
	    .rule = "new-file-types",
	    .severity = SEVERITY_LOW,
	    .count = delta->types_count,
	    .why = "endings that no version before shipped are where accidents show first",
	    .fix = "make sure that they are meant"};
	const char *list = NULL;

	for (size_t i = 0; i < delta->types_count && i < EXAMPLES; i++)
		list = arena_printf(run->arena, "%s%s%s (%llu)", list == NULL ? "" : list,
				    list == NULL ? "" : ", ", delta->types[i],
				    (unsigned long long)delta->types_files[i]);
	for (size_t i = 0; list != NULL && i < run->facts->files_count; i++) {
		const struct fact_file *file = &run->facts->files[i];

		if (!bytes_ends(bytes_text(file->inner), bytes_text(delta->types[0])))
			continue;
		finding.title = arena_printf(run->arena, "new endings of files: %s%s", list,
					     delta->types_count > EXAMPLES ? ", ..." : "");
		return intent_report(run, file, &finding, fault);
	}
	return 0;
}

static int
tell_vanished(struct detect_run *run, const struct intent_delta *delta, struct fault *fault)
{
	struct finding finding = {.rule = "files-vanished",
				  .severity = SEVERITY_INFO,
				  .count = delta->removed,
				  .why = "a build step that did not run leaves half a package",
				  .fix = "make sure that the build ran before packing"};
	const char *list = NULL;
	size_t told = 0;
	char removed[32], before[32];

	/* Some always go; half of all is a build that did not run. */
	if (delta->removed < 2 || delta->removed * 2 < delta->files_before)
		return 0;
	for (size_t i = 0; i < delta->pairs_count && told < EXAMPLES; i++) {
		if (delta->pairs[i].now != NULL)
			continue;
		list = arena_printf(run->arena, "%s%s%.100s", list == NULL ? "" : list,
				    list == NULL ? "" : ", ", delta->pairs[i].before->inner);
		told++;
	}
	finding.title =
	    arena_printf(run->arena, "%s of %s files of the version before are gone: %s",
			 text_count(delta->removed, removed),
			 text_count(delta->files_before, before), list == NULL ? "" : list);
	return intent_report(run, &run->facts->files[0], &finding, fault);
}

int
intent_previous(struct detect_run *run, struct fault *fault)
{
	struct intent_delta delta;
	int r;

	if (run->facts->files_count == 0 || run->facts->previous->files_count == 0)
		return 0;
	r = intent_compare(run->facts, &delta, run->arena, fault);
	if (r == 0)
		r = tell_firsts(run, &delta, fault);
	if (r == 0)
		r = tell_total(run, &delta, fault);
	if (r == 0)
		r = tell_files(run, &delta, fault);
	/* A list that was cut would call everything behind the cut new. */
	if (r == 0 && delta.complete)
		r = tell_types(run, &delta, fault);
	if (r == 0 && delta.complete)
		r = tell_vanished(run, &delta, fault);
	return r;
}
