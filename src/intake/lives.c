/*
 * lives.c - findings of a git history: one for each thing found, with its life
 *
 * Knows: which findings are about one thing, and who stands for them.
 * Does not know: commits and trees (history/lives), what was found.
 */
#include "intake/lives.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define NAMES_BYTES_MAX ((size_t)256 << 20)

/* A finding and the object it lies in. */
struct told {
	struct finding *finding;
	struct history_id id; /* in_history: of the object */
	bool in_history;
};

struct lives {
	struct intake *in;
	struct history *store;
	struct told *told; /* sorted by thing; of one thing the work tree's first */
	size_t count;
	struct history_group *groups;
	struct history_id *ids;
	size_t groups_count, ids_count;
	struct history_life *lives;
	struct arena arena;
};

static void
lives_free(struct lives *l)
{
	free(l->told);
	free(l->groups);
	free(l->ids);
	free(l->lives);
	arena_free(&l->arena);
}

/* The same thing: the same secret, or, of what has no evidence, the same place in one content. */
static int
by_thing(const struct finding *a, const struct finding *b)
{
	int r = strcmp(a->detector, b->detector);

	if (r == 0)
		r = strcmp(a->rule, b->rule);
	if (r == 0)
		r = a->has_evidence - b->has_evidence;
	if (r != 0)
		return r;
	if (a->has_evidence)
		return memcmp(a->evidence, b->evidence, sizeof(a->evidence));
	r = memcmp(a->sha256, b->sha256, sizeof(a->sha256));
	if (r == 0)
		r = (a->at.at_bytes > b->at.at_bytes) - (a->at.at_bytes < b->at.at_bytes);
	return r;
}

static int
compare_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;
	int r = by_thing(a->finding, b->finding);

	if (r == 0)
		r = a->in_history - b->in_history;
	/* The gravest stands for all: one secret may lie in a test and in what runs. */
	if (r == 0)
		r = (a->finding->severity < b->finding->severity) -
		    (a->finding->severity > b->finding->severity);
	if (r == 0)
		r = strcmp(a->finding->path, b->finding->path);
	if (r == 0)
		r = memcmp(&a->id, &b->id, sizeof(a->id));
	if (r == 0)
		r = (a->finding->at.at_bytes > b->finding->at.at_bytes) -
		    (a->finding->at.at_bytes < b->finding->at.at_bytes);
	return r;
}

static int
collect(struct lives *l, struct fault *fault)
{
	size_t room = 0;

	for (unsigned i = 0; i < l->in->options.jobs; i++)
		room += l->in->workers[i].findings.count;
	l->told = calloc(room + 1, sizeof(*l->told));
	if (l->told == NULL)
		return fault_memory(fault);
	for (unsigned i = 0; i < l->in->options.jobs; i++) {
		struct findings *findings = &l->in->workers[i].findings;

		for (size_t k = 0; k < findings->count; k++) {
			struct told *t = &l->told[l->count];

			*t = (struct told){.finding = &findings->list[k],
					   .in_history = findings->list[k].has_object};
			memcpy(&t->id, findings->list[k].object, sizeof(t->id));
			/* A finding about the whole input has no place that a version could share. */
			if (t->in_history || t->finding->has_evidence || t->finding->has_sha256)
				l->count++;
		}
	}
	if (l->count > 1)
		qsort(l->told, l->count, sizeof(*l->told), compare_told);
	return 0;
}

static int
compare_ids(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct history_id));
}

static int
compare_occurrences(const void *left, const void *right)
{
	const struct occurrence *a = left, *b = right;
	int r = (a->thing > b->thing) - (a->thing < b->thing);

	return r != 0 ? r : memcmp(&a->id, &b->id, sizeof(a->id));
}

/* The end of the run of told things that are the same as told[from]. */
static size_t
run_end(const struct lives *l, size_t from)
{
	size_t end = from + 1;

	while (end < l->count && by_thing(l->told[from].finding, l->told[end].finding) == 0)
		end++;
	return end;
}

int
worker_occurs(struct worker *w, const struct occurrence *occurrence, struct fault *fault)
{
	if (w->occurrences_count == w->occurrences_room) {
		size_t room = w->occurrences_room == 0 ? 64 : w->occurrences_room * 2;
		struct occurrence *list = reallocarray(w->occurrences, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		w->occurrences = list;
		w->occurrences_room = room;
	}
	w->occurrences[w->occurrences_count++] = *occurrence;
	return 0;
}

/* All occurrences of all workers in one sorted list, in workers[0]. */
static int
gather_occurrences(struct lives *l, struct fault *fault)
{
	struct worker *first = &l->in->workers[0];

	for (unsigned i = 1; i < l->in->options.jobs; i++) {
		struct worker *w = &l->in->workers[i];

		for (size_t k = 0; k < w->occurrences_count; k++)
			if (worker_occurs(first, &w->occurrences[k], fault) < 0)
				return FAULT_MEMORY;
		w->occurrences_count = 0;
	}
	if (first->occurrences_count > 1)
		qsort(first->occurrences, first->occurrences_count, sizeof(*first->occurrences),
		      compare_occurrences);
	return 0;
}

static size_t
first_occurrence(const struct worker *w, uint64_t thing)
{
	size_t low = 0, high = w->occurrences_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->occurrences[middle].thing < thing)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The objects that hold the thing told[from..end). */
static void
add_group(struct lives *l, size_t from, size_t end)
{
	const struct worker *w = &l->in->workers[0];
	const struct finding *f = l->told[from].finding;
	uint64_t thing = occurrence_thing(f->evidence);
	struct history_id *ids = l->ids + l->ids_count;
	size_t count = 0, unique = 0;

	for (size_t i = from; i < end; i++)
		if (l->told[i].in_history)
			ids[count++] = l->told[i].id;
	if (f->has_evidence)
		for (size_t i = first_occurrence(w, thing);
		     i < w->occurrences_count && w->occurrences[i].thing == thing; i++)
			ids[count++] = w->occurrences[i].id;
	if (count > 1)
		qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare_ids(&ids[i], &ids[unique - 1]) != 0)
			ids[unique++] = ids[i];
	l->groups[l->groups_count++] = (struct history_group){.ids = ids, .count = unique};
	l->ids_count += unique;
}

static bool
has_history(const struct lives *l, size_t from, size_t end)
{
	/* Within a run those of the history come last. */
	return l->told[end - 1].in_history && from < end;
}

/* Two findings of one secret by two rules share their occurrences: room for each. */
static int
make_groups(struct lives *l, struct fault *fault)
{
	const struct worker *w = &l->in->workers[0];
	size_t things = 0, room = l->count;
	uint64_t thing;

	for (size_t i = 0, end; i < l->count; i = end) {
		end = run_end(l, i);
		if (!has_history(l, i, end))
			continue;
		things++;
		thing = occurrence_thing(l->told[i].finding->evidence);
		if (l->told[i].finding->has_evidence)
			for (size_t k = first_occurrence(w, thing);
			     k < w->occurrences_count && w->occurrences[k].thing == thing; k++)
				room++;
	}
	l->groups = calloc(things + 1, sizeof(*l->groups));
	l->lives = calloc(things + 1, sizeof(*l->lives));
	l->ids = calloc(room + 1, sizeof(*l->ids));
	if (l->groups == NULL || l->lives == NULL || l->ids == NULL)
		return fault_memory(fault);
	for (size_t i = 0, end; i < l->count; i = end) {
		end = run_end(l, i);
		if (has_history(l, i, end))
			add_group(l, i, end);
	}
	return 0;
}

static const char *
commit_text(struct lives *l, const struct history_id *id)
{
	static const struct history_id none;
	char text[HISTORY_ID_TEXT];

	if (memcmp(id, &none, sizeof(none)) == 0)
		return NULL;
	return arena_text(&l->arena, history_id_format(id, history_id_bytes(l->store), text));
}

/* At most FINDING_NAMES_MAX of them; the rest is counted. */
static const char **
take_names(struct lives *l, const char *const *names, size_t *count, uint64_t *left_out)
{
	const char **taken;

	if (*count > FINDING_NAMES_MAX) {
		*left_out += *count - FINDING_NAMES_MAX;
		*count = FINDING_NAMES_MAX;
	}
	taken = arena_alloc(&l->arena, (*count + 1) * sizeof(*taken));
	if (taken != NULL && *count > 0)
		memcpy(taken, names, *count * sizeof(*taken));
	return taken;
}

static struct finding_git *
git_of(struct lives *l, const struct history_life *life)
{
	struct finding_git *git = ARENA_NEW(&l->arena, struct finding_git);

	if (git == NULL)
		return NULL;
	*git = (struct finding_git){
	    .first_commit = commit_text(l, &life->first_commit),
	    .last_commit = commit_text(l, &life->last_commit),
	    .first_time = life->first_time,
	    .last_time = life->last_time,
	    .author = life->author,
	    .paths_count = life->paths_count,
	    .refs_count = life->refs_count,
	    .tags_count = life->tags_count,
	    .names_left_out = life->paths_left_out + life->refs_left_out + life->tags_left_out,
	    .reachable = life->reachable == HISTORY_REMOTE  ? FINDING_REACH_REMOTE
			 : life->reachable == HISTORY_LOCAL ? FINDING_REACH_LOCAL
							    : FINDING_REACH_NONE,
	    .at_head = life->at_head,
	};
	git->paths = take_names(l, life->paths, &git->paths_count, &git->names_left_out);
	git->refs = take_names(l, life->refs, &git->refs_count, &git->names_left_out);
	git->tags = take_names(l, life->tags, &git->tags_count, &git->names_left_out);
	return git->paths == NULL || git->refs == NULL || git->tags == NULL ? NULL : git;
}

/* The first of the run stands for all: the work tree's where it has one, because that is the place
 * a person can open. */
static int
tell_run(struct lives *l, size_t from, size_t end, const struct history_life *life, size_t objects,
	 struct findings *to, struct fault *fault)
{
	struct finding f = *l->told[from].finding;
	size_t here = from;

	f.git = git_of(l, life);
	if (f.git == NULL)
		return fault_memory(fault);
	while (here < end && !l->told[here].in_history)
		here++;
	if (here == from)
		f.count = objects;
	else if (here - from > 1)
		f.count = here - from;
	return findings_add(to, &f, fault);
}

int
lives_tell(struct intake *in, struct fault *fault)
{
	AUTO(lives_free)
	struct lives l = {.in = in, .store = in->store, .arena = ARENA_INIT(NAMES_BYTES_MAX)};
	AUTO(findings_free)
	struct findings told;
	size_t group = 0;
	int r;

	findings_init(&told);
	r = collect(&l, fault);
	if (r >= 0)
		r = gather_occurrences(&l, fault);
	if (r >= 0)
		r = make_groups(&l, fault);
	if (r >= 0 && l.groups_count > 0)
		r = history_lives(in->store, l.groups, l.groups_count, l.lives, &l.arena, fault);
	if (r < 0 || l.groups_count == 0)
		return r;
	for (size_t i = 0, end; r >= 0 && i < l.count; i = end) {
		end = run_end(&l, i);
		if (!has_history(&l, i, end))
			continue;
		r = tell_run(&l, i, end, &l.lives[group], l.groups[group].count, &told, fault);
		group++;
		for (size_t k = i; k < end; k++)
			l.told[k].finding->detector = NULL; /* told: dropped below */
	}
	for (unsigned i = 0; r >= 0 && i < in->options.jobs; i++) {
		struct findings *own = &in->workers[i].findings;
		size_t kept = 0;

		for (size_t k = 0; k < own->count; k++)
			if (own->list[k].detector != NULL)
				own->list[kept++] = own->list[k];
		own->count = kept;
	}
	for (size_t k = 0; r >= 0 && k < told.count; k++)
		r = findings_add(&in->workers[0].findings, &told.list[k], fault);
	return r;
}
