/*
 * debug_wasm.c - WebAssembly modules: DWARF and names in custom sections
 *
 * Knows: the list of sections, "name", ".debug_*", "external_debug_info".  After the core
 * specification, 5.5, and tool-conventions/Dwarf.
 * Does not know: code; sourceMappingURL, which detector source-map reads.
 */
#include "base/own.h"
#include "detect/debug_read.h"

#define SECTIONS_MAX       100000u
#define NAMES_OF_FUNCTIONS 1

static int
take_text(struct bytes *in, struct bytes *out)
{
	uint64_t length;

	if (debug_take_uleb(in, &length) < 0 || length > in->left)
		return -1;
	return bytes_take(in, (size_t)length, out);
}

/* How many functions have a name; a count from the file is believed up to its bytes. */
static uint64_t
count_names(struct bytes in)
{
	while (in.left > 0) {
		uint64_t length, count;
		struct bytes part;
		uint8_t id;

		if (bytes_take_u8(&in, &id) < 0 || debug_take_uleb(&in, &length) < 0 ||
		    length > in.left || bytes_take(&in, (size_t)length, &part) < 0)
			break;
		if (id != NAMES_OF_FUNCTIONS || debug_take_uleb(&part, &count) < 0)
			continue;
		return count < part.left / 2 ? count : part.left / 2;
	}
	return 0;
}

static void
read_custom(struct bytes in, struct debug_dwarf *dwarf, struct debug_info *info)
{
	struct bytes name, url, *slot;

	if (take_text(&in, &name) < 0)
		return;
	if (bytes_equal(name, BYTES_OF("name"))) {
		info->symbols = count_names(in);
	} else if (bytes_equal(name, BYTES_OF("external_debug_info"))) {
		if (take_text(&in, &url) == 0 && url.left > 0) {
			info->has_reference = true;
			info->reference.text = debug_copy_name(info, url);
		}
	} else if (bytes_begins(name, BYTES_OF(".debug_"))) {
		name = bytes_slice(name, 7, name.left);
		if (debug_dwarf_tells(name)) {
			info->format = "DWARF";
			info->bytes += in.left;
		}
		slot = debug_dwarf_section(dwarf, name);
		if (slot != NULL && slot->left == 0)
			*slot = in;
	}
}

int
debug_wasm(struct bytes in, struct debug_info *info, struct fault *fault)
{
	struct debug_dwarf dwarf = {0};

	if (!bytes_begins(in, BYTES_OF("\0asm")) || bytes_skip(&in, 8) < 0)
		return DEBUG_NOT;
	for (unsigned i = 0; i < SECTIONS_MAX && in.left > 0; i++) {
		uint64_t length;
		uint8_t id;

		if (bytes_take_u8(&in, &id) < 0 || debug_take_uleb(&in, &length) < 0)
			break;
		if (id == 0)
			read_custom(debug_slice(in, 0, length), &dwarf, info);
		if (length > in.left || bytes_skip(&in, (size_t)length) < 0)
			break;
	}
	return debug_dwarf_read(&dwarf, info, fault);
}
