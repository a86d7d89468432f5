/* SPDX-License-Identifier: ISC */
/*
 * timer.c - timers: never early, in order, repeated, cleared
 */
#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "sources.h"
#include "tap.h"

#define MANY 200

static struct stream_loop *loop;

static uint64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct timed {
	uint64_t due; /* by the clock, not by the loop */
	unsigned number;
	unsigned rung;
};
static unsigned early, rung, out_of_order;
static struct timed *last;

static void
ring(void *arg)
{
	struct timed *t = arg;

	if (clock_now() < t->due || stream_now(loop) < t->due)
		early++;
	if (last != NULL &&
	    (last->due > t->due ||
		(last->due == t->due && last->number > t->number)))
		out_of_order++;
	last = t;
	t->rung++;
	rung++;
}

/* Deadlines are in steps of a quarter of a millisecond, so that many meet. */
static void
random_timers(void)
{
	static struct timed timers[MANY];
	uint64_t seed = 42;

	loop = stream_loop_new();
	for (unsigned i = 0; i < MANY; i++) {
		uint64_t ns = pick(&seed, 100) * 250000u;
		timers[i].due = stream_now(loop) + ns;
		timers[i].number = i;
		stream_set_timeout(loop, ns, 0, ring, &timers[i]);
	}
	run_loop(loop);
	is_int(rung, MANY, "every timer rings once");
	is_int(early, 0, "no timer is early");
	is_int(out_of_order, 0,
	    "timers ring by deadline, equal ones in order of setting");
	stream_loop_free(loop);
}

/* A busy callback before the setting must not shorten what is set. */
static uint64_t set_at;
static unsigned late_early;

static void
check_after_busy(void *arg)
{
	(void)arg;
	if (clock_now() < set_at + 5000000)
		late_early++;
}

static void
busy_then_set(void *arg)
{
	uint64_t until = clock_now() + 20000000;

	(void)arg;
	while (clock_now() < until)
		;
	set_at = stream_now(loop);
	stream_set_timeout(loop, 5000000, 0, check_after_busy, NULL);
}

static void
set_after_work(void)
{
	loop = stream_loop_new();
	stream_set_timeout(loop, 0, 0, busy_then_set, NULL);
	run_loop(loop);
	is_int(late_early, 0,
	    "a timer set after long work is not early by the loop's time");
	stream_loop_free(loop);
}

static int64_t repeated, sibling;
static unsigned repeats, siblings;
static uint64_t last_at;

static void
repeat(void *arg)
{
	(void)arg;
	repeats++;
	last_at = clock_now();
	if (repeats == 5)
		stream_clear(loop, repeated);
}

static void
count_sibling(void *arg)
{
	(void)arg;
	siblings++;
}

static void
clear_sibling(void *arg)
{
	(void)arg;
	stream_clear(loop, sibling);
}

static void
repeats_and_clears(void)
{
	uint64_t began;

	loop = stream_loop_new();
	began = stream_now(loop);
	repeated = stream_set_timeout(loop, 1000000, 4000000, repeat, NULL);
	run_loop(loop);
	is_int(repeats, 5, "a repeated timer rings until it clears itself");
	ok(last_at - began >= 1000000 + 4 * 4000000,
	    "and is never ahead of its schedule");

	stream_set_timeout(loop, 1000, 0, clear_sibling, NULL);
	sibling = stream_set_timeout(loop, 1000, 0, count_sibling, NULL);
	run_loop(loop);
	is_int(siblings, 0, "a timer can clear one that is due with it");
	ok(sibling > 0 && sibling != repeated, "ids are not used again");
	stream_loop_free(loop);
}

static unsigned spins;

static void
spin(void *arg)
{
	(void)arg;
	if (++spins < 1000)
		stream_set_timeout(loop, 0, 0, spin, NULL);
}

static unsigned immediates;

static void
immediate(void *arg)
{
	(void)arg;
	immediates++;
	if (spins < 1000)
		stream_set_immediate(loop, immediate, NULL);
}

/* A timer that sets one of no delay must leave the other phases room. */
static void
zero_timers_are_fair(void)
{
	loop = stream_loop_new();
	stream_set_timeout(loop, 0, 0, spin, NULL);
	stream_set_immediate(loop, immediate, NULL);
	run_loop(loop);
	is_int(spins, 1000, "a timer can set itself again and again");
	ok(immediates > 100, "and other phases have their turn in between");
	stream_loop_free(loop);
}

int
main(void)
{
	random_timers();
	set_after_work();
	repeats_and_clears();
	zero_timers_are_fair();
	return done();
}
