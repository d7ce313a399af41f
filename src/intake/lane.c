/*
 * lane.c - secrets in a git history: only what a version brings is looked at
 *
 * Knows: edits, what can be inherited, that one secret in many versions is told once.
 * Does not know: secrets (detect/secret_scan.h), packs.
 */
#include "intake/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/utf16.h"
#include "detect/secret_groups.h"
#include "detect/secret_path.h"
#include "detect/table.h"

/* What the versions made of an object inherit. */
struct lane_state {
	struct secret_candidate *list;
	size_t count;
	uint64_t bytes; /* of the object */
	bool overflow;  /* there were more: nothing can be inherited */
};

/* What was told of a secret: where its finding is. */
struct told {
	uint64_t key; /* of secret and rule; 0: free */
	size_t finding;
};

struct lane {
	struct worker *worker;
	struct secret_scanner *scanner;
	struct secret_scratch *scratch;
	struct arena arena; /* of one object */
	struct secret_list inherited, found, plain;
	struct secret_range *fresh;
	size_t fresh_room;
	struct secret_founds founds;
	struct told *told;
	size_t told_room, told_count;
	uint64_t scanned_bytes;
};

bool
lane_takes(enum blob_kind kind, struct bytes name, struct bytes content)
{
	/* In dumps rows of people are counted, all of them. */
	return kind == BLOB_TEXT && utf16_order_of(content) == UTF16_NONE &&
	       (secret_path_look(name) & SECRET_PATH_DATA) == 0;
}

uint64_t
lane_detector(void)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if (detect_table[i] == &detect_secret)
			return (uint64_t)1 << i;
	return 0;
}

int
lane_new(struct lane **out, struct worker *w, struct fault *fault)
{
	const struct detect *detect = w->in->options.detect;
	AUTO(lane_free)
	struct lane *lane = NULL;
	int r;

	*out = NULL;
	if (!detect_runs(detect, &detect_secret) || detect->options.secrets == NULL ||
	    secret_scanner_is_foreign(detect->options.secrets))
		return 0;
	lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return fault_memory(fault);
	lane->worker = w;
	lane->scanner = detect->options.secrets;
	lane->arena = (struct arena)ARENA_INIT((size_t)256 << 20);
	r = secret_scratch_new(&lane->scratch, lane->scanner, fault);
	if (r < 0)
		return r;
	*out = TAKE(lane);
	return 0;
}

void
lane_free(struct lane **address)
{
	struct lane *lane = *address;

	if (lane == NULL)
		return;
	secret_scratch_free(&lane->scratch);
	secret_list_free(&lane->inherited);
	secret_list_free(&lane->found);
	secret_list_free(&lane->plain);
	secret_founds_free(&lane->founds);
	arena_free(&lane->arena);
	free(lane->fresh);
	free(lane->told);
	free(lane);
	*address = NULL;
}

uint64_t
lane_scanned_bytes(const struct lane *lane)
{
	return lane == NULL ? 0 : lane->scanned_bytes;
}

void
lane_release(void *state)
{
	struct lane_state *s = state;

	if (s == NULL)
		return;
	free(s->list);
	free(s);
}

/* ---- what is new, and what is not ---- */

static bool
add_fresh(struct lane *lane, size_t *count, uint64_t from, uint64_t to)
{
	if (*count == lane->fresh_room) {
		size_t room = lane->fresh_room == 0 ? 64 : lane->fresh_room * 2;
		struct secret_range *fresh = reallocarray(lane->fresh, room, sizeof(*fresh));

		if (fresh == NULL)
			return false;
		lane->fresh = fresh;
		lane->fresh_room = room;
	}
	lane->fresh[(*count)++] = (struct secret_range){(size_t)from, (size_t)to};
	return true;
}

/* The first candidate of the base at or behind `at`. */
static size_t
first_at(const struct lane_state *base, uint64_t at)
{
	size_t low = 0, high = base->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (base->list[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What saw a byte that was not copied is looked for again where it stands now. */
static int
inherit(struct lane *lane, const struct lane_state *base, const struct history_edit *edit,
	uint64_t bytes, size_t *fresh, struct fault *fault)
{
	uint64_t from = (uint64_t)edit->from;

	for (size_t i = first_at(base, from);
	     i < base->count && base->list[i].at < from + edit->length; i++) {
		struct secret_candidate moved;
		int r = secret_inherit(&base->list[i], base->bytes, from, edit->length, edit->at,
				       bytes, &moved);

		if (r == SECRET_AGAIN)
			r = add_fresh(lane, fresh, moved.at, moved.at) ? 0 : fault_memory(fault);
		else if (r == 0)
			r = secret_list_add(&lane->inherited, &moved, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
compare_ranges(const void *left, const void *right)
{
	const struct secret_range *a = left, *b = right;
	int r = (a->from > b->from) - (a->from < b->from);

	return r != 0 ? r : (a->to > b->to) - (a->to < b->to);
}

/* Ranges in lane->fresh, what the base hands down in lane->inherited. */
static int
sort_out(struct lane *lane, const struct history_blob *object, size_t *fresh, struct fault *fault)
{
	const struct lane_state *base = object->base_state;
	bool unsorted = false;
	int r = 0;

	*fresh = 0;
	lane->inherited.count = 0;
	if (object->edits == NULL || base == NULL || base->overflow ||
	    lane->worker->in->input->whole_versions)
		return add_fresh(lane, fresh, 0, object->size) ? 0 : fault_memory(fault);
	for (size_t i = 0; r == 0 && i < object->edits_count; i++) {
		const struct history_edit *edit = &object->edits[i];

		if (edit->from < 0) {
			if (!add_fresh(lane, fresh, edit->at, edit->at + edit->length))
				return fault_memory(fault);
			continue;
		}
		/* Two copies side by side: what met at the joint did not meet in the base.  So did
		 * the ends of the base, unless they are the ends here too. */
		if ((edit->at > 0 || edit->from > 0) && !(edit->at == 0 && edit->from == 0) &&
		    !add_fresh(lane, fresh, edit->at, edit->at))
			return fault_memory(fault);
		if (i + 1 == object->edits_count &&
		    (uint64_t)edit->from + edit->length != base->bytes &&
		    !add_fresh(lane, fresh, object->size, object->size))
			return fault_memory(fault);
		r = inherit(lane, base, edit, object->size, fresh, fault);
	}
	/* Edits come in order; what is looked for again does not always. */
	for (size_t i = 1; i < *fresh && !unsorted; i++)
		unsorted = compare_ranges(&lane->fresh[i - 1], &lane->fresh[i]) > 0;
	if (unsorted)
		qsort(lane->fresh, *fresh, sizeof(*lane->fresh), compare_ranges);
	return r;
}

/* ---- what is told ---- */

static struct told *
told_of(struct told *told, size_t room, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (room - 1);

	while (told[at].key != 0 && told[at].key != key)
		at = (at + 1) & (room - 1);
	return &told[at];
}

static bool
grow_told(struct lane *lane)
{
	size_t room = lane->told_room == 0 ? 256 : lane->told_room * 2;
	struct told *told;

	if (lane->told_count * 2 < lane->told_room)
		return true;
	told = calloc(room, sizeof(*told));
	if (told == NULL)
		return false;
	for (size_t i = 0; i < lane->told_room; i++)
		if (lane->told[i].key != 0)
			*told_of(told, room, lane->told[i].key) = lane->told[i];
	free(lane->told);
	lane->told = told;
	lane->told_room = room;
	return true;
}

/* Would `found` here be told rather than `old`?  The same order as in lives.c. */
static bool
is_better(const struct finding *old, const struct secret_found *found, const struct leaf *leaf)
{
	int r = (old->severity < found->severity) - (old->severity > found->severity);

	if (r == 0)
		r = strcmp(old->path, leaf->path);
	if (r == 0)
		r = memcmp(old->object, leaf->object, sizeof(old->object));
	if (r == 0)
		r = (old->at.at_bytes > found->at) - (old->at.at_bytes < found->at);
	return r > 0;
}

static int
tell(struct lane *lane, const struct history_blob *object, const struct leaf *leaf,
     const struct secret_found *found, struct fault *fault)
{
	struct findings *findings = &lane->worker->findings;
	struct occurrence occurrence = {.thing = occurrence_thing(found->evidence),
					.id = object->id};
	uint64_t key = occurrence.thing ^ hash_fast(bytes_text(found->rule));
	struct finding finding;
	struct told *told;
	int r = worker_occurs(lane->worker, &occurrence, fault);

	if (r < 0)
		return r;
	if (!grow_told(lane))
		return fault_memory(fault);
	told = told_of(lane->told, lane->told_room, key == 0 ? 1 : key);
	if (told->key != 0 && !is_better(&findings->list[told->finding], found, leaf))
		return 0;
	r = secret_finding(&finding, found, &lane->arena, fault);
	if (r < 0)
		return r;
	finding.path = leaf->path;
	finding.has_object = finding.has_sha256 = true;
	memcpy(finding.object, leaf->object, sizeof(finding.object));
	r = hash_sha256(bytes_make(object->at, object->size), finding.sha256, fault);
	if (r >= 0 && findings->count < FINDINGS_MAX)
		r = findings_add(findings, &finding, fault);
	else if (r >= 0)
		findings->left_out++;
	if (r < 0 || findings->left_out > 0)
		return r;
	if (told->key != 0) {
		findings->list[told->finding] = findings->list[--findings->count];
		return 0;
	}
	told->key = key == 0 ? 1 : key;
	told->finding = findings->count - 1;
	lane->told_count++;
	return 0;
}

/* LANE_ENCLOSES: something in it decodes to a container, which is opened elsewhere. */
static int
judge(struct lane *lane, const struct history_blob *object, const struct leaf *leaf,
      enum blob_kind kind, struct fault *fault)
{
	struct secret_where where = {.name = leaf->name,
				     .in = bytes_make(object->at, object->size),
				     .line = kind == BLOB_TEXT ? 1 : 0};
	bool encloses = false;
	int r = 0;

	lane->founds.count = lane->plain.count = 0;
	for (size_t i = 0; r >= 0 && i < lane->found.count; i++) {
		if (lane->found.list[i].lane == SECRET_LANE_DERIVED)
			encloses = true;
		else
			r = secret_list_add(&lane->plain, &lane->found.list[i], fault);
	}
	if (r >= 0)
		r = secret_judge(lane->scanner, lane->scratch, &where, lane->plain.list,
				 lane->plain.count, &lane->arena, &lane->founds, fault);
	for (size_t i = 0; r >= 0 && i < lane->founds.count; i++)
		r = tell(lane, object, leaf, &lane->founds.list[i], fault);
	arena_reset(&lane->arena);
	return r >= 0 && encloses ? LANE_ENCLOSES : r;
}

static int
leave(struct lane *lane, const struct history_blob *object, void **state, struct fault *fault)
{
	struct lane_state *s;

	if (!object->is_base)
		return 0;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_memory(fault);
	s->bytes = object->size;
	s->overflow = lane->found.overflow;
	s->count = lane->found.count;
	s->list = malloc((s->count + 1) * sizeof(*s->list));
	if (s->list == NULL) {
		free(s);
		return fault_memory(fault);
	}
	if (s->count > 0)
		memcpy(s->list, lane->found.list, s->count * sizeof(*s->list));
	*state = s;
	return 0;
}

int
lane_look(struct lane *lane, const struct history_blob *object, const struct leaf *leaf,
	  enum blob_kind kind, void **state, struct fault *fault)
{
	uint64_t limits;
	size_t fresh;
	int r = sort_out(lane, object, &fresh, fault), left;

	for (size_t i = 0; r >= 0 && i < fresh; i++)
		lane->scanned_bytes += lane->fresh[i].to - lane->fresh[i].from;
	lane->found.count = 0;
	lane->found.overflow = false;
	limits = secret_scratch_limits(lane->scratch);
	if (r >= 0)
		r = secret_scan(lane->scanner, lane->scratch, bytes_make(object->at, object->size),
				lane->fresh, fresh, lane->inherited.list, lane->inherited.count,
				&lane->found, fault);
	if (r >= 0 && secret_scratch_limits(lane->scratch) > limits)
		r = note_not_examined(lane->worker, leaf,
				      "a rule took too many steps on it and was given up", 0,
				      object->size, true, fault);
	if (r >= 0 && lane->found.count > 0)
		r = judge(lane, object, leaf, kind, fault);
	if (r < 0)
		return r;
	left = leave(lane, object, state, fault);
	return left < 0 ? left : r;
}
