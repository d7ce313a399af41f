/*
 * match.c - from known keys to files of ours, with their odds
 *
 * Knows: how much of which kind of evidence an unrelated file never shows (docs/fingerprints.md,
 * "Thresholds" and "Odds", measured by bench/recognise).  Does not know: severity, policy.
 */
#include "register/match.h"

#include "base/fixed.h"
#include "base/own.h"
#include "register/search.h"

/* What a kind of evidence must show to stand alone, and what is enough in a blob in which other
 * files of the same asset stand already (VOUCHERS of them, or one beside it). */
struct rule {
	uint32_t keys_min;      /* different keys, close together */
	uint32_t share_ppm_min; /* of our file's keys */
	uint32_t lines_min;     /* of ours, from the first to the last */
	uint32_t vouched_keys, vouched_ppm;
	/* log10 of the odds that a file of others shows as much of one file of ours, in thousandths;
	 * measured over 2e8 pairs of files, docs/fingerprints.md, "Odds" */
	int32_t milli_base, milli_per_key;
	int32_t milli_most;
};

static const struct rule rules[PRINT_KIND_COUNT] = {
    [PRINT_TEXT] = {5, 0, 5, UINT32_MAX, 0, -6300, -400, -30000},
    [PRINT_TOKEN] = {12, 0, 8, UINT32_MAX, 0, -4700, -300, -30000},
    [PRINT_PAIR] = {8, 500000, 0, 2, 500000, -6100, -400, -30000},
    [PRINT_HARD] = {8, 500000, 0, 2, 500000, -6500, -400, -30000},
    [PRINT_SINGLE] = {5, 500000, 0, 1, 500000, -5200, -700, -30000},
    [PRINT_PLAIN] = {UINT32_MAX, 0, 0, 2, 600000, -5300, -50, -8000},
    [PRINT_EXACT] = {1, 0, 0, UINT32_MAX, 0, -30000, 0, -30000},
};

#define VOUCHERS 3

/* Data and markup repeat by their nature: so many times the keys, or this share. */
#define DATA_FACTOR    8
#define DATA_SHARE_PPM 500000

/* A module lies in one piece in a bundle: evidence counts inside a window of this many times the
 * size of our file.  Transpiling to old dialects grows code by half. */
#define WINDOW_FACTOR    2
#define WINDOW_BYTES_MIN 2048

/* Neighbours vouch when they lie so near. */
#define NEIGHBOUR_BYTES 65536

/* Lines and bytes that may lie between two hits of one chain: a function put in between. */
#define CHAIN_LINES 60
#define CHAIN_BYTES 6000
#define CHAINS_OPEN 16

/* What one kind of evidence shows for one file. */
struct evidence {
	enum print_kind kind;
	uint32_t keys, of;
	uint64_t from, to; /* in the blob */
	uint32_t first_line, last_line, first_place, last_place;
};

static void
widen(struct evidence *e, const struct hit *hit)
{
	bool first = e->to == 0 && e->first_line == 0 && e->first_place == 0;
	uint64_t end = hit->at + hit->length;

	e->from = first || hit->at < e->from ? hit->at : e->from;
	e->to = end > e->to ? end : e->to;
	e->first_line = first || hit->line < e->first_line ? hit->line : e->first_line;
	e->last_line = hit->line > e->last_line ? hit->line : e->last_line;
	e->first_place = first || hit->place < e->first_place ? hit->place : e->first_place;
	e->last_place = hit->place > e->last_place ? hit->place : e->last_place;
}

/* ---- counting different keys in a sliding range ---- */

struct tally {
	uint32_t *ids;    /* of each hit: 0.. */
	uint32_t *counts; /* of each id, in the range */
	uint32_t different;
};

static void
tally_end(struct tally *t)
{
	free(t->ids);
	free(t->counts);
}

/* Equal keys get equal ids: by a table of twice the size. */
static int
tally_begin(struct tally *t, const struct hit *hits, size_t count)
{
	size_t slots = 16;
	uint32_t *table, next = 0;

	while (slots < count * 2)
		slots *= 2;
	table = calloc(slots, sizeof(*table));
	t->different = 0;
	t->ids = malloc(count * sizeof(*t->ids));
	t->counts = calloc(count, sizeof(*t->counts));
	if (table == NULL || t->ids == NULL || t->counts == NULL) {
		free(table);
		return FAULT_MEMORY;
	}
	for (size_t i = 0; i < count; i++) {
		/* a slot holds 1 + the first hit with its key */
		size_t at = hits[i].key & (slots - 1);

		while (table[at] != 0 && hits[table[at] - 1].key != hits[i].key)
			at = (at + 1) & (slots - 1);
		if (table[at] == 0) {
			table[at] = (uint32_t)i + 1;
			t->ids[i] = next++;
		} else {
			t->ids[i] = t->ids[table[at] - 1];
		}
	}
	free(table);
	return 0;
}

static void
tally_in(struct tally *t, size_t i)
{
	t->different += t->counts[t->ids[i]]++ == 0;
}

static void
tally_out(struct tally *t, size_t i)
{
	t->different -= --t->counts[t->ids[i]] == 0;
}

/* ---- atoms: the best window ---- */

static int
best_window(const struct hit *hits, size_t count, uint64_t width, struct evidence *e)
{
	struct tally t;
	size_t low = 0, best_low = 0, best_high = 0;
	uint32_t best = 0;

	if (tally_begin(&t, hits, count) < 0) {
		tally_end(&t);
		return FAULT_MEMORY;
	}
	for (size_t high = 0; high < count; high++) {
		tally_in(&t, high);
		while (hits[high].at - hits[low].at > width)
			tally_out(&t, low++);
		if (t.different > best) {
			best = t.different;
			best_low = low;
			best_high = high;
		}
	}
	tally_end(&t);
	e->keys = best;
	for (size_t i = best_low; i <= best_high; i++)
		widen(e, &hits[i]);
	return 0;
}

/* ---- text and tokens: chains that run through both sides in the same order ---- */

struct chain {
	struct evidence evidence;
	uint64_t last_at;
	uint32_t last_place;
	uint32_t last_key;
};

static bool
goes_on(const struct chain *c, const struct hit *hit)
{
	uint64_t gap = hit->at - c->last_at;

	return hit->place + 2 >= c->last_place && hit->place <= c->last_place + CHAIN_LINES &&
	       gap <= CHAIN_BYTES;
}

static void
add_to_chain(struct chain *c, const struct hit *hit)
{
	widen(&c->evidence, hit);
	c->evidence.keys += c->evidence.keys == 0 || hit->key != c->last_key;
	c->last_at = hit->at;
	c->last_place = hit->place > c->last_place ? hit->place : c->last_place;
	c->last_key = hit->key;
}

static bool
is_long(const struct chain *c, const struct rule *rule)
{
	return c->evidence.keys >= rule->keys_min &&
	       c->evidence.last_place - c->evidence.first_place + 1 >= rule->lines_min;
}

static void
close_chain(const struct chain *c, const struct rule *rule, struct evidence *e, bool *any)
{
	if (!is_long(c, rule))
		return;
	if (!*any) {
		e->from = c->evidence.from;
		e->first_line = c->evidence.first_line;
		e->first_place = c->evidence.first_place;
	}
	*any = true;
	e->keys += c->evidence.keys;
	e->from = c->evidence.from < e->from ? c->evidence.from : e->from;
	e->to = c->evidence.to > e->to ? c->evidence.to : e->to;
	e->first_line =
	    c->evidence.first_line < e->first_line ? c->evidence.first_line : e->first_line;
	e->last_line = c->evidence.last_line > e->last_line ? c->evidence.last_line : e->last_line;
	e->first_place =
	    c->evidence.first_place < e->first_place ? c->evidence.first_place : e->first_place;
	e->last_place =
	    c->evidence.last_place > e->last_place ? c->evidence.last_place : e->last_place;
}

static void
chains(const struct hit *hits, size_t count, struct evidence *e)
{
	const struct rule *rule = &rules[e->kind];
	struct chain open[CHAINS_OPEN];
	size_t used = 0;
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		size_t best = used;

		for (size_t c = 0; c < used; c++)
			if (goes_on(&open[c], &hits[i]) &&
			    (best == used || open[c].evidence.keys > open[best].evidence.keys))
				best = c;
		if (best == used && used == CHAINS_OPEN) {
			/* the one that rested longest makes room */
			best = 0;
			for (size_t c = 1; c < used; c++)
				if (open[c].last_at < open[best].last_at)
					best = c;
			close_chain(&open[best], rule, e, &any);
			memset(&open[best], 0, sizeof(open[best]));
		} else if (best == used) {
			memset(&open[used++], 0, sizeof(open[0]));
		}
		add_to_chain(&open[best], &hits[i]);
	}
	for (size_t c = 0; c < used; c++)
		close_chain(&open[c], rule, e, &any);
}

/* ---- judging ---- */

static int32_t
chance(const struct evidence *e)
{
	const struct rule *rule = &rules[e->kind];
	int64_t milli = rule->milli_base + (int64_t)rule->milli_per_key * e->keys;

	return milli < rule->milli_most ? rule->milli_most : (int32_t)milli;
}

enum verdict { VERDICT_NO, VERDICT_WEAK, VERDICT_YES };

static enum verdict
judge(const struct evidence *e, const struct segment_file *file)
{
	const struct rule *rule = &rules[e->kind];
	uint32_t share = fixed_ppm(e->keys, e->of), factor = 1, share_min = rule->share_ppm_min;

	if ((file->flags & FILE_DATA) != 0 && e->kind != PRINT_EXACT) {
		factor = DATA_FACTOR;
		if (share >= DATA_SHARE_PPM)
			factor = 2;
		share_min = share_min < DATA_SHARE_PPM ? DATA_SHARE_PPM : share_min;
		if (e->keys < rule->keys_min * factor)
			return VERDICT_NO;
	}
	if (e->keys >= rule->keys_min * factor && share >= share_min)
		return VERDICT_YES;
	if (e->keys >= rule->vouched_keys && share >= rule->vouched_ppm && factor == 1)
		return VERDICT_WEAK;
	return VERDICT_NO;
}

static int
add_match(struct register_search *s, const struct register_match *match)
{
	if (s->matches_count == s->matches_room) {
		size_t room = s->matches_room == 0 ? 32 : s->matches_room * 2;
		struct register_match *list = realloc(s->matches, room * sizeof(*list));

		if (list == NULL)
			return FAULT_MEMORY;
		s->matches = list;
		s->matches_room = room;
	}
	s->matches[s->matches_count++] = *match;
	return 0;
}

static struct register_match
match_of(const struct seen_file *f, const struct evidence *e, const struct segment_file *file,
	 struct bytes path, enum verdict verdict)
{
	struct register_match m = {.asset = f->asset,
				   .segment = f->segment,
				   .file = f->file,
				   .path = path,
				   .kind = e->kind,
				   .matched = e->keys,
				   .of = e->of,
				   .share_ppm = fixed_ppm(e->keys, e->of),
				   .log10_chance_milli = chance(e),
				   .from = f->from,
				   .to = f->to,
				   .by_neighbours = verdict == VERDICT_WEAK};

	m.here.at_bytes = e->from;
	m.here.length_bytes = e->to - e->from;
	m.here.first_line = e->first_line;
	m.here.last_line = e->last_line;
	m.there.first_line = e->first_place;
	m.there.last_line = e->last_place;
	if (m.share_ppm >= 900000) {
		m.there.first_line = 1;
		m.there.last_line = file->lines;
	}
	return m;
}

/* How many different keys. */
static int64_t
count_keys(const struct hit *hits, size_t count)
{
	struct tally t;
	int r;

	if (count == 0)
		return 0;
	r = tally_begin(&t, hits, count);
	for (size_t i = 0; i < count && r == 0; i++)
		tally_in(&t, i);
	tally_end(&t);
	return r < 0 ? r : (int64_t)t.different;
}

/* The hits of one file and kind: those that say something, then the silent ones. */
static int
weigh(const struct register_search *s, const struct segment_file *file, const struct hit *hits,
      size_t count, struct evidence *e)
{
	uint64_t width = file->bytes * WINDOW_FACTOR;
	size_t loud = 0;
	int64_t silent;
	int r = 0;

	while (loud < count && hits[loud].silent == 0)
		loud++;
	silent = count_keys(hits + loud, count - loud);
	if (silent < 0)
		return FAULT_MEMORY;
	e->of = file->counts[e->kind] > silent ? file->counts[e->kind] - (uint32_t)silent : 1;
	if (width < WINDOW_BYTES_MIN)
		width = WINDOW_BYTES_MIN;
	if (e->kind == PRINT_TEXT || e->kind == PRINT_TOKEN)
		chains(hits, loud, e);
	else if (loud > 0)
		r = best_window(hits, loud,
				e->kind == PRINT_SINGLE && s->binary ? UINT64_MAX : width, e);
	if (e->of < e->keys)
		e->of = e->keys;
	return r;
}

/* All hits of one file, sorted by kind and place. */
static int
judge_file(struct register_search *s, const struct seen_file *f, struct fault *fault)
{
	struct hit *hits = s->hits + f->first_hit;
	struct segment_file file;
	struct register_match best = {.log10_chance_milli = 1};
	struct bytes path;
	size_t from = 0;
	int r = register_file(s->db, f->segment, f->file, &file, &path, fault);

	while (r == 0 && from < f->hits) {
		struct evidence e = {.kind = (enum print_kind)hits[from].kind};
		size_t to = from;
		enum verdict verdict;

		while (to < f->hits && hits[to].kind == (uint32_t)e.kind)
			to++;
		if (weigh(s, &file, hits + from, to - from, &e) < 0)
			return fault_memory(fault);
		verdict = judge(&e, &file);
		if (verdict != VERDICT_NO) {
			struct register_match m = match_of(f, &e, &file, path, verdict);
			bool better = best.log10_chance_milli > 0 ||
				      (best.by_neighbours && !m.by_neighbours) ||
				      (best.by_neighbours == m.by_neighbours &&
				       m.log10_chance_milli < best.log10_chance_milli);

			if (better)
				best = m;
		}
		from = to;
	}
	if (r == 0 && best.log10_chance_milli <= 0 && add_match(s, &best) < 0)
		return fault_memory(fault);
	return r;
}

/* ---- neighbours ---- */

static size_t
folder_length(struct bytes path)
{
	size_t length = path.left;

	while (length > 0 && path.at[length - 1] != '/')
		length--;
	return length;
}

static bool
is_neighbour(const struct register_match *weak, const struct register_match *strong)
{
	uint64_t weak_end = weak->here.at_bytes + weak->here.length_bytes;
	uint64_t strong_end = strong->here.at_bytes + strong->here.length_bytes;
	size_t folder = folder_length(weak->path);

	if (strong->by_neighbours || weak->asset != strong->asset ||
	    folder != folder_length(strong->path) ||
	    memcmp(weak->path.at, strong->path.at, folder) != 0)
		return false;
	return weak->here.at_bytes <= strong_end + NEIGHBOUR_BYTES &&
	       strong->here.at_bytes <= weak_end + NEIGHBOUR_BYTES;
}

/* Weak matches stay when a strong one of the same folder lies beside them, or when enough of the
 * same asset are in the blob. */
static void
ask_neighbours(struct register_search *s)
{
	size_t kept = 0, strong = 0;

	/* Strong ones to the front: the weak look only at them. */
	for (size_t i = 0; i < s->matches_count; i++)
		if (!s->matches[i].by_neighbours) {
			struct register_match swap = s->matches[strong];

			s->matches[strong++] = s->matches[i];
			s->matches[i] = swap;
		}
	kept = strong;
	for (size_t i = strong; i < s->matches_count; i++) {
		unsigned vouchers = 0;

		for (size_t n = 0; n < strong && vouchers < VOUCHERS; n++)
			if (is_neighbour(&s->matches[i], &s->matches[n]))
				vouchers = VOUCHERS;
			else
				vouchers += s->matches[i].asset == s->matches[n].asset;
		if (vouchers >= VOUCHERS)
			s->matches[kept++] = s->matches[i];
	}
	s->matches_count = kept;
}

static int
best_first(const void *a, const void *b)
{
	const struct register_match *x = a, *y = b;
	size_t length = x->path.left < y->path.left ? x->path.left : y->path.left;
	int order;

	if (x->log10_chance_milli != y->log10_chance_milli)
		return x->log10_chance_milli < y->log10_chance_milli ? -1 : 1;
	if (x->share_ppm != y->share_ppm)
		return x->share_ppm > y->share_ppm ? -1 : 1;
	if (x->matched != y->matched)
		return x->matched > y->matched ? -1 : 1;
	if (x->asset != y->asset)
		return x->asset < y->asset ? -1 : 1;
	order = length == 0 ? 0 : memcmp(x->path.at, y->path.at, length);
	if (order != 0)
		return order;
	return x->path.left < y->path.left ? -1 : x->path.left > y->path.left;
}

static int
ask_exact(struct register_search *s, const uint8_t sha256[32], uint64_t size_bytes,
	  struct fault *fault)
{
	struct register_answer answer;
	int r = register_lookup(s->db, fingerprint_exact_key(sha256), &answer, fault);

	if (answer.is_public)
		return 0;
	for (uint32_t i = 0; i < answer.count && r == 0; i++) {
		const struct register_posting *p = &answer.list[i];
		struct seen_file f = {.segment = p->segment,
				      .file = p->file,
				      .asset = p->asset,
				      .from = p->from,
				      .to = p->to};
		struct evidence e = {.kind = PRINT_EXACT, .keys = 1, .of = 1, .to = size_bytes};
		struct register_match m;
		struct segment_file file;
		struct bytes path;

		r = register_file(s->db, p->segment, p->file, &file, &path, fault);
		if (r < 0 || memcmp(file.sha256, sha256, 32) != 0)
			continue;
		e.first_line = e.first_place = 1;
		e.last_line = e.last_place = file.lines;
		m = match_of(&f, &e, &file, path, VERDICT_YES);
		if (add_match(s, &m) < 0)
			return fault_memory(fault);
	}
	return r;
}

/* A file that is here byte for byte needs no second reason. */
static bool
is_exact_already(const struct register_search *s, size_t exact, const struct seen_file *f)
{
	for (size_t i = 0; i < exact; i++)
		if (s->matches[i].segment == f->segment && s->matches[i].file == f->file)
			return true;
	return false;
}

/* ---- putting hits in order ---- */

#define CLASSES (2 * PRINT_KIND_COUNT)

static unsigned
class_of(const struct hit *hit)
{
	return 2 * hit->kind + hit->silent;
}

/* Hits of one file by kind, those that say something first, then by place.  They came almost in
 * order of place: putting each where it belongs is linear. */
static void
order_file(const struct hit *from, size_t count, struct hit *to)
{
	size_t starts[CLASSES + 1] = {0}, fill[CLASSES];

	for (size_t i = 0; i < count; i++)
		starts[class_of(&from[i]) + 1]++;
	for (unsigned c = 0; c < CLASSES; c++)
		starts[c + 1] += starts[c];
	memcpy(fill, starts, sizeof(fill));
	for (size_t i = 0; i < count; i++) {
		unsigned c = class_of(&from[i]);
		size_t at = fill[c]++;

		for (; at > starts[c] && to[at - 1].at > from[i].at; at--)
			to[at] = to[at - 1];
		to[at] = from[i];
	}
}

/* Hits by file, in the order in which the files came up. */
static int
order_hits(struct register_search *s)
{
	AUTO(own_free)
	struct hit *sorted = malloc((s->hits_count + 1) * sizeof(*sorted));
	uint32_t at = 0;

	if (sorted == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < s->files_count; i++)
		s->files[i].hits = 0;
	for (size_t i = 0; i < s->hits_count; i++)
		s->files[s->hits[i].file].hits++;
	for (size_t i = 0; i < s->files_count; i++) {
		s->files[i].first_hit = at;
		at += s->files[i].hits;
		s->files[i].hits = 0;
	}
	for (size_t i = 0; i < s->hits_count; i++) {
		struct seen_file *f = &s->files[s->hits[i].file];

		sorted[f->first_hit + f->hits++] = s->hits[i];
	}
	for (size_t i = 0; i < s->files_count; i++)
		order_file(sorted + s->files[i].first_hit, s->files[i].hits,
			   s->hits + s->files[i].first_hit);
	return 0;
}

int
register_search_end(struct register_search *s, const uint8_t sha256[32], uint64_t size_bytes,
		    struct register_matches *out, struct fault *fault)
{
	size_t exact;
	int r = 0;

	s->matches_count = 0;
	if (sha256 != NULL)
		r = ask_exact(s, sha256, size_bytes, fault);
	exact = s->matches_count;
	if (r == 0 && order_hits(s) < 0)
		r = fault_memory(fault);
	for (size_t i = 0; i < s->files_count && r == 0; i++)
		if (s->files[i].hits > 0 && !is_exact_already(s, exact, &s->files[i]))
			r = judge_file(s, &s->files[i], fault);
	if (r < 0)
		return r;
	ask_neighbours(s);
	if (s->matches_count > 0)
		qsort(s->matches, s->matches_count, sizeof(*s->matches), best_first);
	*out = (struct register_matches){s->matches, s->matches_count};
	return 0;
}
