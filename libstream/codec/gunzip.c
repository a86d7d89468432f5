/* SPDX-License-Identifier: ISC */
/*
 * gunzip.c - expand gzip files as a stream
 *
 * A file is a row of members, and a member a header, compressed data and a
 * trailer.  What comes next is the phase: each phase takes what it can of the
 * input and says whether there is more to do at once.  The last member may be
 * followed by zeros (of a tape's block) or by garbage.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "header.h"
#include "libstream-codec.h"

/* Two fill a chunk of the queue that it is reserved in. */
#define ROOM ((size_t)32768)

struct gunzip;

struct input {
	const unsigned char *next;
	size_t left;
};

/* True: go on, there may be more to do. */
typedef bool phase_fn(struct gunzip *g, struct input *in);

struct gunzip {
	struct stream *stream;
	struct stream_gunzip_opts opts;
	struct stream_gunzip_info info;
	phase_fn *phase;
	unsigned char magic[2];
	size_t magic_len;
	struct header header;
	z_stream z;
	bool owes; /* inflate stopped for want of room */
	uint64_t expanded; /* of this member */
	unsigned char trailer[GZIP_TRAILER_LEN];
	size_t trailer_len;
	int error; /* of the output */
};

static phase_fn find_magic, take_header, take_data, take_trailer;
static phase_fn take_zeros, take_garbage, pass_on;

static void
advance(struct gunzip *g, struct input *in, size_t len)
{
	in->next += len;
	in->left -= len;
	g->info.in += len;
}

static bool
problem(struct gunzip *g, enum stream_gunzip_problem what)
{
	g->info.problem = what;
	return false;
}

/* What stream_commit() or stream_push() said: true if there is more room. */
static bool
gave(struct gunzip *g, size_t len, int r)
{
	if (r < 0)
		g->error = r;
	else
		g->info.out += len;
	return r > 0;
}

/* --- Between members --- */

static bool
begin_member(struct gunzip *g)
{
	header_init(&g->header, g->magic, g->opts.flags, g->info.members == 0,
	    &g->info);
	g->phase = take_header;
	return true;
}

/* Neither the beginning of a member nor of anything else that is known. */
static bool
begin_unknown(struct gunzip *g)
{
	if (g->opts.flags & STREAM_GUNZIP_PASS) {
		g->info.notes |= STREAM_GUNZIP_PASSED;
		g->phase = pass_on;
		return gave(g, g->magic_len,
		    stream_push(g->stream, g->magic, g->magic_len));
	}
	if (g->info.members == 0)
		return problem(g, STREAM_GUNZIP_NOT_GZIP);
	g->phase = take_garbage;
	if (g->magic[0] == 0 && g->magic[1] == 0)
		g->phase = take_zeros;
	return true;
}

static bool
find_magic(struct gunzip *g, struct input *in)
{
	bool first = g->info.members == 0;

	while (g->magic_len < 2 && in->left > 0) {
		g->magic[g->magic_len++] = *in->next;
		advance(g, in, 1);
	}
	switch (header_kind(g->magic, g->magic_len, first, &g->info)) {
	case HEADER_GZIP:
		return begin_member(g);
	case HEADER_OTHER:
		return problem(g, STREAM_GUNZIP_FORMAT);
	case HEADER_NONE:
		return begin_unknown(g);
	case HEADER_UNKNOWN:
		break;
	}
	return false;
}

/* --- A member --- */

static bool
take_header(struct gunzip *g, struct input *in)
{
	while (in->left > 0 && !header_is_over(&g->header)) {
		if (!header_take(&g->header, *in->next))
			return false;
		advance(g, in, 1);
	}
	if (!header_is_over(&g->header))
		return false;
	if (g->header.first)
		g->info.overhead = g->header.len + GZIP_TRAILER_LEN;
	g->info.crc = 0;
	g->expanded = 0;
	(void)inflateReset(&g->z);
	g->phase = take_data;
	return true;
}

static bool
inflated(struct gunzip *g, int r)
{
	switch (r) {
	case Z_STREAM_END:
		g->trailer_len = 0;
		g->phase = take_trailer;
		return true;
	case Z_OK:
	case Z_BUF_ERROR: /* nothing to do, no harm done */
		return true;
	case Z_MEM_ERROR:
		g->error = -ENOMEM;
		return false;
	default:
		return problem(g, STREAM_GUNZIP_DATA);
	}
}

/* Straight into the queue of the output; what came before an error counts. */
static bool
take_data(struct gunzip *g, struct input *in)
{
	unsigned char *room = stream_reserve(g->stream, ROOM);
	uInt len = in->left < UINT_MAX ? (uInt)in->left : UINT_MAX;
	size_t made;
	bool more;
	int r;

	if (room == NULL) {
		g->error = -ENOMEM;
		return false;
	}
	g->z.next_in = (Bytef *)(uintptr_t)in->next;
	g->z.avail_in = len;
	g->z.next_out = room;
	g->z.avail_out = (uInt)ROOM;
	r = inflate(&g->z, Z_NO_FLUSH);
	advance(g, in, len - g->z.avail_in);
	made = ROOM - g->z.avail_out;
	g->info.crc = (uint32_t)crc32(g->info.crc, room, (uInt)made);
	g->expanded += made;
	g->owes = made == ROOM && r == Z_OK;
	more = gave(g, made, stream_commit(g->stream, made));
	return inflated(g, r) && more && (in->left > 0 || g->owes);
}

static uint32_t
number(const unsigned char *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	    (uint32_t)bytes[3] << 24;
}

static bool
check_member(struct gunzip *g)
{
	bool crc = number(g->trailer) == g->info.crc;
	bool length = number(g->trailer + 4) == (uint32_t)g->expanded;

	if (!crc)
		return problem(g,
		    length ? STREAM_GUNZIP_CRC : STREAM_GUNZIP_CRC_AND_LENGTH);
	if (!length)
		return problem(g, STREAM_GUNZIP_LENGTH);
	g->info.members++;
	g->magic_len = 0;
	g->phase = find_magic;
	return true;
}

static bool
take_trailer(struct gunzip *g, struct input *in)
{
	while (in->left > 0 && g->trailer_len < sizeof(g->trailer)) {
		g->trailer[g->trailer_len++] = *in->next;
		advance(g, in, 1);
	}
	return g->trailer_len == sizeof(g->trailer) && check_member(g);
}

/* --- After the last member --- */

static bool
take_zeros(struct gunzip *g, struct input *in)
{
	while (in->left > 0 && *in->next == 0)
		advance(g, in, 1);
	if (in->left == 0)
		return false;
	g->phase = take_garbage;
	return true;
}

static bool
take_garbage(struct gunzip *g, struct input *in)
{
	g->info.notes |= STREAM_GUNZIP_GARBAGE;
	advance(g, in, in->left);
	return false;
}

static bool
pass_on(struct gunzip *g, struct input *in)
{
	if (in->left > 0)
		(void)gave(
		    g, in->left, stream_pass(g->stream, in->next, in->left));
	advance(g, in, in->left);
	return false;
}

/* --- The end of the input --- */

/* One byte is not enough to tell what begins with it. */
static enum stream_gunzip_problem
end_in_magic(struct gunzip *g)
{
	bool first = g->info.members == 0;

	if (g->opts.flags & STREAM_GUNZIP_PASS) {
		if (g->magic_len > 0)
			(void)begin_unknown(g);
		return STREAM_GUNZIP_OK;
	}
	if (!first && g->magic_len > 0 && g->magic[0] == 0)
		g->info.notes |= STREAM_GUNZIP_ZEROS;
	return header_missing(g->magic, g->magic_len, first);
}

static enum stream_gunzip_problem
end_of_input(struct gunzip *g)
{
	if (g->phase == find_magic)
		return end_in_magic(g);
	if (g->phase == take_header || g->phase == take_data ||
	    g->phase == take_trailer)
		return STREAM_GUNZIP_TRUNCATED;
	if (g->phase == take_zeros)
		g->info.notes |= STREAM_GUNZIP_ZEROS;
	return STREAM_GUNZIP_OK;
}

/* --- As a transform --- */

/*
 * There is a problem, and no more of the input is of use; what was expanded
 * before it is.
 */
static int
give_up(struct gunzip *g)
{
	if (g->opts.flags & STREAM_GUNZIP_SALVAGE)
		return 0;
	return stream_push_error(
	    g->stream, -EBADMSG, "%s", stream_gunzip_strerror(&g->info));
}

static void
run(struct gunzip *g, struct input *in)
{
	while (g->phase(g, in))
		;
	header_publish(&g->info, g->opts.info);
}

static ssize_t
transform(struct stream *s, const void *bytes, size_t len, int last)
{
	struct gunzip *g = stream_self(s);
	struct input in = { bytes, len };

	(void)last;
	if (g->info.problem == STREAM_GUNZIP_OK)
		run(g, &in);
	if (g->error != 0)
		return g->error;
	if (g->info.problem != STREAM_GUNZIP_OK) {
		int r = give_up(g);
		return r < 0 ? r : (ssize_t)len;
	}
	return (ssize_t)(len - in.left);
}

static int
flush(struct stream *s)
{
	struct gunzip *g = stream_self(s);
	struct input in = { (const unsigned char *)"", 0 };

	if (g->info.problem == STREAM_GUNZIP_OK && g->owes) {
		run(g, &in);
		if (g->error == 0 && g->owes)
			return 1;
	}
	if (g->error != 0)
		return g->error;
	if (g->info.problem == STREAM_GUNZIP_OK)
		g->info.problem = end_of_input(g);
	header_publish(&g->info, g->opts.info);
	if (g->error == 0 && g->info.problem != STREAM_GUNZIP_OK)
		return give_up(g);
	return g->error;
}

static void
destroy(struct stream *s, int code)
{
	struct gunzip *g = stream_self(s);

	(void)code;
	(void)inflateEnd(&g->z);
	free(g);
}

static const struct stream_ops gunzip_ops = {
	.name = "gunzip",
	.transform = transform,
	.flush = flush,
	.destroy = destroy,
};

static struct gunzip *
gunzip_new(const struct stream_gunzip_opts *opts)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	if (opts != NULL)
		memcpy(&g->opts, opts,
		    opts->size < sizeof(*opts) ? opts->size : sizeof(*opts));
	g->phase = find_magic;
	if (inflateInit2(&g->z, -MAX_WBITS) != Z_OK) {
		free(g);
		return NULL;
	}
	header_publish(&g->info, g->opts.info);
	return g;
}

struct stream *
stream_gunzip(struct stream_loop *loop, const struct stream_gunzip_opts *opts)
{
	struct gunzip *g = gunzip_new(opts);

	if (g == NULL)
		return NULL;
	g->stream = stream_new(loop, &gunzip_ops, g, 0);
	if (g->stream == NULL) {
		(void)inflateEnd(&g->z);
		free(g);
		return NULL;
	}
	return g->stream;
}

const char *
stream_gunzip_strerror(const struct stream_gunzip_info *info)
{
	static const char *const texts[] = {
		[STREAM_GUNZIP_OK] = "no problem",
		[STREAM_GUNZIP_TRUNCATED] = "unexpected end of file",
		[STREAM_GUNZIP_NOT_GZIP] = "not in gzip format",
		[STREAM_GUNZIP_FORMAT] = "another format",
		[STREAM_GUNZIP_METHOD] = "unknown method",
		[STREAM_GUNZIP_ENCRYPTED] = "encrypted",
		[STREAM_GUNZIP_FLAGS] = "unknown flags",
		[STREAM_GUNZIP_HEADER_CRC] = "header checksum error",
		[STREAM_GUNZIP_DATA] = "invalid compressed data",
		[STREAM_GUNZIP_CRC] = "crc error",
		[STREAM_GUNZIP_LENGTH] = "length error",
		[STREAM_GUNZIP_CRC_AND_LENGTH] = "crc and length error",
	};

	if (info->problem == STREAM_GUNZIP_FORMAT && info->format != NULL)
		return info->format;
	return texts[info->problem];
}
