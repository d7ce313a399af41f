/*
 * debug_pyc.c - compiled Python: the path that the source had when it was compiled
 *
 * Knows: the header and the marshal format of CPython 2.7 and 3.3 to 3.14, as far as needed to walk
 * to the first co_filename.  After Python/marshal.c.
 * Does not know: what the code does.  Nothing is built, references are not followed: the first
 * code object that is complete holds the path itself, later ones refer to it.
 */
#include "base/own.h"
#include "detect/debug_read.h"

#define DEPTH_MAX 500 /* marshal itself stops at 2,000; compilers nest to a few dozen */

/* What a code object holds, in order: l a long, o an object, F the object that is the path. */
static const char code_27[] = "lllloooooo"
			      "Folo";
static const char code_36[] = "llllloooooo"
			      "Folo";
static const char code_38[] = "lllllloooooo"
			      "Folo";
static const char code_311[] = "lllllooooo"
			       "Foolo"
			       "o";

struct frame {
	const char *steps;  /* of a code object; NULL: a sequence */
	uint64_t remaining; /* of a sequence; UINT64_MAX: a dictionary, which NULL ends */
};

struct walk {
	struct frame frames[DEPTH_MAX];
	size_t depth;
	const char *code_steps;
	struct bytes path;
};

/* The layouts begin with the magic numbers of 3.8 and 3.11; the header grew with 3.7. */
static int
take_header(struct bytes *in, struct walk *walk)
{
	uint16_t magic, crlf;

	if (bytes_take_le16(in, &magic) < 0 || bytes_take_le16(in, &crlf) < 0 || crlf != 0x0a0d)
		return -1;
	if (magic >= 62211 && magic <= 62218) {
		walk->code_steps = code_27;
		return bytes_skip(in, 4);
	}
	if (magic < 3190 || magic > 3700)
		return -1;
	walk->code_steps = magic < 3400 ? code_36 : magic < 3450 ? code_38 : code_311;
	return bytes_skip(in, magic < 3390 ? 8 : 12);
}

static int
push(struct walk *walk, const char *steps, uint64_t remaining)
{
	if (walk->depth == DEPTH_MAX)
		return -1;
	walk->frames[walk->depth++] = (struct frame){steps, remaining};
	return 0;
}

static int
take_counted(struct bytes *in, bool narrow, uint64_t *out)
{
	uint32_t wide;
	uint8_t small;

	if (narrow) {
		if (bytes_take_u8(in, &small) < 0)
			return -1;
		*out = small;
		return 0;
	}
	if (bytes_take_le32(in, &wide) < 0 || wide > INT32_MAX)
		return -1;
	*out = wide;
	return 0;
}

static int
take_text(struct bytes *in, bool narrow, struct bytes *text)
{
	uint64_t length;

	if (take_counted(in, narrow, &length) < 0 || length > in->left)
		return -1;
	return bytes_take(in, (size_t)length, text);
}

static int
take_sequence(struct bytes *in, bool narrow, struct walk *walk)
{
	uint64_t count;

	if (take_counted(in, narrow, &count) < 0)
		return -1;
	return count == 0 ? 0 : push(walk, NULL, count);
}

/* A long: its digits of 15 bits; the sign stands in the count. */
static int
skip_long(struct bytes *in)
{
	uint32_t raw;
	int64_t count;

	if (bytes_take_le32(in, &raw) < 0)
		return -1;
	count = (int32_t)raw < 0 ? -(int64_t)(int32_t)raw : (int64_t)raw;
	return (uint64_t)count > in->left / 2 ? -1 : bytes_skip(in, (size_t)count * 2);
}

/* One object, without what is inside it: that is pushed. *text is set for strings. */
static int
take_object(struct bytes *in, struct walk *walk, struct bytes *text, bool *is_null)
{
	uint8_t type;

	*text = bytes_make(NULL, 0);
	if (bytes_take_u8(in, &type) < 0)
		return -1;
	type &= 0x7f; /* the flag of references */
	*is_null = type == '0';
	switch (type) {
	case '0':
	case 'N':
	case 'F':
	case 'T':
	case 'S':
	case '.':
		return 0;
	case 'i':
	case 'r':
	case 'R':
		return bytes_skip(in, 4);
	case 'I':
	case 'g':
		return bytes_skip(in, 8);
	case 'y':
		return bytes_skip(in, 16);
	case 'l':
		return skip_long(in);
	case 'f':
		return take_text(in, true, text);
	case 'x':
		return take_text(in, true, text) < 0 ? -1 : take_text(in, true, text);
	case 's':
	case 't':
	case 'u':
	case 'a':
	case 'A':
		return take_text(in, false, text);
	case 'z':
	case 'Z':
		return take_text(in, true, text);
	case '(':
	case '[':
	case '<':
	case '>':
		return take_sequence(in, false, walk);
	case ')':
		return take_sequence(in, true, walk);
	case ':':
		return push(walk, NULL, 3);
	case '{':
		return push(walk, NULL, UINT64_MAX);
	case 'c':
		return push(walk, walk->code_steps, 0);
	default:
		return -1;
	}
}

/* One step of the innermost frame; 1: the path was found. */
static int
step(struct bytes *in, struct walk *walk)
{
	struct frame *frame = &walk->frames[walk->depth - 1];
	struct bytes text;
	bool is_null, is_path = false;

	if (frame->steps != NULL) {
		char what = *frame->steps;

		if (what == '\0') {
			walk->depth--;
			return 0;
		}
		frame->steps++;
		if (what == 'l')
			return bytes_skip(in, 4);
		is_path = what == 'F';
	} else if (frame->remaining == 0) {
		walk->depth--;
		return 0;
	} else if (frame->remaining != UINT64_MAX) {
		frame->remaining--;
	}
	if (take_object(in, walk, &text, &is_null) < 0)
		return -1;
	/* `frame` may have moved below a pushed one; NULL pushes nothing. */
	if (is_null && walk->frames[walk->depth - 1].remaining == UINT64_MAX &&
	    walk->frames[walk->depth - 1].steps == NULL)
		walk->depth--;
	if (!is_path || text.left == 0)
		return 0;
	walk->path = text;
	return 1;
}

int
debug_pyc(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct walk walk;
	int r = 0;

	(void)fault;
	walk.depth = 0;
	walk.path = bytes_make(NULL, 0);
	if (take_header(&in, &walk) < 0)
		return DEBUG_NOT;
	(void)push(&walk, NULL, 1);
	while (r == 0 && walk.depth > 0)
		r = step(&in, &walk);
	info->python_path = debug_copy_name(info, walk.path);
	return 0;
}
