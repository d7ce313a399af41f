/*
 * paths.c - one path for each blob of a store
 *
 * Knows: trees, and that an entry which a delta copies was seen in its base.
 * Does not know: commits.  A tree's name is in the tree above it; the one that no tree holds is a
 * root.
 * Objects are known here by 64 bits of their id: two that share them get one name, which harms
 * nobody but who made them so.
 */
#include "history/paths.h"

#include <stdlib.h>
#include <string.h>

#include "history/inside.h"

#define NAMES_BYTES_MAX ((size_t)1 << 30)
#define NAME_BYTES_MAX  ((size_t)4096)
#define DEPTH_MAX       512

struct row {
	uint64_t id; /* 0: free */
	uint64_t tree;
	uint32_t name; /* offset in names: two bytes of length, then the name */
	bool is_tree;
	bool was_met; /* asked for by history_paths_of(): it is there */
};

/* What one thread saw. */
struct seen {
	struct row *rows;
	size_t room, count; /* room: a power of two */
	uint32_t *known;    /* offsets of names, 0: free */
	size_t known_room, known_count;
	struct buf names;
};

struct history_paths {
	size_t id_bytes;
	unsigned threads;
	struct seen *seen; /* [0] has all of it in the end */
};

static uint64_t
short_id(const uint8_t *id)
{
	uint64_t value;

	memcpy(&value, id, sizeof(value));
	return value == 0 ? 1 : value;
}

static struct bytes
name_at(const struct seen *s, uint32_t at)
{
	return bytes_make(s->names.at + at + 2, (size_t)s->names.at[at] << 8 | s->names.at[at + 1]);
}

static uint64_t
hash_of(struct bytes name)
{
	uint64_t hash = name.left;

	/* Not against an enemy: what he wins is that his own names are found slowly. */
	for (size_t i = 0; i < name.left; i++)
		hash = (hash ^ name.at[i]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

static bool
grow_known(struct seen *s)
{
	size_t room = s->known_room == 0 ? 1024 : s->known_room * 2;
	uint32_t *known;

	if (s->known_count * 2 < s->known_room)
		return true;
	known = calloc(room, sizeof(*known));
	if (known == NULL)
		return false;
	for (size_t i = 0; i < s->known_room; i++) {
		size_t at;

		if (s->known[i] == 0)
			continue;
		at = hash_of(name_at(s, s->known[i])) & (room - 1);
		while (known[at] != 0)
			at = (at + 1) & (room - 1);
		known[at] = s->known[i];
	}
	free(s->known);
	s->known = known;
	s->known_room = room;
	return true;
}

/* The offset of a name, each kept once; 0: out of memory. */
static uint32_t
keep_name(struct seen *s, struct bytes name)
{
	const uint8_t length[2] = {(uint8_t)(name.left >> 8), (uint8_t)name.left};
	size_t at;
	uint32_t offset;

	if (!grow_known(s))
		return 0;
	at = hash_of(name) & (s->known_room - 1);
	for (; s->known[at] != 0; at = (at + 1) & (s->known_room - 1))
		if (bytes_equal(name_at(s, s->known[at]), name))
			return s->known[at];
	if (s->names.used == 0 && buf_append(&s->names, length, 1) < 0)
		return 0;
	offset = (uint32_t)s->names.used;
	if (buf_append(&s->names, length, sizeof(length)) < 0 ||
	    buf_append(&s->names, name.at, name.left) < 0)
		return 0;
	s->known_count++;
	return s->known[at] = offset;
}

static struct row *
row_of(struct row *rows, size_t room, uint64_t id)
{
	size_t at = (size_t)(id * 0x9e3779b97f4a7c15u >> 20) & (room - 1);

	while (rows[at].id != 0 && rows[at].id != id)
		at = (at + 1) & (room - 1);
	return &rows[at];
}

static bool
grow_rows(struct seen *s)
{
	size_t room = s->room == 0 ? 4096 : s->room * 2;
	struct row *rows;

	if (s->count * 3 < s->room * 2)
		return true;
	rows = calloc(room, sizeof(*rows));
	if (rows == NULL)
		return false;
	for (size_t i = 0; i < s->room; i++)
		if (s->rows[i].id != 0)
			*row_of(rows, room, s->rows[i].id) = s->rows[i];
	free(s->rows);
	s->rows = rows;
	s->room = room;
	return true;
}

/* Of several names the least wins, so that the order of threads does not show. */
static bool
add(struct seen *s, uint64_t id, uint64_t tree, struct bytes name, bool is_tree)
{
	struct row *row;
	uint32_t kept;

	/* Kept also when it loses: the names are read as a text of their own. */
	kept = keep_name(s, name);
	if (kept == 0 || !grow_rows(s))
		return false;
	row = row_of(s->rows, s->room, id);
	if (row->id != 0) {
		struct bytes old = name_at(s, row->name);
		size_t both = old.left < name.left ? old.left : name.left;
		int r = both == 0 ? 0 : memcmp(old.at, name.at, both);

		if (r == 0)
			r = (old.left > name.left) - (old.left < name.left);
		if (r < 0 || (r == 0 && row->tree <= tree))
			return true;
	}
	s->count += row->id == 0;
	*row = (struct row){.id = id, .tree = tree, .name = kept, .is_tree = is_tree};
	return true;
}

/* ---- trees ---- */

/* Was [from, to) copied in one piece? */
static bool
was_copied(const struct history_blob *tree, size_t *edit, size_t from, size_t to)
{
	if (tree->edits == NULL)
		return false;
	while (*edit < tree->edits_count &&
	       tree->edits[*edit].at + tree->edits[*edit].length <= from)
		(*edit)++;
	return *edit < tree->edits_count && tree->edits[*edit].from >= 0 &&
	       tree->edits[*edit].at <= from &&
	       to <= tree->edits[*edit].at + tree->edits[*edit].length;
}

static int
look_at(void *to, const struct history_blob *tree, void **state, struct fault *fault)
{
	struct history_paths *paths = to;
	struct seen *s = &paths->seen[tree->thread];
	const uint8_t *end = tree->at + tree->size, *at = tree->at;
	uint64_t parent = short_id(tree->id.at);
	size_t edit = 0;

	(void)state;
	while (at != NULL && at < end) {
		const uint8_t *nul = memchr(at, 0, (size_t)(end - at)), *blank, *from = at;

		/* What is damaged here is told by who reads trees for what they say. */
		if (nul == NULL || (size_t)(end - nul) <= paths->id_bytes)
			return 0;
		at = nul + 1 + paths->id_bytes;
		if (was_copied(tree, &edit, (size_t)(from - tree->at), (size_t)(at - tree->at)))
			continue;
		blank = memchr(from, ' ', (size_t)(nul - from));
		if (blank == NULL || (size_t)(nul - blank) > NAME_BYTES_MAX ||
		    bytes_begins(bytes_make(from, (size_t)(blank - from)), BYTES_OF("16")))
			continue;
		if (!add(s, short_id(nul + 1), parent,
			 bytes_make(blank + 1, (size_t)(nul - blank - 1)), *from == '4'))
			return fault_memory(fault);
	}
	return 0;
}

static bool
merge(struct history_paths *paths)
{
	for (unsigned i = 1; i < paths->threads; i++) {
		const struct seen *from = &paths->seen[i];

		for (size_t k = 0; k < from->known_room; k++)
			if (from->known[k] != 0 &&
			    keep_name(&paths->seen[0], name_at(from, from->known[k])) == 0)
				return false;
		for (size_t k = 0; k < from->room; k++)
			if (from->rows[k].id != 0 &&
			    !add(&paths->seen[0], from->rows[k].id, from->rows[k].tree,
				 name_at(from, from->rows[k].name), from->rows[k].is_tree))
				return false;
	}
	return true;
}

void
history_paths_free(struct history_paths **address)
{
	struct history_paths *paths = *address;

	if (paths == NULL)
		return;
	for (unsigned i = 0; paths->seen != NULL && i < paths->threads; i++) {
		free(paths->seen[i].rows);
		free(paths->seen[i].known);
		buf_free(&paths->seen[i].names);
	}
	free(paths->seen);
	free(paths);
	*address = NULL;
}

int
history_paths_make(struct history *h, struct history_paths **out, struct fault *fault)
{
	AUTO(history_paths_free)
	struct history_paths *paths = calloc(1, sizeof(*paths));
	struct history_visitor visitor = {
	    .to = paths, .object = look_at, .types = HISTORY_BIT(HISTORY_TREE)};
	int r;

	if (paths == NULL)
		return fault_memory(fault);
	paths->id_bytes = h->id_bytes;
	paths->threads = h->options.jobs;
	paths->seen = calloc(paths->threads, sizeof(*paths->seen));
	if (paths->seen == NULL)
		return fault_memory(fault);
	for (unsigned i = 0; i < paths->threads; i++)
		paths->seen[i].names = (struct buf)BUF_INIT(NAMES_BYTES_MAX);
	r = history_sweep(h, &visitor, fault);
	if (r < 0)
		return r;
	if (!merge(paths))
		return fault_memory(fault);
	*out = TAKE(paths);
	return 0;
}

int
history_paths_of(const struct history_paths *paths, const struct history_id *id, struct buf *path)
{
	const struct seen *s = &paths->seen[0];
	struct bytes links[DEPTH_MAX];
	size_t depth = 0;
	uint64_t at = short_id(id->at);
	struct row *met;

	if (s->room == 0)
		return HISTORY_MISSING;
	met = row_of(s->rows, s->room, at);
	if (met->id != 0) /* by many threads, the same value */
		__atomic_store_n(&met->was_met, true, __ATOMIC_RELAXED);
	while (depth < DEPTH_MAX) {
		const struct row *row = row_of(s->rows, s->room, at);

		if (row->id == 0)
			break;
		links[depth++] = name_at(s, row->name);
		at = row->tree;
	}
	if (depth == 0)
		return HISTORY_MISSING;
	while (depth-- > 0) {
		(void)buf_append(path, links[depth].at, links[depth].left);
		if (depth > 0)
			(void)buf_append_u8(path, '/');
	}
	return path->failed;
}

static int
compare_names(const void *left, const void *right, void *context)
{
	const struct seen *s = context;
	struct bytes a = name_at(s, *(const uint32_t *)left),
		     b = name_at(s, *(const uint32_t *)right);
	size_t both = a.left < b.left ? a.left : b.left;
	int r = both == 0 ? 0 : memcmp(a.at, b.at, both);

	return r != 0 ? r : (a.left > b.left) - (a.left < b.left);
}

int
history_paths_names(const struct history_paths *paths, int (*name)(void *to, struct bytes name),
		    void *to)
{
	struct seen *s = &paths->seen[0];
	AUTO(own_free)
	uint32_t *sorted = malloc((s->known_count + 1) * sizeof(*sorted));
	size_t count = 0;
	int r = 0;

	if (sorted == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < s->known_room; i++)
		if (s->known[i] != 0)
			sorted[count++] = s->known[i];
	if (count > 1)
		qsort_r(sorted, count, sizeof(*sorted), compare_names, s);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = name(to, name_at(s, sorted[i]));
	return r;
}

uint64_t
history_paths_unmet(const struct history_paths *paths)
{
	const struct seen *s = &paths->seen[0];
	uint64_t count = 0;

	for (size_t i = 0; i < s->room; i++)
		count += s->rows[i].id != 0 && !s->rows[i].is_tree && !s->rows[i].was_met;
	return count;
}
