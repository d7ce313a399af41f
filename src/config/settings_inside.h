/*
 * settings_inside.h - what the files of settings share; nobody outside includes it
 */
#ifndef CONFIG_SETTINGS_INSIDE_H
#define CONFIG_SETTINGS_INSIDE_H

#include "base/arena.h"
#include "config/settings.h"

#define KEY_BYTES_MAX 128

/* FAULT_USAGE: no setting is called `key`, and which is near. */
int settings_unknown(const char *where, const char *key, struct fault *fault);

/* *repository: the nearest folder at or above `folder` that has a .git, else untouched.
 * *project: the nearest folder with a stopwater.toml that is not above the repository; outside of
 * a repository only `folder` itself is looked at, so that nobody's file in a shared folder above
 * us counts.  Else the repository, else `folder`.  All in `arena`. */
int settings_find_project(struct arena *arena, const char *folder, const char **repository,
			  const char **project, struct fault *fault);

#endif
