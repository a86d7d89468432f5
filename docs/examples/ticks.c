/* SPDX-License-Identifier: ISC */
/*
 * ticks.c - ticks run after every single callback, not once for each phase
 *
 * And an immediate that is set by an immediate has to wait for the next turn.
 */
#include <libstream.h>
#include <stdio.h>

/* What is said: not constant, for arguments of callbacks are not. */
static char itick1[] = "itick1";
static char itick2[] = "itick2";
static char next_turn[] = "I3 next turn";
static char tick1[] = "tick1";
static char tick2[] = "tick2";

static void
say(void *text)
{
	puts(text);
}

static void
immediate_one(void *loop)
{
	puts("I1");
	stream_next_tick(loop, say, itick1);
	stream_set_immediate(loop, say, next_turn);
}

static void
immediate_two(void *loop)
{
	puts("I2");
	stream_next_tick(loop, say, itick2);
}

static void
timer_one(void *loop)
{
	puts("T1");
	stream_next_tick(loop, say, tick1);
}

static void
timer_two(void *loop)
{
	puts("T2");
	stream_next_tick(loop, say, tick2);
	stream_set_immediate(loop, immediate_one, loop);
	stream_set_immediate(loop, immediate_two, loop);
}

int
main(void)
{
	const uint64_t millisecond = 1000000;
	struct stream_loop *loop = stream_loop_new();
	int code;

	stream_set_timeout(loop, millisecond, 0, timer_one, loop);
	stream_set_timeout(loop, millisecond, 0, timer_two, loop);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
