/*
 * codeword_scan.c - find an owner's words in bytes
 *
 * Knows: how a name is cut into parts (case, digits, joiners), the rolling hash of up to six parts
 * in a row, hosts by their suffixes.
 * Does not know: the words.  A hit of the rolling hash is settled by the keyed hash of the entry.
 */
#include "detect/codeword_scan.h"

#include "base/own.h"
#include "base/text.h"
#include "seal/hash.h"

enum class {
	CLASS_OTHER,
	CLASS_LOWER, /* also every byte of a letter beyond ASCII */
	CLASS_UPPER,
	CLASS_DIGIT,
	CLASS_JOINER, /* - _ . */
	CLASS_BLANK,
};

#define L CLASS_LOWER
#define U CLASS_UPPER
#define D CLASS_DIGIT
/* clang-format off */
static const uint8_t classes[256] = {
    [' '] = CLASS_BLANK, ['-'] = CLASS_JOINER, ['_'] = CLASS_JOINER, ['.'] = CLASS_JOINER,
    ['0'] = D, D, D, D, D, D, D, D, D, D,
    ['A'] = U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
    ['a'] = L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    [0x80 ... 0xff] = L,
};

/* a to z */
static const bool is_plain[256] = {
    ['a'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};
/* clang-format on */
#undef L
#undef U
#undef D

static inline enum class class_at(struct bytes in, size_t stride, size_t at) {
	if (stride == 2 && (at + 1 >= in.left || in.at[at + 1] != 0)) return CLASS_OTHER;
	return classes[in.at[at]];
}

/* Lower case of a letter of two bytes: Latin-1, Greek and Cyrillic capitals. */
static void
fold_two(uint8_t c[2])
{
	if (c[0] == 0xc3 && c[1] >= 0x80 && c[1] <= 0x9e && c[1] != 0x97) {
		c[1] += 0x20;
	} else if (c[0] == 0xd0 && c[1] >= 0x90 && c[1] <= 0x9f) {
		c[1] += 0x20;
	} else if ((c[0] == 0xd0 && c[1] >= 0xa0 && c[1] <= 0xaf) ||
		   (c[0] == 0xce && c[1] >= 0xa0 && c[1] <= 0xa9)) {
		c[0]++;
		c[1] -= 0x20;
	} else if (c[0] == 0xce && c[1] >= 0x91 && c[1] <= 0x9f) {
		c[1] += 0x20;
	}
}

size_t
codeword_fold(struct bytes in, size_t stride, size_t from, size_t to, uint8_t *out, size_t room)
{
	size_t used = 0;

	for (size_t at = from; at < to && used + 2 <= room; at += stride) {
		uint8_t two[2] = {in.at[at], 0};

		if (stride == 1 && two[0] >= 0xc3 && two[0] <= 0xd0 && at + 1 < to) {
			two[1] = in.at[++at];
			fold_two(two);
			out[used++] = two[0];
			out[used++] = two[1];
			continue;
		}
		out[used++] = text_lower(two[0]);
	}
	return used;
}

/* The end of the part that begins at `at`: "HTTPServer2" is HTTP, Server, 2. */
static inline size_t
part_end(struct bytes in, size_t stride, size_t at)
{
	enum class first = class_at(in, stride, at);
	size_t from = at;

	at += stride;
	if (first == CLASS_UPPER && at < in.left && class_at(in, stride, at) == CLASS_UPPER) {
		while (at < in.left && class_at(in, stride, at) == CLASS_UPPER)
			at += stride;
		/* The last capital begins the next word. */
		if (at < in.left && class_at(in, stride, at) == CLASS_LOWER && at - stride > from)
			at -= stride;
		return at;
	}
	if (first == CLASS_UPPER)
		first = CLASS_LOWER;
	while (at < in.left && class_at(in, stride, at) == first)
		at += stride;
	return at > in.left ? in.left : at;
}

bool
codeword_next_part(struct bytes in, size_t stride, size_t from, struct codeword_part *part)
{
	for (; from < in.left; from += stride) {
		enum class class = class_at(in, stride, from);

		if (class != CLASS_LOWER && class != CLASS_UPPER && class != CLASS_DIGIT)
			continue;
		part->from = from;
		part->to = part_end(in, stride, from);
		return true;
	}
	return false;
}

uint64_t
codeword_roll(const struct codewords *set, struct bytes form)
{
	uint64_t roll = 0;

	for (size_t i = 0; i < form.left; i++)
		roll = roll * set->multiplier + form.at[i];
	return roll;
}

/* A power of two: the remainder is a mask. */
#define RING 8

/* A part as the scan keeps it. */
struct piece {
	size_t from, to;
	uint64_t roll;
	size_t length; /* of its folded letters */
};

struct scan {
	const struct codewords *set;
	struct bytes in;
	size_t stride;
	bool first, last;
	codeword_fn *hit;
	void *context;
	struct piece pieces[RING]; /* a ring */
	size_t newest;
	size_t run; /* of the newest pieces, no blank between them */
	size_t all; /* with blanks between */
};

static inline bool
in_filter(const uint64_t *filter, uint64_t roll)
{
	size_t at = codeword_filter_at(roll);

	return (filter[at / 64] >> at % 64 & 1) != 0;
}

/* Nearly every try ends at the filter, and nearly every other at the rolls: what is left is an
 * entry, but for a chance in 2^40. */
static inline bool
may_be(const struct codewords *set, uint64_t roll)
{
	size_t low = 0, high = set->count;

	if (!in_filter(set->filter, roll))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->rolls[middle] < roll)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && set->rolls[low] == roll;
}

/* The rolling hash let it through: is it an entry? */
static int
settle(struct scan *scan, struct bytes form, size_t from, size_t to, bool host)
{
	const struct codewords *set = scan->set;
	struct codeword_hit hit = {.from = from, .to = to, .host = host};
	uint8_t hash[HASH_KEYED_BYTES];
	size_t low = 0, high = set->count;

	hash_keyed(set->name_key, form, hash);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct codeword_entry *entry = &set->entries[middle];
		int r = memcmp(entry->name, hash, sizeof(entry->name));

		if (r == 0) {
			codeword_id(entry, hit.id);
			return scan->hit(scan->context, &hit);
		}
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static inline const struct piece *
piece_before(const struct scan *scan, size_t k)
{
	return &scan->pieces[(scan->newest - k) % RING];
}

static int
settle_pieces(struct scan *scan, size_t parts, bool blanks)
{
	uint8_t form[CODEWORD_BYTES_MAX + CODEWORD_PARTS_MAX + 4];
	size_t used = 0, from = 0, to = 0;

	for (size_t k = parts; k-- > 0;) {
		const struct piece *piece = piece_before(scan, k);

		if (k == parts - 1)
			from = piece->from;
		else if (blanks)
			form[used++] = CODEWORD_BLANK;
		used += codeword_fold(scan->in, scan->stride, piece->from, piece->to, form + used,
				      sizeof(form) - used);
		to = piece->to;
	}
	/* What touches an end may go on there. */
	if ((from == 0 && !scan->first) || (to >= scan->in.left && !scan->last))
		return 0;
	return settle(scan, bytes_make(form, used), from, to, false);
}

/* The newest piece alone and with up to five before it, in a row. */
static inline int
try_run(struct scan *scan)
{
	const struct codewords *set = scan->set;
	const struct piece *piece = piece_before(scan, 0);
	size_t length = piece->length;
	uint64_t roll = piece->roll;

	for (size_t k = 1; length <= CODEWORD_BYTES_MAX; k++) {
		if (length >= CODEWORD_BYTES_MIN && may_be(set, roll)) {
			int r = settle_pieces(scan, k, false);

			if (r != 0)
				return r;
		}
		if (k == scan->run)
			break;
		piece = piece_before(scan, k);
		roll += piece->roll * set->powers[length];
		length += piece->length;
	}
	return 0;
}

/* The same across blanks; the newest piece ends a phrase. */
static int
try_phrases(struct scan *scan)
{
	const struct codewords *set = scan->set;
	const struct piece *piece = piece_before(scan, 0);
	size_t length = piece->length;
	uint64_t roll = piece->roll;

	for (size_t k = 1; k < scan->all && length <= CODEWORD_BYTES_MAX; k++) {
		piece = piece_before(scan, k);
		roll += (CODEWORD_BLANK + piece->roll * set->multiplier) * set->powers[length];
		length += piece->length + 1;
		/* Without a blank among them they are a run, and were tried. */
		if (k + 1 > scan->run && may_be(set, roll)) {
			int r = settle_pieces(scan, k + 1, true);

			if (r != 0)
				return r;
		}
	}
	return 0;
}

/* Letters beyond ASCII may have two bytes for a capital: fold, then hash. */
static void
take_folded(struct scan *scan, struct piece *piece)
{
	uint8_t text[2 * CODEWORD_BYTES_MAX];

	piece->length = codeword_fold(scan->in, 1, piece->from, piece->to, text, sizeof(text));
	piece->roll = codeword_roll(scan->set, bytes_make(text, piece->length));
}

/* Hash a part while finding its end; nearly all are a capital or none, then plain letters. */
static inline void
take_piece(struct scan *scan, const size_t stride, size_t at, struct piece *piece)
{
	const uint64_t multiplier = scan->set->multiplier, square = scan->set->powers[2];
	const struct bytes in = scan->in;
	const uint8_t *p = in.at;
	uint64_t roll = 0;
	size_t end;

	piece->from = at;
	if (stride == 1 && at + 1 < in.left && is_plain[p[at + 1]] &&
	    (is_plain[p[at]] || classes[p[at]] == CLASS_UPPER)) {
		roll = p[at++] | 0x20;
		/* Two at a time: the chain of products is what takes the time. */
		for (; at + 1 < in.left && (is_plain[p[at]] & is_plain[p[at + 1]]) != 0; at += 2)
			roll = roll * square + (p[at] * multiplier + p[at + 1]);
		if (at < in.left && is_plain[p[at]])
			roll = roll * multiplier + p[at++];
		piece->to = at;
		piece->length = at - piece->from;
		piece->roll = roll;
		if (at == in.left || p[at] < 0x80)
			return;
		at = piece->from;
		roll = 0;
	}
	end = part_end(in, stride, at);
	piece->to = end;
	piece->length = 0;
	for (; at < end; at += stride) {
		uint8_t c = p[at];

		if (c >= 0x80 && stride == 1) {
			take_folded(scan, piece);
			return;
		}
		roll = roll * multiplier + (c | (uint8_t)((c & 0x40) >> 1));
		piece->length++;
	}
	piece->roll = roll;
}

/* The next place of the same parity that may hold a letter: its second byte is 0. */
static size_t
next_wide_letter(struct bytes in, size_t at)
{
	const uint8_t *zero;

	if (at + 1 >= in.left)
		return in.left;
	zero = memchr(in.at + at + 1, 0, in.left - (at + 1));
	if (zero == NULL)
		return in.left;
	/* A zero at the other parity: go on one letter before it, where nothing is skipped. */
	return at + (((size_t)(zero - in.at) - at - 1) & ~(size_t)1);
}

static inline int
scan_words(struct scan *scan, const size_t stride)
{
	const struct codewords *set = scan->set;
	const struct bytes in = scan->in;
	bool joined = false; /* something stood behind the newest piece */
	size_t at = 0;

	while (at < in.left) {
		enum class class = class_at(in, stride, at);
		struct piece *piece;
		int r = 0;

		if (class == CLASS_OTHER) {
			scan->run = scan->all = 0;
			joined = false;
			at += stride;
			if (stride == 2)
				at = next_wide_letter(in, at);
			continue;
		}
		if (class == CLASS_JOINER || class == CLASS_BLANK) {
			/* One joiner joins, two do not. */
			if (joined)
				scan->run = scan->all = 0;
			if (class == CLASS_BLANK)
				scan->run = 0;
			joined = true;
			at += stride;
			continue;
		}
		scan->newest++;
		piece = &scan->pieces[scan->newest % RING];
		take_piece(scan, stride, at, piece);
		at = piece->to;
		joined = false;
		scan->run += scan->run < CODEWORD_PARTS_MAX;
		scan->all += scan->all < CODEWORD_PARTS_MAX;
		r = try_run(scan);
		if (r == 0 && scan->all > scan->run && in_filter(set->tails, piece->roll))
			r = try_phrases(scan);
		if (r != 0)
			return r;
	}
	return 0;
}

static bool
is_host_byte(struct bytes in, size_t stride, size_t at)
{
	uint8_t c = in.at[at];

	return (stride == 1 || (at + 1 < in.left && in.at[at + 1] == 0)) &&
	       (text_is_alnum(c) || c == '-' || c == '.');
}

/* Every suffix of the host in[from, to) that begins a label. */
static int
try_host(struct scan *scan, size_t from, size_t to)
{
	const struct codewords *set = scan->set;
	uint8_t form[CODEWORD_HOST_MAX + 1];
	uint64_t roll = 0;
	size_t used = 0;

	/* From the right: a letter in front of a suffix adds itself times a power. */
	for (size_t at = to; at > from && used < CODEWORD_HOST_MAX;) {
		uint8_t c;

		at -= scan->stride;
		c = text_lower(scan->in.at[at]);
		roll += c * set->powers[used++];
		form[CODEWORD_HOST_MAX + 1 - used] = c;
		if (at != from && scan->in.at[at - scan->stride] != '.')
			continue;
		if (c == '.' || !may_be(set, roll + CODEWORD_HOST_MARK * set->powers[used]))
			continue;
		form[CODEWORD_HOST_MAX - used] = CODEWORD_HOST_MARK;
		return settle(scan, bytes_make(form + CODEWORD_HOST_MAX - used, used + 1), from, to,
			      true);
	}
	return 0;
}

static int
scan_hosts(struct scan *scan)
{
	const struct bytes in = scan->in;
	size_t stride = scan->stride, at = 0;

	while (at < in.left) {
		const uint8_t *dot = memchr(in.at + at, '.', in.left - at);
		size_t from, to;
		int r;

		if (dot == NULL)
			return 0;
		from = (size_t)(dot - in.at);
		if (!is_host_byte(in, stride, from)) {
			at = from + 1;
			continue;
		}
		to = from;
		while (from >= at + stride && is_host_byte(in, stride, from - stride))
			from -= stride;
		while (to < in.left && is_host_byte(in, stride, to))
			to += stride;
		at = to;
		if ((from == 0 && !scan->first) || (to >= in.left && !scan->last))
			continue;
		/* The full stop of a sentence. */
		while (to > from && in.at[to - stride] == '.')
			to -= stride;
		r = try_host(scan, from, to);
		if (r != 0)
			return r;
	}
	return 0;
}

int
codewords_scan(const struct codewords *set, struct bytes in, size_t stride, bool first, bool last,
	       codeword_fn *hit, void *context)
{
	struct scan scan = {
	    .set = set,
	    .in = in,
	    .stride = stride,
	    .first = first,
	    .last = last,
	    .hit = hit,
	    .context = context,
	};
	int r = 0;

	if (stride == 2)
		scan.in.left &= ~(size_t)1;
	if (set->has_words || set->has_phrases)
		r = stride == 1 ? scan_words(&scan, 1) : scan_words(&scan, 2);
	if (r == 0 && set->has_hosts)
		r = scan_hosts(&scan);
	return r;
}
