/*
 * debug_class.c - Java class files: what javac -g leaves in them
 *
 * Knows: the constant pool as far as needed to pass it, the attributes of methods.  After the Java
 * Virtual Machine Specification, chapter 4.
 * Does not know: code, signatures.
 */
#include "base/own.h"
#include "detect/debug_read.h"

#define CODE_HEAD_BYTES 4 /* max_stack, max_locals */

/* Indices of the names in the constant pool; 0: not there. */
struct names {
	uint16_t code, lines, locals;
};

/* Bytes of a constant behind its tag; 0: unknown tag, or UTF-8 with a length of its own. */
static unsigned
constant_bytes(uint8_t tag)
{
	static const uint8_t bytes[] = {
	    [3] = 4,  [4] = 4,  [5] = 8,  [6] = 8,  [7] = 2,  [8] = 2,  [9] = 4,  [10] = 4,
	    [11] = 4, [12] = 4, [15] = 3, [16] = 2, [17] = 4, [18] = 4, [19] = 2, [20] = 2,
	};

	return tag < ARRAY_LEN(bytes) ? bytes[tag] : 0;
}

static int
take_constants(struct bytes *in, struct names *names)
{
	uint16_t count, length;
	struct bytes text;
	uint8_t tag;

	if (bytes_take_be16(in, &count) < 0)
		return -1;
	for (unsigned i = 1; i < count; i++) {
		if (bytes_take_u8(in, &tag) < 0)
			return -1;
		if (tag == 1) {
			if (bytes_take_be16(in, &length) < 0 || bytes_take(in, length, &text) < 0)
				return -1;
			if (bytes_equal(text, BYTES_OF("Code")))
				names->code = (uint16_t)i;
			else if (bytes_equal(text, BYTES_OF("LineNumberTable")))
				names->lines = (uint16_t)i;
			else if (bytes_equal(text, BYTES_OF("LocalVariableTable")))
				names->locals = (uint16_t)i;
			continue;
		}
		if (constant_bytes(tag) == 0 || bytes_skip(in, constant_bytes(tag)) < 0)
			return -1;
		/* Long and double take two places. */
		i += tag == 5 || tag == 6;
	}
	return 0;
}

static int
take_attribute(struct bytes *in, uint16_t *name, struct bytes *body)
{
	uint32_t length;

	if (bytes_take_be16(in, name) < 0 || bytes_take_be32(in, &length) < 0)
		return -1;
	return bytes_take(in, length, body);
}

static void
read_code(struct bytes in, const struct names *names, struct debug_info *info)
{
	uint16_t count, handlers, name;
	uint32_t code_bytes;
	struct bytes body;

	if (bytes_skip(&in, CODE_HEAD_BYTES) < 0 || bytes_take_be32(&in, &code_bytes) < 0 ||
	    bytes_skip(&in, code_bytes) < 0 || bytes_take_be16(&in, &handlers) < 0 ||
	    bytes_skip(&in, (size_t)handlers * 8) < 0 || bytes_take_be16(&in, &count) < 0)
		return;
	for (unsigned i = 0; i < count && take_attribute(&in, &name, &body) == 0; i++) {
		uint16_t entries;

		if (name != 0 && bytes_take_be16(&body, &entries) == 0) {
			info->java_lines += name == names->lines ? entries : 0;
			info->java_locals += name == names->locals ? entries : 0;
		}
	}
}

/* Fields and methods have the same shape. */
static int
take_members(struct bytes *in, const struct names *names, struct debug_info *info)
{
	uint16_t count, attributes, name;
	struct bytes body;

	if (bytes_take_be16(in, &count) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (bytes_skip(in, 6) < 0 || bytes_take_be16(in, &attributes) < 0)
			return -1;
		for (unsigned k = 0; k < attributes; k++) {
			if (take_attribute(in, &name, &body) < 0)
				return -1;
			if (name != 0 && name == names->code)
				read_code(body, names, info);
		}
	}
	return 0;
}

int
debug_class(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct names names = {0};
	uint16_t minor, major, interfaces;
	uint32_t magic;

	(void)fault;
	if (bytes_take_be32(&in, &magic) < 0 || magic != 0xcafebabe ||
	    bytes_take_be16(&in, &minor) < 0 || bytes_take_be16(&in, &major) < 0 || major < 45)
		return DEBUG_NOT;
	/* Flags, this and super stand between the constants and the interfaces. */
	if (take_constants(&in, &names) < 0 || bytes_skip(&in, 6) < 0 ||
	    bytes_take_be16(&in, &interfaces) < 0 || bytes_skip(&in, (size_t)interfaces * 2) < 0 ||
	    take_members(&in, &names, info) < 0 || take_members(&in, &names, info) < 0)
		return 0;
	return 0;
}
