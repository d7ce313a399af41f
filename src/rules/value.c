/*
 * value.c - where an assigned value begins, and what only stands in a secret's place
 *
 * Knows: how languages and configurations write name and value; what people write instead of a
 * secret.  Does not know: rules.
 */
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "rules/inside.h"

#define BLANKS_MAX      32 /* an aligned table of settings */
#define WORDS_BYTES_MAX 256
#define QUOTES_MAX      4 /* \"  '''  */

bool
rules_is_operator(uint8_t c)
{
	return c == '=' || c == ':' || c == '>' || c == ',' || c == '(' || c == '[' || c == '|';
}

static bool
is_quote(uint8_t c)
{
	return c == '"' || c == '\'' || c == '`' || c == '\\';
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static size_t
skip_blanks(struct bytes in, size_t at)
{
	size_t end = at + BLANKS_MAX;

	while (at < in.left && at < end && is_blank(in.at[at]))
		at++;
	return at;
}

/* Quotes, with the letter that Python, C# and others put in front of them. */
static size_t
skip_quotes(struct bytes in, size_t at)
{
	size_t end = at + QUOTES_MAX;

	if (at + 1 < in.left && is_quote(in.at[at + 1]) && in.at[at + 1] != '\\' &&
	    memchr("bBrRuUfFL@$", in.at[at], 11) != NULL)
		at++;
	while (at < in.left && at < end && is_quote(in.at[at]))
		at++;
	return at;
}

/* "Bearer ", "token ": what an Authorization header says in front of the value. */
static size_t
skip_scheme(struct bytes in, size_t at)
{
	static const char *const schemes[] = {"bearer", "token",   "basic",
					      "apikey", "api-key", "key"};

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t length = strlen(schemes[i]);

		if (at + length < in.left && is_blank(in.at[at + length]) &&
		    text_equal_nocase(bytes_slice(in, at, length), bytes_text(schemes[i])))
			return skip_quotes(in, skip_blanks(in, at + length));
	}
	return at;
}

struct rules_values
rules_values_behind(struct bytes in, size_t op)
{
	struct rules_values none = {{SIZE_MAX, SIZE_MAX}}, found = none;
	size_t at = skip_blanks(in, op + 1);

	/* the value may stand on the next line: YAML, wrapped code */
	if (at < in.left && in.at[at] == '\\')
		at += at + 1 < in.left && (in.at[at + 1] == '\n' || in.at[at + 1] == '\r') ? 1 : 0;
	if (at < in.left && in.at[at] == '\r')
		at++;
	if (at < in.left && in.at[at] == '\n')
		at = skip_blanks(in, at + 1);
	at = skip_quotes(in, at);
	if (at >= in.left || in.at[at] <= ' ' || (rules_is_operator(in.at[at]) && in.at[at] != '['))
		return none;
	found.at[0] = at;
	found.at[1] = skip_scheme(in, at);
	if (found.at[1] == at || found.at[1] >= in.left)
		found.at[1] = SIZE_MAX;
	return found;
}

static bool
has_word(struct bytes value, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= value.left; i++)
		if (text_equal_nocase(bytes_slice(value, i, length), bytes_text(word)))
			return true;
	return false;
}

static bool
has_placeholder_word(struct bytes value)
{
	/* five letters at least: four come up by chance in long tokens, and five in a whole key file */
	static const char *const words[] = {
	    "xxxxx",       "*****",       "changeme",   "change_me", "change-me", "placeholder",
	    "redacted",    "your_",       "your-",      "yourtoken", "yourapi",   "yourkey",
	    "yoursecret",  "replace_",    "replaceme",  "insert_",   "insert-",   "dummy_",
	    "todo_",       "fixme",       "my_secret",  "my-secret", "mysecret",  "_here",
	    "-here",       "goes_here",   "notreal",    "not_real",  "foobarfoo", "testtest",
	    "some_secret", "secret_here", "not-a-real", "........",
	};

	for (size_t i = 0; i < ARRAY_LEN(words) && value.left <= WORDS_BYTES_MAX; i++)
		if (has_word(value, words[i]))
			return true;
	return false;
}

/* The same up to eight bytes again and again. */
static bool
is_periodic(struct bytes value)
{
	for (size_t period = 1; period <= 8 && period * 2 <= value.left; period++) {
		size_t i = 0;

		while (i + period < value.left && value.at[i] == value.at[i + period])
			i++;
		if (i + period == value.left)
			return true;
	}
	return false;
}

/* 0123456789abcdef, ABCDEFGH, 987654: each the neighbour of the one before. */
static bool
is_sequence(struct bytes value)
{
	size_t up = 0, down = 0;

	for (size_t i = 1; i < value.left; i++) {
		uint8_t a = value.at[i - 1], b = value.at[i];

		up += b == a + 1 || (a == '9' && (b == '0' || b == 'a' || b == 'A')) ||
		      (a == 'f' && b == '0') || (a == 'z' && (b == 'A' || b == '0')) ||
		      (a == 'Z' && (b == 'a' || b == '0'));
		down += a == b + 1;
	}
	return value.left >= 8 && (up * 5 >= value.left * 3 || down * 5 >= value.left * 3);
}

bool
rules_is_placeholder(struct bytes value)
{
	if (value.left == 0)
		return true;
	if (value.at[0] == '<' || value.at[0] == '$' || value.at[0] == '%' || value.at[0] == '{')
		if (value.left < 2 || value.at[1] == '{' || value.at[1] == '(' ||
		    value.at[value.left - 1] == '>' || value.at[value.left - 1] == '}' ||
		    value.at[value.left - 1] == '%')
			return true;
	return is_periodic(value) || is_sequence(value) || has_placeholder_word(value);
}
