/*
 * wire.h - what the jailed reader tells its parent, in a few fixed messages
 *
 * The parent trusts none of it: a reader that was taken over can lie about findings but must not
 * be able to do anything else.  Every length is checked against the frame, every frame and the sum
 * of all frames against a ceiling.  Little-endian; the two ends are one program, so there is no
 * version.
 *
 *	OFFSET SIZE MEANING
 *	0      1    enum wire_type
 *	1      4    length of the payload, <= WIRE_FRAME_MAX
 *	5      n    payload
 */
#ifndef INTAKE_WIRE_H
#define INTAKE_WIRE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "detect/finding.h"
#include "intake/coverage.h"
#include "intake/intake.h"

#define WIRE_FRAME_MAX    ((size_t)8 << 20)
#define WIRE_HEADER_BYTES 5

enum wire_type {
	WIRE_FINDING = 1,
	WIRE_SKIPPED,
	WIRE_NOT_EXAMINED,
	WIRE_TOTALS,
	WIRE_SUMMARY,
	WIRE_DONE,       /* the input is complete */
	WIRE_NEEDS_TAIL, /* nothing was kept: load the long tail and ask again */
	WIRE_FAULT,      /* the reader gave up: code and sentence */
	WIRE_SCOPE,      /* a row of what the checkout leaves out */
};

/* Append one frame. Returns 0 or a fault code. */
int wire_put_finding(struct buf *to, const struct finding *finding);
int wire_put_row(struct buf *to, enum wire_type type, const struct coverage_row *row);
int wire_put_totals(struct buf *to, const struct coverage *coverage);
int wire_put_summary(struct buf *to, const struct input_summary *summary);
int wire_put_done(struct buf *to, enum wire_type type);
int wire_put_fault(struct buf *to, const struct fault *fault);

#define WIRE_MORE 1 /* the frame is not complete yet */

/* Take one frame off the front. 0, WIRE_MORE, or FAULT_TAMPER. */
int wire_take(struct bytes *in, uint8_t *type, struct bytes *payload, struct fault *fault);

/* Read a payload; FAULT_TAMPER when it does not hold what it must.  What is read is copied. */
int wire_get_finding(struct bytes payload, struct findings *to, struct fault *fault);
int wire_get_row(struct bytes payload, struct coverage *to, uint8_t type, struct fault *fault);
int wire_get_totals(struct bytes payload, struct coverage *to, struct fault *fault);
int wire_get_summary(struct bytes payload, struct input_summary *to, struct fault *fault);
int wire_get_fault(struct bytes payload, struct fault *fault);

#endif
