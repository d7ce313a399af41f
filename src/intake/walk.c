/*
 * walk.c - containers inside streams inside containers
 *
 * Knows: recursion, one budget, what a person calls the things inside.
 * Does not know: any format (unpack, codec), what is looked for (examine.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "detect/container.h"
#include "detect/table.h"
#include "intake/inside.h"
#include "unpack/sniff.h"
#include "unpack/unpack.h"

/* What to do with a fault of the input: memory and cancel are ours and go up, the rest is told. */
static int
settle(struct worker *w, const struct leaf *leaf, int r, const struct fault *why, uint64_t at_bytes,
       struct fault *fault)
{
	if (r >= 0)
		return 0;
	if (r == FAULT_MEMORY || r == FAULT_CANCEL) {
		if (fault != NULL && fault != why)
			*fault = *why;
		return r;
	}
	return note_not_examined(w, leaf, why->text, at_bytes, COVERAGE_BYTES_UNKNOWN, false,
				 fault);
}

/* Read `s` to its end, so that checksums are verified and what comes behind is found. */
static int
drain(struct worker *w, const struct leaf *leaf, struct stream *s, struct fault *why)
{
	int r = 0;

	(void)w;
	while (r >= 0 && (s->left > 0 || !s->ended)) {
		r = stream_want(s, 1, why);
		if (r >= 0 && s->left > 0)
			r = budget_bytes(leaf->budget, s->left, why);
		stream_take(s, s->left);
	}
	return r;
}

/* "app.js.gz" holds "app.js"; what has no such ending holds "data". */
static struct bytes
inner_name(const struct stream *decoder, struct bytes outer)
{
	static const char *const endings[] = {".gz",   ".bz2", ".xz",  ".zst", ".lz4",
					      ".lzma", ".tgz", ".txz", ".z"};
	struct bytes base = blob_basename(outer);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		struct bytes ending = bytes_text(endings[i]);

		if (base.left > ending.left &&
		    text_equal_nocase(bytes_slice(base, base.left - ending.left, ending.left),
				      ending))
			return bytes_slice(base, 0, base.left - ending.left);
	}
	if (codec_inner_name(decoder).left > 0)
		return blob_basename(codec_inner_name(decoder));
	return BYTES_OF("data");
}

static bool
tells_containers(const struct worker *w)
{
	return !w->in->input->facts_only && detect_runs(w->in->options.detect, &detect_container);
}

/* What follows the last compressed member is a thing of its own. */
static int
walk_appended(struct worker *w, const struct leaf *leaf, struct stream *s, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct leaf inside = *leaf;
	struct unpack_note note = {.rule = "appended-data",
				   .text = "data follows the end of the compressed stream",
				   .at_bytes = s->at_bytes};
	int r = stream_want(s, 1, NULL);

	if (r < 0 || s->left == 0)
		return 0;
	r = tells_containers(w) ? container_report(&w->findings, leaf->path, &note, fault) : 0;
	if (r < 0 ||
	    blob_path_append(&path, leaf->path, BYTES_OF("(appended data)")) == FAULT_MEMORY)
		return r < 0 ? r : fault_memory(fault);
	inside.path = buf_text(&path);
	inside.name = BYTES_OF("(appended data)");
	inside.depth++;
	return walk_member(w, &inside, s, fault);
}

static int
walk_decoded(struct worker *w, const struct leaf *leaf, struct stream *decoder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct leaf inside = *leaf;
	struct fault why = FAULT_INIT;
	enum blob_kind kind;
	int r = stream_want(decoder, SNIFF_BYTES, &why);

	inside.depth++;
	kind = r < 0 && decoder->left == 0 ? BLOB_EMPTY
					   : sniff(stream_window(decoder), decoder->ended);
	if (kind == BLOB_EMPTY && r < 0)
		return settle(w, leaf, r, &why, 0, fault);
	if (!blob_kind_is_container(kind)) {
		inside.name = inner_name(decoder, leaf->name);
		if (blob_path_append(&path, leaf->path, inside.name) == FAULT_MEMORY)
			return fault_memory(fault);
		inside.path = buf_text(&path);
	}
	return walk_as(w, &inside, kind, decoder, fault);
}

static int
walk_stream(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	    struct fault *fault)
{
	AUTO(stream_close)
	struct stream *decoder = NULL;
	struct fault why = FAULT_INIT;
	struct bytes all = s->ended ? stream_window(s) : bytes_make(NULL, 0);
	int r = codec_open(&decoder, kind, s, &why);

	if (r >= 0 && w->in->pool != NULL && !s->ended && w->index == 0)
		r = codec_ahead(&decoder, TAKE(decoder), &why);
	if (r >= 0)
		r = stream_want(decoder, 1, &why);
	if (r < 0 && r != FAULT_MEMORY && (decoder == NULL || decoder->left == 0)) {
		struct stream again;

		/* Not what its magic said: it is still bytes, and they are looked at. */
		stream_from_memory(&again, all);
		if (all.left == 0)
			return settle(w, leaf, r, &why, 0, fault);
		r = settle(w, leaf, r, &why, 0, fault);
		return r < 0 ? r : examine(w, leaf, BLOB_BINARY, &again, fault);
	}
	if (r == FAULT_MEMORY)
		return settle(w, leaf, r, &why, 0, fault);
	r = walk_decoded(w, leaf, decoder, fault);
	if (r < 0)
		return r;
	r = drain(w, leaf, decoder, &why);
	stream_close(&decoder);
	if (r < 0)
		return settle(w, leaf, r, &why, s->at_bytes, fault);
	return walk_appended(w, leaf, s, fault);
}

/* An image layer deletes by naming: .wh.NAME, or .wh..wh..opq for a whole folder. */
static int
note_whiteout(struct worker *w, const struct leaf *container, struct bytes name,
	      struct fault *fault)
{
	struct bytes base = blob_basename(name), prefix = BYTES_OF(".wh.");
	AUTO(buf_free)
	struct buf target = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct fact_whiteout whiteout = {.layer = container->path};

	if (!bytes_begins(base, prefix))
		return 0;
	whiteout.opaque = bytes_equal(base, BYTES_OF(".wh..wh..opq"));
	(void)blob_display(&target, bytes_slice(name, 0, name.left - base.left));
	if (!whiteout.opaque)
		(void)blob_display(&target, bytes_slice(base, prefix.left, base.left));
	if (target.failed == FAULT_MEMORY)
		return fault_memory(fault);
	whiteout.target = buf_text(&target);
	return facts_add_whiteout(w->in->facts, &whiteout, fault);
}

static int
walk_entry(struct worker *w, const struct leaf *container, const struct unpack_entry *entry,
	   struct buf *path, struct fault *fault)
{
	struct leaf leaf = *container;
	int r = w->in->facts == NULL ? 0 : note_whiteout(w, container, entry->name, fault);

	if (r < 0 || entry->type != UNPACK_FILE)
		return r;
	buf_reset(path);
	if (blob_path_append(path, container->path, entry->name) == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(path);
	leaf.name = entry->name;
	leaf.depth++;
	leaf.mode = entry->mode;
	if (entry->unreadable != NULL)
		return note_not_examined(w, &leaf, entry->unreadable, 0, entry->content->left,
					 false, fault);
	return leaf.derived ? walk(w, &leaf, entry->content, fault)
			    : walk_member(w, &leaf, entry->content, fault);
}

static int
tell_notes(struct worker *w, const struct leaf *leaf, enum blob_kind kind, const struct unpack *up,
	   struct fault *fault)
{
	size_t count;
	const struct unpack_note *notes = unpack_notes(up, &count);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (notes[i].not_examined)
			r = note_not_examined(w, leaf, notes[i].text, notes[i].at_bytes,
					      notes[i].length_bytes > 0 ? notes[i].length_bytes
									: COVERAGE_BYTES_UNKNOWN,
					      false, fault);
		/* A linker takes an archive of objects apart, nobody unpacks it into a folder. */
		else if (kind != BLOB_AR_OBJECT_LIB && tells_containers(w))
			r = container_report(&w->findings, leaf->path, &notes[i], fault);
	}
	return r;
}

static int
walk_entries(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	     struct fault *fault)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct unpack_entry entry = {0};
	struct fault why = FAULT_INIT;
	int r = unpack_open(&up, kind, s, leaf->budget, &why), told;

	while (r >= 0 && (r = unpack_next(up, &entry, &why)) == 0) {
		r = walk_entry(w, leaf, &entry, &path, fault);
		if (r < 0)
			return r;
		if (atomic_load(&w->in->needs_tail))
			return 0;
	}
	told = r < 0 ? settle(w, leaf, r, &why, entry.at_bytes, fault) : 0;
	if (told < 0 || up == NULL)
		return told;
	return tell_notes(w, leaf, kind, up, fault);
}

/* A reader that seeks needs all of it in memory. */
static int
walk_held(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	  struct fault *fault)
{
	AUTO(buf_free)
	struct buf held = BUF_INIT(w->in->options.limits.member);
	struct fault why = FAULT_INIT;
	struct stream memory;
	int r = 0;

	while (s->left > 0 || !s->ended) {
		r = stream_want(s, 1, &why);
		if (r >= 0)
			r = budget_bytes(leaf->budget, s->left, &why);
		if (r >= 0 && buf_append(&held, s->at, s->left) == FAULT_LIMIT)
			r = fault_set(&why, FAULT_LIMIT,
				      "a %s of more than %llu bytes must be held in memory "
				      "(--limit member=N)",
				      blob_kind_name(kind),
				      (unsigned long long)w->in->options.limits.member);
		else if (held.failed != 0)
			r = fault_memory(&why);
		if (r < 0)
			break;
		stream_take(s, s->left);
	}
	r = settle(w, leaf, r, &why, 0, fault);
	if (r < 0 || held.failed != 0)
		return r;
	stream_from_memory(&memory, buf_bytes(&held));
	return walk_entries(w, leaf, kind, &memory, fault);
}

static int
walk_container(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	       struct fault *fault)
{
	struct stream memory;

	if (unpack_is_tail(kind) && !unpack_tail_ready()) {
		atomic_store(&w->in->needs_tail, true);
		return 0;
	}
	if (!unpack_needs_whole(kind) || s->whole != NULL)
		return walk_entries(w, leaf, kind, s, fault);
	if (!s->ended)
		return walk_held(w, leaf, kind, s, fault);
	stream_from_memory(&memory, stream_window(s));
	return walk_entries(w, leaf, kind, &memory, fault);
}

/* A picture or program with an archive glued behind it: the archive is opened too. */
static int
walk_embedded(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct bytes content,
	      struct fault *fault)
{
	size_t at = 0;
	enum blob_kind inner;
	struct leaf inside = *leaf;
	struct stream memory;

	if (kind == BLOB_TEXT || kind == BLOB_EMPTY || content.left < 64)
		return 0;
	inner = sniff_embedded(content, &at);
	if (!blob_kind_is_container(inner) || budget_depth(leaf->budget, leaf->depth + 1, NULL) < 0)
		return 0;
	inside.depth++;
	/* A zip's offsets may count from the front of the whole file: its reader copes with both. */
	stream_from_memory(&memory,
			   inner == BLOB_ZIP ? content : bytes_slice(content, at, content.left));
	inside.paid = false;
	inside.derived = true; /* its bytes are the leaf's, counted there */
	return walk_container(w, &inside, inner, &memory, fault);
}

int
walk_as(struct worker *w, const struct leaf *leaf, enum blob_kind kind, struct stream *s,
	struct fault *fault)
{
	struct fault why = FAULT_INIT;
	struct bytes all;
	int r;

	if (blob_kind_is_container(kind) || blob_kind_is_stream(kind)) {
		r = budget_depth(leaf->budget, leaf->depth + 1, &why);
		if (r < 0)
			return settle(w, leaf, r, &why, 0, fault);
		return blob_kind_is_stream(kind) ? walk_stream(w, leaf, kind, s, fault)
						 : walk_container(w, leaf, kind, s, fault);
	}
	all = s->ended ? stream_window(s) : bytes_make(NULL, 0);
	r = examine(w, leaf, kind, s, fault);
	if (r < 0 || leaf->derived)
		return r;
	return walk_embedded(w, leaf, kind, all, fault);
}

int
walk(struct worker *w, const struct leaf *leaf, struct stream *s, struct fault *fault)
{
	/* A fault here comes back to whoever reads on: what arrived before it is examined. */
	(void)stream_want(s, SNIFF_BYTES, NULL);
	return walk_as(w, leaf, sniff(stream_window(s), s->ended), s, fault);
}

static struct job *
job_of(const struct leaf *leaf, enum blob_kind kind, struct bytes content)
{
	size_t path_bytes = strlen(leaf->path) + 1;
	size_t held_bytes = sizeof(struct job) + content.left + path_bytes + leaf->name.left;
	struct job *job = malloc(held_bytes);
	uint8_t *at;

	if (job == NULL)
		return NULL;
	*job = (struct job){
	    .leaf = *leaf, .kind = kind, .bytes = content.left, .held_bytes = held_bytes};
	at = job->content;
	if (content.left > 0)
		memcpy(at, content.at, content.left);
	at += content.left;
	job->leaf.path = memcpy(at, leaf->path, path_bytes);
	at += path_bytes;
	if (leaf->name.left > 0)
		memcpy(at, leaf->name.at, leaf->name.left);
	job->leaf.name.at = at;
	if (leaf->object != NULL)
		job->leaf.object = memcpy(job->object, leaf->object, sizeof(job->object));
	return job;
}

static const struct intake_skip *
skip_of(const struct intake *in, uint64_t number)
{
	for (size_t i = 0; i < in->options.skips_count; i++)
		if (in->options.skips[i].blob == number)
			return &in->options.skips[i];
	return NULL;
}

int
walk_member(struct worker *w, struct leaf *leaf, struct stream *s, struct fault *fault)
{
	struct intake *in = w->in;
	const struct intake_skip *skip;
	enum blob_kind kind;
	struct fault why = FAULT_INIT;
	uint64_t outer = leaf->number;
	struct job *job;
	int r;

	leaf->number = in->blobs_met++;
	skip = skip_of(in, leaf->number);
	if (skip != NULL) {
		char reason[96];

		(void)snprintf(reason, sizeof(reason),
			       "its reader was stopped by signal %d; the run went on without it",
			       skip->signal);
		return note_not_examined(w, leaf, reason, 0, COVERAGE_BYTES_UNKNOWN, false, fault);
	}
	worker_mark(w, leaf->number);
	if (in->options.progress != NULL && (leaf->number & 63) == 0)
		in->options.progress(in->options.progress_to, leaf->number, in->budget.bytes);
	(void)stream_want(s, SNIFF_BYTES, NULL);
	if (!s->ended)
		(void)stream_want(s, DETECT_SMALL_BYTES + 1, NULL);
	kind = sniff(stream_window(s), s->ended);
	if (in->pool == NULL || !s->ended || s->left > DETECT_SMALL_BYTES ||
	    blob_kind_is_container(kind) || blob_kind_is_stream(kind)) {
		r = walk_as(w, leaf, kind, s, fault);
	} else if ((r = leaf->paid ? 0 : budget_bytes(leaf->budget, s->left, &why)) < 0) {
		r = settle(w, leaf, r, &why, 0, fault);
	} else if ((job = job_of(leaf, kind, stream_window(s))) == NULL) {
		r = fault_memory(fault);
	} else {
		/* Paid for above, in walking order; the pool's thread must not touch the budget. */
		job->budget = *leaf->budget;
		job->leaf.budget = &job->budget;
		job->leaf.paid = true;
		stream_take(s, s->left);
		r = pool_put(in->pool, w, job, fault);
	}
	worker_mark(w, outer);
	return r;
}
