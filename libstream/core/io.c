/* SPDX-License-Identifier: ISC */
/*
 * io.c - every system call that moves data or opens and closes descriptors
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"

#define BULK_PIPE (1 << 20)

/* STREAM_IO=plain in the environment chooses the portable paths. */
bool
io_linux_paths(void)
{
#ifdef HAVE_LINUX_IO
	static int chosen = -1;

	if (chosen < 0) {
		const char *io = getenv("STREAM_IO");
		chosen = io == NULL || strcmp(io, "plain") != 0;
	}
	return chosen;
#else
	return false;
#endif
}

static enum io_kind
kind_of(mode_t mode, int fd, bool own)
{
	if (S_ISREG(mode) || S_ISBLK(mode) || S_ISDIR(mode))
		return IO_FILE;
	if (S_ISSOCK(mode))
		return IO_SOCKET;
	if (own && S_ISFIFO(mode) && io_set_nonblocking(fd) == 0)
		return IO_OWN;
	return io_linux_paths() ? IO_NOWAIT : IO_POLL;
}

int
io_init(struct io *io, int fd, bool own)
{
	struct stat st;

	*io = (struct io) { .fd = fd };
	if (fstat(fd, &st) < 0)
		return -errno;
	io->kind = kind_of(st.st_mode, fd, own);
	io->pipe = S_ISFIFO(st.st_mode);
	return 0;
}

bool
io_is_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	/* An error counts as ready: the call itself will tell which. */
	return poll(&p, 1, 0) != 0;
}

/* RWF_NOWAIT was refused: a neighbour's splice can cause that at any call. */
static bool
nowait_refused(struct io *io, int error)
{
	if (error != EOPNOTSUPP && error != ENOSYS && error != EINVAL)
		return false;
	io->kind = IO_POLL;
	return true;
}

static ssize_t
read_nowait(struct io *io, void *buf, size_t len)
{
#ifdef HAVE_LINUX_IO
	struct iovec iov = { .iov_base = buf, .iov_len = len };

	return preadv2(io->fd, &iov, 1, -1, RWF_NOWAIT);
#else
	(void)io, (void)buf, (void)len;
	errno = ENOSYS;
	return -1;
#endif
}

static ssize_t
writev_nowait(struct io *io, const struct iovec *iov, int count)
{
#ifdef HAVE_LINUX_IO
	return pwritev2(io->fd, iov, count, -1, RWF_NOWAIT);
#else
	(void)io, (void)iov, (void)count;
	errno = ENOSYS;
	return -1;
#endif
}

static ssize_t
read_once(struct io *io, void *buf, size_t len, bool may_block)
{
	if (may_block || io->kind == IO_FILE || io->kind == IO_OWN)
		return read(io->fd, buf, len);
	if (io->kind == IO_SOCKET)
		return recv(io->fd, buf, len, MSG_DONTWAIT);
	if (io->kind == IO_NOWAIT) {
		ssize_t n = read_nowait(io, buf, len);
		if (n >= 0 || !nowait_refused(io, errno))
			return n;
	}
	if (!io_is_ready(io->fd, POLLIN)) {
		errno = EAGAIN;
		return -1;
	}
	return read(io->fd, buf, len);
}

ssize_t
io_read(struct io *io, void *buf, size_t len, bool may_block)
{
	ssize_t n;

	do {
		n = read_once(io, buf, len, may_block);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t
send_some(struct io *io, const struct iovec *iov, int count, bool may_block)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov };
	int flags =
	    (may_block ? 0 : MSG_DONTWAIT) | (io->quiet ? MSG_NOSIGNAL : 0);

	msg.msg_iovlen = (size_t)count;
	return sendmsg(io->fd, &msg, flags);
}

/* As much as a pipe that poll calls ready takes without waiting. */
static ssize_t
write_after_poll(struct io *io, const struct iovec *iov)
{
	size_t len = iov->iov_len < PIPE_BUF ? iov->iov_len : PIPE_BUF;

	if (!io_is_ready(io->fd, POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	return write(io->fd, iov->iov_base, len);
}

/* With SIGPIPE held back, and taken away if it is this write that raised it. */
static ssize_t
writev_quietly(struct io *io, const struct iovec *iov, int count)
{
	struct timespec now = { 0, 0 };
	sigset_t sigpipe;
	sigset_t pending;
	sigset_t before;
	ssize_t n;
	int error;

	(void)sigemptyset(&sigpipe);
	(void)sigaddset(&sigpipe, SIGPIPE);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
	n = writev(io->fd, iov, count);
	error = errno;
	if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		(void)sigtimedwait(&sigpipe, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}

static ssize_t
writev_once(struct io *io, const struct iovec *iov, int count, bool may_block)
{
	if (io->kind == IO_SOCKET)
		return send_some(io, iov, count, may_block);
	if (io->quiet && io->kind == IO_OWN)
		return writev_quietly(io, iov, count);
	if (may_block || io->kind == IO_FILE || io->kind == IO_OWN)
		return writev(io->fd, iov, count);
	if (io->kind == IO_NOWAIT) {
		ssize_t n = writev_nowait(io, iov, count);
		if (n >= 0 || !nowait_refused(io, errno))
			return n;
	}
	return write_after_poll(io, iov);
}

ssize_t
io_writev(struct io *io, const struct iovec *iov, int count, bool may_block)
{
	ssize_t n;

	do {
		n = writev_once(io, iov, count, may_block);
	} while (n < 0 && errno == EINTR);
	if (n == 0) /* none of some taken: there is no room, for ever */
		return -ENOSPC;
	return n < 0 ? -errno : n;
}

/*
 * The input must be a pipe.  A file could be spliced too, but its pages would
 * be shared with the pipe, and a later truncation would change what the reader
 * has still to see.  A terminal blocks in spite of SPLICE_F_NONBLOCK, and so
 * does a socket whose flags are not ours to set.
 */
bool
io_can_move(const struct io *in, const struct io *out)
{
	return io_linux_paths() && in->pipe &&
	    (out->pipe || out->kind == IO_FILE);
}

ssize_t
io_move(struct io *in, struct io *out, size_t len, bool may_block)
{
#ifdef HAVE_LINUX_IO
	unsigned flags = SPLICE_F_MOVE | (may_block ? 0 : SPLICE_F_NONBLOCK);
	ssize_t n;

	do {
		n = splice(in->fd, NULL, out->fd, NULL, len, flags);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
#else
	(void)in, (void)out, (void)len, (void)may_block;
	return -ENOSYS;
#endif
}

void
io_widen(struct io *io)
{
	if (io->widened)
		return;
	io->widened = true;
#ifdef HAVE_LINUX_IO
	if (io->pipe && io_linux_paths() &&
	    fcntl(io->fd, F_GETPIPE_SZ) < BULK_PIPE)
		(void)fcntl(io->fd, F_SETPIPE_SZ, BULK_PIPE);
#endif
}

int
io_above_stdio(int fd)
{
	int high;
	int error;

	if (fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = errno;
	(void)close(fd);
	return high < 0 ? -error : high;
}

int
io_openat(int dir, const char *path, int oflags, mode_t mode)
{
	int fd;

	do {
		fd = openat(dir, path, oflags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : io_above_stdio(fd);
}

int
io_open(const char *path, int oflags, mode_t mode)
{
	return io_openat(AT_FDCWD, path, oflags, mode);
}

static int
make_private(int fd)
{
	fd = io_above_stdio(fd);
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		int error = errno;
		(void)close(fd);
		return -error;
	}
	return fd;
}

int
io_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int
make_own(int fd)
{
	int r;

	fd = make_private(fd);
	if (fd < 0)
		return fd;
	r = io_set_nonblocking(fd);
	if (r < 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

int
io_accept(int fd)
{
	int connection;

	do {
		connection = accept(fd, NULL, NULL);
	} while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
	return connection < 0 ? -errno : make_private(connection);
}

/* Both ends made ours by make, or neither. */
static int
take_ends(int ends[2], const int fds[2], int (*make)(int fd))
{
	ends[0] = make(fds[0]);
	if (ends[0] < 0) {
		(void)close(fds[1]);
		return ends[0];
	}
	ends[1] = make(fds[1]);
	if (ends[1] < 0)
		(void)close(ends[0]);
	return ends[1] < 0 ? ends[1] : 0;
}

int
io_own_pipe(int ends[2])
{
	int fds[2];

	return pipe(fds) < 0 ? -errno : take_ends(ends, fds, make_own);
}

int
io_pipe(int ends[2])
{
	int fds[2];

	return pipe(fds) < 0 ? -errno : take_ends(ends, fds, make_private);
}

int
io_socketpair(int ends[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return -errno;
	return take_ends(ends, fds, make_private);
}

int
io_close(int fd)
{
	/* After EINTR the descriptor is gone on Linux: never close it again. */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

union fd_space { /* aligned as a control message must be */
	struct cmsghdr head;
	char bytes[CMSG_SPACE(IO_MOST_FDS * sizeof(int))];
};

ssize_t
io_send_fd(struct io *io, const struct iovec *iov, int count, int fd)
{
	union fd_space space;
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov };
	ssize_t n;

	msg.msg_iovlen = (size_t)count;
	if (fd >= 0) {
		memset(&space, 0, sizeof(space));
		msg.msg_control = space.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(fd));
		space.head.cmsg_level = SOL_SOCKET;
		space.head.cmsg_type = SCM_RIGHTS;
		space.head.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&space.head), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(io->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void
collect_fds(struct msghdr *msg, int fds[IO_MOST_FDS], size_t *nfds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		if (n > IO_MOST_FDS - *nfds)
			n = IO_MOST_FDS - *nfds;
		memcpy(fds + *nfds, CMSG_DATA(c), n * sizeof(int));
		*nfds += n;
	}
}

ssize_t
io_recv_fds(
    struct io *io, void *buf, size_t len, int fds[IO_MOST_FDS], size_t *nfds)
{
	union fd_space space;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	*nfds = 0;
	msg.msg_control = space.bytes;
	msg.msg_controllen = sizeof(space.bytes);
	do {
		n = recvmsg(io->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	collect_fds(&msg, fds, nfds);
	/* There was no number left for one: it is lost, and that is told. */
	return msg.msg_flags & MSG_CTRUNC ? -EMFILE : n;
}

void
io_poke(int fd)
{
	int error = errno;
	ssize_t n;

	do {
		n = write(fd, "", 1);
	} while (n < 0 && errno == EINTR);
	errno = error; /* a pipe that is full wakes as well */
}

ssize_t
io_pread_all(int fd, void *buf, size_t len, off_t offset)
{
	char *to = buf;
	size_t done = 0;

	while (done < len) {
		ssize_t n =
		    pread(fd, to + done, len - done, offset + (off_t)done);
		if (n == 0)
			break;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)done;
}

ssize_t
io_pwrite_all(int fd, const void *buf, size_t len, off_t offset)
{
	const char *from = buf;
	size_t done = 0;

	while (done < len) {
		ssize_t n =
		    pwrite(fd, from + done, len - done, offset + (off_t)done);
		if (n == 0)
			return -ENOSPC;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)done;
}

/* A neighbour may have set O_NONBLOCK: wait for room then. */
static int
wait_for_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

int
io_write_all(int fd, const void *buf, size_t len)
{
	const char *from = buf;

	while (len > 0) {
		ssize_t n = write(fd, from, len);
		int r = 0;

		if (n > 0) {
			from += n;
			len -= (size_t)n;
		} else if (n == 0) {
			r = -ENOSPC;
		} else if (errno == EAGAIN) {
			r = wait_for_room(fd);
		} else if (errno != EINTR) {
			r = -errno;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
