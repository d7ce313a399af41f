/*
 * parallel.c - the same work over many numbered things, by several threads
 */
#include "history/inside.h"

struct parallel {
	int (*work)(void *to, unsigned thread, size_t at, struct fault *fault);
	void *to;
	size_t count;
	atomic_size_t next;
	atomic_int failed; /* a fault code, or 0 */
	pthread_mutex_t lock;
	struct fault *fault;
};

struct hand {
	struct parallel *all;
	unsigned thread;
};

static void
run(struct parallel *all, unsigned thread)
{
	while (atomic_load_explicit(&all->failed, memory_order_relaxed) == 0) {
		size_t at = atomic_fetch_add(&all->next, 1);
		struct fault fault = FAULT_INIT;
		int r;

		if (at >= all->count)
			return;
		r = all->work(all->to, thread, at, &fault);
		if (r == 0)
			continue;
		(void)pthread_mutex_lock(&all->lock);
		if (atomic_load(&all->failed) == 0 && all->fault != NULL)
			*all->fault = fault;
		atomic_store(&all->failed, r);
		(void)pthread_mutex_unlock(&all->lock);
	}
}

static void *
run_thread(void *to)
{
	struct hand *hand = to;

	run(hand->all, hand->thread);
	return NULL;
}

int
history_parallel(unsigned jobs, size_t count,
		 int (*work)(void *to, unsigned thread, size_t at, struct fault *fault), void *to,
		 struct fault *fault)
{
	struct parallel all = {.work = work, .to = to, .count = count, .fault = fault};
	pthread_t threads[HISTORY_JOBS_MAX];
	struct hand hands[HISTORY_JOBS_MAX];
	unsigned started = 0;

	(void)pthread_mutex_init(&all.lock, NULL);
	while (started + 1 < jobs && started + 1 < count && started < HISTORY_JOBS_MAX) {
		hands[started] = (struct hand){&all, started + 1};
		/* fewer threads than wished for is no fault: this one does the rest */
		if (pthread_create(&threads[started], NULL, run_thread, &hands[started]) != 0)
			break;
		started++;
	}
	run(&all, 0);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_mutex_destroy(&all.lock);
	return atomic_load(&all.failed);
}
