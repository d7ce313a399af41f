/*
 * lane_kit.h - a history scanned for secrets with and without inheriting: the same findings?
 */
#ifndef TESTS_KIT_LANE_KIT_H
#define TESTS_KIT_LANE_KIT_H

#include "base/buf.h"

/* Every finding of the repository below `folder`, one a line, sorted.  `whole`: each version is
 * scanned from front to end. */
int lane_findings(const char *folder, bool whole, unsigned jobs, struct buf *to,
		  struct fault *fault);

#endif
