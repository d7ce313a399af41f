/*
 * tally.c - what many blobs of one input share, told once
 *
 * Knows: how to merge sightings so that the order of threads does not show.
 * Does not know: what is counted, and what it is worth.
 */
#include "detect/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "seal/hash.h"

struct tally {
	struct tally_row **slots; /* open addressing, NULL: free */
	size_t slots_count;       /* a power of two, more than 4/3 of rows_count */
	size_t rows_count;
};

/* The NUL of a C string is not copied into the hash; the bar keeps "ab"+"c" from "a"+"bc". */
static uint64_t
hash_of(const struct tally_row *row, struct bytes key)
{
	uint64_t hash = hash_fast(bytes_text(row->rule)) * 31;

	return hash ^ hash_fast(key) ^ hash_fast(bytes_text(row->detector->name)) * 17;
}

static struct tally_row **
slot_of(const struct tally *tally, const struct tally_row *row, struct bytes key)
{
	size_t mask = tally->slots_count - 1;

	for (size_t i = hash_of(row, key) & mask;; i = (i + 1) & mask) {
		struct tally_row *there = tally->slots[i];

		if (there == NULL ||
		    (there->detector == row->detector && strcmp(there->rule, row->rule) == 0 &&
		     bytes_equal(bytes_text(there->key), key)))
			return &tally->slots[i];
	}
}

/* The old slots stay in the arena: together never more than the new ones. */
static bool
grow(struct arena *arena, struct tally *tally)
{
	struct tally old = *tally;

	if (old.slots_count * 3 > (old.rows_count + 1) * 4)
		return true;
	tally->slots_count = old.slots_count == 0 ? 64 : old.slots_count * 2;
	tally->slots = arena_alloc(arena, tally->slots_count * sizeof(struct tally_row *));
	if (tally->slots == NULL) {
		*tally = old;
		return false;
	}
	for (size_t i = 0; i < old.slots_count; i++)
		if (old.slots[i] != NULL)
			*slot_of(tally, old.slots[i], bytes_text(old.slots[i]->key)) = old.slots[i];
	return true;
}

static struct bytes
cut(const char *text)
{
	return bytes_make(text, strnlen(text, TALLY_TEXT_MAX));
}

static int
compare_bytes(struct bytes a, struct bytes b)
{
	size_t both = a.left < b.left ? a.left : b.left;
	int r = both == 0 ? 0 : memcmp(a.at, b.at, both);

	return r != 0 ? r : (a.left > b.left) - (a.left < b.left);
}

/* Keep the TALLY_EXAMPLES_MAX least distinct details, in order. */
static bool
add_example(struct arena *arena, struct tally_row *row, const char *detail)
{
	struct bytes text = cut(detail);
	size_t at = 0;
	char *kept;

	for (; at < TALLY_EXAMPLES_MAX && row->examples[at] != NULL; at++) {
		int r = compare_bytes(text, bytes_text(row->examples[at]));

		if (r == 0)
			return true;
		if (r < 0)
			break;
	}
	if (at == TALLY_EXAMPLES_MAX)
		return true;
	kept = arena_copy(arena, text.at, text.left);
	if (kept == NULL)
		return false;
	memmove(&row->examples[at + 1], &row->examples[at],
		(TALLY_EXAMPLES_MAX - at - 1) * sizeof(row->examples[0]));
	row->examples[at] = kept;
	return true;
}

static bool
keep_first_place(struct arena *arena, struct tally_row *to, const struct tally_row *from,
		 struct detect_run *run)
{
	int r = to->path == NULL ? 1 : strcmp(to->path, run->blob->path);

	struct finding_place at = from->at;

	at.at_bytes = detect_place(run, from->at.at_bytes);
	at.length_bytes =
	    detect_place(run, from->at.at_bytes + from->at.length_bytes) - at.at_bytes;
	if (r < 0 || (r == 0 && to->at.at_bytes <= at.at_bytes))
		return true;
	if (r > 0)
		to->path = arena_text(arena, run->blob->path);
	memcpy(to->sha256, detect_sha256(run), sizeof(to->sha256));
	to->at = at;
	return to->path != NULL;
}

static bool
add_locked(struct input_facts *facts, struct detect_run *run, const struct tally_row *row)
{
	struct arena *arena = &facts->arena;
	struct bytes key = cut(row->key);
	struct tally_row **slot;

	if (facts->tally == NULL)
		facts->tally = ARENA_NEW(arena, struct tally);
	if (facts->tally == NULL || !grow(arena, facts->tally))
		return false;
	slot = slot_of(facts->tally, row, key);
	if (*slot == NULL) {
		struct tally_row *fresh;

		if (facts->tally->rows_count >= TALLY_ROWS_MAX)
			return true;
		fresh = ARENA_NEW(arena, struct tally_row);
		if (fresh == NULL)
			return false;
		fresh->detector = row->detector;
		fresh->rule = row->rule;
		fresh->severity = row->severity;
		fresh->key = arena_copy(arena, key.at, key.left);
		if (fresh->key == NULL)
			return false;
		*slot = fresh;
		facts->tally->rows_count++;
	}
	if (row->severity > (*slot)->severity)
		(*slot)->severity = row->severity;
	(*slot)->discloses |= row->discloses;
	(*slot)->count += row->count;
	(*slot)->value += row->value;
	(*slot)->bytes += row->bytes;
	(*slot)->blobs++;
	for (size_t i = 0; i < TALLY_EXAMPLES_MAX && row->examples[i] != NULL; i++)
		if (!add_example(arena, *slot, row->examples[i]))
			return false;
	return keep_first_place(arena, *slot, row, run);
}

int
tally_add(struct detect_run *run, const struct tally_row *row, struct fault *fault)
{
	bool good;

	(void)pthread_mutex_lock(&run->facts->lock);
	good = add_locked(run->facts, run, row);
	(void)pthread_mutex_unlock(&run->facts->lock);
	return good ? 0 : fault_memory(fault);
}

static int
by_rule_and_key(const void *left, const void *right)
{
	const struct tally_row *const *a = left, *const *b = right;
	int r = strcmp((*a)->rule, (*b)->rule);

	return r != 0 ? r : strcmp((*a)->key, (*b)->key);
}

int
tally_rows(struct detect_run *run, const struct detector *detector, const struct tally_row ***rows,
	   size_t *count, struct fault *fault)
{
	const struct tally *tally = run->facts->tally;
	const struct tally_row **list;
	size_t used = 0;

	*rows = NULL;
	*count = 0;
	if (tally == NULL)
		return 0;
	list = arena_alloc(run->arena, (tally->rows_count + 1) * sizeof(struct tally_row *));
	if (list == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < tally->slots_count; i++)
		if (tally->slots[i] != NULL && tally->slots[i]->detector == detector)
			list[used++] = tally->slots[i];
	qsort(list, used, sizeof(list[0]), by_rule_and_key);
	*rows = list;
	*count = used;
	return 0;
}

void
tally_to_finding(const struct tally_row *row, struct finding *finding)
{
	finding->detector = row->detector->name;
	finding->rule = row->rule;
	finding->severity = row->severity;
	finding->discloses = row->discloses;
	finding->count = row->count;
	finding->path = row->path;
	finding->has_sha256 = true;
	memcpy(finding->sha256, row->sha256, sizeof(finding->sha256));
	finding->at = row->at;
	/* The key is what all the sightings share, so it is what somebody answers for. */
	finding->has_evidence =
	    row->key[0] != '\0' && hash_sha256(bytes_text(row->key), finding->evidence, NULL) == 0;
}
