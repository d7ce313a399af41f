/*
 * text.c - numbers, sizes, durations and UTF-8
 *
 * Knows: RFC 3629 and the spellings of CONTRACT A1.  Does not know: locales.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"

size_t
text_utf8_sequence(struct bytes in)
{
	const uint8_t *p = in.at;

	if (in.left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	if (p[0] < 0xe0)
		return in.left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] < 0xf0) {
		if (in.left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
			return 0;
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (in.left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
		return 0;
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

bool
text_is_utf8(struct bytes in)
{
	while (in.left > 0) {
		size_t length;
		uint64_t eight;

		if (in.left >= 8) {
			memcpy(&eight, in.at, 8);
			if ((eight & 0x8080808080808080u) == 0) {
				(void)bytes_skip(&in, 8);
				continue;
			}
		}
		length = text_utf8_sequence(in);
		if (length == 0)
			return false;
		(void)bytes_skip(&in, length);
	}
	return true;
}

size_t
text_utf8_put(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c >= 0xd800 && c <= 0xdfff)
		return 0;
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	if (c > 0x10ffff)
		return 0;
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* Digits at the front of `text`; NULL when there are none or they overflow. */
static const char *
take_digits(const char *text, uint64_t *out)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return NULL;
	*out = value;
	return p == text ? NULL : p;
}

int
text_parse_u64(const char *text, uint64_t *out, struct fault *fault)
{
	uint64_t value;
	const char *rest = take_digits(text, &value);

	if (rest == NULL || *rest != '\0')
		return fault_set(fault, FAULT_USAGE, "'%s' is not a whole number", text);
	*out = value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static int
parse_with_unit(const char *text, const struct unit *units, size_t count, const char *what,
		uint64_t *out, struct fault *fault)
{
	uint64_t value;
	const char *rest = take_digits(text, &value);

	for (size_t i = 0; rest != NULL && i < count; i++)
		if (strcmp(rest, units[i].name) == 0 &&
		    !__builtin_mul_overflow(value, units[i].factor, &value)) {
			*out = value;
			return 0;
		}
	return fault_set(fault, FAULT_USAGE, "'%s' is not a %s", text, what);
}

int
text_parse_size(const char *text, uint64_t *out_bytes, struct fault *fault)
{
	static const struct unit units[] = {
	    {"", 1},
	    {"KiB", (uint64_t)1 << 10},
	    {"MiB", (uint64_t)1 << 20},
	    {"GiB", (uint64_t)1 << 30},
	    {"TiB", (uint64_t)1 << 40},
	    {"kB", 1000},
	    {"KB", 1000},
	    {"MB", 1000000},
	    {"GB", 1000000000},
	};

	return parse_with_unit(text, units, ARRAY_LEN(units), "size (like 4096 or 64MiB)",
			       out_bytes, fault);
}

int
text_parse_duration(const char *text, uint64_t *out_seconds, struct fault *fault)
{
	static const struct unit units[] = {
	    {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800},
	};

	return parse_with_unit(text, units, ARRAY_LEN(units), "duration (like 30d or 8h)",
			       out_seconds, fault);
}

const char *
text_size(uint64_t bytes, char out[32])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	size_t unit = 0;
	uint64_t scale = 1;

	while (unit + 1 < ARRAY_LEN(units) && bytes / scale >= 1000) {
		scale *= 1000;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(out, 32, "%llu %s", (unsigned long long)bytes,
			       bytes == 1 ? "byte" : "bytes");
	else if (bytes / scale >= 100)
		(void)snprintf(out, 32, "%llu %s", (unsigned long long)(bytes / scale),
			       units[unit]);
	else
		(void)snprintf(out, 32, "%llu.%llu %s", (unsigned long long)(bytes / scale),
			       (unsigned long long)(bytes % scale / (scale / 10)), units[unit]);
	return out;
}

const char *
text_count(uint64_t count, char out[32])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

bool
text_equal_nocase(struct bytes a, struct bytes b)
{
	if (a.left != b.left)
		return false;
	for (size_t i = 0; i < a.left; i++)
		if (text_lower(a.at[i]) != text_lower(b.at[i]))
			return false;
	return true;
}

char *
text_hex(const void *at, size_t count, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = at;

	for (size_t i = 0; i < count; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * count] = '\0';
	return out;
}

bool
text_is_name(const char *text)
{
	size_t i = 0;

	for (; text[i] != '\0'; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      (i > 0 && (c == '.' || c == '_' || c == '-'))))
			return false;
	}
	return i >= 1 && i <= 64;
}
