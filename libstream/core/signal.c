/* SPDX-License-Identifier: ISC */
/*
 * signal.c - signals, delivered in the loop
 *
 * The handler notes the signal and pokes the loop awake; all else is done in
 * the poll phase.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/io.h"
#include "core/loop.h"

#ifndef NSIG
#define NSIG 65
#endif

struct handler {
	stream_signal_fn *fn;
	void *arg;
	struct sigaction found;
};

struct signals {
	struct handler of[NSIG];
};

/* What the signal handler sees: whom to poke, and what was caught. */
static atomic_int poke_fd[NSIG]; /* plus 1; 0: nobody asks */
static atomic_int caught[NSIG];

static void
on_signal(int signo)
{
	int fd = atomic_load(&poke_fd[signo]) - 1;

	atomic_store(&caught[signo], 1);
	if (fd >= 0)
		io_poke(fd);
}

static int
give_back(struct stream_loop *loop, int signo)
{
	struct handler *h =
	    loop->signals == NULL ? NULL : &loop->signals->of[signo];
	int r = 0;

	if (h == NULL || h->fn == NULL)
		return 0;
	if (sigaction(signo, &h->found, NULL) < 0)
		r = -errno;
	h->fn = NULL;
	atomic_store(&poke_fd[signo], 0);
	atomic_store(&caught[signo], 0);
	return r;
}

static int
catch_it(struct stream_loop *loop, int signo, struct handler *h)
{
	struct sigaction act = { .sa_handler = on_signal };
	int nobody = 0;

	if (!atomic_compare_exchange_strong(
		&poke_fd[signo], &nobody, loop->wake_fd + 1))
		return -EBUSY;
	(void)sigfillset(&act.sa_mask);
	act.sa_flags = SA_RESTART;
	if (sigaction(signo, &act, &h->found) < 0) {
		int error = errno;
		atomic_store(&poke_fd[signo], 0);
		return -error;
	}
	return 0;
}

int
stream_on_signal(
    struct stream_loop *loop, int signo, stream_signal_fn *fn, void *arg)
{
	struct handler *h;
	int r;

	if (loop == NULL)
		return -ENOMEM;
	if (signo <= 0 || signo >= NSIG)
		return -EINVAL;
	if (fn == NULL)
		return give_back(loop, signo);
	if (loop->signals == NULL)
		loop->signals = calloc(1, sizeof(*loop->signals));
	if (loop->signals == NULL)
		return -ENOMEM;
	r = loop_need_wake(loop);
	if (r < 0)
		return r;
	h = &loop->signals->of[signo];
	if (h->fn == NULL)
		r = catch_it(loop, signo, h);
	if (r < 0)
		return r;
	h->fn = fn;
	h->arg = arg;
	return 0;
}

void
signals_deliver(struct stream_loop *loop)
{
	for (int signo = 1; loop->signals != NULL && signo < NSIG; signo++) {
		struct handler *h = &loop->signals->of[signo];

		if (h->fn == NULL || !atomic_exchange(&caught[signo], 0))
			continue;
		h->fn(signo, h->arg);
		loop_run_ticks(loop);
	}
}

void
signals_done(struct stream_loop *loop)
{
	for (int signo = 1; loop->signals != NULL && signo < NSIG; signo++)
		(void)give_back(loop, signo);
	free(loop->signals);
	loop->signals = NULL;
}
