/*
 * buf.c - a growing buffer that states its maximum at birth
 *
 * Knows: doubling below a ceiling.  Does not know: what is in it.
 * After the idea of curl's dynbuf (docs/internals/DYNBUF.md).
 */
#include "base/buf.h"

#include <assert.h>

void
buf_free(struct buf *buf)
{
	free(buf->at);
	buf->at = NULL;
	buf->used = buf->room = 0;
}

int
buf_reserve(struct buf *buf, size_t more)
{
	size_t room = buf->room < 64 ? 64 : buf->room;
	uint8_t *at;

	if (buf->failed != 0)
		return buf->failed;
	if (more > buf->bytes_max - buf->used)
		return buf->failed = FAULT_LIMIT;
	if (buf->used + more < buf->room)
		return 0;
	/* One byte past the content stays free for the NUL of buf_text(). */
	while (room <= buf->used + more)
		room = room > SIZE_MAX / 2 ? SIZE_MAX : room * 2;
	if (room > buf->bytes_max + 1 && buf->bytes_max < SIZE_MAX)
		room = buf->bytes_max + 1;
	at = realloc(buf->at, room);
	if (at == NULL)
		return buf->failed = FAULT_MEMORY;
	buf->at = at;
	buf->room = room;
	return 0;
}

int
buf_append(struct buf *buf, const void *at, size_t count)
{
	int r = buf_reserve(buf, count);

	if (r < 0)
		return r;
	if (count > 0)
		memcpy(buf->at + buf->used, at, count);
	buf->used += count;
	return 0;
}

int
buf_append_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

int
buf_append_u8(struct buf *buf, uint8_t value)
{
	return buf_append(buf, &value, 1);
}

int
buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int need, r;

	va_copy(again, args);
	need = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (need < 0)
		return buf->failed = FAULT_FORMAT;
	r = buf_reserve(buf, (size_t)need);
	if (r < 0)
		return r;
	(void)vsnprintf((char *)buf->at + buf->used, (size_t)need + 1, format, args);
	buf->used += (size_t)need;
	return 0;
}

int
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = buf_vprintf(buf, format, args);
	va_end(args);
	return r;
}

const char *
buf_text(struct buf *buf)
{
	int failed = buf->failed;

	buf->failed = 0;
	if (buf->at == NULL && buf_reserve(buf, 0) < 0) {
		buf->failed = failed;
		return "";
	}
	buf->failed = failed;
	assert(buf->at != NULL); /* room without memory would be our own mistake */
	buf->at[buf->used] = '\0';
	return (const char *)buf->at;
}
