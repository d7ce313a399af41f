/*
 * deflate64.c - zip method 9: deflate with a window of 64 KiB, as Windows packs files over 2 GB
 *
 * Knows: RFC 1951 and what method 9 changes: length code 285 means 3 and 16 more bits, distance
 * codes 30 and 31 exist.  Does not know: speed; it is rare, and no library in Debian reads it.
 * Bits come one byte at a time, so that nothing behind the last block is taken.
 */
#include "codec/decoder.h"

#define WINDOW_BYTES   ((size_t)64 * 1024)
#define CODE_BITS_MAX  15
#define LENGTH_CODES   288
#define DISTANCE_CODES 32

struct huffman {
	uint16_t count[CODE_BITS_MAX + 1]; /* codes of each length */
	uint16_t symbol[LENGTH_CODES];     /* sorted by code */
};

enum block_state { BLOCK_NONE, BLOCK_STORED, BLOCK_CODED };

struct deflate64 {
	struct decoder d;
	uint32_t bits;
	unsigned bits_left;
	bool last_block;
	enum block_state state;
	size_t stored_left;
	size_t copy_left, copy_distance; /* of a match that did not fit */
	uint64_t total;
	struct huffman lengths, distances;
	uint8_t window[WINDOW_BYTES]; /* the byte number n is at n % WINDOW_BYTES */
};

static const uint16_t length_base[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
				       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
				       67, 83, 99, 115, 131, 163, 195, 227, 3};
static const uint8_t length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
				       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16};
static const uint32_t distance_base[] = {1,    2,    3,    4,     5,     7,     9,     13,
					 17,   25,   33,   49,    65,    97,    129,   193,
					 257,  385,  513,  769,   1025,  1537,  2049,  3073,
					 4097, 6145, 8193, 12289, 16385, 24577, 32769, 49153};
static const uint8_t distance_extra[] = {0, 0, 0, 0, 1, 1, 2,  2,  3,  3,  4,  4,  5,  5,  6,  6,
					 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14};

static int
damaged(const struct deflate64 *f, const char *what, struct fault *fault)
{
	return fault_set(fault, FAULT_FORMAT, "deflate64 stream: %s near byte %llu", what,
			 (unsigned long long)f->d.in->at_bytes);
}

static int
take_bits(struct deflate64 *f, unsigned count, uint32_t *value, struct fault *fault)
{
	while (f->bits_left < count) {
		int r = decoder_feed(&f->d, fault);

		if (r < 0)
			return r;
		f->bits |= (uint32_t)f->d.in->at[0] << f->bits_left;
		f->bits_left += 8;
		stream_take(f->d.in, 1);
	}
	*value = f->bits & ((1u << count) - 1);
	f->bits >>= count;
	f->bits_left -= count;
	return 0;
}

/* -1: more codes than bits allow.  Incomplete sets are allowed, as everywhere for one code. */
static int
huffman_build(struct huffman *huffman, const uint8_t *bits, size_t symbols)
{
	uint16_t offsets[CODE_BITS_MAX + 1] = {0};
	int left = 1;

	memset(huffman, 0, sizeof(*huffman));
	for (size_t i = 0; i < symbols; i++)
		huffman->count[bits[i]]++;
	huffman->count[0] = 0;
	for (unsigned i = 1; i <= CODE_BITS_MAX; i++) {
		left = left * 2 - huffman->count[i];
		if (left < 0)
			return -1;
	}
	for (unsigned i = 1; i < CODE_BITS_MAX; i++)
		offsets[i + 1] = (uint16_t)(offsets[i] + huffman->count[i]);
	for (size_t i = 0; i < symbols; i++)
		if (bits[i] != 0)
			huffman->symbol[offsets[bits[i]]++] = (uint16_t)i;
	return 0;
}

static int
take_symbol(struct deflate64 *f, const struct huffman *huffman, uint32_t *symbol,
	    struct fault *fault)
{
	int code = 0, first = 0, index = 0;

	for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
		int count = huffman->count[length];
		uint32_t bit;
		int r = take_bits(f, 1, &bit, fault);

		if (r < 0)
			return r;
		code |= (int)bit;
		if (code - count < first) {
			*symbol = huffman->symbol[index + (code - first)];
			return 0;
		}
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return damaged(f, "bad code", fault);
}

static int
fixed_codes(struct deflate64 *f)
{
	uint8_t bits[LENGTH_CODES];

	for (size_t i = 0; i < LENGTH_CODES; i++)
		bits[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	(void)huffman_build(&f->lengths, bits, LENGTH_CODES);
	memset(bits, 5, DISTANCE_CODES);
	return huffman_build(&f->distances, bits, DISTANCE_CODES);
}

/* The lengths of all codes, themselves coded, with repeats. */
static int
take_code_bits(struct deflate64 *f, uint8_t *bits, size_t count, struct fault *fault)
{
	static const struct {
		uint8_t extra, least;
	} repeats[] = {{2, 3}, {3, 3}, {7, 11}};
	size_t i = 0;

	while (i < count) {
		uint32_t symbol = 0, more = 0;
		uint8_t value = 0;
		int r = take_symbol(f, &f->lengths, &symbol, fault);

		if (r < 0)
			return r;
		if (symbol < 16) {
			bits[i++] = (uint8_t)symbol;
			continue;
		}
		if (symbol == 16 && i == 0)
			return damaged(f, "repeat of nothing", fault);
		if (symbol == 16)
			value = bits[i - 1];
		r = take_bits(f, repeats[symbol - 16].extra, &more, fault);
		if (r < 0)
			return r;
		more += repeats[symbol - 16].least;
		if (more > count - i)
			return damaged(f, "too many code lengths", fault);
		memset(bits + i, value, more);
		i += more;
	}
	return 0;
}

static int
dynamic_codes(struct deflate64 *f, struct fault *fault)
{
	static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					11, 4,  12, 3, 13, 2, 14, 1, 15};
	uint8_t bits[LENGTH_CODES + DISTANCE_CODES] = {0};
	uint32_t lengths = 0, distances = 0, codes = 0, value = 0;
	int r = take_bits(f, 5, &lengths, fault);

	if (r == 0)
		r = take_bits(f, 5, &distances, fault);
	if (r == 0)
		r = take_bits(f, 4, &codes, fault);
	lengths += 257;
	distances += 1;
	for (size_t i = 0; r == 0 && i < codes + 4; i++) {
		r = take_bits(f, 3, &value, fault);
		bits[order[i]] = (uint8_t)value;
	}
	if (r < 0)
		return r;
	if (lengths > 286 || huffman_build(&f->lengths, bits, 19) < 0)
		return damaged(f, "bad code lengths", fault);
	memset(bits, 0, sizeof(bits));
	r = take_code_bits(f, bits, lengths + distances, fault);
	if (r < 0)
		return r;
	if (huffman_build(&f->lengths, bits, lengths) < 0 ||
	    huffman_build(&f->distances, bits + lengths, distances) < 0)
		return damaged(f, "bad code lengths", fault);
	return 0;
}

static int
begin_block(struct deflate64 *f, struct fault *fault)
{
	uint32_t last = 0, type = 0, size = 0, inverse = 0;
	int r = take_bits(f, 1, &last, fault);

	if (r == 0)
		r = take_bits(f, 2, &type, fault);
	if (r < 0)
		return r;
	f->last_block = last != 0;
	f->state = BLOCK_CODED;
	if (type == 1)
		return fixed_codes(f);
	if (type == 2)
		return dynamic_codes(f, fault);
	if (type == 3)
		return damaged(f, "bad block type", fault);
	f->bits = f->bits_left = 0;
	r = take_bits(f, 16, &size, fault);
	if (r == 0)
		r = take_bits(f, 16, &inverse, fault);
	if (r < 0)
		return r;
	if ((size ^ inverse) != 0xffff)
		return damaged(f, "bad stored block", fault);
	f->state = BLOCK_STORED;
	f->stored_left = size;
	return 0;
}

static void
put(struct deflate64 *f, uint8_t byte, uint8_t *to, size_t *made)
{
	f->window[f->total++ % WINDOW_BYTES] = byte;
	to[(*made)++] = byte;
}

static int
run_stored(struct deflate64 *f, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	while (f->stored_left > 0 && *made < room) {
		int r = decoder_feed(&f->d, fault);

		if (r < 0)
			return r;
		put(f, f->d.in->at[0], to, made);
		stream_take(f->d.in, 1);
		f->stored_left--;
	}
	if (f->stored_left == 0)
		f->state = BLOCK_NONE;
	return 0;
}

static int
take_match(struct deflate64 *f, uint32_t symbol, struct fault *fault)
{
	uint32_t more = 0, code = 0;
	int r;

	symbol -= 257;
	if (symbol >= ARRAY_LEN(length_base))
		return damaged(f, "bad length", fault);
	r = take_bits(f, length_extra[symbol], &more, fault);
	if (r < 0)
		return r;
	f->copy_left = length_base[symbol] + more;
	r = take_symbol(f, &f->distances, &code, fault);
	if (r == 0)
		r = take_bits(f, distance_extra[code], &more, fault);
	if (r < 0) {
		f->copy_left = 0;
		return r;
	}
	f->copy_distance = distance_base[code] + more;
	if (f->copy_distance > f->total || f->copy_distance > WINDOW_BYTES) {
		f->copy_left = 0;
		return damaged(f, "distance before the start", fault);
	}
	return 0;
}

static int
run_coded(struct deflate64 *f, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	uint32_t symbol = 0;
	int r = 0;

	while (r == 0 && *made < room) {
		if (f->copy_left > 0) {
			put(f, f->window[(f->total - f->copy_distance) % WINDOW_BYTES], to, made);
			f->copy_left--;
			continue;
		}
		r = take_symbol(f, &f->lengths, &symbol, fault);
		if (r < 0)
			break;
		if (symbol < 256) {
			put(f, (uint8_t)symbol, to, made);
		} else if (symbol == 256) {
			f->state = BLOCK_NONE;
			break;
		} else {
			r = take_match(f, symbol, fault);
		}
	}
	return r;
}

static int
deflate64_begin(struct decoder *d, struct fault *fault)
{
	struct deflate64 *f = (struct deflate64 *)d;

	(void)fault;
	f->bits = f->bits_left = 0;
	f->last_block = false;
	f->state = BLOCK_NONE;
	f->copy_left = 0;
	f->total = 0;
	return 0;
}

static int
deflate64_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	struct deflate64 *f = (struct deflate64 *)d;
	int r = 0;

	*made = 0;
	while (r == 0 && *made < room) {
		if (f->state == BLOCK_NONE && f->last_block)
			return DECODER_MEMBER_END;
		if (f->state == BLOCK_NONE)
			r = begin_block(f, fault);
		else if (f->state == BLOCK_STORED)
			r = run_stored(f, to, room, made, fault);
		else
			r = run_coded(f, to, room, made, fault);
	}
	return r;
}

const struct decoder_ops decoder_deflate64 = {
    .name = "deflate64",
    .decoder_size = sizeof(struct deflate64),
    .one_member = true,
    .begin = deflate64_begin,
    .run = deflate64_run,
};
