/*
 * shape_class.c - sets of bytes, and the characters and classes of an expression as such
 *
 * Knows: escapes, brackets, POSIX classes.  Does not know: groups, quantifiers.
 */
#include "match/shape_class.h"

#include <string.h>

#include "base/text.h"

void
match_class_add(struct match_class *class, uint8_t first, uint8_t last)
{
	for (unsigned c = first; c <= last; c++)
		class->bits[c >> 6] |= (uint64_t)1 << (c & 63);
}

void
match_class_join(struct match_class *class, const struct match_class *other)
{
	for (size_t i = 0; i < 4; i++)
		class->bits[i] |= other->bits[i];
}

bool
match_class_within(const struct match_class *class, const struct match_class *other)
{
	for (size_t i = 0; i < 4; i++)
		if ((class->bits[i] & ~other->bits[i]) != 0)
			return false;
	return true;
}

bool
match_class_touches(const struct match_class *class, const struct match_class *other)
{
	for (size_t i = 0; i < 4; i++)
		if ((class->bits[i] & other->bits[i]) != 0)
			return true;
	return false;
}

unsigned
match_class_count(const struct match_class *class)
{
	unsigned count = 0;

	for (size_t i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(class->bits[i]);
	return count;
}

static void
invert(struct match_class *class)
{
	for (size_t i = 0; i < 4; i++)
		class->bits[i] = ~class->bits[i];
}

static void
fold(struct match_class *class)
{
	for (unsigned c = 'a'; c <= 'z'; c++)
		if (match_class_has(class, (uint8_t)c) ||
		    match_class_has(class, (uint8_t)(c - 32))) {
			match_class_add(class, (uint8_t)c, (uint8_t)c);
			match_class_add(class, (uint8_t)(c - 32), (uint8_t)(c - 32));
		}
}

/* Characters beyond ASCII may be among them: their bytes are. */
static void
widen(struct shape_char *out)
{
	out->wide = true;
	match_class_add(&out->set, 0x80, 0xff);
}

static bool
add_named(char name, struct shape_char *out)
{
	struct match_class set = {{0}};

	switch (text_lower((uint8_t)name)) {
	case 'd':
		match_class_add(&set, '0', '9');
		break;
	case 'w':
		match_class_add(&set, '0', '9');
		match_class_add(&set, 'A', 'Z');
		match_class_add(&set, 'a', 'z');
		match_class_add(&set, '_', '_');
		break;
	case 's':
		match_class_add(&set, '\t', '\r');
		match_class_add(&set, ' ', ' ');
		break;
	case 'h':
		match_class_add(&set, '\t', '\t');
		match_class_add(&set, ' ', ' ');
		match_class_add(&set, 0xa0, 0xa0);
		break;
	case 'v':
		match_class_add(&set, '\n', '\r');
		match_class_add(&set, 0x85, 0x85);
		break;
	default:
		return false;
	}
	if (name >= 'A' && name <= 'Z')
		invert(&set);
	match_class_join(&out->set, &set);
	return true;
}

/* \x41, \x{41}; *at stands behind the x. */
static bool
hexadecimal(const char **at, uint32_t *out)
{
	const char *p = *at;
	bool braces = *p == '{';
	uint32_t value = 0;
	unsigned digits = 0;

	for (p += braces ? 1 : 0; digits < (braces ? 6 : 2); p++, digits++) {
		uint8_t c = text_lower((uint8_t)*p);

		if (c >= '0' && c <= '9')
			value = value * 16 + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uint32_t)(c - 'a' + 10);
		else
			break;
	}
	if (braces && *p++ != '}')
		return false;
	*at = p;
	*out = value;
	return true;
}

static void
set_code_point(uint32_t value, struct shape_flags flags, struct shape_char *out)
{
	if (value > 0x7f && (flags.utf || value > 0xff))
		widen(out);
	else
		shape_literal((uint8_t)value, flags, out);
}

static bool
property(const char **at, struct shape_char *out)
{
	match_class_add(&out->set, 0, 0xff);
	out->wide = out->vague = true;
	if (**at == '{') {
		const char *end = strchr(*at, '}');

		if (end == NULL)
			return false;
		*at = end + 1;
	} else if (**at != '\0') {
		(*at)++;
	}
	return true;
}

static int
control(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'f':
		return '\f';
	case 'e':
		return 27;
	case 'a':
		return 7;
	default:
		return -1;
	}
}

enum shape_escape
shape_escape(const char **at, bool in_class, struct shape_flags flags, struct shape_char *out)
{
	char c = **at;
	uint32_t value = 0;

	if (c == '\0')
		return SHAPE_REFUSED;
	(*at)++;
	if (!text_is_alnum((uint8_t)c)) {
		shape_literal((uint8_t)c, flags, out);
		return SHAPE_CHAR;
	}
	if (control(c) >= 0) {
		shape_literal((uint8_t)control(c), flags, out);
		return SHAPE_CHAR;
	}
	if (add_named(c, out)) {
		if (flags.utf && c >= 'A' && c <= 'Z')
			widen(out);
		return SHAPE_CHAR;
	}
	switch (c) {
	case 'x':
		if (!hexadecimal(at, &value))
			return SHAPE_REFUSED;
		set_code_point(value, flags, out);
		return SHAPE_CHAR;
	case '0':
		for (int i = 0; i < 2 && **at >= '0' && **at <= '7'; i++, (*at)++)
			value = value * 8 + (uint32_t)(**at - '0');
		shape_literal((uint8_t)value, flags, out);
		return SHAPE_CHAR;
	case 'p':
	case 'P':
		return property(at, out) ? SHAPE_CHAR : SHAPE_REFUSED;
	case 'N':
		if (in_class)
			return SHAPE_REFUSED;
		flags.dot_all = false;
		shape_dot(flags, out);
		return SHAPE_CHAR;
	case 'b':
		if (in_class) {
			shape_literal('\b', flags, out);
			return SHAPE_CHAR;
		}
		return SHAPE_ZERO;
	case 'B':
	case 'A':
	case 'z':
	case 'Z':
		return in_class ? SHAPE_REFUSED : SHAPE_ZERO;
	case 'Q':
		return in_class ? SHAPE_REFUSED : SHAPE_QUOTE;
	case 'E':
		return SHAPE_END;
	default:
		return SHAPE_REFUSED;
	}
}

void
shape_literal(uint8_t c, struct shape_flags flags, struct shape_char *out)
{
	match_class_add(&out->set, c, c);
	if (!flags.caseless)
		return;
	fold(&out->set);
	/* the long s and the sign of Kelvin are s and k to who compares characters without case */
	if (flags.utf && (text_lower(c) == 'k' || text_lower(c) == 's'))
		widen(out);
}

void
shape_dot(struct shape_flags flags, struct shape_char *out)
{
	match_class_add(&out->set, 0, 0xff);
	if (!flags.dot_all)
		out->set.bits[0] &= ~((uint64_t)1 << '\n');
	out->wide = flags.utf;
}

/* [:alpha:] and so on; *at stands behind the '[' of it. */
static bool
posix(const char **at, struct shape_char *out)
{
	static const struct {
		const char *name;
		const char *ranges; /* pairs */
	} names[] = {
	    {"alpha:]", "azAZ"},
	    {"digit:]", "09"},
	    {"alnum:]", "azAZ09"},
	    {"upper:]", "AZ"},
	    {"lower:]", "az"},
	    {"xdigit:]", "09afAF"},
	    {"word:]", "azAZ09__"},
	    {"space:]", "\t\r  "},
	    {"blank:]", "\t\t  "},
	    {"punct:]", "!/:@[`{~"},
	    {"print:]", " ~"},
	    {"graph:]", "!~"},
	    {"cntrl:]", "\001\037\177\177"},
	    {"ascii:]", "\001\177"},
	};
	struct match_class set = {{0}};
	const char *p = *at + 1;
	bool inverted = *p == '^';

	p += inverted ? 1 : 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(p, names[i].name, strlen(names[i].name)) != 0)
			continue;
		for (const char *r = names[i].ranges; *r != '\0'; r += 2)
			match_class_add(&set, (uint8_t)r[0], (uint8_t)r[1]);
		if (names[i].ranges[0] == '\001')
			match_class_add(&set, 0, 0);
		if (inverted)
			invert(&set);
		match_class_join(&out->set, &set);
		*at = p + strlen(names[i].name);
		return true;
	}
	return false;
}

/* The one byte of a set, or -1. */
static int
only_byte(const struct shape_char *c)
{
	if (c->wide || match_class_count(&c->set) != 1)
		return -1;
	for (int i = 0; i < 4; i++)
		if (c->set.bits[i] != 0)
			return i * 64 + __builtin_ctzll(c->set.bits[i]);
	return -1;
}

/* One member; *at moves behind it. */
static bool
member(const char **at, struct shape_flags flags, struct shape_char *out)
{
	if (**at == '\0')
		return false;
	if (**at == '\\') {
		(*at)++;
		return shape_escape(at, true, flags, out) == SHAPE_CHAR;
	}
	if (**at == '[' && ((*at)[1] == ':' || (*at)[1] == '.' || (*at)[1] == '=')) {
		const char *p = *at + 1;

		if (*p == ':' && posix(&p, out)) {
			*at = p;
			return true;
		}
		if (strstr(p, "]") != NULL && *p != ':')
			return false; /* collating elements */
	}
	if ((uint8_t) * *at >= 0x80 && flags.utf)
		widen(out);
	else
		match_class_add(&out->set, (uint8_t) * *at, (uint8_t) * *at);
	(*at)++;
	return true;
}

bool
shape_bracket(const char **at, struct shape_flags flags, struct shape_char *out)
{
	struct shape_flags plain = {.utf = flags.utf};
	bool inverted = **at == '^';
	bool first = true;

	*at += inverted ? 1 : 0;
	for (; **at != ']' || first; first = false) {
		struct shape_char low = {0}, high = {0};
		int from, to;

		if (!member(at, plain, &low))
			return false;
		from = only_byte(&low);
		if (**at == '-' && (*at)[1] != ']' && (*at)[1] != '\0' && (from >= 0 || low.wide)) {
			(*at)++;
			if (!member(at, plain, &high))
				return false;
			to = only_byte(&high);
			if (from >= 0 && to >= from) {
				match_class_add(&low.set, (uint8_t)from, (uint8_t)to);
			} else {
				/* a range to or from a character beyond ASCII, or no range at all */
				match_class_add(&low.set, 0, 0xff);
				low.wide = flags.utf;
				low.vague = true;
			}
		}
		match_class_join(&out->set, &low.set);
		out->wide = out->wide || low.wide;
		out->vague = out->vague || low.vague;
	}
	(*at)++;
	if (flags.caseless) {
		struct match_class ks = {{0}};

		fold(&out->set);
		match_class_add(&ks, 'k', 'k');
		match_class_add(&ks, 's', 's');
		if (flags.utf && match_class_touches(&out->set, &ks))
			widen(out);
	}
	if (inverted) {
		/* what is wide was in; everything beyond ASCII may now be out or in */
		invert(&out->set);
		if (out->vague)
			match_class_add(&out->set, 0, 0xff);
		if (out->wide || flags.utf)
			widen(out);
	}
	return true;
}
