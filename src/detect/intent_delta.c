/*
 * intent_delta.c - two versions of a package, file by file
 *
 * Knows: that the folder around a package and the version in a wheel's folders are not part of a
 * file's name; what is new in kind.
 * Does not know: which difference is worth a finding.
 */
#include "detect/intent.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define TYPE_BYTES_MAX 12 /* longer endings are parts of names, not types */
#define TYPES_MAX      1000

/* A file under the name that both versions know it by. */
struct known {
	const char *name;
	const struct fact_file *file;
};

static int
by_name(const void *left, const void *right)
{
	const struct known *a = left, *b = right;
	int r = strcmp(a->name, b->name);

	return r != 0 ? r : strcmp(a->file->path, b->file->path);
}

/* The folder that everything lies in ("package/", "acme-1.2/"), or nothing. */
static size_t
common_folder(const struct input_facts *facts)
{
	const char *first = facts->files_count == 0 ? "" : facts->files[0].inner;
	const char *slash = strchr(first, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - first) + 1;

	/* "x.jar!/": a container is part of the name. */
	if (length < 2 || first[length - 2] == '!')
		return 0;
	for (size_t i = 0; i < facts->files_count; i++)
		if (strncmp(facts->files[i].inner, first, length) != 0)
			return 0;
	return length;
}

/* "acme-1.2.dist-info/X" to "dist-info/X": the version is not what changed. */
static const char *
without_version(const char *name)
{
	static const char *const ends[] = {".dist-info/", ".data/", ".egg-info/"};
	const char *slash = strchr(name, '/');

	for (size_t i = 0; slash != NULL && i < ARRAY_LEN(ends); i++) {
		size_t length = strlen(ends[i]);

		if ((size_t)(slash + 1 - name) > length &&
		    memcmp(slash + 1 - length, ends[i], length) == 0)
			return slash + 2 - length;
	}
	return name;
}

static int
list_known(const struct input_facts *facts, struct known **out, struct arena *arena,
	   struct fault *fault)
{
	size_t folder = common_folder(facts);
	struct known *list = arena_alloc(arena, (facts->files_count + 1) * sizeof(*list));

	if (list == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < facts->files_count; i++)
		list[i] = (struct known){without_version(facts->files[i].inner + folder),
					 &facts->files[i]};
	if (facts->files_count > 1)
		qsort(list, facts->files_count, sizeof(*list), by_name);
	*out = list;
	return 0;
}

static bool
is_map(const struct fact_file *file)
{
	return bytes_ends(bytes_text(file->inner), BYTES_OF(".map"));
}

static bool
is_news(const struct fact_file *file, enum intent_news news)
{
	switch (news) {
	case INTENT_MAP:
		return is_map(file);
	case INTENT_BINARY:
		return file->kind >= BLOB_ELF && file->kind <= BLOB_AR_OBJECT_LIB;
	case INTENT_ARCHIVE:
		return strstr(file->inner, "!/") != NULL;
	case INTENT_WEIGHTS:
		return file->kind >= BLOB_SAFETENSORS && file->kind <= BLOB_HDF5;
	case INTENT_NEWS:
		break;
	}
	return false;
}

static uint64_t
count_news(const struct input_facts *facts, enum intent_news news)
{
	uint64_t count = 0;

	for (size_t i = 0; i < facts->files_count; i++)
		count += is_news(&facts->files[i], news);
	return count;
}

/* The ending of a file's name, lower case, or false: none, or a part of the name. */
static bool
type_of(const struct fact_file *file, char out[TYPE_BYTES_MAX + 1])
{
	struct bytes base = blob_basename(bytes_text(file->inner));
	size_t at = base.left;

	while (at > 0 && base.at[at - 1] != '.')
		at--;
	if (at < 2 || base.left - at == 0 || base.left - at >= TYPE_BYTES_MAX)
		return false;
	out[0] = '.';
	for (size_t i = at; i < base.left; i++) {
		/* ".1", ".0": versions, not types. */
		if (!text_is_alnum(base.at[i]) || (base.at[at] >= '0' && base.at[at] <= '9'))
			return false;
		out[i - at + 1] = (char)text_lower(base.at[i]);
	}
	out[base.left - at + 1] = '\0';
	return true;
}

struct type {
	char text[TYPE_BYTES_MAX + 1];
};

static int
by_type(const void *left, const void *right)
{
	return strcmp(((const struct type *)left)->text, ((const struct type *)right)->text);
}

/* The endings of all files, sorted, with doubles. */
static size_t
list_types(const struct input_facts *facts, struct type **out, struct arena *arena)
{
	struct type *list = arena_alloc(arena, (facts->files_count + 1) * sizeof(*list));
	size_t count = 0;

	*out = list;
	if (list == NULL)
		return 0;
	for (size_t i = 0; i < facts->files_count; i++)
		count += type_of(&facts->files[i], list[count].text);
	if (count > 1)
		qsort(list, count, sizeof(*list), by_type);
	return count;
}

static int
compare_types(const struct input_facts *now, struct intent_delta *out, struct arena *arena,
	      struct fault *fault)
{
	struct type *new_list, *old_list;
	size_t new_count = list_types(now, &new_list, arena);
	size_t old_count = list_types(now->previous, &old_list, arena);

	out->types = arena_alloc(arena, (TYPES_MAX + 1) * sizeof(*out->types));
	out->types_files = arena_alloc(arena, (TYPES_MAX + 1) * sizeof(*out->types_files));
	if (new_list == NULL || old_list == NULL || out->types == NULL || out->types_files == NULL)
		return fault_memory(fault);
	for (size_t i = 0, n; i < new_count; i += n) {
		for (n = 1; i + n < new_count && by_type(&new_list[i], &new_list[i + n]) == 0; n++)
			;
		if (out->types_count == TYPES_MAX ||
		    bsearch(&new_list[i], old_list, old_count, sizeof(*old_list), by_type) != NULL)
			continue;
		out->types[out->types_count] = new_list[i].text;
		out->types_files[out->types_count++] = n;
	}
	return 0;
}

/* Merge two sorted lists into pairs. */
static void
pair_up(struct intent_delta *out, const struct known *now, size_t now_count,
	const struct known *before, size_t before_count)
{
	size_t i = 0, j = 0;

	while (i < now_count || j < before_count) {
		struct intent_pair *pair = &out->pairs[out->pairs_count++];
		int r = i == now_count      ? 1
			: j == before_count ? -1
					    : strcmp(now[i].name, before[j].name);

		*pair = (struct intent_pair){0};
		if (r <= 0)
			pair->now = now[i++].file;
		if (r >= 0)
			pair->before = before[j++].file;
		out->added += r < 0;
		out->removed += r > 0;
		out->changed += r == 0 && pair->now->content_hash != pair->before->content_hash;
	}
}

int
intent_compare(const struct input_facts *now, struct intent_delta *out, struct arena *arena,
	       struct fault *fault)
{
	const struct input_facts *before = now->previous;
	struct known *new_list = NULL, *old_list = NULL;
	int r = list_known(now, &new_list, arena, fault);

	if (r == 0)
		r = list_known(before, &old_list, arena, fault);
	if (r < 0)
		return r;
	*out = (struct intent_delta){
	    .files_now = now->files_count + now->files_left_out,
	    .files_before = before->files_count + before->files_left_out,
	    .bytes_now = now->total_bytes,
	    .bytes_before = before->total_bytes,
	    .complete = now->files_left_out == 0 && before->files_left_out == 0,
	};
	out->pairs =
	    arena_alloc(arena, (now->files_count + before->files_count + 1) * sizeof(*out->pairs));
	if (out->pairs == NULL)
		return fault_memory(fault);
	pair_up(out, new_list, now->files_count, old_list, before->files_count);
	for (unsigned news = 0; news < INTENT_NEWS; news++)
		if (count_news(before, news) == 0)
			out->first[news] = count_news(now, news);
	return compare_types(now, out, arena, fault);
}

static const char *
files_change(const struct intent_delta *delta, struct arena *arena)
{
	bool more = delta->files_now >= delta->files_before;
	uint64_t count =
	    more ? delta->files_now - delta->files_before : delta->files_before - delta->files_now;
	char text[32];

	if (count == 0 && delta->added > 0)
		return arena_printf(arena, "%s files replaced by others",
				    text_count(delta->added, text));
	if (count == 0)
		return arena_printf(arena, "%s of %llu files changed",
				    text_count(delta->changed, text),
				    (unsigned long long)delta->files_now);
	return arena_printf(arena, "%c%s file%s", more ? '+' : '-', text_count(count, text),
			    count == 1 ? "" : "s");
}

static const char *
bytes_change(const struct intent_delta *delta, struct arena *arena)
{
	bool more = delta->bytes_now >= delta->bytes_before;
	char text[32];

	return arena_printf(arena, "%c%s", more ? '+' : '-',
			    text_size(more ? delta->bytes_now - delta->bytes_before
					   : delta->bytes_before - delta->bytes_now,
				      text));
}

static const char *
kinds_change(const struct intent_delta *delta, struct arena *arena)
{
	static const char *const names[] = {[INTENT_MAP] = "source maps",
					    [INTENT_BINARY] = "compiled code",
					    [INTENT_ARCHIVE] = "archives",
					    [INTENT_WEIGHTS] = "model weights"};
	const char *text = NULL;

	for (unsigned news = 0; news < INTENT_NEWS; news++)
		if (delta->first[news] > 0)
			text = arena_printf(arena, "%s%s%s", text == NULL ? "" : text,
					    text == NULL ? "" : ", ", names[news]);
	for (size_t i = 0; i < delta->types_count && i < 3; i++)
		text = arena_printf(arena, "%s%s%s", text == NULL ? "" : text,
				    text == NULL ? "" : ", ", delta->types[i]);
	if (text == NULL)
		return "nothing new in kind";
	return arena_printf(arena, "new in kind: %s", text);
}

const char *
intent_difference(const struct input_facts *now, struct arena *arena)
{
	struct intent_delta delta;
	const char *files, *bytes, *kinds;

	if (now->previous == NULL || intent_compare(now, &delta, arena, NULL) < 0)
		return NULL;
	files = files_change(&delta, arena);
	bytes = bytes_change(&delta, arena);
	kinds = kinds_change(&delta, arena);
	if (files == NULL || bytes == NULL || kinds == NULL)
		return NULL;
	return arena_printf(arena, "%s, %s, %s", files, bytes, kinds);
}
