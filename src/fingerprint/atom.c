/*
 * atom.c - the parts that compilers and minifiers keep, and the pairs of them
 *
 * Knows: which tokens reach the bundle unchanged: string and template contents, regexes, rare
 * numbers, names behind a dot, keys and members.  Does not know: how common a part is (tables.h).
 *
 * Pairs are unordered and reach over up to three parts, because minifiers swap branches, merge
 * declarations and hoist; measured against ordered triples in docs/fingerprints.md.
 */
#include "fingerprint/print.h"

#include "fingerprint/tables.h"

/* Two parts say something together when their classes add up to this: a rare one beside one that
 * is in many packages, or two that are in several. */
#define PAIR_CLASSES_MIN 4

/* Three parts in a row say something together when not all of them are in many packages: lists of
 * months, of typed arrays, of DOM events are in everybody's code. */
#define TRIPLE_CLASSES_MIN 4

static int
add_triple(struct prints *out, const struct atoms *atoms, const struct atom *atom)
{
	const struct atom *b = atom - 1, *a = atom - 2;
	uint64_t low = a->hash, middle = b->hash, high = atom->hash, swap;
	enum print_kind kind = atoms->kind;

	if (low == middle || middle == high || low == high ||
	    a->number + b->number + atom->number > 1)
		return 0;
	if (a->class + b->class + atom->class < TRIPLE_CLASSES_MIN) {
		if (atoms->plain == atoms->kind)
			return 0;
		kind = atoms->plain;
	}
	if (low > middle)
		swap = low, low = middle, middle = swap;
	if (middle > high)
		swap = middle, middle = high, high = swap;
	if (low > middle)
		swap = low, low = middle, middle = swap;
	return prints_add(out, mix_fold(mix_fold(low ^ MIX_B, middle ^ MIX_C) ^ high, MIX_A), a->at,
			  atom->end > a->at ? atom->end : a->at, kind);
}

static int
add_pair(struct prints *out, const struct atoms *atoms, const struct atom *atom,
	 const struct atom *other)
{
	uint64_t low = atom->hash < other->hash ? atom->hash : other->hash;
	uint64_t high = atom->hash < other->hash ? other->hash : atom->hash;
	enum print_kind kind = atoms->kind;

	if (low == high || (atom->number && other->number))
		return 0;
	if (atom->class + other->class < PAIR_CLASSES_MIN) {
		if (atoms->plain == atoms->kind)
			return 0;
		kind = atoms->plain;
	}
	return prints_add(out, mix_fold(low ^ MIX_A, high ^ MIX_B), other->at,
			  atom->end > other->at ? atom->end : other->at, kind);
}

/* Pair the atoms that are new in the list with those before them, then keep the last few. */
static int
pair_up(struct prints *out, struct atoms *atoms, uint32_t reach)
{
	for (uint32_t i = atoms->done; i < atoms->count; i++) {
		const struct atom *atom = &atoms->list[i];

		/* What nobody registered is in no pair; it still takes a place among its neighbours. */
		if (!atom->known)
			continue;
		for (uint32_t back = 1; back <= reach && back <= i; back++)
			if (atom[-(ptrdiff_t)back].known &&
			    add_pair(out, atoms, atom, atom - back) < 0)
				return FAULT_MEMORY;
		if (i >= 2 && atom[-1].known && atom[-2].known && add_triple(out, atoms, atom) < 0)
			return FAULT_MEMORY;
	}
	if (atoms->count > ATOM_REACH_QUERY) {
		memmove(atoms->list, atoms->list + atoms->count - ATOM_REACH_QUERY,
			ATOM_REACH_QUERY * sizeof(atoms->list[0]));
		atoms->count = ATOM_REACH_QUERY;
	}
	atoms->done = atoms->count;
	return 0;
}

/* Which of the new atoms may be known at all? */
static void
ask_sieve(struct atom_pairs *p)
{
	struct atom *list = p->all.list + p->all.done;
	uint32_t count = p->all.count - p->all.done, parts[ATOM_BATCH];
	uint8_t known[ATOM_BATCH];
	const struct print_sieve *sieve = p->out->sieve;

	for (uint32_t i = 0; i < count; i++) {
		parts[i] = (uint32_t)(list[i].hash >> 32);
		known[i] = 1;
	}
	if (sieve != NULL)
		sieve->parts(sieve->context, parts, known, count);
	for (uint32_t i = 0; i < count; i++)
		list[i].known = known[i] != 0;
}

/* What is only worth working out of atoms that are known. */
static int
look_closer(struct atom_pairs *p, struct atom *atom)
{
	const uint8_t *at = p->text + atom->at;
	size_t length = atom->end - atom->at;

	if (p->use == PRINT_REGISTER && prints_add_part(p->out, atom) < 0)
		return FAULT_MEMORY;
	if (atom->class != ATOM_CLASS_LATER)
		return 0;
	if (length > STRING_BYTES_MAX - 4)
		length = STRING_BYTES_MAX - 4;
	atom->class = string_class(at, length, atom->hash);
	if (!atom->string || !string_is_single(at, length, atom->class))
		return 0;
	return prints_add(p->out, atom->hash, atom->at, atom->end, PRINT_SINGLE);
}

int
atom_pairs_batch(struct atom_pairs *p)
{
	uint32_t reach = p->use == PRINT_QUERY ? ATOM_REACH_QUERY : ATOM_REACH_REGISTER;

	ask_sieve(p);
	for (uint32_t i = p->all.done; i < p->all.count; i++) {
		struct atom *atom = &p->all.list[i];

		if (atom->known && look_closer(p, atom) < 0)
			return FAULT_MEMORY;
		if (atom->hard)
			p->hard.list[p->hard.count++] = *atom;
	}
	if (pair_up(p->out, &p->hard, reach) < 0)
		return FAULT_MEMORY;
	if (p->hard_only)
		p->all.count = p->all.done = 0;
	return pair_up(p->out, &p->all, reach);
}

void
atom_pairs_begin(struct atom_pairs *p, struct prints *out, const uint8_t *text, enum print_use use)
{
	p->out = out;
	p->text = text;
	p->use = use;
	p->hard_only = false;
	p->all.kind = PRINT_PAIR;
	p->all.plain = PRINT_PLAIN;
	p->hard.kind = p->hard.plain = PRINT_HARD;
	p->all.count = p->all.done = p->hard.count = p->hard.done = 0;
}

void
atom_begin(struct atom_stage *s, struct prints *out, struct bytes text,
	   const struct language *language, enum print_use use)
{
	s->text = text.at;
	s->length = text.left;
	s->language = language;
	s->last = (struct token){.code = TOKEN_NONE};
	s->before[0] = s->before[1] = TOKEN_NONE;
	s->in_type = false;
	s->joined = 0;
	atom_pairs_begin(&s->pairs, out, text.at, use);
}

static int
add(struct atom_stage *s, const struct token *t, uint64_t hash, bool hard, bool string)
{
	struct atom atom = {.hash = hash,
			    .at = t->at,
			    .end = t->end,
			    .class = ATOM_CLASS_LATER,
			    .hard = hard,
			    .string = string};

	return hash == 0 ? 0 : atom_pairs_add(&s->pairs, &atom);
}

static bool
is_word(uint8_t code)
{
	return code == TOKEN_NAME || code >= TOKEN_KEYWORD_FIRST;
}

/* Does the name keep its spelling when local names are shortened? */
static bool
is_kept(const struct atom_stage *s, const struct token *t, uint8_t next)
{
	uint8_t previous = s->before[0];

	if (previous == '.')
		return s->before[1] != '.'; /* ...rest is local */
	if (previous == '>' && s->before[1] == '-')
		return true;
	if (previous == ':' && s->before[1] == ':')
		return true;
	if (t->context == CONTEXT_OBJECT && (previous == '{' || previous == ','))
		return next == ':' || next == ',' || next == '}' || next == '(' || next == '=';
	if (t->context == CONTEXT_OBJECT || t->context == CONTEXT_CLASS) {
		bool member = previous == '{' || previous == '}' || previous == ';' ||
			      previous == '*' ||
			      (previous >= KEYWORD_STATIC && previous <= KEYWORD_SET) ||
			      (previous >= KEYWORD_PUBLIC && previous <= KEYWORD_READONLY);

		return member && (next == '(' || next == '=' || next == ';');
	}
	return false;
}

/* Module names are resolved away: import x from "m", require("m"). */
static bool
is_module_name(const struct atom_stage *s)
{
	if (s->before[0] == KEYWORD_FROM || s->before[0] == KEYWORD_IMPORT)
		return true;
	if (s->before[0] == '(')
		return s->before[1] == KEYWORD_REQUIRE || s->before[1] == KEYWORD_IMPORT;
	return s->before[0] == KEYWORD_INCLUDE && (s->language->flags & LANGUAGE_INCLUDE) != 0;
}

/* A string that a minifier may turn into a name: "key": ..., x["key"]. */
static bool
is_soft_string(const struct atom_stage *s, const struct token *t, uint8_t next)
{
	return (next == ':' && (t->context == CONTEXT_OBJECT || s->before[0] == '{')) ||
	       (s->before[0] == '[' && next == ']');
}

/* A literal whose content is not what stands there: escapes, or "in" "pieces". */
static int
judge_decoded(struct atom_stage *s, const struct token *t, uint8_t next)
{
	struct bytes literal = bytes_make(s->text + t->at, t->end - t->at);
	struct atom atom = {.end = t->end, .hard = !is_soft_string(s, t, next)};
	size_t length;

	if (s->joined == 0)
		s->joined_at = t->at;
	s->joined = t->raw && literal.left < STRING_BYTES_MAX - 4 - s->joined
			? (memcpy(s->joined_text + s->joined, literal.at, literal.left),
			   s->joined + literal.left)
			: string_decode(literal, s->joined_text, s->joined);
	if (next == TOKEN_STRING && (s->language->flags & LANGUAGE_JOINED) != 0)
		return 0;
	length = s->joined < STRING_BYTES_MAX - 4 ? s->joined : STRING_BYTES_MAX - 4;
	s->joined = 0;
	atom.at = s->joined_at;
	atom.hash = string_hash(s->joined_text, length, sizeof(s->joined_text));
	if (atom.hash == 0)
		return 0;
	atom.class = string_class(s->joined_text, length, atom.hash);
	if (string_is_single(s->joined_text, length, atom.class) &&
	    prints_add(s->pairs.out, atom.hash, atom.at, atom.end, PRINT_SINGLE) < 0)
		return FAULT_MEMORY;
	return atom_pairs_add(&s->pairs, &atom);
}

static int
judge_string(struct atom_stage *s, const struct token *t, uint8_t next)
{
	if (is_module_name(s)) {
		s->joined = 0;
		return 0;
	}
	if (s->joined > 0 || (t->escaped && !t->raw) ||
	    (next == TOKEN_STRING && (s->language->flags & LANGUAGE_JOINED) != 0))
		return judge_decoded(s, t, next);
	return add(s, t, string_hash(s->text + t->at, t->end - t->at, s->length - t->at),
		   !is_soft_string(s, t, next), true);
}

/* `type X = ...;` of TypeScript leaves nothing behind. */
static void
watch_types(struct atom_stage *s, const struct token *t, uint8_t next)
{
	uint8_t previous = s->before[0];
	bool fresh = previous == TOKEN_NONE || previous == ';' || previous == '}' ||
		     previous == KEYWORD_EXPORT;

	if (!s->in_type && t->code == KEYWORD_TYPE && fresh && next == TOKEN_NAME)
		s->in_type = true;
	else if (s->in_type && t->code == ';' && t->context != CONTEXT_BLOCK &&
		 t->context != CONTEXT_OBJECT)
		s->in_type = false;
	else if (s->in_type && (t->code == KEYWORD_EXPORT || t->code == KEYWORD_CONST ||
				t->code == KEYWORD_FUNCTION || t->code == KEYWORD_CLASS ||
				t->code == KEYWORD_RETURN || t->code == KEYWORD_LET ||
				t->code == KEYWORD_INTERFACE || t->code == KEYWORD_IF))
		s->in_type = false;
}

static int
judge_number(struct atom_stage *s, const struct token *t)
{
	struct atom atom = number_atom(bytes_make(s->text + t->at, t->end - t->at));

	atom.at = t->at;
	atom.end = t->end;
	return atom.hash == 0 ? 0 : atom_pairs_add(&s->pairs, &atom);
}

static int
judge(struct atom_stage *s, const struct token *t, uint8_t next)
{
	struct bytes text = bytes_make(s->text + t->at, t->end - t->at);

	if ((s->language->flags & LANGUAGE_TYPES) != 0) {
		watch_types(s, t, next);
		if (s->in_type || t->context == CONTEXT_TYPE)
			return 0;
	}
	switch (t->code) {
	case TOKEN_STRING:
		return judge_string(s, t, next);
	case TOKEN_REGEX:
		return add(s, t, string_hash(text.at, text.left, s->length - t->at), true, false);
	case TOKEN_NUMBER:
		return judge_number(s, t);
	default:
		if (is_word(t->code) && text.left >= 3 && is_kept(s, t, next))
			return add(s, t, string_hash(text.at, text.left, s->length - t->at), false,
				   false);
		return 0;
	}
}

/* Punctuation is no atom; it only ends a `type`. */
static bool
may_be_atom(const struct atom_stage *s, uint8_t code)
{
	return code < TOKEN_PUNCT_FIRST || code >= TOKEN_KEYWORD_FIRST || s->in_type;
}

int
atom_tokens(struct atom_stage *s, const struct token *tokens, size_t count)
{
	const struct token *t = &s->last;
	uint8_t before = s->before[0], before_that = s->before[1];

	for (size_t i = 0; i < count; t = &tokens[i++]) {
		if (t->code == TOKEN_NONE)
			continue;
		if (may_be_atom(s, t->code)) {
			s->before[0] = before;
			s->before[1] = before_that;
			if (judge(s, t, tokens[i].code) < 0)
				return FAULT_MEMORY;
		}
		before_that = before;
		before = t->code;
	}
	s->before[0] = before;
	s->before[1] = before_that;
	s->last = *t;
	return 0;
}

int
atom_end(struct atom_stage *s)
{
	if (s->last.code != TOKEN_NONE && judge(s, &s->last, TOKEN_NONE) < 0)
		return FAULT_MEMORY;
	return atom_pairs_batch(&s->pairs);
}
