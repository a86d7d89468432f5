/* SPDX-License-Identifier: ISC */
/*
 * feed.c - an input whose failure is not that of the pipeline it feeds
 */
#include "config.h"

#include "reverse/feed.h"

static void
from_failed(struct stream *s, const struct stream_error *error, void *arg)
{
	struct feed *f = arg;

	(void)s;
	f->code = error->code;
	(void)stream_end(f->to);
}

static void
from_closed(struct stream *s, void *arg)
{
	struct feed *f = arg;

	(void)s;
	f->from = NULL;
}

static void
to_closed(struct stream *s, void *arg)
{
	struct feed *f = arg;

	(void)s;
	f->to = NULL;
	stream_destroy(f->from, 0);
}

void
feed_start(struct feed *f, struct stream *from, struct stream *to)
{
	const struct stream_events of_from = { .error = from_failed,
		.close = from_closed };
	const struct stream_events of_to = { .close = to_closed };
	int code;

	*f = (struct feed) { .from = from, .to = to };
	(void)stream_on(from, &of_from, f);
	(void)stream_on(to, &of_to, f);
	code = stream_pipe(from, to, NULL);
	if (code < 0) {
		/* If from has failed already, its own error will follow. */
		f->code = code;
		(void)stream_end(to);
		stream_destroy(from, 0);
	}
}
