/*
 * build.c - files -> the parts of a segment
 *
 * Knows: threads take files, results are put together in the order of the names, so that the same
 * tree gives the same segment.  Does not know: the manifest.
 */
#include "register/build.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/own.h"
#include "register/one_file.h"

#define PATHS_BYTES_MAX ((size_t)UINT32_MAX)

void
build_init(struct build *b)
{
	*b = (struct build){.paths = BUF_INIT(PATHS_BYTES_MAX)};
}

void
build_free(struct build *b)
{
	free(b->parts.entries);
	free(b->parts.assets);
	free(b->parts.files);
	free(b->parts.spans);
	free(b->parts.parts);
	buf_free(&b->paths);
	build_init(b);
}

/* Room for `more` rows behind `count`. */
static int
reserve(void **list, size_t *room, size_t count, size_t more, size_t row_bytes)
{
	size_t want = *room < 64 ? 64 : *room;
	void *grown;

	if (more > SIZE_MAX / row_bytes / 4 - count)
		return FAULT_MEMORY;
	while (want < count + more)
		want *= 2;
	if (want == *room)
		return 0;
	grown = realloc(*list, want * row_bytes);
	if (grown == NULL)
		return FAULT_MEMORY;
	*list = grown;
	*room = want;
	return 0;
}

static int
reserve_all(struct build *b, size_t entries, size_t files, size_t spans, size_t assets)
{
	struct segment_parts *p = &b->parts;

	if (reserve((void **)&p->entries, &b->entries_room, p->entries_count, entries,
		    sizeof(*p->entries)) < 0 ||
	    reserve((void **)&p->files, &b->files_room, p->files_count, files, sizeof(*p->files)) <
		0 ||
	    reserve((void **)&p->spans, &b->spans_room, p->spans_count, spans, sizeof(*p->spans)) <
		0 ||
	    reserve((void **)&p->assets, &b->assets_room, p->assets_count, assets,
		    sizeof(*p->assets)) < 0)
		return FAULT_MEMORY;
	return 0;
}

/* Numbers of parts wait unsorted, twice and more, until build_finish(). */
static int
append_parts(struct build *b, const uint32_t *list, size_t count)
{
	struct segment_parts *p = &b->parts;

	if (reserve((void **)&p->parts, &b->parts_room, p->parts_count, count, sizeof(*list)) < 0)
		return FAULT_MEMORY;
	if (count > 0)
		memcpy(p->parts + p->parts_count, list, count * sizeof(*list));
	p->parts_count += count;
	return 0;
}

/* ---- many files at once ---- */

struct crowd {
	const struct walk *walk;
	struct one_file *results; /* one a file */
	atomic_size_t next;
	atomic_int failed; /* the first fault code */
	struct fault fault;
	pthread_mutex_t lock;
	const atomic_int *cancel;
};

static void
give_up(struct crowd *c, const struct fault *fault)
{
	(void)pthread_mutex_lock(&c->lock);
	if (atomic_load(&c->failed) == 0) {
		c->fault = *fault;
		atomic_store(&c->failed, fault->code);
	}
	(void)pthread_mutex_unlock(&c->lock);
}

static void *
work(void *arg)
{
	struct crowd *c = arg;
	struct one_file_scratch scratch;
	struct fault fault = FAULT_INIT;

	one_file_scratch_init(&scratch);
	while (atomic_load(&c->failed) == 0) {
		size_t i = atomic_fetch_add(&c->next, 1);

		if (i >= c->walk->count)
			break;
		if (c->cancel != NULL && atomic_load(c->cancel) != 0) {
			(void)fault_set(&fault, FAULT_CANCEL, "stopped");
			give_up(c, &fault);
		} else if (one_file_read(&c->results[i], &c->walk->files[i], &scratch, &fault) <
			   0) {
			give_up(c, &fault);
		}
	}
	one_file_scratch_free(&scratch);
	return NULL;
}

#define JOBS_MAX 256

static void
run(struct crowd *c, unsigned jobs)
{
	pthread_t threads[JOBS_MAX];
	unsigned started = 0;

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	/* This thread is one of them: what cannot be started is done by the others. */
	while (started + 1 < jobs && started + 1 < c->walk->count &&
	       pthread_create(&threads[started], NULL, work, c) == 0)
		started++;
	(void)work(c);
	while (started > 0)
		(void)pthread_join(threads[--started], NULL);
}

/* ---- putting it together ---- */

static void
count_left_out(struct register_report *report, enum one_file_answer answer)
{
	switch (answer) {
	case ONE_FILE_BINARY:
		report->left_out_binary++;
		break;
	case ONE_FILE_LARGE:
		report->left_out_large++;
		break;
	case ONE_FILE_LICENCE:
		report->left_out_licence++;
		break;
	case ONE_FILE_EMPTY:
		report->left_out_empty++;
		break;
	case ONE_FILE_TAKEN:
		report->files++;
		break;
	}
}

static int
append_file(struct build *b, const struct one_file *one, struct bytes name, struct fault *fault)
{
	struct segment_parts *p = &b->parts;
	struct segment_file *row;

	if (reserve_all(b, one->entries_count, 1, 1, 0) < 0 ||
	    append_parts(b, one->parts, one->parts_count) < 0)
		return fault_memory(fault);
	row = &p->files[p->files_count];
	*row = one->row;
	row->asset = (uint32_t)p->assets_count;
	row->path_at = (uint32_t)b->paths.used;
	row->path_length = (uint32_t)name.left;
	if (buf_append(&b->paths, name.at, name.left) < 0)
		return fault_memory(fault);
	p->spans[p->spans_count] = (struct segment_span){.file = (uint32_t)p->files_count};
	for (size_t i = 0; i < one->entries_count; i++) {
		p->entries[p->entries_count] = one->entries[i];
		p->entries[p->entries_count++].span = (uint32_t)p->spans_count;
	}
	p->files_count++;
	p->spans_count++;
	return 0;
}

#define DIGIT_BITS 11
#define DIGITS     (1U << DIGIT_BITS)

/* One round of a sort by digits from the low end: equal digits keep their order. */
static void
sort_round(const struct segment_entry *from, struct segment_entry *to, size_t count, unsigned shift)
{
	size_t starts[DIGITS] = {0}, at = 0;

	for (size_t i = 0; i < count; i++)
		starts[from[i].key >> shift & (DIGITS - 1)]++;
	for (unsigned d = 0; d < DIGITS; d++) {
		size_t here = starts[d];

		starts[d] = at;
		at += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

/* Sorts what is nearly sorted; false when it is not, within so many moves. */
static bool
sort_nearly(struct segment_entry *list, size_t count, size_t moves_max)
{
	size_t moves = 0;

	for (size_t i = 1; i < count; i++) {
		struct segment_entry entry = list[i];
		size_t at = i;

		for (; at > 0 && list[at - 1].key > entry.key && moves <= moves_max; at--, moves++)
			list[at] = list[at - 1];
		list[at] = entry;
	}
	return moves <= moves_max;
}

/* By key; equal keys keep their order.  Keys are hashes: after their upper 33 bits hardly any two
 * are out of order.  If they are, all bits are sorted by. */
static int
sort_entries(struct segment_entry *list, size_t count)
{
	static const unsigned upper[] = {31, 42, 53}, all[] = {0, 11, 22, 33, 44, 53};
	AUTO(own_free)
	struct segment_entry *other = NULL;
	size_t i = 1;

	while (i < count && list[i - 1].key <= list[i].key)
		i++;
	if (i >= count)
		return 0;
	other = malloc(count * sizeof(*other));
	if (other == NULL)
		return FAULT_MEMORY;
	sort_round(list, other, count, upper[0]);
	sort_round(other, list, count, upper[1]);
	sort_round(list, other, count, upper[2]);
	memcpy(list, other, count * sizeof(*list));
	if (sort_nearly(list, count, 2 * count))
		return 0;
	for (size_t round = 0; round < ARRAY_LEN(all); round += 2) {
		sort_round(list, other, count, all[round]);
		sort_round(other, list, count, all[round + 1]);
	}
	return 0;
}

/* Sort the numbers of parts and drop doubles. */
static int
sort_parts(struct segment_parts *p)
{
	AUTO(own_free)
	uint32_t *other = malloc((p->parts_count + 1) * sizeof(*other));
	uint32_t *from = p->parts, *to = other;
	size_t kept = 0;

	if (other == NULL)
		return FAULT_MEMORY;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		size_t starts[256] = {0}, at = 0;

		for (size_t i = 0; i < p->parts_count; i++)
			starts[from[i] >> shift & 255]++;
		for (unsigned d = 0; d < 256; d++) {
			size_t here = starts[d];

			starts[d] = at;
			at += here;
		}
		for (size_t i = 0; i < p->parts_count; i++)
			to[starts[from[i] >> shift & 255]++] = from[i];
		to = from;
		from = from == p->parts ? other : p->parts;
	}
	for (size_t i = 0; i < p->parts_count; i++)
		if (i == 0 || p->parts[i] != p->parts[kept - 1])
			p->parts[kept++] = p->parts[i];
	p->parts_count = kept;
	return 0;
}

/* Of one asset: a public one needs each key once, ours need no more files than an answer holds. */
static size_t
thin_out(struct segment_entry *list, size_t count, size_t most)
{
	size_t kept = 0, same = 0;

	for (size_t i = 0; i < count; i++) {
		same = i > 0 && list[i].key == list[i - 1].key ? same + 1 : 0;
		if (same < most)
			list[kept++] = list[i];
	}
	return kept;
}

static int
append_all(struct build *b, const struct register_add *add, struct crowd *c,
	   struct register_report *report, struct fault *fault)
{
	struct segment_parts *p = &b->parts;
	size_t entries_from = p->entries_count, files_from = p->files_count;
	struct segment_asset *asset;
	int r = 0;

	for (size_t i = 0; i < c->walk->count && r == 0; i++) {
		count_left_out(report, c->results[i].answer);
		if (c->results[i].answer == ONE_FILE_TAKEN)
			r = append_file(b, &c->results[i], c->walk->files[i].name, fault);
		report->bytes += c->results[i].row.bytes;
	}
	if (r < 0)
		return r;
	if (p->files_count == files_from)
		return REGISTER_NOTHING;
	if (sort_entries(p->entries + entries_from, p->entries_count - entries_from) < 0 ||
	    reserve_all(b, 0, 0, 0, 1) < 0)
		return fault_memory(fault);
	/* One more than an answer holds, so that it can tell that there are more. */
	p->entries_count =
	    entries_from + thin_out(p->entries + entries_from, p->entries_count - entries_from,
				    add->kind == ASSET_PUBLIC ? 1 : REGISTER_POSTINGS_MAX + 1);
	report->prints = p->entries_count - entries_from;
	asset = &p->assets[p->assets_count++];
	*asset = (struct segment_asset){.kind = (uint8_t)add->kind,
					.files = (uint32_t)(p->files_count - files_from),
					.bytes = report->bytes,
					.prints = report->prints};
	memcpy(asset->name, add->name, strlen(add->name) + 1);
	return 0;
}

int
build_asset(struct build *b, const struct register_add *add, const struct walk *walk,
	    struct register_report *report, struct fault *fault)
{
	struct crowd c = {.walk = walk,
			  .results = calloc(walk->count + 1, sizeof(*c.results)),
			  .lock = PTHREAD_MUTEX_INITIALIZER,
			  .cancel = add->cancel};
	int r;

	if (c.results == NULL)
		return fault_memory(fault);
	run(&c, add->jobs);
	r = atomic_load(&c.failed);
	if (r < 0 && fault != NULL)
		*fault = c.fault;
	if (r == 0)
		r = append_all(b, add, &c, report, fault);
	for (size_t i = 0; i < walk->count; i++)
		one_file_free(&c.results[i]);
	free(c.results);
	return r;
}

/* ---- merging ---- */

/* Where the rows of a segment go: GONE for those that are left behind. */
#define GONE UINT32_MAX

struct moves {
	uint32_t *assets, *files, *spans;
};

static int
move_files(struct build *b, const struct segment *s, struct moves *m, struct fault *fault)
{
	struct segment_parts *p = &b->parts;

	for (uint32_t i = 0; i < segment_files_count(s); i++) {
		struct segment_file row;
		struct bytes path;
		int r = segment_file(s, i, &row, fault);

		if (r == 0)
			r = segment_path(s, &row, &path, fault);
		if (r < 0)
			return r;
		m->files[i] = GONE;
		if (m->assets[row.asset] == GONE)
			continue;
		row.asset = m->assets[row.asset];
		row.path_at = (uint32_t)b->paths.used;
		if (reserve_all(b, 0, 1, 0, 0) < 0 || buf_append(&b->paths, path.at, path.left) < 0)
			return fault_memory(fault);
		m->files[i] = (uint32_t)p->files_count;
		p->files[p->files_count++] = row;
	}
	for (uint32_t i = 0; i < segment_spans_count(s); i++) {
		struct segment_span row;
		int r = segment_span(s, i, &row, fault);

		if (r < 0)
			return r;
		m->spans[i] = GONE;
		if (m->files[row.file] == GONE)
			continue;
		row.file = m->files[row.file];
		if (reserve_all(b, 0, 0, 1, 0) < 0)
			return fault_memory(fault);
		m->spans[i] = (uint32_t)p->spans_count;
		p->spans[p->spans_count++] = row;
	}
	return 0;
}

static int
move_entries(struct build *b, const struct segment *s, const struct moves *m, struct fault *fault)
{
	struct segment_parts *p = &b->parts;
	uint64_t count = segment_entries_count(s);
	struct segment_entry *list;
	size_t kept = 0;
	int r;

	if (reserve_all(b, count, 0, 0, 0) < 0)
		return fault_memory(fault);
	list = p->entries + p->entries_count;
	r = segment_entries(s, 0, count, list, fault);
	for (uint64_t i = 0; i < count && r == 0; i++) {
		if (list[i].span >= segment_spans_count(s))
			r = fault_set(fault, FAULT_TAMPER, "a key of a segment lives nowhere");
		else if (m->spans[list[i].span] != GONE) {
			list[kept] = list[i];
			list[kept++].span = m->spans[list[i].span];
		}
	}
	p->entries_count += kept;
	return r;
}

/* Parts do not say whose they are: all of them stay.  What that is too much only makes questions a
 * little slower. */
static int
move_parts(struct build *b, const struct segment *s, struct fault *fault)
{
	struct segment_parts *p = &b->parts;
	uint32_t count = segment_parts_count(s);
	int r;

	if (reserve((void **)&p->parts, &b->parts_room, p->parts_count, count, sizeof(*p->parts)) <
	    0)
		return fault_memory(fault);
	r = segment_parts_all(s, p->parts + p->parts_count, fault);
	p->parts_count += count;
	return r;
}

int
build_segment(struct build *b, const struct segment *s, const bool *keep, struct fault *fault)
{
	AUTO(own_free)
	uint32_t *assets = calloc(segment_assets_count(s) + (size_t)1, 4);
	AUTO(own_free)
	uint32_t *files = calloc(segment_files_count(s) + (size_t)1, 4);
	AUTO(own_free)
	uint32_t *spans = calloc(segment_spans_count(s) + (size_t)1, 4);
	struct moves m = {assets, files, spans};
	int r = 0;

	if (assets == NULL || files == NULL || spans == NULL ||
	    reserve_all(b, 0, 0, 0, segment_assets_count(s)) < 0)
		return fault_memory(fault);
	for (uint32_t i = 0; i < segment_assets_count(s) && r == 0; i++) {
		m.assets[i] = GONE;
		if (!keep[i])
			continue;
		m.assets[i] = (uint32_t)b->parts.assets_count;
		r = segment_asset(s, i, &b->parts.assets[b->parts.assets_count++], fault);
	}
	if (r == 0)
		r = move_files(b, s, &m, fault);
	if (r == 0)
		r = move_entries(b, s, &m, fault);
	return r < 0 ? r : move_parts(b, s, fault);
}

int
build_finish(struct build *b, struct fault *fault)
{
	b->parts.paths = buf_bytes(&b->paths);
	if (sort_entries(b->parts.entries, b->parts.entries_count) < 0 || sort_parts(&b->parts) < 0)
		return fault_memory(fault);
	return 0;
}
