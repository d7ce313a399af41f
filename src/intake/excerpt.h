/*
 * excerpt.h - text in the middle of a binary, cut out so that it can be read as text
 *
 * Programs carry whole scripts (bun, deno, node and pkg executables, ELF sections, wasm data),
 * resources and databases carry UTF-16.  An excerpt is a stretch of at least EXCERPT_BYTES_MIN
 * bytes without control characters and NULs: shorter ones are names and messages, which detectors
 * read where they stand.
 *
 * Nothing of the format is needed: whatever wraps a text, the text itself is in one piece.
 *
 * Windows come as to detectors; what lies in one window is lent, what crosses windows is held, up to
 * EXCERPT_HELD_MAX a piece (longer ones overlap by EXCERPT_OVERLAP).  Cost: most of a binary is
 * skipped 256 bytes at a time (13 to 20 GB/s of machine code); every byte is looked at once at most
 * for each of three lanes.
 */
#ifndef INTAKE_EXCERPT_H
#define INTAKE_EXCERPT_H

#include "base/blob.h"
#include "base/buf.h"
#include "detect/detect.h"

#define EXCERPT_BYTES_MIN ((size_t)256)
#define EXCERPT_HELD_MAX  ((size_t)64 * 1024 * 1024)
#define EXCERPT_OVERLAP   ((size_t)64 * 1024)

struct excerpt {
	enum blob_excerpt kind; /* BLOB_EXCERPT_TEXT: 8 bits; BLOB_EXCERPT_UTF16: little-endian */
	uint64_t at_bytes;      /* in the blob */
	struct bytes content;   /* as it stands there; lent */
};

/* One way of reading: bytes, UTF-16 at even offsets, at odd ones. */
struct excerpt_lane {
	uint64_t next;  /* from here on nothing is decided */
	uint64_t from;  /* open: where the text began */
	size_t foreign; /* characters in a row outside Latin-1 */
	bool open;      /* a text reaches past the last window; `held` is what there is of it */
	struct buf held;
};

#define EXCERPT_LANES 3

struct excerpts {
	struct excerpt_lane lanes[EXCERPT_LANES];
	int (*found)(void *to, const struct excerpt *excerpt, struct fault *fault);
	void *to;
};

void excerpts_begin(struct excerpts *e,
		    int (*found)(void *to, const struct excerpt *excerpt, struct fault *fault),
		    void *to);
int excerpts_window(struct excerpts *e, const struct detect_window *window, struct fault *fault);
void excerpts_free(struct excerpts *e);

#endif
