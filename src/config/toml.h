/*
 * toml.h - a TOML document as a read-only tree that remembers its lines
 *
 * The one TOML reader of the tree (TOML 1.0 by toml++, which stays behind this header).  Hostile
 * input is the normal case: size, length of keys and depth are checked before the parser sees it.
 *
 *	AUTO(toml_free) struct toml *doc = NULL;
 *
 *	r = toml_parse(&doc, content, "stopwater.toml", fault);
 *	if (r == 0)
 *		home = toml_find(toml_root(doc), "scan.home");
 *
 * Nodes and their text are lent by the document until toml_free().  Never changes after
 * toml_parse(), so any thread may read.
 */
#ifndef CONFIG_TOML_H
#define CONFIG_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A configuration of a person is a few kB; generated rule files reach some hundred.  A hostile one of
 * this size costs the parser about a second (it searches a list of dotted tables). */
#define TOML_BYTES_MAX ((size_t)1024 * 1024)

/* Nobody nests deeper; each level costs stack in the parser and in who walks the tree. */
#define TOML_DEPTH_MAX 32

enum toml_kind {
	TOML_TABLE,
	TOML_ARRAY,
	TOML_STRING,
	TOML_INTEGER,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_TIME, /* a date, a time of day or both: its RFC 3339 spelling in `text` */
};

struct toml_node {
	enum toml_kind kind;
	uint32_t line, column;         /* of the value, from 1; of a table: where it begins */
	const char *key;               /* in a table: its name; else NULL */
	const char *text;              /* STRING, TIME: NUL behind it; never holds a NUL itself */
	int64_t integer;               /* INTEGER; BOOL: 0 or 1 */
	double number;                 /* FLOAT */
	const struct toml_node *items; /* TABLE: sorted by key; ARRAY: in order */
	size_t count;
};

struct toml;

/* `name` stands in front of what is wrong: "stopwater.toml:12: ...".  FAULT_USAGE for a document
 * that is not TOML, FAULT_LIMIT past the limits above, FAULT_MEMORY. */
int toml_parse(struct toml **out, struct bytes content, const char *name, struct fault *fault);
void toml_free(struct toml **doc);

/* The whole document, a table. */
const struct toml_node *toml_root(const struct toml *doc);

/* The name given to toml_parse(). */
const char *toml_name(const struct toml *doc);

/* A member of a table; NULL when there is none or `table` is NULL or no table. */
const struct toml_node *toml_get(const struct toml_node *table, const char *key);

/* As toml_get along a path of plain keys: "scan.limits.depth". */
const struct toml_node *toml_find(const struct toml_node *table, const char *path);

/* "a table", "a string", ... for messages. */
const char *toml_kind_name(enum toml_kind kind);

#ifdef __cplusplus
}
#endif

#endif
