/* SPDX-License-Identifier: ISC */
/*
 * hold.c - keep a whole stream, in memory or in a temporary file without name
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reverse/hold.h"

#define FIRST_ROOM ((size_t)64 * 1024)

/* Room for n bytes more in memory.  0 if they shall not or cannot be there. */
static int
make_room(struct hold *h, size_t n)
{
	size_t room = h->room > 0 ? h->room : FIRST_ROOM;
	unsigned char *bytes;

	if (n > HOLD_MEMORY - h->len)
		return 0;
	while (n > room - h->len)
		room *= 2;
	if (room == h->room)
		return 1;
	bytes = realloc(h->bytes, room);
	if (bytes == NULL)
		return 0;
	h->bytes = bytes;
	h->room = room;
	return 1;
}

static int
write_file(struct hold *h, const void *bytes, size_t n)
{
	int code = stream_write_all(h->fd, bytes, n);

	if (code == 0)
		h->size += (off_t)n;
	return code;
}

/* Move what is in memory to a temporary file. */
static int
spill(struct hold *h)
{
	int code;

	h->fd = stream_tmpfile(NULL);
	if (h->fd < 0) {
		code = h->fd;
		h->fd = -1;
		return code;
	}
	code = write_file(h, h->bytes, h->len);
	free(h->bytes);
	h->bytes = NULL;
	h->len = h->room = 0;
	return code;
}

static int
keep(struct hold *h, const void *bytes, size_t n)
{
	int code;

	if (h->fd < 0 && make_room(h, n)) {
		memcpy(h->bytes + h->len, bytes, n);
		h->len += n;
		return 0;
	}
	if (h->fd < 0 && (code = spill(h)) < 0)
		return code;
	return write_file(h, bytes, n);
}

static ssize_t
hold_write(struct stream *s, const struct iovec *iov, int count)
{
	ssize_t taken = 0;

	for (int i = 0; i < count; i++) {
		int code =
		    keep(stream_self(s), iov[i].iov_base, iov[i].iov_len);

		if (code < 0)
			return code;
		taken += (ssize_t)iov[i].iov_len;
	}
	return taken;
}

struct stream *
hold_new(struct stream_loop *loop, struct hold *h)
{
	const struct stream_ops ops = {
		.name = "temporary file",
		.write = hold_write,
	};

	*h = (struct hold) { .fd = -1 };
	return stream_new(loop, &ops, h, 0);
}

void
hold_free(struct hold *h)
{
	free(h->bytes);
	if (h->fd >= 0)
		close(h->fd);
}
