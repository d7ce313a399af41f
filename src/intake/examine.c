/*
 * examine.c - show one blob to the detectors: whole when it is small or must be, else in windows
 *
 * Knows: which detectors want what of a blob, windows with a margin, the digest.
 * Does not know: containers (walk.c), what detectors look for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "intake/excerpt.h"
#include "intake/inside.h"

struct examination {
	struct worker *worker;
	const struct leaf *leaf;
	struct level *level;
	struct detect_run run;
	struct blob blob;
	uint64_t wants_windows, wants_whole, begun; /* bit i: detect_table[i] */
	uint64_t seen_bytes;                        /* shown and hashed so far */
	size_t findings_before;                     /* of this thread, when the blob began */
	struct late_names names;
	bool hash_later; /* detect_sha256() does it, if anybody asks */
	/* UTF-16: detectors are shown what comes out; digest, size and offsets are of what went in. */
	struct utf16_stream *utf16;
	bool cuts; /* a binary: the text in it is cut out */
	struct excerpts excerpts;
};

struct level *
worker_level(struct worker *w, uint32_t depth)
{
	struct level *level;

	if (depth >= LEVELS_MAX)
		return NULL;
	if (w->levels[depth] != NULL)
		return w->levels[depth];
	level = calloc(1, sizeof(*level));
	if (level == NULL)
		return NULL;
	level->arena = (struct arena)ARENA_INIT((size_t)256 << 20);
	level->states = calloc(1, w->in->states_bytes + 1);
	w->levels[depth] = level;
	if (level->states == NULL || hash_running_new(&level->hash, NULL) < 0)
		return NULL;
	return level;
}

static void *
state_of(const struct examination *x, size_t i)
{
	return x->level->states + x->worker->in->states_at[i];
}

static int
on_not_examined(struct detect_run *run, const char *reason, uint64_t at_bytes,
		uint64_t length_bytes, struct fault *fault)
{
	struct examination *x = run->intake;

	if (length_bytes != COVERAGE_BYTES_UNKNOWN)
		length_bytes =
		    detect_place(run, at_bytes + length_bytes) - detect_place(run, at_bytes);
	return note_not_examined(x->worker, x->leaf, reason, detect_place(run, at_bytes),
				 length_bytes, !x->leaf->derived, fault);
}

static int
on_rename(struct detect_run *run, struct bytes stand_in, struct bytes name, struct fault *fault)
{
	struct examination *x = run->intake;

	return late_names_add(&x->names, &x->level->arena, stand_in, name, fault);
}

/* What a detector decodes: a blob of its own, with a budget of its own, because its thread must not
 * race others for the run's; the bytes were paid for by the blob they came out of. */
static int
on_derive(struct detect_run *run, struct bytes name, struct bytes content, struct fault *fault)
{
	struct examination *x = run->intake;
	struct leaf leaf = *x->leaf;
	struct stream s;
	struct budget own = *leaf.budget;
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);

	leaf.depth++;
	leaf.derived = true;
	leaf.excerpt = BLOB_NO_EXCERPT;
	leaf.outer = NULL;
	leaf.from_history = false;
	leaf.without = 0;
	leaf.paid = false;
	leaf.name = name;
	leaf.mode = 0;
	if (blob_path_append(&path, x->blob.path, name) == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(&path);
	if (budget_depth(&own, leaf.depth, NULL) < 0 || leaf.depth + 1 >= LEVELS_MAX)
		return note_not_examined(x->worker, &leaf, "nested too deep (--limit depth=N)", 0,
					 COVERAGE_BYTES_UNKNOWN, false, fault);
	if (!x->leaf->derived)
		budget_input(&own, content.left);
	leaf.budget = &own;
	stream_from_memory(&s, content);
	return walk(x->worker, &leaf, &s, fault);
}

/* Text in the middle of a binary, read as text. It is part of the binary and no level of its own. */
static int
on_excerpt(void *to, const struct excerpt *excerpt, struct fault *fault)
{
	struct examination *x = to;
	struct leaf leaf = *x->leaf;
	struct budget own = *leaf.budget;
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX),
		   text = BUF_INIT(UTF16_ROOM(EXCERPT_HELD_MAX));
	struct bytes content = excerpt->content;
	char name[48];
	struct stream s;
	int r = 0;

	if (x->run.keep_whole || leaf.depth + 2 >= LEVELS_MAX)
		return 0;
	(void)snprintf(name, sizeof(name), "(%stext at %llu)",
		       excerpt->kind == BLOB_EXCERPT_UTF16 ? "UTF-16 " : "",
		       (unsigned long long)excerpt->at_bytes);
	if (excerpt->kind == BLOB_EXCERPT_UTF16) {
		r = utf16_append(&text, content, UTF16_LE, fault);
		content = buf_bytes(&text);
	}
	if (r >= 0 && blob_path_append(&path, x->blob.path, bytes_text(name)) == FAULT_MEMORY)
		r = fault_memory(fault);
	if (r < 0)
		return r;
	leaf.depth++;
	leaf.derived = true;
	leaf.excerpt = excerpt->kind;
	leaf.outer = &x->run;
	leaf.outer_at = excerpt->at_bytes;
	leaf.paid = false;
	leaf.name = bytes_text(name);
	leaf.path = buf_text(&path);
	leaf.mode = 0;
	leaf.budget = &own;
	stream_from_memory(&s, content);
	return examine(x->worker, &leaf, BLOB_TEXT, &s, fault);
}

/* What a piece of this blob draws from the budget. */
static uint64_t
owed(const struct examination *x, uint64_t bytes)
{
	return x->leaf->derived || x->leaf->paid ? 0 : bytes;
}

static void
ask_detectors(struct examination *x)
{
	const struct detect *detect = x->run.detect;

	for (size_t i = 0; i < detect_table_count; i++) {
		enum detect_need need;

		if (((detect->options.enabled & ~x->leaf->without) >> i & 1) == 0)
			continue;
		if (x->leaf->excerpt != BLOB_NO_EXCERPT && !detect_table[i]->reads_excerpts)
			continue;
		need = detect_table[i]->wants(detect, &x->blob);
		if (need == DETECT_NOTHING)
			continue;
		x->begun |= (uint64_t)1 << i;
		if (need == DETECT_WINDOWS)
			x->wants_windows |= (uint64_t)1 << i;
		else if (need == DETECT_WHOLE)
			x->wants_whole |= (uint64_t)1 << i;
	}
}

static int
begin(struct examination *x, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < detect_table_count; i++) {
		const struct detector *d = detect_table[i];

		if ((x->begun >> i & 1) == 0)
			continue;
		if (d->state_bytes > 0)
			memset(state_of(x, i), 0, d->state_bytes);
		if (d->begin != NULL)
			r = d->begin(&x->run, state_of(x, i), fault);
	}
	return r;
}

static int
show(struct examination *x, uint64_t who, const struct detect_window *window, struct fault *fault)
{
	struct bytes fresh = bytes_make(window->at + window->seen, window->length - window->seen);
	int r =
	    x->hash_later || x->utf16 != NULL ? 0 : hash_running_add(x->level->hash, fresh, fault);

	x->seen_bytes += window->length - window->seen;
	for (size_t i = 0; r >= 0 && i < detect_table_count; i++)
		if ((who >> i & 1) != 0 && detect_table[i]->window != NULL)
			r = detect_table[i]->window(&x->run, state_of(x, i), window, fault);
	if (r >= 0 && x->cuts)
		r = excerpts_window(&x->excerpts, window, fault);
	return r;
}

/* `stays`: the bytes are there until the end of the examination. */
static int
show_whole(struct examination *x, const uint8_t *at, size_t length, bool stays, struct fault *fault)
{
	struct detect_window window = {.at = at, .length = length, .first = true, .last = true};

	if (stays)
		x->run.whole = bytes_make(at, length);
	/* Of the thousands of originals in a map nobody asks for a digest. */
	x->hash_later = stays && x->leaf->derived && x->utf16 == NULL;
	return show(x, x->wants_windows | x->wants_whole, &window, fault);
}

/* The rest of `s` in windows. *broke tells that the stream ended in a fault of its own. */
static int
show_windows(struct examination *x, struct stream *s, bool *broke, struct fault *why,
	     struct fault *fault)
{
	size_t seen = 0;
	bool first = x->seen_bytes == 0;

	for (;;) {
		struct detect_window window;
		int r, broken = stream_want(s, seen + DETECT_WINDOW_BYTES, why);

		*broke = broken < 0;
		window = (struct detect_window){.at = s->at,
						.length = s->left,
						.at_bytes = s->at_bytes,
						.seen = seen,
						.first = first};
		if (window.length > seen + DETECT_WINDOW_BYTES)
			window.length = seen + DETECT_WINDOW_BYTES;
		window.last = *broke || (s->ended && window.length == s->left);
		r = budget_bytes(x->leaf->budget, owed(x, window.length - seen), why);
		if (r == FAULT_CANCEL)
			return fault_set(fault, r, "%s", why->text);
		if (r < 0) {
			*broke = true;
			return 0;
		}
		r = show(x, x->wants_windows, &window, fault);
		if (r < 0 || window.last)
			return r;
		first = false;
		seen = window.length < DETECT_MARGIN_BYTES ? window.length : DETECT_MARGIN_BYTES;
		stream_take(s, window.length - seen);
	}
}

/* Gather `s` in one piece, up to the ceiling. Returns the number of bytes; s->left > 0 or !ended
 * tells that there is more. */
static int
hold(struct examination *x, struct stream *s, struct buf *to, bool *broke, struct fault *why,
     struct fault *fault)
{
	for (;;) {
		size_t step;
		int r = stream_want(s, STREAM_BLOCK_BYTES, why);

		*broke = r < 0;
		step = s->left;
		if (step > to->bytes_max - to->used)
			step = to->bytes_max - to->used;
		r = budget_bytes(x->leaf->budget, owed(x, step), why);
		if (r == FAULT_CANCEL)
			return fault_set(fault, r, "%s", why->text);
		if (r < 0) {
			*broke = true;
			return 0;
		}
		if (buf_append(to, s->at, step) < 0)
			return fault_memory(fault);
		stream_take(s, step);
		if (*broke || (s->left == 0 && s->ended) || to->used == to->bytes_max)
			return 0;
	}
}

/* How many of the blob's own bytes were shown. */
static uint64_t
own_bytes(const struct examination *x)
{
	return detect_place(&x->run, x->seen_bytes);
}

static int
finish(struct examination *x, struct fault *fault)
{
	struct fact_file fact = {
	    .path = x->blob.path,
	    .inner = inner_path(x->worker->in, x->blob.path),
	    .size_bytes = own_bytes(x),
	    .kind = x->blob.kind,
	    .mode = x->leaf->mode,
	    .depth = x->leaf->depth,
	};
	int r = 0;

	if (!x->hash_later) {
		r = hash_running_end(x->level->hash, x->run.sha256, &fact.content_hash, fault);
		if (r < 0)
			return r;
		x->run.has_sha256 = true;
	}
	x->run.size_bytes = x->seen_bytes;
	x->blob.size_bytes = (int64_t)x->seen_bytes;
	memcpy(fact.sha256, x->run.sha256, sizeof(fact.sha256));
	if (!x->leaf->derived) {
		coverage_blob(x->worker->in->coverage, fact.size_bytes);
		r = facts_add_file(x->run.facts, &fact, fault);
		if (r >= 0 && summary_count(x->worker->in, fact.size_bytes, fact.kind) < 0)
			r = fault_memory(fault);
	}
	for (size_t i = 0; r >= 0 && i < detect_table_count; i++)
		if ((x->begun >> i & 1) != 0 && detect_table[i]->end != NULL)
			r = detect_table[i]->end(&x->run, state_of(x, i), fault);
	return r;
}

static void
release(struct examination *x)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if ((x->begun >> i & 1) != 0 && detect_table[i]->fini != NULL)
			detect_table[i]->fini(state_of(x, i));
}

static int
keep_manifest(struct examination *x, struct bytes content, struct fault *fault)
{
	const char *inner = inner_path(x->worker->in, x->blob.path);

	if (x->leaf->derived || content.left > FACTS_MANIFEST_MAX ||
	    !facts_wants_content(x->blob.name))
		return 0;
	return facts_add_manifest(x->run.facts, x->blob.path, inner, content, fault);
}

/* A blob that is larger than one window. */
static int
show_large(struct examination *x, struct stream *s, bool *broke, struct fault *why,
	   struct fault *fault)
{
	AUTO(buf_free)
	struct buf held = BUF_INIT(x->run.detect->limits.member);
	struct detect_window window;
	int r;

	if (x->wants_whole == 0)
		return show_windows(x, s, broke, why, fault);
	if (s->whole != NULL && s->whole_bytes <= held.bytes_max && s->at_bytes == 0) {
		r = budget_bytes(x->leaf->budget, owed(x, s->left), why);
		*broke = r < 0;
		return r < 0 ? 0 : show_whole(x, s->at, s->left, true, fault);
	}
	r = hold(x, s, &held, broke, why, fault);
	if (r < 0)
		return r;
	if (*broke || (s->left == 0 && s->ended))
		return show_whole(x, held.at, held.used, false, fault);
	/* Too large to hold: windows for those that can, the rest is owed. */
	r = on_not_examined(&x->run,
			    "too large to be held in memory for this kind "
			    "(--limit member=N)",
			    0, COVERAGE_BYTES_UNKNOWN, fault);
	if (r < 0)
		return r;
	window = (struct detect_window){.at = held.at, .length = held.used, .first = true};
	r = show(x, x->wants_windows, &window, fault);
	return r < 0 ? r : show_windows(x, s, broke, why, fault);
}

static int
on_raw(void *to, struct bytes raw, struct fault *fault)
{
	struct examination *x = to;

	return hash_running_add(x->level->hash, raw, fault);
}

/* UTF-16 is shown as UTF-8. *s becomes the stream to read. */
static int
transcode(struct examination *x, enum blob_kind kind, struct stream **s, struct fault *fault)
{
	enum utf16_order order = UTF16_NONE;
	int r;

	if (kind == BLOB_TEXT && x->leaf->excerpt == BLOB_NO_EXCERPT)
		order = utf16_order_of(stream_window(*s));
	if (order == UTF16_NONE)
		return 0;
	r = utf16_stream_new(&x->utf16, *s, order, on_raw, x, fault);
	if (r < 0)
		return r;
	*s = utf16_stream(x->utf16);
	x->run.places = utf16_stream_places(x->utf16);
	x->run.decode = utf16_order_name(order);
	/* What breaks it comes back to whoever reads on. */
	(void)stream_want(*s, DETECT_SMALL_BYTES + 1, NULL);
	return 0;
}

static void
describe(struct examination *x, enum blob_kind kind, const struct stream *s)
{
	const struct leaf *leaf = x->leaf;

	x->blob = (struct blob){
	    .path = leaf->path,
	    .name = leaf->name,
	    .head = bytes_slice(stream_window(s), 0, BLOB_HEAD_BYTES),
	    .size_bytes = s->ended ? (int64_t)s->left : -1,
	    .kind = kind,
	    .depth = leaf->depth,
	    .mode = leaf->mode,
	    .derived = leaf->derived && !leaf->from_history,
	    .object = leaf->object,
	    .excerpt = leaf->excerpt,
	};
}

/* All of the blob, or what there is of it before *broke. */
static int
show_blob(struct examination *x, struct stream *s, bool *broke, struct fault *why,
	  struct fault *fault)
{
	int r;

	if (!s->ended || s->left > DETECT_SMALL_BYTES) {
		/* The head is lent from a window that moves on. */
		x->blob.head =
		    bytes_make(arena_copy(x->run.arena, x->blob.head.at, x->blob.head.left),
			       x->blob.head.left);
		return x->blob.head.at == NULL ? fault_memory(fault)
					       : show_large(x, s, broke, why, fault);
	}
	r = budget_bytes(x->leaf->budget, owed(x, s->left), why);
	if (r == FAULT_CANCEL)
		return fault_set(fault, r, "%s", why->text);
	*broke = r < 0;
	r = *broke ? 0 : show_whole(x, s->at, s->left, true, fault);
	if (r >= 0)
		r = keep_manifest(x, stream_window(s), fault);
	/* Whoever reads on would pay for what is left as if it were skipped. */
	stream_take(s, s->left);
	return r;
}

int
examine(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	struct fault *fault)
{
	struct fault why = FAULT_INIT;
	struct examination x = {.worker = w, .leaf = leaf, .level = worker_level(w, leaf->depth)};
	bool broke = false;
	int r;

	if (x.level == NULL)
		return fault_memory(fault);
	x.run = (struct detect_run){
	    .detect = w->in->options.detect,
	    .blob = &x.blob,
	    .arena = &x.level->arena,
	    .findings = &w->findings,
	    .facts = w->in->facts,
	    .derive = on_derive,
	    .rename = on_rename,
	    .not_examined = on_not_examined,
	    .intake = &x,
	    .outer = leaf->outer,
	    .outer_at = leaf->outer_at,
	};
	x.findings_before = w->findings.count;
	r = hash_running_begin(x.level->hash, fault);
	if (r >= 0)
		r = transcode(&x, kind, &s, fault);
	describe(&x, kind, s);
	if (r >= 0 && !w->in->input->facts_only) {
		ask_detectors(&x);
		x.cuts = kind != BLOB_TEXT && kind != BLOB_EMPTY;
		excerpts_begin(&x.excerpts, on_excerpt, &x);
	}
	if (r >= 0)
		r = begin(&x, fault);
	if (r >= 0)
		r = show_blob(&x, s, &broke, &why, fault);
	if (r >= 0)
		r = finish(&x, fault);
	if (r >= 0)
		r = late_names_apply(&x.names, &w->findings, x.findings_before, leaf->path, fault);
	late_names_free(&x.names);
	release(&x);
	if (r >= 0 && broke)
		r = note_not_examined(w, leaf, why.text, own_bytes(&x), COVERAGE_BYTES_UNKNOWN,
				      false, fault);
	excerpts_free(&x.excerpts);
	utf16_stream_free(&x.utf16);
	arena_reset(&x.level->arena);
	return r;
}

int
examine_input_end(struct worker *w, struct fault *fault)
{
	struct intake *in = w->in;
	struct leaf leaf = {
	    .path = in->input->path, .name = bytes_text(in->input->path), .budget = &in->budget};
	struct examination x = {.worker = w, .leaf = &leaf, .level = worker_level(w, 0)};
	int r = 0;

	if (x.level == NULL)
		return fault_memory(fault);
	x.blob = (struct blob){.path = leaf.path, .name = leaf.name, .size_bytes = -1};
	x.run = (struct detect_run){
	    .detect = in->options.detect,
	    .blob = &x.blob,
	    .arena = &x.level->arena,
	    .findings = &w->findings,
	    .facts = in->facts,
	    .derive = on_derive,
	    .not_examined = on_not_examined,
	    .intake = &x,
	};
	for (size_t i = 0; r >= 0 && i < detect_table_count; i++)
		if ((in->options.detect->options.enabled >> i & 1) != 0 &&
		    detect_table[i]->input_end != NULL)
			r = detect_table[i]->input_end(&x.run, fault);
	arena_reset(&x.level->arena);
	return r;
}
