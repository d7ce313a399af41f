/*
 * tar_sparse.h - the content of a sparse file: stored pieces with the holes between them
 *
 * Ten gigabytes of hole cost nothing: of each hole TAR_HOLE_SHOWN zeros are given out, and the rest
 * is left out and counted.  Files up to TAR_SPARSE_WHOLE are given out as they would be unpacked.
 */
#ifndef UNPACK_TAR_SPARSE_H
#define UNPACK_TAR_SPARSE_H

#include "base/buf.h"
#include "base/stream.h"

#define TAR_HOLE_SHOWN    ((uint64_t)64 * 1024)
#define TAR_SPARSE_WHOLE  ((uint64_t)1024 * 1024)
#define TAR_SPARSE_PIECES ((size_t)256 * 1024) /* 4 MiB of table */

struct tar_piece {
	uint64_t at_bytes, bytes; /* in the file as it would be unpacked */
};

struct tar_sparse {
	struct stream s;
	struct tar_piece *pieces;
	size_t count, room, next;
	bool bad; /* the map is not usable: the stored bytes are given out as they are */

	struct stream *stored; /* lent: the pieces one after the other */
	uint64_t real_bytes;
	uint64_t file_at;               /* how far the file is given out, holes counted in full */
	uint64_t zeros_left, data_left; /* of the piece at hand */
	bool tail_out;
	struct buf block; /* the window */
	int broke;
	struct fault why;
};

void tar_sparse_init(struct tar_sparse *sparse);
void tar_sparse_free(struct tar_sparse *sparse);
void tar_sparse_reset(struct tar_sparse *sparse);

/* One more piece of the map. */
void tar_sparse_add(struct tar_sparse *sparse, int64_t at_bytes, int64_t bytes);

/* "offset,count,offset,count": PAX 0.0 and 0.1. */
void tar_sparse_add_text(struct tar_sparse *sparse, struct bytes map);

/* PAX 1.0: the map stands in front of the content, as decimal lines, and fills whole blocks.
 * Takes it from `stored`. */
int tar_sparse_take_map(struct tar_sparse *sparse, struct stream *stored, struct fault *fault);

/* `stored` is lent; real_bytes 0: where the last piece ends. Returns how many zeros are left out. */
uint64_t tar_sparse_begin(struct tar_sparse *sparse, struct stream *stored, uint64_t real_bytes);

#endif
