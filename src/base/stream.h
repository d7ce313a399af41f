/*
 * stream.h - bytes that arrive: a window to look into, and to consume from the front
 *
 *	while ((r = stream_want(s, 512, fault)) == 0 && s->left >= 512) {
 *		parse(s->at);
 *		stream_take(s, 512);
 *	}
 *
 * [at, at + left) is lent until the next stream_want(), stream_skip() or close.  `ended` says that
 * nothing follows the window.  When stream_want() breaks, the window still holds every good byte
 * that came before the break: use them, then stop; asking again returns the same fault.
 *
 * A concrete stream has `struct stream` as its first member and is closed by its own maker
 * (stream_close() calls `close`).  One thread at a time.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

/* The most that a reader may want in one piece: one window of detect plus its margin fits. */
#define STREAM_WANT_MAX    ((size_t)2 * 1024 * 1024)
#define STREAM_BLOCK_BYTES ((size_t)256 * 1024)

struct stream {
	const uint8_t *at;
	size_t left;
	uint64_t at_bytes; /* offset of `at` from the start of the stream */
	bool ended;

	/* All of it in memory from offset 0 on, or NULL: lets a zip reader seek. */
	const uint8_t *whole;
	size_t whole_bytes;

	/* Grow the window to at least `want` (<= STREAM_WANT_MAX) bytes or to the end. */
	int (*more)(struct stream *s, size_t want, struct fault *fault);
	void (*close)(struct stream *s); /* NULL: nothing to close */
};

/* After 0: left >= want, or ended. */
static inline int
stream_want(struct stream *s, size_t want, struct fault *fault)
{
	return s->left >= want || s->ended ? 0 : s->more(s, want, fault);
}

static inline void
stream_take(struct stream *s, size_t count)
{
	if (count > 0) /* NULL + 0 is undefined in C17 */
		s->at += count;
	s->left -= count;
	s->at_bytes += count;
}

static inline struct bytes
stream_window(const struct stream *s)
{
	return bytes_make(s->at, s->left);
}

/* Skip `count` bytes; *skipped (may be NULL) is how many there were when the end came first. */
int stream_skip(struct stream *s, uint64_t count, uint64_t *skipped, struct fault *fault);

/* Read exactly `count` bytes; FAULT_FORMAT "ends early" when they are not there. */
int stream_read(struct stream *s, void *to, size_t count, struct fault *fault);

/* Calls s->close where there is one; leaves NULL.  For AUTO(stream_close). */
void stream_close(struct stream **s);

/* A stream over memory that the caller keeps alive. Not allocated; needs no close. */
void stream_from_memory(struct stream *s, struct bytes content);

/* A stream over an open file, read in blocks; takes the descriptor over.  Regular files and pipes. */
int stream_from_fd(struct stream **out, int fd, struct fault *fault);

#endif
