/*
 * secret_judge.h - candidates of a blob -> what is told about each secret
 *
 * Decides what depends on the file (lock files, tests, texts, settings) and on the other candidates
 * (of two that overlap the more telling one stays), asks for the truth that can be known offline,
 * hides the secret, counts lines.
 */
#ifndef DETECT_SECRET_JUDGE_H
#define DETECT_SECRET_JUDGE_H

#include "base/arena.h"
#include "detect/finding.h"
#include "detect/secret_check.h"
#include "detect/secret_scan.h"

#define SECRET_REDACTED_MAX 64
#define SECRET_ID_TEXT      33

struct secret_found {
	const char *rule, *title, *why, *fix; /* static, of the rule set or in the arena */
	enum severity severity;
	enum secret_state state;
	bool weak; /* a word that others use, too: not one secret in all its places */
	uint64_t at, length;
	uint32_t line, column;              /* from 1; 0: not counted */
	char redacted[SECRET_REDACTED_MAX]; /* at most 8 characters of it and at most a quarter */
	char id[SECRET_ID_TEXT];            /* keyed hash of the secret */
	uint8_t evidence[32];               /* SHA-256 of the secret: never printed */
	const char *decode;                 /* "base64 > gzip"; NULL: as it stands */
	const char *secret;                 /* NULL unless it is to be shown */
};

struct secret_founds {
	struct secret_found *list;
	size_t count, room;
};

/* Wipes. */
void secret_founds_free(struct secret_founds *founds);

struct secret_where {
	struct bytes name; /* of the file inside its container, raw */
	const char *path;  /* display form of the whole chain, for rules that ask; NULL: the name */
	struct bytes in;   /* the blob, or the window of it that holds the candidates */
	uint64_t base_bytes;  /* offset of in.at[0] in the blob */
	uint32_t line;        /* of in.at[0], from 1; 0: do not count */
	uint64_t line_before; /* bytes of that line in front of in.at[0] */
};

/* Longer candidates do not compete with those that overlap them. */
#define SECRET_JUDGE_OVERLAP ((uint64_t)1024)

/* Candidates as secret_scan() orders them, with offsets of where->in.  Appends to *out, in order of
 * place, offsets of the blob; texts live in `arena`. */
int secret_judge(const struct secret_scanner *scanner, struct secret_scratch *scratch,
		 const struct secret_where *where, const struct secret_candidate list[],
		 size_t count, struct arena *arena, struct secret_founds *out, struct fault *fault);

/* Show a little of a secret. */
void secret_redact(struct bytes secret, char out[SECRET_REDACTED_MAX]);

/* Keyed BLAKE2b, 32 hex digits. */
void secret_id(const uint8_t key[32], struct bytes secret, char out[SECRET_ID_TEXT]);

#endif
