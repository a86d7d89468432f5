/* SPDX-License-Identifier: ISC */
/*
 * signals.c - a signal that kills leaves no partial file
 *
 * While an output is being written such a signal is caught and delivered by
 * the loop, where it destroys the stream of the output and so the file; then
 * it is let kill.  What the shell made us ignore stays ignored.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>

#include "common/diag.h"
#include "gzip/gzip.h"

static const int killers[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXCPU,
	SIGXFSZ };
#define N_KILLERS (sizeof(killers) / sizeof(killers[0]))

static int caught; /* the first, or 0 */
static struct stream *victim;
static sigset_t before;

static bool
is_ignored(int signo)
{
	struct sigaction act;

	return sigaction(signo, NULL, &act) == 0 && act.sa_handler == SIG_IGN;
}

bool
signals_foreground(void)
{
	return !is_ignored(SIGINT);
}

static void catch (int signo, void *arg)
{
	(void)arg;
	if (caught != 0)
		return;
	caught = signo;
	stream_destroy(victim, -EINTR);
}

/* Whatever is caught from here on finds nothing to destroy. */
static void
closed(struct stream *s, void *arg)
{
	(void)s, (void)arg;
	victim = NULL;
}

void
signals_catch(struct stream_loop *loop, struct stream *s)
{
	victim = s;
	(void)stream_on(s, &(struct stream_events) { .close = closed }, NULL);
	for (size_t i = 0; i < N_KILLERS; i++)
		if (!is_ignored(killers[i]))
			(void)stream_on_signal(loop, killers[i], catch, NULL);
}

/* What was caught is delivered, and what comes now waits. */
void
signals_hold(struct stream_loop *loop)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < N_KILLERS; i++)
		(void)sigaddset(&set, killers[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	(void)stream_loop_turn(loop, 0);
	for (size_t i = 0; i < N_KILLERS; i++)
		(void)stream_on_signal(loop, killers[i], NULL, NULL);
}

void
signals_release(void)
{
	if (caught != 0)
		die_of_signal(caught);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}
