/*
 * debug_read.c - what the readers of compiled files share
 *
 * Knows: LEB128, strings, which names tell most, how a packed section is opened.
 * Does not know: any format.
 */
#include "detect/debug_read.h"

#include "base/own.h"
#include "base/text.h"
#include "codec/codec.h"
#include "detect/developer_path_parse.h"

int
debug_take_uleb(struct bytes *in, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < in->left; i++) {
		if (i < 10)
			value |= (uint64_t)(in->at[i] & 0x7f) << (7 * i);
		if ((in->at[i] & 0x80) == 0) {
			*out = value;
			return bytes_skip(in, i + 1);
		}
	}
	return -1;
}

int
debug_take_string(struct bytes *in, struct bytes *out)
{
	const uint8_t *end = in->left == 0 ? NULL : memchr(in->at, 0, in->left);
	struct bytes nul;

	if (end == NULL)
		return -1;
	(void)bytes_take(in, (size_t)(end - in->at), out);
	return bytes_take(in, 1, &nul);
}

struct bytes
debug_string_at(struct bytes in, uint64_t at, size_t most)
{
	struct bytes from = debug_slice(in, at, most), out;

	return debug_take_string(&from, &out) < 0 ? bytes_make(NULL, 0) : out;
}

/* 64 steps a byte: reading a section byte by byte, a few times over, and its names. */
#define WORK_PER_BYTE 64
#define WORK_LEAST    ((uint64_t)1 << 20)
#define WORK_NAME     2000
#define UNPACKS_MAX   12

void
debug_begin(struct debug_info *info, struct detect_run *run, uint64_t file_bytes)
{
	*info = (struct debug_info){
	    .run = run,
	    .work_left = WORK_LEAST + WORK_PER_BYTE * file_bytes,
	    .unpacks_left = UNPACKS_MAX,
	};
}

const char *
debug_copy_name(struct debug_info *info, struct bytes name)
{
	char *copy;

	if (name.left == 0)
		return NULL;
	name = bytes_slice(name, 0, DEBUG_NAME_BYTES_MAX);
	copy = arena_copy(info->run->arena, name.at, name.left);
	for (size_t i = 0; copy != NULL && i < name.left; i++)
		if ((uint8_t)copy[i] < 0x20 || copy[i] == 0x7f ||
		    ((uint8_t)copy[i] >= 0x80 && !text_is_utf8(name)))
			copy[i] = '?';
	return copy;
}

/* Folders of compilers, distributions and their builders: everybody has them. */
static bool
is_of_everybody(struct bytes name)
{
	static const char *const beginnings[] = {
	    "/rustc/",     "/usr/", "/builddir/",  "/build/",    "/opt/", "/tmp/",
	    "/nix/store/", "/lib/", "/rust/deps/", "../sysdeps", "<",     "D:\\a\\_work\\",
	};

	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (bytes_begins(name, bytes_text(beginnings[i])))
			return true;
	return false;
}

static bool
is_absolute(struct bytes name)
{
	return name.at[0] == '/' || (name.left > 2 && name.at[1] == ':');
}

static unsigned
worth_of(struct bytes name)
{
	if (name.left < 2)
		return 0;
	if (developer_path_names_person(name))
		return 4;
	if (is_of_everybody(name))
		return 1;
	return is_absolute(name) ? 3 : 2;
}

void
debug_keep_name(struct debug_info *info, struct bytes name)
{
	struct debug_name *least = &info->names[0];
	const char *copy;
	unsigned worth;

	if (!debug_work(info, WORK_NAME))
		return;
	worth = worth_of(bytes_slice(name, 0, DEBUG_NAME_BYTES_MAX));
	for (size_t i = 0; i < DEBUG_NAMES_MAX; i++)
		if (info->names[i].worth < least->worth)
			least = &info->names[i];
	if (worth <= least->worth)
		return;
	copy = debug_copy_name(info, name);
	if (copy == NULL)
		return;
	for (size_t i = 0; i < DEBUG_NAMES_MAX; i++)
		if (info->names[i].worth > 0 && strcmp(info->names[i].text, copy) == 0)
			return;
	*least = (struct debug_name){copy, worth};
}

struct bytes
debug_unpack(struct debug_info *info, enum debug_packing packing, struct bytes in)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(DEBUG_SECTION_BYTES_MAX);
	AUTO(stream_close)
	struct stream *decoder = NULL;
	struct stream packed;
	uint8_t *kept;
	int r;

	if (info->unpacks_left == 0)
		return bytes_make(NULL, 0);
	info->unpacks_left--;
	stream_from_memory(&packed, in);
	if (packing == DEBUG_ZSTD)
		r = codec_open(&decoder, BLOB_ZSTD, &packed, NULL);
	else
		r = codec_open_bare(&decoder, packing == DEBUG_ZLIB ? CODEC_ZLIB : CODEC_DEFLATE,
				    &packed, -1, NULL);
	while (r == 0 && (r = stream_want(decoder, 1, NULL), decoder->left > 0)) {
		if (buf_append(&out, decoder->at, decoder->left) < 0)
			break;
		stream_take(decoder, decoder->left);
	}
	kept = out.used == 0 ? NULL : arena_alloc(info->run->arena, out.used);
	if (kept == NULL)
		return bytes_make(NULL, 0);
	memcpy(kept, out.at, out.used);
	info->work_left += out.used;
	return bytes_make(kept, out.used);
}
