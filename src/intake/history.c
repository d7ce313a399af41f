/*
 * history.c - what a git object store holds, shown to the detectors: every blob once
 *
 * Knows: how an object becomes a leaf, which detectors look at commits and trees, limits, and what
 * of the store could not be read.  Does not know: packs (history/), whose life a finding tells
 * (lives.c).
 *
 * The sweep's threads are the workers: the pool is idle while it runs.  An object is named by its
 * id until the end, "repo/.git!/3f2a..." or "repo/.git!/commit 3f2a...", because most have nothing to tell
 * and never need a better name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/table.h"
#include "history/history.h"
#include "history/paths.h"
#include "intake/inside.h"
#include "intake/lane.h"
#include "intake/lives.h"
#include "unpack/sniff.h"

/* git-lfs, docs/spec.md: a pointer begins with this and is smaller than that. */
#define LFS_POINTER_FRONT "version https://git-lfs.github.com/spec/"
#define LFS_POINTER_MAX   1024

struct sweep {
	struct intake *in;
	struct history *store;
	struct history_paths *paths;
	struct lane **lanes; /* one a worker; NULL in them: secrets are not looked for */
	uint64_t packed_bytes;
	/* What a delta copies was paid for with its base: a history of 100 GB is unpacked from 6.
	 * `spelled` counts the copies too and is held to the ratio alone. */
	atomic_uint_fast64_t objects, fresh, spelled;
	atomic_uint_fast64_t shown, shown_bytes;
	atomic_uint_fast64_t pointers; /* to what large file storage keeps elsewhere */
	atomic_bool spent;             /* a limit was reached: nothing more is examined */
	pthread_mutex_t lock;
	struct fault limit; /* which */
	uint64_t left_out;  /* objects after that */
};

/* "repo/.git!/src/a.c", "repo/.git!/commit 3f2a..."; a blob that no tree holds goes by its id. */
int
history_name(struct buf *to, const struct intake *in, struct bytes path, enum history_type type,
	     const char *id)
{
	static const char *const words[] = {
	    [HISTORY_COMMIT] = "commit ", [HISTORY_TREE] = "tree ", [HISTORY_TAG] = "tag "};

	(void)buf_append_text(to, in->store_name);
	(void)buf_append_text(to, "!/");
	if (path.left > 0)
		return blob_display(to, path);
	if (words[type] != NULL)
		(void)buf_append_text(to, words[type]);
	return buf_append_text(to, id);
}

static int
name_object(struct sweep *sweep, const struct history_blob *object, struct buf *path,
	    struct buf *name)
{
	char id[HISTORY_ID_TEXT];

	if (object->type == HISTORY_BLOB)
		(void)history_paths_of(sweep->paths, &object->id, name);
	if (name->failed == FAULT_MEMORY)
		return FAULT_MEMORY;
	return history_name(path, sweep->in, buf_bytes(name), object->type,
			    history_id_format(&object->id, history_id_bytes(sweep->store), id));
}

/* Texts of commits and tags are for what people write; packages, maps and programs lie in blobs. */
uint64_t
history_without(enum history_type type)
{
	uint64_t without = 0;

	for (size_t i = 0; type != HISTORY_BLOB && i < detect_table_count; i++)
		if (detect_table[i] != &detect_codeword && detect_table[i] != &detect_secret)
			without |= (uint64_t)1 << i;
	return without;
}

static void
spend(struct sweep *sweep, const struct fault *why)
{
	(void)pthread_mutex_lock(&sweep->lock);
	if (!atomic_exchange(&sweep->spent, true))
		sweep->limit = *why;
	sweep->left_out++;
	(void)pthread_mutex_unlock(&sweep->lock);
}

static uint64_t
fresh_bytes(const struct history_blob *object)
{
	uint64_t fresh = 0;

	if (object->edits == NULL)
		return object->size;
	for (size_t i = 0; i < object->edits_count; i++)
		if (object->edits[i].from < 0)
			fresh += object->edits[i].length;
	return fresh;
}

/* False: a limit of the run is reached, and this object is one of those left out.  *own is what
 * may still be unpacked out of it. */
static bool
may(struct sweep *sweep, const struct history_blob *object, struct budget *own)
{
	struct fault why = FAULT_INIT;
	struct budget ratio = sweep->in->budget;
	uint64_t fresh = fresh_bytes(object);
	int r;

	ratio.limits.bytes = UINT64_MAX;
	budget_input(&ratio, sweep->packed_bytes);
	ratio.bytes += atomic_fetch_add(&sweep->spelled, object->size);
	*own = sweep->in->budget;
	budget_input(own, 0);
	own->bytes += atomic_fetch_add(&sweep->fresh, fresh);
	own->entries += atomic_fetch_add(&sweep->objects, 1);
	r = atomic_load(&sweep->spent) ? FAULT_LIMIT : budget_entry(own, &why);
	if (r >= 0)
		r = budget_bytes(own, fresh, &why);
	if (r >= 0)
		r = budget_bytes(&ratio, object->size, &why);
	if (r >= 0)
		r = budget_time(own, &why);
	if (r >= 0) {
		budget_input(own, object->size);
		return true;
	}
	spend(sweep, &why);
	return false;
}

/* The order of the sweep is not fixed, so a blob's number is what never changes: its id. */
static uint64_t
number_of(const struct history_id *id)
{
	uint64_t number;

	memcpy(&number, id->at, sizeof(number));
	return number >> 2 | (uint64_t)1 << 62;
}

static const struct intake_skip *
skip_of(const struct intake *in, uint64_t number)
{
	for (size_t i = 0; i < in->options.skips_count; i++)
		if (in->options.skips[i].blob == number)
			return &in->options.skips[i];
	return NULL;
}

static int
show(struct sweep *sweep, struct worker *w, const struct history_blob *object, struct leaf *leaf,
     void **state, struct fault *fault)
{
	struct lane *lane = sweep->lanes[object->thread];
	struct stream memory, *s = object->stream;
	enum blob_kind kind;
	int r;

	if (s == NULL) {
		stream_from_memory(&memory, bytes_make(object->at, object->size));
		s = &memory;
	}
	leaf->without = history_without(object->type);
	(void)stream_want(s, SNIFF_BYTES, NULL);
	kind = sniff(stream_window(s), s->ended);
	coverage_blob(sweep->in->coverage, object->size);
	atomic_fetch_add(&sweep->shown, 1);
	atomic_fetch_add(&sweep->shown_bytes, object->size);
	if (lane != NULL && object->stream == NULL &&
	    lane_takes(kind, leaf->name, bytes_make(object->at, object->size))) {
		r = lane_look(lane, object, leaf, kind, state, fault);
		if (r != LANE_ENCLOSES)
			leaf->without |= lane_detector();
		if (r < 0 || (sweep->in->options.detect->options.enabled & ~leaf->without) == 0)
			return r;
	}
	return walk_as(w, leaf, kind, s, fault);
}

static void
release(void *to, unsigned thread, void *state)
{
	(void)to;
	(void)thread;
	lane_release(state);
}

static int
visit(void *to, const struct history_blob *object, void **state, struct fault *fault)
{
	struct sweep *sweep = to;
	struct intake *in = sweep->in;
	struct worker *w = &in->workers[object->thread];
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	AUTO(buf_free)
	struct buf name = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct budget own;
	const struct intake_skip *skip;
	struct leaf leaf = {.number = number_of(&object->id),
			    .depth = 1,
			    .derived = true,
			    .from_history = true,
			    .object = object->id.at,
			    .paid = true,
			    .budget = &own};
	char reason[96];
	int r;

	if (atomic_load(&in->needs_tail) || !may(sweep, object, &own))
		return 0;
	if (name_object(sweep, object, &path, &name) == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(&path);
	leaf.name = buf_bytes(&name);
	skip = skip_of(in, leaf.number);
	if (skip != NULL) {
		(void)snprintf(reason, sizeof(reason),
			       "its reader was stopped by signal %d; the run went on without it",
			       skip->signal);
		return note_not_examined(w, &leaf, reason, 0, COVERAGE_BYTES_UNKNOWN, false, fault);
	}
	if (object->type == HISTORY_BLOB && object->at != NULL && object->size < LFS_POINTER_MAX &&
	    bytes_begins(bytes_make(object->at, object->size), BYTES_OF(LFS_POINTER_FRONT)))
		atomic_fetch_add(&sweep->pointers, 1);
	worker_mark(w, leaf.number);
	r = show(sweep, w, object, &leaf, state, fault);
	worker_mark(w, WORKER_IDLE);
	if (object->thread == 0 && in->options.progress != NULL)
		in->options.progress(in->options.progress_to,
				     in->blobs_met + atomic_load(&sweep->objects),
				     in->budget.bytes + atomic_load(&sweep->spelled));
	return r;
}

/* What the store says of itself: damage fails the run closed, what was never fetched is scope. */
static int
tell_gaps(struct sweep *sweep, struct fault *fault)
{
	size_t count;
	const struct history_gap *gaps = history_gaps(sweep->store, &count);
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		struct coverage_row row = {.reason = gaps[i].reason,
					   .bytes = COVERAGE_BYTES_UNKNOWN,
					   .count = gaps[i].count};

		buf_reset(&path);
		(void)buf_append_text(&path, sweep->in->store_name);
		(void)buf_append_text(&path, "!/");
		if (buf_append_text(&path, gaps[i].what) < 0)
			return fault_memory(fault);
		row.path = buf_text(&path);
		r = coverage_row_add(sweep->in->coverage,
				     gaps[i].is_scope ? &sweep->in->coverage->scope
						      : &sweep->in->coverage->not_examined,
				     &row, fault);
	}
	return r;
}

/* A partial clone lacks objects by its own filter, which is told already. */
static bool
is_partial(struct sweep *sweep)
{
	size_t count;
	const struct history_gap *gaps = history_gaps(sweep->store, &count);

	for (size_t i = 0; i < count; i++)
		if (gaps[i].is_scope && strcmp(gaps[i].what, "objects") == 0)
			return true;
	return false;
}

static int
tell_missing(struct sweep *sweep, struct fault *fault)
{
	struct coverage_row row = {.path = sweep->in->store_name,
				   .reason = "files that trees name and that are not here",
				   .bytes = COVERAGE_BYTES_UNKNOWN};

	/* What comes in names much that the store has already. */
	if (sweep->in->input->ask.what == HISTORY_INCOMING || atomic_load(&sweep->spent) ||
	    is_partial(sweep))
		return 0;
	row.count = history_paths_unmet(sweep->paths);
	return row.count == 0 ? 0
			      : coverage_row_add(sweep->in->coverage,
						 &sweep->in->coverage->not_examined, &row, fault);
}

static int
on_entry(void *to, struct bytes path, uint32_t mode, const struct history_id *id, unsigned stage)
{
	uint64_t *submodules = to;

	(void)path;
	(void)id;
	(void)stage;
	*submodules += (mode & HISTORY_MODE_TYPE) == HISTORY_MODE_SUBMODULE;
	return 0;
}

/* What the checkout keeps elsewhere. */
static int
tell_scope(struct sweep *sweep, struct fault *fault)
{
	struct coverage *coverage = sweep->in->coverage;
	uint64_t submodules = 0;
	struct coverage_row row = {.path = sweep->in->store_name,
				   .reason =
				       "pointers to large file storage: the files are not here",
				   .bytes = COVERAGE_BYTES_UNKNOWN,
				   .count = atomic_load(&sweep->pointers)};
	int r = row.count == 0 ? 0 : coverage_row_add(coverage, &coverage->scope, &row, fault);

	if (r >= 0)
		r = history_index(sweep->store, on_entry, &submodules, fault);
	row.reason = "submodules: repositories of their own, not looked at here";
	row.count = submodules;
	return r < 0 || submodules == 0 ? r
					: coverage_row_add(coverage, &coverage->scope, &row, fault);
}

static int
tell_limit(struct sweep *sweep, struct fault *fault)
{
	struct coverage_row row = {.path = sweep->in->store_name,
				   .reason = sweep->limit.text,
				   .bytes = COVERAGE_BYTES_UNKNOWN,
				   .count = sweep->left_out};

	return sweep->left_out == 0
		   ? 0
		   : coverage_row_add(sweep->in->coverage, &sweep->in->coverage->not_examined, &row,
				      fault);
}

/* Everything there is, in whichever order it is cheapest to unpack. */
static int
sweep_all(struct sweep *sweep, struct fault *fault)
{
	struct intake *in = sweep->in;
	const struct history_visitor visitor = {.to = sweep,
						.object = visit,
						.release = release,
						.types = HISTORY_BIT(HISTORY_BLOB) |
							 HISTORY_BIT(HISTORY_COMMIT) |
							 HISTORY_BIT(HISTORY_TAG)};
	int r = 0;

	sweep->packed_bytes = history_stored_bytes(sweep->store);
	coverage_input(in->coverage, sweep->packed_bytes);
	in->summary->bytes += sweep->packed_bytes;
	sweep->lanes = calloc(in->options.jobs, sizeof(*sweep->lanes));
	if (sweep->lanes == NULL)
		return fault_memory(fault);
	for (unsigned i = 0; r >= 0 && i < in->options.jobs; i++)
		r = lane_new(&sweep->lanes[i], &in->workers[i], fault);
	if (r >= 0)
		r = history_paths_make(sweep->store, &sweep->paths, fault);
	if (r >= 0)
		r = history_sweep(sweep->store, &visitor, fault);
	if (r >= 0 && !atomic_load(&in->needs_tail))
		r = walk_history_texts(&in->workers[0], sweep->store, sweep->paths, fault);
	if (r >= 0 && !atomic_load(&in->needs_tail))
		r = tell_missing(sweep, fault);
	if (r >= 0 && !atomic_load(&in->needs_tail))
		r = tell_scope(sweep, fault);
	if (r >= 0)
		r = tell_limit(sweep, fault);
	in->summary->objects += atomic_load(&sweep->shown);
	in->summary->object_bytes += atomic_load(&sweep->shown_bytes);
	in->budget.bytes += atomic_load(&sweep->fresh);
	in->budget.entries += atomic_load(&sweep->objects);
	history_paths_free(&sweep->paths);
	for (unsigned i = 0; i < in->options.jobs; i++)
		lane_free(&sweep->lanes[i]);
	free(sweep->lanes);
	return r;
}

/* "repo/.git": what stands there is not in the work tree. */
static const char *
name_store(struct intake *in, const struct input *input)
{
	if (!input->is_repository)
		return input->path;
	return strcmp(input->path, ".") == 0
		   ? ".git"
		   : arena_printf(&in->summary->arena, "%s/.git", input->path);
}

int
walk_history(struct worker *w, const struct input *input, struct fault *fault)
{
	struct intake *in = w->in;
	const struct history_options options = {.limits = in->options.limits,
						.jobs = in->options.jobs,
						.cancel = in->options.cancel,
						.check_hashes = input->check_hashes,
						.no_alternates =
						    input->ask.what == HISTORY_INCOMING};
	struct sweep sweep = {.in = in};
	int r;

	in->store_name = name_store(in, input);
	if (in->store_name == NULL)
		return fault_memory(fault);
	r = history_open(&sweep.store, input->history, &options, fault);
	if (r < 0)
		return r;
	(void)pthread_mutex_init(&sweep.lock, NULL);
	if (input->ask.what == HISTORY_STAGED || input->ask.what == HISTORY_RANGE)
		r = walk_asked(w, sweep.store, &input->ask, fault);
	else
		r = sweep_all(&sweep, fault);
	if (r >= 0)
		r = tell_gaps(&sweep, fault);
	(void)pthread_mutex_destroy(&sweep.lock);
	/* What is only staged has no life yet. */
	if (r >= 0 && input->ask.what != HISTORY_STAGED)
		in->store = TAKE(sweep.store); /* for lives_tell() */
	history_close(&sweep.store);
	return r;
}
