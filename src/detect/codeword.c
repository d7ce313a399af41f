/*
 * codeword.c - detector: an owner's words and hosts, confidentiality notices, internal hosts
 *
 * Knows: where each of them is looked for, and what each is worth.
 * Does not know: the words (a set of keyed hashes lent by the caller), what a notice looks like
 * (codeword_text.c).  The words are never printed: a report may be read by more people.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/about.h"
#include "detect/anchor.h"
#include "detect/codeword_set.h"
#include "detect/codeword_text.h"
#include "detect/table.h"
#include "detect/tally.h"

#define FRONT_BYTES ((size_t)4096)
#define PLACES_MAX  64 /* distinct words or hosts of one blob */
#define TOLD_MAX    50

static const char rule_word[] = "codeword";
static const char rule_host[] = "codeword-host";
static const char rule_notice[] = "confidential-notice";
static const char rule_private[] = "internal-host";

struct place {
	const char *rule;
	const char *key;
	uint64_t count;
	struct finding_place at;
};

struct state {
	struct place places[PLACES_MAX];
	size_t count;
};

static bool
has_words(const struct detect *detect)
{
	return detect->options.codewords != NULL && codewords_count(detect->options.codewords) > 0;
}

/* Notices and hosts are looked for in what people write. */
static bool
is_read(const struct blob *blob)
{
	return blob->kind == BLOB_TEXT && !about_nobody(blob->name);
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	if (blob->kind == BLOB_EMPTY || blob_kind_is_container(blob->kind) ||
	    blob_kind_is_stream(blob->kind))
		return DETECT_NOTHING;
	return has_words(detect) || is_read(blob) ? DETECT_WINDOWS : DETECT_NOTHING;
}

static uint32_t
line_of(const struct detect_run *run, const struct detect_window *window, size_t at)
{
	uint32_t line = 1;
	const uint8_t *p = window->at, *end = window->at + at;

	if (run->blob->kind != BLOB_TEXT || window->at_bytes != 0)
		return 0;
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		line++;
		p++;
	}
	return line;
}

/* `key` is copied. */
static int
remember(struct detect_run *run, struct state *state, const struct detect_window *window,
	 const char *rule, struct bytes key, size_t from, size_t to)
{
	struct place *place;

	for (size_t i = 0; i < state->count; i++)
		if (state->places[i].rule == rule &&
		    bytes_equal(bytes_text(state->places[i].key), key)) {
			state->places[i].count++;
			return 0;
		}
	if (state->count == PLACES_MAX)
		return 0;
	place = &state->places[state->count];
	place->rule = rule;
	place->key = arena_copy(run->arena, key.at, key.left);
	if (place->key == NULL)
		return FAULT_MEMORY;
	place->count = 1;
	place->at.at_bytes = window->at_bytes + from;
	place->at.length_bytes = to - from;
	place->at.first_line = place->at.last_line = line_of(run, window, from);
	state->count++;
	return 0;
}

/* A place counts in the window that first shows the byte behind it. */
static bool
is_fresh(const struct detect_window *window, size_t to)
{
	return to >= window->length ? window->last : to >= window->seen;
}

struct on_word {
	struct detect_run *run;
	struct state *state;
	const struct detect_window *window;
	size_t shift; /* of what was scanned, in the window */
};

static int
on_word(void *context, const struct codeword_hit *hit)
{
	struct on_word *on = context;
	size_t from = on->shift + hit->from, to = on->shift + hit->to;

	if (!is_fresh(on->window, to))
		return 0;
	return remember(on->run, on->state, on->window, hit->host ? rule_host : rule_word,
			bytes_text(hit->id), from, to);
}

static int
scan_words(struct detect_run *run, struct state *state, const struct detect_window *window)
{
	const struct codewords *words = run->detect->options.codewords;
	struct bytes in = bytes_make(window->at, window->length);
	struct on_word on = {run, state, window, 0};
	bool first = window->at_bytes == 0;
	int r = codewords_scan(words, in, 1, first, window->last, on_word, &on);

	/* UTF-16LE at both parities; text without NULs holds none. */
	if (run->blob->kind == BLOB_TEXT &&
	    memchr(run->blob->head.at, 0, run->blob->head.left) == NULL)
		return r;
	for (on.shift = 0; r == 0 && on.shift < 2 && on.shift < in.left; on.shift++)
		r = codewords_scan(words, bytes_slice(in, on.shift, in.left), 2, first,
				   window->last, on_word, &on);
	return r;
}

static int
scan_notices(struct detect_run *run, struct state *state, const struct detect_window *window)
{
	struct bytes in = bytes_make(window->at, window->length);
	size_t front = window->at_bytes == 0 ? FRONT_BYTES : 0, at = 0;
	struct codeword_place place;
	struct anchors anchors;

	if (about_licences(run->blob->name))
		return 0;
	anchors_init(&anchors, CODEWORD_NOTICE_ANCHORS, CODEWORD_NOTICE_ANCHORS_COUNT, 1);
	/* One notice a file is enough. */
	while ((at = anchors_next(&anchors, in, at)) < in.left) {
		if (codeword_notice(in, at, front, &place) && is_fresh(window, place.to))
			return remember(run, state, window, rule_notice, BYTES_OF(""), place.from,
					place.to);
		at++;
	}
	return 0;
}

static int
scan_hosts(struct detect_run *run, struct state *state, const struct detect_window *window)
{
	struct bytes in = bytes_make(window->at, window->length);
	struct codeword_place place;
	struct anchors anchors;
	size_t at = 0;
	int r = 0;

	anchors_init(&anchors, CODEWORD_URL_ANCHORS, CODEWORD_URL_ANCHORS_COUNT, 1);
	for (; r == 0 && (at = anchors_next(&anchors, in, at)) < in.left; at++)
		if (memcmp(in.at + at, "://", 3) == 0 && codeword_private_host(in, at, &place) &&
		    is_fresh(window, place.to))
			r = remember(run, state, window, rule_private,
				     bytes_slice(in, place.from, place.to - place.from), place.from,
				     place.to);
	return r;
}

static int
window(struct detect_run *run, void *memory, const struct detect_window *window,
       struct fault *fault)
{
	struct state *state = memory;
	int r = 0;

	if (has_words(run->detect))
		r = scan_words(run, state, window);
	if (r == 0 && is_read(run->blob))
		r = scan_notices(run, state, window);
	if (r == 0 && is_read(run->blob))
		r = scan_hosts(run, state, window);
	return r < 0 ? fault_memory(fault) : 0;
}

static int
end(struct detect_run *run, void *memory, struct fault *fault)
{
	const struct state *state = memory;

	for (size_t i = 0; i < state->count; i++) {
		const struct place *place = &state->places[i];
		bool ours = place->rule == rule_word || place->rule == rule_host;
		struct tally_row row = {
		    .detector = &detect_codeword,
		    .rule = place->rule,
		    /* Hosts of private networks are told together, notices too. */
		    .key = ours ? place->key : "",
		    .severity = ours                         ? SEVERITY_HIGH
				: place->rule == rule_notice ? SEVERITY_MEDIUM
							     : SEVERITY_LOW,
		    .discloses = ours,
		    .count = place->count,
		    .at = place->at,
		    .examples = {place->rule == rule_private ? place->key : NULL},
		};
		int r = tally_add(run, &row, fault);

		if (r < 0)
			return r;
	}
	return 0;
}

static int
report(struct detect_run *run, const struct tally_row *row, struct fault *fault)
{
	const char *files = row->blobs == 1 ? "file" : "files";
	struct finding finding = {0};
	char count[32], blobs[32];

	tally_to_finding(row, &finding);
	(void)text_count(row->count, count);
	(void)text_count(row->blobs, blobs);
	finding.why = arena_printf(run->arena, "%s times in %s %s", count, blobs, files);
	if (row->rule == rule_word || row->rule == rule_host) {
		finding.title =
		    arena_printf(run->arena, "%s of your list (%s)",
				 row->rule == rule_word ? "a word" : "a host", row->key);
		finding.fix = "take it out, or rename it, where the report points";
	} else if (row->rule == rule_notice) {
		finding.title = "a notice says that this is confidential";
		finding.fix = "leave the file out, or change its notice if it may be published";
	} else {
		finding.title = arena_printf(run->arena, "hosts of a private network: %s%s%s",
					     row->examples[0], row->examples[1] == NULL ? "" : ", ",
					     row->examples[1] == NULL ? "" : row->examples[1]);
		finding.fix = "make the address a setting";
	}
	if (finding.title == NULL || finding.why == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_codeword, &finding, fault);
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	const struct tally_row **rows;
	size_t count;
	int r = tally_rows(run, &detect_codeword, &rows, &count, fault);

	for (size_t i = 0; r == 0 && i < count && i < TOLD_MAX; i++)
		r = report(run, rows[i], fault);
	return r;
}

const struct detector detect_codeword = {
    .name = "codeword",
    .finds = "your code names and hosts, confidentiality notices, internal hosts",
    .docs = "docs/detectors/codeword.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .window = window,
    .end = end,
    .input_end = input_end,
};
