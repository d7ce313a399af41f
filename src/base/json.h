/*
 * json.h - a small JSON document as a tree: manifests, settings, reports
 *
 * Strict RFC 8259, nothing more: no comments, no trailing commas, one value, UTF-8 checked.  The
 * tree, with all its text, lives in the caller's arena.  What is large or hostile by trade goes
 * through json_push.h, which needs no memory.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	bool truth; /* of a BOOL */
	bool lossy; /* STRING or key: a lone surrogate became U+FFFD */
	struct bytes
	    text;         /* STRING: unescaped, may hold NUL; NUMBER: as written; a NUL behind it */
	struct bytes key; /* when this is a member of an object */
	struct json_value *first; /* child of an ARRAY or OBJECT, in order of the document */
	struct json_value *next;  /* sibling */
	uint32_t count;           /* children */
	uint32_t line;            /* from 1: where the value begins */
};

struct json_limits {
	uint32_t depth;   /* arrays and objects inside each other; at most JSON_DEPTH_MAX */
	size_t bytes;     /* of the document */
	uint32_t members; /* values in all */
	bool unique_keys; /* FAULT_FORMAT for a key that comes twice in an object; else first wins
			    in json_get() and all are children */
	bool skip_bom;    /* a UTF-8 byte order mark in front is passed over */
};

#define JSON_DEPTH_MAX 512 /* the parser recurses: 512 levels take under 128 KiB of stack */

/* 16 MiB and 1 M values: ten times the largest package.json or SARIF log seen in real packages. */
#define JSON_LIMITS_DEFAULT                                                                        \
	{                                                                                          \
		.depth = 64, .bytes = (size_t)16 << 20, .members = 1000000, .unique_keys = false,  \
		.skip_bom = true                                                                   \
	}

/* FAULT_FORMAT with line and column, FAULT_LIMIT, FAULT_MEMORY (also: the arena is full).
 * `limits` NULL: the default. */
int json_parse(struct json_value **out, struct bytes document, const struct json_limits *limits,
	       struct arena *arena, struct fault *fault);

/* The member of an object, or NULL: also when `object` is NULL or not an object, so that gets chain. */
const struct json_value *json_get(const struct json_value *object, const char *key);

/* The value itself as text: NULL when it is NULL, not a STRING, or holds a NUL. */
const char *json_as_text(const struct json_value *value);
/* Whole number, no sign, fraction or exponent, that fits.  Does it? */
bool json_as_u64(const struct json_value *value, uint64_t *out);
bool json_as_i64(const struct json_value *value, int64_t *out);

/* Of a member: `otherwise` when it is absent or of another type. */
const char *json_text(const struct json_value *object, const char *key);
uint64_t json_u64(const struct json_value *object, const char *key, uint64_t otherwise);
int64_t json_i64(const struct json_value *object, const char *key, int64_t otherwise);
bool json_bool(const struct json_value *object, const char *key, bool otherwise);

/* for (v = json_first(json_get(o, "files")); v != NULL; v = v->next) */
static inline const struct json_value *
json_first(const struct json_value *value)
{
	return value == NULL ? NULL : value->first;
}

#endif
