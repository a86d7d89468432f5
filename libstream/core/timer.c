/* SPDX-License-Identifier: ISC */
/*
 * timer.c - timers: a binary heap by deadline, then by order of setting
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "core/loop.h"

static bool
before(const struct timer *a, const struct timer *b)
{
	if (a->deadline != b->deadline)
		return a->deadline < b->deadline;
	return a->seq < b->seq;
}

static void
swap(struct timer *heap, size_t i, size_t j)
{
	struct timer t = heap[i];

	heap[i] = heap[j];
	heap[j] = t;
}

static void
sift_up(struct timers *t, size_t i)
{
	while (i > 0 && before(&t->heap[i], &t->heap[(i - 1) / 2])) {
		swap(t->heap, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static void
sift_down(struct timers *t, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < t->count; k++)
			if (before(&t->heap[k], &t->heap[least]))
				least = k;
		if (least == i)
			return;
		swap(t->heap, i, least);
		i = least;
	}
}

static int
add(struct timers *t, const struct timer *timer)
{
	if (t->count == t->cap) {
		size_t cap = t->cap == 0 ? 8 : t->cap * 2;
		struct timer *heap = realloc(t->heap, cap * sizeof(*heap));

		if (heap == NULL)
			return -ENOMEM;
		t->heap = heap;
		t->cap = cap;
	}
	t->heap[t->count++] = *timer;
	sift_up(t, t->count - 1);
	return 0;
}

static void
remove_at(struct timers *t, size_t i)
{
	t->heap[i] = t->heap[--t->count];
	if (i == t->count)
		return;
	sift_up(t, i);
	sift_down(t, i);
}

int64_t
stream_set_timeout(struct stream_loop *loop, uint64_t ns, uint64_t repeat_ns,
    stream_fn *fn, void *arg)
{
	uint64_t now;
	struct timer timer;
	int r;

	if (loop == NULL)
		return -ENOMEM;
	/* Not the time of the turn: a long callback would make it early. */
	now = loop->clock.now(loop->clock.arg);
	timer = (struct timer) {
		.deadline = ns > UINT64_MAX - now ? UINT64_MAX : now + ns,
		.seq = ++loop->timer_seq,
		.repeat = repeat_ns,
		.id = ++loop->last_id,
		.fn = fn,
		.arg = arg,
	};
	r = add(&loop->timers, &timer);
	return r < 0 ? r : timer.id;
}

bool
timers_clear(struct timers *timers, int64_t id)
{
	for (size_t i = 0; i < timers->count; i++) {
		if (timers->heap[i].id == id) {
			remove_at(timers, i);
			return true;
		}
	}
	return false;
}

bool
timers_next(const struct timers *timers, uint64_t *deadline)
{
	if (timers->count == 0)
		return false;
	*deadline = timers->heap[0].deadline;
	return true;
}

/* Keep to the schedule, but leave out what has been missed altogether. */
static void
set_again(struct stream_loop *loop, struct timer timer)
{
	uint64_t late = loop->now - timer.deadline;

	timer.deadline += timer.repeat * (late / timer.repeat + 1);
	timer.seq = ++loop->timer_seq;
	/* There is room: its own place has just become free. */
	(void)add(&loop->timers, &timer);
}

/* Those due that were set before this phase began. */
void
timers_run(struct stream_loop *loop)
{
	uint64_t newest = loop->timer_seq;

	while (loop->timers.count > 0 && !loop->stopped) {
		struct timer timer = loop->timers.heap[0];

		if (timer.deadline > loop->now || timer.seq > newest)
			return;
		remove_at(&loop->timers, 0);
		if (timer.repeat > 0)
			set_again(loop, timer);
		timer.fn(timer.arg);
		loop_run_ticks(loop);
	}
}
