/* SPDX-License-Identifier: ISC */
/*
 * duplex.c - a stream with two sides that know nothing of each other
 */
#include <libstream.h>
#include <stdio.h>
#include <string.h>

static int
read_side(struct stream *s, size_t want)
{
	(void)want;
	return stream_push_end(s);
}

static ssize_t
write_side(struct stream *s, const struct iovec *iov, int count)
{
	(void)s;
	(void)count;
	fwrite(iov[0].iov_base, 1, iov[0].iov_len, stdout);
	putchar('\n');
	return (ssize_t)iov[0].iov_len;
}

static void
data(struct stream *s, const void *bytes, size_t len, void *arg)
{
	(void)s;
	(void)arg;
	fwrite(bytes, 1, len, stdout);
	putchar('\n');
}

static void
write_done(struct stream *s, void *arg)
{
	(void)s;
	(void)arg;
	puts("write done~");
}

static void
read_done(struct stream *s, void *arg)
{
	(void)s;
	(void)arg;
	puts("read done~");
}

int
main(void)
{
	const char text[] = u8"\u5199\u5165\u6570\u636e.";
	struct stream_ops ops = {
		.name = "duplex", .read = read_side, .write = write_side
	};
	struct stream_events events = {
		.data = data, .end = read_done, .finish = write_done
	};
	struct stream_loop *loop = stream_loop_new();
	struct stream *duplex = stream_new(loop, &ops, NULL, 0);
	int code;

	stream_on(duplex, &events, NULL);
	stream_write(duplex, text, strlen(text));
	stream_end(duplex);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
