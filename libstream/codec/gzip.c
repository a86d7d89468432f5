/* SPDX-License-Identifier: ISC */
/*
 * gzip.c - compress a stream into one gzip member
 *
 * Header and trailer are made here and the data between them by zlib, so that
 * the header is the one that gzip(1) writes.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "cut.h"
#include "header.h"
#include "libstream-codec.h"

/*
 * What deflate makes depends a little on how much it is given and how much
 * room it has.  It is always so much, or what there is to the end of the input
 * or to a cut: the pieces that the input comes in do not show.
 */
#define PIECE ((size_t)65536)
#define ROOM ((size_t)32768)

enum { FNAME = 1 << 3, OS_UNIX = 3, DEFAULT_LEVEL = 6, MEM_LEVEL = 9 };

struct gzip {
	struct stream *stream;
	struct stream_gzip_info info;
	struct stream_gzip_info *told; /* the caller's, or NULL */
	int level; /* as zlib has it: 0 stores */
	uint32_t mtime;
	char *name;
	z_stream z;
	struct cutter *cutter; /* or NULL */
	size_t left; /* of the piece */
	bool cut; /* after the piece */
	bool begun; /* the header is out */
	bool over; /* the data are out */
};

static void
put_number(unsigned char *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(number >> (8 * i));
}

static int
give(struct gzip *g, const void *bytes, size_t len)
{
	int r = stream_push(g->stream, bytes, len);

	if (r >= 0) {
		g->info.out += len;
		g->info.overhead += len;
	}
	return r;
}

static int
begin(struct gzip *g)
{
	unsigned char header[GZIP_HEADER_LEN] = { 0x1f, 0x8b, Z_DEFLATED };
	int r;

	header[3] = g->name == NULL ? 0 : FNAME;
	put_number(header + 4, g->mtime);
	header[8] = g->level == 1 ? 4 : g->level == 9 ? 2 : 0;
	header[9] = OS_UNIX;
	g->begun = true;
	r = give(g, header, sizeof(header));
	if (r >= 0 && g->name != NULL)
		r = give(g, g->name, strlen(g->name) + 1);
	return r;
}

static int
end(struct gzip *g)
{
	unsigned char trailer[GZIP_TRAILER_LEN];

	put_number(trailer, g->info.crc);
	put_number(trailer + 4, (uint32_t)g->info.in);
	return give(g, trailer, sizeof(trailer));
}

static void
publish(struct gzip *g)
{
	size_t size;

	if (g->told == NULL)
		return;
	size = g->told->size;
	memcpy(
	    g->told, &g->info, size < sizeof(g->info) ? size : sizeof(g->info));
	g->told->size = size;
}

/*
 * One turn of deflate, straight into the queue of the output: 1 if there is
 * more room, 0 if not, or a negated errno value.
 */
static int
deflate_some(struct gzip *g, int how)
{
	unsigned char *room = stream_reserve(g->stream, ROOM);
	size_t made;
	int r;

	if (room == NULL)
		return -ENOMEM;
	g->z.next_out = room;
	g->z.avail_out = (uInt)ROOM;
	r = deflate(&g->z, how);
	if (r == Z_STREAM_ERROR)
		return -EIO;
	g->over = r == Z_STREAM_END;
	made = ROOM - g->z.avail_out;
	g->info.out += made;
	return stream_commit(g->stream, made);
}

static void
begin_piece(struct gzip *g, const unsigned char *bytes, size_t len)
{
	g->left = len < PIECE ? len : PIECE;
	if (g->cutter != NULL)
		g->left = cut_next(g->cutter, bytes, g->left, &g->cut);
}

/* What was taken is out when there was room to spare: avail_out is not 0. */
static int
deflate_piece(struct gzip *g)
{
	int r = 1;

	while (r > 0 && (g->z.avail_in > 0 || g->z.avail_out == 0))
		r = deflate_some(g, Z_NO_FLUSH);
	if (g->z.avail_in > 0)
		return r;
	while (r > 0 && g->cut) {
		r = deflate_some(g, Z_FULL_FLUSH);
		g->cut = g->z.avail_out == 0;
	}
	return r;
}

/* What is left of a cut when there was no room for all of it. */
static int
finish_cut(struct gzip *g)
{
	g->z.avail_in = 0;
	return g->left == 0 && g->cut ? deflate_piece(g) : 1;
}

static ssize_t
transform(struct stream *s, const void *bytes, size_t len, int last)
{
	struct gzip *g = stream_self(s);
	size_t used;
	int r = g->begun ? finish_cut(g) : 1;

	if (r <= 0)
		return r;
	if (g->left == 0 && len < PIECE && !last)
		return stream_want(s, PIECE);
	r = g->begun ? 1 : begin(g);
	if (r <= 0)
		return r;
	if (g->left == 0)
		begin_piece(g, bytes, len);
	g->z.next_in = (Bytef *)(uintptr_t)bytes;
	g->z.avail_in = (uInt)g->left;
	r = deflate_piece(g);
	if (r < 0)
		return r;
	used = g->left - g->z.avail_in;
	g->left -= used;
	g->info.crc = (uint32_t)crc32(g->info.crc, bytes, (uInt)used);
	g->info.in += used;
	publish(g);
	return (ssize_t)used;
}

static int
flush(struct stream *s)
{
	struct gzip *g = stream_self(s);
	int r = g->begun ? 1 : begin(g);

	g->z.avail_in = 0;
	if (r > 0)
		r = deflate_piece(g);
	while (r > 0 && !g->over)
		r = deflate_some(g, Z_FINISH);
	if (r >= 0 && !g->over)
		return 1;
	if (r >= 0)
		r = end(g);
	publish(g);
	return r < 0 ? r : 0;
}

static void
gzip_free(struct gzip *g)
{
	(void)deflateEnd(&g->z);
	free(g->cutter);
	free(g->name);
	free(g);
}

static void
destroy(struct stream *s, int code)
{
	(void)code;
	gzip_free(stream_self(s));
}

static const struct stream_ops gzip_ops = {
	.name = "gzip",
	.transform = transform,
	.flush = flush,
	.destroy = destroy,
};

static int
zlib_level(int level)
{
	if (level == 0)
		return DEFAULT_LEVEL;
	return level == STREAM_GZIP_STORE ? 0 : level;
}

/* False: no memory. */
static bool
gzip_init(struct gzip *g, const struct stream_gzip_opts *opts)
{
	g->level = zlib_level(opts->level);
	g->mtime = opts->mtime;
	g->told = opts->info;
	if (opts->name != NULL && (g->name = strdup(opts->name)) == NULL)
		return false;
	if (opts->flags & STREAM_GZIP_RSYNCABLE &&
	    (g->cutter = calloc(1, sizeof(*g->cutter))) == NULL)
		return false;
	return deflateInit2(&g->z, g->level, Z_DEFLATED, -MAX_WBITS, MEM_LEVEL,
		   Z_DEFAULT_STRATEGY) == Z_OK;
}

struct stream *
stream_gzip(struct stream_loop *loop, const struct stream_gzip_opts *opts)
{
	struct stream_gzip_opts given = { 0 };
	struct gzip *g;

	if (opts != NULL)
		memcpy(&given, opts,
		    opts->size < sizeof(given) ? opts->size : sizeof(given));
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	if (gzip_init(g, &given))
		g->stream = stream_new(loop, &gzip_ops, g, 0);
	if (g->stream == NULL) {
		gzip_free(g);
		return NULL;
	}
	g->z.avail_out = 1; /* nothing is to come yet */
	publish(g);
	return g->stream;
}
