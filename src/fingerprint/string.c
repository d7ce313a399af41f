/*
 * string.c - what literals mean, so that every spelling of the same content has the same hash
 *
 * Knows: escapes common to C, JavaScript, Python, Java, ...; decimal, hexadecimal, octal, binary
 * and exponents; strings in compiled code.  Does not know: which language it is.
 */
#include "fingerprint/print.h"

#include "base/own.h"
#include "base/text.h"
#include "fingerprint/tables.h"

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to `most` hex digits at `*in`; the count. */
static size_t
take_hex(struct bytes *in, size_t most, uint32_t *value)
{
	size_t n = 0;

	*value = 0;
	for (; n < most && in->left > 0 && hex_value(in->at[0]) >= 0; n++) {
		*value = *value << 4 | (uint32_t)hex_value(in->at[0]);
		(void)bytes_skip(in, 1);
	}
	return n;
}

/* \uXXXX, \u{X...}, \UXXXXXXXX behind the letter; joins surrogate pairs. */
static size_t
take_unicode(struct bytes *in, uint8_t letter, uint8_t out[4])
{
	uint32_t c, low;

	if (in->left > 0 && in->at[0] == '{') {
		(void)bytes_skip(in, 1);
		(void)take_hex(in, 8, &c);
		if (in->left > 0 && in->at[0] == '}')
			(void)bytes_skip(in, 1);
	} else {
		(void)take_hex(in, letter == 'U' ? 8 : 4, &c);
	}
	if (c >= 0xd800 && c < 0xdc00 && in->left >= 6 && in->at[0] == '\\' && in->at[1] == 'u') {
		struct bytes rest = bytes_slice(*in, 2, in->left);

		if (take_hex(&rest, 4, &low) == 4 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			*in = rest;
		}
	}
	return text_utf8_put(c, out);
}

/* One escape, `in` behind the '\'. */
static size_t
take_escape(struct bytes *in, uint8_t out[4])
{
	static const char from[] = "nrtbfv0a", to[] = "\n\r\t\b\f\v\0\a";
	uint8_t c = in->at[0];
	const char *known;
	uint32_t value;

	(void)bytes_skip(in, 1);
	switch (c) {
	case '\r':
		if (in->left > 0 && in->at[0] == '\n')
			(void)bytes_skip(in, 1);
		return 0;
	case '\n': /* the line goes on */
		return 0;
	case 'x':
		if (take_hex(in, 2, &value) == 0)
			break;
		/* In JavaScript \xe9 is a character, in C a byte; below 0x80 they agree. */
		return text_utf8_put(value, out);
	case 'u':
	case 'U':
		return take_unicode(in, c, out);
	default:
		break;
	}
	if (c >= '0' && c <= '7' && in->left > 0 && in->at[0] >= '0' && in->at[0] <= '7') {
		value = (uint32_t)(c - '0');
		for (int n = 0; n < 2 && in->left > 0 && in->at[0] >= '0' && in->at[0] <= '7';
		     n++) {
			value = value << 3 | (uint32_t)(in->at[0] - '0');
			(void)bytes_skip(in, 1);
		}
		return text_utf8_put(value & 0xff, out);
	}
	known = memchr(from, c, sizeof(from) - 1);
	out[0] = known == NULL ? c : (uint8_t)to[known - from];
	return 1;
}

size_t
string_decode(struct bytes in, uint8_t out[STRING_BYTES_MAX], size_t used)
{
	while (in.left > 0 && used + 4 <= STRING_BYTES_MAX) {
		uint8_t c = in.at[0];

		(void)bytes_skip(&in, 1);
		if (c == '\\' && in.left > 0)
			used += take_escape(&in, out + used);
		else if (c != '\r' || in.left == 0 || in.at[0] != '\n')
			out[used++] = c;
	}
	return used;
}

static bool
is_letter(uint8_t c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static size_t
letters_in(const uint8_t *at, size_t length)
{
	size_t letters = 0;

	for (size_t i = 0; i < length; i++)
		letters += is_letter(at[i]) || at[i] >= 0x80;
	return letters;
}

uint64_t
string_hash(const uint8_t *at, size_t length, size_t readable)
{
	uint64_t hash;

	if (length < 3)
		return 0;
	if (length > STRING_BYTES_MAX - 4)
		length = STRING_BYTES_MAX - 4;
	hash = mix_bytes_within(at, length, readable);
	return is_common_stop(hash) ? 0 : hash;
}

/* webkitMatchesSelector, MozTransition, -ms-flex: names that makers of browsers gave.  Lists of them are
 * in everybody's code, and no count of projects knows the one that is looked up next. */
static bool
is_vendor_name(const uint8_t *at, size_t length)
{
	static const char *const prefixes[] = {"webkit", "moz", "ms", "o", "khtml"};
	struct bytes name = bytes_make(at, length);
	bool dashes = length > 2 && at[0] == '-';

	if (dashes)
		(void)bytes_skip(&name, 1);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct bytes prefix = bytes_text(prefixes[i]);
		uint8_t next;

		if (name.left <= prefix.left + 1 || (name.at[0] | 0x20) != prefix.at[0] ||
		    memcmp(name.at + 1, prefix.at + 1, prefix.left - 1) != 0)
			continue;
		next = name.at[prefix.left];
		if (dashes ? next == '-' : next >= 'A' && next <= 'Z')
			return true;
	}
	return false;
}

uint8_t
string_class(const uint8_t *at, size_t length, uint64_t hash)
{
	uint8_t class = (uint8_t)common_class_of(hash);
	size_t letters = letters_in(at, length);

	/* "0.5 0.5", "----", "\x1b[0m": tables and tokens that anybody writes. */
	if (letters < 3 || letters * 2 < length || is_vendor_name(at, length))
		return class < COMMON_OFTEN ? class : COMMON_OFTEN;
	if (length < 5)
		return class < COMMON_SOME ? class : COMMON_SOME;
	return class;
}

bool
string_is_single(const uint8_t *at, size_t length, uint8_t class)
{
	return length >= 10 && class == COMMON_RARE && letters_in(at, length) >= 6;
}

/* 2^n, 2^n - 1, and few digits before zeros are in everybody's code. */
static bool
is_everyday(uint64_t mantissa, int exponent)
{
	if (mantissa < 10 || (mantissa < 1000 && exponent == 0) || (mantissa < 100 && exponent > 0))
		return true;
	if (exponent == 0 && ((mantissa & (mantissa - 1)) == 0 || (mantissa & (mantissa + 1)) == 0))
		return true;
	return mantissa < 1000 && exponent < 0; /* 0.25, 1.5 */
}

/* Digits with a dot and an exponent, to mantissa * 10^exponent. False: too long to hold. */
static bool
decimal_value(struct bytes in, uint64_t *mantissa, int *exponent)
{
	bool dot = false;

	*mantissa = 0;
	*exponent = 0;
	for (; in.left > 0; (void)bytes_skip(&in, 1)) {
		uint8_t c = in.at[0];

		if (c == '.') {
			dot = true;
		} else if (c >= '0' && c <= '9') {
			if (__builtin_mul_overflow(*mantissa, 10, mantissa) ||
			    __builtin_add_overflow(*mantissa, (uint64_t)(c - '0'), mantissa))
				return false;
			*exponent -= dot;
		} else if (c != '_') {
			break;
		}
	}
	if (in.left > 1 && (in.at[0] | 0x20) == 'e') {
		bool minus = in.at[1] == '-';
		int value = 0;

		(void)bytes_skip(&in, minus || in.at[1] == '+' ? 2 : 1);
		for (; in.left > 0 && in.at[0] >= '0' && in.at[0] <= '9' && value < 1000;
		     (void)bytes_skip(&in, 1))
			value = value * 10 + (in.at[0] - '0');
		*exponent += minus ? -value : value;
	}
	return true;
}

static bool
radix_value(struct bytes in, unsigned shift, uint64_t *value)
{
	*value = 0;
	for (; in.left > 0; (void)bytes_skip(&in, 1)) {
		int digit = hex_value(in.at[0]);

		if (in.at[0] == '_')
			continue;
		if (digit < 0 || (unsigned)digit >> shift != 0)
			return true; /* a suffix */
		if (*value >> (64 - shift) != 0)
			return false;
		*value = *value << shift | (uint64_t)digit;
	}
	return true;
}

struct atom
number_atom(struct bytes literal)
{
	struct atom atom = {.number = true, .hard = true, .class = COMMON_SOME};
	uint64_t mantissa;
	int exponent = 0;
	bool held;
	uint8_t second = literal.left > 1 ? literal.at[1] | 0x20 : 0;

	if (literal.left > 1 && literal.at[0] == '0' &&
	    (second == 'x' || second == 'o' || second == 'b'))
		held = radix_value(bytes_slice(literal, 2, literal.left),
				   second == 'x'   ? 4
				   : second == 'o' ? 3
						   : 1,
				   &mantissa);
	else
		held = decimal_value(literal, &mantissa, &exponent);
	if (!held || mantissa == 0)
		return atom;
	if (exponent == 0 && is_everyday(mantissa, 0))
		return atom;
	for (; mantissa % 10 == 0; mantissa /= 10)
		exponent++;
	if (is_everyday(mantissa, exponent))
		return atom;
	atom.hash = mix_fold(mantissa ^ MIX_B, MIX_C ^ (uint64_t)(int64_t)exponent);
	return atom;
}

/* ---- strings in compiled code ---- */

static int
found(struct atom_pairs *pairs, const uint8_t *at, size_t length, size_t readable)
{
	size_t from = (size_t)(at - pairs->text);
	struct atom atom = {.hash = string_hash(at, length, readable),
			    .at = (uint32_t)from,
			    .end = (uint32_t)(from + length),
			    .class = ATOM_CLASS_LATER,
			    .hard = true,
			    .string = true};

	return atom.hash == 0 ? 0 : atom_pairs_add(pairs, &atom);
}

/* Length of the printable run at the front, UTF-8 included. */
static size_t
run_length(struct bytes in)
{
	size_t from = in.left;

	while (in.left > 0) {
		uint8_t c = in.at[0];
		size_t step = 1;

		if (c >= 0x80) {
			step = text_utf8_sequence(in);
			if (step == 0)
				break;
		} else if (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != 0x1b) {
			break;
		} else if (c == 0x7f) {
			break;
		}
		(void)bytes_skip(&in, step);
	}
	return from - in.left;
}

/* Shorter runs are code that happens to be printable. */
#define RUN_BYTES_MIN 5

static int
strings_by_runs(struct atom_pairs *pairs, struct bytes in)
{
	while (in.left > 0) {
		size_t length = run_length(in);

		if (length >= RUN_BYTES_MIN && found(pairs, in.at, length, in.left) < 0)
			return FAULT_MEMORY;
		(void)bytes_skip(&in, length < in.left ? length + 1 : length);
	}
	return 0;
}

/* marshal: 'z' 'Z' one byte of length, 'a' 'A' 's' 't' 'u' four; 0x80 is a flag.
 * JVM: 0x01 and a big-endian length of two. */
static size_t
length_before(struct bytes in, enum print_strings form, size_t *length)
{
	uint8_t type = in.at[0] & 0x7f;

	if (form == PRINT_STRINGS_CLASS) {
		if (in.at[0] != 1 || in.left < 3)
			return 0;
		*length = (size_t)in.at[1] << 8 | in.at[2];
		return 3;
	}
	if (type == 'z' || type == 'Z') {
		if (in.left < 2)
			return 0;
		*length = in.at[1];
		return 2;
	}
	if (type != 'a' && type != 'A' && type != 'u' && type != 't' && type != 's')
		return 0;
	if (in.left < 5 || in.at[4] != 0 || in.at[3] != 0)
		return 0;
	*length = (size_t)in.at[2] << 8 | in.at[1];
	return 5;
}

static int
strings_by_length(struct atom_pairs *pairs, struct bytes in, enum print_strings form)
{
	while (in.left > 0) {
		size_t length = 0, header = length_before(in, form, &length);

		if (header > 0 && length >= 3 && length <= in.left - header &&
		    run_length(bytes_slice(in, header, length)) == length) {
			if (found(pairs, in.at + header, length, in.left - header) < 0)
				return FAULT_MEMORY;
			(void)bytes_skip(&in, header + length);
		} else {
			(void)bytes_skip(&in, 1);
		}
	}
	return 0;
}

int
fingerprint_strings(struct prints *out, struct bytes content, enum print_strings form,
		    struct fault *fault)
{
	struct atom_pairs pairs;
	int r;

	if (content.left >> 28 != 0)
		return fault_set(fault, FAULT_LIMIT, "more than 256 MiB in one piece");
	atom_pairs_begin(&pairs, out, content.at, PRINT_QUERY);
	pairs.hard_only = true;
	r = form == PRINT_STRINGS_RUNS ? strings_by_runs(&pairs, content)
				       : strings_by_length(&pairs, content, form);
	if (r == 0)
		r = atom_pairs_batch(&pairs);
	if (r < 0)
		return fault_memory(fault);
	prints_sieve(out);
	return 0;
}

int
fingerprint_binary(struct prints *out, struct bytes content, struct fault *fault)
{
	return fingerprint_strings(out, content, PRINT_STRINGS_RUNS, fault);
}
