/*
 * escape.c - text from outside, made harmless for where it is shown
 *
 * Knows: what a terminal and a browser obey.  Does not know: reports.
 */
#include "report/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

static uint32_t
code_point(const uint8_t *p, size_t length)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = p[0] & masks[length];

	for (size_t i = 1; i < length; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* Moves the cursor, changes direction, or cannot be seen. */
static bool
is_hostile(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f) ||
	       c == 0xfffe || c == 0xffff;
}

static const char *
entity(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
escape(FILE *to, const char *text, bool markup)
{
	struct bytes in = bytes_text(text);

	while (in.left > 0) {
		size_t length = text_utf8_sequence(in);
		const char *named = markup ? entity(in.at[0]) : NULL;

		if (named != NULL) {
			(void)fputs(named, to);
		} else if (length > 0 && !is_hostile(code_point(in.at, length))) {
			(void)fwrite(in.at, length, 1, to);
		} else {
			length = length == 0 ? 1 : length;
			for (size_t i = 0; i < length; i++)
				(void)fprintf(to, "\\x%02x", in.at[i]);
		}
		(void)bytes_skip(&in, length);
	}
}

void
escape_terminal(FILE *to, const char *text)
{
	escape(to, text, false);
}

void
escape_markup(FILE *to, const char *text)
{
	escape(to, text, true);
}

int
escape_uri(char *to, size_t room, const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (; *path != '\0'; path++) {
		uint8_t c = (uint8_t)*path;

		if (used + 4 > room)
			return -1;
		if (text_is_alnum(c) || strchr("/-._~!$'()*+,;=@", c) != NULL) {
			to[used++] = (char)c;
			continue;
		}
		to[used++] = '%';
		to[used++] = digits[c >> 4];
		to[used++] = digits[c & 15];
	}
	if (used + 1 > room)
		return -1;
	to[used] = '\0';
	return 0;
}
