/* SPDX-License-Identifier: ISC */
/*
 * transform.c - what goes in is changed and comes out, whatever the pieces
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "sources.h"
#include "tap.h"

#define LEN 3000

static struct stream_loop *loop;
static unsigned char *bytes;

/* Source, stage, sink: true if want came out and all went well. */
static bool
runs(struct stream *stage, struct source *src, struct sink *sink,
    const void *want, size_t want_len)
{
	struct outcome o = { .code = 1 };
	bool good;

	STREAM_PIPELINE(outcome_set, &o, source_new(loop, src), stage,
	    sink_new(loop, sink));
	good = run_loop(loop) == 0 && o.calls == 1 && o.code == 0 &&
	    same_bytes(sink->bytes, sink->len, want, want_len);
	if (!good)
		diag("outcome %u calls, %d %s %s; %zu bytes, wanted %zu",
		    o.calls, o.code, o.stage, o.text, sink->len, want_len);
	stream_loop_free(loop);
	sink_free(sink);
	return good;
}

/* The i-th of many ways to split, to take and to hold. */
static void
choose(unsigned i, struct source *src, struct sink *sink, size_t *high_water)
{
	static const size_t high_waters[] = { 1, 10, 0, 1 << 20 };

	*high_water = high_waters[i % 4];
	*src = (struct source) { .bytes = bytes,
		.len = LEN,
		.how = (enum source_how)(i / 4 % 5),
		.seed = i + 1,
		.late = i % 3 == 0,
		.high_water = high_waters[i / 3 % 4] };
	*sink = (struct sink) { .how = (enum sink_how)(i / 2 % 4),
		.pace = i % 7 == 0 ? SINK_IMMEDIATE : SINK_AT_ONCE,
		.seed = i + 1,
		.high_water = high_waters[i / 7 % 4] };
}

static void
copies(void)
{
	static const char *const names[] = { "pushed", "produced in place",
		"passed by reference", "used one at a time" };
	unsigned n = rounds(100, 2000);

	for (int how = 0; how < COPY_KINDS; how++) {
		unsigned good = 0;
		for (unsigned i = 0; i < n; i++) {
			struct source src;
			struct sink sink;
			size_t high;
			choose(i, &src, &sink, &high);
			loop = stream_loop_new();
			good +=
			    runs(copier_new(loop, (enum copier_how)how, high),
				&src, &sink, bytes, LEN);
		}
		is_int(good, n, "bytes %s come out as they went in, %u ways",
		    names[how], n);
	}
}

static void
expands(bool reserve)
{
	struct expander e = { 0 };
	size_t want_len;
	unsigned char *want = expanded(&e, bytes, LEN, &want_len);
	unsigned n = rounds(40, 1000);
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++) {
		struct source src;
		struct sink sink;
		size_t high;
		choose(i, &src, &sink, &high);
		if (sink.how == SINK_ONE_BYTE)
			sink.how = SINK_HALF;
		loop = stream_loop_new();
		e = (struct expander) { .reserve = reserve };
		good += runs(expander_new(loop, &e, high), &src, &sink, want,
			    want_len) &&
		    e.destroys == 1;
	}
	is_int(good, n, "each byte becomes 1 to 255 of itself, %u ways%s", n,
	    reserve ? ", in place" : "");
	free(want);
}

static void
shrinks(void)
{
	unsigned char want[LEN / 7 + 1];
	unsigned n = rounds(40, 1000);
	unsigned good = 0;
	size_t len = 0;

	for (size_t i = 0; i < LEN; i += 7)
		want[len++] = bytes[i];
	for (unsigned i = 0; i < n; i++) {
		struct shrinker s = { .one_in = 7 };
		struct source src;
		struct sink sink;
		size_t high;
		choose(i, &src, &sink, &high);
		loop = stream_loop_new();
		good +=
		    runs(shrinker_new(loop, &s, high), &src, &sink, want, len);
	}
	is_int(good, n, "one byte in seven is kept, %u ways", n);
}

/* --- A thousandfold with nobody reading ----------------------------------- */

static void
bounded(void)
{
	struct expander e = { .factor = 1000000 };
	struct stream *s;

	loop = stream_loop_new();
	s = expander_new(loop, &e, 4096);
	stream_write(s, bytes, 100);
	stream_end(s);
	run_loop(loop);
	ok(e.most_buffered <= 4096 + 64 && e.most_buffered > 0,
	    "a millionfold that nobody reads holds %zu bytes at 4 KiB",
	    e.most_buffered);
	stream_resume(s);
	run_loop(loop);
	ok(e.most_buffered <= 4096 + 64, "nor more when it is read (%zu)",
	    e.most_buffered);
	is_int(e.destroys, 1, "and it comes to its end");
	stream_loop_free(loop);
}

/* --- Blocks: stream_want() ------------------------------------------------ */

struct blocks {
	size_t size;
	unsigned short_calls; /* less than was wanted, and not the last */
	unsigned lasts;
	unsigned after_last;
};

/* Reverses each block of a fixed size; the last may be shorter. */
static ssize_t
reverse_block(struct stream *s, const void *in, size_t len, int last)
{
	struct blocks *b = stream_self(s);
	const unsigned char *p = in;
	size_t n = len < b->size ? len : b->size;
	unsigned char *out;
	int r;

	b->after_last += b->lasts > 0 && !last;
	b->lasts += last != 0;
	if (n < b->size && !last)
		return stream_want(s, b->size);
	out = stream_reserve(s, n);
	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		out[i] = p[n - 1 - i];
	r = stream_commit(s, n);
	return r < 0 ? r : (ssize_t)n;
}

static void
wants(size_t size)
{
	static const struct stream_ops ops = { .name = "blocks",
		.transform = reverse_block };
	unsigned char want[LEN];
	unsigned n = rounds(40, 1000);
	unsigned good = 0, late = 0;

	for (size_t i = 0; i < LEN; i++) {
		size_t at = i / size * size;
		size_t len = LEN - at < size ? LEN - at : size;
		want[i] = bytes[at + len - 1 - (i - at)];
	}
	for (unsigned i = 0; i < n; i++) {
		struct blocks b = { .size = size };
		struct source src;
		struct sink sink;
		size_t high;
		choose(i, &src, &sink, &high);
		loop = stream_loop_new();
		good += runs(
		    stream_new(loop, &ops, &b, high), &src, &sink, want, LEN);
		late += b.after_last;
	}
	is_int(good, n, "blocks of %zu are whole, %u ways", size, n);
	is_int(late, 0, "last is said of the last bytes only");
}

/* --- Time: stream_wait() -------------------------------------------------- */

static ssize_t
one_a_millisecond(struct stream *s, const void *in, size_t len, int last)
{
	unsigned *calls = stream_self(s);

	(void)len, (void)last;
	if ((*calls)++ % 2 == 0)
		return stream_wait(s, 1000000);
	stream_push(s, in, 1);
	return 1;
}

static uint64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
waits(void)
{
	static const struct stream_ops ops = { .name = "slow",
		.transform = one_a_millisecond };
	struct source src = { .bytes = bytes, .len = 30 };
	struct sink sink = { 0 };
	unsigned calls = 0;
	uint64_t before;

	loop = stream_loop_new();
	before = clock_now();
	ok(runs(stream_new(loop, &ops, &calls, 0), &src, &sink, bytes, 30),
	    "a transform may wait between its bytes");
	ok(clock_now() - before >= 30u * 1000000,
	    "and is not called before its time");
	ok(calls <= 2 * 30 + 2, "nor more often than needed (%u)", calls);
}

/* --- -EAGAIN and stream_ready() ------------------------------------------- */

static void
be_ready(void *arg)
{
	stream_ready(arg);
}

static ssize_t
later(struct stream *s, const void *in, size_t len, int last)
{
	unsigned *calls = stream_self(s);

	(void)last;
	if ((*calls)++ % 2 == 0) {
		stream_set_immediate(stream_loop_of(s), be_ready, s);
		return -EAGAIN;
	}
	len = len < 100 ? len : 100;
	return stream_push(s, in, len) < 0 ? -EIO : (ssize_t)len;
}

static int
flush_thrice(struct stream *s)
{
	unsigned *calls = stream_self(s);

	if (stream_push(s, "!", 1) < 0)
		return -EIO;
	*calls += 1000;
	return *calls < 3000;
}

static int
flush_later(struct stream *s)
{
	unsigned *calls = stream_self(s);

	*calls += 1000;
	if (*calls < 2000) {
		stream_set_immediate(stream_loop_of(s), be_ready, s);
		return -EAGAIN;
	}
	return stream_push(s, "!!!", 3) < 0 ? -EIO : 0;
}

static void
tries_again(void)
{
	static const struct stream_ops thrice = {
		.name = "later",
		.transform = later,
		.flush = flush_thrice,
	};
	static const struct stream_ops deferred = {
		.name = "later",
		.transform = later,
		.flush = flush_later,
	};
	unsigned char want[LEN + 3];
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { 0 };
	unsigned calls = 0;

	memcpy(want, bytes, LEN);
	memcpy(want + LEN, "!!!", 3);
	loop = stream_loop_new();
	ok(runs(stream_new(loop, &thrice, &calls, 1), &src, &sink, want,
	       LEN + 3),
	    "-EAGAIN waits for stream_ready(); flush may ask to go on");
	calls = 0;
	src = (struct source) { .bytes = "", .len = 0 };
	sink = (struct sink) { 0 };
	loop = stream_loop_new();
	ok(runs(stream_new(loop, &deferred, &calls, 1), &src, &sink, "!!!", 3),
	    "flush may wait too, and runs though nothing came");
}

/* --- Errors and ends ------------------------------------------------------ */

static ssize_t
refuse(struct stream *s, const void *in, size_t len, int last)
{
	(void)s, (void)in, (void)len, (void)last;
	return -EILSEQ;
}

static int
refuse_flush(struct stream *s)
{
	(void)s;
	return -EILSEQ;
}

static void
fails(const struct stream_ops *ops, const char *in, const char *claim)
{
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, ops, NULL, 0);
	witness(s, &w, WITNESS_DATA);
	stream_write(s, in, strlen(in));
	stream_end(s);
	run_loop(loop);
	is_str(w.log, "error(-84) close", "%s: no end, no finish", claim);
	is_str(w.error_stage, "refuser", "and is named");
	witness_free(&w);
	stream_loop_free(loop);
}

static void
errors(void)
{
	static const struct stream_ops ops = {
		.name = "refuser", .transform = refuse, .flush = refuse_flush
	};

	fails(&ops, "abc", "a transform may fail");
	fails(&ops, "", "flush may fail");
}

static void
order_of_ends(void)
{
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = copier_new(loop, COPY_PUSH, 0);
	ok((stream_state(s) & (STREAM_READABLE | STREAM_WRITABLE)) ==
		(STREAM_READABLE | STREAM_WRITABLE),
	    "a transform is readable and writable");
	witness(s, &w, WITNESS_DATA);
	stream_write(s, "abc", 3);
	stream_end(s);
	run_loop(loop);
	ok(w.ends == 1 && w.finishes == 1 && w.closes == 1 && w.errors == 0,
	    "it ends and finishes, then closes (%s)", w.log);
	is_mem(w.bytes, w.len, "abc", 3, "with all its bytes");
	witness_free(&w);
	stream_loop_free(loop);

	w = (struct witness) { 0 };
	loop = stream_loop_new();
	s = copier_new(loop, COPY_PUSH, 0);
	witness(s, &w, 0);
	stream_write(s, "abc", 3);
	stream_end(s);
	run_loop(loop);
	is_int(w.ends + w.closes, 0, "not read, it has no end and stays open");
	stream_resume(s);
	run_loop(loop);
	is_int(w.ends + w.closes, 2, "until it is");
	stream_loop_free(loop);
}

/* A writer faster than its reader is told to wait. */
static void
backpressure(void)
{
	struct stream *s;
	struct witness w = { 0 };
	int more = 1;
	size_t given = 0;

	loop = stream_loop_new();
	s = copier_new(loop, COPY_PASS, 1000);
	witness(s, &w, 0);
	for (int i = 0; i < 100; i++) {
		while (more == 1) {
			more = stream_write(s, bytes, 100);
			given += 100;
		}
		run_loop(loop);
		if (w.drains == 0)
			break;
		w.drains = 0;
		more = 1;
	}
	ok(given <= 4000,
	    "a transform that is not read stops its writer "
	    "(after %zu)",
	    given);
	ok(stream_buffered(s, STREAM_READABLE) <= 2000 &&
		stream_buffered(s, STREAM_WRITABLE) <= 2000,
	    "each side holds its high water and a chunk at most");
	stream_destroy(s, 0);
	run_loop(loop);
	stream_loop_free(loop);
}

/* Full when the end comes, and emptied later: the flush must not be lost. */
static void
end_while_full(void)
{
	struct stream *s;
	struct witness w = { 0 };

	loop = stream_loop_new();
	s = copier_new(loop, COPY_PUSH, 100);
	witness(s, &w, 0);
	stream_write(s, bytes, 100);
	run_loop(loop);
	is_int(stream_buffered(s, STREAM_READABLE), 100, "it is full");
	stream_end(s);
	run_loop(loop);
	is_str(w.log, "drain", "when the end comes");
	stream_resume(s);
	run_loop(loop);
	is_int(
	    w.ends + w.finishes + w.closes, 3, "emptied, it ends (%s)", w.log);
	stream_loop_free(loop);
}

int
main(void)
{
	bytes = make_bytes(LEN, 1);
	end_while_full();
	copies();
	expands(false);
	expands(true);
	shrinks();
	bounded();
	wants(7);
	wants(1000);
	wants(2 * LEN);
	waits();
	tries_again();
	errors();
	order_of_ends();
	backpressure();
	free(bytes);
	return done();
}
