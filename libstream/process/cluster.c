/* SPDX-License-Identifier: ISC */
/*
 * cluster.c - the primary of a cluster: its workers, and who gets what
 *
 * A connection is kept until the worker that it was passed to says that it has
 * it, so that a worker that dies takes none along that it had not taken.
 * While no worker is free none is accepted: the queue is the kernel's.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "process/channel.h"
#include "process/child.h"
#include "process/cluster.h"

#define MILLISECOND UINT64_C(1000000)
#define QUICK (1000 * MILLISECOND)
#define FIRST_PAUSE (100 * MILLISECOND)
#define GIVE_UP 5

struct worker {
	struct stream_cluster *cluster;
	unsigned id;
	struct stream_child *child; /* NULL: it is not there */
	bool online;
	bool free; /* waits for a connection, in the queue of those */
	struct worker *next_free;
	int passing; /* sent and not taken yet; -1: none */
	uint64_t started;
	unsigned quick; /* ends within a second, in a row */
	int64_t pause; /* timer: until it is started again */
};

struct homeless { /* a connection that waits for a worker */
	struct homeless *next;
	int fd;
};

struct stream_cluster {
	struct loop_handle handle;
	struct stream_loop *loop;
	struct stream_cluster_opts opts;
	struct stream_fdmap *fds; /* of a worker */
	struct stream_cluster_events on;
	void *arg;
	struct watch listener;
	struct worker *first_free;
	struct worker *last_free;
	struct homeless *homeless;
	struct task closer;
	int64_t grace; /* timer */
	unsigned there; /* workers that run, or will */
	bool closing;
	unsigned count;
	struct worker workers[];
};

static void start(void *worker);
static void hand_out(struct stream_cluster *cl);

/* --- The end --- */

static void
release(struct stream_cluster *cl)
{
	while (cl->homeless != NULL) {
		struct homeless *h = cl->homeless;

		cl->homeless = h->next;
		(void)io_close(h->fd);
		free(h);
	}
	for (unsigned i = 0; i < cl->count; i++)
		if (cl->workers[i].passing >= 0)
			(void)io_close(cl->workers[i].passing);
	if (cl->opts.listen_fd >= 0)
		(void)io_close(cl->opts.listen_fd);
	free(cl->fds);
	free(cl);
}

static void
abandon(struct loop_handle *handle)
{
	struct stream_cluster *cl = (struct stream_cluster *)handle;

	poller_forget(&cl->loop->poller, &cl->listener);
	loop_dequeue(&cl->closer);
	release(cl);
}

static void
close_now(struct task *task)
{
	struct stream_cluster *cl = (struct stream_cluster *)((char *)task -
	    offsetof(struct stream_cluster, closer));

	if (cl->on.close != NULL)
		cl->on.close(cl, cl->arg);
	loop_disown(&cl->handle);
	release(cl);
}

static void
stop_listening(struct stream_cluster *cl)
{
	if (cl->opts.listen_fd < 0)
		return;
	poller_forget(&cl->loop->poller, &cl->listener);
	(void)io_close(cl->opts.listen_fd);
	cl->opts.listen_fd = -1;
}

static void
close_if_over(struct stream_cluster *cl)
{
	if (cl->there > 0)
		return;
	stop_listening(cl);
	stream_clear(cl->loop, cl->grace);
	loop_queue(&cl->loop->closing, &cl->closer);
}

static void
tell_error(struct stream_cluster *cl, const struct stream_error *error)
{
	if (cl->on.error != NULL)
		cl->on.error(cl, error, cl->arg);
	else
		loop_unhandled(cl->loop, error);
}

/* --- Connections --- */

static void
set_free(struct worker *w)
{
	struct stream_cluster *cl = w->cluster;

	if (w->free || cl->opts.schedule != STREAM_ROUND_ROBIN)
		return;
	w->free = true;
	w->next_free = NULL;
	if (cl->first_free == NULL)
		cl->first_free = w;
	else
		cl->last_free->next_free = w;
	cl->last_free = w;
}

static void
unset_free(struct worker *w)
{
	struct stream_cluster *cl = w->cluster;
	struct worker *before = NULL;
	struct worker *at = cl->first_free;

	if (!w->free)
		return;
	w->free = false;
	for (; at != w; at = at->next_free)
		before = at;
	if (before == NULL)
		cl->first_free = w->next_free;
	else
		before->next_free = w->next_free;
	if (cl->last_free == w)
		cl->last_free = before;
}

/* At the end, or at the beginning if it has waited before. */
static int
add_homeless(struct stream_cluster *cl, int fd, bool first)
{
	struct homeless *h = malloc(sizeof(*h));
	struct homeless **at = &cl->homeless;

	if (h == NULL)
		return -ENOMEM;
	while (!first && *at != NULL)
		at = &(*at)->next;
	h->fd = fd;
	h->next = *at;
	*at = h;
	return 0;
}

static void
lose(int fd)
{
	(void)io_close(fd); /* its client sees that, and may come again */
}

static void
pass(struct worker *w, int fd)
{
	unset_free(w);
	w->passing = fd;
	/* That it cannot be sent means that the worker ends: it comes back. */
	(void)stream_send(stream_child_channel(w->child), CLUSTER_CONNECTION,
	    strlen(CLUSTER_CONNECTION), fd);
}

/* The next connection: one that waited, or a new one; -EAGAIN: none. */
static int
next_connection(struct stream_cluster *cl)
{
	struct homeless *h = cl->homeless;
	int fd;

	if (h == NULL)
		return cl->opts.listen_fd < 0 ? -EAGAIN
					      : io_accept(cl->opts.listen_fd);
	fd = h->fd;
	cl->homeless = h->next;
	free(h);
	return fd;
}

/* Listen only while a worker is free and no one is waiting. */
static void
listen_if_free(struct stream_cluster *cl)
{
	int r = 0;

	if (cl->opts.listen_fd < 0 || cl->opts.schedule != STREAM_ROUND_ROBIN)
		return;
	if (cl->first_free == NULL)
		poller_forget(&cl->loop->poller, &cl->listener);
	else if (cl->listener.slot == 0)
		r = poller_set(&cl->loop->poller, &cl->listener);
	if (r < 0)
		tell_error(cl,
		    &(struct stream_error) { .code = r,
			.stage = "cluster",
			.text = "cluster: cannot listen" });
}

/* When all have been handed out, the workers of one that closes may go. */
static void
dismiss(struct stream_cluster *cl)
{
	if (!cl->closing || cl->homeless != NULL)
		return;
	for (unsigned i = 0; i < cl->count; i++)
		if (cl->workers[i].child != NULL && cl->workers[i].passing < 0)
			stream_disconnect(
			    stream_child_channel(cl->workers[i].child));
}

static void
hand_out(struct stream_cluster *cl)
{
	while (cl->first_free != NULL) {
		int fd = next_connection(cl);

		if (fd < 0)
			break;
		pass(cl->first_free, fd);
	}
	listen_if_free(cl);
	dismiss(cl);
}

static void
connection_came(struct watch *watch, short revents)
{
	(void)revents;
	hand_out((struct stream_cluster *)((char *)watch -
	    offsetof(struct stream_cluster, listener)));
}

/*
 * What a worker that goes had not taken is another's: known only when all that
 * it said has been read.
 */
static void
take_back(struct worker *w)
{
	int fd = w->passing;

	unset_free(w);
	w->online = false;
	w->passing = -1;
	if (fd >= 0 && add_homeless(w->cluster, fd, true) < 0)
		lose(fd);
	hand_out(w->cluster);
}

/* --- What a worker says and does --- */

static bool
says(const char *text, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(text, what, len) == 0;
}

static void
came_online(struct worker *w)
{
	struct stream_cluster *cl = w->cluster;

	w->online = true;
	set_free(w);
	if (cl->on.online != NULL)
		cl->on.online(cl, w->id, cl->arg);
	hand_out(cl);
}

static void
has_taken(struct worker *w)
{
	if (w->passing >= 0)
		(void)io_close(w->passing);
	w->passing = -1;
	set_free(w);
	hand_out(w->cluster);
}

static void
worker_message(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	struct worker *w = arg;
	struct stream_cluster *cl = w->cluster;

	(void)ch;
	if (says(text, len, CLUSTER_ONLINE))
		came_online(w);
	else if (says(text, len, CLUSTER_TAKEN))
		has_taken(w);
	else if (cl->on.message != NULL)
		cl->on.message(cl, w->id, text, len, fd, cl->arg);
	else if (fd >= 0)
		(void)io_close(fd);
}

static void
worker_disconnected(
    struct stream_channel *ch, const struct stream_error *error, void *arg)
{
	(void)ch, (void)error;
	take_back(arg);
}

static void
worker_ended(struct stream_child *c, int status, int signo, void *arg)
{
	struct worker *w = arg;
	struct stream_cluster *cl = w->cluster;
	uint64_t now = cl->loop->clock.now(cl->loop->clock.arg);

	(void)c;
	w->quick = now - w->started < QUICK ? w->quick + 1 : 0;
	unset_free(w);
	if (cl->on.exit != NULL)
		cl->on.exit(cl, w->id, status, signo, cl->arg);
}

static void
worker_not_started(
    struct stream_child *c, const struct stream_error *error, void *arg)
{
	struct worker *w = arg;

	(void)c;
	w->quick++;
	tell_error(w->cluster, error);
}

/* --- Starting, and starting again --- */

static void
give_up(struct worker *w)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
	    "worker %u: ended %d times within a second of its start", w->id,
	    GIVE_UP);
	tell_error(w->cluster,
	    &(struct stream_error) {
		.code = -ECHILD,
		.stage = "cluster",
		.text = text,
	    });
}

/* At once, or after a pause that doubles; false: not again. */
static bool
start_again(struct worker *w)
{
	struct stream_cluster *cl = w->cluster;
	uint64_t pause = w->quick == 0 ? 0 : FIRST_PAUSE << (w->quick - 1);

	if (!cl->opts.respawn || cl->closing)
		return false;
	if (w->quick >= GIVE_UP) {
		give_up(w);
		return false;
	}
	w->pause = stream_set_timeout(cl->loop, pause, 0, start, w);
	return w->pause > 0;
}

static void
worker_closed(struct stream_child *c, void *arg)
{
	struct worker *w = arg;

	(void)c;
	w->child = NULL;
	if (start_again(w))
		return;
	w->cluster->there--;
	close_if_over(w->cluster);
}

static void
start(void *arg)
{
	static const struct stream_child_events child_events = {
		.exit = worker_ended,
		.close = worker_closed,
		.error = worker_not_started,
	};
	static const struct stream_channel_events channel_events = {
		.message = worker_message,
		.disconnect = worker_disconnected,
	};
	struct worker *w = arg;
	struct stream_cluster *cl = w->cluster;
	char id[64];
	char fd[64];
	const char *more[3] = { id, NULL, NULL };

	w->pause = 0;
	w->started = cl->loop->clock.now(cl->loop->clock.arg);
	(void)snprintf(id, sizeof(id), CLUSTER_ID "=%u", w->id);
	if (cl->opts.schedule == STREAM_SHARED && cl->opts.listen_fd >= 0) {
		(void)snprintf(fd, sizeof(fd), CLUSTER_LISTEN_FD "=%d",
		    cl->fds[cl->opts.worker.nfds - 1].child);
		more[1] = fd;
	}
	w->child = channel_fork(cl->loop, &cl->opts.worker, &child_events,
	    &channel_events, w, more);
	if (w->child != NULL)
		return;
	tell_error(cl,
	    &(struct stream_error) { .code = -ENOMEM,
		.stage = "cluster",
		.text = "cluster: out of memory" });
	cl->there--;
	close_if_over(cl);
}

/* A worker that accepts is given the listening socket too. */
static int
copy_fds(struct stream_cluster *cl, const struct stream_cluster_opts *opts)
{
	const struct stream_spawn *worker = &opts->worker;
	size_t n = worker->nfds;

	cl->fds = calloc(n + 1, sizeof(*cl->fds));
	if (cl->fds == NULL)
		return -ENOMEM;
	if (n > 0)
		memcpy(cl->fds, worker->fds, n * sizeof(*cl->fds));
	if (opts->schedule == STREAM_SHARED && opts->listen_fd >= 0) {
		cl->fds[n].child = channel_free_number(cl->fds, n);
		cl->fds[n].parent = opts->listen_fd;
		n++;
	}
	cl->opts.worker.fds = cl->fds;
	cl->opts.worker.nfds = n;
	return opts->listen_fd < 0 ? 0 : io_set_nonblocking(opts->listen_fd);
}

struct stream_cluster *
stream_cluster_new(struct stream_loop *loop,
    const struct stream_cluster_opts *opts,
    const struct stream_cluster_events *events, void *arg)
{
	unsigned n = opts->workers > 0 ? opts->workers : stream_cpus();
	struct stream_cluster *cl;

	if (loop == NULL)
		return NULL;
	cl = calloc(1, sizeof(*cl) + n * sizeof(cl->workers[0]));
	if (cl == NULL)
		return NULL;
	cl->loop = loop;
	cl->opts = *opts;
	if (copy_fds(cl, opts) < 0) {
		free(cl->fds);
		free(cl);
		return NULL;
	}
	if (events != NULL)
		cl->on = *events;
	cl->arg = arg;
	cl->closer.run = close_now;
	cl->handle.destroy = abandon;
	cl->listener = (struct watch) {
		.fd = opts->listen_fd,
		.events = POLLIN,
		.ready = connection_came,
	};
	loop_adopt(loop, &cl->handle);
	cl->count = cl->there = n;
	for (unsigned i = 0; i < n; i++) {
		cl->workers[i] = (struct worker) {
			.cluster = cl, .id = i + 1, .passing = -1
		};
		start(&cl->workers[i]);
	}
	return cl;
}

/* --- Using it --- */

static struct worker *
find(const struct stream_cluster *cl, unsigned id)
{
	struct stream_cluster *c = (struct stream_cluster *)(uintptr_t)cl;

	if (c == NULL || id == 0 || id > c->count ||
	    c->workers[id - 1].child == NULL)
		return NULL;
	return &c->workers[id - 1];
}

int
stream_cluster_send(struct stream_cluster *cl, unsigned id, const char *text,
    size_t len, int fd)
{
	struct worker *w = find(cl, id);
	struct stream_channel *ch =
	    w == NULL ? NULL : stream_child_channel(w->child);

	return ch == NULL ? -ESRCH : stream_send(ch, text, len, fd);
}

pid_t
stream_cluster_pid(const struct stream_cluster *cl, unsigned id)
{
	struct worker *w = find(cl, id);

	return w == NULL ? -1 : stream_child_pid(w->child);
}

static void
grace_is_over(void *arg)
{
	struct stream_cluster *cl = arg;

	cl->grace = 0;
	for (unsigned i = 0; i < cl->count; i++)
		if (cl->workers[i].child != NULL)
			(void)stream_child_kill(cl->workers[i].child, SIGKILL);
}

/* Those whom the kernel has let in already are served too. */
static void
take_in_the_last(struct stream_cluster *cl)
{
	int fd;

	if (cl->opts.schedule != STREAM_ROUND_ROBIN || cl->opts.listen_fd < 0)
		return;
	while ((fd = io_accept(cl->opts.listen_fd)) >= 0)
		if (add_homeless(cl, fd, false) < 0)
			lose(fd);
}

void
stream_cluster_close(struct stream_cluster *cl, uint64_t grace_ns)
{
	if (cl == NULL || cl->closing)
		return;
	cl->closing = true;
	take_in_the_last(cl);
	stop_listening(cl);
	for (unsigned i = 0; i < cl->count; i++) {
		struct worker *w = &cl->workers[i];

		if (w->pause == 0)
			continue;
		stream_clear(cl->loop, w->pause); /* it need not come back */
		w->pause = 0;
		cl->there--;
	}
	if (grace_ns > 0)
		cl->grace = stream_set_timeout(
		    cl->loop, grace_ns, 0, grace_is_over, cl);
	hand_out(cl);
	close_if_over(cl);
}
