/* SPDX-License-Identifier: ISC */
/*
 * poller.c - waiting for descriptors, with poll(2)
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/poller.h"

#define NS_PER_S UINT64_C(1000000000)

static int
grow(struct poller *p)
{
	size_t cap = p->cap == 0 ? 4 : p->cap * 2;
	struct pollfd *fds;
	struct watch **watches;

	fds = realloc(p->fds, cap * sizeof(*fds));
	if (fds == NULL)
		return -ENOMEM;
	p->fds = fds;
	watches = realloc(p->watches, cap * sizeof(*watches));
	if (watches == NULL)
		return -ENOMEM;
	p->watches = watches;
	p->cap = cap;
	return 0;
}

int
poller_set(struct poller *p, struct watch *watch)
{
	size_t i;

	if (watch->slot == 0 && p->count == p->cap && grow(p) < 0)
		return -ENOMEM;
	if (watch->slot == 0)
		watch->slot = ++p->count;
	else if (watch->holds)
		p->holding--;
	i = watch->slot - 1;
	p->watches[i] = watch;
	p->fds[i] = (struct pollfd) { watch->fd, watch->events, 0 };
	watch->holds = !watch->weak;
	if (watch->holds)
		p->holding++;
	return 0;
}

void
poller_forget(struct poller *p, struct watch *watch)
{
	size_t i = watch->slot;

	if (i == 0)
		return;
	i--;
	if (watch->holds)
		p->holding--;
	watch->slot = 0;
	p->count--;
	if (i == p->count)
		return;
	/* The last takes its place, with what poll has said of it. */
	p->fds[i] = p->fds[p->count];
	p->watches[i] = p->watches[p->count];
	p->watches[i]->slot = i + 1;
}

int
poller_wait(struct poller *p, uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	int n;

	n = ppoll(
	    p->fds, (nfds_t)p->count, ns == POLLER_FOREVER ? NULL : &ts, NULL);
	return n < 0 ? -errno : n;
}

void
poller_dispatch(struct poller *p, void (*after)(void *), void *arg)
{
	/*
	 * Backwards: what takes the place of a watch that is forgotten comes
	 * from behind and has been told already.
	 */
	for (size_t i = p->count; i-- > 0;) {
		short revents;

		if (i >= p->count)
			continue;
		revents = p->fds[i].revents;
		p->fds[i].revents = 0;
		if (revents == 0)
			continue;
		p->watches[i]->ready(p->watches[i], revents);
		after(arg);
	}
}

void
poller_done(struct poller *p)
{
	free(p->fds);
	free(p->watches);
	*p = (struct poller) { 0 };
}
