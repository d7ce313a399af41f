/*
 * toml.c - a TOML document as a read-only tree that remembers its lines
 *
 * Knows: what to refuse before the parser sees it, and how a walk becomes a tree in one arena.
 * Does not know: TOML itself (toml.cc), what the keys mean (settings.c).
 */
#include "config/toml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"
#include "config/toml_walk.h"

_Static_assert((int)TOML_TABLE == (int)WALK_TABLE && (int)TOML_TIME == (int)WALK_TIME,
	       "the kinds of the tree are those of the walk");

/* Every dot of a dotted key is a table inside a table, and the parser frees them by recursion.
 * Strings count as well, because telling them from keys would take a second parser; no line of a
 * configuration has that many. */
#define TOML_LINE_DOTS_MAX 256

/* A node takes 72 bytes and its smallest spelling ("1,") two. */
#define TREE_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct toml {
	struct arena arena;
	const char *name;
	struct toml_node *root;
};

/* A container that still waits for members. */
struct open_node {
	struct toml_node *items;
	size_t filled, count;
};

struct builder {
	struct toml *doc;
	struct open_node stack[TOML_DEPTH_MAX + 2];
	size_t depth;
	struct fault *fault;
	int failed;
};

void
toml_free(struct toml **doc)
{
	if (*doc != NULL)
		arena_free(&(*doc)->arena);
	free(*doc);
	*doc = NULL;
}

const struct toml_node *
toml_root(const struct toml *doc)
{
	return doc->root;
}

const char *
toml_name(const struct toml *doc)
{
	return doc->name;
}

static int
check_bytes(struct bytes content, const char *name, struct fault *fault)
{
	size_t line = 1, dots = 0;

	if (content.left > TOML_BYTES_MAX)
		return fault_set(fault, FAULT_LIMIT, "%s: larger than %zu bytes", name,
				 TOML_BYTES_MAX);
	for (size_t i = 0; i < content.left; i++) {
		if (content.at[i] == '\0')
			return fault_set(fault, FAULT_USAGE, "%s:%zu: holds a NUL byte", name,
					 line);
		if (content.at[i] == '\n') {
			line++;
			dots = 0;
		}
		if (content.at[i] == '.' && ++dots > TOML_LINE_DOTS_MAX)
			return fault_set(fault, FAULT_LIMIT, "%s:%zu: more than %d dots in a line",
					 name, line, TOML_LINE_DOTS_MAX);
	}
	if (!text_is_utf8(content))
		return fault_set(fault, FAULT_USAGE, "%s: is not UTF-8", name);
	return 0;
}

static int
give_up(struct builder *b, int code)
{
	b->failed = code;
	return -1;
}

/* The slot that the next value of the walk belongs in. */
static struct toml_node *
next_slot(struct builder *b)
{
	while (b->depth > 0 && b->stack[b->depth - 1].filled == b->stack[b->depth - 1].count)
		b->depth--;
	if (b->depth == 0)
		return NULL;
	return &b->stack[b->depth - 1].items[b->stack[b->depth - 1].filled++];
}

/* A text with an escaped NUL would end early for everyone who compares it. */
static const char *
copy_text(struct builder *b, const char *text, size_t bytes, uint32_t line)
{
	const char *copy;

	if (memchr(text, '\0', bytes) != NULL) {
		b->failed = fault_set(b->fault, FAULT_USAGE, "%s:%u: a text holds a NUL",
				      b->doc->name, line);
		return NULL;
	}
	copy = arena_copy(&b->doc->arena, text, bytes);
	if (copy == NULL)
		b->failed = fault_memory(b->fault);
	return copy;
}

static int
open_container(struct builder *b, struct toml_node *node, size_t count)
{
	struct toml_node *items;

	if (b->depth == ARRAY_LEN(b->stack))
		return give_up(b, fault_set(b->fault, FAULT_LIMIT, "%s:%u: nested too deep",
					    b->doc->name, node->line));
	items = arena_alloc(&b->doc->arena, count * sizeof(*items));
	if (items == NULL)
		return give_up(b, fault_memory(b->fault));
	node->items = items;
	node->count = count;
	b->stack[b->depth++] = (struct open_node){items, 0, count};
	return 0;
}

static int
build(void *context, const struct toml_walk_value *value)
{
	struct builder *b = context;
	struct toml_node *node = b->doc->root;

	if (node == NULL) {
		node = b->doc->root = ARENA_NEW(&b->doc->arena, struct toml_node);
		if (node == NULL)
			return give_up(b, fault_memory(b->fault));
	} else {
		node = next_slot(b);
		assert(node != NULL); /* the walk promised this many members */
	}
	node->kind = (enum toml_kind)value->kind;
	node->line = value->line;
	node->column = value->column;
	node->integer = value->integer;
	node->number = value->number;
	if (value->key != NULL) {
		node->key = copy_text(b, value->key, value->key_bytes, value->line);
		if (node->key == NULL)
			return -1;
	}
	if (node->kind == TOML_STRING || node->kind == TOML_TIME) {
		node->text = copy_text(b, value->text, value->text_bytes, value->line);
		if (node->text == NULL)
			return -1;
	}
	if (node->kind == TOML_TABLE || node->kind == TOML_ARRAY)
		return open_container(b, node, value->count);
	return 0;
}

int
toml_parse(struct toml **out, struct bytes content, const char *name, struct fault *fault)
{
	AUTO(toml_free)
	struct toml *doc = calloc(1, sizeof(*doc));
	struct builder b = {.doc = doc, .fault = fault};
	char why[256];
	uint32_t line = 0;
	int r = check_bytes(content, name, fault);

	if (r < 0)
		return r;
	if (doc == NULL)
		return fault_memory(fault);
	doc->arena.bytes_max = TREE_BYTES_MAX;
	doc->name = arena_text(&doc->arena, name);
	if (doc->name == NULL)
		return fault_memory(fault);
	switch (toml_walk((const char *)content.at, content.left, TOML_DEPTH_MAX, build, &b, &line,
			  why, sizeof(why))) {
	case WALK_DONE:
		*out = TAKE(doc);
		return 0;
	case WALK_WRONG:
		return fault_set(fault, FAULT_USAGE, "%s:%u: %s", name, line, why);
	case WALK_STOPPED:
		return b.failed != 0 ? b.failed
				     : fault_set(fault, FAULT_LIMIT, "%s: nested deeper than %d",
						 name, TOML_DEPTH_MAX);
	case WALK_MEMORY:
		break;
	}
	return fault_memory(fault);
}

const struct toml_node *
toml_get(const struct toml_node *table, const char *key)
{
	if (table == NULL || table->kind != TOML_TABLE)
		return NULL;
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->items[i].key, key) == 0)
			return &table->items[i];
	return NULL;
}

const struct toml_node *
toml_find(const struct toml_node *table, const char *path)
{
	char key[128];

	while (table != NULL) {
		const char *dot = strchr(path, '.');
		size_t length = dot == NULL ? strlen(path) : (size_t)(dot - path);

		if (length >= sizeof(key))
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		table = toml_get(table, key);
		if (dot == NULL)
			break;
		path = dot + 1;
	}
	return table;
}

const char *
toml_kind_name(enum toml_kind kind)
{
	static const char *const names[] = {
	    "a table", "a list", "a text", "a whole number", "a number", "true or false", "a time",
	};

	return names[kind];
}
