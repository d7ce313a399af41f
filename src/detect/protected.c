/*
 * protected.c - detector "register": code of ours in what is about to leave
 *
 * Knows: which blobs can hold code, and how to say what was recognised.  Does not know: how code
 * is recognised (register/match.h), whether it may leave (policy).  docs/detectors/register.md
 */
#include "detect/table.h"

#include "base/own.h"
#include "register/match.h"

enum form { FORM_TEXT, FORM_RUNS, FORM_PYC, FORM_CLASS, FORM_NONE };

/* Smaller texts may have no key but that of their digest. */
#define DIGEST_BYTES 2048

struct protected_state {
	struct register_search *search; /* made with the first window */
	const struct language *language;
	enum form form;
};

/* The originals of a source map come as blobs of their own: its JSON would only say it twice. */
static bool
is_source_map(const struct blob *blob)
{
	struct bytes name = bytes_text(".map");

	return bytes_ends(blob->name, name) && blob->head.left > 0 && blob->head.at[0] == '{' &&
	       bytes_find(blob->head, BYTES_OF("\"version\"")) >= 0 &&
	       (bytes_find(blob->head, BYTES_OF("\"sources\"")) >= 0 ||
		bytes_find(blob->head, BYTES_OF("\"mappings\"")) >= 0 ||
		bytes_find(blob->head, BYTES_OF("\"sections\"")) >= 0);
}

static enum form
form_of(const struct blob *blob)
{
	switch (blob->kind) {
	case BLOB_TEXT:
		return is_source_map(blob) ? FORM_NONE : FORM_TEXT;
	case BLOB_PYC:
		return FORM_PYC;
	case BLOB_CLASS:
		return FORM_CLASS;
	case BLOB_BINARY:
	case BLOB_ELF:
	case BLOB_PE:
	case BLOB_MACHO:
	case BLOB_WASM:
	case BLOB_DEX:
		return FORM_RUNS;
	default:
		return FORM_NONE;
	}
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	const struct register_db *db = detect->options.registry;

	if (db == NULL || register_is_empty(db) || form_of(blob) == FORM_NONE)
		return DETECT_NOTHING;
	return DETECT_WINDOWS;
}

static int
begin(struct detect_run *run, void *state, struct fault *fault)
{
	struct protected_state *s = state;

	s->form = form_of(run->blob);
	s->language = language_of(run->blob->name, run->blob->head);
	return register_search_new(&s->search, run->detect->options.registry, fault);
}

static int
window(struct detect_run *run, void *state, const struct detect_window *w, struct fault *fault)
{
	static const enum print_strings strings[] = {[FORM_RUNS] = PRINT_STRINGS_RUNS,
						     [FORM_PYC] = PRINT_STRINGS_PYC,
						     [FORM_CLASS] = PRINT_STRINGS_CLASS};
	struct protected_state *s = state;
	struct bytes bytes = bytes_make(w->at, w->length);

	(void)run;
	if (s->form == FORM_TEXT)
		return register_search_text(s->search, bytes, w->at_bytes, w->seen, s->language,
					    fault);
	return register_search_strings(s->search, bytes, w->at_bytes, w->seen, strings[s->form],
				       fault);
}

/* ---- saying it ---- */

static const char *
display(struct arena *arena, struct bytes raw)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(65536);

	if (blob_display(&text, raw) < 0)
		return NULL;
	return arena_text(arena, buf_text(&text));
}

static struct finding_place
place_of(const struct register_place *place)
{
	/* On one line, as in a bundle, offsets say more. */
	bool lines = place->last_line > place->first_line;

	return (struct finding_place){.first_line = lines ? place->first_line : 0,
				      .last_line = lines ? place->last_line : 0,
				      .at_bytes = place->at_bytes,
				      .length_bytes = place->length_bytes};
}

static const char *
how(const struct register_match *m, enum form form)
{
	switch (m->kind) {
	case PRINT_EXACT:
		return "byte for byte";
	case PRINT_TEXT:
		return "copied";
	case PRINT_TOKEN:
		return "copied with other names or another layout";
	default:
		return form == FORM_TEXT ? "rewritten by a bundler or minifier" : "compiled";
	}
}

/* "asset core" or "assets core, ui": in the order in which they come up, at most three. */
static const char *
name_assets(struct detect_run *run, const struct register_matches *matches)
{
	size_t count;
	const struct register_asset *assets =
	    register_assets(run->detect->options.registry, &count);
	const char *text = NULL;
	uint32_t named[3];
	size_t used = 0;

	for (size_t i = 0; i < matches->count; i++) {
		uint32_t asset = matches->list[i].asset;
		bool again = false;

		for (size_t n = 0; n < used && n < ARRAY_LEN(named); n++)
			again |= named[n] == asset;
		if (again)
			continue;
		if (used == ARRAY_LEN(named))
			return arena_printf(run->arena, "assets %s, ...", text);
		named[used++] = asset;
		text = used == 1 ? assets[asset].facts.name
				 : arena_printf(run->arena, "%s, %s", text == NULL ? "" : text,
						assets[asset].facts.name);
	}
	return arena_printf(run->arena, used == 1 ? "asset %s" : "assets %s",
			    text == NULL ? "" : text);
}

static int
fill_matches(struct detect_run *run, const struct register_matches *matches,
	     struct finding *finding, struct fault *fault)
{
	size_t assets_count, count = matches->count;
	const struct register_asset *assets =
	    register_assets(run->detect->options.registry, &assets_count);

	if (count > FINDING_MATCHES_MAX)
		count = FINDING_MATCHES_MAX;
	finding->matches = arena_alloc(run->arena, count * sizeof(*finding->matches));
	if (finding->matches == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		const struct register_match *m = &matches->list[i];
		struct finding_match *to = &finding->matches[i];

		to->asset = assets[m->asset].facts.name;
		to->path = display(run->arena, m->path);
		if (to->path == NULL)
			return fault_memory(fault);
		to->share_ppm = m->share_ppm;
		to->channel = print_channel_name(m->kind);
		to->log10_chance_milli = m->log10_chance_milli;
		to->here = place_of(&m->here);
		to->there = (struct finding_place){.first_line = m->there.first_line,
						   .last_line = m->there.last_line};
	}
	finding->matches_count = count;
	return 0;
}

/* A whole file of ours, or odds below 1e-12; what is less is still high: thresholds are
 * such that unrelated code does not reach them. */
static enum severity
severity_of(const struct register_match *best)
{
	if (best->kind == PRINT_EXACT ||
	    (best->log10_chance_milli <= -12000 && best->share_ppm >= 300000))
		return SEVERITY_CRITICAL;
	return SEVERITY_HIGH;
}

static int
report(struct detect_run *run, const struct protected_state *s,
       const struct register_matches *matches, struct fault *fault)
{
	const struct register_match *best = &matches->list[0];
	struct finding finding = {.rule = "protected-code",
				  .severity = severity_of(best),
				  .discloses = true,
				  .count = matches->count,
				  .at = place_of(&best->here)};
	int r = fill_matches(run, matches, &finding, fault);
	const struct finding_match *first = finding.matches;
	const char *names = name_assets(run, matches);

	if (r < 0)
		return r;
	if (names == NULL)
		return fault_memory(fault);
	finding.title = arena_printf(
	    run->arena, "our code: %zu file%s of %s %s inside (%s), best %s lines %u-%u",
	    matches->count, matches->count == 1 ? "" : "s", names,
	    matches->count == 1 ? "is" : "are", how(best, s->form), first->path,
	    first->there.first_line, first->there.last_line);
	finding.why = arena_printf(run->arena,
				   "%u.%u %% of that file is recognised here; unrelated code shows "
				   "as much once in 1e%d",
				   best->share_ppm / 10000, best->share_ppm / 1000 % 10,
				   -best->log10_chance_milli / 1000);
	finding.fix =
	    arena_printf(run->arena, "leave it out of what is published; if it is not yours: "
				     "stopwater protect public add NAME PATH-OF-IT");
	if (finding.title == NULL || finding.why == NULL || finding.fix == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_protected, &finding, fault);
}

static int
end(struct detect_run *run, void *state, struct fault *fault)
{
	struct protected_state *s = state;
	struct register_matches matches;
	uint64_t asked, known;
	const uint8_t *sha256 = NULL;
	int r;

	/* A digest costs as much as all the rest: only where something is known, or where there is
	 * too little for fingerprints. */
	register_search_counts(s->search, &asked, &known);
	if (known > 0 || run->size_bytes < DIGEST_BYTES)
		sha256 = detect_sha256(run);
	r = register_search_end(s->search, sha256, run->size_bytes, &matches, fault);

	if (r < 0 || matches.count == 0)
		return r;
	return report(run, s, &matches, fault);
}

static void
fini(void *state)
{
	struct protected_state *s = state;

	register_search_free(&s->search);
}

const struct detector detect_protected = {
    .name = "register",
    .finds = "code of registered assets: copied, renamed, bundled, minified or compiled",
    .docs = "detectors/register.md",
    .state_bytes = sizeof(struct protected_state),
    .reads_excerpts = true,
    .wants = wants,
    .begin = begin,
    .window = window,
    .end = end,
    .fini = fini,
};
