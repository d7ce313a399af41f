/*
 * jail.h - run intake over hostile bytes in a child that can do nothing else
 *
 * The child holds the open inputs and read-only maps of the register; it has no keys, no sockets,
 * no exec, no files to write; seccomp, rlimits and, where the kernel has it, Landlock see to that.
 * It answers in the messages of wire.h.  When it dies, the blob it was reading is not examined,
 * and the rest of the input is read again without it.
 *
 * Call it while the process has one thread.
 */
#ifndef INTAKE_JAIL_H
#define INTAKE_JAIL_H

#include "intake/intake.h"

struct jail_options {
	struct intake_options intake; /* slots, skips, progress are the jail's own business */
	/* Called in the parent about ten times a second while the child works; may be NULL. */
	void (*tick)(void *to, uint64_t blobs, uint64_t bytes);
	void *tick_to;
};

/* Reads all inputs, in order; a facts_only input is what the following ones are compared with.
 * findings and coverage grow; summaries[i] (initialised by the caller) belongs to inputs[i].
 * Takes the inputs' descriptors over.  Deterministic for any number of jobs. */
int jail_run(const struct input inputs[], size_t count, const struct jail_options *options,
	     struct findings *findings, struct coverage *coverage, struct input_summary summaries[],
	     struct fault *fault);

/* "seccomp + landlock", "seccomp", or why there is no jail: for `stopwater version`. */
const char *jail_describe(void);

#endif
