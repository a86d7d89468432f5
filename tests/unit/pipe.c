/* SPDX-License-Identifier: ISC */
/*
 * pipe.c - links from one stream to one or many, and what they do when full
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define LEN 20000

static struct stream_loop *loop;
static unsigned char *bytes;

#define OPTS(...)                     \
	(&(struct stream_pipe_opts) { \
	    .size = sizeof(struct stream_pipe_opts), __VA_ARGS__ })

static void
finish_loop(struct sink *sinks, unsigned n)
{
	stream_loop_free(loop);
	for (unsigned i = 0; i < n; i++)
		sink_free(&sinks[i]);
}

/* --- One to one ----------------------------------------------------------- */

static void
every_way(void)
{
	static const size_t high_waters[] = { 1, 9, 0, 1 << 20 };
	unsigned n = rounds(240, 4800);
	unsigned same = 0, once = 0;

	for (unsigned i = 0; i < n; i++) {
		struct source src = { .bytes = bytes,
			.len = LEN / 4,
			.how = (enum source_how)(i % 5),
			.seed = i + 1,
			.end_with_data = i & 1,
			.high_water = high_waters[i / 5 % 4] };
		struct sink sink = { .how = (enum sink_how)(i / 3 % 4),
			.pace = i % 8 == 0 ? SINK_IMMEDIATE : SINK_AT_ONCE,
			.seed = i + 1,
			.high_water = high_waters[i / 20 % 4] };
		struct witness w = { 0 };

		loop = stream_loop_new();
		source_new(loop, &src);
		witness(sink_new(loop, &sink), &w, 0);
		stream_pipe(src.stream, sink.stream, NULL);
		run_loop(loop);
		same += same_bytes(sink.bytes, sink.len, bytes, src.len);
		once += w.finishes == 1 && w.closes == 1 && w.errors == 0 &&
		    src.destroys == 1 && src.reads_at_high == 0;
		finish_loop(&sink, 1);
	}
	is_int(same, n, "every source gives every sink all, %u ways", n);
	is_int(once, n, "and the sink finishes and closes once");
}

static void
keep_open(void)
{
	struct source src = { .bytes = "first ", .len = 6 };
	struct source second = { .bytes = "second", .len = 6 };
	struct sink sink = { 0 };
	struct witness w = { 0 };

	loop = stream_loop_new();
	witness(sink_new(loop, &sink), &w, 0);
	stream_pipe(source_new(loop, &src), sink.stream, OPTS(.keep_open = 1));
	run_loop(loop);
	is_int(w.finishes, 0, "a sink that is kept open does not finish");
	stream_pipe(source_new(loop, &second), sink.stream, NULL);
	run_loop(loop);
	is_mem(sink.bytes, sink.len, "first second", 12,
	    "and takes the next source");
	is_int(w.finishes, 1, "which may end it");
	finish_loop(&sink, 1);
}

/* --- One to many ---------------------------------------------------------- */

static void
many_sinks(void)
{
	struct sink sinks[4] = {
		{ .how = SINK_ALL },
		{ .how = SINK_RANDOM, .pace = SINK_IMMEDIATE, .seed = 4 },
		{ .how = SINK_HALF, .high_water = 10 },
		{ .how = SINK_ALL, .pace = SINK_TIMEOUT },
	};
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_RANDOM,
		.seed = 8,
		.high_water = 3000 };
	struct witness w = { 0 };
	struct stream_link_stats stats = { 0 };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w, WITNESS_DATA);
	for (int i = 0; i < 4; i++) {
		sink_new(loop, &sinks[i]);
		is_int(stream_pipe(src.stream, sinks[i].stream, NULL), 0,
		    "sink %d is piped to", i);
	}
	is_int(stream_link_stats(src.stream, sinks[0].stream, &stats), 0,
	    "a link has statistics");
	is_int((intmax_t)stats.bytes, 0, "nothing passed yet");
	run_loop(loop);
	for (int i = 0; i < 4; i++)
		is_mem(sinks[i].bytes, sinks[i].len, bytes, LEN,
		    "sink %d of four unequal ones gets all", i);
	is_mem(w.bytes, w.len, bytes, LEN, "and so does a data listener");
	witness_free(&w);
	finish_loop(sinks, 4);
}

/* The slowest that waits holds all back. */
static void
held_back(void)
{
	struct sink sinks[2] = {
		{ .how = SINK_ALL },
		{ .pace = SINK_STUCK, .high_water = 500 },
	};
	struct source src = { .bytes = bytes,
		.len = LEN,
		.high_water = 100,
		.how = SOURCE_ONE_BYTE };

	loop = stream_loop_new();
	source_new(loop, &src);
	for (int i = 0; i < 2; i++)
		stream_pipe(src.stream, sink_new(loop, &sinks[i]), NULL);
	run_loop(loop);
	ok(sinks[0].len <= 700 && sinks[0].len >= 500,
	    "a sink that is stuck at 500 bytes stops the source (%zu)",
	    sinks[0].len);
	ok(src.given <= 800, "which is held up in turn (%zu)", src.given);
	stream_resume(src.stream);
	run_loop(loop);
	ok(src.given <= 800, "also when someone else resumes it");
	sink_release(&sinks[1]);
	run_loop(loop);
	is_mem(
	    sinks[1].bytes, sinks[1].len, bytes, LEN, "released, it gets all");
	is_int(sinks[0].len, LEN, "and the other too");
	finish_loop(sinks, 2);
}

/* --- Policies ------------------------------------------------------------- */

static int
reads_nothing(struct stream *s, size_t want)
{
	(void)s, (void)want;
	return 0;
}

/* A hundred bytes at a time to a stuck sink beside a good one. */
static void
drops(enum stream_when_full policy, const char *name)
{
	static const struct stream_ops ops = { .read = reads_nothing };
	struct sink sinks[2] = {
		{ .how = SINK_ALL },
		{ .pace = SINK_STUCK, .high_water = 500 },
	};
	struct stream_link_stats stats = { 0 };
	struct stream *src;
	size_t got;

	loop = stream_loop_new();
	src = stream_new(loop, &ops, NULL, 100);
	for (int i = 0; i < 2; i++)
		stream_pipe(
		    src, sink_new(loop, &sinks[i]), OPTS(.when_full = policy));
	for (size_t at = 0; at < LEN; at += 100) {
		push_poisoned(src, bytes + at, 100);
		run_loop(loop);
	}
	is_mem(sinks[0].bytes, sinks[0].len, bytes, LEN,
	    "%s: a stuck sink holds nobody back", name);
	stream_link_stats(src, sinks[1].stream, &stats);
	sink_release(&sinks[1]);
	stream_push_end(src);
	run_loop(loop);
	got = sinks[1].len;
	ok(got >= 400 && got <= 600, "%s: it gets about its high water (%zu)",
	    name, got);
	if (policy == STREAM_FULL_DROP_NEW)
		is_mem(sinks[1].bytes, got, bytes, got, "%s: namely the first",
		    name);
	else
		ok(memcmp(sinks[1].bytes + got - 300, bytes + LEN - 300, 300) ==
			0,
		    "%s: namely the last", name);
	is_int((intmax_t)(stats.dropped + got), LEN,
	    "%s: what was lost is counted", name);
	finish_loop(sinks, 2);
}

static void
unpipe_on_error(void)
{
	struct sink sinks[3] = {
		{ .how = SINK_ALL },
		{ .how = SINK_ALL, .fail_at = 700, .fail_code = -EPIPE },
		{ .how = SINK_HALF, .pace = SINK_IMMEDIATE },
	};
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 100 };
	struct witness w[4] = { { .log = "" } };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w[3], 0);
	for (int i = 0; i < 3; i++) {
		witness(sink_new(loop, &sinks[i]), &w[i], 0);
		stream_pipe(src.stream, sinks[i].stream, NULL);
	}
	is_int(run_loop(loop), 0, "one of three sinks fails");
	is_int(w[1].error_code, -EPIPE, "which it is told");
	is_mem(sinks[0].bytes, sinks[0].len, bytes, LEN, "the first goes on");
	is_mem(sinks[2].bytes, sinks[2].len, bytes, LEN, "and the third");
	ok(w[0].finishes == 1 && w[2].finishes == 1, "both finish");
	is_int(w[3].errors, 0, "the source does not fail");
	finish_loop(sinks, 3);
}

static void
stop_on_error(void)
{
	struct sink sinks[2] = {
		{ .how = SINK_ALL },
		{ .how = SINK_ALL, .fail_at = 700, .fail_code = -ENOSPC },
	};
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 100 };
	struct witness w[3] = { { .log = "" } };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w[2], 0);
	for (int i = 0; i < 2; i++) {
		witness(sink_new(loop, &sinks[i]), &w[i], 0);
		stream_pipe(src.stream, sinks[i].stream,
		    OPTS(.on_error = STREAM_ERROR_STOP));
	}
	run_loop(loop);
	is_int(w[2].error_code, -ENOSPC,
	    "asked to stop, the source fails with the sink's error");
	is_int(w[2].ends, 0, "and has no end");
	is_int(w[0].finishes, 0,
	    "nor does the other sink finish as if that were all");
	finish_loop(sinks, 2);
}

static void
source_fails(void)
{
	struct sink sink = { 0 };
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_HALF,
		.fail_at = 1000,
		.fail_code = -EIO };
	struct witness w[2] = { { .log = "" } };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w[0], 0);
	witness(sink_new(loop, &sink), &w[1], 0);
	stream_pipe(src.stream, sink.stream, NULL);
	run_loop(loop);
	is_int(w[0].errors, 1, "a source fails half way");
	is_int(w[1].finishes + sink.finals, 0,
	    "its sink does not finish as if that were all");
	finish_loop(&sink, 1);
}

/* --- Unpipe --------------------------------------------------------------- */

static struct source *unpiped_src;
static struct sink *unpiped_sinks;

static void
turn_over(void *arg)
{
	(void)arg;
	stream_unpipe(unpiped_src->stream, unpiped_sinks[0].stream);
	stream_pipe(unpiped_src->stream, unpiped_sinks[1].stream, NULL);
}

static void
unpipe(void)
{
	struct sink sinks[2] = { { .pace = SINK_IMMEDIATE },
		{ .how = SINK_HALF } };
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_HALF,
		.high_water = 100 };
	struct witness w = { 0 };
	size_t first;
	unsigned char joined[LEN * 2];

	loop = stream_loop_new();
	sinks[0].high_water = sinks[1].high_water = 50;
	witness(sink_new(loop, &sinks[0]), &w, 0);
	sink_new(loop, &sinks[1]);
	stream_pipe(source_new(loop, &src), sinks[0].stream, NULL);
	unpiped_src = &src;
	unpiped_sinks = sinks;
	while (src.given < LEN / 2)
		stream_loop_turn(loop, 0);
	turn_over(NULL);
	run_loop(loop);
	first = sinks[0].len;
	memcpy(joined, sinks[0].bytes, first);
	memcpy(joined + first, sinks[1].bytes, sinks[1].len);
	ok(first > 0 && sinks[1].len > 0, "a source changes its sink half way");
	is_mem(joined, first + sinks[1].len, bytes, LEN,
	    "and no byte is lost or given twice");
	is_int(w.finishes, 0, "the sink that was left is not ended");
	finish_loop(sinks, 2);
}

static void
unpipe_pauses(void)
{
	struct sink sinks[2] = { { .pace = SINK_IMMEDIATE },
		{ .how = SINK_HALF } };
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 100 };

	loop = stream_loop_new();
	source_new(loop, &src);
	for (int i = 0; i < 2; i++)
		stream_pipe(src.stream, sink_new(loop, &sinks[i]), NULL);
	for (int i = 0; i < 5; i++)
		stream_loop_turn(loop, 0);
	is_int(stream_unpipe(src.stream, NULL), 0, "all sinks can be unpiped");
	ok(!(stream_state(src.stream) & STREAM_FLOWING), "which pauses it");
	run_loop(loop);
	ok(src.given < LEN, "so that nothing is discarded");
	finish_loop(sinks, 2);
}

static void
sink_destroyed(void)
{
	struct sink sinks[2] = { { .high_water = 50 }, { .how = SINK_HALF } };
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 100 };

	loop = stream_loop_new();
	source_new(loop, &src);
	for (int i = 0; i < 2; i++)
		stream_pipe(src.stream, sink_new(loop, &sinks[i]), NULL);
	stream_loop_turn(loop, 0);
	stream_destroy(sinks[0].stream, 0);
	is_int(run_loop(loop), 0, "a sink may be destroyed while piped to");
	is_mem(sinks[1].bytes, sinks[1].len, bytes, LEN, "the other goes on");
	finish_loop(sinks, 2);
}

/* --- Misuse --------------------------------------------------------------- */

static void
misuse(void)
{
	struct sink sink = { 0 };
	struct source src = { .bytes = "abc", .len = 3 };
	struct stream_link_stats stats;

	loop = stream_loop_new();
	source_new(loop, &src);
	sink_new(loop, &sink);
	ok(stream_pipe(sink.stream, src.stream, NULL) < 0,
	    "a sink cannot be a source");
	ok(stream_pipe(src.stream, src.stream, NULL) < 0,
	    "nor a source a sink");
	ok(stream_link_stats(src.stream, sink.stream, &stats) < 0,
	    "no link, no statistics");
	stream_unpipe(src.stream, sink.stream);
	stream_unpipe(src.stream, NULL);
	run_loop(loop);
	finish_loop(&sink, 1);
}

/* --- allow and moved ------------------------------------------------------ */

struct gate {
	size_t allowed;
	size_t moved;
	unsigned too_much, asked_early;
	uint64_t next;
};

static size_t
allow(void *arg, size_t want, uint64_t *retry_ns)
{
	struct gate *gate = arg;
	uint64_t now = stream_now(loop);
	size_t n = want < 100 ? want : 100;

	if (now < gate->next) {
		*retry_ns = gate->next - now;
		return 0;
	}
	gate->next = now + 200000;
	gate->allowed += n;
	return n;
}

static void
moved(void *arg, size_t len)
{
	struct gate *gate = arg;

	gate->moved += len;
	gate->too_much += len > 100;
}

static void
gated(void)
{
	struct gate gate = { 0 };
	struct sink sink = { 0 };
	struct source src = { .bytes = bytes, .len = 3000 };

	loop = stream_loop_new();
	stream_pipe(source_new(loop, &src), sink_new(loop, &sink),
	    OPTS(.allow = allow, .moved = moved, .arg = &gate));
	run_loop(loop);
	is_mem(sink.bytes, sink.len, bytes, 3000, "a gate lets all pass");
	is_int(gate.moved, 3000, "and is told of every byte");
	is_int(gate.too_much, 0, "never of more than it allowed at a time");
	finish_loop(&sink, 1);
}

static void
statistics(void)
{
	struct stream_link_stats stats = { 0 };
	struct sink sink = { .pace = SINK_STUCK, .high_water = 100 };
	struct source src = { .bytes = bytes, .len = 1000 };

	loop = stream_loop_new();
	stream_pipe(source_new(loop, &src), sink_new(loop, &sink), NULL);
	run_loop(loop);
	stream_link_stats(src.stream, sink.stream, &stats);
	is_int((intmax_t)stats.bytes,
	    (intmax_t)stream_buffered(sink.stream, STREAM_WRITABLE),
	    "a link counts what it gave");
	is_int((intmax_t)stats.dropped, 0, "and lost nothing");
	finish_loop(&sink, 1);
}

int
main(void)
{
	bytes = make_bytes(LEN, 3);
	every_way();
	keep_open();
	many_sinks();
	held_back();
	drops(STREAM_FULL_DROP_NEW, "drop new");
	drops(STREAM_FULL_DROP_OLD, "drop old");
	unpipe_on_error();
	stop_on_error();
	source_fails();
	unpipe();
	unpipe_pauses();
	sink_destroyed();
	misuse();
	gated();
	statistics();
	free(bytes);
	return done();
}
