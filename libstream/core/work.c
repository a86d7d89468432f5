/* SPDX-License-Identifier: ISC */
/*
 * work.c - work on threads, its end told in the loop
 *
 * A pool belongs to one loop.  Threads are started one by one, when work comes
 * and none is idle, up to the number of CPUs.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/io.h"
#include "core/loop.h"

#define MOST_THREADS 256

struct work {
	struct work *next;
	int (*run)(void *arg);
	void (*done)(int code, void *arg);
	void *arg;
	int code;
};

struct work_list {
	struct work *head;
	struct work *tail;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct work_list todo;
	struct work_list over;
	unsigned threads;
	unsigned idle;
	unsigned queued; /* in todo */
	unsigned most; /* threads */
	int poke_fd;
	bool quit;
	pthread_t ids[MOST_THREADS];
};

unsigned
stream_cpus(void)
{
	long n;
#ifdef CPU_COUNT
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
#endif
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : (unsigned)n;
}

static void
list_add(struct work_list *list, struct work *work)
{
	work->next = NULL;
	if (list->head == NULL)
		list->head = work;
	else
		list->tail->next = work;
	list->tail = work;
}

static struct work *
list_take(struct work_list *list)
{
	struct work *work = list->head;

	if (work != NULL)
		list->head = work->next;
	return work;
}

/* The next work for a thread, or NULL when it is to end.  Under the lock. */
static struct work *
wait_for_work(struct pool *pool)
{
	pool->idle++;
	while (pool->todo.head == NULL && !pool->quit)
		(void)pthread_cond_wait(&pool->more, &pool->lock);
	pool->idle--;
	if (pool->quit)
		return NULL;
	pool->queued--;
	return list_take(&pool->todo);
}

static void *
work_thread(void *arg)
{
	struct pool *pool = arg;
	struct work *work;

	(void)pthread_mutex_lock(&pool->lock);
	while ((work = wait_for_work(pool)) != NULL) {
		(void)pthread_mutex_unlock(&pool->lock);
		work->code = work->run(work->arg);
		(void)pthread_mutex_lock(&pool->lock);
		list_add(&pool->over, work);
		io_poke(pool->poke_fd);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Signals are the first thread's: it has the loop.  Under the lock. */
static int
start_thread(struct pool *pool)
{
	sigset_t all;
	sigset_t before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error =
	    pthread_create(&pool->ids[pool->threads], NULL, work_thread, pool);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		pool->threads++;
	return -error;
}

static struct pool *
pool_new(int poke_fd)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	unsigned cpus = stream_cpus();

	if (pool == NULL)
		return NULL;
	pool->most = cpus < MOST_THREADS ? cpus : MOST_THREADS;
	pool->poke_fd = poke_fd;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->more, NULL);
	return pool;
}

static int
need_pool(struct stream_loop *loop)
{
	int r = loop_need_wake(loop);

	if (r < 0 || loop->pool != NULL)
		return r;
	loop->pool = pool_new(loop->wake_fd);
	return loop->pool == NULL ? -ENOMEM : 0;
}

/* Enough that some thread is there: one more is only for speed. */
static int
hand_over(struct pool *pool, struct work *work)
{
	int r = 0;

	(void)pthread_mutex_lock(&pool->lock);
	if (pool->queued >= pool->idle && pool->threads < pool->most)
		r = start_thread(pool);
	if (pool->threads > 0) {
		list_add(&pool->todo, work);
		pool->queued++;
		(void)pthread_cond_signal(&pool->more);
		r = 0;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}

int
stream_work(struct stream_loop *loop, int (*run)(void *arg),
    void (*done)(int code, void *arg), void *arg)
{
	struct work *work;
	int r;

	if (loop == NULL)
		return -ENOMEM;
	r = need_pool(loop);
	if (r < 0)
		return r;
	work = calloc(1, sizeof(*work));
	if (work == NULL)
		return -ENOMEM;
	*work = (struct work) { .run = run, .done = done, .arg = arg };
	r = hand_over(loop->pool, work);
	if (r < 0)
		free(work);
	else
		loop->works++;
	return r;
}

static struct work *
next_over(struct pool *pool)
{
	struct work *work;

	(void)pthread_mutex_lock(&pool->lock);
	work = list_take(&pool->over);
	(void)pthread_mutex_unlock(&pool->lock);
	return work;
}

void
work_deliver(struct stream_loop *loop)
{
	struct work *work;

	while (loop->pool != NULL && (work = next_over(loop->pool)) != NULL) {
		struct work w = *work;

		free(work);
		loop->works--;
		w.done(w.code, w.arg);
		loop_run_ticks(loop);
	}
}

/* What was not done is told so; what was done already, too. */
static void
cancel(struct stream_loop *loop, struct work_list *list)
{
	struct work *work;

	while ((work = list_take(list)) != NULL) {
		loop->works--;
		work->done(-ECANCELED, work->arg);
		free(work);
	}
}

void
work_done(struct stream_loop *loop)
{
	struct pool *pool = loop->pool;

	if (pool == NULL)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->quit = true;
	(void)pthread_cond_broadcast(&pool->more);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->threads; i++)
		(void)pthread_join(pool->ids[i], NULL);
	cancel(loop, &pool->over);
	cancel(loop, &pool->todo);
	(void)pthread_cond_destroy(&pool->more);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
	loop->pool = NULL;
}
