/* SPDX-License-Identifier: ISC */
/*
 * poller.h - waiting for descriptors, with poll(2)
 *
 * Poll takes files, terminals, pipes, sockets and /dev/null alike.  The
 * watches lie in their owners and are linked in by number.
 */
#ifndef CORE_POLLER_H
#define CORE_POLLER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch {
	int fd;
	short events; /* 0: errors and hang-ups only */
	bool weak; /* does not keep the loop alive */
	void (*ready)(struct watch *watch, short revents);

	/* the poller's own */
	size_t slot; /* counted from 1; 0: not watched */
	bool holds; /* is counted in holding */
};

struct poller {
	struct pollfd *fds;
	struct watch **watches;
	size_t count;
	size_t cap;
	size_t holding; /* watches that keep the loop alive */
};

/*
 * Begin to watch, or watch as the changed fields say; 0 or -ENOMEM.  The owner
 * keeps it in place.  A descriptor in error is always ready: the owner must
 * forget it, or be told without end.
 */
int poller_set(struct poller *p, struct watch *watch);
/* Be done with it; one that is not watched is ignored. */
void poller_forget(struct poller *p, struct watch *watch);

#define POLLER_FOREVER UINT64_MAX
/*
 * Wait up to ns for the first event; -EINTR after a signal, else how many
 * descriptors are ready.
 */
int poller_wait(struct poller *p, uint64_t ns);
/* Tell the watches that are ready; each is followed by after(arg). */
void poller_dispatch(struct poller *p, void (*after)(void *), void *arg);

void poller_done(struct poller *p);

#endif
