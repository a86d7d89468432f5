/* SPDX-License-Identifier: ISC */
/*
 * hand-pipe.c - standard input to standard output, without stream_pipe()
 *
 * Data is written; if that says 0 the source is paused; when the destination
 * has drained the source goes on.  And when the source ends, the destination
 * is ended, which is often forgotten.
 */
#include <libstream.h>

static void
data(struct stream *src, const void *bytes, size_t len, void *dst)
{
	if (stream_write(dst, bytes, len) == 0)
		stream_pause(src);
}

static void
end(struct stream *src, void *dst)
{
	(void)src;
	stream_end(dst);
}

static void
drain(struct stream *dst, void *src)
{
	(void)dst;
	stream_resume(src);
}

/* An error of either ends the loop, for no one asks for it. */
int
main(void)
{
	struct stream_loop *loop = stream_loop_new();
	struct stream *src = stream_stdio(loop, 0);
	struct stream *dst = stream_stdio(loop, 1);
	struct stream_events from = { .data = data, .end = end };
	struct stream_events to = { .drain = drain };
	int code;

	stream_on(src, &from, dst);
	stream_on(dst, &to, src);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
