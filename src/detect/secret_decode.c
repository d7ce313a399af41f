/*
 * secret_decode.c - runs that are bytes written in another way, and what is in them
 *
 * Knows: where a run begins and ends, also over lines; what text and streams look like.
 * Does not know: how bytes are decoded (decode.c), what secrets are.
 */
#include "detect/secret_decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/anchor.h"
#include "detect/decode.h"
#include "detect/secret_lanes.h"
#include "match/runs.h"

/* Shorter runs hold no name, sign and value together. */
#define RUN_MIN   24
#define FRONT_MIN ((size_t)24)
/* Lines of wrapped base64: PEM has 64, MIME 76; more than 32 are no identifiers. */
#define LINE_MIN 32
#undef LINE_MAX
#define LINE_MAX 256

void
secret_decode_level_free(struct secret_decode_level *level)
{
	if (level->at != NULL)
		explicit_bzero(level->at, level->room);
	free(level->at);
	*level = (struct secret_decode_level){0};
}

static bool
reserve(struct secret_decode_level *level, size_t room)
{
	uint8_t *more;

	if (room <= level->room)
		return true;
	room = room < 4096 ? 4096 : room + room / 2;
	more = malloc(room);
	if (more == NULL)
		return false;
	secret_decode_level_free(level);
	level->at = more;
	level->room = room;
	return true;
}

enum inside { INSIDE_NOISE, INSIDE_TEXT, INSIDE_WIDE, INSIDE_STREAM };

/* What do the first bytes say? */
static enum inside
look_inside(struct bytes in)
{
	size_t printable = 0, zeros = 0;

	if (in.left < 8)
		return INSIDE_NOISE;
	if ((in.at[0] == 0x1f && in.at[1] == 0x8b && in.at[2] == 8) ||
	    memcmp(in.at, "PK\3\4", 4) == 0 || memcmp(in.at, "BZh9", 4) == 0 ||
	    memcmp(in.at,
		   "\xfd"
		   "7zXZ",
		   5) == 0 ||
	    memcmp(in.at, "\x28\xb5\x2f\xfd", 4) == 0)
		return INSIDE_STREAM;
	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = in.at[i];

		printable += (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
		zeros += i % 2 == 1 && c == 0;
	}
	if (printable == in.left)
		return INSIDE_TEXT;
	/* UTF-16LE of ASCII: what PowerShell encodes. */
	if (zeros == in.left / 2 && printable >= in.left / 2)
		return INSIDE_WIDE;
	return INSIDE_NOISE;
}

static bool
is_run(uint8_t c)
{
	return match_run_class[c] != 0;
}

/* In "data=SGVsbG8" the name does not belong to the run; padding at its end does. */
static size_t
behind_sign(struct bytes run)
{
	size_t end = run.left;

	while (end > 0 && run.at[end - 1] == '=')
		end--;
	for (size_t i = end; i > 0; i--)
		if (run.at[i - 1] == '=')
			return i;
	return 0;
}

/* Between two lines: a line break and what indents the next one; 0: no break here. */
static size_t
break_at(struct bytes in, size_t at)
{
	size_t i = at;

	if (i < in.left && in.at[i] == '\r')
		i++;
	if (i < in.left && in.at[i] == '\n')
		i++;
	else if (i == at && i + 1 < in.left && in.at[i] == '\\' && in.at[i + 1] == 'n')
		i += 2;
	else
		return 0;
	while (i < in.left && i - at < 40 && (in.at[i] == ' ' || in.at[i] == '\t'))
		i++;
	return i - at;
}

static size_t
run_length(struct bytes in, size_t at, size_t max)
{
	size_t i = at;

	while (i < in.left && i - at < max && is_run(in.at[i]))
		i++;
	return i - at;
}

/* Is the run at `at` a line of a text whose line before it is as long? */
static bool
continues(struct bytes in, size_t at, size_t length)
{
	size_t i = at, before;

	while (i > 0 && at - i < 40 && (in.at[i - 1] == ' ' || in.at[i - 1] == '\t'))
		i--;
	if (i == 0 || in.at[i - 1] != '\n')
		return false;
	i--;
	if (i > 0 && in.at[i - 1] == '\r')
		i--;
	for (before = 0; before <= LINE_MAX && i > before && is_run(in.at[i - before - 1]);)
		before++;
	return before >= LINE_MIN && before <= LINE_MAX && length <= before;
}

/* The whole of wrapped base64 whose first line is [at, +length): where it ends. */
static size_t
wrapped_end(struct bytes in, size_t at, size_t length)
{
	size_t end = at + length;

	if (length < LINE_MIN || length > LINE_MAX)
		return end;
	while (end - at < SECRET_LOOK - LINE_MAX - 64) {
		size_t gap = break_at(in, end), next;

		if (gap == 0)
			break;
		next = run_length(in, end + gap, LINE_MAX + 1);
		if (next == 0 || next > length)
			break;
		end += gap + next;
		if (next < length)
			break;
	}
	return end;
}

size_t
secret_decode_run(struct bytes in, size_t at, size_t length)
{
	return length < SECRET_LOOK / 4 * 4 ? length : run_length(in, at, in.left);
}

static size_t
decode(struct bytes in, uint8_t *out, size_t room, const char **name)
{
	size_t length = DECODE_NONE;

	*name = "hex";
	if (in.left >= 2 * RUN_MIN)
		length = decode_hex(in, out, room);
	if (length != DECODE_NONE)
		return length;
	*name = "base64";
	return decode_base64(in, true, out, room);
}

/* A cut front always decodes as far as it goes. */
static enum inside
look_at_front(struct bytes run)
{
	uint8_t front[FRONT_MIN];
	struct bytes part = bytes_slice(run, 0, FRONT_MIN);
	size_t length;

	/* Too short for hexadecimal to say anything: twice as much. */
	length = decode_hex(bytes_slice(run, 0, 2 * FRONT_MIN), front, sizeof(front));
	if (length != DECODE_NONE && run.left >= 2 * RUN_MIN) {
		enum inside inside = look_inside(bytes_make(front, length));

		if (inside != INSIDE_NOISE)
			return inside;
	}
	length = decode_base64(part, true, front, sizeof(front));
	return length == DECODE_NONE ? INSIDE_NOISE : look_inside(bytes_make(front, length));
}

/* Base64 or hexadecimal. */
static bool
decode_run(struct secret_decode_level *level, struct bytes run, struct bytes *out,
	   const char **name)
{
	enum inside inside = look_at_front(run);
	size_t used;

	if (inside == INSIDE_NOISE)
		return false;
	used = decode(run, level->at, level->room, name);
	/* A run that is cut, or ends in what is none of it: as far as whole groups go. */
	while (used == DECODE_NONE && run.left > FRONT_MIN && run.left % 4 != 0) {
		run.left--;
		used = decode(run, level->at, level->room, name);
	}
	if (used == DECODE_NONE)
		return false;
	if (inside == INSIDE_WIDE) {
		size_t kept = 0;

		for (size_t i = 0; i + 1 < used; i += 2)
			level->at[kept++] = level->at[i + 1] == 0 ? level->at[i] : '?';
		used = kept;
		*name = strcmp(*name, "hex") == 0 ? "hex > utf-16" : "base64 > utf-16";
	}
	*out = bytes_make(level->at, used);
	return true;
}

/* Percent, escapes of strings, quoted-printable: whichever of them is there. */
static bool
decode_written(struct secret_decode_level *level, struct bytes in, struct bytes *out,
	       const char **name)
{
	static const struct {
		char mark;
		const char *name;
		size_t (*decode)(struct bytes, uint8_t *, size_t);
	} ways[] = {{'%', "percent", decode_percent},
		    {'\\', "escapes", decode_escapes},
		    {'=', "quoted-printable", decode_quoted_printable}};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		size_t used;

		if (memchr(in.at, ways[i].mark, in.left) == NULL)
			continue;
		used = ways[i].decode(in, level->at, level->room);
		if (used == DECODE_NONE)
			continue;
		*out = bytes_make(level->at, used);
		*name = ways[i].name;
		return true;
	}
	return false;
}

bool
secret_decode_at(struct secret_decode_level *level, struct bytes in, size_t at, size_t length,
		 struct bytes *out, const char **name)
{
	struct bytes run = bytes_slice(in, at, length);

	if (run.left == 0 || !reserve(level, run.left))
		return false;
	return decode_run(level, run, out, name) || decode_written(level, run, out, name);
}

static int
add(struct secret_lane_call *call, size_t at, size_t end, enum secret_lane lane, uint32_t count)
{
	struct secret_candidate candidate = {
	    .at = at,
	    .length = end - at,
	    .lo = at < SECRET_REACH ? 0 : at - SECRET_REACH,
	    .hi = call->in.left - end < LINE_MAX + 64 ? call->in.left : end + LINE_MAX + 64,
	    .rule = count,
	    .level = 2,
	    .lane = (uint8_t)lane};

	if (count == 0 && lane == SECRET_LANE_DECODED)
		candidate.length = 0;
	return secret_list_add(call->out, &candidate, call->fault);
}

/* Scan what the run decodes to: how many secrets are in it. */
static int
scan_inside(struct secret_lane_call *call, size_t at, size_t end, uint32_t *count)
{
	struct secret_scratch *scratch = call->scratch;
	AUTO(secret_list_free)
	struct secret_list list = {0};
	struct bytes text;
	const char *name;
	int r;

	*count = 0;
	if (!secret_decode_at(&scratch->levels[scratch->depth], call->in, at, end - at, &text,
			      &name))
		return 0;
	scratch->depth++;
	r = secret_scan_part(call->scanner, scratch, text, 0, text.left, &list, call->fault);
	scratch->depth--;
	for (size_t i = 0; r == 0 && i < list.count; i++)
		*count += list.list[i].length > 0;
	return r;
}

struct origin {
	struct secret_lane_call *call;
	size_t from; /* what runs are counted from */
};

static int
on_run(void *context, const struct match_run *found)
{
	const struct origin *origin = context;
	struct secret_lane_call *call = origin->call;
	struct bytes in = call->in, run = bytes_slice(in, origin->from + found->at, found->length);
	size_t skip = behind_sign(bytes_slice(run, 0, SECRET_LOOK));
	size_t at = origin->from + found->at + skip, length = found->length - skip, end;
	enum inside inside;
	uint32_t count;
	int r;

	/* Base64 has letters of both cases, or is all hexadecimal. */
	if (length < RUN_MIN ||
	    ((found->classes & (MATCH_RUN_LOWER_HEX | MATCH_RUN_LOWER_REST)) == 0 &&
	     (found->classes & (MATCH_RUN_UPPER_REST | MATCH_RUN_LOWER_REST)) != 0))
		return 0;
	if (length > SECRET_LOOK)
		length = SECRET_LOOK / 4 * 4;
	inside = look_at_front(bytes_slice(in, at, length));
	if (inside == INSIDE_NOISE)
		return 0;
	if (skip == 0 && continues(in, at, length))
		return 0;
	end = wrapped_end(in, at, length);
	if (inside == INSIDE_STREAM)
		return add(call, at, end, SECRET_LANE_DERIVED, 0);
	r = scan_inside(call, at, end, &count);
	/* A long look that found nothing is told, too: length 0. */
	return r < 0 || (count == 0 && end - at < SECRET_REACH - LINE_MAX - 64)
		   ? r
		   : add(call, at, end, SECRET_LANE_DECODED, count);
}

/* ---- what is written with escapes ---- */

#define WRITTEN_REACH ((size_t)384)

/* Signs and quotes of assignments, as they are escaped: in front of an x or u stands a backslash. */
#define WRITTEN_ANCHORS       "%3d%3D%3a%3A%22=3Dx3dx3Dx22x3au00"
#define WRITTEN_ANCHORS_COUNT 11

/* Does one of them stand there, and not what is like them? */
static bool
is_anchor(struct bytes in, size_t at)
{
	uint8_t first = in.at[at], second, third;

	if (in.left - at < 3 || (first != '%' && first != '=' && first != 'x' && first != 'u'))
		return false;
	if ((first == 'x' || first == 'u') && (at == 0 || in.at[at - 1] != '\\'))
		return false;
	second = in.at[at + 1];
	third = text_lower(in.at[at + 2]);
	if (first == 'u')
		return second == '0' && third == '0';
	if (second == '3')
		return third == 'd' || (third == 'a' && first != '=');
	return second == '2' && third == '2' && first != '=';
}

static bool
is_written(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>';
}

/* The text around an escape; false: an earlier escape tells of it. */
static bool
written_around(struct bytes in, size_t at, size_t *from, size_t *to)
{
	for (*from = at; *from > 0 && at - *from < WRITTEN_REACH && is_written(in.at[*from - 1]);
	     (*from)--)
		if (is_anchor(in, *from - 1))
			return false;
	for (*to = at; *to < in.left && *to - at < WRITTEN_REACH && is_written(in.at[*to]);)
		(*to)++;
	return *to - *from >= RUN_MIN / 2;
}

static int
scan_written(struct secret_lane_call *call)
{
	struct bytes front =
	    bytes_slice(call->in, 0, call->to < call->in.left - 2 ? call->to + 2 : call->in.left);
	struct anchors anchors;
	size_t at = call->from;
	int r = 0;

	if (call->in.left < 8)
		return 0;
	anchors_init(&anchors, WRITTEN_ANCHORS, WRITTEN_ANCHORS_COUNT, 1);
	for (; r == 0 && (at = anchors_next(&anchors, front, at)) < front.left; at++) {
		size_t from, to;
		uint32_t count;

		if (!is_anchor(call->in, at) || !written_around(call->in, at, &from, &to))
			continue;
		r = scan_inside(call, from, to, &count);
		if (r == 0 && count > 0)
			r = add(call, from, to, SECRET_LANE_DECODED, count);
	}
	return r;
}

int
secret_decode_scan(struct secret_lane_call *call)
{
	struct origin origin;
	size_t from = call->from, to = call->to;
	int r;

	/* A run that begins before `from` belongs to what is before. */
	if (from > 0 && is_run(call->in.at[from - 1]))
		from += run_length(call->in, from, call->in.left);
	r = scan_written(call);
	if (r < 0 || from >= to)
		return r;
	/* The last one may end behind `to`. */
	to += to < call->in.left && is_run(call->in.at[to - 1])
		  ? run_length(call->in, to, call->in.left)
		  : 0;
	origin.call = call;
	origin.from = from;
	return match_runs(bytes_slice(call->in, from, to - from), RUN_MIN, on_run, &origin);
}
