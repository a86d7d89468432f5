/* SPDX-License-Identifier: ISC */
/*
 * fd.c - streams on descriptors: try first, wait for poll only if refused
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "stream/fd.h"

static struct fd_stream *
fd_of(const struct stream *s)
{
	return s->self;
}

static struct poller *
poller_of(const struct fd_stream *f)
{
	return &f->stream->loop->poller;
}

/* --- Reading --- */

static void
input_came(struct watch *watch, short revents)
{
	struct fd_stream *f = (struct fd_stream *)((char *)watch -
	    offsetof(struct fd_stream, in));
	struct stream *s = f->stream;

	(void)revents;
	poller_forget(poller_of(f), watch);
	if (s->destroyed)
		return;
	s->reading = false;
	s->reader.run(&s->reader);
}

int
fd_await_input(struct stream *s)
{
	struct fd_stream *f = fd_of(s);

	s->reading = true;
	return poller_set(poller_of(f), &f->in);
}

static int
fd_read(struct stream *s, size_t want)
{
	struct fd_stream *f = fd_of(s);
	void *room = stream_reserve(s, want);
	ssize_t n;

	if (room == NULL)
		return -ENOMEM;
	n = io_read(&f->io, room, want, stream_may_block_reading(s));
	if (n == -EAGAIN)
		return fd_await_input(s);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return f->at_eof != NULL ? f->at_eof(f) : stream_push_end(s);
	(void)stream_commit(s, (size_t)n);
	return 0;
}

/* --- Writing --- */

static void
room_came(struct watch *watch, short revents)
{
	struct fd_stream *f = (struct fd_stream *)((char *)watch -
	    offsetof(struct fd_stream, out));

	(void)revents;
	poller_forget(poller_of(f), watch);
	if (f->stream->destroyed)
		return;
	stream_ready(f->stream);
	links_drained(f->stream);
}

int
fd_await_room(struct stream *sink)
{
	struct fd_stream *f = fd_of(sink);

	return poller_set(poller_of(f), &f->out);
}

static ssize_t
fd_write(struct stream *s, const struct iovec *iov, int count)
{
	struct fd_stream *f = fd_of(s);
	ssize_t n = io_writev(&f->io, iov, count, stream_may_block_writing(s));

	if (n == -EAGAIN) {
		int r = fd_await_room(s);
		return r < 0 ? r : -EAGAIN;
	}
	return n;
}

/* --- The end --- */

static void
forget_watches(struct fd_stream *f)
{
	poller_forget(poller_of(f), &f->in);
	poller_forget(poller_of(f), &f->out);
}

int
fd_stream_close(struct fd_stream *f)
{
	int fd = f->io.fd;

	if (fd < 0 || f->keep_open)
		return 0;
	forget_watches(f);
	f->io.fd = -1;
	return io_close(fd);
}

static int
end_of_socket(struct fd_stream *f)
{
	if (shutdown(f->io.fd, SHUT_WR) < 0 && errno != ENOTCONN)
		return -errno;
	return 0;
}

/* All is written: it is out only if close says so too. */
static int
fd_final(struct stream *s)
{
	struct fd_stream *f = fd_of(s);

	if (f->commit != NULL)
		return f->commit(f);
	if (!s->reads)
		return fd_stream_close(f);
	if (f->io.kind == IO_SOCKET && !f->keep_open)
		return end_of_socket(f);
	return 0;
}

static void
fd_destroy(struct stream *s, int code)
{
	struct fd_stream *f = fd_of(s);

	(void)code;
	forget_watches(f);
	(void)fd_stream_close(f); /* what was written has been checked */
	if (f->discard != NULL)
		f->discard(f);
	free(f);
}

/* --- Making --- */

static struct stream_ops
ops_for(const char *name, int accmode)
{
	struct stream_ops ops = { .name = name, .destroy = fd_destroy };

	if (accmode == O_RDONLY || accmode == O_RDWR)
		ops.read = fd_read;
	if (accmode == O_WRONLY || accmode == O_RDWR) {
		ops.write = fd_write;
		ops.final = fd_final;
	}
	return ops;
}

static struct stream *
give_up(struct stream_loop *loop, int fd, const char *name, int accmode,
    bool keep_open, int code)
{
	if (fd >= 0 && !keep_open)
		(void)io_close(fd);
	return stream_failed(
	    loop, name, accmode != O_WRONLY, accmode != O_RDONLY, code);
}

struct stream *
fd_stream_new(struct stream_loop *loop, int fd, const char *name, int accmode,
    bool own, bool keep_open)
{
	struct stream_ops ops = ops_for(name, accmode);
	struct fd_stream *f;
	struct io io;
	int r;

	if (loop == NULL)
		return NULL;
	r = fd < 0 ? fd : io_init(&io, fd, own);
	f = r < 0 ? NULL : calloc(1, sizeof(*f));
	if (f == NULL)
		return give_up(
		    loop, fd, name, accmode, keep_open, r < 0 ? r : -ENOMEM);
	f->io = io;
	f->io.quiet = !keep_open && io.kind == IO_SOCKET;
	f->keep_open = keep_open;
	f->in = (struct watch) { fd, POLLIN, .ready = input_came };
	f->out = (struct watch) { fd, POLLOUT, .ready = room_came };
	f->stream = stream_new(loop, &ops, f, 0);
	if (f->stream == NULL) {
		free(f);
		if (!keep_open)
			(void)io_close(fd);
		return NULL;
	}
	f->stream->io = &f->io;
	return f->stream;
}

int
stream_fileno(const struct stream *s)
{
	return s == NULL || s->io == NULL ? -EBADF : s->io->fd;
}
