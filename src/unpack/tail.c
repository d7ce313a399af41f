/*
 * tail.c - the long tail of formats (7z, iso, cab, rar, lha, xar), by libarchive, loaded on demand
 *
 * Knows: which formats these are, how to load the library and walk with it.
 * Does not know: the jail; the formats themselves.
 * libarchive brings libxml2 and ICU along, 10 ms that every start would pay; so it is not linked.
 * Its names come in the current locale's encoding: each call runs in C.UTF-8, which glibc has built
 * in, so that UTF-16 becomes UTF-8 without iconv, whose modules the jail could not open.
 */
#include "unpack/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <locale.h>

/* Zeros of a hole that are shown; the rest of it is left out. */
#define HOLE_BYTES_MAX ((size_t)64 * 1024)

#define TAIL_FUNCTIONS(X)                                                                          \
	X(archive_read_new)                                                                        \
	X(archive_read_free)                                                                       \
	X(archive_read_support_format_7zip)                                                        \
	X(archive_read_support_format_cab)                                                         \
	X(archive_read_support_format_iso9660)                                                     \
	X(archive_read_support_format_lha)                                                         \
	X(archive_read_support_format_rar)                                                         \
	X(archive_read_support_format_rar5)                                                        \
	X(archive_read_support_format_xar)                                                         \
	X(archive_read_open_memory)                                                                \
	X(archive_read_next_header)                                                                \
	X(archive_read_data_block)                                                                 \
	X(archive_error_string)                                                                    \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_pathname_utf8)                                                             \
	X(archive_entry_symlink)                                                                   \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_perm)                                                                      \
	X(archive_entry_size)                                                                      \
	X(archive_entry_size_is_set)                                                               \
	X(archive_entry_is_data_encrypted)

/* The one thing here that is not const: set once, before there are threads, by unpack_tail_load(). */
static struct {
	void *library;
	locale_t utf8;
#define X(name) __typeof__(name) *name;
	TAIL_FUNCTIONS(X)
#undef X
} tail;

struct tail_reader {
	struct unpack up;
	struct archive *archive;
	struct stream content;
	struct buf block;     /* what the window of `content` lies in */
	const uint8_t *ahead; /* lent by libarchive: decoded, not yet in `block` */
	size_t ahead_bytes;
	uint64_t hole_bytes; /* zeros in front of `ahead` */
	uint64_t file_at;    /* offset in the file of the next byte from libarchive */
	int broke;
	struct fault why;
};

bool
unpack_is_tail(enum blob_kind kind)
{
	return kind == BLOB_7Z || kind == BLOB_LONGTAIL;
}

bool
unpack_tail_ready(void)
{
	return tail.library != NULL;
}

int
unpack_tail_load(struct fault *fault)
{
	void *library;

	if (tail.library != NULL)
		return 0;
	library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return fault_set(fault, FAULT_LIMIT, "libarchive cannot be loaded: %s", dlerror());
#define X(name)                                                                                    \
	tail.name = (__typeof__(tail.name))dlsym(library, #name);                                  \
	if (tail.name == NULL) {                                                                   \
		(void)dlclose(library);                                                            \
		return fault_set(fault, FAULT_LIMIT, "libarchive lacks " #name);                   \
	}
	TAIL_FUNCTIONS(X)
#undef X
	tail.utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tail.library = library;
	return 0;
}

/* Run the calls between in UTF-8. */
static locale_t
locale_enter(void)
{
	return tail.utf8 != (locale_t)0 ? uselocale(tail.utf8) : (locale_t)0;
}

static void
locale_leave(locale_t before)
{
	if (before != (locale_t)0)
		(void)uselocale(before);
}

static int
tail_fault(const struct tail_reader *reader, int code, struct fault *fault)
{
	const char *text = tail.archive_error_string(reader->archive);

	(void)code;
	return fault_set(fault, FAULT_FORMAT, "%s", text != NULL ? text : "damaged archive");
}

static int
tail_open(struct tail_reader *reader, struct fault *fault)
{
	struct archive *a = tail.archive_read_new();

	reader->archive = a;
	if (a == NULL)
		return fault_memory(fault);
	(void)tail.archive_read_support_format_7zip(a);
	(void)tail.archive_read_support_format_cab(a);
	(void)tail.archive_read_support_format_iso9660(a);
	(void)tail.archive_read_support_format_lha(a);
	(void)tail.archive_read_support_format_rar(a);
	(void)tail.archive_read_support_format_rar5(a);
	(void)tail.archive_read_support_format_xar(a);
	if (tail.archive_read_open_memory(a, reader->up.in->whole, reader->up.in->whole_bytes) !=
	    ARCHIVE_OK)
		return tail_fault(reader, 0, fault);
	return 0;
}

static int
tail_begin(struct unpack *up, struct fault *fault)
{
	struct tail_reader *reader = (struct tail_reader *)up;
	locale_t before;
	int r;

	if (!unpack_tail_ready())
		return fault_set(fault, FAULT_LIMIT, "its reader is not loaded");
	reader->block = (struct buf)BUF_INIT(2 * STREAM_WANT_MAX);
	before = locale_enter();
	r = tail_open(reader, fault);
	locale_leave(before);
	return r;
}

static void
tail_fini(struct unpack *up)
{
	struct tail_reader *reader = (struct tail_reader *)up;

	if (reader->archive != NULL)
		(void)tail.archive_read_free(reader->archive);
	buf_free(&reader->block);
}

/* Get the next decoded piece. 1: there is none. */
static int
next_piece(struct tail_reader *reader, struct fault *fault)
{
	const void *at = NULL;
	size_t bytes = 0;
	int64_t offset = (int64_t)reader->file_at;
	locale_t before = locale_enter();
	int r = tail.archive_read_data_block(reader->archive, &at, &bytes, &offset);

	locale_leave(before);
	if (r == ARCHIVE_EOF)
		return 1;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return tail_fault(reader, r, fault);
	reader->ahead = at;
	reader->ahead_bytes = bytes;
	reader->hole_bytes = offset > 0 && (uint64_t)offset > reader->file_at
				 ? (uint64_t)offset - reader->file_at
				 : 0;
	reader->file_at += reader->hole_bytes + bytes;
	if (reader->hole_bytes > HOLE_BYTES_MAX)
		reader->hole_bytes = HOLE_BYTES_MAX;
	return 0;
}

static int
tail_more(struct stream *s, size_t want, struct fault *fault)
{
	struct tail_reader *reader =
	    (struct tail_reader *)((char *)s - offsetof(struct tail_reader, content));
	struct buf *block = &reader->block;
	static const uint8_t zeros[4096];
	int r = reader->broke;

	if (s->left > 0 && s->at != block->at)
		memmove(block->at, s->at, s->left);
	block->used = s->left;
	while (r == 0 && block->used < want) {
		size_t step = reader->ahead_bytes;
		const uint8_t *at = reader->ahead;

		if (reader->hole_bytes > 0) {
			at = zeros;
			step = reader->hole_bytes < sizeof(zeros) ? (size_t)reader->hole_bytes
								  : sizeof(zeros);
			reader->hole_bytes -= step;
		} else if (step == 0) {
			r = next_piece(reader, &reader->why);
			continue;
		} else {
			step = step < STREAM_BLOCK_BYTES ? step : STREAM_BLOCK_BYTES;
			reader->ahead += step;
			reader->ahead_bytes -= step;
		}
		if (buf_append(block, at, step) < 0)
			r = fault_memory(&reader->why);
	}
	s->at = block->at;
	s->left = block->used;
	if (r == 1)
		s->ended = true;
	if (r >= 0)
		return 0;
	reader->broke = r;
	if (fault != NULL)
		*fault = reader->why;
	return r;
}

static void
settle_entry(struct tail_reader *reader, struct archive_entry *from, struct unpack_entry *entry)
{
	const char *name = tail.archive_entry_pathname(from);
	const char *soft = tail.archive_entry_symlink(from);
	const char *hard = tail.archive_entry_hardlink(from);

	if (name == NULL)
		name = tail.archive_entry_pathname_utf8(from);
	entry->name = name != NULL ? bytes_text(name) : BYTES_OF("(name in an unknown encoding)");
	entry->mode = (uint32_t)tail.archive_entry_perm(from) & 07777;
	if (tail.archive_entry_size_is_set(from))
		entry->size_bytes = tail.archive_entry_size(from);
	switch (tail.archive_entry_filetype(from)) {
	case AE_IFDIR:
		entry->type = UNPACK_FOLDER;
		return;
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
	case AE_IFSOCK:
		entry->type = UNPACK_OTHER;
		return;
	default:
		break;
	}
	if (soft != NULL || hard != NULL) {
		entry->type = UNPACK_LINK;
		entry->hard = soft == NULL;
		entry->target = bytes_text(soft != NULL ? soft : hard);
		return;
	}
	entry->type = UNPACK_FILE;
	reader->content = (struct stream){.more = tail_more};
	reader->ahead_bytes = 0;
	reader->hole_bytes = reader->file_at = 0;
	reader->broke = 0;
	entry->content = &reader->content;
	if (tail.archive_entry_is_data_encrypted(from) > 0)
		entry->unreadable = "encrypted";
}

static int
tail_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct tail_reader *reader = (struct tail_reader *)up;
	struct archive_entry *from = NULL;
	locale_t before = locale_enter();
	int r = ARCHIVE_RETRY;

	for (unsigned tries = 0; r == ARCHIVE_RETRY && tries < 100; tries++)
		r = tail.archive_read_next_header(reader->archive, &from);
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		settle_entry(reader, from, entry);
	locale_leave(before);
	if (r == ARCHIVE_EOF)
		return UNPACK_END;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return tail_fault(reader, r, fault);
	unpack_check_names(up, entry);
	return 0;
}

const struct unpack_ops unpack_tail = {
    .reader_size = sizeof(struct tail_reader),
    .begin = tail_begin,
    .next = tail_next,
    .fini = tail_fini,
};
