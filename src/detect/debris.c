/*
 * debris.c - the detector of what belongs to the making of a package and not into it
 *
 * Knows: when each question of debris.h is asked, and how answers become findings: what blocks is
 * told file by file (a folder once), everything else once per rule, counted.
 * Does not know: names, contents, sentences (the tables beside it).
 */
#include "detect/debris.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "detect/detect.h"
#include "detect/facts.h"
#include "detect/package.h"
#include "detect/table.h"
#include "seal/hash.h"

/* Blocking findings of one rule told one by one; what is behind them is told together. */
#define TOLD_ONE_BY_ONE_MAX 100
#define EXAMPLES_MAX        3

struct state {
	enum debris_rule_id rule; /* by head or content */
	enum debris_rule_id key;  /* by armour */
	uint64_t key_at, key_length, keys, last_key_at;
	uint32_t key_line;
	bool judged;
};

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	if (blob->kind == BLOB_EMPTY || blob_kind_is_container(blob->kind) ||
	    blob_kind_is_stream(blob->kind))
		return DETECT_NOTHING;
	if (blob->kind == BLOB_TEXT || debris_wants_content(blob))
		return DETECT_WINDOWS;
	return debris_by_head(blob) != DEBRIS_NONE ? DETECT_HEAD : DETECT_NOTHING;
}

static int
begin(struct detect_run *run, void *address, struct fault *fault)
{
	struct state *state = address;

	(void)fault;
	state->rule = debris_by_head(run->blob);
	state->judged = state->rule != DEBRIS_NONE || !debris_wants_content(run->blob);
	return 0;
}

static uint32_t
line_of(struct bytes text, size_t at)
{
	uint32_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text.at[i] == '\n';
	return line;
}

static void
look_for_keys(struct state *state, const struct detect_window *window)
{
	struct bytes text = bytes_make(window->at, window->length);
	size_t from = 0, at, length;
	enum debris_rule_id rule;

	while (debris_find_key(text, from, window->seen, &rule, &at, &length) == 0) {
		uint64_t at_bytes = window->at_bytes + at;

		from = at + length;
		if (state->keys > 0 && at_bytes <= state->last_key_at)
			continue;
		state->last_key_at = at_bytes;
		/* One open key among encrypted ones decides. */
		if (state->keys++ == 0 || (rule == DEBRIS_PRIVATE_KEY && state->key != rule)) {
			state->key = rule;
			state->key_at = at_bytes;
			state->key_length = length;
			state->key_line = window->first ? line_of(text, at) : 0;
		}
	}
}

static int
window(struct detect_run *run, void *address, const struct detect_window *window,
       struct fault *fault)
{
	struct state *state = address;

	(void)fault;
	if (!state->judged) {
		enum debris_rule_id rule =
		    debris_by_content(run->blob, bytes_make(window->at, window->length));

		if (rule != DEBRIS_NONE)
			state->rule = rule;
		state->judged = rule != DEBRIS_SQL_SCHEMA;
	}
	if (run->blob->kind == BLOB_TEXT)
		look_for_keys(state, window);
	return 0;
}

/* The part of the path behind the input's own: what facts call inner. */
static const char *
inner_of(const struct detect_run *run)
{
	const char *input = run->facts->input_path;
	size_t length = input == NULL ? 0 : strlen(input);

	/* Below the folder "." paths do not begin with it; ".env" must not lose its dot. */
	if (length > 0 && strncmp(run->blob->path, input, length) == 0) {
		const char *rest = run->blob->path + length;

		if (strncmp(rest, "!/", 2) == 0)
			return rest + 2;
		if (*rest == '/')
			return rest + 1;
	}
	return run->blob->path;
}

static int
mark(struct detect_run *run, enum debris_rule_id rule, const struct state *state,
     struct fault *fault)
{
	struct fact_mark mark = {.detector = "debris", .rule = rule, .path = run->blob->path};
	bool key = state->key == rule && rule != DEBRIS_NONE;

	mark.inner = inner_of(run);
	mark.has_sha256 = true;
	memcpy(mark.sha256, detect_sha256(run), sizeof(mark.sha256));
	mark.has_object = detect_object(run, mark.object);
	if (key) {
		mark.line = state->key_line;
		mark.at_bytes = detect_place(run, state->key_at);
		mark.length_bytes =
		    detect_place(run, state->key_at + state->key_length) - mark.at_bytes;
		mark.value = state->keys;
	}
	return facts_add_mark(run->facts, &mark, fault);
}

static int
end(struct detect_run *run, void *address, struct fault *fault)
{
	const struct state *state = address;
	int r = 0;

	if (state->key != DEBRIS_NONE)
		r = mark(run, state->key, state, fault);
	if (r == 0 && state->rule != DEBRIS_NONE && state->rule != state->key)
		r = mark(run, state->rule, state, fault);
	return r;
}

/* One thing found, by name or by mark, before it is told. */
struct item {
	enum debris_rule_id rule;
	bool soft;
	const char *path, *inner;
	size_t folder_bytes; /* of inner, or 0 */
	const uint8_t *sha256;
	const struct fact_mark *mark;
};

struct items {
	struct item *list;
	size_t count, room;
};

static void
items_free(struct items *items)
{
	free(items->list);
	*items = (struct items){0};
}

static int
items_add(struct items *items, const struct item *item, struct fault *fault)
{
	if (items->count == items->room) {
		size_t more = items->room == 0 ? 64 : items->room * 2;
		struct item *grown = reallocarray(items->list, more, sizeof(*grown));

		if (grown == NULL)
			return fault_memory(fault);
		items->list = grown;
		items->room = more;
	}
	items->list[items->count++] = *item;
	return 0;
}

/* By rule, hard before soft, then by path: groups come out in one stretch. */
static int
by_rule(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->soft != b->soft)
		return a->soft ? 1 : -1;
	return strcmp(a->path, b->path);
}

static int
gather_marks(const struct input_facts *facts, struct items *items, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->marks_count; i++) {
		const struct fact_mark *one = &facts->marks[i];
		struct item item = {.rule = one->rule,
				    .path = one->path,
				    .inner = one->inner,
				    .sha256 = one->sha256,
				    .mark = one};

		if (strcmp(one->detector, "debris") != 0 || one->rule >= DEBRIS_RULES)
			continue;
		item.soft = debris_rules[item.rule].softens &&
			    debris_in_test_folder(bytes_text(item.inner));
		r = items_add(items, &item, fault);
	}
	return r;
}

/* The first `marks` items are in the order of their paths: did content speak for this file? */
static bool
is_marked(const struct items *items, size_t marks, const char *path)
{
	size_t low = 0, high = marks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(items->list[middle].path, path);

		if (r == 0)
			return true;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Derived files (originals of a map) are somebody else's to tell. */
static int
gather_names(const struct input_facts *facts, struct items *items, struct fault *fault)
{
	size_t marks = items->count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->files_count; i++) {
		const struct fact_file *file = &facts->files[i];
		struct bytes inner = bytes_text(file->inner);
		struct item item = {
		    .path = file->path, .inner = file->inner, .sha256 = file->sha256};

		item.rule = debris_by_name(inner, &item.folder_bytes);
		if (item.rule == DEBRIS_NONE ||
		    (item.folder_bytes == 0 && is_marked(items, marks, file->path)))
			continue;
		item.soft = debris_rules[item.rule].softens && debris_in_test_folder(inner);
		r = items_add(items, &item, fault);
	}
	return r;
}

static bool
has_file(const struct input_facts *facts, const char *path, size_t folder, const char *name)
{
	size_t low = 0, high = facts->files_count, length = strlen(name);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *at = facts->files[middle].path;
		int r = strncmp(at, path, folder);

		if (r == 0)
			r = strncmp(at + folder, name, length);
		if (r == 0)
			return true;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* A bare repository has no telling name: HEAD, config, objects/ and refs stand side by side. */
static int
gather_bare(const struct input_facts *facts, struct items *items, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->files_count; i++) {
		const struct fact_file *file = &facts->files[i];
		size_t length = strlen(file->path), inner = strlen(file->inner), named;
		struct item item = {.rule = DEBRIS_BARE_REPOSITORY};

		if (length < 5 || strcmp(file->path + length - 5, "/HEAD") != 0)
			continue;
		if (debris_by_name(bytes_text(file->inner), &named) == DEBRIS_REPOSITORY)
			continue;
		if (!has_file(facts, file->path, length - 4, "objects/") ||
		    !has_file(facts, file->path, length - 4, "config") ||
		    (!has_file(facts, file->path, length - 4, "refs/") &&
		     !has_file(facts, file->path, length - 4, "packed-refs")))
			continue;
		item.path = file->path;
		item.inner = file->inner;
		item.folder_bytes = inner > 5 ? inner - 5 : 0;
		item.sha256 = file->sha256;
		item.soft = debris_in_test_folder(bytes_text(file->inner));
		r = items_add(items, &item, fault);
	}
	return r;
}

/* Bound to all content it stands for: one more file and it is another finding. */
static int
digest_of(const struct item *items, size_t count, uint8_t out[HASH_SHA256_BYTES],
	  struct fault *fault)
{
	AUTO(buf_free)
	struct buf all = BUF_INIT((size_t)FACTS_FILES_MAX * 2 * HASH_SHA256_BYTES);

	if (count == 1) {
		memcpy(out, items[0].sha256, HASH_SHA256_BYTES);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		(void)buf_append(&all, items[i].sha256, HASH_SHA256_BYTES);
	if (all.failed < 0)
		return fault_set(fault, all.failed, "debris: cannot hold %zu digests", count);
	return hash_sha256(buf_bytes(&all), out, fault);
}

/* In an image the layer is told apart (image_annotate): its digest says nothing to a person. */
static const char *
shown(const char *inner, size_t *cut)
{
	const char *blobs = strstr(inner, "blobs/sha256/");

	*cut = 0;
	if (blobs == NULL || strlen(blobs) < 79 || strncmp(blobs + 77, "!/", 2) != 0)
		return inner;
	*cut = (size_t)(blobs + 79 - inner);
	return blobs + 79;
}

static const char *
title_of(struct arena *arena, const struct item *items, size_t count)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(4096);
	const struct debris_rule *rule = &debris_rules[items[0].rule];
	size_t cut, folder;
	const char *first = shown(items[0].inner, &cut);

	folder = items[0].folder_bytes > cut ? items[0].folder_bytes - cut : 0;
	if (count == 1)
		(void)buf_printf(&text, "%s: %.300s", rule->thing, first);
	else if (items[0].folder_bytes > 0 && rule->discloses)
		(void)buf_printf(&text, "%s: %.*s/ (%zu files)", rule->thing,
				 (int)(folder < 300 ? folder : 300), first, count);
	else
		(void)buf_printf(&text, "%zu %s: ", count, rule->things);
	if (count > 1 && !(items[0].folder_bytes > 0 && rule->discloses))
		for (size_t i = 0; i < count && i < EXAMPLES_MAX; i++)
			(void)buf_printf(&text, "%s%.100s", i == 0 ? "" : ", ",
					 shown(items[i].inner, &cut));
	if (items[0].soft)
		(void)buf_append_text(&text, ", in a test or example folder");
	return arena_text(arena, buf_text(&text));
}

/* The pattern of the ignore line: the rule's, else the folder or the file that was found. */
static const char *
pattern_of(struct arena *arena, const struct item *item)
{
	const struct debris_rule *rule = &debris_rules[item->rule];
	struct bytes name = bytes_text(item->inner);

	if (rule->ignore != NULL)
		return rule->ignore;
	if (item->folder_bytes > 0)
		name.left = item->folder_bytes;
	name = blob_basename(name);
	return arena_printf(arena, "%.*s%s", (int)name.left, (const char *)name.at,
			    item->folder_bytes > 0 ? "/" : "");
}

static int
tell(struct detect_run *run, const struct item *items, size_t count, struct fault *fault)
{
	const struct debris_rule *rule = &debris_rules[items[0].rule];
	struct finding finding = {.rule = rule->name,
				  .severity = items[0].soft ? SEVERITY_LOW : rule->severity,
				  .discloses = rule->discloses && !items[0].soft,
				  .why = rule->why,
				  .path = items[0].path,
				  .has_sha256 = true,
				  .count = count};
	const char *pattern = pattern_of(run->arena, &items[0]);
	int r = digest_of(items, count, finding.sha256, fault);

	if (r < 0)
		return r;
	if (pattern == NULL)
		return fault_memory(fault);
	if (items[0].mark != NULL) {
		finding.at.first_line = finding.at.last_line = items[0].mark->line;
		finding.at.at_bytes = items[0].mark->at_bytes;
		finding.at.length_bytes = items[0].mark->length_bytes;
		finding.has_object = items[0].mark->has_object;
		memcpy(finding.object, items[0].mark->object, sizeof(finding.object));
	}
	finding.title = title_of(run->arena, items, count);
	finding.fix = package_fix(run->arena, package_kind_of(run->facts, NULL), pattern);
	if (finding.title == NULL || finding.fix == NULL)
		return fault_memory(fault);
	if (rule->advice != NULL && !items[0].soft)
		finding.fix = arena_printf(run->arena, "%s; %s", rule->advice, finding.fix);
	return detect_report(run, &detect_debris, &finding, fault);
}

/* How many from items[0] on are told as one. */
static size_t
group_of(const struct item *items, size_t left, size_t told)
{
	const struct item *first = &items[0];
	bool alone = debris_rules[first->rule].discloses && !first->soft;
	size_t n = 1;

	for (; n < left; n++) {
		const struct item *next = &items[n];

		if (next->rule != first->rule || next->soft != first->soft)
			break;
		if (!alone || told >= TOLD_ONE_BY_ONE_MAX)
			continue;
		if (first->folder_bytes == 0 || next->folder_bytes != first->folder_bytes ||
		    memcmp(next->inner, first->inner, first->folder_bytes) != 0)
			break;
	}
	return n;
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	AUTO(items_free)
	struct items items = {0};
	size_t told = 0;
	int r = gather_marks(run->facts, &items, fault);

	if (r == 0)
		r = gather_names(run->facts, &items, fault);
	if (r == 0)
		r = gather_bare(run->facts, &items, fault);
	if (r < 0 || items.count == 0)
		return r;
	qsort(items.list, items.count, sizeof(*items.list), by_rule);
	for (size_t i = 0, n; r == 0 && i < items.count; i += n) {
		if (i > 0 && items.list[i].rule != items.list[i - 1].rule)
			told = 0;
		n = group_of(&items.list[i], items.count - i, told++);
		r = tell(run, &items.list[i], n, fault);
	}
	return r;
}

const struct detector detect_debris = {
    .name = "debris",
    .finds =
	"repositories, keys, credentials, dumps, caches and litter that do not belong in a package",
    .docs = "detectors/debris.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .begin = begin,
    .window = window,
    .end = end,
    .input_end = input_end,
};
