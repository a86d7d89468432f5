/* SPDX-License-Identifier: ISC */
/*
 * backward.c - read a file from its end and cut it into records
 *
 * In buf the text lies as far to the right as it can, so that the block before
 * it is read to where it belongs.  Never mmap: a file that is truncated under
 * a mapping kills the process.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libstream.h"
#include "reverse/backward.h"

/* No bytes are somewhere too: C has no sums with NULL. */
static const unsigned char nothing[1];

/* Make room for n bytes before the text. */
static int
make_room(struct backward *b, size_t n)
{
	size_t kept = b->past;
	size_t room = b->room;
	unsigned char *buf = b->buf;

	if (room > 0 && (size_t)(b->text.bytes - buf) >= n)
		return 0;
	if (kept + n > room) {
		/* Twice what is needed: the next block will need no move. */
		room = 2 * (kept + n);
		buf = malloc(room);
		if (buf == NULL)
			return -ENOMEM;
	}
	if (kept > 0)
		memmove(buf + room - kept, b->text.bytes, kept);
	if (buf != b->buf)
		free(b->buf);
	b->buf = buf;
	b->room = room;
	b->text.bytes = buf + room - kept;
	return 0;
}

/*
 * Put up to n bytes more of the file before the text.  Returns how many there
 * were where n should have been, or a negated errno value.
 */
static ssize_t
read_before(struct backward *b, size_t n)
{
	unsigned char *to;
	ssize_t got;
	int code = make_room(b, n);

	if (code < 0)
		return code;
	to = b->buf + (b->text.bytes - b->buf) - n;
	got = stream_pread(b->fd, to, n, b->before - (off_t)n);
	if (got < 0)
		return got;
	b->before -= (off_t)n;
	b->text.bytes = to;
	b->text.first = b->before == 0;
	return got;
}

/* All that is in the text is still to be cut, up to its end. */
static void
set_end(struct backward *b, size_t end)
{
	b->past = end;
	b->text.limit = end;
	b->text.below = end;
}

/*
 * The size of a file is an estimate (in /sys) or may have been cut since it
 * was asked for: the end is where the last bytes are found.
 */
int
backward_fd(struct backward *b, const struct separator *separator, int fd,
    off_t size, size_t block)
{
	*b = (struct backward) { .separator = separator,
		.fd = fd,
		.block = block,
		.before = size,
		.text = { .bytes = nothing, .first = size == 0 } };
	while (b->before > 0 && b->past == 0) {
		/* The odd piece first: what follows is whole blocks. */
		size_t odd = (size_t)(b->before % (off_t)block);
		ssize_t got = read_before(b, odd > 0 ? odd : block);

		if (got < 0)
			return (int)got;
		set_end(b, (size_t)got);
	}
	return 0;
}

void
backward_memory(struct backward *b, const struct separator *separator,
    unsigned char *bytes, size_t len)
{
	*b = (struct backward) { .separator = separator,
		.fd = -1,
		.text = { .bytes = len > 0 ? bytes : nothing, .first = true } };
	set_end(b, len);
}

void
backward_done(struct backward *b)
{
	free(b->buf);
	b->buf = NULL;
}

/*
 * A record goes on before the text: read as much again as there is, so that
 * bytes are moved and looked at a bounded number of times.
 */
static int
extend(struct backward *b)
{
	size_t n = b->block;
	ssize_t got;

	while (n < b->past)
		n += b->block;
	if ((off_t)n > b->before)
		n = (size_t)b->before;
	got = read_before(b, n);
	if (got < 0)
		return (int)got;
	if ((size_t)got < n)
		return -ENODATA;
	b->past += n;
	b->text.limit += n;
	b->text.below += n;
	return 0;
}

/* Give out what lies from cut to the end of what is left. */
static void
give(struct backward *b, size_t cut, struct record *record)
{
	record->bytes = b->text.bytes + cut;
	record->len = b->past - cut;
	b->past = cut;
}

int
backward_next(struct backward *b, struct record *record)
{
	struct match match;
	int found = 0;

	record->len = 0;
	while (record->len == 0 && found >= 0) {
		found = separator_find(b->separator, &b->text, &match);
		if (found > 0) {
			b->text.limit = b->text.below = match.start;
			give(b, b->separator->before ? match.start : match.end,
			    record);
		} else if (found == 0 && b->text.first) {
			give(b, 0, record);
			return record->len > 0;
		} else if (found == 0) {
			found = extend(b);
		}
	}
	return found < 0 ? found : 1;
}
