/*
 * glob.h - patterns of .gitignore and .npmignore: what a path matches, and which line said so
 *
 *	struct glob_list list = GLOB_LIST_INIT(&arena, 0);
 *	glob_list_add_lines(&list, content, fault);
 *	if (glob_list_match_below(&list, path, false, &which) == GLOB_HIT)
 *		skip(path, which->line);
 *
 * The grammar is that of gitignore(5): blank lines and '#' lines say nothing; '!' takes back; a
 * slash in front or in the middle anchors to where the list lives, otherwise the pattern is tried
 * on the last name alone; a slash at the end wants a folder; '*' and '?' stay inside one name;
 * "**" between slashes crosses them; [a-z], [!a-z], [[:digit:]]; '\' takes the next as it is.  The
 * last pattern that matches wins.  Paths are raw bytes with '/' between names, none in front.
 *
 * Cost: O(path * pattern) at worst, whatever the stars; names and "*.suffix" are one comparison.
 * Not known: extended globs of shells such as +(a|b).
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

enum glob_flags {
	GLOB_NOCASE = 1, /* ASCII letters match both ways */
	GLOB_BRACES = 2, /* {a,b} is a or b; at most GLOB_BRACES_MAX patterns from a line */
	GLOB_BRACKET =
	    4, /* a '[' that nothing closes is an ordinary byte; else the pattern is void */
	GLOB_NPM = GLOB_NOCASE | GLOB_BRACES | GLOB_BRACKET, /* how npm reads ignore files */
};

#define GLOB_PATTERN_MAX                                                                           \
	4096 /* bytes of one pattern; longer ones are void, as they are for paths */
#define GLOB_BRACES_MAX 256

struct glob_token;

/* One pattern, compiled.  Lives in an arena. */
struct glob {
	struct glob *next;
	struct bytes text; /* the line as written, in the arena, a NUL behind it */
	uint32_t line;     /* from 1; 0: not from a file */
	bool negated;      /* '!' */
	bool anchored;     /* tried on the whole path, else on the last name */
	bool folder_only;  /* '/' at the end */
	bool nocase;
	uint8_t shape;        /* of the matcher; private */
	struct bytes literal; /* private */
	struct glob_token *tokens;
	uint32_t tokens_count;
};

struct glob_list {
	struct arena *arena; /* lent */
	unsigned flags;
	struct glob *first, *last;
	uint32_t lines;
};

#define GLOB_LIST_INIT(arena, flags)                                                               \
	{                                                                                          \
		(arena), (flags), NULL, NULL, 0                                                    \
	}

enum glob_answer {
	GLOB_MISS = 0, /* no pattern matches */
	GLOB_HIT = 1,
	GLOB_TAKEN_BACK = 2, /* the last that matches is a '!' */
};

/* Add one line of an ignore file.  A line that says nothing, or is void, adds nothing.
 * Returns 0 or FAULT_MEMORY. */
int glob_list_add(struct glob_list *list, struct bytes line, struct fault *fault);

/* Add every line of a file (LF or CRLF, a byte order mark is skipped). */
int glob_list_add_lines(struct glob_list *list, struct bytes content, struct fault *fault);

/* The last pattern that matches `path` itself; *which (may be NULL) is it. */
enum glob_answer glob_list_match(const struct glob_list *list, struct bytes path, bool is_folder,
				 const struct glob **which);

/* As git walks: the folders above are asked first, and what lies in one that is hit is hit,
 * whatever a later '!' says of it. */
enum glob_answer glob_list_match_below(const struct glob_list *list, struct bytes path,
				       bool is_folder, const struct glob **which);

/* One pattern on its own, '!' left aside. */
bool glob_match(const struct glob *glob, struct bytes path, bool is_folder);

/* Compile a pattern that stands by itself: no comments, no '!', no trimming.  *out is NULL when it
 * is void.  FAULT_MEMORY. */
int glob_compile(struct glob **out, struct bytes pattern, unsigned flags, struct arena *arena,
		 struct fault *fault);

#endif
