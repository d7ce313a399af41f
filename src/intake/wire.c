/*
 * wire.c - what the jailed reader tells its parent
 *
 * Knows: the order of fields in each message.  Does not know: processes.
 */
#include "intake/wire.h"

#include <string.h>

static void
put_u8(struct buf *to, uint8_t value)
{
	(void)buf_append_u8(to, value);
}

static void
put_u32(struct buf *to, uint32_t value)
{
	value = BYTES_LE32(value);
	(void)buf_append(to, &value, sizeof(value));
}

static void
put_u64(struct buf *to, uint64_t value)
{
	value = BYTES_LE64(value);
	(void)buf_append(to, &value, sizeof(value));
}

/* UINT32_MAX stands for NULL. */
static void
put_text(struct buf *to, const char *text)
{
	if (text == NULL) {
		put_u32(to, UINT32_MAX);
		return;
	}
	put_u32(to, (uint32_t)strlen(text));
	(void)buf_append_text(to, text);
}

static size_t
frame_begin(struct buf *to, enum wire_type type)
{
	put_u8(to, (uint8_t)type);
	put_u32(to, 0);
	return to->used;
}

static int
frame_end(struct buf *to, size_t from)
{
	uint32_t length;

	if (to->failed != 0)
		return to->failed;
	if (to->used - from > WIRE_FRAME_MAX)
		return to->failed = FAULT_LIMIT;
	length = BYTES_LE32((uint32_t)(to->used - from));
	memcpy(to->at + from - sizeof(length), &length, sizeof(length));
	return 0;
}

static void
put_place(struct buf *to, const struct finding_place *place)
{
	put_u32(to, place->first_line);
	put_u32(to, place->last_line);
	put_u64(to, place->at_bytes);
	put_u64(to, place->length_bytes);
}

static void
put_match(struct buf *to, const struct finding_match *match)
{
	put_text(to, match->asset);
	put_text(to, match->path);
	put_text(to, match->channel);
	put_text(to, match->from_commit);
	put_text(to, match->to_commit);
	put_u32(to, match->share_ppm);
	put_u32(to, (uint32_t)match->log10_chance_milli);
	put_place(to, &match->here);
	put_place(to, &match->there);
}

static void
put_names(struct buf *to, const char *const *names, size_t count)
{
	put_u32(to, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_text(to, names[i]);
}

static void
put_git(struct buf *to, const struct finding_git *git)
{
	put_u8(to, git != NULL);
	if (git == NULL)
		return;
	put_text(to, git->first_commit);
	put_text(to, git->last_commit);
	put_text(to, git->author);
	put_u64(to, (uint64_t)git->first_time);
	put_u64(to, (uint64_t)git->last_time);
	put_u64(to, git->names_left_out);
	put_u8(to, (uint8_t)git->reachable);
	put_u8(to, git->at_head);
	put_names(to, git->paths, git->paths_count);
	put_names(to, git->refs, git->refs_count);
	put_names(to, git->tags, git->tags_count);
}

int
wire_put_finding(struct buf *to, const struct finding *f)
{
	size_t from = frame_begin(to, WIRE_FINDING);

	(void)buf_append(to, f->id, 16);
	put_text(to, f->detector);
	put_text(to, f->rule);
	put_text(to, f->title);
	put_text(to, f->why);
	put_text(to, f->fix);
	put_text(to, f->path);
	put_text(to, f->decode);
	put_u8(to, (uint8_t)f->severity);
	put_u8(to, (uint8_t)(f->has_sha256 | f->discloses << 1 | f->has_source_map << 2 |
			     f->has_evidence << 3));
	(void)buf_append(to, f->sha256, sizeof(f->sha256));
	(void)buf_append(to, f->evidence, sizeof(f->evidence));
	put_place(to, &f->at);
	put_u32(to, f->column);
	put_u64(to, f->count);
	put_u64(to, f->source_map.sources);
	put_u64(to, f->source_map.embedded);
	put_u64(to, f->source_map.lines);
	put_u64(to, f->source_map.bytes);
	for (size_t i = 0; i < FINDING_EXAMPLES_MAX; i++)
		put_text(to, f->source_map.examples[i]);
	put_text(to, f->redacted);
	put_text(to, f->secret_id);
	put_text(to, f->state);
	put_text(to, f->secret);
	put_u32(to, (uint32_t)f->spots_count);
	for (size_t i = 0; i < f->spots_count; i++) {
		/* NULL: that of the one before. */
		put_text(to, i > 0 && strcmp(f->spots[i].path, f->spots[i - 1].path) == 0
				 ? NULL
				 : f->spots[i].path);
		put_place(to, &f->spots[i].at);
		put_u32(to, f->spots[i].column);
	}
	put_u32(to, (uint32_t)f->matches_count);
	for (size_t i = 0; i < f->matches_count; i++)
		put_match(to, &f->matches[i]);
	put_git(to, f->git);
	return frame_end(to, from);
}

int
wire_put_row(struct buf *to, enum wire_type type, const struct coverage_row *row)
{
	size_t from = frame_begin(to, type);

	put_text(to, row->path);
	put_text(to, row->reason);
	put_u64(to, row->at_bytes);
	put_u64(to, row->bytes);
	put_u64(to, row->count);
	return frame_end(to, from);
}

int
wire_put_totals(struct buf *to, const struct coverage *c)
{
	size_t from = frame_begin(to, WIRE_TOTALS);

	put_u64(to, c->blobs);
	put_u64(to, c->input_bytes);
	put_u64(to, c->unpacked_bytes);
	put_u64(to, c->examined_bytes);
	put_u64(to, c->skipped_bytes);
	put_u64(to, c->not_examined_bytes);
	put_u64(to, c->skipped.left_out);
	put_u64(to, c->not_examined.left_out);
	return frame_end(to, from);
}

int
wire_put_summary(struct buf *to, const struct input_summary *s)
{
	size_t from = frame_begin(to, WIRE_SUMMARY);

	put_text(to, s->kind);
	put_u8(to, s->has_sha256);
	(void)buf_append(to, s->sha256, sizeof(s->sha256));
	put_u64(to, s->bytes);
	put_u64(to, s->files);
	put_u64(to, s->objects);
	put_u64(to, s->object_bytes);
	put_text(to, s->difference);
	for (size_t i = 0; i < BLOB_KIND_COUNT; i++) {
		put_u64(to, s->kind_bytes[i]);
		put_u64(to, s->kind_files[i]);
	}
	put_u32(to, (uint32_t)s->largest_count);
	for (size_t i = 0; i < s->largest_count; i++) {
		put_text(to, s->largest[i].path);
		put_u64(to, s->largest[i].size_bytes);
		put_u8(to, (uint8_t)s->largest[i].kind);
	}
	put_u32(to, (uint32_t)s->places_count);
	(void)buf_append(to, s->places, s->places_count);
	return frame_end(to, from);
}

int
wire_put_done(struct buf *to, enum wire_type type)
{
	return frame_end(to, frame_begin(to, type));
}

int
wire_put_fault(struct buf *to, const struct fault *fault)
{
	size_t from = frame_begin(to, WIRE_FAULT);

	put_u32(to, (uint32_t)fault->code);
	put_text(to, fault->text);
	return frame_end(to, from);
}

static int
lie(struct fault *fault)
{
	return fault_set(fault, FAULT_TAMPER,
			 "the jailed reader sent a message that makes no sense");
}

int
wire_take(struct bytes *in, uint8_t *type, struct bytes *payload, struct fault *fault)
{
	struct bytes rest = *in;
	uint32_t length;

	if (rest.left < WIRE_HEADER_BYTES)
		return WIRE_MORE;
	if (bytes_take_u8(&rest, type) < 0 || bytes_take_le32(&rest, &length) < 0 ||
	    *type < WIRE_FINDING || *type > WIRE_SCOPE || length > WIRE_FRAME_MAX)
		return lie(fault);
	if (bytes_take(&rest, length, payload) < 0)
		return WIRE_MORE;
	*in = rest;
	return 0;
}

/* A copy in `arena`: a NUL inside would end it early, so it is a lie. */
static int
get_text(struct bytes *in, struct arena *arena, const char **out)
{
	struct bytes text;
	uint32_t length;

	if (bytes_take_le32(in, &length) < 0)
		return -1;
	*out = NULL;
	if (length == UINT32_MAX)
		return 0;
	if (bytes_take(in, length, &text) < 0 || memchr(text.at, 0, text.left) != NULL)
		return -1;
	*out = arena_copy(arena, text.at, text.left);
	return *out == NULL ? -1 : 0;
}

/* The same, and it must be there. */
static int
get_must(struct bytes *in, struct arena *arena, const char **out)
{
	return get_text(in, arena, out) < 0 || *out == NULL ? -1 : 0;
}

static int
get_bytes(struct bytes *in, void *to, size_t count)
{
	struct bytes part;

	if (bytes_take(in, count, &part) < 0)
		return -1;
	memcpy(to, part.at, count);
	return 0;
}

static int
get_place(struct bytes *in, struct finding_place *place)
{
	return bytes_take_le32(in, &place->first_line) < 0 ||
		       bytes_take_le32(in, &place->last_line) < 0 ||
		       bytes_take_le64(in, &place->at_bytes) < 0 ||
		       bytes_take_le64(in, &place->length_bytes) < 0
		   ? -1
		   : 0;
}

static int
get_match(struct bytes *in, struct arena *arena, struct finding_match *m)
{
	uint32_t chance;

	if (get_must(in, arena, &m->asset) < 0 || get_must(in, arena, &m->path) < 0 ||
	    get_must(in, arena, &m->channel) < 0 || get_text(in, arena, &m->from_commit) < 0 ||
	    get_text(in, arena, &m->to_commit) < 0 || bytes_take_le32(in, &m->share_ppm) < 0 ||
	    bytes_take_le32(in, &chance) < 0 || get_place(in, &m->here) < 0 ||
	    get_place(in, &m->there) < 0)
		return -1;
	m->log10_chance_milli = (int32_t)chance;
	return 0;
}

static int
get_finding_head(struct bytes *in, struct arena *arena, struct finding *f)
{
	uint8_t severity, flags;

	if (get_bytes(in, f->id, 16) < 0 || get_must(in, arena, &f->detector) < 0 ||
	    get_must(in, arena, &f->rule) < 0 || get_must(in, arena, &f->title) < 0 ||
	    get_text(in, arena, &f->why) < 0 || get_text(in, arena, &f->fix) < 0 ||
	    get_must(in, arena, &f->path) < 0 || get_text(in, arena, &f->decode) < 0 ||
	    bytes_take_u8(in, &severity) < 0 || severity > SEVERITY_CRITICAL ||
	    bytes_take_u8(in, &flags) < 0 || get_bytes(in, f->sha256, sizeof(f->sha256)) < 0 ||
	    get_bytes(in, f->evidence, sizeof(f->evidence)) < 0 || get_place(in, &f->at) < 0 ||
	    bytes_take_le32(in, &f->column) < 0 || bytes_take_le64(in, &f->count) < 0)
		return -1;
	for (size_t i = 0; i < 16; i++)
		if (strchr("0123456789abcdef", f->id[i]) == NULL || f->id[i] == '\0')
			return -1;
	f->severity = severity;
	f->has_sha256 = (flags & 1) != 0;
	f->discloses = (flags & 2) != 0;
	f->has_source_map = (flags & 4) != 0;
	f->has_evidence = (flags & 8) != 0;
	return 0;
}

static int
get_source_map(struct bytes *in, struct arena *arena, struct finding *f)
{
	if (bytes_take_le64(in, &f->source_map.sources) < 0 ||
	    bytes_take_le64(in, &f->source_map.embedded) < 0 ||
	    bytes_take_le64(in, &f->source_map.lines) < 0 ||
	    bytes_take_le64(in, &f->source_map.bytes) < 0)
		return -1;
	for (size_t i = 0; i < FINDING_EXAMPLES_MAX; i++)
		if (get_text(in, arena, &f->source_map.examples[i]) < 0)
			return -1;
	return 0;
}

static int
get_secret(struct bytes *in, struct arena *arena, struct finding *f,
	   struct finding_spot spots[FINDING_SPOTS_MAX])
{
	uint32_t count;

	if (get_text(in, arena, &f->redacted) < 0 || get_text(in, arena, &f->secret_id) < 0 ||
	    get_text(in, arena, &f->state) < 0 || get_text(in, arena, &f->secret) < 0 ||
	    bytes_take_le32(in, &count) < 0 || count > FINDING_SPOTS_MAX)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (get_text(in, arena, &spots[i].path) < 0 || get_place(in, &spots[i].at) < 0 ||
		    bytes_take_le32(in, &spots[i].column) < 0)
			return -1;
		if (spots[i].path == NULL && i == 0)
			return -1;
		if (spots[i].path == NULL)
			spots[i].path = spots[i - 1].path;
	}
	f->spots = spots;
	f->spots_count = count;
	return 0;
}

static int
get_names(struct bytes *in, struct arena *arena, const char ***out, size_t *out_count)
{
	uint32_t count;

	if (bytes_take_le32(in, &count) < 0 || count > FINDING_NAMES_MAX)
		return -1;
	*out = arena_alloc(arena, (count + 1) * sizeof(**out));
	if (*out == NULL)
		return -1;
	for (*out_count = 0; *out_count < count; (*out_count)++)
		if (get_must(in, arena, &(*out)[*out_count]) < 0)
			return -1;
	return 0;
}

static int
get_git(struct bytes *in, struct arena *arena, struct finding *f)
{
	struct finding_git *git;
	uint64_t first_time, last_time;
	uint8_t has, reachable, at_head;

	if (bytes_take_u8(in, &has) < 0 || has > 1)
		return -1;
	if (has == 0)
		return 0;
	git = f->git = ARENA_NEW(arena, struct finding_git);
	if (git == NULL || get_text(in, arena, &git->first_commit) < 0 ||
	    get_text(in, arena, &git->last_commit) < 0 || get_text(in, arena, &git->author) < 0 ||
	    bytes_take_le64(in, &first_time) < 0 || bytes_take_le64(in, &last_time) < 0 ||
	    bytes_take_le64(in, &git->names_left_out) < 0 || bytes_take_u8(in, &reachable) < 0 ||
	    reachable > FINDING_REACH_REMOTE || bytes_take_u8(in, &at_head) < 0)
		return -1;
	git->first_time = (int64_t)first_time;
	git->last_time = (int64_t)last_time;
	git->reachable = reachable;
	git->at_head = at_head != 0;
	return get_names(in, arena, &git->paths, &git->paths_count) < 0 ||
		       get_names(in, arena, &git->refs, &git->refs_count) < 0 ||
		       get_names(in, arena, &git->tags, &git->tags_count) < 0
		   ? -1
		   : 0;
}

int
wire_get_finding(struct bytes in, struct findings *to, struct fault *fault)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(4 * WIRE_FRAME_MAX);
	struct finding_match matches[FINDING_MATCHES_MAX] = {0};
	struct finding_spot spots[FINDING_SPOTS_MAX];
	struct finding f = {.matches = matches};
	uint32_t count;

	if (get_finding_head(&in, &arena, &f) < 0 || get_source_map(&in, &arena, &f) < 0 ||
	    get_secret(&in, &arena, &f, spots) < 0 || bytes_take_le32(&in, &count) < 0 ||
	    count > FINDING_MATCHES_MAX)
		return lie(fault);
	f.matches_count = count;
	for (size_t i = 0; i < count; i++)
		if (get_match(&in, &arena, &matches[i]) < 0)
			return lie(fault);
	if (get_git(&in, &arena, &f) < 0 || in.left != 0)
		return lie(fault);
	return findings_add(to, &f, fault);
}

int
wire_get_row(struct bytes in, struct coverage *to, uint8_t type, struct fault *fault)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(4 * WIRE_FRAME_MAX);
	struct coverage_row row;

	if (get_must(&in, &arena, &row.path) < 0 || get_must(&in, &arena, &row.reason) < 0 ||
	    bytes_take_le64(&in, &row.at_bytes) < 0 || bytes_take_le64(&in, &row.bytes) < 0 ||
	    bytes_take_le64(&in, &row.count) < 0 || in.left != 0)
		return lie(fault);
	return coverage_row_add(to,
				type == WIRE_SKIPPED ? &to->skipped
				: type == WIRE_SCOPE ? &to->scope
						     : &to->not_examined,
				&row, fault);
}

int
wire_get_totals(struct bytes in, struct coverage *to, struct fault *fault)
{
	uint64_t v[8];

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (bytes_take_le64(&in, &v[i]) < 0)
			return lie(fault);
	/* The sum that every report promises must hold here already. */
	if (in.left != 0 || v[3] > v[2] || v[4] > v[2] - v[3] || v[5] != v[2] - v[3] - v[4])
		return lie(fault);
	to->blobs += v[0];
	to->input_bytes += v[1];
	to->unpacked_bytes += v[2];
	to->examined_bytes += v[3];
	to->skipped_bytes += v[4];
	to->not_examined_bytes += v[5];
	to->skipped.left_out += v[6];
	to->not_examined.left_out += v[7];
	return 0;
}

static int
get_largest(struct bytes *in, struct input_summary *s)
{
	uint32_t count;

	if (bytes_take_le32(in, &count) < 0 || count > SUMMARY_FILES_MAX)
		return -1;
	s->largest = arena_alloc(&s->arena, count * sizeof(*s->largest) + 1);
	if (s->largest == NULL)
		return -1;
	for (s->largest_count = 0; s->largest_count < count; s->largest_count++) {
		struct summary_file *file = &s->largest[s->largest_count];
		uint8_t kind;

		if (get_must(in, &s->arena, &file->path) < 0 ||
		    bytes_take_le64(in, &file->size_bytes) < 0 || bytes_take_u8(in, &kind) < 0 ||
		    kind >= BLOB_KIND_COUNT)
			return -1;
		file->kind = kind;
	}
	return 0;
}

static int
get_places(struct bytes *in, struct input_summary *s)
{
	struct bytes seen;
	uint32_t count;

	if (bytes_take_le32(in, &count) < 0 || bytes_take(in, count, &seen) < 0)
		return -1;
	s->places = (uint8_t *)arena_copy(&s->arena, seen.at, seen.left);
	s->places_count = s->places == NULL ? 0 : seen.left;
	return s->places == NULL ? -1 : 0;
}

int
wire_get_summary(struct bytes in, struct input_summary *to, struct fault *fault)
{
	uint8_t has;

	if (get_text(&in, &to->arena, &to->kind) < 0 || bytes_take_u8(&in, &has) < 0 ||
	    get_bytes(&in, to->sha256, sizeof(to->sha256)) < 0 ||
	    bytes_take_le64(&in, &to->bytes) < 0 || bytes_take_le64(&in, &to->files) < 0 ||
	    bytes_take_le64(&in, &to->objects) < 0 || bytes_take_le64(&in, &to->object_bytes) < 0 ||
	    get_text(&in, &to->arena, &to->difference) < 0)
		return lie(fault);
	to->has_sha256 = has != 0;
	for (size_t i = 0; i < BLOB_KIND_COUNT; i++)
		if (bytes_take_le64(&in, &to->kind_bytes[i]) < 0 ||
		    bytes_take_le64(&in, &to->kind_files[i]) < 0)
			return lie(fault);
	if (get_largest(&in, to) < 0 || get_places(&in, to) < 0 || in.left != 0)
		return lie(fault);
	return 0;
}

int
wire_get_fault(struct bytes in, struct fault *fault)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(WIRE_FRAME_MAX);
	const char *text;
	uint32_t code;

	if (bytes_take_le32(&in, &code) < 0 || (int32_t)code >= 0 ||
	    get_must(&in, &arena, &text) < 0 || in.left != 0)
		return lie(fault);
	return fault_set(fault, (int32_t)code, "%s", text);
}
