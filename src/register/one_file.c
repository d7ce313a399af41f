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
	free(s->seen);
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

/* Line (from 0) of `at`; looked for from `near`, because prints of a kind come in the order of the
 * text. */
static uint32_t
line_of(const struct one_file_scratch *s, uint32_t at, uint32_t near)
{
	while (near > 0 && s->lines[near] > at)
		near--;
	while (near + (size_t)1 < s->lines_count && s->lines[near + 1] <= at)
		near++;
	return near;
}

/* Make the table of keys twice as large as what is to come, and empty. */
static int
seen_begin(struct one_file_scratch *s, size_t count, size_t *slots)
{
	size_t room = 1024;

	while (room < count * 2)
		room *= 2;
	*slots = room;
	if (room > s->seen_room) {
		free(s->seen);
		s->seen = malloc(room * sizeof(*s->seen));
		s->seen_room = s->seen == NULL ? 0 : room;
	}
	if (s->seen == NULL)
		return FAULT_MEMORY;
	memset(s->seen, 0, room * sizeof(*s->seen));
	return 0;
}

/* Was the key there?  It is now.  (0 stands for an empty slot: it is always new.) */
static bool
seen_before(struct one_file_scratch *s, size_t slots, uint64_t key)
{
	size_t at = key & (slots - 1);

	for (; s->seen[at] != 0; at = (at + 1) & (slots - 1))
		if (s->seen[at] == key)
			return true;
	s->seen[at] = key;
	return false;
}

/* Babel writes each helper on one line: `function _createClass(e, r, t) { return ... }`.  There are
 * too many versions of them for a list of keys. */
static bool
is_helper_line(const struct one_file_scratch *s, uint32_t line)
{
	static const size_t long_line = 100;
	struct bytes text = buf_bytes(&s->content);
	size_t end = line + (size_t)1 < s->lines_count ? s->lines[line + 1] : text.left;
	struct bytes whole = bytes_slice(text, s->lines[line], end - s->lines[line]);

	return whole.left >= long_line && bytes_begins(whole, BYTES_OF("function _"));
}

/* Each key once, at its first place; the text of a licence is left out. */
static int
keep_prints(struct one_file *out, struct one_file_scratch *s, struct fault *fault)
{
	const struct print *list = s->prints.list;
	size_t from, to, count = s->prints.count, slots;
	bool licence = one_file_licence(buf_bytes(&s->content), &from, &to);
	uint32_t line = 0;

	out->entries = malloc((count + 2) * sizeof(*out->entries)); /* and two of the whole */
	out->parts = malloc((count + 1) * sizeof(*out->parts));
	if (out->entries == NULL || out->parts == NULL || seen_begin(s, count, &slots) < 0)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		const struct print *print = &list[i];

		if (seen_before(s, slots, print->key))
			continue;
		if (print->kind == PRINT_PART) {
			out->parts[out->parts_count++] = (uint32_t)print->key;
			continue;
		}
		if (licence && print->kind == PRINT_TEXT && print->at < to &&
		    print->at + print->length > from)
			continue;
		line = line_of(s, print->at, line);
		if (print->kind <= PRINT_TOKEN && is_helper_line(s, line))
			continue;
		out->entries[out->entries_count++] =
		    (struct segment_entry){.key = print->key, .place = line + 1};
		out->row.counts[print->kind]++;
	}
	return 0;
}

static void
add_whole(struct one_file *out, uint64_t key)
{
	out->entries[out->entries_count++] = (struct segment_entry){.key = key, .place = 1};
}

void
one_file_free(struct one_file *one)
{
	free(one->entries);
	free(one->parts);
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
	add_whole(out, fingerprint_exact_key(out->row.sha256));
	add_whole(out, fingerprint_content_key(hash_fast(text)));
	out->row.counts[PRINT_EXACT] = 1;
	out->row.lines = (uint32_t)s->lines_count;
	return 0;
}
