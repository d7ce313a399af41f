/*
 * pool.c - threads that examine small blobs while the walk goes on
 *
 * Knows: a queue bounded in bytes, and the first fault.  Does not know: what a blob is.
 * When the queue is full the walker takes a job itself instead of waiting, so two cores do two
 * cores' work whichever side is slower, and one thread can never wait for itself.
 */
#include <stdlib.h>

#include "intake/inside.h"

/* Enough to keep the threads busy over a gap, small beside the 64 MB a run may take. */
#define POOL_QUEUED_BYTES_MAX ((size_t)12 << 20)

struct pool {
	struct intake *in;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct job *first, **last;
	size_t queued_bytes;
	unsigned busy, threads;
	bool ending;
	struct fault fault; /* the first */
	pthread_t *ids;
};

static int
run_job(struct worker *w, struct job *job, struct fault *fault)
{
	struct stream s;
	int r;

	stream_from_memory(&s, bytes_make(job->content, job->bytes));
	worker_mark(w, job->leaf.number);
	r = walk_as(w, &job->leaf, job->kind, &s, fault);
	worker_mark(w, WORKER_IDLE);
	free(job);
	return r;
}

/* With the lock held. NULL when there is nothing. */
static struct job *
pop(struct pool *pool)
{
	struct job *job = pool->first;

	if (job == NULL)
		return NULL;
	pool->first = job->next;
	if (pool->first == NULL)
		pool->last = &pool->first;
	pool->queued_bytes -= job->held_bytes;
	return job;
}

static void
keep_fault(struct pool *pool, int r, const struct fault *fault)
{
	if (r < 0 && pool->fault.code == 0) {
		pool->fault = *fault;
		pool->fault.code = r;
	}
}

static void *
pool_thread(void *argument)
{
	struct worker *w = argument;
	struct pool *pool = w->in->pool;

	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct fault fault = FAULT_INIT;
		struct job *job = pop(pool);
		int r;

		if (job == NULL) {
			if (pool->ending)
				break;
			(void)pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		pool->busy++;
		(void)pthread_mutex_unlock(&pool->lock);
		r = run_job(w, job, &fault);
		(void)pthread_mutex_lock(&pool->lock);
		keep_fault(pool, r, &fault);
		pool->busy--;
		if (pool->busy == 0 && pool->first == NULL)
			(void)pthread_cond_broadcast(&pool->idle);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int
pool_new(struct pool **out, struct intake *in, struct fault *fault)
{
	unsigned wanted = in->options.jobs - 1;
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL || (pool->ids = calloc(wanted, sizeof(*pool->ids))) == NULL) {
		free(pool);
		return fault_memory(fault);
	}
	pool->in = in;
	pool->last = &pool->first;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->work, NULL);
	(void)pthread_cond_init(&pool->idle, NULL);
	in->pool = pool;
	/* Fewer threads than asked for is slower, not wrong: the walker works too. */
	for (unsigned i = 0; i < wanted; i++)
		if (pthread_create(&pool->ids[pool->threads], NULL, pool_thread,
				   &in->workers[i + 1]) == 0)
			pool->threads++;
	*out = pool;
	return 0;
}

void
pool_free(struct pool **address)
{
	struct pool *pool = *address;

	if (pool == NULL)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->threads; i++)
		(void)pthread_join(pool->ids[i], NULL);
	for (struct job *job = pop(pool); job != NULL; job = pop(pool))
		free(job);
	(void)pthread_mutex_destroy(&pool->lock);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_cond_destroy(&pool->idle);
	free(pool->ids);
	free(pool);
	*address = NULL;
}

int
pool_put(struct pool *pool, struct worker *walker, struct job *job, struct fault *fault)
{
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->fault.code != 0) {
		if (fault != NULL)
			*fault = pool->fault;
		r = pool->fault.code;
		(void)pthread_mutex_unlock(&pool->lock);
		free(job);
		return r;
	}
	if (pool->threads == 0 || pool->queued_bytes + job->held_bytes > POOL_QUEUED_BYTES_MAX) {
		(void)pthread_mutex_unlock(&pool->lock);
		return run_job(walker, job, fault);
	}
	job->next = NULL;
	*pool->last = job;
	pool->last = &job->next;
	pool->queued_bytes += job->held_bytes;
	(void)pthread_cond_signal(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
	return 0;
}

int
pool_drain(struct pool *pool, struct worker *walker, struct fault *fault)
{
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	for (struct job *job = pop(pool); job != NULL; job = pop(pool)) {
		struct fault own = FAULT_INIT;

		(void)pthread_mutex_unlock(&pool->lock);
		r = run_job(walker, job, &own);
		(void)pthread_mutex_lock(&pool->lock);
		keep_fault(pool, r, &own);
	}
	while (pool->busy > 0)
		(void)pthread_cond_wait(&pool->idle, &pool->lock);
	r = pool->fault.code;
	if (r != 0 && fault != NULL)
		*fault = pool->fault;
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}
