/*
 * settings.h - what this run was told, by whom, in one order
 *
 * The first that sets a setting wins: option, STOPWATER_* variable, the project's stopwater.toml
 * (or --config FILE instead of it), $STOPWATER_HOME/stopwater.toml, the system's file, default.
 * The project's file is looked for in the current folder and, inside a repository, in those above
 * it up to its root.  What lies inside the thing that is scanned is never looked at here.
 *
 * Every setting is a row of settings_table; a key that is in no row is FAULT_USAGE with its file,
 * its line and the nearest known key, because a gate that ignores a misspelt setting is open.
 *
 *	AUTO(settings_free) struct settings *settings = NULL;
 *
 *	r = settings_load(&settings, &from, fault);
 *	if (r == 0 && options->profile != NULL)
 *		r = settings_override(settings, "scan.profile", options->profile, "--profile", fault);
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "config/toml.h"

#define SETTINGS_FILE        "stopwater.toml"
#define SETTINGS_SYSTEM_FILE "/etc/stopwater/stopwater.toml"

enum setting_kind {
	SETTING_TEXT,
	SETTING_BOOL,  /* true, false */
	SETTING_COUNT, /* whole number from 0 */
	SETTING_SIZE,  /* bytes: 4096 or "64MiB" */
	SETTING_DATE,  /* "2026-03-31" */
	SETTING_PATH,  /* relative to the folder of the file that sets it */
	SETTING_LIST,  /* texts; "a,b" in a variable or an option */
	SETTING_TABLE, /* free keys below; read by its owner through settings_table_find() */
};

struct setting {
	const char *key; /* "scan.limits.depth"; variable STOPWATER_SCAN_LIMITS_DEPTH */
	enum setting_kind kind;
	const char *fallback; /* as a person writes it; NULL: not set */
	const char *does;     /* one line for docs/settings.md */
};

extern const struct setting settings_table[];
extern const size_t settings_table_count;

struct settings;

/* Where to look.  Everything is lent for the call; a NULL means: not there. */
struct settings_from {
	const char *folder;       /* absolute: the current one */
	const char *config;       /* --config: instead of the project's file, must exist */
	const char *home;         /* $STOPWATER_HOME */
	const char *system_file;  /* SETTINGS_SYSTEM_FILE */
	char *const *environment; /* NAME=VALUE, NULL-ended */
};

int settings_load(struct settings **out, const struct settings_from *from, struct fault *fault);
void settings_free(struct settings **settings);

/* As if an option said so: wins over everything.  `origin` (static) is told in messages. */
int settings_override(struct settings *settings, const char *key, const char *text,
		      const char *origin, struct fault *fault);

/* Each asks for a key of the table, of the right kind (our own mistake otherwise). */
bool settings_is_set(const struct settings *settings, const char *key);
const char *settings_text(const struct settings *settings,
			  const char *key); /* TEXT, PATH; or NULL */
bool settings_bool(const struct settings *settings, const char *key);
uint64_t settings_u64(const struct settings *settings, const char *key); /* COUNT, SIZE; or 0 */
int64_t settings_date(const struct settings *settings, const char *key); /* or 0 */
const char *const *settings_list(const struct settings *settings, const char *key, size_t *count);

/* A table below a SETTING_TABLE: settings_table_find(s, "policy", "partner", &file).  The first
 * file that has it wins as a whole.  NULL: none has. */
const struct toml_node *settings_table_find(const struct settings *settings, const char *key,
					    const char *name, const char **file);

/* Who set it: "stopwater.toml:12", "STOPWATER_SCAN_PROFILE", "--profile", "default". */
const char *settings_origin(const struct settings *settings, const char *key);

/* The root of the repository that the current folder is in; NULL: in none. */
const char *settings_repository(const struct settings *settings);

/* Where the project's files stand: the folder of its stopwater.toml, else the repository's root,
 * else the current folder.  Absolute. */
const char *settings_project(const struct settings *settings);

/* PATH as people and reports are told it: relative to the project where it lies in it, else its last
 * link, so that nothing tells where on this machine the project is.  Lent by `path`. */
const char *settings_shown(const struct settings *settings, const char *path);

/* The rows as the table of docs/settings.md. */
int settings_describe(struct buf *to);

#endif
