/* SPDX-License-Identifier: ISC */
/*
 * lines.c - a stream of the records of a file, the last one first
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reverse/lines.h"

#define PIECE STREAM_HIGH_WATER

struct lines {
	struct backward backward;
	struct record record; /* what is left of the one being given out */
	int more; /* 1: go on; 0: the end; below: why there is no more */
	int *code;
};

/* Fill out with records, the last perhaps in part.  Returns the length. */
static size_t
fill(struct lines *l, unsigned char *out, size_t room)
{
	size_t used = 0;

	while (used < room) {
		size_t n = l->record.len;

		if (n == 0) {
			l->more = backward_next(&l->backward, &l->record);
			if (l->more <= 0)
				break;
			continue;
		}
		if (n > room - used)
			n = room - used;
		memcpy(out + used, l->record.bytes, n);
		l->record.bytes += n;
		l->record.len -= n;
		used += n;
	}
	return used;
}

static int
lines_read(struct stream *s, size_t want)
{
	struct lines *l = stream_self(s);
	unsigned char *out;
	size_t n = 0;

	(void)want;
	if (l->more > 0) {
		out = stream_reserve(s, PIECE);
		if (out == NULL)
			return -ENOMEM;
		n = fill(l, out, PIECE);
		stream_commit(s, n);
	}
	if (n > 0)
		return 0;
	*l->code = l->more;
	return stream_push_end(s);
}

static void
lines_destroy(struct stream *s, int code)
{
	struct lines *l = stream_self(s);

	(void)code;
	backward_done(&l->backward);
	free(l);
}

struct stream *
lines_new(struct stream_loop *loop, const struct backward *b, int *code)
{
	struct lines *l = calloc(1, sizeof(*l));
	const struct stream_ops ops = {
		.name = "reverse",
		.read = lines_read,
		.destroy = lines_destroy,
	};
	struct stream *s;

	if (l == NULL)
		return NULL;
	l->backward = *b;
	l->more = 1;
	l->code = code;
	s = stream_new(loop, &ops, l, 0);
	if (s == NULL)
		free(l);
	return s;
}
