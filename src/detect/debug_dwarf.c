/*
 * debug_dwarf.c - DWARF 2 to 5: compilation units, their folders and names, embedded sources
 *
 * Knows: unit headers, the first entry of each unit, headers of line tables, the source text that
 * clang -gembed-source puts there (DW_LNCT_LLVM_source).  After DWARF 5, sections 6.2.4 and 7.5.
 * Does not know: the rest of the tree, line programs, where the sections come from.
 */
#include "detect/debug_read.h"

#include "base/own.h"

#define UNITS_MAX        (1u << 20) /* Chromium has 40,000 */
#define NAMED_UNITS_MAX  2000       /* whose names are read */
#define ABBREVS_MAX      4096       /* entries passed over before the one of a unit */
#define FORMATS_MAX      16
#define FILES_MAX        (1u << 20)
#define SOURCE_BYTES_MAX ((size_t)64 << 20)

enum {
	AT_NAME = 0x03,
	AT_COMP_DIR = 0x1b,
	AT_STR_OFFSETS_BASE = 0x72,
	LNCT_LLVM_SOURCE = 0x2001,
	LNCT_PATH = 1,
};

enum form {
	FORM_ADDR = 0x01,
	FORM_BLOCK2 = 0x03,
	FORM_BLOCK4 = 0x04,
	FORM_DATA2 = 0x05,
	FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_BLOCK = 0x09,
	FORM_BLOCK1 = 0x0a,
	FORM_DATA1 = 0x0b,
	FORM_FLAG = 0x0c,
	FORM_SDATA = 0x0d,
	FORM_STRP = 0x0e,
	FORM_UDATA = 0x0f,
	FORM_REF_ADDR = 0x10,
	FORM_REF1 = 0x11,
	FORM_REF2 = 0x12,
	FORM_REF4 = 0x13,
	FORM_REF8 = 0x14,
	FORM_REF_UDATA = 0x15,
	FORM_INDIRECT = 0x16,
	FORM_SEC_OFFSET = 0x17,
	FORM_EXPRLOC = 0x18,
	FORM_FLAG_PRESENT = 0x19,
	FORM_STRX = 0x1a,
	FORM_ADDRX = 0x1b,
	FORM_REF_SUP4 = 0x1c,
	FORM_STRP_SUP = 0x1d,
	FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f,
	FORM_REF_SIG8 = 0x20,
	FORM_IMPLICIT_CONST = 0x21,
	FORM_LOCLISTX = 0x22,
	FORM_RNGLISTX = 0x23,
	FORM_REF_SUP8 = 0x24,
	FORM_STRX1 = 0x25,
	FORM_STRX2 = 0x26,
	FORM_STRX3 = 0x27,
	FORM_STRX4 = 0x28,
	FORM_ADDRX1 = 0x29,
	FORM_ADDRX2 = 0x2a,
	FORM_ADDRX3 = 0x2b,
	FORM_ADDRX4 = 0x2c,
	FORM_GNU_ADDR_INDEX = 0x1f01,
	FORM_GNU_STR_INDEX = 0x1f02,
	FORM_GNU_REF_ALT = 0x1f20,
	FORM_GNU_STRP_ALT = 0x1f21,
};

/* What a form depends on. */
struct unit {
	const struct debug_dwarf *dwarf;
	struct debug_info *info;
	uint16_t version;
	uint8_t address_bytes;
	bool wide; /* 64-bit DWARF */
};

/* A value as far as it matters here. */
struct value {
	struct bytes string; /* of the forms that hold or point to one */
	uint64_t number;
	bool is_index; /* number indexes .debug_str_offsets */
	bool is_string;
};

/* The low 64 bits of an integer of `bytes` bytes (16: a digest, which nobody looks at). */
static int
take_sized(struct bytes *in, bool big, unsigned bytes, uint64_t *out)
{
	struct bytes raw;
	uint64_t value = 0;

	if (bytes_take(in, bytes, &raw) < 0)
		return -1;
	for (unsigned i = 0; i < bytes; i++)
		if (big)
			value = value << 8 | raw.at[i];
		else if (i < 8)
			value |= (uint64_t)raw.at[i] << 8 * i;
	*out = value;
	return 0;
}

static int
skip_block(struct bytes *in, const struct unit *unit, unsigned length_bytes)
{
	uint64_t length;

	if (length_bytes == 0 ? debug_take_uleb(in, &length) < 0
			      : take_sized(in, unit->dwarf->big, length_bytes, &length) < 0)
		return -1;
	return length > in->left ? -1 : bytes_skip(in, (size_t)length);
}

/* A string that stands in another section; in objects the offset is not yet there. */
static int
take_far_string(struct bytes *in, const struct unit *unit, struct bytes section,
		struct value *value)
{
	if (debug_take_word(in, unit->dwarf->big, unit->wide, &value->number) < 0)
		return -1;
	value->is_string = true;
	if (unit->dwarf->relocatable)
		return 0;
	value->string = debug_string_at(section, value->number, SOURCE_BYTES_MAX);
	return debug_work(unit->info, value->string.left + 1) ? 0 : -1;
}

/* Bytes of a form of fixed size; 0: it is not one of them. */
static unsigned
fixed_bytes(unsigned form, const struct unit *unit)
{
	switch (form) {
	case FORM_DATA1:
	case FORM_FLAG:
	case FORM_REF1:
	case FORM_ADDRX1:
		return 1;
	case FORM_DATA2:
	case FORM_REF2:
	case FORM_ADDRX2:
		return 2;
	case FORM_ADDRX3:
		return 3;
	case FORM_DATA4:
	case FORM_REF4:
	case FORM_REF_SUP4:
	case FORM_ADDRX4:
		return 4;
	case FORM_DATA8:
	case FORM_REF8:
	case FORM_REF_SIG8:
	case FORM_REF_SUP8:
		return 8;
	case FORM_DATA16:
		return 16;
	case FORM_ADDR:
		return unit->address_bytes;
	case FORM_REF_ADDR:
		return unit->version <= 2 ? unit->address_bytes : unit->wide ? 8 : 4;
	case FORM_SEC_OFFSET:
	case FORM_STRP_SUP:
	case FORM_GNU_REF_ALT:
	case FORM_GNU_STRP_ALT:
		return unit->wide ? 8 : 4;
	default:
		return 0;
	}
}

static int
take_index(struct bytes *in, const struct unit *unit, unsigned bytes, struct value *value)
{
	value->is_index = true;
	value->is_string = true;
	return bytes == 0 ? debug_take_uleb(in, &value->number)
			  : take_sized(in, unit->dwarf->big, bytes, &value->number);
}

/* One value; -1 when it does not fit or the form is unknown, which ends the entry. */
static int
take_value(struct bytes *in, const struct unit *unit, unsigned form, struct value *value)
{
	unsigned fixed = fixed_bytes(form, unit);

	*value = (struct value){0};
	if (fixed > 0)
		return take_sized(in, unit->dwarf->big, fixed, &value->number);
	switch (form) {
	case FORM_STRING:
		value->is_string = true;
		return debug_take_string(in, &value->string);
	case FORM_STRP:
		return take_far_string(in, unit, unit->dwarf->str, value);
	case FORM_LINE_STRP:
		return take_far_string(in, unit, unit->dwarf->line_str, value);
	case FORM_STRX:
	case FORM_GNU_STR_INDEX:
		return take_index(in, unit, 0, value);
	case FORM_STRX1:
	case FORM_STRX2:
	case FORM_STRX3:
	case FORM_STRX4:
		return take_index(in, unit, form - FORM_STRX1 + 1, value);
	case FORM_SDATA:
	case FORM_UDATA:
	case FORM_REF_UDATA:
	case FORM_ADDRX:
	case FORM_LOCLISTX:
	case FORM_RNGLISTX:
	case FORM_GNU_ADDR_INDEX:
		return debug_take_uleb(in, &value->number);
	case FORM_FLAG_PRESENT:
	case FORM_IMPLICIT_CONST:
		return 0;
	case FORM_BLOCK1:
		return skip_block(in, unit, 1);
	case FORM_BLOCK2:
		return skip_block(in, unit, 2);
	case FORM_BLOCK4:
		return skip_block(in, unit, 4);
	case FORM_BLOCK:
	case FORM_EXPRLOC:
		return skip_block(in, unit, 0);
	default:
		return -1;
	}
}

/* Walk the abbreviations at `at` to the entry `code`; `in` then stands at its attributes. */
static int
find_abbrev(struct debug_info *info, struct bytes in, uint64_t code, struct bytes *attributes)
{
	for (unsigned i = 0; i < ABBREVS_MAX; i++) {
		uint64_t this_code, tag, attribute, form, constant;

		if (debug_take_uleb(&in, &this_code) < 0 || this_code == 0 ||
		    debug_take_uleb(&in, &tag) < 0 || bytes_skip(&in, 1) < 0)
			return -1;
		if (this_code == code) {
			*attributes = in;
			return 0;
		}
		do {
			if (!debug_work(info, 4) || debug_take_uleb(&in, &attribute) < 0 ||
			    debug_take_uleb(&in, &form) < 0 ||
			    (form == FORM_IMPLICIT_CONST && debug_take_uleb(&in, &constant) < 0))
				return -1;
		} while (attribute != 0 || form != 0);
	}
	return -1;
}

static struct bytes
resolve(const struct unit *unit, const struct value *value, uint64_t base)
{
	size_t step = unit->wide ? 8 : 4;
	struct bytes at;
	uint64_t offset;

	if (!value->is_index || unit->dwarf->relocatable)
		return value->string;
	if (value->number > SIZE_MAX / 16)
		return bytes_make(NULL, 0);
	at = debug_slice(unit->dwarf->str_offsets, base + value->number * step, step);
	if (debug_take_word(&at, unit->dwarf->big, unit->wide, &offset) < 0)
		return bytes_make(NULL, 0);
	return debug_string_at(unit->dwarf->str, offset, DEBUG_STRING_BYTES_MAX);
}

/* Name and folder from the first entry of a unit. */
static void
read_first_entry(struct bytes in, const struct unit *unit, uint64_t abbrev_at,
		 struct debug_info *info)
{
	struct bytes abbrevs = debug_slice(unit->dwarf->abbrev, abbrev_at, SIZE_MAX), attributes;
	struct value name = {0}, folder = {0}, value;
	/* Without DW_AT_str_offsets_base (split units) the first table begins behind its header. */
	uint64_t base = unit->version >= 5 ? (unit->wide ? 16 : 8) : 0;
	uint64_t code, attribute, form, constant;

	if (debug_take_uleb(&in, &code) < 0 || find_abbrev(info, abbrevs, code, &attributes) < 0)
		return;
	for (;;) {
		if (!debug_work(info, 4) || debug_take_uleb(&attributes, &attribute) < 0 ||
		    debug_take_uleb(&attributes, &form) < 0 || (attribute == 0 && form == 0) ||
		    (form == FORM_IMPLICIT_CONST && debug_take_uleb(&attributes, &constant) < 0))
			break;
		if (form == FORM_INDIRECT && debug_take_uleb(&in, &form) < 0)
			break;
		if (form > FORM_GNU_STRP_ALT || take_value(&in, unit, (unsigned)form, &value) < 0)
			break;
		if (attribute == AT_NAME)
			name = value;
		else if (attribute == AT_COMP_DIR)
			folder = value;
		else if (attribute == AT_STR_OFFSETS_BASE)
			base = value.number;
	}
	debug_keep_name(info, resolve(unit, &folder, base));
	debug_keep_name(info, resolve(unit, &name, base));
}

/* The length that begins every unit and line table; `unit` is what it covers. */
static int
take_unit(struct bytes *in, bool big, bool *wide, struct bytes *unit)
{
	uint32_t narrow;
	uint64_t length;

	if (debug_take32(in, big, &narrow) < 0)
		return -1;
	*wide = narrow == 0xffffffffu;
	length = narrow;
	if (*wide && debug_take64(in, big, &length) < 0)
		return -1;
	if (length == 0 || (!*wide && narrow >= 0xfffffff0u))
		return -1;
	*unit = debug_slice(*in, 0, length);
	return bytes_skip(in, unit->left);
}

static void
read_unit(const struct debug_dwarf *dwarf, struct bytes in, bool wide, struct debug_info *info)
{
	struct unit unit = {.dwarf = dwarf, .info = info, .wide = wide};
	uint64_t abbrev_at;
	uint8_t type = 0;

	if (debug_take16(&in, dwarf->big, &unit.version) < 0 || unit.version < 2 ||
	    unit.version > 5)
		return;
	if (unit.version == 5) {
		if (bytes_take_u8(&in, &type) < 0 || bytes_take_u8(&in, &unit.address_bytes) < 0 ||
		    debug_take_word(&in, dwarf->big, wide, &abbrev_at) < 0)
			return;
		/* Skeleton and split units carry an id, type units a signature and an offset. */
		if ((type == 4 || type == 5) && bytes_skip(&in, 8) < 0)
			return;
		if (type == 2 || type == 6)
			return;
	} else if (debug_take_word(&in, dwarf->big, wide, &abbrev_at) < 0 ||
		   bytes_take_u8(&in, &unit.address_bytes) < 0) {
		return;
	}
	if (unit.address_bytes <= 8)
		read_first_entry(in, &unit, abbrev_at, info);
}

struct formats {
	uint64_t kind[FORMATS_MAX], form[FORMATS_MAX];
	size_t count;
};

static int
take_formats(struct bytes *in, struct formats *formats)
{
	uint8_t count;

	if (bytes_take_u8(in, &count) < 0 || count > FORMATS_MAX)
		return -1;
	formats->count = count;
	for (size_t i = 0; i < count; i++)
		if (debug_take_uleb(in, &formats->kind[i]) < 0 ||
		    debug_take_uleb(in, &formats->form[i]) < 0)
			return -1;
	return 0;
}

/* One source that stands in the line table. */
static int
embedded_source(struct debug_info *info, struct bytes path, struct bytes source,
		struct fault *fault)
{
	info->sources++;
	info->source_bytes += source.left;
	debug_keep_name(info, path);
	if (source.left == 0 || info->run->derive == NULL)
		return 0;
	if (path.left == 0)
		path = BYTES_OF("embedded-source");
	return info->run->derive(info->run, path, source, fault);
}

/* The entries of a table of folders or files.  Entries without formats take no bytes: then a
 * count from the file must not be believed. */
static int
read_entries(struct bytes *in, const struct unit *unit, struct debug_info *info, bool files,
	     struct fault *fault)
{
	struct formats formats;
	uint64_t count;

	if (take_formats(in, &formats) < 0 || debug_take_uleb(in, &count) < 0)
		return DEBUG_NOT;
	if (formats.count == 0)
		return 0;
	for (uint64_t n = 0; n < count && n < FILES_MAX && in->left > 0; n++) {
		struct bytes path = bytes_make(NULL, 0), source = path;
		bool embedded = false;
		int r = 0;

		for (size_t i = 0; i < formats.count; i++) {
			struct value value;

			if (!debug_work(info, 8) || formats.form[i] > FORM_GNU_STRP_ALT ||
			    take_value(in, unit, (unsigned)formats.form[i], &value) < 0)
				return DEBUG_NOT;
			if (formats.kind[i] == LNCT_PATH)
				path = value.string;
			if (formats.kind[i] == LNCT_LLVM_SOURCE)
				source = value.string;
			embedded |= formats.kind[i] == LNCT_LLVM_SOURCE && value.is_string &&
				    (unit->dwarf->relocatable || value.string.left > 0);
		}
		if (!files && n == 0 && unit->dwarf->info.left == 0)
			debug_keep_name(info, path);
		if (files && embedded)
			r = embedded_source(info, path, source, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Only version 5 can embed sources; older tables repeat what the units say. */
static int
read_line_table(const struct debug_dwarf *dwarf, struct bytes in, bool wide,
		struct debug_info *info, struct fault *fault)
{
	struct unit unit = {.dwarf = dwarf, .info = info, .wide = wide};
	uint8_t segment_bytes, opcode_base;
	uint64_t header_length;
	int r;

	if (debug_take16(&in, dwarf->big, &unit.version) < 0 || unit.version != 5 ||
	    bytes_take_u8(&in, &unit.address_bytes) < 0 || unit.address_bytes > 8 ||
	    bytes_take_u8(&in, &segment_bytes) < 0 ||
	    debug_take_word(&in, dwarf->big, wide, &header_length) < 0)
		return 0;
	in = debug_slice(in, 0, header_length);
	/* Five bytes of how to read the program, then the lengths of its opcodes. */
	if (bytes_skip(&in, 5) < 0 || bytes_take_u8(&in, &opcode_base) < 0 ||
	    bytes_skip(&in, opcode_base == 0 ? 0 : opcode_base - 1u) < 0)
		return 0;
	r = read_entries(&in, &unit, info, false, fault);
	if (r == 0)
		r = read_entries(&in, &unit, info, true, fault);
	return r < 0 ? r : 0;
}

/* In an object the strings are there, only the way to them is not: take the first folders. */
static void
keep_loose_folders(struct bytes strings, struct debug_info *info)
{
	struct bytes text;

	for (unsigned i = 0; i < NAMED_UNITS_MAX && debug_take_string(&strings, &text) == 0; i++)
		if (text.left > 1 && text.at[0] == '/')
			debug_keep_name(info, text);
}

int
debug_dwarf_read(const struct debug_dwarf *dwarf, struct debug_info *info, struct fault *fault)
{
	struct bytes units = dwarf->info, tables = dwarf->line, one;
	uint64_t count = 0;
	bool wide;

	for (; count < UNITS_MAX && take_unit(&units, dwarf->big, &wide, &one) == 0; count++)
		if (count < NAMED_UNITS_MAX)
			read_unit(dwarf, one, wide, info);
	info->units += count;
	for (count = 0; count < UNITS_MAX && take_unit(&tables, dwarf->big, &wide, &one) == 0;
	     count++) {
		int r = read_line_table(dwarf, one, wide, info, fault);

		if (r < 0)
			return r;
	}
	if (dwarf->relocatable) {
		keep_loose_folders(dwarf->line_str, info);
		keep_loose_folders(dwarf->str, info);
	}
	return 0;
}

struct bytes *
debug_dwarf_section(struct debug_dwarf *dwarf, struct bytes name)
{
	const struct {
		const char *name;
		struct bytes *section;
	} known[] = {
	    {"info", &dwarf->info},
	    {"abbrev", &dwarf->abbrev},
	    {"line", &dwarf->line},
	    {"str", &dwarf->str},
	    {"line_str", &dwarf->line_str},
	    {"str_offsets", &dwarf->str_offsets},
	    {"info.dwo", &dwarf->info},
	    {"abbrev.dwo", &dwarf->abbrev},
	    {"str.dwo", &dwarf->str},
	    {"str_offsets.dwo", &dwarf->str_offsets},
	    {"str_offs", &dwarf->str_offsets}, /* Mach-O cuts names at 16 */
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (bytes_equal(name, bytes_text(known[i].name)))
			return known[i].section;
	return NULL;
}

bool
debug_dwarf_tells(struct bytes name)
{
	return bytes_begins(name, BYTES_OF("info")) || bytes_begins(name, BYTES_OF("line")) ||
	       bytes_begins(name, BYTES_OF("types")) || bytes_begins(name, BYTES_OF("str")) ||
	       bytes_begins(name, BYTES_OF("macro"));
}
