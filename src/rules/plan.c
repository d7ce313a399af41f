/*
 * plan.c - from rules to tables: which literal leads to which rule, and what must stand beside it
 *
 * Knows: shapes of patterns, and that one literal for each path through a pattern is enough to find
 * every match.  Does not know: how to scan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "rules/inside.h"

#define SHAPE_ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024)
/* Others write {20,} and mean a token.  Their keys in armour have their place as well: 8,192 bits of RSA
 * are 6.4 kB. */
#define FOREIGN_REACH_BYTES ((uint32_t)8 * 1024)
#define CLASS_SLOTS         8192
#define CLASSES_MAX         (CLASS_SLOTS / 2)

/* What surrounds a value is looked at this far: the border, and a capital in front of the keyword. */
#define VALUE_AHEAD 2
#define WORD_BEHIND 2

/* A literal with one thing that follows from it; sorted, the equal ones become one literal. */
struct lead {
	const char *text;
	uint32_t length;
	bool caseless, word;
	uint32_t order; /* sorting is stable */
	struct rules_ref ref;
};

struct planner {
	struct rule_set *set;
	struct rules_bounds *bounds; /* being filled; set->bounds later */
	struct match_class *classes;
	struct rules_ref *starts;
	size_t starts_count, starts_room;
	uint16_t *runs;
	const struct rules_notes *notes;
	struct lead *leads;
	size_t count, room;
	struct arena shapes; /* of one rule at a time */
	uint16_t *slots;     /* of classes: index + 1 */
	struct fault *fault;
};

static void
planner_free(struct planner *p)
{
	arena_free(&p->shapes);
	free(p->leads);
	free(p->slots);
	free(p->starts);
}

static int
wrong(struct planner *p, const struct rule *rule, const char *what)
{
	return rule->file == NULL
		   ? fault_set(p->fault, FAULT_USAGE, "rule %.64s: %s", rule->id, what)
		   : fault_set(p->fault, FAULT_USAGE, "%s:%u: rule %.64s: %s", rule->file,
			       rule->line, rule->id, what);
}

static uint16_t
class_index(struct planner *p, const struct match_class *class)
{
	uint64_t hash = 0;
	uint32_t slot;

	for (size_t i = 0; i < 4; i++)
		hash = (hash ^ class->bits[i]) * 0x9e3779b97f4a7c15u;
	slot = (uint32_t)(hash >> 40) % CLASS_SLOTS;
	for (; p->slots[slot] != 0; slot = (slot + 1) % CLASS_SLOTS)
		if (memcmp(&p->classes[p->slots[slot] - 1], class, sizeof(*class)) == 0)
			return (uint16_t)(p->slots[slot] - 1);
	if (p->set->is.classes == CLASSES_MAX)
		return NO_CLASS;
	p->classes[p->set->is.classes++] = *class;
	p->slots[slot] = (uint16_t)p->set->is.classes;
	return (uint16_t)(p->set->is.classes - 1);
}

/* Steps from `step` on, forwards or backwards, as long as they say for certain what stands there. */
static uint8_t
beside(struct planner *p, const struct match_path *path, int64_t step, int direction,
       struct rules_beside out[BESIDE_MAX])
{
	uint8_t count = 0;

	for (; step >= 0 && step < (int64_t)path->count && count < BESIDE_MAX; step += direction) {
		const struct match_step *s = &path->steps[step];
		uint32_t least = s->min > 255 ? 255 : s->min;

		if (s->mark != 0)
			continue;
		if (!s->exact || least == 0)
			break;
		out[count].class = class_index(p, &s->set);
		out[count].count = (uint16_t)least;
		if (out[count].class == NO_CLASS)
			break;
		count++;
		if (s->min != s->max || least != s->min)
			break;
	}
	return count;
}

static bool
is_empty(const struct match_class *class)
{
	return match_class_count(class) == 0;
}

static void
fill_ref(struct planner *p, struct rules_ref *ref, size_t rule, const struct match_path *path,
	 const struct match_place *place)
{
	*ref = (struct rules_ref){.rule = (uint16_t)rule,
				  .not_before = NO_CLASS,
				  .offset_min = place->offset_min,
				  .offset_max = place->offset_max};
	if (!is_empty(&path->not_before))
		ref->not_before = class_index(p, &path->not_before);
	ref->after_count = beside(p, path, place->step_end, 1, ref->after);
	ref->before_count = beside(p, path, (int64_t)place->step - 1, -1, ref->before);
}

static int
add_lead(struct planner *p, const char *text, bool caseless, bool word, const struct rules_ref *ref)
{
	if (p->count == p->room) {
		size_t room = p->room == 0 ? 1024 : p->room * 2;
		struct lead *leads = realloc(p->leads, room * sizeof(*leads));

		if (leads == NULL)
			return fault_memory(p->fault);
		p->leads = leads;
		p->room = room;
	}
	p->leads[p->count] = (struct lead){.text = text,
					   .length = (uint32_t)strlen(text),
					   .caseless = caseless,
					   .word = word,
					   .order = (uint32_t)p->count,
					   .ref = *ref};
	p->count++;
	return 0;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* How far from the secret's first byte the literal's end can be. */
static void
note_distance(struct planner *p, const struct rule *rule, const struct match_path *path,
	      const struct match_place *place, uint32_t length)
{
	struct rule_set *set = p->set;
	uint32_t from = 0, to = 0;
	uint32_t end_min = place->offset_min + length, end_max = place->offset_max + length;

	if (!match_path_capture(path, rule->group, &from, &to)) {
		from = 0;
		to = path->max;
	}
	if (to > RULE_REACH_BYTES) /* also unbounded ones */
		to = RULE_REACH_BYTES;
	if (end_max > RULE_REACH_BYTES)
		end_max = RULE_REACH_BYTES;
	if (to > end_min)
		set->is.literal_before = larger(set->is.literal_before, to - end_min);
	if (end_max > from)
		set->is.literal_after = larger(set->is.literal_after, end_max - from);
	set->is.reach_before =
	    larger(set->is.reach_before, to + p->bounds[rule - set->rules].behind + 1);
}

static int
lead_path(struct planner *p, const struct rule *rule, const struct match_path *path,
	  const char *text, bool caseless, const struct match_place *place)
{
	struct rules_ref ref;

	fill_ref(p, &ref, (size_t)(rule - p->set->rules), path, place);
	note_distance(p, rule, path, place, (uint32_t)strlen(text));
	return add_lead(p, text, caseless, false, &ref);
}

/* The anchor to look for on this path: the longest, at a place that does not move if there is one. */
static const char *
best_anchor(const struct rule *rule, const struct match_path *path, struct match_place *best)
{
	const char *found = NULL;
	bool found_fixed = false;

	for (size_t i = 0; i < rule->anchors_count; i++) {
		struct match_place place;
		size_t length = strlen(rule->anchors[i]);
		bool fixed;

		if (!match_path_has(path, 0, rule->anchors[i], length, rule->anchors_caseless, true,
				    &place))
			continue;
		fixed = place.offset_min == place.offset_max;
		if (found == NULL || fixed > found_fixed ||
		    (fixed == found_fixed && length > strlen(found))) {
			found = rule->anchors[i];
			found_fixed = fixed;
			*best = place;
		}
	}
	return found;
}

/* How many texts the steps of a place allow; 0: too many. */
static uint64_t
texts_at(const struct match_path *path, const struct match_place *place, bool caseless)
{
	uint64_t product = 1;

	for (uint32_t s = place->step; s < place->step_end; s++) {
		const struct match_step *step = &path->steps[s];
		unsigned members = 0;

		if (step->mark != 0)
			continue;
		for (unsigned c = 0; c < 256; c++)
			members += match_class_has(&step->set, (uint8_t)c) &&
				   !(caseless && c >= 'A' && c <= 'Z' &&
				     match_class_has(&step->set, (uint8_t)(c | 32)));
		for (uint32_t i = 0; i < step->min && product < 65536; i++)
			product *= members;
		if (product >= 65536)
			return 0;
	}
	return product;
}

/* Several anchors of one length that together are all that can stand at a place: gh[pous]_.
 * Answers 1 when there are, 0 when not, < 0 a fault. */
static int
lead_by_cover(struct planner *p, const struct rule *rule, const struct match_path *path)
{
	for (size_t i = 0; i < rule->anchors_count; i++) {
		size_t length = strlen(rule->anchors[i]);
		struct match_place place;
		uint64_t members = 0;

		for (uint32_t from = 0; match_path_has(path, from, rule->anchors[i], length,
						       rule->anchors_caseless, false, &place);
		     from = place.step + 1) {
			struct match_place other;

			members = 0;
			for (size_t k = 0; k < rule->anchors_count; k++)
				members +=
				    strlen(rule->anchors[k]) == length &&
				    match_path_has(path, place.step, rule->anchors[k], length,
						   rule->anchors_caseless, false, &other) &&
				    other.step == place.step;
			if (members == texts_at(path, &place, rule->anchors_caseless))
				break;
			members = 0;
		}
		for (size_t k = 0; members > 0 && k < rule->anchors_count; k++) {
			struct match_place other;
			int r = 0;

			if (strlen(rule->anchors[k]) == length &&
			    match_path_has(path, place.step, rule->anchors[k], length,
					   rule->anchors_caseless, false, &other) &&
			    other.step == place.step)
				r = lead_path(p, rule, path, rule->anchors[k],
					      rule->anchors_caseless, &other);
			if (r < 0)
				return r;
		}
		if (members > 0)
			return 1;
	}
	return 0;
}

static int
plan_anchor(struct planner *p, const struct rule *rule, const struct match_shape *shape)
{
	char text[160];

	for (uint32_t i = 0; i < shape->count; i++) {
		struct match_place place;
		const char *anchor = best_anchor(rule, &shape->paths[i], &place);
		int r;

		if (anchor != NULL)
			r = lead_path(p, rule, &shape->paths[i], anchor, rule->anchors_caseless,
				      &place);
		else
			r = lead_by_cover(p, rule, &shape->paths[i]);
		if (r < 0)
			return r;
		if (anchor == NULL && r == 0) {
			(void)snprintf(text, sizeof(text),
				       "a match need not hold one of the anchors (way %u of %u "
				       "through the pattern)",
				       i + 1, shape->count);
			return wrong(p, rule, text);
		}
	}
	return 0;
}

static bool
holds_keyword(const struct rule *rule, const char *literal)
{
	for (size_t i = 0; i < rule->anchors_count; i++) {
		size_t length = strlen(rule->anchors[i]), room = strlen(literal);

		for (size_t at = 0; at + length <= room; at++)
			if (text_equal_nocase(bytes_make(literal + at, length),
					      bytes_make(rule->anchors[i], length)))
				return true;
	}
	return rule->anchors_count == 0;
}

/* "(?i)[\w.-]{0,50}?(?:acme)...(secret)": what may stand in front decides nothing, and the secret comes
 * behind.  To look for the match at the literal itself costs a fiftieth. */
static bool
may_start_at_literal(const struct rule *rule, const struct match_path *path,
		     const struct match_place *place)
{
	const char *pattern = rule->pattern;
	uint32_t from = 0, to = 0;

	if (strncmp(pattern, "(?i)", 4) == 0)
		pattern += 4;
	return *pattern == '[' && place->step == 1 && path->steps[0].min == 0 &&
	       path->steps[0].exact && rule->group > 0 &&
	       match_path_capture(path, rule->group, &from, &to) && from > 0;
}

/* Two bytes lead to a pattern as well, where so much more must stand beside them that the tables turn
 * nearly all of them away. */
static size_t
literal_least(const struct match_path *path)
{
	return path->min >= 16 ? 2 : 3;
}

/* A pattern of others says no anchors: the longest literal of each way is one.  Answers 1 when there
 * is a way without any. */
static int
plan_foreign(struct planner *p, const struct rule *rule, struct rules_bounds *bounds,
	     const struct match_shape *shape)
{
	char text[64];
	bool caseless;
	int r = 0;

	for (uint32_t i = 0; i < shape->count; i++)
		if (!match_path_literal(&shape->paths[i], literal_least(&shape->paths[i]), text,
					&caseless))
			return 1;
	for (uint32_t i = 0; r == 0 && i < shape->count; i++) {
		struct match_place place;
		const char *literal;

		(void)match_path_literal(&shape->paths[i], literal_least(&shape->paths[i]), text,
					 &caseless);
		literal = rules_text(p->set, text);
		if (literal == NULL)
			return fault_memory(p->fault);
		if (!match_path_has(&shape->paths[i], 0, text, strlen(text), caseless, true,
				    &place))
			return 1;
		/* further from the start than anything is looked at */
		if (place.offset_max > RULE_REACH_BYTES)
			place.offset_max = RULE_REACH_BYTES;
		if (place.offset_min > place.offset_max)
			return 1;
		if (may_start_at_literal(rule, &shape->paths[i], &place))
			place.offset_max = 0;
		bounds->gated = bounds->gated || !holds_keyword(rule, text);
		r = lead_path(p, rule, &shape->paths[i], literal, caseless, &place);
	}
	return r;
}

/* What a match begins with, one a path. */
static int
plan_starts(struct planner *p, const struct rule *rule, struct rules_bounds *bounds,
	    const struct match_shape *shape)
{
	const struct match_place start = {0};

	if (p->starts_count + shape->count > p->starts_room) {
		size_t room = p->starts_room == 0 ? 1024 : p->starts_room * 2;
		struct rules_ref *starts = realloc(p->starts, room * sizeof(*starts));

		if (starts == NULL)
			return fault_memory(p->fault);
		p->starts = starts;
		p->starts_room = room;
	}
	bounds->starts = (uint32_t)p->starts_count; /* moved behind the literals' in the end */
	bounds->starts_count = shape->count;
	for (uint32_t i = 0; i < shape->count; i++)
		fill_ref(p, &p->starts[p->starts_count++], (size_t)(rule - p->set->rules),
			 &shape->paths[i], &start);
	return 0;
}

static int
plan_context(struct planner *p, const struct rule *rule, struct rules_bounds *bounds,
	     const struct match_shape *shape)
{
	struct rules_ref ref = {.rule = (uint16_t)(rule - p->set->rules)};
	int r = plan_starts(p, rule, bounds, shape);

	for (size_t i = 0; r == 0 && i < rule->anchors_count; i++)
		r = add_lead(p, rule->anchors[i], true, true, &ref);
	bounds->ahead = larger(bounds->ahead, VALUE_AHEAD);
	p->set->is.literal_before = larger(p->set->is.literal_before, RULES_CONTEXT_BYTES);
	p->set->is.reach_before = larger(
	    p->set->is.reach_before, RULES_CONTEXT_BYTES + MATCH_LITERAL_BYTES_MAX + WORD_BEHIND);
	return r;
}

static int
plan_bounds(struct planner *p, struct rule *rule, struct rules_bounds *bounds,
	    const struct match_shape *shape)
{
	uint32_t reach = rule->is_long ? RULE_LONG_REACH_BYTES : RULE_REACH_BYTES;

	/* others do not say that a pattern is long: it is when it can be */
	if (rule->foreign && shape->max > reach) {
		rule->is_long = true;
		reach = FOREIGN_REACH_BYTES;
	}

	if (shape->min == 0)
		return wrong(p, rule, "the pattern matches the empty text");
	if (rule->reach_after != 0 && rule->reach_after < reach)
		reach = rule->reach_after;
	bounds->min = shape->min;
	bounds->max = shape->max;
	bounds->behind = shape->behind;
	bounds->ahead = shape->ahead;
	if (shape->max > reach || shape->ahead > reach || shape->behind > MATCH_LOOKBEHIND_MAX) {
		if (!rule->foreign)
			return wrong(p, rule,
				     "the pattern can reach further than 1,024 bytes; bound its "
				     "quantifiers, or say long = true (64 KiB)");
		rules_note(p->notes,
			   "rule %.64s: can match more than %u bytes; only so many are looked at",
			   rule->id, reach);
		bounds->max = bounds->max > reach ? reach : bounds->max;
		bounds->ahead = bounds->ahead > reach ? reach : bounds->ahead;
		bounds->behind =
		    bounds->behind > MATCH_LOOKBEHIND_MAX ? MATCH_LOOKBEHIND_MAX : bounds->behind;
	}
	bounds->fixed = bounds->min == bounds->max;
	return 0;
}

static int
plan_one(struct planner *p, size_t index)
{
	struct rule *rule = &p->set->rules[index];
	struct rules_bounds *bounds = &p->bounds[index];
	struct match_shape shape;
	unsigned flags =
	    (rule->anchors_caseless && rule->lane != RULE_CONTEXT ? MATCH_CASELESS : 0) |
	    (rule->foreign ? MATCH_GO : 0);
	int r;

	if (rule->lane == RULE_PATH)
		return 0;
	arena_reset(&p->shapes);
	r = match_shape_of(&shape, rule->pattern, flags, &p->shapes, p->fault);
	if (r < 0)
		return fault_wrap(p->fault, r, "%s:%u: rule %.64s",
				  rule->file != NULL ? rule->file : "built in", rule->line,
				  rule->id);
	if (rule->group == RULE_GROUP_AUTO)
		rule->group = shape.captures > 0 ? 1 : 0;
	if (rule->group > shape.captures)
		return wrong(p, rule, "the pattern has no such group");
	r = plan_bounds(p, rule, bounds, &shape);
	if (r == 0 && rule->foreign) {
		r = plan_foreign(p, rule, bounds, &shape);
		if (r < 0)
			return r;
		rule->lane = r == 0 ? RULE_ANCHOR : RULE_RUN;
		bounds->gated = bounds->gated || (r == 1 && rule->anchors_count > 0);
		if (r == 1)
			rules_note(
			    p->notes,
			    "rule %.64s: a match need not hold any literal of 3 bytes, so that it "
			    "costs a pass of its own over the text, and only the first 1,024 bytes "
			    "of "
			    "a row of the bytes it is made of, within a line, are looked at",
			    rule->id);
		r = 0;
	}
	if (r == 0 && rule->lane == RULE_ANCHOR && !rule->foreign)
		r = plan_anchor(p, rule, &shape);
	if (r == 0 && rule->lane == RULE_CONTEXT)
		r = plan_context(p, rule, bounds, &shape);
	if (r == 0 && rule->lane == RULE_RUN) {
		bounds->all = class_index(p, &shape.all);
		r = bounds->all == NO_CLASS ? wrong(p, rule, "too many classes")
					    : plan_starts(p, rule, bounds, &shape);
		p->runs[p->set->is.runs++] = (uint16_t)index;
		p->set->is.reach_before = larger(p->set->is.reach_before, RULE_REACH_BYTES);
	}
	if (bounds->gated) {
		p->set->is.reach_before = larger(p->set->is.reach_before, 2 * RULE_REACH_BYTES);
		p->set->is.reach_after = larger(p->set->is.reach_after, 2 * RULE_REACH_BYTES);
	}
	if (!rule->is_long)
		p->set->is.reach_after =
		    larger(p->set->is.reach_after, bounds->max + bounds->ahead + 1);
	return r;
}

static int
by_literal(const void *left, const void *right)
{
	const struct lead *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	if (order == 0)
		order = (int)a->caseless - (int)b->caseless;
	if (order == 0)
		order = (int)a->word - (int)b->word;
	if (order != 0)
		return order;
	return a->order < b->order ? -1 : 1;
}

struct tables {
	struct rules_literal *literals;
	struct rules_ref *refs;
	uint16_t *words;
};

static int
allocate_tables(struct planner *p, struct tables *t)
{
	struct rule_set *set = p->set;

	set->texts = arena_alloc(&set->arena, (p->count + 1) * sizeof(*set->texts));
	set->literals = t->literals =
	    arena_alloc(&set->arena, (p->count + 1) * sizeof(*t->literals));
	set->refs = t->refs =
	    arena_alloc(&set->arena, (p->count + p->starts_count + 1) * sizeof(*t->refs));
	set->words = t->words = arena_alloc(&set->arena, (p->count + 1) * sizeof(*t->words));
	if (set->texts == NULL || t->literals == NULL || t->refs == NULL || t->words == NULL)
		return fault_memory(p->fault);
	return 0;
}

static bool
is_same_literal(const struct lead *a, const struct lead *b)
{
	return a->caseless == b->caseless && a->word == b->word && strcmp(a->text, b->text) == 0;
}

/* Equal leads, side by side after sorting, become one literal; behind their refs come the starts. */
static int
fill_tables(struct planner *p)
{
	struct rule_set *set = p->set;
	struct rules_literal *literal = NULL;
	struct tables t = {0};
	int r = allocate_tables(p, &t);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p->count; i++) {
		const struct lead *lead = &p->leads[i];

		if (i == 0 || !is_same_literal(lead, lead - 1)) {
			literal = &t.literals[set->is.literals];
			*literal =
			    (struct rules_literal){lead->length, set->is.refs, 0, set->is.words, 0};
			set->texts[set->is.literals++] =
			    (struct match_literal){lead->text, lead->length, lead->caseless};
			set->is.literal_max = larger(set->is.literal_max, lead->length);
		}
		if (lead->word) {
			t.words[set->is.words++] = lead->ref.rule;
			literal->words_count++;
		} else {
			t.refs[set->is.refs++] = lead->ref;
			literal->refs_count++;
		}
	}
	for (size_t i = 0; i < set->count; i++)
		p->bounds[i].starts += set->is.refs;
	for (size_t i = 0; i < p->starts_count; i++)
		t.refs[set->is.refs++] = p->starts[i];
	return set->is.literals <= MATCH_LITERALS_MAX
		   ? 0
		   : fault_set(p->fault, FAULT_LIMIT, "more than %d literals", MATCH_LITERALS_MAX);
}

int
rules_plan_all(struct rule_set *set, const struct rules_notes *notes, struct fault *fault)
{
	AUTO(planner_free)
	struct planner p = {.set = set, .notes = notes, .fault = fault};
	int r = 0;

	p.shapes.bytes_max = SHAPE_ARENA_BYTES_MAX;
	p.slots = calloc(CLASS_SLOTS, sizeof(*p.slots));
	set->is = (struct rules_sizes){0};
	set->bounds = p.bounds = arena_alloc(&set->arena, (set->count + 1) * sizeof(*p.bounds));
	set->runs = p.runs = arena_alloc(&set->arena, (set->count + 1) * sizeof(*p.runs));
	set->classes = p.classes = arena_alloc(&set->arena, CLASSES_MAX * sizeof(*p.classes));
	if (p.slots == NULL || p.bounds == NULL || p.runs == NULL || p.classes == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < set->count; i++)
		r = plan_one(&p, i);
	if (r == 0)
		r = rules_plan_regexes(set, fault);
	if (r < 0)
		return r;
	if (p.count > 0)
		qsort(p.leads, p.count, sizeof(*p.leads), by_literal);
	return fill_tables(&p);
}
