/*
 * unpack_list.c - list what the readers find in a file, for comparison with other readers
 *
 *	unpack_list [-n] FILE		one line an entry: CRC-32, size, type, name, target
 *
 * Compressed streams around a container are decoded.  -n adds the notes.  Test tool, not installed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/own.h"
#include "codec/codec.h"
#include "unpack/sniff.h"
#include "unpack/unpack.h"

static bool show_notes;

static void
print_name(struct bytes name)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT((size_t)4 << 20);

	(void)blob_display(&shown, name);
	printf("%s", buf_text(&shown));
}

static int
drain(struct stream *s, uint32_t *crc, uint64_t *size, struct fault *fault)
{
	int r = 0;

	*crc = 0;
	*size = 0;
	while (r == 0) {
		r = s->left == 0 ? stream_want(s, 1, fault) : 0;
		if (s->left == 0)
			break;
		*crc = codec_crc32(*crc, stream_window(s));
		*size += s->left;
		stream_take(s, s->left);
	}
	return r;
}

static int
list_entry(const struct unpack_entry *entry, struct fault *fault)
{
	static const char types[] = "fdlo";
	uint64_t size = 0;
	uint32_t crc = 0;
	int r = 0;

	if (entry->type == UNPACK_FILE)
		r = drain(entry->content, &crc, &size, fault);
	printf("%08x %10llu %c ", crc, (unsigned long long)size, types[entry->type]);
	print_name(entry->name);
	if (entry->type == UNPACK_LINK) {
		printf(" -> ");
		print_name(entry->target);
	}
	printf("%s%s\n", r < 0 ? " BROKEN " : "", r < 0 ? fault->text : "");
	return 0;
}

static void
list_notes(const struct unpack *up)
{
	size_t count;
	const struct unpack_note *notes = unpack_notes(up, &count);

	for (size_t i = 0; show_notes && i < count; i++)
		printf("note %s%s at %llu: %s\n", notes[i].rule,
		       notes[i].not_examined ? " (not examined)" : "",
		       (unsigned long long)notes[i].at_bytes, notes[i].text);
}

static int
list_container(enum blob_kind kind, struct stream *in, struct fault *fault)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct unpack_entry entry;
	struct budget budget;
	int r;

	budget_begin(&budget, &limits, NULL);
	if (kind == BLOB_LONGTAIL || kind == BLOB_7Z) {
		r = unpack_tail_load(fault);
		if (r < 0)
			return r;
	}
	r = unpack_open(&up, kind, in, &budget, fault);
	if (r < 0)
		return r;
	while ((r = unpack_next(up, &entry, fault)) == 0)
		(void)list_entry(&entry, fault);
	list_notes(up);
	return r == UNPACK_END ? 0 : r;
}

static int
list_stream(struct stream *in, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *inner = NULL;
	enum blob_kind kind;
	uint64_t size;
	uint32_t crc;
	int r = stream_want(in, SNIFF_BYTES, fault);

	kind = sniff(stream_window(in), in->ended);
	printf("kind %s\n", blob_kind_name(kind));
	if (blob_kind_is_container(kind))
		return list_container(kind, in, fault);
	if (blob_kind_is_stream(kind)) {
		r = codec_open(&inner, kind, in, fault);
		return r < 0 ? r : list_stream(inner, fault);
	}
	r = drain(in, &crc, &size, fault);
	printf("%08x %10llu\n", crc, (unsigned long long)size);
	return r;
}

int
main(int argc, char **argv)
{
	struct fault fault = FAULT_INIT;
	struct stream in;
	struct stat st;
	void *at;
	int fd, r;

	show_notes = argc > 2 && strcmp(argv[1], "-n") == 0;
	fd = argc > 1 ? open(argv[argc - 1], O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return 2;
	at = mmap(NULL, (size_t)st.st_size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return 2;
	stream_from_memory(&in, bytes_make(at, (size_t)st.st_size));
	r = list_stream(&in, &fault);
	if (r < 0)
		printf("FAULT %d %s\n", r, fault.text);
	return r < 0;
}
