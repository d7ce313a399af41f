/*
 * diff.h - a unified diff -> for each file the lines that it gains
 *
 *	diff_init(&d, stream, limits.member);
 *	while ((r = diff_next(&d, &entry, fault)) == 0)
 *		look at entry.name, entry.content
 *	diff_fini(&d);
 *
 * What `git diff`, `git log -p`, `git format-patch`, `diff -u` and combined diffs of merges print.
 * An entry's content is the added lines alone, each on the line where it stands in the new file:
 * lines between are empty.  Text outside of hunks (messages, authors) is an entry without a name.
 * Lent until the next call.  Method: hunks are read by their own counts, so that a line of content
 * that looks like a header is content.
 */
#ifndef UNPACK_DIFF_H
#define UNPACK_DIFF_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/stream.h"

/* A hunk at line ten million is lied: past this many empty lines in one entry the numbers of the
 * lines are no longer kept. */
#define DIFF_EMPTY_LINES_MAX ((uint64_t)4 << 20)

struct diff_entry {
	struct bytes name; /* raw, without "b/"; empty: text outside of hunks */
	struct bytes content;
	const char *unreadable; /* its content is not in the diff, or no longer readable: why */
};

struct diff {
	struct stream *from;
	struct buf name, next_name, content, text;
	uint64_t line;        /* of the new file, the next in the hunk */
	uint64_t at_line;     /* how many lines `content` has */
	uint64_t empty_lines; /* of those, made up */
	uint64_t old_left[8], new_left;
	unsigned parents; /* 1; more in a combined diff; 0: outside of a hunk */
	const char *unreadable;
	bool in_file, in_binary, has_next, ended;
	bool text_cut; /* a line outside of files was too long */
};

/* `from` is lent.  `bytes_max`: of one entry's content. */
void diff_init(struct diff *d, struct stream *from, uint64_t bytes_max);
void diff_fini(struct diff *d);

/* 0, DIFF_END, or a fault of the stream or of memory. */
enum { DIFF_END = 1 };
int diff_next(struct diff *d, struct diff_entry *entry, struct fault *fault);

#endif
