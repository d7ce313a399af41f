/*
 * history_try.h - open a repository that a test made
 */
#ifndef TESTS_UNIT_HISTORY_TRY_H
#define TESTS_UNIT_HISTORY_TRY_H

#include <fcntl.h>
#include <unistd.h>

#include "history/history.h"
#include "kit/git_kit.h"
#include "tap.h"

#define OPTIONS_INIT                                                                               \
	{                                                                                          \
		.limits = LIMITS_DEFAULT, .jobs = 1                                                \
	}

static inline struct history *
open_at(struct git_kit *kit, const char *path, const struct history_options *options)
{
	struct history_place place = HISTORY_PLACE_INIT;
	struct fault fault = FAULT_INIT;
	struct history *h = NULL;
	int fd = openat(kit->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!EQ_INT(history_find(&place, fd, NULL, &fault), 0) ||
	    !EQ_INT(history_open(&h, &place, options, &fault), 0))
		tap_note("%s", fault.text);
	history_place_close(&place);
	(void)close(fd);
	return h;
}

static inline uint64_t
gap_count(struct history *h, const char *reason)
{
	size_t count;
	const struct history_gap *gaps = history_gaps(h, &count);

	for (size_t i = 0; i < count; i++)
		if (strstr(gaps[i].reason, reason) != NULL)
			return gaps[i].count;
	return 0;
}

static inline void
no_gaps(struct history *h)
{
	size_t count;
	const struct history_gap *gaps = history_gaps(h, &count);

	for (size_t i = 0; i < count; i++)
		tap_note("gap: %s: %s: %lu", gaps[i].what, gaps[i].reason, gaps[i].count);
	EQ_U64(count, 0);
}

#endif
