/*
 * cpio.c - cpio: newc and crc (070701, 070702), odc (070707), binary of both byte orders
 *
 * Knows: four headers, archives one behind the other (Linux initramfs).
 * Does not know: the sum of 070702, which nothing verifies any more.
 */
#include "unpack/cpio.h"

#define CPIO_NAME_BYTES_MAX ((size_t)64 * 1024)
#define CPIO_LINK_BYTES_MAX ((size_t)4096)
#define CPIO_HEADER_MAX     110

struct cpio_header {
	size_t bytes; /* of the header itself */
	size_t align; /* of name and content */
	uint32_t mode;
	uint64_t name_bytes; /* with its NUL */
	uint64_t size_bytes;
};

static int
number(const uint8_t *at, size_t digits, unsigned base, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < digits; i++) {
		uint8_t c = at[i] >= 'A' && at[i] <= 'F' ? (uint8_t)(at[i] | 0x20) : at[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 99;

		if (digit >= base)
			return -1;
		*value = *value * base + digit;
	}
	return 0;
}

/*
 * OFFSET SIZE MEANING of newc and crc, hexadecimal
 *      0    6 magic    54    8 size of content
 *     14    8 mode     94    8 size of name
 */
static int
parse_newc(const uint8_t *at, struct cpio_header *header)
{
	uint64_t mode;

	*header = (struct cpio_header){.bytes = 110, .align = 4};
	if (number(at + 14, 8, 16, &mode) < 0 || number(at + 54, 8, 16, &header->size_bytes) < 0 ||
	    number(at + 94, 8, 16, &header->name_bytes) < 0)
		return -1;
	header->mode = (uint32_t)mode;
	return 0;
}

/*
 * OFFSET SIZE MEANING of odc, octal
 *      0    6 magic    59    6 size of name
 *     18    6 mode     65   11 size of content
 */
static int
parse_odc(const uint8_t *at, struct cpio_header *header)
{
	uint64_t mode;

	*header = (struct cpio_header){.bytes = 76, .align = 1};
	if (number(at + 18, 6, 8, &mode) < 0 || number(at + 59, 6, 8, &header->name_bytes) < 0 ||
	    number(at + 65, 11, 8, &header->size_bytes) < 0)
		return -1;
	header->mode = (uint32_t)mode;
	return 0;
}

/*
 * OFFSET SIZE MEANING of binary, 16-bit words in the writer's order
 *      0    2 magic    20    2 size of name
 *      6    2 mode     22    4 size of content, high word first
 */
static void
parse_binary(const uint8_t *at, struct cpio_header *header)
{
	unsigned low = at[0] == 0xc7 ? 0 : 1, high = 1 - low;
	uint32_t words[4];
	static const uint8_t places[] = {6, 20, 22, 24};

	for (size_t i = 0; i < 4; i++)
		words[i] = at[places[i] + low] | (uint32_t)at[places[i] + high] << 8;
	*header = (struct cpio_header){
	    .bytes = 26,
	    .align = 2,
	    .mode = words[0],
	    .name_bytes = words[1],
	    .size_bytes = words[2] << 16 | words[3],
	};
}

/* -1: no header stands at the front. */
static int
parse_header(struct bytes in, struct cpio_header *header)
{
	bool text = in.left >= 6 && memcmp(in.at, "07070", 5) == 0;

	if (text && (in.at[5] == '1' || in.at[5] == '2'))
		return in.left >= 110 ? parse_newc(in.at, header) : -1;
	if (text && in.at[5] == '7')
		return in.left >= 76 ? parse_odc(in.at, header) : -1;
	if (in.left < 26 ||
	    !((in.at[0] == 0xc7 && in.at[1] == 0x71) || (in.at[0] == 0x71 && in.at[1] == 0xc7)))
		return -1;
	parse_binary(in.at, header);
	return 0;
}

int
cpio_begin(struct unpack *up, struct fault *fault)
{
	struct cpio *cpio = (struct cpio *)up;

	(void)fault;
	cpio->name = (struct buf)BUF_INIT(CPIO_NAME_BYTES_MAX);
	cpio->target = (struct buf)BUF_INIT(CPIO_LINK_BYTES_MAX);
	return 0;
}

void
cpio_fini(struct unpack *up)
{
	struct cpio *cpio = (struct cpio *)up;

	buf_free(&cpio->name);
	buf_free(&cpio->target);
}

static uint64_t
padding_of(uint64_t size, size_t align)
{
	return -size & (align - 1);
}

static int
take_name(struct cpio *cpio, const struct cpio_header *header, struct fault *fault)
{
	struct stream *in = cpio->up.in;
	size_t padding = (size_t)padding_of(header->bytes + header->name_bytes, header->align);
	struct bytes name;
	int r;

	if (header->name_bytes > CPIO_NAME_BYTES_MAX)
		return fault_set(
		    fault, FAULT_FORMAT, "cpio entry at byte %llu: a name of %llu bytes",
		    (unsigned long long)in->at_bytes, (unsigned long long)header->name_bytes);
	stream_take(in, header->bytes);
	r = stream_want(in, (size_t)header->name_bytes + padding, fault);
	if (r < 0)
		return r;
	if (in->left < header->name_bytes)
		return fault_set(fault, FAULT_FORMAT, "cpio: name ends early at byte %llu",
				 (unsigned long long)in->at_bytes);
	name = bytes_slice(stream_window(in), 0, (size_t)header->name_bytes);
	if (name.left > 0 && name.at[name.left - 1] == 0)
		name.left--;
	buf_reset(&cpio->name);
	if (buf_append(&cpio->name, name.at, name.left) < 0)
		return fault_memory(fault);
	stream_take(in, (size_t)header->name_bytes);
	return unpack_padding(&cpio->up, padding, fault);
}

/* The content of a symbolic link is its target. */
static int
take_target(struct cpio *cpio, uint64_t size, struct unpack_entry *entry, struct fault *fault)
{
	struct stream *in = cpio->up.in;
	int r = stream_want(in, (size_t)size, fault);

	if (r < 0)
		return r;
	if (in->left < size)
		return fault_set(fault, FAULT_FORMAT, "cpio: link ends early at byte %llu",
				 (unsigned long long)in->at_bytes);
	buf_reset(&cpio->target);
	if (buf_append(&cpio->target, in->at, (size_t)size) < 0)
		return fault_memory(fault);
	stream_take(in, (size_t)size);
	entry->type = UNPACK_LINK;
	entry->target = buf_bytes(&cpio->target);
	return unpack_padding(&cpio->up, cpio->padding, fault);
}

static int
give_entry(struct cpio *cpio, const struct cpio_header *header, struct unpack_entry *entry,
	   struct fault *fault)
{
	uint32_t format = header->mode & 0170000;
	int r = 0;

	entry->name = buf_bytes(&cpio->name);
	entry->mode = header->mode & 07777;
	entry->size_bytes = (int64_t)header->size_bytes;
	entry->type = UNPACK_FILE;
	cpio->padding = padding_of(header->size_bytes, header->align);
	if (format == 0120000 && header->size_bytes <= CPIO_LINK_BYTES_MAX) {
		r = take_target(cpio, header->size_bytes, entry, fault);
	} else if (header->size_bytes == 0 && format == 0040000) {
		entry->type = UNPACK_FOLDER;
	} else if (header->size_bytes == 0 && format != 0100000 && format != 0) {
		entry->type = UNPACK_OTHER;
	} else if (format != 0100000 && format != 0) {
		unpack_note(&cpio->up, "hidden-entry", entry->at_bytes, 0, false,
			    "'%s' is no file but has content, which most programs do not unpack",
			    unpack_show(entry->name).text);
	}
	if (r < 0)
		return r;
	unpack_check_names(&cpio->up, entry);
	if (entry->type == UNPACK_FILE)
		unpack_part(&cpio->up, entry, header->size_bytes);
	return 0;
}

static int
skip_zeros(struct cpio *cpio, struct fault *fault)
{
	struct stream *in = cpio->up.in;
	int r;

	for (;;) {
		size_t zeros = 0;

		r = stream_want(in, CPIO_HEADER_MAX, fault);
		if (r < 0)
			return r;
		while (zeros < in->left && in->at[zeros] == 0)
			zeros++;
		stream_take(in, zeros);
		if (zeros == 0 || (in->ended && in->left == 0))
			return 0;
		r = budget_bytes(cpio->up.budget, zeros, fault);
		if (r < 0)
			return r;
	}
}

static int
give_rest(struct cpio *cpio, struct unpack_entry *entry)
{
	entry->name = cpio->past_end ? NAME_APPENDED : NAME_HIDDEN;
	entry->at_bytes = cpio->up.in->at_bytes;
	unpack_note(&cpio->up, cpio->past_end ? "appended-data" : "hidden-data", entry->at_bytes, 0,
		    false,
		    cpio->past_end ? "data follows the end of the archive"
				   : "what follows is no entry of the archive");
	unpack_rest(&cpio->up, entry);
	return 0;
}

int
cpio_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct cpio *cpio = (struct cpio *)up;
	struct cpio_header header;
	int r = unpack_part_end(up, cpio->padding, fault);

	cpio->padding = 0;
	while (r == 0) {
		r = cpio->past_end ? skip_zeros(cpio, fault)
				   : stream_want(up->in, CPIO_HEADER_MAX, fault);
		if (r < 0)
			return r;
		if (up->in->left == 0 && (cpio->past_end || cpio->headers > 0))
			return UNPACK_END;
		if (parse_header(stream_window(up->in), &header) < 0) {
			if (cpio->headers == 0)
				return fault_set(fault, FAULT_FORMAT, "not a cpio");
			return give_rest(cpio, entry);
		}
		if (cpio->past_end && !cpio->past_end_told)
			unpack_note(up, "hidden-entry", up->in->at_bytes, 0, false,
				    "entries follow the end of the archive");
		cpio->past_end_told |= cpio->past_end;
		cpio->headers++;
		entry->at_bytes = up->in->at_bytes;
		r = take_name(cpio, &header, fault);
		if (r < 0)
			return r;
		if (!bytes_equal(buf_bytes(&cpio->name), BYTES_OF("TRAILER!!!")))
			return give_entry(cpio, &header, entry, fault);
		cpio->past_end = true;
		r = unpack_skip(up, header.size_bytes, fault);
	}
	return r;
}

const struct unpack_ops unpack_cpio = {
    .reader_size = sizeof(struct cpio),
    .begin = cpio_begin,
    .next = cpio_next,
    .fini = cpio_fini,
};
