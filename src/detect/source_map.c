/*
 * source_map.c - the detector "source-map": originals that a build left in what it made
 *
 * Knows: which blobs to read, as JSON or as text, and what to keep of them for the end of the input.
 * Does not know: the members of maps (source_map_read.c), data URLs (source_map_scan.c), severities
 * (source_map_report.c).
 */
#include "detect/table.h"

#include "base/text.h"
#include "detect/source_map_buried.h"
#include "detect/source_map_read.h"
#include "detect/source_map_report.h"
#include "detect/source_map_scan.h"

struct source_map_state {
	struct source_map_totals totals;
	struct source_map_scan scan;
	struct source_map_buried buried;
	struct source_map_read *json; /* while the blob reads as one JSON object */
	bool reading;
	uint64_t json_from; /* where the object begins */
	bool broken;        /* the JSON is a map and broke at: */
	uint64_t broken_at;
};

/* Servers put this in front so that no page can run a map as a script; readers skip its line. */
static void
skip_guard(struct bytes *in)
{
	const uint8_t *end;

	if (!bytes_begins(*in, BYTES_OF(")]}")))
		return;
	end = memchr(in->at, '\n', in->left);
	if (end != NULL)
		(void)bytes_skip(in, (size_t)(end - in->at) + 1);
	else
		(void)bytes_skip(in, bytes_begins(*in, BYTES_OF(")]}'")) ? 4 : 3);
}

static void
skip_space(struct bytes *in)
{
	while (in->left > 0 && in->at[0] <= ' ' && in->at[0] != '\0')
		(void)bytes_skip(in, 1);
}

/* Behind byte order mark, guard and white space: does an object begin?  *in stands there. */
static bool
begins_object(struct bytes *in)
{
	if (bytes_begins(*in, BYTES_OF("\xef\xbb\xbf")))
		(void)bytes_skip(in, 3);
	skip_space(in);
	skip_guard(in);
	skip_space(in);
	return in->left > 0 && in->at[0] == '{';
}

/* Contents before names: better read twice than named late. */
static bool
contents_first(struct bytes in)
{
	ptrdiff_t contents = bytes_find(in, BYTES_OF("\"sourcesContent\""));
	ptrdiff_t names = bytes_find(in, BYTES_OF("\"sources\""));

	return contents >= 0 && (names < 0 || contents < names);
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	struct bytes head = blob->head;
	bool object = begins_object(&head);

	(void)detect;
	/* Comments and members are seen in the binary itself; whole maps are cut out of it. */
	if (blob->excerpt == BLOB_EXCERPT_TEXT && !object)
		return DETECT_NOTHING;
	switch (blob->kind) {
	case BLOB_TEXT:
	case BLOB_BINARY: /* a map with NULs in it is no text, and no less a leak */
		break;
	case BLOB_WASM:
	case BLOB_ELF: /* a bundle behind its interpreter, inline map and all */
	case BLOB_PE:
	case BLOB_MACHO:
		return DETECT_WINDOWS;
	default:
		return DETECT_NOTHING;
	}
	return object && contents_first(head) ? DETECT_WHOLE : DETECT_WINDOWS;
}

static int
begin(struct detect_run *run, void *state, struct fault *fault)
{
	struct source_map_state *s = state;
	struct bytes head = run->blob->head;
	int r;

	s->totals.name_hashes = (struct buf)BUF_INIT((size_t)1 << 20);
	source_map_scan_begin(&s->scan, run, &s->totals);
	if (run->blob->kind == BLOB_WASM || !begins_object(&head))
		return 0;
	r = source_map_read_new(&s->json, run, &s->totals, fault);
	if (r < 0)
		return r;
	source_map_read_begin(s->json);
	s->json_from = run->blob->head.left - head.left;
	s->reading = true;
	return 0;
}

/* The object is over, complete or broken, `at_bytes` into the blob. */
static int
json_ends(struct source_map_state *s, uint64_t at_bytes, struct fault *fault)
{
	int r = source_map_read_end(s->json, fault);

	s->reading = false;
	if (r < 0)
		return r;
	if (s->json->is_map)
		s->totals.maps++;
	if (r == SOURCE_MAP_BROKEN && s->json->looks_like) {
		s->broken = true;
		s->broken_at = at_bytes;
	}
	return 0;
}

static int
window(struct detect_run *run, void *state, const struct detect_window *w, struct fault *fault)
{
	struct source_map_state *s = state;
	struct bytes in = bytes_make(w->at + w->seen, w->length - w->seen);
	uint64_t at_bytes = w->at_bytes + w->seen;
	int r = 0;

	if (s->reading && at_bytes + in.left > s->json_from) {
		if (at_bytes < s->json_from)
			(void)bytes_skip(&in, (size_t)(s->json_from - at_bytes));
		if (w->first && w->last && contents_first(in))
			r = source_map_read_names(s->json, in, fault);
		if (r == 0)
			r = source_map_read_feed(s->json, &in, fault);
		if (r > 0)
			r = json_ends(s, w->at_bytes + w->length - in.left, fault);
	}
	if (r < 0)
		return r;
	/* Comments inside the originals of a map are theirs, and found in them. */
	if (s->json != NULL && (s->json->looks_like || s->json->is_map)) {
		run->keep_whole = true;
		return 0;
	}
	if (run->blob->excerpt == BLOB_EXCERPT_TEXT)
		return 0;
	source_map_buried_window(&s->buried, w);
	return source_map_scan_window(&s->scan, w, fault);
}

static int
end(struct detect_run *run, void *state, struct fault *fault)
{
	struct source_map_state *s = state;
	struct source_map_seen seen = {.totals = &s->totals, .scan = &s->scan};
	int r = 0;

	if (s->reading)
		r = json_ends(s, run->size_bytes, fault);
	if (r == 0)
		r = source_map_scan_end(&s->scan, run->size_bytes, fault);
	if (r < 0)
		return r;
	if (s->totals.maps == 0 && !s->broken)
		r = source_map_buried_report(run, &s->buried, fault);
	if (r < 0)
		return r;
	/* A piece of a program that begins like a map is a template for one, or a map's front: what
	 * counts is whether it holds originals. */
	if (run->outer != NULL && s->totals.embedded == 0)
		s->broken = false;
	if (s->totals.maps > 0 || s->broken)
		detect_told(run);
	if (s->broken) {
		seen.broken_why = s->json->broken.text;
		seen.broken_at = s->broken_at;
	}
	return source_map_report_blob(run, &seen, fault);
}

static void
fini(void *state)
{
	struct source_map_state *s = state;

	source_map_read_free(&s->json);
	source_map_scan_fini(&s->scan);
	buf_free(&s->totals.name_hashes);
}

const struct detector detect_source_map = {
    .name = "source-map",
    .finds = "source maps and the original files that they carry or name",
    .docs = "detectors/source-map.md",
    .state_bytes = sizeof(struct source_map_state),
    .reads_excerpts = true,
    .wants = wants,
    .begin = begin,
    .window = window,
    .end = end,
    .fini = fini,
    .input_end = source_map_report_input,
};
