/* SPDX-License-Identifier: ISC */
/*
 * ipc.c - what stream-ipc(7) and stream-process(7) say of the system: which
 * ways between processes hold a writer back, keep borders, lose nothing
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"
#include "sources.h"
#include "tap.h"

static int ends[2];

/* Write blocks until it would block: how many, and then whether one that was
 * read makes room for another. */
static void
holds_back(const char *what)
{
	char block[4096] = { 0 };
	unsigned n = 0;
	ssize_t r;

	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while ((r = write(ends[1], block, sizeof(block))) > 0 && n < 100000)
		n++;
	ok(r < 0 && errno == EAGAIN, "%s: a writer is held back (%u blocks)",
	    what, n);
	for (unsigned i = 0; i < n; i++)
		r = read(ends[0], block, sizeof(block));
	ok(r > 0 && write(ends[1], block, 1) == 1,
	    "%s: and goes on when the reader does: nothing was lost", what);
	(void)!read(ends[0], block, sizeof(block));
}

static void
borders(const char *what, int kept)
{
	char back[10];

	if (write(ends[1], "ab", 2) != 2 || write(ends[1], "cd", 2) != 2)
		_exit(99);
	is_int(read(ends[0], back, sizeof(back)), kept ? 2 : 4,
	    kept ? "%s: messages keep their borders"
		 : "%s: bytes have no borders",
	    what);
}

static void
both(const char *what, int kept)
{
	borders(what, kept);
	if (kept)
		(void)!read(ends[0], (char[8]) { 0 }, 8);
	holds_back(what);
	close(ends[0]);
	close(ends[1]);
}

static void
kinds(void)
{
	char path[100];

	if (pipe(ends) < 0)
		_exit(99);
	both("pipe", 0);
	snprintf(path, sizeof(path), "/tmp/libstream-ipc-%ld", (long)getpid());
	if (mkfifo(path, 0600) < 0)
		_exit(99);
	ends[0] = open(path, O_RDONLY | O_NONBLOCK);
	ends[1] = open(path, O_WRONLY);
	unlink(path);
	both("FIFO", 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		_exit(99);
	both("UNIX stream socket", 0);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		_exit(99);
	both("UNIX datagram socket", 1);
}

/* --- process.pid, ppid, cwd() and uptime() -------------------------------- */

static struct witness out;

static void
seen_from_a_child(void)
{
	struct stream_fdmap map[] = { { 1, STREAM_PIPE } };
	struct stream_spawn s = shell("echo $PPID $$; pwd");
	struct stream_loop *loop = stream_loop_new();
	struct stream_child *c;
	char want[PATH_MAX + 100], cwd[PATH_MAX];

	s.fds = map;
	s.nfds = 1;
	s.cwd = "/";
	c = stream_spawn(loop, &s, NULL, NULL);
	snprintf(want, sizeof(want), "%ld %ld\n%s\n", (long)getpid(),
	    (long)stream_child_pid(c),
	    chdir("/") == 0 ? getcwd(cwd, sizeof(cwd)) : "");
	witness(stream_child_stdio(c, 1), &out, WITNESS_DATA);
	run_loop(loop);
	is_mem(out.bytes, out.len, want, strlen(want),
	    "getpid, getppid and getcwd agree with what a child sees");
	stream_loop_free(loop);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
uptime(void)
{
	struct stream_loop *loop = stream_loop_new();
	uint64_t begun = stream_now(loop);

	stream_set_timeout(loop, 100 * MILLISECONDS, 0, nothing, NULL);
	run_loop(loop);
	ok(stream_now(loop) - begun >= 100 * MILLISECONDS &&
		stream_now(loop) - begun < 5 * SECONDS,
	    "stream_now less what it was at the start is the uptime");
	stream_loop_free(loop);
}

int
main(void)
{
	kinds();
	seen_from_a_child();
	uptime();
	witness_free(&out);
	return done();
}
