/*
 * private.h - files that nobody else changes between being scanned and being sent, and the command
 * that sends them
 *
 * A package is opened once and copied into a folder of mode 0700 as a file of mode 0400; what was
 * copied is what is scanned, and what is sent.  Its digest is taken while copying and asked for
 * again: against everybody but the same user that is certain, against the same user it is a check.
 */
#ifndef CMD_PRIVATE_H
#define CMD_PRIVATE_H

#include "base/arena.h"
#include "base/fault.h"
#include "seal/hash.h"

struct private_file {
	const char *name; /* as the user knows it */
	const char *path; /* of the copy */
	uint8_t sha256[HASH_SHA256_BYTES];
	uint64_t bytes;
	const char *integrity; /* "sha512-..." */
};

struct private_folder {
	struct arena arena;
	const char *path; /* NULL: not made */
};

/* Below $TMPDIR, else /tmp. */
int private_make(struct private_folder *folder, struct fault *fault);

/* With all that is in it. */
void private_remove(struct private_folder *folder);

/* Copy `path` to a folder of its own inside, under its own last name. */
int private_copy(struct private_folder *folder, const char *path, struct private_file *out,
		 struct fault *fault);

/* A file that is inside already: make it read-only, take its digest. */
int private_adopt(struct private_folder *folder, const char *path, struct private_file *out,
		  struct fault *fault);

/* FAULT_TAMPER: it is no longer what it was. */
int private_check(const struct private_file *file, struct fault *fault);

/* The one file below PATH whose name ends in `ending`. FAULT_FORMAT: none, or several. */
int private_find(struct private_folder *folder, const char *path, const char *ending,
		 const char **out, struct fault *fault);

/* Run argv[0] from PATH, no shell, and wait.  `quiet_out`: its standard output goes to standard
 * error.  `capture` (may be NULL): it is appended there.  `variable`: NAME=VALUE more in its
 * environment, or NULL.  Returns its exit code, 128 + N for signal N, or a fault. */
int private_run(const char *const argv[], bool quiet_out, struct buf *capture, const char *variable,
		struct fault *fault);

#endif
