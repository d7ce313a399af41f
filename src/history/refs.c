/*
 * refs.c - every name that holds on to an object
 *
 * Knows: packed-refs, files below refs/, the *_HEAD files of the repository and of each linked
 * worktree, symbolic refs.  Does not know: reftables (config.c says so).
 * Stash, notes, replacements, bisect marks: all of them are names below refs/.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "history/inside.h"

#define REFS_MAX              ((size_t)8 << 20)
#define PACKED_REFS_BYTES_MAX ((size_t)1 << 30)
#define REF_FILE_BYTES_MAX    4096
#define HEAD_FILE_BYTES_MAX   ((size_t)1 << 20)
#define SYMREF_DEPTH_MAX      5

/* A refusal with more room than this left is the system's, not the ceiling's. */
#define NAMES_SPARE ((size_t)1 << 20)

struct raw_ref {
	const char *name;
	const char *target; /* a symbolic ref: of whom; NULL: id */
	struct history_id id;
	bool is_packed;
};

struct gather {
	struct history *h;
	struct raw_ref *at;
	size_t count, room;
	int folder;         /* that paths are below */
	const char *prefix; /* of names */
};

static int
add(struct gather *g, const char *prefix, struct bytes name, const struct history_id *id,
    struct bytes target, bool is_packed)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT(65536);
	struct raw_ref ref = {.is_packed = is_packed};

	if (g->count >= REFS_MAX) {
		gap_add(g->h, "refs", "more refs than are read", NULL, 1, false);
		return 0;
	}
	if (g->count == g->room) {
		size_t room = g->room == 0 ? 256 : g->room * 2;
		struct raw_ref *grown = realloc(g->at, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		g->at = grown;
		g->room = room;
	}
	if (buf_append_text(&shown, prefix) < 0 || blob_display(&shown, name) < 0) {
		if (shown.failed != FAULT_LIMIT)
			return FAULT_MEMORY;
		gap_add(g->h, "refs", "a name too long", NULL, 1, false);
		return 0;
	}
	ref.name = arena_copy(&g->h->names, shown.at, shown.used);
	buf_reset(&shown);
	if (target.left > 0) {
		(void)blob_display(&shown, target);
		ref.target = arena_copy(&g->h->names, shown.at, shown.used);
	} else {
		ref.id = *id;
	}
	if (ref.name == NULL || (target.left > 0 && ref.target == NULL)) {
		if (g->h->names.bytes_max - g->h->names.used_bytes > NAMES_SPARE)
			return FAULT_MEMORY;
		gap_add(g->h, "refs", "more refs than are read", NULL, 1, false);
		return 0;
	}
	g->at[g->count++] = ref;
	return 0;
}

/* ---- packed-refs ---- */

static int
add_packed_line(struct gather *g, struct bytes line)
{
	size_t digits = 2 * g->h->id_bytes;
	struct history_id id;

	if (line.left == 0 || line.at[0] == '#' || line.at[0] == '^')
		return 0;
	if (line.left < digits + 2 || line.at[digits] != ' ' ||
	    history_id_parse(bytes_slice(line, 0, digits), &id, NULL) < 0) {
		gap_add(g->h, "packed-refs", "lines that are no refs", NULL, 1, false);
		return 0;
	}
	(void)bytes_skip(&line, digits + 1);
	return add(g, "", line, &id, bytes_make(NULL, 0), true);
}

static int
add_packed_text(struct gather *g, struct bytes in)
{
	int r = 0;

	if (in.left > PACKED_REFS_BYTES_MAX) {
		gap_add(g->h, "packed-refs", "more refs than are read", NULL, 1, false);
		in.left = PACKED_REFS_BYTES_MAX;
	}
	while (r == 0 && in.left > 0 && g->count < REFS_MAX) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		size_t length = newline == NULL ? in.left : (size_t)(newline - in.at);

		r = add_packed_line(g, bytes_make(in.at, length));
		(void)bytes_skip(&in, newline == NULL ? length : length + 1);
	}
	return r;
}

static int
add_packed(struct gather *g)
{
	struct map map;
	int r = map_open(&map, g->h->common_dir, "packed-refs", NULL);

	if (r < 0)
		gap_add(g->h, "packed-refs", "cannot be read", NULL, 1, false);
	if (r != 0)
		return 0;
	r = add_packed_text(g, bytes_make(map.at, map.bytes));
	map_close(&map);
	return r;
}

/* ---- files ---- */

static struct bytes
trim_end(struct bytes in)
{
	while (in.left > 0 && strchr(" \t\r\n", in.at[in.left - 1]) != NULL)
		in.left--;
	return in;
}

static int
add_file(void *to, const char *path)
{
	struct gather *g = to;
	uint8_t text[REF_FILE_BYTES_MAX];
	size_t got, digits = 2 * g->h->id_bytes;
	struct history_id id;
	struct bytes in;
	int r;

	if (bytes_ends(bytes_text(path), BYTES_OF(".lock")))
		return 0;
	r = small_read(g->folder, path, text, sizeof(text), &got);
	in = trim_end(bytes_make(text, got));
	if (r == 1) /* it was deleted just now */
		return 0;
	if (r == 0 && bytes_begins(in, BYTES_OF("ref:"))) {
		(void)bytes_skip(&in, 4);
		while (in.left > 0 && in.at[0] == ' ')
			(void)bytes_skip(&in, 1);
		if (in.left > 0)
			return add(g, g->prefix, bytes_text(path), NULL, in, false);
	}
	if (r == 0 && in.left >= digits &&
	    history_id_parse(bytes_slice(in, 0, digits), &id, NULL) == 0)
		return add(g, g->prefix, bytes_text(path), &id, bytes_make(NULL, 0), false);
	gap_add(g->h, path, "is no ref", NULL, 1, false);
	return 0;
}

/* HEAD, and files such as FETCH_HEAD and MERGE_HEAD, which may hold several ids, one a line. */
static int
add_head(struct gather *g, const char *name)
{
	AUTO(own_free)
	uint8_t *text = malloc(HEAD_FILE_BYTES_MAX);
	size_t got, digits = 2 * g->h->id_bytes;
	struct history_id id;
	struct bytes in;
	int r = 0;

	if (text == NULL)
		return FAULT_MEMORY;
	if (small_read(g->folder, name, text, HEAD_FILE_BYTES_MAX, &got) != 0)
		return 0;
	in = bytes_make(text, got);
	if (got == HEAD_FILE_BYTES_MAX)
		gap_add(g->h, name, "more refs than are read", NULL, 1, false);
	if (bytes_begins(in, BYTES_OF("ref:")))
		return add_file(g, name);
	while (r == 0 && in.left > 0) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		size_t length = newline == NULL ? in.left : (size_t)(newline - in.at);

		if (history_id_parse(bytes_slice(in, 0, length < digits ? length : digits), &id,
				     NULL) == 0)
			r = add(g, g->prefix, bytes_text(name), &id, bytes_make(NULL, 0), false);
		(void)bytes_skip(&in, newline == NULL ? length : length + 1);
	}
	return r;
}

static int
add_heads(struct gather *g, int folder, const char *prefix)
{
	/* those that git writes (gitrevisions, "pseudorefs"), and what it leaves behind */
	static const char *const names[] = {
	    "HEAD",        "FETCH_HEAD",       "ORIG_HEAD",
	    "MERGE_HEAD",  "CHERRY_PICK_HEAD", "REVERT_HEAD",
	    "REBASE_HEAD", "BISECT_HEAD",      "BISECT_EXPECTED_REV",
	    "AUTO_MERGE",  "MERGE_AUTOSTASH"};
	int r = 0;

	g->folder = folder;
	g->prefix = prefix;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
		r = add_head(g, names[i]);
	return r;
}

static int
add_worktree(void *to, int at, const char *name)
{
	struct gather *g = to;
	char prefix[300];
	int r;

	(void)snprintf(prefix, sizeof(prefix), "worktrees/%s/", name);
	r = add_heads(g, at, prefix);
	if (r == 0)
		r = files_below(g->h, at, "refs", add_file, g);
	g->prefix = "";
	return r;
}

static int
add_all(struct gather *g)
{
	struct history *h = g->h;
	struct stat git, common;
	bool linked = h->git_dir >= 0 && h->common_dir >= 0 && fstat(h->git_dir, &git) == 0 &&
		      fstat(h->common_dir, &common) == 0 &&
		      (git.st_ino != common.st_ino || git.st_dev != common.st_dev);
	int r = add_packed(g);

	g->prefix = "";
	g->folder = h->common_dir;
	if (r == 0)
		r = files_below(h, h->common_dir, "refs", add_file, g);
	if (r == 0)
		r = add_heads(g, h->common_dir, linked ? "main-worktree/" : "");
	if (r == 0 && linked)
		r = add_heads(g, h->git_dir, "");
	g->folder = h->git_dir;
	g->prefix = "";
	if (r == 0 && linked)
		r = files_below(h, h->git_dir, "refs", add_file, g);
	return r == 0 ? worktrees(h, add_worktree, g) : r;
}

/* ---- from what lies there to what it means ---- */

static int
raw_order(const void *one, const void *other)
{
	const struct raw_ref *a = one, *b = other;
	int order = strcmp(a->name, b->name);

	if (order != 0)
		return order;
	if (a->is_packed != b->is_packed)
		return a->is_packed ? 1 : -1;
	return memcmp(&a->id, &b->id, sizeof(a->id));
}

static const struct raw_ref *
find(const struct gather *g, const char *name)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(g->at[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->count && strcmp(g->at[low].name, name) == 0 ? &g->at[low] : NULL;
}

/* Whose id it has in the end; NULL: of nobody (a branch without a commit), or round in a circle. */
static const struct raw_ref *
settle(const struct gather *g, const struct raw_ref *ref)
{
	const struct raw_ref *at = ref;

	for (unsigned depth = 0; at != NULL && at->target != NULL; depth++) {
		if (depth == SYMREF_DEPTH_MAX) {
			gap_add(g->h, ref->name, "symbolic refs that lead nowhere", NULL, 1, false);
			return NULL;
		}
		at = find(g, at->target);
	}
	return at;
}

static bool
begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static int
keep(struct gather *g)
{
	struct history *h = g->h;

	h->refs = malloc((g->count + 1) * sizeof(*h->refs));
	if (h->refs == NULL)
		return FAULT_MEMORY;
	if (g->count > 0)
		qsort(g->at, g->count, sizeof(*g->at), raw_order);
	for (size_t i = 0; i < g->count; i++) {
		const struct raw_ref *ref = &g->at[i], *end;
		bool again = i > 0 && strcmp(ref->name, g->at[i - 1].name) == 0;

		/* a file goes before packed-refs; several lines of a FETCH_HEAD all count */
		if (again &&
		    (ref->is_packed || memcmp(&ref->id, &g->at[i - 1].id, sizeof(ref->id)) == 0))
			continue;
		end = settle(g, ref);
		if (end == NULL)
			continue;
		h->refs[h->refs_count++] = (struct history_ref){
		    .name = ref->name,
		    .id = end->id,
		    .is_tag = begins(ref->name, "refs/tags/"),
		    .is_stash = strcmp(ref->name, "refs/stash") == 0,
		    .is_head = strcmp(ref->name, "HEAD") == 0,
		    .is_remote = begins(ref->name, "refs/remotes/") ||
				 (h->is_bare && begins(ref->name, "refs/")),
		};
	}
	return 0;
}

int
refs_of_packed(struct history *h, struct bytes text)
{
	struct gather g = {.h = h, .prefix = ""};
	int r = add_packed_text(&g, text);

	if (r == 0)
		r = keep(&g);
	free(g.at);
	return r;
}

int
history_refs(struct history *h, const struct history_ref **refs, size_t *count, struct fault *fault)
{
	struct gather g = {.h = h, .prefix = ""};
	int r = 0;

	if (h->refs == NULL) {
		r = add_all(&g);
		if (r == 0)
			r = keep(&g);
		free(g.at);
	}
	*refs = h->refs;
	*count = h->refs_count;
	return r < 0 ? fault_memory(fault) : 0;
}

/* ---- shallow ---- */

static int
id_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct history_id));
}

bool
history_is_shallow(const struct history *h, const struct history_id *id)
{
	return h->shallow_count > 0 &&
	       bsearch(id, h->shallow, h->shallow_count, sizeof(*id), id_order) != NULL;
}

int
shallow_read(struct history *h)
{
	struct map map;
	struct bytes in;
	size_t line = 2 * h->id_bytes;
	int r = map_open(&map, h->common_dir, "shallow", NULL);

	if (r < 0)
		gap_add(h, "shallow", "cannot be read", NULL, 1, false);
	if (r != 0 || map.at == NULL)
		return 0;
	in = bytes_make(map.at, map.bytes);
	h->shallow = malloc((map.bytes / line + 1) * sizeof(*h->shallow));
	while (h->shallow != NULL && in.left >= line) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		size_t length = newline == NULL ? in.left : (size_t)(newline - in.at);

		if (length == line && history_id_parse(bytes_make(in.at, length),
						       &h->shallow[h->shallow_count], NULL) == 0)
			h->shallow_count++;
		else
			gap_add(h, "shallow", "lines that are no ids", NULL, 1, false);
		(void)bytes_skip(&in, newline == NULL ? length : length + 1);
	}
	map_close(&map);
	if (h->shallow == NULL)
		return FAULT_MEMORY;
	if (h->shallow_count > 0)
		qsort(h->shallow, h->shallow_count, sizeof(*h->shallow), id_order);
	gap_add(h, "shallow", "a shallow clone: commits before these are not here",
		h->shallow_count > 0 ? h->shallow[0].at : NULL, h->shallow_count, true);
	return 0;
}
