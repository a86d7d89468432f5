/* SPDX-License-Identifier: ISC */
/*
 * chars.c - a stream that reverses the characters of each record
 *
 * Whole records are reversed straight from the input into the output's queue.
 * Only a record that goes on in the next chunk is copied and held; its length
 * is all the memory there is to it, for it is given out from its end, a piece
 * at a time as the output has room.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reverse/bytes.h"
#include "reverse/chars.h"
#include "reverse/utf8.h"

#define PIECE ((size_t)64 * 1024)

struct chars {
	unsigned char separator;
	unsigned char *held; /* a record, as far as it has come */
	size_t len, room;
	int complete; /* its end has come: give it out */
	int terminated; /* with a separator */
};

static int
hold(struct chars *c, const unsigned char *bytes, size_t n)
{
	size_t room = c->room;
	unsigned char *held;

	if (n > room - c->len) {
		while (n > room - c->len)
			room = room > 0 ? 2 * room : PIECE;
		held = realloc(c->held, room);
		if (held == NULL)
			return -ENOMEM;
		c->held = held;
		c->room = room;
	}
	memcpy(c->held + c->len, bytes, n);
	c->len += n;
	return 0;
}

/* One very long line is no reason to keep its memory. */
static void
forget(struct chars *c)
{
	c->complete = 0;
	if (c->room > PIECE) {
		free(c->held);
		c->held = NULL;
		c->room = 0;
	}
}

/*
 * Give out what is held, the last piece first.  1: all is out, and there is
 * room for more; 0: the output is full; or -ENOMEM.
 */
static int
give_held(struct stream *s, struct chars *c)
{
	while (c->complete) {
		size_t want = c->len > PIECE ? c->len - PIECE : 0;
		size_t from = utf8_boundary(c->held, c->len, want);
		size_t n = c->len - from;
		int end = from == 0 && c->terminated;
		unsigned char *out = stream_reserve(s, n + 1);

		if (out == NULL)
			return -ENOMEM;
		utf8_reverse(out, c->held + from, n);
		if (end)
			out[n] = c->separator;
		c->len = from;
		if (from == 0)
			forget(c);
		if (stream_commit(s, n + (size_t)end) == 0)
			return 0;
	}
	return 1;
}

/* in is n bytes of whole records. */
static void
reverse_records(
    unsigned char *out, const unsigned char *in, size_t n, int separator)
{
	const unsigned char *end = in + n;

	while (in < end) {
		const unsigned char *stop =
		    memchr(in, separator, (size_t)(end - in));
		size_t len = (size_t)(stop - in);

		utf8_reverse(out, in, len);
		out[len] = *stop;
		out += len + 1;
		in = stop + 1;
	}
}

/* How many of the n bytes at p are whole records, of a PIECE at most. */
static size_t
whole_records(const unsigned char *p, size_t n, unsigned char separator)
{
	const unsigned char *stop;

	stop = last_byte(p, separator, n < PIECE ? n : PIECE);
	return stop != NULL ? (size_t)(stop - p) + 1 : 0;
}

/*
 * Take the first record of the n bytes at in, or the beginning of one, and
 * hold it.  Returns how many bytes were taken.
 */
static ssize_t
take_record(struct chars *c, const unsigned char *in, size_t n)
{
	const unsigned char *stop = memchr(in, c->separator, n);
	size_t len = stop != NULL ? (size_t)(stop - in) : n;
	int code = hold(c, in, len);

	if (code < 0)
		return code;
	c->complete = c->terminated = stop != NULL;
	return (ssize_t)(len + (stop != NULL));
}

/* One step of chars_transform(): as it, with *full set if it is to stop. */
static ssize_t
step(struct stream *s, const unsigned char *in, size_t n, int *full)
{
	struct chars *c = stream_self(s);
	size_t whole = c->len > 0 ? 0 : whole_records(in, n, c->separator);
	unsigned char *out;
	ssize_t taken;
	int code;

	if (whole > 0) {
		out = stream_reserve(s, whole);
		if (out == NULL)
			return -ENOMEM;
		reverse_records(out, in, whole, c->separator);
		*full = stream_commit(s, whole) == 0;
		return (ssize_t)whole;
	}
	taken = take_record(c, in, n);
	code = taken < 0 ? (int)taken : give_held(s, c);
	*full = code == 0;
	return code < 0 ? code : taken;
}

static ssize_t
chars_transform(struct stream *s, const void *bytes, size_t len, int last)
{
	struct chars *c = stream_self(s);
	const unsigned char *in = bytes;
	size_t used = 0;
	ssize_t n;
	int code = give_held(s, c);
	int full = code == 0;

	(void)last;
	if (code < 0)
		return code;
	while (!full && used < len) {
		n = step(s, in + used, len - used, &full);
		if (n < 0)
			return n;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

static int
chars_flush(struct stream *s)
{
	struct chars *c = stream_self(s);
	int code;

	if (c->len > 0 && !c->complete) {
		c->complete = 1;
		c->terminated = 0;
	}
	code = give_held(s, c);
	return code < 0 ? code : c->complete;
}

static void
chars_destroy(struct stream *s, int code)
{
	struct chars *c = stream_self(s);

	(void)code;
	free(c->held);
	free(c);
}

struct stream *
chars_new(struct stream_loop *loop, char separator)
{
	struct chars *c = calloc(1, sizeof(*c));
	const struct stream_ops ops = {
		.name = "reverse",
		.transform = chars_transform,
		.flush = chars_flush,
		.destroy = chars_destroy,
	};
	struct stream *s;

	if (c == NULL)
		return NULL;
	c->separator = (unsigned char)separator;
	s = stream_new(loop, &ops, c, 0);
	if (s == NULL)
		free(c);
	return s;
}
