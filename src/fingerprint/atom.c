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
add_triple(struct atoms *atoms, const struct atom *atom)
{
	const struct atom *b = &atoms->ring[(atoms->count - 1) % ATOM_REACH_QUERY];
	const struct atom *a = &atoms->ring[(atoms->count - 2) % ATOM_REACH_QUERY];
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
	return prints_add(atoms->out, mix_fold(mix_fold(low ^ MIX_B, middle ^ MIX_C) ^ high, MIX_A),
			  a->at, atom->end > a->at ? atom->end : a->at, kind);
}

int
atoms_add(struct atoms *atoms, const struct atom *atom)
{
	uint32_t reach = atoms->count < atoms->reach ? atoms->count : atoms->reach;

	for (uint32_t back = 1; back <= reach; back++) {
		const struct atom *other = &atoms->ring[(atoms->count - back) % ATOM_REACH_QUERY];
		uint64_t low = atom->hash < other->hash ? atom->hash : other->hash;
		uint64_t high = atom->hash < other->hash ? other->hash : atom->hash;

		enum print_kind kind = atoms->kind;

		if (low == high || (atom->number && other->number))
			continue;
		if (atom->class + other->class < PAIR_CLASSES_MIN) {
			if (atoms->plain == atoms->kind)
				continue;
			kind = atoms->plain;
		}
		if (prints_add(atoms->out, mix_fold(low ^ MIX_A, high ^ MIX_B), other->at,
			       atom->end > other->at ? atom->end : other->at, kind) < 0)
			return FAULT_MEMORY;
	}
	if (atoms->count >= 2 && add_triple(atoms, atom) < 0)
		return FAULT_MEMORY;
	atoms->ring[atoms->count++ % ATOM_REACH_QUERY] = *atom;
	return 0;
}

void
atom_begin(struct atom_stage *s, struct prints *out, const uint8_t *text,
	   const struct language *language, enum print_use use)
{
	uint32_t reach = use == PRINT_QUERY ? ATOM_REACH_QUERY : ATOM_REACH_REGISTER;

	memset(s, 0, offsetof(struct atom_stage, joined_text));
	s->out = out;
	s->text = text;
	s->language = language;
	s->all =
	    (struct atoms){.out = out, .kind = PRINT_PAIR, .plain = PRINT_PLAIN, .reach = reach};
	s->hard =
	    (struct atoms){.out = out, .kind = PRINT_HARD, .plain = PRINT_HARD, .reach = reach};
}

static int
add(struct atom_stage *s, struct atom atom, size_t at, size_t end, bool hard)
{
	if (atom.hash == 0 || atom.class == COMMON_STOP)
		return 0;
	atom.at = (uint32_t)at;
	atom.end = (uint32_t)end;
	if (atoms_add(&s->all, &atom) < 0)
		return FAULT_MEMORY;
	return hard ? atoms_add(&s->hard, &atom) : 0;
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

static int
judge_string(struct atom_stage *s, const struct token *t, uint8_t next)
{
	struct bytes literal = bytes_make(s->text + t->at, t->end - t->at);
	const uint8_t *content = literal.at;
	size_t length = literal.left;
	struct atom atom;

	if (is_module_name(s)) {
		s->joined = 0;
		return 0;
	}
	if (s->joined > 0 || (t->escaped && !t->raw) ||
	    (next == TOKEN_STRING && (s->language->flags & LANGUAGE_JOINED) != 0)) {
		if (s->joined == 0)
			s->joined_at = t->at;
		s->joined = t->raw && literal.left < STRING_BYTES_MAX - 4 - s->joined
				? (memcpy(s->joined_text + s->joined, literal.at, literal.left),
				   s->joined + literal.left)
				: string_decode(literal, s->joined_text, s->joined);
		if (next == TOKEN_STRING && (s->language->flags & LANGUAGE_JOINED) != 0)
			return 0;
		content = s->joined_text;
		length = s->joined;
	} else {
		s->joined_at = t->at;
	}
	s->joined = 0;
	if (length > STRING_BYTES_MAX - 4)
		length = STRING_BYTES_MAX - 4;
	atom = string_atom(content, length);
	if (atom.hash != 0 && string_is_single(content, length, &atom) &&
	    prints_add(s->out, atom.hash, s->joined_at, t->end, PRINT_SINGLE) < 0)
		return FAULT_MEMORY;
	return add(s, atom, s->joined_at, t->end, !is_soft_string(s, t, next));
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
		return add(s, string_atom(text.at, text.left), t->at, t->end, true);
	case TOKEN_NUMBER:
		return add(s, number_atom(text), t->at, t->end, true);
	default:
		if (is_word(t->code) && text.left >= 3 && is_kept(s, t, next))
			return add(s, string_atom(text.at, text.left), t->at, t->end, false);
		return 0;
	}
}

int
atom_token(struct atom_stage *s, const struct token *token)
{
	if (s->last.code != TOKEN_NONE) {
		/* Punctuation is no atom; it only ends a `type`. */
		if ((s->last.code < TOKEN_PUNCT_FIRST || s->last.code >= TOKEN_KEYWORD_FIRST ||
		     s->in_type) &&
		    judge(s, &s->last, token->code) < 0)
			return FAULT_MEMORY;
		s->before[1] = s->before[0];
		s->before[0] = s->last.code;
	}
	s->last = *token;
	return 0;
}

int
atom_end(struct atom_stage *s)
{
	return s->last.code == TOKEN_NONE ? 0 : judge(s, &s->last, TOKEN_NONE);
}
