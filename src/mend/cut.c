/*
 * cut.c - take out of a file what tells about its sources, and leave the rest as it is
 *
 * Knows: sourceMappingURL comments of scripts and styles, custom sections of wasm.
 * Does not know: languages; it never cuts outside of what it recognises as such a comment.
 */
#include <string.h>

#include "base/blob.h"
#include "base/own.h"
#include "mend/inside.h"

#define MARK "sourceMappingURL="

bool
mend_is_script(const char *member)
{
	static const char *const ends[] = {".js",   ".mjs", ".cjs",    ".jsx", ".ts",
					   ".mts",  ".cts", ".tsx",    ".css", ".scss",
					   ".html", ".htm", ".svelte", ".vue"};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (bytes_ends(bytes_text(member), bytes_text(ends[i])))
			return true;
	return false;
}

/* "dist/a.js" + "../maps/a.js.map?x" -> "maps/a.js.map", in out[]; false: it leads out. */
static bool
resolve(const char *member, struct bytes url, struct buf *out)
{
	const char *slash = strrchr(member, '/');
	size_t keep = slash == NULL ? 0 : (size_t)(slash - member) + 1;

	buf_reset(out);
	(void)buf_append(out, member, keep);
	for (size_t i = 0; i < url.left; i++)
		if (url.at[i] == '?' || url.at[i] == '#')
			url.left = i;
	while (url.left > 0) {
		const uint8_t *end = memchr(url.at, '/', url.left);
		size_t length = end == NULL ? url.left : (size_t)(end - url.at);
		struct bytes part = bytes_slice(url, 0, length);

		(void)bytes_skip(&url, length + (end == NULL ? 0 : 1));
		if (bytes_equal(part, BYTES_OF(".")) || (length == 0 && end != NULL))
			continue;
		if (bytes_equal(part, BYTES_OF(".."))) {
			if (out->used == 0)
				return false;
			out->used--; /* the slash */
			while (out->used > 0 && out->at[out->used - 1] != '/')
				out->used--;
			continue;
		}
		(void)blob_display(out, part);
		if (end != NULL)
			(void)buf_append_text(out, "/");
	}
	return out->failed == 0;
}

static bool
is_dropped(const struct mend_plan *plan, const char *member, struct bytes url)
{
	AUTO(buf_free)
	struct buf target = BUF_INIT(BLOB_PATH_BYTES_MAX);
	const struct mend_item *item;

	if (!resolve(member, url, &target))
		return false;
	item = mend_plan_find(plan, buf_text(&target));
	return item != NULL && item->action == MEND_DROP;
}

struct comment {
	size_t from, to; /* what goes */
	struct bytes url;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The comment around the mark at `at`: "//# MARK url" to the end of its line, and the block form.
 * Inside a string of a script (eval) it ends where the string or an escape begins: what goes then
 * is text inside that string. */
static bool
comment_at(struct bytes in, size_t at, struct comment *c)
{
	size_t from = at, url, to;
	bool block, data;

	while (from > 0 && is_blank(in.at[from - 1]))
		from--;
	if (from < 3 || (in.at[from - 1] != '#' && in.at[from - 1] != '@') ||
	    in.at[from - 3] != '/' || (in.at[from - 2] != '/' && in.at[from - 2] != '*'))
		return false;
	block = in.at[from - 2] == '*';
	from -= 3;
	url = at + strlen(MARK);
	for (to = url; to < in.left && in.at[to] > ' ' && strchr("'\"`\\", in.at[to]) == NULL &&
		       !(block && in.at[to] == '*');)
		to++;
	c->url = bytes_slice(in, url, to - url);
	if (c->url.left == 0)
		return false;
	data = bytes_begins(c->url, BYTES_OF("data:"));
	c->from = from;
	if (to < in.left && strchr("'\"`\\", in.at[to]) != NULL) {
		c->to = to;
		return data && !block;
	}
	while (to < in.left && is_blank(in.at[to]))
		to++;
	if (block) {
		c->to = to + 2;
		return to + 2 <= in.left && in.at[to] == '*' && in.at[to + 1] == '/';
	}
	if (to < in.left && in.at[to] != '\n')
		return false;
	/* A line of its own goes with its end. */
	if (to < in.left && (from == 0 || in.at[from - 1] == '\n'))
		to++;
	c->to = to;
	return true;
}

int
mend_cut_script(const struct mend_plan *plan, const char *member, bool all, struct bytes in,
		struct buf *out, uint64_t *cuts, struct fault *fault)
{
	size_t kept = 0, at = 0;
	int r = 0;

	*cuts = 0;
	for (;;) {
		struct comment c;
		ptrdiff_t hit = bytes_find(bytes_slice(in, at, in.left), BYTES_OF(MARK));

		if (hit < 0)
			break;
		at += (size_t)hit;
		if (comment_at(in, at, &c) && c.from >= kept &&
		    (all || is_dropped(plan, member, c.url))) {
			r = buf_append(out, in.at + kept, c.from - kept);
			kept = c.to;
			at = c.to > at + 1 ? c.to : at + 1;
			(*cuts)++;
		} else {
			at += strlen(MARK);
		}
		if (r < 0)
			return fault_set(fault, r, "%s: too large to be held", member);
	}
	if (*cuts == 0)
		return 0;
	r = buf_append(out, in.at == NULL ? NULL : in.at + kept, in.left - kept);
	return r < 0 ? fault_set(fault, r, "%s: too large to be held", member) : 0;
}

/* LEB128, at most 32 bits. */
static int
take_leb(struct bytes *in, uint32_t *out)
{
	uint64_t value = 0;
	uint8_t c;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		if (bytes_take_u8(in, &c) < 0)
			return -1;
		value |= (uint64_t)(c & 0x7f) << shift;
		if ((c & 0x80) == 0) {
			*out = (uint32_t)value;
			return value <= UINT32_MAX ? 0 : -1;
		}
	}
	return -1;
}

static bool
section_tells(struct bytes section)
{
	struct bytes name;
	uint32_t length;

	if (take_leb(&section, &length) < 0 || bytes_take(&section, length, &name) < 0)
		return false;
	return bytes_begins(name, BYTES_OF(".debug_")) ||
	       bytes_equal(name, BYTES_OF("sourceMappingURL")) ||
	       bytes_equal(name, BYTES_OF("external_debug_info")) ||
	       bytes_equal(name, BYTES_OF("name"));
}

int
mend_cut_wasm(struct bytes in, struct buf *out, uint64_t *cuts, struct fault *fault)
{
	static const uint8_t magic[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
	struct bytes head;

	*cuts = 0;
	if (bytes_take(&in, sizeof(magic), &head) < 0 || memcmp(head.at, magic, sizeof(magic)) != 0)
		return fault_set(fault, FAULT_FORMAT, "it is no wasm module of version 1");
	(void)buf_append(out, head.at, head.left);
	while (in.left > 0) {
		struct bytes record = in, section;
		uint32_t length;
		uint8_t id;

		if (bytes_take_u8(&in, &id) < 0 || take_leb(&in, &length) < 0 ||
		    bytes_take(&in, length, &section) < 0)
			return fault_set(fault, FAULT_FORMAT, "a wasm section runs past the end");
		if (id == 0 && section_tells(section))
			(*cuts)++;
		else if (buf_append(out, record.at, record.left - in.left) < 0)
			return fault_set(fault, out->failed, "too large to be held");
	}
	return out->failed < 0 ? fault_memory(fault) : 0;
}

bool
mend_may_cut(const struct mend_plan *plan, const char *member)
{
	return plan->strip || mend_is_script(member) || mend_plan_find(plan, member) != NULL;
}

int
mend_member(struct mend_plan *plan, const char *member, struct bytes in, struct buf *out,
	    struct fault *fault)
{
	struct mend_item *item = mend_plan_find(plan, member);
	uint64_t cuts = 0;
	int r = 0;

	buf_reset(out);
	if (mend_is_script(member))
		r = mend_cut_script(plan, member, item != NULL, in, out, &cuts, fault);
	else if (bytes_begins(in, BYTES_OF("\177ELF")))
		r = mend_strip_elf(in, out, &cuts, fault);
	else if (item != NULL && bytes_begins(in, BYTES_OF("\0asm")))
		r = mend_cut_wasm(in, out, &cuts, fault);
	if (r < 0)
		return fault_wrap(fault, r, "%s", member);
	if (item != NULL)
		item->done = true;
	plan->references += cuts;
	return cuts == 0 ? 1 : 0;
}
