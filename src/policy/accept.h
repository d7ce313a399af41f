/*
 * accept.h - findings that somebody answered for: suppressions, baselines, passes for one scan
 *
 * An entry is bound to the CONTENT of a finding by a keyed hash: of the bytes that are the finding
 * (a secret, a path) where the detector tells them, else of the blob and the place in it.  So it
 * survives moves and renames, and a new leak on the same line, in the same file, is a new content.
 * Each entry is one line, lines are sorted, nothing tells when it was made: union merges are right.
 * Formats: docs/format-suppressions.md, docs/format-baseline.md.
 */
#ifndef POLICY_ACCEPT_H
#define POLICY_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "detect/finding.h"

#define ACCEPT_HASH_BYTES 16
#define ACCEPT_KEY_BYTES  32
#define ACCEPT_KEYS_MAX   8 /* a merge of two fresh files has two */
#define ACCEPT_BYTES_MAX  ((size_t)16 * 1024 * 1024)

/* Warn that long before an entry ends. */
#define ACCEPT_WARN_DAYS 14

enum accept_kind {
	ACCEPT_SUPPRESSION,
	ACCEPT_BASELINE, /* no owner, no reason, no end: what was there on the first day */
	ACCEPT_ONCE,     /* as a suppression, and gone after the scan that used it */
};

struct accept_entry {
	uint8_t hash[ACCEPT_HASH_BYTES];
	const char *what;  /* "source-map/sources-content" */
	const char *place; /* inside the input, display form; "." the input itself */
	const char *owner;
	const char *reason;
	int64_t until; /* first second in which it no longer holds; 0: a baseline */
	uint32_t line; /* of the file, from 1; 0: made here */
	bool used;     /* a finding of this run had its content */
};

struct accept_list;

int accept_new(struct accept_list **out, enum accept_kind kind, const char *file,
	       struct fault *fault);
void accept_free(struct accept_list **list);

/* Read the text of a file.  FAULT_USAGE with file and line for what is no entry. */
int accept_parse(struct accept_list **out, enum accept_kind kind, struct bytes text,
		 const char *file, struct fault *fault);

/* As accept_parse; a file that is not there is an empty list.  `shown` is the name in reports and
 * messages: it must not tell where on this machine the project lies. */
int accept_load(struct accept_list **out, enum accept_kind kind, const char *path,
		const char *shown, struct fault *fault);

/* The whole file, sorted.  accept_parse() of it gives an equal list. */
int accept_format(const struct accept_list *list, struct buf *to);

/* Write it back: temporary and rename. */
int accept_save(const struct accept_list *list, const char *path, struct fault *fault);

const char *accept_file(const struct accept_list *list);
enum accept_kind accept_kind(const struct accept_list *list);
size_t accept_count(const struct accept_list *list);
struct accept_entry *accept_at(struct accept_list *list, size_t i);

/* What an entry is bound to, before the key: 32 bytes. */
#define ACCEPT_CONTENT_BYTES 32
int accept_content(const struct finding *finding, uint8_t out[ACCEPT_CONTENT_BYTES],
		   struct fault *fault);

/* The entry for this content, or NULL.  Of several, the one that holds longest. */
struct accept_entry *accept_find(struct accept_list *list, const char *detector, const char *rule,
				 const uint8_t content[ACCEPT_CONTENT_BYTES]);

/* Add an entry for this content (copies all texts), under the first key; draws a key where the
 * list has none.  An entry for the same content is replaced. */
int accept_add(struct accept_list *list, const char *detector, const char *rule,
	       const uint8_t content[ACCEPT_CONTENT_BYTES], const struct accept_entry *entry,
	       struct fault *fault);

/* Drop what `gone` says, all for NULL; the keys stay.  The answer is how many entries stay. */
size_t accept_drop(struct accept_list *list, bool (*gone)(const struct accept_entry *entry));

#endif
