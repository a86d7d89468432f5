/* SPDX-License-Identifier: ISC */
/*
 * watch.c - descriptors that a program watches itself
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "core/loop.h"

struct public_watch {
	struct watch watch; /* first: ready() is given its address */
	struct public_watch *next;
	stream_watch_fn *fn;
	void *arg;
};

static void
ready(struct watch *watch, short revents)
{
	struct public_watch *w = (struct public_watch *)watch;

	w->fn(watch->fd, revents, w->arg);
}

static struct public_watch **
find(struct stream_loop *loop, int fd)
{
	struct public_watch **w = &loop->watches;

	while (*w != NULL && (*w)->watch.fd != fd)
		w = &(*w)->next;
	return w;
}

int
stream_watch(struct stream_loop *loop, int fd, short events,
    stream_watch_fn *fn, void *arg)
{
	struct public_watch **at;
	struct public_watch *w;
	int r;

	if (loop == NULL)
		return -ENOMEM;
	if (fd < 0 || fn == NULL)
		return -EINVAL;
	at = find(loop, fd);
	w = *at;
	if (w == NULL)
		w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	w->watch.fd = fd;
	w->watch.events = events;
	w->watch.weak = events == 0;
	w->watch.ready = ready;
	w->fn = fn;
	w->arg = arg;
	r = poller_set(&loop->poller, &w->watch);
	if (r < 0)
		free(w); /* it was new: one that is set is set again */
	else
		*at = w;
	return r;
}

static void
drop(struct stream_loop *loop, struct public_watch **at)
{
	struct public_watch *w = *at;

	*at = w->next;
	poller_forget(&loop->poller, &w->watch);
	free(w);
}

void
stream_unwatch(struct stream_loop *loop, int fd)
{
	struct public_watch **at;

	if (loop == NULL)
		return;
	at = find(loop, fd);
	if (*at != NULL)
		drop(loop, at);
}

void
watches_done(struct stream_loop *loop)
{
	while (loop->watches != NULL)
		drop(loop, &loop->watches);
}
