/*
 * decode.c - the ways in which bytes are written as other bytes
 *
 * Knows: six encodings.  Does not know: where they stand, what is inside.
 */
#include "detect/decode.h"

#include "base/text.h"

static unsigned
digit64(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return 26u + (unsigned)(c - 'a');
	if (c >= '0' && c <= '9')
		return 52u + (unsigned)(c - '0');
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : 64;
}

/* What may stand between the lines of base64: 0, or how many bytes of it. */
static size_t
line_break(struct bytes in)
{
	if (in.at[0] == '\\' && in.left > 1 && memchr("nrt\\\"'", in.at[1], 6) != NULL)
		return 2;
	return in.at[0] != 0 && strchr(" \t\r\n\"'`,\\", in.at[0]) != NULL ? 1 : 0;
}

size_t
decode_base64(struct bytes in, bool breaks, uint8_t *out, size_t room)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t used = 0, digits = 0;

	while (in.left > 0 && in.at[0] != '=') {
		unsigned digit = digit64(in.at[0]);
		size_t skip = 1;

		if (digit == 64) {
			skip = breaks ? line_break(in) : 0;
			if (skip == 0)
				return DECODE_NONE;
			(void)bytes_skip(&in, skip);
			continue;
		}
		/* "..." + "...": joined, not a digit. */
		if (breaks && in.at[0] == '+' && in.left > 1 && in.at[1] == ' ') {
			(void)bytes_skip(&in, 2);
			continue;
		}
		bits = bits << 6 | digit;
		digits++;
		count += 6;
		if (count >= 8) {
			count -= 8;
			if (used == room)
				return DECODE_NONE;
			out[used++] = (uint8_t)(bits >> count);
		}
		(void)bytes_skip(&in, 1);
	}
	for (size_t i = 0; i < in.left; i++)
		if (in.at[i] != '=' && !(breaks && line_break(bytes_slice(in, i, in.left)) > 0))
			return DECODE_NONE;
	return digits % 4 == 1 || digits == 0 ? DECODE_NONE : used;
}

static unsigned
digit16(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? 10u + (unsigned)(c - 'a') : 16;
}

/* `count` hexadecimal digits at the front; false when there are fewer. */
static bool
take_hex(struct bytes in, size_t count, uint32_t *value)
{
	*value = 0;
	if (in.left < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned digit = digit16(in.at[i]);

		if (digit == 16)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

size_t
decode_hex(struct bytes in, uint8_t *out, size_t room)
{
	uint32_t value;

	if (in.left % 2 != 0 || in.left == 0 || in.left / 2 > room)
		return DECODE_NONE;
	for (size_t i = 0; i < in.left / 2; i++) {
		if (!take_hex(bytes_slice(in, 2 * i, 2), 2, &value))
			return DECODE_NONE;
		out[i] = (uint8_t)value;
	}
	return in.left / 2;
}

size_t
decode_percent(struct bytes in, uint8_t *out, size_t room)
{
	size_t used = 0, pairs = 0;
	uint32_t value;

	while (in.left > 0) {
		bool pair = in.at[0] == '%' && take_hex(bytes_slice(in, 1, in.left), 2, &value);

		if (used == room)
			return DECODE_NONE;
		out[used++] = pair ? (uint8_t)value : in.at[0];
		pairs += pair;
		(void)bytes_skip(&in, pair ? 3 : 1);
	}
	return pairs == 0 ? DECODE_NONE : used;
}

/* The escape at the front: how many bytes it has, and the code point; 0: none that is known. */
static size_t
escape_at(struct bytes in, uint32_t *point)
{
	static const char simple[] = "nrtbf0\"'\\/`", means[] = "\n\r\t\b\f\0\"'\\/`";
	const char *known;
	size_t digits = 0;

	if (in.left < 2 || in.at[0] != '\\')
		return 0;
	if (in.at[1] == 'x')
		return take_hex(bytes_slice(in, 2, in.left), 2, point) ? 4 : 0;
	if (in.at[1] == 'u' && in.left > 2 && in.at[2] == '{') {
		while (digits < 6 && 3 + digits < in.left && digit16(in.at[3 + digits]) < 16)
			digits++;
		if (digits == 0 || 3 + digits >= in.left || in.at[3 + digits] != '}')
			return 0;
		(void)take_hex(bytes_slice(in, 3, digits), digits, point);
		return digits + 4;
	}
	if (in.at[1] == 'u')
		return take_hex(bytes_slice(in, 2, in.left), 4, point) ? 6 : 0;
	while (digits < 3 && 1 + digits < in.left && in.at[1 + digits] >= '0' &&
	       in.at[1 + digits] <= '7')
		digits++;
	if (digits == 3 && in.at[1] <= '3') {
		*point = (uint32_t)((in.at[1] - '0') * 64 + (in.at[2] - '0') * 8 + in.at[3] - '0');
		return 4;
	}
	known = in.at[1] == 0 ? NULL : strchr(simple, in.at[1]);
	if (known == NULL)
		return 0;
	*point = (uint8_t)means[known - simple];
	return 2;
}

size_t
decode_escapes(struct bytes in, uint8_t *out, size_t room)
{
	size_t used = 0, escapes = 0;

	while (in.left > 0) {
		uint32_t point;
		uint8_t utf8[4];
		size_t length = escape_at(in, &point), put = 1;

		utf8[0] = in.at[0];
		if (length > 0) {
			escapes++;
			put = text_utf8_put(point, utf8);
			/* Half of a pair: nothing that a secret is made of. */
			if (put == 0) {
				utf8[0] = '?';
				put = 1;
			}
		}
		if (put > room - used)
			return DECODE_NONE;
		memcpy(out + used, utf8, put);
		used += put;
		(void)bytes_skip(&in, length > 0 ? length : 1);
	}
	return escapes == 0 ? DECODE_NONE : used;
}

size_t
decode_quoted_printable(struct bytes in, uint8_t *out, size_t room)
{
	size_t used = 0, escapes = 0;
	uint32_t value;

	while (in.left > 0) {
		size_t length = 0;

		if (in.at[0] == '=' && in.left > 1 && in.at[1] == '\n')
			length = 2;
		else if (in.at[0] == '=' && in.left > 2 && in.at[1] == '\r' && in.at[2] == '\n')
			length = 3;
		if (length > 0) {
			escapes++;
			(void)bytes_skip(&in, length);
			continue;
		}
		if (used == room)
			return DECODE_NONE;
		if (in.at[0] == '=' && take_hex(bytes_slice(in, 1, in.left), 2, &value)) {
			escapes++;
			out[used++] = (uint8_t)value;
			(void)bytes_skip(&in, 3);
			continue;
		}
		out[used++] = in.at[0];
		(void)bytes_skip(&in, 1);
	}
	return escapes == 0 ? DECODE_NONE : used;
}

size_t
decode_base32(struct bytes in, uint8_t *out, size_t room)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t used = 0;

	while (in.left > 0 && in.at[in.left - 1] == '=')
		in.left--;
	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = in.at[i];
		unsigned digit;

		if (c >= 'A' && c <= 'Z')
			digit = (unsigned)(c - 'A');
		else if (c >= '2' && c <= '7')
			digit = 26u + (unsigned)(c - '2');
		else
			return DECODE_NONE;
		bits = bits << 5 | digit;
		count += 5;
		if (count < 8)
			continue;
		count -= 8;
		if (used == room)
			return DECODE_NONE;
		out[used++] = (uint8_t)(bits >> count);
	}
	return in.left == 0 ? DECODE_NONE : used;
}
