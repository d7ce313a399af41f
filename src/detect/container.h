/*
 * container.h - what is odd about a container, as findings
 */
#ifndef DETECT_CONTAINER_H
#define DETECT_CONTAINER_H

#include "detect/finding.h"
#include "unpack/unpack.h"

/* Turn a reader's note into a finding on the container `path`. */
int container_report(struct findings *findings, const char *path, const struct unpack_note *note,
		     struct fault *fault);

#endif
