/*
 * secret_groups.c - one secret in many places of an input is one finding
 *
 * Knows: how places of one secret are merged so that the order of threads does not show.
 * Does not know: secrets.
 */
#include "detect/secret_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/table.h"
#include "seal/hash.h"

struct secret_groups {
	struct secret_group **slots; /* open addressing */
	size_t slots_count;          /* a power of two, more than 4/3 of count */
	size_t count;
	uint64_t left_out;
};

/* "admin" in two files is not one secret: what one place makes of it is not said of the other. */
static bool
is_same(const struct secret_found *a, const struct secret_found *b)
{
	return strcmp(a->id, b->id) == 0 && strcmp(a->rule, b->rule) == 0 && a->weak == b->weak &&
	       (!a->weak || a->severity == b->severity);
}

static struct secret_group **
slot_of(struct secret_group **slots, size_t slots_count, const struct secret_found *found)
{
	size_t mask = slots_count - 1;
	uint64_t hash = hash_fast(bytes_text(found->id)) ^ hash_fast(bytes_text(found->rule)) * 31;

	for (size_t i = hash & mask;; i = (i + 1) & mask)
		if (slots[i] == NULL || is_same(&slots[i]->found, found))
			return &slots[i];
}

/* The old slots stay in the arena: together never more than the new ones. */
static bool
grow(struct arena *arena, struct secret_groups *groups)
{
	size_t room = groups->slots_count == 0 ? 64 : groups->slots_count * 2;
	struct secret_group **slots;

	if (groups->slots_count * 3 > (groups->count + 1) * 4)
		return true;
	slots = arena_alloc(arena, room * sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < groups->slots_count; i++)
		if (groups->slots[i] != NULL)
			*slot_of(slots, room, &groups->slots[i]->found) = groups->slots[i];
	groups->slots = slots;
	groups->slots_count = room;
	return true;
}

static bool
keep(struct arena *arena, const char **text)
{
	if (*text == NULL)
		return true;
	*text = arena_text(arena, *text);
	return *text != NULL;
}

/* What is told of the secret is what is known of its first place. */
static bool
keep_first(struct detect_run *run, struct secret_group *group, const struct secret_found *found)
{
	struct arena *arena = &run->facts->arena;
	int r = group->path == NULL ? 1 : strcmp(group->path, run->blob->path);

	if (group->path != NULL && found->severity < group->found.severity)
		return true;
	if (group->path != NULL && found->severity == group->found.severity &&
	    (r < 0 || (r == 0 && group->found.at <= found->at)))
		return true;
	group->found = *found;
	memcpy(group->sha256, detect_sha256(run), sizeof(group->sha256));
	group->has_object = detect_object(run, group->object);
	if (r != 0)
		group->path = arena_text(arena, run->blob->path);
	return group->path != NULL && keep(arena, &group->found.rule) &&
	       keep(arena, &group->found.title) && keep(arena, &group->found.why) &&
	       keep(arena, &group->found.fix) && keep(arena, &group->found.decode) &&
	       keep(arena, &group->found.secret);
}

static int
compare_spots(const struct finding_spot *a, const char *path, uint64_t at)
{
	int r = strcmp(a->path, path);

	return r != 0 ? r : (a->at.at_bytes > at) - (a->at.at_bytes < at);
}

static bool
grow_spots(struct arena *arena, struct secret_group *group)
{
	size_t room = group->spots_room == 0 ? 2 : group->spots_room * 4;
	struct finding_spot *spots;

	if (group->spots_count < group->spots_room)
		return true;
	spots = arena_alloc(arena, room * sizeof(*spots));
	if (spots == NULL)
		return false;
	if (group->spots_count > 0)
		memcpy(spots, group->spots, group->spots_count * sizeof(*spots));
	group->spots = spots;
	group->spots_room = room;
	return true;
}

static bool
keep_spot(struct detect_run *run, struct secret_group *group, const struct secret_found *found)
{
	size_t at = group->spots_count;
	const char *path;

	while (at > 0 && compare_spots(&group->spots[at - 1], run->blob->path, found->at) > 0)
		at--;
	if (at == FINDING_SPOTS_MAX)
		return true;
	/* Places of one file share its name. */
	path = at > 0 && strcmp(group->spots[at - 1].path, run->blob->path) == 0
		   ? group->spots[at - 1].path
		   : arena_text(&run->facts->arena, run->blob->path);
	if (path == NULL)
		return false;
	if (group->spots_count == FINDING_SPOTS_MAX)
		group->spots_count--;
	else if (!grow_spots(&run->facts->arena, group))
		return false;
	memmove(&group->spots[at + 1], &group->spots[at],
		(group->spots_count - at) * sizeof(group->spots[0]));
	group->spots[at] = (struct finding_spot){.path = path,
						 .at = {.first_line = found->line,
							.last_line = found->line,
							.at_bytes = found->at,
							.length_bytes = found->length},
						 .column = found->column};
	group->spots_count++;
	return true;
}

static bool
add(struct detect_run *run, const struct secret_found *found)
{
	struct input_facts *facts = run->facts;
	struct secret_group **slot;

	if (facts->secrets == NULL)
		facts->secrets = ARENA_NEW(&facts->arena, struct secret_groups);
	if (facts->secrets == NULL || !grow(&facts->arena, facts->secrets))
		return false;
	slot = slot_of(facts->secrets->slots, facts->secrets->slots_count, found);
	if (*slot == NULL) {
		if (facts->secrets->count >= SECRET_GROUPS_MAX) {
			facts->secrets->left_out++;
			return true;
		}
		*slot = ARENA_NEW(&facts->arena, struct secret_group);
		if (*slot == NULL)
			return false;
		facts->secrets->count++;
	}
	(*slot)->count++;
	return keep_first(run, *slot, found) && keep_spot(run, *slot, found);
}

int
secret_groups_add(struct detect_run *run, const struct secret_found *found, struct fault *fault)
{
	bool good;

	(void)pthread_mutex_lock(&run->facts->lock);
	good = add(run, found);
	(void)pthread_mutex_unlock(&run->facts->lock);
	return good ? 0 : fault_memory(fault);
}

int
secret_finding(struct finding *out, const struct secret_found *found, struct arena *arena,
	       struct fault *fault)
{
	*out = (struct finding){.detector = detect_secret.name,
				.rule = found->rule,
				.severity = found->severity,
				.why = found->why,
				.fix = found->fix,
				.at = {.first_line = found->line,
				       .last_line = found->line,
				       .at_bytes = found->at,
				       .length_bytes = found->length},
				.column = found->column,
				.has_evidence = true,
				.decode = found->decode,
				.redacted = found->redacted,
				.secret_id = found->id,
				.state = secret_state_name(found->state),
				.secret = found->secret};
	memcpy(out->evidence, found->evidence, sizeof(out->evidence));
	out->title = arena_printf(arena, "%s: %s", found->title, found->redacted);
	return out->title == NULL ? fault_memory(fault) : 0;
}

static int
report(struct detect_run *run, const struct detector *detector, const struct secret_group *group,
       struct fault *fault)
{
	struct finding finding;
	int r = secret_finding(&finding, &group->found, run->arena, fault);

	if (r < 0)
		return r;
	finding.path = group->path;
	finding.count = group->count;
	finding.has_sha256 = true;
	memcpy(finding.sha256, group->sha256, sizeof(finding.sha256));
	finding.has_object = group->has_object;
	memcpy(finding.object, group->object, sizeof(finding.object));
	finding.spots = group->spots;
	finding.spots_count = group->spots_count > 1 ? group->spots_count : 0;
	return detect_report(run, detector, &finding, fault);
}

int
secret_groups_report(struct detect_run *run, const struct detector *detector, struct fault *fault)
{
	struct secret_groups *groups = run->facts->secrets;
	int r = 0;

	if (groups == NULL)
		return 0;
	/* findings_sort() puts them in order. */
	for (size_t i = 0; r == 0 && i < groups->slots_count; i++)
		if (groups->slots[i] != NULL)
			r = report(run, detector, groups->slots[i], fault);
	run->findings->left_out += groups->left_out;
	return r;
}
