/*
 * graph.c - put together what graph_read.c found: edges, orders
 *
 * Everything is iterative and linear but for one sort of the commits; ids that lie about their
 * content could make circles, which are left where they are found.
 */
#include "history/graph.h"
#include "history/graph_read.h"

/* ---- targets ---- */

static int
id_order(const void *a, const void *b, void *id_bytes)
{
	return memcmp(a, b, *(const size_t *)id_bytes);
}

int
targets_make(struct targets *t, const struct history_group groups[], size_t count, size_t id_bytes)
{
	size_t all = 0, kept = 0;

	*t = (struct targets){.id_bytes = id_bytes};
	for (size_t g = 0; g < count; g++)
		all += groups[g].count;
	t->ids = malloc(all * id_bytes + 1);
	if (t->ids == NULL)
		return FAULT_MEMORY;
	for (size_t g = 0; g < count; g++)
		for (size_t i = 0; i < groups[g].count; i++)
			memcpy(t->ids + kept++ * id_bytes, groups[g].ids[i].at, id_bytes);
	if (all > 0)
		qsort_r(t->ids, all, id_bytes, id_order, &id_bytes);
	for (size_t i = 0; i < all; i++) {
		uint8_t *id = t->ids + i * id_bytes;
		unsigned at = (unsigned)id[0] << 8 | id[1];

		if (t->count > 0 && memcmp(t->ids + (t->count - 1) * id_bytes, id, id_bytes) == 0)
			continue;
		memmove(t->ids + t->count++ * id_bytes, id, id_bytes);
		t->filter[at / 64] |= (uint64_t)1 << (at % 64);
	}
	return 0;
}

void
targets_free(struct targets *t)
{
	free(t->ids);
	*t = (struct targets){0};
}

uint32_t
targets_find(const struct targets *t, const uint8_t *id)
{
	size_t low = 0, high = t->count;

	if (!targets_may_hold(t, id))
		return GRAPH_NONE;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(id, t->ids + middle * t->id_bytes, t->id_bytes);

		if (order == 0)
			return (uint32_t)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return GRAPH_NONE;
}

/* ---- numbers of objects ---- */

uint32_t
graph_object(const struct graph *g, const uint8_t *id)
{
	const struct history *h = g->h;
	uint32_t before = 0, position;
	size_t loose;

	for (size_t i = 0; i < h->packs_count; i++) {
		if (idx_find(&h->packs[i].idx, id, &position))
			return before + position;
		before += h->packs[i].idx.count;
	}
	return loose_find(h, id, &loose) ? before + (uint32_t)loose : GRAPH_NONE;
}

uint32_t
graph_peel(const struct graph *g, uint32_t object)
{
	/* a tag of a tag of a tag: git itself writes none */
	for (unsigned depth = 0; object != GRAPH_NONE && depth < 32; depth++) {
		if (g->kinds[object] == GRAPH_COMMIT)
			return g->index_of[object];
		if (g->kinds[object] != GRAPH_TAG)
			return GRAPH_NONE;
		object = g->tag[g->index_of[object]].object;
	}
	return GRAPH_NONE;
}

static uint32_t
of_kind(const struct graph *g, uint32_t object, enum graph_kind kind)
{
	return object != GRAPH_NONE && g->kinds[object] == kind ? g->index_of[object] : GRAPH_NONE;
}

/* ---- trees ---- */

/* The readers' rows one behind the other; numbers of objects become numbers of trees. */
static int
join_trees(struct graph *g, const struct graph_reader *readers, unsigned count)
{
	size_t edges = 0, at = 0;
	uint32_t tree = 0;

	for (unsigned i = 0; i < count; i++) {
		g->trees += (uint32_t)readers[i].trees.count;
		edges += readers[i].edges.count;
		g->hits_count += readers[i].hits.count;
	}
	if (edges >= GRAPH_NONE)
		return FAULT_LIMIT;
	g->edges_from = malloc(((size_t)g->trees + 1) * sizeof(*g->edges_from));
	g->edges = malloc((edges + 1) * sizeof(*g->edges));
	g->hits = malloc((g->hits_count + 1) * sizeof(*g->hits));
	g->is_root = calloc((size_t)g->trees + 1, 1);
	if (g->edges_from == NULL || g->edges == NULL || g->hits == NULL || g->is_root == NULL)
		return FAULT_MEMORY;
	for (unsigned i = 0; i < count; i++)
		for (size_t t = 0; t < readers[i].trees.count; t++, tree++) {
			uint32_t object = readers[i].trees.at[t].object;

			g->kinds[object] = GRAPH_TREE;
			g->index_of[object] = tree;
		}
	tree = 0;
	g->hits_count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct graph_reader *r = &readers[i];

		for (size_t t = 0, e = 0; t < r->trees.count; t++) {
			g->edges_from[tree++] = (uint32_t)at;
			for (; e < r->trees.at[t].edges_end; e++) {
				uint32_t below = of_kind(g, r->edges.at[e].tree, GRAPH_TREE);

				if (below == GRAPH_NONE)
					g->lost++;
				else
					g->edges[at++] = (struct edge){below, r->edges.at[e].name};
			}
		}
		for (size_t k = 0; k < r->hits.count; k++) {
			struct hit hit = r->hits.at[k];

			hit.tree = g->index_of[hit.tree];
			g->hits[g->hits_count++] = hit;
		}
	}
	g->edges_from[tree] = (uint32_t)at;
	return 0;
}

/* Depth first, by hand: a tree is put down when all below it were. */
static int
order_trees(struct graph *g)
{
	struct visit {
		uint32_t tree, next;
	};
	struct visit *stack = malloc(((size_t)g->trees + 1) * sizeof(*stack));
	uint8_t *seen = calloc((size_t)g->trees + 1, 1);
	uint32_t done = 0;
	size_t depth = 0;

	g->tree_order = malloc(((size_t)g->trees + 1) * sizeof(*g->tree_order));
	if (stack == NULL || seen == NULL || g->tree_order == NULL) {
		free(stack);
		free(seen);
		return FAULT_MEMORY;
	}
	for (uint32_t tree = 0; tree < g->trees; tree++) {
		if (seen[tree])
			continue;
		seen[tree] = 1;
		stack[depth++] = (struct visit){tree, g->edges_from[tree]};
		while (depth > 0) {
			struct visit *top = &stack[depth - 1];

			if (top->next == g->edges_from[top->tree + 1]) {
				g->tree_order[done++] = top->tree;
				depth--;
			} else {
				uint32_t below = g->edges[top->next++].tree;

				if (!seen[below]) {
					seen[below] = 1;
					stack[depth++] =
					    (struct visit){below, g->edges_from[below]};
				}
			}
		}
	}
	free(stack);
	free(seen);
	return 0;
}

/* ---- commits ---- */

struct sorter {
	const struct commit_row **rows;
	uint32_t *heap;
	uint32_t count;
};

/* Earlier first; among equals by id, which is the same on every machine. */
static bool
earlier(const struct commit_row *a, const struct commit_row *b)
{
	return a->time != b->time ? a->time < b->time
				  : memcmp(a->id.at, b->id.at, sizeof(a->id.at)) < 0;
}

static void
heap_add(struct sorter *s, uint32_t row)
{
	uint32_t at = s->count++;

	while (at > 0 && earlier(s->rows[row], s->rows[s->heap[(at - 1) / 2]])) {
		s->heap[at] = s->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	s->heap[at] = row;
}

static uint32_t
heap_take(struct sorter *s)
{
	uint32_t first = s->heap[0], last = s->heap[--s->count], at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= s->count)
			break;
		if (child + 1 < s->count &&
		    earlier(s->rows[s->heap[child + 1]], s->rows[s->heap[child]]))
			child++;
		if (!earlier(s->rows[s->heap[child]], s->rows[last]))
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	if (s->count > 0)
		s->heap[at] = last;
	return first;
}

struct commits {
	const struct commit_row **rows;
	const uint32_t **parents; /* of each row, numbers of objects */
	uint32_t *waits;          /* for so many parents */
	uint32_t *children_from, *children;
	uint32_t *place; /* of each row in the order */
	uint32_t *order;
	uint32_t *heap;
	size_t parents_count;
};

static void
commits_free(struct commits *c)
{
	free(c->rows);
	free(c->parents);
	free(c->waits);
	free(c->children_from);
	free(c->children);
	free(c->place);
	free(c->order);
	free(c->heap);
}

static int
gather_commits(struct graph *g, struct commits *c, const struct graph_reader *readers,
	       unsigned count)
{
	size_t n = 0, row = 0;

	for (unsigned i = 0; i < count; i++) {
		n += readers[i].commits.count;
		c->parents_count += readers[i].parents.count;
	}
	if (c->parents_count >= GRAPH_NONE)
		return FAULT_LIMIT;
	g->commits = (uint32_t)n;
	c->rows = malloc((n + 1) * sizeof(*c->rows));
	c->parents = malloc((n + 1) * sizeof(*c->parents));
	c->waits = calloc(n + 1, sizeof(*c->waits));
	c->children_from = calloc(n + 2, sizeof(*c->children_from));
	c->children = malloc((c->parents_count + 1) * sizeof(*c->children));
	c->place = malloc((n + 1) * sizeof(*c->place));
	c->order = malloc((n + 1) * sizeof(*c->order));
	c->heap = malloc((n + 1) * sizeof(*c->heap));
	if (c->rows == NULL || c->parents == NULL || c->waits == NULL || c->children_from == NULL ||
	    c->children == NULL || c->place == NULL || c->order == NULL || c->heap == NULL)
		return FAULT_MEMORY;
	for (unsigned i = 0; i < count; i++)
		for (size_t k = 0, p = 0; k < readers[i].commits.count; k++, row++) {
			const struct commit_row *commit = &readers[i].commits.at[k];

			c->rows[row] = commit;
			c->parents[row] = readers[i].parents.at + p;
			p += commit->parents_count;
			g->kinds[commit->object] = GRAPH_COMMIT;
			g->index_of[commit->object] = (uint32_t)row;
		}
	return 0;
}

/* Parents first (Kahn), the earliest of those that may come. */
static void
order_commits(struct graph *g, struct commits *c)
{
	struct sorter s = {.rows = c->rows, .heap = c->heap};
	uint32_t done = 0;

	for (uint32_t row = 0; row < g->commits; row++)
		for (uint32_t p = 0; p < c->rows[row]->parents_count; p++) {
			uint32_t parent = of_kind(g, c->parents[row][p], GRAPH_COMMIT);

			if (parent != GRAPH_NONE && parent != row) {
				c->children_from[parent + 2]++;
				c->waits[row]++;
			}
		}
	for (uint32_t row = 0; row < g->commits; row++)
		c->children_from[row + 2] += c->children_from[row + 1];
	for (uint32_t row = 0; row < g->commits; row++)
		for (uint32_t p = 0; p < c->rows[row]->parents_count; p++) {
			uint32_t parent = of_kind(g, c->parents[row][p], GRAPH_COMMIT);

			if (parent != GRAPH_NONE && parent != row)
				c->children[c->children_from[parent + 1]++] = row;
		}
	for (uint32_t row = 0; row < g->commits; row++) {
		c->place[row] = GRAPH_NONE;
		if (c->waits[row] == 0)
			heap_add(&s, row);
	}
	while (s.count > 0) {
		uint32_t row = heap_take(&s);

		c->place[row] = done;
		c->order[done++] = row;
		for (uint32_t k = c->children_from[row]; k < c->children_from[row + 1]; k++)
			if (--c->waits[c->children[k]] == 0)
				heap_add(&s, c->children[k]);
	}
	for (uint32_t row = 0; done < g->commits && row < g->commits; row++)
		if (c->place[row] == GRAPH_NONE) { /* a circle */
			c->place[row] = done;
			c->order[done++] = row;
		}
}

static int
put_commits(struct graph *g, struct commits *c)
{
	uint32_t parent_at = 0;

	g->commit = malloc(((size_t)g->commits + 1) * sizeof(*g->commit));
	g->parents = malloc((c->parents_count + 1) * sizeof(*g->parents));
	if (g->commit == NULL || g->parents == NULL)
		return FAULT_MEMORY;
	for (uint32_t at = 0; at < g->commits; at++) {
		uint32_t row = c->order[at];
		const struct commit_row *from = c->rows[row];
		uint32_t tree = of_kind(g, from->tree, GRAPH_TREE);

		g->commit[at] = (struct graph_commit){
		    .id = from->id, .tree = tree, .parents_from = parent_at, .time = from->time};
		if (tree != GRAPH_NONE)
			g->is_root[tree] = 1;
		else
			g->lost++;
		for (uint32_t p = 0; p < from->parents_count; p++) {
			uint32_t parent = of_kind(g, c->parents[row][p], GRAPH_COMMIT);

			if (parent == GRAPH_NONE)
				g->lost++;
			/* a parent behind its child stands in a circle */
			g->parents[parent_at++] = parent == GRAPH_NONE || c->place[parent] >= at
						      ? GRAPH_NONE
						      : c->place[parent];
		}
	}
	g->commit[g->commits].parents_from = parent_at;
	for (uint32_t at = 0; at < g->commits; at++)
		g->index_of[c->rows[c->order[at]]->object] = at;
	return 0;
}

static int
join_commits(struct graph *g, const struct graph_reader *readers, unsigned count)
{
	AUTO(commits_free)
	struct commits c = {0};
	int r = gather_commits(g, &c, readers, count);

	if (r < 0)
		return r;
	order_commits(g, &c);
	return put_commits(g, &c);
}

static int
join_tags(struct graph *g, const struct graph_reader *readers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		g->tags += (uint32_t)readers[i].tags.count;
	g->tag = malloc(((size_t)g->tags + 1) * sizeof(*g->tag));
	if (g->tag == NULL)
		return FAULT_MEMORY;
	g->tags = 0;
	for (unsigned i = 0; i < count; i++)
		for (size_t k = 0; k < readers[i].tags.count; k++) {
			const struct tag_row *row = &readers[i].tags.at[k];

			g->kinds[row->object] = GRAPH_TAG;
			g->index_of[row->object] = g->tags;
			g->tag[g->tags++] =
			    (struct graph_tag){row->of, row->target, row->of_target};
		}
	return 0;
}

/* ---- all of it ---- */

static int
build(struct graph *g, struct graph_reader *readers, unsigned count, struct fault *fault)
{
	int r = graph_read(g, readers, count, fault);

	if (r < 0)
		return r;
	r = join_trees(g, readers, count);
	if (r == 0)
		r = order_trees(g);
	if (r == 0)
		r = join_commits(g, readers, count);
	if (r == 0)
		r = join_tags(g, readers, count);
	return r == FAULT_LIMIT ? fault_set(fault, r, "more than 2^32 references")
	       : r < 0          ? fault_memory(fault)
				: 0;
}

int
graph_build(struct graph *g, struct history *h, const struct targets *targets, struct fault *fault)
{
	unsigned jobs = h->options.jobs;
	struct graph_reader *readers = calloc(jobs, sizeof(*readers));
	uint64_t objects = history_objects(h);
	int r;

	*g = (struct graph){.h = h, .targets = targets, .objects = (uint32_t)objects};
	g->names_arena = (struct arena)ARENA_INIT((size_t)256 << 20);
	(void)pthread_mutex_init(&g->names_lock, NULL);
	if (objects >= GRAPH_NONE) {
		free(readers);
		return fault_set(fault, FAULT_LIMIT, "more than 2^32 objects");
	}
	g->kinds = calloc(objects + 1, 1);
	g->index_of = malloc((objects + 1) * sizeof(*g->index_of));
	if (readers == NULL || g->kinds == NULL || g->index_of == NULL)
		r = fault_memory(fault);
	else
		r = build(g, readers, jobs, fault);
	for (unsigned i = 0; readers != NULL && i < jobs; i++)
		graph_reader_free(&readers[i]);
	free(readers);
	if (r < 0)
		graph_free(g);
	return r;
}

void
graph_free(struct graph *g)
{
	free(g->kinds);
	free(g->index_of);
	free(g->edges_from);
	free(g->edges);
	free(g->tree_order);
	free(g->is_root);
	free(g->hits);
	free(g->commit);
	free(g->parents);
	free(g->tag);
	free(g->names);
	free(g->names_table);
	arena_free(&g->names_arena);
	(void)pthread_mutex_destroy(&g->names_lock);
	*g = (struct graph){0};
}
