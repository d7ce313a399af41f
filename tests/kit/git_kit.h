/*
 * git_kit.h - repositories that git makes for a test, in a folder of its own that goes away
 *
 *	struct git_kit kit;
 *	git_begin(&kit);
 *	git_sh(&kit, "git init -q r && make_history r 300");
 *	git_out(&kit, "git -C r rev-parse HEAD", &text);
 *	git_end(&kit);
 *
 * Scripts run in /bin/sh with that folder as the current one and no configuration but their own.
 * `make_history REPO COMMITS` is a function of theirs: files that change a little with each
 * commit, merges, a tag.
 */
#ifndef TESTS_KIT_GIT_KIT_H
#define TESTS_KIT_GIT_KIT_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

struct git_kit {
	char folder[PATH_MAX];
	int fd;
};

bool git_begin(struct git_kit *kit);
void git_end(struct git_kit *kit);

/* Did it end with 0?  What it printed on stderr becomes notes when it did not. */
bool git_sh(struct git_kit *kit, const char *script);
/* As git_sh; what it prints on stdout is appended to `to`. */
bool git_out(struct git_kit *kit, const char *script, struct buf *to);

#endif
