/*
 * reader.h - what the readers of this folder share: entries, pieces of the source, notes, names
 *
 * A reader embeds `struct unpack` as its first member.  unpack.c calls `next` until it ends or
 * breaks, and from then on repeats that answer.
 */
#ifndef UNPACK_READER_H
#define UNPACK_READER_H

#include "base/own.h"
#include "unpack/unpack.h"

/* ---- a piece of a stream, lent on without copying ---- */

struct part {
	struct stream s;
	struct stream *from;
	uint64_t end_bytes;   /* offset in `from` behind the last byte of the piece */
	uint64_t start_bytes; /* offset in `from` of its first */
	bool to_the_end;      /* it ends where `from` does */
};

/* The next `size_bytes` of `from`.  Reading the piece moves `from` along at part_sync(). */
void part_begin(struct part *part, struct stream *from, uint64_t size_bytes);

/* Give `from` what was taken of the piece so far. */
void part_sync(struct part *part);

/* ---- names seen: 64-bit hashes under a key that nobody can guess, bounded ---- */

#define NAMES_MAX ((size_t)1 << 20) /* 16 MiB of table at most */

struct names {
	uint64_t *slots;
	size_t room, count;
	bool full; /* a name was not taken in: from here on nothing is known */
};

void names_free(struct names *names);

/* Hash of a path as extraction sees it: "./a//b/" is "a/b". */
uint64_t names_hash(struct bytes name);

/* true: was there before. */
bool names_add(struct names *names, uint64_t hash);

/* ---- notes ---- */

#define NOTES_PER_RULE_MAX 32 /* past it they are counted */

struct notes {
	struct unpack_note *list;
	size_t count, room;
	struct note_rest {
		const char *rule;
		uint64_t seen, left_out;
		uint64_t at_bytes; /* of the first left out */
		bool not_examined;
	} rest[32];
	size_t rest_count;
	bool closed;
};

/* ---- the reader ---- */

struct unpack_ops {
	size_t reader_size;
	int (*begin)(struct unpack *up, struct fault *fault);
	int (*next)(struct unpack *up, struct unpack_entry *entry, struct fault *fault);
	void (*fini)(struct unpack *up);
};

struct unpack {
	const struct unpack_ops *ops;
	struct stream *in;
	struct budget *budget;
	struct arena arena; /* notes and their texts */
	struct notes notes;
	struct names names;
	struct part part; /* content of the entry that is out */
	bool part_out;
	bool names_told;
	int ended; /* UNPACK_END or a fault code */
	struct fault why;
};

/* Add a note; `format` NULL: no sentence.  Never fails: without memory it is only counted. */
void unpack_note(struct unpack *up, const char *rule, uint64_t at_bytes, uint64_t length_bytes,
		 bool not_examined, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Display form of a name, cut to a size fit for a sentence: unpack_show(name).text */
struct shown {
	char text[400];
};
struct shown unpack_show(struct bytes name);

/* Hand the next `size_bytes` of up->in as the content of *entry. */
void unpack_part(struct unpack *up, struct unpack_entry *entry, uint64_t size_bytes);

/* Hand out all that follows in up->in as a FILE. */
void unpack_rest(struct unpack *up, struct unpack_entry *entry);

/* Take the part back, skip what was left unread of it (drawn from the budget) and then `padding`
 * bytes (up to 4096, tolerated when missing).  FAULT_FORMAT when content is not there. */
int unpack_part_end(struct unpack *up, uint64_t padding, struct fault *fault);

/* Skip `count` bytes at the expense of the budget. */
int unpack_skip(struct unpack *up, uint64_t count, struct fault *fault);

/* Skip up to 4096 bytes of padding: a note when they are not zero, tolerated when missing. */
int unpack_padding(struct unpack *up, uint64_t padding, struct fault *fault);

/* Notes that any format's entry may deserve: path-escapes, link-escapes, duplicate-name, odd
 * bytes in names. */
void unpack_check_names(struct unpack *up, const struct unpack_entry *entry);

/* Text of static life as a name. */
#define NAME_APPENDED  BYTES_OF("(appended data)")
#define NAME_PREPENDED BYTES_OF("(prepended data)")
#define NAME_HIDDEN    BYTES_OF("(data between entries)")

#define NAME_COMMENT BYTES_OF("(archive comment)")

extern const struct unpack_ops unpack_tar, unpack_zip, unpack_ar, unpack_cpio, unpack_rpm,
    unpack_asar, unpack_tail;

#endif
