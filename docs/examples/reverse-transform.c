/* SPDX-License-Identifier: ISC */
/*
 * reverse-transform.c - what goes in comes out changed: backwards
 *
 * To reverse each chunk would make no sense, for where chunks are cut is an
 * accident.  So this waits for the last byte of a text that is short.
 */
#include <errno.h>
#include <libstream.h>
#include <stdio.h>
#include <string.h>

/* The start of the UTF-8 character that ends before at. */
static size_t
character_before(const unsigned char *bytes, size_t at)
{
	while (--at > 0 && (bytes[at] & 0xc0) == 0x80)
		;
	return at;
}

static ssize_t
reverse(struct stream *s, const void *bytes, size_t len, int last)
{
	const unsigned char *in = bytes;

	if (!last)
		return stream_want(s, len + 1);
	for (size_t end = len, at; end > 0; end = at) {
		at = character_before(in, end);
		if (stream_push(s, in + at, end - at) < 0)
			return -ENOMEM;
	}
	return (ssize_t)len;
}

static void
data(struct stream *s, const void *bytes, size_t len, void *arg)
{
	(void)s;
	(void)arg;
	fwrite(bytes, 1, len, stdout);
}

static void
read_done(struct stream *s, void *arg)
{
	(void)s;
	(void)arg;
	puts("\nread done~");
}

static void
write_done(struct stream *s, void *arg)
{
	(void)s;
	(void)arg;
	puts("write done~");
}

int
main(void)
{
	const char text[] = u8"\u53cd\u8f6c\u6570\u636e";
	struct stream_ops ops = { .name = "reverse", .transform = reverse };
	struct stream_events events = {
		.data = data, .end = read_done, .finish = write_done
	};
	struct stream_loop *loop = stream_loop_new();
	struct stream *s = stream_new(loop, &ops, NULL, 0);
	int code;

	stream_on(s, &events, NULL);
	/* In two pieces, of which the first ends within a character. */
	stream_write(s, text, 4);
	stream_write(s, text + 4, strlen(text) - 4);
	stream_end(s);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
