/* SPDX-License-Identifier: ISC */
/*
 * filter.c - a whole main() around one transform
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "stream/internal.h"

struct filter {
	const char *program;
	struct stream_loop *loop;
	const struct stream_ops *ops;
	void *self;
	bool failed;
	bool stop;
};

static void
say(const struct filter *f, const char *text)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s: %s\n", f->program, text);

	if (n > 0 && n < (int)sizeof(line))
		(void)io_write_all(STDERR_FILENO, line, (size_t)n);
}

/* A bad input is news, a bad output the end; a reader that left is neither. */
static void
done(const struct stream_error *error, void *arg)
{
	struct filter *f = arg;

	if (error == NULL)
		return;
	f->failed = true;
	f->stop = error->index > 0;
	if (error->index < 2 || error->code != -EPIPE)
		say(f, error->text);
}

static void
pass(struct filter *f, const char *file)
{
	struct stream *in = file == NULL || strcmp(file, "-") == 0
	    ? stream_stdio(f->loop, STDIN_FILENO)
	    : stream_open(f->loop, file, O_RDONLY);
	int r = STREAM_PIPELINE(done, f, in,
	    stream_new(f->loop, f->ops, f->self, 0),
	    stream_stdio(f->loop, STDOUT_FILENO));

	if (r == 0)
		r = stream_loop_run(f->loop);
	if (r < 0) {
		say(f, strerror(-r));
		f->failed = f->stop = true;
	}
}

/* The last word on what was written: close says it. */
static void
close_output(struct filter *f)
{
	int r = io_close(STDOUT_FILENO);

	if (r < 0 && !f->stop) {
		f->failed = true;
		say(f, strerror(-r));
	}
}

int
stream_filter(const char *program, const struct stream_ops *ops, void *self,
    char *const *files)
{
	struct filter f = { .program = program, .ops = ops, .self = self };

	f.loop = stream_loop_new();
	if (f.loop == NULL) {
		say(&f, strerror(ENOMEM));
		return 1;
	}
	if (files == NULL || *files == NULL)
		pass(&f, NULL);
	for (; files != NULL && *files != NULL && !f.stop; files++)
		pass(&f, *files);
	stream_loop_free(f.loop);
	close_output(&f);
	return f.failed ? 1 : 0;
}
