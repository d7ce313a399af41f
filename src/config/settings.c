/*
 * settings.c - what this run was told, by whom, in one order
 *
 * Knows: where settings stand and which wins.  Does not know: what any of them does.
 */
#include "config/settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "config/settings_inside.h"

#define SETTINGS_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define LAYERS_MAX         3 /* project, home, system */
#define VARIABLE_PREFIX    "STOPWATER_"

struct value {
	const char *origin; /* NULL: not set */
	const char *text;
	const char **list;
	size_t list_count;
	uint64_t number;
	int64_t date;
};

struct settings {
	struct arena arena;
	struct toml *layers[LAYERS_MAX];
	size_t layers_count;
	const char *repository, *project;
	struct value *values; /* settings_table_count of them */
};

void
settings_free(struct settings **settings)
{
	struct settings *s = *settings;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->layers_count; i++)
		toml_free(&s->layers[i]);
	arena_free(&s->arena);
	free(s->values);
	free(s);
	*settings = NULL;
}

static size_t
row_of(const char *key)
{
	for (size_t i = 0; i < settings_table_count; i++)
		if (strcmp(settings_table[i].key, key) == 0)
			return i;
	return SIZE_MAX;
}

/* ---- one value ---- */

static int
split_list(struct settings *s, struct value *value, const char *text, struct fault *fault)
{
	size_t count = 1;

	for (const char *p = text; *p != '\0'; p++)
		count += *p == ',';
	value->list = arena_alloc(&s->arena, count * sizeof(*value->list));
	if (value->list == NULL)
		return fault_memory(fault);
	while (*text != '\0') {
		size_t length = strcspn(text, ",");

		if (length > 0) {
			value->list[value->list_count] = arena_copy(&s->arena, text, length);
			if (value->list[value->list_count++] == NULL)
				return fault_memory(fault);
		}
		text += length + (text[length] == ',');
	}
	return 0;
}

/* `folder` is what a relative path is relative to. */
static int
keep_path(struct settings *s, struct value *value, const char *text, const char *folder,
	  struct fault *fault)
{
	if (text[0] == '\0')
		return fault_set(fault, FAULT_USAGE, "an empty path");
	value->text = text[0] == '/' ? arena_text(&s->arena, text)
				     : arena_printf(&s->arena, "%s/%s", folder, text);
	return value->text == NULL ? fault_memory(fault) : 0;
}

static int
parse_value(struct settings *s, const struct setting *row, const char *text, const char *folder,
	    struct value *value, struct fault *fault)
{
	switch (row->kind) {
	case SETTING_TEXT:
		value->text = arena_text(&s->arena, text);
		return value->text == NULL ? fault_memory(fault) : 0;
	case SETTING_BOOL:
		value->number = strcmp(text, "true") == 0;
		if (value->number == 0 && strcmp(text, "false") != 0)
			return fault_set(fault, FAULT_USAGE, "'%.100s' is neither true nor false",
					 text);
		return 0;
	case SETTING_COUNT:
		return text_parse_u64(text, &value->number, fault);
	case SETTING_SIZE:
		return text_parse_size(text, &value->number, fault);
	case SETTING_DATE:
		return clock_parse_date(text, &value->date, fault);
	case SETTING_PATH:
		return keep_path(s, value, text, folder, fault);
	case SETTING_LIST:
		return split_list(s, value, text, fault);
	case SETTING_TABLE:
		break;
	}
	return fault_set(fault, FAULT_USAGE, "is a table: it can only stand in a file");
}

/* Set row `i` from a text, unless something stronger did. */
static int
set_text(struct settings *s, size_t i, const char *text, const char *folder, const char *origin,
	 bool force, struct fault *fault)
{
	struct value value = {.origin = origin};
	int r;

	if (s->values[i].origin != NULL && !force)
		return 0;
	r = parse_value(s, &settings_table[i], text, folder, &value, fault);
	if (r < 0)
		return fault_wrap(fault, r, "%s: %s", origin, settings_table[i].key);
	s->values[i] = value;
	return 0;
}

/* ---- files ---- */

struct layer {
	struct settings *settings;
	const char *file;   /* as shown */
	const char *folder; /* of the file */
};

static int
wrong_kind(const char *where, const struct setting *row, const struct toml_node *node,
	   const char *wanted, struct fault *fault)
{
	return fault_set(fault, FAULT_USAGE, "%s: %s is %s, not %s", where, row->key, wanted,
			 toml_kind_name(node->kind));
}

static int
set_list(struct settings *s, size_t i, const struct toml_node *node, const char *where,
	 struct fault *fault)
{
	struct value value = {.origin = where};

	if (node->kind != TOML_ARRAY)
		return wrong_kind(where, &settings_table[i], node, "a list of texts", fault);
	value.list = arena_alloc(&s->arena, (node->count + 1) * sizeof(*value.list));
	if (value.list == NULL)
		return fault_memory(fault);
	for (size_t n = 0; n < node->count; n++) {
		if (node->items[n].kind != TOML_STRING)
			return wrong_kind(where, &settings_table[i], &node->items[n],
					  "a list of texts", fault);
		value.list[value.list_count++] = node->items[n].text; /* the layer stays */
	}
	if (s->values[i].origin == NULL)
		s->values[i] = value;
	return 0;
}

/* A number or a truth in the spelling that parse_value() reads; NULL when the kind is wrong. */
static const char *
spelling(const struct setting *row, const struct toml_node *node, char room[32])
{
	bool wants_number = row->kind == SETTING_COUNT || row->kind == SETTING_SIZE;

	if (node->kind == TOML_INTEGER && wants_number && node->integer >= 0) {
		(void)snprintf(room, 32, "%lld", (long long)node->integer);
		return room;
	}
	if (node->kind == TOML_BOOL && row->kind == SETTING_BOOL)
		return node->integer != 0 ? "true" : "false";
	if (node->kind == TOML_TIME && row->kind == SETTING_DATE)
		return node->text;
	if (node->kind == TOML_STRING && row->kind != SETTING_BOOL && row->kind != SETTING_COUNT)
		return node->text;
	return NULL;
}

static int
set_node(const struct layer *layer, size_t i, const struct toml_node *node, struct fault *fault)
{
	static const char *const wanted[] = {
	    "a text",
	    "true or false",
	    "a whole number from 0",
	    "a size (4096 or \"64MiB\")",
	    "a day (2026-03-31)",
	    "a path",
	    "a list of texts",
	    "a table",
	};
	struct settings *s = layer->settings;
	const struct setting *row = &settings_table[i];
	const char *where = arena_printf(&s->arena, "%s:%u", layer->file, node->line);
	char room[32];
	const char *text;

	if (where == NULL)
		return fault_memory(fault);
	if (row->kind == SETTING_TABLE)
		return node->kind == TOML_TABLE
			   ? 0
			   : wrong_kind(where, row, node, wanted[row->kind], fault);
	if (row->kind == SETTING_LIST)
		return set_list(s, i, node, where, fault);
	text = spelling(row, node, room);
	if (text == NULL)
		return wrong_kind(where, row, node, wanted[row->kind], fault);
	return set_text(s, i, text, layer->folder, where, false, fault);
}

static bool
is_above_a_setting(const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < settings_table_count; i++)
		if (strncmp(settings_table[i].key, key, length) == 0 &&
		    settings_table[i].key[length] == '.')
			return true;
	return false;
}

/* The keys of `table`, which stands at `prefix` ("" or "scan."). */
static int
read_table(const struct layer *layer, const struct toml_node *table, const char *prefix,
	   struct fault *fault)
{
	for (size_t n = 0; n < table->count; n++) {
		const struct toml_node *node = &table->items[n];
		char key[KEY_BYTES_MAX], where[512];
		size_t i;
		int r;

		(void)snprintf(where, sizeof(where), "%s:%u", layer->file, node->line);
		if (snprintf(key, sizeof(key), "%s%s", prefix, node->key) >= (int)sizeof(key))
			return settings_unknown(where, key, fault);
		i = row_of(key);
		if (i != SIZE_MAX) {
			r = set_node(layer, i, node, fault);
		} else if (node->kind == TOML_TABLE && is_above_a_setting(key)) {
			char below[KEY_BYTES_MAX + 1];

			(void)snprintf(below, sizeof(below), "%s.", key);
			r = read_table(layer, node, below, fault);
		} else {
			r = settings_unknown(where, key, fault);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *
folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	return arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/* Read one file; `must` be there, or may be missing. */
static int
add_file(struct settings *s, const char *path, bool must, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT(TOML_BYTES_MAX);
	AUTO(toml_free)
	struct toml *doc = NULL;
	struct layer layer = {.settings = s};
	int r = must ? 1 : file_exists(path, fault);

	if (r <= 0)
		return r;
	r = file_read_all(path, &content, fault);
	if (r < 0)
		return must ? fault_set(fault, FAULT_USAGE, "%s: cannot be read", path) : r;
	r = toml_parse(&doc, buf_bytes(&content), path, fault);
	if (r < 0)
		return r == FAULT_LIMIT ? fault_wrap(fault, FAULT_USAGE, "configuration") : r;
	layer.file = toml_name(doc);
	layer.folder = folder_of(&s->arena, path);
	if (layer.folder == NULL)
		return fault_memory(fault);
	assert(s->layers_count < LAYERS_MAX);
	s->layers[s->layers_count++] = doc;
	return read_table(&layer, toml_root(TAKE(doc)), "", fault);
}

static int
add_below(struct settings *s, const char *folder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);

	if (folder == NULL)
		return 0;
	if (file_join(&path, folder, SETTINGS_FILE) < 0)
		return fault_set(fault, FAULT_USAGE, "%.200s: too long", folder);
	return add_file(s, buf_text(&path), false, fault);
}

/* ---- variables ---- */

/* The variable of a key: "STOPWATER_SCAN_LIMITS_DEPTH". */
static void
variable_of(const char *key, char out[KEY_BYTES_MAX + sizeof(VARIABLE_PREFIX)])
{
	size_t used = sizeof(VARIABLE_PREFIX) - 1;

	memcpy(out, VARIABLE_PREFIX, used);
	for (; *key != '\0' && used < KEY_BYTES_MAX; key++)
		out[used++] = (char)(*key == '.'                    ? '_'
				     : (*key >= 'a' && *key <= 'z') ? *key - 32
								    : *key);
	out[used] = '\0';
}

/* Does it begin like a variable of ours, "STOPWATER_SCAN_..."? */
static bool
is_in_a_section(const char *name, size_t length)
{
	char variable[KEY_BYTES_MAX + sizeof(VARIABLE_PREFIX)];

	for (size_t i = 0; i < settings_table_count; i++) {
		size_t section;

		if (strchr(settings_table[i].key, '.') == NULL)
			continue;
		variable_of(settings_table[i].key, variable);
		section = sizeof(VARIABLE_PREFIX) + strcspn(settings_table[i].key, ".");
		if (length > section && strncmp(name, variable, section) == 0)
			return true;
	}
	return false;
}

static int
add_variable(struct settings *s, const char *name, size_t length, const char *text,
	     const char *folder, struct fault *fault)
{
	char variable[KEY_BYTES_MAX + sizeof(VARIABLE_PREFIX)];

	for (size_t i = 0; i < settings_table_count; i++) {
		const char *origin;

		variable_of(settings_table[i].key, variable);
		if (strlen(variable) != length || strncmp(name, variable, length) != 0)
			continue;
		origin = arena_copy(&s->arena, name, length);
		if (origin == NULL)
			return fault_memory(fault);
		return set_text(s, i, text, folder, origin, false, fault);
	}
	if (is_in_a_section(name, length))
		return fault_set(fault, FAULT_USAGE, "%.*s: no setting has this variable",
				 (int)(length < 200 ? length : 200), name);
	return 0;
}

static int
add_environment(struct settings *s, char *const *environment, const char *folder,
		struct fault *fault)
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *equals = strchr(*environment, '=');
		int r;

		if (equals == NULL ||
		    strncmp(*environment, VARIABLE_PREFIX, sizeof(VARIABLE_PREFIX) - 1) != 0)
			continue;
		r = add_variable(s, *environment, (size_t)(equals - *environment), equals + 1,
				 folder, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *
config_variable(char *const *environment)
{
	static const char name[] = VARIABLE_PREFIX "CONFIG=";

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, sizeof(name) - 1) == 0 &&
		    (*environment)[sizeof(name) - 1] != '\0')
			return *environment + sizeof(name) - 1;
	return NULL;
}

static int
add_defaults(struct settings *s, struct fault *fault)
{
	for (size_t i = 0; i < settings_table_count; i++) {
		int r = settings_table[i].fallback == NULL
			    ? 0
			    : set_text(s, i, settings_table[i].fallback, s->project, "default",
				       false, fault);

		if (r < 0)
			return r;
	}
	return 0;
}

int
settings_load(struct settings **out, const struct settings_from *from, struct fault *fault)
{
	AUTO(settings_free)
	struct settings *s = calloc(1, sizeof(*s));
	const char *config = from->config;
	int r;

	if (s == NULL)
		return fault_memory(fault);
	s->arena.bytes_max = SETTINGS_BYTES_MAX;
	s->values = calloc(settings_table_count, sizeof(*s->values));
	if (s->values == NULL)
		return fault_memory(fault);
	r = settings_find_project(&s->arena, from->folder, &s->repository, &s->project, fault);
	if (r == 0)
		r = add_environment(s, from->environment, from->folder, fault);
	if (config == NULL)
		config = config_variable(from->environment);
	if (r == 0)
		r = config != NULL ? add_file(s, config, true, fault)
				   : add_below(s, s->project, fault);
	if (r == 0)
		r = add_below(s, from->home, fault);
	if (r == 0 && from->system_file != NULL)
		r = add_file(s, from->system_file, false, fault);
	if (r == 0)
		r = add_defaults(s, fault);
	if (r < 0)
		return r;
	*out = TAKE(s);
	return 0;
}

int
settings_override(struct settings *s, const char *key, const char *text, const char *origin,
		  struct fault *fault)
{
	size_t i = row_of(key);

	assert(i != SIZE_MAX);
	return set_text(s, i, text, ".", origin, true, fault);
}

/* ---- asking ---- */

static const struct value *
value_of(const struct settings *s, const char *key)
{
	size_t i = row_of(key);

	assert(i != SIZE_MAX);
	return &s->values[i];
}

bool
settings_is_set(const struct settings *s, const char *key)
{
	const struct value *value = value_of(s, key);

	return value->origin != NULL && strcmp(value->origin, "default") != 0;
}

const char *
settings_text(const struct settings *s, const char *key)
{
	return value_of(s, key)->text;
}

bool
settings_bool(const struct settings *s, const char *key)
{
	return value_of(s, key)->number != 0;
}

uint64_t
settings_u64(const struct settings *s, const char *key)
{
	return value_of(s, key)->number;
}

int64_t
settings_date(const struct settings *s, const char *key)
{
	return value_of(s, key)->date;
}

const char *const *
settings_list(const struct settings *s, const char *key, size_t *count)
{
	*count = value_of(s, key)->list_count;
	return value_of(s, key)->list;
}

const struct toml_node *
settings_table_find(const struct settings *s, const char *key, const char *name, const char **file)
{
	for (size_t i = 0; i < s->layers_count; i++) {
		const struct toml_node *node =
		    toml_get(toml_find(toml_root(s->layers[i]), key), name);

		if (node != NULL) {
			*file = toml_name(s->layers[i]);
			return node;
		}
	}
	return NULL;
}

const char *
settings_origin(const struct settings *s, const char *key)
{
	const char *origin = value_of(s, key)->origin;

	return origin == NULL ? "default" : origin;
}

const char *
settings_repository(const struct settings *s)
{
	return s->repository;
}

const char *
settings_project(const struct settings *s)
{
	return s->project;
}

const char *
settings_shown(const struct settings *s, const char *path)
{
	size_t length = strlen(s->project);
	const char *slash;

	if (strncmp(path, s->project, length) == 0 && path[length] == '/')
		return path + length + 1;
	slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}
