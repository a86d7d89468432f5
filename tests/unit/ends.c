/* SPDX-License-Identifier: ISC */
/*
 * ends.c - streams that end before their input does, and ends that are failures
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;
static unsigned char *bytes;

/* Passes so many bytes on and says that this was all, as head(1) does. */
struct head {
	size_t want;
	const char *error; /* the end is a failure, with this text */
	unsigned destroys;
};

static int
say_end(struct stream *s, const struct head *h)
{
	if (h->error != NULL)
		return stream_push_error(s, -EBADMSG, "%s", h->error);
	return stream_push_end(s);
}

static ssize_t
head_transform(struct stream *s, const void *from, size_t len, int last)
{
	struct head *h = stream_self(s);
	size_t n = len < h->want ? len : h->want;

	(void)last;
	(void)stream_pass(s, from, n);
	h->want -= n;
	if (h->want == 0)
		(void)say_end(s, h);
	return (ssize_t)n;
}

static void
head_destroy(struct stream *s, int code)
{
	struct head *h = stream_self(s);

	(void)code;
	h->destroys++;
}

static struct stream *
head_new(struct head *h)
{
	struct stream_ops ops = {
		.name = "head",
		.transform = head_transform,
		.destroy = head_destroy,
	};

	return stream_new(loop, &ops, h, 100);
}

/* So many of len bytes, through a head, to a sink; what came of it. */
static struct outcome
run_head(struct source *src, struct head *h, struct sink *sink)
{
	struct outcome o = { .code = 1 };

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, src), head_new(h),
	    sink_new(loop, sink));
	is_int(run_loop(loop), 0, "the loop ends well");
	stream_loop_free(loop);
	is_int(o.calls, 1, "done is called once");
	is_int(src->destroys, 1, "the source is destroyed once");
	is_int(h->destroys, 1, "the transform too");
	is_int(sink->destroys, 1, "the sink too");
	return o;
}

static void
early_end(size_t len, size_t want, bool endless, enum sink_pace pace)
{
	struct source src = {
		.bytes = bytes, .len = len, .endless = endless, .high_water = 64
	};
	struct head h = { .want = want };
	struct sink sink = { .pace = pace, .how = SINK_HALF, .high_water = 10 };
	struct outcome o = run_head(&src, &h, &sink);

	is_int(o.code, 0, "%zu of %zu%s bytes: the pipeline succeeds", want,
	    len, endless ? " endless" : "");
	is_int(sink.finals, 1, "its last stage came to its end");
	ok(same_bytes(sink.bytes, sink.len, bytes, want),
	    "all that was passed on has come out");
	sink_free(&sink);
}

static void
end_that_fails(enum sink_pace pace)
{
	struct source src = { .bytes = bytes, .len = 5000, .high_water = 64 };
	struct head h = { .want = 1234, .error = "there should be more" };
	struct sink sink = { .pace = pace, .how = SINK_HALF, .high_water = 10 };
	struct outcome o = run_head(&src, &h, &sink);

	is_int(o.code, -EBADMSG, "a failing end fails the pipeline");
	is_int(o.index, 1, "as the failure of that stage");
	is_str(o.text, "head: there should be more", "with its text");
	is_int(sink.finals, 0, "what comes after it never saw an end");
	sink_free(&sink);
}

static void
end_that_fails_is_read_up_to(void)
{
	struct head h = { .want = 300, .error = "cut" };
	struct witness w = { .log = "" };
	struct stream *s;

	loop = stream_loop_new();
	s = head_new(&h);
	witness(s, &w, WITNESS_DATA);
	write_poisoned(s, bytes, 1000);
	is_int(run_loop(loop), 0, "an error that is listened to");
	stream_loop_free(loop);
	is_str(w.log, "data error(-74) close",
	    "data first, then the error, no end and no finish");
	ok(same_bytes(w.bytes, w.len, bytes, 300), "all data, to the byte");
	witness_free(&w);
}

static void
writing_after_an_early_end(void)
{
	struct head h = { .want = 3 };
	struct witness w = { .log = "" };
	struct stream *s;

	loop = stream_loop_new();
	s = head_new(&h);
	witness(s, &w, 0);
	write_poisoned(s, bytes, 10);
	(void)stream_loop_turn(loop, 0);
	is_int(stream_write(s, bytes, 1), -EPIPE,
	    "after its end it takes no more");
	stream_resume(s);
	is_int(run_loop(loop), 0, "which is no error of the stream");
	stream_loop_free(loop);
	is_str(w.log, "finish end close", "it ends once it is read");
	witness_free(&w);
}

int
main(void)
{
	bytes = make_bytes(100000, 7);
	for (enum sink_pace pace = SINK_AT_ONCE; pace <= SINK_TIMEOUT; pace++) {
		early_end(10, 3, false, pace);
		early_end(100000, 3, false, pace);
		early_end(100000, 5000, false, pace);
		early_end(100, 100, false, pace);
		early_end(1000, 150, true, pace);
		end_that_fails(pace);
	}
	end_that_fails_is_read_up_to();
	writing_after_an_early_end();
	free(bytes);
	return done();
}
