/*
 * secret_assign.c - how a name gets its value
 *
 * Knows: names in quotes and brackets, types between name and value, the signs that assign, quotes
 * and escaped quotes, settings that end with their line, defaults behind ||.
 * Does not know: which names and values matter.
 */
#include "detect/secret_assign.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/secret_name.h"

#define BLANKS_MAX       40
#define ATTRIBUTES_MAX   160
#define DEFAULT_NAME_MAX 64
#define TYPE_MAX         48

/* A reader that remembers how far it saw. */
struct reader {
	struct bytes in;
	size_t begin, end; /* not further than this */
	size_t lo, hi;
	size_t i; /* the next byte */
	unsigned flags;
	bool quoted_name, bracket;
};

static inline uint8_t
peek(struct reader *r, size_t i)
{
	if (i >= r->end) {
		r->hi = r->end;
		return 0;
	}
	if (i >= r->hi)
		r->hi = i + 1;
	return r->in.at[i];
}

static inline uint8_t
back(struct reader *r, size_t i)
{
	if (i < r->begin || i >= r->end)
		return 0;
	if (i < r->lo)
		r->lo = i;
	return r->in.at[i];
}

static bool
looks(struct reader *r, size_t i, const char *text)
{
	for (; *text != '\0'; i++, text++)
		if (text_lower(peek(r, i)) != (uint8_t)*text)
			return false;
	return true;
}

static bool
is_name(uint8_t c)
{
	return text_is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static bool
is_type(uint8_t c)
{
	return c != 0 && c < 0x80 && memchr(" _&'<>[]?|.*", c, 12) != NULL;
}

static bool
is_callee(uint8_t c)
{
	return c == '_' || c == '.' || c == ':' || c == '[' || c == ']' || c == ' ';
}

static size_t
skip_blanks(struct reader *r, size_t i)
{
	size_t from = i;

	while (i - from < BLANKS_MAX && (peek(r, i) == ' ' || peek(r, i) == '\t'))
		i++;
	return i;
}

/* Length of a quote at i, plain, escaped or as an entity; 0: none. *kind is its character. */
static size_t
quote_at(struct reader *r, size_t i, uint8_t *kind)
{
	uint8_t c = peek(r, i);
	size_t slashes = 0;

	while (c == '\\' && slashes < 3)
		c = peek(r, i + ++slashes);
	if (c == '"' || c == '\'' || (c == '`' && slashes == 0)) {
		*kind = c;
		return slashes + 1;
	}
	if (slashes > 0 || c != '&')
		return 0;
	*kind = '"';
	return looks(r, i, "&quot;") ? 6 : looks(r, i, "&#34;") ? 5 : 0;
}

/* ---- the name ---- */

static bool
read_name(struct reader *r, size_t at, struct secret_assign *a)
{
	size_t from = at, to = at;

	while (from > r->begin && at - from < SECRET_NAME_MAX && is_name(r->in.at[from - 1]))
		from--;
	while (to < r->end && to - at < SECRET_NAME_MAX && is_name(r->in.at[to]))
		to++;
	r->lo = from > r->begin ? from - 1 : from;
	r->hi = to < r->end ? to + 1 : to;
	/* "password->x" and "password - x" */
	while (to > at && !text_is_alnum(r->in.at[to - 1]) && r->in.at[to - 1] != '_')
		to--;
	if (to - from >= SECRET_NAME_MAX)
		return false;
	while (from < to && !text_is_alnum(r->in.at[from])) {
		if (r->in.at[from] == '-')
			r->flags |= SECRET_OPTION;
		from++;
	}
	a->name_at = from;
	a->name_length = to - from;
	r->i = to;
	return to > from;
}

/* What closes the name: quotes, brackets, the size of an array. */
static void
close_name(struct reader *r)
{
	uint8_t kind;
	size_t length = quote_at(r, r->i, &kind);

	r->quoted_name = length > 0;
	r->i += length;
	if (peek(r, r->i) == ']') {
		r->bracket = true;
		r->i++;
	} else if (!r->quoted_name && peek(r, r->i) == '[') {
		size_t i = r->i + 1;

		while (i - r->i < 24 && (text_is_alnum(peek(r, i)) || peek(r, i) == '_'))
			i++;
		if (peek(r, i) == ']')
			r->i = i + 1;
	} else if (!r->quoted_name && (peek(r, r->i) == '?' || peek(r, r->i) == '!') &&
		   peek(r, r->i + 1) == ':') {
		r->i++;
	}
}

/* ---- what assigns ---- */

/* "name", "value": / key="password" value=" / - name: PASSWORD <newline> value: */
static bool
read_value_word(struct reader *r)
{
	static const char *const names[] = {"value", "content", "default", "val"};
	size_t i = r->i, lines = 0;
	uint8_t kind;

	if (peek(r, i) == ',')
		i++;
	while (lines < 2 && i - r->i < BLANKS_MAX * 2) {
		uint8_t c = peek(r, i);

		lines += c == '\n';
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			break;
		i++;
	}
	i += quote_at(r, i, &kind);
	for (size_t n = 0; n < ARRAY_LEN(names); n++)
		if (looks(r, i, names[n])) {
			i += strlen(names[n]);
			i += quote_at(r, i, &kind);
			i = skip_blanks(r, i);
			if (peek(r, i) != '=' && peek(r, i) != ':')
				return false;
			r->i = i + 1;
			return true;
		}
	return false;
}

/* A type between the name and its value: `: str = `, `: &'static str = `, ` String = `. */
static bool
skip_type(struct reader *r)
{
	size_t i = r->i;

	while (i - r->i < TYPE_MAX) {
		uint8_t c = peek(r, i);

		if (c == '=' && peek(r, i + 1) != '=' && peek(r, i + 1) != '>') {
			r->i = i + 1;
			return true;
		}
		if (!text_is_alnum(c) && !is_type(c))
			return false;
		i++;
	}
	return false;
}

static bool
read_equals(struct reader *r)
{
	uint8_t next = peek(r, r->i + 1);

	if (next == '>') {
		r->i += 2;
		return true;
	}
	if (next == '=') {
		r->flags |= SECRET_COMPARED;
		r->i += peek(r, r->i + 2) == '=' ? 3 : 2;
		return true;
	}
	r->i++;
	return next != '~';
}

static bool
read_colon(struct reader *r)
{
	uint8_t next = peek(r, r->i + 1);
	size_t save;

	if (next == ':')
		return false;
	if (next == '=' || (next == '-' && !r->quoted_name)) {
		r->i += 2;
		return true;
	}
	r->i++;
	save = r->i;
	if (peek(r, save) > ' ')
		r->flags |= SECRET_TIGHT;
	r->i = skip_blanks(r, r->i);
	if (text_is_alnum(peek(r, r->i)) || peek(r, r->i) == '&') {
		size_t hi = r->hi;

		if (skip_type(r))
			return true;
		(void)hi;
	}
	r->i = save;
	return true;
}

/* The element's own name is the name: <password>, <ns:password>. */
static bool
is_element(struct reader *r, size_t name_at)
{
	size_t i = name_at;

	while (i > r->begin && name_at - i < 24 &&
	       (is_name(back(r, i - 1)) || back(r, i - 1) == ':'))
		i--;
	return i > r->begin && back(r, i - 1) == '<';
}

/* <password type="plain">: to behind the '>'. */
static bool
skip_attributes(struct reader *r)
{
	for (size_t i = r->i; i - r->i < ATTRIBUTES_MAX; i++) {
		uint8_t c = peek(r, i);

		if (c == '>' && peek(r, i - 1) != '/' && peek(r, i - 1) != '-') {
			r->flags |= SECRET_MARKUP;
			r->i = i + 1;
			return true;
		}
		if (c == 0 || c == '<' || c == '>' || c == '\n')
			return false;
	}
	return false;
}

static bool
read_sign(struct reader *r, size_t name_at)
{
	size_t before = r->i;
	uint8_t c;

	r->i = skip_blanks(r, r->i);
	c = peek(r, r->i);
	switch (c) {
	case '=':
		return read_equals(r);
	case ':':
		return read_colon(r);
	case '!':
		if (peek(r, r->i + 1) != '=')
			return false;
		r->flags |= SECRET_COMPARED;
		r->i += peek(r, r->i + 2) == '=' ? 3 : 2;
		return true;
	case '|':
	case '?':
	case '+':
	case '.':
		while (r->i - before < BLANKS_MAX + 2 && peek(r, r->i) == c)
			r->i++;
		if (peek(r, r->i) != '=')
			return false;
		r->i++;
		return true;
	case ',':
		if (!r->quoted_name)
			return false;
		if (read_value_word(r))
			return true;
		r->flags |= SECRET_CALLED;
		r->i++;
		return true;
	case '(':
		if (r->quoted_name)
			return false;
		r->flags |= SECRET_CALLED;
		r->i++;
		return true;
	case '>':
		if (r->quoted_name || !is_element(r, name_at))
			return false;
		r->flags |= SECRET_MARKUP;
		r->i++;
		return true;
	default:
		break;
	}
	if (r->quoted_name || c == '\n' || c == '\r') {
		r->flags |= r->quoted_name && c != '\n' && c != '\r' ? SECRET_MARKUP : 0;
		return read_value_word(r);
	}
	if (r->i > before && !r->quoted_name && is_element(r, name_at))
		return skip_attributes(r);
	if ((r->flags & SECRET_OPTION) != 0 && r->i > before)
		return true;
	/* IDENTIFIED BY 'x', PASSWORD 'x', ENV PASSWORD x: a blank, then quotes. */
	r->flags &= ~SECRET_OPTION;
	return r->i > before && (c == '"' || c == '\'');
}

/* ---- the value ---- */

/* A string up to its closing quote, in one line. */
static bool
read_quoted(struct reader *r, size_t from, size_t quote, uint8_t kind, struct secret_assign *a)
{
	size_t slashes = quote < 5 ? quote - 1 : 0, i = from;
	bool entity = quote >= 5;

	for (; i - from <= SECRET_GENERIC_VALUE_MAX; i++) {
		uint8_t c = peek(r, i), same;
		size_t n = 0;

		if (c == '\n' || c == '\r' || c == 0)
			return false;
		if (entity ? quote_at(r, i, &same) >= 5 : c == kind && slashes == 0)
			break;
		if (c != '\\')
			continue;
		while (n < 4 && peek(r, i + n) == '\\')
			n++;
		/* An escaped string ends where the quote is escaped as often as at its front. */
		if (slashes > 0 && n == slashes && peek(r, i + n) == kind)
			break;
		i += n == 0 ? 0 : n - 1;
		if (slashes == 0 && n % 2 == 1)
			i++;
	}
	if (i - from > SECRET_GENERIC_VALUE_MAX || i == from)
		return false;
	a->value_at = from;
	a->value_length = i - from;
	r->flags |= SECRET_QUOTED;
	r->i = i;
	return true;
}

/* Is the name the first thing of its line, but for what settings and shells put in front? */
static bool
line_begins(struct reader *r, size_t name_at)
{
	static const char *const fronts[] = {"export", "set", "setx", "env", "arg", "define", "-"};
	size_t i = name_at, end;

	if (r->quoted_name && i > r->begin)
		i--;
	/* NAME_ in front of the word belongs to the name already. */
	while (name_at - i < BLANKS_MAX && (back(r, i - 1) == ' ' || back(r, i - 1) == '\t'))
		i--;
	if (i == r->begin || back(r, i - 1) == '\n' || back(r, i - 1) == '\r')
		return true;
	end = i;
	while (end - i < 8 && i > r->begin &&
	       (text_is_alnum(back(r, i - 1)) || back(r, i - 1) == '-' || back(r, i - 1) == '#' ||
		back(r, i - 1) == ';'))
		i--;
	if (back(r, i) == '#' || back(r, i) == ';') {
		r->flags |= SECRET_COMMENT;
		return true;
	}
	for (size_t n = 0; n < ARRAY_LEN(fronts); n++)
		if (i < end && text_lower(r->in.at[i]) == (uint8_t)fronts[n][0] &&
		    text_equal_nocase(bytes_slice(r->in, i, end - i), bytes_text(fronts[n])))
			return true;
	return false;
}

static bool
ends_bare(uint8_t c)
{
	switch (c) {
	case '"':
	case '\'':
	case '`':
	case ',':
	case ';':
	case ')':
	case ']':
	case '}':
	case '<':
	case '>':
	case '&':
	case '|':
		return true;
	default:
		return c <= ' ';
	}
}

static size_t
word_end(struct reader *r, size_t from)
{
	size_t i = from;

	while (i - from <= SECRET_GENERIC_VALUE_MAX && !ends_bare(peek(r, i))) {
		/* a=b=c assigns again; padding of base64 stands at the end. */
		if (peek(r, i) == '=' && i > from && text_is_alnum(peek(r, i + 1)))
			break;
		i++;
	}
	return i;
}

/* To the end of the line, where the line is a setting; else to the end of the word. */
static bool
read_bare(struct reader *r, size_t name_at, struct secret_assign *a)
{
	size_t from = r->i, i = from, word;

	i = word_end(r, from);
	word = i;
	if ((r->flags & SECRET_MARKUP) != 0) {
		while (i - from <= SECRET_GENERIC_VALUE_MAX && peek(r, i) != '<' &&
		       peek(r, i) > ' ')
			i++;
		if (peek(r, i) != '<')
			return false;
	} else if ((r->flags & (SECRET_CALLED | SECRET_COMPARED)) != 0) {
		return false;
	} else if (i == from) {
		return false;
	} else if (line_begins(r, name_at)) {
		while (i - from <= SECRET_GENERIC_VALUE_MAX && peek(r, i) > ' ')
			i++;
		if (i - from <= SECRET_GENERIC_VALUE_MAX) {
			size_t rest = skip_blanks(r, i);
			uint8_t c = peek(r, rest);

			if (c == '\n' || c == '\r' || c == 0 || (c == '#' && rest > i) ||
			    (c == '\\' && peek(r, rest + 1) == '\n'))
				r->flags |= SECRET_LINE;
			else
				i = word;
		}
		/* password: token,   inside of braces the line is not the value's. */
		if ((r->flags & SECRET_LINE) != 0 && i > from + 1 &&
		    (peek(r, i - 1) == ';' || peek(r, i - 1) == ','))
			i--;
	}
	if (i == from || i - from > SECRET_GENERIC_VALUE_MAX)
		return false;
	/* Assigned again: neither this nor a setting. */
	if ((r->flags & (SECRET_LINE | SECRET_MARKUP)) == 0 && peek(r, i) == '=')
		return false;
	a->value_at = from;
	a->value_length = i - from;
	r->i = i;
	return true;
}

/* `process.env.X || "default"`, `os.environ.get("X") or 'default'`, `x ?? "default"`: behind the word
 * that ends at `end`. */
static bool
read_default(struct reader *r, size_t end, struct secret_assign *a)
{
	uint8_t kind;
	size_t i = end, quote = quote_at(r, i, &kind);

	/* The name that is looked up: ("X") */
	if (quote == 1 && end > r->i && (peek(r, end - 1) == '(' || peek(r, end - 1) == '[')) {
		for (i++; i - end < DEFAULT_NAME_MAX && peek(r, i) != kind && peek(r, i) > ' ';)
			i++;
		if (peek(r, i) != kind || (peek(r, i + 1) != ')' && peek(r, i + 1) != ']'))
			return false;
		i += 2;
	}
	i = skip_blanks(r, i);
	if (peek(r, i) == peek(r, i + 1) && (peek(r, i) == '|' || peek(r, i) == '?'))
		i += 2;
	else if (looks(r, i, "or "))
		i += 3;
	else
		return false;
	i = skip_blanks(r, i);
	quote = quote_at(r, i, &kind);
	return quote > 0 && read_quoted(r, i + quote, quote, kind, a);
}

/* new Secret("x"), b"x", String::from("x"), []byte("x"): the string inside. */
static bool
read_wrapped(struct reader *r, struct secret_assign *a)
{
	size_t from = r->i;
	uint8_t kind;

	for (size_t i = from; i - from < 48; i++) {
		uint8_t c = peek(r, i);
		size_t quote;

		if (c == '(' || c == '@') {
			quote = quote_at(r, i + 1, &kind);
			if (quote == 0)
				return false;
			r->flags |= SECRET_CALLED;
			return read_quoted(r, i + 1 + quote, quote, kind, a);
		}
		if (!text_is_alnum(c) && !is_callee(c))
			return false;
	}
	return false;
}

static bool
read_value(struct reader *r, size_t name_at, struct secret_assign *a)
{
	size_t quote, bare;
	uint8_t kind;

	r->i = skip_blanks(r, r->i);
	/* A long line is broken behind the sign; the value is then quoted. */
	if (peek(r, r->i) == '\n' || (peek(r, r->i) == '\r' && peek(r, r->i + 1) == '\n')) {
		size_t i = skip_blanks(r, r->i + (peek(r, r->i) == '\r' ? 2 : 1));

		if ((r->flags & SECRET_MARKUP) != 0 || quote_at(r, i, &kind) == 0)
			return false;
		r->i = i;
	}
	bare = r->i;
	/* r"", b"", @"", L"" */
	for (size_t n = 0; n < 2 && (text_is_alnum(peek(r, r->i)) || peek(r, r->i) == '@'); n++)
		r->i++;
	quote = quote_at(r, r->i, &kind);
	if (quote == 0 && r->i == bare + 2)
		quote = quote_at(r, --r->i, &kind);
	if (quote == 0)
		r->i = bare;
	if (quote > 0) {
		size_t at = r->i + quote;

		/* """x""" */
		if (quote == 1 && peek(r, at) == kind && peek(r, at + 1) == kind)
			at += 2;
		return read_quoted(r, at, quote, kind, a);
	}
	if ((r->flags & (SECRET_MARKUP | SECRET_CALLED)) == 0) {
		size_t i = r->i;

		if (read_default(r, word_end(r, i), a) || read_wrapped(r, a))
			return true;
		r->i = i;
		r->flags &= ~(SECRET_QUOTED | SECRET_CALLED);
	}
	return read_bare(r, name_at, a);
}

bool
secret_assign_read(struct bytes in, size_t at, struct secret_assign *out)
{
	struct reader r = {.in = in,
			   .begin = at < SECRET_GENERIC_REACH ? 0 : at - SECRET_GENERIC_REACH,
			   .end = in.left - at < SECRET_GENERIC_REACH ? in.left
								      : at + SECRET_GENERIC_REACH};

	*out = (struct secret_assign){0};
	if (!read_name(&r, at, out))
		return false;
	close_name(&r);
	if (!read_sign(&r, out->name_at))
		return false;
	if (!read_value(&r, out->name_at, out))
		return false;
	out->lo = r.lo;
	out->hi = r.hi;
	out->flags = r.flags;
	return true;
}

/* ---- URLs ---- */

static bool
is_user(uint8_t c)
{
	return text_is_alnum(c) || (c != 0 && strchr("._-+%~!$&*=", c) != NULL);
}

bool
secret_assign_url(struct bytes in, size_t at, struct secret_assign *out)
{
	struct reader r = {.in = in,
			   .begin = at < SECRET_GENERIC_REACH ? 0 : at - SECRET_GENERIC_REACH,
			   .end = in.left - at < SECRET_GENERIC_REACH ? in.left
								      : at + SECRET_GENERIC_REACH,
			   .lo = at,
			   .hi = at};
	size_t i = at + 3, colon, last = 0;

	if (at == 0 || !text_is_alnum(back(&r, at - 1)) || !looks(&r, at, "://"))
		return false;
	while (i - at < 80 && is_user(peek(&r, i)))
		i++;
	if (peek(&r, i) != ':')
		return false;
	colon = i++;
	/* A password may hold '@' itself: the last one before the path counts. */
	for (; i - colon < 128; i++) {
		uint8_t c = peek(&r, i);

		if (c <= ' ' || c >= 0x7f || strchr("/\"'`<>?\\|", c) != NULL)
			break;
		if (c == '@')
			last = i;
	}
	if (last == 0 || last == colon + 1)
		return false;
	if (!text_is_alnum(peek(&r, last + 1)) &&
	    (peek(&r, last + 1) == 0 || strchr("[(%${#", peek(&r, last + 1)) == NULL))
		return false;
	*out = (struct secret_assign){.name_at = at + 3,
				      .name_length = colon - at - 3,
				      .value_at = colon + 1,
				      .value_length = last - colon - 1,
				      .lo = r.lo,
				      .hi = r.hi};
	return true;
}

/* ---- what a client sends ---- */

bool
secret_assign_scheme(struct bytes in, size_t at, size_t length, struct secret_assign *out)
{
	struct reader r = {.in = in,
			   .begin = at < SECRET_GENERIC_REACH ? 0 : at - SECRET_GENERIC_REACH,
			   .end = in.left - at < SECRET_GENERIC_REACH ? in.left
								      : at + SECRET_GENERIC_REACH,
			   .lo = at,
			   .hi = at};
	size_t i = at + length, from;

	if (is_name(back(&r, at - 1)) || !looks(&r, at, length == 6 ? "basic " : "bearer "))
		return false;
	from = i;
	while (i - from <= SECRET_GENERIC_VALUE_MAX &&
	       (is_name(peek(&r, i)) || (peek(&r, i) != 0 && strchr("+/=~", peek(&r, i)) != NULL)))
		i++;
	if (i - from < 6 || i - from > SECRET_GENERIC_VALUE_MAX)
		return false;
	*out = (struct secret_assign){
	    .value_at = from, .value_length = i - from, .lo = r.lo, .hi = r.hi};
	return true;
}
