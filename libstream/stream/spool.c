/* SPDX-License-Identifier: ISC */
/*
 * spool.c - an elastic store: memory, then an unlinked file
 *
 * What is in memory is older than what is in the file, so that nothing is
 * added to memory while the file holds anything.  The file is used as a ring:
 * it never grows beyond its limit, however much passes through it.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "core/io.h"
#include "stream/internal.h"

/* A ring without limit starts anew whenever it has run empty. */
#define NO_LIMIT ((uint64_t)1 << 62)

struct spool {
	struct stream *stream;
	struct queue memory;
	size_t memory_limit;
	int file; /* -1: none yet */
	uint64_t file_limit;
	uint64_t first; /* where in the ring the oldest byte lies */
	uint64_t held; /* bytes in the file */
	bool ended;
	bool wants; /* the reading side asks for more */
};

/* --- Taking --- */

/* How many of len bytes can lie in one piece from ring position at. */
static size_t
in_one_piece(const struct spool *sp, uint64_t at, size_t len)
{
	uint64_t to_edge = sp->file_limit - at;

	return to_edge < len ? (size_t)to_edge : len;
}

static int
need_file(struct spool *sp)
{
	if (sp->file >= 0)
		return 0;
	sp->file = stream_tmpfile(NULL);
	return sp->file < 0 ? sp->file : 0;
}

static ssize_t
put_in_file(struct spool *sp, const char *bytes, size_t len)
{
	uint64_t room = sp->file_limit - sp->held;
	uint64_t at;
	ssize_t n;
	int r;

	if (room == 0)
		return -EAGAIN;
	r = need_file(sp);
	if (r < 0)
		return r;
	if (sp->held == 0)
		sp->first = 0;
	at = (sp->first + sp->held) % sp->file_limit;
	len = room < len ? (size_t)room : len;
	len = in_one_piece(sp, at, len);
	n = io_pwrite_all(sp->file, bytes, len, (off_t)at);
	if (n > 0)
		sp->held += (uint64_t)n;
	return n;
}

static ssize_t
put(struct spool *sp, const char *bytes, size_t len)
{
	size_t room = sp->memory_limit - sp->memory.bytes;
	int r;

	if (sp->held > 0 || room == 0)
		return put_in_file(sp, bytes, len);
	len = len < room ? len : room;
	r = queue_append(&sp->memory, bytes, len);
	return r < 0 ? r : (ssize_t)len;
}

/* --- Giving --- */

static int
give_from_memory(struct spool *sp)
{
	struct slice slice = *queue_front(&sp->memory);
	int r;

	chunk_ref(slice.chunk);
	queue_consume(&sp->memory, slice.len);
	r = stream_push(sp->stream, slice.chunk->data + slice.off, slice.len);
	chunk_unref(slice.chunk);
	return r;
}

static int
give_from_file(struct spool *sp)
{
	size_t len =
	    sp->held < STREAM_HIGH_WATER ? (size_t)sp->held : STREAM_HIGH_WATER;
	void *room;
	ssize_t n;

	len = in_one_piece(sp, sp->first, len);
	room = stream_reserve(sp->stream, len);
	if (room == NULL)
		return -ENOMEM;
	n = io_pread_all(sp->file, room, len, (off_t)sp->first);
	if (n < 0)
		return (int)n;
	if ((size_t)n < len)
		return -EIO; /* somebody has cut the file */
	sp->first = (sp->first + len) % sp->file_limit;
	sp->held -= len;
	return stream_commit(sp->stream, len);
}

/* As much as is wanted and there. */
static int
give(struct spool *sp)
{
	int more = 1;

	while (more > 0 && sp->memory.bytes > 0)
		more = give_from_memory(sp);
	while (more > 0 && sp->held > 0)
		more = give_from_file(sp);
	if (more < 0)
		return more;
	sp->wants = more > 0;
	if (sp->wants && sp->ended)
		return stream_push_end(sp->stream);
	return 0;
}

static int
spool_read(struct stream *s, size_t want)
{
	struct spool *sp = s->self;
	int r;

	(void)want;
	sp->wants = true;
	r = give(sp);
	stream_ready(s); /* there may be room to write now */
	return r;
}

static ssize_t
spool_write(struct stream *s, const struct iovec *iov, int count)
{
	struct spool *sp = s->self;
	ssize_t taken = 0;
	ssize_t n = 0;
	int r = 0;

	for (int i = 0; i < count; i++) {
		n = put(sp, iov[i].iov_base, iov[i].iov_len);
		if (n < 0)
			break;
		taken += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	if (sp->wants && taken > 0)
		r = give(sp);
	if (r < 0)
		return r;
	return taken > 0 ? taken : n;
}

static int
spool_final(struct stream *s)
{
	struct spool *sp = s->self;

	sp->ended = true;
	return sp->wants ? give(sp) : 0;
}

static void
spool_destroy(struct stream *s, int code)
{
	struct spool *sp = s->self;

	(void)code;
	queue_clear(&sp->memory);
	if (sp->file >= 0)
		(void)io_close(sp->file);
	free(sp);
}

static const struct stream_ops spool_ops = {
	.name = "spool",
	.read = spool_read,
	.write = spool_write,
	.final = spool_final,
	.destroy = spool_destroy,
};

struct stream *
stream_spool(struct stream_loop *loop, size_t memory, uint64_t disk)
{
	struct spool *sp;

	if (loop == NULL)
		return NULL;
	if (memory == 0 && disk == 0)
		return stream_failed(loop, "spool", true, true, -EINVAL);
	sp = calloc(1, sizeof(*sp));
	if (sp == NULL)
		return NULL;
	sp->memory_limit = memory;
	sp->file_limit = disk < NO_LIMIT ? disk : NO_LIMIT;
	sp->file = -1;
	sp->stream = stream_new(loop, &spool_ops, sp, 0);
	if (sp->stream == NULL) {
		free(sp);
		return NULL;
	}
	return sp->stream;
}
