/*
 * debug_go.c - the build information that the Go linker puts into every program
 *
 * Knows: the layout since Go 1.18 (two strings with their lengths, 32 bytes behind the magic) and
 * the lines of the module list.  After debug/buildinfo of the Go standard library.
 * Does not know: older layouts, which point to strings elsewhere.
 */
#include "base/own.h"
#include "detect/debug_read.h"

#define GO_HEADER_BYTES 32
#define GO_FLAG_INLINE  2
#define GO_MARK_BYTES   16 /* around the module list */
#define GO_LINES_MAX    100000u

static int
take_text(struct bytes *in, struct bytes *out)
{
	uint64_t length;

	if (debug_take_uleb(in, &length) < 0 || length > in->left)
		return -1;
	return bytes_take(in, (size_t)length, out);
}

static struct bytes
take_line(struct bytes *in)
{
	const uint8_t *end = memchr(in->at, '\n', in->left);
	size_t length = end == NULL ? in->left : (size_t)(end - in->at);
	struct bytes line = bytes_slice(*in, 0, length);

	(void)bytes_skip(in, end == NULL ? length : length + 1);
	return line;
}

/* Is `line` "PREFIX..."?  *rest is what follows, up to a tab. */
static bool
line_begins(struct bytes line, const char *prefix, struct bytes *rest)
{
	const uint8_t *tab;

	if (!bytes_begins(line, bytes_text(prefix)))
		return false;
	*rest = bytes_slice(line, strlen(prefix), line.left);
	tab = rest->left == 0 ? NULL : memchr(rest->at, '\t', rest->left);
	if (tab != NULL)
		rest->left = (size_t)(tab - rest->at);
	return true;
}

static void
read_modules(struct bytes in, struct debug_info *info)
{
	for (unsigned i = 0; i < GO_LINES_MAX && in.left > 0; i++) {
		struct bytes line = take_line(&in), rest;

		if (line_begins(line, "path\t", &rest) || line_begins(line, "mod\t", &rest))
			info->go_module = debug_copy_name(info, rest);
		else if (line_begins(line, "build\tvcs.revision=", &rest))
			info->go_revision = debug_copy_name(info, rest);
		else if (line_begins(line, "build\tvcs.modified=true", &rest))
			info->go_modified = true;
		else if (line_begins(line, "build\t-trimpath=true", &rest))
			info->go_trimmed = true;
	}
}

int
debug_go(struct bytes in, struct debug_info *info, struct fault *fault)
{
	ptrdiff_t at = bytes_find(in, BYTES_OF("\xff Go buildinf:"));
	struct bytes version, modules;

	(void)fault;
	if (at < 0)
		return DEBUG_NOT;
	in = bytes_slice(in, (size_t)at, in.left);
	if (in.left < GO_HEADER_BYTES || (in.at[15] & GO_FLAG_INLINE) == 0)
		return 0;
	in = bytes_slice(in, GO_HEADER_BYTES, in.left);
	if (take_text(&in, &version) < 0 || take_text(&in, &modules) < 0)
		return 0;
	if (modules.left > 2 * GO_MARK_BYTES + 1 &&
	    modules.at[modules.left - GO_MARK_BYTES - 1] == '\n')
		modules = bytes_slice(modules, GO_MARK_BYTES, modules.left - 2 * GO_MARK_BYTES);
	read_modules(modules, info);
	return 0;
}
