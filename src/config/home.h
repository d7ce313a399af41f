/*
 * home.h - the state folder: version, lock, keys
 *
 * $STOPWATER_HOME, else $XDG_STATE_HOME/stopwater, else ~/.local/state/stopwater; mode 0700 and
 * ours alone.  VERSION holds one integer: a newer one than HOME_VERSION is FAULT_USAGE and nothing
 * is touched; an older one is migrated step by step under `lock` when it is opened for writing or
 * reading.  Each part of it has one writer at a time (flock), readers never wait: everything in it
 * is replaced by rename.
 */
#ifndef CONFIG_HOME_H
#define CONFIG_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

#define HOME_VERSION      1
#define HOME_ABSENT       1 /* an answer: there is no such thing and none was made */
#define HOME_KEY_BYTES    32
#define HOME_KEY_VARIABLE "STOPWATER_KEY"

struct home;

/* The folder that the environment names, appended to `to`; looks at nothing.  HOME_ABSENT when no
 * variable tells (no HOME). */
int home_locate(struct buf *to, char *const *environment);

/* Open `path`; `make`: create what is missing, else HOME_ABSENT.  FAULT_USAGE when it belongs to
 * somebody else, when others may write to it, or when it is from a newer version. */
int home_open(struct home **out, const char *path, bool make, struct fault *fault);
void home_close(struct home **home);

const char *home_path(const struct home *home);

/* The path of `name` inside, appended to `to` ("last/report.json"). */
int home_join(const struct home *home, struct buf *to, const char *name);

/* Make the folder `name` inside where it is missing. */
int home_make_folder(const struct home *home, const char *name, struct fault *fault);

/* Be the only writer of `part` (a name without '/') until own_close(fd). */
int home_lock(const struct home *home, const char *part, int *out_fd, struct fault *fault);

/* A secret: wrapped, so that passing it to a printing function does not compile. */
struct home_key {
	struct {
		uint8_t byte[HOME_KEY_BYTES];
	} secret;
};

/* For AUTO: wipes it. */
void home_key_wipe(struct home_key *key);

/* keys/NAME; NAME as text_is_name().  `make`: draw a new one where there is none, else
 * HOME_ABSENT.  FAULT_USAGE when others than its owner may read it. */
int home_key_load(const struct home *home, const char *name, bool make, struct home_key *key,
		  struct fault *fault);

/* A key file of the user (--key FILE): 64 hex digits and a newline. */
int home_key_read(const char *path, struct home_key *key, struct fault *fault);

/* STOPWATER_KEY of the environment; HOME_ABSENT when it is not set. */
int home_key_from_environment(char *const *environment, struct home_key *key, struct fault *fault);

/* A key nobody has had. */
int home_key_draw(struct home_key *key, struct fault *fault);

#endif
