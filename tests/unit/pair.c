/* SPDX-License-Identifier: ISC */
/*
 * pair.c - Duplexes: two sides that do not depend on each other
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define LEN 20000

static struct stream_loop *loop;
static unsigned char *bytes;

/* --- Two Duplexes joined -------------------------------------------------- */

static void
both_ways(size_t high_water, unsigned seed)
{
	struct source there = {
		.bytes = bytes, .len = LEN, .how = SOURCE_RANDOM, .seed = seed
	};
	struct source back = { .bytes = bytes + 100,
		.len = LEN - 100,
		.how = SOURCE_RANDOM,
		.seed = seed + 1 };
	struct sink far_sink = { .how = SINK_RANDOM, .pace = SINK_IMMEDIATE };
	struct sink near_sink = { .how = SINK_RANDOM };
	struct stream *ends[2];
	struct witness w[2] = { { .log = "" } };

	loop = stream_loop_new();
	is_int(stream_pair(loop, ends, high_water), 0, "a pair is made");
	witness(ends[0], &w[0], 0);
	witness(ends[1], &w[1], 0);
	stream_pipe(source_new(loop, &there), ends[0], NULL);
	stream_pipe(ends[1], sink_new(loop, &far_sink), NULL);
	stream_pipe(source_new(loop, &back), ends[1], NULL);
	stream_pipe(ends[0], sink_new(loop, &near_sink), NULL);
	run_loop(loop);
	is_mem(far_sink.bytes, far_sink.len, bytes, LEN,
	    "what is written to one is read from the other");
	is_mem(near_sink.bytes, near_sink.len, bytes + 100, LEN - 100,
	    "and back, at the same time");
	for (int i = 0; i < 2; i++)
		ok(w[i].ends == 1 && w[i].finishes == 1 && w[i].errors == 0 &&
			w[i].closes == 1,
		    "end %d ends, finishes and closes (%s)", i, w[i].log);
	stream_loop_free(loop);
	sink_free(&far_sink);
	sink_free(&near_sink);
}

static void
sides_are_independent(void)
{
	struct stream *ends[2];
	struct witness w[2] = { { .log = "" } };

	loop = stream_loop_new();
	stream_pair(loop, ends, 0);
	witness(ends[0], &w[0], WITNESS_DATA);
	witness(ends[1], &w[1], WITNESS_DATA);
	stream_write(ends[0], "there", 5);
	stream_end(ends[0]);
	run_loop(loop);
	is_mem(w[1].bytes, w[1].len, "there", 5, "one side may end first");
	is_int(w[0].finishes + w[1].ends, 2, "which finishes and ends it");
	is_int(w[0].closes + w[1].closes, 0, "but closes nothing");
	is_int(stream_write(ends[1], "back", 4), 1, "the other side is open");
	stream_end(ends[1]);
	run_loop(loop);
	is_mem(w[0].bytes, w[0].len, "back", 4, "and carries what it is given");
	is_int(w[0].closes + w[1].closes, 2, "then both close");
	witness_free(&w[0]);
	witness_free(&w[1]);
	stream_loop_free(loop);
}

static void
pair_holds_back(void)
{
	struct stream *ends[2];
	struct witness w = { 0 };
	size_t given = 0;

	loop = stream_loop_new();
	stream_pair(loop, ends, 1000);
	witness(ends[0], &w, 0);
	for (unsigned told = 0; told < 100 && given < LEN; told++) {
		while (stream_write(ends[0], bytes, 100) == 1)
			given += 100;
		given += 100;
		run_loop(loop);
		if (w.drains <= told)
			break;
	}
	ok(given <= 4000, "a pair that is not read holds its writer back");
	stream_destroy(ends[0], 0);
	stream_destroy(ends[1], 0);
	run_loop(loop);
	stream_loop_free(loop);
}

/* What one end suffers the other must not take for an end of the data. */
static void
broken(int code)
{
	struct stream *ends[2];
	struct witness w[2] = { { .log = "" } };

	loop = stream_loop_new();
	stream_pair(loop, ends, 0);
	witness(ends[0], &w[0], WITNESS_DATA);
	witness(ends[1], &w[1], WITNESS_DATA);
	stream_write(ends[0], "half of it", 10);
	run_loop(loop);
	stream_destroy(ends[0], code);
	run_loop(loop);
	is_int(w[0].closes, 1, "destroyed with %d, one end closes", code);
	is_int(w[1].ends, 0, "the other never ends as if that were all");
	is_int(w[1].errors, 1, "but fails");
	witness_free(&w[0]);
	witness_free(&w[1]);
	stream_loop_free(loop);
}

/* --- A Duplex of one's own ------------------------------------------------ */

static int
read_done(struct stream *s, size_t want)
{
	(void)want;
	stream_push(s, "read", 4);
	return stream_push_end(s);
}

static ssize_t
write_all(struct stream *s, const struct iovec *iov, int count)
{
	size_t n = 0;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	*(size_t *)stream_self(s) += n;
	return (ssize_t)n;
}

static void
own_duplex(void)
{
	static const struct stream_ops ops = {
		.name = "duplex",
		.read = read_done,
		.write = write_all,
	};
	struct witness w = { 0 };
	size_t taken = 0;
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, &ops, &taken, 0);
	witness(s, &w, WITNESS_DATA);
	run_loop(loop);
	is_str(w.log, "data end", "a Duplex ends without finishing");
	is_int(stream_write(s, "abc", 3), 1, "and still takes bytes");
	stream_end(s);
	run_loop(loop);
	is_str(w.log, "data end finish close", "both done, it closes");
	is_int(taken, 3, "with all that was written");
	witness_free(&w);
	stream_loop_free(loop);
}

int
main(void)
{
	bytes = make_bytes(LEN, 3);
	both_ways(0, 1);
	both_ways(1, 2);
	both_ways(777, 3);
	sides_are_independent();
	pair_holds_back();
	broken(-EIO);
	broken(0);
	own_duplex();
	free(bytes);
	return done();
}
