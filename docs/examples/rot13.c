/* SPDX-License-Identifier: ISC */
/*
 * rot13.c - a whole filter: turn each letter by half the alphabet
 *
 *	cc -o rot13 rot13.c $(pkg-config --cflags --libs libstream)
 */
#include <errno.h>
#include <libstream.h>

static unsigned char
turn(unsigned char c)
{
	unsigned char letter = (unsigned char)((c | 0x20) - 'a');

	return letter > 25 ? c : (unsigned char)(letter < 13 ? c + 13 : c - 13);
}

static ssize_t
rot13(struct stream *s, const void *bytes, size_t len, int last)
{
	const unsigned char *in = bytes;
	unsigned char *out = stream_reserve(s, len);

	(void)last;
	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		out[i] = turn(in[i]);
	stream_commit(s, len);
	return (ssize_t)len;
}

int
main(int argc, char *argv[])
{
	struct stream_ops ops = { .name = "rot13", .transform = rot13 };

	(void)argc;
	return stream_filter("rot13", &ops, NULL, argv + 1);
}
