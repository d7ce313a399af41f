/*
 * patch.c - a diff as an input: for each file the lines that it gains
 *
 * Knows: how an entry of a diff becomes a leaf.  Does not know: hunks (unpack/diff.h).
 */
#include <string.h>
#include <unistd.h>

#include "intake/inside.h"
#include "unpack/diff.h"

#define MESSAGE_NAME "(messages)"

static int
walk_entry(struct worker *w, const struct input *input, const struct diff_entry *entry,
	   struct fault *fault)
{
	struct intake *in = w->in;
	struct bytes name = entry->name.left > 0 ? entry->name : BYTES_OF(MESSAGE_NAME);
	struct leaf leaf = {.name = name, .number = WORKER_IDLE, .depth = 1, .budget = &in->budget};
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);
	struct fault why = FAULT_INIT;
	struct stream s;
	int r = blob_path_append(&path, input->path, name);

	if (r == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(&path);
	if (entry->unreadable != NULL)
		return note_not_examined(w, &leaf, entry->unreadable, 0, COVERAGE_BYTES_UNKNOWN,
					 false, fault);
	if (entry->content.left == 0)
		return 0;
	r = budget_entry(&in->budget, &why);
	if (r == FAULT_LIMIT)
		return note_not_examined(w, &leaf, why.text, 0, entry->content.left, false, fault);
	if (r < 0)
		return fault_set(fault, r, "%s", why.text);
	stream_from_memory(&s, entry->content);
	return walk_member(w, &leaf, &s, fault);
}

int
walk_patch(struct worker *w, const struct input *input, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(diff_fini)
	struct diff diff = {0};
	struct diff_entry entry;
	struct fault why = FAULT_INIT;
	struct leaf all = {.path = input->path};
	int r = stream_from_fd(&s, input->fd, fault);

	if (r < 0)
		return r;
	budget_input(&w->in->budget, 0);
	diff_init(&diff, s, w->in->options.limits.member);
	while ((r = diff_next(&diff, &entry, &why)) == 0) {
		r = walk_entry(w, input, &entry, fault);
		if (r < 0)
			return r;
	}
	coverage_input(w->in->coverage, s->at_bytes);
	w->in->summary->bytes += s->at_bytes;
	if (r == FAULT_MEMORY || r == FAULT_CANCEL)
		return fault_set(fault, r, "%s", why.text);
	return r < 0 ? note_not_examined(w, &all, why.text, s->at_bytes, COVERAGE_BYTES_UNKNOWN,
					 false, fault)
		     : 0;
}
