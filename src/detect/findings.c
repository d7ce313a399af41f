/*
 * findings.c - a list of reasons, owned
 *
 * Knows: how a finding is copied, named and ordered.  Does not know: detectors, policy.
 */
#include "detect/finding.h"

#include "base/buf.h"
#include "seal/hash.h"

/* Strings of 100,000 findings with all their matches; a ceiling, not an expectation. */
#define FINDINGS_BYTES_MAX ((size_t)1 << 30)

const char *
severity_name(enum severity severity)
{
	static const char *const names[] = {"info", "low", "medium", "high", "critical"};

	return (unsigned)severity < ARRAY_LEN(names) ? names[severity] : "unknown";
}

const char *
finding_reach_name(enum finding_reach reach)
{
	static const char *const names[] = {"none", "local", "remote"};

	return (unsigned)reach < ARRAY_LEN(names) ? names[reach] : "unknown";
}

void
findings_init(struct findings *findings)
{
	*findings = (struct findings){.arena = ARENA_INIT(FINDINGS_BYTES_MAX)};
}

void
findings_free(struct findings *findings)
{
	arena_free(&findings->arena);
	free(findings->list);
	findings->list = NULL;
	findings->count = findings->room = 0;
}

/* Copies *text in place; false when memory ran out. */
static bool
keep(struct arena *arena, const char **text)
{
	if (*text == NULL)
		return true;
	*text = arena_text(arena, *text);
	return *text != NULL;
}

static bool
keep_spots(struct arena *arena, struct finding *f)
{
	struct finding_spot *spots;

	if (f->spots_count > FINDING_SPOTS_MAX)
		f->spots_count = FINDING_SPOTS_MAX;
	if (f->spots_count == 0)
		return true;
	spots = arena_alloc(arena, f->spots_count * sizeof(*spots));
	if (spots == NULL)
		return false;
	memcpy(spots, f->spots, f->spots_count * sizeof(*spots));
	for (size_t i = 0; i < f->spots_count; i++) {
		/* Places of one file share its name. */
		if (i > 0 && strcmp(spots[i].path, spots[i - 1].path) == 0)
			spots[i].path = spots[i - 1].path;
		else if (!keep(arena, &spots[i].path))
			return false;
	}
	f->spots = spots;
	return true;
}

static bool
keep_names(struct arena *arena, const char ***names, size_t *count)
{
	const char **copy;

	if (*count > FINDING_NAMES_MAX)
		*count = FINDING_NAMES_MAX;
	copy = arena_alloc(arena, (*count + 1) * sizeof(*copy));
	if (copy == NULL)
		return false;
	for (size_t i = 0; i < *count; i++) {
		copy[i] = (*names)[i];
		if (!keep(arena, &copy[i]))
			return false;
	}
	*names = copy;
	return true;
}

static bool
keep_git(struct arena *arena, struct finding *f)
{
	struct finding_git *git;

	if (f->git == NULL)
		return true;
	git = ARENA_NEW(arena, struct finding_git);
	if (git == NULL)
		return false;
	*git = *f->git;
	f->git = git;
	return keep(arena, &git->first_commit) && keep(arena, &git->last_commit) &&
	       keep(arena, &git->author) && keep_names(arena, &git->paths, &git->paths_count) &&
	       keep_names(arena, &git->refs, &git->refs_count) &&
	       keep_names(arena, &git->tags, &git->tags_count);
}

static bool
keep_all(struct arena *arena, struct finding *f)
{
	struct finding_match *matches = NULL;
	bool good = keep(arena, &f->rule) && keep(arena, &f->title) && keep(arena, &f->why) &&
		    keep(arena, &f->fix) && keep(arena, &f->path) && keep(arena, &f->decode) &&
		    keep(arena, &f->detector) && keep(arena, &f->suppressed_by);

	good = good && keep(arena, &f->redacted) && keep(arena, &f->secret_id) &&
	       keep(arena, &f->state) && keep(arena, &f->secret) && keep_spots(arena, f);
	for (size_t i = 0; good && i < FINDING_EXAMPLES_MAX; i++)
		good = keep(arena, &f->source_map.examples[i]);
	if (f->matches_count > FINDING_MATCHES_MAX)
		f->matches_count = FINDING_MATCHES_MAX;
	if (good && f->matches_count > 0) {
		matches = arena_alloc(arena, f->matches_count * sizeof(*matches));
		good = matches != NULL;
		if (good)
			memcpy(matches, f->matches, f->matches_count * sizeof(*matches));
	}
	for (size_t i = 0; good && i < f->matches_count; i++)
		good = keep(arena, &matches[i].asset) && keep(arena, &matches[i].path) &&
		       keep(arena, &matches[i].channel) && keep(arena, &matches[i].from_commit) &&
		       keep(arena, &matches[i].to_commit);
	f->matches = matches;
	return good && keep_git(arena, f);
}

/* Content, never place in the tree or clock: the same finding has the same id on every machine,
 * and after its file was renamed. */
static bool
name_it(struct finding *f)
{
	AUTO(buf_free)
	struct buf key = BUF_INIT((size_t)1 << 20);
	uint64_t hash;

	(void)buf_printf(&key, "%s|%s|", f->detector, f->rule);
	(void)buf_append(&key, f->sha256, sizeof(f->sha256));
	(void)buf_printf(&key, "|%llu|%llu", (unsigned long long)f->at.at_bytes,
			 (unsigned long long)f->at.length_bytes);
	if (!f->has_sha256)
		(void)buf_append_text(&key, f->path == NULL ? "" : f->path);
	if (key.failed != 0)
		return false;
	hash = hash_fast(buf_bytes(&key));
	(void)snprintf(f->id, sizeof(f->id), "%016llx", (unsigned long long)hash);
	return true;
}

int
findings_add(struct findings *findings, const struct finding *finding, struct fault *fault)
{
	struct finding copy = *finding;

	if (findings->count >= FINDINGS_MAX) {
		findings->left_out++;
		return 0;
	}
	if (findings->count == findings->room) {
		size_t room = findings->room == 0 ? 16 : findings->room * 2;
		struct finding *list = reallocarray(findings->list, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		findings->list = list;
		findings->room = room;
	}
	if (!keep_all(&findings->arena, &copy))
		return fault_memory(fault);
	if (copy.id[0] == '\0' && !name_it(&copy))
		return fault_memory(fault);
	findings->list[findings->count++] = copy;
	return 0;
}

static int
compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int r = strcmp(a->path == NULL ? "" : a->path, b->path == NULL ? "" : b->path);

	if (r == 0)
		r = (a->at.at_bytes > b->at.at_bytes) - (a->at.at_bytes < b->at.at_bytes);
	if (r == 0)
		r = strcmp(a->detector, b->detector);
	if (r == 0)
		r = strcmp(a->rule, b->rule);
	if (r == 0)
		r = strcmp(a->id, b->id);
	return r != 0 ? r : strcmp(a->title, b->title);
}

void
findings_sort(struct findings *findings)
{
	if (findings->count > 1)
		qsort(findings->list, findings->count, sizeof(*findings->list), compare);
}
