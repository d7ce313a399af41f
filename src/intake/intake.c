/*
 * intake.c - any input -> blobs -> detect
 *
 * Knows: the life of a run and of an input, who gathers what.  Does not know: formats, detectors.
 */
#include "intake/intake.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "detect/image.h"
#include "detect/intent.h"
#include "intake/inside.h"
#include "intake/lives.h"
#include "unpack/sniff.h"

/* A stream that digests what passes, so that a verdict can name the exact bytes it is about. */
struct digesting {
	struct stream s;
	struct stream *from;
	struct hash_running *hash;
	uint64_t hashed_bytes;
};

static int
digesting_more(struct stream *s, size_t want, struct fault *fault)
{
	struct digesting *d = (struct digesting *)s;
	uint64_t end;
	int r;

	stream_take(d->from, d->from->left - s->left);
	r = stream_want(d->from, want, fault);
	s->at = d->from->at;
	s->left = d->from->left;
	s->ended = d->from->ended;
	end = s->at_bytes + s->left;
	if (end > d->hashed_bytes) {
		size_t fresh = (size_t)(end - d->hashed_bytes);
		int hashed =
		    hash_running_add(d->hash, bytes_make(s->at + s->left - fresh, fresh), fault);

		if (hashed < 0)
			return hashed;
		d->hashed_bytes = end;
	}
	return r;
}

const char *
inner_path(const struct intake *in, const char *path)
{
	const char *inner = path;

	if (strncmp(path, in->input->path, in->prefix_bytes) == 0)
		inner += in->prefix_bytes;
	while (*inner == '/' || (inner[0] == '!' && inner[1] == '/'))
		inner++;
	return inner;
}

int
note_not_examined(struct worker *w, const struct leaf *leaf, const char *reason, uint64_t at_bytes,
		  uint64_t bytes, bool accounted, struct fault *fault)
{
	return coverage_not_examined(w->in->coverage, leaf->path, reason, at_bytes, bytes,
				     accounted, fault);
}

void
intake_free(struct intake **address)
{
	struct intake *in = *address;

	if (in == NULL)
		return;
	pool_free(&in->pool);
	for (unsigned i = 0; in->workers != NULL && i < in->options.jobs; i++) {
		findings_free(&in->workers[i].findings);
		free(in->workers[i].occurrences);
		for (size_t depth = 0; depth < LEVELS_MAX; depth++) {
			struct level *level = in->workers[i].levels[depth];

			if (level == NULL)
				continue;
			arena_free(&level->arena);
			hash_running_free(&level->hash);
			free(level->states);
			free(level);
		}
	}
	(void)pthread_mutex_destroy(&in->summary_lock);
	free(in->workers);
	free(in);
	*address = NULL;
}

int
intake_new(struct intake **out, const struct intake_options *options, struct fault *fault)
{
	AUTO(intake_free)
	struct intake *in = calloc(1, sizeof(*in));
	int r;

	if (in == NULL)
		return fault_memory(fault);
	(void)pthread_mutex_init(&in->summary_lock, NULL);
	in->options = *options;
	if (in->options.jobs < 1)
		in->options.jobs = 1;
	for (size_t i = 0; i < detect_table_count; i++) {
		in->states_at[i] = in->states_bytes;
		in->states_bytes += (detect_table[i]->state_bytes + 63) & ~(size_t)63;
	}
	in->workers = calloc(in->options.jobs, sizeof(*in->workers));
	if (in->workers == NULL)
		return fault_memory(fault);
	for (unsigned i = 0; i < in->options.jobs; i++) {
		in->workers[i].in = in;
		in->workers[i].index = i;
		findings_init(&in->workers[i].findings);
	}
	budget_begin(&in->budget, &options->limits, options->cancel);
	if (in->options.jobs > 1) {
		struct pool *pool;

		r = pool_new(&pool, in, fault);
		if (r < 0)
			return r;
	}
	*out = TAKE(in);
	return 0;
}

/* The digest is over every byte, also those behind what a reader wanted. Something without an end
 * (a device, a pipe) is read no further than the budget allowed: 1 where that left bytes. */
static int
digest_rest(struct intake *in, struct stream *s, bool has_end, struct fault *why)
{
	for (;;) {
		int r = stream_want(s, 1, why);

		if (r < 0 || s->left == 0)
			return r < 0 ? r : 0;
		if (!has_end && in->budget.spent != 0)
			return 1;
		r = budget_time(&in->budget, why);
		if (r < 0)
			return r;
		stream_take(s, s->left);
	}
}

static int
run_file(struct worker *w, const struct input *input, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *file = NULL;
	AUTO(hash_running_free)
	struct hash_running *hash = NULL;
	struct intake *in = w->in;
	struct digesting d = {.s = {.more = digesting_more}};
	struct leaf leaf = {.path = input->path,
			    .name = bytes_text(input->path),
			    .number = WORKER_IDLE,
			    .budget = &in->budget};
	struct fault why = FAULT_INIT;
	struct stat st;
	uint64_t fast;
	bool is_regular = fstat(input->fd, &st) == 0 && S_ISREG(st.st_mode);
	int r;

	budget_input(&in->budget, is_regular ? (uint64_t)st.st_size : 0);
	r = hash_running_new(&hash, fault);
	if (r >= 0)
		r = hash_running_begin(hash, fault);
	if (r >= 0)
		r = stream_from_fd(&file, input->fd, fault);
	if (r < 0)
		return r;
	d.from = file;
	d.hash = hash;
	(void)stream_want(&d.s, SNIFF_BYTES, NULL);
	in->summary->kind = blob_kind_name(sniff(stream_window(&d.s), d.s.ended));
	r = walk_member(w, &leaf, &d.s, fault);
	if (r < 0)
		return r;
	r = digest_rest(in, &d.s, is_regular, &why);
	if (r == FAULT_CANCEL)
		return fault_set(fault, r, "%s", why.text);
	coverage_input(in->coverage, d.hashed_bytes);
	in->summary->bytes += d.hashed_bytes;
	if (r < 0)
		return note_not_examined(w, &leaf, why.text, d.hashed_bytes, COVERAGE_BYTES_UNKNOWN,
					 false, fault);
	if (r > 0) /* what was read is told already, and bytes without an end have no digest */
		return 0;
	/* Behind a pipe, nothing is what a command that failed leaves. */
	if (!is_regular && d.hashed_bytes == 0) {
		r = note_not_examined(w, &leaf, "nothing came out of it", 0, COVERAGE_BYTES_UNKNOWN,
				      false, fault);
		if (r < 0)
			return r;
	}
	in->summary->has_sha256 = true;
	return hash_running_end(hash, in->summary->sha256, &fast, fault);
}

static int
gather(struct intake *in, struct findings *findings, struct fault *fault)
{
	int r = 0;

	for (unsigned i = 0; i < in->options.jobs; i++) {
		struct findings *own = &in->workers[i].findings;

		for (size_t k = 0; r >= 0 && k < own->count; k++)
			r = findings_add(findings, &own->list[k], fault);
		findings->left_out += own->left_out;
		findings_free(own);
		findings_init(own);
	}
	return r;
}

static int
run_input(struct worker *w, const struct input *input, struct fault *fault)
{
	switch (input->type) {
	case INPUT_FILE:
		return run_file(w, input, fault);
	case INPUT_DIFF:
		return walk_patch(w, input, fault);
	case INPUT_FOLDER:
		return input->no_tree ? 0 : walk_folder(w, input, fault);
	case INPUT_LIST:
		return walk_list(w, input, fault);
	}
	return 0;
}

/* "npm package" says more than "gzip". */
static void
name_kind(struct input_summary *summary, const struct input_facts *facts)
{
	enum package_kind kind = package_kind_of(facts, NULL);

	if (kind != PACKAGE_OTHER)
		summary->kind = package_kind_name(kind);
}

int
intake_run(struct intake *in, const struct input *input, struct findings *findings,
	   struct coverage *coverage, struct input_facts *facts, struct input_summary *summary,
	   struct fault *fault)
{
	struct worker *w = &in->workers[0];
	int r, drained;

	in->input = input;
	in->facts = facts;
	in->coverage = coverage;
	in->summary = summary;
	/* Below "." paths do not begin with it. */
	in->prefix_bytes = strcmp(input->path, ".") == 0 ? 0 : strlen(input->path);
	in->blobs_met = 0;
	in->needs_tail = false;
	if (input->type == INPUT_DIFF)
		summary->kind = "diff";
	else if (input->type != INPUT_FILE)
		summary->kind = input->history != NULL ? "repository" : "folder";
	r = run_input(w, input, fault);
	drained = in->pool == NULL ? 0 : pool_drain(in->pool, w, r < 0 ? NULL : fault);
	if (r < 0 || drained < 0)
		return r < 0 ? r : drained;
	if (input->history != NULL && !in->needs_tail)
		r = walk_history(w, input, fault);
	if (r < 0 || in->needs_tail)
		history_close(&in->store);
	if (r < 0)
		return r;
	if (in->needs_tail)
		return INTAKE_NEEDS_TAIL;
	coverage_fold_limits(coverage);
	facts_sort(facts);
	summary_places(in);
	name_kind(summary, facts);
	if (!input->facts_only)
		r = examine_input_end(w, fault);
	if (r >= 0 && in->store != NULL)
		r = lives_tell(in, fault);
	history_close(&in->store);
	if (r >= 0)
		r = gather(in, findings, fault);
	summary_finish(summary, facts);
	if (r >= 0 && !input->facts_only)
		summary->difference = intent_difference(facts, &summary->arena);
	if (r >= 0 && !input->facts_only)
		r = image_annotate(findings, facts, fault);
	return r;
}
