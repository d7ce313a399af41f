/*
 * secret_known.c - secrets that their owner told us
 *
 * Knows: how they are kept and found again.  Does not know: where the file is, what a hit is worth.
 */
#include "detect/secret_known.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "match/runs.h"
#include "seal/hash.h"

#define WHOLE_BYTES 16
#define CORE_BYTES  8
#define FILTER_BITS 16
#define FILE_MAGIC  "stopwater-secrets 1 "
#define FILE_MAX    ((size_t)64 << 20)
/* A secret and its core are told apart from each other, and the key's own mark from both. */
#define MARK_WHOLE 'w'
#define MARK_CORE  'c'
#define MARK_KEY   'k'

struct entry {
	uint64_t core; /* entries are sorted by it */
	uint8_t whole[WHOLE_BYTES];
	uint16_t length, core_at, core_length;
	char name[65];
};

struct secrets_known {
	uint8_t key[32];
	struct entry *list;
	size_t count, room;
	bool sorted;
	uint64_t lengths[(SECRETS_KNOWN_BYTES_MAX + 64) / 64]; /* bit n: a core has n bytes */
	uint64_t filter[((size_t)1 << FILTER_BITS) / 64];
};

int
secrets_known_new(struct secrets_known **out, const uint8_t key[32], struct fault *fault)
{
	struct secrets_known *known = calloc(1, sizeof(*known));

	if (known == NULL)
		return fault_memory(fault);
	memcpy(known->key, key, sizeof(known->key));
	*out = known;
	return 0;
}

void
secrets_known_free(struct secrets_known **known)
{
	if (*known == NULL)
		return;
	free((*known)->list);
	explicit_bzero(*known, sizeof(**known));
	own_free(known);
}

static void
keyed(const struct secrets_known *known, char mark, struct bytes in, uint8_t out[HASH_KEYED_BYTES])
{
	uint8_t text[SECRETS_KNOWN_BYTES_MAX + 1];

	text[0] = (uint8_t)mark;
	memcpy(text + 1, in.at, in.left);
	hash_keyed(known->key, bytes_make(text, in.left + 1), out);
	explicit_bzero(text, in.left + 1);
}

static uint64_t
core_hash(const struct secrets_known *known, struct bytes core)
{
	uint8_t hash[HASH_KEYED_BYTES];
	uint64_t value;

	keyed(known, MARK_CORE, core, hash);
	memcpy(&value, hash, sizeof(value));
	return BYTES_LE64(value);
}

/* The longest row of letters and digits. */
static void
find_core(struct bytes in, size_t *at, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < in.left;) {
		size_t end = i;

		while (end < in.left && text_is_alnum(in.at[end]))
			end++;
		if (end - i > *length) {
			*at = i;
			*length = end - i;
		}
		i = end + 1;
	}
}

static int
compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->core != b->core)
		return a->core < b->core ? -1 : 1;
	return memcmp(a->whole, b->whole, WHOLE_BYTES);
}

/* What the scan looks at first. */
static void
settle(struct secrets_known *known)
{
	memset(known->lengths, 0, sizeof(known->lengths));
	memset(known->filter, 0, sizeof(known->filter));
	if (known->count > 1)
		qsort(known->list, known->count, sizeof(*known->list), compare);
	for (size_t i = 0; i < known->count; i++) {
		const struct entry *e = &known->list[i];
		size_t bit = (size_t)(e->core >> (64 - FILTER_BITS));

		known->lengths[e->core_length / 64] |= (uint64_t)1 << e->core_length % 64;
		known->filter[bit / 64] |= (uint64_t)1 << bit % 64;
	}
}

static int
append(struct secrets_known *known, const struct entry *entry, struct fault *fault)
{
	if (known->count == known->room) {
		size_t room = known->room == 0 ? 16 : known->room * 2;
		struct entry *list = reallocarray(known->list, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		known->list = list;
		known->room = room;
	}
	known->list[known->count++] = *entry;
	return 0;
}

int
secrets_known_add(struct secrets_known *known, const char *name, struct bytes secret,
		  struct fault *fault)
{
	struct entry entry = {0};
	uint8_t hash[HASH_KEYED_BYTES];
	size_t at = 0, length;
	int r;

	if (!text_is_name(name))
		return fault_set(fault, FAULT_USAGE, "'%.64s' is no name: a-z, 0-9, '.', '_', '-'",
				 name);
	find_core(secret, &at, &length);
	if (secret.left > SECRETS_KNOWN_BYTES_MAX || length < SECRETS_KNOWN_CORE_MIN)
		return fault_set(fault, FAULT_USAGE,
				 "%s: a secret has %d letters or digits in a row at least, and %zu "
				 "bytes at most",
				 name, SECRETS_KNOWN_CORE_MIN, SECRETS_KNOWN_BYTES_MAX);
	if (known->count >= SECRETS_KNOWN_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %d secrets", SECRETS_KNOWN_MAX);
	entry.core = core_hash(known, bytes_slice(secret, at, length));
	entry.length = (uint16_t)secret.left;
	entry.core_at = (uint16_t)at;
	entry.core_length = (uint16_t)length;
	keyed(known, MARK_WHOLE, secret, hash);
	memcpy(entry.whole, hash, WHOLE_BYTES);
	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	for (size_t i = 0; i < known->count; i++)
		if (memcmp(known->list[i].whole, entry.whole, WHOLE_BYTES) == 0)
			return SECRETS_KNOWN_SAME;
	r = append(known, &entry, fault);
	settle(known);
	return r;
}

int
secrets_known_remove(struct secrets_known *known, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->list[i].name, name) != 0)
			known->list[kept++] = known->list[i];
	if (kept == known->count)
		return SECRETS_KNOWN_ABSENT;
	known->count = kept;
	settle(known);
	return 0;
}

size_t
secrets_known_count(const struct secrets_known *known)
{
	return known->count;
}

const char *
secrets_known_name(const struct secrets_known *known, size_t index)
{
	return known->list[index].name;
}

/* ---- the file ---- */

static void
key_mark(const struct secrets_known *known, char out[33])
{
	uint8_t hash[HASH_KEYED_BYTES];

	keyed(known, MARK_KEY, BYTES_OF("stopwater"), hash);
	(void)text_hex(hash, 16, out);
}

int
secrets_known_format(const struct secrets_known *known, struct buf *to, struct fault *fault)
{
	char mark[33], whole[2 * WHOLE_BYTES + 1];

	key_mark(known, mark);
	(void)buf_printf(to, FILE_MAGIC "%s\n", mark);
	for (size_t i = 0; i < known->count; i++) {
		const struct entry *e = &known->list[i];

		(void)buf_printf(to, "%016llx %s %u %u %u %s\n", (unsigned long long)e->core,
				 text_hex(e->whole, WHOLE_BYTES, whole), e->length, e->core_at,
				 e->core_length, e->name);
	}
	return to->failed != 0 ? fault_memory(fault) : 0;
}

static bool
take_hex(struct bytes *in, size_t count, uint8_t *out)
{
	for (size_t i = 0; i < count; i++) {
		unsigned value = 0;

		for (size_t k = 0; k < 2; k++) {
			uint8_t c;

			if (bytes_take_u8(in, &c) < 0)
				return false;
			if (c >= '0' && c <= '9')
				value = value * 16 + (unsigned)(c - '0');
			else if (c >= 'a' && c <= 'f')
				value = value * 16 + (unsigned)(c - 'a' + 10);
			else
				return false;
		}
		out[i] = (uint8_t)value;
	}
	return true;
}

static bool
take_number(struct bytes *in, uint16_t *out)
{
	unsigned value = 0, digits = 0;

	while (in->left > 0 && in->at[0] >= '0' && in->at[0] <= '9' && digits++ < 4) {
		value = value * 10 + (unsigned)(in->at[0] - '0');
		(void)bytes_skip(in, 1);
	}
	*out = (uint16_t)value;
	return digits > 0 && value <= SECRETS_KNOWN_BYTES_MAX;
}

static bool
take_blank(struct bytes *in)
{
	uint8_t c;

	return bytes_take_u8(in, &c) == 0 && c == ' ';
}

static bool
parse_entry(struct bytes in, struct entry *e)
{
	uint8_t core[CORE_BYTES];

	*e = (struct entry){0};
	if (!take_hex(&in, CORE_BYTES, core) || !take_blank(&in) ||
	    !take_hex(&in, WHOLE_BYTES, e->whole) || !take_blank(&in) ||
	    !take_number(&in, &e->length) || !take_blank(&in) || !take_number(&in, &e->core_at) ||
	    !take_blank(&in) || !take_number(&in, &e->core_length) || !take_blank(&in) ||
	    in.left == 0 || in.left >= sizeof(e->name))
		return false;
	for (size_t i = 0; i < CORE_BYTES; i++)
		e->core = e->core << 8 | core[i];
	memcpy(e->name, in.at, in.left);
	return text_is_name(e->name) && e->core_length >= SECRETS_KNOWN_CORE_MIN &&
	       e->core_at + e->core_length <= e->length;
}

int
secrets_known_parse(struct secrets_known **out, struct bytes file, const uint8_t key[32],
		    struct fault *fault)
{
	AUTO(secrets_known_free)
	struct secrets_known *known = NULL;
	char mark[33];
	size_t line = 0;
	int r = secrets_known_new(&known, key, fault);

	if (r < 0)
		return r;
	key_mark(known, mark);
	while (file.left > 0) {
		const uint8_t *end = memchr(file.at, '\n', file.left);
		struct bytes text =
		    bytes_slice(file, 0, end == NULL ? file.left : (size_t)(end - file.at));
		struct bytes magic = BYTES_OF(FILE_MAGIC);
		struct entry entry;

		(void)bytes_skip(&file, text.left + (end == NULL ? 0 : 1));
		if (line++ == 0) {
			if (!bytes_begins(text, magic))
				return fault_set(fault, FAULT_FORMAT, "line 1: no file of secrets");
			if (!bytes_equal(bytes_slice(text, magic.left, text.left),
					 bytes_text(mark)))
				return fault_set(fault, FAULT_TAMPER,
						 "made with another key than keys/secret-ids");
			continue;
		}
		if (!parse_entry(text, &entry))
			return fault_set(fault, FAULT_FORMAT, "line %zu: no entry", line);
		if (known->count >= SECRETS_KNOWN_MAX)
			return fault_set(fault, FAULT_LIMIT, "more than %d secrets",
					 SECRETS_KNOWN_MAX);
		r = append(known, &entry, fault);
		if (r < 0)
			return r;
	}
	settle(known);
	*out = TAKE(known);
	return 0;
}

/* ---- scanning ---- */

/* Compare all of the secrets whose core this is. */
static int
compare_whole(const struct secrets_known *known, struct bytes in, size_t at, size_t length,
	      secrets_known_fn *hit, void *context)
{
	uint64_t core = core_hash(known, bytes_slice(in, at, length));
	size_t bit = (size_t)(core >> (64 - FILTER_BITS)), low = 0, high = known->count;
	int r = 0;

	if ((known->filter[bit / 64] >> bit % 64 & 1) == 0)
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (known->list[middle].core < core)
			low = middle + 1;
		else
			high = middle;
	}
	for (; r == 0 && low < known->count && known->list[low].core == core; low++) {
		const struct entry *e = &known->list[low];
		uint8_t hash[HASH_KEYED_BYTES];
		struct secrets_known_hit found;

		if (e->core_length != length || e->core_at > at ||
		    e->length > in.left - (at - e->core_at))
			continue;
		keyed(known, MARK_WHOLE, bytes_slice(in, at - e->core_at, e->length), hash);
		if (hash_differs(hash, e->whole, WHOLE_BYTES) != 0)
			continue;
		found = (struct secrets_known_hit){at - e->core_at, e->length, (uint32_t)low};
		r = hit(context, &found);
	}
	return r;
}

int
secrets_known_scan(const struct secrets_known *known, struct bytes in, size_t from, size_t to,
		   secrets_known_fn *hit, void *context)
{
	size_t i = from;
	int r = 0;

	/* A row that begins before belongs to what is before. */
	while (i > 0 && i < in.left && text_is_alnum(in.at[i]) && text_is_alnum(in.at[i - 1]))
		i++;
	while (r == 0 && i < to) {
		size_t end = i;

		while (end < in.left && text_is_alnum(in.at[end]))
			end++;
		if (end - i >= SECRETS_KNOWN_CORE_MIN && end - i <= SECRETS_KNOWN_BYTES_MAX &&
		    (known->lengths[(end - i) / 64] >> (end - i) % 64 & 1) != 0)
			r = compare_whole(known, in, i, end - i, hit, context);
		i = end + 1;
	}
	return r;
}
