/* SPDX-License-Identifier: ISC */
/*
 * child.c - the life of a child: its end as events, signals to it, its time,
 * its parent's end, and that nothing is left of ten thousand
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "modes.h"
#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static struct told told;

/* --- Parts that this program plays as a child ----------------------------- */

/* Start a shell in that way, and leave when its loop has nothing to do. */
static int
leave(unsigned flags)
{
	struct stream_spawn s = shell("sleep 0.3; echo alive");
	int r;

	s.flags = flags;
	loop = stream_loop_new();
	stream_spawn(loop, &s, NULL, NULL);
	r = run_loop(loop);
	stream_loop_free(loop);
	return r != 0;
}

/* Start one that would sleep for long, say so, and wait to be killed. */
static int
die_first(int death_signal)
{
	struct stream_spawn s = shell("exec sleep 20");

	s.death_signal = death_signal;
	loop = stream_loop_new();
	stream_spawn(loop, &s, NULL, NULL);
	printf("ready\n");
	fflush(stdout);
	run_loop(loop);
	return 0;
}

static int
play(char **argv)
{
	if (strcmp(argv[1], "leave") == 0)
		return leave((unsigned)atoi(argv[2]));
	if (strcmp(argv[1], "die") == 0)
		return die_first(atoi(argv[2]));
	return 99;
}

/* --- Starting them -------------------------------------------------------- */

static struct stream_child *
start(const struct stream_spawn *s)
{
	told = (struct told) { 0 };
	loop = stream_loop_new();
	return stream_spawn(loop, s, &tell_all, &told);
}

static struct stream_child *
start_shell(const char *command)
{
	struct stream_spawn s = shell(command);

	return start(&s);
}

static void
finish(void)
{
	is_int(run_loop(loop), 0, "the loop ends well");
	stream_loop_free(loop);
}

static unsigned
ms(uint64_t ns)
{
	return (unsigned)(ns / MILLISECONDS);
}

/* --- exit and close ------------------------------------------------------- */

static void
how_it_ends(void)
{
	start_shell("exit 0");
	is_str(told.log, "", "nothing is told before the loop runs");
	finish();
	is_str(told.log, "exit(0) close", "success is exit, then close");
	start_shell("exit 3");
	finish();
	is_str(told.log, "exit(3) close", "a status");
	start_shell("exit 255");
	finish();
	is_str(told.log, "exit(255) close", "the largest");
	start_shell("kill -9 $$");
	finish();
	is_str(told.log, "signal(9) close", "a signal");
	is_int(told.status, 0, "has no status");
}

static void
close_waits_for_pipes(void)
{
	struct stream_fdmap map[] = { { 1, STREAM_PIPE }, { 2, STREAM_PIPE } };
	struct stream_spawn s = shell("sleep 0.3 & echo out; exit 3");
	struct witness out = { 0 }, err = { 0 };
	struct stream_child *c;
	uint64_t begun = clock_now();

	s.fds = map;
	s.nfds = 2;
	c = start(&s);
	witness(stream_child_stdio(c, 1), &out, WITNESS_DATA);
	witness(stream_child_stdio(c, 2), &err, WITNESS_DATA);
	finish();
	is_str(told.log, "exit(3) close", "exit, and then close");
	ok(told.exit_at - begun < 250 * MILLISECONDS,
	    "exit comes when the child has ended (%u ms)",
	    ms(told.exit_at - begun));
	ok(told.close_at - begun >= 290 * MILLISECONDS,
	    "close when all who hold its pipes have (%u ms)",
	    ms(told.close_at - begun));
	is_str(out.log, "data error(-10) close",
	    "the output fails, though its end came after the child's");
	is_mem(out.bytes, out.len, "out\n", 4, "what was written is there");
	is_str(err.log, "end close", "standard error ends as it ends");
	witness_free(&out);
	witness_free(&err);
}

static void
closes_early(void)
{
	struct stream_fdmap map[] = { { 1, STREAM_PIPE } };
	struct stream_spawn s = shell("exec >&-; sleep 0.1; exit 4");
	struct witness out = { 0 };

	s.fds = map;
	s.nfds = 1;
	witness(stream_child_stdio(start(&s), 1), &out, WITNESS_DATA);
	finish();
	is_str(told.log, "exit(4) close", "a child that closes its output");
	is_str(out.log, "error(-10) close",
	    "fails it by what comes of the child later");
	witness_free(&out);
}

static void
destroyed(struct stream_child *c, int fd)
{
	stream_destroy(stream_child_stdio(c, fd), 0);
}

static void
without_its_pipes(void)
{
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 1, STREAM_PIPE },
		{ 2, STREAM_PIPE } };
	struct stream_spawn s = shell("exec >&-; read line; exit 5");
	struct stream_child *c;

	s.fds = map;
	s.nfds = 3;
	c = start(&s);
	destroyed(c, 1);
	destroyed(c, 2);
	destroyed(c, 0);
	finish();
	is_str(told.log, "exit(5) close", "pipes may be destroyed before");
	ok(!has_children(), "the child is waited for all the same");
}

static void
stdin_left_open(void)
{
	struct stream_fdmap map[] = { { 0, STREAM_PIPE } };
	struct stream_spawn s = shell("exit 0");

	s.fds = map;
	s.nfds = 1;
	start(&s);
	finish();
	is_str(told.log, "exit(0) close",
	    "its input, if nobody ends it, holds no close back");
}

/* --- Signals to it -------------------------------------------------------- */

struct killing {
	struct stream_child *child;
	int after_exit; /* what kill said then */
};

static void
on_exit_kill(struct stream_child *c, int status, int signo, void *arg)
{
	struct killing *k = arg;

	(void)status;
	told.signo = signo;
	k->after_exit = stream_child_kill(c, SIGTERM);
}

static void
kill_it(void)
{
	struct stream_child_events events = { .exit = on_exit_kill };
	struct stream_spawn s = shell("exec sleep 20");
	struct killing k = { 0 };

	loop = stream_loop_new();
	k.child = stream_spawn(loop, &s, &events, &k);
	ok(stream_child_pid(k.child) > 0, "a child has a number");
	is_int(
	    stream_child_kill(k.child, 0), 0, "signal 0 asks if it is there");
	is_int(stream_child_kill(k.child, 9999), -EINVAL,
	    "a signal that there is not is refused");
	is_int(stream_child_kill(k.child, SIGUSR2), 0, "it can be sent one");
	finish();
	is_int(told.signo, SIGUSR2, "and ends by it");
	is_int(k.after_exit, -ESRCH, "after its exit there is nobody");
	is_int(stream_child_kill(NULL, SIGTERM), -ENOMEM, "nor where none is");
}

/* It has ended, but the loop has not heard of it. */
static void
kill_a_zombie(void)
{
	struct stream_child *c = start_shell("exit 0");

	sleep_for(100 * MILLISECONDS);
	is_int(stream_child_kill(c, SIGKILL), 0,
	    "one that was not waited for yet is still itself");
	finish();
	is_str(told.log, "exit(0) close", "and keeps its status");
}

static void
kill_what_never_was(void)
{
	struct stream_spawn s = shell("exit 0");
	struct stream_child *c;

	s.file = "/nonexistent";
	c = start(&s);
	is_int(stream_child_kill(c, SIGKILL), -ESRCH,
	    "what was not started cannot be killed");
	finish();
}

static void
stop_and_go(void)
{
	struct stream_child *c = start_shell("kill -STOP $$; exit 6");

	stream_set_timeout(
	    loop, 100 * MILLISECONDS, 0, (stream_fn *)stream_loop_stop, loop);
	run_loop(loop);
	is_str(told.log, "", "to be stopped is not to end");
	is_int(stream_child_kill(c, SIGCONT), 0, "it can be continued");
	finish();
	is_str(told.log, "exit(6) close", "and ends in its own way");
}

/* --- Time ----------------------------------------------------------------- */

static void
time_limit(void)
{
	struct stream_spawn s = shell("exec sleep 20");
	uint64_t begun = clock_now();
	uint64_t took;

	s.timeout = 150 * MILLISECONDS;
	start(&s);
	finish();
	took = told.exit_at - begun;
	is_int(told.signo, SIGTERM, "who takes too long is terminated");
	ok(took >= 150 * MILLISECONDS, "not before (%u ms)", ms(took));
	ok(took < 150 * MILLISECONDS + SECONDS, "nor much later");
	s.kill_signal = SIGKILL;
	start(&s);
	finish();
	is_int(told.signo, SIGKILL, "or by a signal of one's choice");
}

static void
in_time(void)
{
	struct stream_spawn s = shell("exit 7");
	uint64_t begun = clock_now();

	s.timeout = 20 * SECONDS;
	start(&s);
	finish();
	is_str(told.log, "exit(7) close", "who is in time is left alone");
	ok(clock_now() - begun < 10 * SECONDS, "the loop waits for no limit");
}

/* --- Parents that go first ------------------------------------------------ */

static void
outlives(unsigned flags, int lives)
{
	struct stream_fdmap map[] = { { 1, STREAM_PIPE } };
	struct stream_spawn s;
	struct witness out = { 0 };
	char number[16];

	snprintf(number, sizeof(number), "%u", flags);
	s = player("leave", number, NULL);
	s.fds = map;
	s.nfds = 1;
	witness(stream_child_stdio(start(&s), 1), &out, WITNESS_DATA);
	finish();
	is_int(told.status, 0, "the parent ends well");
	is_mem(out.bytes, out.len, "alive\n", 6, "its child finishes its work");
	is_int(told.close_at - told.exit_at > 100 * MILLISECONDS, lives,
	    lives ? "after a parent that did not wait for it"
		  : "and the parent waited for it");
	witness_free(&out);
}

static void
kill_when_ready(struct stream *s, const void *bytes, size_t len, void *arg)
{
	(void)s, (void)bytes, (void)len;
	stream_child_kill(arg, SIGKILL);
}

static uint64_t let_go_at; /* when nobody held our pipe any more */

static void
let_go(struct stream *s, const struct stream_error *error, void *arg)
{
	(void)s, (void)error, (void)arg;
	let_go_at = clock_now();
	stream_loop_stop(loop);
}

/* How long its child held our pipe after the parent had been killed. */
static uint64_t
held_after_death(int death_signal)
{
	struct stream_events events = { .data = kill_when_ready,
		.error = let_go };
	struct stream_fdmap map[] = { { 1, STREAM_PIPE } };
	struct stream_spawn s;
	struct stream_child *c;
	char number[16];

	snprintf(number, sizeof(number), "%d", death_signal);
	s = player("die", number, NULL);
	s.fds = map;
	s.nfds = 1;
	c = start(&s);
	stream_on(stream_child_stdio(c, 1), &events, c);
	stream_set_timeout(
	    loop, 2 * SECONDS, 0, (stream_fn *)stream_loop_stop, loop);
	run_loop(loop);
	stream_loop_free(loop);
	return let_go_at ? let_go_at - told.exit_at : UINT64_MAX;
}

static void
dies_with_us(void)
{
	uint64_t held = held_after_death(SIGKILL);

	ok(held < SECONDS,
	    "a child with a death signal goes with its parent (%u ms)",
	    ms(held));
}

/* --- Many ----------------------------------------------------------------- */

struct crowd {
	unsigned left; /* to be started */
	unsigned running;
	unsigned succeeded;
	unsigned closed;
};

static void start_one(struct crowd *crowd);

static void
one_exited(struct stream_child *c, int status, int signo, void *arg)
{
	struct crowd *crowd = arg;

	(void)c;
	crowd->succeeded += status == 0 && signo == 0;
}

static void
one_closed(struct stream_child *c, void *arg)
{
	struct crowd *crowd = arg;

	(void)c;
	crowd->closed++;
	start_one(crowd);
}

static void
start_one(struct crowd *crowd)
{
	static const struct stream_child_events events = {
		.exit = one_exited,
		.close = one_closed,
	};
	struct stream_fdmap map[] = { { 0, STREAM_NULL }, { 1, STREAM_PIPE },
		{ 2, STREAM_PIPE } };
	struct stream_spawn s = { .size = sizeof(s), .file = "true" };
	struct stream_child *c;

	if (crowd->left == 0)
		return;
	crowd->left--;
	s.argv = args("true", NULL);
	s.fds = map;
	s.nfds = 3;
	c = stream_spawn(loop, &s, &events, crowd);
	stream_resume(stream_child_stdio(c, 1));
	stream_resume(stream_child_stdio(c, 2));
}

static void
many(void)
{
	unsigned all = rounds(200, 10000);
	struct crowd crowd = { .left = all };
	unsigned before = open_fds();

	loop = stream_loop_new();
	for (int i = 0; i < 20; i++)
		start_one(&crowd);
	is_int(run_loop(loop), 0, "many children, twenty at a time");
	is_int(crowd.succeeded, all, "all of %u succeed", all);
	is_int(crowd.closed, all, "and close");
	ok(!has_children(), "no zombie is left");
	stream_loop_free(loop);
	is_int(open_fds(), before, "nor a descriptor");
}

/* --- Loops that end first ------------------------------------------------- */

static void
loop_freed(void)
{
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 1, STREAM_PIPE },
		{ 4, STREAM_PIPE } };
	struct stream_spawn s = shell("read line; exit 0");
	unsigned before = open_fds();
	siginfo_t info;

	s.fds = map;
	s.nfds = 3;
	start(&s);
	stream_loop_turn(loop, 0);
	stream_loop_free(loop);
	is_str(told.log, "", "who frees the loop is told nothing more");
	is_int(open_fds(), before, "its pipes are closed");
	is_int(waitid(P_ALL, 0, &info, WEXITED), 0, "and the child is ours");
	ok(!has_children(), "to wait for");
}

static void
not_read(void)
{
	struct stream_fdmap map[] = { { 1, STREAM_PIPE } };
	struct stream_spawn s = shell("echo unread");

	s.fds = map;
	s.nfds = 1;
	start(&s);
	run_loop(loop);
	is_int(told.exits, 1, "an output that nobody reads holds no exit back");
	stream_loop_free(loop);
}

int
main(int argc, char *argv[])
{
	unsigned before;

	if (argc > 1)
		return play(argv);
	before = open_fds();
	modes_begin();
	how_it_ends();
	close_waits_for_pipes();
	closes_early();
	without_its_pipes();
	stdin_left_open();
	kill_it();
	kill_a_zombie();
	kill_what_never_was();
	stop_and_go();
	time_limit();
	in_time();
	outlives(STREAM_DETACHED, 1);
	outlives(0, 0);
	dies_with_us();
	many();
	loop_freed();
	not_read();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	return modes_done();
}
