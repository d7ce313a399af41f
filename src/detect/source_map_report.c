/*
 * source_map_report.c - what the maps of a blob, and of an input, mean for a release
 *
 * Knows: severity follows what is disclosed, and only the whole input tells that.
 * Does not know: how maps are read; which original belongs to which asset (the register's detector
 * sees the originals as blobs).
 */
#include "detect/source_map_report.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/table.h"
#include "detect/source_map_fix.h"
#include "seal/hash.h"

enum mark_rule {
	MARK_REFERENCE,
};

/* In end() */

static int
report_internal(struct detect_run *run, const struct source_map_scan *s, struct fault *fault)
{
	struct finding f = {
	    .rule = "source-map-internal-host",
	    .severity = SEVERITY_MEDIUM,
	    .why = "a host, port or folder that only exists inside tells outsiders where to look",
	    .fix = "remove the sourceMappingURL comment, or build with source maps off",
	    .at = {.first_line = s->internal_line,
		   .last_line = s->internal_line,
		   .at_bytes = s->internal_at},
	    .count = s->internal_count,
	};

	f.title = arena_printf(run->arena, "source map reference to an internal place: %s",
			       s->internal_url);
	return f.title == NULL ? fault_memory(fault)
			       : detect_report(run, &detect_source_map, &f, fault);
}

static int
report_broken(struct detect_run *run, const char *why, uint64_t at_bytes, uint64_t count,
	      bool is_inline, struct fault *fault)
{
	uint64_t left = run->size_bytes > at_bytes ? run->size_bytes - at_bytes : 0;
	struct finding f = {
	    .rule = "source-map-not-parsed",
	    .severity = SEVERITY_MEDIUM,
	    .why = "what it would still disclose behind this place could not be examined",
	    .fix = "build it again, or leave it out of what is published",
	    .at = {.at_bytes = at_bytes, .length_bytes = is_inline ? 0 : left},
	    .count = count,
	};
	const char *reason;
	int r;

	f.title = arena_printf(run->arena, "%ssource map that cannot be read: %s",
			       is_inline ? "inline " : "", why);
	reason = arena_printf(run->arena, "source map: %s", why);
	if (f.title == NULL || reason == NULL)
		return fault_memory(fault);
	r = run->not_examined(run, reason, at_bytes, left, fault);
	return r < 0 ? r : detect_report(run, &detect_source_map, &f, fault);
}

static int
keep_map(struct detect_run *run, const struct source_map_seen *seen, struct fault *fault)
{
	const struct source_map_totals *t = seen->totals;
	struct fact_map map = {
	    .path = run->blob->path,
	    .has_sha256 = true,
	    .at_bytes = detect_place(run, seen->scan->first_at),
	    .maps = t->maps,
	    .is_inline = seen->scan->inline_maps > 0,
	    .sources = t->sources,
	    .embedded = t->embedded,
	    .lines = t->lines,
	    .bytes = t->bytes,
	    .own = t->own,
	    .own_bytes = t->own_bytes,
	    .own_names = t->own_names,
	    .telling_names = t->telling_names,
	    .made_by = t->made_by,
	    .name_hashes = (const uint64_t *)(const void *)t->name_hashes.at,
	    .name_hashes_count = t->name_hashes.used / sizeof(uint64_t),
	};

	memcpy(map.sha256, detect_sha256(run), sizeof(map.sha256));
	for (size_t i = 0; i < ARRAY_LEN(t->examples) && t->examples[i].length > 0; i++) {
		AUTO(buf_free)
		struct buf name = BUF_INIT(2048);

		(void)blob_display(&name, bytes_make(t->examples[i].name, t->examples[i].length));
		map.examples[i] = arena_text(run->arena, buf_text(&name));
		if (map.examples[i] == NULL)
			return fault_memory(fault);
	}
	return facts_add_map(run->facts, &map, fault);
}

static int
keep_references(struct detect_run *run, const struct source_map_scan *s, struct fault *fault)
{
	int r = 0;

	for (uint64_t i = 0; i < s->references_count && i < SOURCE_MAP_REFERENCES_MAX && r == 0;
	     i++) {
		const struct source_map_reference *reference = &s->references[i];
		struct fact_mark mark = {
		    .detector = detect_source_map.name,
		    .rule = MARK_REFERENCE,
		    .line = reference->line,
		    .path = run->blob->path,
		    .inner = run->blob->path,
		    .at_bytes = detect_place(run, reference->at_bytes),
		    .value = reference->resolved,
		    .has_sha256 = true,
		};

		memcpy(mark.sha256, detect_sha256(run), sizeof(mark.sha256));
		r = facts_add_mark(run->facts, &mark, fault);
	}
	return r;
}

int
source_map_report_blob(struct detect_run *run, const struct source_map_seen *seen,
		       struct fault *fault)
{
	const struct source_map_scan *s = seen->scan;
	int r = 0;

	if (seen->totals->maps > 0)
		r = keep_map(run, seen, fault);
	/* What an original refers to lay beside it once, and was never meant to be in here. */
	if (r == 0 && !run->blob->derived)
		r = keep_references(run, s, fault);
	if (r == 0 && s->internal_count > 0)
		r = report_internal(run, s, fault);
	if (r == 0 && seen->broken_why != NULL)
		r = report_broken(run, seen->broken_why, seen->broken_at, 1, false, fault);
	if (r == 0 && s->broken_count > 0)
		r = report_broken(run, s->broken_why, s->broken_at, s->broken_count, true, fault);
	return r;
}

/* In input_end() */

/* Maps and references that block nothing are told once for the input. */
struct fold {
	const char *rule;
	enum severity severity;
	const char *path; /* of the first, in order of paths */
	const uint8_t *sha256;
	uint64_t at_bytes;
	uint32_t line;
	uint64_t count, maps, sources, embedded, lines, bytes;
	const char *const *examples;
	uint8_t digest[32]; /* of all their contents together: answering for these answers for no
			       other */
};

enum fold_kind {
	FOLD_SHIPPED,   /* originals that ship or are public */
	FOLD_FOREIGN,   /* originals of others only */
	FOLD_NAMES,     /* names of what ships, is public, or is of others */
	FOLD_OWN_NAMES, /* names of own sources that do not ship */
	FOLD_TELLING,   /* the same, telling ones */
	FOLD_REFERENCE,
	FOLD_COUNT
};

struct input {
	struct detect_run *run;
	uint64_t *paths; /* hashes of the paths of all files, sorted */
	size_t paths_count;
	struct fold folds[FOLD_COUNT];
};

static int
by_value(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int
gather_paths(struct input *in, struct fault *fault)
{
	const struct input_facts *facts = in->run->facts;

	if (facts->files_count == 0 || (facts->maps_count == 0 && facts->marks_count == 0))
		return 0;
	in->paths = malloc(facts->files_count * sizeof(*in->paths));
	if (in->paths == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < facts->files_count; i++) {
		uint64_t hash = hash_fast(bytes_text(facts->files[i].path));

		in->paths[i] = hash == 0 ? 1 : hash;
	}
	in->paths_count = facts->files_count;
	qsort(in->paths, in->paths_count, sizeof(*in->paths), by_value);
	return 0;
}

static bool
ships_path(const struct input *in, uint64_t hash)
{
	return hash != 0 && in->paths_count > 0 &&
	       bsearch(&hash, in->paths, in->paths_count, sizeof(hash), by_value) != NULL;
}

static bool
is_known_content(const struct detect_run *run, uint64_t hash)
{
	const struct detect_options *options = &run->detect->options;

	return facts_ships_content(run->facts, hash) ||
	       (options->is_public_content != NULL && options->registry != NULL &&
		options->is_public_content(options->registry, hash));
}

/* How many own originals of the map neither ship nor are public.  *at walks along with the maps:
 * both lists are sorted by path. */
static uint64_t
count_hidden(const struct input *in, const struct fact_map *map, size_t *at)
{
	const struct input_facts *facts = in->run->facts;
	uint64_t known = 0;

	while (*at < facts->originals_count &&
	       strcmp(facts->originals[*at].map_path, map->path) < 0)
		++*at;
	for (;
	     *at < facts->originals_count && strcmp(facts->originals[*at].map_path, map->path) == 0;
	     ++*at)
		known += is_known_content(in->run, facts->originals[*at].content_hash);
	if (in->run->detect->options.is_public || known >= map->own)
		return 0;
	return map->own - known; /* rows that the list left out count as hidden */
}

static void
fold_place(struct fold *fold, const char *path, const uint8_t *sha256, uint64_t at_bytes,
	   uint32_t line)
{
	uint8_t both[64];

	memcpy(both, fold->digest, 32);
	memcpy(both + 32, sha256, 32);
	(void)hash_sha256(bytes_make(both, sizeof(both)), fold->digest, NULL);
	if (fold->count++ > 0)
		return;
	fold->path = path;
	fold->sha256 = sha256;
	fold->at_bytes = at_bytes;
	fold->line = line;
}

static void
fold_map(struct fold *fold, const struct fact_map *map)
{
	fold_place(fold, map->path, map->sha256, map->at_bytes, 0);
	fold->maps += map->maps;
	fold->sources += map->sources;
	fold->embedded += map->embedded;
	fold->lines += map->lines;
	fold->bytes += map->bytes;
	if (fold->examples == NULL)
		fold->examples = map->examples;
}

static enum fold_kind
kind_of_names(const struct input *in, const struct fact_map *map)
{
	bool all = map->name_hashes_count == map->own_names;

	for (size_t i = 0; i < map->name_hashes_count && all; i++)
		all = ships_path(in, map->name_hashes[i]);
	if (all || in->run->detect->options.is_public)
		return FOLD_NAMES;
	return map->telling_names ? FOLD_TELLING : FOLD_OWN_NAMES;
}

/* "A, B and C"; "" when no name is known. */
static const char *
list_examples(const char *const examples[3], struct arena *arena)
{
	if (examples == NULL || examples[0] == NULL)
		return "";
	if (examples[1] == NULL)
		return examples[0];
	if (examples[2] == NULL)
		return arena_printf(arena, "%s and %s", examples[0], examples[1]);
	return arena_printf(arena, "%s, %s and %s", examples[0], examples[1], examples[2]);
}

static const char *
why_it_discloses(const struct fact_map *map, uint64_t hidden, struct arena *arena)
{
	const char *names = list_examples(map->examples, arena);
	char count[32];

	if (names == NULL)
		return NULL;
	(void)text_count(hidden, count);
	if (hidden == map->embedded)
		return arena_printf(arena, "anyone who gets this can read them%s%s",
				    names[0] == '\0' ? "" : ": ", names);
	return arena_printf(arena,
			    "%s of them look%s like own code that is not published otherwise%s%s",
			    count, hidden == 1 ? "s" : "", names[0] == '\0' ? "" : ": ", names);
}

static void
fill_numbers(struct finding *f, uint64_t sources, uint64_t embedded, uint64_t lines, uint64_t bytes,
	     const char *const examples[3])
{
	f->has_source_map = true;
	f->source_map.sources = sources;
	f->source_map.embedded = embedded;
	f->source_map.lines = lines;
	f->source_map.bytes = bytes;
	for (size_t i = 0; i < FINDING_EXAMPLES_MAX; i++)
		f->source_map.examples[i] = examples[i];
}

static int
report_disclosing(struct input *in, const struct fact_map *map, uint64_t hidden,
		  enum source_map_packing packing, struct fault *fault)
{
	struct arena *arena = in->run->arena;
	char files[32], lines[32], size[32], maps[48] = "";
	struct finding f = {
	    .rule = map->is_inline ? "source-map-inline" : "source-map-embedded",
	    .severity = SEVERITY_CRITICAL,
	    .discloses = true,
	    .path = map->path,
	    .has_sha256 = map->has_sha256,
	    .at = {.at_bytes = map->at_bytes},
	    .count = map->maps,
	};

	memcpy(f.sha256, map->sha256, sizeof(f.sha256));
	if (map->maps > 1)
		(void)snprintf(maps, sizeof(maps), "%s ", text_count(map->maps, files));
	f.title =
	    arena_printf(arena, "%s%ssource map%s %s %s original file%s (%s line%s, %s)", maps,
			 map->is_inline ? "inline " : "", map->maps > 1 ? "s" : "",
			 map->maps > 1 ? "disclose" : "discloses", text_count(map->embedded, files),
			 map->embedded == 1 ? "" : "s", text_count(map->lines, lines),
			 map->lines == 1 ? "" : "s", text_size(map->bytes, size));
	f.why = why_it_discloses(map, hidden, arena);
	f.fix = source_map_fix(map, packing, arena);
	if (f.title == NULL || f.why == NULL || f.fix == NULL)
		return fault_memory(fault);
	fill_numbers(&f, map->sources, map->embedded, map->lines, map->bytes, map->examples);
	return detect_report(in->run, &detect_source_map, &f, fault);
}

static int
judge_maps(struct input *in, struct fault *fault)
{
	const struct input_facts *facts = in->run->facts;
	enum source_map_packing packing = source_map_packing(facts, in->run->arena);
	size_t at = 0;
	int r = 0;

	for (size_t i = 0; i < facts->maps_count && r == 0; i++) {
		const struct fact_map *map = &facts->maps[i];
		uint64_t hidden = count_hidden(in, map, &at);

		if (hidden > 0)
			r = report_disclosing(in, map, hidden, packing, fault);
		else if (map->embedded == 0)
			fold_map(&in->folds[kind_of_names(in, map)], map);
		else
			fold_map(&in->folds[map->own > 0 ? FOLD_SHIPPED : FOLD_FOREIGN], map);
	}
	return r;
}

static void
judge_references(struct input *in)
{
	const struct input_facts *facts = in->run->facts;

	for (size_t i = 0; i < facts->marks_count; i++) {
		const struct fact_mark *mark = &facts->marks[i];

		if (mark->rule == MARK_REFERENCE &&
		    strcmp(mark->detector, detect_source_map.name) == 0 &&
		    !ships_path(in, mark->value))
			fold_place(&in->folds[FOLD_REFERENCE], mark->path, mark->sha256,
				   mark->at_bytes, mark->line);
	}
}

static const struct {
	const char *rule;
	enum severity severity;
	const char *why;
} fold_texts[FOLD_COUNT] = {
    [FOLD_SHIPPED] = {"source-map-embedded", SEVERITY_INFO, NULL},
    [FOLD_FOREIGN] = {"source-map-embedded", SEVERITY_LOW,
		      "it tells which packages at which versions are inside"},
    [FOLD_NAMES] = {"source-map-names", SEVERITY_INFO, NULL},
    [FOLD_OWN_NAMES] = {"source-map-names", SEVERITY_LOW,
			"names of files and folders show how the source is built"},
    [FOLD_TELLING] = {"source-map-names", SEVERITY_MEDIUM,
		      "names of files and folders show how the source is built"},
    [FOLD_REFERENCE] = {"source-map-reference", SEVERITY_INFO,
			"if they lie on a server, they disclose from there"},
};

static const char *
fold_title(const struct fold *fold, enum fold_kind kind, struct arena *arena)
{
	uint64_t maps = kind == FOLD_REFERENCE ? fold->count : fold->maps;
	const char *s = maps == 1 ? "" : "s";
	char count[32], things[32];

	(void)text_count(maps, count);
	(void)text_count(fold->embedded > 0 ? fold->embedded : fold->sources, things);
	switch (kind) {
	case FOLD_SHIPPED:
		return arena_printf(arena,
				    "%s source map%s with originals that ship or are public "
				    "anyway (%s)",
				    count, s, things);
	case FOLD_FOREIGN:
		return arena_printf(arena,
				    "%s source map%s with originals of other people's "
				    "packages only (%s)",
				    count, s, things);
	case FOLD_NAMES:
		return arena_printf(arena,
				    "%s source map%s without content, whose names tell "
				    "nothing new (%s)",
				    count, s, things);
	case FOLD_REFERENCE:
		return arena_printf(arena, "%s reference%s to source maps that are not in here",
				    count, s);
	default:
		return arena_printf(arena,
				    "%s source map%s without content, naming original files "
				    "(%s)",
				    count, s, things);
	}
}

static int
report_fold(struct input *in, enum fold_kind kind, struct fault *fault)
{
	static const struct fact_map none;
	const struct fold *fold = &in->folds[kind];
	struct arena *arena = in->run->arena;
	const char *names = list_examples(fold->examples, arena);
	struct finding f = {
	    .rule = fold_texts[kind].rule,
	    .severity = fold_texts[kind].severity,
	    .why = fold_texts[kind].why,
	    .path = fold->path,
	    .has_sha256 = true,
	    .at = {.first_line = fold->line, .last_line = fold->line, .at_bytes = fold->at_bytes},
	    .count = fold->count,
	};

	if (fold->count == 0)
		return 0;
	memcpy(f.sha256, fold->sha256, sizeof(f.sha256));
	if (fold->count > 1) {
		f.has_evidence = true;
		memcpy(f.evidence, fold->digest, sizeof(f.evidence));
		(void)text_hex(fold->digest, 8, f.id);
	}
	f.title = fold_title(fold, kind, arena);
	if (names == NULL || f.title == NULL)
		return fault_memory(fault);
	if (kind == FOLD_OWN_NAMES || kind == FOLD_TELLING) {
		f.why = arena_printf(arena, "%s: %s", f.why, names);
		f.fix = source_map_fix(&none, source_map_packing(in->run->facts, arena), arena);
	}
	if (kind != FOLD_REFERENCE)
		fill_numbers(&f, fold->sources, fold->embedded, fold->lines, fold->bytes,
			     fold->examples);
	return detect_report(in->run, &detect_source_map, &f, fault);
}

int
source_map_report_input(struct detect_run *run, struct fault *fault)
{
	AUTO(own_free)
	uint64_t *paths = NULL;
	struct input in = {.run = run};
	int r = gather_paths(&in, fault);

	paths = in.paths;
	if (r == 0)
		r = judge_maps(&in, fault);
	if (r == 0)
		judge_references(&in);
	for (unsigned kind = 0; kind < FOLD_COUNT && r == 0; kind++)
		r = report_fold(&in, (enum fold_kind)kind, fault);
	return r;
}
