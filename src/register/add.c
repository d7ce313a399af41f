/*
 * add.c - change a register: add, update, remove
 *
 * Knows: the order in which a change becomes true: new segment, then manifest, then the old files
 * go; dying between any two leaves the old register or the new one.  Small segments are merged as
 * in a log-structured tree, so that a question asks few of them.
 */
#include "register/register.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "register/build.h"
#include "register/manifest.h"
#include "register/walk.h"

/* A question costs one filter a segment; merging costs writing. */
#define SEGMENTS_MAX 6

/* A change under way. */
struct change {
	const char *folder;
	int lock;
	struct manifest manifest;
	struct build build;
};

static void
change_end(struct change *c)
{
	own_close(&c->lock);
	manifest_free(&c->manifest);
	build_free(&c->build);
}

static int
change_begin(struct change *c, const char *folder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	int r;

	c->folder = folder;
	c->lock = -1;
	manifest_init(&c->manifest);
	build_init(&c->build);
	(void)buf_printf(&path, "%s/lock", folder);
	if (path.failed != 0)
		return fault_memory(fault);
	r = file_make_folders(folder, 0700, fault);
	if (r == 0)
		r = file_lock(&c->lock, buf_text(&path), false, fault);
	if (r >= 0)
		r = manifest_load(&c->manifest, folder, fault);
	/* Before the first segment: one without a manifest is damage, not a beginning. */
	if (r >= 0 && c->manifest.segments_count == 0)
		r = manifest_save(&c->manifest, folder, fault);
	return r;
}

/* Files of the register that the manifest does not name: left by a writer that died, or replaced. */
static void
sweep(const struct change *c)
{
	DIR *dir = opendir(c->folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		bool named = strncmp(entry->d_name, "seg-", 4) != 0;

		for (size_t i = 0; i < c->manifest.segments_count && !named; i++)
			named = strcmp(c->manifest.segments[i].file, entry->d_name) == 0;
		if (!named)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* Is a segment still needed by some asset?  Fills keep[] (by index in the segment). */
static bool
still_needed(const struct manifest *m, uint32_t segment, bool *keep, uint32_t count)
{
	bool needed = false;

	for (size_t i = 0; i < m->assets_count; i++)
		if (m->assets[i].segment == segment) {
			needed = true;
			if (keep != NULL && m->assets[i].index < count)
				keep[m->assets[i].index] = true;
		}
	return needed;
}

/* Take segment `i` out of the list; its assets, if any, are the caller's to place again. */
static void
drop_segment(struct manifest *m, uint32_t i)
{
	memmove(&m->segments[i], &m->segments[i + 1],
		(m->segments_count - i - 1) * sizeof(*m->segments));
	m->segments_count--;
	for (size_t a = 0; a < m->assets_count; a++)
		if (m->assets[a].segment > i && m->assets[a].segment != UINT32_MAX)
			m->assets[a].segment--;
}

static void
drop_unneeded(struct manifest *m)
{
	for (uint32_t i = 0; i < m->segments_count;)
		if (still_needed(m, i, NULL, 0))
			i++;
		else
			drop_segment(m, i);
}

/* Move what lives in segment `i` into the build; its assets then wait with segment UINT32_MAX. */
static int
absorb(struct change *c, uint32_t i, const struct segment *segment, struct fault *fault)
{
	uint32_t count = segment_assets_count(segment), base;
	AUTO(own_free)
	bool *keep = calloc(count + (size_t)1, sizeof(*keep));
	int r;

	if (keep == NULL)
		return fault_memory(fault);
	(void)still_needed(&c->manifest, i, keep, count);
	base = (uint32_t)c->build.parts.assets_count;
	r = build_segment(&c->build, segment, keep, fault);
	if (r < 0)
		return r;
	for (uint32_t a = 0; a < count; a++) {
		for (size_t n = 0; keep[a] && n < c->manifest.assets_count; n++) {
			struct manifest_asset *row = &c->manifest.assets[n];

			if (row->segment == i && row->index == a) {
				row->segment = UINT32_MAX;
				row->index = base;
				break;
			}
		}
		base += keep[a];
	}
	drop_segment(&c->manifest, i);
	return 0;
}

/* Take in the smaller segments, smallest first, while they are not much larger than what is
 * already to be written; and more while there are too many. */
static int
absorb_small(struct change *c, struct fault *fault)
{
	for (;;) {
		AUTO(segment_close)
		struct segment *least = NULL;
		uint32_t at = 0;
		int r;

		for (uint32_t i = 0; i < c->manifest.segments_count; i++) {
			AUTO(segment_close)
			struct segment *s = NULL;
			AUTO(buf_free)
			struct buf path = BUF_INIT(65536);

			(void)buf_printf(&path, "%s/%s", c->folder, c->manifest.segments[i].file);
			r = path.failed != 0 ? fault_memory(fault)
					     : segment_open(&s, buf_text(&path),
							    c->manifest.segments[i].digest, fault);
			if (r < 0)
				return r;
			if (least == NULL ||
			    segment_entries_count(s) < segment_entries_count(least)) {
				segment_close(&least);
				least = TAKE(s);
				at = i;
			}
		}
		if (least == NULL ||
		    (segment_entries_count(least) / 2 > c->build.parts.entries_count &&
		     c->manifest.segments_count < SEGMENTS_MAX))
			return 0;
		/* Keys of another version cannot live beside ours. */
		if (segment_fingerprint_version(least) != FINGERPRINT_VERSION)
			return segment_of_other_version(least, fault);
		r = absorb(c, at, least, fault);
		if (r < 0)
			return r;
	}
}

/* Write what the build holds as one segment, then make it true. */
static int
commit(struct change *c, struct fault *fault)
{
	struct manifest *m = &c->manifest;
	struct manifest_segment *row;
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	struct manifest_segment *grown;
	int r = 0;

	if (c->build.parts.assets_count > 0) {
		grown = arena_alloc(&m->arena, (m->segments_count + 1) * sizeof(*grown));
		if (grown == NULL)
			return fault_memory(fault);
		if (m->segments_count > 0)
			memcpy(grown, m->segments, m->segments_count * sizeof(*grown));
		m->segments = grown;
		row = &m->segments[m->segments_count];
		(void)snprintf(row->file, sizeof(row->file), "seg-%06llu.swr",
			       (unsigned long long)m->next++);
		(void)buf_printf(&path, "%s/%s", c->folder, row->file);
		if (path.failed != 0)
			return fault_memory(fault);
		r = build_finish(&c->build, fault);
		if (r == 0)
			r = segment_write(buf_text(&path), &c->build.parts, row->digest, fault);
		for (size_t i = 0; i < m->assets_count; i++)
			if (m->assets[i].segment == UINT32_MAX)
				m->assets[i].segment = (uint32_t)m->segments_count;
		m->segments_count++;
	}
	drop_unneeded(m);
	if (r == 0)
		r = manifest_save(m, c->folder, fault);
	if (r == 0)
		sweep(c);
	return r;
}

/* A new row in the manifest, sorted by name, for the asset that the build begins with. */
static int
add_row(struct manifest *m, const struct register_add *add, struct fault *fault)
{
	struct manifest_asset *list = arena_alloc(&m->arena, (m->assets_count + 1) * sizeof(*list));
	struct manifest_asset *row;
	size_t at = 0;

	if (list == NULL)
		return fault_memory(fault);
	while (at < m->assets_count && strcmp(m->assets[at].name, add->name) < 0)
		at++;
	if (at > 0)
		memcpy(list, m->assets, at * sizeof(*list));
	if (at < m->assets_count)
		memcpy(list + at + 1, m->assets + at, (m->assets_count - at) * sizeof(*list));
	row = &list[at];
	*row = (struct manifest_asset){.name = arena_text(&m->arena, add->name),
				       .kind = (uint8_t)add->kind,
				       .tree = true,
				       .segment = UINT32_MAX,
				       .index = 0};
	row->paths = arena_alloc(&m->arena, (add->paths_count + 1) * sizeof(*row->paths));
	for (size_t i = 0; row->paths != NULL && i < add->paths_count; i++) {
		AUTO(own_free)
		char *absolute = realpath(add->paths[i], NULL);

		row->paths[i] = absolute == NULL ? NULL : arena_text(&m->arena, absolute);
		if (row->paths[i] == NULL)
			return fault_errno(fault, "%s", add->paths[i]);
		row->paths_count++;
	}
	if (row->name == NULL || row->paths == NULL)
		return fault_memory(fault);
	m->assets = list;
	m->assets_count++;
	return 0;
}

static void
remove_row(struct manifest *m, struct manifest_asset *row)
{
	size_t at = (size_t)(row - m->assets);

	memmove(row, row + 1, (m->assets_count - at - 1) * sizeof(*row));
	m->assets_count--;
}

/* With several paths their last names keep them apart. */
static int
walk_all(struct walk *walk, const struct register_add *add, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; i < add->paths_count && r == 0; i++) {
		AUTO(own_free)
		char *absolute = realpath(add->paths[i], NULL);
		const char *slash;
		struct stat st;

		if (absolute == NULL)
			return fault_errno(fault, "%s", add->paths[i]);
		slash = strrchr(absolute, '/');
		if (stat(absolute, &st) < 0)
			return fault_errno(fault, "%s", absolute);
		r = walk_add(walk, absolute,
			     add->paths_count == 1 && S_ISDIR(st.st_mode) ? "" : slash + 1, fault);
	}
	return r;
}

static int
build(struct change *c, const struct register_add *add, struct register_report *report,
      struct fault *fault)
{
	struct walk walk;
	int r;

	c->manifest.date = add->now;
	walk_init(&walk, report);
	r = walk_all(&walk, add, fault);
	if (r == 0)
		r = build_asset(&c->build, add, &walk, report, fault);
	walk_free(&walk);
	return r;
}

int
register_add(const char *folder, const struct register_add *add, struct register_report *report,
	     struct fault *fault)
{
	struct change c;
	int r = change_begin(&c, folder, fault);

	memset(report, 0, sizeof(*report));
	if (r == 0 && manifest_find(&c.manifest, add->name) != NULL)
		r = REGISTER_EXISTS;
	if (r == 0)
		r = build(&c, add, report, fault);
	if (r == 0)
		r = add_row(&c.manifest, add, fault);
	if (r == 0)
		r = absorb_small(&c, fault);
	if (r == 0)
		r = commit(&c, fault);
	change_end(&c);
	return r;
}

int
register_update(const char *folder, const char *name, unsigned jobs, int64_t now,
		const atomic_int *cancel, struct register_report *report, struct fault *fault)
{
	struct change c;
	struct manifest_asset *row = NULL;
	struct register_add add = {.name = name, .jobs = jobs, .now = now, .cancel = cancel};
	int r = change_begin(&c, folder, fault);

	memset(report, 0, sizeof(*report));
	if (r == 0) {
		row = manifest_find(&c.manifest, name);
		r = row == NULL ? REGISTER_UNKNOWN : 0;
	}
	if (r == 0) {
		add.kind = (enum asset_kind)row->kind;
		add.paths = row->paths;
		add.paths_count = row->paths_count;
		r = build(&c, &add, report, fault);
	}
	if (r == 0) {
		remove_row(&c.manifest, row);
		drop_unneeded(&c.manifest);
		r = add_row(&c.manifest, &add, fault);
	}
	if (r == 0)
		r = absorb_small(&c, fault);
	if (r == 0)
		r = commit(&c, fault);
	change_end(&c);
	return r;
}

static void
add_up(struct register_report *all, const struct register_report *one)
{
	all->files += one->files;
	all->bytes += one->bytes;
	all->prints += one->prints;
	all->left_out_folders += one->left_out_folders;
	all->left_out_binary += one->left_out_binary;
	all->left_out_large += one->left_out_large;
	all->left_out_licence += one->left_out_licence;
	all->left_out_lock += one->left_out_lock;
	all->left_out_empty += one->left_out_empty;
	all->left_out_links += one->left_out_links;
}

int
register_update_all(const char *folder, unsigned jobs, int64_t now, const atomic_int *cancel,
		    struct register_report *report, struct fault *fault)
{
	struct change c;
	int r = change_begin(&c, folder, fault);

	memset(report, 0, sizeof(*report));
	for (uint32_t i = 0; r == 0 && i < c.manifest.assets_count; i++) {
		struct manifest_asset *row = &c.manifest.assets[i];
		struct register_add add = {.name = row->name,
					   .kind = (enum asset_kind)row->kind,
					   .paths = row->paths,
					   .paths_count = row->paths_count,
					   .jobs = jobs,
					   .now = now,
					   .cancel = cancel};
		struct register_report one = {0};

		r = build(&c, &add, &one, fault);
		if (r == REGISTER_NOTHING)
			r = fault_set(fault, FAULT_USAGE, "no text below its paths");
		if (r < 0)
			r = fault_wrap(fault, r,
				       "asset '%s' (if it is gone: stopwater protect remove %s)",
				       row->name, row->name);
		row->segment = UINT32_MAX;
		row->index = i;
		add_up(report, &one);
	}
	if (r == 0)
		r = commit(&c, fault);
	change_end(&c);
	return r;
}

int
register_remove(const char *folder, const char *name, struct fault *fault)
{
	struct change c;
	struct manifest_asset *row;
	int r = change_begin(&c, folder, fault);

	if (r == 0) {
		row = manifest_find(&c.manifest, name);
		r = row == NULL ? REGISTER_UNKNOWN : 0;
	}
	if (r == 0) {
		remove_row(&c.manifest, row);
		r = commit(&c, fault);
	}
	change_end(&c);
	return r;
}
