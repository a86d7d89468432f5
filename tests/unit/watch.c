/* SPDX-License-Identifier: ISC */
/*
 * watch.c - descriptors watched by a loop, and fairness among them
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static int a[2], b[2];

struct seen {
	unsigned calls;
	int fd;
	short revents;
};

static void
see_once(int fd, short revents, void *arg)
{
	struct seen *seen = arg;

	seen->calls++;
	seen->fd = fd;
	seen->revents = revents;
	stream_unwatch(loop, fd);
}

static void
open_pipes(void)
{
	loop = stream_loop_new();
	if (pipe(a) < 0 || pipe(b) < 0)
		_exit(99);
}

static void
close_pipes(void)
{
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	stream_loop_free(loop);
}

static void
one_event(void)
{
	struct seen seen = { 0 };

	open_pipes();
	if (write(a[1], "x", 1) != 1)
		_exit(99);
	is_int(stream_watch(loop, a[0], POLLIN, see_once, &seen), 0,
	    "a descriptor can be watched");
	run_loop(loop);
	is_int(seen.calls, 1, "it is told once, then unwatched");
	is_int(seen.fd, a[0], "with its number");
	ok(seen.revents & POLLIN, "and what happened");
	close_pipes();
}

static void
hang_up(void)
{
	struct seen seen = { 0 };
	int was_reader;

	open_pipes();
	was_reader = a[0];
	close(a[0]);
	stream_watch(loop, a[1], POLLOUT, see_once, &seen);
	run_loop(loop);
	ok(seen.revents & POLLERR, "a reader that went is told as an error");
	a[0] = dup(a[1]);
	(void)was_reader;
	close_pipes();
}

static void
does_not_hold(void)
{
	struct seen seen = { 0 };
	int reader;

	open_pipes();
	reader = a[0];
	stream_watch(loop, a[1], 0, see_once, &seen);
	is_int(run_loop(loop), 0, "a watch for no events does not hold a loop");
	is_int(seen.calls, 0, "nor is it told of anything");
	close(reader);
	stream_set_timeout(
	    loop, 1000000, 0, (stream_fn *)stream_loop_stop, loop);
	run_loop(loop);
	is_int(seen.calls, 1, "but of the reader that went");
	a[0] = dup(a[1]);
	close_pipes();
}

static void
unwatch_other(int fd, short revents, void *arg)
{
	struct seen *seen = arg;

	(void)revents;
	seen->calls++;
	stream_unwatch(loop, a[0]);
	stream_unwatch(loop, b[0]);
	(void)fd;
}

static void
unwatches_neighbour(void)
{
	struct seen seen = { 0 };

	open_pipes();
	if (write(a[1], "x", 1) != 1 || write(b[1], "x", 1) != 1)
		_exit(99);
	stream_watch(loop, a[0], POLLIN, unwatch_other, &seen);
	stream_watch(loop, b[0], POLLIN, unwatch_other, &seen);
	run_loop(loop);
	is_int(seen.calls, 1,
	    "one that was unwatched in the same turn is not called");
	stream_unwatch(loop, a[0]);
	close_pipes();
}

static unsigned long floods;

static void
flood(int fd, short revents, void *arg)
{
	char buf[512];

	(void)revents, (void)arg;
	if (read(fd, buf, sizeof(buf)) > 0)
		floods++;
}

static void
flood_does_not_starve(void)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	loop = stream_loop_new();
	stream_watch(loop, zero, POLLIN, flood, NULL);
	stream_set_timeout(
	    loop, 20000000, 0, (stream_fn *)stream_loop_stop, loop);
	is_int(run_loop(loop), 0, "a timer rings beside a flooding descriptor");
	ok(floods > 1, "which is read all the while");
	stream_loop_free(loop);
	close(zero);
}

/* The same for whole streams: one chunk a turn for each. */
static struct witness flooded, quiet;

static void
end_of_flood(void *arg)
{
	struct stream **streams = arg;

	stream_destroy(streams[0], 0);
	stream_destroy(streams[1], 0);
}

static void
streams_do_not_starve(void)
{
	struct source never = { .bytes = "", .late = true };
	struct stream *streams[2];

	(void)never;
	loop = stream_loop_new();
	streams[0] = stream_open(loop, "/dev/zero", O_RDONLY);
	streams[1] = stream_open(loop, "/dev/zero", O_RDONLY);
	flooded.quiet_data = quiet.quiet_data = true;
	witness(streams[0], &flooded, 0);
	witness(streams[1], &quiet, 0);
	stream_resume(streams[0]);
	stream_resume(streams[1]);
	stream_set_timeout(loop, 20000000, 0, end_of_flood, streams);
	is_int(run_loop(loop), 0, "a timer rings beside endless streams");
	is_int(flooded.closes + quiet.closes, 2, "and can destroy them");
	stream_loop_free(loop);
}

int
main(void)
{
	one_event();
	hang_up();
	does_not_hold();
	unwatches_neighbour();
	flood_does_not_starve();
	streams_do_not_starve();
	return done();
}
