/*
 * summary.c - the shape of an input for reports: what is in it, by size and kind
 */
#include <stdlib.h>
#include <string.h>

#include "intake/inside.h"

void
input_summary_init(struct input_summary *summary)
{
	*summary = (struct input_summary){.arena = ARENA_INIT((size_t)64 << 20)};
}

void
input_summary_free(struct input_summary *summary)
{
	arena_free(&summary->arena);
	summary->largest = NULL;
	summary->largest_count = 0;
}

int
summary_count(struct intake *in, uint64_t bytes, enum blob_kind kind)
{
	(void)pthread_mutex_lock(&in->summary_lock);
	in->summary->files++;
	in->summary->kind_bytes[kind] += bytes;
	in->summary->kind_files[kind]++;
	(void)pthread_mutex_unlock(&in->summary_lock);
	return 0;
}

/* Is there a file whose path begins with `front`, or, `exact`, is just that? */
static bool
has_file(const struct input_facts *facts, struct bytes front, bool exact)
{
	size_t low = 0, high = facts->files_count;

	/* Of one input all paths have the same front, so their order is that of `inner`. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(facts->files[middle].inner, (const char *)front.at, front.left) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < facts->files_count &&
	       strncmp(facts->files[low].inner, (const char *)front.at, front.left) == 0 &&
	       (!exact || facts->files[low].inner[front.left] == '\0');
}

/* What lay inside a thing that is still there was looked for: "a.zip!/b" by "a.zip", which is a
 * blob of its own or the front of its members. */
static bool
was_examined(const struct input_facts *facts, const char *place)
{
	size_t length = strlen(place);

	if (strcmp(place, ".") == 0 || has_file(facts, bytes_make(place, length), true))
		return true;
	for (; length >= 2; length--) {
		if (memcmp(place + length - 2, "!/", 2) != 0)
			continue;
		if (has_file(facts, bytes_make(place, length), false) ||
		    has_file(facts, bytes_make(place, length - 2), true))
			return true;
	}
	return false;
}

void
summary_places(struct intake *in)
{
	struct input_summary *summary = in->summary;
	size_t count = in->options.places_count;

	summary->places = arena_alloc(&summary->arena, count + 1);
	summary->places_count = summary->places == NULL ? 0 : count;
	for (size_t i = 0; i < summary->places_count; i++)
		summary->places[i] = was_examined(in->facts, in->options.places[i]);
}

static int
by_size(const void *left, const void *right)
{
	const struct fact_file *const *a = left, *const *b = right;
	int r = ((*a)->size_bytes < (*b)->size_bytes) - ((*a)->size_bytes > (*b)->size_bytes);

	return r != 0 ? r : strcmp((*a)->path, (*b)->path);
}

void
summary_finish(struct input_summary *summary, const struct input_facts *facts)
{
	const struct fact_file **order = calloc(facts->files_count + 1, sizeof(const void *));
	size_t count = 0;

	if (order == NULL)
		return; /* a picture less, nothing else */
	for (size_t i = 0; i < facts->files_count; i++)
		order[count++] = &facts->files[i];
	if (count > 1)
		qsort(order, count, sizeof(const void *), by_size);
	if (count > SUMMARY_FILES_MAX)
		count = SUMMARY_FILES_MAX;
	summary->largest = arena_alloc(&summary->arena, count * sizeof(*summary->largest) + 1);
	for (size_t i = 0; summary->largest != NULL && i < count; i++) {
		const char *path = arena_text(&summary->arena, order[i]->inner);

		if (path == NULL)
			break;
		summary->largest[i] =
		    (struct summary_file){path, order[i]->size_bytes, order[i]->kind};
		summary->largest_count = i + 1;
	}
	free(order);
}
