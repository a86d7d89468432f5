/* SPDX-License-Identifier: ISC */
/*
 * ported.c - situations that have broken other stream libraries
 *
 * Each is named after the test of Node (readable-stream), libevent or libuv
 * that describes it; those that other programs cover are not repeated here.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

#define LEN 50000

static struct stream_loop *loop;
static unsigned char *bytes;

static void
begin(void)
{
	loop = stream_loop_new();
}

static int
end(void)
{
	int r = run_loop(loop);

	stream_loop_free(loop);
	return r;
}

/* --- once-readable-pipe: from readable to a pipe, before and after -------- */

static void
once_readable_pipe(void)
{
	struct witness w = { 0 };
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { 0 };

	begin();
	witness(source_new(loop, &src), &w, WITNESS_READABLE);
	stream_pipe(src.stream, sink_new(loop, &sink), NULL);
	witness(src.stream, &w, 0);
	end();
	is_mem(sink.bytes, sink.len, bytes + w.len, LEN - w.len,
	    "once-readable-pipe: a stream that was read by hand can be piped");
	witness_free(&w);
	sink_free(&sink);
}

/* --- pipe-flow-after-unpipe, stream2-unpipe-drain ------------------------- */

static void
flow_after_unpipe(void)
{
	struct witness w = { 0 };
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 100 };
	struct sink sink = { .pace = SINK_STUCK, .high_water = 10 };

	begin();
	stream_pipe(source_new(loop, &src), sink_new(loop, &sink), NULL);
	run_loop(loop);
	is_int(stream_unpipe(src.stream, sink.stream), 0,
	    "unpipe-drain: a sink that never drains can be left");
	witness(src.stream, &w, WITNESS_DATA);
	stream_resume(src.stream);
	run_loop(loop);
	is_mem(w.bytes, w.len, bytes + LEN - w.len, w.len,
	    "flow-after-unpipe: the rest flows");
	ok(w.len + stream_buffered(sink.stream, STREAM_WRITABLE) == LEN,
	    "and nothing is lost between the two");
	is_str(w.log, "data end close", "to its end");
	end();
	witness_free(&w);
	sink_free(&sink);
}

/* --- pipe-await-drain-push-while-write ------------------------------------ */

static struct {
	struct stream *src;
	unsigned pushes;
} pusher;

static ssize_t
push_in_write(struct stream *s, const struct iovec *iov, int count)
{
	size_t n = 0;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	*(size_t *)stream_self(s) += n;
	if (pusher.pushes < 50) {
		pusher.pushes++;
		stream_push(pusher.src, bytes, 32768);
		if (pusher.pushes == 50)
			stream_push_end(pusher.src);
	}
	return (ssize_t)n;
}

static int
read_nothing(struct stream *s, size_t want)
{
	(void)s, (void)want;
	return 0;
}

static void
push_while_write(void)
{
	static const struct stream_ops src_ops = { .read = read_nothing };
	static const struct stream_ops sink_ops = { .write = push_in_write };
	size_t taken = 0;

	begin();
	pusher.src = stream_new(loop, &src_ops, NULL, 0);
	stream_pipe(
	    pusher.src, stream_new(loop, &sink_ops, &taken, 1000), NULL);
	stream_push(pusher.src, bytes, 32768);
	end();
	is_int(taken, 51 * 32768,
	    "push-while-write: a write may make its source push");
}

/* --- await-drain-writers-in-synchronously-recursion-write ----------------- */

static unsigned written_in_drain;

static void
write_in_drain(struct stream *s, void *arg)
{
	(void)arg;
	if (++written_in_drain > 100)
		stream_end(s);
	else
		stream_write(s, bytes, 5000);
}

static void
recursion_write(void)
{
	struct stream_events events = { .drain = write_in_drain };
	struct sink sink = { .high_water = 10 };

	begin();
	stream_on(sink_new(loop, &sink), &events, NULL);
	stream_write(sink.stream, bytes, 5000);
	end();
	is_int(sink.len, 101 * 5000, "recursion-write: writing inside drain");
	sink_free(&sink);
}

/* --- pipe-multiple-pipes, unpipe-streams: many ways at once --------------- */

static void
multiple_pipes(void)
{
	struct source srcs[3];
	struct sink sinks[3];
	unsigned good = 0;

	begin();
	for (int i = 0; i < 3; i++) {
		srcs[i] = (struct source) { .bytes = bytes,
			.len = 1000,
			.how = SOURCE_HALF,
			.high_water = 100 };
		sinks[i] = (struct sink) { .how = SINK_HALF };
		source_new(loop, &srcs[i]);
		sink_new(loop, &sinks[i]);
	}
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			stream_pipe(srcs[i].stream, sinks[j].stream,
			    &(struct stream_pipe_opts) {
				.size = sizeof(struct stream_pipe_opts),
				.keep_open = 1 });
	run_loop(loop);
	for (int i = 0; i < 3; i++)
		good += sinks[i].len == 3000 && srcs[i].destroys == 1;
	is_int(good, 3, "multiple-pipes: three sources to three sinks");
	for (int i = 0; i < 3; i++)
		stream_end(sinks[i].stream);
	run_loop(loop);
	is_int(sinks[0].finals + sinks[1].finals + sinks[2].finals, 3,
	    "that end when they are ended");
	end();
	for (int i = 0; i < 3; i++)
		sink_free(&sinks[i]);
}

/* --- pipe-cleanup-pause, pause-then-read: data, then by hand -------------- */

static struct {
	struct witness w;
	bool paused;
} first_data;

static void
pause_at_first(struct stream *s, const void *in, size_t len, void *arg)
{
	struct witness *w = arg;

	(void)in;
	w->len += len;
	stream_pause(s);
}

static void
pause_then_read(void)
{
	struct stream_events events = { .data = pause_at_first };
	struct witness w = { 0 };
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 700 };
	size_t flowed;

	begin();
	stream_on(source_new(loop, &src), &events, &first_data.w);
	run_loop(loop);
	flowed = first_data.w.len;
	ok(flowed > 0 && flowed < LEN, "pause-then-read: some data flowed");
	witness(src.stream, &w, WITNESS_READABLE);
	end();
	is_mem(w.bytes, w.len, bytes + flowed, LEN - flowed,
	    "the rest is read by hand");
	is_str(w.log, "data end close", "to the end");
	witness_free(&w);
}

/* --- destroy-event-order, pipeline-queued-end-in-destroy ------------------ */

static void
destroy_in_end(struct stream *s, void *arg)
{
	witness_log(arg, "end");
	stream_destroy(s, -ECANCELED);
}

static void
log_error(struct stream *s, const struct stream_error *error, void *arg)
{
	(void)s, (void)error;
	witness_log(arg, "error");
}

static void
log_close(struct stream *s, void *arg)
{
	(void)s;
	witness_log(arg, "close");
}

static void
destroy_while_ending(void)
{
	struct stream_events events = {
		.end = destroy_in_end, .error = log_error, .close = log_close
	};
	struct witness w = { 0 };
	struct source src = { .bytes = "x", .len = 1 };

	begin();
	stream_on(source_new(loop, &src), &events, &w);
	stream_resume(src.stream);
	end();
	ok(strcmp(w.log, "end close") == 0 ||
		strcmp(w.log, "end error close") == 0,
	    "destroy-event-order: destroyed in end, close is last (%s)", w.log);
	is_int(src.destroys, 1, "and self is released once");
}

/* --- transform-split-highwatermark, passthrough-drain --------------------- */

static void
passthrough_drain(void)
{
	struct witness w = { 0 };
	struct stream *s;

	begin();
	s = copier_new(loop, COPY_PASS, 100);
	witness(s, &w, 0);
	while (stream_write(s, bytes, 40) == 1)
		;
	run_loop(loop);
	w.drains = 0;
	while (stream_write(s, bytes, 40) == 1)
		;
	run_loop(loop);
	is_int(w.drains, 0, "passthrough-drain: full on both sides, no drain");
	stream_resume(s);
	run_loop(loop);
	is_int(w.drains, 1, "one when it is read");
	stream_destroy(s, 0);
	end();
}

/* --- regress_bufferevent: filter_data_stuck ------------------------------- */

static void
data_stuck(void)
{
	struct expander e = { .factor = 500 };
	struct source src = { .bytes = bytes, .len = 200 };
	struct sink sink = {
		.pace = SINK_IMMEDIATE, .how = SINK_HALF, .high_water = 7
	};
	struct outcome o = { .code = 1 };

	begin();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, &src),
	    expander_new(loop, &e, 7), sink_new(loop, &sink));
	end();
	is_int(sink.len, 200 * 500,
	    "data-stuck: nothing is stuck behind a filter that is full");
	is_int(o.code, 0, "and it ends");
	sink_free(&sink);
}

/* --- libuv: timer-from-check, loop-stop ----------------------------------- */

static struct witness order;

static void
note(void *arg)
{
	witness_log(&order, arg);
}

static void
timer_in_check(void *arg)
{
	note(arg);
	stream_set_timeout(loop, 0, 0, note, WORD("timer"));
	stream_set_immediate(loop, note, WORD("check"));
}

static void
timer_from_check(void)
{
	begin();
	stream_set_immediate(loop, timer_in_check, WORD("first"));
	end();
	is_str(order.log, "first timer check",
	    "timer-from-check: a timer set in check comes next turn");
}

/* --- libuv: eintr-handling, by a real signal ------------------------------ */

static void
on_signal(int signo)
{
	(void)signo;
}

static void
eintr(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct itimerval often = { .it_interval = { .tv_usec = 500 },
		.it_value = { .tv_usec = 500 } };
	struct itimerval never = { 0 };
	struct witness w = { 0 };
	struct stream *in, *out;
	size_t len = 4u << 20;
	unsigned char *big = make_bytes(len, 7);
	int ends[2];

	if (pipe(ends) < 0)
		_exit(99);
	/* Without SA_RESTART every call that waits is interrupted. */
	sigaction(SIGPROF, &act, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	begin();
	in = stream_fd(loop, ends[0], "in");
	out = stream_fd(loop, ends[1], "out");
	witness(in, &w, WITNESS_DATA);
	stream_write(out, big, len);
	stream_end(out);
	is_int(end(), 0, "eintr: a shower of signals does no harm");
	setitimer(ITIMER_PROF, &never, NULL);
	is_mem(w.bytes, w.len, big, len, "all bytes come");
	witness_free(&w);
	free(big);
}

int
main(void)
{
	bytes = make_bytes(LEN, 3);
	once_readable_pipe();
	flow_after_unpipe();
	push_while_write();
	recursion_write();
	multiple_pipes();
	pause_then_read();
	destroy_while_ending();
	passthrough_drain();
	data_stuck();
	timer_from_check();
	eintr();
	free(bytes);
	return done();
}
