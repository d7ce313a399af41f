/*
 * shape.c - what every match of an expression looks like, without matching
 *
 * Knows: groups, alternatives and quantifiers, laid out as paths of steps.  Does not know: how to
 * match.  Groups nest MATCH_GROUPS_DEEP deep at most; paths and steps have ceilings, past which
 * their parts are said less exactly.
 */
#include "match/shape.h"

#include <string.h>

#include "match/regex.h"
#include "match/shape_class.h"
#include "match/shape_count.h"

/* A quantified group is written out this often, so that what stands at its front is still seen. */
#define REPEATS_MAX 4
#define STEPS_FIRST 16

/* A path under construction. */
struct way {
	struct match_step *steps;
	uint32_t count, room;
	struct match_class not_before;
	bool edge; /* \b in front of everything */
};

struct ways {
	struct way way[MATCH_PATHS_MAX];
	uint32_t count;
};

struct parse {
	const char *pattern, *at;
	struct arena *arena;
	struct fault *fault;
	uint32_t behind, ahead;
	unsigned depth;
	uint16_t captures;
	bool quoting; /* between \Q and \E */
	int failed;
};

/* One way without steps.  The rest of the array is left as it is: it is large. */
static void
begin(struct ways *ways)
{
	ways->count = 1;
	ways->way[0] = (struct way){0};
}

static void
copy_ways(struct ways *to, const struct ways *from)
{
	to->count = from->count;
	memcpy(to->way, from->way, from->count * sizeof(from->way[0]));
}

static int
refuse(struct parse *p, const char *what)
{
	if (p->failed == 0)
		p->failed = fault_set(p->fault, FAULT_USAGE, "expression '%.100s': at %zu: %s",
				      p->pattern, (size_t)(p->at - p->pattern), what);
	return -1;
}

static int
no_memory(struct parse *p)
{
	if (p->failed == 0)
		p->failed = fault_set(p->fault, FAULT_LIMIT,
				      "expression '%.100s': takes too much to lay out", p->pattern);
	return -1;
}

static int
append(struct parse *p, struct way *way, const struct match_step *step)
{
	if (way->count == MATCH_PATH_STEPS_MAX) {
		struct match_step *last = &way->steps[way->count - 1];

		match_class_join(&last->set, &step->set);
		last->min = shape_at_least(shape_add(last->min, step->min));
		last->max = shape_add(last->max, step->max);
		last->exact = false;
		return 0;
	}
	if (way->count == way->room) {
		uint32_t room = way->room == 0 ? STEPS_FIRST : way->room * 2;
		struct match_step *steps = arena_alloc(p->arena, room * sizeof(*steps));

		if (steps == NULL)
			return no_memory(p);
		if (way->count > 0)
			memcpy(steps, way->steps, way->count * sizeof(*steps));
		way->steps = steps;
		way->room = room;
	}
	way->steps[way->count++] = *step;
	return 0;
}

static int
append_all(struct parse *p, struct ways *ways, const struct match_step *step)
{
	for (uint32_t i = 0; i < ways->count; i++)
		if (append(p, &ways->way[i], step) < 0)
			return -1;
	return 0;
}

/* Nothing but marks so far? */
static bool
has_no_bytes(const struct way *way)
{
	for (uint32_t i = 0; i < way->count; i++)
		if (way->steps[i].mark == 0)
			return false;
	return true;
}

static int
append_way(struct parse *p, struct way *to, const struct way *from)
{
	if (has_no_bytes(to)) {
		match_class_join(&to->not_before, &from->not_before);
		to->edge = to->edge || from->edge;
	}
	for (uint32_t i = 0; i < from->count; i++)
		if (append(p, to, &from->steps[i]) < 0)
			return -1;
	return 0;
}

/* A copy that grows on its own. */
static int
copy_way(struct parse *p, struct way *to, const struct way *from)
{
	*to = (struct way){.not_before = from->not_before, .edge = from->edge};
	for (uint32_t i = 0; i < from->count; i++)
		if (append(p, to, &from->steps[i]) < 0)
			return -1;
	return 0;
}

static void
bounds(const struct way *way, uint32_t *min, uint32_t *max)
{
	*min = *max = 0;
	for (uint32_t i = 0; i < way->count; i++) {
		*min = shape_at_least(shape_add(*min, way->steps[i].min));
		*max = shape_add(*max, way->steps[i].max);
	}
}

/* All ways as one step that says which bytes and how many. */
static struct match_step
blur(const struct ways *ways)
{
	struct match_step step = {.min = MATCH_UNBOUNDED, .max = 0, .exact = false};

	for (uint32_t i = 0; i < ways->count; i++) {
		uint32_t min, max;

		bounds(&ways->way[i], &min, &max);
		step.min = min < step.min ? min : step.min;
		step.max = shape_larger(step.max, max);
		for (uint32_t s = 0; s < ways->way[i].count; s++)
			match_class_join(&step.set, &ways->way[i].steps[s].set);
	}
	step.min = ways->count == 0 ? 0 : shape_at_least(step.min);
	return step;
}

/* Each way of `to` goes on as each way of `next`. */
static int
follow(struct parse *p, struct ways *to, const struct ways *next)
{
	struct ways product;

	product.count = 0;

	if (next->count == 1) {
		for (uint32_t i = 0; i < to->count; i++)
			if (append_way(p, &to->way[i], &next->way[0]) < 0)
				return -1;
		return 0;
	}
	if (to->count * next->count > MATCH_PATHS_MAX) {
		struct match_step step = blur(next);

		return append_all(p, to, &step);
	}
	for (uint32_t i = 0; i < to->count; i++)
		for (uint32_t k = 0; k < next->count; k++) {
			struct way *way = &product.way[product.count++];

			if (copy_way(p, way, &to->way[i]) < 0 ||
			    append_way(p, way, &next->way[k]) < 0)
				return -1;
		}
	copy_ways(to, &product);
	return 0;
}

static bool
is_one_char(const struct ways *ways)
{
	return ways->count == 1 && ways->way[0].count == 1 && ways->way[0].steps[0].exact &&
	       ways->way[0].steps[0].min == 1 && ways->way[0].steps[0].max == 1;
}

/* One way, written out `least` times and then up to `most` less exactly. */
static int
write_out(struct parse *p, struct ways *ways, uint32_t least, uint32_t most)
{
	struct match_step rest = blur(ways);
	struct way once;

	if (copy_way(p, &once, &ways->way[0]) < 0)
		return -1;
	for (uint32_t i = 1; i < least; i++)
		if (append_way(p, &ways->way[0], &once) < 0)
			return -1;
	if (most == least)
		return 0;
	rest.min = 0;
	rest.max = shape_times(rest.max, most == MATCH_UNBOUNDED ? most : most - least);
	return append(p, &ways->way[0], &rest);
}

static int
repeat(struct parse *p, struct ways *ways, uint32_t least, uint32_t most)
{
	struct match_step step;

	if (least == 1 && most == 1)
		return 0;
	/* a letter that may be left out can be part of a literal: both ways */
	if (is_one_char(ways) &&
	    (least != 0 || most != 1 || match_class_count(&ways->way[0].steps[0].set) > 2)) {
		ways->way[0].steps[0].min = shape_at_least(least);
		ways->way[0].steps[0].max = most;
		return 0;
	}
	if (least == 0 && most == 1 && ways->count < MATCH_PATHS_MAX / 2) {
		ways->way[ways->count++] = (struct way){0};
		return 0;
	}
	if (ways->count == 1 && least >= 1 && least <= REPEATS_MAX &&
	    ways->way[0].count * least <= MATCH_PATH_STEPS_MAX / 2)
		return write_out(p, ways, least, most);
	step = blur(ways);
	step.min = shape_at_least(shape_times(step.min, least));
	step.max = shape_times(step.max, most);
	begin(ways);
	return append(p, &ways->way[0], &step);
}

static int
quantify(struct parse *p, struct ways *ways, bool zero_width)
{
	uint32_t least = 1, most = 1;

	switch (*p->at) {
	case '*':
		least = 0;
		most = MATCH_UNBOUNDED;
		p->at++;
		break;
	case '+':
		most = MATCH_UNBOUNDED;
		p->at++;
		break;
	case '?':
		least = 0;
		p->at++;
		break;
	case '{':
		if (!shape_braces(&p->at, &least, &most))
			return 0;
		break;
	default:
		return 0;
	}
	if (*p->at == '?' || *p->at == '+')
		p->at++;
	if (zero_width) /* an assertion that may be left out says nothing */
		ways->way[0] = (struct way){0};
	return zero_width ? 0 : repeat(p, ways, least, most);
}

static int parse_ways(struct parse *p, struct shape_flags flags, struct ways *out);

enum group {
	GROUP_PLAIN,
	GROUP_AHEAD,
	GROUP_NOT_AHEAD,
	GROUP_BEHIND,
	GROUP_NOT_BEHIND,
	GROUP_FLAGS,   /* (?i): for what comes, in `flags` */
	GROUP_COMMENT, /* nothing */
	GROUP_REFUSED,
};

static enum group
group_name(struct parse *p, char end)
{
	const char *close = strchr(p->at, end);

	if (close == NULL)
		return GROUP_REFUSED;
	p->at = close + 1;
	return GROUP_PLAIN;
}

static enum group
group_flags(struct parse *p, struct shape_flags *flags)
{
	bool on = true;

	for (;; p->at++) {
		switch (*p->at) {
		case 'i':
			flags->caseless = on;
			break;
		case 's':
			flags->dot_all = on;
			break;
		case 'm':
		case 'U':
			break;
		case '-':
			on = false;
			break;
		case ')':
			p->at++;
			return GROUP_FLAGS;
		case ':':
			p->at++;
			return GROUP_PLAIN;
		default:
			return GROUP_REFUSED;
		}
	}
}

/* What kind of group begins at p->at (behind the parenthesis); moves behind its opening. */
static enum group
group_open(struct parse *p, struct shape_flags *flags)
{
	if (*p->at == '*')
		return GROUP_REFUSED;
	if (*p->at != '?')
		return GROUP_PLAIN;
	p->at++;
	switch (*p->at) {
	case ':':
	case '|':
	case '>':
		p->at++;
		return GROUP_PLAIN;
	case '=':
		p->at++;
		return GROUP_AHEAD;
	case '!':
		p->at++;
		return GROUP_NOT_AHEAD;
	case '#':
		return group_name(p, ')') == GROUP_PLAIN ? GROUP_COMMENT : GROUP_REFUSED;
	case '\'':
		p->at++;
		return group_name(p, '\'');
	case 'P':
		p->at++;
		return *p->at == '<' ? group_name(p, '>') : GROUP_REFUSED;
	case '<':
		p->at++;
		if (*p->at == '=' || *p->at == '!')
			return *p->at++ == '=' ? GROUP_BEHIND : GROUP_NOT_BEHIND;
		return group_name(p, '>');
	default:
		return group_flags(p, flags);
	}
}

/* An assertion: no bytes, but how far it looks; what it forbids in front of everything. */
static void
assertion(struct parse *p, enum group kind, const struct ways *inside, struct ways *out)
{
	struct match_step step = blur(inside);

	begin(out);
	if (kind == GROUP_AHEAD || kind == GROUP_NOT_AHEAD) {
		p->ahead = shape_larger(p->ahead, step.max);
		return;
	}
	p->behind = shape_larger(p->behind, step.max);
	if (kind != GROUP_NOT_BEHIND)
		return;
	for (uint32_t i = 0; i < inside->count; i++)
		if (inside->way[i].count == 1 && inside->way[i].steps[0].exact &&
		    inside->way[i].steps[0].min == 1)
			match_class_join(&out->way[0].not_before, &inside->way[i].steps[0].set);
}

/* Does the group whose opening is at `at` (behind the parenthesis) capture? */
static bool
group_captures(const char *at)
{
	if (*at != '?')
		return *at != '*';
	return (at[1] == 'P' && at[2] == '<') || at[1] == '\'' ||
	       (at[1] == '<' && at[2] != '=' && at[2] != '!');
}

static int
parse_group(struct parse *p, struct shape_flags *flags, struct ways *out, bool *zero_width)
{
	struct shape_flags inner = *flags;
	uint16_t mark = group_captures(p->at) ? ++p->captures : 0;
	enum group kind = group_open(p, &inner);
	struct ways inside;

	begin(out);
	if (kind == GROUP_REFUSED)
		return refuse(p, "this kind of group is not taken");
	if (kind == GROUP_FLAGS || kind == GROUP_COMMENT) {
		if (kind == GROUP_FLAGS)
			*flags = inner;
		*zero_width = true;
		return 0;
	}
	if (++p->depth > MATCH_GROUPS_DEEP)
		return refuse(p, "groups nest too deep");
	if (parse_ways(p, inner, &inside) < 0)
		return -1;
	p->depth--;
	if (*p->at != ')')
		return refuse(p, "a group is not closed");
	p->at++;
	if (kind == GROUP_PLAIN) {
		struct match_step step = {.exact = true, .mark = mark};

		if (mark == 0) {
			copy_ways(out, &inside);
			return 0;
		}
		return append(p, &out->way[0], &step) < 0 ? -1 : follow(p, out, &inside);
	}
	*zero_width = true;
	assertion(p, kind, &inside, out);
	return 0;
}

static int
one_char(struct parse *p, const struct shape_char *c, struct ways *out)
{
	struct match_step step = {
	    .set = c->set, .min = 1, .max = c->wide ? 4 : 1, .exact = !c->wide};

	return append(p, &out->way[0], &step);
}

static int
parse_escape(struct parse *p, struct shape_flags flags, struct ways *out, bool *zero_width)
{
	struct shape_char c = {0};
	const char *begin = p->at++;

	switch (shape_escape(&p->at, false, flags, &c)) {
	case SHAPE_CHAR:
		return one_char(p, &c, out);
	case SHAPE_ZERO:
		*zero_width = true;
		p->behind = shape_larger(p->behind, 1);
		p->ahead = shape_larger(p->ahead, 1);
		out->way[0].edge = begin[1] == 'b';
		return 0;
	case SHAPE_QUOTE:
		p->quoting = true;
		*zero_width = true;
		return 0;
	case SHAPE_END:
		*zero_width = true;
		return 0;
	case SHAPE_REFUSED:
		break;
	}
	p->at = begin;
	return refuse(p, "this escape is not taken");
}

/* A character beyond ASCII is one thing to a quantifier. */
static int
plain_char(struct parse *p, struct shape_flags flags, struct ways *out)
{
	bool more = flags.utf && (uint8_t)*p->at >= 0xc0;

	do {
		struct shape_char c = {0};

		shape_literal((uint8_t)*p->at++, flags, &c);
		if (flags.utf && flags.caseless && (more || c.wide))
			c.wide = true;
		if (c.wide)
			match_class_add(&c.set, 0x80, 0xff);
		if (one_char(p, &c, out) < 0)
			return -1;
	} while (more && ((uint8_t)*p->at & 0xc0) == 0x80);
	return 0;
}

static int
parse_item(struct parse *p, struct shape_flags *flags, struct ways *out, bool *zero_width)
{
	struct shape_char c = {0};

	begin(out);
	if (p->quoting && strncmp(p->at, "\\E", 2) == 0) {
		p->quoting = false;
		p->at += 2;
		*zero_width = true;
		return 0;
	}
	if (p->quoting)
		return plain_char(p, *flags, out);
	switch (*p->at) {
	case '(':
		p->at++;
		return parse_group(p, flags, out, zero_width);
	case '[':
		p->at++;
		return shape_bracket(&p->at, *flags, &c) ? one_char(p, &c, out)
							 : refuse(p, "this class is not taken");
	case '\\':
		return parse_escape(p, *flags, out, zero_width);
	case '.':
		p->at++;
		shape_dot(*flags, &c);
		return one_char(p, &c, out);
	case '^':
	case '$':
		p->at++;
		p->behind = shape_larger(p->behind, 1);
		p->ahead = shape_larger(p->ahead, 2);
		*zero_width = true;
		return 0;
	case '*':
	case '+':
	case '?':
		return refuse(p, "nothing to repeat");
	default:
		return plain_char(p, *flags, out);
	}
}

/* Items in a row, up to '|', ')' or the end. */
static int
parse_row(struct parse *p, struct shape_flags *flags, struct ways *out)
{
	struct ways item;

	begin(out);
	while (*p->at != '\0' && (p->quoting || (*p->at != '|' && *p->at != ')'))) {
		bool zero_width = false;

		if (parse_item(p, flags, &item, &zero_width) < 0)
			return -1;
		if (!p->quoting && quantify(p, &item, zero_width) < 0)
			return -1;
		if (follow(p, out, &item) < 0)
			return -1;
	}
	return 0;
}

static int
parse_ways(struct parse *p, struct shape_flags flags, struct ways *out)
{
	out->count = 0;
	for (;;) {
		struct ways row;

		if (parse_row(p, &flags, &row) < 0)
			return -1;
		if (out->count + row.count > MATCH_PATHS_MAX) {
			struct match_step step = blur(&row), all = blur(out);

			match_class_join(&step.set, &all.set);
			step.min = step.min < all.min ? step.min : all.min;
			step.max = shape_larger(step.max, all.max);
			begin(out);
			if (append(p, &out->way[0], &step) < 0)
				return -1;
		} else {
			memcpy(&out->way[out->count], row.way, row.count * sizeof(row.way[0]));
			out->count += row.count;
		}
		if (*p->at != '|')
			return 0;
		p->at++;
	}
}

/* \b in front of what begins with a character of a word: no such character before. */
static void
apply_edge(struct way *way)
{
	struct match_class word = {{0}};
	uint32_t first = 0;

	match_class_add(&word, '0', '9');
	match_class_add(&word, 'A', 'Z');
	match_class_add(&word, 'a', 'z');
	match_class_add(&word, '_', '_');
	while (first < way->count && way->steps[first].mark != 0)
		first++;
	if (way->edge && first < way->count && way->steps[first].min > 0 &&
	    match_class_within(&way->steps[first].set, &word))
		match_class_join(&way->not_before, &word);
}

static void
finish(struct match_shape *out, struct ways *ways)
{
	*out = (struct match_shape){.count = ways->count, .min = MATCH_UNBOUNDED};
	for (uint32_t i = 0; i < ways->count; i++) {
		struct match_path *path = &out->paths[i];

		apply_edge(&ways->way[i]);
		path->steps = ways->way[i].steps;
		path->count = ways->way[i].count;
		path->not_before = ways->way[i].not_before;
		bounds(&ways->way[i], &path->min, &path->max);
		out->min = path->min < out->min ? path->min : out->min;
		out->max = shape_larger(out->max, path->max);
		for (uint32_t s = 0; s < path->count; s++)
			match_class_join(&out->all, &path->steps[s].set);
	}
}

static bool
is_utf(const char *pattern)
{
	for (const char *q = pattern; *q != '\0'; q++) {
		if ((uint8_t)*q >= 0x80)
			return true;
		if (*q != '\\' || q[1] == '\0')
			continue;
		q++;
		if (*q == 'p' || *q == 'P' || *q == 'X' || (*q == 'x' && q[1] == '{'))
			return true;
	}
	return false;
}

int
match_shape_of(struct match_shape *out, const char *pattern, unsigned flags, struct arena *arena,
	       struct fault *fault)
{
	struct parse p = {.pattern = pattern, .at = pattern, .arena = arena, .fault = fault};
	struct shape_flags start = {.caseless = (flags & MATCH_CASELESS) != 0,
				    .utf = is_utf(pattern)};
	struct ways ways;

	if (parse_ways(&p, start, &ways) < 0)
		return p.failed;
	if (*p.at != '\0') {
		(void)refuse(&p, "a parenthesis too many");
		return p.failed;
	}
	finish(out, &ways);
	out->captures = p.captures;
	out->behind = p.behind;
	out->ahead = p.ahead;
	return 0;
}
