/*
 * compare_lanes.c - are the secrets of a history the same when nothing is inherited?
 *
 *	compare_lanes REPOSITORY...	exit 0: they are, in every repository, for 1 and 3 threads
 */
#include <stdio.h>

#include "base/own.h"
#include "kit/lane_kit.h"

#define BYTES_MAX ((size_t)256 << 20)

static int
compare(const char *folder)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(BYTES_MAX);
	struct fault fault = FAULT_INIT;
	size_t lines = 0;
	int r = lane_findings(folder, true, 2, &whole, &fault);

	for (size_t i = 0; i < whole.used; i++)
		lines += whole.at[i] == '\n';
	for (unsigned jobs = 1; r >= 0 && jobs <= 3; jobs += 2) {
		AUTO(buf_free)
		struct buf lane = BUF_INIT(BYTES_MAX);

		r = lane_findings(folder, false, jobs, &lane, &fault);
		if (r >= 0 && !bytes_equal(buf_bytes(&whole), buf_bytes(&lane))) {
			(void)printf("%s: %u threads: not the same\n--- whole\n%s--- lanes\n%s",
				     folder, jobs, buf_text(&whole), buf_text(&lane));
			return 1;
		}
	}
	if (r < 0)
		(void)printf("%s: %s\n", folder, fault.text);
	else
		(void)printf("%s: %zu findings, the same\n", folder, lines);
	return r < 0;
}

int
main(int argc, char *argv[])
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		bad |= compare(argv[i]);
	return bad;
}
