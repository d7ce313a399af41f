/*
 * debug_pe.c - PE images, COFF objects and PDB files
 *
 * Knows: the debug directory (CodeView, embedded portable PDB), sections, the COFF symbol table, the
 * two kinds of PDB.  After the PE format of Microsoft, "Debug directory" and "COFF symbol table",
 * and Portable PDB v1.0 of .NET.
 * Does not know: resources, imports, the Rich header, the streams of a PDB.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/debug_read.h"

#define SECTIONS_MAX    4096u
#define DIRECTORY_MAX   64u
#define SECTION_BYTES   40
#define SYMBOL_BYTES    18
#define DEBUG_DIRECTORY 6

enum {
	TYPE_CODEVIEW = 2,
	TYPE_EMBEDDED_PDB = 17,
	CLASS_EXTERNAL = 2,
	CLASS_STATIC = 3,
	TYPE_FUNCTION = 0x20,
};

/* 0E8A571B-6926-466E-B4AD-8AB04611F5FE marks a source file inside a portable PDB. */
#define EMBEDDED_SOURCE_GUID "\x1b\x57\x8a\x0e\x26\x69\x6e\x46\xb4\xad\x8a\xb0\x46\x11\xf5\xfe"

struct pe {
	struct bytes in;
	uint16_t machine, sections_count;
	uint32_t symbols_at, symbols_count;
	struct bytes sections; /* their table */
	struct bytes strings;  /* of the symbol table */
	uint32_t debug_rva, debug_bytes;
	bool is_image;
};

/* The 20 bytes of a COFF header and what follows; `in` stands at the machine. */
static int
open_coff(struct bytes file, struct bytes in, struct pe *pe, struct bytes *optional)
{
	uint32_t time;
	uint16_t optional_bytes, flags;
	uint64_t strings_at;

	*pe = (struct pe){.in = file};
	if (bytes_take_le16(&in, &pe->machine) < 0 ||
	    bytes_take_le16(&in, &pe->sections_count) < 0 || bytes_take_le32(&in, &time) < 0 ||
	    bytes_take_le32(&in, &pe->symbols_at) < 0 ||
	    bytes_take_le32(&in, &pe->symbols_count) < 0 ||
	    bytes_take_le16(&in, &optional_bytes) < 0 || bytes_take_le16(&in, &flags) < 0)
		return DEBUG_NOT;
	*optional = bytes_slice(in, 0, optional_bytes);
	in = bytes_slice(in, optional_bytes, in.left);
	pe->sections = bytes_slice(in, 0, (size_t)pe->sections_count * SECTION_BYTES);
	strings_at = pe->symbols_at + (uint64_t)pe->symbols_count * SYMBOL_BYTES;
	if (pe->symbols_at != 0)
		pe->strings = debug_slice(file, strings_at, file.left);
	return 0;
}

/* The place of the debug directory, from the optional header. */
static void
read_optional(struct pe *pe, struct bytes in)
{
	uint32_t count;
	uint16_t magic;
	size_t at;

	if (bytes_take_le16(&in, &magic) < 0 || (magic != 0x10b && magic != 0x20b))
		return;
	at = magic == 0x10b ? 90 : 106;
	if (bytes_skip(&in, at) < 0 || bytes_take_le32(&in, &count) < 0 ||
	    count <= DEBUG_DIRECTORY || bytes_skip(&in, (size_t)DEBUG_DIRECTORY * 8) < 0 ||
	    bytes_take_le32(&in, &pe->debug_rva) < 0 || bytes_take_le32(&in, &pe->debug_bytes) < 0)
		pe->debug_rva = pe->debug_bytes = 0;
}

struct section {
	struct bytes name, content;
	uint32_t address, address_bytes, file_at;
};

static int
section_at(const struct pe *pe, size_t index, struct section *out)
{
	struct bytes in = bytes_slice(pe->sections, index * SECTION_BYTES, SECTION_BYTES);
	struct bytes name;
	uint32_t file_bytes;
	uint64_t long_name;
	char digits[8];

	if (bytes_take(&in, 8, &name) < 0 || bytes_take_le32(&in, &out->address_bytes) < 0 ||
	    bytes_take_le32(&in, &out->address) < 0 || bytes_take_le32(&in, &file_bytes) < 0 ||
	    bytes_take_le32(&in, &out->file_at) < 0)
		return -1;
	name.left = strnlen((const char *)name.at, 8);
	out->name = name;
	out->content = debug_slice(pe->in, out->file_at, file_bytes);
	/* The last page is filled up; the virtual size says how much of it is meant. */
	if (pe->is_image && out->address_bytes > 0 && out->address_bytes < out->content.left)
		out->content.left = out->address_bytes;
	if (name.left > 1 && name.at[0] == '/') {
		memcpy(digits, name.at + 1, name.left - 1);
		digits[name.left - 1] = '\0';
		if (text_parse_u64(digits, &long_name, NULL) == 0)
			out->name = debug_string_at(pe->strings, long_name, DEBUG_STRING_BYTES_MAX);
	}
	return 0;
}

static struct bytes
at_rva(const struct pe *pe, uint32_t rva, uint32_t length)
{
	struct section section;

	for (size_t i = 0; i < pe->sections_count && section_at(pe, i, &section) == 0; i++)
		if (rva >= section.address && rva - section.address < section.content.left)
			return debug_slice(section.content, rva - section.address, length);
	return bytes_make(NULL, 0);
}

/* "RSDS" guid age path, or the older "NB10" offset time age path. */
static void
read_codeview(struct bytes in, struct debug_info *info)
{
	size_t skip = bytes_begins(in, BYTES_OF("RSDS"))   ? 24
		      : bytes_begins(in, BYTES_OF("NB10")) ? 16
							   : 0;
	struct bytes path;

	if (skip == 0 || in.left <= skip)
		return;
	if (skip == 24)
		(void)text_hex(in.at + 4, 16, info->build_id);
	path = debug_string_at(in, skip, DEBUG_STRING_BYTES_MAX);
	if (path.left == 0)
		return;
	info->has_reference = true;
	info->reference.text = debug_copy_name(info, path);
	debug_keep_name(info, path);
}

static void
read_embedded_pdb(struct bytes in, struct debug_info *info)
{
	struct bytes pdb;

	if (!bytes_begins(in, BYTES_OF("MPDB")) || in.left <= 8)
		return;
	info->format = "portable PDB";
	info->bytes += in.left;
	pdb = debug_unpack(info, DEBUG_DEFLATE, bytes_slice(in, 8, in.left));
	if (bytes_find(pdb, BYTES_OF(EMBEDDED_SOURCE_GUID)) >= 0)
		info->sources++;
}

static void
read_directory(const struct pe *pe, struct debug_info *info)
{
	struct bytes in = at_rva(pe, pe->debug_rva, pe->debug_bytes);

	for (unsigned i = 0; i < DIRECTORY_MAX; i++) {
		uint32_t type, length, rva, at;

		if (bytes_skip(&in, 12) < 0 || bytes_take_le32(&in, &type) < 0 ||
		    bytes_take_le32(&in, &length) < 0 || bytes_take_le32(&in, &rva) < 0 ||
		    bytes_take_le32(&in, &at) < 0)
			return;
		if (type == TYPE_CODEVIEW)
			read_codeview(debug_slice(pe->in, at, length), info);
		else if (type == TYPE_EMBEDDED_PDB)
			read_embedded_pdb(debug_slice(pe->in, at, length), info);
	}
}

static uint64_t
count_symbols(const struct pe *pe)
{
	struct bytes table =
	    debug_slice(pe->in, pe->symbols_at, (uint64_t)pe->symbols_count * SYMBOL_BYTES);
	uint64_t found = 0;

	if (pe->symbols_at == 0)
		return 0;
	while (table.left >= SYMBOL_BYTES) {
		const uint8_t *symbol = table.at;
		size_t more = symbol[17]; /* auxiliary records */

		if ((symbol[16] == CLASS_EXTERNAL || symbol[16] == CLASS_STATIC) &&
		    (symbol[12] | symbol[13]) != 0 && symbol[14] == TYPE_FUNCTION)
			found++;
		if (bytes_skip(&table, SYMBOL_BYTES * (1 + more)) < 0)
			break;
	}
	return found;
}

static int
read_sections(const struct pe *pe, struct debug_info *info, struct fault *fault)
{
	struct debug_dwarf dwarf = {.relocatable = !pe->is_image};
	struct section section;

	for (size_t i = 0; i < pe->sections_count && i < SECTIONS_MAX; i++) {
		struct bytes debug, *slot;

		if (section_at(pe, i, &section) < 0)
			break;
		if (bytes_begins(section.name, BYTES_OF(".debug$"))) {
			info->format = "CodeView";
			info->bytes += section.content.left;
			continue;
		}
		if (!bytes_begins(section.name, BYTES_OF(".debug_")) &&
		    !bytes_begins(section.name, BYTES_OF(".zdebug_")))
			continue;
		debug =
		    bytes_slice(section.name, section.name.at[1] == 'z' ? 8 : 7, section.name.left);
		if (debug_dwarf_tells(debug)) {
			info->format = "DWARF";
			info->bytes += section.content.left;
		}
		slot = debug_dwarf_section(&dwarf, debug);
		if (slot == NULL || slot->left > 0)
			continue;
		*slot = section.content;
		if (section.name.at[1] == 'z' && bytes_begins(*slot, BYTES_OF("ZLIB")))
			*slot = debug_unpack(info, DEBUG_ZLIB, bytes_slice(*slot, 12, slot->left));
	}
	return debug_dwarf_read(&dwarf, info, fault);
}

int
debug_pe(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct bytes at = bytes_slice(in, 0x3c, 4), optional;
	uint32_t header_at;
	struct pe pe;
	int r;

	if (!bytes_begins(in, BYTES_OF("MZ")) || bytes_take_le32(&at, &header_at) < 0)
		return DEBUG_NOT;
	at = debug_slice(in, header_at, in.left);
	if (!bytes_begins(at, BYTES_OF("PE\0\0")) || bytes_skip(&at, 4) < 0 ||
	    open_coff(in, at, &pe, &optional) != 0)
		return DEBUG_NOT;
	pe.is_image = true;
	read_optional(&pe, optional);
	read_directory(&pe, info);
	info->symbols = count_symbols(&pe);
	r = debug_go(in, info, fault);
	return r < 0 ? r : read_sections(&pe, info, fault);
}

/* An object has no magic: a known machine, no optional header, and tables that fit. */
int
debug_coff(struct bytes in, struct debug_info *info, struct fault *fault)
{
	static const uint16_t machines[] = {0x8664, 0x14c, 0xaa64, 0x1c4, 0xa641};
	struct bytes optional;
	bool known = false;
	struct pe pe;

	if (open_coff(in, in, &pe, &optional) != 0 || optional.left != 0 ||
	    pe.sections_count == 0 || pe.symbols_at == 0 || pe.strings.left < 4 ||
	    pe.sections.left < (size_t)pe.sections_count * SECTION_BYTES)
		return DEBUG_NOT;
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		known |= pe.machine == machines[i];
	if (!known || pe.sections.at[0] != '.')
		return DEBUG_NOT;
	return read_sections(&pe, info, fault);
}

int
debug_pdb(struct bytes in, struct debug_info *info, struct fault *fault)
{
	(void)fault;
	if (bytes_begins(in, BYTES_OF("Microsoft C/C++ "))) {
		info->format = "PDB";
	} else if (bytes_begins(in, BYTES_OF("BSJB"))) {
		info->format = "portable PDB";
		if (bytes_find(in, BYTES_OF(EMBEDDED_SOURCE_GUID)) >= 0)
			info->sources++;
	} else {
		return DEBUG_NOT;
	}
	info->separate = true;
	info->bytes = in.left;
	return 0;
}
