/* SPDX-License-Identifier: ISC */
/*
 * parallel.c - a transform whose chunks are run on threads, order kept
 *
 * A chunk is started only when a byte behind it has come, or the end: so the
 * last one is known, and a stream of one chunk is run without a thread.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/chunk.h"
#include "stream/internal.h"

struct job {
	struct parallel *parallel;
	struct job *next; /* that came in after it */
	struct stream_chunk *in;
	struct stream_chunk *out;
	uint64_t number;
	int last;
	bool over;
};

struct parallel {
	struct stream *stream; /* NULL: it has gone, its jobs go on */
	struct stream_parallel_ops ops;
	void *self;
	uint64_t number;
	unsigned in_flight;
	unsigned most;
	bool said_last;
	struct job *first; /* oldest */
	struct job *last;
};

static void
job_free(struct job *job)
{
	chunk_unref(job->in);
	chunk_unref(job->out);
	free(job);
}

static void
parallel_free(struct parallel *p)
{
	if (p->ops.destroy != NULL)
		p->ops.destroy(p->self);
	free(p);
}

/* On a thread. */
static int
run(void *arg)
{
	struct job *job = arg;
	struct parallel *p = job->parallel;

	return p->ops.run(p->self, job->in, job->number, job->last, &job->out);
}

/* What is next in order and over goes out. */
static void
push_in_order(struct parallel *p)
{
	while (p->first != NULL && p->first->over) {
		struct job *job = p->first;

		p->first = job->next;
		p->in_flight--;
		if (p->stream != NULL && job->out != NULL) {
			(void)stream_push_chunk(p->stream, job->out);
			job->out = NULL;
		}
		job_free(job);
	}
}

static void
done(int code, void *arg)
{
	struct job *job = arg;
	struct parallel *p = job->parallel;

	job->over = true;
	if (code < 0)
		stream_destroy(p->stream, code);
	push_in_order(p);
	stream_ready(p->stream);
	if (p->stream == NULL && p->in_flight == 0)
		parallel_free(p);
}

static struct job *
job_new(struct parallel *p, const void *bytes, size_t len, int last)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->in = chunk_new(len);
	if (job->in == NULL) {
		free(job);
		return NULL;
	}
	if (len > 0)
		memcpy(job->in->data, bytes, len);
	job->in->len = len;
	job->parallel = p;
	job->number = p->number++;
	job->last = last;
	return job;
}

static void
append(struct parallel *p, struct job *job)
{
	if (p->first == NULL)
		p->first = job;
	else
		p->last->next = job;
	p->last = job;
	p->in_flight++;
}

/* The only chunk there is needs no thread. */
static int
run_here(struct parallel *p, struct job *job)
{
	int r = run(job);

	job->over = true;
	append(p, job);
	push_in_order(p);
	return r;
}

static int
start(struct parallel *p, const void *bytes, size_t len, int last)
{
	struct job *job = job_new(p, bytes, len, last);
	int r;

	if (job == NULL)
		return -ENOMEM;
	p->said_last = last;
	if (last && job->number == 0)
		return run_here(p, job);
	r = stream_work(p->stream->loop, run, done, job);
	if (r < 0)
		job_free(job);
	else
		append(p, job);
	return r;
}

static ssize_t
parallel_transform(struct stream *s, const void *bytes, size_t len, int last)
{
	struct parallel *p = s->self;
	size_t size = p->ops.chunk_size;
	int r;

	if (p->in_flight >= p->most)
		return -EAGAIN;
	if (len <= size && !last)
		return stream_want(s, size + 1);
	r = start(p, bytes, len < size ? len : size, last && len <= size);
	if (r < 0)
		return r;
	return (ssize_t)(len < size ? len : size);
}

static int
parallel_flush(struct stream *s)
{
	struct parallel *p = s->self;

	if (!p->said_last) { /* there was no byte at all */
		int r = start(p, NULL, 0, 1);
		if (r < 0)
			return r;
	}
	return p->in_flight > 0 ? -EAGAIN : 0;
}

static void
parallel_destroy(struct stream *s, int code)
{
	struct parallel *p = s->self;

	(void)code;
	p->stream = NULL;
	if (p->in_flight == 0)
		parallel_free(p);
}

static const struct stream_ops parallel_ops = {
	.transform = parallel_transform,
	.flush = parallel_flush,
	.destroy = parallel_destroy,
};

struct stream *
stream_parallel(
    struct stream_loop *loop, const struct stream_parallel_ops *ops, void *self)
{
	struct stream_ops stream_ops = parallel_ops;
	struct parallel *p;

	if (loop == NULL)
		return NULL;
	if (ops->chunk_size == 0 || ops->run == NULL)
		return stream_failed(loop, ops->name, true, true, -EINVAL);
	stream_ops.name = ops->name;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->ops = *ops;
	p->self = self;
	p->most = ops->in_flight > 0 ? ops->in_flight : stream_cpus() + 2;
	p->stream = stream_new(loop, &stream_ops, p, 0);
	if (p->stream == NULL) {
		free(p);
		return NULL;
	}
	return p->stream;
}
