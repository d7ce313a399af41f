/*
 * budget.c - how much one run may unpack
 *
 * Knows: five limits and their sentences.  Does not know: what is being unpacked.
 */
#include "base/budget.h"

#include <time.h>

enum { SPENT_ENTRIES = 1, SPENT_BYTES, SPENT_RATIO };

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
budget_begin(struct budget *budget, const struct limits *limits, const atomic_int *cancel)
{
	*budget = (struct budget){.limits = *limits, .cancel = cancel};
	if (limits->seconds > 0)
		budget->deadline_ns = now_ns() + limits->seconds * 1000000000u;
}

void
budget_input(struct budget *budget, uint64_t packed_bytes)
{
	budget->input_bytes = packed_bytes;
	budget->input_from_bytes = budget->bytes;
	/* The next input has a ratio of its own; entries and bytes are the run's. */
	if (budget->spent == SPENT_RATIO)
		budget->spent = 0;
}

/* What does not fit ends the input: trying its 65,536 siblings one by one is what a bomb wants. */
static int
spent(struct budget *budget, int why, struct fault *fault)
{
	budget->spent = why;
	switch (why) {
	case SPENT_ENTRIES:
		return fault_set(fault, FAULT_LIMIT, "more than %llu entries (--limit entries=N)",
				 (unsigned long long)budget->limits.entries);
	case SPENT_BYTES:
		return fault_set(fault, FAULT_LIMIT,
				 "more than %llu bytes after unpacking (--limit bytes=N)",
				 (unsigned long long)budget->limits.bytes);
	default:
		return fault_set(fault, FAULT_LIMIT,
				 "unpacks to more than %llu times its size (--limit ratio=N)",
				 (unsigned long long)budget->limits.ratio);
	}
}

int
budget_entry(struct budget *budget, struct fault *fault)
{
	if (budget->spent != 0)
		return spent(budget, budget->spent, fault);
	if (budget->entries >= budget->limits.entries)
		return spent(budget, SPENT_ENTRIES, fault);
	budget->entries++;
	return (budget->entries & 255) == 0 ? budget_time(budget, fault) : 0;
}

int
budget_bytes(struct budget *budget, uint64_t count, struct fault *fault)
{
	uint64_t here;

	if (budget->spent != 0 && count > 0)
		return spent(budget, budget->spent, fault);
	if (count > budget->limits.bytes || budget->bytes > budget->limits.bytes - count)
		return spent(budget, SPENT_BYTES, fault);
	here = budget->bytes + count - budget->input_from_bytes;
	if (budget->input_bytes > 0 && here > BUDGET_RATIO_FROM_BYTES &&
	    here / budget->limits.ratio >= budget->input_bytes)
		return spent(budget, SPENT_RATIO, fault);
	budget->bytes += count;
	return budget_time(budget, fault);
}

int
budget_depth(const struct budget *budget, uint32_t depth, struct fault *fault)
{
	if (depth > budget->limits.depth)
		return fault_set(fault, FAULT_LIMIT, "nested more than %u deep (--limit depth=N)",
				 (unsigned)budget->limits.depth);
	return 0;
}

int
budget_time(const struct budget *budget, struct fault *fault)
{
	if (budget->cancel != NULL && atomic_load_explicit(budget->cancel, memory_order_relaxed))
		return fault_set(fault, FAULT_CANCEL, "stopped");
	if (budget->deadline_ns != 0 && now_ns() > budget->deadline_ns)
		return fault_set(fault, FAULT_LIMIT, "more than %llu s (--limit seconds=N)",
				 (unsigned long long)budget->limits.seconds);
	return 0;
}
