/* SPDX-License-Identifier: ISC */
/*
 * pipeline.c - stages joined so that they succeed or fail as one
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/internal.h"

struct pipeline {
	struct loop_handle handle; /* first: what the loop frees */
	stream_error_fn *done;
	void *arg;
	size_t n;
	size_t open; /* stages that have not closed yet */
	size_t superfluous; /* so many of the first are not needed */
	struct stream_error error; /* code 0: none so far */
	char *text;
	char *stage;
	struct stream *stages[]; /* NULL once closed */
};

static void
fail(struct pipeline *p, const struct stream_error *error, size_t index)
{
	p->text = strdup(error->text);
	p->stage = strdup(error->stage);
	p->error = (struct stream_error) {
		.code = error->code,
		.index = (unsigned)index,
		.stage = p->stage == NULL ? "stream" : p->stage,
		.text = p->text == NULL ? strerror(-error->code) : p->text,
		.status = error->status,
		.signo = error->signo,
	};
	for (size_t i = 0; i < p->n; i++) {
		if (p->stages[i] == NULL || p->stages[i]->destroyed)
			continue;
		stream_copy_error(p->stages[i], &p->error);
		stream_destroy(p->stages[i], p->error.code);
	}
}

/* Also when the loop is freed before the end: nobody is told then. */
static void
release(struct loop_handle *handle)
{
	struct pipeline *p = (struct pipeline *)handle;

	free(p->text);
	free(p->stage);
	free(p);
}

static void
report(struct pipeline *p)
{
	if (p->done != NULL)
		p->done(p->error.code == 0 ? NULL : &p->error, p->arg);
	loop_disown(&p->handle);
	release(&p->handle);
}

static bool
is_over(const struct stream *s)
{
	return (!s->reads || s->ended) && (!s->writes || s->finished);
}

static size_t
index_of(const struct pipeline *p, const struct stream *s)
{
	size_t i = 0;

	while (p->stages[i] != s)
		i++;
	return i;
}

/*
 * The side of a Duplex that lies outside the pipeline need not be over: the
 * first stage is read, the last is written.
 */
static bool
did_its_part(const struct pipeline *p, const struct stream *s, size_t i)
{
	if (i == 0)
		return s->ended;
	if (i == p->n - 1)
		return s->finished;
	return is_over(s);
}

/*
 * A stage that came to its end makes those before it superfluous, whether they
 * did or not: what they have still to say, nobody would hear.  A Duplex that
 * is left alone at the end is done with too.
 */
static void
close_superfluous(struct pipeline *p, size_t ended)
{
	p->superfluous = ended > p->superfluous ? ended : p->superfluous;
	for (size_t i = 0; i < p->superfluous; i++)
		stream_destroy(p->stages[i], 0);
	if (p->open == 1 && p->stages[p->n - 1] != NULL &&
	    p->stages[p->n - 1]->finished)
		stream_destroy(p->stages[p->n - 1], 0);
}

static void
stage_closed(struct stream *s, void *arg)
{
	struct pipeline *p = arg;
	size_t i = index_of(p, s);

	if (p->error.code == 0 && s->failed) {
		fail(p, &s->error, i);
	} else if (p->error.code == 0 && i >= p->superfluous &&
	    !did_its_part(p, s, i)) {
		struct stream_error early = {
			.code = -EPIPE,
			.stage = s->name,
			.text = "closed before its end",
		};
		fail(p, &early, i);
	}
	p->stages[i] = NULL;
	if (--p->open == 0)
		report(p);
	else if (p->error.code == 0)
		close_superfluous(p, i);
}

static bool
fits(const struct stream *s, size_t i, size_t n)
{
	return (i == 0 || s->writes) && (i == n - 1 || s->reads);
}

/* -EINVAL for the first stage that cannot stand where it does. */
static int
join(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (fits(p->stages[i], i, p->n) && p->n > 1)
			continue;
		stream_fail(p->stages[i], -EINVAL, "cannot be stage %zu of %zu",
		    i + 1, p->n);
		return -EINVAL;
	}
	for (size_t i = 0; i + 1 < p->n; i++) {
		int r = stream_pipe(p->stages[i], p->stages[i + 1], NULL);
		if (r < 0)
			stream_destroy(p->stages[i], r);
	}
	return 0;
}

static int
destroy_all(struct stream *const *stages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		stream_destroy(stages[i], 0);
	return -ENOMEM;
}

int
stream_pipeline(
    struct stream *const *stages, size_t n, stream_error_fn *done, void *arg)
{
	struct pipeline *p;

	if (n == 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (stages[i] == NULL)
			return destroy_all(stages, n);
	p = calloc(1, sizeof(*p) + n * sizeof(stages[0]));
	if (p == NULL)
		return destroy_all(stages, n);
	p->done = done;
	p->arg = arg;
	p->n = p->open = n;
	p->handle.destroy = release;
	loop_adopt(stages[0]->loop, &p->handle);
	for (size_t i = 0; i < n; i++) {
		p->stages[i] = stages[i];
		stages[i]->closed = stage_closed;
		stages[i]->closed_arg = p;
	}
	(void)join(p);
	return 0;
}
