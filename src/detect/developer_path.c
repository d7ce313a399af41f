/*
 * developer_path.c - detector: absolute paths that name a person, a project or a build machine
 *
 * Knows: where such paths stand in text and in binaries (UTF-8 and UTF-16LE), and which blobs talk
 * about paths of nobody in particular (documentation, tests).
 * Does not know: formats; whatever the bytes are, a path in them is read as one.
 * One finding for each person's project folder in an input, with how often and where first.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/about.h"
#include "detect/anchor.h"
#include "detect/developer_path_parse.h"
#include "detect/table.h"
#include "detect/tally.h"

/* Distinct folders told of one blob and of one input; honest ones have a few. */
#define FOLDERS_MAX   64
#define TOLD_RULE_MAX 8

/* The narrow copy that a path in UTF-16LE is parsed from: some context, then the path. */
#define WIDE_BEFORE 64
#define WIDE_CHARS  (WIDE_BEFORE + DEVELOPER_PATH_BYTES_MAX)

struct folder {
	enum developer_path_kind kind;
	const char *who, *root;
	uint64_t count;
	struct finding_place at;
};

struct state {
	struct folder folders[FOLDERS_MAX];
	size_t count;
};

static const char *const rules[] = {[DEVELOPER_PATH_PERSON] = "home-path",
				    [DEVELOPER_PATH_MACHINE] = "build-path",
				    [DEVELOPER_PATH_ROOT] = "root-path"};

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	/* What is inside comes back as blobs. */
	if (blob->kind == BLOB_EMPTY || blob_kind_is_container(blob->kind) ||
	    blob_kind_is_stream(blob->kind))
		return DETECT_NOTHING;
	if (blob->kind == BLOB_TEXT && about_nobody(blob->name))
		return DETECT_NOTHING;
	return DETECT_WINDOWS;
}

/* From 1; 0 where lines are not known (only the front of a blob is counted, when needed). */
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

static int
remember(struct detect_run *run, struct state *state, const struct detect_window *window,
	 const struct developer_path *path, size_t from, size_t length, struct fault *fault)
{
	struct folder *folder;

	for (size_t i = 0; i < state->count; i++)
		if (state->folders[i].kind == path->kind &&
		    strcmp(state->folders[i].root, path->root) == 0) {
			state->folders[i].count++;
			return 0;
		}
	if (state->count == FOLDERS_MAX)
		return 0;
	folder = &state->folders[state->count];
	folder->kind = path->kind;
	folder->who = arena_text(run->arena, path->who);
	folder->root = arena_text(run->arena, path->root);
	if (folder->who == NULL || folder->root == NULL)
		return fault_memory(fault);
	folder->count = 1;
	folder->at.at_bytes = window->at_bytes + from;
	folder->at.length_bytes = length;
	folder->at.first_line = folder->at.last_line = line_of(run, window, from);
	state->count++;
	return 0;
}

/* A path counts in the window that first shows the byte behind it. */
static bool
is_fresh(const struct detect_window *window, int parsed, size_t to)
{
	if (parsed == DEVELOPER_PATH_NONE)
		return false;
	if (to >= window->length)
		return window->last;
	return to >= window->seen;
}

static int
scan_narrow(struct detect_run *run, struct state *state, const struct detect_window *window,
	    struct fault *fault)
{
	struct bytes in = bytes_make(window->at, window->length);
	struct developer_path path;
	struct anchors anchors;
	size_t at = 0;
	int r;

	anchors_init(&anchors, DEVELOPER_PATH_ANCHORS, DEVELOPER_PATH_ANCHORS_COUNT, 1);
	while ((at = anchors_next(&anchors, in, at)) < in.left) {
		r = developer_path_parse(in, at, run->blob->kind == BLOB_TEXT, &path);
		at++;
		if (!is_fresh(window, r, path.to))
			continue;
		r = remember(run, state, window, &path, path.from, path.to - path.from, fault);
		if (r < 0)
			return r;
		if (path.to > at)
			at = path.to;
	}
	return 0;
}

/* Copy the low bytes of UTF-16LE around `at`; what is not Latin becomes NUL.  Answers how many. */
static size_t
narrow(struct bytes in, size_t at, uint8_t out[WIDE_CHARS], size_t *before)
{
	size_t from, used = 0;

	*before = at / 2 < WIDE_BEFORE ? at / 2 : WIDE_BEFORE;
	from = at - 2 * *before;
	for (; used < WIDE_CHARS && from + 1 < in.left; from += 2)
		out[used++] = in.at[from + 1] == 0 && in.at[from] < 0x80 ? in.at[from] : 0;
	return used;
}

static int
scan_wide(struct detect_run *run, struct state *state, const struct detect_window *window,
	  struct fault *fault)
{
	struct bytes in = bytes_make(window->at, window->length);
	struct anchors anchors;
	uint8_t copy[WIDE_CHARS];
	size_t at = 0;

	anchors_init(&anchors, DEVELOPER_PATH_ANCHORS, DEVELOPER_PATH_ANCHORS_COUNT, 2);
	while ((at = anchors_next(&anchors, in, at)) < in.left) {
		struct developer_path path;
		size_t before, left, to;
		int r;

		if (in.at[at + 1] != 0 || in.at[at + 3] != 0) {
			at++;
			continue;
		}
		left = narrow(in, at, copy, &before);
		r = developer_path_parse(bytes_make(copy, left), before, true, &path);
		to = r == DEVELOPER_PATH_NONE ? at : at + 2 * path.to - 2 * before;
		/* Only the end of the window leaves a path open, not the end of the copy. */
		if (to + 1 >= in.left)
			to = in.left;
		if (is_fresh(window, r, to)) {
			r = remember(run, state, window, &path, at + 2 * path.from - 2 * before,
				     2 * (path.to - path.from), fault);
			if (r < 0)
				return r;
		}
		at = to > at ? to : at + 1;
	}
	return 0;
}

static int
window(struct detect_run *run, void *state, const struct detect_window *window, struct fault *fault)
{
	int r = scan_narrow(run, state, window, fault);

	/* Text without NULs holds no UTF-16. */
	if (r < 0 || (run->blob->kind == BLOB_TEXT &&
		      memchr(run->blob->head.at, 0, run->blob->head.left) == NULL))
		return r;
	return scan_wide(run, state, window, fault);
}

static int
end(struct detect_run *run, void *memory, struct fault *fault)
{
	const struct state *state = memory;

	for (size_t i = 0; i < state->count; i++) {
		const struct folder *folder = &state->folders[i];
		struct tally_row row = {
		    .detector = &detect_developer_path,
		    .rule = rules[folder->kind],
		    .severity =
			folder->kind == DEVELOPER_PATH_PERSON ? SEVERITY_LOW : SEVERITY_INFO,
		    .count = folder->count,
		    .at = folder->at,
		};
		int r;

		row.key = arena_printf(run->arena, "%s\n%s", folder->who, folder->root);
		row.examples[0] = run->blob->path;
		if (row.key == NULL)
			return fault_memory(fault);
		r = tally_add(run, &row, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
report(struct detect_run *run, const struct tally_row *row, struct fault *fault)
{
	const char *root = strchr(row->key, '\n') + 1;
	int who_length = (int)(root - 1 - row->key);
	struct finding finding = {0};
	char places[32], blobs[32];

	tally_to_finding(row, &finding);
	(void)text_count(row->count, places);
	(void)text_count(row->blobs, blobs);
	if (strcmp(row->rule, rules[DEVELOPER_PATH_PERSON]) == 0) {
		finding.title = arena_printf(run->arena, "a developer's folder: %s", root);
		finding.why = arena_printf(
		    run->arena, "names '%.*s' and how the sources are laid out: %s times in %s %s",
		    who_length, row->key, places, blobs, row->blobs == 1 ? "file" : "files");
	} else if (strcmp(row->rule, rules[DEVELOPER_PATH_MACHINE]) == 0) {
		finding.title = arena_printf(run->arena, "a build machine's folder: %s", root);
		finding.why = arena_printf(
		    run->arena, "names the project '%.*s': %s times in %s %s", who_length, row->key,
		    places, blobs, row->blobs == 1 ? "file" : "files");
	} else {
		finding.title = arena_printf(run->arena, "a build folder of root: %s", root);
		finding.why = arena_printf(run->arena,
					   "shows how the sources are laid out: %s times in %s %s",
					   places, blobs, row->blobs == 1 ? "file" : "files");
	}
	finding.fix = arena_printf(run->arena,
				   "build with -ffile-prefix-map=%s=. (Go: -trimpath, Rust: "
				   "--remap-path-prefix=%s=.), or make the path relative",
				   root, root);
	if (finding.title == NULL || finding.why == NULL || finding.fix == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_developer_path, &finding, fault);
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	const struct tally_row **rows;
	size_t count, told = 0;
	int r = tally_rows(run, &detect_developer_path, &rows, &count, fault);

	for (size_t i = 0; r == 0 && i < count; i++) {
		told = i > 0 && strcmp(rows[i]->rule, rows[i - 1]->rule) == 0 ? told + 1 : 0;
		if (told < TOLD_RULE_MAX)
			r = report(run, rows[i], fault);
	}
	return r;
}

const struct detector detect_developer_path = {
    .name = "developer-path",
    .finds = "absolute paths that name a developer, a project or a build machine",
    .docs = "docs/detectors/developer-path.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .window = window,
    .end = end,
    .input_end = input_end,
};
