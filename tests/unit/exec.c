/* SPDX-License-Identifier: ISC */
/*
 * exec.c - a program's whole output in one callback
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

/* What the callback was told. */
static struct {
	unsigned calls;
	int code, status, signo;
	char text[256];
	char *out, *err;
	size_t out_len, err_len;
	int ends_with_nul;
} got;

static void
keep(const struct stream_output *o, void *arg)
{
	(void)arg;
	got.calls++;
	got.code = o->error ? o->error->code : 0;
	snprintf(got.text, sizeof(got.text), "%s",
	    o->error && o->error->text ? o->error->text : "");
	got.status = o->status;
	got.signo = o->signo;
	got.out_len = o->out_len;
	got.err_len = o->err_len;
	got.ends_with_nul =
	    o->out[o->out_len] == '\0' && o->err[o->err_len] == '\0';
	got.out = malloc(o->out_len + 1);
	got.err = malloc(o->err_len + 1);
	memcpy(got.out, o->out, o->out_len + 1);
	memcpy(got.err, o->err, o->err_len + 1);
}

/* The nanoseconds that it took. */
static uint64_t
finish(struct stream_loop *loop)
{
	uint64_t begun = clock_now();

	is_int(got.calls, 0, "nothing is told before the loop runs");
	is_int(run_loop(loop), 0, "the loop ends well");
	is_int(got.calls, 1, "it is told once");
	stream_loop_free(loop);
	return clock_now() - begun;
}

static void
reset(void)
{
	free(got.out);
	free(got.err);
	memset(&got, 0, sizeof(got));
}

static uint64_t
run_shell(const char *command, const struct stream_spawn *spawn)
{
	struct stream_loop *loop = stream_loop_new();

	reset();
	stream_exec(loop, command, spawn, keep, NULL);
	return finish(loop);
}

static uint64_t
run_file(const struct stream_spawn *spawn)
{
	struct stream_loop *loop = stream_loop_new();

	reset();
	stream_exec_file(loop, spawn, keep, NULL);
	return finish(loop);
}

/* --- By a shell ----------------------------------------------------------- */

static void
by_shell(void)
{
	run_shell("exit 3", NULL);
	is_int(got.status, 3, "a status");
	is_int(got.code, -ECHILD, "that is not 0 is an error");
	ok(strstr(got.text, "3") != NULL, "in words (%s)", got.text);
	run_shell("printf 'b\\na\\n' | sort | tr a-z A-Z; echo e >&2", NULL);
	is_int(got.code, 0, "success is no error");
	is_str(got.out, "A\nB\n", "pipes work");
	is_str(got.err, "e\n", "standard error comes by itself");
	run_shell("cd /etc && echo pass[w]d", NULL);
	is_str(got.out, "passwd\n", "patterns are expanded");
	run_shell("kill -9 $$", NULL);
	is_int(got.signo, 9, "a signal");
	is_int(got.code, -ECHILD, "is an error too");
	run_shell("cat", NULL);
	is_str(got.out, "", "standard input is empty");
	run_shell("printf 'a\\0b'", NULL);
	is_mem(got.out, got.out_len, "a\0b", 3, "NUL is a byte as any other");
	ok(got.ends_with_nul, "and one stands behind the end");
	run_shell(":", NULL);
	ok(got.out_len == 0 && got.err_len == 0 && got.ends_with_nul,
	    "no output is empty, not NULL");
	run_shell("no-such-command-here", NULL);
	is_int(got.status, 127, "what the shell does not find it says itself");
}

static void
options(void)
{
	struct stream_spawn s = { .size = sizeof(s), .cwd = "/usr" };
	char *envp[] = { args("GIVEN=yes", NULL)[0], NULL };

	s.envp = envp;
	run_shell("/bin/pwd; echo $GIVEN", &s);
	is_str(got.out, "/usr\nyes\n", "a folder and an environment");
}

/* --- Without -------------------------------------------------------------- */

static void
by_file(void)
{
	struct stream_spawn s = { .size = sizeof(s), .file = "printf" };

	s.argv = args("printf", "%s|", "a;b", "$HOME", "*", "`id`", "x  y",
	    "'\"\\", "", NULL);
	run_file(&s);
	is_str(got.out, "a;b|$HOME|*|`id`|x  y|'\"\\||",
	    "arguments arrive as they were written");
	s.file = "/nonexistent/program";
	run_file(&s);
	is_int(got.code, -ENOENT, "what is not there");
	ok(strstr(got.text, s.file) != NULL, "is named (%s)", got.text);
	ok(!has_children(), "and is no child");
}

/* --- Too much ------------------------------------------------------------- */

static bool
all_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != '\0')
			return false;
	return true;
}

static void
too_much(void)
{
	struct stream_spawn s = { .size = sizeof(s), .max_buffer = 100000 };

	run_shell("head -c 100000 /dev/zero", &s);
	is_int(got.code, 0, "as much as there may be is no error");
	is_int((intmax_t)got.out_len, 100000, "and all is there");
	run_shell("head -c 100001 /dev/zero; sleep 20", &s);
	is_int(got.code, -ENOBUFS, "one byte more is");
	is_int((intmax_t)got.out_len, 100000, "what may be is there");
	ok(all_zero(got.out, got.out_len), "and is right");
	ok(got.ends_with_nul, "a NUL behind it");
	ok(run_shell("cat /dev/zero", &s) < 10 * SECONDS,
	    "who never ends is ended");
	is_int(got.code, -ENOBUFS, "for that reason");
	run_shell("head -c 200000 /dev/zero >&2; exec sleep 20", &s);
	is_int(got.code, -ENOBUFS, "the same for standard error");
	is_int((intmax_t)got.err_len, 100000, "truncated too");
	s.max_buffer = 0;
	run_shell("head -c 1048576 /dev/zero", &s);
	is_int(got.code, 0, "a mebibyte is the default");
	run_shell("head -c 1048577 /dev/zero", &s);
	is_int(got.code, -ENOBUFS, "and no more");
}

/* --- Too long ------------------------------------------------------------- */

static void
too_long(void)
{
	struct stream_spawn s = { .size = sizeof(s),
		.timeout = 150 * MILLISECONDS };
	uint64_t took;

	took = run_shell("echo begun; exec sleep 20", &s);
	is_int(got.code, -ETIMEDOUT, "who takes too long is ended");
	is_int(got.signo, SIGTERM, "by SIGTERM");
	is_str(got.out, "begun\n", "what came is there");
	ok(took >= 150 * MILLISECONDS && took < 2 * SECONDS,
	    "when the time is up (%u ms)", (unsigned)(took / MILLISECONDS));
	s.kill_signal = SIGKILL;
	run_shell("trap '' TERM; echo begun; while :; do sleep 1; done", &s);
	is_int(got.signo, SIGKILL, "or by a signal of one's choice");
	took = run_shell("sleep 3 & echo begun; exec sleep 3", &s);
	is_int(got.code, -ETIMEDOUT, "outputs that a grandchild holds open");
	ok(took < 2 * SECONDS, "are not waited for then (%u ms)",
	    (unsigned)(took / MILLISECONDS));
	s.timeout = 10 * SECONDS;
	run_shell("exec >&- 2>&-; exit 2", &s);
	is_int(got.status, 2, "who closes its outputs has a status still");
	s.timeout = 150 * MILLISECONDS;
	run_shell("exec >&- 2>&-; exec sleep 20", &s);
	is_int(got.code, -ETIMEDOUT, "and a time");
}

static void
grandchild_writes(void)
{
	uint64_t took =
	    run_shell("(sleep 0.2; echo late) & echo soon; exit 0", NULL);

	is_str(got.out, "soon\nlate\n",
	    "without a limit, all who hold the outputs are waited for");
	ok(took >= 200 * MILLISECONDS, "as long as it takes");
}

/* --- Many at once --------------------------------------------------------- */

static void
count_one(const struct stream_output *o, void *arg)
{
	unsigned *good = arg;

	*good += o->error == NULL && o->out_len == 5;
}

static void
many(void)
{
	struct stream_loop *loop = stream_loop_new();
	unsigned good = 0;

	for (int i = 0; i < 30; i++)
		stream_exec(loop, "echo text", NULL, count_one, &good);
	run_loop(loop);
	is_int(good, 30, "thirty at a time");
	stream_loop_free(loop);
	loop = stream_loop_new();
	stream_exec(loop, "exec sleep 0.1", NULL, count_one, &good);
	stream_loop_turn(loop, 0);
	stream_loop_free(loop);
	is_int(good, 30, "who frees the loop is told nothing more");
	while (has_children() && waitpid(-1, NULL, 0) > 0)
		;
	stream_exec(NULL, "true", NULL, count_one, &good);
	is_int(good, 30, "nor who has none");
}

int
main(void)
{
	unsigned before = open_fds();

	modes_begin();
	by_shell();
	options();
	by_file();
	too_much();
	too_long();
	grandchild_writes();
	many();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	reset();
	return modes_done();
}
