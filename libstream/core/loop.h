/* SPDX-License-Identifier: ISC */
/*
 * loop.h - the event loop as the layers above it see it
 *
 * Besides the public calls a loop takes tasks, which lie in their owners:
 * what is due is run in the pending phase, sources that want to read are tried
 * in the poll phase, what has ended is closed in the close phase.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/poller.h"
#include "libstream.h"

struct task {
	void (*run)(struct task *task);
	struct task *next;
	struct task *prev;
	struct task_queue *queue; /* the one it is in, or NULL */
};

struct task_queue {
	struct task *head;
	struct task *tail;
	size_t count;
};

/* What the loop destroys if it is freed before. */
struct loop_handle {
	void (*destroy)(struct loop_handle *handle);
	struct loop_handle *next;
	struct loop_handle *prev;
};

/* Where the time comes from: tests run on a clock of their own. */
struct loop_clock {
	uint64_t (*now)(void *arg);
	void (*sleep)(void *arg, uint64_t ns);
	void *arg;
};

struct timer {
	uint64_t deadline;
	uint64_t seq; /* equal deadlines: in the order of setting */
	uint64_t repeat;
	int64_t id;
	stream_fn *fn;
	void *arg;
};

struct timers { /* a binary heap */
	struct timer *heap;
	size_t count;
	size_t cap;
};

struct callback {
	int64_t id; /* 0: cleared */
	stream_fn *fn;
	void *arg;
};

struct callbacks {
	struct callback *list;
	size_t first;
	size_t count;
	size_t cap;
};

struct signals; /* signal.c */
struct pool; /* work.c */
struct public_watch; /* watch.c */

struct stream_loop {
	struct loop_clock clock;
	uint64_t now;
	int64_t last_id;
	uint64_t timer_seq;
	struct timers timers;
	struct callbacks ticks;
	struct callbacks immediates;
	struct task_queue pending;
	struct task_queue readers;
	struct task_queue closing;
	struct poller poller;
	struct loop_handle handles; /* head of a ring */
	struct watch wake; /* the reading end of a pipe; fd -1: none yet */
	int wake_fd; /* its writing end */
	struct signals *signals;
	struct pool *pool;
	size_t works; /* under way */
	struct public_watch *watches;
	stream_error_fn *unhandled;
	void *unhandled_arg;
	int failure;
	bool stopped;
};

/* In a queue already: no change. */
void loop_queue(struct task_queue *queue, struct task *task);
void loop_dequeue(struct task *task);

void loop_adopt(struct stream_loop *loop, struct loop_handle *handle);
void loop_disown(struct loop_handle *handle);

/*
 * Is the caller, run by the loop, all that goes on?  Then it may wait in its
 * own system call.  Readers that stand behind it are not counted.
 */
bool loop_may_block(const struct stream_loop *loop);

/* An error that reached nobody. */
void loop_unhandled(struct stream_loop *loop, const struct stream_error *error);

/* Empty the tick queue: after every callback. */
void loop_run_ticks(struct stream_loop *loop);

/* Make wake_fd, to be poked from threads and signal handlers. */
int loop_need_wake(struct stream_loop *loop);

void loop_set_clock(struct stream_loop *loop, const struct loop_clock *clock);

/* timer.c */
void timers_run(struct stream_loop *loop);
bool timers_next(const struct timers *timers, uint64_t *deadline);
bool timers_clear(struct timers *timers, int64_t id);

/* signal.c: deliver what was caught; give the dispositions back. */
void signals_deliver(struct stream_loop *loop);
void signals_done(struct stream_loop *loop);

/* work.c: call done for what has ended; stop the threads. */
void work_deliver(struct stream_loop *loop);
void work_done(struct stream_loop *loop);

/* watch.c */
void watches_done(struct stream_loop *loop);

#endif
