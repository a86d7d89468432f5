/* SPDX-License-Identifier: ISC */
/*
 * error.c - failing, destroying, and what is told of it
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;

/* --- Who is told ---------------------------------------------------------- */

static void
unhandled(void)
{
	struct source src = {
		.bytes = "abc", .len = 3, .fail_at = 1, .fail_code = -EIO
	};
	struct outcome o = { 0 };

	loop = stream_loop_new();
	stream_resume(source_new(loop, &src));
	is_int(run_loop(loop), -EIO,
	    "an error that nobody handles ends the loop with its code");
	stream_loop_free(loop);

	src = (struct source) {
		.bytes = "abc", .len = 3, .fail_at = 1, .fail_code = -EIO
	};
	loop = stream_loop_new();
	stream_on_unhandled(loop, outcome_set, &o);
	stream_resume(source_new(loop, &src));
	is_int(run_loop(loop), 0, "or is given to who asked for those");
	is_int(o.calls, 1, "once");
	is_int(o.code, -EIO, "with its code");
	is_str(o.stage, "source", "its stage");
	ok(strstr(o.text, "source") || o.text[0], "and a text (%s)", o.text);
	is_int(src.destroys, 1, "and the stream is destroyed");
	stream_loop_free(loop);
}

static void
fails_once(void)
{
	struct source src = { .bytes = "abc", .len = 3 };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = source_new(loop, &src);
	witness(s, &w, WITNESS_DATA);
	ok(stream_errored(s) == NULL, "a good stream has no error");
	stream_fail(s, -EILSEQ, "line %d: not a number", 3);
	stream_fail(s, -EIO, "too late");
	stream_destroy(s, -ENOSPC);
	is_str(w.log, "", "failing calls no one before the loop runs");
	ok(stream_errored(s) != NULL, "the error can be asked for");
	ok(stream_state(s) & STREAM_DESTROYED, "and the state tells");
	run_loop(loop);
	is_str(w.log, "error(-84) close",
	    "the first error wins, is told once, "
	    "then close");
	ok(strstr(w.error_text, "line 3: not a number") != NULL,
	    "with the text it was given");
	is_int(src.destroy_code, -EILSEQ, "destroy gets the code");
	stream_loop_free(loop);
}

static void
destroyed_quietly(void)
{
	struct source src = { .bytes = "abc", .len = 3 };
	struct sink sink = { 0 };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = source_new(loop, &src);
	witness(s, &w, WITNESS_DATA);
	stream_push(s, "x", 1);
	stream_destroy(s, 0);
	stream_destroy(s, 0);
	run_loop(loop);
	is_str(w.log, "close", "destroyed with 0: close, no error, no data");
	is_int(src.destroys, 1, "self is released once");
	stream_loop_free(loop);

	w = (struct witness) { 0 };
	loop = stream_loop_new();
	s = sink_new(loop, &sink);
	witness(s, &w, 0);
	stream_write(s, "x", 1);
	stream_destroy(s, -EIO);
	ok(stream_write(s, "y", 1) < 0, "a destroyed stream takes nothing");
	run_loop(loop);
	is_str(w.log, "error(-5) close", "with an error: no finish");
	is_int(sink.len, 0, "what waited is not written");
	stream_loop_free(loop);
}

/* --- Calls on a stream that is gone, or never was ------------------------- */

static void
after_destroy(void)
{
	struct source src = { .bytes = "abc", .len = 3 };
	struct witness w = { 0 };
	struct stream *s;
	char buf[4];

	loop = stream_loop_new();
	s = source_new(loop, &src);
	witness(s, &w, 0);
	stream_destroy(s, -EIO);
	ok(stream_push(s, "x", 1) < 0, "nothing can be pushed to it");
	ok(stream_push_end(s) < 0, "nor ended");
	ok(stream_read(s, buf, 4) < 0, "nothing can be read");
	stream_resume(s);
	stream_pause(s);
	stream_ready(s);
	run_loop(loop);
	is_str(w.log, "error(-5) close", "which changes nothing");
	stream_loop_free(loop);
}

static void
null_streams(void)
{
	struct stream_events events = { .data = NULL };
	struct stream_link_stats stats;
	char b[1] = { 'x' };
	int bad = 0;

	bad += stream_push(NULL, b, 1) != -ENOMEM;
	bad += stream_push_end(NULL) != -ENOMEM;
	bad += stream_commit(NULL, 0) != -ENOMEM;
	bad += stream_pass(NULL, b, 0) != -ENOMEM;
	bad += stream_on(NULL, &events, NULL) != -ENOMEM;
	bad += stream_read(NULL, b, 1) != -ENOMEM;
	bad += stream_write(NULL, b, 1) != -ENOMEM;
	bad += stream_end(NULL) != -ENOMEM;
	bad += stream_pipe(NULL, NULL, NULL) != -ENOMEM;
	bad += stream_unpipe(NULL, NULL) != -ENOMEM;
	bad += stream_link_stats(NULL, NULL, &stats) != -ENOMEM;
	is_int(bad, 0, "every call takes NULL and answers -ENOMEM");
	ok(stream_reserve(NULL, 1) == NULL, "or NULL");
	stream_pause(NULL);
	stream_resume(NULL);
	stream_ready(NULL);
	stream_destroy(NULL, -EIO);
	stream_fail(NULL, -EIO, "x");
	stream_errored(NULL);
	stream_state(NULL);
	stream_buffered(NULL, STREAM_READABLE);
	stream_name(NULL);
	stream_self(NULL);
	stream_fileno(NULL);
	stream_loop_of(NULL);
	ok(1, "or does nothing");
}

/* --- Destroyed inside its own callbacks ----------------------------------- */

static struct witness inside;

static void
destroy_in_data(struct stream *s, const void *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len, (void)arg;
	witness_log(&inside, "data");
	stream_destroy(s, 0);
}

static void
note_end(struct stream *s, void *arg)
{
	(void)s, (void)arg;
	witness_log(&inside, "end");
}

static void
note_close(struct stream *s, void *arg)
{
	(void)s, (void)arg;
	witness_log(&inside, "close");
}

static void
destroy_inside(void)
{
	struct stream_events events = {
		.data = destroy_in_data,
		.end = note_end,
		.close = note_close,
	};
	struct source src = {
		.bytes = "abc", .len = 3, .how = SOURCE_ONE_BYTE
	};

	loop = stream_loop_new();
	stream_on(source_new(loop, &src), &events, NULL);
	run_loop(loop);
	is_str(inside.log, "data close", "destroyed in data: no more of it");
	stream_loop_free(loop);
}

/* A source that fails after what it gave: the data may come, no end may. */
static void
data_then_error(void)
{
	struct source src = { .bytes = "abcdef",
		.len = 6,
		.how = SOURCE_ONE_BYTE,
		.fail_at = 4,
		.fail_code = -ETIMEDOUT };
	struct witness w = { 0 };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w, WITNESS_DATA);
	run_loop(loop);
	is_int(w.ends, 0, "a source that fails has no end");
	is_int(w.errors, 1, "one error");
	ok(w.len <= 4 && memcmp(w.bytes, "abcd", w.len) == 0,
	    "and at most what it gave before");
	ok(strstr(w.log, "error(-110) close") != NULL, "error, then close");
	witness_free(&w);
	stream_loop_free(loop);
}

/* --- Constructors --------------------------------------------------------- */

static void
constructors_fail_later(void)
{
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_open(loop, "/nonexistent/file", 0);
	ok(s != NULL, "opening what is not there gives a stream");
	ok(stream_errored(s) != NULL && stream_errored(s)->code == -ENOENT,
	    "that has failed already");
	witness(s, &w, 0);
	run_loop(loop);
	is_str(w.log, "error(-2) close", "and tells so from the loop");
	is_str(w.error_stage, "/nonexistent/file", "named as the file");
	ok(strstr(w.error_text, "No such file") != NULL,
	    "with a text for a person (%s)", w.error_text);
	stream_loop_free(loop);

	loop = stream_loop_new();
	w = (struct witness) { 0 };
	witness(stream_fd(loop, 987, "gone"), &w, 0);
	run_loop(loop);
	is_str(w.log, "error(-9) close",
	    "so does a descriptor that is not "
	    "open");
	stream_loop_free(loop);
}

int
main(void)
{
	unhandled();
	fails_once();
	destroyed_quietly();
	after_destroy();
	null_streams();
	destroy_inside();
	data_then_error();
	constructors_fail_later();
	return done();
}
