/*
 * history_texts.c - what a git store says beside its objects: names of files and refs, reflogs
 *
 * Knows: that people paste tokens into names and messages too.  Does not know: what a token is.
 * Each kind is shown as one text, a line each; a name that many trees hold is there once.
 */
#include "base/own.h"
#include "history/paths.h"
#include "intake/lives.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20) /* as one small blob; the next one goes on */

struct texts {
	struct worker *worker;
	const char *name;
	struct buf text;
	struct fault *fault;
};

static int
show(struct texts *t)
{
	struct intake *in = t->worker->in;
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct budget own = in->budget;
	struct leaf leaf = {.number = WORKER_IDLE,
			    .name = bytes_text(t->name),
			    .depth = 1,
			    .derived = true,
			    .from_history = true,
			    .without = history_without(HISTORY_COMMIT),
			    .paid = true,
			    .budget = &own};
	struct stream s;
	int r;

	if (t->text.used == 0)
		return 0;
	(void)buf_append_text(&path, in->store_name);
	(void)buf_append_text(&path, "!/");
	if (buf_append_text(&path, t->name) < 0)
		return fault_memory(t->fault);
	leaf.path = buf_text(&path);
	coverage_blob(in->coverage, t->text.used);
	stream_from_memory(&s, buf_bytes(&t->text));
	r = walk(t->worker, &leaf, &s, t->fault);
	buf_reset(&t->text);
	return r;
}

static int
add_line(struct texts *t, struct bytes line)
{
	int r = t->text.used + line.left + 1 > TEXT_BYTES_MAX ? show(t) : 0;

	if (r < 0)
		return r;
	(void)buf_append(&t->text, line.at, line.left);
	(void)buf_append_u8(&t->text, '\n');
	/* A line longer than that is cut: no name or message of git's is. */
	if (t->text.failed == FAULT_LIMIT)
		buf_reset(&t->text);
	return t->text.failed == FAULT_MEMORY ? fault_memory(t->fault) : 0;
}

static int
on_name(void *to, struct bytes name)
{
	return add_line(to, name);
}

static int
on_reflog(void *to, const char *ref, const struct history_id *from, const struct history_id *to_id,
	  struct bytes text)
{
	(void)ref;
	(void)from;
	(void)to_id;
	return add_line(to, text);
}

static int
show_refs(struct texts *t, struct history *store, struct fault *fault)
{
	const struct history_ref *refs;
	size_t count;
	int r = history_refs(store, &refs, &count, fault);

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = add_line(t, bytes_text(refs[i].name));
	return r;
}

int
walk_history_texts(struct worker *w, struct history *store, const struct history_paths *paths,
		   struct fault *fault)
{
	struct texts t = {.worker = w, .text = BUF_INIT(TEXT_BYTES_MAX), .fault = fault};
	int r;

	t.name = "(names of files)";
	r = history_paths_names(paths, on_name, &t);
	if (r >= 0)
		r = show(&t);
	t.name = "(names of refs)";
	if (r >= 0)
		r = show_refs(&t, store, fault);
	if (r >= 0)
		r = show(&t);
	t.name = "(reflogs)";
	if (r >= 0)
		r = history_reflogs(store, on_reflog, &t, fault);
	if (r >= 0)
		r = show(&t);
	buf_free(&t.text);
	return r;
}
