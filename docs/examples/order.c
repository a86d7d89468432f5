/* SPDX-License-Identifier: ISC */
/*
 * order.c - what runs when, after a file was read
 *
 *	order FILE
 *
 * Ticks run after the callback that is running; the immediate in the check
 * phase of the same turn; the timer in the next turn, although its time has
 * come.
 */
#include <fcntl.h>
#include <libstream.h>
#include <stdio.h>

/* What is said: not constant, for arguments of callbacks are not. */
static char tick1[] = "nextTick1";
static char tick2[] = "nextTick2";
static char tick3[] = "nextTick3";
static char timeout[] = "setTimeout";

static void
say(void *text)
{
	puts(text);
}

static void
immediate(void *loop)
{
	puts("setImmediate");
	stream_next_tick(loop, say, tick3);
}

static void
was_read(struct stream *s, void *arg)
{
	struct stream_loop *loop = stream_loop_of(s);

	(void)arg;
	stream_set_timeout(loop, 0, 0, say, timeout);
	stream_set_immediate(loop, immediate, loop);
	stream_next_tick(loop, say, tick1);
	stream_next_tick(loop, say, tick2);
}

int
main(int argc, char *argv[])
{
	struct stream_events events = { .end = was_read };
	struct stream_loop *loop = stream_loop_new();
	struct stream *file =
	    stream_open(loop, argc > 1 ? argv[1] : "/dev/null", O_RDONLY);
	int code;

	/* No one asks for its data: it is read, and dropped. */
	stream_on(file, &events, NULL);
	stream_resume(file);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
