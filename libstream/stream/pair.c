/* SPDX-License-Identifier: ISC */
/*
 * pair.c - two Duplexes, each the other end of the other
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "stream/internal.h"

struct end {
	struct stream *stream;
	struct end *peer; /* NULL: it has gone */
	bool wants; /* to be given more */
};

static int
pair_read(struct stream *s, size_t want)
{
	struct end *end = s->self;

	(void)want;
	end->wants = true;
	if (end->peer != NULL)
		stream_ready(end->peer->stream);
	return 0;
}

static ssize_t
pair_write(struct stream *s, const struct iovec *iov, int count)
{
	struct end *end = s->self;
	ssize_t taken = 0;

	if (end->peer == NULL)
		return -EPIPE;
	if (!end->peer->wants)
		return -EAGAIN;
	for (int i = 0; i < count && end->peer->wants; i++) {
		int r = stream_push(
		    end->peer->stream, iov[i].iov_base, iov[i].iov_len);
		if (r < 0)
			return r;
		taken += (ssize_t)iov[i].iov_len;
		end->peer->wants = r > 0;
	}
	return taken;
}

static int
pair_final(struct stream *s)
{
	struct end *end = s->self;

	return end->peer == NULL ? 0 : stream_push_end(end->peer->stream);
}

/* An end that goes early leaves the other with a failure, not with an end. */
static void
pair_destroy(struct stream *s, int code)
{
	struct end *end = s->self;
	struct end *peer = end->peer;

	if (peer != NULL) {
		peer->peer = NULL;
		if (!s->finished && !peer->stream->push_ended)
			stream_destroy(peer->stream, code < 0 ? code : -EPIPE);
		else
			stream_ready(peer->stream);
	}
	free(end);
}

static const struct stream_ops pair_ops = {
	.name = "pair",
	.read = pair_read,
	.write = pair_write,
	.final = pair_final,
	.destroy = pair_destroy,
};

static struct end *
end_new(struct stream_loop *loop, size_t high_water)
{
	struct end *end = calloc(1, sizeof(*end));

	if (end == NULL)
		return NULL;
	end->stream = stream_new(loop, &pair_ops, end, high_water);
	if (end->stream == NULL) {
		free(end);
		return NULL;
	}
	return end;
}

int
stream_pair(struct stream_loop *loop, struct stream *ends[2], size_t high_water)
{
	struct end *a;
	struct end *b;

	if (loop == NULL)
		return -ENOMEM;
	a = end_new(loop, high_water);
	b = a == NULL ? NULL : end_new(loop, high_water);
	if (b == NULL) {
		if (a != NULL)
			stream_destroy(a->stream, 0);
		return -ENOMEM;
	}
	a->peer = b;
	b->peer = a;
	ends[0] = a->stream;
	ends[1] = b->stream;
	return 0;
}
