/* SPDX-License-Identifier: ISC */
/*
 * open.c - streams on files, given descriptors and standard input and output
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/io.h"
#include "stream/internal.h"

struct stream *
stream_open(struct stream_loop *loop, const char *path, int oflags)
{
	if (loop == NULL)
		return NULL;
	return fd_stream_new(loop, io_open(path, oflags, 0666), path,
	    oflags & O_ACCMODE, true, false);
}

struct stream *
stream_fd(struct stream_loop *loop, int fd, const char *name)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return stream_failed(loop, name, true, true, -EBADF);
	return fd_stream_new(loop, fd, name, flags & O_ACCMODE, false, false);
}

struct stream *
stream_stdio(struct stream_loop *loop, int fd)
{
	static const char *const names[] = { "standard input",
		"standard output", "standard error" };

	if (fd < 0 || fd > STDERR_FILENO)
		return stream_failed(loop, "stdio", true, true, -EINVAL);
	return fd_stream_new(loop, fd, names[fd],
	    fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, false, true);
}

ssize_t
stream_pread(int fd, void *buf, size_t len, off_t offset)
{
	return io_pread_all(fd, buf, len, offset);
}

int
stream_write_all(int fd, const void *buf, size_t len)
{
	return io_write_all(fd, buf, len);
}
