/*
 * publish_command.h - which package a publishing command would send, from its words alone
 */
#ifndef CMD_PUBLISH_COMMAND_H
#define CMD_PUBLISH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fault.h"

enum publish_way {
	PUBLISH_WAY_FILES,    /* words of it are files: each is replaced by its private copy */
	PUBLISH_WAY_NPM_PACK, /* npm publish of a folder: packed first, the tarball is published */
	PUBLISH_WAY_CARGO,    /* makes its package itself: compared afterwards */
	PUBLISH_WAY_PUSH,     /* docker or podman push: saved first, compared afterwards */
};

#define PUBLISH_FILES_AT_ONCE 256

struct publish_word {
	size_t at;          /* which word */
	const char *prefix; /* "oci-archive:", or "" */
	const char *path;
	const char *suffix; /* ":tag", or "" */
};

struct publish_command {
	enum publish_way way;
	const char **argv; /* NULL-ended; patterns of twine are expanded */
	size_t argc;
	struct publish_word files[PUBLISH_FILES_AT_ONCE]; /* FILES; NPM_PACK: the folder, or none */
	size_t files_count;
	size_t verb_at;  /* which word is "publish", "push" */
	size_t image_at; /* PUSH */
	bool dry;        /* npm's own --dry-run is among its words */
};

/* FAULT_USAGE with what is supported for anything that is not understood to the end: a word that is
 * misread could send what was not scanned. */
int publish_command_parse(struct publish_command *out, const char *const words[], size_t count,
			  struct arena *arena, struct fault *fault);

#endif
