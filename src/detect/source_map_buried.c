/*
 * source_map_buried.c - maps that are no document of their own
 *
 * Knows: the spelling of a member that holds originals.  Does not know: JSON around it, so that an
 * enemy's broken document and JavaScript are searched alike; what is found is told, not parsed.
 */
#include "detect/source_map_buried.h"

#include "base/text.h"
#include "detect/table.h"

#define MEMBER "sourcesContent"

/* How far the check looks behind the member's name.  Tests and manuals of tools write short
 * examples (`"sourcesContent": ["a"]`): an original has at least this many bytes. */
#define REACH_BYTES        160
#define ORIGINAL_BYTES_MIN 64

static void
skip_filling(struct bytes *in)
{
	while (in->left > 0 && (in->at[0] == ' ' || in->at[0] == '\t' || in->at[0] == '\n' ||
				in->at[0] == '\r' || in->at[0] == '\\'))
		(void)bytes_skip(in, 1);
}

static bool
take_sign(struct bytes *in, uint8_t sign)
{
	skip_filling(in);
	if (in->left == 0 || in->at[0] != sign)
		return false;
	return bytes_skip(in, 1) == 0;
}

/* Behind the name: quote, colon, bracket, nulls, quote, and then text that goes on. */
static bool
holds_original(struct bytes in)
{
	size_t length = 0;

	if (!take_sign(&in, '"') || !take_sign(&in, ':') || !take_sign(&in, '['))
		return false;
	skip_filling(&in);
	while (bytes_begins(in, BYTES_OF("null"))) {
		(void)bytes_skip(&in, 4);
		if (!take_sign(&in, ','))
			return false;
		skip_filling(&in);
	}
	if (!take_sign(&in, '"'))
		return false;
	while (length < in.left && length < ORIGINAL_BYTES_MIN &&
	       (in.at[length] != '"' || (length > 0 && in.at[length - 1] == '\\')))
		length++;
	return length >= ORIGINAL_BYTES_MIN;
}

void
source_map_buried_window(struct source_map_buried *b, const struct detect_window *w)
{
	struct bytes all = bytes_make(w->at, w->length);
	/* A name near the end of the last window could not be judged there. */
	size_t at = w->seen > REACH_BYTES ? w->seen - REACH_BYTES : 0;

	for (;;) {
		ptrdiff_t hit = bytes_find(bytes_slice(all, at, all.left), BYTES_OF(MEMBER));
		struct bytes behind;

		if (hit < 0)
			return;
		at += (size_t)hit + sizeof(MEMBER) - 1;
		behind = bytes_slice(all, at, REACH_BYTES);
		if (at + REACH_BYTES <= w->seen || (behind.left < REACH_BYTES && !w->last) ||
		    !holds_original(behind))
			continue;
		if (b->count < SOURCE_MAP_BURIED_PLACES)
			b->places[b->count] = w->at_bytes + at - (sizeof(MEMBER) - 1);
		b->count++;
	}
}

static void
leave_out_told(const struct detect_run *run, struct source_map_buried *b)
{
	uint64_t listed = b->count < SOURCE_MAP_BURIED_PLACES ? b->count : SOURCE_MAP_BURIED_PLACES;
	uint64_t kept = 0;

	for (uint64_t i = 0; i < listed; i++)
		if (!detect_is_told(run, b->places[i]))
			b->places[kept++] = b->places[i];
	b->count -= listed - kept;
}

int
source_map_buried_report(struct detect_run *run, struct source_map_buried *b, struct fault *fault)
{
	bool is_public = run->detect->options.is_public;
	char count[32];
	struct finding f;

	leave_out_told(run, b);
	if (b->count == 0)
		return 0;
	f = (struct finding){
	    .rule = "source-map-buried",
	    .severity = is_public ? SEVERITY_INFO : SEVERITY_CRITICAL,
	    .discloses = !is_public,
	    .title = arena_printf(run->arena, "%s source map%s inside other data",
				  text_count(b->count, count), b->count == 1 ? "" : "s"),
	    .why =
		"the originals stand in it as they do in a .map file; no tool shows that they ship",
	    .fix = "leave the file out: coverage reports and caches of build tools are not for "
		   "publishing",
	    .count = b->count,
	    .at = {.at_bytes = b->places[0]},
	};
	if (f.title == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_source_map, &f, fault);
}
