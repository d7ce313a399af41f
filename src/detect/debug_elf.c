/*
 * debug_elf.c - ELF, 32 and 64 bit, both byte orders: debug sections, symbols, notes
 *
 * Knows: the section table and what stands in sections with known names.  After the System V ABI,
 * chapter 4, and the GNU conventions (.zdebug_*, .gnu_debugdata, SHF_COMPRESSED).
 * Does not know: segments; a file without sections has no debug information left either.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/debug_read.h"

#define SECTIONS_MAX 200000u

enum {
	ELF_TYPE_REL = 1,
	SECTION_SYMTAB = 2,
	SECTION_NOBITS = 8,
	FLAG_COMPRESSED = 0x800,
	FLAG_EXEC = 0x4,
	COMPRESS_ZLIB = 1,
	COMPRESS_ZSTD = 2,
	INDEX_EXTENDED = 0xffff,
};

struct elf {
	struct bytes in;
	bool wide, big;
	uint16_t type;
	struct bytes table; /* of sections */
	size_t entry_bytes;
	size_t count;
	struct bytes names;
	bool saw_symbols, saw_go, saw_packed; /* each is read once, however often it is named */
};

struct section {
	struct bytes name, content;
	uint32_t type, link;
	uint64_t flags, size_bytes;
};

static int
section_at(const struct elf *elf, size_t index, struct section *out)
{
	struct bytes in =
	    debug_slice(elf->table, (uint64_t)index * elf->entry_bytes, elf->entry_bytes);
	uint32_t name, type, link;
	uint64_t flags, address, offset, size;

	if (debug_take32(&in, elf->big, &name) < 0 || debug_take32(&in, elf->big, &type) < 0 ||
	    debug_take_word(&in, elf->big, elf->wide, &flags) < 0 ||
	    debug_take_word(&in, elf->big, elf->wide, &address) < 0 ||
	    debug_take_word(&in, elf->big, elf->wide, &offset) < 0 ||
	    debug_take_word(&in, elf->big, elf->wide, &size) < 0 ||
	    debug_take32(&in, elf->big, &link) < 0)
		return -1;
	out->name = debug_string_at(elf->names, name, DEBUG_STRING_BYTES_MAX);
	out->type = type;
	out->flags = flags;
	out->link = link;
	out->size_bytes = size;
	out->content =
	    type == SECTION_NOBITS ? bytes_make(NULL, 0) : debug_slice(elf->in, offset, size);
	return 0;
}

/* The header: 16 bytes of identity, then fields whose width follows the class. */
static int
open_elf(struct bytes in, struct elf *elf)
{
	struct bytes head = in;
	uint64_t word, table_at;
	uint16_t u16, entry_bytes, count, names_at;
	struct section first;
	uint32_t version;
	size_t names_index;

	if (in.left < 16 || memcmp(in.at, "\177ELF", 4) != 0 || in.at[4] < 1 || in.at[4] > 2 ||
	    in.at[5] < 1 || in.at[5] > 2)
		return DEBUG_NOT;
	*elf = (struct elf){.in = in, .wide = in.at[4] == 2, .big = in.at[5] == 2};
	if (bytes_skip(&head, 16) < 0 || debug_take16(&head, elf->big, &elf->type) < 0 ||
	    debug_take16(&head, elf->big, &u16) < 0 ||
	    debug_take32(&head, elf->big, &version) < 0 ||
	    debug_take_word(&head, elf->big, elf->wide, &word) < 0 || /* entry */
	    debug_take_word(&head, elf->big, elf->wide, &word) < 0 || /* segments */
	    debug_take_word(&head, elf->big, elf->wide, &table_at) < 0 ||
	    bytes_skip(&head, 4 + 6) < 0 || /* flags; sizes of header and segments */
	    debug_take16(&head, elf->big, &entry_bytes) < 0 ||
	    debug_take16(&head, elf->big, &count) < 0 ||
	    debug_take16(&head, elf->big, &names_at) < 0)
		return 0;
	if (table_at == 0 || entry_bytes < (elf->wide ? 64 : 40))
		return 0;
	elf->entry_bytes = entry_bytes;
	elf->table = debug_slice(in, table_at, in.left);
	if (section_at(elf, 0, &first) < 0)
		return 0;
	/* More than fit in 16 bits: the first section holds the real numbers. */
	elf->count = count != 0 ? count : (size_t)(first.size_bytes & 0xffffffffu);
	if (elf->count > elf->table.left / entry_bytes)
		elf->count = elf->table.left / entry_bytes;
	if (elf->count > SECTIONS_MAX)
		elf->count = SECTIONS_MAX;
	names_index = names_at == INDEX_EXTENDED ? first.link : names_at;
	if (names_index < elf->count && section_at(elf, names_index, &first) == 0)
		elf->names = first.content;
	return 0;
}

/* The content of a section as the compiler wrote it. */
static struct bytes
open_section(const struct elf *elf, const struct section *section, struct debug_info *info)
{
	struct bytes in = section->content;
	uint64_t size, align;
	uint32_t type, reserved;

	if (bytes_begins(section->name, BYTES_OF(".zdebug_")) &&
	    bytes_begins(in, BYTES_OF("ZLIB")) && in.left > 12)
		return debug_unpack(info, DEBUG_ZLIB, bytes_slice(in, 12, in.left));
	if ((section->flags & FLAG_COMPRESSED) == 0)
		return in;
	if (debug_take32(&in, elf->big, &type) < 0 ||
	    (elf->wide && debug_take32(&in, elf->big, &reserved) < 0) ||
	    debug_take_word(&in, elf->big, elf->wide, &size) < 0 ||
	    debug_take_word(&in, elf->big, elf->wide, &align) < 0)
		return bytes_make(NULL, 0);
	if (type == COMPRESS_ZLIB)
		return debug_unpack(info, DEBUG_ZLIB, in);
	if (type == COMPRESS_ZSTD)
		return debug_unpack(info, DEBUG_ZSTD, in);
	return bytes_make(NULL, 0);
}

/* Functions and variables that are defined here and have a name. */
static uint64_t
count_symbols(const struct elf *elf, const struct section *section)
{
	size_t entry_bytes = elf->wide ? 24 : 16, info_at = elf->wide ? 4 : 12;
	size_t index_at = elf->wide ? 6 : 14;
	uint64_t found = 0;

	for (size_t at = 0; section->content.left - at >= entry_bytes; at += entry_bytes) {
		const uint8_t *entry = section->content.at + at;
		unsigned type = entry[info_at] & 15;

		found += (type == 1 || type == 2) && (entry[index_at] | entry[index_at + 1]) != 0;
	}
	return found;
}

/* The note of type 3 of "GNU" is the build id. */
static void
read_build_id(const struct elf *elf, struct bytes in, struct debug_info *info)
{
	uint32_t name_bytes, id_bytes, type;
	struct bytes name, id;

	if (debug_take32(&in, elf->big, &name_bytes) == 0 &&
	    debug_take32(&in, elf->big, &id_bytes) == 0 &&
	    debug_take32(&in, elf->big, &type) == 0 && type == 3 && name_bytes == 4 &&
	    bytes_take(&in, 4, &name) == 0 && memcmp(name.at, "GNU", 4) == 0 && id_bytes <= 32 &&
	    bytes_take(&in, id_bytes, &id) == 0)
		(void)text_hex(id.at, id.left, info->build_id);
}

/* ".debug_line", ".zdebug_line" -> "line"; empty: no debug section. */
static struct bytes
behind_prefix(struct bytes name)
{
	if (bytes_begins(name, BYTES_OF(".debug_")))
		return bytes_slice(name, 7, name.left);
	if (bytes_begins(name, BYTES_OF(".zdebug_")))
		return bytes_slice(name, 8, name.left);
	return bytes_make(NULL, 0);
}

static int
read_section(struct elf *elf, const struct section *section, struct debug_dwarf *dwarf,
	     struct debug_info *info, struct fault *fault)
{
	struct bytes debug = behind_prefix(section->name);
	struct bytes *slot = debug.left == 0 ? NULL : debug_dwarf_section(dwarf, debug);

	if (debug.left > 0 && debug_dwarf_tells(debug)) {
		info->format = "DWARF";
		info->bytes += section->content.left;
		info->separate |= bytes_ends(debug, BYTES_OF(".dwo"));
	}
	if (slot != NULL && slot->left == 0)
		*slot = open_section(elf, section, info);
	if (bytes_equal(section->name, BYTES_OF(".stab")) && section->content.left > 12) {
		info->format = "stabs";
		info->bytes += section->content.left;
	}
	if (section->type == SECTION_SYMTAB && elf->type != ELF_TYPE_REL && !elf->saw_symbols) {
		elf->saw_symbols = true;
		info->symbols = count_symbols(elf, section);
	}
	if (bytes_equal(section->name, BYTES_OF(".note.gnu.build-id")))
		read_build_id(elf, section->content, info);
	if (bytes_equal(section->name, BYTES_OF(".go.buildinfo")) && !elf->saw_go) {
		elf->saw_go = true;
		return debug_go(section->content, info, fault);
	}
	/* Symbols in a small ELF of their own, packed with xz: examined as a blob. */
	if (bytes_equal(section->name, BYTES_OF(".gnu_debugdata")) && section->content.left > 0 &&
	    info->run->derive != NULL && !elf->saw_packed) {
		elf->saw_packed = true;
		return info->run->derive(info->run, BYTES_OF("gnu_debugdata"), section->content,
					 fault);
	}
	return 0;
}

int
debug_elf(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct debug_dwarf dwarf = {0};
	bool code_is_gone = false;
	struct elf elf;
	int r = open_elf(in, &elf);

	if (r != 0)
		return r;
	dwarf.big = elf.big;
	dwarf.relocatable = elf.type == ELF_TYPE_REL;
	for (size_t i = 1; i < elf.count; i++) {
		struct section section;

		if (section_at(&elf, i, &section) < 0)
			break;
		code_is_gone |= section.type == SECTION_NOBITS &&
				(section.flags & FLAG_EXEC) != 0 && section.size_bytes > 0;
		r = read_section(&elf, &section, &dwarf, info, fault);
		if (r < 0)
			return r;
	}
	/* What objcopy --only-keep-debug leaves: all sections, the code without content. */
	info->separate |= code_is_gone && info->bytes > 0;
	return debug_dwarf_read(&dwarf, info, fault);
}
