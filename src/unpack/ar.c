/*
 * ar.c - ar: .deb packages, static libraries
 *
 * Knows: GNU long names ("//" and "/123"), BSD long names ("#1/LENGTH"), thin archives.
 * Does not know: what members are; tables of symbols are given out like any other, for they are
 * bytes that ship.
 */
#include "unpack/reader.h"

#define AR_HEADER_BYTES    60
#define AR_NAME_BYTES_MAX  ((size_t)4096)
#define AR_TABLE_BYTES_MAX STREAM_WANT_MAX

struct ar {
	struct unpack up;
	bool thin;
	bool padded;      /* a byte follows the member that is out */
	struct buf table; /* GNU: "//", the long names */
	struct buf name;
};

static int
ar_begin(struct unpack *up, struct fault *fault)
{
	struct ar *ar = (struct ar *)up;
	int r = stream_want(up->in, 8, fault);

	if (r < 0 && up->in->left < 8)
		return r;
	ar->table = (struct buf)BUF_INIT(AR_TABLE_BYTES_MAX);
	ar->name = (struct buf)BUF_INIT(AR_NAME_BYTES_MAX);
	ar->thin = bytes_begins(stream_window(up->in), BYTES_OF("!<thin>\n"));
	if (!ar->thin && !bytes_begins(stream_window(up->in), BYTES_OF("!<arch>\n")))
		return fault_set(fault, FAULT_FORMAT, "not an ar");
	stream_take(up->in, 8);
	return 0;
}

static void
ar_fini(struct unpack *up)
{
	buf_free(&((struct ar *)up)->table);
	buf_free(&((struct ar *)up)->name);
}

/* Digits, then spaces. -1: anything else. */
static int64_t
ar_number(const uint8_t *at, size_t room, unsigned base)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < room && at[i] >= '0' && at[i] < '0' + (int)base; i++)
		value = value * base + (at[i] - '0');
	if (i == 0)
		return -1;
	while (i < room && at[i] == ' ')
		i++;
	return i == room ? value : -1;
}

static struct bytes
trim(struct bytes name)
{
	while (name.left > 0 && name.at[name.left - 1] == ' ')
		name.left--;
	/* GNU ends names with '/', so that they may hold spaces; "/" and "//" are tables. */
	if (name.left > 1 && name.at[name.left - 1] == '/' && name.at[0] != '/')
		name.left--;
	return name;
}

/* "/123": the name begins at 123 in the table and ends with "/\n", or, of Microsoft, with a NUL. */
static struct bytes
gnu_name(const struct ar *ar, struct bytes name)
{
	int64_t at = ar_number(name.at + 1, name.left - 1, 10);
	struct bytes rest;
	const uint8_t *end;

	if (at < 0 || (uint64_t)at >= ar->table.used)
		return name;
	rest = bytes_slice(buf_bytes(&ar->table), (size_t)at, SIZE_MAX);
	end = memchr(rest.at, '\n', rest.left);
	if (end != NULL)
		rest.left = (size_t)(end - rest.at);
	end = rest.left == 0 ? NULL : memchr(rest.at, 0, rest.left);
	if (end != NULL)
		rest.left = (size_t)(end - rest.at);
	return trim(rest);
}

/* Settle the name; *size shrinks by a name that stands in front of the content. */
static int
settle_name(struct ar *ar, struct bytes field, uint64_t *size, struct fault *fault)
{
	struct bytes name = trim(field);
	int64_t length;
	int r;

	buf_reset(&ar->name);
	if (bytes_begins(field, BYTES_OF("#1/"))) {
		length = ar_number(field.at + 3, field.left - 3, 10);
		if (length >= 0 && (uint64_t)length <= *size &&
		    (size_t)length <= AR_NAME_BYTES_MAX) {
			r = stream_want(ar->up.in, (size_t)length, fault);
			if (r < 0)
				return r;
			name = bytes_slice(stream_window(ar->up.in), 0, (size_t)length);
			(void)buf_append(&ar->name, name.at,
					 strnlen((const char *)name.at, name.left));
			stream_take(ar->up.in, name.left);
			*size -= name.left;
			return ar->name.failed;
		}
	} else if (name.left > 1 && name.at[0] == '/' && name.at[1] >= '0' && name.at[1] <= '9') {
		name = gnu_name(ar, name);
	}
	if (name.left > AR_NAME_BYTES_MAX)
		name.left = AR_NAME_BYTES_MAX;
	(void)buf_append(&ar->name, name.at, name.left);
	return ar->name.failed == 0 ? 0 : fault_memory(fault);
}

/* Keep the table of long names, and leave it in the stream to be given out. */
static int
keep_table(struct ar *ar, uint64_t size, struct fault *fault)
{
	size_t want = size < AR_TABLE_BYTES_MAX ? (size_t)size : AR_TABLE_BYTES_MAX;
	struct bytes table;
	int r = stream_want(ar->up.in, want, fault);

	if (r < 0)
		return r;
	table = bytes_slice(stream_window(ar->up.in), 0, want);
	buf_reset(&ar->table);
	return buf_append(&ar->table, table.at, table.left) < 0 ? fault_memory(fault) : 0;
}

static int
ar_rest(struct ar *ar, struct unpack_entry *entry)
{
	entry->name = NAME_APPENDED;
	entry->at_bytes = ar->up.in->at_bytes;
	unpack_note(&ar->up, "appended-data", entry->at_bytes, 0, false,
		    "what follows is no member of the archive");
	unpack_rest(&ar->up, entry);
	return 0;
}

static int
ar_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct ar *ar = (struct ar *)up;
	uint8_t header[AR_HEADER_BYTES];
	int64_t size, mode;
	uint64_t content;
	int r = unpack_part_end(up, 0, fault);

	/* Padding is a newline, and the last may be missing. */
	if (r == 0 && ar->padded)
		r = stream_skip(up->in, 1, NULL, fault);
	ar->padded = false;
	if (r == 0)
		r = stream_want(up->in, AR_HEADER_BYTES, fault);
	if (r < 0)
		return r;
	if (up->in->left == 0)
		return UNPACK_END;
	size = up->in->left < AR_HEADER_BYTES ? -1 : ar_number(up->in->at + 48, 10, 10);
	if (size < 0 || memcmp(up->in->at + 58, "`\n", 2) != 0)
		return ar_rest(ar, entry);
	entry->at_bytes = up->in->at_bytes;
	memcpy(header, up->in->at, sizeof(header));
	stream_take(up->in, AR_HEADER_BYTES);
	content = (uint64_t)size;
	r = settle_name(ar, bytes_make(header, 16), &content, fault);
	if (r == 0 && bytes_equal(buf_bytes(&ar->name), BYTES_OF("//")))
		r = keep_table(ar, content, fault);
	if (r < 0)
		return r;
	mode = ar_number(header + 40, 8, 8);
	entry->name = buf_bytes(&ar->name);
	entry->mode = mode < 0 ? 0 : (uint32_t)mode & 07777;
	entry->type = UNPACK_FILE;
	entry->size_bytes = (int64_t)content;
	if (header[0] != '/' || (header[1] >= '0' && header[1] <= '9'))
		unpack_check_names(up, entry); /* the tables "/" and "//" are no paths */
	if (ar->thin && (header[0] != '/' || (header[1] >= '0' && header[1] <= '9'))) {
		entry->type = UNPACK_OTHER; /* the member is a file elsewhere */
		return 0;
	}
	unpack_part(up, entry, content);
	ar->padded = (size & 1) != 0;
	return 0;
}

const struct unpack_ops unpack_ar = {
    .reader_size = sizeof(struct ar),
    .begin = ar_begin,
    .next = ar_next,
    .fini = ar_fini,
};
