/*
 * secret_code.c - what stands behind a sign that assigns and is no secret: code, paths, sentences
 *
 * Knows: how expressions, names, paths, dates and labels look.  Does not know: any one language.
 */
#include "detect/secret_assign.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/secret_value.h"

static bool
holds(struct bytes in, const char *characters)
{
	for (; *characters != '\0'; characters++)
		if (memchr(in.at, *characters, in.left) != NULL)
			return true;
	return false;
}

/* Only digits and what stands between them in numbers, dates, versions, addresses. */
static bool
is_number(struct bytes in)
{
	size_t i = in.left > 2 && in.at[0] == '0' && text_lower(in.at[1]) == 'x' ? 2 : 0;
	bool hex = i == 2 && in.left <= 18;

	for (; i < in.left; i++) {
		uint8_t c = in.at[i];

		if (c >= '0' && c <= '9')
			continue;
		if (hex && text_lower(c) >= 'a' && text_lower(c) <= 'f')
			continue;
		if (strchr(".:-,+uUlL_T Z", c) == NULL)
			return false;
	}
	return true;
}

/* a.b.c, a::b, a->b, a_b: names, and nothing that is not one. */
static bool
is_names(struct bytes in)
{
	size_t parts = 1;

	if (in.at[0] >= '0' && in.at[0] <= '9')
		return false;
	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = in.at[i];

		if (c == '.' || c == ':')
			parts++;
		else if (c == '-' && i + 1 < in.left && in.at[i + 1] == '>')
			i++, parts++;
		else if (!text_is_alnum(c) && c != '_' && c != '$' && c != '?' && c != '!')
			return false;
	}
	return parts > 0;
}

static bool
is_path(struct bytes in)
{
	size_t slashes = 0;

	for (size_t i = 0; i < in.left; i++)
		slashes += in.at[i] == '/' || in.at[i] == '\\';
	if (slashes == 0)
		return false;
	if (bytes_find(in, BYTES_OF("://")) >= 0 || bytes_begins(in, BYTES_OF("./")) ||
	    bytes_begins(in, BYTES_OF("../")) || bytes_begins(in, BYTES_OF("~/")) ||
	    bytes_begins(in, BYTES_OF("data:")) || bytes_begins(in, BYTES_OF("//")))
		return true;
	/* /a/b, C:\a, a/b.c: base64 is not made of words. */
	return true;
}

/* f(x), a[b], a => b, a && b, !a, &a, *a: operators of languages. */
static bool
is_expression(struct bytes in)
{
	static const char *const signs[] = {
	    "->", "::", "=>", "==", "&&", "||", "!=", "();", "()", "+=", "${", "<-", "]("};
	size_t i = 0;

	if (!holds(in, ">:=&()+${<]"))
		return in.left > 1 && in.at[0] == '!' &&
		       (text_is_alnum(in.at[1]) || in.at[1] == '!');
	for (size_t n = 0; n < ARRAY_LEN(signs); n++)
		if (bytes_find(in, bytes_text(signs[n])) >= 0)
			return true;
	while (i < in.left && (text_is_alnum(in.at[i]) || in.at[i] == '_' || in.at[i] == '.'))
		i++;
	if (i > 0 && i < in.left && (in.at[i] == '(' || in.at[i] == '['))
		return true;
	return (in.at[0] == '&' || in.at[0] == '*' || in.at[0] == '(' || in.at[0] == '[' ||
		in.at[0] == '{' || in.at[0] == '!' || in.at[0] == '<' || in.at[0] == '@') &&
	       in.left > 1 &&
	       (text_is_alnum(in.at[1]) || in.at[1] == '_' || in.at[1] == ' ' || in.at[1] == '!');
}

static bool
is_regex(struct bytes in)
{
	static const char *const signs[] = {"[a-z", "[A-Z", "[0-9", "\\d", "\\w", "\\s", "(?",
					    ".*",   ".+",   "[^",   "{1,", "\\b", "(.",  "\\S"};

	if (!holds(in, "[\\(*+{"))
		return false;
	for (size_t n = 0; n < ARRAY_LEN(signs); n++)
		if (bytes_find(in, bytes_text(signs[n])) >= 0)
			return true;
	return false;
}

/* A class of characters: of an expression, whatever else is in it. */
static bool
is_class(struct bytes in)
{
	return bytes_find(in, BYTES_OF("[a-")) >= 0 || bytes_find(in, BYTES_OF("[A-")) >= 0 ||
	       bytes_find(in, BYTES_OF("[0-9")) >= 0;
}

static bool
is_mail(struct bytes in)
{
	ptrdiff_t at = bytes_find(in, BYTES_OF("@"));
	struct bytes host;

	if (at <= 0)
		return false;
	host = bytes_slice(in, (size_t)at + 1, SIZE_MAX);
	if (bytes_find(host, BYTES_OF(".")) < 1)
		return false;
	for (size_t i = 0; i < host.left; i++)
		if (!text_is_alnum(host.at[i]) && host.at[i] != '.' && host.at[i] != '-')
			return false;
	return true;
}

/* dword:0000001, hex(2):, --option, -U x, ?a=b: values that say what they are. */
static bool
is_typed(struct bytes in)
{
	static const char *const fronts[] = {"dword:", "qword:", "hex:", "hex(",  "--",
					     "?",      "pass:",  "env:", "file:", "fd:",
					     "stdin",  "%{",     "urn:", "$."};

	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (text_lower(in.at[0]) == (uint8_t)fronts[i][0] &&
		    text_equal_nocase(bytes_slice(in, 0, strlen(fronts[i])), bytes_text(fronts[i])))
			return true;
	return in.left > 2 && in.at[0] == '-' && text_is_alnum(in.at[1]) &&
	       !text_is_alnum(in.at[2]);
}

bool
secret_assign_is_code(struct bytes value, unsigned flags)
{
	struct secret_value v;
	bool bare = (flags & SECRET_QUOTED) == 0;

	secret_value_look(value, &v);
	if (is_number(value))
		return true;
	if (secret_value_is_noise(&v)) {
		if (value.at[0] == ':' || is_class(value))
			return true;
		if (!bare)
			return v.words_milli > -1500 && is_path(value) && v.entropy_milli < 3800;
		/* YYSYMBOL_YYEOF: a name in capitals, in a program. */
		if (v.digits == 0 && (flags & (SECRET_LINE | SECRET_MARKUP | SECRET_OPTION)) == 0 &&
		    is_names(value))
			return true;
		return bytes_find(value, BYTES_OF("(")) >= 0 ||
		       bytes_find(value, BYTES_OF("[")) >= 0;
	}
	if (is_path(value) || is_mail(value) || is_regex(value) || is_typed(value))
		return true;
	if (bare && is_expression(value))
		return true;
	if (bare && is_names(value)) {
		bool line = (flags & (SECRET_LINE | SECRET_MARKUP | SECRET_OPTION)) != 0;

		/* A setting may hold a word; a program holds names, which read like words. */
		if ((v.classes & VALUE_DOT) != 0)
			return true;
		return !line && (v.digits == 0 || v.noise_milli > -300) && v.noise_milli > -700;
	}
	return false;
}

bool
secret_assign_is_text(struct bytes value)
{
	struct secret_value v;

	secret_value_look(value, &v);
	if ((v.classes & (VALUE_BLANK | VALUE_HIGH)) != 0)
		return true;
	/* "Password:", "password...", "#password", ".password", "[name=password]": labels. */
	if (value.at[value.left - 1] == ':' || value.at[0] == '#' || value.at[0] == '.' ||
	    value.at[0] == ':' || bytes_ends(value, BYTES_OF("...")))
		return true;
	/* user.password, user_password, userPassword: the name of a field. */
	if ((v.classes & (VALUE_SYMBOL | VALUE_BASE64)) == 0 && v.digits <= 1 &&
	    (secret_has_word(value, "passw") || secret_has_word(value, "token") ||
	     secret_has_word(value, "secret") || secret_has_word(value, "key") ||
	     secret_has_word(value, "auth") || secret_has_word(value, "cred")))
		return true;
	return false;
}
