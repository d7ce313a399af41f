/*
 * weights_gguf.c - GGUF: pairs of metadata, then a list of tensors, then their bytes
 *
 * Knows: versions 1 to 3, both byte orders where the magic tells; general.architecture.
 * Does not know: block formats; bytes are taken as the size of the file.
 * After docs/gguf.md of ggml-org/ggml.
 */
#include "detect/weights_read.h"

#define PAIRS_MAX   1000000u
#define TENSORS_MAX 1000000u
#define DIMS_MAX    8u

enum value_type {
	TYPE_STRING = 8,
	TYPE_ARRAY = 9,
};

/* Bytes of a value; 0: string, array or unknown. */
static unsigned
fixed_bytes(uint32_t type)
{
	static const uint8_t bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

	return type < sizeof(bytes) ? bytes[type] : 0;
}

static int
take_string(struct bytes *in, struct bytes *out)
{
	uint64_t length;

	if (bytes_take_le64(in, &length) < 0 || length > in->left)
		return -1;
	return bytes_take(in, (size_t)length, out);
}

static int
start(struct weights_gguf *g, struct bytes in)
{
	uint32_t version, low_tensors, low_pairs;

	if (!bytes_begins(in, BYTES_OF("GGUF")) || bytes_skip(&in, 4) < 0 ||
	    bytes_take_le32(&in, &version) < 0 || version == 0 || version > 3)
		return -1;
	if (version == 1) {
		if (bytes_take_le32(&in, &low_tensors) < 0 || bytes_take_le32(&in, &low_pairs) < 0)
			return -1;
		g->tensors_left = low_tensors;
		g->pairs_left = low_pairs;
	} else if (bytes_take_le64(&in, &g->tensors_left) < 0 ||
		   bytes_take_le64(&in, &g->pairs_left) < 0) {
		return -1;
	}
	if (g->tensors_left == 0 || g->tensors_left > TENSORS_MAX || g->pairs_left > PAIRS_MAX)
		return -1;
	g->started = true;
	g->at = version == 1 ? 16 : 24;
	g->info->rule = weights_rule_gguf;
	g->info->tensors = g->tensors_left;
	/* Version 1 had 32-bit lengths: its few files are known, their inside is not read. */
	return version == 1 ? -1 : 0;
}

/* A pair: key, type, value.  Strings of arrays are passed one by one, later. */
static int
take_pair(struct weights_gguf *g, struct bytes in)
{
	struct bytes from = in, key, text;
	uint32_t type, inner;
	uint64_t count;

	if (take_string(&in, &key) < 0 || key.left > WEIGHTS_HEADER_MAX / 2 ||
	    bytes_take_le32(&in, &type) < 0)
		return -1;
	if (type == TYPE_STRING) {
		if (bytes_equal(key, BYTES_OF("general.architecture")) &&
		    take_string(&in, &text) == 0) {
			weights_name(g->info->architecture, sizeof(g->info->architecture), text);
		} else {
			if (bytes_take_le64(&in, &count) < 0)
				return -1;
			g->at = weights_plus(g->at, count);
		}
	} else if (type == TYPE_ARRAY) {
		if (bytes_take_le32(&in, &inner) < 0 || bytes_take_le64(&in, &count) < 0)
			return -1;
		if (inner == TYPE_STRING)
			g->strings_left = count;
		else if (fixed_bytes(inner) > 0)
			g->at = weights_plus(g->at, weights_times(count, fixed_bytes(inner)));
		else
			return -1;
	} else if (fixed_bytes(type) == 0 || bytes_skip(&in, fixed_bytes(type)) < 0) {
		return -1;
	}
	g->at = weights_plus(g->at, from.left - in.left);
	g->pairs_left--;
	return 0;
}

static int
take_tensor(struct weights_gguf *g, struct bytes in)
{
	struct bytes from = in, name;
	uint64_t size, parameters = 1;
	uint32_t dims;

	if (take_string(&in, &name) < 0 || bytes_take_le32(&in, &dims) < 0 || dims > DIMS_MAX)
		return -1;
	for (uint32_t i = 0; i < dims; i++) {
		if (bytes_take_le64(&in, &size) < 0)
			return -1;
		parameters = weights_times(parameters, size);
	}
	if (bytes_skip(&in, 4 + 8) < 0) /* type, offset */
		return -1;
	g->info->parameters = weights_plus(g->info->parameters, parameters);
	g->at = weights_plus(g->at, from.left - in.left);
	g->tensors_left--;
	return 0;
}

static int
take_next(struct weights_gguf *g, struct bytes in)
{
	uint64_t length;

	if (!g->started)
		return start(g, in);
	if (g->strings_left > 0) {
		if (bytes_take_le64(&in, &length) < 0)
			return -1;
		g->at = weights_plus(g->at, weights_plus(8, length));
		g->strings_left--;
		return 0;
	}
	return g->pairs_left > 0 ? take_pair(g, in) : take_tensor(g, in);
}

int
weights_gguf_feed(struct weights_gguf *g, const struct detect_window *window)
{
	struct bytes in;

	while (!g->done && weights_at(window, g->at, WEIGHTS_HEADER_MAX, &in))
		g->done = take_next(g, in) < 0 ||
			  (g->strings_left == 0 && g->pairs_left == 0 && g->tensors_left == 0);
	return 0;
}
