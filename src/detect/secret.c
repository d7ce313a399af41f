/*
 * secret.c - detector: keys, tokens and passwords
 *
 * Knows: which blobs are looked at, how a large one is looked at in windows.
 * Does not know: how secrets are found (secret_scan.h) and judged (secret_judge.h).
 */
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/secret_groups.h"
#include "detect/secret_lanes.h"
#include "detect/secret_path.h"
#include "detect/secret_personal.h"
#include "detect/table.h"
#include "rules/foreign.h"

struct state {
	bool is_dump; /* rows of people are looked for */
	unsigned path;
	struct secret_personal_count personal[PERSONAL_KINDS];
	struct secret_scanner *scanner;
	struct secret_scratch *scratch;
	struct secret_list list; /* offsets of the window */
	struct secret_founds founds;
	/* Of the blob: anchors before it are done. */
	uint64_t next_bytes;
	/* Candidates that one found later may overlap: offsets of the blob. */
	struct secret_list pending;
	uint64_t line_bytes; /* lines in front of it are counted: */
	uint32_t line;
	uint64_t line_from_bytes; /* where that line begins */
	uint64_t limits;          /* expressions given up before this blob */
};

struct path_hit {
	struct detect_run *run;
	struct fault *fault;
};

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	if (detect->options.secrets == NULL || blob->kind == BLOB_EMPTY ||
	    blob_kind_is_container(blob->kind) || blob_kind_is_stream(blob->kind))
		return DETECT_NOTHING;
	/* Numbers and pixels by the gigabyte. */
	if ((blob->kind >= BLOB_SAFETENSORS && blob->kind <= BLOB_HDF5) ||
	    blob->kind == BLOB_FONT || (blob->kind >= BLOB_PNG && blob->kind <= BLOB_GIF))
		return DETECT_NOTHING;
	return DETECT_WINDOWS;
}

static int
begin(struct detect_run *run, void *memory, struct fault *fault)
{
	struct state *state = memory;
	int r;

	state->path = secret_path_look(run->blob->name);
	state->is_dump = (state->path & SECRET_PATH_DATA) != 0 && run->blob->kind == BLOB_TEXT;
	state->line = run->blob->kind == BLOB_TEXT ? 1 : 0;
	state->scanner = run->detect->options.secrets;
	r = secret_scratch_take(state->scanner, &state->scratch, fault);
	if (r == 0 && state->scratch->rules != NULL)
		state->limits = rules_stats(state->scratch->rules)->limits;
	return r;
}

/* Lines up to `to`, an offset of the blob that the window holds. */
static void
count_lines(struct state *state, const struct detect_window *window, uint64_t to)
{
	const uint8_t *p, *end = window->at + (to - window->at_bytes);

	if (state->line == 0)
		return;
	for (p = window->at + (state->line_bytes - window->at_bytes);
	     p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) {
		state->line++;
		state->line_from_bytes = window->at_bytes + (uint64_t)(p + 1 - window->at);
	}
	state->line_bytes = to;
}

/* A stream in base64 is unpacked and examined as any other, where the window holds all of it. */
static int
derive(struct detect_run *run, struct state *state, const struct detect_window *window,
       const struct secret_candidate *c, struct fault *fault)
{
	struct secret_decode_level *level = &state->scratch->levels[0];
	struct bytes in = bytes_make(window->at, window->length), content;
	const char *name, *link;

	size_t length = secret_decode_run(in, c->at, c->length);

	if ((c->at + length == in.left && !window->last) ||
	    !secret_decode_at(level, in, c->at, length, &content, &name))
		return 0;
	link = arena_printf(run->arena, "%s@%llu", name,
			    (unsigned long long)(window->at_bytes + c->at));
	if (link == NULL)
		return fault_memory(fault);
	return run->derive(run, bytes_text(link), content, fault);
}

/* How many candidates from `i` on overlap each other, one the next; *end: where the last one ends.  Long
 * ones stand alone, as in secret_judge(). */
static size_t
chain_of(const struct secret_list *list, size_t i, uint64_t *end)
{
	size_t n = i + 1;

	*end = list->list[i].at + list->list[i].length;
	if (list->list[i].length > SECRET_JUDGE_OVERLAP)
		return 1;
	for (; n < list->count && list->list[n].at < *end; n++)
		if (list->list[n].length <= SECRET_JUDGE_OVERLAP &&
		    list->list[n].at + list->list[n].length > *end)
			*end = list->list[n].at + list->list[n].length;
	return n - i;
}

/* Move pending candidates to state->list, offsets of the window, but for those that one found later may
 * overlap, as long as the next window shows them. */
static int
take_settled(struct detect_run *run, struct state *state, const struct detect_window *window,
	     struct fault *fault)
{
	struct secret_list *pending = &state->pending;
	uint64_t shift = window->at_bytes, end;
	/* What is found later has an anchor behind next_bytes: it cannot reach before this. */
	uint64_t done = state->next_bytes > SECRET_REACH ? state->next_bytes - SECRET_REACH : 0;
	uint64_t next = window->length < DETECT_MARGIN_BYTES
			    ? shift
			    : shift + window->length - DETECT_MARGIN_BYTES;
	size_t kept = 0;
	int r = 0;

	state->list.count = 0;
	for (size_t i = 0, count; r == 0 && i < pending->count; i += count) {
		bool waits;

		count = chain_of(pending, i, &end);
		waits = !window->last && end > done && pending->list[i].at >= next;
		for (size_t n = i; r == 0 && n < i + count; n++) {
			struct secret_candidate c = pending->list[n];

			if (waits && c.length <= SECRET_JUDGE_OVERLAP) {
				pending->list[kept++] = c;
				continue;
			}
			c.at -= shift;
			c.lo = c.lo > shift ? c.lo - shift : 0;
			c.hi = c.hi > shift ? c.hi - shift : 0;
			r = c.lane == SECRET_LANE_DERIVED
				? derive(run, state, window, &c, fault)
				: secret_list_add(&state->list, &c, fault);
		}
	}
	pending->count = kept;
	return r;
}

static int
settle(struct detect_run *run, struct state *state, const struct detect_window *window,
       struct fault *fault)
{
	struct secret_where where = {.name = run->blob->name,
				     .path = run->blob->path,
				     .in = bytes_make(window->at, window->length),
				     .base_bytes = window->at_bytes,
				     .line = state->line,
				     .line_before = window->at_bytes - state->line_from_bytes};
	int r = take_settled(run, state, window, fault);

	return r < 0 ? r
		     : secret_judge(state->scanner, state->scratch, &where, state->list.list,
				    state->list.count, run->arena, &state->founds, fault);
}

static int
window(struct detect_run *run, void *memory, const struct detect_window *window,
       struct fault *fault)
{
	struct state *state = memory;
	uint64_t end = window->at_bytes + window->length, to = end;
	int r;

	if (!window->last)
		to = end - (window->length < SECRET_LOOK ? window->length : SECRET_LOOK);
	if (to < state->next_bytes)
		to = state->next_bytes;
	/* Lines of the window's first byte. */
	if (state->line_bytes < window->at_bytes)
		state->line_bytes = window->at_bytes;
	if (state->is_dump)
		secret_personal_scan(bytes_make(window->at, window->length),
				     (size_t)(state->next_bytes - window->at_bytes),
				     (size_t)(to - window->at_bytes), window->at_bytes,
				     state->personal);
	state->list.count = 0;
	r = secret_scan_part(run->detect->options.secrets, state->scratch,
			     bytes_make(window->at, window->length),
			     (size_t)(state->next_bytes - window->at_bytes),
			     (size_t)(to - window->at_bytes), &state->list, fault);
	for (size_t i = 0; r == 0 && i < state->list.count; i++) {
		struct secret_candidate c = state->list.list[i];

		c.at += window->at_bytes;
		c.lo += window->at_bytes;
		c.hi += window->at_bytes;
		r = secret_list_add(&state->pending, &c, fault);
	}
	if (r < 0)
		return r;
	secret_list_settle(&state->pending);
	state->next_bytes = to;
	r = settle(run, state, window, fault);
	/* The next window begins DETECT_MARGIN_BYTES before the end of this one. */
	if (r == 0 && !window->last && window->length > DETECT_MARGIN_BYTES)
		count_lines(state, window, end - DETECT_MARGIN_BYTES);
	return r;
}

/* Rows of people are the file's, not secrets of their own. */
static int
report_personal(struct detect_run *run, const struct state *state, struct fault *fault)
{
	int r = 0;

	for (unsigned kind = 0; r == 0 && kind < PERSONAL_KINDS; kind++) {
		const struct secret_personal_count *count = &state->personal[kind];
		struct finding finding = {
		    .rule = secret_personal_rule(kind),
		    .severity = count->right < 1000 ? SEVERITY_MEDIUM : SEVERITY_HIGH,
		    .why =
			"data of people in bulk: who gets it can use it against them, and the law "
			"asks who let it out",
		    .fix = "leave it out, or put made-up rows in its place",
		    .count = count->right,
		    .at = {.at_bytes = count->at_bytes}};
		char number[32];

		if (!secret_personal_is_bulk(kind, count))
			continue;
		if ((state->path & SECRET_PATH_TEST) != 0)
			finding.severity = SEVERITY_LOW;
		finding.title = arena_printf(run->arena, "%s %s", text_count(count->right, number),
					     secret_personal_title(kind));
		if (finding.title == NULL)
			return fault_memory(fault);
		r = detect_report(run, &detect_secret, &finding, fault);
	}
	return r;
}

/* A rule of a configuration that is about names alone. */
static int
on_path(void *to, const struct rule *rule)
{
	struct path_hit *hit = to;
	struct finding finding = {.rule = rule->id,
				  .severity = (enum severity)rule->severity,
				  .title = rule->title,
				  .why = "the rules given with --rules name files like this"};

	return detect_report(hit->run, &detect_secret, &finding, hit->fault);
}

static int
report_path(struct detect_run *run, struct state *state, struct fault *fault)
{
	const struct rule_set *set = secret_scanner_options(state->scanner)->rules;
	struct path_hit hit = {run, fault};

	return set == NULL
		   ? 0
		   : rules_scan_path(set, state->scratch->rules, run->blob->path, on_path, &hit);
}

static int
end(struct detect_run *run, void *memory, struct fault *fault)
{
	struct state *state = memory;
	int r = report_path(run, state, fault);

	for (size_t i = 0; r == 0 && i < state->founds.count; i++)
		r = secret_groups_add(run, &state->founds.list[i], fault);
	if (r == 0 && state->scratch->rules != NULL &&
	    rules_stats(state->scratch->rules)->limits > state->limits)
		r = run->not_examined(run, "a rule took too many steps on it and was given up", 0,
				      run->size_bytes, fault);
	return r < 0 ? r : report_personal(run, state, fault);
}

static void
fini(void *memory)
{
	struct state *state = memory;

	if (state->scanner != NULL)
		secret_scratch_give(state->scanner, &state->scratch);
	secret_list_free(&state->list);
	secret_list_free(&state->pending);
	secret_founds_free(&state->founds);
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	return secret_groups_report(run, &detect_secret, fault);
}

const struct detector detect_secret = {
    .name = "secret",
    .finds = "keys, tokens and passwords, by their own form or by the names they are given",
    .docs = "docs/detectors/secret.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .begin = begin,
    .window = window,
    .end = end,
    .fini = fini,
    .input_end = input_end,
};
