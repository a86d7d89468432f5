/* SPDX-License-Identifier: ISC */
/*
 * operand.c - reverse one file
 *
 * The characters of lines go through one pipeline.  To reverse the order of
 * lines the end must be at hand: a file is read backwards where it is, and
 * anything else is held first.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reverse/backward.h"
#include "reverse/chars.h"
#include "reverse/feed.h"
#include "reverse/hold.h"
#include "reverse/lines.h"
#include "reverse/output.h"
#include "reverse/reverse.h"

struct operand {
	const struct job *job;
	const char *name; /* NULL: standard input */
	struct stream *in;
	bool opened;
};

struct outcome {
	int code;
	unsigned index; /* of the stage that failed */
};

static void
note_outcome(const struct stream_error *error, void *arg)
{
	struct outcome *outcome = arg;

	if (error != NULL) {
		outcome->code = error->code;
		outcome->index = error->index;
	}
}

/* Run a pipeline to its end. */
static struct outcome
run(struct stream_loop *loop, struct stream *const *stages, size_t n)
{
	struct outcome outcome = { 0 };
	int code = stream_pipeline(stages, n, note_outcome, &outcome);
	/* Even if there is no pipeline: its stages have to close. */
	int ran = stream_loop_run(loop);

	if (code == 0)
		code = ran;
	if (code < 0 && outcome.code == 0)
		outcome.code = code;
	return outcome;
}

static void
say_not_opened(const struct persona *p, const char *name, int code)
{
	char buf[QUOTE_MAX];
	const char *quote = "";

	quote_if_needed(buf, name);
	if (p->open_quoted && strcmp(buf, name) == 0)
		quote = "'";
	warn_msg("%s%s%s%s%s: %s", p->open_before, quote, buf, quote,
	    p->open_after, strerror(-code));
}

/* An error of backward_next() in the words of one who reads it. */
static const char *
reason(int code)
{
	switch (code) {
	case -EFBIG:
		return "record too large";
	case -ENODATA:
		return "file became shorter";
	default:
		return strerror(-code);
	}
}

static void
say_not_read(const struct persona *p, const char *name, int code)
{
	char buf[QUOTE_MAX];

	warn_msg("%s%s: %s", quote_if_needed(buf, name), p->read_after,
	    reason(code));
}

/* Returns what operand_run() does. */
static int
bad_input(const struct operand *o, int code)
{
	const struct persona *p = o->job->persona;

	if (o->name == NULL)
		say_not_read(p, p->stdin_name, code);
	else if (o->opened)
		say_not_read(p, o->name, code);
	else
		say_not_opened(p, o->name, code);
	return 1;
}

/* A reader that went away is not worth a word, but it is the end. */
static int
bad_output(int code)
{
	if (code != -EPIPE)
		warn_msg("write error: %s", strerror(-code));
	return -1;
}

/*
 * Run the stream first to standard output.  An input that failed, as *code then
 * says, is told of after what could be read of it was written.
 */
static int
run_to_output(struct operand *o, struct stream *first, const int *code)
{
	struct stream_loop *loop = o->job->loop;
	struct stream *stages[] = { first, output_new(loop) };
	struct outcome outcome = run(loop, stages, 2);

	if (outcome.code < 0 && outcome.index > 0)
		return bad_output(outcome.code);
	if (outcome.code < 0)
		return bad_input(o, outcome.code);
	return *code < 0 ? bad_input(o, *code) : 0;
}

static int
reverse_chars(struct operand *o)
{
	struct stream *chars =
	    chars_new(o->job->loop, *o->job->separator.bytes);
	struct feed feed;

	feed_start(&feed, o->in, chars);
	return run_to_output(o, chars, &feed.code);
}

/* Write out the records of b, and be done with it. */
static int
give_lines(struct operand *o, struct backward *b)
{
	int code = 0;
	struct stream *lines = lines_new(o->job->loop, b, &code);

	if (lines == NULL)
		backward_done(b);
	return run_to_output(o, lines, &code);
}

static int
reverse_file(struct operand *o, int fd, off_t size)
{
	struct backward b;
	int code =
	    backward_fd(&b, &o->job->separator, fd, size, BACKWARD_BLOCK);

	if (code == 0)
		return give_lines(o, &b);
	backward_done(&b);
	return bad_input(o, code);
}

/* Returns what operand_run() does. */
static int
hold_input(struct operand *o, struct hold *h)
{
	struct stream_loop *loop = o->job->loop;
	struct stream *stages[] = { o->in, hold_new(loop, h) };
	struct outcome outcome = run(loop, stages, 2);

	o->in = NULL;
	if (outcome.code == 0)
		return 0;
	if (outcome.index == 0)
		return bad_input(o, outcome.code);
	warn_msg("temporary file: write error: %s", strerror(-outcome.code));
	return 1;
}

static int
reverse_held(struct operand *o)
{
	struct hold h;
	struct backward b;
	int status = hold_input(o, &h);

	if (status == 0 && h.fd >= 0) {
		status = reverse_file(o, h.fd, h.size);
	} else if (status == 0) {
		backward_memory(&b, &o->job->separator, h.bytes, h.len);
		status = give_lines(o, &b);
	}
	hold_free(&h);
	return status;
}

/*
 * The size of what can be read backwards, or 0.  A file that claims to be
 * empty may not be (in /proc).
 */
static off_t
size_of(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return st.st_size;
	return S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : 0;
}

static int
reverse_lines(struct operand *o)
{
	int fd = stream_fileno(o->in);
	off_t size = size_of(fd);
	int status;

	if (size <= 0)
		return reverse_held(o);
	status = reverse_file(o, fd, size);
	stream_destroy(o->in, 0);
	return status;
}

int
operand_run(const struct job *job, const char *name)
{
	struct operand o = { .job = job, .name = name, .opened = true };

	if (name == NULL) {
		o.in = stream_stdio(job->loop, STDIN_FILENO);
	} else {
		o.in = stream_open(job->loop, name, O_RDONLY);
		o.opened = stream_errored(o.in) == NULL;
	}
	return job->lines ? reverse_lines(&o) : reverse_chars(&o);
}
