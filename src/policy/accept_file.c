/*
 * accept_file.c - a list of entries as sorted lines
 *
 * Knows: docs/format-suppressions.md and docs/format-baseline.md.
 * Does not know: what an entry is bound to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "policy/accept_list.h"

/* Nobody reads a longer one; a path may have 4 KiB, escaped four times that. */
#define LINE_BYTES_MAX ((size_t)20 * 1024)

struct reader {
	struct accept_list *list;
	struct fault *fault;
	uint32_t line;
};

static int
wrong(const struct reader *r, const char *what)
{
	return fault_set(r->fault, FAULT_USAGE, "%s:%u: %s", r->list->file, r->line, what);
}

/* The next word of a line; empty at its end. */
static struct bytes
word(struct bytes *line)
{
	size_t length = 0;
	struct bytes out;

	while (length < line->left && line->at[length] != ' ')
		length++;
	(void)bytes_take(line, length, &out);
	if (line->left > 0)
		(void)bytes_skip(line, 1);
	return out;
}

static bool
parse_hex(struct bytes text, uint8_t *out, size_t count)
{
	if (text.left != 2 * count)
		return false;
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];
		uint8_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint8_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (uint8_t)(c - 'a' + 10);
		else
			return false;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
	}
	return true;
}

static int
read_key(struct reader *r, struct bytes line)
{
	struct accept_list *list = r->list;
	uint8_t key[ACCEPT_KEY_BYTES];

	if (!parse_hex(line, key, sizeof(key)))
		return wrong(r, "a key is 64 lower-case hex digits");
	for (size_t i = 0; i < list->keys_count; i++)
		if (memcmp(list->keys[i], key, sizeof(key)) == 0)
			return 0;
	if (list->keys_count == ACCEPT_KEYS_MAX)
		return wrong(r, "more than 8 keys");
	memcpy(list->keys[list->keys_count++], key, sizeof(key));
	return 0;
}

/* Undo the escape of blanks; the rest of the display form stays as it is. */
static const char *
read_place(struct reader *r, struct bytes text)
{
	char *place = arena_copy(&r->list->arena, text.at, text.left);
	char *to = place;

	for (const char *from = place; place != NULL && *from != '\0';) {
		bool blank = strncmp(from, "\\x20", 4) == 0;

		*to++ = blank ? ' ' : *from;
		from += blank ? 4 : 1;
	}
	if (place != NULL)
		*to = '\0';
	return place;
}

static bool
is_what(struct bytes text)
{
	size_t slashes = 0;

	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];

		slashes += c == '/';
		if (c != '/' && c != '-' && c != '_' && c != '.' && !text_is_alnum(c))
			return false;
	}
	return slashes == 1 && text.at[0] != '/' && text.at[text.left - 1] != '/';
}

/* UNTIL OWNER of a suppression. */
static int
read_answer(struct reader *r, struct bytes *line, struct accept_entry *entry)
{
	struct bytes text = word(line);
	const char *day, *owner;

	day = arena_copy(&r->list->arena, text.at, text.left);
	text = word(line);
	owner = arena_copy(&r->list->arena, text.at, text.left);
	if (day == NULL || owner == NULL)
		return fault_memory(r->fault);
	if (clock_parse_date(day, &entry->until, NULL) < 0)
		return wrong(r, "the third word is the day on which it ends, like 2026-12-31");
	if (!text_is_name(owner))
		return wrong(r, "the fourth word is its owner: [a-z0-9][a-z0-9._-]{0,63}");
	entry->owner = owner;
	return 0;
}

static int
read_entry(struct reader *r, struct bytes line)
{
	struct accept_list *list = r->list;
	struct accept_entry entry = {.line = r->line};
	struct bytes text = word(&line);
	int code;

	if (!parse_hex(text, entry.hash, sizeof(entry.hash)))
		return wrong(r, "an entry begins with 32 lower-case hex digits");
	text = word(&line);
	if (text.left == 0 || !is_what(text))
		return wrong(r, "the second word is DETECTOR/RULE");
	entry.what = arena_copy(&list->arena, text.at, text.left);
	if (list->kind != ACCEPT_BASELINE) {
		code = read_answer(r, &line, &entry);
		if (code < 0)
			return code;
	}
	text = word(&line);
	if (text.left == 0)
		return wrong(r, "the place is missing");
	entry.place = read_place(r, text);
	if (list->kind != ACCEPT_BASELINE) {
		if (line.left == 0)
			return wrong(r, "the reason is missing: say why it may leave");
		entry.reason = arena_copy(&list->arena, line.at, line.left);
		if (entry.reason == NULL)
			return fault_memory(r->fault);
	} else if (line.left > 0) {
		return wrong(r, "more than a hash, DETECTOR/RULE and a place");
	}
	if (entry.what == NULL || entry.place == NULL)
		return fault_memory(r->fault);
	return accept_append(list, &entry, r->fault);
}

static int
read_line(struct reader *r, struct bytes line)
{
	if (line.left > 0 && line.at[line.left - 1] == '\r')
		line.left--;
	if (line.left == 0 || line.at[0] == '#')
		return 0;
	if (line.left > LINE_BYTES_MAX)
		return wrong(r, "a line of more than 20 KiB");
	for (size_t i = 0; i < line.left; i++)
		if (line.at[i] < 0x20 || line.at[i] == 0x7f)
			return wrong(r, "a control byte");
	if (line.at[0] == '<' || line.at[0] == '=' || line.at[0] == '>' || line.at[0] == '|')
		return wrong(r, "a merge conflict: keep the lines of both sides, the marks go");
	if (line.left > 4 && memcmp(line.at, "key ", 4) == 0)
		return read_key(r, bytes_slice(line, 4, line.left));
	return read_entry(r, line);
}

int
accept_parse(struct accept_list **out, enum accept_kind kind, struct bytes text, const char *file,
	     struct fault *fault)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	struct reader reader = {.fault = fault};
	int r = accept_new(&list, kind, file, fault);

	if (r < 0)
		return r;
	if (!text_is_utf8(text))
		return fault_set(fault, FAULT_USAGE, "%s: is not UTF-8", file);
	reader.list = list;
	while (r == 0 && text.left > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.left);
		size_t length = end == NULL ? text.left : (size_t)(end - text.at);

		reader.line++;
		r = read_line(&reader, bytes_slice(text, 0, length));
		(void)bytes_skip(&text, length + (end != NULL));
	}
	if (r < 0)
		return r;
	if (list->count > 0 && list->keys_count == 0)
		return fault_set(fault, FAULT_USAGE, "%s: entries without a key line", file);
	accept_sort(list);
	*out = TAKE(list);
	return 0;
}

int
accept_load(struct accept_list **out, enum accept_kind kind, const char *path, const char *shown,
	    struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(ACCEPT_BYTES_MAX);
	int r = file_exists(path, fault);

	if (r == 0)
		return accept_new(out, kind, shown, fault);
	if (r > 0)
		r = file_read_all(path, &text, fault);
	return r < 0 ? r : accept_parse(out, kind, buf_bytes(&text), shown, fault);
}

/* ---- writing ---- */

static void
put_place(struct buf *to, const char *place)
{
	for (; *place != '\0'; place++)
		(void)buf_append_text(to, *place == ' ' ? "\\x20" : (char[]){*place, '\0'});
}

static void
put_entry(const struct accept_list *list, const struct accept_entry *entry, struct buf *to)
{
	char hex[2 * ACCEPT_HASH_BYTES + 1], day[CLOCK_DATE_TEXT];

	(void)buf_printf(to, "%s %s ", text_hex(entry->hash, sizeof(entry->hash), hex),
			 entry->what);
	if (list->kind != ACCEPT_BASELINE)
		(void)buf_printf(to, "%s %s ", clock_format_date(entry->until, day), entry->owner);
	put_place(to, entry->place);
	if (list->kind != ACCEPT_BASELINE)
		(void)buf_printf(to, " %s", entry->reason);
	(void)buf_append_u8(to, '\n');
}

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sort the lines from `from` on, and drop what comes twice: a second scan gives the same bytes. */
static int
sort_lines(struct buf *to, size_t from, size_t count)
{
	AUTO(own_free)
	char *text = strndup((const char *)to->at + from, to->used - from);
	AUTO(own_free)
	const char **lines = calloc(count + 1, sizeof(*lines));
	size_t n = 0;

	if (text == NULL || lines == NULL)
		return FAULT_MEMORY;
	for (char *p = text; *p != '\0';) {
		char *end = strchr(p, '\n');

		*end = '\0';
		lines[n++] = p;
		p = end + 1;
	}
	qsort(lines, n, sizeof(*lines), compare_lines);
	to->used = from;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			(void)buf_printf(to, "%s\n", lines[i]);
	return to->failed;
}

int
accept_format(const struct accept_list *list, struct buf *to)
{
	static const char *const heads[] = {
	    "# stopwater suppressions 1: HASH DETECTOR/RULE UNTIL OWNER PLACE REASON\n"
	    "# change it with 'stopwater suppress'; to merge, keep the lines of both sides\n",
	    "# stopwater baseline 1: HASH DETECTOR/RULE PLACE\n"
	    "# change it with 'stopwater baseline'; to merge, keep the lines of both sides\n",
	    "# stopwater once 1: HASH DETECTOR/RULE UNTIL OWNER PLACE REASON\n",
	};
	char hex[2 * ACCEPT_KEY_BYTES + 1];
	size_t from;

	(void)buf_append_text(to, heads[list->kind]);
	for (size_t i = 0; i < list->keys_count; i++)
		(void)buf_printf(to, "key %s\n", text_hex(list->keys[i], ACCEPT_KEY_BYTES, hex));
	from = to->used;
	for (size_t i = 0; i < list->count; i++)
		put_entry(list, &list->entries[i], to);
	return to->failed != 0 || list->count == 0 ? to->failed : sort_lines(to, from, list->count);
}

int
accept_save(const struct accept_list *list, const char *path, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(ACCEPT_BYTES_MAX);
	AUTO(own_free)
	char *folder = strdup(path);
	char *slash = folder == NULL ? NULL : strrchr(folder, '/');
	int r = accept_format(list, &text);

	if (folder == NULL || r == FAULT_MEMORY)
		return fault_memory(fault);
	if (r < 0)
		return fault_set(fault, r, "%s: would be larger than 16 MiB", path);
	if (slash != NULL && slash != folder) {
		*slash = '\0';
		r = file_make_folders(folder, list->kind == ACCEPT_ONCE ? 0700 : 0755, fault);
	}
	return r < 0 ? r
		     : file_write_all(path, buf_bytes(&text),
				      list->kind == ACCEPT_ONCE ? 0600 : 0644, fault);
}
