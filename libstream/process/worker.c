/* SPDX-License-Identifier: ISC */
/*
 * worker.c - the worker's side of a cluster
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/loop.h"
#include "process/channel.h"
#include "process/cluster.h"

struct serving {
	struct loop_handle handle;
	struct stream_loop *loop;
	struct stream_channel *channel;
	struct stream_worker_events on;
	void *arg;
	struct watch listener; /* fd -1: the primary accepts */
};

unsigned
stream_worker_id(void)
{
	const char *id = getenv(CLUSTER_ID);

	return id == NULL ? 0 : (unsigned)strtoul(id, NULL, 10);
}

static void
serve(struct serving *s, int fd)
{
	if (s->on.connection != NULL)
		s->on.connection(s->channel, fd, s->arg);
	else
		(void)io_close(fd);
}

/* One at a time: the others may have had theirs first. */
static void
connection_came(struct watch *watch, short revents)
{
	struct serving *s = (struct serving *)((char *)watch -
	    offsetof(struct serving, listener));
	int fd = io_accept(watch->fd);

	(void)revents;
	if (fd >= 0)
		serve(s, fd);
}

static void
message(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	struct serving *s = arg;
	bool is_connection = len == strlen(CLUSTER_CONNECTION) &&
	    memcmp(text, CLUSTER_CONNECTION, len) == 0;

	if (is_connection && fd >= 0) {
		(void)stream_send(ch, CLUSTER_TAKEN, strlen(CLUSTER_TAKEN), -1);
		serve(s, fd);
	} else if (s->on.message != NULL) {
		s->on.message(ch, text, len, fd, s->arg);
	} else if (fd >= 0) {
		(void)io_close(fd);
	}
}

static void
stop_listening(struct serving *s)
{
	if (s->listener.fd < 0)
		return;
	poller_forget(&s->loop->poller, &s->listener);
	(void)io_close(s->listener.fd);
	s->listener.fd = -1;
}

/* Those whom the kernel has let in already are served too. */
static void
disconnected(
    struct stream_channel *ch, const struct stream_error *error, void *arg)
{
	struct serving *s = arg;
	int fd;

	(void)error;
	while (s->listener.fd >= 0 && (fd = io_accept(s->listener.fd)) >= 0)
		serve(s, fd);
	stop_listening(s);
	if (s->on.disconnect != NULL)
		s->on.disconnect(ch, s->arg);
	loop_disown(&s->handle);
	free(s);
}

static void
abandon(struct loop_handle *handle)
{
	struct serving *s = (struct serving *)handle;

	stop_listening(s);
	free(s);
}

static int
listen_too(struct serving *s)
{
	const char *number = getenv(CLUSTER_LISTEN_FD);

	if (number == NULL)
		return 0;
	s->listener.fd = (int)strtol(number, NULL, 10);
	(void)unsetenv(CLUSTER_LISTEN_FD);
	if (fcntl(s->listener.fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return poller_set(&s->loop->poller, &s->listener);
}

struct stream_channel *
stream_worker(struct stream_loop *loop,
    const struct stream_worker_events *events, void *arg)
{
	static const struct stream_channel_events channel_events = {
		.message = message,
		.disconnect = disconnected,
	};
	struct serving *s;

	if (loop == NULL || stream_worker_id() == 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->loop = loop;
	if (events != NULL)
		s->on = *events;
	s->arg = arg;
	s->listener = (struct watch) {
		.fd = -1, .events = POLLIN, .ready = connection_came
	};
	s->channel = stream_parent(loop, &channel_events, s);
	if (s->channel == NULL || listen_too(s) < 0) {
		stream_disconnect(s->channel);
		free(s);
		return NULL;
	}
	s->handle.destroy = abandon;
	loop_adopt(loop, &s->handle);
	(void)stream_send(
	    s->channel, CLUSTER_ONLINE, strlen(CLUSTER_ONLINE), -1);
	return s->channel;
}
