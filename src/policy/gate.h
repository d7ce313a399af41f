/*
 * gate.h - paths -> inputs -> jail -> what was found and what was examined, for everyone who asks
 *
 *	AUTO(gate_free) struct gate *gate = NULL;
 *	r = gate_new(&gate, fault);
 *	r = gate_add(gate, "acme-1.2.tgz", fault);
 *	r = gate_read(gate, &options, fault);
 *	... gate->findings, gate->coverage: judge them with verdict.h
 *
 * scan, publish, verify, fix and the hooks all come through here, so that none of them reads
 * hostile bytes in a process of its own, or counts differently.
 */
#ifndef POLICY_GATE_H
#define POLICY_GATE_H

#include "detect/detect.h"
#include "intake/jail.h"

/* What of a repository is read. */
enum gate_scope {
	GATE_ALL, /* its work tree and its history */
	GATE_TREE,
	GATE_HISTORY,
};

struct gate {
	struct arena arena;
	struct input *inputs; /* in the order given; a --previous first */
	struct input_summary *summaries;
	size_t count, room;
	size_t first; /* inputs before this one were only compared with */
	enum gate_scope scope;
	bool check_hashes; /* of the objects of a history */
	struct findings findings;
	struct coverage coverage;
};

int gate_new(struct gate **out, struct fault *fault);
void gate_free(struct gate **gate);

/* Each opens a path now; FAULT_USAGE when it is not there.  `path` is copied. */
int gate_add(struct gate *gate, const char *path, struct fault *fault);
/* Some objects of a repository, and nothing of its work tree.  `ask` and what it lends live as long
 * as the gate; `environment` as in input_add_history(). */
int gate_add_objects(struct gate *gate, const char *path, const struct history_ask *ask,
		     char *const *environment, struct fault *fault);
/* Bytes of the caller's own, under a name: a file of nobody's folder. */
int gate_add_bytes(struct gate *gate, const char *name, struct bytes content, struct fault *fault);
/* A file or pipe that holds a unified diff: the lines that it adds. */
int gate_add_diff(struct gate *gate, const char *path, struct fault *fault);
/* What the inputs added later are compared with.  Before any gate_add(). */
int gate_add_previous(struct gate *gate, const char *path, struct fault *fault);
/* Some files of a folder: what publishing it would ship.  Copies the names. */
int gate_add_files(struct gate *gate, const char *folder, const char *const files[], size_t count,
		   struct fault *fault);

/* Read everything.  Once. */
int gate_read(struct gate *gate, const struct jail_options *options, struct fault *fault);

#endif
