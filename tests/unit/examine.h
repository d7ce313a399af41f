/*
 * examine.h - run one detector over files that a test makes up, as intake would
 *
 *	struct examined e;
 *	examine_begin(&e, "pkg.tgz");
 *	examine_file(&e, &detect_debris, "package/.env", BYTES_OF("A=b\n"));
 *	examine_end(&e, &detect_debris);
 *	... e.findings ...
 *	examine_free(&e);
 */
#ifndef TESTS_UNIT_EXAMINE_H
#define TESTS_UNIT_EXAMINE_H

#include "detect/detect.h"
#include "detect/facts.h"
#include "seal/hash.h"
#include "tap.h"

struct examined {
	const char *input;
	struct findings findings;
	struct input_facts facts;
	struct arena arena;
	struct detect detect;
	size_t
	    window_bytes; /* 0: whole; else windows of so many fresh bytes, all before as margin */
};

static inline void
examine_begin(struct examined *e, const char *input)
{
	*e = (struct examined){.input = input, .arena = ARENA_INIT((size_t)64 << 20)};
	findings_init(&e->findings);
	facts_init(&e->facts, input);
}

static inline void
examine_free(struct examined *e)
{
	findings_free(&e->findings);
	facts_free(&e->facts);
	arena_free(&e->arena);
}

/* Good enough for made-up files: what sniff() would say of them. */
static inline enum blob_kind
examine_kind(struct bytes content)
{
	if (content.left == 0)
		return BLOB_EMPTY;
	if (bytes_begins(content, BYTES_OF("\x7f"
					   "ELF")))
		return BLOB_ELF;
	if (bytes_begins(content, BYTES_OF("PK\3\4")))
		return BLOB_ZIP;
	if (bytes_begins(content, BYTES_OF("SQLite format 3")))
		return BLOB_SQLITE;
	for (size_t i = 0; i < content.left; i++)
		if (content.at[i] == 0)
			return BLOB_BINARY;
	return BLOB_TEXT;
}

static inline int
examine_windows(struct examined *e, const struct detector *detector, struct detect_run *run,
		void *state, struct bytes content)
{
	size_t step = e->window_bytes == 0 ? content.left : e->window_bytes;
	int r = 0;

	for (size_t at = 0; r == 0 && at < content.left; at += step) {
		size_t seen = at > DETECT_MARGIN_BYTES ? DETECT_MARGIN_BYTES : at;
		struct bytes part = bytes_slice(content, at - seen, seen + step);
		struct detect_window window = {.at = part.at,
					       .length = part.left,
					       .at_bytes = at - seen,
					       .seen = seen,
					       .first = at == 0,
					       .last = at + step >= content.left};

		r = detector->window(run, state, &window, NULL);
	}
	return r;
}

static inline void
examine_file(struct examined *e, const struct detector *detector, const char *inner,
	     struct bytes content)
{
	struct detect_run run = {.detect = &e->detect,
				 .findings = &e->findings,
				 .facts = &e->facts,
				 .arena = &e->arena,
				 .size_bytes = content.left};
	struct blob blob = {.name = bytes_text(inner),
			    .head = bytes_slice(content, 0, BLOB_HEAD_BYTES),
			    .size_bytes = (int64_t)content.left,
			    .kind = examine_kind(content),
			    .depth = 1};
	struct fact_file file = {.inner = inner, .size_bytes = content.left, .kind = blob.kind};
	void *state = arena_alloc(&e->arena, detector->state_bytes + 1);
	enum detect_need need;
	struct fault fault;

	blob.path = blob_path(&e->arena, e->input, blob.name);
	run.blob = &blob;
	file.path = blob.path;
	(void)hash_sha256(content, file.sha256, &fault);
	file.content_hash = hash_fast(content);
	memcpy(run.sha256, file.sha256, sizeof(run.sha256));
	need = detector->wants == NULL ? DETECT_NOTHING : detector->wants(&e->detect, &blob);
	if (need != DETECT_NOTHING) {
		EQ_INT(detector->begin == NULL ? 0 : detector->begin(&run, state, NULL), 0);
		if (need >= DETECT_WINDOWS)
			EQ_INT(examine_windows(e, detector, &run, state, content), 0);
		EQ_INT(detector->end == NULL ? 0 : detector->end(&run, state, NULL), 0);
		if (detector->fini != NULL)
			detector->fini(state);
	}
	EQ_INT(facts_add_file(&e->facts, &file, NULL), 0);
	if (facts_wants_content(bytes_text(inner)))
		EQ_INT(facts_add_manifest(&e->facts, file.path, inner, content, NULL), 0);
}

static inline int
examine_end(struct examined *e, const struct detector *detector)
{
	struct blob input = {.path = e->input, .name = bytes_text(e->input), .size_bytes = -1};
	struct detect_run run = {.detect = &e->detect,
				 .findings = &e->findings,
				 .facts = &e->facts,
				 .arena = &e->arena,
				 .blob = &input};

	facts_sort(&e->facts);
	return detector->input_end(&run, NULL);
}

/* The finding of that rule, the n-th from 0; NULL: there is none. */
static inline const struct finding *
examine_found(const struct examined *e, const char *rule, size_t n)
{
	for (size_t i = 0; i < e->findings.count; i++)
		if (strcmp(e->findings.list[i].rule, rule) == 0 && n-- == 0)
			return &e->findings.list[i];
	return NULL;
}

#endif
