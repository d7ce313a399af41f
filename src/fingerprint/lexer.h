/*
 * lexer.h - text -> tokens, for every language from one table
 *
 * Only what fingerprints need: where names, strings, numbers and regexes are, which words are
 * keywords, what is comment.  Never wrong by a fault: any bytes are tokens of something.
 */
#ifndef FINGERPRINT_LEXER_H
#define FINGERPRINT_LEXER_H

#include "base/bytes.h"
#include "fingerprint/fingerprint.h"

enum token_code {
	TOKEN_NONE,
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_REGEX,
	TOKEN_PUNCT_FIRST = 33,    /* the byte itself, '!' .. '~' */
	TOKEN_KEYWORD_FIRST = 128, /* + index in the list of keywords */
};

/* What encloses a token, as far as braces tell (JavaScript and its kin; elsewhere BLOCK). */
enum token_context {
	CONTEXT_TOP,
	CONTEXT_BLOCK,
	CONTEXT_OBJECT,
	CONTEXT_CLASS,
	CONTEXT_TYPE,   /* interface body: gone after compiling */
	CONTEXT_MODULE, /* import { ... }: gone after bundling */
	CONTEXT_PAREN,
	CONTEXT_CONDITION, /* the parentheses of if, while, for, with */
	CONTEXT_SQUARE,
	CONTEXT_TEMPLATE, /* ${ ... } */
};

struct token {
	uint32_t at, end; /* of a string: its content, without quotes */
	uint8_t code;     /* enum token_code */
	uint8_t context;  /* enum token_context before the token takes effect */
	bool escaped;     /* a string with escapes in it */
	bool raw;         /* a string in which '\' is itself */
};

enum { LANGUAGE_COMMENTS = 2, LANGUAGE_EXTENSIONS = 12 };

enum language_flags {
	LANGUAGE_NESTED = 1 << 0, /* block comments nest */
	LANGUAGE_SLASH_REGEX = 1 << 1,
	LANGUAGE_TEMPLATE = 1 << 2,   /* `text ${expression}` */
	LANGUAGE_TRIPLE = 1 << 3,     /* """ and ''' */
	LANGUAGE_RAW_TICK = 1 << 4,   /* `raw` */
	LANGUAGE_CHAR_TICK = 1 << 5,  /* 'c' is a character, 'name a lifetime or digit separator */
	LANGUAGE_CONTEXT = 1 << 6,    /* braces tell objects from blocks: JavaScript */
	LANGUAGE_TYPES = 1 << 7,      /* TypeScript: interface and type vanish */
	LANGUAGE_DOUBLED = 1 << 8,    /* '' inside '...' is one quote; no escapes */
	LANGUAGE_JOINED = 1 << 9,     /* "a" "b" is one string */
	LANGUAGE_DATA = 1 << 10,      /* data or markup */
	LANGUAGE_INCLUDE = 1 << 11,   /* #include "x" is no string */
	LANGUAGE_PLAIN = 1 << 12,     /* prose: no quotes, no comments */
	LANGUAGE_LONG = 1 << 13,      /* [[ ... ]] and --[[ ... ]] */
	LANGUAGE_RUST_RAW = 1 << 14,  /* r#"..."# */
	LANGUAGE_CPP_RAW = 1 << 15,   /* R"x(...)x" */
	LANGUAGE_NO_SINGLE = 1 << 16, /* ' quotes nothing */
};

struct language {
	const char *name;
	uint32_t flags;
	const char *line[LANGUAGE_COMMENTS]; /* to the end of the line; NULL: none */
	const char *open[LANGUAGE_COMMENTS], *close[LANGUAGE_COMMENTS];
	const char *extensions[LANGUAGE_EXTENSIONS]; /* lower case, without the dot */
};

extern const struct language language_table[];
extern const size_t language_table_count;

#define LEXER_DEPTH 256

struct lexer {
	struct bytes text;
	const struct language *language;
	size_t at;
	uint8_t previous; /* code of the last token that is not comment */
	uint8_t before;   /* and of the one before it */
	uint8_t pending;  /* context that the next '{' opens, 0: work it out */
	bool regex_may;   /* after a ')' or '}' : a '/' begins a regex */
	bool in_template; /* continue the template literal at `at` */
	uint32_t depth;   /* of brackets open, may exceed LEXER_DEPTH */
	uint8_t contexts[LEXER_DEPTH];
	uint8_t classes[256]; /* what a byte may begin in this language */
};

void lexer_begin(struct lexer *lexer, struct bytes text, const struct language *language);

/* Fill tokens[0..room); returns how many, 0 at the end. */
size_t lexer_next(struct lexer *lexer, struct token *tokens, size_t room);

/* 0: not a keyword of any language; else its TOKEN_KEYWORD code.  at[0..readable) may be read. */
uint8_t lexer_keyword(const uint8_t *at, size_t length, size_t readable);

/* Codes of the keywords that contexts hang on. */
enum {
	KEYWORD_CLASS = TOKEN_KEYWORD_FIRST,
	KEYWORD_INTERFACE,
	KEYWORD_ENUM,
	KEYWORD_IMPORT,
	KEYWORD_EXPORT,
	KEYWORD_FROM,
	KEYWORD_IF,
	KEYWORD_WHILE,
	KEYWORD_FOR,
	KEYWORD_WITH,
	KEYWORD_RETURN,
	KEYWORD_ELSE,
	KEYWORD_TRY,
	KEYWORD_FINALLY,
	KEYWORD_DO,
	KEYWORD_THIS,
	KEYWORD_SUPER,
	KEYWORD_TYPE,
	KEYWORD_INCLUDE,
	KEYWORD_DEF,
	KEYWORD_STATIC,
	KEYWORD_ASYNC,
	KEYWORD_GET,
	KEYWORD_SET,
	KEYWORD_CONST,
	KEYWORD_LET,
	KEYWORD_VAR,
	KEYWORD_FUNCTION,
	KEYWORD_REQUIRE,
	KEYWORD_PUBLIC,
	KEYWORD_PRIVATE,
	KEYWORD_PROTECTED,
	KEYWORD_READONLY,
	KEYWORD_NEW,
	KEYWORD_OTHERS, /* the first without a name here */
};

#endif
