/*
 * unpack.h - any container -> its members, one after the other, streaming
 *
 *	while ((r = unpack_next(up, &entry, fault)) == 0)
 *		examine(entry.name, entry.content);
 *	if (r != UNPACK_END) the rest was not examined: say so
 *
 * Sizes, offsets and names all come from an enemy: every reader bounds what it reads by what is
 * there, never allocates by a declared size, and goes on past a bad entry where the format lets it
 * find the next one.  What is odd but readable becomes a note, not a fault.
 */
#ifndef UNPACK_UNPACK_H
#define UNPACK_UNPACK_H

#include "base/arena.h"
#include "base/blob.h"
#include "base/budget.h"
#include "base/stream.h"

#define UNPACK_END 1

enum unpack_type {
	UNPACK_FILE,
	UNPACK_FOLDER,
	UNPACK_LINK,  /* symbolic or hard: `target` */
	UNPACK_OTHER, /* device, fifo, metadata record */
};

struct unpack_entry {
	struct bytes name;   /* raw, as stored; lent until the next unpack_next() */
	struct bytes target; /* of a link; lent as `name` is */
	bool hard;           /* link: `target` is a path in the container, not relative to `name` */
	enum unpack_type type;
	uint32_t mode;
	int64_t size_bytes;     /* declared; -1: not declared */
	uint64_t at_bytes;      /* where its record begins in the container */
	struct stream *content; /* lent; FILE only, may be left unread; never NULL for FILE.  Its
				   `whole` may come with the first stream_want(). */
	uint64_t hole_bytes;    /* zeros of a sparse file that `content` leaves out */
	const char *unreadable; /* static reason why `content` is only the bytes as they are stored
				   ("encrypted", ...): not examined.  NULL: readable */
};

/* Something odd that a careful reader reports: rule names are the detector "container"'s. */
struct unpack_note {
	const char *rule; /* static: "zip-local-differs", "appended-data", "duplicate-name",
			     "path-escapes", "link-escapes", "hidden-entry", "overlap", ... */
	const char *text; /* one sentence, in the reader's arena */
	uint64_t at_bytes, length_bytes;
	bool not_examined; /* the bytes named could not be examined: the run is incomplete */
};

struct unpack;

/* `in` is lent until unpack_close().  Readers that must seek (zip, 7z, the long tail) need
 * in->whole and say FAULT_LIMIT without it; unpack_needs_whole() tells beforehand. */
int unpack_open(struct unpack **out, enum blob_kind kind, struct stream *in, struct budget *budget,
		struct fault *fault);
void unpack_close(struct unpack **up);
bool unpack_needs_whole(enum blob_kind kind);

/* 0: *entry is filled.  UNPACK_END: no more.  FAULT_FORMAT/FAULT_LIMIT: stop; what lies behind
 * entry->at_bytes was not examined.  Draws entries from the budget; the bytes of content are drawn
 * by whoever reads them. */
int unpack_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault);

/* Notes gathered so far; complete after UNPACK_END or a fault.  Lent until unpack_close(). */
const struct unpack_note *unpack_notes(const struct unpack *up, size_t *count);

/* The long tail (7z, iso, cab, rar, lha, xar) is read by libarchive, which costs 10 ms to load: it
 * is loaded on demand, and never inside the jail.  unpack_open() answers FAULT_LIMIT for these
 * kinds until unpack_tail_ready(). */
bool unpack_is_tail(enum blob_kind kind);
bool unpack_tail_ready(void);
int unpack_tail_load(struct fault *fault);

#endif
