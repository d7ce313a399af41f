/*
 * graph_read.c - one pass over trees, commits and tags
 *
 * Knows: which entries matter: subtrees, and what is looked for.  Does not know: what they mean
 * together.
 */
#include "history/graph_read.h"

#include "seal/hash.h"

struct pass {
	struct graph *g;
	struct graph_reader *readers;
};

static int
grow(void *rows, size_t row_bytes)
{
	ROWS(uint8_t) *r = rows;
	size_t room = r->room == 0 ? 256 : r->room * 2;
	uint8_t *grown = realloc(r->at, room * row_bytes);

	if (grown == NULL)
		return FAULT_MEMORY;
	r->at = grown;
	r->room = room;
	return 0;
}

#define ADD(rows, ...)                                                                             \
	((rows).count < (rows).room || grow(&(rows), sizeof(*(rows).at)) == 0                      \
	     ? ((rows).at[(rows).count++] = (__VA_ARGS__), 0)                                      \
	     : FAULT_MEMORY)

/* ---- names ---- */

static int
grow_names(struct graph *g)
{
	size_t slots = g->names_slots == 0 ? 4096 : g->names_slots * 2;
	uint32_t *table = calloc(slots, sizeof(*table));
	const char **names = realloc(g->names, slots / 2 * sizeof(*names));

	if (names != NULL) {
		g->names = names;
		g->names_room = slots / 2;
	}
	if (table == NULL || names == NULL) {
		free(table);
		return FAULT_MEMORY;
	}
	for (size_t i = 0; i < g->names_count; i++) {
		size_t at = hash_fast(bytes_text(names[i])) & (slots - 1);

		while (table[at] != 0)
			at = (at + 1) & (slots - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(g->names_table);
	g->names_table = table;
	g->names_slots = slots;
	return 0;
}

static int
intern(struct graph *g, struct bytes name, uint32_t *out, const char **text)
{
	size_t at;
	int r = 0;

	(void)pthread_mutex_lock(&g->names_lock);
	if (g->names_count == g->names_room)
		r = grow_names(g);
	if (r == 0) {
		at = hash_fast(name) & (g->names_slots - 1);
		while (g->names_table[at] != 0 &&
		       !bytes_equal(bytes_text(g->names[g->names_table[at] - 1]), name))
			at = (at + 1) & (g->names_slots - 1);
		if (g->names_table[at] == 0) {
			char *kept = arena_copy(&g->names_arena, name.at, name.left);

			if (kept == NULL) {
				r = FAULT_MEMORY;
			} else {
				g->names[g->names_count++] = kept;
				g->names_table[at] = (uint32_t)g->names_count;
			}
		}
		*out = r == 0 ? g->names_table[at] - 1 : 0;
		*text = r == 0 ? g->names[*out] : NULL;
	}
	(void)pthread_mutex_unlock(&g->names_lock);
	return r;
}

/* ---- trees ---- */

static int
add_subtree(struct graph *g, struct graph_reader *r, const uint8_t *id, struct bytes name)
{
	size_t id_bytes = g->h->id_bytes, at;
	struct cached *c;
	uint32_t start;
	int result;

	memcpy(&start, id, sizeof(start));
	at = start % GRAPH_CACHE_SLOTS;
	c = &r->cache[at];
	if (c->text == NULL || memcmp(c->id, id, id_bytes) != 0) {
		memcpy(c->id, id, id_bytes);
		c->object = graph_object(g, id);
		c->text = NULL;
	}
	if (c->text == NULL || !bytes_equal(bytes_text(c->text), name)) {
		result = intern(g, name, &c->name, &c->text);
		if (result < 0)
			return result;
	}
	return ADD(r->edges, (struct edge){c->object, c->name});
}

static int
add_hit(struct graph *g, struct graph_reader *r, uint32_t tree, const uint8_t *id,
	struct bytes name)
{
	uint32_t target = targets_find(g->targets, id), number;
	const char *text;
	int result;

	if (target == GRAPH_NONE)
		return 0;
	result = intern(g, name, &number, &text);
	return result < 0 ? result : ADD(r->hits, (struct hit){tree, target, number});
}

/* The common shapes of an entry, "100644 name\0id" and "40000 name\0id", where what stands at
 * `at` is one of them: where its name begins, or NULL. */
static inline const uint8_t *
name_of(const uint8_t *at)
{
	if (at[0] == '1' && at[1] == '0' && at[6] == ' ')
		return at + 7;
	if (at[0] == '4' && at[5] == ' ')
		return at + 6;
	return NULL;
}

static int
read_tree(struct graph *g, struct graph_reader *r, uint32_t object, struct bytes in)
{
	size_t id_bytes = g->h->id_bytes;
	struct history_tree_entry entry;
	int result = 0;

	while (result == 0 && in.left > 0) {
		const uint8_t *name = in.left > 8 ? name_of(in.at) : NULL, *zero, *id;

		if (name != NULL && name[0] != 0) {
			zero = memchr(name, 0, in.left - (size_t)(name - in.at));
			if (zero == NULL || (size_t)(zero - in.at) + 1 + id_bytes > in.left)
				return FAULT_FORMAT;
			id = zero + 1;
			if (in.at[0] == '4')
				result =
				    add_subtree(g, r, id, bytes_make(name, (size_t)(zero - name)));
			if (result == 0 && targets_may_hold(g->targets, id))
				result = add_hit(g, r, object, id,
						 bytes_make(name, (size_t)(zero - name)));
			(void)bytes_skip(&in, (size_t)(id - in.at) + id_bytes);
			continue;
		}
		if (history_tree_next(&in, id_bytes, &entry) != 0)
			return FAULT_FORMAT;
		if ((entry.mode & HISTORY_MODE_TYPE) == HISTORY_MODE_TREE)
			result = add_subtree(g, r, entry.id.at, entry.name);
		if (result == 0)
			result = add_hit(g, r, object, entry.id.at, entry.name);
	}
	return result;
}

/* ---- commits and tags ---- */

static int
read_commit(struct graph *g, struct graph_reader *r, uint32_t object,
	    const struct history_blob *blob)
{
	struct commit_row row = {.id = blob->id, .object = object};
	struct history_commit commit;
	struct history_id parent;
	int result = 0;

	if (history_parse_commit(bytes_make(blob->at, blob->size), g->h->id_bytes, &commit, NULL) <
	    0)
		return FAULT_FORMAT;
	row.tree = graph_object(g, commit.tree.at);
	row.time = commit.commit_time;
	if (!history_is_shallow(g->h, &blob->id))
		for (; result == 0 && history_commit_parent(&commit, row.parents_count, &parent);
		     row.parents_count++)
			result = ADD(r->parents, graph_object(g, parent.at));
	return result < 0 ? result : ADD(r->commits, row);
}

static int
read_tag(struct graph *g, struct graph_reader *r, uint32_t object, const struct history_blob *blob)
{
	struct history_tag tag;

	if (history_parse_tag(bytes_make(blob->at, blob->size), g->h->id_bytes, &tag, NULL) < 0)
		return FAULT_FORMAT;
	return ADD(r->tags, (struct tag_row){object, graph_object(g, tag.object.at),
					     targets_find(g->targets, blob->id.at),
					     targets_find(g->targets, tag.object.at)});
}

static int
read_object(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	const struct pass *pass = to;
	struct graph *g = pass->g;
	struct graph_reader *r = &pass->readers[blob->thread];
	uint32_t object = graph_object(g, blob->id.at);
	int result = 0;

	(void)state;
	if (r->cache == NULL)
		r->cache = calloc(GRAPH_CACHE_SLOTS, sizeof(*r->cache));
	if (r->cache == NULL)
		return fault_memory(fault);
	if (object == GRAPH_NONE) /* it was listed a moment ago */
		return 0;
	if (blob->type == HISTORY_TREE) {
		result = read_tree(g, r, object, bytes_make(blob->at, blob->size));
		if (result != FAULT_MEMORY &&
		    ADD(r->trees, (struct tree_row){object, r->edges.count}) < 0)
			result = FAULT_MEMORY;
	} else if (blob->type == HISTORY_COMMIT) {
		result = read_commit(g, r, object, blob);
	} else if (blob->type == HISTORY_TAG) {
		result = read_tag(g, r, object, blob);
	}
	if (result == FAULT_FORMAT) {
		gap_add(g->h, "objects", "a tree, commit or tag that is not written as one",
			blob->id.at, 1, false);
		return 0;
	}
	return result < 0 ? fault_memory(fault) : 0;
}

int
graph_read(struct graph *g, struct graph_reader *readers, unsigned count, struct fault *fault)
{
	struct pass pass = {g, readers};
	struct history_visitor visitor = {.to = &pass,
					  .object = read_object,
					  .types = HISTORY_BIT(HISTORY_TREE) |
						   HISTORY_BIT(HISTORY_COMMIT) |
						   HISTORY_BIT(HISTORY_TAG)};

	(void)count;
	return history_sweep_again(g->h, &visitor, fault);
}

void
graph_reader_free(struct graph_reader *r)
{
	free(r->trees.at);
	free(r->edges.at);
	free(r->hits.at);
	free(r->commits.at);
	free(r->parents.at);
	free(r->tags.at);
	free(r->cache);
}
