/* SPDX-License-Identifier: ISC */
/*
 * spool.c - the elastic store: memory first, then disk, in order, bounded
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

#define LEN (2u << 20)

static struct stream_loop *loop;
static unsigned char *bytes;

/* Bytes in unlinked files that are open here. */
static off_t
on_disk(void)
{
	off_t sum = 0;

	for (int fd = 3; fd < 64; fd++) {
		struct stat st;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_nlink == 0)
			sum += st.st_blocks * 512;
	}
	return sum;
}

static unsigned
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* How much goes in while nobody reads; then all must come out again. */
static size_t
fill_then_empty(size_t memory, uint64_t disk, off_t *used, bool *same)
{
	struct witness w[2] = { { .log = "" } };
	struct stream *s;
	size_t given = 0;
	int more = 1;

	loop = stream_loop_new();
	s = stream_spool(loop, memory, disk);
	witness(s, &w[0], 0);
	while (more == 1 && given < LEN) {
		size_t n = LEN - given < 5000 ? LEN - given : 5000;
		more = write_poisoned(s, bytes + given, n);
		given += n;
		run_loop(loop);
		if (more == 0 && w[0].drains > 0) {
			w[0].drains = 0;
			more = 1;
		}
	}
	*used = on_disk();
	witness(s, &w[1], WITNESS_DATA);
	stream_resume(s);
	stream_end(s);
	run_loop(loop);
	*same = same_bytes(w[1].bytes, w[1].len, bytes, given) &&
	    w[1].ends == 1 && w[1].errors == 0 && w[1].closes == 1;
	witness_free(&w[1]);
	stream_loop_free(loop);
	return given;
}

static void
limits(void)
{
	off_t used;
	bool same;
	size_t held;

	held = fill_then_empty(64 << 20, 0, &used, &same);
	is_int(held, LEN, "what fits in memory is all taken");
	is_int(used, 0, "and is not on the disk");
	ok(same, "all comes out again");

	held = fill_then_empty(100000, 0, &used, &same);
	ok(held >= 100000 && held <= 100000 + 4 * STREAM_HIGH_WATER,
	    "without disk the writer waits when memory is full (%zu)", held);
	is_int(used, 0, "with nothing on the disk");
	ok(same, "all comes out again");

	held = fill_then_empty(100000, 500000, &used, &same);
	ok(held >= 600000 && held <= 600000 + 4 * STREAM_HIGH_WATER,
	    "with a limit on the disk, when both are full (%zu)", held);
	ok(used > 0, "the disk is used (%ju)", (uintmax_t)used);
	ok(same, "all comes out again");

	held = fill_then_empty(100000, UINT64_MAX, &used, &same);
	is_int(held, LEN, "without a limit all is taken");
	ok(used >= (off_t)(LEN - 100000 - 4 * STREAM_HIGH_WATER),
	    "the most on the disk");
	ok(same, "all comes out again");
}

/* Readers and writers of every pace, memory of every size. */
static void
in_order(void)
{
	static const size_t memories[] = { 1, 1000, 70000, 1 << 20 };
	unsigned n = rounds(24, 600);
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++) {
		struct source src = { .bytes = bytes,
			.len = 300000,
			.how = i % 2 ? SOURCE_RANDOM : SOURCE_WANTED,
			.seed = i + 1 };
		struct sink sink = { .how = i % 3 ? SINK_RANDOM : SINK_HALF,
			.pace = i / 2 % 3 == 0 ? SINK_IMMEDIATE : SINK_AT_ONCE,
			.seed = i + 5,
			.high_water = i % 5 ? 0 : 3000 };
		struct outcome o = { .code = 1 };

		loop = stream_loop_new();
		STREAM_PIPELINE(outcome_set, &o, source_new(loop, &src),
		    stream_spool(
			loop, memories[i % 4], i / 4 % 2 ? UINT64_MAX : 10000),
		    sink_new(loop, &sink));
		run_loop(loop);
		good += o.code == 0 &&
		    same_bytes(sink.bytes, sink.len, bytes, src.len);
		stream_loop_free(loop);
		sink_free(&sink);
	}
	is_int(good, n, "a spool gives what it took, in order, %u ways", n);
}

static void
fails_with_its_source(void)
{
	struct source src = {
		.bytes = bytes, .len = LEN, .fail_code = -EIO, .fail_at = 300000
	};
	struct sink sink = { .pace = SINK_TIMEOUT };
	struct outcome o = { .code = 1 };

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, &src),
	    stream_spool(loop, 1000, UINT64_MAX), sink_new(loop, &sink));
	run_loop(loop);
	is_int(o.code, -EIO, "a source that fails fails the pipeline");
	is_int(sink.finals, 0, "the sink is not told that this was all");
	stream_loop_free(loop);
	sink_free(&sink);
}

int
main(void)
{
	unsigned before = open_descriptors();
	int fd;

	bytes = make_bytes(LEN, 9);
	limits();
	in_order();
	fails_with_its_source();
	is_int(open_descriptors(), before, "no temporary file is left open");

	setenv("TMPDIR", "/nonexistent", 1);
	fd = stream_tmpfile(NULL);
	ok(fd > 2, "where $TMPDIR cannot be used /tmp is");
	is_int(stream_write_all(fd, bytes, 100000), 0, "it takes bytes");
	{
		static unsigned char back[100001];
		is_int(stream_pread(fd, back, sizeof(back), 0), 100000,
		    "and gives all there are");
		is_int(memcmp(back, bytes, 100000), 0, "unchanged");
		is_int(stream_pread(fd, back, 10, 99995), 5,
		    "less only at the end");
		is_int(stream_pread(-1, back, 10, 0), -EBADF, "or an error");
	}
	close(fd);
	ok(stream_tmpfile("/nonexistent") < 0, "a folder that is named counts");
	free(bytes);
	return done();
}
