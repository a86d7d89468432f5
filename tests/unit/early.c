/* SPDX-License-Identifier: ISC */
/*
 * early.c - ends that come before the input's, and ends that are failures
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define LEN 300000

static struct stream_loop *loop;
static unsigned char *bytes;

/* --- A transform that has enough: head -c --------------------------------- */

static ssize_t
head(struct stream *s, const void *in, size_t len, int last)
{
	size_t *left = stream_self(s);
	size_t n = len < *left ? len : *left;
	int r;

	(void)last;
	if ((r = push_poisoned(s, in, n)) < 0)
		return r;
	*left -= n;
	if (*left == 0 && (r = stream_push_end(s)) < 0)
		return r;
	return *left == 0 ? (ssize_t)len : (ssize_t)n;
}

static const struct stream_ops head_ops = { .name = "head", .transform = head };

static void
enough(size_t len, size_t wanted, bool endless)
{
	struct source src = { .bytes = bytes, .len = len, .endless = endless };
	struct sink sink = { .how = SINK_HALF };
	struct outcome o = { .code = 1 };
	size_t left = wanted;

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, &src),
	    stream_new(loop, &head_ops, &left, 0), sink_new(loop, &sink));
	is_int(run_loop(loop), 0, "a transform may end after %zu of %zu%s",
	    wanted, len, endless ? " again and again" : "");
	is_int(o.calls, 1, "done is called");
	is_int(o.code, 0, "with success");
	is_mem(sink.bytes, sink.len, bytes, wanted, "what it gave is there");
	is_int(sink.finals, 1, "and is all");
	is_int(src.destroys, 1, "its source is let go");
	stream_loop_free(loop);
	sink_free(&sink);
}

/* --- An end that is a failure --------------------------------------------- */

static int
read_nothing(struct stream *s, size_t want)
{
	(void)s, (void)want;
	return 0;
}

static void
failing_end(void)
{
	static const struct stream_ops ops = { .name = "short",
		.read = read_nothing };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, &ops, NULL, 0);
	witness(s, &w, WITNESS_DATA);
	stream_pause(s);
	push_poisoned(s, bytes, 5000);
	is_int(stream_push_error(s, -EBADMSG, "cut off at %d", 5000), 0,
	    "an end may be a failure");
	is_int(stream_push(s, "x", 1), -EPIPE, "after which nothing may come");
	run_loop(loop);
	is_str(w.log, "", "it is not told while bytes wait");
	ok(stream_errored(s) == NULL, "nor has the stream failed yet");
	stream_resume(s);
	run_loop(loop);
	is_str(w.log, "data error(-74) close",
	    "once they are read it comes in place of the end");
	is_mem(w.bytes, w.len, bytes, 5000, "with every byte before it");
	ok(strstr(w.error_text, "cut off at 5000") != NULL, "and its text");
	witness_free(&w);
	stream_loop_free(loop);
}

static void
failing_end_in_a_pipeline(void)
{
	static const struct stream_ops ops = { .name = "short",
		.read = read_nothing };
	struct sink sink = { .how = SINK_HALF };
	struct outcome o = { .code = 1 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, &ops, NULL, 0);
	push_poisoned(s, bytes, 5000);
	stream_push_error(s, -EBADMSG, "cut off");
	STREAM_PIPELINE(outcome_set, &o, s, copier_new(loop, COPY_PASS, 0),
	    sink_new(loop, &sink));
	run_loop(loop);
	is_int(o.code, -EBADMSG, "a pipeline fails with it");
	is_str(o.stage, "short", "and names its stage");
	is_int(sink.finals, 0, "the sink is not told that this was all");
	stream_loop_free(loop);
	sink_free(&sink);
}

int
main(void)
{
	bytes = make_bytes(LEN, 5);
	enough(10, 3, false);
	enough(10, 10, false);
	enough(LEN, 3, false);
	enough(LEN, 100000, false);
	enough(LEN, 3, true);
	failing_end();
	failing_end_in_a_pipeline();
	free(bytes);
	return done();
}
