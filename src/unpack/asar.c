/*
 * asar.c - Electron's archives: a JSON tree of files, then their bytes
 *
 * Knows: the tree, and that files are walked in the order of their place, so that the archive may
 * arrive as a stream.  Does not know: integrity blocks.
 * OFFSET SIZE MEANING (Chromium pickles, little-endian)
 *      0    4 4                    8    4 size of what follows in it
 *      4    4 size of the header   12    4 length of the JSON, which stands at 16
 */
#include "unpack/reader.h"
#include "base/json.h"
#include "base/text.h"

#define ASAR_JSON_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ASAR_TREE_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define ASAR_DEPTH_MAX      64

struct asar_file {
	struct bytes name; /* in the arena */
	struct bytes target;
	uint64_t at_bytes, size_bytes; /* from the front of the archive */
	bool executable, link;
};

struct asar {
	struct unpack up;
	struct arena arena;
	struct buf path; /* while the tree is read */
	struct asar_file *files;
	size_t count, room, next;
	uint64_t data_at;
	bool rest_out;
	struct stream slice; /* overlapping files: only when all is in memory */
};

static void
asar_fini(struct unpack *up)
{
	struct asar *asar = (struct asar *)up;

	arena_free(&asar->arena);
	buf_free(&asar->path);
	free(asar->files);
}

static int
add_file(struct asar *asar, const struct json_value *node, bool link, struct fault *fault)
{
	struct asar_file *file;
	const char *offset = json_text(node, "offset"), *target = json_text(node, "link");
	uint64_t at = 0;
	char *name;

	if (asar->count > asar->up.budget->limits.entries)
		return 0; /* never given out */
	if (asar->count == asar->room) {
		size_t room = asar->room == 0 ? 64 : asar->room * 2;
		struct asar_file *files = reallocarray(asar->files, room, sizeof(*files));

		if (files == NULL)
			return fault_memory(fault);
		asar->files = files;
		asar->room = room;
	}
	name = arena_copy(&asar->arena, asar->path.at, asar->path.used);
	if (name == NULL)
		return fault_memory(fault);
	file = &asar->files[asar->count++];
	*file = (struct asar_file){
	    .name = bytes_make(name, asar->path.used),
	    .executable = json_bool(node, "executable", false),
	    .link = link,
	};
	if (link) {
		file->target = bytes_text(target);
		return 0;
	}
	/* Offsets are text because JavaScript's numbers end at 2^53. */
	if (offset == NULL || text_parse_u64(offset, &at, NULL) < 0 ||
	    at > UINT64_MAX - asar->data_at) {
		asar->count--;
		unpack_note(&asar->up, "bad-offset", 0, 0, true,
			    "'%s' has no readable place in the archive",
			    unpack_show(buf_bytes(&asar->path)).text);
		return 0;
	}
	file->at_bytes = asar->data_at + at;
	file->size_bytes = json_u64(node, "size", 0);
	return 0;
}

/* Add everything below `folder`; asar->path is its name and is left as it was. */
static int
add_folder(struct asar *asar, const struct json_value *folder, unsigned depth, struct fault *fault)
{
	size_t length = asar->path.used;
	int r = 0;

	if (depth > ASAR_DEPTH_MAX)
		return fault_set(fault, FAULT_LIMIT, "asar folders are more than %d deep",
				 ASAR_DEPTH_MAX);
	for (const struct json_value *node = json_first(json_get(folder, "files"));
	     r == 0 && node != NULL; node = node->next) {
		if (length > 0)
			(void)buf_append_u8(&asar->path, '/');
		if (buf_append(&asar->path, node->key.at, node->key.left) < 0)
			return fault_set(fault, FAULT_LIMIT, "asar path too long");
		if (json_get(node, "files") != NULL)
			r = add_folder(asar, node, depth + 1, fault);
		else if (json_text(node, "link") != NULL)
			r = add_file(asar, node, true, fault);
		else if (!json_bool(node, "unpacked", false))
			r = add_file(asar, node, false, fault);
		asar->path.used = length;
	}
	return r;
}

static int
compare_files(const void *a, const void *b)
{
	const struct asar_file *x = a, *y = b;
	size_t least = x->name.left < y->name.left ? x->name.left : y->name.left;
	int order;

	if (x->at_bytes != y->at_bytes)
		return x->at_bytes < y->at_bytes ? -1 : 1;
	if (x->size_bytes != y->size_bytes)
		return x->size_bytes < y->size_bytes ? -1 : 1;
	order = least > 0 ? memcmp(x->name.at, y->name.at, least) : 0;
	return order != 0 ? order : (x->name.left > y->name.left) - (x->name.left < y->name.left);
}

static int
read_tree(struct asar *asar, struct bytes document, struct fault *fault)
{
	static const struct json_limits limits = {
	    .depth = 4 * ASAR_DEPTH_MAX, .bytes = ASAR_JSON_BYTES_MAX, .members = 8000000};
	struct json_value *tree;
	int r = json_parse(&tree, document, &limits, &asar->arena, fault);

	if (r < 0)
		return fault_wrap(fault, r, "asar header");
	r = add_folder(asar, tree, 0, fault);
	if (r == 0 && asar->count > 0)
		qsort(asar->files, asar->count, sizeof(*asar->files), compare_files);
	return r;
}

static int
asar_begin(struct unpack *up, struct fault *fault)
{
	struct asar *asar = (struct asar *)up;
	AUTO(buf_free)
	struct buf json = BUF_INIT(ASAR_JSON_BYTES_MAX);
	uint32_t four = 0, header = 0, pickle = 0, length = 0;
	struct bytes in;
	int r = stream_want(up->in, 16, fault);

	asar->arena.bytes_max = ASAR_TREE_BYTES_MAX;
	asar->path = (struct buf)BUF_INIT((size_t)64 * 1024);
	if (r < 0 && up->in->left < 16)
		return r;
	in = stream_window(up->in);
	if (bytes_take_le32(&in, &four) < 0 || bytes_take_le32(&in, &header) < 0 ||
	    bytes_take_le32(&in, &pickle) < 0 || bytes_take_le32(&in, &length) < 0 || four != 4 ||
	    header < 8 || length > header - 8)
		return fault_set(fault, FAULT_FORMAT, "not an asar");
	if (length > ASAR_JSON_BYTES_MAX)
		return fault_set(fault, FAULT_LIMIT, "asar header of %u bytes", length);
	asar->data_at = 8 + (uint64_t)header;
	stream_take(up->in, 16);
	while (json.used < length) {
		size_t step = length - json.used;

		r = stream_want(up->in, 1, fault);
		if (r < 0)
			return r;
		if (up->in->left == 0)
			return fault_set(fault, FAULT_FORMAT, "asar header ends early");
		step = step < up->in->left ? step : up->in->left;
		if (buf_append(&json, up->in->at, step) < 0)
			return fault_memory(fault);
		stream_take(up->in, step);
	}
	return read_tree(asar, buf_bytes(&json), fault);
}

/* Move on to `to`; bytes that no file claims are given out. 1: they are. */
static int
give_gap(struct asar *asar, uint64_t to, struct unpack_entry *entry, struct fault *fault)
{
	struct stream *in = asar->up.in;
	uint64_t gap = to - in->at_bytes;

	if (in->at_bytes < asar->data_at)
		return unpack_skip(&asar->up, to - in->at_bytes, fault);
	entry->name = NAME_HIDDEN;
	entry->type = UNPACK_FILE;
	entry->at_bytes = in->at_bytes;
	unpack_note(&asar->up, "hidden-data", in->at_bytes, gap, false,
		    "%llu bytes between the files belong to none", (unsigned long long)gap);
	unpack_part(&asar->up, entry, gap);
	return 1;
}

/* A file that begins in front of where the stream stands. */
static void
give_overlap(struct asar *asar, const struct asar_file *file, struct unpack_entry *entry)
{
	const struct stream *in = asar->up.in;
	struct bytes whole = bytes_make(in->whole, in->whole_bytes);
	bool there = in->whole != NULL && file->at_bytes <= in->whole_bytes;

	if (file->size_bytes > 0)
		unpack_note(&asar->up, "overlap", file->at_bytes, file->size_bytes, false,
			    "'%s' shares bytes with another file", unpack_show(file->name).text);
	stream_from_memory(
	    &asar->slice,
	    there ? bytes_slice(whole, (size_t)file->at_bytes,
				file->size_bytes > SIZE_MAX ? SIZE_MAX : (size_t)file->size_bytes)
		  : bytes_make(NULL, 0));
	entry->content = &asar->slice;
	if (!there && file->size_bytes > 0)
		entry->unreadable = "shares bytes with another file";
}

static int
give_file(struct asar *asar, struct unpack_entry *entry, struct fault *fault)
{
	struct stream *in = asar->up.in;
	const struct asar_file *file = &asar->files[asar->next];
	uint64_t file_at = file->at_bytes;
	int r;

	if (!file->link && file->size_bytes > 0 && file_at > in->at_bytes) {
		r = give_gap(asar, in->at_bytes < asar->data_at ? asar->data_at : file_at, entry,
			     fault);
		if (r != 0)
			return r < 0 ? r : 0;
		if (file_at > in->at_bytes) {
			r = give_gap(asar, file_at, entry, fault);
			return r < 0 ? r : 0;
		}
	}
	asar->next++;
	*entry = (struct unpack_entry){
	    .name = file->name,
	    .target = file->target,
	    .type = file->link ? UNPACK_LINK : UNPACK_FILE,
	    .hard = file->link, /* counts from the root */
	    .mode = file->executable ? 0755 : 0644,
	    .size_bytes = (int64_t)file->size_bytes,
	    .at_bytes = file_at,
	};
	unpack_check_names(&asar->up, entry);
	if (file->link)
		return 0;
	if (file->size_bytes == 0 || file_at < in->at_bytes)
		give_overlap(asar, file, entry);
	else
		unpack_part(&asar->up, entry, file->size_bytes);
	return 0;
}

static int
asar_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct asar *asar = (struct asar *)up;
	int r = unpack_part_end(up, 0, fault);

	if (r < 0)
		return r;
	if (asar->next < asar->count)
		return give_file(asar, entry, fault);
	if (up->in->at_bytes < asar->data_at)
		r = unpack_skip(up, asar->data_at - up->in->at_bytes, fault);
	if (r == 0)
		r = stream_want(up->in, 1, fault);
	if (r < 0)
		return r;
	if (up->in->left == 0 || asar->rest_out)
		return UNPACK_END;
	asar->rest_out = true;
	entry->name = NAME_APPENDED;
	entry->at_bytes = up->in->at_bytes;
	unpack_note(up, "appended-data", entry->at_bytes, 0, false,
		    "data follows the last file of the archive");
	unpack_rest(up, entry);
	return 0;
}

const struct unpack_ops unpack_asar = {
    .reader_size = sizeof(struct asar),
    .begin = asar_begin,
    .next = asar_next,
    .fini = asar_fini,
};
