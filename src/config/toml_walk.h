/*
 * toml_walk.h - the seam between the C++ parser and the C tree: one call, plain types
 *
 * Only toml.c includes it.
 */
#ifndef CONFIG_TOML_WALK_H
#define CONFIG_TOML_WALK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The same order as enum toml_kind. */
enum toml_walk_kind {
	WALK_TABLE,
	WALK_ARRAY,
	WALK_STRING,
	WALK_INTEGER,
	WALK_FLOAT,
	WALK_BOOL,
	WALK_TIME,
};

/* One value; a table or array is followed by its `count` members, in order. */
struct toml_walk_value {
	enum toml_walk_kind kind;
	uint32_t line, column;
	const char *key; /* NULL outside a table */
	size_t key_bytes;
	const char *text; /* STRING, TIME */
	size_t text_bytes;
	int64_t integer;
	double number;
	size_t count;
};

/* Returns 0, or anything else to stop. */
typedef int toml_walk_each(void *context, const struct toml_walk_value *value);

enum toml_walk_answer {
	WALK_DONE,
	WALK_STOPPED, /* `each` said so, or the depth was reached */
	WALK_WRONG,   /* no TOML: *line and why[] tell */
	WALK_MEMORY,
};

enum toml_walk_answer toml_walk(const char *text, size_t bytes, unsigned depth_max,
				toml_walk_each *each, void *context, uint32_t *line, char *why,
				size_t why_bytes);

#ifdef __cplusplus
}
#endif

#endif
