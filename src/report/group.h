/*
 * group.h - findings of one cause and one input, told as one
 *
 * A cause is detector, rule, and what policy made of it.  Worst first: what blocks, then by
 * severity, by what it discloses, by detector, rule and place.
 */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include "report/report.h"

struct cause {
	const struct finding *worst;
	const struct finding *const *all; /* `count` of them, worst first, then by place */
	size_t count;
	uint64_t alike; /* sum of their counts */
	size_t input;   /* index, or SIZE_MAX: of none (a suppression's own) */
};

struct causes {
	struct cause *list;
	const struct finding **order;
	size_t count;
};

int causes_make(struct causes *out, const struct scan_report *report, struct fault *fault);
void causes_free(struct causes *causes);

#endif
