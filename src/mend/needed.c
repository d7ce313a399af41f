/*
 * needed.c - members without which a package is none
 *
 * Knows: what package.json, a wheel, a crate and a jar point to.  Does not know: what code imports.
 */
#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "base/json.h"
#include "base/own.h"
#include "mend/inside.h"

#define NEEDED_MAX ((size_t)100000)

void
needed_init(struct needed *needed)
{
	*needed = (struct needed){.arena = ARENA_INIT((size_t)64 << 20)};
}

void
needed_free(struct needed *needed)
{
	free(needed->names);
	arena_free(&needed->arena);
	needed->names = NULL;
}

static int
add(struct needed *needed, const char *member, const char *why, struct fault *fault)
{
	struct needed_name *bigger;
	const char *kept = arena_text(&needed->arena, member);

	if (needed->count == NEEDED_MAX)
		return fault_set(fault, FAULT_LIMIT, "the manifest names too many files");
	if (needed->count == needed->room) {
		size_t room = needed->room == 0 ? 16 : 2 * needed->room;

		bigger = reallocarray(needed->names, room, sizeof(*bigger));
		if (bigger == NULL)
			return fault_memory(fault);
		needed->names = bigger;
		needed->room = room;
	}
	if (kept == NULL)
		return fault_memory(fault);
	needed->names[needed->count++] = (struct needed_name){kept, why};
	return 0;
}

static const char *
last_part(const char *member)
{
	const char *slash = strrchr(member, '/');

	return slash == NULL ? member : slash + 1;
}

/* How many folders it lies in. */
static size_t
folders_of(const char *member)
{
	size_t n = 0;

	for (; *member != 0; member++)
		n += *member == '/';
	return n;
}

bool
needed_wants(const char *member)
{
	return strcmp(last_part(member), "package.json") == 0 && folders_of(member) <= 1;
}

int
needed_member(struct needed *needed, const char *member, struct fault *fault)
{
	static const char *const crate[] = {"Cargo.toml", "build.rs", "pyproject.toml", "setup.py",
					    "PKG-INFO"};
	static const char *const wheel[] = {".dist-info/METADATA", ".dist-info/WHEEL",
					    ".dist-info/RECORD"};
	const char *name = last_part(member);

	if (needed_wants(member))
		return add(needed, member, "is the manifest", fault);
	for (size_t i = 0; i < ARRAY_LEN(wheel); i++)
		if (bytes_ends(bytes_text(member), bytes_text(wheel[i])) && folders_of(member) == 1)
			return add(needed, member, "is what makes it a wheel", fault);
	for (size_t i = 0; i < ARRAY_LEN(crate); i++)
		if (strcmp(name, crate[i]) == 0 && folders_of(member) <= 1)
			return add(needed, member, "is what it is built by", fault);
	if (strcmp(member, "META-INF/MANIFEST.MF") == 0)
		return add(needed, member, "is the manifest", fault);
	if (bytes_ends(bytes_text(member), BYTES_OF("/src/lib.rs")) ||
	    bytes_ends(bytes_text(member), BYTES_OF("/src/main.rs")))
		return folders_of(member) == 2 ? add(needed, member, "is the crate's root", fault)
					       : 0;
	if (strcmp(member, "oci-layout") == 0 || strcmp(member, "manifest.json") == 0)
		needed->image = true;
	if (strcmp(member, "metadata.gz") == 0 || strcmp(member, "data.tar.gz") == 0)
		needed->gem = true;
	return 0;
}

/* A path of the manifest, seen from its folder, with what node tries behind it. */
static int
add_target(struct needed *needed, const char *folder, size_t folder_bytes,
	   const struct json_value *value, const char *why, struct fault *fault)
{
	static const char *const endings[] = {"", ".js", ".json", ".node", "/index.js"};
	struct bytes path = value->text;
	int r = 0;

	while (bytes_begins(path, BYTES_OF("./")) || bytes_begins(path, BYTES_OF("/")))
		(void)bytes_skip(&path, path.at[0] == '/' ? 1 : 2);
	if (path.left == 0 || memchr(path.at, '*', path.left) != NULL)
		return 0;
	if (path.at[path.left - 1] == '/')
		path.left--;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(endings); i++) {
		AUTO(buf_free)
		struct buf member = BUF_INIT(BLOB_PATH_BYTES_MAX);

		(void)buf_append(&member, folder, folder_bytes);
		(void)blob_display(&member, path);
		if (buf_append_text(&member, endings[i]) < 0)
			return 0; /* longer than any member's name */
		r = add(needed, buf_text(&member), why, fault);
	}
	return r;
}

/* All strings in it, however deep: `exports`, `bin`, `browser`.  Recursion ends where the reader's
 * depth does. */
static int
add_targets(struct needed *needed, const char *folder, size_t folder_bytes,
	    const struct json_value *value, const char *why, struct fault *fault)
{
	int r = 0;

	if (value == NULL)
		return 0;
	if (value->type == JSON_STRING)
		return add_target(needed, folder, folder_bytes, value, why, fault);
	for (const struct json_value *v = value->first; r == 0 && v != NULL; v = v->next)
		r = add_targets(needed, folder, folder_bytes, v, why, fault);
	return r;
}

int
needed_manifest(struct needed *needed, const char *member, struct bytes content,
		struct fault *fault)
{
	static const struct {
		const char *key, *why;
	} rows[] = {
	    {"main", "is what package.json names as main"},
	    {"module", "is what package.json names as module"},
	    {"browser", "is what package.json names as browser"},
	    {"bin", "is what package.json names as bin"},
	    {"exports", "is what package.json exports"},
	};
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	size_t folder = (size_t)(last_part(member) - member);
	struct json_value index = {.type = JSON_STRING, .text = BYTES_OF("index")};
	struct json_value *json;
	int r = json_parse(&json, content, NULL, &arena, NULL);

	if (r < 0)
		return 0; /* npm would not take it either; that is not ours to say here */
	needed->npm = true;
	r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(rows); i++)
		r = add_targets(needed, member, folder, json_get(json, rows[i].key), rows[i].why,
				fault);
	if (r == 0 && json_get(json, "main") == NULL && json_get(json, "exports") == NULL)
		r = add_target(needed, member, folder, &index, "is where node begins", fault);
	return r;
}

int
needed_check(const struct needed *needed, struct mend_plan *plan)
{
	if (needed->image)
		return mend_cannot(plan,
				   "a container image is made of digests of its layers: leave "
				   "the files out where it is built");
	if (needed->gem)
		return mend_cannot(plan,
				   "a gem holds its files in an archive with checksums beside "
				   "it: leave them out of the gemspec's files");
	for (size_t i = 0; i < needed->count; i++) {
		const struct mend_item *item = mend_plan_find(plan, needed->names[i].member);

		if (item != NULL && item->action == MEND_DROP)
			return mend_cannot(plan,
					   "%.200s %s: without it the package would not work, so "
					   "what %s found in it must be mended where it is built",
					   item->member, needed->names[i].why, item->why);
	}
	return 0;
}
