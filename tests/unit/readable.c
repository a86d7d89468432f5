/* SPDX-License-Identifier: ISC */
/*
 * readable.c - the giving side: flowing, paused, pushed to, held up
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define LEN 5000

static struct stream_loop *loop;
static unsigned char *bytes;

/* --- Every kind of source, read in every way ------------------------------ */

struct tally {
	unsigned cases, same, once, ordered, called_full, called_ended;
};

static bool
is_prefix_ordered(const char *log)
{
	return strcmp(log, "data end close") == 0;
}

static void
read_one(struct tally *t, struct source src, int what)
{
	struct witness w = { 0 };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w, what);
	run_loop(loop);
	t->cases++;
	t->same += same_bytes(w.bytes, w.len, bytes, src.len);
	t->once += w.ends == 1 && w.closes == 1 && w.errors == 0 &&
	    src.destroys == 1 && src.destroy_code == 0;
	t->ordered += is_prefix_ordered(w.log);
	t->called_full += src.reads_at_high;
	t->called_ended += src.reads_after_end;
	witness_free(&w);
	stream_loop_free(loop);
}

static void
read_every_way(int what, const char *way)
{
	static const size_t high_waters[] = { 1, 7, 1000, 0, 1 << 20 };
	struct tally t = { 0 };

	for (int how = SOURCE_WANTED; how <= SOURCE_ALL; how++)
		for (int flags = 0; flags < 4; flags++)
			for (int h = 0; h < 5; h++)
				read_one(&t,
				    (struct source) {
					.bytes = bytes,
					.len = LEN,
					.how = (enum source_how)how,
					.late = flags & 1,
					.end_with_data = flags & 2,
					.high_water = high_waters[h],
					.seed = (uint64_t)(h + 1),
				    },
				    what);
	is_int(t.same, t.cases, "%s: every byte once, in order", way);
	is_int(t.once, t.cases, "%s: one end, one close, no error", way);
	is_int(t.ordered, t.cases, "%s: end after the last data", way);
	is_int(t.called_full, 0, "%s: read is not called at high water", way);
	is_int(t.called_ended, 0, "%s: nor after the end", way);
}

/* --- Starting ------------------------------------------------------------- */

static void
starts_paused(void)
{
	struct source src = { .bytes = bytes, .len = LEN };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = source_new(loop, &src);
	ok(stream_state(s) & STREAM_READABLE, "a source is readable");
	ok(!(stream_state(s) & (STREAM_WRITABLE | STREAM_FLOWING)),
	    "and nothing else, nor flowing");
	witness(s, &w, 0);
	run_loop(loop);
	is_int(w.data + w.ends + w.closes, 0, "a new stream gives nothing");
	is_int(src.reads, 0, "and asks for nothing, listened to or not");
	stream_resume(s);
	ok(stream_state(s) & STREAM_FLOWING, "resuming sets it flowing");
	is_int(w.ends, 0, "which calls no one back before the loop runs");
	run_loop(loop);
	is_str(w.log, "end close", "with no data listener all is discarded");
	is_int(src.given, LEN, "to the last byte");
	stream_loop_free(loop);
}

static void
data_sets_flowing(void)
{
	struct source src = { .bytes = bytes, .len = LEN };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = source_new(loop, &src);
	witness(s, &w, WITNESS_DATA);
	ok(stream_state(s) & STREAM_FLOWING, "asking for data sets it flowing");
	stream_pause(s);
	ok(!(stream_state(s) & STREAM_FLOWING), "pausing stops that");
	run_loop(loop);
	is_int(w.data + w.ends, 0, "a paused stream gives no data and no end");
	ok(stream_buffered(s, STREAM_READABLE) <= 2 * STREAM_HIGH_WATER,
	    "it holds no more than its high water and a chunk");
	stream_resume(s);
	run_loop(loop);
	is_mem(w.bytes, w.len, bytes, LEN, "resumed, it gives everything");
	is_str(w.log, "data end close", "and ends");
	witness_free(&w);
	stream_loop_free(loop);
}

/* --- Pausing inside data -------------------------------------------------- */

static struct {
	struct witness w;
	unsigned while_paused;
	bool paused;
	unsigned pauses;
} stutter;

static void
go_on(void *arg)
{
	stutter.paused = false;
	stream_resume(arg);
}

static void
pause_at_each(struct stream *s, const void *data, size_t len, void *arg)
{
	(void)arg;
	stutter.while_paused += stutter.paused;
	stutter.w.bytes = realloc(stutter.w.bytes, stutter.w.len + len);
	memcpy(stutter.w.bytes + stutter.w.len, data, len);
	stutter.w.len += len;
	stutter.paused = true;
	stutter.pauses++;
	stream_pause(s);
	stream_set_immediate(stream_loop_of(s), go_on, s);
}

static void
end_while_paused(struct stream *s, void *arg)
{
	(void)s, (void)arg;
	stutter.while_paused += stutter.paused;
	stutter.w.ends++;
}

static void
pause_in_data(void)
{
	struct stream_events events = {
		.data = pause_at_each,
		.end = end_while_paused,
	};
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_RANDOM,
		.seed = 5,
		.high_water = 64 };

	loop = stream_loop_new();
	stream_on(source_new(loop, &src), &events, NULL);
	run_loop(loop);
	is_int(stutter.while_paused, 0,
	    "pausing inside a data callback stops at once");
	is_mem(stutter.w.bytes, stutter.w.len, bytes, LEN,
	    "stop and go %u times loses nothing", stutter.pauses);
	is_int(stutter.w.ends, 1, "and ends once");
	witness_free(&stutter.w);
	stream_loop_free(loop);
}

/* --- Reading -------------------------------------------------------------- */

static struct {
	size_t len;
	unsigned again, readable, told, zero, after_zero;
	bool waiting;
} sip;

/* Two bytes at a time, though more may wait. */
static void
sip_some(struct stream *s, void *arg)
{
	unsigned char buf[2];
	ssize_t n;

	(void)arg;
	sip.readable++;
	sip.waiting = false;
	while ((n = stream_read(s, buf, sizeof(buf))) > 0) {
		if (memcmp(buf, bytes + sip.len, (size_t)n) != 0)
			sip.len += 1 << 20;
		sip.len += (size_t)n;
	}
	if (n == -EAGAIN) {
		sip.again++;
		sip.waiting = true;
	}
	if (n == 0)
		sip.zero++;
}

static void
sip_end(struct stream *s, void *arg)
{
	char buf[2];

	(void)arg;
	sip.waiting = false;
	sip.after_zero += stream_read(s, buf, 2) == 0;
	sip.after_zero += stream_read(s, buf, 2) == 0;
}

static void
read_by_hand(bool late)
{
	struct stream_events events = { .readable = sip_some, .end = sip_end };
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_RANDOM,
		.seed = 9,
		.late = late,
		.high_water = 100 };
	struct stream *s;

	memset(&sip, 0, sizeof(sip));
	loop = stream_loop_new();
	s = source_new(loop, &src);
	stream_on(s, &events, NULL);
	ok(!(stream_state(s) & STREAM_FLOWING),
	    "asking for readable leaves "
	    "it paused");
	run_loop(loop);
	is_int(sip.len, LEN, "reading by twos gets every byte");
	ok(!sip.waiting, "after -EAGAIN readable or end has come");
	is_int(sip.after_zero, 2, "at the end it reads 0, for ever");
	stream_loop_free(loop);
}

/* Never reading must hold the source up. */
static void
held_up(size_t high_water)
{
	struct source src = { .bytes = bytes,
		.len = LEN,
		.endless = true,
		.how = SOURCE_ONE_BYTE,
		.high_water = high_water };
	struct witness w = { 0 };
	struct stream *s;
	char buf[1];

	loop = stream_loop_new();
	s = source_new(loop, &src);
	is_int(stream_read(s, buf, 1), -EAGAIN, "nothing is there at first");
	run_loop(loop);
	ok(src.given <= high_water + 1 && src.given > 0,
	    "one that is not read gets %zu bytes, then is left alone",
	    src.given);
	witness(s, &w, 0);
	stream_destroy(s, 0);
	run_loop(loop);
	is_str(w.log, "close", "destroyed without an error it only closes");
	stream_loop_free(loop);
}

/* From paused reading to flowing, half way. */
static struct stream *turned;
static struct witness turned_to;
static size_t read_before;

static void
read_then_flow(struct stream *s, void *arg)
{
	unsigned char buf[10];
	ssize_t n = stream_read(s, buf, sizeof(buf));

	(void)arg;
	if (n > 0)
		read_before += (size_t)n;
	witness(s, &turned_to, WITNESS_DATA);
	stream_resume(s);
}

static void
readable_then_flowing(void)
{
	struct stream_events events = { .readable = read_then_flow };
	struct source src = { .bytes = bytes, .len = LEN, .high_water = 50 };

	loop = stream_loop_new();
	turned = source_new(loop, &src);
	stream_on(turned, &events, NULL);
	run_loop(loop);
	is_mem(turned_to.bytes, turned_to.len, bytes + read_before,
	    LEN - read_before, "one read by hand can be set flowing");
	is_str(turned_to.log, "data end close", "and ends as any other");
	witness_free(&turned_to);
	stream_loop_free(loop);
}

/* --- Pushing -------------------------------------------------------------- */

static int
reads_nothing(struct stream *s, size_t want)
{
	(void)want;
	*(unsigned *)stream_self(s) += 1;
	return 0;
}

static void
pushing(void)
{
	unsigned reads = 0;
	struct stream_ops ops = { .read = reads_nothing };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, &ops, &reads, 10);
	is_int(push_poisoned(s, "12345", 5), 1,
	    "below high water more is "
	    "welcome");
	is_int(push_poisoned(s, "67890", 5), 0, "at high water it is not");
	is_int(push_poisoned(s, "abcde", 5), 0, "but still taken");
	is_int(stream_buffered(s, STREAM_READABLE), 15, "and held");
	ok(stream_push(s, "", 0) >= 0, "no bytes may be pushed");
	is_int(stream_push_end(s), 0, "then the end");
	is_int(stream_push(s, "x", 1), -EPIPE, "after which nothing may be");
	is_int(stream_write(s, "x", 1) < 0, 1,
	    "nor written to what only "
	    "gives");
	witness(s, &w, WITNESS_DATA);
	run_loop(loop);
	is_mem(w.bytes, w.len, "1234567890abcde", 15, "what was pushed comes");
	is_str(w.log, "data end close", "and ends, with no error");
	is_int(reads, 0, "without having been asked for");
	witness_free(&w);
	stream_loop_free(loop);
}

static void
push_nothing_is_no_end(void *arg)
{
	stream_push(arg, "later", 5);
	stream_push_end(arg);
}

static void
empty_push(void)
{
	unsigned reads = 0;
	struct stream_ops ops = { .read = reads_nothing };
	struct witness w = { 0 };
	struct stream *s;

	loop = stream_loop_new();
	s = stream_new(loop, &ops, &reads, 10);
	witness(s, &w, WITNESS_READABLE);
	stream_push(s, "", 0);
	stream_set_timeout(loop, 2000000, 0, push_nothing_is_no_end, s);
	run_loop(loop);
	is_mem(w.bytes, w.len, "later", 5, "pushing nothing is not the end");
	is_str(w.log, "data end close", "which comes when it is pushed");
	witness_free(&w);
	stream_loop_free(loop);
}

static void
big_push(void)
{
	size_t len = 3u << 20;
	unsigned char *big = make_bytes(len, 77);
	struct source src = {
		.bytes = big, .len = len, .how = SOURCE_ALL, .high_water = 1
	};
	struct witness w = { 0 };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w, WITNESS_DATA);
	run_loop(loop);
	is_mem(w.bytes, w.len, big, len, "3 MiB pushed at once come whole");
	witness_free(&w);
	stream_loop_free(loop);
	free(big);
}

static void
empty_source(int what)
{
	struct source src = { .bytes = "", .len = 0 };
	struct witness w = { 0 };

	loop = stream_loop_new();
	witness(source_new(loop, &src), &w, what);
	if (what == 0)
		stream_resume(src.stream);
	run_loop(loop);
	is_str(w.log, "end close", "an empty stream ends (%d)", what);
	stream_loop_free(loop);
}

int
main(void)
{
	bytes = make_bytes(LEN, 1);
	read_every_way(WITNESS_DATA, "flowing");
	read_every_way(WITNESS_READABLE, "paused");
	starts_paused();
	data_sets_flowing();
	pause_in_data();
	read_by_hand(false);
	read_by_hand(true);
	held_up(100);
	held_up(1);
	readable_then_flowing();
	pushing();
	empty_push();
	big_push();
	empty_source(WITNESS_DATA);
	empty_source(WITNESS_READABLE);
	empty_source(0);
	free(bytes);
	return done();
}
