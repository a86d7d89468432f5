/* SPDX-License-Identifier: ISC */
/*
 * parallel.c - the ordered parallel transform
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "sources.h"
#include "tap.h"

#define LEN 1000003

static struct stream_loop *loop;
static unsigned char *bytes;

struct job {
	size_t chunk_size;
	uint64_t fail_number;
	int fail_code;
	bool drop_odd; /* chunks of odd numbers become nothing */
	bool nap; /* the first ones take longest */
	atomic_uint running, most, calls, lasts, wrong_len, most_threads;
	unsigned destroys;
};

static unsigned
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static void
raise_to(atomic_uint *most, unsigned now)
{
	unsigned had = atomic_load(most);

	while (now > had && !atomic_compare_exchange_weak(most, &had, now))
		;
}

/* Bytes turned over, so that the work shows. */
static struct stream_chunk *
inverted(struct stream_chunk *in)
{
	size_t len;
	const unsigned char *from = stream_chunk_data(in, &len, NULL);
	struct stream_chunk *out = stream_chunk_new(len);
	unsigned char *to = stream_chunk_data(out, NULL, NULL);

	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)~from[i];
	stream_chunk_set_len(out, len);
	return out;
}

static int
run(void *self, struct stream_chunk *in, uint64_t number, int last,
    struct stream_chunk **out)
{
	struct job *job = self;
	struct timespec t = { .tv_nsec = number % 7 == 0 ? 3000000 : 0 };
	size_t len;

	raise_to(&job->most, atomic_fetch_add(&job->running, 1) + 1);
	raise_to(&job->most_threads, threads());
	atomic_fetch_add(&job->calls, 1);
	if (job->nap)
		nanosleep(&t, NULL);
	stream_chunk_data(in, &len, NULL);
	if (last)
		atomic_fetch_add(&job->lasts, 1);
	else if (len != job->chunk_size)
		atomic_fetch_add(&job->wrong_len, 1);
	atomic_fetch_sub(&job->running, 1);
	if (job->fail_code && number == job->fail_number)
		return job->fail_code;
	*out = job->drop_odd && number % 2 ? NULL : inverted(in);
	return 0;
}

static void
job_destroy(void *self)
{
	((struct job *)self)->destroys++;
}

static int
go(struct job *job, unsigned in_flight, struct source *src, struct sink *sink)
{
	struct stream_parallel_ops ops = {
		.size = sizeof(ops),
		.name = "invert",
		.chunk_size = job->chunk_size,
		.in_flight = in_flight,
		.run = run,
		.destroy = job_destroy,
	};
	struct outcome o = { .code = 1 };

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, src),
	    stream_parallel(loop, &ops, job), sink_new(loop, sink));
	run_loop(loop);
	stream_loop_free(loop);
	return o.calls == 1 ? o.code : 1;
}

static bool
is_inverted(const struct sink *sink, size_t len)
{
	if (sink->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (sink->bytes[i] != (unsigned char)~bytes[i])
			return false;
	return true;
}

static void
in_order(void)
{
	static const size_t sizes[] = { 1000, 4096, 65536, 300000, LEN };
	unsigned n = rounds(20, 400);
	unsigned good = 0, over = 0, lasts = 0, wrong = 0;

	for (unsigned i = 0; i < n; i++) {
		struct job job = { .chunk_size = sizes[i % 5],
			.nap = i % 3 == 0 };
		struct source src = { .bytes = bytes,
			.len = LEN,
			.how = i % 2 ? SOURCE_RANDOM : SOURCE_WANTED,
			.seed = i + 1 };
		struct sink sink = { .how = i % 4 ? SINK_ALL : SINK_HALF,
			.pace = i % 7 ? SINK_AT_ONCE : SINK_IMMEDIATE };
		unsigned bound = i / 5 % 4;

		good += go(&job, bound, &src, &sink) == 0 &&
		    is_inverted(&sink, LEN) && job.destroys == 1 &&
		    job.calls == (LEN + job.chunk_size - 1) / job.chunk_size;
		over += job.most > (bound ? bound : stream_cpus() + 2);
		lasts += job.lasts;
		wrong += job.wrong_len;
		sink_free(&sink);
	}
	is_int(
	    good, n, "chunks come out in the order they went in, %u ways", n);
	is_int(over, 0, "never more in flight than allowed");
	is_int(lasts, n, "one chunk is the last");
	is_int(wrong, 0, "all others are of the size asked for");
}

static void
small(void)
{
	struct job job = { .chunk_size = 65536 };
	struct source src = {
		.bytes = bytes, .len = 65536, .how = SOURCE_RANDOM
	};
	struct sink sink = { 0 };
	unsigned before = threads();

	is_int(go(&job, 0, &src, &sink), 0, "one chunk exactly");
	ok(is_inverted(&sink, 65536), "is done");
	is_int(job.most_threads, before, "in the loop: no thread is started");
	is_int(job.lasts, 1, "as the first and last");
	sink_free(&sink);

	job = (struct job) { .chunk_size = 65536 };
	src = (struct source) { .bytes = "", .len = 0 };
	sink = (struct sink) { 0 };
	is_int(go(&job, 0, &src, &sink), 0, "no bytes at all");
	is_int(sink.len, 0, "become none");
	is_int(job.destroys, 1, "self is released");
	diag("run was called %u times for no bytes", job.calls);
	is_int(threads(), before, "nor a thread");

	job = (struct job) { .chunk_size = 1000, .drop_odd = true };
	src = (struct source) { .bytes = bytes, .len = 3500 };
	sink = (struct sink) { 0 };
	is_int(go(&job, 0, &src, &sink), 0, "a chunk may become nothing");
	is_int(sink.len, 2000, "then nothing is given for it");
	sink_free(&sink);
}

static void
fails(uint64_t number, size_t chunk_size)
{
	struct job job = { .chunk_size = chunk_size,
		.fail_number = number,
		.fail_code = -EILSEQ,
		.nap = true };
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { 0 };

	is_int(go(&job, 4, &src, &sink), -EILSEQ, "chunk %ju fails the stream",
	    (uintmax_t)number);
	is_int(sink.finals, 0, "the sink is not told that this was all");
	ok(sink.len <= number * chunk_size, "nothing behind it comes out");
	is_int(job.destroys, 1, "self is released once");
	is_int(job.running, 0, "when nobody works for it any more");
	sink_free(&sink);
}

static void
sink_fails(void)
{
	struct job job = { .chunk_size = 1000, .nap = true };
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { .fail_at = 5500, .fail_code = -ENOSPC };

	is_int(go(&job, 8, &src, &sink), -ENOSPC,
	    "a sink may fail while chunks are in flight");
	is_int(job.destroys, 1, "self is released once");
	is_int(job.running, 0, "when nobody works for it any more");
	sink_free(&sink);
}

/* Nobody reads: it may take no more than what may be in flight. */
static void
held_back(void)
{
	struct job job = { .chunk_size = 10000 };
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { .pace = SINK_STUCK, .high_water = 1000 };

	go(&job, 3, &src, &sink);
	ok(job.calls <= 3 + 20, "a sink that is stuck stops it (%u of 101)",
	    job.calls);
	is_int(job.destroys, 1, "freeing the loop releases it");
	sink_free(&sink);
}

int
main(void)
{
	bytes = make_bytes(LEN, 9);
	small();
	in_order();
	fails(0, 1000);
	fails(50, 1000);
	fails(1000, 1000);
	sink_fails();
	held_back();
	free(bytes);
	return done();
}
