/*
 * policy.c - what a run is judged by: profile, suppressions, baseline, passes for one scan
 *
 * Knows: where the settings say that they are kept.  Does not know: how they decide (verdict.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "policy/inside.h"

#define POLICY_BYTES_MAX ((size_t)64 * 1024 * 1024)

void
policy_close(struct policy **address)
{
	struct policy *policy = *address;

	if (policy == NULL)
		return;
	accept_free(&policy->suppressions);
	accept_free(&policy->baseline);
	accept_free(&policy->once);
	arena_free(&policy->arena);
	free(policy->places);
	free(policy);
	*address = NULL;
}

static int
load_baseline(struct policy *policy, const char *option, struct fault *fault)
{
	const char *path =
	    option != NULL ? option : settings_text(policy->settings, "scan.baseline");
	int r;

	policy->baseline_path = path;
	if (path == NULL)
		return 0;
	policy->baseline_path = arena_text(&policy->arena, path);
	if (policy->baseline_path == NULL)
		return fault_memory(fault);
	r = file_exists(path, fault);
	/* A name on the command line that is not there is a typo, and would block everything. */
	if (r == 0 && option != NULL)
		return fault_set(fault, FAULT_USAGE, "%s: no such baseline", path);
	return r < 0 ? r
		     : accept_load(&policy->baseline, ACCEPT_BASELINE, path,
				   settings_shown(policy->settings, path), fault);
}

static int
load_once(struct policy *policy, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);

	if (policy->home == NULL)
		return 0;
	if (home_join(policy->home, &path, POLICY_ONCE) < 0)
		return fault_memory(fault);
	return accept_load(&policy->once, ACCEPT_ONCE, buf_text(&path), POLICY_ONCE, fault);
}

static int
gather_places(struct policy *policy, struct fault *fault)
{
	size_t count = accept_count(policy->suppressions);
	size_t more = policy->baseline == NULL ? 0 : accept_count(policy->baseline);

	policy->places = calloc(count + more + 1, sizeof(*policy->places));
	if (policy->places == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++)
		policy->places[i] = accept_at(policy->suppressions, i)->place;
	for (size_t i = 0; i < more; i++)
		policy->places[count + i] = accept_at(policy->baseline, i)->place;
	policy->places_count = count + more;
	return 0;
}

int
policy_open(struct policy **out, const struct policy_from *from, struct fault *fault)
{
	AUTO(policy_close)
	struct policy *policy = calloc(1, sizeof(*policy));
	const char *path;
	int r;

	if (policy == NULL)
		return fault_memory(fault);
	policy->arena.bytes_max = POLICY_BYTES_MAX;
	policy->settings = from->settings;
	policy->home = from->home;
	policy->now = from->now;
	policy->detectors = from->detectors;
	policy->full_history = from->full_history;
	policy->report_only_until = settings_date(from->settings, "scan.report_only_until");
	policy->facts.is_public = settings_bool(from->settings, "package.public");
	policy->facts.home = settings_list(from->settings, "scan.home", &policy->facts.home_count);
	path = settings_text(from->settings, "scan.suppressions");
	r = profile_load(&policy->profile, from->profile, from->settings, &policy->arena, fault);
	if (r == 0)
		r = accept_load(&policy->suppressions, ACCEPT_SUPPRESSION, path,
				settings_shown(policy->settings, path), fault);
	if (r == 0)
		r = load_baseline(policy, from->baseline, fault);
	if (r == 0)
		r = load_once(policy, fault);
	if (r == 0)
		r = gather_places(policy, fault);
	if (r < 0)
		return r;
	*out = TAKE(policy);
	return 0;
}

const char *
policy_profile(const struct policy *policy)
{
	return policy->profile.name;
}

bool
policy_is_public(const struct policy *policy)
{
	return policy->facts.is_public;
}

struct accept_list *
policy_suppressions(struct policy *policy)
{
	return policy->suppressions;
}

struct accept_list *
policy_baseline(struct policy *policy)
{
	return policy->baseline;
}

const char *
policy_baseline_path(const struct policy *policy)
{
	return policy->baseline_path;
}

const char *const *
policy_places(const struct policy *policy, size_t *count)
{
	*count = policy->places_count;
	return policy->places;
}

static bool
is_used(const struct accept_entry *entry)
{
	return entry->used;
}

static bool
is_unused(const struct accept_entry *entry)
{
	return !entry->used;
}

int
policy_spend(struct policy *policy, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	AUTO(accept_free)
	struct accept_list *fresh = NULL;
	AUTO(own_close)
	int lock = -1;
	size_t used = 0;
	int r;

	for (size_t i = 0; policy->once != NULL && i < accept_count(policy->once); i++)
		used += accept_at(policy->once, i)->used;
	if (used == 0)
		return 0;
	r = home_lock(policy->home, "once.lock", &lock, fault);
	if (r == 0 && home_join(policy->home, &path, POLICY_ONCE) < 0)
		r = fault_memory(fault);
	/* Read again: another run may have added or spent some meanwhile. */
	if (r == 0)
		r = accept_load(&fresh, ACCEPT_ONCE, buf_text(&path), POLICY_ONCE, fault);
	if (r < 0)
		return r;
	for (size_t i = 0; i < accept_count(fresh); i++)
		for (size_t k = 0; k < accept_count(policy->once); k++)
			if (accept_at(policy->once, k)->used &&
			    memcmp(accept_at(policy->once, k)->hash, accept_at(fresh, i)->hash,
				   ACCEPT_HASH_BYTES) == 0)
				accept_at(fresh, i)->used = true;
	(void)accept_drop(fresh, is_used);
	return accept_save(fresh, buf_text(&path), fault);
}

/* Was the finding, as far as this run goes, one for the baseline? */
static bool
is_for_baseline(const struct finding *finding)
{
	return finding->blocks ||
	       (finding->suppressed_by != NULL && strcmp(finding->suppressed_by, "baseline") == 0);
}

int
policy_write_baseline(struct policy *policy, const struct findings *findings, const char *path,
		      const struct policy_inputs *inputs, struct fault *fault)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	/* The old one's key is kept, so that lines of findings that stay do not change. */
	int r = accept_load(&list, ACCEPT_BASELINE, path, settings_shown(policy->settings, path),
			    fault);

	if (r < 0)
		return r;
	(void)accept_drop(list, NULL);
	for (size_t i = 0; r == 0 && i < findings->count; i++) {
		const struct finding *f = &findings->list[i];
		struct accept_entry entry = {.place = policy_place(inputs, f->path)};
		uint8_t content[ACCEPT_CONTENT_BYTES];

		if (!is_for_baseline(f) || strcmp(f->detector, "suppression") == 0)
			continue;
		r = accept_content(f, content, fault);
		if (r == 0)
			r = accept_add(list, f->detector, f->rule, content, &entry, fault);
	}
	return r < 0 ? r : accept_save(list, path, fault);
}

int
policy_shrink_baseline(struct policy *policy, const struct policy_inputs *inputs,
		       struct policy_shrunk *shrunk, struct fault *fault)
{
	size_t first = accept_count(policy->suppressions);
	size_t count = accept_count(policy->baseline);

	/* Not used, but nobody looked there either: it stays. */
	for (size_t i = 0; i < count; i++)
		if (!place_was_examined(inputs, first + i))
			accept_at(policy->baseline, i)->used = true;
	shrunk->kept = accept_drop(policy->baseline, is_unused);
	shrunk->dropped = count - shrunk->kept;
	return accept_save(policy->baseline, policy->baseline_path, fault);
}
