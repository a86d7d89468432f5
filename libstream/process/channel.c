/* SPDX-License-Identifier: ISC */
/*
 * channel.c - messages between processes: one a line, over a socket
 *
 * A descriptor travels with the first bytes of its message, sent by a call of
 * their own.  The kernel may give them out behind the bytes of messages before
 * it, but nothing after them in one call: it belongs to the message that holds
 * the last byte of such a call.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/chunk.h"
#include "core/io.h"
#include "process/channel.h"
#include "process/child.h"

#define CHANNEL_FD "NODE_CHANNEL_FD"
#define SERIALIZATION "NODE_CHANNEL_SERIALIZATION_MODE" /* lines are "json" */
#define HIGH_WATER ((size_t)65536)
#define LONGEST ((size_t)64 << 20)
#define AT_ONCE ((size_t)65536)

struct passenger { /* a descriptor, and the byte with which it travels */
	struct passenger *next;
	uint64_t at;
	uint64_t end; /* of its message, when it is sent */
	int fd;
};

struct stream_channel {
	struct loop_handle handle;
	struct stream_loop *loop;
	struct io io; /* fd -1: disconnected */
	struct watch in;
	struct watch out;
	struct task closer;
	struct stream_channel_events on;
	void *arg;
	struct stream_child *child;

	struct queue sending;
	uint64_t sent; /* bytes, ever */
	struct passenger *going; /* in order */
	bool need_drain;
	bool leaving; /* when all is sent */
	bool deaf; /* the other side takes no more */

	struct queue received;
	uint64_t taken; /* bytes of whole messages, ever */
	size_t scanned;
	struct passenger *come;
	int code; /* why it was disconnected */
};

/* --- Passengers --- */

static int
board(struct passenger **list, uint64_t at, uint64_t end, int fd)
{
	struct passenger *p = malloc(sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	*p = (struct passenger) { .at = at, .end = end, .fd = fd };
	while (*list != NULL)
		list = &(*list)->next;
	*list = p;
	return 0;
}

/* The descriptor of the first, if it travels before end; the entry goes. */
static int
alight(struct passenger **list, uint64_t end)
{
	struct passenger *p = *list;
	int fd;

	if (p == NULL || p->at >= end)
		return -1;
	fd = p->fd;
	*list = p->next;
	free(p);
	return fd;
}

static void
close_all(struct passenger **list)
{
	int fd;

	while ((fd = alight(list, UINT64_MAX)) >= 0)
		(void)io_close(fd);
}

/* --- The end --- */

static void
release(struct stream_channel *ch)
{
	close_all(&ch->going);
	close_all(&ch->come);
	queue_clear(&ch->sending);
	queue_clear(&ch->received);
	free(ch);
}

static void
hang_up(struct stream_channel *ch)
{
	if (ch->io.fd < 0)
		return;
	poller_forget(&ch->loop->poller, &ch->in);
	poller_forget(&ch->loop->poller, &ch->out);
	(void)io_close(ch->io.fd);
	ch->io.fd = -1;
}

static void
disconnect(struct stream_channel *ch, int code)
{
	if (ch->io.fd < 0)
		return;
	ch->code = code;
	hang_up(ch);
	loop_queue(&ch->loop->closing, &ch->closer);
}

static void
close_now(struct task *task)
{
	struct stream_channel *ch = (struct stream_channel *)((char *)task -
	    offsetof(struct stream_channel, closer));
	struct stream_error error = {
		.code = ch->code,
		.stage = "channel",
		.text = ch->code == 0 ? "" : strerror(-ch->code),
	};

	if (ch->on.disconnect != NULL)
		ch->on.disconnect(ch, ch->code == 0 ? NULL : &error, ch->arg);
	if (ch->child != NULL)
		child_channel_closed(ch->child);
	loop_disown(&ch->handle);
	release(ch);
}

static void
abandon(struct loop_handle *handle)
{
	struct stream_channel *ch = (struct stream_channel *)handle;

	hang_up(ch);
	loop_dequeue(&ch->closer);
	release(ch);
}

/* --- Receiving --- */

static void
tell_message(struct stream_channel *ch, const char *text, size_t len)
{
	int fd = alight(&ch->come, ch->taken + len + 1);

	if (ch->on.message != NULL)
		ch->on.message(ch, text, len, fd, ch->arg);
	else if (fd >= 0)
		(void)io_close(fd);
}

/* The first message that is whole: false if there is none. */
static bool
next_message(struct stream_channel *ch)
{
	const struct slice *front;
	const char *text;
	const char *end;
	struct stream_chunk *chunk;
	size_t len;

	if (ch->received.bytes == 0)
		return false;
	if (queue_gather(&ch->received, ch->received.bytes) < 0) {
		disconnect(ch, -ENOMEM);
		return false;
	}
	front = queue_front(&ch->received);
	text = (const char *)front->chunk->data + front->off;
	end = memchr(text + ch->scanned, '\n', front->len - ch->scanned);
	ch->scanned = end == NULL ? front->len : 0;
	if (end == NULL)
		return false;
	len = (size_t)(end - text);
	chunk = chunk_ref(front->chunk);
	queue_consume(&ch->received, len + 1);
	tell_message(ch, text, len);
	ch->taken += len + 1;
	chunk_unref(chunk);
	return true;
}

/*
 * They came with the last byte received.  More than one cannot belong to one
 * message: none is kept.
 */
static void
take_fds(struct stream_channel *ch, int *fds, size_t n)
{
	uint64_t end = ch->taken + ch->received.bytes;

	if (n == 1 && end > 0 && board(&ch->come, end - 1, end, fds[0]) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		(void)io_close(fds[i]);
	if (n > 0)
		disconnect(ch, n == 1 ? -ENOMEM : -EPROTO);
}

static ssize_t
receive(struct stream_channel *ch)
{
	int fds[IO_MOST_FDS];
	size_t nfds = 0;
	void *room = queue_reserve(&ch->received, AT_ONCE, NULL);
	ssize_t n;

	if (room == NULL)
		return -ENOMEM;
	n = io_recv_fds(&ch->io, room, AT_ONCE, fds, &nfds);
	if (n > 0 && queue_commit(&ch->received, (size_t)n) < 0)
		n = -ENOMEM;
	take_fds(ch, fds, nfds);
	return n;
}

static void
in_ready(struct watch *watch, short revents)
{
	struct stream_channel *ch = (struct stream_channel *)((char *)watch -
	    offsetof(struct stream_channel, in));
	ssize_t n = receive(ch);

	(void)revents;
	if (n == -EAGAIN)
		return;
	while (ch->io.fd >= 0 && next_message(ch))
		loop_run_ticks(ch->loop);
	if (n < 0 && n != -ECONNRESET)
		disconnect(ch, (int)n);
	else if (n <= 0) /* in the middle of a message it is an error */
		disconnect(ch, ch->received.bytes > 0 ? -EPIPE : 0);
	else if (ch->received.bytes > LONGEST)
		disconnect(ch, -EMSGSIZE);
}

/* --- Sending --- */

/* What may go in one call: a message with a descriptor goes by itself. */
static size_t
together(const struct stream_channel *ch)
{
	const struct passenger *p = ch->going;

	if (p == NULL)
		return SIZE_MAX;
	return (size_t)((p->at == ch->sent ? p->end : p->at) - ch->sent);
}

static ssize_t
send_some(struct stream_channel *ch)
{
	bool with = ch->going != NULL && ch->going->at == ch->sent;
	struct iovec iov[16];
	int count = queue_iov(&ch->sending, iov, 16, together(ch));
	ssize_t n = io_send_fd(&ch->io, iov, count, with ? ch->going->fd : -1);

	if (n <= 0)
		return n;
	if (with) /* it is the other side's now, and ours to close */
		(void)io_close(alight(&ch->going, ch->sent + 1));
	queue_consume(&ch->sending, (size_t)n);
	ch->sent += (uint64_t)n;
	return n;
}

/* The other side takes no more; what it said before is still to be read. */
static void
stop_sending(struct stream_channel *ch, ssize_t code)
{
	close_all(&ch->going);
	queue_clear(&ch->sending);
	ch->deaf = true;
	if (code != -EPIPE && code != -ECONNRESET)
		disconnect(ch, (int)code);
}

static void
flush(struct stream_channel *ch)
{
	ssize_t n = 1;

	while (n > 0 && ch->sending.bytes > 0)
		n = send_some(ch);
	if (n == -EAGAIN)
		n = poller_set(&ch->loop->poller, &ch->out);
	if (n < 0)
		stop_sending(ch, n);
	if (ch->sending.bytes == 0 && ch->leaving)
		disconnect(ch, 0);
}

static void
out_ready(struct watch *watch, short revents)
{
	struct stream_channel *ch = (struct stream_channel *)((char *)watch -
	    offsetof(struct stream_channel, out));

	(void)revents;
	poller_forget(&ch->loop->poller, watch);
	flush(ch);
	if (ch->io.fd < 0 || ch->deaf || !ch->need_drain ||
	    ch->sending.bytes > 0)
		return;
	ch->need_drain = false;
	if (ch->on.drain != NULL)
		ch->on.drain(ch, ch->arg);
}

/* Queue a copy of fd, to go with the message of len bytes that comes next. */
static int
put_fd(struct stream_channel *ch, size_t len, int fd)
{
	uint64_t at = ch->sent + ch->sending.bytes;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int r;

	if (copy < 0)
		return -errno;
	r = board(&ch->going, at, at + len + 1, copy);
	if (r < 0)
		(void)io_close(copy);
	return r;
}

static int
put_text(struct stream_channel *ch, const char *text, size_t len)
{
	int r = queue_append(&ch->sending, text, len);

	return r < 0 ? r : queue_append(&ch->sending, "\n", 1);
}

int
stream_send(struct stream_channel *ch, const char *text, size_t len, int fd)
{
	int r = 0;

	if (ch == NULL)
		return -ENOMEM;
	if (ch->io.fd < 0 || ch->leaving || ch->deaf)
		return -EPIPE;
	if (memchr(text, '\n', len) != NULL)
		return -EINVAL;
	if (fd >= 0)
		r = put_fd(ch, len, fd);
	if (r < 0)
		return r;
	r = put_text(ch, text, len);
	if (r < 0) {
		disconnect(ch, r); /* half a message is in the queue */
		return r;
	}
	flush(ch);
	if (ch->io.fd < 0 || ch->deaf)
		return ch->code < 0 ? ch->code : -EPIPE;
	if (ch->sending.bytes < HIGH_WATER)
		return 1;
	ch->need_drain = true;
	return 0;
}

void
stream_disconnect(struct stream_channel *ch)
{
	if (ch == NULL || ch->io.fd < 0)
		return;
	ch->leaving = true;
	flush(ch);
}

/* --- Making --- */

struct stream_channel *
channel_new(struct stream_loop *loop, int fd,
    const struct stream_channel_events *events, void *arg,
    struct stream_child *child)
{
	struct stream_channel *ch = calloc(1, sizeof(*ch));

	if (ch == NULL || io_init(&ch->io, fd, true) < 0) {
		free(ch);
		return NULL;
	}
	ch->loop = loop;
	if (events != NULL)
		ch->on = *events;
	ch->arg = arg;
	ch->child = child;
	ch->in =
	    (struct watch) { .fd = fd, .events = POLLIN, .ready = in_ready };
	ch->out =
	    (struct watch) { .fd = fd, .events = POLLOUT, .ready = out_ready };
	ch->closer.run = close_now;
	ch->handle.destroy = abandon;
	if (poller_set(&loop->poller, &ch->in) < 0) {
		free(ch);
		return NULL;
	}
	loop_adopt(loop, &ch->handle);
	return ch;
}

struct stream_channel *
stream_parent(struct stream_loop *loop,
    const struct stream_channel_events *events, void *arg)
{
	const char *number = getenv(CHANNEL_FD);
	const char *mode = getenv(SERIALIZATION);
	char *end;
	long fd;

	if (loop == NULL || number == NULL ||
	    (mode != NULL && strcmp(mode, "json") != 0))
		return NULL;
	fd = strtol(number, &end, 10);
	if (end == number || *end != '\0' || fd < 0 ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return NULL;
	/* Our own children have other channels, or none. */
	(void)unsetenv(CHANNEL_FD);
	(void)unsetenv(SERIALIZATION);
	return channel_new(loop, (int)fd, events, arg, NULL);
}

int
channel_free_number(const struct stream_fdmap *fds, size_t nfds)
{
	int number = STDERR_FILENO + 1;

	for (size_t i = 0; i < nfds; i++) {
		if (fds[i].child != number)
			continue;
		number++;
		i = (size_t)-1; /* look at all again */
	}
	return number;
}

struct stream_child *
channel_fork(struct stream_loop *loop, const struct stream_spawn *spawn,
    const struct stream_child_events *events,
    const struct stream_channel_events *messages, void *arg,
    const char *const *more)
{
	struct stream_child *c = child_new(loop, spawn, events, arg);
	const char *extra[5] = { NULL, SERIALIZATION "=json" };
	struct stream_fdmap end;
	char number[64];
	int ends[2];

	if (c == NULL)
		return NULL;
	if (io_socketpair(ends) < 0)
		ends[0] = ends[1] = -1;
	end.child = channel_free_number(spawn->fds, spawn->nfds);
	end.parent = ends[1];
	(void)snprintf(number, sizeof(number), CHANNEL_FD "=%d", end.child);
	extra[0] = number;
	for (size_t i = 0; more != NULL && more[i] != NULL && i < 2; i++)
		extra[i + 2] = more[i];
	if (child_start(c, spawn, &end, extra) == 0)
		c->channel = channel_new(loop, ends[0], messages, arg, c);
	if (c->channel == NULL && ends[0] >= 0)
		(void)io_close(ends[0]);
	if (ends[1] >= 0)
		(void)io_close(ends[1]);
	return c;
}

struct stream_child *
stream_fork(struct stream_loop *loop, const struct stream_spawn *spawn,
    const struct stream_child_events *events,
    const struct stream_channel_events *messages, void *arg)
{
	return channel_fork(loop, spawn, events, messages, arg, NULL);
}
