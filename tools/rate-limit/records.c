/* SPDX-License-Identifier: ISC */
/*
 * records.c - a token lets a record begin; the rest of it passes freely
 *
 * Nothing of a record has to be held, however long it is, and what has come
 * of an unfinished one (a prompt, say) comes out.
 */
#include "config.h"

#include <string.h>

#include "rate-limit/limiter.h"

/* How many of the bytes may pass when n records may begin; *n: those that do.
 */
static size_t
measure(struct limiter *l, const char *bytes, size_t len, uint64_t *n)
{
	uint64_t allowed = *n;
	size_t pos = 0;

	*n = 0;
	while (pos < len && (l->inside || *n < allowed)) {
		const char *end = memchr(bytes + pos, l->separator, len - pos);

		*n += !l->inside;
		l->inside = end == NULL;
		pos = end == NULL ? len : (size_t)(end - bytes) + 1;
	}
	return pos;
}

/* What is done but not written yet must not grow beyond a burst. */
static bool
output_is_behind(struct limiter *l, struct stream *s)
{
	if (stream_buffered(s, STREAM_READABLE) == 0 &&
	    stream_buffered(l->out, STREAM_WRITABLE) == 0)
		l->unsent = 0;
	return l->unsent >= l->bucket.burst;
}

static ssize_t
pass_records(struct stream *s, const void *bytes, size_t len, int last)
{
	struct limiter *l = stream_self(s);
	uint64_t retry = LIMITER_POLL;
	uint64_t n = 0;
	size_t used;
	int r;

	(void)last;
	if (!l->inside) {
		n = bucket_ask(&l->bucket, limiter_clock(), len, &retry);
		if (n == 0 || output_is_behind(l, s))
			return stream_wait(s, retry);
	}
	used = measure(l, bytes, len, &n);
	r = stream_pass(s, bytes, used);
	if (r < 0)
		return r;
	bucket_take(&l->bucket, n);
	l->bytes += used;
	l->count += n;
	l->unsent += n;
	return (ssize_t)used;
}

struct stream *
records_new(struct limiter *l)
{
	static const struct stream_ops ops = { .name = "records",
		.transform = pass_records };

	return stream_new(l->loop, &ops, l, 0);
}
