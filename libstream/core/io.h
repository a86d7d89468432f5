/* SPDX-License-Identifier: ISC */
/*
 * io.h - every system call that moves data or opens and closes descriptors
 *
 * One place to audit, to inject faults into, and to port.  An inherited
 * descriptor shares its flags with the shell and its other children, so that
 * O_NONBLOCK is never set on it: each call asks for itself not to wait, in the
 * way that its kind allows.
 *
 * All functions retry EINTR and return a negated errno value on failure.
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum io_kind {
	IO_FILE, /* never makes one wait: files, block devices */
	IO_SOCKET, /* MSG_DONTWAIT */
	IO_OWN, /* opened here: O_NONBLOCK is set */
	IO_NOWAIT, /* RWF_NOWAIT, until it is refused */
	IO_POLL /* poll, then one read, or a write of PIPE_BUF at most */
};

struct io {
	int fd;
	enum io_kind kind;
	bool pipe; /* a pipe or FIFO */
	bool quiet; /* no SIGPIPE when its reader has gone */
	bool widened; /* asked for a larger pipe already */
};

/* Take a look at fd: 0 or -EBADF.  own: nobody else has this description. */
int io_init(struct io *io, int fd, bool own);

/*
 * Some bytes, as read(2) and writev(2) would; -EAGAIN if one would have to
 * wait and may_block is false.
 */
ssize_t io_read(struct io *io, void *buf, size_t len, bool may_block);
ssize_t io_writev(
    struct io *io, const struct iovec *iov, int count, bool may_block);

/*
 * Move up to len bytes from in to out without looking at them.  Only if
 * io_can_move(); even then the first call may be refused with any error, and
 * is then to be done by reading and writing.  0 says nothing sure about the
 * end of the input: ask io_read().
 */
bool io_can_move(const struct io *in, const struct io *out);
ssize_t io_move(struct io *in, struct io *out, size_t len, bool may_block);

/* A larger pipe for bulk; that it cannot be had is normal. */
void io_widen(struct io *io);

/* Does poll(2) report any of events, or an error, for fd now? */
bool io_is_ready(int fd, short events);

/* As open(2) with O_CLOEXEC and never 0, 1 or 2. */
int io_open(const char *path, int oflags, mode_t mode);
int io_openat(int dir, const char *path, int oflags, mode_t mode);
/* Give fd a number above 2, closing the old one. */
int io_above_stdio(int fd);
/* A pipe whose ends are ours: O_CLOEXEC, O_NONBLOCK, above 2. */
int io_own_pipe(int ends[2]);
/* A pipe, or a pair of sockets, to share with a child: they may block. */
int io_pipe(int ends[2]);
int io_socketpair(int ends[2]);
int io_close(int fd);
/*
 * On a socket of local processes, without waiting: a descriptor along with the
 * first of the bytes (fd -1: none), and up to IO_MOST_FDS that came along.
 */
#define IO_MOST_FDS 16
ssize_t io_send_fd(struct io *io, const struct iovec *iov, int count, int fd);
ssize_t io_recv_fds(
    struct io *io, void *buf, size_t len, int fds[IO_MOST_FDS], size_t *nfds);

/* A connection from a listening socket of ours; -EAGAIN: none waits. */
int io_accept(int fd);
int io_set_nonblocking(int fd); /* of a description that is ours alone */

/* Are the paths that only Linux has to be used? */
bool io_linux_paths(void);

/* A byte into our own pipe, if there is room; safe in a signal handler. */
void io_poke(int fd);

/* All of it; a short count only at the end of the file. */
ssize_t io_pread_all(int fd, void *buf, size_t len, off_t offset);
ssize_t io_pwrite_all(int fd, const void *buf, size_t len, off_t offset);
int io_write_all(int fd, const void *buf, size_t len);

#endif
