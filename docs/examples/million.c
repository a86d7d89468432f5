/* SPDX-License-Identifier: ISC */
/*
 * million.c - a million writes into a stream that holds a thousand bytes
 *
 * The writer stops when it is told to, and goes on when the stream has
 * drained.  So all arrive, and memory stays small.
 */
#include <libstream.h>
#include <stdio.h>
#include <string.h>

struct counts {
	int left; /* to be written */
	int arrived;
	int drains;
};

/* The slow side: it counts the lines in what it takes, 100 bytes at most. */
static ssize_t
take(struct stream *s, const struct iovec *iov, int count)
{
	struct counts *c = stream_self(s);
	size_t len = iov[0].iov_len < 100 ? iov[0].iov_len : 100;

	(void)count;
	for (size_t i = 0; i < len; i++)
		c->arrived += ((const char *)iov[0].iov_base)[i] == '\n';
	return (ssize_t)len;
}

static void
last_is_out(int code, void *arg)
{
	(void)arg;
	puts(code == 0 ? "the last write is out" : "the last write failed");
}

/*
 * Ask whether to go on before the number is counted down: a loop that says
 * "while (left-- > 0 && ok)" loses one number at each drain.
 */
static void
write_more(struct stream *s, void *arg)
{
	struct counts *c = arg;
	char line[16];
	int ok = 1;

	while (c->left > 0 && ok == 1) {
		snprintf(line, sizeof line, "%d\n", c->left--);
		ok = stream_write(s, line, strlen(line));
	}
	if (c->left == 0 && ok >= 0) {
		stream_written(s, last_is_out, NULL);
		stream_end(s);
	}
}

static void
drain(struct stream *s, void *arg)
{
	struct counts *c = arg;

	c->drains++;
	if (c->left > 0)
		write_more(s, c);
}

int
main(void)
{
	struct counts c = { .left = 1000000 };
	struct stream_ops ops = { .name = "counter", .write = take };
	struct stream_events events = { .drain = drain };
	struct stream_loop *loop = stream_loop_new();
	struct stream *s = stream_new(loop, &ops, &c, 1024);
	int code;

	stream_on(s, &events, &c);
	write_more(s, &c);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	printf("%d arrived, the writer %s\n", c.arrived,
	    c.drains > 1000 ? "had to wait" : "never waited");
	return code < 0 || c.arrived != 1000000;
}
