/* SPDX-License-Identifier: ISC */
/*
 * child.c - a child process: its pipes as streams, its end as events
 *
 * The end of its standard output is held back until it is known how the child
 * ended: a half result never looks whole.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "process/channel.h"
#include "process/child.h"
#include "stream/fd.h"

const char *
child_fate(char *buf, size_t len, int status, int signo)
{
	if (signo != 0)
		(void)snprintf(buf, len, "killed by signal %d (%s)", signo,
		    strsignal(signo));
	else
		(void)snprintf(buf, len, "exited with status %d", status);
	return buf;
}

/* --- The end --- */

/* When the loop does not have it any more. */
static void
child_free(struct stream_child *c)
{
	free(c->error_text);
	free(c->name);
	free(c->pipes);
	free(c);
}

static void
close_now(struct task *task)
{
	struct stream_child *c = (struct stream_child *)((char *)task -
	    offsetof(struct stream_child, closer));

	if (!c->started && c->on.error != NULL)
		c->on.error(c, &c->error, c->arg);
	else if (!c->started && c->closed == NULL)
		loop_unhandled(c->loop, &c->error);
	if (c->closed != NULL)
		c->closed(c);
	if (c->on.close != NULL)
		c->on.close(c, c->arg);
	loop_disown(&c->handle);
	child_free(c);
}

/* It has ended, and so have its pipes and its channel. */
static void
close_if_over(struct stream_child *c)
{
	if (!c->ended || c->channel != NULL)
		return;
	for (size_t i = 0; i < c->npipes; i++)
		if (c->pipes[i].stream != NULL)
			return;
	loop_queue(&c->loop->closing, &c->closer);
}

void
child_channel_closed(struct stream_child *c)
{
	c->channel = NULL;
	close_if_over(c);
}

static void
pipe_closed(struct stream *s, void *arg)
{
	struct child_pipe *p = arg;

	(void)s;
	p->stream = NULL;
	p->held = false;
	close_if_over(p->child);
}

/* --- The end of its output --- */

static int
tell_end(struct child_pipe *p)
{
	struct stream_child *c = p->child;
	char fate[128];

	p->held = false;
	if (c->status == 0 && c->signo == 0)
		return stream_push_end(p->stream);
	p->stream->error.status = c->status;
	p->stream->error.signo = c->signo;
	return stream_push_error(p->stream, -ECHILD, "%s",
	    child_fate(fate, sizeof(fate), c->status, c->signo));
}

static int
at_eof(struct fd_stream *f)
{
	struct child_pipe *p = f->extra;

	if (p->child->ended)
		return tell_end(p);
	p->held = true;
	return 0;
}

static bool
is_for_writing(int fd)
{
	return fd == STDIN_FILENO;
}

/* What waits for it is lost, which is told. */
static void
nobody_reads(struct stream *in)
{
	bool lost = stream_buffered(in, STREAM_WRITABLE) > 0;

	stream_destroy(in, lost ? -EPIPE : 0);
}

static void
ended(struct reaper *reaper, int status, int signo)
{
	struct stream_child *c = (struct stream_child *)((char *)reaper -
	    offsetof(struct stream_child, reaper));

	c->ended = true;
	c->status = status;
	c->signo = signo;
	stream_clear(c->loop, c->timer);
	for (size_t i = 0; i < c->npipes; i++) {
		if (c->pipes[i].held)
			(void)tell_end(&c->pipes[i]);
		else if (is_for_writing(c->pipes[i].fd))
			nobody_reads(c->pipes[i].stream);
	}
	if (c->on.exit != NULL)
		c->on.exit(c, status, signo, c->arg);
	close_if_over(c);
}

/* --- Its pipes --- */

/* Both ends: ours is non-blocking, which the child's must not be. */
static int
make_pipe(int fd, int *ours, int *childs)
{
	int ends[2];
	int r = fd > STDERR_FILENO ? io_socketpair(ends) : io_pipe(ends);

	if (r < 0)
		return r;
	*ours = ends[is_for_writing(fd) ? 1 : 0];
	*childs = ends[is_for_writing(fd) ? 0 : 1];
	return 0;
}

static int
add_pipe(struct stream_child *c, int fd, int *childs)
{
	struct child_pipe *p = &c->pipes[c->npipes];
	int mode = fd > STDERR_FILENO ? O_RDWR
	    : is_for_writing(fd)      ? O_WRONLY
				      : O_RDONLY;
	struct fd_stream *f;
	int ours;
	int r = make_pipe(fd, &ours, childs);

	if (r < 0)
		return r;
	*p = (struct child_pipe) { c, fd, NULL, false };
	p->stream = fd_stream_new(c->loop, ours, c->name, mode, true, false);
	if (p->stream == NULL)
		return -ENOMEM;
	if (p->stream->failed)
		return p->stream->error.code;
	c->npipes++;
	f = p->stream->self;
	f->io.quiet = true; /* its leaving is an error of the stream, no more */
	f->extra = p;
	if (fd == STDOUT_FILENO && !(c->flags & STREAM_EOF_AT_CLOSE))
		f->at_eof = at_eof;
	p->stream->told = pipe_closed;
	p->stream->told_arg = p;
	p->stream->handled = is_for_writing(fd);
	return 0;
}

/* The descriptor for one entry of the map; *opened if it is ours to close. */
static int
child_end(struct stream_child *c, const struct stream_fdmap *map, bool *opened)
{
	int fd = map->parent;

	*opened = fd < 0;
	if (fd == STREAM_NULL)
		return io_open("/dev/null", O_RDWR, 0);
	if (fd == STREAM_PIPE) {
		int r = add_pipe(c, map->child, &fd);
		return r < 0 ? r : fd;
	}
	return fd < 0 ? -EBADF : fd;
}

static void
close_child_ends(struct stream_fdmap *fds, const bool *opened, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (opened[i])
			(void)io_close(fds[i].parent);
}

static int
start_with(struct stream_child *c, const struct stream_spawn *spawn,
    const struct stream_fdmap *more, const char *const *extra,
    struct stream_fdmap *fds, bool *opened)
{
	size_t n = 0;
	int r = 0;

	for (; n < spawn->nfds && r == 0; n++) {
		int fd = child_end(c, &spawn->fds[n], &opened[n]);

		if (fd < 0) {
			r = fd;
			break;
		}
		fds[n] = (struct stream_fdmap) { spawn->fds[n].child, fd };
	}
	if (r == 0 && more != NULL)
		fds[n] = *more;
	if (r == 0)
		r = spawn_process(
		    spawn, fds, n + (more != NULL ? 1 : 0), extra, &c->pid);
	close_child_ends(fds, opened, n);
	return r;
}

/* --- Starting --- */

static void
time_is_up(void *arg)
{
	struct stream_child *c = arg;

	c->timer = 0;
	if (c->timed_out != NULL)
		c->timed_out(c);
	(void)reaper_kill(&c->reaper, c->kill_signal);
}

static int
watch_it(struct stream_child *c, const struct stream_spawn *spawn)
{
	int r;

	c->reaper.ended = ended;
	r = reaper_start(
	    &c->reaper, c->loop, c->pid, (c->flags & STREAM_DETACHED) != 0);
	if (r == 0 && spawn->timeout > 0) {
		c->timer = stream_set_timeout(
		    c->loop, spawn->timeout, 0, time_is_up, c);
		r = c->timer < 0 ? (int)c->timer : 0;
	}
	return r;
}

/* Its end would not be heard of: so it must not have been. */
static void
undo(struct stream_child *c)
{
	reaper_stop(&c->reaper);
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Nobody is there: its pipes go, and the error is told from the loop. */
static void
not_started(struct stream_child *c, int code)
{
	size_t len = strlen(c->name) + 80;

	c->ended = true;
	c->error_text = malloc(len);
	if (c->error_text != NULL)
		(void)snprintf(
		    c->error_text, len, "%s: %s", c->name, strerror(-code));
	c->error = (struct stream_error) {
		.code = code,
		.stage = c->name,
		.text = c->error_text != NULL ? c->error_text : strerror(-code),
	};
	for (size_t i = 0; i < c->npipes; i++) {
		c->pipes[i].stream->handled = true;
		stream_destroy(c->pipes[i].stream, code);
	}
	close_if_over(c);
}

int
child_start(struct stream_child *c, const struct stream_spawn *spawn,
    const struct stream_fdmap *more, const char *const *extra)
{
	struct stream_fdmap *fds = calloc(spawn->nfds + 1, sizeof(*fds));
	bool *opened = calloc(spawn->nfds + 1, sizeof(*opened));
	int r = -ENOMEM;

	c->pipes = calloc(spawn->nfds + 1, sizeof(*c->pipes));
	if (fds != NULL && opened != NULL && c->pipes != NULL)
		r = start_with(c, spawn, more, extra, fds, opened);
	free(fds);
	free(opened);
	if (r == 0) {
		r = watch_it(c, spawn);
		if (r < 0)
			undo(c);
	}
	c->started = r == 0;
	if (!c->started)
		not_started(c, r);
	return r;
}

static void
abandon(struct loop_handle *handle)
{
	struct stream_child *c = (struct stream_child *)handle;

	/* Its pipes and channel are handles of the loop themselves. */
	reaper_stop(&c->reaper);
	loop_dequeue(&c->closer);
	if (c->abandoned != NULL)
		c->abandoned(c);
	child_free(c);
}

struct stream_child *
child_new(struct stream_loop *loop, const struct stream_spawn *spawn,
    const struct stream_child_events *events, void *arg)
{
	struct stream_child *c;

	if (loop == NULL)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->name = strdup(spawn->file);
	if (c->name == NULL) {
		free(c);
		return NULL;
	}
	c->loop = loop;
	c->flags = spawn->flags;
	c->kill_signal = spawn->kill_signal != 0 ? spawn->kill_signal : SIGTERM;
	if (events != NULL)
		c->on = *events;
	c->arg = arg;
	c->handle.destroy = abandon;
	c->closer.run = close_now;
	loop_adopt(loop, &c->handle);
	return c;
}

struct stream_child *
stream_spawn(struct stream_loop *loop, const struct stream_spawn *spawn,
    const struct stream_child_events *events, void *arg)
{
	struct stream_child *c = child_new(loop, spawn, events, arg);

	if (c != NULL)
		(void)child_start(c, spawn, NULL, NULL);
	return c;
}

/* --- Using it --- */

pid_t
stream_child_pid(const struct stream_child *c)
{
	return c == NULL || !c->started ? -1 : c->pid;
}

struct stream *
stream_child_stdio(struct stream_child *c, int fd)
{
	for (size_t i = 0; c != NULL && i < c->npipes; i++)
		if (c->pipes[i].fd == fd)
			return c->pipes[i].stream;
	return NULL;
}

int
stream_child_kill(struct stream_child *c, int signo)
{
	if (c == NULL)
		return -ENOMEM;
	return c->started ? reaper_kill(&c->reaper, signo) : -ESRCH;
}

struct stream_channel *
stream_child_channel(struct stream_child *c)
{
	return c == NULL ? NULL : c->channel;
}
