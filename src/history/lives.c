/*
 * lives.c - the life of what was found: since when, until when, where, and who can reach it
 *
 * Knows: the graph of trees and commits.  Does not know: what was found.
 * 64 groups at a time are bits of a word: a tree holds what its subtrees hold, a commit what its
 * tree holds, the past of a commit what the pasts of its parents hold.
 */
#include "history/graph.h"
#include "history/lives_paths.h"

#define WORD_GROUPS 64

enum { /* what leads to a commit */
       FROM_REMOTE = 1,
       FROM_LOCAL = 2,
       FROM_REFLOG = 4,
       FROM_STASH = 8,
       FROM_COUNT = 4,
};

struct lives {
	struct history *h;
	struct graph graph;
	struct targets targets;
	const struct history_group *groups;
	size_t count;
	struct history_life *lives;
	struct arena *arena;

	uint32_t *groups_from; /* groups of a target: [from[t], from[t + 1]) of group_of */
	uint32_t *group_of;

	const struct history_ref *refs;
	size_t refs_count;
	uint32_t *ref_commits; /* of each ref, GRAPH_NONE: none */
	uint8_t *leads;        /* of each commit: FROM_* */

	size_t first; /* the group that is bit 0 */
	uint64_t *trees, *commits, *pasts;
	struct lives_paths paths;
};

/* ---- groups and their targets ---- */

static int
link_groups(struct lives *l)
{
	size_t all = 0;

	for (size_t g = 0; g < l->count; g++)
		all += l->groups[g].count;
	l->groups_from = calloc(l->targets.count + 2, sizeof(*l->groups_from));
	l->group_of = malloc((all + 1) * sizeof(*l->group_of));
	if (l->groups_from == NULL || l->group_of == NULL)
		return FAULT_MEMORY;
	for (size_t g = 0; g < l->count; g++)
		for (size_t i = 0; i < l->groups[g].count; i++)
			l->groups_from[targets_find(&l->targets, l->groups[g].ids[i].at) + 2]++;
	for (size_t t = 0; t < l->targets.count; t++)
		l->groups_from[t + 2] += l->groups_from[t + 1];
	for (size_t g = 0; g < l->count; g++)
		for (size_t i = 0; i < l->groups[g].count; i++) {
			uint32_t target = targets_find(&l->targets, l->groups[g].ids[i].at);

			l->group_of[l->groups_from[target + 1]++] = (uint32_t)g;
		}
	return 0;
}

/* The bits of those groups of this word that a target belongs to. */
static uint64_t
bits_of(const struct lives *l, uint32_t target)
{
	uint64_t bits = 0;

	for (uint32_t i = l->groups_from[target]; i < l->groups_from[target + 1]; i++)
		if (l->group_of[i] >= l->first && l->group_of[i] - l->first < WORD_GROUPS)
			bits |= (uint64_t)1 << (l->group_of[i] - l->first);
	return bits;
}

/* ---- what leads where ---- */

static void
lead(struct lives *l, const struct history_id *id, uint8_t from)
{
	uint32_t commit = graph_peel(&l->graph, graph_object(&l->graph, id->at));

	if (commit != GRAPH_NONE)
		l->leads[commit] |= from;
}

static int
lead_reflog(void *to, const char *ref, const struct history_id *from,
	    const struct history_id *to_id, struct bytes text)
{
	struct lives *l = to;
	uint8_t how = FROM_REFLOG;

	(void)text;
	if (strcmp(ref, "refs/stash") == 0)
		how |= FROM_STASH;
	lead(l, from, how);
	lead(l, to_id, how);
	return 0;
}

static int
mark_leads(struct lives *l, struct fault *fault)
{
	struct graph *g = &l->graph;
	int r = history_refs(l->h, &l->refs, &l->refs_count, fault);

	if (r < 0)
		return r;
	l->leads = calloc((size_t)g->commits + 1, 1);
	l->ref_commits = malloc((l->refs_count + 1) * sizeof(*l->ref_commits));
	if (l->leads == NULL || l->ref_commits == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < l->refs_count; i++) {
		uint32_t commit = graph_peel(g, graph_object(g, l->refs[i].id.at));

		l->ref_commits[i] = commit;
		if (commit != GRAPH_NONE)
			l->leads[commit] |=
			    (uint8_t)((l->refs[i].is_remote ? FROM_REMOTE : FROM_LOCAL) |
				      (l->refs[i].is_stash ? FROM_STASH : 0));
	}
	r = history_reflogs(l->h, lead_reflog, l, fault);
	if (r < 0)
		return r;
	for (uint32_t c = g->commits; c-- > 0;)
		for (uint32_t p = g->commit[c].parents_from; p < g->commit[c + 1].parents_from; p++)
			if (g->parents[p] != GRAPH_NONE)
				l->leads[g->parents[p]] |= l->leads[c];
	return 0;
}

/* ---- one word of groups ---- */

static void
flood(struct lives *l)
{
	const struct graph *g = &l->graph;

	memset(l->trees, 0, ((size_t)g->trees + 1) * sizeof(*l->trees));
	for (size_t i = 0; i < g->hits_count; i++)
		l->trees[g->hits[i].tree] |= bits_of(l, g->hits[i].target);
	for (uint32_t i = 0; i < g->trees; i++) {
		uint32_t tree = g->tree_order[i];

		for (uint32_t e = g->edges_from[tree]; e < g->edges_from[tree + 1]; e++)
			l->trees[tree] |= l->trees[g->edges[e].tree];
	}
	for (uint32_t c = 0; c < g->commits; c++) {
		const struct graph_commit *commit = &g->commit[c];
		uint32_t own = targets_find(&l->targets, commit->id.at);

		l->commits[c] = commit->tree == GRAPH_NONE ? 0 : l->trees[commit->tree];
		if (own != GRAPH_NONE)
			l->commits[c] |= bits_of(l, own);
		l->pasts[c] = l->commits[c];
		for (uint32_t p = commit->parents_from; p < g->commit[c + 1].parents_from; p++)
			if (g->parents[p] != GRAPH_NONE)
				l->pasts[c] |= l->pasts[g->parents[p]];
	}
}

static void
find_first_and_last(struct lives *l)
{
	const struct graph *g = &l->graph;
	uint64_t seen = 0;

	for (uint32_t c = 0; c < g->commits; c++)
		for (uint64_t fresh = l->commits[c] & ~seen; fresh != 0; fresh &= fresh - 1) {
			struct history_life *life =
			    &l->lives[l->first + (size_t)__builtin_ctzll(fresh)];

			life->first_commit = g->commit[c].id;
			life->first_time = g->commit[c].time;
			seen |= fresh;
		}
	seen = 0;
	for (uint32_t c = g->commits; c-- > 0;)
		for (uint64_t fresh = l->commits[c] & ~seen; fresh != 0; fresh &= fresh - 1) {
			struct history_life *life =
			    &l->lives[l->first + (size_t)__builtin_ctzll(fresh)];

			life->last_commit = g->commit[c].id;
			life->last_time = g->commit[c].time;
			seen |= fresh;
		}
}

static void
find_reach(struct lives *l)
{
	uint64_t from[FROM_COUNT] = {0};

	for (uint32_t c = 0; c < l->graph.commits; c++)
		for (unsigned k = 0; k < FROM_COUNT; k++)
			if (l->leads[c] >> k & 1)
				from[k] |= l->commits[c];
	for (size_t g = l->first; g < l->count && g - l->first < WORD_GROUPS; g++) {
		struct history_life *life = &l->lives[g];
		uint64_t bit = (uint64_t)1 << (g - l->first);

		life->reachable = from[0] & bit   ? HISTORY_REMOTE
				  : from[1] & bit ? HISTORY_LOCAL
						  : HISTORY_UNREACHABLE;
		life->in_reflog = (from[2] & bit) != 0;
		life->in_stash = (from[3] & bit) != 0;
	}
}

static int
add_text(struct arena *arena, const char *const **texts, size_t *count, size_t *left_out,
	 size_t max, const char *text)
{
	if (*count == max) {
		++*left_out;
		return 0;
	}
	if (*texts == NULL)
		*texts = arena_alloc(arena, max * sizeof(**texts));
	if (*texts == NULL)
		return FAULT_MEMORY;
	((const char **)(uintptr_t)*texts)[*count] = arena_text(arena, text);
	return (*texts)[(*count)++] == NULL ? FAULT_MEMORY : 0;
}

static int
add_ref(struct lives *l, struct history_life *life, const struct history_ref *ref)
{
	if (ref->is_tag)
		return add_text(l->arena, &life->tags, &life->tags_count, &life->tags_left_out,
				HISTORY_REFS_MAX, ref->name);
	return add_text(l->arena, &life->refs, &life->refs_count, &life->refs_left_out,
			HISTORY_REFS_MAX, ref->name);
}

/* What a ref holds on to that is no commit: a tag that was looked for itself, a tree, a blob. */
static uint64_t
held_directly(const struct lives *l, const struct history_id *id)
{
	const struct graph *g = &l->graph;
	uint32_t object = graph_object(g, id->at), target = targets_find(&l->targets, id->at);
	uint64_t bits = target == GRAPH_NONE ? 0 : bits_of(l, target);

	for (unsigned depth = 0; object != GRAPH_NONE && depth < 32; depth++) {
		if (g->kinds[object] == GRAPH_TREE)
			return bits | l->trees[g->index_of[object]];
		if (g->kinds[object] != GRAPH_TAG)
			return bits;
		target = g->tag[g->index_of[object]].target;
		bits |= target == GRAPH_NONE ? 0 : bits_of(l, target);
		target = g->tag[g->index_of[object]].object_target;
		bits |= target == GRAPH_NONE ? 0 : bits_of(l, target);
		object = g->tag[g->index_of[object]].object;
	}
	return bits;
}

static int
find_refs(struct lives *l)
{
	int r = 0;

	for (size_t i = 0; i < l->refs_count; i++) {
		const struct history_ref *ref = &l->refs[i];
		uint32_t commit = l->ref_commits[i];
		uint64_t direct = held_directly(l, &ref->id);
		uint64_t bits = direct | (commit == GRAPH_NONE ? 0 : l->pasts[commit]);

		for (; r == 0 && bits != 0; bits &= bits - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(bits);
			struct history_life *life = &l->lives[l->first + bit];

			r = add_ref(l, life, ref);
			if (ref->is_head && commit != GRAPH_NONE)
				life->at_head |= (l->commits[commit] >> bit & 1) != 0;
			if (ref->is_remote && (direct >> bit & 1))
				life->reachable = HISTORY_REMOTE;
			else if ((direct >> bit & 1) && life->reachable == HISTORY_UNREACHABLE)
				life->reachable = HISTORY_LOCAL;
		}
	}
	return r;
}

static int
do_word(struct lives *l)
{
	int r;

	flood(l);
	find_first_and_last(l);
	find_reach(l);
	r = find_refs(l);
	return r;
}

/* ---- authors, index ---- */

static bool
is_zero(const struct history_id *id)
{
	static const struct history_id zero;

	return memcmp(id, &zero, sizeof(zero)) == 0;
}

static int
find_author(struct lives *l, struct history_life *life)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)64 << 20);
	AUTO(buf_free)
	struct buf shown = BUF_INIT((size_t)1 << 20);
	struct history_commit commit;
	enum history_type type;
	int r;

	if (is_zero(&life->first_commit))
		return 0;
	r = history_read(l->h, &life->first_commit, &type, &content, NULL);
	if (r != 0 || history_parse_commit(buf_bytes(&content), l->h->id_bytes, &commit, NULL) < 0)
		return r == FAULT_MEMORY ? r : 0;
	/* some tools wrote whole files into this line */
	if (blob_display(&shown, bytes_slice(commit.author, 0, 1024)) < 0)
		return FAULT_MEMORY;
	life->author = arena_copy(l->arena, shown.at, shown.used);
	return life->author == NULL ? FAULT_MEMORY : 0;
}

static int
on_index_entry(void *to, struct bytes path, uint32_t mode, const struct history_id *id,
	       unsigned stage)
{
	struct lives *l = to;
	uint32_t target = targets_find(&l->targets, id->at);
	int r = 0;

	(void)mode;
	(void)stage;
	if (target == GRAPH_NONE)
		return 0;
	for (uint32_t i = l->groups_from[target]; r == 0 && i < l->groups_from[target + 1]; i++) {
		l->lives[l->group_of[i]].in_index = true;
		r = lives_paths_add_index(&l->paths, l->group_of[i], path);
	}
	return r;
}

/* ---- all of it ---- */

static void
lives_free(struct lives *l)
{
	lives_paths_free(&l->paths);
	graph_free(&l->graph);
	targets_free(&l->targets);
	free(l->groups_from);
	free(l->group_of);
	free(l->ref_commits);
	free(l->leads);
	free(l->trees);
	free(l->commits);
	free(l->pasts);
}

static int
prepare(struct lives *l, struct fault *fault)
{
	struct history *h = l->h;
	int r = targets_make(&l->targets, l->groups, l->count, h->id_bytes);

	if (r == 0)
		r = link_groups(l);
	if (r < 0)
		return fault_memory(fault);
	r = graph_build(&l->graph, h, &l->targets, fault);
	if (r == 0)
		r = mark_leads(l, fault);
	if (r < 0)
		return r;
	l->trees = malloc(((size_t)l->graph.trees + 1) * sizeof(*l->trees));
	l->commits = malloc(((size_t)l->graph.commits + 1) * sizeof(*l->commits));
	l->pasts = malloc(((size_t)l->graph.commits + 1) * sizeof(*l->pasts));
	if (l->trees == NULL || l->commits == NULL || l->pasts == NULL)
		return fault_memory(fault);
	r = lives_paths_init(&l->paths, &l->graph, l->count, l->groups_from, l->group_of);
	return r < 0 ? fault_memory(fault) : 0;
}

int
history_lives(struct history *h, const struct history_group groups[], size_t count,
	      struct history_life lives[], struct arena *arena, struct fault *fault)
{
	AUTO(lives_free)
	struct lives l = {.h = h, .groups = groups, .count = count, .lives = lives, .arena = arena};
	int r;

	for (size_t i = 0; i < count; i++)
		lives[i] = (struct history_life){.reachable = HISTORY_UNREACHABLE};
	if (count == 0)
		return 0;
	r = prepare(&l, fault);
	if (r < 0)
		return r;
	for (; r == 0 && l.first < count; l.first += WORD_GROUPS)
		r = history_cancelled(h) ? FAULT_CANCEL : do_word(&l);
	if (r == 0)
		r = history_index(h, on_index_entry, &l, fault);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = find_author(&l, &lives[i]);
		if (r == 0)
			r = lives_paths_find(&l.paths, i, &lives[i], arena);
	}
	gap_add(h, "objects", "named by commits and trees, and not here", NULL, l.graph.lost,
		h->is_partial);
	return r == FAULT_CANCEL ? fault_set(fault, r, "stopped") : r < 0 ? fault_memory(fault) : 0;
}
