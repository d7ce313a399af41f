/*
 * source_map_read.c - one source map as it streams by
 *
 * Knows: the members of ECMA-426 maps, plain and sectioned, in any order, twice or missing.
 * Does not know: where the map came from, what its names tell, what is shipped.
 */
#include "detect/source_map_read.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/source_map_names.h"
#include "seal/hash.h"

/* A million sources with names of 64 bytes: past it names are unknown, contents still examined. */
#define NAMES_BYTES_MAX ((size_t)64 << 20)
#define NAMES_ROWS_MAX  ((size_t)2 << 20)
#define LATE_ROWS_MAX   ((size_t)1 << 20)
#define HASHES_MAX      ((size_t)100000)

struct source_map_name {
	uint64_t at; /* in `texts` */
	uint64_t length;
};

struct source_map_late {
	uint64_t element;
	uint64_t hash;
	uint64_t bytes;
};

static const struct {
	const char *name;
	enum source_map_key key;
	char letter;
} keys[] = {
    {"version", KEY_VERSION, 'v'},
    {"file", KEY_FILE, 'f'},
    {"sourceRoot", KEY_SOURCE_ROOT, 'r'},
    {"sources", KEY_SOURCES, 's'},
    {"sourcesContent", KEY_SOURCES_CONTENT, 'c'},
    {"names", KEY_NAMES, 'n'},
    {"mappings", KEY_MAPPINGS, 'm'},
    {"sections", KEY_SECTIONS, 'x'},
};

/* Who writes these members in this order. */
static const struct {
	const char *order;
	const char *made_by;
} orders[] = {
    {"vscmn", "esbuild"},   {"vfrsnmc", "tsc"},   {"vfrsnm", "tsc"},     {"vfmscnr", "webpack"},
    {"vsnmfcr", "webpack"}, {"vfscnm", "rollup"}, {"mscnvfr", "parcel"}, {"mscnvf", "parcel"},
    {"vscnm", "swc"},       {"vnscm", "babel"},   {"vfnscm", "babel"},   {"vrsnmf", "sass"},
};

int
source_map_read_new(struct source_map_read **out, struct detect_run *run,
		    struct source_map_totals *totals, struct fault *fault)
{
	struct source_map_read *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return fault_memory(fault);
	m->run = run;
	m->totals = totals;
	m->text = (struct buf)BUF_INIT((size_t)run->detect->limits.member);
	m->texts = (struct buf)BUF_INIT(NAMES_BYTES_MAX);
	m->names = (struct buf)BUF_INIT(NAMES_ROWS_MAX * sizeof(struct source_map_name));
	m->late = (struct buf)BUF_INIT(LATE_ROWS_MAX * sizeof(struct source_map_late));
	*out = m;
	return 0;
}

void
source_map_read_free(struct source_map_read **m)
{
	if (*m == NULL)
		return;
	buf_free(&(*m)->text);
	buf_free(&(*m)->texts);
	buf_free(&(*m)->names);
	buf_free(&(*m)->late);
	free(*m);
	*m = NULL;
}

static struct source_map_frame *
top(struct source_map_read *m)
{
	return m->frames_count == 0 ? NULL : &m->frames[m->frames_count - 1];
}

/* A fault that ends the whole run and not only this map. */
static int
pass_up(struct source_map_read *m, int r)
{
	if (r < 0)
		m->passing_up = true;
	return r;
}

static size_t
names_count(const struct source_map_read *m)
{
	return m->names.used / sizeof(struct source_map_name);
}

static size_t
late_count(const struct source_map_read *m)
{
	return m->late.used / sizeof(struct source_map_late);
}

/* Append; a table that is full only means that the rest stays without names. */
static int
add_row(struct source_map_read *m, struct buf *table, const void *row, size_t size,
	struct fault *fault)
{
	if (table->failed == 0 && buf_append(table, row, size) == FAULT_MEMORY)
		return pass_up(m, fault_memory(fault));
	return 0;
}

/* The name of element `i` with its root, into `to`; empty when it has none. */
static void
full_name(const struct source_map_read *m, const struct source_map_frame *f, uint64_t i,
	  struct buf *to)
{
	struct source_map_name row;
	struct bytes source;

	buf_reset(to);
	if (i >= names_count(m) - f->names_from)
		return;
	memcpy(&row, m->names.at + (f->names_from + i) * sizeof(row), sizeof(row));
	source = bytes_make(m->texts.at + row.at, row.length);
	if (source.left > 0)
		(void)source_map_join(to, bytes_make(m->texts.at + f->root_at, f->root_length),
				      source);
}

/* Keep the three best, each once. */
static void
consider_example(struct source_map_totals *t, struct bytes name, bool has_content)
{
	struct source_map_example one = {.rank = source_map_rank(name)};
	struct bytes kept = name;
	size_t at = 0;

	if (name.left == 0)
		return;
	one.rank |= (uint32_t)has_content << 11;
	if (kept.left > sizeof(one.name))
		kept = bytes_slice(name, name.left - sizeof(one.name), sizeof(one.name));
	one.length = (uint32_t)kept.left;
	memcpy(one.name, kept.at, kept.left);
	for (; at < ARRAY_LEN(t->examples) && t->examples[at].length > 0; at++) {
		struct bytes other = bytes_make(t->examples[at].name, t->examples[at].length);

		if (one.rank == t->examples[at].rank && bytes_equal(kept, other))
			return;
		if (source_map_better(one.rank, kept, t->examples[at].rank, other))
			break;
	}
	if (at == ARRAY_LEN(t->examples))
		return;
	memmove(&t->examples[at + 1], &t->examples[at],
		(ARRAY_LEN(t->examples) - at - 1) * sizeof(t->examples[0]));
	t->examples[at] = one;
}

/* An original whose name is known, or known to be missing: whose is it? */
static int
settle(struct source_map_read *m, struct bytes name, uint64_t hash, uint64_t bytes,
       struct fault *fault)
{
	struct fact_original original = {
	    .map_path = m->run->blob->path, .content_hash = hash, .size_bytes = bytes};

	consider_example(m->totals, name, true);
	if (!source_map_is_own(name))
		return 0;
	m->totals->own++;
	m->totals->own_bytes += bytes;
	return pass_up(m, facts_add_original(m->run->facts, &original, fault));
}

/* Lines as an editor counts them. */
static uint64_t
count_lines(struct bytes content)
{
	uint64_t lines = content.left > 0 && content.at[content.left - 1] != '\n' ? 1 : 0;

	while (content.left > 0) {
		size_t step = content.left < 255 ? content.left : 255;
		uint8_t here = 0; /* a byte is enough for 255: the compiler counts 16 at a time */

		for (size_t i = 0; i < step; i++)
			here = (uint8_t)(here + (content.at[i] == '\n'));
		lines += here;
		(void)bytes_skip(&content, step);
	}
	return lines;
}

/* What a content is called until its name comes, and for ever when none does. */
static void
stand_in(struct buf *to, uint64_t element)
{
	buf_reset(to);
	(void)buf_printf(to, "[%llu]", (unsigned long long)element);
}

/* One original is complete. */
static int
content_ends(struct source_map_read *m, struct source_map_frame *f, struct bytes content,
	     struct fault *fault)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(SOURCE_MAP_NAME_MAX);
	uint64_t element = f->element++;
	uint64_t hash;
	bool late = !f->has_sources;
	bool named;
	int r;

	if (content.left == 0)
		return 0;
	f->has_embedded = true;
	m->totals->embedded++;
	m->totals->bytes += content.left;
	m->totals->lines += count_lines(content);
	hash = hash_fast(content);
	full_name(m, f, element, &name);
	named = name.used > 0;
	if (!late || late_count(m) >= LATE_ROWS_MAX) {
		r = settle(m, buf_bytes(&name), hash, content.left, fault);
	} else {
		struct source_map_late row = {element, hash, content.left};

		r = add_row(m, &m->late, &row, sizeof(row), fault);
	}
	if (r < 0)
		return r;
	if (!named)
		stand_in(&name, element);
	return pass_up(m, m->run->derive(m->run, buf_bytes(&name), content, fault));
}

static int
rename_late(struct source_map_read *m, uint64_t element, struct bytes name, struct fault *fault)
{
	AUTO(buf_free)
	struct buf before = BUF_INIT(64);

	if (m->run->rename == NULL || name.left == 0)
		return 0;
	stand_in(&before, element);
	if (before.failed != 0)
		return pass_up(m, fault_memory(fault));
	return pass_up(m, m->run->rename(m->run, buf_bytes(&before), name, fault));
}

/* Names have come, or never will: settle what waited for them. */
static int
settle_late(struct source_map_read *m, struct source_map_frame *f, struct fault *fault)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(SOURCE_MAP_NAME_MAX);
	int r = 0;

	for (size_t i = f->late_from; i < late_count(m) && r == 0; i++) {
		struct source_map_late row;

		memcpy(&row, m->late.at + i * sizeof(row), sizeof(row));
		full_name(m, f, row.element, &name);
		r = settle(m, buf_bytes(&name), row.hash, row.bytes, fault);
		if (r == 0)
			r = rename_late(m, row.element, buf_bytes(&name), fault);
	}
	m->late.used = f->late_from * sizeof(struct source_map_late);
	return r;
}

static int
count_names(struct source_map_read *m, struct source_map_frame *f, struct fault *fault)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(SOURCE_MAP_NAME_MAX);
	struct source_map_totals *t = m->totals;
	size_t count = names_count(m) - f->names_from;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		uint64_t hash;

		full_name(m, f, i, &name);
		if (name.used == 0 || !source_map_is_own(buf_bytes(&name)))
			continue;
		t->own_names++;
		t->telling_names = t->telling_names || source_map_is_telling(buf_bytes(&name));
		if (f->has_embedded)
			continue;
		consider_example(t, buf_bytes(&name), false);
		hash = source_map_resolve(m->run->blob->path, buf_bytes(&name));
		if (t->name_hashes.used < HASHES_MAX * sizeof(hash))
			r = add_row(m, &t->name_hashes, &hash, sizeof(hash), fault);
	}
	t->sources += f->sources;
	return r;
}

static const char *
made_by(const struct source_map_read *m, const struct source_map_frame *f)
{
	AUTO(buf_free)
	struct buf name = BUF_INIT(SOURCE_MAP_NAME_MAX);

	for (uint64_t i = 0; i < 8; i++) {
		full_name(m, f, i, &name);
		if (bytes_begins(buf_bytes(&name), BYTES_OF("webpack://")))
			return "webpack";
		if (bytes_find(buf_bytes(&name), BYTES_OF("vite/")) >= 0 && name.at[0] == '\0')
			return "vite";
	}
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (strcmp(f->order, orders[i].order) == 0)
			return orders[i].made_by;
	return NULL;
}

static bool
frame_is_map(const struct source_map_frame *f)
{
	return f->has_contents || (f->has_mappings && f->has_sources);
}

static int
frame_ends(struct source_map_read *m, struct fault *fault)
{
	struct source_map_frame *f = top(m);
	int r = settle_late(m, f, fault);

	if (r == 0 && frame_is_map(f)) {
		if (m->totals->made_by == NULL)
			m->totals->made_by = made_by(m, f);
		r = count_names(m, f, fault);
		m->is_map = true;
	}
	m->names.used = f->names_first * sizeof(struct source_map_name);
	m->texts.used = f->texts_from;
	m->frames_count--;
	return r;
}

static void
frame_begins(struct source_map_read *m, uint32_t depth)
{
	if (m->frames_count == SOURCE_MAP_FRAMES_MAX) {
		m->too_deep = true;
		return;
	}
	m->frames[m->frames_count++] = (struct source_map_frame){
	    .depth = depth,
	    .names_first = names_count(m),
	    .names_from = names_count(m),
	    .late_from = late_count(m),
	    .texts_from = m->texts.used,
	};
	if (m->frames_count == 1 && m->names_known) {
		m->frames[0].names_from = m->known.names_from;
		m->frames[0].has_sources = true;
		m->frames[0].root_at = m->known.root_at;
		m->frames[0].root_length = m->known.root_length;
	}
}

/* Were the names of the frame at hand gathered before? */
static bool
names_known(const struct source_map_read *m)
{
	return m->names_known && m->frames_count == 1;
}

static void
text_begins(struct source_map_read *m)
{
	buf_reset(&m->text);
	m->text_too_long = false;
}

/* Gather the pieces of a string.  *whole is lent; true once it is complete. */
static bool
text_gathers(struct source_map_read *m, const struct json_event *e, size_t max, struct bytes *whole)
{
	if (e->begins)
		text_begins(m);
	*whole = e->piece;
	if (e->begins && e->ends)
		return true;
	if (!m->text_too_long && (e->piece.left > max - (m->text.used < max ? m->text.used : max) ||
				  buf_append(&m->text, e->piece.at, e->piece.left) < 0))
		m->text_too_long = true;
	*whole = buf_bytes(&m->text);
	return e->ends;
}

static int
add_name(struct source_map_read *m, struct source_map_frame *f, struct bytes name,
	 struct fault *fault)
{
	struct source_map_name row = {m->texts.used, name.left};

	f->element++;
	f->sources++;
	if (names_known(m))
		return 0;
	if (m->texts.failed != 0 || m->names.failed != 0)
		return 0;
	if (buf_append(&m->texts, name.at, name.left) == FAULT_MEMORY)
		return pass_up(m, fault_memory(fault));
	if (m->texts.failed != 0)
		return 0;
	return add_row(m, &m->names, &row, sizeof(row), fault);
}

static int
set_root(struct source_map_read *m, struct source_map_frame *f, struct bytes root,
	 struct fault *fault)
{
	if (m->texts.failed != 0 || names_known(m))
		return 0;
	f->root_at = m->texts.used;
	if (buf_append(&m->texts, root.at, root.left) == FAULT_MEMORY)
		return pass_up(m, fault_memory(fault));
	f->root_length = m->texts.failed == 0 ? root.left : 0;
	return 0;
}

static int
content_piece(struct source_map_read *m, struct source_map_frame *f, const struct json_event *e,
	      struct fault *fault)
{
	struct bytes whole;

	if (!text_gathers(m, e, m->text.bytes_max, &whole))
		return 0;
	if (!m->text_too_long)
		return content_ends(m, f, whole, fault);
	if (m->text.failed == FAULT_MEMORY)
		return pass_up(m, fault_memory(fault));
	f->element++;
	return pass_up(m,
		       m->run->not_examined(m->run,
					    "an original of a source map is larger than what is "
					    "held in memory (--limit member=N)",
					    m->is_inline ? m->inline_at : e->at_bytes, 0, fault));
}

static int
on_string(struct source_map_read *m, struct source_map_frame *f, const struct json_event *e,
	  struct fault *fault)
{
	struct bytes whole;

	if (e->depth == f->depth + 1 && f->key == KEY_MAPPINGS)
		f->has_mappings = m->looks_like = true;
	if (e->depth == f->depth + 1 && f->key == KEY_SOURCE_ROOT &&
	    text_gathers(m, e, SOURCE_MAP_NAME_MAX, &whole))
		return set_root(m, f, whole, fault);
	if (e->depth != f->depth + 2 || !f->in_array)
		return 0;
	if (f->key == KEY_SOURCES_CONTENT)
		return content_piece(m, f, e, fault);
	if (f->key == KEY_SOURCES && text_gathers(m, e, SOURCE_MAP_NAME_MAX, &whole))
		return add_name(m, f, whole, fault);
	return 0;
}

static void
note_order(struct source_map_frame *f, char letter)
{
	size_t length = strlen(f->order);

	if (length + 1 < sizeof(f->order))
		f->order[length] = letter;
}

static void
on_key(struct source_map_frame *f, const struct json_event *e)
{
	if (e->depth == f->depth + 3 && f->key == KEY_SECTIONS && f->in_array && e->ends)
		f->in_map = bytes_equal(e->piece, BYTES_OF("map"));
	if (e->depth != f->depth + 1 || !e->ends)
		return;
	f->key = KEY_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(keys) && e->begins; i++)
		if (bytes_equal(e->piece, bytes_text(keys[i].name))) {
			f->key = keys[i].key;
			note_order(f, keys[i].letter);
		}
	f->has_version = f->has_version || f->key == KEY_VERSION;
}

/* The value of a top-level key is an array. */
static void
array_begins(struct source_map_read *m, struct source_map_frame *f)
{
	f->in_array = true;
	f->element = 0;
	if (f->key == KEY_SOURCES) {
		if (!names_known(m) && f->has_sources)
			f->names_from =
			    names_count(m); /* twice: the last counts, as in JavaScript */
		f->has_sources = true;
		f->sources = 0;
		m->looks_like = m->looks_like || f->has_version;
	} else if (f->key == KEY_SOURCES_CONTENT) {
		f->has_contents = m->looks_like = true;
	} else if (f->key == KEY_SECTIONS) {
		f->has_sections = true;
		m->looks_like = m->looks_like || f->has_version;
	}
}

/* An element of an array at hand that is no string: it still has an index. */
static int
other_element(struct source_map_read *m, struct source_map_frame *f, struct fault *fault)
{
	if (f->key == KEY_SOURCES)
		return add_name(m, f, (struct bytes){NULL, 0}, fault);
	f->element++;
	return 0;
}

static int
on_container(struct source_map_read *m, struct source_map_frame *f, const struct json_event *e,
	     struct fault *fault)
{
	if (e->type == JSON_EVENT_ARRAY_BEGIN && e->depth == f->depth + 1)
		array_begins(m, f);
	else if (e->type == JSON_EVENT_OBJECT_BEGIN && e->depth == f->depth + 3 && f->in_array &&
		 f->key == KEY_SECTIONS && f->in_map)
		frame_begins(m, e->depth);
	else if (e->depth == f->depth + 2 && f->in_array)
		return other_element(m, f, fault);
	return 0;
}

static int
on_event(void *context, const struct json_event *e, struct fault *fault)
{
	struct source_map_read *m = context;
	struct source_map_frame *f = top(m);

	if (f == NULL) {
		if (e->type == JSON_EVENT_OBJECT_BEGIN && e->depth == 0)
			frame_begins(m, 0);
		return 0;
	}
	switch (e->type) {
	case JSON_EVENT_KEY:
		on_key(f, e);
		return 0;
	case JSON_EVENT_STRING:
		return on_string(m, f, e, fault);
	case JSON_EVENT_OBJECT_END:
		return e->depth == f->depth ? frame_ends(m, fault) : 0;
	case JSON_EVENT_ARRAY_END:
		if (e->depth == f->depth + 1)
			f->in_array = false;
		return 0;
	case JSON_EVENT_OBJECT_BEGIN:
	case JSON_EVENT_ARRAY_BEGIN:
		return on_container(m, f, e, fault);
	default:
		if (e->depth == f->depth + 2 && f->in_array && e->ends)
			return other_element(m, f, fault);
		return 0;
	}
}

void
source_map_read_begin(struct source_map_read *m)
{
	json_push_init(&m->push, on_event, m, JSON_PUSH_STOP);
	m->broken.code = 0;
	m->passing_up = m->looks_like = m->is_map = m->names_known = m->too_deep = false;
	m->frames_count = 0;
	buf_reset(&m->texts);
	buf_reset(&m->names);
	buf_reset(&m->late);
}

/* Only names and root, of the outermost map. */
static int
on_name_event(void *context, const struct json_event *e, struct fault *fault)
{
	struct source_map_read *m = context;
	struct source_map_frame *f = top(m);

	if (f != NULL && e->type == JSON_EVENT_STRING &&
	    !(f->key == KEY_SOURCES || f->key == KEY_SOURCE_ROOT))
		return 0;
	if (f != NULL && e->type == JSON_EVENT_OBJECT_END && e->depth == f->depth)
		return 0;
	if (e->type == JSON_EVENT_OBJECT_BEGIN && e->depth > 0)
		return f->in_array && e->depth == 2 ? other_element(m, f, fault) : 0;
	return on_event(context, e, fault);
}

int
source_map_read_names(struct source_map_read *m, struct bytes map, struct fault *fault)
{
	struct source_map_frame *f = &m->frames[0];
	int r;

	json_push_init(&m->push, on_name_event, m, JSON_PUSH_STOP);
	r = json_push_feed(&m->push, &map, fault);
	if (r < 0 && m->passing_up)
		return r;
	/* A map that breaks later still has the names that came before. */
	json_push_init(&m->push, on_event, m, JSON_PUSH_STOP);
	m->names_known = m->frames_count == 1 && f->has_sources;
	m->known = *f;
	m->looks_like = false;
	m->frames_count = 0;
	return 0;
}

/* The JSON broke, or something above us did. */
static int
breaks(struct source_map_read *m, int r, const struct fault *here, struct fault *fault)
{
	if (m->passing_up)
		return fault_set(fault, r, "%s", here->text);
	if (m->broken.code == 0)
		m->broken = *here;
	return SOURCE_MAP_BROKEN;
}

int
source_map_read_feed(struct source_map_read *m, struct bytes *in, struct fault *fault)
{
	struct fault here = FAULT_INIT;
	int r = json_push_feed(&m->push, in, &here);

	return r < 0 ? breaks(m, r, &here, fault) : r;
}

int
source_map_read_end(struct source_map_read *m, struct fault *fault)
{
	struct fault here = FAULT_INIT;
	int r = json_push_finish(&m->push, &here), settled = 0;

	if (r < 0)
		r = breaks(m, r, &here, fault);
	while (m->frames_count > 0 && settled == 0 && r >= 0)
		settled = frame_ends(m, fault);
	if (settled < 0 || r < 0)
		return settled < 0 ? settled : r;
	if (m->too_deep)
		settled = m->run->not_examined(m->run, "sections of a source map nested too deep",
					       m->inline_at, 0, fault);
	return settled < 0 ? settled : r;
}
