/* SPDX-License-Identifier: ISC */
/*
 * loop.c - the phases of a turn, ticks, immediates, and when a loop ends
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static struct witness trace;

static void
begin(void)
{
	trace.log[0] = '\0';
	loop = stream_loop_new();
}

static void
note(void *word)
{
	witness_log(&trace, word);
}

static void
finish_is(const char *want, const char *claim)
{
	int r = run_loop(loop);

	is_str(trace.log, want, "%s", claim);
	if (r != 0)
		diag("the loop returned %d", r);
	stream_loop_free(loop);
}

/* --- Phases --------------------------------------------------------------- */

static struct stream *closing;

static void
timer_phase(void *arg)
{
	note(arg);
	stream_destroy(closing, 0);
	stream_set_immediate(loop, note, WORD("check"));
}

static void
poll_phase(int fd, short revents, void *arg)
{
	(void)revents;
	note(arg);
	stream_unwatch(loop, fd);
}

static void
close_phase(struct stream *s, void *arg)
{
	(void)s;
	note(arg);
}

static void
phases(void)
{
	struct stream_events events = { .close = close_phase };
	struct source src = { .bytes = "x", .len = 1 };
	int ends[2];

	begin();
	if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1)
		_exit(99);
	closing = source_new(loop, &src);
	stream_on(closing, &events, WORD("close"));
	stream_watch(loop, ends[0], POLLIN, poll_phase, WORD("poll"));
	stream_set_timeout(loop, 0, 0, timer_phase, WORD("timer"));
	stream_loop_turn(loop, 0);
	finish_is("timer poll check close",
	    "a turn is timers, poll, check, "
	    "close");
	close(ends[0]);
	close(ends[1]);
}

/* The example that reads a file and then sets one of each. */
static void
check_of_order(void *arg)
{
	note(arg);
	stream_next_tick(loop, note, WORD("nextTick3"));
}

static void
read_of_order(int fd, short revents, void *arg)
{
	(void)revents, (void)arg;
	stream_unwatch(loop, fd);
	stream_set_timeout(loop, 0, 0, note, WORD("setTimeout"));
	stream_set_immediate(loop, check_of_order, WORD("setImmediate"));
	stream_next_tick(loop, note, WORD("nextTick1"));
	stream_next_tick(loop, note, WORD("nextTick2"));
}

static void
order_of_one_of_each(void)
{
	int ends[2];

	begin();
	if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1)
		_exit(99);
	stream_watch(loop, ends[0], POLLIN, read_of_order, NULL);
	finish_is("nextTick1 nextTick2 setImmediate nextTick3 setTimeout",
	    "after a read: ticks, the immediate and its tick, the timer");
	close(ends[0]);
	close(ends[1]);
}

/* --- Ticks ---------------------------------------------------------------- */

static void
queue_tick(void *arg)
{
	const char *const *words = arg;

	note((void *)words[0]);
	stream_next_tick(loop, note, (void *)words[1]);
}

static void
ticks_between_timers(void)
{
	static const char *first[] = { "T1", "tick1" };
	static const char *second[] = { "T2", "tick2" };

	begin();
	stream_set_timeout(loop, 0, 0, queue_tick, first);
	stream_set_timeout(loop, 0, 0, queue_tick, second);
	finish_is("T1 tick1 T2 tick2", "ticks run between single timers");
}

static void
queue_tick_and_immediate(void *arg)
{
	queue_tick(arg);
	stream_set_immediate(loop, note, WORD("I3"));
	stream_set_timeout(loop, 0, 0, note, WORD("turn"));
}

static void
ticks_between_immediates(void)
{
	static const char *first[] = { "I1", "itick1" };
	static const char *second[] = { "I2", "itick2" };

	begin();
	stream_set_immediate(loop, queue_tick_and_immediate, first);
	stream_set_immediate(loop, queue_tick, second);
	finish_is("I1 itick1 I2 itick2 turn I3",
	    "ticks run between immediates; one that an immediate sets runs "
	    "next turn");
}

static void
tick_in_tick(void *arg)
{
	note(arg);
	stream_next_tick(loop, note, WORD("inner"));
}

static void
set_ticks(void *arg)
{
	note(arg);
	stream_next_tick(loop, tick_in_tick, WORD("outer"));
	stream_set_immediate(loop, note, WORD("check"));
}

static void
ticks_of_ticks(void)
{
	begin();
	stream_set_timeout(loop, 0, 0, set_ticks, WORD("T1"));
	stream_set_timeout(loop, 0, 0, note, WORD("T2"));
	finish_is("T1 outer inner T2 check",
	    "a tick that queues a tick runs it before anything else");

	begin();
	stream_set_immediate(loop, note, WORD("check"));
	stream_set_timeout(loop, 0, 0, note, WORD("timer"));
	stream_next_tick(loop, note, WORD("tick"));
	finish_is("tick timer check",
	    "a tick queued before the loop runs comes first");
}

/* --- Ends and stops ------------------------------------------------------- */

static void
stop(void *arg)
{
	note(arg);
	stream_loop_stop(loop);
}

static void
ends(void)
{
	struct timespec before, after;
	int64_t id;

	begin();
	is_int(stream_loop_turn(loop, 1), 0, "an empty loop has nothing left");
	is_int(run_loop(loop), 0, "an empty loop ends at once, with 0");
	clock_gettime(CLOCK_MONOTONIC, &before);
	id = stream_set_timeout(loop, 30000000000u, 0, note, WORD("never"));
	stream_clear(loop, id);
	stream_clear(loop, id);
	id = stream_set_immediate(loop, note, WORD("never"));
	ok(id > 0, "ids are above 0");
	stream_clear(loop, id);
	is_int(run_loop(loop), 0, "what was cleared does not hold the loop");
	clock_gettime(CLOCK_MONOTONIC, &after);
	ok(after.tv_sec - before.tv_sec < 5, "nor does it wait for it");
	is_str(trace.log, "", "nor is it run");
	stream_clear(loop, 0);
	stream_clear(loop, 987654321);
	stream_loop_free(loop);
}

static void
stops(void)
{
	begin();
	stream_set_timeout(loop, 0, 0, stop, WORD("stop"));
	stream_set_timeout(loop, 20000000, 0, note, WORD("later"));
	is_int(run_loop(loop), 0, "a stopped loop returns 0");
	is_str(trace.log, "stop", "and leaves what comes later");
	finish_is("stop later", "which comes when it is run again");

	begin();
	stream_set_timeout(loop, 20000000, 0, note, WORD("x"));
	is_int(stream_loop_turn(loop, 0), 1, "a turn tells that more is left");
	is_str(trace.log, "", "and does not wait unless asked to");
	while (stream_loop_turn(loop, 1) == 1)
		;
	finish_is("x", "turns that wait get to the end as well");
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
sleeps(void)
{
	double before;

	begin();
	before = cpu_seconds();
	stream_set_timeout(loop, 300000000, 0, note, WORD("late"));
	run_loop(loop);
	ok(cpu_seconds() - before < 0.1, "a loop that waits uses no CPU");
	stream_loop_free(loop);
}

static void
self_destroyed(struct stream *s, int code)
{
	(void)s, (void)code;
	witness_log(&trace, "destroyed");
}

static int
never_reads(struct stream *s, size_t want)
{
	(void)s, (void)want;
	return 0;
}

static void
frees(void)
{
	struct stream_ops ops = {
		.read = never_reads,
		.destroy = self_destroyed,
	};

	begin();
	stream_new(loop, &ops, NULL, 0);
	stream_set_timeout(loop, 1, 0, note, WORD("timer"));
	stream_next_tick(loop, note, WORD("tick"));
	stream_loop_free(loop);
	is_str(trace.log, "destroyed",
	    "freeing a loop destroys its streams and calls nothing else");
	stream_loop_free(NULL);
}

int
main(void)
{
	phases();
	order_of_one_of_each();
	ticks_between_timers();
	ticks_between_immediates();
	ticks_of_ticks();
	ends();
	stops();
	sleeps();
	frees();
	return done();
}
