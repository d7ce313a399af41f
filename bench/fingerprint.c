/*
 * fingerprint.c - how fast files become fingerprints, and how many
 *
 *	bench_fingerprint FILE...	one line: MB, MB a second of CPU, prints per KB of each kind
 */
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "fingerprint/fingerprint.h"

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int
main(int argc, char *argv[])
{
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)1 << 28);
	size_t counts[PRINT_KIND_COUNT] = {0};
	struct fault fault = FAULT_INIT;
	double bytes = 0, spent = 0;

	for (int i = 1; i < argc; i++) {
		double from;

		buf_reset(&content);
		if (file_read_all(argv[i], &content, &fault) < 0)
			continue;
		prints.count = 0;
		from = seconds();
		if (fingerprint_text(&prints, buf_bytes(&content),
				     language_of(bytes_text(argv[i]), buf_bytes(&content)),
				     PRINT_REGISTER, &fault) < 0) {
			(void)fprintf(stderr, "%s: %s\n", argv[i], fault.text);
			return 3;
		}
		spent += seconds() - from;
		bytes += (double)content.used;
		for (size_t p = 0; p < prints.count; p++)
			counts[prints.list[p].kind]++;
	}
	(void)printf(
	    "%.1f MB, %.0f MB/s; per KB: text %.1f token %.1f pair %.1f hard %.1f single %.1f\n",
	    bytes / 1e6, bytes / 1e6 / spent, (double)counts[PRINT_TEXT] / bytes * 1000,
	    (double)counts[PRINT_TOKEN] / bytes * 1000, (double)counts[PRINT_PAIR] / bytes * 1000,
	    (double)counts[PRINT_HARD] / bytes * 1000, (double)counts[PRINT_SINGLE] / bytes * 1000);
	return 0;
}
