/*
 * tar_header.c - one 512-byte block of a tar, and the PAX records that amend it
 *
 * Knows: v7, ustar and GNU fields, base 256, PAX records.  Does not know: what follows a header.
 * With tens of thousands of tiny members the checksum is the walk: summed 16 bytes at a time.
 */
#include "unpack/tar_header.h"

#include "base/text.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum {
	TAR_MODE = 100,
	TAR_SIZE = 124,
	TAR_CHECKSUM = 148,
	TAR_TYPE = 156,
	TAR_TARGET = 157,
	TAR_MAGIC = 257,
	TAR_PREFIX = 345,
};

bool
tar_block_is_zero(const uint8_t *block)
{
	uint64_t any = 0, word;

	/* Nearly every block that is asked about is a header, which begins with a name. */
	if (block[0] != 0)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i += 8) {
		memcpy(&word, block + i, 8);
		any |= word;
	}
	return any == 0;
}

static uint32_t
block_sum(const uint8_t *block)
{
#ifdef __SSE2__
	const __m128i zero = _mm_setzero_si128();
	__m128i sum = zero;

	for (size_t i = 0; i < TAR_BLOCK; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + i));

		sum = _mm_add_epi64(sum, _mm_sad_epu8(bytes, zero));
	}
	return (uint32_t)(_mm_cvtsi128_si64(sum) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(sum, sum)));
#else
	uint32_t sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	return sum;
#endif
}

bool
tar_block_is_header(const uint8_t *block)
{
	int64_t stored = tar_number(block + TAR_CHECKSUM, 8);
	int64_t sum;

	if (stored <= 0)
		return false;
	sum = (int64_t)block_sum(block);
	for (size_t i = 0; i < 8; i++)
		sum += ' ' - (int64_t)block[TAR_CHECKSUM + i];
	if (sum == stored)
		return true;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i] >= 0x80 && (i < TAR_CHECKSUM || i >= TAR_CHECKSUM + 8))
			sum -= 256;
	return sum == stored;
}

static int64_t
number_base256(const uint8_t *at, size_t count)
{
	uint64_t value = at[0] & 0x3f;

	if (at[0] & 0x40)
		return -1;
	for (size_t i = 1; i < count; i++) {
		if (value >> 55)
			return -1;
		value = value << 8 | at[i];
	}
	return (int64_t)value;
}

int64_t
tar_number(const uint8_t *at, size_t count)
{
	int64_t value = 0;
	size_t i = 0;

	if (count > 0 && (at[0] & 0x80))
		return number_base256(at, count);
	while (i < count && (at[i] == ' ' || at[i] == 0))
		i++;
	for (; i < count && at[i] >= '0' && at[i] <= '7'; i++) {
		if (value >> 60)
			return -1;
		value = value << 3 | (at[i] - '0');
	}
	return i == count || at[i] == ' ' || at[i] == 0 ? value : -1;
}

static struct bytes
field(const uint8_t *block, size_t at, size_t room)
{
	return bytes_make(block + at, strnlen((const char *)block + at, room));
}

void
tar_header_parse(const uint8_t *block, struct tar_header *header)
{
	int64_t mode = tar_number(block + TAR_MODE, 8);
	bool ustar = memcmp(block + TAR_MAGIC, "ustar", 5) == 0;

	*header = (struct tar_header){
	    .name = field(block, 0, 100),
	    .target = field(block, TAR_TARGET, 100),
	    .type = block[TAR_TYPE],
	    .mode = mode < 0 ? 0 : (uint32_t)mode & 07777,
	    .size_bytes = tar_number(block + TAR_SIZE, 12),
	    .gnu = ustar && block[TAR_MAGIC + 5] == ' ',
	};
	if (ustar && !header->gnu)
		header->prefix = field(block, TAR_PREFIX, 155);
}

void
pax_init(struct pax *pax)
{
	*pax = (struct pax){
	    .path = BUF_INIT(PAX_BYTES_MAX),
	    .target = BUF_INIT(PAX_BYTES_MAX),
	    .map = BUF_INIT(2 * PAX_BYTES_MAX),
	    .size_bytes = -1,
	    .real_size_bytes = -1,
	};
}

void
pax_free(struct pax *pax)
{
	buf_free(&pax->path);
	buf_free(&pax->target);
	buf_free(&pax->map);
}

void
pax_reset(struct pax *pax)
{
	buf_reset(&pax->path);
	buf_reset(&pax->target);
	buf_reset(&pax->map);
	pax->size_bytes = pax->real_size_bytes = -1;
	pax->sparse = false;
	pax->sparse_major = pax->sparse_minor = 0;
}

static int
parse_decimal(struct bytes in, int64_t *out)
{
	int64_t value = 0;

	if (in.left == 0 || in.left > 18)
		return -1;
	for (size_t i = 0; i < in.left; i++) {
		if (in.at[i] < '0' || in.at[i] > '9')
			return -1;
		value = value * 10 + (in.at[i] - '0');
	}
	*out = value;
	return 0;
}

static int
replace(struct buf *to, struct bytes value)
{
	buf_reset(to);
	return buf_append(to, value.at, value.left);
}

/* 0.0 says one offset and one count after the other, 0.1 all of them at once. */
static int
append_map(struct buf *map, struct bytes value)
{
	if (map->used > 0)
		(void)buf_append_u8(map, ',');
	return buf_append(map, value.at, value.left);
}

static int
sparse_record(struct pax *pax, struct bytes key, struct bytes value)
{
	int64_t number = 0;

	pax->sparse = true;
	if (bytes_equal(key, BYTES_OF("name")))
		return replace(&pax->path, value);
	if (bytes_equal(key, BYTES_OF("map")))
		return replace(&pax->map, value);
	if (parse_decimal(value, &number) < 0)
		return -1;
	if (bytes_equal(key, BYTES_OF("offset")) || bytes_equal(key, BYTES_OF("numbytes")))
		return append_map(&pax->map, value);
	if (bytes_equal(key, BYTES_OF("size")) || bytes_equal(key, BYTES_OF("realsize")))
		pax->real_size_bytes = number;
	else if (bytes_equal(key, BYTES_OF("major")))
		pax->sparse_major = (uint32_t)number;
	else if (bytes_equal(key, BYTES_OF("minor")))
		pax->sparse_minor = (uint32_t)number;
	return 0;
}

static int
pax_record(struct pax *pax, struct bytes key, struct bytes value)
{
	const struct bytes sparse = BYTES_OF("GNU.sparse.");

	if (bytes_equal(key, BYTES_OF("path")))
		return pax->sparse && pax->path.used > 0 ? 0 : replace(&pax->path, value);
	if (bytes_equal(key, BYTES_OF("linkpath")))
		return replace(&pax->target, value);
	if (bytes_equal(key, BYTES_OF("size")))
		return parse_decimal(value, &pax->size_bytes);
	if (bytes_begins(key, sparse))
		return sparse_record(pax, bytes_slice(key, sparse.left, key.left - sparse.left),
				     value);
	return 0;
}

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static int
take_record(struct bytes *in, struct bytes *key, struct bytes *value)
{
	size_t digits = 0;
	struct bytes record;
	const uint8_t *equals;
	int64_t length;

	while (digits < in->left && digits < 9 && in->at[digits] >= '0' && in->at[digits] <= '9')
		digits++;
	if (parse_decimal(bytes_slice(*in, 0, digits), &length) < 0 || digits == in->left ||
	    in->at[digits] != ' ' || (size_t)length < digits + 2 ||
	    bytes_take(in, (size_t)length, &record) < 0)
		return -1;
	(void)bytes_skip(&record, digits + 1);
	if (record.at[record.left - 1] == '\n')
		record.left--;
	equals = record.left > 0 ? memchr(record.at, '=', record.left) : NULL;
	if (equals == NULL)
		return -1;
	*key = bytes_make(record.at, (size_t)(equals - record.at));
	*value = bytes_make(equals + 1, record.left - key->left - 1);
	return 0;
}

int
pax_parse(struct pax *pax, struct bytes records)
{
	struct bytes key, value;
	int r = 0;

	while (records.left > 0 && records.at[0] != 0) {
		if (take_record(&records, &key, &value) < 0)
			return -1;
		if (pax_record(pax, key, value) < 0)
			r = -1;
	}
	return r;
}
