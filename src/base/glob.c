/*
 * glob.c - patterns of .gitignore and .npmignore
 *
 * Knows: gitignore(5) as git 2.x reads it, npm's three differences.  Does not know: which files
 * hold patterns, what a match means.
 *
 * A pattern is a row of tokens, and matching keeps the set of tokens that may come next for each
 * byte of the path: no backtracking, so "*a*a*a*a*b" costs no more than its length times the path.
 */
#include "base/glob.h"

#include "base/blob.h"
#include "base/own.h"
#include "base/text.h"

#define GLOB_BRACES_DEPTH 16
/* Braces multiply a line; what they make of it together stays within this. */
#define GLOB_BRACES_BYTES ((size_t)64 * 1024)
/* From '[' to ']': the longest that anybody writes is a row of named classes, 120 bytes. */
#define CLASS_BYTES_MAX 256

enum token_op {
	ONE,   /* the byte `c` */
	ANY,   /* '?': one byte that is not '/' */
	CLASS, /* one byte of `set`, never '/' */
	STAR,  /* '*': bytes that are not '/', none too */
	DIRS,  /* "**" and '/': whole folders, none too */
	REST,  /* "**" at the end: one byte or more, of any kind */
};

struct glob_token {
	uint8_t op, c;
	const uint8_t *set; /* 256 bits */
};

enum glob_shape {
	SHAPE_LITERAL, /* compare with `literal` */
	SHAPE_SUFFIX,  /* a star, then `literal` without '/' */
	SHAPE_TOKENS,
};

struct compile {
	struct bytes in;
	struct arena *arena;
	unsigned flags;
	struct glob_token *tokens;
	uint32_t count;
	bool begins_name; /* at the front or behind a '/' */
	bool out_of_memory;
};

static void
add_token(struct compile *c, enum token_op op, uint8_t byte, const uint8_t *set)
{
	if (c->count > 0 && c->tokens[c->count - 1].op == op && (op == STAR || op == DIRS))
		return; /* a second star adds nothing, and closures stay two steps long */
	c->tokens[c->count++] = (struct glob_token){.op = (uint8_t)op, .c = byte, .set = set};
}

/* [:name:] at the front of `in`: its bytes go into `set`.  False: not a name of a class. */
static bool
take_named_class(struct bytes *in, uint8_t *set)
{
	static const char *const names[] = {"alpha", "digit", "alnum", "upper", "lower", "space",
					    "blank", "punct", "print", "graph", "cntrl", "xdigit"};
	ptrdiff_t end = bytes_find(*in, BYTES_OF(":]"));
	struct bytes name;
	size_t kind = 0;

	if (end < 2)
		return false;
	name = bytes_slice(*in, 2, (size_t)end - 2);
	while (kind < ARRAY_LEN(names) && !bytes_equal(name, bytes_text(names[kind])))
		kind++;
	if (kind == ARRAY_LEN(names))
		return false;
	for (unsigned b = 0; b < 128; b++) {
		bool digit = b >= '0' && b <= '9', upper = b >= 'A' && b <= 'Z';
		bool lower = b >= 'a' && b <= 'z', alnum = digit || upper || lower;
		bool hex = digit || (b >= 'A' && b <= 'F') || (b >= 'a' && b <= 'f');
		bool graph = b > 0x20 && b < 0x7f;
		const bool is[] = {upper || lower,
				   digit,
				   alnum,
				   upper,
				   lower,
				   b == ' ' || (b >= 9 && b <= 13),
				   b == ' ' || b == '\t',
				   graph && !alnum,
				   graph || b == ' ',
				   graph,
				   b < 0x20 || b == 0x7f,
				   hex};

		if (is[kind])
			set[b >> 3] |= (uint8_t)(1u << (b & 7));
	}
	return bytes_skip(in, (size_t)end + 2) == 0;
}

static void
set_range(uint8_t *set, uint8_t low, uint8_t high, bool nocase)
{
	for (unsigned b = low; b <= high; b++) {
		unsigned other = b;

		if (nocase && ((b | 0x20) >= 'a' && (b | 0x20) <= 'z'))
			other = b ^ 0x20;
		set[b >> 3] |= (uint8_t)(1u << (b & 7));
		set[other >> 3] |= (uint8_t)(1u << (other & 7));
	}
}

/* One byte of a class, '\' taken off. */
static bool
take_class_byte(struct bytes *in, uint8_t *out)
{
	if (in->left > 1 && in->at[0] == '\\')
		(void)bytes_skip(in, 1);
	return bytes_take_u8(in, out) == 0;
}

/* Behind '[': fill `set` up to and with ']'.  False: it is never closed. */
static bool
take_class(struct bytes *in, uint8_t set[32], bool nocase)
{
	bool inverted = in->left > 0 && (in->at[0] == '!' || in->at[0] == '^');
	uint8_t low, high;

	if (inverted)
		(void)bytes_skip(in, 1);
	for (bool front = true; in->left > 0 && (front || in->at[0] != ']'); front = false) {
		if (bytes_begins(*in, BYTES_OF("[:")) && take_named_class(in, set))
			continue;
		if (!take_class_byte(in, &low))
			return false;
		high = low;
		if (in->left > 1 && in->at[0] == '-' && in->at[1] != ']') {
			(void)bytes_skip(in, 1);
			if (!take_class_byte(in, &high))
				return false;
		}
		set_range(set, low, high, nocase);
	}
	for (size_t i = 0; inverted && i < 32; i++)
		set[i] = (uint8_t)~set[i];
	set['/' >> 3] &= (uint8_t) ~(1u << ('/' & 7));
	return bytes_skip(in, 1) == 0;
}

/* At '['.  False: the pattern is void. */
static bool
compile_class(struct compile *c)
{
	struct bytes all = bytes_slice(c->in, 1, CLASS_BYTES_MAX), in = all;
	/* Looked for first, so that a row of '[' does not ask for a set each. */
	bool closes = in.left > 0 && memchr(in.at, ']', in.left) != NULL;
	uint8_t *set = closes ? arena_alloc(c->arena, 32) : NULL;

	if (closes && set == NULL) {
		c->out_of_memory = true;
		return false;
	}
	if (closes && take_class(&in, set, (c->flags & GLOB_NOCASE) != 0)) {
		add_token(c, CLASS, 0, set);
		return bytes_skip(&c->in, 1 + all.left - in.left) == 0;
	}
	if ((c->flags & GLOB_BRACKET) == 0)
		return false;
	add_token(c, ONE, '[', NULL);
	return bytes_skip(&c->in, 1) == 0;
}

/* At '*'. */
static void
compile_stars(struct compile *c)
{
	size_t stars = 0;

	while (c->in.left > 0 && c->in.at[0] == '*') {
		(void)bytes_skip(&c->in, 1);
		stars++;
	}
	if (stars >= 2 && c->begins_name && c->in.left > 0 && c->in.at[0] == '/') {
		(void)bytes_skip(&c->in, 1);
		add_token(c, DIRS, 0, NULL); /* the next name begins: begins_name stays */
		return;
	}
	add_token(c, stars >= 2 && c->begins_name && c->in.left == 0 ? REST : STAR, 0, NULL);
	c->begins_name = false;
}

static bool
compile_tokens(struct compile *c)
{
	uint8_t byte;

	while (c->in.left > 0) {
		if (c->in.at[0] == '*') {
			compile_stars(c);
			continue;
		}
		c->begins_name = c->in.at[0] == '/';
		if (c->in.at[0] == '[') {
			if (!compile_class(c))
				return false;
			continue;
		}
		(void)bytes_take_u8(&c->in, &byte);
		if (byte == '?') {
			add_token(c, ANY, 0, NULL);
		} else {
			if (byte == '\\' && bytes_take_u8(&c->in, &byte) < 0)
				return false; /* git: a '\' at the end matches nothing */
			add_token(c, ONE, byte, NULL);
		}
	}
	return true;
}

/* Most patterns are a name or "*.suffix": one comparison does. */
static bool
find_shape(struct glob *g, struct arena *arena)
{
	uint32_t from = g->tokens_count > 0 && g->tokens[0].op == STAR && !g->anchored ? 1 : 0;
	uint8_t *literal;

	g->shape = SHAPE_TOKENS;
	for (uint32_t i = from; i < g->tokens_count; i++)
		if (g->tokens[i].op != ONE)
			return true;
	literal = arena_alloc(arena, g->tokens_count + 1);
	if (literal == NULL)
		return false;
	for (uint32_t i = from; i < g->tokens_count; i++)
		literal[i - from] = g->tokens[i].c;
	g->literal = bytes_make(literal, g->tokens_count - from);
	g->shape = from == 1 ? SHAPE_SUFFIX : SHAPE_LITERAL;
	return true;
}

/* Take off what says how the pattern is tried. */
static struct bytes
take_marks(struct glob *g, struct bytes in)
{
	if (in.left > 1 && in.at[in.left - 1] == '/') {
		g->folder_only = true;
		in.left--;
	}
	for (size_t i = 0; i < in.left && !g->anchored; i++)
		g->anchored = in.at[i] == '/';
	if (in.left > 0 && in.at[0] == '/')
		(void)bytes_skip(&in, 1);
	return in;
}

int
glob_compile(struct glob **out, struct bytes pattern, unsigned flags, struct arena *arena,
	     struct fault *fault)
{
	struct compile c = {.arena = arena, .flags = flags, .begins_name = true};
	struct glob *g;

	*out = NULL;
	if (pattern.left == 0 || pattern.left > GLOB_PATTERN_MAX)
		return 0;
	g = ARENA_NEW(arena, struct glob);
	if (g == NULL)
		return fault_memory(fault);
	g->nocase = (flags & GLOB_NOCASE) != 0;
	g->text = bytes_make(arena_copy(arena, pattern.at, pattern.left), pattern.left);
	c.in = take_marks(g, pattern);
	c.tokens = arena_alloc(arena, (c.in.left + 1) * sizeof(*c.tokens));
	if (g->text.at == NULL || c.tokens == NULL)
		return fault_memory(fault);
	if (!compile_tokens(&c) || c.count == 0)
		return c.out_of_memory ? fault_memory(fault) : 0;
	g->tokens = c.tokens;
	g->tokens_count = c.count;
	if (!find_shape(g, arena))
		return fault_memory(fault);
	*out = g;
	return 0;
}

/* Enter token `i`: what may match nothing lets the next one in as well. */
static void
enter(const struct glob *g, uint8_t *set, uint32_t i)
{
	set[i] = 1;
	while (i < g->tokens_count && (g->tokens[i].op == STAR || g->tokens[i].op == DIRS))
		set[++i] = 1;
}

/* Token `i` was possible before byte `c`: what is possible behind it? */
static void
step(const struct glob *g, uint8_t *next, uint32_t i, uint8_t c)
{
	const struct glob_token *t = &g->tokens[i];

	switch ((enum token_op)t->op) {
	case ONE:
		if (t->c == c || (g->nocase && text_lower(t->c) == text_lower(c)))
			enter(g, next, i + 1);
		break;
	case ANY:
		if (c != '/')
			enter(g, next, i + 1);
		break;
	case CLASS:
		if ((t->set[c >> 3] >> (c & 7) & 1) != 0)
			enter(g, next, i + 1);
		break;
	case STAR:
		if (c != '/')
			enter(g, next, i);
		break;
	case DIRS:
		if (c == '/')
			enter(g, next, i);
		else
			next[i] = 1; /* inside a name: only its end lets the next token in */
		break;
	case REST:
		next[i] = 1;
		enter(g, next, i + 1);
		break;
	}
}

static bool
match_tokens(const struct glob *g, struct bytes path)
{
	uint8_t sets[2][GLOB_PATTERN_MAX + 2];
	uint8_t *now = sets[0], *next = sets[1], *swap;
	size_t room = (size_t)g->tokens_count + 1;
	bool alive = true;

	memset(now, 0, room);
	enter(g, now, 0);
	for (size_t at = 0; at < path.left && alive; at++) {
		alive = false;
		memset(next, 0, room);
		for (uint32_t i = 0; i < g->tokens_count; i++)
			if (now[i] != 0) {
				step(g, next, i, path.at[at]);
				alive = true;
			}
		swap = now;
		now = next;
		next = swap;
	}
	return alive && now[g->tokens_count] != 0;
}

static bool
equal(struct bytes a, struct bytes b, bool nocase)
{
	return nocase ? text_equal_nocase(a, b) : bytes_equal(a, b);
}

bool
glob_match(const struct glob *g, struct bytes path, bool is_folder)
{
	if (g->folder_only && !is_folder)
		return false;
	if (!g->anchored)
		path = blob_basename(path);
	switch ((enum glob_shape)g->shape) {
	case SHAPE_LITERAL:
		return equal(path, g->literal, g->nocase);
	case SHAPE_SUFFIX:
		return path.left >= g->literal.left &&
		       equal(bytes_slice(path, path.left - g->literal.left, g->literal.left),
			     g->literal, g->nocase);
	case SHAPE_TOKENS:
		break;
	}
	return match_tokens(g, path);
}

static int
add_pattern(struct glob_list *list, struct bytes pattern, bool negated, struct bytes line,
	    struct fault *fault)
{
	struct glob *g;
	int r = glob_compile(&g, pattern, list->flags, list->arena, fault);

	if (r < 0 || g == NULL)
		return r;
	g->negated = negated;
	g->line = list->lines;
	g->text = bytes_make(arena_copy(list->arena, line.at, line.left), line.left);
	if (g->text.at == NULL)
		return fault_memory(fault);
	if (list->last == NULL)
		list->first = g;
	else
		list->last->next = g;
	list->last = g;
	return 0;
}

/* The first '{' that has its '}' and a ',' between them on one level.  False: there is none. */
static bool
find_braces(struct bytes in, size_t *open, size_t *close)
{
	size_t depth = 0;
	bool comma = false;

	for (size_t i = 0; i < in.left; i++) {
		if (in.at[i] == '\\') {
			i++;
		} else if (in.at[i] == '{') {
			if (depth++ == 0) {
				*open = i;
				comma = false;
			}
		} else if (in.at[i] == ',' && depth == 1) {
			comma = true;
		} else if (in.at[i] == '}' && depth > 0 && --depth == 0 && comma) {
			*close = i;
			return true;
		}
	}
	return false;
}

struct braces {
	struct glob_list *list;
	struct bytes line;
	bool negated;
	unsigned made; /* patterns so far */
	size_t made_bytes;
};

static bool
has_enough(const struct braces *b)
{
	return b->made >= GLOB_BRACES_MAX || b->made_bytes >= GLOB_BRACES_BYTES;
}

/* Replace one pair of braces by each of its alternatives, and go on inside.  `level` bounds what
 * "{a,{a,{a," can ask for; deeper braces are ordinary bytes. */
static int
add_braces(struct braces *b, struct bytes in, unsigned level, struct fault *fault)
{
	AUTO(own_free)
	uint8_t *one = NULL;
	size_t open = 0, close = 0, depth = 0, from;
	int r = 0; /* once enough patterns are made, no more alternatives are tried */

	if (level == GLOB_BRACES_DEPTH || !find_braces(in, &open, &close)) {
		b->made++;
		b->made_bytes += in.left;
		return add_pattern(b->list, in, b->negated, b->line, fault);
	}
	one = malloc(in.left);
	if (one == NULL)
		return fault_memory(fault);
	memcpy(one, in.at, open);
	from = open + 1;
	for (size_t i = from; i <= close && r == 0 && !has_enough(b); i++) {
		uint8_t c = in.at[i];

		if (c == '\\') {
			i++;
		} else if (c == '{') {
			depth++;
		} else if (depth > 0 && c == '}') {
			depth--;
		} else if (depth == 0 && (c == ',' || i == close)) {
			memcpy(one + open, in.at + from, i - from);
			memcpy(one + open + i - from, in.at + close + 1, in.left - close - 1);
			r = add_braces(b, bytes_make(one, open + (i - from) + in.left - close - 1),
				       level + 1, fault);
			from = i + 1;
		}
	}
	return r;
}

/* Spaces and tabs at the end go, unless a '\' stands before them. */
static struct bytes
trim_end(struct bytes line)
{
	size_t keep = 0;

	for (size_t i = 0; i < line.left; i++) {
		if (line.at[i] == '\\' && i + 1 < line.left)
			keep = ++i + 1;
		else if (line.at[i] != ' ' && line.at[i] != '\t')
			keep = i + 1;
	}
	return bytes_slice(line, 0, keep);
}

int
glob_list_add(struct glob_list *list, struct bytes line, struct fault *fault)
{
	struct bytes pattern = trim_end(line);
	bool negated;

	list->lines++;
	if (pattern.left == 0 || pattern.at[0] == '#')
		return 0;
	negated = pattern.at[0] == '!';
	if (negated)
		(void)bytes_skip(&pattern, 1);
	if ((list->flags & GLOB_BRACES) != 0 && pattern.left <= GLOB_PATTERN_MAX)
		return add_braces(&(struct braces){list, line, negated, 0, 0}, pattern, 0, fault);
	return add_pattern(list, pattern, negated, line, fault);
}

int
glob_list_add_lines(struct glob_list *list, struct bytes content, struct fault *fault)
{
	if (bytes_begins(content, BYTES_OF("\xef\xbb\xbf")))
		(void)bytes_skip(&content, 3);
	while (content.left > 0) {
		const uint8_t *end = memchr(content.at, '\n', content.left);
		size_t length = end == NULL ? content.left : (size_t)(end - content.at);
		struct bytes line = bytes_slice(content, 0, length);
		int r;

		if (line.left > 0 && line.at[line.left - 1] == '\r')
			line.left--;
		r = glob_list_add(list, line, fault);
		if (r < 0)
			return r;
		(void)bytes_skip(&content, end == NULL ? length : length + 1);
	}
	return 0;
}

enum glob_answer
glob_list_match(const struct glob_list *list, struct bytes path, bool is_folder,
		const struct glob **which)
{
	const struct glob *last = NULL;

	for (const struct glob *g = list->first; g != NULL; g = g->next)
		if (glob_match(g, path, is_folder))
			last = g;
	if (which != NULL)
		*which = last;
	if (last == NULL)
		return GLOB_MISS;
	return last->negated ? GLOB_TAKEN_BACK : GLOB_HIT;
}

enum glob_answer
glob_list_match_below(const struct glob_list *list, struct bytes path, bool is_folder,
		      const struct glob **which)
{
	for (size_t i = 0; i < path.left; i++)
		if (path.at[i] == '/' &&
		    glob_list_match(list, bytes_slice(path, 0, i), true, which) == GLOB_HIT)
			return GLOB_HIT;
	return glob_list_match(list, path, is_folder, which);
}
