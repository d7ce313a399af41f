/*
 * source_map_scan.c - sourceMappingURL in code, style sheets and wasm
 *
 * Knows: where the comment may stand, the data: URL (RFC 2397), base64 as it passes.
 * Does not know: what is in a map, whether a file that is referred to ships.
 */
#include "detect/source_map_scan.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/source_map_names.h"

#define NEEDLE       "sourceMappingURL="
#define WASM_NEEDLE  "\x10sourceMappingURL" /* name of a custom section, its length in front */
#define NEEDLE_BYTES 17
#define DECODE_BYTES 12288
#define BASE64_BYTES 7 /* ";base64" */

/* Value | 0x40, in both alphabets of RFC 4648; 0: not base64. */
#define DIGIT(c, v) [c] = 0x40 | (v)
static const uint8_t base64[256] = {
    DIGIT('A', 0),  DIGIT('B', 1),  DIGIT('C', 2),  DIGIT('D', 3),  DIGIT('E', 4),  DIGIT('F', 5),
    DIGIT('G', 6),  DIGIT('H', 7),  DIGIT('I', 8),  DIGIT('J', 9),  DIGIT('K', 10), DIGIT('L', 11),
    DIGIT('M', 12), DIGIT('N', 13), DIGIT('O', 14), DIGIT('P', 15), DIGIT('Q', 16), DIGIT('R', 17),
    DIGIT('S', 18), DIGIT('T', 19), DIGIT('U', 20), DIGIT('V', 21), DIGIT('W', 22), DIGIT('X', 23),
    DIGIT('Y', 24), DIGIT('Z', 25), DIGIT('a', 26), DIGIT('b', 27), DIGIT('c', 28), DIGIT('d', 29),
    DIGIT('e', 30), DIGIT('f', 31), DIGIT('g', 32), DIGIT('h', 33), DIGIT('i', 34), DIGIT('j', 35),
    DIGIT('k', 36), DIGIT('l', 37), DIGIT('m', 38), DIGIT('n', 39), DIGIT('o', 40), DIGIT('p', 41),
    DIGIT('q', 42), DIGIT('r', 43), DIGIT('s', 44), DIGIT('t', 45), DIGIT('u', 46), DIGIT('v', 47),
    DIGIT('w', 48), DIGIT('x', 49), DIGIT('y', 50), DIGIT('z', 51), DIGIT('0', 52), DIGIT('1', 53),
    DIGIT('2', 54), DIGIT('3', 55), DIGIT('4', 56), DIGIT('5', 57), DIGIT('6', 58), DIGIT('7', 59),
    DIGIT('8', 60), DIGIT('9', 61), DIGIT('+', 62), DIGIT('/', 63), DIGIT('-', 62), DIGIT('_', 63),
};

void
source_map_scan_begin(struct source_map_scan *s, struct detect_run *run,
		      struct source_map_totals *totals)
{
	s->run = run;
	s->totals = totals;
	s->is_wasm = run->blob->kind == BLOB_WASM;
	s->is_program = !s->is_wasm && run->blob->kind != BLOB_TEXT;
}

void
source_map_scan_fini(struct source_map_scan *s)
{
	source_map_read_free(&s->reader);
}

/* The map in the URL at hand is over, complete or not. */
static int
data_ends(struct source_map_scan *s, struct fault *fault)
{
	struct source_map_read *m = s->reader;
	int r;

	s->state = SCAN_IDLE;
	if (!s->reading)
		return 0;
	s->reading = false;
	r = source_map_read_end(m, fault);
	if (r < 0)
		return r;
	if (m->is_map) {
		if (s->inline_maps++ == 0)
			s->first_at = s->at_bytes;
		s->totals->maps++;
	}
	if (r == SOURCE_MAP_BROKEN && m->looks_like && s->broken_count++ == 0) {
		s->broken_at = s->at_bytes;
		s->broken_why = arena_text(s->run->arena, m->broken.text);
		if (s->broken_why == NULL)
			return fault_memory(fault);
	}
	return 0;
}

/* *piece keeps what stands behind the map, or behind what breaks it. */
static int
data_feed(struct source_map_scan *s, struct bytes *piece, struct fault *fault)
{
	int r = source_map_read_feed(s->reader, piece, fault);

	return r <= 0 ? r : data_ends(s, fault);
}

/* Behind "data:...,": the header says how the data is written. */
static int
data_begins(struct source_map_scan *s, struct fault *fault)
{
	struct bytes header = bytes_make(s->url, s->url_used);
	int r = 0;

	if (s->reader == NULL)
		r = source_map_read_new(&s->reader, s->run, s->totals, fault);
	if (r < 0)
		return r;
	source_map_read_begin(s->reader);
	s->reader->is_inline = true;
	s->reader->inline_at = s->at_bytes;
	s->reading = true;
	s->bits_count = s->percent = 0;
	s->state =
	    header.left >= BASE64_BYTES &&
		    text_equal_nocase(bytes_slice(header, header.left - BASE64_BYTES, header.left),
				      BYTES_OF(";base64"))
		? SCAN_BASE64
		: SCAN_PERCENT;
	if (s->decode == NULL)
		s->decode = s->state == SCAN_BASE64 ? "base64" : "percent";
	return 0;
}

static int
note_internal(struct source_map_scan *s, struct bytes url, struct fault *fault)
{
	AUTO(buf_free)
	struct buf display = BUF_INIT(300);

	if (s->internal_count++ > 0)
		return 0;
	s->internal_at = s->at_bytes;
	s->internal_line = s->line;
	(void)blob_display(&display, url); /* what does not fit is left out */
	s->internal_url = arena_text(s->run->arena, buf_text(&display));
	return s->internal_url == NULL ? fault_memory(fault) : 0;
}

/* The URL at hand ends at `end` (-1: with the blob) and was no data: URL. */
static int
url_ends(struct source_map_scan *s, int end, struct fault *fault)
{
	struct bytes url = bytes_make(s->url, s->url_used);
	enum source_map_url kind = SOURCE_MAP_URL_NONE;

	s->state = SCAN_IDLE;
	/* Where a quote or '\' ends it, it is text inside code. */
	if (s->in_comment && !s->is_program && (end <= ' ' || end == '*'))
		kind = source_map_url(url);
	if (kind == SOURCE_MAP_URL_INTERNAL)
		return note_internal(s, url, fault);
	if (kind == SOURCE_MAP_URL_NONE)
		return 0;
	if (s->references_count < SOURCE_MAP_REFERENCES_MAX)
		s->references[s->references_count] = (struct source_map_reference){
		    .at_bytes = s->at_bytes,
		    .resolved = source_map_resolve(s->run->blob->path, url),
		    .line = s->line,
		};
	s->references_count++;
	return 0;
}

/* The scheme and "base64" are told in any case of letters (RFC 3986 3.1). */
static bool
is_data(struct bytes url)
{
	return url.left >= 5 && text_equal_nocase(bytes_slice(url, 0, 5), BYTES_OF("data:"));
}

static bool
ends_url(uint8_t c)
{
	return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '\\' || c == '<' || c == '>' ||
	       c == '*' || c == 0x7f;
}

static int
feed_url(struct source_map_scan *s, struct bytes *in, struct fault *fault)
{
	while (in->left > 0 && s->state == SCAN_URL) {
		uint8_t c = in->at[0];

		if (s->is_wasm && s->url_left-- == 0)
			return url_ends(s, -1, fault);
		if (!s->is_wasm && ends_url(c))
			return url_ends(s, c, fault);
		(void)bytes_skip(in, 1);
		if (c == ',' && is_data(bytes_make(s->url, s->url_used)))
			return data_begins(s, fault);
		if (s->url_used == sizeof(s->url))
			s->state = SCAN_IDLE;
		else
			s->url[s->url_used++] = c;
	}
	return 0;
}

static void
feed_length(struct source_map_scan *s, struct bytes *in)
{
	while (in->left > 0 && s->state == SCAN_LENGTH) {
		uint8_t c = in->at[0];

		(void)bytes_skip(in, 1);
		s->url_left |= (uint64_t)(c & 0x7f) << s->bits_count;
		s->bits_count += 7;
		if ((c & 0x80) == 0)
			s->state = SCAN_URL;
		else if (s->bits_count > 28)
			s->state = SCAN_IDLE;
	}
}

/* Resolve %XX; *c is the next byte of data.  0: needs more, 1: *c is there, -1: not data. */
static int
take_percent(struct source_map_scan *s, uint8_t *c)
{
	static const char digits[] = "0123456789abcdef";
	const char *hit;

	if (s->percent == 0) {
		if (*c != '%')
			return 1;
		s->percent = 2;
		s->percent_value = 0;
		return 0;
	}
	hit = *c == '\0' ? NULL : strchr(digits, text_lower(*c));
	if (hit == NULL)
		return -1;
	s->percent_value = (uint8_t)(s->percent_value << 4 | (uint8_t)(hit - digits));
	*c = s->percent_value;
	return --s->percent == 0;
}

/* Whole groups of four, as long as they last. */
static size_t
decode_groups(struct bytes *in, uint8_t *out, size_t room)
{
	const uint8_t *p = in->at;
	size_t used = 0;

	while (in->left - (size_t)(p - in->at) >= 4 && room - used >= 3) {
		uint32_t a = base64[p[0]], b = base64[p[1]], c = base64[p[2]], d = base64[p[3]];
		uint32_t value;

		if ((a & b & c & d & 0x40) == 0)
			break;
		value = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
		out[used] = (uint8_t)(value >> 16);
		out[used + 1] = (uint8_t)(value >> 8);
		out[used + 2] = (uint8_t)value;
		used += 3;
		p += 4;
	}
	(void)bytes_skip(in, (size_t)(p - in->at));
	return used;
}

/* One byte of base64 data.  Returns bytes put into *out (0 or 1), -1: the data ends. */
static int
decode_one(struct source_map_scan *s, uint8_t c, uint8_t *out)
{
	int r = take_percent(s, &c);

	if (r == 0)
		return 0;
	if (r < 0 || base64[c] == 0)
		return -1;
	s->bits = s->bits << 6 | (base64[c] & 63);
	s->bits_count += 6;
	if (s->bits_count < 8)
		return 0;
	s->bits_count -= 8;
	*out = (uint8_t)(s->bits >> s->bits_count);
	return 1;
}

static int
feed_base64(struct source_map_scan *s, struct bytes *in, struct fault *fault)
{
	uint8_t out[DECODE_BYTES];
	size_t used = 0;
	struct bytes piece;
	bool ended = false;
	int r = 0;

	while (in->left > 0 && !ended && used + 3 <= sizeof(out)) {
		if (s->bits_count == 0 && s->percent == 0)
			used += decode_groups(in, out + used, sizeof(out) - used);
		if (in->left == 0 || used + 3 > sizeof(out))
			break;
		r = decode_one(s, in->at[0], out + used);
		ended = r < 0;
		used += r > 0;
		(void)bytes_skip(in, !ended);
	}
	piece = bytes_make(out, used);
	r = used > 0 ? data_feed(s, &piece, fault) : 0;
	return r == 0 && ended && s->state == SCAN_BASE64 ? data_ends(s, fault) : r;
}

/* In small pieces: behind what turns out to be no map the search goes on at the byte that broke it,
 * wherever windows are cut. */
static int
feed_percent(struct source_map_scan *s, struct bytes *in, struct fault *fault)
{
	struct bytes piece, behind[65] = {*in}; /* where the source stands behind each byte */
	uint8_t out[64];
	size_t used = 0;
	bool ended = false;
	int r = 0;

	while (in->left > 0 && !ended && used < sizeof(out)) {
		uint8_t c = in->at[0];
		bool raw = s->percent == 0;

		r = take_percent(s, &c);
		ended = r < 0 || (raw && (c == '\n' || c == '\r' || c == '\0'));
		(void)bytes_skip(in, !ended);
		if (!ended && r > 0) {
			out[used++] = c;
			behind[used] = *in;
		}
	}
	piece = bytes_make(out, used);
	r = used > 0 ? data_feed(s, &piece, fault) : 0;
	if (r == 0 && s->state == SCAN_IDLE)
		*in = behind[used - piece.left];
	return r == 0 && ended && s->state == SCAN_PERCENT ? data_ends(s, fault) : r;
}

/* Does a comment that a tool would obey begin right before `at`? */
static bool
behind_comment_sign(const uint8_t *start, const uint8_t *at)
{
	while (at > start && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	if (at - start < 3 || (at[-1] != '#' && at[-1] != '@'))
		return false;
	return at[-3] == '/' && (at[-2] == '/' || at[-2] == '*');
}

static uint32_t
line_of(const struct detect_window *w, size_t at)
{
	uint32_t line = 1;

	if (!w->first || !w->last) /* lines of other windows were not counted */
		return 0;
	for (size_t i = 0; i < at; i++)
		line += w->at[i] == '\n';
	return line;
}

/* From `from` on, find the next place; *pos is where it ends, or the end of the window. */
static void
feed_idle(struct source_map_scan *s, const struct detect_window *w, size_t from, size_t *pos)
{
	const char *needle = s->is_wasm ? WASM_NEEDLE : NEEDLE;
	ptrdiff_t at = bytes_find(bytes_make(w->at + from, w->length - from),
				  bytes_make(needle, NEEDLE_BYTES));
	const uint8_t *hit = w->at + from + at;

	if (at < 0) {
		*pos = w->length;
		return;
	}
	*pos = (size_t)(hit - w->at) + NEEDLE_BYTES;
	s->at_bytes = w->at_bytes + (uint64_t)(hit - w->at);
	s->line = s->is_wasm || s->references_count + s->internal_count >= SOURCE_MAP_REFERENCES_MAX
		      ? 0
		      : line_of(w, (size_t)(hit - w->at));
	s->in_comment = s->is_wasm || behind_comment_sign(w->at, hit);
	s->url_used = 0;
	s->url_left = 0;
	s->bits_count = 0;
	s->state = s->is_wasm ? SCAN_LENGTH : SCAN_URL;
}

int
source_map_scan_window(struct source_map_scan *s, const struct detect_window *w,
		       struct fault *fault)
{
	size_t pos = w->seen;
	int r = 0;

	while (r == 0 && pos < w->length) {
		struct bytes in = bytes_make(w->at + pos, w->length - pos);
		/* The needle may straddle the border of a window, or the end of data (its letters
		 * are base64); one that ended before `pos` was found before. */
		size_t from = pos >= NEEDLE_BYTES - 1 ? pos - (NEEDLE_BYTES - 1) : 0;

		switch (s->state) {
		case SCAN_IDLE:
			feed_idle(s, w, from, &pos);
			in = bytes_slice(bytes_make(w->at, w->length), pos, w->length);
			break;
		case SCAN_LENGTH:
			feed_length(s, &in);
			break;
		case SCAN_URL:
			r = feed_url(s, &in, fault);
			break;
		case SCAN_BASE64:
			r = feed_base64(s, &in, fault);
			break;
		case SCAN_PERCENT:
			r = feed_percent(s, &in, fault);
			break;
		}
		pos = w->length - in.left;
	}
	return r;
}

int
source_map_scan_end(struct source_map_scan *s, uint64_t size_bytes, struct fault *fault)
{
	int r = 0;

	if (s->state == SCAN_URL)
		r = url_ends(s, -1, fault);
	else if (s->state == SCAN_BASE64 || s->state == SCAN_PERCENT)
		r = data_ends(s, fault);
	if (s->broken_count > 0)
		s->broken_length = size_bytes > s->broken_at ? size_bytes - s->broken_at : 0;
	return r;
}
