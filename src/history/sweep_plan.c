/*
 * sweep_plan.c - cut the work of a sweep into pieces for many threads
 *
 * Knows: forests, and what need not be rebuilt because it is a copy or known already.  Does not
 * know: contents.
 * A piece is a run of whole trees, or one subtree of a large tree, whose base is then rebuilt by
 * its chain once more.  Weights are guesses: every object of a tree is taken to be as large as its
 * root.
 */
#include "history/sweep.h"

/* The same cuts for any number of threads, so that who looks at edits alone sees the same edits.  32
 * pieces for each of four threads: the last one to end leaves the others idle for 1/32 of the time
 * at most. */
#define PIECES          128
#define PIECE_BYTES_MIN ((uint64_t)1 << 20)

/* How deep below the root a subtree may be cut off: what its chain costs again. */
#define CUT_DEPTH_MAX 64

#define LOOSE_PER_PIECE 64

/* A large file that grew by a line in each of 5,000 commits unpacks honestly to 20,000 times what
 * it takes in a pack; limits.ratio is meant for archives. */
#define RATIO_TIMES 16

static int
add_piece(struct sweep *s, const struct piece *piece)
{
	if (s->pieces_count == s->pieces_room) {
		size_t room = s->pieces_room == 0 ? 256 : s->pieces_room * 2;
		struct piece *grown = realloc(s->pieces, room * sizeof(*grown));

		if (grown == NULL)
			return FAULT_MEMORY;
		s->pieces = grown;
		s->pieces_room = room;
	}
	s->pieces[s->pieces_count++] = *piece;
	return 0;
}

/* ---- what is needed ---- */

struct marking {
	struct sweep *s;
	struct pack *pack;
	bool all_shown;
	uint32_t *starts; /* places where runs of trees begin, and the end */
};

static bool
is_wanted(const struct sweep *s, const struct forest *f, uint32_t root)
{
	uint32_t base = f->base[root];

	for (unsigned type = HISTORY_COMMIT; type <= HISTORY_TAG; type++)
		if (base == FOREST_ROOT(type))
			return (s->visitor->types & HISTORY_BIT(type)) != 0;
	return true;
}

static unsigned
mark_of(const struct marking *m, uint32_t node)
{
	const struct pack *pack = m->pack;
	const struct history_visitor *v = m->s->visitor;
	const struct history *h = m->s->h;
	uint32_t name = pack->forest.name[node];
	bool shown = m->all_shown;

	if (!shown && (pack->copies == NULL || !(pack->copies[name / 64] >> (name % 64) & 1)) &&
	    !(pack->is_alternate && h->options.no_alternates)) {
		struct history_id id = id_of(h, idx_id(&pack->idx, name));

		shown = v->known == NULL || !v->known(v->to, &id);
	}
	return (shown ? NODE_SHOWN : 0) |
	       (shown || (h->options.check_hashes && !m->s->again) ? NODE_NEEDED : 0);
}

static int
mark_run(void *to, unsigned thread, size_t at, struct fault *fault)
{
	const struct marking *m = to;
	struct forest *f = &m->pack->forest;

	(void)thread;
	(void)fault;
	for (uint32_t tree = m->starts[at]; tree < m->starts[at + 1]; tree = f->last[tree]) {
		if (!is_wanted(m->s, f, f->order[tree]))
			continue;
		for (uint32_t place = f->last[tree]; place-- > tree;) {
			uint32_t node = f->order[place];

			f->marks[node] |= (uint8_t)mark_of(m, node);
			if ((f->marks[node] & NODE_NEEDED) && f->base[node] < f->count)
				f->marks[f->base[node]] |= NODE_NEEDED;
		}
	}
	return 0;
}

static int
mark_pack(struct sweep *s, struct pack *pack, struct fault *fault)
{
	struct forest *f = &pack->forest;
	struct marking m = {.s = s, .pack = pack};
	const uint32_t step = 8192;
	AUTO(own_free)
	uint32_t *starts = malloc(((size_t)f->order_count / step + 3) * sizeof(*starts));
	size_t runs = 0;

	f->marks = calloc((size_t)f->count + 1, 1);
	if (f->marks == NULL || starts == NULL)
		return fault_memory(fault);
	for (uint32_t tree = 0, next = 0; tree < f->order_count; tree = f->last[tree])
		if (tree >= next) {
			starts[runs++] = tree;
			next = tree + step;
		}
	starts[runs] = f->order_count;
	m.starts = starts;
	m.all_shown = s->visitor->known == NULL && pack->copies == NULL &&
		      !(pack->is_alternate && s->h->options.no_alternates);
	return history_parallel(s->h->options.jobs, runs, mark_run, &m, fault);
}

/* ---- pieces ---- */

/* Roughly the bytes of one object of the tree. */
static uint64_t
root_weight(const struct sweep *s, const struct pack *pack, uint32_t root)
{
	const struct forest *f = &pack->forest;
	struct entry entry;

	if (pack_entry(pack, f->offset[root], f->offset[root + 1], s->h->id_bytes, &entry) < 0)
		return 64;
	return (entry.size < s->h->options.limits.member ? entry.size
							 : s->h->options.limits.member) +
	       64;
}

/* Cut subtrees of [tree, last) into pieces of about `share`; what is left stays with the tree. */
static int
cut_tree(struct sweep *s, size_t pack, uint32_t tree, uint64_t each, uint64_t share)
{
	struct forest *f = &s->h->packs[pack].forest;
	uint32_t ends[CUT_DEPTH_MAX];
	unsigned depth = 0;
	uint32_t place = tree;
	int r = 0;

	while (r == 0 && place < f->last[tree]) {
		uint64_t weight = (f->last[place] - place) * each;

		while (depth > 0 && ends[depth - 1] <= place)
			depth--;
		if (place != tree && weight <= share && weight >= share / 8) {
			struct piece piece = {PIECE_TREES, place, f->last[place], pack, weight};

			f->marks[f->order[place]] |= NODE_CUT;
			r = add_piece(s, &piece);
			place = f->last[place];
		} else if (depth == CUT_DEPTH_MAX || weight < share / 8) {
			place = f->last[place];
		} else {
			ends[depth++] = f->last[place];
			place++;
		}
	}
	return r;
}

static int
add_pack_pieces(struct sweep *s, size_t pack, uint64_t share)
{
	struct forest *f = &s->h->packs[pack].forest;
	struct piece run = {PIECE_TREES, 0, 0, pack, 0};
	int r = 0;

	for (uint32_t tree = 0; r == 0 && tree < f->order_count; tree = f->last[tree]) {
		uint32_t root = f->order[tree];
		uint64_t each, weight;

		run.to = f->last[tree];
		if (!(f->marks[root] & NODE_NEEDED))
			continue;
		each = root_weight(s, &s->h->packs[pack], root);
		weight = (f->last[tree] - tree) * each;
		if (weight > 2 * share)
			r = cut_tree(s, pack, tree, each, share);
		run.weight += weight;
		if (r == 0 && run.weight >= share) {
			r = add_piece(s, &run);
			run = (struct piece){PIECE_TREES, run.to, run.to, pack, 0};
		}
	}
	if (r == 0 && run.weight > 0)
		r = add_piece(s, &run);
	return r;
}

static uint64_t
weigh_pack(const struct sweep *s, const struct pack *pack)
{
	const struct forest *f = &pack->forest;
	uint64_t weight = 0;

	for (uint32_t tree = 0; tree < f->order_count; tree = f->last[tree])
		if (f->marks[f->order[tree]] & NODE_NEEDED)
			weight += (f->last[tree] - tree) * root_weight(s, pack, f->order[tree]);
	return weight;
}

static int
add_loose_pieces(struct sweep *s)
{
	uint32_t count = (uint32_t)s->h->loose.count;
	int r = 0;

	for (uint32_t at = 0; r == 0 && at < count; at += LOOSE_PER_PIECE) {
		uint32_t end = count - at > LOOSE_PER_PIECE ? at + LOOSE_PER_PIECE : count;
		struct piece piece = {PIECE_LOOSE, at, end, SIZE_MAX, (end - at) * 1024};

		r = add_piece(s, &piece);
	}
	return r;
}

static int
add_checksum_pieces(struct sweep *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && !s->again && i < s->h->packs_count; i++) {
		const struct pack *pack = &s->h->packs[i];
		struct piece whole = {PIECE_PACK_CHECKSUM, 0, 0, i, pack->map.bytes};
		struct piece idx = {PIECE_IDX_CHECKSUM, 0, 0, i, pack->idx.map.bytes};

		if (pack->is_alternate && s->h->options.no_alternates)
			continue;
		r = add_piece(s, &whole);
		if (r == 0 && pack->idx.map.at != NULL)
			r = add_piece(s, &idx);
	}
	return r;
}

/* The largest first, else in the order they were made, which is that of the disk. */
static int
piece_order(const void *one, const void *other)
{
	const struct piece *a = one, *b = other;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->pack != b->pack)
		return a->pack < b->pack ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

static void
largest_first(struct sweep *s, uint64_t share)
{
	size_t large = 0;

	for (size_t i = 0; i < s->pieces_count; i++)
		if (s->pieces[i].weight > 2 * share) {
			struct piece piece = s->pieces[i];

			memmove(s->pieces + large + 1, s->pieces + large,
				(i - large) * sizeof(*s->pieces));
			s->pieces[large++] = piece;
		}
	if (large > 0)
		qsort(s->pieces, large, sizeof(*s->pieces), piece_order);
}

int
sweep_plan(struct sweep *s, struct fault *fault)
{
	struct history *h = s->h;
	uint64_t weight = 0, share, packed = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < h->packs_count; i++) {
		struct pack *pack = &h->packs[i];

		packed += pack->map.bytes;
		if (pack->is_alternate && h->options.no_alternates)
			continue;
		r = forest_build(&pack->forest, pack, h->id_bytes, h->options.jobs, fault);
		if (r == 0)
			r = mark_pack(s, pack, fault);
		if (r == 0)
			weight += weigh_pack(s, pack);
	}
	if (r != 0)
		return r;
	share = weight / PIECES;
	if (share < PIECE_BYTES_MIN)
		share = PIECE_BYTES_MIN;
	r = add_checksum_pieces(s);
	for (size_t i = 0; r == 0 && i < h->packs_count; i++)
		if (h->packs[i].forest.marks != NULL)
			r = add_pack_pieces(s, i, share);
	if (r == 0)
		r = add_loose_pieces(s);
	if (r < 0)
		return fault_memory(fault);
	largest_first(s, share);
	s->rebuilt_max = packed > UINT64_MAX / RATIO_TIMES / (h->options.limits.ratio + 1)
			     ? UINT64_MAX
			     : packed * h->options.limits.ratio * RATIO_TIMES;
	if (s->rebuilt_max < BUDGET_RATIO_FROM_BYTES * RATIO_TIMES)
		s->rebuilt_max = BUDGET_RATIO_FROM_BYTES * RATIO_TIMES;
	return 0;
}
