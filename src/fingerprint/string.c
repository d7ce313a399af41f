/*
 * string.c - what literals mean, so that every spelling of the same content has the same hash
 *
 * Knows: escapes common to C, JavaScript, Python, Java, ...; decimal, hexadecimal, octal, binary
 * and exponents; strings in compiled code.  Does not know: which language it is.
 */
#include "fingerprint/print.h"

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

struct atom
string_atom(const uint8_t *at, size_t length)
{
	struct atom atom = {0};
	size_t letters;

	if (length < 3)
		return atom;
	if (length > STRING_BYTES_MAX - 4)
		length = STRING_BYTES_MAX - 4;
	letters = letters_in(at, length);
	atom.hash = mix_bytes(at, length);
	atom.class = (uint8_t)common_class_of(atom.hash);
	/* "0.5 0.5", "----", "\x1b[0m": tables and tokens that anybody writes. */
	if (letters < 3 || letters * 2 < length)
		atom.class = atom.class < COMMON_OFTEN ? atom.class : COMMON_OFTEN;
	else if (length < 5)
		atom.class = atom.class < COMMON_SOME ? atom.class : COMMON_SOME;
	return atom;
}

bool
string_is_single(const uint8_t *at, size_t length, const struct atom *atom)
{
	return length >= 10 && atom->class == COMMON_RARE && letters_in(at, length) >= 6;
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
	struct atom atom = {.number = true, .class = COMMON_SOME};
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

struct string_stage {
	struct prints *out;
	struct atoms hard;
	const uint8_t *base;
};

static int
found(struct string_stage *stage, const uint8_t *at, size_t length)
{
	struct atom atom = string_atom(at, length);
	size_t from = (size_t)(at - stage->base);

	if (atom.hash == 0 || atom.class == COMMON_STOP)
		return 0;
	atom.at = (uint32_t)from;
	atom.end = (uint32_t)(from + length);
	if (string_is_single(at, length, &atom) &&
	    prints_add(stage->out, atom.hash, from, from + length, PRINT_SINGLE) < 0)
		return FAULT_MEMORY;
	return atoms_add(&stage->hard, &atom);
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
strings_by_runs(struct string_stage *stage, struct bytes in)
{
	while (in.left > 0) {
		size_t length = run_length(in);

		if (length >= RUN_BYTES_MIN && found(stage, in.at, length) < 0)
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
strings_by_length(struct string_stage *stage, struct bytes in, enum print_strings form)
{
	while (in.left > 0) {
		size_t length = 0, header = length_before(in, form, &length);

		if (header > 0 && length >= 3 && length <= in.left - header &&
		    run_length(bytes_slice(in, header, length)) == length) {
			if (found(stage, in.at + header, length) < 0)
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
	struct string_stage stage = {
	    .out = out,
	    .base = content.at,
	    .hard = {.out = out,
		     .kind = PRINT_HARD,
		     .plain = PRINT_HARD,
		     .reach = ATOM_REACH_QUERY},
	};
	int r;

	if (content.left >> 28 != 0)
		return fault_set(fault, FAULT_LIMIT, "more than 256 MiB in one piece");
	r = form == PRINT_STRINGS_RUNS ? strings_by_runs(&stage, content)
				       : strings_by_length(&stage, content, form);
	return r < 0 ? fault_memory(fault) : 0;
}

int
fingerprint_binary(struct prints *out, struct bytes content, struct fault *fault)
{
	return fingerprint_strings(out, content, PRINT_STRINGS_RUNS, fault);
}
