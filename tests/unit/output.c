/* SPDX-License-Identifier: ISC */
/*
 * output.c - the output of a child as a stream: it never looks whole if the
 * child failed, however much it is, and whoever does not read or write
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "modes.h"
#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static struct told told;
static struct stream_error error; /* of the last pipeline; text is gone */
static char text[256];
static unsigned calls;

/* --- Parts that this program plays as a child ----------------------------- */

/* Write so many mebibytes. */
static int
write_much(unsigned mebibytes)
{
	static char block[65536];

	for (unsigned i = 0; i < mebibytes * 16; i++)
		if (stream_write_all(1, block, sizeof(block)) < 0)
			return 1;
	return 0;
}

/* --- Starting them -------------------------------------------------------- */

static struct stream_child *
start(struct stream_spawn s, unsigned flags)
{
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 1, STREAM_PIPE } };

	told = (struct told) { 0 };
	s.fds = map;
	s.nfds = 2;
	s.flags = flags;
	loop = stream_loop_new();
	return stream_spawn(loop, &s, &tell_all, &told);
}

static void
remember(const struct stream_error *e, void *arg)
{
	(void)arg;
	calls++;
	error = e ? *e : (struct stream_error) { 0 };
	snprintf(text, sizeof(text), "%s", e && e->text ? e->text : "");
}

/* --- The right end -------------------------------------------------------- */

static void
ends_so(const char *command, unsigned flags, const char *log, int status,
    int signo, const char *claim)
{
	struct witness out = { 0 };
	struct stream_child *c = start(shell(command), flags);
	struct stream *s = stream_child_stdio(c, 1);

	stream_end(stream_child_stdio(c, 0));
	witness(s, &out, WITNESS_DATA);
	is_int(run_loop(loop), 0, "%s: the loop ends well", claim);
	is_str(out.log, log, "%s", claim);
	is_mem(out.bytes, out.len, "half", 4, "%s: nothing is lost", claim);
	is_int(told.status, status, "%s: its status", claim);
	is_int(told.signo, signo, "%s: its signal", claim);
	stream_loop_free(loop);
	witness_free(&out);
}

static void
ends(void)
{
	ends_so("printf half", 0, "data end close", 0, 0, "success");
	ends_so("printf half; exit 1", 0, "data error(-10) close", 1, 0,
	    "a status that is not 0");
	ends_so("printf half; kill -9 $$", 0, "data error(-10) close", 0, 9,
	    "killed");
	ends_so("printf half; exec >&-; exit 2", 0, "data error(-10) close", 2,
	    0, "closed, and then failed");
	ends_so("printf half; exit 1", STREAM_EOF_AT_CLOSE, "data end close", 1,
	    0, "an end at the end of the pipe was asked for");
	ends_so("(sleep 0.1; printf half) & exit 0", 0, "data end close", 0, 0,
	    "written by a grandchild after the end");
	ends_so("(sleep 0.1; printf half) & exit 8", 0, "data error(-10) close",
	    8, 0, "written by a grandchild after a failure");
}

/* What a pipeline of command and a file leaves of the file. */
static off_t
pipeline_of(const char *command, const char *path)
{
	struct stream_child *c = start(shell(command), 0);
	struct stat st;

	(void)unlink(path);
	calls = 0;
	stream_end(stream_child_stdio(c, 0));
	STREAM_PIPELINE(remember, NULL, stream_child_stdio(c, 1),
	    stream_replace(loop, path, NULL));
	run_loop(loop);
	stream_loop_free(loop);
	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void
into_a_file(void)
{
	char path[100];

	snprintf(
	    path, sizeof(path), "/tmp/libstream-output-%ld", (long)getpid());
	is_int(pipeline_of("printf whole", path), 5,
	    "a child that succeeds makes a file");
	is_int(error.code, 0, "and no error");
	is_int(pipeline_of("printf half; exit 3", path), -1,
	    "one that fails makes none");
	is_int(calls, 1, "it is told once");
	is_int(error.code, -ECHILD, "that a child failed");
	is_int(error.index, 0, "which stage");
	is_int(error.status, 3, "and its status");
	is_int(error.signo, 0, "which was not a signal");
	ok(strstr(text, "3") && strstr(text, "/bin/sh"),
	    "all of it in words (%s)", text);
	is_int(pipeline_of("printf half; kill -TERM $$", path), -1,
	    "one that was killed makes none");
	is_int(error.signo, SIGTERM, "and the signal is told");
	is_int(pipeline_of("head -c 3000000 /dev/zero; exit 4", path), -1,
	    "nor does one that fails after much");
	is_int(pipeline_of("exec >&-; sleep 0.1; exit 5", path), -1,
	    "nor one that fails after it closed its output");
	is_int(error.status, 5, "with the status that came later");
	(void)unlink(path);
}

/* A child in the middle: from a source, through cat, to a sink. */
static void
through_a_child(void)
{
	unsigned char *bytes = make_bytes(1000000, 7);
	struct source src = {
		.bytes = bytes, .len = 1000000, .how = SOURCE_RANDOM
	};
	struct sink sink = { .how = SINK_RANDOM };
	struct outcome to = { .code = 1 }, from = { .code = 1 };
	struct stream_child *c = start(shell("exec cat"), 0);

	STREAM_PIPELINE(
	    outcome_set, &to, source_new(loop, &src), stream_child_stdio(c, 0));
	STREAM_PIPELINE(outcome_set, &from, stream_child_stdio(c, 1),
	    sink_new(loop, &sink));
	run_loop(loop);
	is_int(to.code, 0, "all was written to a child");
	is_int(from.code, 0, "all was read from it");
	is_mem(sink.bytes, sink.len, bytes, 1000000, "and is the same");
	is_str(told.log, "exit(0) close", "the end of its input is its end");
	stream_loop_free(loop);
	sink_free(&sink);
	free(bytes);
}

/* --- Much ----------------------------------------------------------------- */

static long
most_memory(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss;
}

static uint64_t counted;

static void
count(struct stream *s, const void *bytes, size_t len, void *arg)
{
	(void)s, (void)bytes, (void)arg;
	counted += len;
}

static void
much(void)
{
	struct stream_events events = { .data = count };
	unsigned mebibytes = rounds(64, 1024);
	char number[16];
	struct stream_child *c;
	long before;

	snprintf(number, sizeof(number), "%u", mebibytes);
	c = start(player("much", number, NULL), 0);
	stream_end(stream_child_stdio(c, 0));
	stream_on(stream_child_stdio(c, 1), &events, NULL);
	before = most_memory();
	counted = 0;
	run_loop(loop);
	is_int((intmax_t)counted, (intmax_t)mebibytes << 20,
	    "%u MiB come from a child", mebibytes);
#ifdef __SANITIZE_ADDRESS__
	(void)before; /* it says nothing: the sanitizer holds what was freed */
#else
	ok(most_memory() - before < 8192, "and are not held (%ld KiB more)",
	    most_memory() - before);
#endif
	stream_loop_free(loop);
}

/* How much it could write in 100 ms to somebody who does not read. */
static void
held_back(void)
{
	struct stream_child *c = start(player("much", "64", NULL), 0);
	struct stream *out = stream_child_stdio(c, 1);
	struct stream_events events = { .readable = NULL };

	stream_end(stream_child_stdio(c, 0));
	stream_on(out, &events, NULL);
	stream_set_timeout(
	    loop, 100 * MILLISECONDS, 0, (stream_fn *)stream_loop_stop, loop);
	run_loop(loop);
	is_str(told.log, "", "a child that nobody reads from has to wait");
	ok(stream_buffered(out, STREAM_READABLE) <= 2 * STREAM_HIGH_WATER,
	    "and is not read ahead without bound (%zu bytes)",
	    stream_buffered(out, STREAM_READABLE));
	counted = 0;
	events.data = count;
	stream_on(out, &events, NULL);
	run_loop(loop);
	is_int((intmax_t)counted, 64 << 20, "nothing of it is lost");
	is_str(told.log, "exit(0) close", "then it ends well");
	stream_loop_free(loop);
}

/* --- Nobody to write to --------------------------------------------------- */

static void
reader_left(const char *command, const char *claim)
{
	struct stream_child *c = start(shell(command), 0);
	struct stream *in = stream_child_stdio(c, 0);
	unsigned char *bytes = make_bytes(1000000, 3);
	struct witness w = { 0 };

	signal(SIGPIPE, SIG_DFL);
	stream_resume(stream_child_stdio(c, 1));
	witness(in, &w, 0);
	stream_write(in, bytes, 1000000);
	stream_end(in);
	is_int(run_loop(loop), 0, "%s: we live", claim);
	is_str(w.log, "error(-32) close", "%s: the stream says so", claim);
	is_str(told.log, "exit(0) close", "%s: the child ended well", claim);
	stream_loop_free(loop);
	witness_free(&w);
	free(bytes);
}

static void
unheard(void)
{
	struct stream_child *c = start(shell("exec <&-; sleep 0.1"), 0);
	unsigned char *bytes = make_bytes(1000000, 3);

	stream_resume(stream_child_stdio(c, 1));
	stream_write(stream_child_stdio(c, 0), bytes, 1000000);
	is_int(run_loop(loop), 0,
	    "input that a child does not want is no failure of the loop");
	is_str(told.log, "exit(0) close", "what counts is its status");
	stream_loop_free(loop);
	free(bytes);
}

/* Output that is destroyed: the child's next write ends it. */
static void
writer_told(void)
{
	struct stream_child *c = start(player("much", "64", NULL), 0);

	stream_end(stream_child_stdio(c, 0));
	stream_destroy(stream_child_stdio(c, 1), 0);
	run_loop(loop);
	is_int(told.signo, SIGPIPE,
	    "a child whose output goes nowhere dies of it, as in a shell");
	stream_loop_free(loop);
}

static void
nobody_handles(void)
{
	struct stream_child *c = start(shell("exit 9"), 0);

	stream_end(stream_child_stdio(c, 0));
	stream_resume(stream_child_stdio(c, 1));
	is_int(run_loop(loop), -ECHILD,
	    "a failed output that nobody handles ends the loop");
	stream_loop_free(loop);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int
main(int argc, char *argv[])
{
	unsigned before;

	if (argc > 2)
		return write_much((unsigned)atoi(argv[2]));
	before = open_fds();
	modes_begin();
	ends();
	into_a_file();
	through_a_child();
	much();
	held_back();
	reader_left("exec <&-; sleep 0.1", "a child that does not read");
	reader_left("head -c 1000 >/dev/null", "one that reads some");
	reader_left("exit 0", "one that has ended");
	unheard();
	writer_told();
	nobody_handles();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	return modes_done();
}
