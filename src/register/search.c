/*
 * search.c - stream a blob past the register and keep what it knows
 *
 * Knows: that almost no key of an unrelated blob is known, so filters are asked for many keys at
 * once while they are made, before anything else is touched.  Does not know: how much of it is evidence (match.c).
 */
#include "register/search.h"

#include "base/own.h"

/* Keys that so many of our files have tell that it is our house, but not which room; they are
 * boilerplate and count neither for nor against. */
#define FILES_MAX 24

/* Different assets with the same key: code that is copied around, like code that is public. */
#define ASSETS_MAX 3

/* 128 MB; a blob made of our code alone reaches it at about 50 MB.  What lies behind is not
 * counted any more, which changes no verdict. */
#define HITS_MAX ((size_t)4 << 20)

/* What ends in the part seen before was asked for then; of the rest, what the filter lets through. */
static size_t
sieve_prints(void *context, struct print *list, size_t count)
{
	struct register_search *s = context;
	size_t kept = 0;

	for (size_t from = 0; from < count && s->failed == 0; from += REGISTER_AT_ONCE) {
		size_t left = count - from < REGISTER_AT_ONCE ? count - from : REGISTER_AT_ONCE;
		uint64_t keys[REGISTER_AT_ONCE], maybe;

		for (size_t i = 0; i < left; i++)
			keys[i] = list[from + i].key;
		s->failed = register_may_hold(s->db, keys, left, &maybe, &s->fault);
		s->asked += left;
		for (; s->failed == 0 && maybe != 0; maybe &= maybe - 1) {
			const struct print *print = &list[from + (size_t)__builtin_ctzll(maybe)];

			if (print->at + (size_t)print->length > s->seen)
				list[kept++] = *print;
		}
	}
	return kept;
}

static void
sieve_parts(void *context, const uint32_t *parts, uint8_t *known, size_t count)
{
	struct register_search *s = context;

	memset(known, 0, count);
	for (size_t from = 0; from < count && s->failed == 0; from += REGISTER_AT_ONCE) {
		size_t left = count - from < REGISTER_AT_ONCE ? count - from : REGISTER_AT_ONCE;
		uint64_t maybe;

		s->failed = register_may_pair(s->db, parts + from, left, &maybe, &s->fault);
		for (; s->failed == 0 && maybe != 0; maybe &= maybe - 1)
			known[from + (size_t)__builtin_ctzll(maybe)] = 1;
	}
}

int
register_search_new(struct register_search **out, const struct register_db *db, struct fault *fault)
{
	struct register_search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return fault_memory(fault);
	s->db = db;
	s->sieve = (struct print_sieve){s, sieve_prints, sieve_parts};
	s->prints.sieve = &s->sieve;
	s->fault = (struct fault)FAULT_INIT;
	*out = s;
	return 0;
}

void
register_search_free(struct register_search **search)
{
	struct register_search *s = *search;

	if (s == NULL)
		return;
	prints_free(&s->prints);
	free(s->hits);
	free(s->files);
	free(s->slots);
	free(s->line_starts);
	free(s->matches);
	free(s);
	*search = NULL;
}

void
register_search_reset(struct register_search *s)
{
	s->hits_count = s->files_count = s->matches_count = 0;
	s->lines = s->asked = s->known = 0;
	s->binary = false;
	if (s->slots != NULL)
		memset(s->slots, 0, s->slots_count * sizeof(*s->slots));
}

void
register_search_counts(const struct register_search *s, uint64_t *asked, uint64_t *known)
{
	*asked = s->asked;
	*known = s->known;
}

static uint32_t
hash_file(uint32_t segment, uint32_t file)
{
	return (uint32_t)(((uint64_t)segment << 32 | file) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static int
grow_slots(struct register_search *s)
{
	size_t count = s->slots_count == 0 ? 64 : s->slots_count * 2;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (slots == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < s->files_count; i++) {
		size_t at = hash_file(s->files[i].segment, s->files[i].file) & (count - 1);

		while (slots[at] != 0)
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(s->slots);
	s->slots = slots;
	s->slots_count = count;
	return 0;
}

/* The index of a file among those seen, new or known; < 0: memory. */
static int64_t
file_index(struct register_search *s, const struct register_posting *posting)
{
	struct seen_file *list;
	size_t at;

	if (s->files_count * 2 >= s->slots_count && grow_slots(s) < 0)
		return FAULT_MEMORY;
	at = hash_file(posting->segment, posting->file) & (s->slots_count - 1);
	for (; s->slots[at] != 0; at = (at + 1) & (s->slots_count - 1)) {
		const struct seen_file *f = &s->files[s->slots[at] - 1];

		if (f->segment == posting->segment && f->file == posting->file)
			return s->slots[at] - 1;
	}
	if (s->files_count == s->files_room) {
		size_t room = s->files_room == 0 ? 32 : s->files_room * 2;

		list = realloc(s->files, room * sizeof(*list));
		if (list == NULL)
			return FAULT_MEMORY;
		s->files = list;
		s->files_room = room;
	}
	s->files[s->files_count] = (struct seen_file){.segment = posting->segment,
						      .file = posting->file,
						      .asset = posting->asset,
						      .from = posting->from,
						      .to = posting->to};
	s->slots[at] = (uint32_t)s->files_count + 1;
	return (int64_t)s->files_count++;
}

static int
add_hit(struct register_search *s, const struct hit *hit)
{
	if (s->hits_count == s->hits_room) {
		size_t room = s->hits_room == 0 ? 256 : s->hits_room * 2;
		struct hit *list = realloc(s->hits, room * sizeof(*list));

		if (list == NULL)
			return FAULT_MEMORY;
		s->hits = list;
		s->hits_room = room;
	}
	s->hits[s->hits_count++] = *hit;
	return 0;
}

static int
known_key(struct register_search *s, const struct print *print, uint64_t base, struct fault *fault)
{
	struct register_answer answer;
	bool silent;
	int r = register_lookup(s->db, print->key, &answer, fault);

	if (r < 0 || answer.count == 0)
		return r;
	s->known++;
	silent = answer.is_public || answer.crowded || answer.assets > ASSETS_MAX ||
		 answer.count > FILES_MAX;
	for (uint32_t i = 0; i < answer.count && s->hits_count < HITS_MAX; i++) {
		struct hit hit = {.at = base + print->at,
				  .key = (uint32_t)(print->key >> 8),
				  .place = answer.list[i].place,
				  .length = print->length & 0x7ffffff,
				  .silent = silent,
				  .kind = print->kind};
		int64_t file = file_index(s, &answer.list[i]);

		if (file < 0)
			return fault_memory(fault);
		hit.file = (uint32_t)file;
		if (add_hit(s, &hit) < 0)
			return fault_memory(fault);
	}
	return 0;
}

static void
begin_window(struct register_search *s, size_t seen)
{
	s->prints.count = s->prints.sieved = 0;
	s->seen = seen;
	s->failed = 0;
}

/* `r` of the fingerprinting; then look up what the filters let through. */
static int
end_window(struct register_search *s, uint64_t base, int r, struct fault *fault)
{
	if (s->failed < 0 && fault != NULL)
		*fault = s->fault;
	if (s->failed < 0)
		return s->failed;
	for (size_t i = 0; i < s->prints.count && r == 0; i++)
		r = known_key(s, &s->prints.list[i], base, fault);
	return r;
}

static uint64_t
count_lines(const uint8_t *from, const uint8_t *to)
{
	uint64_t lines = 0;

	/* in bytes, 128 times: so that the compiler may count 16 and more at once */
	while (to - from >= 128 * 16) {
		uint8_t counts[16] = {0};

		for (int i = 0; i < 128; i++, from += 16)
			for (int n = 0; n < 16; n++)
				counts[n] += from[n] == '\n';
		for (int n = 0; n < 16; n++)
			lines += counts[n];
	}
	for (; from < to; from++)
		lines += *from == '\n';
	return lines;
}

/* Where lines begin in the window, for looking up the lines of hits. */
static int
find_lines(struct register_search *s, struct bytes window)
{
	const uint8_t *p = window.at, *end = window.at + window.left;

	s->line_starts_count = 0;
	while (p != NULL && p < end) {
		if (s->line_starts_count == s->line_starts_room) {
			size_t room = s->line_starts_room == 0 ? 256 : s->line_starts_room * 2;
			uint32_t *list = realloc(s->line_starts, room * sizeof(*list));

			if (list == NULL)
				return FAULT_MEMORY;
			s->line_starts = list;
			s->line_starts_room = room;
		}
		s->line_starts[s->line_starts_count++] = (uint32_t)(p - window.at);
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? NULL : p + 1;
	}
	return 0;
}

/* Fill the lines of the hits of this window. */
static int
number_hits(struct register_search *s, size_t first_hit, struct bytes window, uint64_t at_bytes,
	    size_t seen)
{
	uint64_t line = s->lines + 1 - count_lines(window.at, window.at + seen);

	s->lines += count_lines(window.at + seen, window.at + window.left);
	if (first_hit == s->hits_count)
		return 0;
	if (find_lines(s, window) < 0)
		return FAULT_MEMORY;
	for (size_t i = first_hit; i < s->hits_count; i++) {
		uint64_t at = s->hits[i].at - at_bytes;
		size_t low = 0, high = s->line_starts_count;

		while (low + 1 < high) {
			size_t middle = low + (high - low) / 2;

			if (s->line_starts[middle] <= at)
				low = middle;
			else
				high = middle;
		}
		s->hits[i].line = line + low > UINT32_MAX ? UINT32_MAX : (uint32_t)(line + low);
	}
	return 0;
}

int
register_search_text(struct register_search *s, struct bytes window, uint64_t at_bytes, size_t seen,
		     const struct language *language, struct fault *fault)
{
	size_t first_hit = s->hits_count;
	int r;

	begin_window(s, seen);
	r = fingerprint_text(&s->prints, window, language, PRINT_QUERY, fault);
	r = end_window(s, at_bytes, r, fault);
	if (r == 0 && number_hits(s, first_hit, window, at_bytes, seen) < 0)
		return fault_memory(fault);
	return r;
}

int
register_search_strings(struct register_search *s, struct bytes window, uint64_t at_bytes,
			size_t seen, enum print_strings form, struct fault *fault)
{
	int r;

	begin_window(s, seen);
	s->binary = true;
	r = fingerprint_strings(&s->prints, window, form, fault);
	return end_window(s, at_bytes, r, fault);
}
