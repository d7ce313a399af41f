/*
 * unpack.c - which reader reads which kind, and what all of them do alike
 *
 * Knows: the life of a reader, notes, the budget of entries.  Does not know: any format.
 */
#include "unpack/unpack.h"

#include <stdarg.h>
#include <stdio.h>

#include "unpack/reader.h"

/* Notes and texts of one container: 32 of a rule, each text below 1 KiB, 30 rules. */
#define NOTES_BYTES_MAX ((size_t)2 * 1024 * 1024)
#define SKIP_STEP_BYTES ((uint64_t)16 * 1024 * 1024)

static const struct unpack_ops *const readers[BLOB_KIND_COUNT] = {
    [BLOB_TAR] = &unpack_tar,          [BLOB_ZIP] = &unpack_zip,   [BLOB_AR] = &unpack_ar,
    [BLOB_AR_OBJECT_LIB] = &unpack_ar, [BLOB_CPIO] = &unpack_cpio, [BLOB_RPM] = &unpack_rpm,
    [BLOB_ASAR] = &unpack_asar,        [BLOB_7Z] = &unpack_tail,   [BLOB_LONGTAIL] = &unpack_tail,
};

bool
unpack_needs_whole(enum blob_kind kind)
{
	return kind == BLOB_ZIP || kind == BLOB_7Z || kind == BLOB_LONGTAIL;
}

int
unpack_open(struct unpack **out, enum blob_kind kind, struct stream *in, struct budget *budget,
	    struct fault *fault)
{
	const struct unpack_ops *ops = (unsigned)kind < BLOB_KIND_COUNT ? readers[kind] : NULL;
	AUTO(unpack_close)
	struct unpack *up = NULL;
	int r;

	if (ops == NULL)
		return fault_set(fault, FAULT_FORMAT, "no reader for %s", blob_kind_name(kind));
	if (unpack_needs_whole(kind) && in->whole == NULL)
		return fault_set(fault, FAULT_LIMIT, "a %s must be held in memory to be read",
				 blob_kind_name(kind));
	up = calloc(1, ops->reader_size);
	if (up == NULL)
		return fault_memory(fault);
	up->ops = ops;
	up->in = in;
	up->budget = budget;
	up->arena.bytes_max = NOTES_BYTES_MAX;
	r = up->ops->begin != NULL ? up->ops->begin(up, fault) : 0;
	if (r < 0)
		return r;
	*out = TAKE(up);
	return 0;
}

void
unpack_close(struct unpack **up)
{
	if (*up == NULL)
		return;
	if ((*up)->ops->fini != NULL)
		(*up)->ops->fini(*up);
	names_free(&(*up)->names);
	arena_free(&(*up)->arena);
	free((*up)->notes.list);
	free(*up);
	*up = NULL;
}

static void
notes_close(struct unpack *up)
{
	struct notes *notes = &up->notes;

	if (notes->closed)
		return;
	notes->closed = true;
	if (up->names.full)
		unpack_note(up, "duplicate-name", 0, 0, false,
			    "more than %zu names: the rest was not checked for duplicates",
			    NAMES_MAX);
	for (size_t i = 0; i < notes->rest_count; i++) {
		struct note_rest *rest = &notes->rest[i];

		if (rest->left_out == 0)
			continue;
		rest->seen = 0;
		unpack_note(up, rest->rule, rest->at_bytes, 0, rest->not_examined,
			    "and %llu more like this", (unsigned long long)rest->left_out);
	}
}

int
unpack_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	int r;

	if (up->ended != 0) {
		if (up->ended < 0 && fault != NULL)
			*fault = up->why;
		return up->ended;
	}
	*entry = (struct unpack_entry){.size_bytes = -1};
	r = up->ops->next(up, entry, &up->why);
	if (r == 0)
		r = budget_entry(up->budget, &up->why);
	if (r == 0)
		return 0;
	up->ended = r;
	notes_close(up);
	if (r < 0 && fault != NULL)
		*fault = up->why;
	return r;
}

const struct unpack_note *
unpack_notes(const struct unpack *up, size_t *count)
{
	*count = up->notes.count;
	return up->notes.list;
}

static struct note_rest *
notes_rest(struct notes *notes, const char *rule)
{
	for (size_t i = 0; i < notes->rest_count; i++)
		if (strcmp(notes->rest[i].rule, rule) == 0)
			return &notes->rest[i];
	if (notes->rest_count == ARRAY_LEN(notes->rest))
		return &notes->rest[notes->rest_count - 1];
	notes->rest[notes->rest_count].rule = rule;
	return &notes->rest[notes->rest_count++];
}

void
unpack_note(struct unpack *up, const char *rule, uint64_t at_bytes, uint64_t length_bytes,
	    bool not_examined, const char *format, ...)
{
	struct notes *notes = &up->notes;
	struct note_rest *rest = notes_rest(notes, rule);
	char text[2 * sizeof(struct shown) + 200];
	va_list args;

	rest->seen++;
	if (rest->seen <= NOTES_PER_RULE_MAX && notes->count == notes->room) {
		size_t room = notes->room == 0 ? 8 : notes->room * 2;
		struct unpack_note *list = reallocarray(notes->list, room, sizeof(*list));

		if (list != NULL) {
			notes->list = list;
			notes->room = room;
		}
	}
	if (rest->seen > NOTES_PER_RULE_MAX || notes->count == notes->room) {
		if (rest->left_out++ == 0)
			rest->at_bytes = at_bytes;
		rest->not_examined |= not_examined;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	notes->list[notes->count] = (struct unpack_note){
	    .rule = rule,
	    .text = arena_text(&up->arena, text),
	    .at_bytes = at_bytes,
	    .length_bytes = length_bytes,
	    .not_examined = not_examined,
	};
	if (notes->list[notes->count].text == NULL)
		notes->list[notes->count].text = "";
	notes->count++;
}

struct shown
unpack_show(struct bytes name)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT(sizeof(struct shown) - 4);
	struct shown out = {{0}};
	size_t used;

	if (blob_display(&shown, name) < 0) {
		used = shown.used;
		if (used > 0)
			memcpy(out.text, shown.at, used);
		memcpy(out.text + used, "...", 4);
	} else if (shown.used > 0) {
		memcpy(out.text, shown.at, shown.used);
	}
	return out;
}

int
unpack_skip(struct unpack *up, uint64_t count, struct fault *fault)
{
	while (count > 0) {
		uint64_t step = count < SKIP_STEP_BYTES ? count : SKIP_STEP_BYTES, skipped;
		int r = stream_skip(up->in, step, &skipped, fault);

		if (r == 0 && skipped < step)
			r = fault_set(fault, FAULT_FORMAT, "ends early at byte %llu",
				      (unsigned long long)up->in->at_bytes);
		if (r == 0)
			r = budget_bytes(up->budget, skipped, fault);
		if (r < 0)
			return r;
		count -= step;
	}
	return 0;
}

void
unpack_part(struct unpack *up, struct unpack_entry *entry, uint64_t size_bytes)
{
	part_begin(&up->part, up->in, size_bytes);
	up->part_out = true;
	entry->content = &up->part.s;
}

/* How many zeros are in front: by words, for with tiny members this is a third of the walk. */
static size_t
count_zeros(struct bytes in)
{
	size_t zeros = 0;
	uint64_t word;

	for (; in.left - zeros >= sizeof(word); zeros += sizeof(word)) {
		memcpy(&word, in.at + zeros, sizeof(word));
		if (word != 0)
			break;
	}
	while (zeros < in.left && in.at[zeros] == 0)
		zeros++;
	return zeros;
}

/* The last member of a file may lack its padding: everybody reads it all the same. */
int
unpack_padding(struct unpack *up, uint64_t padding, struct fault *fault)
{
	int r = stream_want(up->in, (size_t)padding, fault);
	size_t odd;

	if (r < 0)
		return r;
	if (padding > up->in->left)
		padding = up->in->left;
	odd = count_zeros(bytes_slice(stream_window(up->in), 0, (size_t)padding));
	if (odd < padding)
		unpack_note(up, "padding-data", up->in->at_bytes + odd, padding - odd, false,
			    "bytes are kept in the padding behind a member");
	stream_take(up->in, (size_t)padding);
	return 0;
}

void
unpack_rest(struct unpack *up, struct unpack_entry *entry)
{
	entry->type = UNPACK_FILE;
	entry->size_bytes = -1;
	unpack_part(up, entry, UINT64_MAX);
	up->part.to_the_end = true;
	up->part.s.ended = up->in->ended;
	if (up->in->whole != NULL) {
		up->part.s.whole = up->in->whole + up->in->at_bytes;
		up->part.s.whole_bytes = up->in->whole_bytes - (size_t)up->in->at_bytes;
	}
}

/* Skip what is left of a part that ends where its source does. */
static int
skip_rest(struct unpack *up, struct fault *fault)
{
	int r = 0;

	while (r == 0 && !(up->in->ended && up->in->left == 0)) {
		r = stream_want(up->in, 1, fault);
		if (r == 0)
			r = budget_bytes(up->budget, up->in->left, fault);
		if (r == 0)
			stream_take(up->in, up->in->left);
	}
	return r;
}

int
unpack_part_end(struct unpack *up, uint64_t padding, struct fault *fault)
{
	uint64_t left;
	int r = 0;

	if (!up->part_out)
		return 0;
	part_sync(&up->part);
	up->part_out = false;
	if (up->part.to_the_end)
		return skip_rest(up, fault);
	left = up->part.end_bytes - up->in->at_bytes;
	if (left > 0)
		r = unpack_skip(up, left, fault);
	if (r == 0 && padding > 0)
		r = unpack_padding(up, padding, fault);
	return r;
}

/* Does following `name`, from a folder `depth` deep, leave the folder that is unpacked into? */
static bool
path_escapes(struct bytes name, size_t depth)
{
	if (name.left > 0 && (name.at[0] == '/' || name.at[0] == '\\'))
		return true;
	if (name.left > 1 && name.at[1] == ':' && ((name.at[0] | 0x20) >= 'a') &&
	    ((name.at[0] | 0x20) <= 'z'))
		return true;
	while (name.left > 0) {
		size_t length = 0;

		while (length < name.left && name.at[length] != '/' && name.at[length] != '\\')
			length++;
		if (length == 2 && name.at[0] == '.' && name.at[1] == '.') {
			if (depth == 0)
				return true;
			depth--;
		} else if (length > 1 || (length == 1 && name.at[0] != '.')) {
			depth++;
		}
		(void)bytes_skip(&name, length < name.left ? length + 1 : length);
	}
	return false;
}

static size_t
path_depth(struct bytes name)
{
	size_t depth = 0;

	for (size_t i = 0; i + 1 < name.left; i++)
		depth += name.at[i] == '/' && i > 0 && name.at[i - 1] != '/' &&
			 !(name.at[i - 1] == '.' && (i < 2 || name.at[i - 2] == '/'));
	return depth;
}

void
unpack_check_names(struct unpack *up, const struct unpack_entry *entry)
{
	if (path_escapes(entry->name, 0))
		unpack_note(up, "path-escapes", entry->at_bytes, 0, false,
			    "'%s' would be written outside the folder that is unpacked into",
			    unpack_show(entry->name).text);
	for (size_t i = 0; i < entry->name.left; i++)
		if (entry->name.at[i] < 0x20 || entry->name.at[i] == 0x7f) {
			unpack_note(up, "odd-name", entry->at_bytes, 0, false,
				    "'%s' has control bytes in its name",
				    unpack_show(entry->name).text);
			break;
		}
	if (entry->type != UNPACK_FOLDER && entry->type != UNPACK_OTHER &&
	    names_add(&up->names, names_hash(entry->name)))
		unpack_note(up, "duplicate-name", entry->at_bytes, 0, false,
			    "'%s' is there more than once; the last one wins when unpacked",
			    unpack_show(entry->name).text);
	if (entry->type == UNPACK_LINK && entry->target.left > 0 &&
	    path_escapes(entry->target, entry->hard ? 0 : path_depth(entry->name)))
		unpack_note(up, "link-escapes", entry->at_bytes, 0, false,
			    "'%s' links to '%s', outside the folder that is unpacked into",
			    unpack_show(entry->name).text, unpack_show(entry->target).text);
}
