/*
 * one_file.c - one file -> its keys with their lines
 *
 * Knows: what is text, where licences stand.  Does not know: other files, the disk format.
 */
#include "register/one_file.h"

#include "base/file.h"
#include "base/own.h"
#include "fingerprint/fingerprint.h"
#include "seal/hash.h"

/* Fewer bytes than this are nobody's: `module.exports = require('./lib')`. */
#define CONTENT_BYTES_MIN 128

void
one_file_scratch_init(struct one_file_scratch *s)
{
	*s = (struct one_file_scratch){.content = BUF_INIT(ONE_FILE_BYTES_MAX),
				       .prints = PRINTS_INIT};
}

void
one_file_scratch_free(struct one_file_scratch *s)
{
	buf_free(&s->content);
	prints_free(&s->prints);
	free(s->lines);
	one_file_scratch_init(s);
}

bool
one_file_licence(struct bytes text, size_t *from, size_t *to)
{
	static const char *const phrases[] = {
	    "Permission is hereby granted",      "Redistribution and use in source and binary",
	    "Licensed under the Apache License", "GNU General Public License",
	    "GNU Lesser General Public",         "Mozilla Public License",
	    "Permission to use, copy, modify",   "THE SOFTWARE IS PROVIDED",
	    "This software is provided 'as-is'", "Boost Software License",
	};
	/* The longest notice that stands in front of files (MIT, BSD-3, zlib) has about 1,500
	 * bytes; a phrase is somewhere in it. */
	const size_t around = 1500;
	struct bytes front = bytes_slice(text, 0, 8192);
	bool found = false;

	*from = *to = 0;
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
		ptrdiff_t at = bytes_find(front, bytes_text(phrases[i]));

		if (at < 0)
			continue;
		if ((size_t)at + around > *to)
			*to = (size_t)at + around;
		found = true;
	}
	return found;
}

static int
find_lines(struct one_file_scratch *s, struct fault *fault)
{
	struct bytes text = buf_bytes(&s->content);
	const uint8_t *p = text.at, *end = text.at + text.left;

	s->lines_count = 0;
	while (p != NULL && p < end) {
		if (s->lines_count == s->lines_room) {
			size_t room = s->lines_room == 0 ? 1024 : s->lines_room * 2;
			uint32_t *lines = realloc(s->lines, room * sizeof(*lines));

			if (lines == NULL)
				return fault_memory(fault);
			s->lines = lines;
			s->lines_room = room;
		}
		s->lines[s->lines_count++] = (uint32_t)(p - text.at);
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? NULL : p + 1;
	}
	return 0;
}

/* From 1. */
static uint32_t
line_of(const struct one_file_scratch *s, uint32_t at)
{
	size_t low = 0, high = s->lines_count;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (s->lines[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low + 1;
}

static int
by_key(const void *a, const void *b)
{
	const struct print *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Babel writes each helper on one line: `function _createClass(e, r, t) { return ... }`.  There are
 * too many versions of them for a list of keys. */
static bool
is_helper_line(const struct one_file_scratch *s, const struct print *print)
{
	static const size_t long_line = 100;
	uint32_t line = line_of(s, print->at) - 1;
	struct bytes text = buf_bytes(&s->content);
	size_t end = line + 1 < s->lines_count ? s->lines[line + 1] : text.left;
	struct bytes whole = bytes_slice(text, s->lines[line], end - s->lines[line]);

	return whole.left >= long_line && bytes_begins(whole, BYTES_OF("function _"));
}

/* Each key once, at its first place; the text of a licence is left out. */
static int
keep_prints(struct one_file *out, struct one_file_scratch *s, struct fault *fault)
{
	struct print *list = s->prints.list;
	size_t from, to, count = s->prints.count;
	bool licence = one_file_licence(buf_bytes(&s->content), &from, &to);

	qsort(list, count, sizeof(*list), by_key);
	out->entries = malloc((count + 2) * sizeof(*out->entries)); /* and two of the whole */
	if (out->entries == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		struct segment_entry *entry = &out->entries[out->entries_count];

		if (i > 0 && list[i].key == list[i - 1].key)
			continue;
		if (licence && list[i].kind == PRINT_TEXT && list[i].at < to &&
		    list[i].at + list[i].length > from)
			continue;
		if (list[i].kind <= PRINT_TOKEN && is_helper_line(s, &list[i]))
			continue;
		*entry =
		    (struct segment_entry){.key = list[i].key, .place = line_of(s, list[i].at)};
		out->entries_count++;
		out->row.counts[list[i].kind]++;
	}
	return 0;
}

/* Put one more key in its place. */
static void
insert(struct one_file *out, uint64_t key)
{
	struct segment_entry *entries = out->entries;
	size_t i = out->entries_count++;

	for (; i > 0 && entries[i - 1].key > key; i--)
		entries[i] = entries[i - 1];
	entries[i] = (struct segment_entry){.key = key, .place = 1};
}

static enum one_file_answer
look(struct bytes text)
{
	size_t from, to;

	if (memchr(text.at, 0, text.left < 8192 ? text.left : 8192) != NULL)
		return ONE_FILE_BINARY;
	if (text.left < CONTENT_BYTES_MIN)
		return ONE_FILE_EMPTY;
	if (one_file_licence(text, &from, &to) && to >= text.left)
		return ONE_FILE_LICENCE;
	return ONE_FILE_TAKEN;
}

int
one_file_read(struct one_file *out, const struct walk_file *file, struct one_file_scratch *s,
	      struct fault *fault)
{
	const struct language *language;
	struct bytes text;
	int r;

	memset(out, 0, sizeof(*out));
	buf_reset(&s->content);
	s->prints.count = 0;
	r = file_read_all(file->path, &s->content, fault);
	if (r == FAULT_LIMIT) {
		out->answer = ONE_FILE_LARGE;
		return 0;
	}
	if (r < 0)
		return r;
	text = buf_bytes(&s->content);
	out->answer = text.left == 0 ? ONE_FILE_EMPTY : look(text);
	if (out->answer != ONE_FILE_TAKEN)
		return 0;
	language = language_of(file->name, text);
	out->row.bytes = text.left;
	out->row.flags = language_is_data(language) ? FILE_DATA : 0;
	r = hash_sha256(text, out->row.sha256, fault);
	if (r == 0)
		r = find_lines(s, fault);
	if (r == 0)
		r = fingerprint_text(&s->prints, text, language, PRINT_REGISTER, fault);
	if (r == 0)
		r = keep_prints(out, s, fault);
	if (r < 0)
		return r;
	insert(out, fingerprint_exact_key(out->row.sha256));
	insert(out, fingerprint_content_key(hash_fast(text)));
	out->row.counts[PRINT_EXACT] = 1;
	out->row.lines = (uint32_t)s->lines_count;
	return 0;
}
