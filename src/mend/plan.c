/*
 * plan.c - from findings to what goes
 *
 * Knows: display paths, what kind of thing each detector complains about.
 * Does not know: containers, the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "mend/inside.h"

#define PLAN_BYTES_MAX ((size_t)256 << 20)

int
mend_plan_new(struct mend_plan **out, struct fault *fault)
{
	struct mend_plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return fault_memory(fault);
	plan->arena = (struct arena)ARENA_INIT(PLAN_BYTES_MAX);
	*out = plan;
	return 0;
}

void
mend_plan_free(struct mend_plan **plan)
{
	if (*plan == NULL)
		return;
	free((*plan)->items);
	arena_free(&(*plan)->arena);
	own_free(plan);
}

int
mend_cannot(struct mend_plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(plan->cannot, sizeof(plan->cannot), format, args);
	va_end(args);
	return MEND_CANNOT;
}

/* Where `member` stands, or would. */
static size_t
place_of(const struct mend_plan *plan, const char *member)
{
	size_t low = 0, high = plan->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(plan->items[middle].member, member) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct mend_item *
mend_plan_find(const struct mend_plan *plan, const char *member)
{
	size_t at = place_of(plan, member);

	return at < plan->count && strcmp(plan->items[at].member, member) == 0 ? &plan->items[at]
									       : NULL;
}

int
mend_plan_add(struct mend_plan *plan, const char *member, enum mend_action action, const char *why,
	      struct fault *fault)
{
	struct mend_item *item = mend_plan_find(plan, member), *bigger;
	size_t at = place_of(plan, member);
	struct mend_item new = {.action = action};

	if (item != NULL) {
		if (item->action == MEND_DROP || action == MEND_CUT)
			return 1;
		item->action = MEND_DROP;
		return 0;
	}
	if (plan->count == plan->room) {
		size_t room = plan->room == 0 ? 16 : 2 * plan->room;

		bigger = reallocarray(plan->items, room, sizeof(*bigger));
		if (bigger == NULL)
			return fault_memory(fault);
		plan->items = bigger;
		plan->room = room;
	}
	new.member = arena_text(&plan->arena, member);
	new.why = arena_text(&plan->arena, why);
	if (new.member == NULL || new.why == NULL)
		return fault_memory(fault);
	memmove(plan->items + at + 1, plan->items + at, (plan->count - at) * sizeof(*plan->items));
	plan->items[at] = new;
	plan->count++;
	return 0;
}

static bool
ends_with_any(const char *text, const char *const ends[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_ends(bytes_text(text), bytes_text(ends[i])))
			return true;
	return false;
}

/* Files that hold debug information and nothing else: they may go. */
static bool
is_debug_file(const char *member)
{
	static const char *const ends[] = {".debug", ".pdb", ".dwo", ".dwp",
					   ".dbg",   ".map", ".sym"};

	return ends_with_any(member, ends, ARRAY_LEN(ends)) || strstr(member, ".dSYM/") != NULL;
}

/* The part of a display path behind its input; "": the input itself, NULL: it is of another. */
static const char *
member_of(const char *path, const char *input)
{
	size_t prefix = strlen(input);

	if (strcmp(path, input) == 0)
		return path + prefix;
	if (strcmp(input, ".") == 0) /* what lies in the current folder is called by its name */
		return path;
	if (strncmp(path, input, prefix) != 0)
		return NULL;
	if (strncmp(path + prefix, "!/", 2) == 0)
		return path + prefix + 2;
	if (prefix > 0 && input[prefix - 1] == '/')
		return path + prefix;
	return path[prefix] == '/' ? path + prefix + 1 : NULL;
}

/* For the place that finding->path names. */
static int
plan_place(struct mend_plan *plan, const struct finding *finding, const char *input, bool again,
	   struct fault *fault)
{
	AUTO(own_free)
	char *member = NULL;
	const char *inner, *end;
	bool deeper, wasm, cut, debug;

	inner = member_of(finding->path, input);
	if (inner == NULL)
		return 1; /* of another input */
	debug = strcmp(finding->detector, "debug-info") == 0;
	if (inner[0] == 0 && debug && !again) { /* a program, not a package */
		plan->strip = true;
		return mend_plan_add(plan, "", MEND_CUT, finding->detector, fault);
	}
	if (inner[0] == 0)
		return mend_cannot(plan, "%.100s/%.100s is about the package as a whole",
				   finding->detector, finding->rule);
	end = strstr(inner, "!/");
	deeper = end != NULL;
	member = strndup(inner, deeper ? (size_t)(end - inner) : strlen(inner));
	if (member == NULL)
		return fault_memory(fault);
	wasm = bytes_ends(bytes_text(member), BYTES_OF(".wasm"));
	if (debug && !wasm && !is_debug_file(member) && !deeper) {
		if (again)
			return mend_cannot(
			    plan,
			    "%.300s is a program whose debug information is not cut here (only "
			    "that "
			    "of ELF programs and libraries is): run 'strip --strip-debug' on it "
			    "where it is built; macOS: strip -S; .NET: DebugType=none",
			    member);
		plan->strip = true;
		return mend_plan_add(plan, member, MEND_CUT, finding->detector, fault);
	}
	/* Of a script, what lies deeper was decoded out of an inline map; what the map detector says
	 * of the script itself is about its comment. */
	cut =
	    !again &&
	    ((mend_is_script(member) && (deeper || strcmp(finding->detector, "source-map") == 0)) ||
	     (wasm && (debug || strcmp(finding->detector, "source-map") == 0)));
	return mend_plan_add(plan, member, cut ? MEND_CUT : MEND_DROP, finding->detector, fault);
}

int
mend_plan_finding(struct mend_plan *plan, const struct finding *finding, const char *input,
		  bool again, struct fault *fault)
{
	int planned = 1;

	if (finding->spots_count == 0)
		return plan_place(plan, finding, input, again, fault);
	/* A secret goes from each of its places. */
	for (size_t i = 0; i < finding->spots_count; i++) {
		struct finding place = *finding;
		int r;

		place.path = finding->spots[i].path;
		r = plan_place(plan, &place, input, again, fault);
		if (r < 0 || r == MEND_CANNOT)
			return r;
		planned = r == 0 ? 0 : planned;
	}
	return planned;
}
