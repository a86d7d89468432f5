/* SPDX-License-Identifier: ISC */
/*
 * record.c - a transform that is given whole records
 */
#include "config.h"

#include <string.h>

#include "stream/internal.h"

static const char *
find(const struct stream *s, const char *from, size_t len)
{
	if (s->ops.separator_len == 1)
		return memchr(from, (unsigned char)s->ops.separator[0], len);
	return memmem(from, len, s->ops.separator, s->ops.separator_len);
}

/* What of the rest need not be searched again when more has come. */
static size_t
searched(const struct stream *s, size_t len)
{
	size_t tail = s->ops.separator_len - 1;

	return len > tail ? len - tail : 0;
}

static ssize_t
last_record(struct stream *s, const char *rest, size_t len)
{
	int r = s->ops.record(s, rest, len, 0);

	return r < 0 ? r : (ssize_t)len;
}

/* All records that are whole and for whose output there is room. */
ssize_t
record_transform(struct stream *s, const void *bytes, size_t len, int last)
{
	const char *p = bytes;
	size_t used = 0;

	while (used < len && s->in.bytes < s->high_water && !s->destroyed) {
		const char *from = p + used + s->scanned;
		const char *end = find(s, from, len - used - s->scanned);
		int r;

		if (end == NULL)
			break;
		r = s->ops.record(s, p + used, (size_t)(end - p) - used, 1);
		if (r < 0)
			return r;
		used = (size_t)(end - p) + s->ops.separator_len;
		s->scanned = 0;
	}
	if (used > 0 || s->in.bytes >= s->high_water)
		return (ssize_t)used;
	if (last)
		return last_record(s, p, len);
	s->scanned = searched(s, len);
	return stream_want(s, len + 1);
}
