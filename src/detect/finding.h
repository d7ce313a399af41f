/*
 * finding.h - a reason that a blob should not leave
 *
 * The fields are those of CONTRACT A2; what a kind of finding does not have stays empty.  Strings
 * live in the arena of the list that holds the finding.
 */
#ifndef DETECT_FINDING_H
#define DETECT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"

enum severity {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
};

/* "info", "low", ... */
const char *severity_name(enum severity severity);

struct finding_place {
	uint32_t first_line, last_line; /* from 1; 0: not text */
	uint64_t at_bytes, length_bytes;
};

/* One asset of ours that was recognised in the blob. */
struct finding_match {
	const char *asset;
	const char *path;           /* inside the asset */
	uint32_t share_ppm;         /* how much of the asset's file is here, in millionths */
	const char *channel;        /* "exact", "text", "token", "atom", "tensor" */
	int32_t log10_chance_milli; /* <= 0: 1000 * log10 of the odds of a coincidence */
	struct finding_place here, there;
	const char *from_commit, *to_commit; /* NULL: no history */
};

/* How far what holds a finding of a history can be reached: nobody has it, only this repository,
 * or whoever can fetch. */
enum finding_reach {
	FINDING_REACH_NONE,
	FINDING_REACH_LOCAL,
	FINDING_REACH_REMOTE,
};

/* "none", "local", "remote" */
const char *finding_reach_name(enum finding_reach reach);

#define FINDING_NAMES_MAX 64 /* paths, refs, tags that one finding lists */

/* The life of a finding in a git history; commits are lower hex. */
struct finding_git {
	const char *first_commit, *last_commit; /* NULL: in no commit */
	int64_t first_time, last_time;          /* of those, seconds since 1970; 0: none */
	const char *author;                     /* of first_commit, "Name <mail>", display form */
	const char **paths, **refs, **tags;     /* sorted; at most FINDING_NAMES_MAX each */
	size_t paths_count, refs_count, tags_count;
	uint64_t names_left_out; /* of the three together */
	enum finding_reach reachable;
	bool at_head;
};

/* One of several places where the same thing stands. */
struct finding_spot {
	const char *path; /* display chain */
	struct finding_place at;
	uint32_t column; /* from 1; 0: none */
};

#define FINDING_SPOTS_MAX    100
#define FINDING_EXAMPLES_MAX 3
#define FINDING_MATCHES_MAX  32

struct finding {
	char id[17]; /* 16 hex digits from detector, rule, blob content, place; finding_id() */
	const char *detector; /* static name, from the detector table */
	const char *rule;     /* static or arena; stable, lower-case-with-dashes */
	enum severity severity;
	const char *title; /* one line: what it is */
	const char *why;   /* one line: why it matters; NULL: none */
	const char *fix;   /* one line: the exact thing to do; NULL: none */
	const char *path;  /* display chain of the blob */
	bool has_sha256;
	uint8_t sha256[32]; /* of the blob */
	struct finding_place at;
	uint32_t column; /* from 1; 0: none */
	uint64_t count;  /* how many alike this one stands for; 0 and 1: itself */
	bool discloses;  /* other people's reading of our sources/secrets: blocks by default */
	/* SHA-256 of the bytes that are the finding (the secret, the path), so that a suppression
	 * survives edits elsewhere in the file; without it the blob and the place in it count.
	 * Never printed. */
	bool has_evidence;
	uint8_t evidence[32];
	const char *decode; /* chain of decoders that led here, "base64 > gzip"; NULL: none */

	/* source-map */
	bool has_source_map;
	struct {
		uint64_t sources, embedded, lines, bytes;
		const char *examples[FINDING_EXAMPLES_MAX]; /* most telling names */
	} source_map;

	/* secret */
	const char *redacted;  /* at most 8 of its characters; NULL: not a secret */
	const char *secret_id; /* keyed hash, hexadecimal */
	const char *state;     /* "live-looking", ... of CONTRACT A2 */
	const char *secret;    /* itself; NULL unless it was asked for */

	/* All places, this one too, by path and offset, where there are several; at most
	 * FINDING_SPOTS_MAX, `count` tells how many there are. */
	const struct finding_spot *spots;
	size_t spots_count;

	/* register, weights */
	struct finding_match *matches; /* best first */
	size_t matches_count;

	/* found in a git history; NULL: elsewhere.  `object`: in which object of it, until the life
	 * of the finding is told. */
	struct finding_git *git;
	bool has_object;
	uint8_t object[32];

	/* filled by policy */
	bool blocks;
	const char *because; /* the line of the profile that decided; NULL: not judged */
	const char *suppressed_by;
};

/* An owned list.  Grows to FINDINGS_MAX, then only counts what it left out. */
#define FINDINGS_MAX 100000

struct findings {
	struct finding *list;
	size_t count, room;
	uint64_t left_out;
	struct arena arena; /* holds every string and match */
};

void findings_init(struct findings *findings);
void findings_free(struct findings *findings);

/* Deep-copies `finding` (strings, matches) and computes its id. */
int findings_add(struct findings *findings, const struct finding *finding, struct fault *fault);

/* By path, at_bytes, detector, rule: the order of every report. */
void findings_sort(struct findings *findings);

#endif
