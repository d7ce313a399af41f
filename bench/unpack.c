/*
 * unpack.c - how fast containers are walked, against bare decoders of the same bytes
 *
 *	bench_unpack LABEL FILE...
 *
 * All ways take turns in one run, so that a noisy machine is noisy for all; CPU time of this
 * thread, the best of the rounds.  MB are 10^6 unpacked bytes.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <isa-l.h>
#include <libdeflate.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "base/own.h"
#include "codec/codec.h"
#include "unpack/sniff.h"
#include "unpack/unpack.h"

#define ROUNDS 7

struct file {
	struct bytes packed;
	uint64_t unpacked_bytes;
	uint64_t entries;
	enum blob_kind kind;
};

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
drain(struct stream *s)
{
	uint64_t bytes = 0;

	while (stream_want(s, STREAM_BLOCK_BYTES, NULL) == 0 && s->left > 0) {
		bytes += s->left;
		stream_take(s, s->left);
	}
	return bytes;
}

static void
run_isal(struct file *file)
{
	static struct inflate_state state;
	static uint8_t window[256 * 1024];
	uint64_t bytes = 0;

	isal_inflate_init(&state);
	state.crc_flag = ISAL_GZIP;
	state.next_in = (uint8_t *)(uintptr_t)file->packed.at;
	state.avail_in = (uint32_t)file->packed.left;
	do {
		state.next_out = window;
		state.avail_out = sizeof(window);
		if (isal_inflate(&state) < 0)
			break;
		bytes += sizeof(window) - state.avail_out;
	} while (state.block_state != ISAL_BLOCK_FINISH && state.avail_out == 0);
	file->unpacked_bytes = bytes;
}

static void
run_libdeflate(struct file *file)
{
	static struct libdeflate_decompressor *d;
	static uint8_t *to;
	static size_t room;
	size_t made;

	if (d == NULL)
		d = libdeflate_alloc_decompressor();
	if (room < file->unpacked_bytes) {
		free(to);
		room = (size_t)file->unpacked_bytes;
		to = malloc(room);
	}
	if (to != NULL)
		(void)libdeflate_gzip_decompress(d, file->packed.at, file->packed.left, to, room,
						 &made);
}

static void
run_codec(struct file *file)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	struct stream in;

	stream_from_memory(&in, file->packed);
	if (codec_open(&s, file->kind, &in, NULL) == 0)
		file->unpacked_bytes = drain(s);
}

static void
walk(struct file *file, enum blob_kind kind, struct stream *in, bool read)
{
	AUTO(unpack_close)
	struct unpack *up = NULL;
	struct limits limits = LIMITS_DEFAULT;
	struct unpack_entry entry;
	struct budget budget;
	uint64_t bytes = 0;

	file->entries = 0;
	budget_begin(&budget, &limits, NULL);
	if (unpack_open(&up, kind, in, &budget, NULL) < 0)
		return;
	while (unpack_next(up, &entry, NULL) == 0) {
		file->entries++;
		if (read && entry.type == UNPACK_FILE)
			bytes += drain(entry.content);
	}
	if (kind == BLOB_ZIP)
		file->unpacked_bytes = bytes;
}

static void
run_unpack(struct file *file)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	struct stream in;

	stream_from_memory(&in, file->packed);
	if (!blob_kind_is_stream(file->kind)) {
		walk(file, file->kind, &in, true);
		return;
	}
	if (codec_open(&s, file->kind, &in, NULL) < 0 || stream_want(s, SNIFF_BYTES, NULL) < 0)
		return;
	walk(file, sniff(stream_window(s), s->ended), s, true);
}

static void
run_libarchive(struct file *file)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	const void *at;
	size_t bytes;
	int64_t offset;

	(void)archive_read_support_format_all(a);
	(void)archive_read_support_filter_all(a);
	(void)archive_read_open_memory(a, file->packed.at, file->packed.left);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK)
		while (archive_read_data_block(a, &at, &bytes, &offset) == ARCHIVE_OK)
			;
	(void)archive_read_free(a);
}

static const struct way {
	const char *name;
	void (*run)(struct file *file);
	bool gzip_only;
} ways[] = {
    {"bare ISA-L, 256 KiB windows", run_isal, true},
    {"bare libdeflate, whole", run_libdeflate, true},
    {"codec", run_codec, true},
    {"codec and walk", run_unpack, false},
    {"libarchive", run_libarchive, false},
};

static int
open_file(struct file *file, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	at = mmap(NULL, (size_t)st.st_size + 1, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	file->packed = bytes_make(at, (size_t)st.st_size);
	file->kind = sniff(bytes_slice(file->packed, 0, SNIFF_BYTES), false);
	return 0;
}

int
main(int argc, char **argv)
{
	struct file *files = calloc((size_t)argc, sizeof(*files));
	uint64_t bytes = 0, entries = 0;
	int count = argc - 2;

	if (argc < 3 || files == NULL)
		return 2;
	for (int i = 0; i < count; i++)
		if (open_file(&files[i], argv[i + 2]) < 0)
			return 2;
	for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
		double best = 1e9;

		if (ways[w].gzip_only && files[0].kind != BLOB_GZIP)
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			double begin = cpu_seconds(), took;

			for (int i = 0; i < count; i++)
				ways[w].run(&files[i]);
			took = cpu_seconds() - begin;
			best = took < best ? took : best;
		}
		bytes = entries = 0;
		for (int i = 0; i < count; i++) {
			bytes += files[i].unpacked_bytes;
			entries += files[i].entries;
		}
		printf("%s: %s\t%.0f\tMB/s\n", argv[1], ways[w].name, (double)bytes / 1e6 / best);
		printf("%s: %s\t%.2f\tms\n", argv[1], ways[w].name, best * 1e3);
	}
	printf("%s: entries\t%llu\t\n", argv[1], (unsigned long long)entries);
	free(files);
	return 0;
}
