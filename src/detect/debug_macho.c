/*
 * debug_macho.c - Mach-O, thin and fat, both byte orders and widths: __DWARF, symbols, stabs, UUID
 *
 * Knows: load commands, sections, the symbol table with the debug map (N_OSO) that points to the
 * objects on the developer's disk.  After mach-o/loader.h and mach-o/stab.h.
 * Does not know: code signatures, exports.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/debug_read.h"

#define COMMANDS_MAX 20000u
#define SECTIONS_MAX 4096u
#define SLICES_MAX   16u

enum {
	FILE_OBJECT = 1,
	FILE_DSYM = 10,
	LC_SEGMENT = 0x1,
	LC_SYMTAB = 0x2,
	LC_SEGMENT_64 = 0x19,
	LC_UUID = 0x1b,
	N_STAB = 0xe0,
	N_SO = 0x64,
	N_OSO = 0x66,
};

struct macho {
	struct bytes in;
	bool big, wide;
	uint32_t file_type;
	bool saw_symbols;
	struct debug_dwarf dwarf;
};

static struct bytes
fixed_name(struct bytes field)
{
	return bytes_slice(field, 0, strnlen((const char *)field.at, field.left));
}

static void
read_section(struct macho *m, struct bytes in, struct debug_info *info)
{
	struct bytes section, segment, debug, content, *slot;
	uint64_t address, size;
	uint32_t at;
	bool packed;

	if (bytes_take(&in, 16, &section) < 0 || bytes_take(&in, 16, &segment) < 0 ||
	    debug_take_word(&in, m->big, m->wide, &address) < 0 ||
	    debug_take_word(&in, m->big, m->wide, &size) < 0 || debug_take32(&in, m->big, &at) < 0)
		return;
	section = fixed_name(section);
	packed = bytes_begins(section, BYTES_OF("__zdebug_"));
	if (!packed && !bytes_begins(section, BYTES_OF("__debug_")))
		return;
	debug = bytes_slice(section, packed ? 9 : 8, section.left);
	content = debug_slice(m->in, at, size);
	if (debug_dwarf_tells(debug)) {
		info->format = "DWARF";
		info->bytes += content.left;
	}
	slot = debug_dwarf_section(&m->dwarf, debug);
	if (slot == NULL || slot->left > 0)
		return;
	*slot = content;
	if (packed && bytes_begins(content, BYTES_OF("ZLIB")))
		*slot = debug_unpack(info, DEBUG_ZLIB, bytes_slice(content, 12, content.left));
}

static void
read_segment(struct macho *m, struct bytes in, bool wide, struct debug_info *info)
{
	size_t head = 16 + (wide ? 4 * 8 : 4 * 4) + 8, step = wide ? 80 : 68;
	uint32_t count;

	if (bytes_skip(&in, head) < 0 || debug_take32(&in, m->big, &count) < 0 ||
	    bytes_skip(&in, 4) < 0)
		return;
	for (uint32_t i = 0; i < count && i < SECTIONS_MAX && in.left >= step; i++) {
		read_section(m, bytes_slice(in, 0, step), info);
		(void)bytes_skip(&in, step);
	}
}

/* Private symbols have names only for debuggers; N_OSO and N_SO name files on the disk that built. */
static void
read_symbols(struct macho *m, struct bytes in, struct debug_info *info)
{
	uint32_t at, count, strings_at, strings_bytes;
	size_t step = m->wide ? 16 : 12;
	struct bytes table, strings;

	if (debug_take32(&in, m->big, &at) < 0 || debug_take32(&in, m->big, &count) < 0 ||
	    debug_take32(&in, m->big, &strings_at) < 0 ||
	    debug_take32(&in, m->big, &strings_bytes) < 0)
		return;
	table = debug_slice(m->in, at, (uint64_t)count * step);
	strings = debug_slice(m->in, strings_at, strings_bytes);
	for (; table.left >= step; (void)bytes_skip(&table, step)) {
		struct bytes entry = bytes_slice(table, 0, step);
		uint32_t name_at = 0;
		uint8_t type = 0;

		(void)debug_take32(&entry, m->big, &name_at);
		(void)bytes_take_u8(&entry, &type);
		if (type == N_OSO || type == N_SO) {
			struct bytes name;

			if (!debug_work(info, DEBUG_STRING_BYTES_MAX / 16))
				break;
			name = debug_string_at(strings, name_at, DEBUG_STRING_BYTES_MAX);
			debug_keep_name(info, name);
			if (type == N_OSO && !info->has_reference && name.left > 0) {
				info->has_reference = true;
				info->reference.text = debug_copy_name(info, name);
			}
		} else if ((type & N_STAB) == 0 && (type & 0x0e) == 0x0e && (type & 1) == 0) {
			info->symbols++;
		}
	}
}

static void
read_command(struct macho *m, uint32_t command, struct bytes in, struct debug_info *info)
{
	switch (command) {
	case LC_SEGMENT:
		read_segment(m, in, false, info);
		break;
	case LC_SEGMENT_64:
		read_segment(m, in, true, info);
		break;
	case LC_SYMTAB:
		if (!m->saw_symbols && m->file_type != FILE_OBJECT)
			read_symbols(m, in, info);
		m->saw_symbols = true;
		break;
	case LC_UUID:
		if (in.left >= 16)
			(void)text_hex(in.at, 16, info->build_id);
		break;
	default:
		break;
	}
}

static int
read_thin(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct macho m = {.in = in};
	struct bytes head = in;
	uint32_t magic, commands, skipped;

	if (bytes_take_be32(&head, &magic) < 0)
		return DEBUG_NOT;
	m.big = magic == 0xfeedface || magic == 0xfeedfacf;
	m.wide = magic == 0xfeedfacf || magic == 0xcffaedfe;
	if (!m.big && !m.wide && magic != 0xcefaedfe)
		return DEBUG_NOT;
	m.dwarf.big = m.big;
	if (bytes_skip(&head, 8) < 0 || debug_take32(&head, m.big, &m.file_type) < 0 ||
	    debug_take32(&head, m.big, &commands) < 0 || debug_take32(&head, m.big, &skipped) < 0 ||
	    bytes_skip(&head, m.wide ? 8 : 4) < 0)
		return 0;
	for (uint32_t i = 0; i < commands && i < COMMANDS_MAX; i++) {
		uint32_t command, length;
		struct bytes body;

		if (debug_take32(&head, m.big, &command) < 0 ||
		    debug_take32(&head, m.big, &length) < 0 || length < 8 ||
		    bytes_take(&head, length - 8, &body) < 0)
			break;
		read_command(&m, command, body, info);
	}
	info->separate |= m.file_type == FILE_DSYM;
	return debug_dwarf_read(&m.dwarf, info, fault);
}

int
debug_macho(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct bytes head = in;
	uint32_t magic, count;
	bool wide;
	int r;

	if (bytes_take_be32(&head, &magic) < 0)
		return DEBUG_NOT;
	if (magic != 0xcafebabe && magic != 0xcafebabf) {
		r = read_thin(in, info, fault);
		return r != 0 ? r : (r = debug_go(in, info, fault)) < 0 ? r : 0;
	}
	/* Java classes share the magic: their version makes a large count. */
	if (bytes_take_be32(&head, &count) < 0 || count == 0 || count > SLICES_MAX)
		return DEBUG_NOT;
	wide = magic == 0xcafebabf;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at, length;

		if (bytes_skip(&head, 8) < 0 || debug_take_word(&head, true, wide, &at) < 0 ||
		    debug_take_word(&head, true, wide, &length) < 0 ||
		    bytes_skip(&head, wide ? 8 : 4) < 0)
			break;
		r = read_thin(debug_slice(in, at, length), info, fault);
		if (r < 0)
			return r;
	}
	r = debug_go(in, info, fault);
	return r < 0 ? r : 0;
}
