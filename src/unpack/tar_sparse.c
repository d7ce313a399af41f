/*
 * tar_sparse.c - the content of a sparse file: stored pieces with the holes between them
 *
 * Knows: pieces in rising order.  Does not know: which dialect wrote the map.
 */
#include "unpack/tar_sparse.h"

#include "unpack/tar_header.h"

#define MAP_BYTES_MAX ((size_t)1024 * 1024)

static int sparse_more(struct stream *s, size_t want, struct fault *fault);

void
tar_sparse_init(struct tar_sparse *sparse)
{
	*sparse = (struct tar_sparse){
	    .s = {.more = sparse_more},
	    .block = BUF_INIT(2 * STREAM_WANT_MAX),
	};
}

void
tar_sparse_free(struct tar_sparse *sparse)
{
	free(sparse->pieces);
	sparse->pieces = NULL;
	buf_free(&sparse->block);
}

void
tar_sparse_reset(struct tar_sparse *sparse)
{
	sparse->count = sparse->next = 0;
	sparse->bad = false;
}

void
tar_sparse_add(struct tar_sparse *sparse, int64_t at_bytes, int64_t bytes)
{
	const struct tar_piece *last =
	    sparse->count > 0 ? &sparse->pieces[sparse->count - 1] : NULL;

	if (at_bytes < 0 || bytes < 0 || at_bytes > INT64_MAX - bytes ||
	    sparse->count >= TAR_SPARSE_PIECES ||
	    (last != NULL && (uint64_t)at_bytes < last->at_bytes + last->bytes)) {
		sparse->bad = true;
		return;
	}
	if (sparse->count == sparse->room) {
		size_t room = sparse->room == 0 ? 16 : sparse->room * 2;
		struct tar_piece *pieces = reallocarray(sparse->pieces, room, sizeof(*pieces));

		if (pieces == NULL) {
			sparse->bad = true;
			return;
		}
		sparse->pieces = pieces;
		sparse->room = room;
	}
	sparse->pieces[sparse->count++] = (struct tar_piece){(uint64_t)at_bytes, (uint64_t)bytes};
}

/* Digits up to `stop`; -1: none, or too many. */
static int64_t
take_number(struct bytes *in, uint8_t stop)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < in->left && i < 18 && in->at[i] >= '0' && in->at[i] <= '9'; i++)
		value = value * 10 + (in->at[i] - '0');
	if (i == 0 || (i < in->left && in->at[i] != stop))
		return -1;
	(void)bytes_skip(in, i < in->left ? i + 1 : i);
	return value;
}

void
tar_sparse_add_text(struct tar_sparse *sparse, struct bytes map)
{
	while (map.left > 0 && !sparse->bad) {
		int64_t at = take_number(&map, ','), bytes = take_number(&map, ',');

		tar_sparse_add(sparse, at, bytes);
	}
}

int
tar_sparse_take_map(struct tar_sparse *sparse, struct stream *stored, struct fault *fault)
{
	size_t taken = 0;
	int64_t numbers = -1, at = -1;

	/* One line at a time: a number, a newline. */
	for (int64_t n = 0; numbers < 0 || n <= numbers; n++) {
		struct bytes window;
		const uint8_t *end;
		int64_t value;
		int r = stream_want(stored, 24, fault);

		if (r < 0)
			return r;
		window = bytes_slice(stream_window(stored), 0, 24);
		end = window.left > 0 ? memchr(window.at, '\n', window.left) : NULL;
		if (end == NULL || taken > MAP_BYTES_MAX) {
			sparse->bad = true;
			return 0;
		}
		window.left = (size_t)(end - window.at) + 1;
		stream_take(stored, window.left);
		taken += window.left;
		value = take_number(&window, '\n');
		if (value < 0 || (n == 0 && value > (int64_t)TAR_SPARSE_PIECES)) {
			sparse->bad = true;
			return 0;
		}
		if (n == 0)
			numbers = value * 2;
		else if (n & 1)
			at = value;
		else
			tar_sparse_add(sparse, at, value);
	}
	return stream_skip(stored, -(uint64_t)taken & (TAR_BLOCK - 1), NULL, fault);
}

static uint64_t
shown_of(const struct tar_sparse *sparse, uint64_t hole)
{
	return sparse->real_bytes <= TAR_SPARSE_WHOLE || hole <= TAR_HOLE_SHOWN ? hole
										: TAR_HOLE_SHOWN;
}

uint64_t
tar_sparse_begin(struct tar_sparse *sparse, struct stream *stored, uint64_t real_bytes)
{
	const struct tar_piece *last =
	    sparse->count > 0 ? &sparse->pieces[sparse->count - 1] : NULL;
	uint64_t end = last != NULL ? last->at_bytes + last->bytes : 0, from = 0, left_out = 0;

	sparse->s = (struct stream){.more = sparse_more};
	sparse->stored = stored;
	sparse->real_bytes = real_bytes > end ? real_bytes : end;
	sparse->next = 0;
	sparse->file_at = sparse->zeros_left = sparse->data_left = 0;
	sparse->tail_out = false;
	sparse->broke = 0;
	for (size_t i = 0; i <= sparse->count; i++) {
		uint64_t to = i < sparse->count ? sparse->pieces[i].at_bytes : sparse->real_bytes;

		left_out += to - from - shown_of(sparse, to - from);
		from = i < sparse->count ? to + sparse->pieces[i].bytes : to;
	}
	return left_out;
}

/* Begin the next hole and piece, then the hole at the end, then what is stored behind all. 1: end. */
static int
next_piece(struct tar_sparse *sparse, struct fault *fault)
{
	int r;

	if (sparse->next < sparse->count) {
		const struct tar_piece *piece = &sparse->pieces[sparse->next++];

		sparse->zeros_left = shown_of(sparse, piece->at_bytes - sparse->file_at);
		sparse->data_left = piece->bytes;
		sparse->file_at = piece->at_bytes + piece->bytes;
		return 0;
	}
	if (!sparse->tail_out) {
		sparse->tail_out = true;
		sparse->zeros_left = shown_of(sparse, sparse->real_bytes - sparse->file_at);
		return 0;
	}
	r = stream_want(sparse->stored, 1, fault);
	if (r < 0)
		return r;
	sparse->data_left = sparse->stored->left;
	return sparse->stored->left == 0;
}

static int
add_data(struct tar_sparse *sparse, struct fault *fault)
{
	struct stream *stored = sparse->stored;
	size_t step;
	int r = stream_want(stored, 1, fault);

	if (r < 0)
		return r;
	if (stored->left == 0)
		return fault_set(fault, FAULT_FORMAT,
				 "sparse file ends early: its map names %llu bytes more",
				 (unsigned long long)sparse->data_left);
	step = stored->left < sparse->data_left ? stored->left : (size_t)sparse->data_left;
	if (step > STREAM_BLOCK_BYTES)
		step = STREAM_BLOCK_BYTES;
	if (buf_append(&sparse->block, stored->at, step) < 0)
		return fault_memory(fault);
	stream_take(stored, step);
	sparse->data_left -= step;
	return 0;
}

static int
sparse_more(struct stream *s, size_t want, struct fault *fault)
{
	struct tar_sparse *sparse = (struct tar_sparse *)s;
	static const uint8_t zeros[4096];
	struct buf *block = &sparse->block;
	int r = sparse->broke;

	if (s->left > 0 && s->at != block->at)
		memmove(block->at, s->at, s->left);
	block->used = s->left;
	while (r == 0 && block->used < want) {
		if (sparse->zeros_left > 0) {
			size_t step = sparse->zeros_left < sizeof(zeros)
					  ? (size_t)sparse->zeros_left
					  : sizeof(zeros);

			sparse->zeros_left -= step;
			if (buf_append(block, zeros, step) < 0)
				r = fault_memory(&sparse->why);
		} else if (sparse->data_left > 0) {
			r = add_data(sparse, &sparse->why);
		} else {
			r = next_piece(sparse, &sparse->why);
		}
	}
	s->at = block->at;
	s->left = block->used;
	if (r == 1)
		s->ended = true;
	if (r >= 0)
		return 0;
	sparse->broke = r;
	if (fault != NULL)
		*fault = sparse->why;
	return r;
}
