/* SPDX-License-Identifier: ISC */
/*
 * pipeline.c - stages that succeed or fail as one
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

#define LEN 5000

static struct stream_loop *loop;
static unsigned char *bytes;

/* A source, two expanders of factor one, a sink, and what came of them. */
struct line {
	struct source src;
	struct expander middle[2];
	struct sink sink;
	struct stream *stages[4];
	struct witness w[4];
	struct outcome o;
	unsigned open_at_done; /* stages that had not closed yet */
};

static void
line_done(const struct stream_error *error, void *arg)
{
	struct line *line = arg;

	outcome_set(error, &line->o);
	line->open_at_done = 4 - line->src.destroys - line->sink.destroys -
	    line->middle[0].destroys - line->middle[1].destroys;
	for (int i = 0; i < 4; i++)
		line->open_at_done += line->w[i].closes != 1;
}

static void
line_begin(struct line *line)
{
	loop = stream_loop_new();
	line->src.bytes = bytes;
	line->src.len = LEN;
	line->src.high_water = 100;
	line->middle[0].factor = line->middle[1].factor = 1;
	line->o.code = 1;
	line->stages[0] = source_new(loop, &line->src);
	line->stages[1] = expander_new(loop, &line->middle[0], 50);
	line->stages[2] = expander_new(loop, &line->middle[1], 500);
	line->stages[3] = sink_new(loop, &line->sink);
	for (int i = 0; i < 4; i++)
		witness(line->stages[i], &line->w[i], 0);
	stream_pipeline(line->stages, 4, line_done, line);
}

static void
line_run(struct line *line, const char *claim)
{
	is_int(line->o.calls, 0, "%s: done is not called before the loop runs",
	    claim);
	is_int(run_loop(loop), 0, "%s: the loop ends well", claim);
	is_int(line->o.calls, 1, "%s: done is called once", claim);
	is_int(
	    line->open_at_done, 0, "%s: after all stages have closed", claim);
	stream_loop_free(loop);
}

static void
line_fails(struct line *line, int code, unsigned index, const char *stage,
    const char *claim)
{
	line_run(line, claim);
	is_int(line->o.code, code, "%s: with its error", claim);
	is_int(line->o.index, index, "%s: its place", claim);
	is_str(line->o.stage, stage, "%s: and its name", claim);
	ok(line->o.text[0] != '\0', "%s: and a text (%s)", claim, line->o.text);
	is_int(line->w[3].finishes, 0, "%s: the sink does not finish", claim);
	ok(line->sink.final_code || line->sink.finals == 0,
	    "%s: nor is it told that this was all", claim);
	sink_free(&line->sink);
}

static void
success(void)
{
	struct line line = { .src.how = SOURCE_RANDOM,
		.sink.how = SINK_RANDOM };

	line_begin(&line);
	line_run(&line, "success");
	is_int(line.o.code, 0, "with no error");
	is_mem(line.sink.bytes, line.sink.len, bytes, LEN, "all bytes came");
	sink_free(&line.sink);
}

static void
each_may_fail(void)
{
	struct line source = { .src.fail_code = -EIO, .src.fail_at = 1234 };
	struct line first = { .src.fail_code = -ENXIO };
	struct line last = { .sink.fail_code = -ENOSPC,
		.sink.fail_at = LEN - 1 };
	struct line final = { .sink.final_code = -EDQUOT };

	line_begin(&source);
	line_fails(&source, -EIO, 0, "source", "a source that fails");
	line_begin(&first);
	line_fails(&first, -ENXIO, 0, "source", "one that fails at once");
	line_begin(&last);
	line_fails(&last, -ENOSPC, 3, "sink", "a sink at the last byte");
	line_begin(&final);
	line_fails(&final, -EDQUOT, 3, "sink", "a sink at its end");
}

static void
fail_both(void *arg)
{
	struct line *line = arg;

	stream_fail(line->stages[2], -EILSEQ, "line 7: not a number");
	stream_destroy(line->stages[1], -EIO);
}

static void
destroy_first(void *arg)
{
	struct line *line = arg;

	stream_destroy(line->stages[0], 0);
}

static void
destroy_last(void *arg)
{
	struct line *line = arg;

	stream_destroy(line->stages[3], 0);
}

static void
from_outside(void)
{
	struct line line = { .src.endless = true,
		.sink.how = SINK_HALF,
		.sink.high_water = 100 };
	struct line cut = line;
	struct line gone = line;

	line_begin(&line);
	stream_set_timeout(loop, 1000000, 0, fail_both, &line);
	line_fails(&line, -EILSEQ, 2, "expander", "the first error wins");
	ok(strstr(line.o.text, "line 7: not a number") != NULL,
	    "with its own text");

	line_begin(&cut);
	stream_set_timeout(loop, 1000000, 0, destroy_first, &cut);
	line_run(&cut, "a source destroyed half way");
	ok(cut.o.code < 0, "is an error, though its code was 0 (%d)",
	    cut.o.code);
	is_int(cut.sink.finals, 0, "for the sink does not have all");
	sink_free(&cut.sink);

	line_begin(&gone);
	stream_set_timeout(loop, 1000000, 0, destroy_last, &gone);
	line_run(&gone, "a sink destroyed half way");
	ok(gone.o.code < 0, "is an error too (%d)", gone.o.code);
	sink_free(&gone.sink);
}

/* --- What may stand where ------------------------------------------------- */

static unsigned
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static void
refused(struct stream *const *stages, size_t n, int code, const char *claim)
{
	struct outcome o = { .code = 1 };

	stream_pipeline(stages, n, outcome_set, &o);
	is_int(o.calls, 0, "%s: told from the loop only", claim);
	is_int(run_loop(loop), 0, "%s: the loop ends well", claim);
	is_int(o.calls, 1, "%s: done is called once", claim);
	is_int(o.code, code, "%s: with the error", claim);
	stream_loop_free(loop);
}

static void
wrong_places(void)
{
	struct source src = { .bytes = "abc", .len = 3 };
	struct source other = src;
	struct sink sink = { 0 };
	struct sink second = { 0 };
	unsigned before = open_descriptors();
	struct stream *stages[3];

	loop = stream_loop_new();
	stages[0] = stream_open(loop, "/dev/zero", O_RDONLY);
	stages[1] = source_new(loop, &other);
	stages[2] = stream_open(loop, "/dev/null", O_WRONLY);
	refused(stages, 3, -EINVAL, "a Readable in the middle");
	is_int(other.destroys, 1, "and the stage is destroyed");
	is_int(open_descriptors(), before, "nothing opened stays open");

	loop = stream_loop_new();
	stages[0] = source_new(loop, &src);
	stages[1] = sink_new(loop, &sink);
	stages[2] = sink_new(loop, &second);
	refused(stages, 3, -EINVAL, "a Writable in the middle");
	is_int(sink.finals + second.finals, 0, "no sink finishes");

	loop = stream_loop_new();
	second = sink = (struct sink) { 0 };
	stages[0] = sink_new(loop, &sink);
	stages[1] = sink_new(loop, &second);
	refused(stages, 2, -EINVAL, "a Writable in front");

	loop = stream_loop_new();
	other = src = (struct source) { .bytes = "abc", .len = 3 };
	stages[0] = source_new(loop, &src);
	stages[1] = source_new(loop, &other);
	refused(stages, 2, -EINVAL, "a Readable at the end");
	is_int(src.reads, 0, "nothing is read for it");
}

static void
failed_stages(void)
{
	unsigned before = open_descriptors();
	struct sink sink = { 0 };
	struct source src = { .bytes = "abc", .len = 3 };
	struct outcome o = { 0 };
	struct stream *stages[3];

	loop = stream_loop_new();
	stages[0] = stream_open(loop, "/nonexistent/file", O_RDONLY);
	stages[1] = copier_new(loop, COPY_PASS, 0);
	stages[2] = sink_new(loop, &sink);
	refused(stages, 3, -ENOENT, "a file that is not there");
	is_int(sink.finals, 0, "no sink takes that for an empty file");
	is_int(sink.destroys, 1, "it is destroyed");

	loop = stream_loop_new();
	stages[0] = source_new(loop, &src);
	stages[1] = NULL;
	stages[2] = stream_open(loop, "/dev/null", O_WRONLY);
	is_int(stream_pipeline(stages, 3, outcome_set, &o), -ENOMEM,
	    "a stage that is NULL is refused at once");
	run_loop(loop);
	is_int(o.calls, 0, "so that done is not called");
	is_int(src.destroys, 1, "but the others are destroyed");
	stream_loop_free(loop);
	is_int(open_descriptors(), before, "and leaves nothing open");
}

/* --- Long, short, and several --------------------------------------------- */

static void
many_stages(void)
{
	struct stream *stages[40];
	struct source src = { .bytes = bytes, .len = LEN };
	struct sink sink = { 0 };
	struct outcome o = { .code = 1 };

	loop = stream_loop_new();
	stages[0] = source_new(loop, &src);
	for (int i = 1; i < 39; i++)
		stages[i] = copier_new(
		    loop, (enum copier_how)(i % COPY_KINDS), (size_t)i);
	stages[39] = sink_new(loop, &sink);
	stream_pipeline(stages, 40, outcome_set, &o);
	run_loop(loop);
	is_int(o.code, 0, "forty stages work");
	is_mem(sink.bytes, sink.len, bytes, LEN, "and keep every byte");
	stream_loop_free(loop);
	sink_free(&sink);
}

static void
two_stages(void)
{
	struct source src[2] = {
		{ .bytes = bytes, .len = LEN, .how = SOURCE_RANDOM },
		{ .bytes = bytes, .len = LEN, .fail_code = -EIO, .fail_at = 9 },
	};
	struct sink sink[2] = { { .how = SINK_HALF }, { .how = SINK_HALF } };
	struct outcome o[2] = { { .code = 1 }, { .code = 1 } };

	loop = stream_loop_new();
	for (int i = 0; i < 2; i++)
		STREAM_PIPELINE(outcome_set, &o[i], source_new(loop, &src[i]),
		    sink_new(loop, &sink[i]));
	is_int(run_loop(loop), 0, "two pipelines run in one loop");
	is_int(o[0].code, 0, "one with success");
	is_int(o[1].code, -EIO, "one without");
	is_mem(sink[0].bytes, sink[0].len, bytes, LEN, "and do not meet");
	stream_loop_free(loop);
	sink_free(&sink[0]);
	sink_free(&sink[1]);
}

int
main(void)
{
	bytes = make_bytes(LEN, 3);
	success();
	each_may_fail();
	from_outside();
	wrong_places();
	failed_stages();
	many_stages();
	two_stages();
	free(bytes);
	return done();
}
