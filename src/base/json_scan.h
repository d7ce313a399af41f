/*
 * json_scan.h - the inner loops of JSON strings, for the CPU at hand
 *
 * One table of functions per instruction set, all with the same answers; json_scan_best() picks by
 * what the CPU has, so one binary runs everywhere.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Both ends move: [in, in_end) is left to read, [out, out_end) is free. */
struct json_unescape {
	const uint8_t *in, *in_end;
	uint8_t *out, *out_end;
};

struct json_scan {
	const char *name; /* "avx2", "sse2", "portable" */

	/* How many of the first bytes of string content stand for themselves: well-formed UTF-8
	 * without '"', '\' and control bytes.  A sequence cut by the end is not counted. */
	size_t (*plain)(const uint8_t *at, size_t left);

	/* Copy what is plain and resolve the two-byte escapes, until the input ends, fewer than
	 * JSON_UNESCAPE_SLACK bytes of output are free, or something else comes: '"', a control
	 * byte, \u, no escape at all, or what is not or not yet UTF-8. */
	void (*unescape)(struct json_unescape *u);
};

#define JSON_UNESCAPE_SLACK 4

const struct json_scan *json_scan_best(void);

/* Each that this CPU can run, NULL behind the last: for tests and bench. */
const struct json_scan *json_scan_at(size_t i);

#endif
