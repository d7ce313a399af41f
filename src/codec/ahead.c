/*
 * ahead.c - a stream that is read by a thread of its own, ahead of its reader
 *
 * Knows: a ring of blocks, one writer, one reader.  Does not know: what runs in the stream.
 * Each block has room in front of it: what the reader left of the last one is put there, so that
 * windows go on across blocks and only those few bytes are copied twice.
 */
#include "codec/codec.h"

#include <pthread.h>

#include "base/own.h"

#define RING_BLOCKS    4
#define BLOCK_BYTES    STREAM_BLOCK_BYTES
#define HEADROOM_BYTES ((size_t)64 * 1024)

struct ahead {
	struct stream s;
	struct stream *in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;

	/* Under the lock. */
	unsigned written, read; /* blocks, counted from the start */
	bool finished, stop;
	struct fault why; /* of the thread; code 0: `in` has ended */

	size_t block_bytes[RING_BLOCKS];
	uint8_t *ring;   /* RING_BLOCKS of HEADROOM_BYTES + BLOCK_BYTES */
	uint8_t *joined; /* for wants that no block holds */
	size_t joined_room;
	bool holds; /* the reader's window lies in block `read` */
};

static uint8_t *
ring_block(struct ahead *ahead, unsigned number)
{
	return ahead->ring + (number % RING_BLOCKS) * (HEADROOM_BYTES + BLOCK_BYTES) +
	       HEADROOM_BYTES;
}

static int
fill_block(struct ahead *ahead, uint8_t *block, size_t *used, struct fault *fault)
{
	struct stream *in = ahead->in;
	int r = 0;

	*used = 0;
	while (r == 0 && *used < BLOCK_BYTES) {
		size_t step = BLOCK_BYTES - *used;

		r = stream_want(in, 1, fault);
		if (in->left == 0)
			break;
		if (step > in->left)
			step = in->left;
		memcpy(block + *used, in->at, step);
		stream_take(in, step);
		*used += step;
	}
	return r;
}

static void *
ahead_run(void *argument)
{
	struct ahead *ahead = argument;
	struct fault why = FAULT_INIT;
	bool more = true;

	while (more) {
		unsigned number;
		size_t used;
		int r;

		pthread_mutex_lock(&ahead->lock);
		while (!ahead->stop && ahead->written - ahead->read == RING_BLOCKS)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		number = ahead->written;
		more = !ahead->stop;
		pthread_mutex_unlock(&ahead->lock);
		if (!more)
			break;
		r = fill_block(ahead, ring_block(ahead, number), &used, &why);
		more = r == 0 && used == BLOCK_BYTES;
		pthread_mutex_lock(&ahead->lock);
		ahead->block_bytes[number % RING_BLOCKS] = used;
		ahead->written++;
		if (!more) {
			ahead->why = why;
			ahead->why.code = r;
			ahead->finished = true;
		}
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

/* Give the block back that the window lay in. */
static void
release_block(struct ahead *ahead)
{
	if (!ahead->holds)
		return;
	ahead->holds = false;
	pthread_mutex_lock(&ahead->lock);
	ahead->read++;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

/* Wait for the block at `read`: its length, or 0 when there is none and never will be. */
static size_t
next_block(struct ahead *ahead)
{
	size_t bytes = 0;

	pthread_mutex_lock(&ahead->lock);
	while (ahead->written == ahead->read && !ahead->finished)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	if (ahead->written != ahead->read)
		bytes = ahead->block_bytes[ahead->read % RING_BLOCKS];
	pthread_mutex_unlock(&ahead->lock);
	return bytes;
}

static int
grow_joined(struct ahead *ahead, size_t room, struct fault *fault)
{
	uint8_t *joined;

	if (ahead->joined_room >= room)
		return 0;
	joined = malloc(room);
	if (joined == NULL)
		return fault_memory(fault);
	if (ahead->s.left > 0)
		memcpy(joined, ahead->s.at, ahead->s.left);
	ahead->s.at = joined;
	free(ahead->joined);
	ahead->joined = joined;
	ahead->joined_room = room;
	release_block(ahead);
	return 0;
}

/* Take one more block behind the window.  1: there is none. */
static int
join_block(struct ahead *ahead, size_t want, struct fault *fault)
{
	struct stream *s = &ahead->s;
	unsigned next = ahead->read + (ahead->holds ? 1 : 0);
	uint8_t *block = ring_block(ahead, next);
	size_t bytes;
	int r;

	if (s->left <= HEADROOM_BYTES && want <= s->left + BLOCK_BYTES) {
		/* The next block's headroom belongs to nobody but the reader. */
		if (s->left > 0)
			memmove(block - s->left, s->at, s->left);
		s->at = block - s->left;
		release_block(ahead);
		bytes = next_block(ahead);
		s->left += bytes;
		ahead->holds = bytes > 0;
		return bytes == 0;
	}
	r = grow_joined(ahead, STREAM_WANT_MAX + BLOCK_BYTES, fault);
	if (r < 0)
		return r;
	if (s->at != ahead->joined && s->left > 0)
		memmove(ahead->joined, s->at, s->left);
	s->at = ahead->joined;
	release_block(ahead);
	bytes = next_block(ahead);
	if (bytes == 0)
		return 1;
	memcpy(ahead->joined + s->left, ring_block(ahead, ahead->read), bytes);
	s->left += bytes;
	ahead->holds = true;
	release_block(ahead);
	return 0;
}

static int
ahead_more(struct stream *s, size_t want, struct fault *fault)
{
	struct ahead *ahead = (struct ahead *)s;
	int r = 0;

	if (want > STREAM_WANT_MAX)
		want = STREAM_WANT_MAX;
	while (r == 0 && s->left < want)
		r = join_block(ahead, want, fault);
	if (r <= 0)
		return r;
	if (ahead->why.code != 0) {
		if (fault != NULL)
			*fault = ahead->why;
		return ahead->why.code;
	}
	s->ended = true;
	return 0;
}

static void
ahead_free(struct ahead *ahead)
{
	stream_close(&ahead->in);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead->ring);
	free(ahead->joined);
	free(ahead);
}

static void
ahead_close(struct stream *s)
{
	struct ahead *ahead = (struct ahead *)s;

	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	(void)pthread_join(ahead->thread, NULL);
	ahead_free(ahead);
}

int
codec_ahead(struct stream **out, struct stream *in, struct fault *fault)
{
	struct ahead *ahead = calloc(1, sizeof(*ahead));
	int r;

	if (ahead == NULL) {
		stream_close(&in);
		return fault_memory(fault);
	}
	ahead->in = in;
	(void)pthread_mutex_init(&ahead->lock, NULL);
	(void)pthread_cond_init(&ahead->changed, NULL);
	ahead->ring = malloc(RING_BLOCKS * (HEADROOM_BYTES + BLOCK_BYTES));
	if (ahead->ring == NULL) {
		ahead_free(ahead);
		return fault_memory(fault);
	}
	ahead->s = (struct stream){.at = ring_block(ahead, 0),
				   .at_bytes = in->at_bytes,
				   .more = ahead_more,
				   .close = ahead_close};
	r = pthread_create(&ahead->thread, NULL, ahead_run, ahead);
	if (r != 0) {
		ahead_free(ahead);
		return fault_set(fault, FAULT_MEMORY, "no thread to decode ahead: error %d", r);
	}
	*out = &ahead->s;
	return 0;
}
