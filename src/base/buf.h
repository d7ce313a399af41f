/*
 * buf.h - a growing buffer that states its maximum at birth
 *
 *	AUTO(buf_free) struct buf line = BUF_INIT(LINE_BYTES_MAX);
 *
 * Growth doubles; an append past the maximum fails with FAULT_LIMIT and adds nothing.  After any
 * failed append `failed` keeps the code, so that a writer may append many times and check once.
 * buf_text() keeps a NUL behind the content.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/own.h"

struct buf {
	uint8_t *at;
	size_t used;
	size_t room;
	size_t bytes_max; /* used never exceeds this */
	int failed;       /* 0, or the fault code of the first append that failed */
};

#define BUF_INIT(max)                                                                              \
	{                                                                                          \
		NULL, 0, 0, (max), 0                                                               \
	}

void buf_free(struct buf *buf);

/* Forget the content and any failure, keep the memory. */
static inline void
buf_reset(struct buf *buf)
{
	buf->used = 0;
	buf->failed = 0;
}

/* Make room for `more` bytes behind `used`. Returns 0, FAULT_MEMORY or FAULT_LIMIT. */
int buf_reserve(struct buf *buf, size_t more);

int buf_append(struct buf *buf, const void *at, size_t count);
int buf_append_text(struct buf *buf, const char *text);
int buf_append_u8(struct buf *buf, uint8_t value);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* The content as a string, NUL behind it; "" when empty or out of memory. Lent until the next append. */
const char *buf_text(struct buf *buf);

static inline struct bytes
buf_bytes(const struct buf *buf)
{
	return bytes_make(buf->at, buf->used);
}

#endif
