/*
 * test_lane.c - secrets of a history are those of each version scanned as a whole
 */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "kit/git_kit.h"
#include "kit/lane_kit.h"

TEST(what_a_version_inherits_is_what_a_scan_of_all_of_it_finds)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(1 << 24);
	AUTO(buf_free)
	struct buf script = BUF_INIT(8192);
	struct fault fault = FAULT_INIT;
	struct git_kit kit;
	char folder[PATH_MAX + 8];

	NEED(git_begin(&kit));
	(void)buf_printf(&script, "sh '%s'", tap_data("kit/versions.sh"));
	NEED(git_sh(&kit, buf_text(&script)));
	(void)snprintf(folder, sizeof(folder), "%s/r", kit.folder);
	EQ_INT(lane_findings(folder, true, 1, &whole, &fault), 0);
	OK(whole.used > 1000);
	for (unsigned jobs = 1; jobs <= 4; jobs++) {
		AUTO(buf_free)
		struct buf lane = BUF_INIT(1 << 24);

		EQ_INT(lane_findings(folder, false, jobs, &lane, &fault), 0);
		EQ_STR(buf_text(&lane), buf_text(&whole));
	}
	git_end(&kit);
}
