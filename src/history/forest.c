/*
 * forest.c - which object of a pack is a delta against which, as trees that can be walked in order
 *
 * Knows: offsets and bases.  Does not know: contents; nothing is inflated here.
 * Linear but for the sort, which is a radix sort; every step that touches the pack is split
 * among the threads.
 */
#include "history/inside.h"

/* ---- nodes in order of offset ---- */

struct place {
	uint64_t offset;
	uint32_t name;
};

/* Least significant byte first, only the bytes that differ. */
static struct place *
sort_places(struct place *from, struct place *spare, size_t count, uint64_t all)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t at[257] = {0};
		struct place *swap;

		if (((all >> shift) & 255) == 0)
			continue;
		for (size_t i = 0; i < count; i++)
			at[((from[i].offset >> shift) & 255) + 1]++;
		for (unsigned b = 0; b < 256; b++)
			at[b + 1] += at[b];
		for (size_t i = 0; i < count; i++)
			spare[at[(from[i].offset >> shift) & 255]++] = from[i];
		swap = from;
		from = spare;
		spare = swap;
	}
	return from;
}

static int
order_by_offset(struct forest *f, const struct pack *pack, struct fault *fault)
{
	AUTO(own_free)
	struct place *places = malloc((f->count + 1) * sizeof(*places));
	AUTO(own_free)
	struct place *spare = malloc((f->count + 1) * sizeof(*spare));
	struct place *sorted;
	uint64_t all = 0;

	if (places == NULL || spare == NULL)
		return fault_memory(fault);
	for (uint32_t i = 0; i < f->count; i++) {
		places[i] = (struct place){idx_offset(&pack->idx, i), i};
		all |= places[i].offset;
	}
	sorted = sort_places(places, spare, f->count, all);
	for (uint32_t i = 0; i < f->count; i++) {
		f->offset[i] = sorted[i].offset;
		f->name[i] = sorted[i].name;
	}
	f->offset[f->count] = pack->data_bytes;
	return 0;
}

bool
forest_node_at(const struct forest *f, uint64_t offset, uint32_t *node)
{
	uint32_t low = 0, high = f->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (f->offset[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	*node = low - 1;
	return low > 0 && f->offset[low - 1] == offset;
}

/* ---- bases ---- */

struct bases {
	struct forest *f;
	const struct pack *pack;
	const uint32_t *node_of; /* by position in the idx */
	const uint32_t *near;    /* the first node at or behind each stretch of the pack */
	unsigned shift;
	size_t id_bytes;
	size_t step;
};

static uint32_t
node_at(const struct bases *b, uint64_t offset)
{
	const struct forest *f = b->f;
	uint32_t node = b->near[offset >> b->shift];

	/* stretches hold one object on average; where somebody crowds them, search */
	for (unsigned tries = 0; tries < 16 && node < f->count; tries++, node++)
		if (f->offset[node] >= offset)
			return f->offset[node] == offset ? node : FOREST_BROKEN;
	return forest_node_at(f, offset, &node) ? node : FOREST_BROKEN;
}

static int
find_bases(void *to, unsigned thread, size_t at, struct fault *fault)
{
	const struct bases *b = to;
	struct forest *f = b->f;
	size_t from = at * b->step;
	size_t end = from + b->step < f->count ? from + b->step : f->count;

	(void)thread;
	(void)fault;
	for (size_t i = from; i < end; i++) {
		struct entry entry;
		uint32_t position;

		if (pack_entry(b->pack, f->offset[i], f->offset[i + 1], b->id_bytes, &entry) < 0)
			f->base[i] = FOREST_BROKEN;
		else if (entry.type == ENTRY_OFS_DELTA)
			f->base[i] = node_at(b, entry.base);
		else if (entry.type != ENTRY_REF_DELTA)
			f->base[i] = FOREST_ROOT(entry.type);
		else if (idx_find(&b->pack->idx, entry.base_id, &position))
			f->base[i] = b->node_of[position];
		else
			f->base[i] = FOREST_OUTSIDE;
	}
	return 0;
}

static int
link_bases(struct forest *f, const struct pack *pack, size_t id_bytes, unsigned jobs,
	   struct fault *fault)
{
	struct bases b = {.f = f, .pack = pack, .id_bytes = id_bytes, .step = 16384};
	AUTO(own_free)
	uint32_t *node_of = malloc((f->count + 1) * sizeof(*node_of));
	AUTO(own_free)
	uint32_t *near = NULL;
	size_t stretches;

	while ((pack->data_bytes >> b.shift) > f->count)
		b.shift++;
	stretches = (size_t)(pack->data_bytes >> b.shift) + 1;
	near = malloc(stretches * sizeof(*near));
	if (node_of == NULL || near == NULL)
		return fault_memory(fault);
	for (uint32_t i = 0; i < f->count; i++)
		node_of[f->name[i]] = i;
	for (size_t s = 0, i = 0; s < stretches; s++) {
		while (i < f->count && f->offset[i] < (uint64_t)s << b.shift)
			i++;
		near[s] = (uint32_t)i;
	}
	b.node_of = node_of;
	b.near = near;
	return history_parallel(jobs, (f->count + b.step - 1) / b.step, find_bases, &b, fault);
}

/* ---- the order of a walk ---- */

struct children {
	uint32_t *from; /* children of node i: [from[i], from[i + 1]) of `all` */
	uint32_t *all;
	uint32_t *weight; /* nodes in the subtree, itself counted */
};

static int
count_children(const struct forest *f, struct children *c, struct fault *fault)
{
	c->from = calloc((size_t)f->count + 2, sizeof(*c->from));
	c->all = malloc(((size_t)f->count + 1) * sizeof(*c->all));
	c->weight = malloc(((size_t)f->count + 1) * sizeof(*c->weight));
	if (c->from == NULL || c->all == NULL || c->weight == NULL)
		return fault_memory(fault);
	/* from[b + 2] counts, from[b + 1] is where the next child of b goes */
	for (uint32_t i = 0; i < f->count; i++)
		if (f->base[i] < f->count)
			c->from[f->base[i] + 2]++;
	for (uint32_t i = 0; i < f->count; i++)
		c->from[i + 2] += c->from[i + 1];
	for (uint32_t i = 0; i < f->count; i++)
		if (f->base[i] < f->count)
			c->all[c->from[f->base[i] + 1]++] = i;
	return 0;
}

/* Breadth first, every base before its children; backwards it adds up the weights.  A child of its
 * own child is never reached. */
static uint32_t
weigh(const struct forest *f, struct children *c, uint32_t *queue)
{
	uint32_t filled = 0;

	for (uint32_t i = 0; i < f->count; i++)
		if (f->base[i] >= f->count)
			queue[filled++] = i;
	for (uint32_t i = 0; i < filled; i++) {
		uint32_t node = queue[i];

		c->weight[node] = 1;
		for (uint32_t k = c->from[node]; k < c->from[node + 1]; k++)
			queue[filled++] = c->all[k];
	}
	for (uint32_t i = filled; i-- > 0;)
		if (f->base[queue[i]] < f->count)
			c->weight[f->base[queue[i]]] += c->weight[queue[i]];
	return filled;
}

/* The heaviest child last. */
static void
heaviest_last(struct children *c, uint32_t node)
{
	uint32_t from = c->from[node], end = c->from[node + 1], best = from, swap;

	for (uint32_t k = from; k < end; k++)
		if (c->weight[c->all[k]] >= c->weight[c->all[best]])
			best = k;
	/* the others keep their order: by offset, as they lie on disk */
	if (end - from < 2)
		return;
	swap = c->all[best];
	memmove(c->all + best, c->all + best + 1, (end - best - 1) * sizeof(*c->all));
	c->all[end - 1] = swap;
}

/* A node's place follows from its base's: behind the base come the subtrees of its children, one
 * after the other.  So in breadth-first order every place is known when its turn comes. */
static void
put_in_order(struct forest *f, struct children *c, const uint32_t *queue, uint32_t *place_of)
{
	uint32_t roots = 0;

	for (uint32_t i = 0; i < f->order_count; i++) {
		uint32_t node = queue[i], place, behind;

		if (f->base[node] >= f->count) {
			place_of[node] = roots;
			roots += c->weight[node];
		}
		place = place_of[node];
		f->order[place] = node;
		f->last[place] = place + c->weight[node];
		heaviest_last(c, node);
		behind = place + 1;
		for (uint32_t k = c->from[node]; k < c->from[node + 1]; k++) {
			place_of[c->all[k]] = behind;
			behind += c->weight[c->all[k]];
		}
	}
}

static void
children_free(struct children *c)
{
	free(c->from);
	free(c->all);
	free(c->weight);
}

static int
order_trees(struct forest *f, struct fault *fault)
{
	AUTO(children_free)
	struct children c = {0};
	AUTO(own_free)
	uint32_t *queue = malloc(((size_t)f->count + 1) * sizeof(*queue));
	AUTO(own_free)
	uint32_t *place_of = malloc(((size_t)f->count + 1) * sizeof(*place_of));
	int r;

	if (queue == NULL || place_of == NULL)
		return fault_memory(fault);
	r = count_children(f, &c, fault);
	if (r < 0)
		return r;
	f->order_count = weigh(f, &c, queue);
	put_in_order(f, &c, queue, place_of);
	return 0;
}

/* ---- all of it ---- */

int
forest_build(struct forest *f, const struct pack *pack, size_t id_bytes, unsigned jobs,
	     struct fault *fault)
{
	size_t room = (size_t)pack->idx.count + 1;
	int r;

	*f = (struct forest){.count = pack->idx.count};
	f->offset = malloc(room * sizeof(*f->offset));
	f->name = malloc(room * sizeof(*f->name));
	f->base = malloc(room * sizeof(*f->base));
	f->order = malloc(room * sizeof(*f->order));
	f->last = malloc(room * sizeof(*f->last));
	if (f->offset == NULL || f->name == NULL || f->base == NULL || f->order == NULL ||
	    f->last == NULL)
		r = fault_memory(fault);
	else
		r = order_by_offset(f, pack, fault);
	if (r == 0)
		r = link_bases(f, pack, id_bytes, jobs, fault);
	if (r == 0)
		r = order_trees(f, fault);
	if (r < 0)
		forest_free(f);
	return r;
}

void
forest_free(struct forest *f)
{
	free(f->offset);
	free(f->name);
	free(f->base);
	free(f->order);
	free(f->last);
	free(f->marks);
	*f = (struct forest){0};
}
