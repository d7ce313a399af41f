/*
 * lexer.c - text -> tokens
 *
 * Knows: comments, quotes, numbers, where a '/' begins a regex, which brace opens an object.
 * Does not know: grammars, meaning.  Cut texts (a window of a long file) are lexed as if they
 * began between two tokens; what that gets wrong ends at the next line or quote.
 */
#include "fingerprint/lexer.h"

#include "base/own.h"
#include "fingerprint/mix.h"
#include "fingerprint/skip.h"
#include "fingerprint/tables.h"

/* What a byte may begin. */
enum {
	CLASS_NAME = 1,  /* may begin and continue a name */
	CLASS_DIGIT = 2, /* may continue a name, begins a number */
	CLASS_BLANK = 4,
	CLASS_OTHER = 8,    /* punctuation that may be more: comments, quotes, brackets */
	CLASS_CONTROL = 16, /* no token */
	/* what is sure not to begin a comment */
	CLASS_QUOTE = 32,
	CLASS_BRACKET = 64,
	CLASS_DOT = 128,
};

static const uint8_t classes[256] = {
    [0 ... 8] = CLASS_CONTROL,
    [0x0e ... 0x1f] = CLASS_CONTROL,
    ['\t' ... '\r'] = CLASS_BLANK,
    [' '] = CLASS_BLANK,
    ['$'] = CLASS_NAME,
    ['_'] = CLASS_NAME,
    ['0' ... '9'] = CLASS_DIGIT,
    ['a' ... 'z'] = CLASS_NAME,
    ['A' ... 'Z'] = CLASS_NAME,
    [0x7f] = CLASS_CONTROL,
    [0x80 ... 0xff] = CLASS_NAME,
};

void
lexer_begin(struct lexer *lexer, struct bytes text, const struct language *language)
{
	memset(lexer, 0, offsetof(struct lexer, contexts));
	lexer->text = text;
	lexer->language = language;
	lexer->regex_may = true;
	memcpy(lexer->classes, classes, sizeof(classes));
	for (const char *p = "\"'`"; *p != '\0'; p++)
		lexer->classes[(uint8_t)*p] = CLASS_QUOTE;
	for (const char *p = "{}()[]"; *p != '\0'; p++)
		lexer->classes[(uint8_t)*p] = CLASS_BRACKET;
	lexer->classes['.'] = CLASS_DOT;
	lexer->classes['/'] = CLASS_OTHER;
	if ((language->flags & LANGUAGE_LONG) != 0)
		lexer->classes['['] = CLASS_OTHER;
	for (size_t i = 0; i < LANGUAGE_COMMENTS; i++) {
		if (language->line[i] != NULL)
			lexer->classes[(uint8_t)language->line[i][0]] = CLASS_OTHER;
		if (language->open[i] != NULL)
			lexer->classes[(uint8_t)language->open[i][0]] = CLASS_OTHER;
	}
}

uint8_t
lexer_keyword(const uint8_t *at, size_t length, size_t readable)
{
	uint64_t hash;

	if (length < 2 || length > 12 || at[0] < 'a' || at[0] > 'z' ||
	    (keyword_lengths[at[0] - 'a'] >> length & 1) == 0)
		return 0;
	hash = mix_bytes_within(at, length, readable);
	for (size_t slot = hash & (KEYWORD_SLOTS - 1); keyword_tags[slot] != 0;
	     slot = (slot + 1) & (KEYWORD_SLOTS - 1))
		if (keyword_tags[slot] == (uint32_t)(hash >> 32))
			return keyword_codes[slot];
	return 0;
}

static uint8_t
context_of(const struct lexer *l)
{
	if (l->depth == 0)
		return CONTEXT_TOP;
	return l->depth <= LEXER_DEPTH ? l->contexts[l->depth - 1] : CONTEXT_BLOCK;
}

static void
push(struct lexer *l, uint8_t context)
{
	if (l->depth < LEXER_DEPTH)
		l->contexts[l->depth] = context;
	l->depth++;
}

/* What does a '{' open, going by what stands before it? */
static uint8_t
brace_context(struct lexer *l)
{
	uint8_t pending = l->pending;

	if ((l->language->flags & LANGUAGE_CONTEXT) == 0)
		return CONTEXT_BLOCK;
	if (pending != 0) {
		l->pending = 0;
		return pending;
	}
	switch (l->previous) {
	case ')':
	case ';':
	case '{':
	case '}':
	case TOKEN_NONE:
	case TOKEN_NAME:
	case KEYWORD_ELSE:
	case KEYWORD_TRY:
	case KEYWORD_FINALLY:
	case KEYWORD_DO:
		return CONTEXT_BLOCK;
	case '>':
		return l->before == '=' ? CONTEXT_BLOCK : CONTEXT_OBJECT;
	case ':':
		return context_of(l) == CONTEXT_BLOCK || context_of(l) == CONTEXT_TOP
			   ? CONTEXT_BLOCK
			   : CONTEXT_OBJECT;
	case KEYWORD_IMPORT:
		return CONTEXT_MODULE;
	default:
		return CONTEXT_OBJECT;
	}
}

/* Keep the stack of brackets; a '}' that closes ${ goes back into the template. */
static void
bracket(struct lexer *l, uint8_t c)
{
	uint8_t closed;

	switch (c) {
	case '{':
		push(l, brace_context(l));
		break;
	case '(':
		push(l, l->previous >= KEYWORD_IF && l->previous <= KEYWORD_WITH ? CONTEXT_CONDITION
										 : CONTEXT_PAREN);
		break;
	case '[':
		push(l, CONTEXT_SQUARE);
		break;
	default:
		closed = context_of(l);
		if (l->depth > 0)
			l->depth--;
		l->regex_may = c == '}' ? closed == CONTEXT_BLOCK : closed == CONTEXT_CONDITION;
		if (c == '}' && closed == CONTEXT_TEMPLATE)
			l->in_template = true;
		break;
	}
}

/* May a '/' here begin a regex?  After a value it divides. */
static bool
regex_may_begin(const struct lexer *l)
{
	switch (l->previous) {
	case TOKEN_NAME:
	case TOKEN_NUMBER:
	case TOKEN_STRING:
	case TOKEN_REGEX:
	case ']':
	case KEYWORD_THIS:
	case KEYWORD_SUPER:
		return false;
	case ')':
	case '}':
		return l->regex_may;
	default:
		return l->before != '.'; /* `x.return / 2` */
	}
}

/* Length of the regex at `at` with its flags, 0: it is none.  *body is behind the closing '/'. */
static size_t
regex_length(struct bytes text, size_t at, size_t *body)
{
	bool in_class = false;
	size_t i = at + 1;

	for (; i < text.left && text.at[i] != '\n'; i++) {
		uint8_t c = text.at[i];

		if (c == '\\')
			i++;
		else if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		else if (c == '/' && !in_class)
			break;
	}
	if (i >= text.left || text.at[i] != '/' || i == at + 1)
		return 0;
	*body = i;
	for (i++; i < text.left && (text.at[i] | 0x20) >= 'a' && (text.at[i] | 0x20) <= 'z';)
		i++;
	return i - at;
}

static bool
at_text(struct bytes text, size_t at, const char *want)
{
	size_t i = 0;

	for (; want[i] != '\0'; i++)
		if (at + i >= text.left || text.at[at + i] != (uint8_t)want[i])
			return false;
	return true;
}

/* End of the block comment whose opening ends at `at`. */
static size_t
comment_end(struct bytes text, size_t at, const char *open, const char *close, bool nested)
{
	size_t close_length = strlen(close), depth = 1;

	if (!nested) {
		ptrdiff_t end = bytes_find(bytes_slice(text, at, text.left), bytes_text(close));

		return end < 0 ? text.left : at + (size_t)end + close_length;
	}
	while (at < text.left) {
		const uint8_t *hit = memchr(text.at + at, close[0], text.left - at);
		size_t stop = hit == NULL ? text.left : (size_t)(hit - text.at);

		for (size_t i = at; i < stop; i++)
			if (text.at[i] == (uint8_t)open[0] && at_text(text, i, open))
				depth++;
		if (hit == NULL)
			return text.left;
		if (open[0] == close[0] && at_text(text, stop, open)) {
			depth++;
			at = stop + 1;
		} else if (at_text(text, stop, close)) {
			if (--depth == 0)
				return stop + close_length;
			at = stop + close_length;
		} else {
			at = stop + 1;
		}
	}
	return text.left;
}

/* Where the comment that begins at `at` ends; `at` itself when none does. */
static size_t
skip_comment(const struct lexer *l, size_t at)
{
	const struct language *g = l->language;

	if ((g->flags & LANGUAGE_LONG) != 0 && at_text(l->text, at, "--[["))
		return comment_end(l->text, at + 4, "[[", "]]", false);
	for (size_t i = 0; i < LANGUAGE_COMMENTS; i++)
		if (g->open[i] != NULL && at_text(l->text, at, g->open[i]))
			return comment_end(l->text, at + strlen(g->open[i]), g->open[i],
					   g->close[i], (g->flags & LANGUAGE_NESTED) != 0);
	for (size_t i = 0; i < LANGUAGE_COMMENTS; i++)
		if (g->line[i] != NULL && at_text(l->text, at, g->line[i])) {
			const uint8_t *end = memchr(l->text.at + at, '\n', l->text.left - at);

			return end == NULL ? l->text.left : (size_t)(end - l->text.at);
		}
	return at;
}

static void
emit(struct lexer *l, struct token *token, size_t at, size_t end, uint8_t code)
{
	*token = (struct token){
	    .at = (uint32_t)at, .end = (uint32_t)end, .code = code, .context = context_of(l)};
	l->before = l->previous;
	l->previous = code;
}

/* To the closing quote; a single-line string also ends at the line's end. */
static void
quoted(struct lexer *l, struct token *token, uint8_t quote, bool lines, bool doubled)
{
	size_t at = l->at + 1, i = at;
	bool escaped = false;

	for (;; i++) {
		uint8_t c;

		i = skip_to(l->text, i, quote, doubled ? quote : '\\', lines ? quote : '\n');
		if (i >= l->text.left)
			break;
		c = l->text.at[i];
		if (c == quote) {
			if (!doubled || i + 1 >= l->text.left || l->text.at[i + 1] != quote)
				break;
			i++;
		} else if (c == '\\' && !doubled) {
			escaped = true;
			i++;
		} else if (c == '\n' && !lines) {
			break;
		}
	}
	if (i > l->text.left)
		i = l->text.left;
	l->at = i < l->text.left && l->text.at[i] == quote ? i + 1 : i;
	emit(l, token, at, i, TOKEN_STRING);
	token->escaped = escaped;
	token->raw = doubled;
}

/* From behind the opening to the text `close`. */
static void
until(struct lexer *l, struct token *token, size_t at, const char *close, bool raw)
{
	size_t i = at, length = strlen(close);
	bool escaped = false;

	for (;; i++) {
		i = skip_to(l->text, i, (uint8_t)close[0], raw ? (uint8_t)close[0] : '\\',
			    (uint8_t)close[0]);
		if (i >= l->text.left || at_text(l->text, i, close))
			break;
		if (l->text.at[i] == '\\' && !raw) {
			escaped = true;
			i++;
		}
	}
	if (i > l->text.left)
		i = l->text.left;
	l->at = i < l->text.left ? i + length : i;
	emit(l, token, at, i, TOKEN_STRING);
	token->escaped = escaped;
	token->raw = raw;
}

/* A piece of a template literal: to the tick or the next ${. */
static void
template_piece(struct lexer *l, struct token *token)
{
	size_t at = l->at, i = at;
	bool escaped = false, hole = false;

	for (;; i++) {
		i = skip_to(l->text, i, '`', '\\', '$');
		if (i >= l->text.left || l->text.at[i] == '`')
			break;
		if (l->text.at[i] == '\\') {
			escaped = true;
			i++;
		} else if (at_text(l->text, i, "${")) {
			hole = true;
			break;
		}
	}
	if (i > l->text.left)
		i = l->text.left;
	emit(l, token, at, i, TOKEN_STRING);
	token->escaped = escaped;
	l->in_template = false;
	l->at = i < l->text.left ? i + 1 : i;
	if (hole) {
		l->at = i + 2;
		push(l, CONTEXT_TEMPLATE);
		l->previous = '{';
	}
}

/* 'a' is a character, 'abc... is a lifetime or a digit separator. */
static bool
is_char(struct bytes text, size_t at)
{
	size_t i = at + 1;

	if (i < text.left && text.at[i] == '\\')
		return true;
	/* One character of UTF-8 is at most 4 bytes. */
	for (size_t n = 0; n < 4 && i < text.left && text.at[i] != '\n'; n++, i++)
		if (i + 1 < text.left && text.at[i + 1] == '\'')
			return true;
	return false;
}

/* r#"..."# and R"x(...)x": the closing text is written into `close`. */
static bool
raw_string(struct lexer *l, struct token *token)
{
	char close[24];
	size_t i = l->at + 1, n = 0;

	if ((l->language->flags & LANGUAGE_RUST_RAW) != 0 && l->text.at[l->at] == 'r') {
		while (n < 16 && i < l->text.left && l->text.at[i] == '#')
			i++, n++;
		if (i >= l->text.left || l->text.at[i] != '"')
			return false;
		close[0] = '"';
		memset(close + 1, '#', n);
		close[n + 1] = '\0';
	} else if ((l->language->flags & LANGUAGE_CPP_RAW) != 0 && l->text.at[l->at] == 'R' &&
		   i < l->text.left && l->text.at[i] == '"') {
		close[n++] = ')';
		for (i++; n < 18 && i < l->text.left && l->text.at[i] != '('; i++)
			close[n++] = (char)l->text.at[i];
		if (i >= l->text.left || l->text.at[i] != '(' || memchr(close, '\n', n) != NULL)
			return false;
		close[n++] = '"';
		close[n] = '\0';
	} else {
		return false;
	}
	until(l, token, i + 1, close, true);
	return true;
}

/* Does a string begin here?  Then take it. */
static bool
string(struct lexer *l, struct token *token, uint8_t c)
{
	uint32_t flags = l->language->flags;

	if ((flags & LANGUAGE_PLAIN) != 0)
		return false;
	if ((flags & LANGUAGE_TRIPLE) != 0 && (c == '"' || c == '\'')) {
		const char *three = c == '"' ? "\"\"\"" : "'''";

		if (at_text(l->text, l->at, three)) {
			until(l, token, l->at + 3, three, false);
			return true;
		}
	}
	if (c == '"') {
		quoted(l, token, c, false, (flags & LANGUAGE_DOUBLED) != 0);
		return true;
	}
	if (c == '\'') {
		if ((flags & LANGUAGE_NO_SINGLE) != 0 ||
		    ((flags & LANGUAGE_CHAR_TICK) != 0 && !is_char(l->text, l->at)))
			return false;
		quoted(l, token, c, false, (flags & LANGUAGE_DOUBLED) != 0);
		return true;
	}
	if (c == '`' && (flags & LANGUAGE_TEMPLATE) != 0) {
		l->at++;
		template_piece(l, token);
		return true;
	}
	if (c == '`' && (flags & LANGUAGE_RAW_TICK) != 0) {
		until(l, token, l->at + 1, "`", true);
		return true;
	}
	if (c == '[' && (flags & LANGUAGE_LONG) != 0 && at_text(l->text, l->at, "[[")) {
		until(l, token, l->at + 2, "]]", true);
		return true;
	}
	return false;
}

/* A keyword may announce what the next '{' opens. */
static void
announce(struct lexer *l, uint8_t code)
{
	if ((l->language->flags & LANGUAGE_CONTEXT) == 0 || l->before == '.')
		return;
	switch (code) {
	case KEYWORD_CLASS:
		l->pending = CONTEXT_CLASS;
		break;
	case KEYWORD_INTERFACE:
		if ((l->language->flags & LANGUAGE_TYPES) != 0)
			l->pending = CONTEXT_TYPE;
		break;
	case KEYWORD_ENUM:
		if ((l->language->flags & LANGUAGE_TYPES) != 0)
			l->pending = CONTEXT_OBJECT;
		break;
	default:
		break;
	}
}

static void
name(struct lexer *l, struct token *token)
{
	size_t at = l->at, end = skip_name(l->text, at + 1);
	uint8_t code = lexer_keyword(l->text.at + at, end - at, l->text.left - at);

	l->at = end;
	emit(l, token, at, end, code == 0 ? TOKEN_NAME : code);
	if (code != 0)
		announce(l, code);
}

static void
number(struct lexer *l, struct token *token)
{
	const uint8_t *p = l->text.at;
	size_t at = l->at, end = at + 1;

	for (; end < l->text.left; end++) {
		uint8_t c = p[end];

		if ((classes[c] & (CLASS_NAME | CLASS_DIGIT)) != 0 && c < 0x80)
			continue;
		if (c == '.' && !(end + 1 < l->text.left && p[end + 1] == '.'))
			continue;
		if ((c == '+' || c == '-') && (p[end - 1] | 0x20) == 'e' &&
		    (p[at + 1] | 0x20) != 'x')
			continue;
		break;
	}
	l->at = end;
	emit(l, token, at, end, TOKEN_NUMBER);
}

static void
punctuation(struct lexer *l, struct token *token, uint8_t c)
{
	uint8_t context = context_of(l);

	if (c == '{' || c == '}' || c == '(' || c == ')' || c == '[' || c == ']')
		bracket(l, c);
	emit(l, token, l->at, l->at + 1, c);
	token->context = context;
	l->at++;
}

/* Punctuation and what begins like it, comments among it. */
static bool
other(struct lexer *l, struct token *token, uint8_t c)
{
	size_t body, length, end;

	end = skip_comment(l, l->at);
	if (end > l->at) {
		l->at = end;
		return false;
	}
	if (string(l, token, c))
		return true;
	if (c == '/' && (l->language->flags & LANGUAGE_SLASH_REGEX) != 0 && regex_may_begin(l)) {
		length = regex_length(l->text, l->at, &body);
		if (length > 0) {
			emit(l, token, l->at + 1, body, TOKEN_REGEX);
			l->at += length;
			return true;
		}
	}
	if (c == '.' && l->at + 1 < l->text.left && classes[l->text.at[l->at + 1]] == CLASS_DIGIT) {
		number(l, token);
		return true;
	}
	if (c == '\n') { /* opens comments in Perl and Ruby */
		l->at++;
		return false;
	}
	punctuation(l, token, c);
	return true;
}

size_t
lexer_next(struct lexer *l, struct token *tokens, size_t room)
{
	const uint8_t *p = l->text.at;
	size_t count = 0;

	while (count < room && l->at < l->text.left) {
		uint8_t c = p[l->at];

		if (l->in_template) {
			template_piece(l, &tokens[count++]);
			continue;
		}
		switch (l->classes[c]) {
		case CLASS_BLANK:
			l->at = skip_blanks(l->text, l->at + 1);
			break;
		case CLASS_CONTROL:
			l->at++;
			break;
		case CLASS_NAME:
			if ((c == 'r' || c == 'R') && raw_string(l, &tokens[count]))
				count++;
			else
				name(l, &tokens[count++]);
			break;
		case CLASS_DIGIT:
			number(l, &tokens[count++]);
			break;
		case CLASS_QUOTE:
			if (!string(l, &tokens[count], c))
				punctuation(l, &tokens[count], c);
			count++;
			break;
		case CLASS_DOT:
			if (l->at + 1 < l->text.left && classes[p[l->at + 1]] == CLASS_DIGIT)
				number(l, &tokens[count++]);
			else
				punctuation(l, &tokens[count++], c);
			break;
		case CLASS_BRACKET:
			punctuation(l, &tokens[count++], c);
			break;
		case CLASS_OTHER:
			count += other(l, &tokens[count], c);
			break;
		default:
			emit(l, &tokens[count++], l->at, l->at + 1, c);
			l->at++;
			break;
		}
	}
	return count;
}
