/* SPDX-License-Identifier: ISC */
/*
 * writable.c - the taking side: high water, drain, finish, written
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define LEN 5000

static struct stream_loop *loop;
static unsigned char *bytes;

/* --- A producer that heeds drain ------------------------------------------ */

struct producer {
	struct stream *s;
	struct witness w;
	size_t piece;
	size_t given;
	unsigned refusals; /* writes that returned 0 */
	unsigned drains;
	unsigned drains_unasked;
	unsigned not_empty;
	unsigned finish_early;
	unsigned over; /* buffered more than high water and a piece */
	bool waiting;
	struct sink sink;
};

static void
produce(struct producer *p)
{
	size_t high =
	    p->sink.high_water ? p->sink.high_water : STREAM_HIGH_WATER;
	int more = 1;

	while (more == 1 && p->given < LEN) {
		size_t n =
		    LEN - p->given < p->piece ? LEN - p->given : p->piece;
		more = write_poisoned(p->s, bytes + p->given, n);
		p->given += n;
		p->over +=
		    stream_buffered(p->s, STREAM_WRITABLE) >= high + p->piece;
	}
	if (more == 0) {
		p->refusals++;
		p->waiting = true;
		p->over += !(stream_state(p->s) & STREAM_NEED_DRAIN);
	}
	if (p->given == LEN)
		stream_end(p->s);
}

static void
drained(struct stream *s, void *arg)
{
	struct producer *p = arg;

	p->drains++;
	p->drains_unasked += !p->waiting;
	p->waiting = false;
	p->not_empty += stream_buffered(s, STREAM_WRITABLE) > 0;
	p->not_empty += (stream_state(s) & STREAM_NEED_DRAIN) != 0;
	if (p->given < LEN)
		produce(p);
}

static void
finished(struct stream *s, void *arg)
{
	struct producer *p = arg;

	p->w.finishes++;
	p->finish_early += p->sink.len < LEN || !p->sink.finals;
	p->finish_early += !(stream_state(s) & STREAM_WRITABLE);
}

static void
closed(struct stream *s, void *arg)
{
	struct producer *p = arg;

	(void)s;
	p->w.closes++;
}

static bool
produce_all(struct producer *p)
{
	struct stream_events events = {
		.drain = drained,
		.finish = finished,
		.close = closed,
	};
	bool good;

	loop = stream_loop_new();
	p->s = sink_new(loop, &p->sink);
	stream_on(p->s, &events, p);
	produce(p);
	run_loop(loop);
	good = p->sink.len == LEN && memcmp(p->sink.bytes, bytes, LEN) == 0 &&
	    p->w.finishes == 1 && p->w.closes == 1 && p->sink.finals == 1 &&
	    p->sink.destroys == 1 && p->sink.destroy_code == 0;
	stream_loop_free(loop);
	sink_free(&p->sink);
	return good;
}

static void
every_sink(void)
{
	static const size_t high_waters[] = { 1, 64, 0, 1 << 20 };
	static const size_t pieces[] = { 1, 40, LEN };
	unsigned cases = 0, good = 0, drains = 0, unasked = 0, not_empty = 0;
	unsigned early = 0, over = 0, refusals = 0;

	for (unsigned i = 0; i < 4 * 3 * 4 * 3; i++) {
		struct producer p = {
			.piece = pieces[i / 48],
			.sink = { .high_water = high_waters[i % 4],
			    .how = (enum sink_how)(i / 4 % 4),
			    .pace = (enum sink_pace)(i / 16 % 3),
			    .seed = i + 1 },
		};
		if (p.sink.pace == SINK_TIMEOUT && p.sink.how == SINK_ONE_BYTE)
			p.sink.pace = SINK_IMMEDIATE;
		cases++;
		good += produce_all(&p);
		drains += p.drains;
		unasked += p.drains_unasked;
		not_empty += p.not_empty;
		early += p.finish_early;
		over += p.over;
		/* The last may be answered by finish instead. */
		refusals += p.refusals - p.waiting;
	}
	is_int(
	    good, cases, "all bytes, one finish, one close, %u sinks", cases);
	is_int(drains, refusals, "a drain for each 0");
	is_int(unasked, 0, "and none without");
	is_int(not_empty, 0, "the queue is empty at a drain");
	is_int(early, 0, "finish comes after the last byte and final");
	is_int(over, 0, "no more is held than high water and a piece");
}

/* --- The million ---------------------------------------------------------- */

static struct {
	struct stream *s;
	unsigned left, drains;
} million;

static void
write_a_million(struct stream *s, void *arg)
{
	int more = 1;

	(void)arg;
	while (more && million.left > 0) {
		char line[16];
		int n = snprintf(line, sizeof(line), "%u\n", million.left--);
		more = stream_write(s, line, (size_t)n);
	}
	if (million.left == 0)
		stream_end(s);
	else
		million.drains++;
}

static void
a_million(void)
{
	struct stream_events events = { .drain = write_a_million };
	struct sink sink = { .high_water = 1024, .discard = true };
	size_t want = 0;

	for (unsigned i = 1; i <= 1000000; i++)
		want += (size_t)snprintf(NULL, 0, "%u\n", i);
	loop = stream_loop_new();
	million.left = 1000000;
	million.s = sink_new(loop, &sink);
	stream_on(million.s, &events, NULL);
	write_a_million(million.s, NULL);
	run_loop(loop);
	is_int(sink.len, (intmax_t)want,
	    "a million writes at a high water of 1 KiB all arrive");
	ok(million.drains > 1000, "in %u instalments", million.drains);
	stream_loop_free(loop);
}

/* --- Ends ----------------------------------------------------------------- */

static void
ends(void)
{
	struct sink sink = { .final_waits = 2 };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = sink_new(loop, &sink);
	ok(stream_state(s) & STREAM_WRITABLE, "a sink is writable");
	ok(!(stream_state(s) & STREAM_READABLE), "and nothing else");
	witness(s, &w, 0);
	is_int(stream_write(s, "abc", 3), 1, "it takes bytes");
	is_int(stream_end(s), 0, "and an end");
	ok(stream_end(s) == 0, "ending twice is harmless");
	is_int(stream_write(s, "x", 1), -EPIPE, "nothing is taken after");
	is_int(sink.writes, 0, "nothing is called before the loop runs");
	run_loop(loop);
	is_str(w.log, "finish close",
	    "a late write is the caller's error, "
	    "not the stream's");
	is_mem(sink.bytes, sink.len, "abc", 3, "what was taken is out");
	is_int(sink.finals, 3, "final may ask to be called again");
	stream_loop_free(loop);
	sink_free(&sink);

	loop = stream_loop_new();
	sink = (struct sink) { 0 };
	w = (struct witness) { 0 };
	witness(sink_new(loop, &sink), &w, 0);
	stream_write(sink.stream, "", 0);
	stream_end(sink.stream);
	run_loop(loop);
	is_str(w.log, "finish close", "an empty stream finishes too");
	is_int(sink.len, 0, "with nothing");
	stream_loop_free(loop);
}

/* A sink that is stuck keeps nobody waiting for a finish that cannot come. */
static void
stuck(void)
{
	struct sink sink = { .pace = SINK_STUCK, .high_water = 10 };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = sink_new(loop, &sink);
	witness(s, &w, 0);
	is_int(stream_write(s, "0123456789", 10), 0, "at high water: wait");
	ok(stream_state(s) & STREAM_NEED_DRAIN, "and the state says so");
	is_int(stream_write(s, "abc", 3), 0, "more is taken all the same");
	is_int(stream_buffered(s, STREAM_WRITABLE), 13, "and held");
	run_loop(loop);
	is_str(w.log, "", "a sink that waits tells nothing");
	is_int(sink.writes, 1, "it is not asked again unless it is ready");
	sink_release(&sink);
	run_loop(loop);
	is_str(w.log, "drain", "one drain for two refusals");
	is_int(stream_write(s, "x", 1), 1, "then it goes on");
	stream_end(s);
	run_loop(loop);
	is_str(w.log, "drain finish close", "to the finish");
	is_mem(sink.bytes, sink.len, "0123456789abcx", 14, "nothing is lost");
	stream_loop_free(loop);
	sink_free(&sink);
}

/* Many short writes should reach the sink together. */
static void
gathers(void)
{
	struct sink sink = { 0 };
	struct stream *s;
	static char piece[4096];

	loop = stream_loop_new();
	s = sink_new(loop, &sink);
	for (int i = 0; i < 10; i++)
		stream_write(s, piece, sizeof(piece));
	stream_end(s);
	run_loop(loop);
	is_int(sink.len, 40960, "ten writes arrive");
	ok(sink.writes < 10, "in %u calls", sink.writes);
	stream_loop_free(loop);
	sink_free(&sink);
}

/* --- stream_written ------------------------------------------------------- */

static struct {
	struct witness w;
	struct sink sink;
	size_t want[4];
	unsigned early;
} told;

static void
tell(int code, void *arg)
{
	char word[32];

	snprintf(word, sizeof(word), "%zu:%d", (size_t)arg, code);
	witness_log(&told.w, word);
	if (code == 0 && told.sink.len < (size_t)arg)
		told.early++;
}

static void
written(void)
{
	struct stream *s;

	loop = stream_loop_new();
	told.sink =
	    (struct sink) { .how = SINK_ONE_BYTE, .pace = SINK_IMMEDIATE };
	s = sink_new(loop, &told.sink);
	witness(s, &told.w, 0);
	stream_written(s, tell, (void *)0);
	stream_write(s, "abc", 3);
	stream_written(s, tell, (void *)3);
	stream_write(s, "defg", 4);
	stream_written(s, tell, (void *)7);
	stream_written(s, tell, (void *)7);
	stream_end(s);
	is_str(told.w.log, "", "written calls no one before the loop runs");
	run_loop(loop);
	is_str(told.w.log, "0:0 3:0 7:0 7:0 finish close",
	    "each is called in order, before finish");
	is_int(told.early, 0, "and after the bytes before it are out");
	stream_loop_free(loop);
	sink_free(&told.sink);

	loop = stream_loop_new();
	told.w = (struct witness) { 0 };
	told.sink = (struct sink) { .fail_code = -ENOSPC, .fail_at = 5 };
	s = sink_new(loop, &told.sink);
	witness(s, &told.w, 0);
	stream_write(s, "abc", 3);
	stream_written(s, tell, (void *)3);
	stream_write(s, "defg", 4);
	stream_written(s, tell, (void *)7);
	run_loop(loop);
	is_str(told.w.log, "3:0 7:-28 error(-28) close",
	    "what never got out is told with the error");
	stream_loop_free(loop);
	sink_free(&told.sink);

	loop = stream_loop_new();
	told.w = (struct witness) { 0 };
	told.sink = (struct sink) { .pace = SINK_STUCK };
	s = sink_new(loop, &told.sink);
	witness(s, &told.w, 0);
	stream_write(s, "abc", 3);
	stream_written(s, tell, (void *)3);
	run_loop(loop);
	stream_destroy(s, 0);
	run_loop(loop);
	ok(strncmp(told.w.log, "3:-", 3) == 0 &&
		strstr(told.w.log, " close") != NULL,
	    "or, destroyed without one, still as not out (%s)", told.w.log);
	stream_loop_free(loop);
	sink_free(&told.sink);
}

/* --- Errors of the sink --------------------------------------------------- */

static void
fails(size_t fail_at, int final_code, const char *want, const char *claim)
{
	struct sink sink = {
		.fail_at = fail_at,
		.fail_code = final_code ? 0 : -ENOSPC,
		.final_code = final_code,
		.how = SINK_HALF,
	};
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = sink_new(loop, &sink);
	witness(s, &w, 0);
	write_poisoned(s, bytes, LEN);
	stream_end(s);
	run_loop(loop);
	is_str(w.log, want, "%s", claim);
	is_int(sink.destroys, 1, "and destroy is called once");
	is_int(sink.destroy_code, final_code ? final_code : -ENOSPC,
	    "with the reason");
	is_str(w.error_stage, "sink", "the error names the stream");
	stream_loop_free(loop);
	sink_free(&sink);
}

int
main(void)
{
	bytes = make_bytes(LEN, 1);
	every_sink();
	a_million();
	ends();
	stuck();
	gathers();
	written();
	fails(0, 0, "error(-28) close", "the first write may fail");
	fails(LEN - 1, 0, "error(-28) close", "the last byte may fail");
	fails(0, -EDQUOT, "error(-122) close", "final may fail: no finish");
	free(bytes);
	return done();
}
