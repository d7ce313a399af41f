/*
 * secret.c - how fast secrets are looked for
 *
 *	bench_secret FILE...	MB/s of each lane and of all on each file, then on texts made to be slow
 *
 * CPU time of one thread, best of REPEATS.  Knows: the lanes.  Does not know: containers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "detect/secret_lanes.h"
#include "rules/rules.h"

#define REPEATS    3
#define MADE_BYTES ((size_t)8 << 20)
#define PART_BYTES ((size_t)64 * 1024)

static double
now_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One lane, or all; as files of PART_BYTES, one after the other. */
static size_t
scan(const struct secret_scanner *scanner, struct secret_scratch *scratch, struct bytes in,
     size_t lane)
{
	size_t found = 0;

	for (size_t at = 0; at < in.left; at += PART_BYTES) {
		AUTO(secret_list_free)
		struct secret_list list = {0};
		struct bytes part = bytes_slice(in, at, PART_BYTES);
		struct secret_lane_call call = {scanner, scratch, part, 0, part.left, &list, NULL};

		for (size_t k = 0; k < secret_lanes_count; k++)
			if (lane == k || lane == secret_lanes_count)
				(void)secret_lanes[k](&call);
		found += list.count;
	}
	return found;
}

static void
show(const struct secret_scanner *scanner, struct secret_scratch *scratch, const char *name,
     struct bytes in)
{
	size_t found = 0;

	(void)printf("%-24s %7.1f MB ", name, (double)in.left / 1e6);
	for (size_t lane = 0; lane <= secret_lanes_count; lane++) {
		double best = 0;

		for (int i = 0; i < REPEATS; i++) {
			double start = now_seconds(), rate;

			found = scan(scanner, scratch, in, lane);
			rate = (double)in.left / 1e6 / (now_seconds() - start);
			best = rate > best ? rate : best;
		}
		(void)printf(" %7.0f", best);
	}
	(void)printf("   %zu candidates\n", found);
}

/* Texts that cost the most for each byte: every place is worth a look. */
static void
show_made(const struct secret_scanner *scanner, struct secret_scratch *scratch)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
	    {"key=key=", "key="},
	    {"passwords", "password = \"q8Zzvk2pX\"\n"},
	    {"nearly passwords", "password = \"password\"\n"},
	    {"bare names", "secret_token=secret_token "},
	    {"base64 of text",
	     "dGhpcyBpcyBhIHRleHQgdGhhdCBpcyBlbmNvZGVkIGFnYWluIGFuZCBhZ2FpbiBh\n"},
	    {"base64 of base64",
	     "WkdkaGRISmhibk5tWlhJZ2FYTWdZU0JpWVhObE5qUWdiMllnWW1GelpUWTBJR0Z1\n"},
	    {"hexadecimal", "68656c6c6f20776f726c642c20746869732069732068657861646563696d616c0a20"},
	    {"urls", "https://u:p@h "},
	    {"quotes", "\"key\":\"\","},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT(2 * MADE_BYTES);

		while (text.used < MADE_BYTES)
			(void)buf_append_text(&text, rows[i].text);
		show(scanner, scratch, rows[i].name, buf_bytes(&text));
	}
}

int
main(int count, char **paths)
{
	struct secret_options options = {.rules = rules_builtin(NULL, NULL)};
	struct secret_scanner *scanner = NULL;
	struct secret_scratch *scratch = NULL;

	if (options.rules == NULL || secret_scanner_new(&scanner, &options, NULL) < 0 ||
	    secret_scratch_new(&scratch, scanner, NULL) < 0)
		return 1;
	(void)printf("%-24s %10s  %7s %7s %7s %7s %7s\n", "MB/s", "", "rules", "generic", "known",
		     "decode", "all");
	for (int i = 1; i < count; i++) {
		AUTO(own_close)
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		struct stat st;
		void *at;

		if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
			continue;
		at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (at == MAP_FAILED)
			continue;
		show(scanner, scratch, paths[i], bytes_make(at, (size_t)st.st_size));
		(void)munmap(at, (size_t)st.st_size);
	}
	show_made(scanner, scratch);
	secret_scratch_free(&scratch);
	secret_scanner_free(&scanner);
	return 0;
}
