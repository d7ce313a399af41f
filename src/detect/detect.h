/*
 * detect.h - blob -> findings: one pass, one table of detectors
 *
 * A blob is shown as one or more windows, in order.  Small blobs (and those that a detector must
 * have in one piece) come as a single window with first && last; large ones in pieces that
 * overlap; a delta's inserted ranges come with `seen` covering what was examined before, and with
 * the base's candidates inherited by offset.  Life of a blob, for each detector that wants it:
 *
 *	begin -> window ... window -> end
 *
 * Compiled things (struct detect) are immutable and shared by threads; a struct detect_scratch
 * belongs to one thread; a detector's state lives for one blob.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "base/blob.h"
#include "base/budget.h"
#include "detect/finding.h"

struct detect;
struct detect_run;
struct input_facts;

/* What of a blob a detector asks for; the strongest of all detectors is given. */
enum detect_need {
	DETECT_NOTHING, /* not this blob */
	DETECT_HEAD,    /* name, head and, in end(), size and digest: no windows */
	DETECT_WINDOWS, /* every byte once, in order */
	DETECT_WHOLE,   /* every byte, in one window (held in memory, up to limits.member) */
};

/* Windows of a long blob: 1 MiB fresh plus up to 64 KiB seen before. */
#define DETECT_WINDOW_BYTES ((size_t)1024 * 1024)
#define DETECT_MARGIN_BYTES ((size_t)64 * 1024)
/* Blobs up to this size always come whole, whatever detectors ask for. */
#define DETECT_SMALL_BYTES ((size_t)1024 * 1024)

struct detect_window {
	const uint8_t *at;
	size_t length;
	uint64_t at_bytes; /* offset of at[0] in the blob */
	size_t seen; /* at[0..seen) was shown before: context only, report what ends behind it */
	bool first, last; /* first && last: this is the whole blob */
};

/* A place that an earlier version of the blob was known to have (delta bases; later issues). */
struct detect_candidate {
	uint32_t detector, rule;
	uint64_t at_bytes, length_bytes;
};

struct detector {
	const char *name;   /* as in CONTRACT A2: "source-map", "debris", ... */
	const char *finds;  /* one line for `stopwater detectors` */
	const char *docs;   /* page below docs/ */
	size_t state_bytes; /* zeroed memory for one blob, 0: none */
	/* Wants text that was cut out of binaries (blob->excerpt) too.  Without it a detector sees the
	 * binary alone, whose bytes are the same: reading both tells everything twice. */
	bool reads_excerpts;

	/* Look at name, kind, head: what do you need of it?  No allocation. */
	enum detect_need (*wants)(const struct detect *detect, const struct blob *blob);
	int (*begin)(struct detect_run *run, void *state, struct fault *fault);
	int (*window)(struct detect_run *run, void *state, const struct detect_window *window,
		      struct fault *fault);
	/* run->size_bytes and detect_sha256() are valid from here on. */
	int (*end)(struct detect_run *run, void *state, struct fault *fault);
	/* Always called, also after a fault; frees what state owns outside the arena. */
	void (*fini)(void *state);
	/* Once per input, after its last blob: run->facts is complete, run->blob is the input. */
	int (*input_end)(struct detect_run *run, struct fault *fault);
};

/* The table, in the order in which detectors run. */
extern const struct detector *const detect_table[];
extern const size_t detect_table_count;

/* What a run is asked to do; lent to struct detect for its life. */
struct register_db;
struct codewords;
struct secret_scanner;
struct detect_options {
	uint64_t enabled;                   /* bit i: detect_table[i] runs */
	const struct register_db *registry; /* what is ours; NULL: nothing registered */
	const struct codewords *codewords;  /* NULL: none */
	struct secret_scanner *secrets;     /* detect/secret_scan.h; NULL: not looked for */
	bool is_public;                     /* the owner declared the whole input public source */
	bool is_current_project; /* all inputs lie in the project whose settings are in force */
	/* Does the register hold content with this XXH3-64 as public?  NULL: it holds none. */
	bool (*is_public_content)(const struct register_db *registry, uint64_t content_hash);
};

struct detect {
	struct detect_options options;
	struct limits limits;
};

/* A stretch of a blob. */
struct detect_range {
	uint64_t from, to;
};

#define DETECT_TOLD_MAX 64

/* All that a detector may touch while it looks at one blob. */
struct utf16_places;
struct detect_run {
	const struct detect *detect;
	const struct blob *blob;
	uint64_t size_bytes; /* from end() on */
	uint8_t sha256[32];  /* use detect_sha256() */
	bool has_sha256;
	struct bytes whole; /* from end() on, where all of the blob is in memory; else empty */
	/* The blob is UTF-16 and detectors are shown UTF-8: the way back (detect_place()), and what
	 * findings say of it.  NULL: what is shown is what is there. */
	const struct utf16_places *places;
	const char *decode;
	struct arena *arena; /* dies with the blob */
	struct findings *findings;
	struct input_facts *facts; /* of the whole input; detect/facts.h */

	/* Hand a decoded thing back to be unpacked and examined as a blob of its own, named
	 * blob->path + "!/" + name.  `content` is lent for the call. */
	int (*derive)(struct detect_run *run, struct bytes name, struct bytes content,
		      struct fault *fault);
	/* What was derived as `stand_in`, before its name could be known, is called `name`: holds
	 * for its findings and facts when this blob ends.  NULL: stand-ins stay. */
	int (*rename)(struct detect_run *run, struct bytes stand_in, struct bytes name,
		      struct fault *fault);
	/* Say that [at_bytes, +length_bytes) was not examined and why.  Fails the run closed. */
	int (*not_examined)(struct detect_run *run, const char *reason, uint64_t at_bytes,
			    uint64_t length_bytes, struct fault *fault);
	void *intake; /* of the owner of the calls above */

	/* Of an excerpt: the binary that it was cut out of, and where.  NULL: no excerpt. */
	struct detect_run *outer;
	uint64_t outer_at;
	/* Stretches of this binary that excerpts told of: its own detectors need not. */
	struct detect_range told[DETECT_TOLD_MAX];
	size_t told_count;
	/* A detector reads the text of this blob as it stands: nothing is to be cut out of it. */
	bool keep_whole;
};

/* SHA-256 of the blob, from end() on.  Most of what is derived has no finding and is never asked:
 * its digest is made by the first question. */
const uint8_t *detect_sha256(struct detect_run *run);

/* The offset in the blob's own bytes of what was shown at `at_bytes`.  detect_report() and
 * tally_add() do it themselves; facts that keep offsets need it. */
uint64_t detect_place(const struct detect_run *run, uint64_t at_bytes);

/* In end(): this excerpt is told of; the binary around it leaves it out. */
void detect_told(struct detect_run *run);
bool detect_is_told(const struct detect_run *run, uint64_t at_bytes);

/* In which object of a git history the blob lies; false: in none. */
bool detect_object(const struct detect_run *run, uint8_t object[BLOB_OBJECT_BYTES]);

/* Add a finding for run->blob: fills path, detector and digest where empty, copies the rest.
 * Call it in end() (or input_end) so that the digest is known; keep candidates in state. */
int detect_report(struct detect_run *run, const struct detector *detector, struct finding *finding,
		  struct fault *fault);

/* Was it asked for? */
bool detect_runs(const struct detect *detect, const struct detector *detector);

/* Names to a bit set; FAULT_USAGE for a name that is not in the table.  "a,b,c". */
int detect_parse_names(const char *list, uint64_t *bits, struct fault *fault);

#endif
