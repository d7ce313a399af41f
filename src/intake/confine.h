/*
 * confine.h - give up everything that reading bytes does not need
 */
#ifndef INTAKE_CONFINE_H
#define INTAKE_CONFINE_H

#include "base/budget.h"
#include "intake/intake.h"

/* From here on this process can read the inputs, compute, answer on open descriptors, and nothing
 * else.  A fault when the kernel refuses: nobody reads hostile bytes outside the jail by accident. */
int confine(const struct input inputs[], size_t count, const struct limits *limits,
	    struct fault *fault);

/* As confine(), and may write to descriptors that are open now, each no further than `bytes_max`. */
int confine_writing(const struct input inputs[], size_t count, const struct limits *limits,
		    uint64_t bytes_max, struct fault *fault);

#endif
