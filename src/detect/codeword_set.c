/*
 * codeword_set.c - an owner's words, kept so that the file of them reveals none
 *
 * Knows: the normal form of a word, its two hashes, the file.
 * Does not know: blobs; where the key comes from.
 *
 * Each entry has a keyed BLAKE2b hash, which says what it is, and a rolling hash with a secret
 * multiplier, which finds it at the speed of reading.  The rolling hash alone would give the
 * multiplier away to whoever guesses a few words, so that it stands in the file only under a mask
 * that needs the key too.
 */
#include "detect/codeword_scan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/text.h"
#include "seal/hash.h"

#define FILE_HEAD      "stopwater-words 1\n"
#define FORM_BYTES_MAX (CODEWORD_HOST_MAX + 2)

int
codewords_new(struct codewords **out, const uint8_t key[CODEWORDS_KEY_BYTES], struct fault *fault)
{
	struct codewords *set = calloc(1, sizeof(*set));
	uint8_t roll[HASH_KEYED_BYTES];

	if (set == NULL)
		return fault_memory(fault);
	hash_keyed(key, BYTES_OF("stopwater words: name"), set->name_key);
	hash_keyed(key, BYTES_OF("stopwater words: mask"), set->mask_key);
	hash_keyed(key, BYTES_OF("stopwater words: roll"), roll);
	memcpy(&set->multiplier, roll, sizeof(set->multiplier));
	set->multiplier |= 1;
	set->powers[0] = 1;
	for (size_t i = 1; i < ARRAY_LEN(set->powers); i++)
		set->powers[i] = set->powers[i - 1] * set->multiplier;
	*out = set;
	return 0;
}

void
codewords_free(struct codewords **set)
{
	if (*set != NULL) {
		free((*set)->entries);
		free((*set)->rolls);
	}
	free(*set);
	*set = NULL;
}

static void
fill_entry(const struct codewords *set, struct bytes form, enum codeword_kind kind,
	   struct codeword_entry *entry)
{
	uint8_t hash[HASH_KEYED_BYTES];

	hash_keyed(set->name_key, form, hash);
	memcpy(entry->name, hash, sizeof(entry->name));
	entry->roll = codeword_roll(set, form);
	entry->kind = kind;
	entry->tail = 0;
	if (kind == CODEWORD_PHRASE) {
		const uint8_t *blank = memrchr(form.at, CODEWORD_BLANK, form.left);

		entry->tail = codeword_roll(
		    set, bytes_make(blank + 1, (size_t)(form.at + form.left - (blank + 1))));
	}
}

static int
compare(const void *left, const void *right)
{
	const struct codeword_entry *a = left, *b = right;

	return memcmp(a->name, b->name, sizeof(a->name));
}

static void
put_bit(uint64_t *filter, uint64_t roll)
{
	size_t at = codeword_filter_at(roll);

	filter[at / 64] |= (uint64_t)1 << at % 64;
}

static int
compare_rolls(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* What the scan asks before it looks for the entry itself. */
static void
note(struct codewords *set, const struct codeword_entry *entry)
{
	put_bit(set->filter, entry->roll);
	if (entry->kind == CODEWORD_PHRASE)
		put_bit(set->tails, entry->tail);
	set->has_hosts |= entry->kind == CODEWORD_HOST;
	set->has_words |= entry->kind == CODEWORD_WORD;
	set->has_phrases |= entry->kind == CODEWORD_PHRASE;
}

/* Entries are sorted by name; rolls and filters are made anew. */
static void
settle(struct codewords *set)
{
	if (set->count > 1)
		qsort(set->entries, set->count, sizeof(set->entries[0]), compare);
	memset(set->filter, 0, sizeof(set->filter));
	memset(set->tails, 0, sizeof(set->tails));
	set->has_hosts = set->has_words = set->has_phrases = false;
	for (size_t i = 0; i < set->count; i++) {
		set->rolls[i] = set->entries[i].roll;
		note(set, &set->entries[i]);
	}
	if (set->count > 1)
		qsort(set->rolls, set->count, sizeof(set->rolls[0]), compare_rolls);
}

static bool
holds(const struct codewords *set, const struct codeword_entry *entry)
{
	return set->count > 0 &&
	       bsearch(entry, set->entries, set->count, sizeof(*entry), compare) != NULL;
}

/* 0: added, without settling. */
static int
append(struct codewords *set, const struct codeword_entry *entry, struct fault *fault)
{
	if (set->count == CODEWORDS_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %d words", CODEWORDS_MAX);
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 64 : set->room * 2;
		struct codeword_entry *more =
		    reallocarray(set->entries, room, sizeof(set->entries[0]));

		uint64_t *rolls;

		if (more == NULL)
			return fault_memory(fault);
		set->entries = more;
		rolls = reallocarray(set->rolls, room, sizeof(set->rolls[0]));
		if (rolls == NULL)
			return fault_memory(fault);
		set->rolls = rolls;
		set->room = room;
	}
	set->entries[set->count++] = *entry;
	return 0;
}

/* Into its place, so that a list of words is not sorted anew for each. */
static int
add_entry(struct codewords *set, const struct codeword_entry *entry, struct fault *fault)
{
	size_t at, last = set->count;
	int r = holds(set, entry) ? CODEWORDS_SAME : append(set, entry, fault);

	if (r != 0)
		return r;
	for (at = last; at > 0 && compare(&set->entries[at - 1], entry) > 0; at--)
		set->entries[at] = set->entries[at - 1];
	set->entries[at] = *entry;
	for (at = last; at > 0 && set->rolls[at - 1] > entry->roll; at--)
		set->rolls[at] = set->rolls[at - 1];
	set->rolls[at] = entry->roll;
	note(set, entry);
	return 0;
}

/* The forms of a word: its parts in a row, and, where there are several, with blanks between.
 * Returns how many parts, or FAULT_USAGE. */
static int
forms_of(struct bytes word, struct buf *fused, struct buf *split, struct fault *fault)
{
	struct codeword_part part = {0};
	int parts = 0;

	while (codeword_next_part(word, 1, part.to, &part)) {
		uint8_t text[CODEWORD_BYTES_MAX + 4];
		size_t length = codeword_fold(word, 1, part.from, part.to, text, sizeof(text));

		if (parts++ > 0)
			(void)buf_append_u8(split, CODEWORD_BLANK);
		(void)buf_append(fused, text, length);
		(void)buf_append(split, text, length);
	}
	if (fused->failed == FAULT_MEMORY || split->failed == FAULT_MEMORY)
		return fault_memory(fault);
	if (fused->failed != 0 || fused->used > CODEWORD_BYTES_MAX)
		return fault_set(fault, FAULT_USAGE, "a word has at most %d letters",
				 CODEWORD_BYTES_MAX);
	if (fused->used < CODEWORD_BYTES_MIN)
		return fault_set(
		    fault, FAULT_USAGE,
		    "a word needs at least %d letters, or it would be found everywhere",
		    CODEWORD_BYTES_MIN);
	if (parts > CODEWORD_PARTS_MAX)
		return fault_set(fault, FAULT_USAGE, "a word has at most %d parts",
				 CODEWORD_PARTS_MAX);
	return parts;
}

int
codewords_add(struct codewords *set, struct bytes word, struct fault *fault)
{
	AUTO(buf_free)
	struct buf fused = BUF_INIT(FORM_BYTES_MAX);
	AUTO(buf_free)
	struct buf split = BUF_INIT(FORM_BYTES_MAX);
	int parts = forms_of(word, &fused, &split, fault), r;
	struct codeword_entry entry;

	if (parts < 0)
		return parts;
	if (parts > 1) {
		fill_entry(set, buf_bytes(&split), CODEWORD_PHRASE, &entry);
		r = add_entry(set, &entry, fault);
		if (r < 0)
			return r;
	}
	fill_entry(set, buf_bytes(&fused), CODEWORD_WORD, &entry);
	return add_entry(set, &entry, fault);
}

/* "*.corp.acme.internal" -> mark, "corp.acme.internal". */
static int
form_of_host(struct bytes host, struct buf *form, struct fault *fault)
{
	bool dot = false, letter = false;

	if (bytes_begins(host, BYTES_OF("*.")))
		(void)bytes_skip(&host, 2);
	(void)buf_append_u8(form, CODEWORD_HOST_MARK);
	for (size_t i = 0; i < host.left; i++) {
		uint8_t c = text_lower(host.at[i]);

		if (!text_is_alnum(c) && c != '-' && c != '.')
			return fault_set(fault, FAULT_USAGE, "a host has letters, digits, - and .");
		dot |= c == '.';
		letter |= c >= 'a';
		(void)buf_append_u8(form, c);
	}
	if (form->failed != 0)
		return fault_set(fault, form->failed == FAULT_MEMORY ? FAULT_MEMORY : FAULT_USAGE,
				 "a host has at most %d letters", CODEWORD_HOST_MAX);
	if (!dot || !letter || host.left < CODEWORD_BYTES_MIN)
		return fault_set(fault, FAULT_USAGE, "a host needs a dot, like corp.example");
	return 0;
}

int
codewords_add_host(struct codewords *set, struct bytes host, struct fault *fault)
{
	AUTO(buf_free)
	struct buf form = BUF_INIT(FORM_BYTES_MAX);
	int r = form_of_host(host, &form, fault);
	struct codeword_entry entry;

	if (r < 0)
		return r;
	fill_entry(set, buf_bytes(&form), CODEWORD_HOST, &entry);
	return add_entry(set, &entry, fault);
}

static bool
drop(struct codewords *set, struct bytes form)
{
	struct codeword_entry key, *found;

	if (set->count == 0)
		return false;
	fill_entry(set, form, CODEWORD_WORD, &key);
	found = bsearch(&key, set->entries, set->count, sizeof(key), compare);
	if (found == NULL)
		return false;
	memmove(found, found + 1,
		(size_t)(set->entries + set->count - (found + 1)) * sizeof(*found));
	set->count--;
	return true;
}

int
codewords_remove(struct codewords *set, struct bytes word, struct fault *fault)
{
	AUTO(buf_free)
	struct buf fused = BUF_INIT(FORM_BYTES_MAX);
	AUTO(buf_free)
	struct buf split = BUF_INIT(FORM_BYTES_MAX);
	AUTO(buf_free)
	struct buf host = BUF_INIT(FORM_BYTES_MAX);
	bool found = false;
	int r;

	r = forms_of(word, &fused, &split, fault);
	if (r == FAULT_MEMORY)
		return r;
	/* Each is dropped, whatever came of the others. */
	if (r > 0) {
		found = drop(set, buf_bytes(&fused));
		found = drop(set, buf_bytes(&split)) || found;
	}
	if (form_of_host(word, &host, NULL) == 0)
		found = drop(set, buf_bytes(&host)) || found;
	settle(set);
	return found ? 0 : CODEWORDS_ABSENT;
}

size_t
codewords_count(const struct codewords *set)
{
	return set->count;
}

void
codeword_id(const struct codeword_entry *entry, char id[CODEWORD_ID_BYTES])
{
	(void)text_hex(entry->name, (CODEWORD_ID_BYTES - 1) / 2, id);
}

bool
codewords_at(const struct codewords *set, size_t index, char id[CODEWORD_ID_BYTES])
{
	codeword_id(&set->entries[index], id);
	return set->entries[index].kind == CODEWORD_HOST;
}

/* Hide, or show again, the rolling hashes of an entry. */
static void
mask(const struct codewords *set, struct codeword_entry *entry)
{
	uint8_t hash[HASH_KEYED_BYTES];
	uint64_t masks[2];

	hash_keyed(set->mask_key, bytes_make(entry->name, sizeof(entry->name)), hash);
	memcpy(masks, hash, sizeof(masks));
	entry->roll ^= masks[0];
	entry->tail ^= masks[1];
}

/* Tells a file of another key before its words are silently not found. */
static void
check_of(const struct codewords *set, char out[33])
{
	uint8_t hash[HASH_KEYED_BYTES];

	hash_keyed(set->name_key,
		   BYTES_OF("\x1d"
			    "check"),
		   hash);
	(void)text_hex(hash, 16, out);
}

static const char kind_letters[] = {
    [CODEWORD_WORD] = 'w', [CODEWORD_PHRASE] = 'p', [CODEWORD_HOST] = 'h'};

int
codewords_format(const struct codewords *set, struct buf *to, struct fault *fault)
{
	char hex[2 * sizeof(set->entries[0].name) + 1];

	check_of(set, hex);
	(void)buf_printf(to, FILE_HEAD "check %s\n", hex);
	for (size_t i = 0; i < set->count; i++) {
		struct codeword_entry entry = set->entries[i];

		mask(set, &entry);
		(void)buf_printf(to, "%s %016llx %016llx %c\n",
				 text_hex(entry.name, sizeof(entry.name), hex),
				 (unsigned long long)entry.roll, (unsigned long long)entry.tail,
				 kind_letters[entry.kind]);
	}
	if (to->failed != 0)
		return fault_set(fault, to->failed, "the words do not fit");
	return 0;
}

static int
take_hex(struct bytes *in, uint8_t *out, size_t count)
{
	struct bytes raw;

	if (bytes_take(in, 2 * count, &raw) < 0)
		return -1;
	for (size_t i = 0; i < 2 * count; i++) {
		uint8_t c = raw.at[i];
		static const char digits[] = "0123456789abcdef";
		const char *found = memchr(digits, c, 16);
		unsigned digit = found == NULL ? 16 : (unsigned)(found - digits);

		if (digit == 16)
			return -1;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
	}
	return 0;
}

static int
take_literal(struct bytes *in, const char *text)
{
	return bytes_begins(*in, bytes_text(text)) ? bytes_skip(in, strlen(text)) : -1;
}

static int
take_roll(struct bytes *in, uint64_t *out)
{
	uint8_t raw[8];

	*out = 0;
	if (take_hex(in, raw, sizeof(raw)) < 0 || take_literal(in, " ") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(raw); i++)
		*out = *out << 8 | raw[i];
	return 0;
}

static int
take_entry(struct bytes *in, const struct codewords *set, struct codeword_entry *entry)
{
	uint8_t kind;

	if (take_hex(in, entry->name, sizeof(entry->name)) < 0 || take_literal(in, " ") < 0 ||
	    take_roll(in, &entry->roll) < 0 || take_roll(in, &entry->tail) < 0 ||
	    bytes_take_u8(in, &kind) < 0 || take_literal(in, "\n") < 0)
		return -1;
	mask(set, entry);
	for (size_t i = 0; i < sizeof(kind_letters); i++)
		if (kind_letters[i] == (char)kind) {
			entry->kind = (uint8_t)i;
			return 0;
		}
	return -1;
}

int
codewords_parse(struct codewords **out, struct bytes file, const uint8_t key[CODEWORDS_KEY_BYTES],
		struct fault *fault)
{
	AUTO(codewords_free)
	struct codewords *set = NULL;
	char check[33];
	size_t line = 3;
	int r = codewords_new(&set, key, fault);

	if (r < 0)
		return r;
	if (take_literal(&file, FILE_HEAD) < 0)
		return fault_set(fault, FAULT_FORMAT, "line 1: not a file of words");
	check_of(set, check);
	if (take_literal(&file, "check ") < 0 || file.left < 33 || file.at[32] != '\n')
		return fault_set(fault, FAULT_FORMAT, "line 2: no check of the key");
	if (memcmp(file.at, check, 32) != 0)
		return fault_set(fault, FAULT_TAMPER, "the words were made with another key");
	(void)bytes_skip(&file, 33);
	for (; file.left > 0; line++) {
		struct codeword_entry entry = {0};

		if (take_entry(&file, set, &entry) < 0)
			return fault_set(fault, FAULT_FORMAT, "line %zu: not an entry", line);
		r = append(set, &entry, fault);
		if (r < 0)
			return r;
	}
	settle(set);
	*out = TAKE(set);
	return 0;
}
