/*
 * debug_read.h - what a compiled file tells about its making
 *
 * One reader a format, each over the whole file in memory, each bounded by what is there: a size,
 * count or offset from the file is only ever compared with the bytes that are left.  A reader
 * answers DEBUG_NOT when the bytes are not of its format, else fills what it can of struct
 * debug_info, however damaged the rest is.
 */
#ifndef DETECT_DEBUG_READ_H
#define DETECT_DEBUG_READ_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "detect/detect.h"

#define DEBUG_NOT 1

/* The most telling names of a file are kept: people's folders, then folders, then files. */
#define DEBUG_NAMES_MAX      3
#define DEBUG_NAME_BYTES_MAX 256

/* Compressed debug sections are opened up to here; names behind it are not told. */
#define DEBUG_SECTION_BYTES_MAX ((size_t)64 << 20)

struct debug_name {
	const char *text; /* in the arena; printable */
	unsigned worth;   /* 0: none */
};

struct debug_info {
	struct detect_run *run; /* arena, and derive() for what is inside */
	/* Steps left, so that a file whose tables all point to the same bytes costs no more than
	 * its size allows: debug_work(). */
	uint64_t work_left;
	unsigned unpacks_left; /* compressed sections still to be opened */

	const char *format; /* static: "DWARF", "CodeView", "PDB", "portable PDB", "stabs" */
	bool separate;      /* a file of debug information and nothing else */
	uint64_t bytes;     /* of debug information; 0: none there */
	uint64_t units;     /* compilation units seen */
	uint64_t sources, source_bytes; /* source files embedded */

	uint64_t symbols;            /* names of private functions and variables */
	bool has_reference;          /* names the place of debug information elsewhere */
	struct debug_name reference; /* ... this one */

	struct debug_name names[DEBUG_NAMES_MAX];
	char build_id[65]; /* hex; "": none */

	/* Go */
	const char *go_module, *go_revision; /* NULL: none */
	bool go_modified, go_trimmed;

	/* Java: the attributes of -g; 0: none. */
	uint64_t java_locals, java_lines;
	/* Python: co_filename as compiled; NULL: none */
	const char *python_path;
};

/* Each returns 0, DEBUG_NOT or a fault (memory, or of derive()). */
int debug_elf(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_pe(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_pdb(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_coff(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_macho(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_wasm(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_class(struct bytes in, struct debug_info *info, struct fault *fault);
int debug_pyc(struct bytes in, struct debug_info *info, struct fault *fault);

/* Find Go's build information anywhere in `in` (a section, or the file). */
int debug_go(struct bytes in, struct debug_info *info, struct fault *fault);

/* Start over for a file of `file_bytes`. */
void debug_begin(struct debug_info *info, struct detect_run *run, uint64_t file_bytes);

/* Draw `steps` (about a nanosecond each); false when the file has used up what it may. */
static inline bool
debug_work(struct debug_info *info, uint64_t steps)
{
	if (steps > info->work_left) {
		info->work_left = 0;
		return false;
	}
	info->work_left -= steps;
	return true;
}

/* Keep a name if it tells more than the ones kept; out of memory it is dropped. */
void debug_keep_name(struct debug_info *info, struct bytes name);

/* A copy in the arena that can be printed; NULL when empty or out of memory. */
const char *debug_copy_name(struct debug_info *info, struct bytes name);

/* The sections of DWARF, wherever they come from; empty ones are absent. */
struct debug_dwarf {
	struct bytes info, abbrev, line, str, line_str, str_offsets;
	bool big;         /* big-endian */
	bool relocatable; /* an object: offsets into string sections are still to be filled in */
};

/* Count units, keep their names, hand embedded sources to derive(). */
int debug_dwarf_read(const struct debug_dwarf *dwarf, struct debug_info *info, struct fault *fault);

/* Which section a name (".debug_line", "__debug_line", ".zdebug_line", "line") stands for; NULL:
 * one that is not needed.  `name` without its prefix: "line". */
struct bytes *debug_dwarf_section(struct debug_dwarf *dwarf, struct bytes name);

/* Does the name behind the prefix stand for debug information?  Frames and scripts do not. */
bool debug_dwarf_tells(struct bytes name);

/* Inflate a compressed section into the arena, up to DEBUG_SECTION_BYTES_MAX; what cannot be read
 * is left out. */
enum debug_packing { DEBUG_ZLIB, DEBUG_ZSTD, DEBUG_DEFLATE };
struct bytes debug_unpack(struct debug_info *info, enum debug_packing packing, struct bytes in);

/* Integers in the byte order of the file. */
static inline int
debug_take16(struct bytes *in, bool big, uint16_t *out)
{
	return big ? bytes_take_be16(in, out) : bytes_take_le16(in, out);
}

static inline int
debug_take32(struct bytes *in, bool big, uint32_t *out)
{
	return big ? bytes_take_be32(in, out) : bytes_take_le32(in, out);
}

static inline int
debug_take64(struct bytes *in, bool big, uint64_t *out)
{
	return big ? bytes_take_be64(in, out) : bytes_take_le64(in, out);
}

/* A word of the file: 8 bytes where `wide`, else 4. */
static inline int
debug_take_word(struct bytes *in, bool big, bool wide, uint64_t *out)
{
	uint32_t narrow;

	if (wide)
		return debug_take64(in, big, out);
	if (debug_take32(in, big, &narrow) < 0)
		return -1;
	*out = narrow;
	return 0;
}

/* LEB128, unsigned; bits past 64 are dropped. */
int debug_take_uleb(struct bytes *in, uint64_t *out);

/* Bytes up to a NUL, which is consumed too; without one, -1. */
int debug_take_string(struct bytes *in, struct bytes *out);

/* The string that begins at `at`, cut at `most`; empty past the end or without a NUL. */
struct bytes debug_string_at(struct bytes in, uint64_t at, size_t most);

/* Longer names of sections and symbols are not looked at. */
#define DEBUG_STRING_BYTES_MAX 4096

/* [from, from + length), clipped; offsets of files are 64 bit. */
static inline struct bytes
debug_slice(struct bytes in, uint64_t from, uint64_t length)
{
	size_t at = from > in.left ? in.left : (size_t)from;

	return bytes_slice(in, at, length > in.left ? in.left : (size_t)length);
}

#endif
