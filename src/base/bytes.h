/*
 * bytes.h - bytes that are there, consumed from the front; never read past the end
 *
 * All parsing of outside bytes goes through this: pointer and length travel together.  A take
 * that does not fit returns -1 and takes nothing.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at; /* lent; may be NULL only when left is 0 */
	size_t left;
};

#define BYTES_OF(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline struct bytes
bytes_make(const void *at, size_t left)
{
	return (struct bytes){(const uint8_t *)at, left};
}

static inline struct bytes
bytes_text(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* The part [from, from + want), clipped to what is there. */
static inline struct bytes
bytes_slice(struct bytes in, size_t from, size_t want)
{
	if (from > in.left)
		from = in.left;
	if (want > in.left - from)
		want = in.left - from;
	return (struct bytes){from > 0 ? in.at + from : in.at, want};
}

static inline int
bytes_skip(struct bytes *in, size_t count)
{
	if (count > in->left)
		return -1;
	if (count > 0) /* NULL + 0 is undefined in C17 */
		in->at += count;
	in->left -= count;
	return 0;
}

static inline int
bytes_take(struct bytes *in, size_t count, struct bytes *out)
{
	if (count > in->left)
		return -1;
	*out = (struct bytes){in->at, count};
	return bytes_skip(in, count);
}

static inline int
bytes_take_u8(struct bytes *in, uint8_t *out)
{
	if (in->left < 1)
		return -1;
	*out = in->at[0];
	return bytes_skip(in, 1);
}

#define BYTES_TAKE_INT(name, type, swap)                                                           \
	static inline int bytes_take_##name(struct bytes *in, type *out)                           \
	{                                                                                          \
		type value;                                                                        \
                                                                                                   \
		if (in->left < sizeof(value))                                                      \
			return -1;                                                                 \
		memcpy(&value, in->at, sizeof(value));                                             \
		*out = swap(value);                                                                \
		return bytes_skip(in, sizeof(value));                                              \
	}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_LE16(v) (v)
#define BYTES_LE32(v) (v)
#define BYTES_LE64(v) (v)
#define BYTES_BE16(v) __builtin_bswap16(v)
#define BYTES_BE32(v) __builtin_bswap32(v)
#define BYTES_BE64(v) __builtin_bswap64(v)
#else
#define BYTES_LE16(v) __builtin_bswap16(v)
#define BYTES_LE32(v) __builtin_bswap32(v)
#define BYTES_LE64(v) __builtin_bswap64(v)
#define BYTES_BE16(v) (v)
#define BYTES_BE32(v) (v)
#define BYTES_BE64(v) (v)
#endif

BYTES_TAKE_INT(le16, uint16_t, BYTES_LE16)
BYTES_TAKE_INT(le32, uint32_t, BYTES_LE32)
BYTES_TAKE_INT(le64, uint64_t, BYTES_LE64)
BYTES_TAKE_INT(be16, uint16_t, BYTES_BE16)
BYTES_TAKE_INT(be32, uint32_t, BYTES_BE32)
BYTES_TAKE_INT(be64, uint64_t, BYTES_BE64)

/* What the struct promises, told to compilers and analyzers that see one file at a time. */
#define BYTES_THERE(in)                                                                            \
	do {                                                                                       \
		if ((in).left > 0 && (in).at == NULL)                                              \
			__builtin_unreachable();                                                   \
	} while (0)

static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.left == b.left && (a.left == 0 || memcmp(a.at, b.at, a.left) == 0);
}

/* Does `in` begin with `prefix`? */
static inline bool
bytes_begins(struct bytes in, struct bytes prefix)
{
	BYTES_THERE(in);
	return prefix.left == 0 ||
	       (in.left >= prefix.left && memcmp(in.at, prefix.at, prefix.left) == 0);
}

static inline bool
bytes_ends(struct bytes in, struct bytes suffix)
{
	BYTES_THERE(in);
	return suffix.left == 0 || (in.left >= suffix.left && memcmp(in.at + in.left - suffix.left,
								     suffix.at, suffix.left) == 0);
}

/* Offset of the first `needle`, or -1.  At the speed of reading where its first and last byte are
 * rarely a needle's length apart; find.c. */
#ifdef __cplusplus
extern "C" ptrdiff_t bytes_find(struct bytes in, struct bytes needle);
#else
ptrdiff_t bytes_find(struct bytes in, struct bytes needle);
#endif

#endif
