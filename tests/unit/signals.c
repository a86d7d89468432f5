/* SPDX-License-Identifier: ISC */
/*
 * signals.c - signals as events of a loop
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static struct witness trace;
static unsigned caught;

static void
on_signal(int signo, void *arg)
{
	caught++;
	witness_log(&trace, arg);
	if (signo == SIGALRM)
		stream_loop_stop(loop);
}

static void
note(void *word)
{
	witness_log(&trace, word);
}

static void
send_one(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
	witness_log(&trace, "raised");
}

static void
in_the_loop(void)
{
	loop = stream_loop_new();
	is_int(stream_on_signal(loop, SIGUSR1, on_signal, WORD("caught")), 0,
	    "a signal can be asked for");
	is_int(run_loop(loop), 0, "which does not hold the loop");
	stream_set_timeout(loop, 0, 0, send_one, NULL);
	stream_set_timeout(loop, 5000000, 0, note, WORD("later"));
	run_loop(loop);
	is_str(trace.log, "raised caught later",
	    "it is told in the loop, not in the handler");
	caught = 0;
	raise(SIGUSR1);
	stream_set_timeout(loop, 1000000, 0, note, WORD("x"));
	run_loop(loop);
	is_int(caught, 1, "one that came before the loop ran is told then");
	stream_loop_free(loop);
}

static void
given_back(void)
{
	struct stream_loop *other = stream_loop_new();
	struct sigaction now;

	loop = stream_loop_new();
	signal(SIGUSR2, SIG_IGN);
	stream_on_signal(loop, SIGUSR2, on_signal, WORD("usr2"));
	sigaction(SIGUSR2, NULL, &now);
	ok(now.sa_handler != SIG_IGN, "asking takes the signal over");
	is_int(stream_on_signal(other, SIGUSR2, on_signal, WORD("x")), -EBUSY,
	    "another loop cannot have it too");
	is_int(stream_on_signal(loop, SIGUSR2, NULL, NULL), 0,
	    "it can be given back");
	sigaction(SIGUSR2, NULL, &now);
	ok(now.sa_handler == SIG_IGN, "to what was found");
	is_int(stream_on_signal(other, SIGUSR2, on_signal, WORD("x")), 0,
	    "then another loop can have it");
	stream_loop_free(other);
	sigaction(SIGUSR2, NULL, &now);
	ok(now.sa_handler == SIG_IGN, "freeing the loop gives it back too");
	stream_loop_free(loop);
}

static void
wakes_the_loop(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	struct timespec before, after;

	loop = stream_loop_new();
	stream_on_signal(loop, SIGALRM, on_signal, WORD("alarm"));
	stream_set_timeout(loop, 30000000000u, 0, note, WORD("x"));
	clock_gettime(CLOCK_MONOTONIC, &before);
	setitimer(ITIMER_REAL, &soon, NULL);
	stream_loop_run(loop);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ok(after.tv_sec - before.tv_sec < 10,
	    "a signal wakes a loop that "
	    "waits");
	stream_loop_free(loop);
}

/* A shower of them, while the loop is busy: none may hang or crash it. */
static void
many(void)
{
	struct itimerval often = {
		.it_value = { .tv_usec = 100 },
		.it_interval = { .tv_usec = 100 },
	};
	struct itimerval never = { 0 };

	loop = stream_loop_new();
	caught = 0;
	stream_on_signal(loop, SIGVTALRM, on_signal, WORD("v"));
	stream_on_signal(loop, SIGUSR1, on_signal, WORD("u"));
	for (int i = 0; i < 100000; i++)
		raise(SIGUSR1);
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	stream_set_timeout(loop, 50000000, 0, note, WORD("x"));
	run_loop(loop);
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	ok(caught >= 1, "a hundred thousand signals do no harm");
	stream_loop_free(loop);
}

int
main(void)
{
	in_the_loop();
	given_back();
	wakes_the_loop();
	many();
	return done();
}
