/*
 * project.c - .npmignore, `files`, and a word for the bundler
 *
 * Knows: how npm chooses what it packs.  Does not know: other tools well enough to edit their
 * files; it says what to write there.
 */
#include "mend/project.h"

#include <string.h>

#include "base/file.h"
#include "base/json_push.h"
#include "base/own.h"
#include "mend/inside.h"

#define PATTERNS_MAX    256
#define FILE_BYTES_MAX  ((size_t)16 << 20)
#define IGNORE_FILE     ".npmignore"
#define GIT_IGNORE_FILE ".gitignore"

/* Maps go by their ending, because tomorrow's have other names; all else by name. */
static bool
is_map(const char *member)
{
	return bytes_ends(bytes_text(member), BYTES_OF(".map"));
}

static void
escape(struct buf *to, const char *name)
{
	for (; *name != 0; name++) {
		if (strchr("*?[]{}!#\\ ", *name) != NULL)
			(void)buf_append_text(to, "\\");
		(void)buf_append_u8(to, (uint8_t)*name);
	}
}

/* Patterns of what the plan drops, as .npmignore has them. */
static int
patterns_of(struct mend_plan *plan, const char *patterns[PATTERNS_MAX], size_t *count,
	    struct fault *fault)
{
	bool maps = false;

	*count = 0;
	for (size_t i = 0; i < plan->count; i++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT((size_t)1 << 20);

		if (plan->items[i].action != MEND_DROP || (is_map(plan->items[i].member) && maps))
			continue;
		if (*count == PATTERNS_MAX)
			return fault_set(fault, FAULT_LIMIT,
					 "more than %d files: leave out their folders by hand",
					 PATTERNS_MAX);
		if (is_map(plan->items[i].member)) {
			maps = true;
			patterns[(*count)++] = "*.map";
			continue;
		}
		(void)buf_append_text(&text, "/");
		escape(&text, plan->items[i].member);
		patterns[*count] = arena_text(&plan->arena, buf_text(&text));
		if (patterns[(*count)++] == NULL)
			return fault_memory(fault);
	}
	return 0;
}

void
project_say(const struct mend_plan *plan, FILE *to)
{
	bool maps = false, inline_maps = false, others = false;

	for (size_t i = 0; i < plan->count; i++) {
		const struct mend_item *item = &plan->items[i];

		maps = maps || (item->action == MEND_DROP && is_map(item->member));
		others = others || (item->action == MEND_DROP && !is_map(item->member));
		inline_maps = inline_maps ||
			      (item->action == MEND_CUT && strcmp(item->why, "debug-info") != 0);
	}
	if (to == NULL || plan->count == 0)
		return;
	(void)fprintf(to, "So that the next one is clean, in the project:\n");
	if (maps)
		(void)fprintf(
		    to, "  npm without `files`: the line *.map in " IGNORE_FILE "\n"
			"  npm with `files`:    \"!**/*.map\" at the end of `files`\n"
			"  wheel, sdist:        global-exclude *.map in MANIFEST.in\n"
			"  bundler:             esbuild without --sourcemap, webpack devtool: "
			"false, vite build.sourcemap: false\n");
	if (inline_maps)
		(void)fprintf(to, "  inline maps:         esbuild --sourcemap=external, webpack "
				  "devtool: 'hidden-source-map', tsc without inlineSourceMap\n");
	if (plan->strip)
		(void)fprintf(to, "  programs:            strip --strip-debug, go build -ldflags "
				  "'-s -w', strip = true in [profile.release] of Cargo.toml\n");
	if (others)
		(void)fprintf(to, "  the other files:     name them in " IGNORE_FILE
				  ", in Cargo.toml's exclude, or in MANIFEST.in\n");
	if (maps || others)
		(void)fprintf(to,
			      "  'stopwater scan --apply' in an npm project makes the change.\n");
}

/* ---- files of package.json ---- */

struct files_place {
	bool next_is_files, inside, found;
	uint64_t end_bytes; /* behind the ']' */
	size_t elements;
};

static int
on_event(void *context, const struct json_event *event, struct fault *fault)
{
	struct files_place *place = context;

	(void)fault;
	if (event->type == JSON_EVENT_KEY && event->depth == 1) {
		if (event->begins && event->ends)
			place->next_is_files = bytes_equal(event->piece, BYTES_OF("files"));
		else
			place->next_is_files = false;
	} else if (event->type == JSON_EVENT_ARRAY_BEGIN && event->depth == 1 &&
		   place->next_is_files && !place->found) {
		place->inside = true;
		place->elements = 0;
	} else if (event->type == JSON_EVENT_ARRAY_END && event->depth == 1 && place->inside) {
		place->inside = false;
		place->found = true;
		place->end_bytes = event->at_bytes;
	} else if (place->inside && event->depth == 2 && event->type == JSON_EVENT_STRING &&
		   event->begins) {
		place->elements++;
	}
	return 0;
}

static void
quote(struct buf *to, const char *pattern)
{
	/* In `files` a leading slash is implied, and patterns without one are not. */
	(void)buf_append_text(to, pattern[0] == '/' ? "\"!" : "\"!**/");
	for (const char *c = pattern[0] == '/' ? pattern + 1 : pattern; *c != 0; c++) {
		if (*c == '"' || *c == '\\')
			(void)buf_append_text(to, "\\");
		(void)buf_append_u8(to, (uint8_t)*c);
	}
	(void)buf_append_text(to, "\"");
}

int
project_add_files(struct bytes text, const char *const patterns[], size_t count, struct buf *out,
		  struct fault *fault)
{
	AUTO(own_free)
	struct json_push *push = malloc(sizeof(*push));
	struct files_place place = {.found = false};
	struct bytes rest = text, space;
	size_t end, from, line;
	int r;

	if (push == NULL)
		return fault_memory(fault);
	json_push_init(push, on_event, &place, 0);
	r = json_push_feed(push, &rest, fault);
	if (r == 0)
		r = json_push_finish(push, fault);
	if (r < 0)
		return fault_wrap(fault, r, "package.json");
	if (!place.found)
		return 1;
	end = (size_t)place.end_bytes - 1; /* the bracket */
	for (from = end; from > 0 && strchr(" \t\r\n", text.at[from - 1]) != NULL;)
		from--;
	/* What stands between two elements: a line and its indentation, or a space. */
	for (line = from; line > 0 && text.at[line - 1] != '\n';)
		line--;
	space = BYTES_OF(" ");
	if (memchr(text.at + from, '\n', end - from) != NULL && place.elements > 0) {
		size_t indent = line;

		while (indent < from && (text.at[indent] == ' ' || text.at[indent] == '\t'))
			indent++;
		space = bytes_slice(text, line - (line > 0), indent - line + (line > 0));
	}
	(void)buf_append(out, text.at, from);
	for (size_t i = 0; i < count; i++) {
		if (place.elements + i > 0)
			(void)buf_append_text(out, ",");
		if (place.elements + i > 0)
			(void)buf_append(out, space.at, space.left);
		quote(out, patterns[i]);
	}
	(void)buf_append(out, text.at + from, text.left - from);
	return out->failed < 0 ? fault_set(fault, out->failed, "package.json is too large") : 0;
}

/* ---- apply ---- */

/* Append lines that are not there yet. */
static void
add_lines(struct buf *text, const char *const patterns[], size_t count)
{
	if (text->used > 0 && text->at[text->used - 1] != '\n')
		(void)buf_append_text(text, "\n");
	for (size_t i = 0; i < count; i++) {
		(void)buf_append_text(text, patterns[i]);
		(void)buf_append_text(text, "\n");
	}
}

static int
apply_ignore(const char *folder, const char *const patterns[], size_t count, FILE *to,
	     struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(8192);
	AUTO(buf_free)
	struct buf git = BUF_INIT(8192);
	AUTO(buf_free)
	struct buf text = BUF_INIT(FILE_BYTES_MAX);
	int r, has;

	if (file_join(&path, folder, IGNORE_FILE) < 0 ||
	    file_join(&git, folder, GIT_IGNORE_FILE) < 0)
		return fault_memory(fault);
	has = file_exists(buf_text(&path), fault);
	r = has < 0 ? has : 0;
	if (has > 0) {
		r = file_read_all(buf_text(&path), &text, fault);
	} else if (has == 0) {
		/* npm reads .gitignore only where there is no .npmignore: take it over, or what it
		 * keeps out would be shipped from now on. */
		has = file_exists(buf_text(&git), fault);
		r = has > 0 ? file_read_all(buf_text(&git), &text, fault) : has;
	}
	if (r < 0)
		return r;
	add_lines(&text, patterns, count);
	if (text.failed < 0)
		return fault_set(fault, text.failed, "%s is too large", IGNORE_FILE);
	r = file_write_all(buf_text(&path), buf_bytes(&text), 0644, fault);
	for (size_t i = 0; r == 0 && to != NULL && i < count; i++)
		(void)fprintf(to, "fix: " IGNORE_FILE " + %s\n", patterns[i]);
	return r;
}

int
project_apply(struct mend_plan *plan, const char *folder, FILE *to, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(8192);
	AUTO(buf_free)
	struct buf text = BUF_INIT(FILE_BYTES_MAX);
	AUTO(buf_free)
	struct buf new = BUF_INIT(FILE_BYTES_MAX);
	const char *patterns[PATTERNS_MAX];
	size_t count = 0;
	int r = patterns_of(plan, patterns, &count, fault);

	if (r < 0)
		return r;
	if (file_join(&path, folder, "package.json") < 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r < 0)
		return r;
	if (r == 0 || count == 0) {
		project_say(plan, to);
		return 1;
	}
	r = file_read_all(buf_text(&path), &text, fault);
	if (r == 0)
		r = project_add_files(buf_bytes(&text), patterns, count, &new, fault);
	if (r < 0)
		return r;
	if (r == 1)
		return apply_ignore(folder, patterns, count, to, fault);
	r = file_write_all(buf_text(&path), buf_bytes(&new), 0644, fault);
	for (size_t i = 0; r == 0 && to != NULL && i < count; i++)
		(void)fprintf(to, "fix: package.json files + !%s\n", patterns[i]);
	return r;
}
