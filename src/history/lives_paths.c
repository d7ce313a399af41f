/*
 * lives_paths.c - every path that something had
 *
 * A climb holds one ending of a path ("lib/key.pem") and all trees in which it leads to the thing.
 * Where one of them is the tree of a commit, the ending is a path.  The trees above, grouped by
 * the name they have for these, make the next climbs.  Each climb passes a tree once.
 */
#include "history/lives_paths.h"

#include <stdio.h>

/* Edges that all groups together may pass: about 2 s.  What a group would need beyond is told as
 * left out. */
#define STEPS_MAX ((uint64_t)200 * 1000 * 1000)

/* Endings one group may have: a blob that is a licence text in thousands of folders. */
#define CLIMBS_MAX     4096
#define PATH_BYTES_MAX 4096

struct climb {
	char *ending;
	uint32_t *trees;
	size_t count;
};

struct climber {
	struct lives_paths *p;
	struct climb *climbs;
	size_t count, room, made;
	char **found;
	size_t found_count, found_room;
	size_t left_out;
};

/* ---- edges upwards, hits by group ---- */

static int
turn_edges(struct lives_paths *p)
{
	const struct graph *g = p->graph;
	size_t edges = g->edges_from[g->trees];

	p->above_from = calloc((size_t)g->trees + 2, sizeof(*p->above_from));
	p->above = malloc((edges + 1) * sizeof(*p->above));
	p->stamps = calloc((size_t)g->trees + 1, sizeof(*p->stamps));
	if (p->above_from == NULL || p->above == NULL || p->stamps == NULL)
		return FAULT_MEMORY;
	for (size_t e = 0; e < edges; e++)
		p->above_from[g->edges[e].tree + 2]++;
	for (uint32_t t = 0; t < g->trees; t++)
		p->above_from[t + 2] += p->above_from[t + 1];
	for (uint32_t t = 0; t < g->trees; t++)
		for (uint32_t e = g->edges_from[t]; e < g->edges_from[t + 1]; e++)
			p->above[p->above_from[g->edges[e].tree + 1]++] =
			    (struct edge){t, g->edges[e].name};
	return 0;
}

static int
sort_hits(struct lives_paths *p, const uint32_t *groups_from, const uint32_t *group_of)
{
	const struct graph *g = p->graph;
	size_t all = 0;

	p->hits_from = calloc(p->count + 2, sizeof(*p->hits_from));
	if (p->hits_from == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < g->hits_count; i++)
		for (uint32_t k = groups_from[g->hits[i].target];
		     k < groups_from[g->hits[i].target + 1]; k++, all++)
			p->hits_from[group_of[k] + 2]++;
	p->hits = malloc((all + 1) * sizeof(*p->hits));
	if (p->hits == NULL)
		return FAULT_MEMORY;
	for (size_t group = 0; group < p->count; group++)
		p->hits_from[group + 2] += p->hits_from[group + 1];
	for (size_t i = 0; i < g->hits_count; i++)
		for (uint32_t k = groups_from[g->hits[i].target];
		     k < groups_from[g->hits[i].target + 1]; k++)
			p->hits[p->hits_from[group_of[k] + 1]++] = (uint32_t)i;
	return 0;
}

int
lives_paths_init(struct lives_paths *p, const struct graph *graph, size_t groups,
		 const uint32_t *groups_from, const uint32_t *group_of)
{
	int r;

	*p = (struct lives_paths){.graph = graph, .count = groups};
	p->from_index = calloc(groups + 1, sizeof(*p->from_index));
	r = p->from_index == NULL ? FAULT_MEMORY : turn_edges(p);
	return r < 0 ? r : sort_hits(p, groups_from, group_of);
}

void
lives_paths_free(struct lives_paths *p)
{
	for (size_t i = 0; p->from_index != NULL && i < p->count; i++)
		buf_free(&p->from_index[i]);
	free(p->from_index);
	free(p->above_from);
	free(p->above);
	free(p->stamps);
	free(p->hits_from);
	free(p->hits);
	*p = (struct lives_paths){0};
}

int
lives_paths_add_index(struct lives_paths *p, size_t group, struct bytes path)
{
	struct buf *b = &p->from_index[group];
	int r;

	b->bytes_max = (size_t)1 << 20;
	if (b->used + path.left + 1 > b->bytes_max)
		return 0;
	r = buf_append(b, path.at, path.left);
	return r < 0 ? r : buf_append_u8(b, 0);
}

/* ---- climbing ---- */

static int
found(struct climber *c, const char *path)
{
	if (c->found_count == c->found_room) {
		size_t room = c->found_room == 0 ? 16 : c->found_room * 2;
		char **grown = realloc(c->found, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		c->found = grown;
		c->found_room = room;
	}
	c->found[c->found_count] = strdup(path);
	return c->found[c->found_count++] == NULL ? FAULT_MEMORY : 0;
}

/* A climb with `name` in front of `ending` (NULL: of nothing), and room for `most` trees. */
static int
push(struct climber *c, const char *name, const char *ending, size_t most, struct climb **out)
{
	size_t bytes = strlen(name) + (ending == NULL ? 0 : strlen(ending) + 1) + 1;
	struct climb *climb;

	*out = NULL;
	if (bytes > PATH_BYTES_MAX || c->made >= CLIMBS_MAX || c->p->steps > STEPS_MAX) {
		c->left_out++;
		return 0;
	}
	if (c->count == c->room) {
		size_t room = c->room == 0 ? 64 : c->room * 2;
		struct climb *grown = realloc(c->climbs, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		c->climbs = grown;
		c->room = room;
	}
	climb = &c->climbs[c->count];
	*climb = (struct climb){malloc(bytes), malloc(most * sizeof(uint32_t)), 0};
	c->count++;
	c->made++;
	if (climb->ending == NULL || climb->trees == NULL)
		return FAULT_MEMORY;
	(void)snprintf(climb->ending, bytes, "%s%s%s", name, ending == NULL ? "" : "/",
		       ending == NULL ? "" : ending);
	*out = climb;
	return 0;
}

struct pair {
	uint32_t name, tree;
};

static int
pair_order(const void *one, const void *other)
{
	const struct pair *a = one, *b = other;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return a->tree < b->tree ? -1 : a->tree > b->tree;
}

/* One climb for each name among the pairs. */
static int
push_pairs(struct climber *c, struct pair *pairs, size_t count, const char *ending)
{
	bool one_name = true;
	int r = 0;

	for (size_t i = 1; i < count && one_name; i++)
		one_name = pairs[i].name == pairs[0].name;
	if (!one_name)
		qsort(pairs, count, sizeof(*pairs), pair_order);
	for (size_t i = 0; r == 0 && i < count;) {
		uint32_t name = pairs[i].name;
		size_t end = i;
		struct climb *climb;

		while (end < count && pairs[end].name == name)
			end++;
		r = push(c, c->p->graph->names[name], ending, end - i, &climb);
		if (climb != NULL && r == 0) {
			c->p->stamp++;
			for (; i < end; i++)
				if (c->p->stamps[pairs[i].tree] != c->p->stamp) {
					c->p->stamps[pairs[i].tree] = c->p->stamp;
					climb->trees[climb->count++] = pairs[i].tree;
				}
		}
		i = end;
	}
	return r;
}

static int
climb_up(struct climber *c, const struct climb *climb)
{
	struct lives_paths *p = c->p;
	struct pair *pairs;
	size_t count = 0;
	bool at_root = false;
	int r = 0;

	for (size_t i = 0; i < climb->count; i++) {
		uint32_t tree = climb->trees[i];

		count += p->above_from[tree + 1] - p->above_from[tree];
		at_root |= p->graph->is_root[tree] != 0;
	}
	p->steps += count + climb->count;
	if (at_root)
		r = found(c, climb->ending);
	if (r < 0 || count == 0)
		return r;
	pairs = malloc(count * sizeof(*pairs));
	if (pairs == NULL)
		return FAULT_MEMORY;
	count = 0;
	for (size_t i = 0; i < climb->count; i++)
		for (uint32_t e = p->above_from[climb->trees[i]];
		     e < p->above_from[climb->trees[i] + 1]; e++)
			pairs[count++] = (struct pair){p->above[e].name, p->above[e].tree};
	r = push_pairs(c, pairs, count, climb->ending);
	free(pairs);
	return r;
}

static void
climb_free(struct climb *climb)
{
	free(climb->ending);
	free(climb->trees);
}

static int
climb_all(struct climber *c, size_t group)
{
	struct lives_paths *p = c->p;
	size_t count = p->hits_from[group + 1] - p->hits_from[group];
	struct pair *pairs = malloc((count + 1) * sizeof(*pairs));
	int r;

	if (pairs == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct hit *hit = &p->graph->hits[p->hits[p->hits_from[group] + i]];

		pairs[i] = (struct pair){hit->name, hit->tree};
	}
	r = push_pairs(c, pairs, count, NULL);
	free(pairs);
	while (r == 0 && c->count > 0) {
		struct climb climb = c->climbs[--c->count];

		r = climb_up(c, &climb);
		climb_free(&climb);
	}
	return r;
}

/* ---- what was found, in order ---- */

static int
text_order(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static int
keep(struct climber *c, struct history_life *life, struct arena *arena)
{
	const char **kept = arena_alloc(arena, HISTORY_PATHS_MAX * sizeof(*kept));

	if (kept == NULL)
		return FAULT_MEMORY;
	if (c->found_count > 0)
		qsort(c->found, c->found_count, sizeof(*c->found), text_order);
	life->paths = kept;
	life->paths_left_out = c->left_out;
	for (size_t i = 0; i < c->found_count; i++) {
		AUTO(buf_free)
		struct buf shown = BUF_INIT(PATH_BYTES_MAX * 8);

		if (i > 0 && strcmp(c->found[i], c->found[i - 1]) == 0)
			continue;
		if (life->paths_count == HISTORY_PATHS_MAX) {
			life->paths_left_out++;
			continue;
		}
		if (blob_display(&shown, bytes_text(c->found[i])) < 0)
			return FAULT_MEMORY;
		kept[life->paths_count] = arena_copy(arena, shown.at, shown.used);
		if (kept[life->paths_count++] == NULL)
			return FAULT_MEMORY;
	}
	return 0;
}

int
lives_paths_find(struct lives_paths *p, size_t group, struct history_life *life,
		 struct arena *arena)
{
	struct climber c = {.p = p};
	struct bytes in = buf_bytes(&p->from_index[group]);
	int r = climb_all(&c, group);

	while (r == 0 && in.left > 0) {
		size_t length = strlen((const char *)in.at);

		if (length <= PATH_BYTES_MAX)
			r = found(&c, (const char *)in.at);
		(void)bytes_skip(&in, length + 1);
	}
	if (r == 0)
		r = keep(&c, life, arena);
	for (size_t i = 0; i < c.count; i++)
		climb_free(&c.climbs[i]);
	for (size_t i = 0; i < c.found_count; i++)
		free(c.found[i]);
	free(c.climbs);
	free(c.found);
	return r;
}
