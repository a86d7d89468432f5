/* SPDX-License-Identifier: ISC */
/*
 * output.c - standard output, be it open or closed
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "reverse/output.h"

static ssize_t
refuse(struct stream *s, const struct iovec *iov, int count)
{
	(void)s;
	(void)iov;
	(void)count;
	return -EBADF;
}

struct stream *
output_new(struct stream_loop *loop)
{
	const struct stream_ops closed = { .name = "standard output",
		.write = refuse };

	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		return stream_new(loop, &closed, NULL, 0);
	return stream_stdio(loop, STDOUT_FILENO);
}
