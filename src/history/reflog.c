/*
 * reflog.c - what refs pointed to before
 *
 * Knows: files below logs/, one line a move: "OLD NEW Name <mail> time zone\tmessage".
 */
#include <stdio.h>

#include "history/inside.h"

struct reader {
	struct history *h;
	int folder;
	const char *prefix;
	int (*line)(void *to, const char *ref, const struct history_id *from,
		    const struct history_id *to_id, struct bytes text);
	void *to;
};

static int
take_line(const struct reader *r, const char *ref, struct bytes line)
{
	size_t digits = 2 * r->h->id_bytes;
	struct history_id from, to;

	if (line.left < 2 * digits + 2 || line.at[digits] != ' ' ||
	    line.at[2 * digits + 1] != ' ' ||
	    history_id_parse(bytes_slice(line, 0, digits), &from, NULL) < 0 ||
	    history_id_parse(bytes_slice(line, digits + 1, digits), &to, NULL) < 0) {
		gap_add(r->h, ref, "lines that are no reflog", NULL, 1, false);
		return 0;
	}
	(void)bytes_skip(&line, 2 * digits + 2);
	return r->line(r->to, ref, &from, &to, line);
}

/* `path` is "logs/refs/heads/main". */
static int
read_file(void *to, const char *path)
{
	struct reader *r = to;
	AUTO(buf_free)
	struct buf name = BUF_INIT(65536);
	struct map map;
	struct bytes in;
	int answer = map_open(&map, r->folder, path, NULL);

	if (answer != 0) {
		if (answer < 0)
			gap_add(r->h, path, "cannot be read", NULL, 1, false);
		return 0;
	}
	if (buf_append_text(&name, r->prefix) < 0 ||
	    blob_display(&name, bytes_text(path + strlen("logs/"))) < 0) {
		map_close(&map);
		return FAULT_MEMORY;
	}
	in = bytes_make(map.at, map.bytes);
	answer = 0;
	while (answer == 0 && in.left > 0) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		size_t length = newline == NULL ? in.left : (size_t)(newline - in.at);

		if (length > 0)
			answer = take_line(r, buf_text(&name), bytes_make(in.at, length));
		(void)bytes_skip(&in, newline == NULL ? length : length + 1);
	}
	map_close(&map);
	return answer;
}

static int
read_worktree(void *to, int at, const char *name)
{
	struct reader r = *(const struct reader *)to;
	char prefix[300];

	(void)snprintf(prefix, sizeof(prefix), "worktrees/%s/", name);
	r.folder = at;
	r.prefix = prefix;
	return files_below(r.h, at, "logs", read_file, &r);
}

int
history_reflogs(struct history *h,
		int (*line)(void *to, const char *ref, const struct history_id *from,
			    const struct history_id *to_id, struct bytes text),
		void *to, struct fault *fault)
{
	struct reader r = {.h = h, .folder = h->common_dir, .prefix = "", .line = line, .to = to};
	int answer = h->common_dir < 0 ? 0 : files_below(h, h->common_dir, "logs", read_file, &r);

	if (answer == 0)
		answer = worktrees(h, read_worktree, &r);
	return answer == FAULT_MEMORY ? fault_memory(fault) : answer;
}
