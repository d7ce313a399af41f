/*
 * profile.c - which findings block
 *
 * Knows: the built-in lines, [policy.NAME] tables, and that the first line that fits decides.
 * Does not know: suppressions, baselines, what a verdict is made of.
 */
#include "policy/profile.h"

#include <assert.h>
#include <string.h>

#include "base/own.h"

/* A table of a person; a list longer than this is generated and wrong. */
#define LINES_MAX 1000

#define WHY_STALE    "a suppression that nothing needs hides the next leak of its kind"
#define WHY_PUBLIC   "the owner declared these sources public"
#define WHY_HOME     "this is where that asset lives"
#define WHY_DISCLOSE "what discloses sources, secrets or weights does not leave"
#define WHY_SEVERE   "from this severity on nothing leaves unanswered"
#define WHY_NOTE     "worth knowing, not worth stopping for"

/* clang-format off */
static const struct profile_line public_lines[] = {
	{"suppression/stale", SEVERITY_INFO, false, false, false, true, WHY_STALE, PROFILE_PUBLIC},
	{"register/*", SEVERITY_INFO, false, false, true, false, WHY_HOME, PROFILE_PUBLIC},
	{"source-map/*", SEVERITY_INFO, false, true, false, false, WHY_PUBLIC, PROFILE_PUBLIC},
	{"debug-info/*", SEVERITY_INFO, false, true, false, false, WHY_PUBLIC, PROFILE_PUBLIC},
	{"developer-path/*", SEVERITY_INFO, false, true, false, false, WHY_PUBLIC, PROFILE_PUBLIC},
	{"*", SEVERITY_INFO, true, false, false, true, WHY_DISCLOSE, PROFILE_PUBLIC},
	{"*", SEVERITY_HIGH, false, false, false, true, WHY_SEVERE, PROFILE_PUBLIC},
	{"*", SEVERITY_INFO, false, false, false, false, WHY_NOTE, PROFILE_PUBLIC},
};

static const struct profile_line partner_lines[] = {
	{"suppression/stale", SEVERITY_INFO, false, false, false, true, WHY_STALE, PROFILE_PARTNER},
	{"register/*", SEVERITY_INFO, false, false, true, false, WHY_HOME, PROFILE_PARTNER},
	{"source-map/*", SEVERITY_INFO, false, true, false, false, WHY_PUBLIC, PROFILE_PARTNER},
	{"debug-info/*", SEVERITY_INFO, false, false, false, false,
		"a partner may debug what we deliver", PROFILE_PARTNER},
	{"developer-path/*", SEVERITY_INFO, false, false, false, false,
		"a partner knows who we are", PROFILE_PARTNER},
	{"intent/*", SEVERITY_INFO, false, false, false, false,
		"deliveries differ from each other on purpose", PROFILE_PARTNER},
	{"*", SEVERITY_INFO, true, false, false, true, WHY_DISCLOSE, PROFILE_PARTNER},
	{"*", SEVERITY_HIGH, false, false, false, true, WHY_SEVERE, PROFILE_PARTNER},
	{"*", SEVERITY_INFO, false, false, false, false, WHY_NOTE, PROFILE_PARTNER},
};

static const struct profile_line internal_lines[] = {
	{"suppression/stale", SEVERITY_INFO, false, false, false, true, WHY_STALE, PROFILE_INTERNAL},
	{"register/*", SEVERITY_INFO, false, false, true, false, WHY_HOME, PROFILE_INTERNAL},
	{"source-map/*", SEVERITY_INFO, false, false, false, false,
		"sources are at home inside", PROFILE_INTERNAL},
	{"debug-info/*", SEVERITY_INFO, false, false, false, false,
		"sources are at home inside", PROFILE_INTERNAL},
	{"developer-path/*", SEVERITY_INFO, false, false, false, false,
		"people and machines are known inside", PROFILE_INTERNAL},
	{"codeword/*", SEVERITY_INFO, false, false, false, false,
		"code names are spoken inside", PROFILE_INTERNAL},
	{"intent/*", SEVERITY_INFO, false, false, false, false,
		"sources change from day to day", PROFILE_INTERNAL},
	{"weights/*", SEVERITY_INFO, false, false, false, false,
		"weights are kept inside", PROFILE_INTERNAL},
	{"register/*", SEVERITY_INFO, true, false, false, true,
		"protected code of another home was copied here", PROFILE_INTERNAL},
	{"secret/*", SEVERITY_HIGH, false, false, false, true,
		"a secret in a repository has every clone as its audience", PROFILE_INTERNAL},
	{"debris/*", SEVERITY_INFO, true, false, false, true,
		"keys, dumps and credentials belong in no repository", PROFILE_INTERNAL},
	{"*", SEVERITY_CRITICAL, false, false, false, true, WHY_SEVERE, PROFILE_INTERNAL},
	{"*", SEVERITY_INFO, false, false, false, false, WHY_NOTE, PROFILE_INTERNAL},
};

static const struct profile builtin[] = {
	{PROFILE_PUBLIC, public_lines, ARRAY_LEN(public_lines)},
	{PROFILE_PARTNER, partner_lines, ARRAY_LEN(partner_lines)},
	{PROFILE_INTERNAL, internal_lines, ARRAY_LEN(internal_lines)},
};
/* clang-format on */

const struct profile *
profile_builtin(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return &builtin[i];
	return NULL;
}

/* ---- [policy.NAME] ---- */

struct table {
	const struct toml_node *node;
	const char *file;
	struct arena *arena;
	struct fault *fault;
	struct profile_line *lines; /* filled from the front */
	size_t used, room;
};

static int
wrong(const struct table *t, const struct toml_node *at, const char *what)
{
	return fault_set(t->fault, FAULT_USAGE, "%s:%u: %s", t->file, at->line, what);
}

static struct profile_line *
add_line(struct table *t, const struct toml_node *at)
{
	const char *slash = strrchr(t->file, '/');
	/* It stands in reports, which are the same on every machine: no folders of this one. */
	const char *where =
	    arena_printf(t->arena, "%s:%u", slash == NULL ? t->file : slash + 1, at->line);
	struct profile_line *line;

	if (where == NULL || t->used == t->room) {
		(void)fault_memory(t->fault);
		return NULL;
	}
	line = &t->lines[t->used++];
	line->what = "*";
	line->where = where;
	return line;
}

/* block = ["debris/os-litter"], note = ["developer-path" and star] */
static int
read_patterns(struct table *t, const char *key, bool blocks)
{
	const struct toml_node *list = toml_get(t->node, key);

	if (list != NULL && list->kind != TOML_ARRAY)
		return wrong(t, list, "block and note are lists of texts like \"debris/*\"");
	for (size_t i = 0; list != NULL && i < list->count; i++) {
		const struct toml_node *item = &list->items[i];
		struct profile_line *line;

		if (item->kind != TOML_STRING ||
		    (strchr(item->text, '/') == NULL && strcmp(item->text, "*") != 0))
			return wrong(t, item,
				     "a pattern is \"DETECTOR/RULE\", \"DETECTOR/*\" or \"*\"");
		line = add_line(t, item);
		if (line == NULL)
			return FAULT_MEMORY;
		line->what = arena_text(t->arena, item->text);
		if (line->what == NULL)
			return fault_memory(t->fault);
		line->blocks = blocks;
		line->why = blocks ? "the configuration says that it blocks"
				   : "the configuration says that it does not block";
	}
	return 0;
}

/* block_from = "medium" */
static int
read_severity(struct table *t)
{
	const struct toml_node *node = toml_get(t->node, "block_from");
	struct profile_line *line;

	if (node == NULL)
		return 0;
	for (int i = SEVERITY_INFO; node->kind == TOML_STRING && i <= SEVERITY_CRITICAL; i++) {
		if (strcmp(severity_name((enum severity)i), node->text) != 0)
			continue;
		line = add_line(t, node);
		if (line == NULL)
			return FAULT_MEMORY;
		line->severity = (enum severity)i;
		line->blocks = true;
		line->why = "the configuration says that it blocks from this severity on";
		return 0;
	}
	return wrong(t, node, "block_from is a severity: info, low, medium, high or critical");
}

static int
check_keys(const struct table *t)
{
	static const char *const keys[] = {"base", "block", "note", "block_from"};

	if (t->node->kind != TOML_TABLE)
		return wrong(t, t->node, "a profile is a table");
	for (size_t i = 0; i < t->node->count; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(keys) && strcmp(keys[k], t->node->items[i].key) != 0)
			k++;
		if (k == ARRAY_LEN(keys))
			return wrong(
			    t, &t->node->items[i],
			    "a profile has base, block, note and block_from, nothing else");
	}
	return 0;
}

static const struct profile *
base_of(const struct table *t, const char *name)
{
	const struct toml_node *base = toml_get(t->node, "base");

	if (base == NULL) {
		const struct profile *same = profile_builtin(name);

		return same != NULL ? same : profile_builtin(PROFILE_PUBLIC);
	}
	return base->kind == TOML_STRING ? profile_builtin(base->text) : NULL;
}

static size_t
count_of(const struct toml_node *table, const char *key)
{
	const struct toml_node *list = toml_get(table, key);

	return list != NULL && list->kind == TOML_ARRAY ? list->count : 0;
}

/* Lines of the table in front (block, note, block_from), those of its base behind. */
static int
read_table(struct table *t, struct profile *out, const char *name)
{
	const struct profile *base;
	int r = check_keys(t);

	if (r < 0)
		return r;
	base = base_of(t, name);
	if (base == NULL)
		return wrong(t, toml_get(t->node, "base"),
			     "base is public-release, partner or internal");
	t->room = count_of(t->node, "block") + count_of(t->node, "note") + 1;
	if (t->room > LINES_MAX)
		return wrong(t, t->node, "more than 1000 lines");
	t->room += base->count;
	t->lines = arena_alloc(t->arena, t->room * sizeof(*t->lines));
	if (t->lines == NULL)
		return fault_memory(t->fault);
	r = read_patterns(t, "block", true);
	if (r == 0)
		r = read_patterns(t, "note", false);
	if (r == 0)
		r = read_severity(t);
	if (r < 0)
		return r;
	memcpy(t->lines + t->used, base->lines, base->count * sizeof(*t->lines));
	out->lines = t->lines;
	out->count = t->used + base->count;
	return 0;
}

int
profile_load(struct profile *out, const char *name, const struct settings *settings,
	     struct arena *arena, struct fault *fault)
{
	struct table t = {.arena = arena, .fault = fault};
	const struct profile *known = profile_builtin(name);
	struct profile loaded = {.name = arena_text(arena, name)};
	int r;

	if (loaded.name == NULL)
		return fault_memory(fault);
	if (settings != NULL)
		t.node = settings_table_find(settings, "policy", name, &t.file);
	if (t.node == NULL && known == NULL)
		return fault_set(
		    fault, FAULT_USAGE,
		    "no profile is called '%.100s' (public-release, partner, internal, "
		    "or a [policy.NAME] table)",
		    name);
	if (t.node == NULL) {
		*out = *known;
		return 0;
	}
	r = read_table(&t, &loaded, name);
	if (r < 0)
		return r;
	*out = loaded;
	return 0;
}

/* ---- deciding ---- */

bool
profile_fits(const char *pattern, const char *detector, const char *rule)
{
	size_t length = strlen(detector);

	if (strcmp(pattern, "*") == 0)
		return true;
	if (strncmp(pattern, detector, length) != 0 || pattern[length] != '/')
		return false;
	pattern += length + 1;
	length = strlen(pattern);
	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, rule, length - 1) == 0;
	return strcmp(pattern, rule) == 0;
}

static bool
is_home(const struct profile_facts *facts, const char *asset)
{
	for (size_t i = 0; i < facts->home_count; i++)
		if (strcmp(facts->home[i], asset) == 0)
			return true;
	return false;
}

/* Every asset that was recognised lives here; a finding that names none does not. */
static bool
all_at_home(const struct profile_facts *facts, const struct finding *finding)
{
	for (size_t i = 0; i < finding->matches_count; i++)
		if (!is_home(facts, finding->matches[i].asset))
			return false;
	return finding->matches_count > 0;
}

const struct profile_line *
profile_decide(const struct profile *profile, const struct profile_facts *facts,
	       const struct finding *finding)
{
	for (size_t i = 0; i < profile->count; i++) {
		const struct profile_line *line = &profile->lines[i];

		if (finding->severity >= line->severity &&
		    (!line->discloses || finding->discloses) &&
		    (!line->when_public || facts->is_public) &&
		    profile_fits(line->what, finding->detector, finding->rule) &&
		    (!line->at_home || all_at_home(facts, finding)))
			return line;
	}
	assert(!"the last line of a profile takes everything");
	return NULL;
}

int
profile_describe(struct buf *to)
{
	for (size_t i = 0; i < ARRAY_LEN(builtin); i++) {
		(void)buf_printf(
		    to, "%s### `%s`\n\n| finding | when | verdict | why |\n|---|---|---|---|\n",
		    i == 0 ? "" : "\n", builtin[i].name);
		for (size_t n = 0; n < builtin[i].count; n++) {
			const struct profile_line *line = &builtin[i].lines[n];

			(void)buf_printf(
			    to, "| `%s` | %s%s%s%s%s | %s | %s |\n", line->what,
			    line->discloses ? "it discloses" : "",
			    line->when_public ? "`package.public`" : "",
			    line->at_home ? "all its assets are in `scan.home`" : "",
			    line->severity > SEVERITY_INFO ? severity_name(line->severity) : "",
			    line->severity > SEVERITY_INFO && line->severity < SEVERITY_CRITICAL
				? " or worse"
				: "",
			    line->blocks ? "blocks" : "note", line->why);
		}
	}
	return to->failed;
}
