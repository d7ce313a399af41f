/*
 * decode.h - the ways in which bytes are written as other bytes
 *
 * Each decoder reads all of `in` and writes at most `room` bytes to `out`; none grows what it is given,
 * so `room` = in.left is always enough.  The answer is how many bytes were written, or DECODE_NONE:
 * `in` is not written that way, or does not fit.  Linear, no memory of their own.
 */
#ifndef DETECT_DECODE_H
#define DETECT_DECODE_H

#include "base/bytes.h"

#define DECODE_NONE SIZE_MAX

/* RFC 4648: both alphabets, padding or none.  `breaks`: line breaks, blanks, escaped line breaks and
 * what joins string literals may stand between (PEM in files and in programs). */
size_t decode_base64(struct bytes in, bool breaks, uint8_t *out, size_t room);

/* Pairs of hexadecimal digits. */
size_t decode_hex(struct bytes in, uint8_t *out, size_t room);

/* RFC 3986: %41; anything else stands for itself.  NONE when there is no such pair. */
size_t decode_percent(struct bytes in, uint8_t *out, size_t room);

/* JSON, JavaScript, C: \n \" \\ \x41 \u0041 \u{41} \101; code points as UTF-8.  NONE when there is no
 * escape. */
size_t decode_escapes(struct bytes in, uint8_t *out, size_t room);

/* RFC 2045: =41, and = before a line break joins lines.  NONE when there is neither. */
size_t decode_quoted_printable(struct bytes in, uint8_t *out, size_t room);

/* RFC 4648 base32, upper case, padding or none. */
size_t decode_base32(struct bytes in, uint8_t *out, size_t room);

#endif
