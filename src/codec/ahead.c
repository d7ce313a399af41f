/*
 * ahead.c - decode in a thread of its own, ahead of the reader
 *
 * Knows: a ring of blocks between one producer and one consumer, and how a fault crosses it.
 * Does not know: what is decoded.
 *
 * The producer copies windows of the inner stream into the ring; the reader copies blocks into a
 * linear buffer, because detectors want windows larger than a block.  Both copies run at memory
 * speed and on different cores; what is gained is the whole time of the decoder.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"

#define AHEAD_BLOCKS 8

struct block {
	uint8_t *at;
	size_t length;
};

struct ahead {
	struct stream s;
	struct stream *in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct block ring[AHEAD_BLOCKS];
	unsigned head, tail; /* head - tail blocks are full */
	bool producer_done, reader_gone;
	int broke; /* the inner stream's fault, told after its last good byte */
	struct fault fault;
	/* The reader's side. */
	uint8_t *linear;
	size_t room;
};

/* Wait for a block to fill. False when the reader went away. */
static bool
wait_for_room(struct ahead *a)
{
	bool go;

	(void)pthread_mutex_lock(&a->lock);
	while (a->head - a->tail == AHEAD_BLOCKS && !a->reader_gone)
		(void)pthread_cond_wait(&a->emptied, &a->lock);
	go = !a->reader_gone;
	(void)pthread_mutex_unlock(&a->lock);
	return go;
}

static void
publish(struct ahead *a, size_t length, bool last)
{
	(void)pthread_mutex_lock(&a->lock);
	if (length > 0) {
		a->ring[a->head % AHEAD_BLOCKS].length = length;
		a->head++;
	}
	a->producer_done = last;
	(void)pthread_cond_signal(&a->filled);
	(void)pthread_mutex_unlock(&a->lock);
}

static void *
produce(void *argument)
{
	struct ahead *a = argument;
	bool last = false;

	while (!last && wait_for_room(a)) {
		struct block *block = &a->ring[a->head % AHEAD_BLOCKS];
		size_t used = 0;

		while (used < STREAM_BLOCK_BYTES && !last) {
			size_t step;

			a->broke = stream_want(a->in, 1, &a->fault);
			step = a->in->left < STREAM_BLOCK_BYTES - used ? a->in->left
								       : STREAM_BLOCK_BYTES - used;
			if (step > 0)
				memcpy(block->at + used, a->in->at, step);
			stream_take(a->in, step);
			used += step;
			last = a->in->left == 0 && (a->broke < 0 || a->in->ended);
		}
		publish(a, used, last);
	}
	return NULL;
}

static int
make_room(struct ahead *a, size_t want, struct fault *fault)
{
	size_t room = want + STREAM_BLOCK_BYTES;
	uint8_t *grown;

	if (a->room >= room) {
		if (a->s.left > 0 && a->s.at != a->linear)
			memmove(a->linear, a->s.at, a->s.left);
	} else {
		grown = malloc(room);
		if (grown == NULL)
			return fault_memory(fault);
		if (a->s.left > 0)
			memcpy(grown, a->s.at, a->s.left);
		free(a->linear);
		a->linear = grown;
		a->room = room;
	}
	a->s.at = a->linear;
	return 0;
}

static int
ahead_more(struct stream *s, size_t want, struct fault *fault)
{
	struct ahead *a = (struct ahead *)s;
	bool done = false;
	int r;

	if (want > STREAM_WANT_MAX)
		want = STREAM_WANT_MAX;
	r = make_room(a, want, fault);
	while (r >= 0 && s->left < want && !done) {
		struct block *block;

		(void)pthread_mutex_lock(&a->lock);
		while (a->head == a->tail && !a->producer_done)
			(void)pthread_cond_wait(&a->filled, &a->lock);
		done = a->head == a->tail;
		(void)pthread_mutex_unlock(&a->lock);
		if (done)
			break;
		block = &a->ring[a->tail % AHEAD_BLOCKS];
		memcpy(a->linear + s->left, block->at, block->length);
		s->left += block->length;
		(void)pthread_mutex_lock(&a->lock);
		a->tail++;
		(void)pthread_cond_signal(&a->emptied);
		(void)pthread_mutex_unlock(&a->lock);
	}
	if (r < 0 || !done)
		return r;
	if (a->broke < 0) {
		if (fault != NULL)
			*fault = a->fault;
		return a->broke;
	}
	s->ended = true;
	return 0;
}

static void
ahead_close(struct stream *s)
{
	struct ahead *a = (struct ahead *)s;

	(void)pthread_mutex_lock(&a->lock);
	a->reader_gone = true;
	(void)pthread_cond_signal(&a->emptied);
	(void)pthread_mutex_unlock(&a->lock);
	(void)pthread_join(a->thread, NULL);
	stream_close(&a->in);
	(void)pthread_mutex_destroy(&a->lock);
	(void)pthread_cond_destroy(&a->filled);
	(void)pthread_cond_destroy(&a->emptied);
	for (size_t i = 0; i < AHEAD_BLOCKS; i++)
		free(a->ring[i].at);
	free(a->linear);
	free(a);
}

static struct ahead *
ahead_new(void)
{
	struct ahead *a = calloc(1, sizeof(*a));
	bool good = a != NULL;

	for (size_t i = 0; good && i < AHEAD_BLOCKS; i++)
		good = (a->ring[i].at = malloc(STREAM_BLOCK_BYTES)) != NULL;
	if (good)
		return a;
	for (size_t i = 0; a != NULL && i < AHEAD_BLOCKS; i++)
		free(a->ring[i].at);
	free(a);
	return NULL;
}

int
codec_ahead(struct stream **out, struct stream *in, struct fault *fault)
{
	struct ahead *a = ahead_new();

	if (a == NULL) {
		stream_close(&in);
		return fault_memory(fault);
	}
	a->in = in;
	a->s.more = ahead_more;
	a->s.close = ahead_close;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->filled, NULL);
	(void)pthread_cond_init(&a->emptied, NULL);
	if (pthread_create(&a->thread, NULL, produce, a) == 0) {
		*out = &a->s;
		return 0;
	}
	/* No thread to be had: the reader decodes itself, which is slower and not wrong. */
	for (size_t i = 0; i < AHEAD_BLOCKS; i++)
		free(a->ring[i].at);
	(void)pthread_mutex_destroy(&a->lock);
	(void)pthread_cond_destroy(&a->filled);
	(void)pthread_cond_destroy(&a->emptied);
	free(a);
	*out = in;
	return 0;
}
