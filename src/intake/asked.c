/*
 * asked.c - some objects of a git store: what is staged, what a range of commits brings
 *
 * Knows: how the words of a question become commits, and that here every object has a path.
 * Does not know: how commits are walked (history/), how everything is read (history.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "history/history.h"
#include "history/staged.h"
#include "intake/inside.h"
#include "intake/lives.h"

struct asked {
	struct intake *in;
	struct worker *worker;
	struct history *store;
	struct buf path, content;
};

struct ids {
	struct history_id *list;
	size_t count, room;
};

static int
ids_add(struct ids *ids, const struct history_id *id)
{
	if (ids->count == ids->room) {
		size_t room = ids->room == 0 ? 64 : ids->room * 2;
		struct history_id *list = reallocarray(ids->list, room, sizeof(*list));

		if (list == NULL)
			return FAULT_MEMORY;
		ids->list = list;
		ids->room = room;
	}
	ids->list[ids->count++] = *id;
	return 0;
}

/* An excluded commit that is not here (the other side is ahead of the last fetch) excludes nothing;
 * an included one must be here. */
static int
resolve(struct history *store, const char *const names[], size_t count, bool must, struct ids *ids,
	struct fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		struct fault why = FAULT_INIT;
		struct history_id id;
		int r = history_resolve(store, names[i], &id, &why);

		if (r == 0)
			r = ids_add(ids, &id);
		else if (r == HISTORY_MISSING && must)
			r = fault_set(fault, FAULT_USAGE, "%s", why.text);
		else if (r == HISTORY_MISSING)
			r = 0;
		else
			r = fault_set(fault, r, "%s", why.text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
add_refs(struct history *store, const char *front, struct ids *ids, struct fault *fault)
{
	const struct history_ref *refs;
	size_t count;
	int r = history_refs(store, &refs, &count, fault);

	for (size_t i = 0; r == 0 && i < count; i++)
		if (strncmp(refs[i].name, front, strlen(front)) == 0)
			r = ids_add(ids, &refs[i].id);
	return r;
}

/* ---- --since: what is older is excluded at the commits where the newer ones begin ---- */

struct ages {
	pthread_mutex_t lock;
	size_t id_bytes;
	int64_t since;
	struct ids parents; /* of the newer commits; those of them that are older bound the range */
	struct ids old;
};

static int
look_at_age(void *to, const struct history_blob *object, void **state, struct fault *fault)
{
	struct ages *ages = to;
	struct history_commit commit;
	int r = 0;

	(void)state;
	if (history_parse_commit(bytes_make(object->at, object->size), ages->id_bytes, &commit,
				 NULL) < 0)
		return 0;
	(void)pthread_mutex_lock(&ages->lock);
	if (commit.commit_time < ages->since) {
		r = ids_add(&ages->old, &object->id);
	} else {
		struct history_id parent;

		for (size_t i = 0; r == 0 && history_commit_parent(&commit, i, &parent); i++)
			r = ids_add(&ages->parents, &parent);
	}
	(void)pthread_mutex_unlock(&ages->lock);
	return r < 0 ? fault_memory(fault) : 0;
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct history_id));
}

static int
exclude_older(struct history *store, int64_t since, struct ids *exclude, struct fault *fault)
{
	struct ages ages = {.since = since, .id_bytes = history_id_bytes(store)};
	const struct history_visitor visitor = {
	    .to = &ages, .object = look_at_age, .types = HISTORY_BIT(HISTORY_COMMIT)};
	int r;

	(void)pthread_mutex_init(&ages.lock, NULL);
	r = history_sweep(store, &visitor, fault);
	if (r == 0 && ages.old.count > 1)
		qsort(ages.old.list, ages.old.count, sizeof(*ages.old.list), compare_ids);
	for (size_t i = 0; r == 0 && ages.old.count > 0 && i < ages.parents.count; i++)
		if (bsearch(&ages.parents.list[i], ages.old.list, ages.old.count,
			    sizeof(*ages.old.list), compare_ids) != NULL &&
		    ids_add(exclude, &ages.parents.list[i]) < 0)
			r = fault_memory(fault);
	free(ages.old.list);
	free(ages.parents.list);
	(void)pthread_mutex_destroy(&ages.lock);
	return r;
}

/* A ref whose tip is older than that brings nothing. */
static int
drop_older(struct history *store, int64_t since, struct ids *include, struct fault *fault)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)64 << 20);
	size_t kept = 0;

	for (size_t i = 0; i < include->count; i++) {
		struct history_commit commit;
		enum history_type type;
		int r;

		buf_reset(&content);
		r = history_read(store, &include->list[i], &type, &content, fault);
		if (r == FAULT_MEMORY || r == FAULT_CANCEL)
			return r;
		if (r == 0 && type == HISTORY_COMMIT &&
		    history_parse_commit(buf_bytes(&content), history_id_bytes(store), &commit,
					 NULL) == 0 &&
		    commit.commit_time < since)
			continue;
		include->list[kept++] = include->list[i];
	}
	include->count = kept;
	return 0;
}

/* ---- objects ---- */

static int
look_at(struct asked *a, const struct history_id *id, enum history_type type, struct bytes path,
	struct fault *fault)
{
	struct intake *in = a->in;
	struct fault why = FAULT_INIT;
	char text[HISTORY_ID_TEXT];
	struct leaf leaf = {.number = WORKER_IDLE,
			    .name = path,
			    .depth = 1,
			    .derived = true,
			    .from_history = true,
			    .object = id->at,
			    .without = history_without(type),
			    .paid = true,
			    .budget = &in->budget};
	struct stream s;
	int r;

	buf_reset(&a->path);
	r = history_name(&a->path, in, path, type,
			 history_id_format(id, history_id_bytes(a->store), text));
	if (r == FAULT_MEMORY)
		return fault_memory(fault);
	leaf.path = buf_text(&a->path);
	if (atomic_load(&in->needs_tail))
		return 0;
	buf_reset(&a->content);
	r = history_read(a->store, id, &type, &a->content, &why);
	if (r == HISTORY_MISSING)
		return note_not_examined(a->worker, &leaf, "its object is missing", 0,
					 COVERAGE_BYTES_UNKNOWN, false, fault);
	if (r == FAULT_MEMORY || r == FAULT_CANCEL)
		return fault_set(fault, r, "%s", why.text);
	if (r >= 0)
		r = budget_entry(&in->budget, &why);
	if (r >= 0)
		r = budget_bytes(&in->budget, a->content.used, &why);
	if (r < 0)
		return note_not_examined(a->worker, &leaf, why.text, 0, COVERAGE_BYTES_UNKNOWN,
					 false, fault);
	coverage_blob(in->coverage, a->content.used);
	coverage_input(in->coverage, a->content.used);
	in->summary->bytes += a->content.used;
	in->summary->objects++;
	in->summary->object_bytes += a->content.used;
	stream_from_memory(&s, buf_bytes(&a->content));
	return walk_member(a->worker, &leaf, &s, fault);
}

static int
on_staged(void *to, const struct history_id *id, struct bytes path, struct fault *fault)
{
	return look_at(to, id, HISTORY_BLOB, path, fault);
}

struct ranged {
	struct asked *asked;
	struct fault *fault;
};

static int
on_object(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	struct ranged *ranged = to;

	if (type == HISTORY_TREE)
		return 0;
	return look_at(ranged->asked, id, type, path, ranged->fault);
}

/* The commits that a question names. */
static int
walk_range(struct asked *a, const struct history_ask *ask, struct fault *fault)
{
	struct ids include = {0}, exclude = {0};
	struct ranged ranged = {a, fault};
	int r = resolve(a->store, ask->include, ask->include_count, true, &include, fault);

	if (r >= 0 && ask->include_refs)
		r = add_refs(a->store, "", &include, fault);
	if (r >= 0)
		r = resolve(a->store, ask->exclude, ask->exclude_count, false, &exclude, fault);
	if (r >= 0 && ask->exclude_refs != NULL)
		r = add_refs(a->store, ask->exclude_refs, &exclude, fault);
	if (r >= 0 && ask->since != 0)
		r = exclude_older(a->store, ask->since, &exclude, fault);
	if (r >= 0 && ask->since != 0)
		r = drop_older(a->store, ask->since, &include, fault);
	if (r >= 0 && include.count > 0)
		r = history_range(a->store, include.list, include.count, exclude.list,
				  exclude.count, on_object, &ranged, fault);
	free(include.list);
	free(exclude.list);
	return r;
}

int
walk_asked(struct worker *w, struct history *store, const struct history_ask *ask,
	   struct fault *fault)
{
	struct asked a = {.in = w->in,
			  .worker = w,
			  .store = store,
			  .path = BUF_INIT(BLOB_PATH_BYTES_MAX),
			  .content = BUF_INIT(w->in->options.limits.member)};
	int r = ask->what == HISTORY_STAGED ? history_staged(store, on_staged, &a, fault)
					    : walk_range(&a, ask, fault);
	int drained = w->in->pool == NULL ? 0 : pool_drain(w->in->pool, w, r < 0 ? NULL : fault);

	buf_free(&a.path);
	buf_free(&a.content);
	return r < 0 ? r : drained;
}
