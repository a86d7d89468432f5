/* SPDX-License-Identifier: ISC */
/*
 * loop.c - the phases of a turn, ticks and immediates
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/io.h"
#include "core/loop.h"

#define NS_PER_S UINT64_C(1000000000)

static uint64_t
monotonic_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* --- Queues of tasks --- */

void
loop_queue(struct task_queue *queue, struct task *task)
{
	if (task->queue != NULL)
		return;
	task->queue = queue;
	task->next = NULL;
	task->prev = queue->tail;
	if (queue->tail != NULL)
		queue->tail->next = task;
	else
		queue->head = task;
	queue->tail = task;
	queue->count++;
}

void
loop_dequeue(struct task *task)
{
	struct task_queue *queue = task->queue;

	if (queue == NULL)
		return;
	if (task->prev != NULL)
		task->prev->next = task->next;
	else
		queue->head = task->next;
	if (task->next != NULL)
		task->next->prev = task->prev;
	else
		queue->tail = task->prev;
	queue->count--;
	task->queue = NULL;
}

/* Those that are queued now; what they queue themselves waits its turn. */
static void
run_queue(struct stream_loop *loop, struct task_queue *queue)
{
	for (size_t n = queue->count; n > 0 && queue->head != NULL; n--) {
		struct task *task = queue->head;

		loop_dequeue(task);
		task->run(task);
		loop_run_ticks(loop);
	}
}

/*
 * What was read goes as far down as it can before more is read: a round for
 * each stage it passes.  The bound keeps a program that always finds more to
 * do from starving timers and descriptors.
 */
#define MOST_ROUNDS 32

static void
pending_phase(struct stream_loop *loop)
{
	for (int i = 0; i < MOST_ROUNDS && !loop->stopped; i++) {
		if (loop->pending.count == 0)
			return;
		run_queue(loop, &loop->pending);
	}
}

/* --- Ticks and immediates --- */

static int
callbacks_add(struct callbacks *c, int64_t id, stream_fn *fn, void *arg)
{
	if (c->first + c->count == c->cap) {
		size_t cap = c->cap == 0 ? 8 : c->cap * 2;
		struct callback *list = realloc(c->list, cap * sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		c->list = list;
		c->cap = cap;
	}
	c->list[c->first + c->count++] = (struct callback) { id, fn, arg };
	return 0;
}

static struct callback
callbacks_take(struct callbacks *c)
{
	struct callback first = c->list[c->first++];

	if (--c->count == 0)
		c->first = 0;
	return first;
}

void
loop_run_ticks(struct stream_loop *loop)
{
	while (loop->ticks.count > 0 && !loop->stopped) {
		struct callback tick = callbacks_take(&loop->ticks);
		tick.fn(tick.arg);
	}
}

/* Those set so far: what an immediate sets runs in the next turn. */
static void
run_immediates(struct stream_loop *loop)
{
	for (size_t n = loop->immediates.count; n > 0; n--) {
		struct callback c = callbacks_take(&loop->immediates);

		if (c.id == 0)
			continue;
		c.fn(c.arg);
		loop_run_ticks(loop);
	}
}

int
stream_next_tick(struct stream_loop *loop, stream_fn *fn, void *arg)
{
	if (loop == NULL)
		return -ENOMEM;
	return callbacks_add(&loop->ticks, 1, fn, arg);
}

int64_t
stream_set_immediate(struct stream_loop *loop, stream_fn *fn, void *arg)
{
	int r;

	if (loop == NULL)
		return -ENOMEM;
	r = callbacks_add(&loop->immediates, ++loop->last_id, fn, arg);
	return r < 0 ? r : loop->last_id;
}

void
stream_clear(struct stream_loop *loop, int64_t id)
{
	struct callbacks *c;

	if (loop == NULL || id <= 0 || timers_clear(&loop->timers, id))
		return;
	c = &loop->immediates;
	for (size_t i = c->first; i < c->first + c->count; i++)
		if (c->list[i].id == id)
			c->list[i].id = 0;
}

/* --- The turn --- */

static bool
work_waits(const struct stream_loop *loop)
{
	return loop->pending.count + loop->readers.count + loop->closing.count +
	    loop->immediates.count + loop->ticks.count >
	    0;
}

static bool
is_alive(const struct stream_loop *loop)
{
	return work_waits(loop) || loop->timers.count > 0 ||
	    loop->poller.holding > 0 || loop->works > 0;
}

bool
loop_may_block(const struct stream_loop *loop)
{
	return loop->pending.count + loop->closing.count +
	    loop->immediates.count + loop->ticks.count + loop->timers.count +
	    loop->poller.count + loop->works ==
	    0;
}

/* How long poll may wait: not at all while anything else can be done. */
static uint64_t
patience(const struct stream_loop *loop, int wait)
{
	uint64_t deadline;

	if (!wait || loop->stopped || work_waits(loop) || !is_alive(loop))
		return 0;
	if (!timers_next(&loop->timers, &deadline))
		return POLLER_FOREVER;
	return deadline > loop->now ? deadline - loop->now : 0;
}

static void
ticks_after(void *loop)
{
	loop_run_ticks(loop);
}

/* Sources that want to read are tried before they are waited for. */
static void
poll_phase(struct stream_loop *loop, int wait)
{
	uint64_t ns;

	run_queue(loop, &loop->readers);
	ns = patience(loop, wait);
	if (loop->poller.count == 0) {
		if (ns > 0)
			loop->clock.sleep(loop->clock.arg, ns);
		return;
	}
	if (poller_wait(&loop->poller, ns) > 0)
		poller_dispatch(&loop->poller, ticks_after, loop);
}

static bool
turn(struct stream_loop *loop, int wait)
{
	loop->now = loop->clock.now(loop->clock.arg);
	loop_run_ticks(loop);
	if (!loop->stopped)
		timers_run(loop);
	pending_phase(loop);
	if (!loop->stopped)
		poll_phase(loop, wait);
	if (!loop->stopped)
		run_immediates(loop);
	if (!loop->stopped)
		run_queue(loop, &loop->closing);
	return is_alive(loop);
}

int
stream_loop_turn(struct stream_loop *loop, int wait)
{
	if (loop == NULL)
		return -ENOMEM;
	loop->stopped = false;
	return turn(loop, wait);
}

int
stream_loop_run(struct stream_loop *loop)
{
	if (loop == NULL)
		return -ENOMEM;
	loop->stopped = false;
	loop->failure = 0;
	while (!loop->stopped && is_alive(loop))
		(void)turn(loop, 1);
	return loop->failure;
}

void
stream_loop_stop(struct stream_loop *loop)
{
	if (loop != NULL)
		loop->stopped = true;
}

uint64_t
stream_now(const struct stream_loop *loop)
{
	return loop == NULL ? 0 : loop->now;
}

/* --- Errors that reach nobody --- */

void
stream_on_unhandled(struct stream_loop *loop, stream_error_fn *fn, void *arg)
{
	if (loop == NULL)
		return;
	loop->unhandled = fn;
	loop->unhandled_arg = arg;
}

void
loop_unhandled(struct stream_loop *loop, const struct stream_error *error)
{
	if (loop->unhandled != NULL) {
		loop->unhandled(error, loop->unhandled_arg);
		return;
	}
	if (loop->failure == 0)
		loop->failure = error->code;
	loop->stopped = true;
}

/* --- Being woken --- */

/* Empty the pipe first: what is poked from now on makes it ready again. */
static void
woken(struct watch *watch, short revents)
{
	struct stream_loop *loop = (struct stream_loop *)((char *)watch -
	    offsetof(struct stream_loop, wake));
	struct io io = { .fd = watch->fd, .kind = IO_OWN, .pipe = true };
	char sink[256];

	(void)revents;
	while (io_read(&io, sink, sizeof(sink), false) > 0)
		;
	signals_deliver(loop);
	work_deliver(loop);
}

int
loop_need_wake(struct stream_loop *loop)
{
	int ends[2];
	int r;

	if (loop->wake.fd >= 0)
		return 0;
	r = io_own_pipe(ends);
	if (r < 0)
		return r;
	loop->wake = (struct watch) {
		.fd = ends[0], .events = POLLIN, .weak = true, .ready = woken
	};
	loop->wake_fd = ends[1];
	r = poller_set(&loop->poller, &loop->wake);
	if (r < 0) {
		(void)io_close(ends[0]);
		(void)io_close(ends[1]);
		loop->wake.fd = -1;
	}
	return r;
}

/* --- Beginning and end --- */

void
loop_adopt(struct stream_loop *loop, struct loop_handle *handle)
{
	handle->next = &loop->handles;
	handle->prev = loop->handles.prev;
	handle->prev->next = handle;
	loop->handles.prev = handle;
}

void
loop_disown(struct loop_handle *handle)
{
	handle->prev->next = handle->next;
	handle->next->prev = handle->prev;
}

void
loop_set_clock(struct stream_loop *loop, const struct loop_clock *clock)
{
	loop->clock = *clock;
	loop->now = clock->now(clock->arg);
}

static void
monotonic_sleep(void *arg, uint64_t ns)
{
	(void)poller_wait(arg, ns);
}

struct stream_loop *
stream_loop_new(void)
{
	struct stream_loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->handles.next = loop->handles.prev = &loop->handles;
	loop->wake.fd = -1;
	loop_set_clock(loop,
	    &(struct loop_clock) {
		.now = monotonic_now,
		.sleep = monotonic_sleep,
		.arg = &loop->poller,
	    });
	return loop;
}

void
stream_loop_free(struct stream_loop *loop)
{
	if (loop == NULL)
		return;
	work_done(loop); /* its threads may hold what the handles free */
	while (loop->handles.next != &loop->handles) {
		struct loop_handle *handle = loop->handles.next;

		loop_disown(handle);
		handle->destroy(handle);
	}
	signals_done(loop);
	watches_done(loop);
	if (loop->wake.fd >= 0) {
		(void)io_close(loop->wake.fd);
		(void)io_close(loop->wake_fd);
	}
	poller_done(&loop->poller);
	free(loop->timers.heap);
	free(loop->ticks.list);
	free(loop->immediates.list);
	free(loop);
}
