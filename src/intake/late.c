/*
 * late.c - derived things whose names came after their contents
 *
 * Knows: how the path of a finding is mended.  Does not know: who names so late (source maps that
 * have `sourcesContent` in front of `sources`).
 */
#include <stdlib.h>
#include <string.h>

#include "intake/inside.h"

void
late_names_free(struct late_names *names)
{
	free(names->list);
	*names = (struct late_names){0};
}

static const char *
display(struct arena *arena, struct bytes name)
{
	return blob_path(arena, NULL, name);
}

int
late_names_add(struct late_names *names, struct arena *arena, struct bytes stand_in,
	       struct bytes name, struct fault *fault)
{
	struct late_name late = {display(arena, stand_in), display(arena, name)};

	if (late.stand_in == NULL || late.name == NULL)
		return fault_memory(fault);
	if (names->count == names->room) {
		size_t room = names->room == 0 ? 64 : names->room * 2;
		struct late_name *list = reallocarray(names->list, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		names->list = list;
		names->room = room;
	}
	names->list[names->count++] = late;
	return 0;
}

static int
by_stand_in(const void *a, const void *b)
{
	return strcmp(((const struct late_name *)a)->stand_in,
		      ((const struct late_name *)b)->stand_in);
}

/* PARENT!/STAND-IN[!/...]: the length of STAND-IN, 0 when the path is another's. */
static size_t
link_length(const char *path, const char *parent, size_t parent_length)
{
	const char *link = path + parent_length + 2, *end;

	if (strncmp(path, parent, parent_length) != 0 ||
	    strncmp(path + parent_length, "!/", 2) != 0)
		return 0;
	end = strstr(link, "!/");
	return end == NULL ? strlen(link) : (size_t)(end - link);
}

int
late_names_apply(struct late_names *names, struct findings *findings, size_t from,
		 const char *parent, struct fault *fault)
{
	size_t parent_length = strlen(parent);

	if (names->count == 0 || findings->count == from)
		return 0;
	qsort(names->list, names->count, sizeof(*names->list), by_stand_in);
	for (size_t i = from; i < findings->count; i++) {
		struct finding *f = &findings->list[i];
		size_t length = link_length(f->path, parent, parent_length);
		AUTO(own_free)
		char *stand_in = NULL;
		struct late_name key, *hit;

		if (length == 0)
			continue;
		stand_in = strndup(f->path + parent_length + 2, length);
		if (stand_in == NULL)
			return fault_memory(fault);
		key.stand_in = stand_in;
		hit = bsearch(&key, names->list, names->count, sizeof(*names->list), by_stand_in);
		if (hit == NULL)
			continue;
		f->path = arena_printf(&findings->arena, "%s!/%s%s", parent, hit->name,
				       f->path + parent_length + 2 + length);
		if (f->path == NULL)
			return fault_memory(fault);
	}
	return 0;
}
