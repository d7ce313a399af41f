/*
 * diff.c - a unified diff -> for each file the lines that it gains
 *
 * Knows: headers, hunks and their counts, quoted names, combined diffs, what has no content here.
 * Does not know: repositories.  After git-diff(1), "Generating patch text with -p" and "Combined
 * diff format"; counts as GNU diff writes them.
 */
#include "unpack/diff.h"

#include <string.h>

#include "base/text.h"

#define LINE_BYTES_MAX ((size_t)STREAM_WANT_MAX)
#define NAME_BYTES_MAX ((size_t)64 * 1024)

#define WHY_BINARY "binary content is not in the diff"
#define WHY_LONG   "a line too long to be held"
#define WHY_LARGE  "more added lines than may be held (--limit member=N)"

void
diff_init(struct diff *d, struct stream *from, uint64_t bytes_max)
{
	size_t max = bytes_max > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)bytes_max;

	*d = (struct diff){
	    .from = from,
	    .name = BUF_INIT(NAME_BYTES_MAX),
	    .next_name = BUF_INIT(NAME_BYTES_MAX),
	    .content = BUF_INIT(max),
	    .text = BUF_INIT(max),
	};
}

void
diff_fini(struct diff *d)
{
	buf_free(&d->name);
	buf_free(&d->next_name);
	buf_free(&d->content);
	buf_free(&d->text);
}

/* One line without its end; *whole false: the rest of it is longer than may be held, skipped. */
static int
take_line(struct stream *s, struct bytes *line, bool *whole, size_t *length, struct fault *fault)
{
	size_t want = 4096, looked = 0;

	*whole = true;
	for (;;) {
		const uint8_t *end;
		int r = stream_want(s, want, fault);

		end = s->left > looked ? memchr(s->at + looked, '\n', s->left - looked) : NULL;
		if (end != NULL) {
			*line = bytes_make(s->at, (size_t)(end - s->at));
			*length = line->left + 1;
			return 0;
		}
		if (r < 0)
			return r;
		looked = s->left;
		if (s->ended || s->left >= LINE_BYTES_MAX) {
			*whole = s->ended;
			*line = stream_window(s);
			*length = s->left;
			return s->left == 0 ? DIFF_END : 0;
		}
		want = s->left * 2 < LINE_BYTES_MAX ? s->left * 2 + 1 : LINE_BYTES_MAX;
	}
}

/* The rest of a line that was too long. */
static int
skip_line(struct stream *s, struct fault *fault)
{
	for (;;) {
		const uint8_t *end;
		int r = stream_want(s, 1, fault);

		if (r < 0 || s->left == 0)
			return r;
		end = memchr(s->at, '\n', s->left);
		stream_take(s, end == NULL ? s->left : (size_t)(end - s->at) + 1);
		if (end != NULL)
			return 0;
	}
}

/* ---- headers ---- */

/* git quotes names with odd bytes as C does. */
static void
unquote(struct buf *to, struct bytes in)
{
	for (size_t i = 0; i < in.left && in.at[i] != '"'; i++) {
		static const char from[] = "abtnvfr\"\\", plain[] = "\a\b\t\n\v\f\r\"\\";
		const char *known;
		unsigned value = 0, digits = 0;

		if (in.at[i] != '\\' || i + 1 == in.left) {
			(void)buf_append_u8(to, in.at[i]);
			continue;
		}
		i++;
		known = in.at[i] == '\0' ? NULL : strchr(from, in.at[i]);
		if (known != NULL) {
			(void)buf_append_u8(to, (uint8_t)plain[known - from]);
			continue;
		}
		while (digits < 3 && i < in.left && in.at[i] >= '0' && in.at[i] <= '7') {
			value = value * 8 + (unsigned)(in.at[i++] - '0');
			digits++;
		}
		(void)buf_append_u8(to, (uint8_t)value);
		i--;
	}
}

/* "+++ b/src/a.c<TAB>date": b, c, i, o and w are the prefixes that git knows. */
static void
read_name(struct buf *to, struct bytes in)
{
	size_t length;

	buf_reset(to);
	if (in.left > 0 && in.at[0] == '"') {
		unquote(to, bytes_slice(in, 1, in.left));
	} else {
		const uint8_t *tab = in.left == 0 ? NULL : memchr(in.at, '\t', in.left);

		length = tab == NULL ? in.left : (size_t)(tab - in.at);
		while (length > 0 && in.at[length - 1] == '\r')
			length--;
		(void)buf_append(to, in.at, length);
	}
	if (to->used > 2 && to->at[1] == '/' && strchr("bciow", to->at[0]) != NULL) {
		memmove(to->at, to->at + 2, to->used - 2);
		to->used -= 2;
	}
}

static bool
take_number(struct bytes *in, uint64_t *out)
{
	uint64_t value = 0;
	size_t digits = 0;

	while (digits < in->left && in->at[digits] >= '0' && in->at[digits] <= '9' && digits < 15)
		value = value * 10 + (uint64_t)(in->at[digits++] - '0');
	if (digits == 0)
		return false;
	(void)bytes_skip(in, digits);
	*out = value;
	return true;
}

/* "-12,5" or "-12" */
static bool
take_range(struct bytes *in, uint8_t sign, uint64_t *from, uint64_t *count)
{
	*count = 1;
	if (in->left == 0 || in->at[0] != sign)
		return false;
	(void)bytes_skip(in, 1);
	if (!take_number(in, from))
		return false;
	if (in->left > 0 && in->at[0] == ',') {
		(void)bytes_skip(in, 1);
		return take_number(in, count);
	}
	return true;
}

/* "@@ -1,2 +3,4 @@", or "@@@ -1,2 -1,2 +3,4 @@@" of a merge of two. */
static bool
read_hunk(struct diff *d, struct bytes line)
{
	unsigned marks = 0;
	uint64_t from, line_new, count_new;

	while (marks < line.left && line.at[marks] == '@')
		marks++;
	if (marks < 2 || marks > 1 + sizeof(d->old_left) / sizeof(d->old_left[0]))
		return false;
	(void)bytes_skip(&line, marks);
	for (unsigned i = 0; i + 1 < marks; i++) {
		if (line.left == 0 || line.at[0] != ' ')
			return false;
		(void)bytes_skip(&line, 1);
		if (!take_range(&line, '-', &from, &d->old_left[i]))
			return false;
	}
	if (line.left == 0 || line.at[0] != ' ')
		return false;
	(void)bytes_skip(&line, 1);
	if (!take_range(&line, '+', &line_new, &count_new) || !bytes_begins(line, BYTES_OF(" @@")))
		return false;
	d->parents = marks - 1;
	d->line = line_new;
	d->new_left = count_new;
	return true;
}

/* ---- hunks ---- */

static bool
in_hunk(const struct diff *d)
{
	if (d->parents == 0)
		return false;
	if (d->new_left > 0)
		return true;
	for (unsigned i = 0; i < d->parents; i++)
		if (d->old_left[i] > 0)
			return true;
	return false;
}

static void
add_line(struct diff *d, struct bytes line)
{
	while (d->at_line + 1 < d->line && d->empty_lines < DIFF_EMPTY_LINES_MAX) {
		(void)buf_append_u8(&d->content, '\n');
		d->at_line++;
		d->empty_lines++;
	}
	(void)buf_append(&d->content, line.at, line.left);
	(void)buf_append_u8(&d->content, '\n');
	d->at_line++;
}

/* In a combined diff a line has a column for each parent; it is in the result unless one of them
 * says '-', and it is new when one says '+'. */
static void
hunk_line(struct diff *d, struct bytes line)
{
	bool added = false, removed = false;

	if (line.left > 0 && line.at[0] == '\\') /* "\ No newline at end of file" */
		return;
	for (unsigned i = 0; i < d->parents; i++) {
		uint8_t mark = i < line.left ? line.at[i] : ' ';

		added |= mark == '+';
		removed |= mark == '-';
	}
	for (unsigned i = 0; i < d->parents; i++) {
		uint8_t mark = i < line.left ? line.at[i] : ' ';

		if (d->old_left[i] > 0 && (removed ? mark == '-' : mark != '+'))
			d->old_left[i]--;
	}
	if (removed)
		return;
	if (d->new_left > 0)
		d->new_left--;
	if (added)
		add_line(d, bytes_slice(line, d->parents, line.left));
	d->line++;
}

/* ---- files ---- */

static void
begin_file(struct diff *d)
{
	buf_reset(&d->content);
	d->line = d->at_line = d->empty_lines = 0;
	d->parents = 0;
	d->unreadable = NULL;
	d->in_file = true;
	d->in_binary = false;
}

/* A line outside of hunks.  True: it begins another file, whose name is in next_name. */
static bool
header_line(struct diff *d, struct bytes line)
{
	if (bytes_begins(line, BYTES_OF("diff --git ")) ||
	    bytes_begins(line, BYTES_OF("diff --cc ")) ||
	    bytes_begins(line, BYTES_OF("diff --combined "))) {
		const uint8_t *last = memrchr(line.at, ' ', line.left);

		/* The names again, more exactly, are in the lines that follow, where there are any. */
		read_name(&d->next_name,
			  bytes_make(last + 1, (size_t)(line.at + line.left - last - 1)));
		return true;
	}
	if (bytes_begins(line, BYTES_OF("+++ "))) {
		read_name(&d->name, bytes_slice(line, 4, line.left));
		d->in_file = true;
		return false;
	}
	if (bytes_begins(line, BYTES_OF("--- "))) {
		/* Of plain `diff -u` this is where a file begins; behind git's own line it is not. */
		if (d->in_file && d->content.used == 0 && d->unreadable == NULL)
			return false;
		read_name(&d->next_name, bytes_slice(line, 4, line.left));
		return true;
	}
	if (d->in_file && bytes_begins(line, BYTES_OF("rename to ")))
		read_name(&d->name, bytes_slice(line, 10, line.left));
	if (d->in_file && (bytes_begins(line, BYTES_OF("Binary files ")) ||
			   bytes_begins(line, BYTES_OF("GIT binary patch")))) {
		d->unreadable = WHY_BINARY;
		d->in_binary = true;
	}
	return false;
}

static bool
is_header(const struct diff *d, struct bytes line)
{
	static const char *const fronts[] = {
	    "index ",         "old mode ",   "new mode ",      "deleted file mode ",
	    "new file mode ", "similarity ", "dissimilarity ", "rename from ",
	    "rename to ",     "copy from ",  "copy to ",       "Binary files ",
	    "--- ",           "+++ ",
	};

	for (size_t i = 0; d->in_file && i < ARRAY_LEN(fronts); i++)
		if (bytes_begins(line, bytes_text(fronts[i])))
			return true;
	return d->in_binary || (d->in_file && bytes_begins(line, BYTES_OF("\\ ")));
}

static void
give(struct diff *d, struct diff_entry *entry)
{
	*entry = (struct diff_entry){.name = buf_bytes(&d->name),
				     .content = buf_bytes(&d->content),
				     .unreadable = d->unreadable};
	if (d->content.failed == FAULT_LIMIT)
		entry->unreadable = WHY_LARGE;
	d->in_file = false;
}

/* What was said between files, and then the end. */
static int
give_text(struct diff *d, struct diff_entry *entry)
{
	d->ended = true;
	if (d->text.used == 0)
		return DIFF_END;
	*entry = (struct diff_entry){.content = buf_bytes(&d->text),
				     .unreadable = d->text_cut ? WHY_LONG : NULL};
	if (d->text.failed == FAULT_LIMIT)
		entry->unreadable = WHY_LARGE;
	return 0;
}

/* The name read ahead is that of the file which begins now. */
static void
next_file(struct diff *d)
{
	struct buf swap = d->name;

	d->name = d->next_name;
	d->next_name = swap;
	d->has_next = false;
	begin_file(d);
}

static bool
out_of_memory(const struct diff *d)
{
	return d->content.failed == FAULT_MEMORY || d->text.failed == FAULT_MEMORY ||
	       d->name.failed == FAULT_MEMORY || d->next_name.failed == FAULT_MEMORY;
}

int
diff_next(struct diff *d, struct diff_entry *entry, struct fault *fault)
{
	if (d->ended)
		return DIFF_END;
	if (d->has_next)
		next_file(d);
	for (;;) {
		struct bytes line;
		bool whole, next = false;
		size_t length;
		int r = take_line(d->from, &line, &whole, &length, fault);

		if (r < 0)
			return r;
		if (r == DIFF_END) {
			if (!d->in_file)
				return give_text(d, entry);
			give(d, entry);
			return 0;
		}
		if (!whole && d->in_file)
			d->unreadable = WHY_LONG;
		d->text_cut |= !whole && !d->in_file;
		if (in_hunk(d)) {
			hunk_line(d, line);
		} else if (d->in_file && read_hunk(d, line)) {
			d->in_binary = false;
		} else if ((next = header_line(d, line))) {
			d->has_next = true;
		} else if (!is_header(d, line)) {
			(void)buf_append(&d->text, line.at, line.left);
			(void)buf_append_u8(&d->text, '\n');
		}
		stream_take(d->from, length);
		r = whole ? 0 : skip_line(d->from, fault);
		if (r < 0)
			return r;
		if (out_of_memory(d))
			return fault_memory(fault);
		if (next && d->in_file) {
			give(d, entry);
			return 0;
		}
		if (next)
			next_file(d);
	}
}
