/*
 * npm_glob.c - patterns as npm reads them: compiled to names, matched by sets of positions
 *
 * Knows: names, "**", extended globs, classes, partial matches.
 * Does not know: files, ignore files, folders; braces are npm_braces.c.
 */
#include "publish/npm_glob.h"

#include "base/own.h"
#include "base/text.h"

#define NAME_BYTES_MAX ((size_t)1024) /* a file name has at most 255 on this system */
#define NESTING_MAX    3              /* extended globs inside each other */
#define NOTS_MAX       2              /* of !( ) in one name: each multiplies the work */

enum node_type {
	NODE_BYTE,
	NODE_ANY,
	NODE_STAR,
	NODE_CLASS,
	NODE_CHOICE,
};

struct node {
	enum node_type type;
	uint8_t byte;    /* BYTE: lower case; CHOICE: one of ! ? + * @ */
	bool negate;     /* CLASS */
	uint8_t set[32]; /* CLASS: a bit for each byte, both cases */
	struct sequence *choices;
	size_t choices_count;
};

struct sequence {
	struct node *nodes;
	size_t count, room;
};

struct name {
	bool globstar, empty;
	struct sequence sequence;
};

struct npm_glob_set {
	struct name *names;
	size_t count;
};

struct parser {
	struct arena *arena;
	bool failed; /* out of memory */
	unsigned nots;
};

static struct node *
add_node(struct parser *parser, struct sequence *to, enum node_type type)
{
	if (to->count == to->room) {
		size_t more = to->room == 0 ? 8 : to->room * 2;
		struct node *grown = arena_alloc(parser->arena, more * sizeof(*grown));

		if (grown == NULL) {
			parser->failed = true;
			return NULL;
		}
		if (to->count > 0)
			memcpy(grown, to->nodes, to->count * sizeof(*grown));
		to->nodes = grown;
		to->room = more;
	}
	to->nodes[to->count] = (struct node){.type = type};
	return &to->nodes[to->count++];
}

static void
add_byte(struct parser *parser, struct sequence *to, uint8_t byte)
{
	struct node *node = add_node(parser, to, NODE_BYTE);

	if (node != NULL)
		node->byte = text_lower(byte);
}

static void
set_byte(struct node *node, uint8_t byte)
{
	uint8_t other = byte;

	if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z')
		other = byte ^ 0x20;
	node->set[byte >> 3] |= (uint8_t)(1u << (byte & 7));
	node->set[other >> 3] |= (uint8_t)(1u << (other & 7));
}

static void
set_range(struct node *node, uint8_t from, uint8_t to)
{
	for (unsigned c = from; c <= to; c++)
		set_byte(node, (uint8_t)c);
}

/* "[:alpha:]" and its kin at the front of `in`; its length or 0. */
static size_t
posix_class(struct node *node, struct bytes in)
{
	static const struct {
		const char *name, *ranges; /* pairs of first and last */
	} classes[] = {
	    {"[:alnum:]", "azAZ09"},  {"[:alpha:]", "azAZ"},
	    {"[:digit:]", "09"},      {"[:lower:]", "az"},
	    {"[:upper:]", "AZ"},      {"[:xdigit:]", "09afAF"},
	    {"[:word:]", "azAZ09__"}, {"[:space:]", "\t\r  "},
	    {"[:blank:]", "  \t\t"},  {"[:punct:]", "!/:@[`{~"},
	    {"[:print:]", " ~"},      {"[:graph:]", "!~"},
	    {"[:ascii:]", "\1\177"},  {"[:cntrl:]", "\1\37\177\177"},
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (!bytes_begins(in, bytes_text(classes[i].name)))
			continue;
		for (const char *r = classes[i].ranges; *r != '\0'; r += 2)
			set_range(node, (uint8_t)r[0], (uint8_t)r[1]);
		return strlen(classes[i].name);
	}
	return 0;
}

/* A class whose '[' is at in.at[0]; its length, or 0 when nothing closes it. */
static size_t
parse_class(struct node *node, struct bytes in)
{
	size_t i = 1, first, posix;

	if (i < in.left && (in.at[i] == '!' || in.at[i] == '^')) {
		node->negate = true;
		i++;
	}
	for (first = i; i < in.left; i++) {
		uint8_t from = in.at[i];

		if (from == ']' && i > first)
			return i + 1;
		if (from == '[' && (posix = posix_class(node, bytes_slice(in, i, in.left))) > 0) {
			i += posix - 1;
			continue;
		}
		if (from == '\\' && i + 1 < in.left)
			from = in.at[++i];
		if (i + 2 < in.left && in.at[i + 1] == '-' && in.at[i + 2] != ']') {
			uint8_t to = in.at[i + 2];

			i += 2;
			if (to == '\\' && i + 1 < in.left)
				to = in.at[++i];
			set_range(node, from, to);
		} else {
			set_byte(node, from);
		}
	}
	return 0;
}

/* Where the ')' of the '(' at in.at[0] stands, or 0. */
static size_t
closing(struct bytes in)
{
	size_t depth = 0;

	for (size_t i = 0; i < in.left; i++) {
		if (in.at[i] == '\\')
			i++;
		else if (in.at[i] == '(')
			depth++;
		else if (in.at[i] == ')' && --depth == 0)
			return i;
	}
	return 0;
}

static void parse(struct parser *parser, struct sequence *to, struct bytes in, unsigned nesting);

/* The alternatives inside an extended glob, split at '|' that no '(' hides. */
static void
parse_choices(struct parser *parser, struct sequence *to, uint8_t type, struct bytes in,
	      unsigned nesting)
{
	struct node *node = add_node(parser, to, NODE_CHOICE);
	size_t from = 0, depth = 0, n = 0, count = 1;

	if (node == NULL)
		return;
	for (size_t i = 0; i < in.left; i++)
		count += in.at[i] == '|';
	node->byte = type;
	node->choices = arena_alloc(parser->arena, count * sizeof(*node->choices));
	if (node->choices == NULL) {
		parser->failed = true;
		return;
	}
	for (size_t i = 0; i <= in.left; i++) {
		if (i < in.left && in.at[i] == '\\') {
			i++;
			continue;
		}
		if (i < in.left && in.at[i] == '(')
			depth++;
		else if (i < in.left && in.at[i] == ')' && depth > 0)
			depth--;
		if (i < in.left && (in.at[i] != '|' || depth > 0))
			continue;
		/* `node` stays: parsing below adds to other sequences only. */
		parse(parser, &node->choices[n++], bytes_slice(in, from, i - from), nesting + 1);
		from = i + 1;
	}
	node->choices_count = n;
}

static bool
is_choice(struct bytes in, size_t i)
{
	return i + 1 < in.left && in.at[i + 1] == '(' && memchr("!?+*@", in.at[i], 5) != NULL;
}

static void
parse(struct parser *parser, struct sequence *to, struct bytes in, unsigned nesting)
{
	for (size_t i = 0; i < in.left && !parser->failed; i++) {
		struct node class = {.type = NODE_CLASS}, *node;
		size_t length;

		if (in.at[i] == '\\' && i + 1 < in.left) {
			add_byte(parser, to, in.at[++i]);
		} else if (nesting < NESTING_MAX && is_choice(in, i) &&
			   (length = closing(bytes_slice(in, i + 1, in.left))) > 0) {
			parser->nots += in.at[i] == '!';
			parse_choices(parser, to, in.at[i], bytes_slice(in, i + 2, length - 1),
				      nesting);
			i += 1 + length;
		} else if (in.at[i] == '*') {
			if (to->count == 0 || to->nodes[to->count - 1].type != NODE_STAR)
				(void)add_node(parser, to, NODE_STAR);
		} else if (in.at[i] == '?') {
			(void)add_node(parser, to, NODE_ANY);
		} else if (in.at[i] == '[' &&
			   (length = parse_class(&class, bytes_slice(in, i, in.left))) > 0) {
			node = add_node(parser, to, NODE_CLASS);
			if (node != NULL)
				*node = class;
			i += length - 1;
		} else {
			add_byte(parser, to, in.at[i]);
		}
	}
}

/* Split at runs of '/', leave out "**" behind "**", let ".." take back the name before it. */
static bool
compile_set(struct parser *parser, struct npm_glob_set *set, struct bytes text)
{
	size_t from = 0, slashes = 0;

	for (size_t i = 0; i < text.left; i++)
		slashes += text.at[i] == '/';
	set->names = arena_alloc(parser->arena, (slashes + 1) * sizeof(*set->names));
	if (set->names == NULL)
		return false;
	for (size_t i = 0; i <= text.left; i++) {
		struct bytes part = bytes_slice(text, from, i - from);
		struct name *last = set->count == 0 ? NULL : &set->names[set->count - 1];
		struct name *name = &set->names[set->count];

		if (i < text.left && text.at[i] != '/')
			continue;
		while (i + 1 < text.left && text.at[i + 1] == '/')
			i++;
		from = i + 1;
		if (bytes_equal(part, BYTES_OF("..")) && last != NULL && !last->globstar &&
		    !last->empty) {
			set->count--;
			continue;
		}
		if (bytes_equal(part, BYTES_OF("**")) && last != NULL && last->globstar)
			continue;
		*name = (struct name){.globstar = bytes_equal(part, BYTES_OF("**")),
				      .empty = part.left == 0};
		set->count++;
		if (!name->globstar)
			parse(parser, &name->sequence, part, 0);
	}
	if (set->count == 0)
		set->names[set->count++] = (struct name){.empty = true};
	return !parser->failed;
}

int
npm_glob_compile(struct npm_glob *glob, struct bytes pattern, struct arena *arena,
		 struct fault *fault)
{
	struct bytes *texts = NULL;
	size_t count = 0;
	int r;

	*glob = (struct npm_glob){0};
	while (pattern.left > 0 && pattern.at[0] == '!') {
		glob->negate = !glob->negate;
		(void)bytes_skip(&pattern, 1);
	}
	if (pattern.left == 0 || pattern.left > NPM_GLOB_BYTES_MAX)
		return 0;
	r = npm_glob_braces(pattern, &texts, &count, arena, fault);
	if (r < 0)
		return r;
	glob->sets = arena_alloc(arena, (count + 1) * sizeof(*glob->sets));
	if (glob->sets == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		struct npm_glob_set *set = &glob->sets[glob->sets_count];
		struct parser parser = {.arena = arena};

		if (!compile_set(&parser, set, texts[i]))
			return fault_memory(fault);
		if (parser.nots > NOTS_MAX) {
			*set = (struct npm_glob_set){0};
			continue;
		}
		glob->sets_count++;
		if (set->count <= (set->names[set->count - 1].empty ? 2u : 1u))
			glob->relative = true;
	}
	return 0;
}

/* Positions in a name: at[i] says that what came before may end at byte i. */
struct positions {
	uint8_t at[NAME_BYTES_MAX + 1];
};

static bool
in_class(const struct node *node, uint8_t byte)
{
	return ((node->set[byte >> 3] >> (byte & 7) & 1) != 0) != node->negate;
}

static void run(const struct node *nodes, size_t count, struct bytes name,
		const struct positions *from, struct positions *to);

static void
unite(struct positions *to, const struct positions *more, size_t count)
{
	for (size_t i = 0; i <= count; i++)
		to->at[i] |= more->at[i];
}

/* All places that one of the alternatives leads to. */
static void
run_choices(const struct node *node, struct bytes name, const struct positions *from,
	    struct positions *to)
{
	struct positions one;

	memset(to->at, 0, name.left + 1);
	for (size_t i = 0; i < node->choices_count; i++) {
		run(node->choices[i].nodes, node->choices[i].count, name, from, &one);
		unite(to, &one, name.left);
	}
}

/* !(a|b): from a place where a or b, and then the rest, would reach the end, nothing; from any
 * other, everything. */
static void
run_not(const struct node *node, size_t rest, struct bytes name, const struct positions *from,
	struct positions *to)
{
	memset(to->at, 0, name.left + 1);
	for (size_t i = 0; i <= name.left; i++) {
		struct positions here, there, end;

		if (from->at[i] == 0)
			continue;
		memset(here.at, 0, name.left + 1);
		here.at[i] = 1;
		run_choices(node, name, &here, &there);
		run(node + 1, rest, name, &there, &end);
		if (end.at[name.left] != 0)
			continue;
		memset(to->at + i, 1, name.left + 1 - i);
		return;
	}
}

static void
run_choice(const struct node *node, size_t rest, struct bytes name, const struct positions *from,
	   struct positions *to)
{
	struct positions more;
	bool grows = true;

	if (node->byte == '!') {
		run_not(node, rest, name, from, to);
		return;
	}
	run_choices(node, name, from, to);
	/* At most as many rounds as there are places: each adds one or is the last. */
	while (grows && (node->byte == '+' || node->byte == '*')) {
		run_choices(node, name, to, &more);
		grows = false;
		for (size_t i = 0; i <= name.left; i++)
			if (more.at[i] != 0 && to->at[i] == 0) {
				to->at[i] = 1;
				grows = true;
			}
	}
	if (node->byte == '?' || node->byte == '*')
		unite(to, from, name.left);
}

static void
run_node(const struct node *node, struct bytes name, const struct positions *from,
	 struct positions *to)
{
	bool star = false;

	memset(to->at, 0, name.left + 1);
	for (size_t i = 0; i <= name.left; i++) {
		size_t length = 1;

		star = star || from->at[i] != 0;
		if (node->type == NODE_STAR) {
			to->at[i] = star;
			continue;
		}
		if (from->at[i] == 0 || i == name.left)
			continue;
		if (node->type == NODE_BYTE && text_lower(name.at[i]) != node->byte)
			continue;
		if (node->type != NODE_BYTE)
			length = text_utf8_sequence(bytes_slice(name, i, name.left));
		length = length == 0 ? 1 : length;
		if (node->type == NODE_CLASS &&
		    (length > 1 ? !node->negate : !in_class(node, name.at[i])))
			continue;
		to->at[i + length] = 1;
	}
}

static void
run(const struct node *nodes, size_t count, struct bytes name, const struct positions *from,
    struct positions *to)
{
	struct positions now = *from;

	memcpy(to->at, from->at, name.left + 1);
	for (size_t n = 0; n < count; n++) {
		if (nodes[n].type == NODE_CHOICE)
			run_choice(&nodes[n], count - n - 1, name, &now, to);
		else
			run_node(&nodes[n], name, &now, to);
		memcpy(now.at, to->at, name.left + 1);
	}
}

/* Most names in most patterns: plain bytes, or a star and then plain bytes. */
static int
match_plain(const struct sequence *sequence, struct bytes name)
{
	const struct node *nodes = sequence->nodes;
	size_t count = sequence->count;

	for (size_t i = 0; i < count; i++)
		if (nodes[i].type != NODE_BYTE && (i > 0 || nodes[i].type != NODE_STAR))
			return -1;
	if (count > 0 && nodes[0].type == NODE_STAR) {
		if (name.left < count - 1 || name.left == 0)
			return 0;
		name = bytes_slice(name, name.left - (count - 1), count - 1);
		nodes++;
		count--;
	}
	if (name.left != count)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (text_lower(name.at[i]) != nodes[i].byte)
			return 0;
	return 1;
}

static bool
match_name(const struct name *name, struct bytes text)
{
	struct positions from, to;
	int plain;

	if (name->empty || text.left == 0)
		return name->empty && text.left == 0;
	plain = match_plain(&name->sequence, text);
	if (plain >= 0)
		return plain == 1;
	if (text.left > NAME_BYTES_MAX)
		return false;
	memset(from.at, 0, text.left + 1);
	from.at[0] = 1;
	run(name->sequence.nodes, name->sequence.count, text, &from, &to);
	return to.at[text.left] != 0;
}

/* names[0..count) against file[0..left): to the same end, or with one empty name left over; with
 * `partial` also when the file ends first. */
static bool
match_straight(const struct name *names, size_t count, const struct bytes *file, size_t left,
	       bool partial)
{
	size_t i;

	for (i = 0; i < count && i < left; i++)
		if (names[i].globstar || !match_name(&names[i], file[i]))
			return false;
	if (i == left)
		return i == count || partial;
	return i == left - 1 && file[i].left == 0;
}

static bool
matches_exactly(const struct name *names, size_t count, const struct bytes *file)
{
	for (size_t i = 0; i < count; i++)
		if (!match_name(&names[i], file[i]))
			return false;
	return true;
}

/* The stretch of names between two "**" that begins at `from`; its length. */
static size_t
section(const struct npm_glob_set *set, size_t from, size_t end)
{
	size_t length = 0;

	while (from + length < end && !set->names[from + length].globstar)
		length++;
	return length;
}

/* The sections between the first and the last "**", each found as early as it can be. */
static bool
match_body(const struct npm_glob_set *set, size_t first, size_t last, const struct bytes *file,
	   size_t from, size_t left, size_t tail)
{
	for (size_t at = first + 1; at < last;) {
		size_t length = section(set, at, last);

		while (from + length <= left - tail &&
		       !matches_exactly(&set->names[at], length, &file[from]))
			from++;
		if (from + length > left - tail)
			return false;
		from += length;
		at += length + 1;
	}
	return tail > 0 || from < left;
}

static bool
match_globstar(const struct npm_glob_set *set, const struct bytes *file, size_t left, bool partial)
{
	size_t first = 0, last = set->count - 1, tail, tail_names;

	while (!set->names[first].globstar)
		first++;
	while (!set->names[last].globstar)
		last--;
	if (partial)
		return match_straight(set->names, first, file, left < first ? left : first, true);
	if (left < first || !matches_exactly(set->names, first, file))
		return false;
	tail = tail_names = set->count - 1 - last;
	if (tail + first > left)
		return false;
	if (tail > 0 && !matches_exactly(&set->names[last + 1], tail, &file[left - tail])) {
		/* "a/" for "a" in the pattern: the empty name behind the last '/' may be over. */
		if (file[left - 1].left != 0 || first + tail == left ||
		    !matches_exactly(&set->names[last + 1], tail_names, &file[left - tail - 1]))
			return false;
		tail++;
	}
	if (first == last)
		return tail > 0 || first < left;
	return match_body(set, first, last, file, first, left, tail);
}

static bool
match_set(const struct npm_glob_set *set, const struct bytes *file, size_t count, bool partial)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->names[i].globstar)
			return match_globstar(set, file, count, partial);
	return match_straight(set->names, set->count, file, count, partial);
}

bool
npm_glob_match(const struct npm_glob *glob, const struct npm_path *path, bool partial)
{
	struct bytes file[NPM_GLOB_NAMES_MAX + 2];
	size_t count = 0;

	if (path->count == 0 || path->count > NPM_GLOB_NAMES_MAX)
		return false;
	if (path->lead)
		file[count++] = (struct bytes){0};
	for (size_t i = 0; i < path->count; i++)
		file[count++] = path->names[i];
	if (path->trail)
		file[count++] = (struct bytes){0};
	for (size_t i = 0; i < glob->sets_count; i++) {
		const struct npm_glob_set *set = &glob->sets[i];

		if (set->count == 1 ? match_set(set, &path->names[path->count - 1], 1, partial)
				    : match_set(set, file, count, partial))
			return true;
	}
	return false;
}
