/*
 * source_map_scan.h - sourceMappingURL in code, style sheets and wasm: data: maps and references
 *
 * A machine that is fed the blob in windows.  Data URLs are decoded as they pass and streamed into
 * a source_map_read; nothing but the front of a URL is kept.
 */
#ifndef DETECT_SOURCE_MAP_SCAN_H
#define DETECT_SOURCE_MAP_SCAN_H

#include "detect/source_map_read.h"

#define SOURCE_MAP_URL_BYTES_MAX  2048
#define SOURCE_MAP_REFERENCES_MAX 64 /* a blob; the rest is counted */

struct source_map_reference {
	uint64_t at_bytes;
	uint64_t resolved; /* source_map_resolve() */
	uint32_t line;     /* from 1; 0: unknown */
};

enum source_map_scan_state {
	SCAN_IDLE,
	SCAN_LENGTH,  /* wasm: the length of the URL, LEB128 */
	SCAN_URL,     /* behind "sourceMappingURL=" */
	SCAN_BASE64,  /* inside the data */
	SCAN_PERCENT, /* inside the data, %XX */
};

struct source_map_scan {
	struct detect_run *run;
	struct source_map_totals *totals;
	struct source_map_read *reader; /* made for the first data URL */
	enum source_map_scan_state state;
	bool in_comment; /* the URL stands behind a comment sign: it may be a reference */
	bool is_wasm;
	bool
	    is_program; /* machine code, or bytes of no known kind: maps inside count, references not */
	uint64_t at_bytes; /* where the URL at hand begins */
	uint64_t url_left; /* wasm: bytes of the URL still to come */
	uint32_t line;     /* of the URL at hand */
	uint32_t bits;     /* base64: not yet a byte */
	unsigned bits_count;
	unsigned percent; /* digits of %XX still to come */
	uint8_t percent_value;
	bool reading; /* the reader still wants more of this URL */
	size_t url_used;
	uint8_t url[SOURCE_MAP_URL_BYTES_MAX];

	uint64_t first_at; /* of the first data: map that is one */
	uint64_t inline_maps;
	const char *decode; /* "base64", "percent" */
	uint64_t broken_count, broken_at, broken_length;
	const char *broken_why; /* in run->arena */
	uint64_t internal_count, internal_at;
	uint32_t internal_line;
	const char *internal_url; /* display form, in run->arena */
	uint64_t references_count;
	struct source_map_reference references[SOURCE_MAP_REFERENCES_MAX];
};

void source_map_scan_begin(struct source_map_scan *s, struct detect_run *run,
			   struct source_map_totals *totals);
int source_map_scan_window(struct source_map_scan *s, const struct detect_window *window,
			   struct fault *fault);
int source_map_scan_end(struct source_map_scan *s, uint64_t size_bytes, struct fault *fault);
void source_map_scan_fini(struct source_map_scan *s);

#endif
