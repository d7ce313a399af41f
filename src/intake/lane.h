/*
 * lane.h - secrets in a git history: only what a version brings is looked at
 *
 * A version of a file is mostly a copy of another.  What was found in the base is moved to where it
 * stands now; only what is new, and as far around it as a rule can see, is scanned.  What is found
 * is what a scan of every version as a whole finds, byte for byte (tests/unit/test_lane.c; tests/tools/compare_lanes on any repository).
 */
#ifndef INTAKE_LANE_H
#define INTAKE_LANE_H

#include "detect/secret_scan.h"
#include "history/history.h"
#include "intake/inside.h"

struct lane;

/* One for each worker.  NULL in *out: secrets are not looked for, or only as a whole (--rules). */
int lane_new(struct lane **out, struct worker *w, struct fault *fault);
void lane_free(struct lane **lane);

/* Text that is neither UTF-16 nor a dump: what else there is, is shown to the detector as anywhere. */
bool lane_takes(enum blob_kind kind, struct bytes name, struct bytes content);
/* The bit of the detector whose work a lane does. */
uint64_t lane_detector(void);

/* Look at an object that lane_takes().  *state: what those that are made of it inherit, until
 * lane_release(); object->base_state is what was left for the base. */
#define LANE_ENCLOSES 1 /* and show it to the detector too: it encloses a container */
int lane_look(struct lane *lane, const struct history_blob *object, const struct leaf *leaf,
	      enum blob_kind kind, void **state, struct fault *fault);
void lane_release(void *state);

/* Bytes that were scanned, of those that were looked at. */
uint64_t lane_scanned_bytes(const struct lane *lane);

#endif
