/* SPDX-License-Identifier: ISC */
/*
 * reap.c - hearing of the end of a process
 *
 * By a descriptor for the process where the system has such (no signal, no
 * state that is shared, and a number that is used again harms no one), else by
 * SIGCHLD.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "process/spawn.h"

/* Those of one thread's loop that SIGCHLD is for. */
static _Thread_local struct reaper *by_signal;

#if defined(HAVE_LINUX_IO) && defined(SYS_pidfd_open)
static int
open_pidfd(pid_t pid)
{
	long fd = io_linux_paths() ? syscall(SYS_pidfd_open, pid, 0) : -1;

	return fd < 0 ? -1 : io_above_stdio((int)fd);
}

static int
kill_by_pidfd(int pidfd, int signo)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0);
}
#else
static int
open_pidfd(pid_t pid)
{
	(void)pid;
	return -1;
}

static int
kill_by_pidfd(int pidfd, int signo)
{
	(void)pidfd, (void)signo;
	errno = ENOSYS;
	return -1;
}
#endif

static void
forget_signal(struct reaper *r)
{
	struct reaper **at = &by_signal;

	while (*at != NULL && *at != r)
		at = &(*at)->next;
	if (*at != NULL)
		*at = r->next;
	if (by_signal == NULL)
		(void)stream_on_signal(r->loop, SIGCHLD, NULL, NULL);
}

void
reaper_stop(struct reaper *r)
{
	if (r->pid == 0)
		return;
	r->pid = 0;
	if (r->pidfd < 0) {
		forget_signal(r);
		r->loop->works -= r->watch.weak ? 0 : 1;
		return;
	}
	poller_forget(&r->loop->poller, &r->watch);
	(void)io_close(r->pidfd);
	r->pidfd = -1;
}

/* False: it has not ended yet. */
static bool
reap(struct reaper *r)
{
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(r->pid, &status, WNOHANG);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	reaper_stop(r);
	if (pid < 0) /* somebody else has heard of it: it did not succeed */
		r->ended(r, 255, 0);
	else if (WIFSIGNALED(status))
		r->ended(r, 0, WTERMSIG(status));
	else
		r->ended(r, WEXITSTATUS(status), 0);
	return true;
}

static void
pidfd_ready(struct watch *watch, short revents)
{
	(void)revents;
	(void)reap(
	    (struct reaper *)((char *)watch - offsetof(struct reaper, watch)));
}

/* One signal may stand for many: all are asked. */
static void
on_sigchld(int signo, void *arg)
{
	struct reaper *next;

	(void)signo, (void)arg;
	for (struct reaper *r = by_signal; r != NULL; r = next) {
		next = r->next;
		(void)reap(r);
	}
}

int
reaper_start(struct reaper *r, struct stream_loop *loop, pid_t pid, bool weak)
{
	int n;

	r->loop = loop;
	r->pid = pid;
	r->pidfd = open_pidfd(pid);
	r->watch = (struct watch) {
		.fd = r->pidfd,
		.events = POLLIN,
		.weak = weak,
		.ready = pidfd_ready,
	};
	if (r->pidfd >= 0) {
		n = poller_set(&loop->poller, &r->watch);
		if (n == 0)
			return 0;
		(void)io_close(r->pidfd);
		r->pid = 0;
		return n;
	}
	n = stream_on_signal(loop, SIGCHLD, on_sigchld, NULL);
	if (n < 0) {
		r->pid = 0;
		return n;
	}
	r->next = by_signal;
	by_signal = r;
	loop->works += weak ? 0 : 1;
	/* It may have ended before the signal was asked for. */
	(void)raise(SIGCHLD);
	return 0;
}

int
reaper_kill(const struct reaper *r, int signo)
{
	int n;

	if (r->pid == 0)
		return -ESRCH;
	/* Not waited for yet, so the number is still its own. */
	n = r->pidfd >= 0 ? kill_by_pidfd(r->pidfd, signo)
			  : kill(r->pid, signo);
	return n < 0 ? -errno : 0;
}
