/*
 * one_file.h - one file -> its keys with their lines; for build.c
 */
#ifndef REGISTER_ONE_FILE_H
#define REGISTER_ONE_FILE_H

#include "base/buf.h"
#include "register/register.h"
#include "register/walk.h"

/* Larger files are data. */
#define ONE_FILE_BYTES_MAX ((size_t)64 << 20)

enum one_file_answer {
	ONE_FILE_TAKEN,
	ONE_FILE_BINARY,
	ONE_FILE_LARGE,
	ONE_FILE_LICENCE,
	ONE_FILE_EMPTY, /* too little to know it again */
};

struct one_file {
	enum one_file_answer answer;
	struct segment_file row;       /* without asset and path */
	struct segment_entry *entries; /* malloc; span 0; each key once */
	size_t entries_count;
	uint32_t *parts; /* malloc; numbers of the parts in them, each once */
	size_t parts_count;
};

void one_file_free(struct one_file *one);

/* Scratch of one thread. */
struct one_file_scratch {
	struct buf content;
	struct prints prints;
	uint32_t *lines; /* offsets at which lines begin */
	size_t lines_count, lines_room;
	uint64_t *seen; /* a table of keys */
	size_t seen_room;
};

void one_file_scratch_init(struct one_file_scratch *scratch);
void one_file_scratch_free(struct one_file_scratch *scratch);

int one_file_read(struct one_file *out, const struct walk_file *file,
		  struct one_file_scratch *scratch, struct fault *fault);

/* Does the text begin with, or consist of, a licence?  Bytes [*from, *to) are it. */
bool one_file_licence(struct bytes text, size_t *from, size_t *to);

#endif
