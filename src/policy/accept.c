/*
 * accept.c - entries bound to content: the list, the keyed hash, finding one
 *
 * Knows: how a finding becomes the hash of an entry.  Does not know: how a file of them looks
 * (accept_file.c), what an entry does to a verdict (verdict.c).
 */
#include "policy/accept.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/own.h"
#include "policy/accept_list.h"
#include "seal/hash.h"

int
accept_new(struct accept_list **out, enum accept_kind kind, const char *file, struct fault *fault)
{
	AUTO(accept_free)
	struct accept_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return fault_memory(fault);
	list->kind = kind;
	list->arena.bytes_max = 4 * ACCEPT_BYTES_MAX;
	list->file = arena_text(&list->arena, file);
	if (list->file == NULL)
		return fault_memory(fault);
	*out = TAKE(list);
	return 0;
}

void
accept_free(struct accept_list **list)
{
	if (*list != NULL) {
		arena_free(&(*list)->arena);
		free((*list)->entries);
	}
	free(*list);
	*list = NULL;
}

const char *
accept_file(const struct accept_list *list)
{
	return list->file;
}

enum accept_kind
accept_kind(const struct accept_list *list)
{
	return list->kind;
}

size_t
accept_count(const struct accept_list *list)
{
	return list->count;
}

struct accept_entry *
accept_at(struct accept_list *list, size_t i)
{
	return &list->entries[i];
}

int
accept_append(struct accept_list *list, const struct accept_entry *entry, struct fault *fault)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 16 : list->room * 2;
		struct accept_entry *entries = reallocarray(list->entries, room, sizeof(*entries));

		if (entries == NULL)
			return fault_memory(fault);
		list->entries = entries;
		list->room = room;
	}
	list->entries[list->count++] = *entry;
	return 0;
}

/* By hash; of equal ones the longest lived first, so that it is the one that is found. */
static int
compare(const void *left, const void *right)
{
	const struct accept_entry *a = left, *b = right;
	int r = memcmp(a->hash, b->hash, sizeof(a->hash));

	if (r == 0)
		r = strcmp(a->what, b->what);
	return r != 0 ? r : (a->until < b->until) - (a->until > b->until);
}

void
accept_sort(struct accept_list *list)
{
	if (list->count > 1)
		qsort(list->entries, list->count, sizeof(*list->entries), compare);
}

int
accept_content(const struct finding *finding, uint8_t out[ACCEPT_CONTENT_BYTES],
	       struct fault *fault)
{
	uint8_t place[32 + 24 + sizeof(finding->id)];

	if (finding->has_evidence) {
		memcpy(out, finding->evidence, ACCEPT_CONTENT_BYTES);
		return 0;
	}
	/* The blob and the place in it; of a finding that stands for many, also how many, so that
	 * one more is a new content.  A finding about no blob at all has its id. */
	memset(place, 0, sizeof(place));
	if (finding->has_sha256) {
		memcpy(place, finding->sha256, 32);
		memcpy(place + 32, &finding->at.at_bytes, 8);
		memcpy(place + 40, &finding->at.length_bytes, 8);
		memcpy(place + 48, &finding->count, 8);
	} else {
		memcpy(place + 56, finding->id, sizeof(finding->id));
	}
	return hash_sha256(bytes_make(place, sizeof(place)), out, fault);
}

/* Domain, "detector/rule", content: the rule is in it so that answering for one thing that was
 * seen in a blob answers for nothing else in it. */
static int
keyed(const uint8_t key[ACCEPT_KEY_BYTES], const char *detector, const char *rule,
      const uint8_t content[ACCEPT_CONTENT_BYTES], uint8_t out[ACCEPT_HASH_BYTES])
{
	AUTO(buf_free)
	struct buf message = BUF_INIT(4096);
	uint8_t full[HASH_KEYED_BYTES];

	(void)buf_printf(&message, "stopwater accept 1\n%s/%s\n", detector, rule);
	(void)buf_append(&message, content, ACCEPT_CONTENT_BYTES);
	if (message.failed != 0)
		return message.failed;
	hash_keyed(key, buf_bytes(&message), full);
	memcpy(out, full, ACCEPT_HASH_BYTES);
	return 0;
}

static bool
is_about(const struct accept_entry *entry, const char *detector, const char *rule)
{
	size_t length = strlen(detector);

	return strncmp(entry->what, detector, length) == 0 && entry->what[length] == '/' &&
	       strcmp(entry->what + length + 1, rule) == 0;
}

/* The first of the entries with this hash. */
static struct accept_entry *
lookup(struct accept_list *list, const uint8_t hash[ACCEPT_HASH_BYTES], const char *detector,
       const char *rule)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(list->entries[middle].hash, hash, ACCEPT_HASH_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && memcmp(list->entries[low].hash, hash, ACCEPT_HASH_BYTES) == 0;
	     low++)
		if (is_about(&list->entries[low], detector, rule))
			return &list->entries[low];
	return NULL;
}

struct accept_entry *
accept_find(struct accept_list *list, const char *detector, const char *rule,
	    const uint8_t content[ACCEPT_CONTENT_BYTES])
{
	struct accept_entry *best = NULL;

	for (size_t k = 0; list->count > 0 && k < list->keys_count; k++) {
		uint8_t hash[ACCEPT_HASH_BYTES];
		struct accept_entry *found;

		if (keyed(list->keys[k], detector, rule, content, hash) < 0)
			continue;
		found = lookup(list, hash, detector, rule);
		if (found != NULL && (best == NULL || found->until > best->until))
			best = found;
	}
	return best;
}

static int
keep(struct accept_list *list, const char **text, struct fault *fault)
{
	if (*text == NULL)
		return 0;
	*text = arena_text(&list->arena, *text);
	return *text == NULL ? fault_memory(fault) : 0;
}

int
accept_add(struct accept_list *list, const char *detector, const char *rule,
	   const uint8_t content[ACCEPT_CONTENT_BYTES], const struct accept_entry *entry,
	   struct fault *fault)
{
	struct accept_entry *old, copy = *entry;
	int r;

	if (list->keys_count == 0) {
		if (getrandom(list->keys[0], ACCEPT_KEY_BYTES, 0) != ACCEPT_KEY_BYTES)
			return fault_errno(fault, "drawing a key");
		list->keys_count = 1;
	}
	old = accept_find(list, detector, rule, content);
	copy.what = arena_printf(&list->arena, "%s/%s", detector, rule);
	if (copy.what == NULL || keyed(list->keys[0], detector, rule, content, copy.hash) < 0)
		return fault_memory(fault);
	r = keep(list, &copy.place, fault);
	if (r == 0)
		r = keep(list, &copy.owner, fault);
	if (r == 0)
		r = keep(list, &copy.reason, fault);
	if (r < 0)
		return r;
	if (old != NULL)
		*old = copy;
	else
		r = accept_append(list, &copy, fault);
	accept_sort(list);
	return r;
}

size_t
accept_drop(struct accept_list *list, bool (*gone)(const struct accept_entry *entry))
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (gone != NULL && !gone(&list->entries[i]))
			list->entries[kept++] = list->entries[i];
	list->count = kept;
	return kept;
}
