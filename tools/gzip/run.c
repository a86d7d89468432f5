/* SPDX-License-Identifier: ISC */
/*
 * run.c - one file through one pipeline
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gzip/gzip.h"

enum stage { INPUT, CODEC, OUTPUT };

static void
done(const struct stream_error *e, void *arg)
{
	struct outcome *o = arg;

	if (e == NULL)
		return;
	o->code = e->code;
	o->stage = e->index;
}

static bool
makes_file(const struct file *f)
{
	return !f->to_stdout && !opt.test && !opt.list;
}

static struct stream *
input_new(struct file *f)
{
	struct stream *s;

	if (f->path == NULL)
		return stream_stdio(f->loop, STDIN_FILENO);
	s = stream_fd(f->loop, f->fd, f->name);
	f->fd = -1;
	return s;
}

/*
 * What became of the output cannot be undone: nothing may come between that
 * and the end of the input.
 */
static void
settle(const struct file *f, const struct outcome *o)
{
	signals_hold(f->loop);
	if (o->code == 0)
		output_is_done(f);
	signals_release();
}

struct outcome
run(struct file *f, struct stream *codec)
{
	struct outcome o = { 0 };
	struct stream *in = input_new(f);
	struct stream *out = output_new(f);

	o.not_made = makes_file(f) && stream_errored(out) != NULL;
	if (makes_file(f) && !o.not_made)
		signals_catch(f->loop, out);
	if (STREAM_PIPELINE(done, &o, in, codec, out) < 0) {
		o.code = -ENOMEM;
		o.stage = CODEC;
	}
	(void)stream_loop_run(f->loop); /* done() was told all */
	if (makes_file(f) && !o.not_made)
		settle(f, &o);
	return o;
}

/* Another has made a file of that name meanwhile. */
static bool
report_taken(const struct file *f)
{
	warning("%s already exists;\tnot overwritten", f->out);
	return true;
}

bool
run_report(const struct file *f, const struct outcome *o)
{
	if (o->code == 0)
		return true;
	if (o->stage == OUTPUT && o->code == -EEXIST)
		return report_taken(f);
	if (o->not_made && o->stage == OUTPUT) {
		error_code(f->out_name, o->code);
		return true;
	}
	if (o->stage == OUTPUT)
		error_write(f->out_name, o->code);
	else
		error_apart("%s: %s", f->name, strerror(-o->code));
	return false;
}
