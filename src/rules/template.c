/*
 * template.c - texts with drawn parts
 *
 * Knows: the grammar in template.h.  Does not know: rules.  What it draws is for tests; nothing of it
 * is a key to anything.
 */
#include "rules/template.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define CLASS_CHARS_MAX 96
#define DRAWN_MAX       65536

/* splitmix64: small, and the same everywhere. */
static uint64_t
draw_next(struct template_draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const struct {
	const char *name, *class;
} classes[] = {
    {"digit", "0-9"},
    {"hex", "0-9a-f"},
    {"HEX", "0-9A-F"},
    {"lower", "a-z"},
    {"upper", "A-Z"},
    {"alpha", "A-Za-z"},
    {"alnum", "0-9A-Za-z"},
    {"base62", "0-9A-Za-z"},
    {"base64", "A-Za-z0-9+/"},
    {"base32", "A-Z2-7"},
    {"base64url", "A-Za-z0-9_-"},
};

/* "a-z0-9_" to its characters. */
static size_t
class_chars(struct bytes name, char out[CLASS_CHARS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (bytes_equal(name, bytes_text(classes[i].name)))
			name = bytes_text(classes[i].class);
	for (size_t i = 0; i < name.left; i++) {
		uint8_t from = name.at[i], to = from;

		if (i + 2 < name.left && name.at[i + 1] == '-') {
			to = name.at[i + 2];
			i += 2;
		}
		for (unsigned c = from; c <= to && count < CLASS_CHARS_MAX; c++)
			out[count++] = (char)c;
	}
	return count;
}

static int
draw_class(struct buf *to, struct bytes name, uint64_t count, struct template_draw *draw)
{
	char chars[CLASS_CHARS_MAX];
	size_t size = class_chars(name, chars);

	for (uint64_t i = 0; size > 0 && i < count; i++)
		(void)buf_append_u8(to, (uint8_t)chars[draw_next(draw) % size]);
	return to->failed;
}

static int
draw_uuid(struct buf *to, struct template_draw *draw)
{
	static const uint8_t lengths[] = {8, 4, 4, 4, 12};

	for (size_t i = 0; i < sizeof(lengths); i++) {
		if (i > 0)
			(void)buf_append_u8(to, '-');
		if (i == 2 || i == 3)
			(void)buf_append_u8(to,
					    i == 2 ? '4' : (uint8_t) "89ab"[draw_next(draw) % 4]);
		(void)draw_class(to, BYTES_OF("hex"), lengths[i] - (i == 2 || i == 3 ? 1u : 0u),
				 draw);
	}
	return to->failed;
}

static void
append_base64url(struct buf *to, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (const char *p = text; *p != '\0'; p++) {
		bits = bits << 8 | (uint8_t)*p;
		for (have += 8; have >= 6; have -= 6)
			(void)buf_append_u8(to, (uint8_t)digits[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		(void)buf_append_u8(to, (uint8_t)digits[bits << (6 - have) & 63]);
}

static int
draw_jwt(struct buf *to, struct template_draw *draw)
{
	AUTO(buf_free)
	struct buf claims = BUF_INIT(256);

	(void)buf_append_text(&claims, "{\"sub\":\"");
	(void)draw_class(&claims, BYTES_OF("digit"), 10, draw);
	(void)buf_append_text(&claims, "\",\"iat\":17");
	(void)draw_class(&claims, BYTES_OF("digit"), 8, draw);
	(void)buf_append_text(&claims, "}");
	append_base64url(to, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
	(void)buf_append_u8(to, '.');
	append_base64url(to, buf_text(&claims));
	(void)buf_append_u8(to, '.');
	return draw_class(to, BYTES_OF("base64url"), 43, draw);
}

static uint32_t
crc32_of(struct bytes in)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < in.left; i++) {
		crc ^= in.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & (0 - (crc & 1)));
	}
	return ~crc;
}

/* Six digits over what stands between the last '_' and here. */
static int
append_crc32(struct buf *to, size_t begin)
{
	size_t from = to->used;
	uint8_t digits[6];
	uint32_t crc;

	while (from > begin && to->at[from - 1] != '_')
		from--;
	crc = crc32_of(bytes_make(to->at + from, to->used - from));
	for (size_t i = sizeof(digits); i > 0; i--, crc /= 62)
		digits[i - 1] = (uint8_t)base62[crc % 62];
	return buf_append(to, digits, sizeof(digits));
}

static int
append_luhn(struct buf *to, size_t begin)
{
	unsigned sum = 0;
	bool twice = true;

	for (size_t i = to->used; i > begin && to->at[i - 1] >= '0' && to->at[i - 1] <= '9';
	     i--, twice = !twice) {
		unsigned digit = (unsigned)(to->at[i - 1] - '0') * (twice ? 2 : 1);

		sum += digit > 9 ? digit - 9 : digit;
	}
	return buf_append_u8(to, (uint8_t)('0' + (10 - sum % 10) % 10));
}

/* "20" or "20-40" to a count. */
static bool
counts(struct bytes text, struct template_draw *draw, uint64_t *count)
{
	uint64_t numbers[2] = {0, 0};
	size_t which = 0, digits = 0;

	for (size_t i = 0; i < text.left; i++) {
		if (text.at[i] == '-' && which == 0 && digits > 0) {
			which = 1;
			digits = 0;
		} else if (text.at[i] >= '0' && text.at[i] <= '9' && digits < 6) {
			numbers[which] = numbers[which] * 10 + (uint64_t)(text.at[i] - '0');
			digits++;
		} else {
			return false;
		}
	}
	if (digits == 0 || (which == 1 && numbers[1] < numbers[0]))
		return false;
	*count = numbers[0] + (which == 1 ? draw_next(draw) % (numbers[1] - numbers[0] + 1) : 0);
	return *count <= DRAWN_MAX;
}

/* The inside of one pair of braces; answers 1 when it is no part of ours. */
static int
expand_part(struct buf *to, struct bytes part, struct bytes token, struct template_draw *draw,
	    size_t begin, size_t *token_at)
{
	uint64_t count;

	if (bytes_equal(part, BYTES_OF("token"))) {
		if (token_at != NULL && *token_at == SIZE_MAX)
			*token_at = to->used;
		return buf_append(to, token.at, token.left);
	}
	if (bytes_equal(part, BYTES_OF("uuid")))
		return draw_uuid(to, draw);
	if (bytes_equal(part, BYTES_OF("jwt")))
		return draw_jwt(to, draw);
	if (bytes_equal(part, BYTES_OF("crc32-base62")))
		return append_crc32(to, begin);
	if (bytes_equal(part, BYTES_OF("luhn")))
		return append_luhn(to, begin);
	for (size_t i = part.left; i > 1; i--)
		if (part.at[i - 1] == ':')
			return counts(bytes_slice(part, i, part.left), draw, &count)
				   ? draw_class(to, bytes_slice(part, 0, i - 1), count, draw)
				   : 1;
	return 1;
}

int
template_expand(struct buf *to, const char *template, struct bytes token,
		struct template_draw *draw, size_t *token_at, struct fault *fault)
{
	size_t begin = to->used;

	if (token_at != NULL)
		*token_at = SIZE_MAX;
	for (const char *p = template; *p != '\0';) {
		size_t plain = strcspn(p, "{"), inside;
		int r;

		(void)buf_append(to, p, plain);
		p += plain;
		if (*p == '\0')
			break;
		inside = strcspn(p + 1, "{}");
		r = p[1 + inside] == '}'
			? expand_part(to, bytes_make(p + 1, inside), token, draw, begin, token_at)
			: 1;
		if (r == 1) {
			(void)buf_append_u8(to, '{');
			p++;
		} else {
			p += inside + 2;
		}
	}
	return to->failed != 0 ? fault_set(fault, to->failed, "a template grows too large") : 0;
}
