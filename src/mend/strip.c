/*
 * strip.c - an ELF program or library without its debug sections
 *
 * Knows: that what a program is loaded from (segments and sections with SHF_ALLOC) keeps its place,
 * and that no index may change: a section that goes leaves an empty header of type NULL behind.
 * What follows the loaded part moves up; where data follows the last section (an archive that a
 * program finds from its own end), nothing moves, and debug sections become zeros.
 * Does not know: relocatable objects, whose symbols and groups count sections; kernel modules are such.
 * After the System V ABI, chapter 4.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "mend/inside.h"

#define SECTIONS_MAX 0xff00u /* more have their number elsewhere: nobody's programs */

enum {
	TYPE_EXEC = 2,
	TYPE_DYN = 3,
	SECTION_NOBITS = 8,
	FLAG_ALLOC = 2,
};

struct section {
	uint64_t name, flags, at, size, align;
	uint32_t type;
	bool goes;
	uint64_t new_at;
};

struct elf {
	struct bytes in;
	bool wide, big;
	uint64_t table_at;
	size_t entry_bytes, count;
	struct section *sections;
	uint64_t loaded; /* [0, loaded) keeps its place */
	uint64_t end;    /* behind the last thing that a header names */
};

/* ---- numbers in the file's order; callers have checked that they are there ---- */

static uint64_t
get(const struct elf *elf, const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | at[elf->big ? i : bytes - 1 - i];
	return value;
}

static void
set(const struct elf *elf, uint8_t *at, size_t bytes, uint64_t value)
{
	for (size_t i = 0; i < bytes; i++)
		at[elf->big ? bytes - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

static bool
fits(const struct elf *elf, uint64_t at, uint64_t size)
{
	return at <= elf->in.left && size <= elf->in.left - at;
}

/* ---- reading ---- */

static void
read_section(const struct elf *elf, size_t i, struct section *s)
{
	const uint8_t *at = elf->in.at + elf->table_at + i * elf->entry_bytes;
	size_t word = elf->wide ? 8 : 4;

	*s = (struct section){.name = get(elf, at, 4), .type = (uint32_t)get(elf, at + 4, 4)};
	s->flags = get(elf, at + 8, word);
	s->at = get(elf, at + 8 + 2 * word, word);
	s->size = s->type == SECTION_NOBITS ? 0 : get(elf, at + 8 + 3 * word, word);
	s->align = get(elf, at + 16 + 4 * word, word);
	s->new_at = s->at;
}

static void
reach(uint64_t *end, uint64_t to)
{
	if (to > *end)
		*end = to;
}

/* Segments, and the headers themselves. */
static bool
read_segments(struct elf *elf)
{
	const uint8_t *head = elf->in.at;
	size_t word = elf->wide ? 8 : 4, bytes = elf->wide ? 56 : 32;
	uint64_t at = get(elf, head + (elf->wide ? 32 : 28), word);
	size_t count = (size_t)get(elf, head + (elf->wide ? 56 : 44), 2);

	elf->loaded = elf->wide ? 64 : 52;
	if (count == 0)
		return true;
	if (get(elf, head + (elf->wide ? 54 : 42), 2) != bytes || !fits(elf, at, count * bytes))
		return false;
	reach(&elf->loaded, at + count * bytes);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *segment = elf->in.at + at + i * bytes;
		uint64_t from = get(elf, segment + (elf->wide ? 8 : 4), word);
		uint64_t size = get(elf, segment + (elf->wide ? 32 : 16), word);

		if (!fits(elf, from, size))
			return false;
		reach(&elf->loaded, from + size);
	}
	return true;
}

/* Sections that only debuggers and profilers read. */
static bool
is_debug_name(struct bytes name)
{
	static const char *const begins[] = {
	    ".debug_",        ".zdebug_",     ".stab",       ".gnu.debuglto_", ".gdb_index",
	    ".gnu_debugdata", ".rela.debug_", ".rel.debug_", ".rela.zdebug_",  ".gnu_debugaltlink"};

	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (bytes_begins(name, bytes_text(begins[i])))
			return true;
	return false;
}

/* 0: *elf is read and something of it goes; 1: nothing does, or it is none of ours. */
static int
read_sections(struct elf *elf, struct fault *fault)
{
	const uint8_t *head = elf->in.at;
	size_t names_at = (size_t)get(elf, head + (elf->wide ? 62 : 50), 2);
	struct bytes names;
	bool any = false;

	elf->sections = calloc(elf->count, sizeof(*elf->sections));
	if (elf->sections == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < elf->count; i++) {
		struct section *s = &elf->sections[i];

		read_section(elf, i, s);
		if (!fits(elf, s->at, s->size) && s->type != SECTION_NOBITS && s->type != 0)
			return 1;
		if ((s->flags & FLAG_ALLOC) != 0 && s->type != SECTION_NOBITS)
			reach(&elf->loaded, s->at + s->size);
	}
	if (names_at >= elf->count || elf->sections[names_at].type == SECTION_NOBITS)
		return 1;
	names = bytes_slice(elf->in, (size_t)elf->sections[names_at].at,
			    (size_t)elf->sections[names_at].size);
	elf->end = elf->table_at + elf->count * elf->entry_bytes;
	reach(&elf->end, elf->loaded);
	for (size_t i = 1; i < elf->count; i++) {
		struct section *s = &elf->sections[i];
		struct bytes name = bytes_slice(names, (size_t)s->name, names.left);

		name.left = strnlen((const char *)name.at, name.left);
		if (s->type == 0 || s->type == SECTION_NOBITS)
			continue;
		reach(&elf->end, s->at + s->size);
		s->goes =
		    (s->flags & FLAG_ALLOC) == 0 && s->at >= elf->loaded && is_debug_name(name);
		any |= s->goes;
	}
	return any ? 0 : 1;
}

static int
read_elf(struct elf *elf, struct bytes in, struct fault *fault)
{
	size_t word;
	uint64_t type;

	*elf = (struct elf){.in = in};
	if (in.left < 64 || memcmp(in.at, "\177ELF", 4) != 0 || in.at[4] < 1 || in.at[4] > 2 ||
	    in.at[5] < 1 || in.at[5] > 2)
		return 1;
	elf->wide = in.at[4] == 2;
	elf->big = in.at[5] == 2;
	word = elf->wide ? 8 : 4;
	type = get(elf, in.at + 16, 2);
	elf->table_at = get(elf, in.at + (elf->wide ? 40 : 32), word);
	elf->entry_bytes = elf->wide ? 64 : 40;
	elf->count = (size_t)get(elf, in.at + (elf->wide ? 60 : 48), 2);
	if ((type != TYPE_EXEC && type != TYPE_DYN) || elf->count == 0 ||
	    elf->count > SECTIONS_MAX ||
	    get(elf, in.at + (elf->wide ? 58 : 46), 2) != elf->entry_bytes ||
	    !fits(elf, elf->table_at, elf->count * elf->entry_bytes) || !read_segments(elf))
		return 1;
	return read_sections(elf, fault);
}

/* ---- writing ---- */

static int
pad(struct buf *out, uint64_t align, struct fault *fault)
{
	static const uint8_t zeros[64];
	size_t more;

	if (align < 1 || align > sizeof(zeros) || (align & (align - 1)) != 0)
		align = 1;
	more = (size_t)((align - out->used % align) % align);
	return buf_append(out, zeros, more) < 0 ? fault_set(fault, out->failed, "too large") : 0;
}

static int
by_place(const void *left, const void *right)
{
	const struct section *a = *(const struct section *const *)left;
	const struct section *b = *(const struct section *const *)right;
	int r = (a->at > b->at) - (a->at < b->at);

	return r != 0 ? r : (a > b) - (a < b);
}

/* What stays behind the loaded part, in its order, without gaps. */
static int
move_up(struct elf *elf, struct buf *out, struct fault *fault)
{
	AUTO(own_free)
	struct section **order = calloc(elf->count, sizeof(struct section *));
	size_t count = 0;
	int r = 0;

	if (order == NULL)
		return fault_memory(fault);
	for (size_t i = 1; i < elf->count; i++) {
		struct section *s = &elf->sections[i];

		if (!s->goes && s->type != SECTION_NOBITS && s->size > 0 && s->at >= elf->loaded)
			order[count++] = s;
	}
	if (count > 1)
		qsort(order, count, sizeof(struct section *), by_place);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = pad(out, order[i]->align, fault);
		order[i]->new_at = out->used;
		if (r == 0 &&
		    buf_append(out, elf->in.at + order[i]->at, (size_t)order[i]->size) < 0)
			r = fault_set(fault, out->failed, "too large");
	}
	return r;
}

/* The table of sections, at `at` in `out`. */
static void
write_table(const struct elf *elf, struct buf *out, uint64_t at)
{
	size_t word = elf->wide ? 8 : 4;

	for (size_t i = 0; i < elf->count; i++) {
		uint8_t *entry = out->at + at + i * elf->entry_bytes;

		memcpy(entry, elf->in.at + elf->table_at + i * elf->entry_bytes, elf->entry_bytes);
		if (elf->sections[i].goes)
			memset(entry, 0, elf->entry_bytes);
		else
			set(elf, entry + 8 + 2 * word, word, elf->sections[i].new_at);
	}
	set(elf, out->at + (elf->wide ? 40 : 32), word, at);
}

static int
write_short(struct elf *elf, struct buf *out, struct fault *fault)
{
	uint64_t at;
	int r = 0;

	if (buf_append(out, elf->in.at, (size_t)elf->loaded) < 0)
		return fault_set(fault, out->failed, "too large");
	r = move_up(elf, out, fault);
	if (r == 0)
		r = pad(out, 8, fault);
	if (r < 0)
		return r;
	at = out->used;
	if (buf_append(out, elf->in.at + elf->table_at, elf->count * elf->entry_bytes) < 0)
		return fault_set(fault, out->failed, "too large");
	write_table(elf, out, at);
	return 0;
}

/* Does [at, +size) hold a byte of something that stays? */
static bool
is_shared(const struct elf *elf, const struct section *goes)
{
	uint64_t end = goes->at + goes->size;

	if (elf->table_at < end && goes->at < elf->table_at + elf->count * elf->entry_bytes)
		return true;
	for (size_t i = 1; i < elf->count; i++) {
		const struct section *s = &elf->sections[i];

		if (!s->goes && s->type != SECTION_NOBITS && s->at < end &&
		    goes->at < s->at + s->size)
			return true;
	}
	return false;
}

/* Data follows: nothing moves. */
static int
write_zeros(struct elf *elf, struct buf *out, struct fault *fault)
{
	if (buf_append(out, elf->in.at, elf->in.left) < 0)
		return fault_set(fault, out->failed, "too large");
	for (size_t i = 1; i < elf->count; i++) {
		struct section *s = &elf->sections[i];

		if (!s->goes)
			continue;
		if (is_shared(elf, s))
			s->goes = false; /* damaged on purpose: the next scan tells */
		else
			memset(out->at + s->at, 0, (size_t)s->size);
	}
	write_table(elf, out, elf->table_at);
	return 0;
}

int
mend_strip_elf(struct bytes in, struct buf *out, uint64_t *cuts, struct fault *fault)
{
	struct elf elf;
	int r = read_elf(&elf, in, fault);

	*cuts = 0;
	if (r == 0)
		r = elf.end < in.left ? write_zeros(&elf, out, fault)
				      : write_short(&elf, out, fault);
	for (size_t i = 0; r == 0 && i < elf.count; i++)
		*cuts += elf.sections[i].goes;
	free(elf.sections);
	return r < 0 ? r : 0;
}
