/* SPDX-License-Identifier: ISC */
/*
 * pipe.c - links from source to sink: policies, limits, and the fast path
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "core/io.h"
#include "stream/internal.h"

/* So much at once past user space, and so much before a pipe is widened. */
#define MOVE_AT_ONCE ((size_t)1 << 20)
#define BULK (UINT64_C(4) << 20)

struct link {
	struct stream *src;
	struct stream *dst;
	struct link *next_sink; /* of src */
	struct link *next_source; /* of dst */
	struct stream_pipe_opts opts;
	struct stream_link_stats stats;
	int64_t retry; /* timer: ask allow() again */
	bool no_move; /* the fast path was refused */
};

/* --- Making and cutting --- */

static struct link **
find(struct stream *src, const struct stream *dst)
{
	struct link **l = &src->sinks;

	while (*l != NULL && (*l)->dst != dst)
		l = &(*l)->next_sink;
	return l;
}

static void
cut(struct link *l)
{
	struct link **at = find(l->src, l->dst);

	*at = l->next_sink;
	for (at = &l->dst->sources; *at != l; at = &(*at)->next_source)
		;
	*at = l->next_source;
	stream_clear(l->src->loop, l->retry);
	free(l);
}

/* The source goes along with the failure of dst if that was asked for. */
static void
pass_up(struct stream *src, struct stream *dst, enum stream_on_error on_error)
{
	if (on_error != STREAM_ERROR_STOP || !dst->failed)
		return;
	dst->handled = true;
	stream_copy_error(src, &dst->error);
	stream_destroy(src, dst->error.code);
}

/* One of the two has gone before. */
static int
refuse(
    struct stream *src, struct stream *dst, const struct stream_pipe_opts *opts)
{
	int code = dst->failed ? dst->error.code : -EPIPE;

	if (opts != NULL)
		pass_up(src, dst, opts->on_error);
	return code;
}

int
stream_pipe(
    struct stream *src, struct stream *dst, const struct stream_pipe_opts *opts)
{
	struct link **last;
	struct link *l;

	if (src == NULL || dst == NULL)
		return -ENOMEM;
	if (!src->reads || !dst->writes || src->loop != dst->loop)
		return -EINVAL;
	if (src->destroyed || dst->destroyed)
		return refuse(src, dst, opts);
	last = find(src, dst);
	if (*last != NULL)
		return -EEXIST;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->src = src;
	l->dst = dst;
	if (opts != NULL)
		l->opts = *opts;
	*last = l;
	l->next_source = dst->sources;
	dst->sources = l;
	if (!src->paused)
		src->flowing = true;
	stream_schedule(src);
	return 0;
}

int
stream_unpipe(struct stream *src, struct stream *dst)
{
	if (src == NULL)
		return -ENOMEM;
	if (dst != NULL && *find(src, dst) == NULL)
		return -ENOENT;
	if (dst != NULL)
		cut(*find(src, dst));
	while (dst == NULL && src->sinks != NULL)
		cut(src->sinks);
	if (src->sinks == NULL)
		src->flowing = false;
	stream_schedule(src); /* it may have waited for the one that went */
	return 0;
}

/* A sink that goes takes its source along, or leaves it to the others. */
static void
sink_gone(struct link *l)
{
	struct stream *src = l->src;
	struct stream *dst = l->dst;
	enum stream_on_error on_error = l->opts.on_error;

	cut(l);
	if (src->sinks == NULL)
		src->flowing = false;
	pass_up(src, dst, on_error);
	stream_schedule(src);
}

void
links_leave_sources(struct stream *s)
{
	while (s->sources != NULL)
		sink_gone(s->sources);
}

void
links_cut(struct stream *s)
{
	while (s->sinks != NULL)
		cut(s->sinks);
	links_leave_sources(s);
}

/* --- Giving --- */

/* One that waits and is full holds back; it tells when it has drained. */
bool
links_ready(struct stream *src)
{
	bool ready = true;

	for (struct link *l = src->sinks; l != NULL; l = l->next_sink) {
		if (l->opts.when_full != STREAM_FULL_WAIT ||
		    !stream_is_full(l->dst))
			continue;
		l->dst->need_drain = true;
		ready = false;
	}
	return ready;
}

static void
retry(void *arg)
{
	struct link *l = arg;

	l->retry = 0;
	stream_schedule(l->src);
}

static size_t
allowed(struct link *l, size_t want)
{
	uint64_t ns = 0;
	size_t n;

	if (l->opts.allow == NULL)
		return want;
	if (l->retry != 0)
		return 0;
	n = l->opts.allow(l->opts.arg, want, &ns);
	if (n == 0) {
		int64_t id = stream_set_timeout(l->src->loop, ns, 0, retry, l);
		if (id < 0)
			stream_destroy(l->src, (int)id);
		else
			l->retry = id;
	}
	return n < want ? n : want;
}

size_t
links_allow(struct stream *src, size_t want)
{
	for (struct link *l = src->sinks; l != NULL && want > 0;
	     l = l->next_sink)
		want = allowed(l, want);
	return src->destroyed ? 0 : want;
}

static void
count(struct link *l, size_t len)
{
	l->stats.bytes += len;
	if (l->opts.moved != NULL)
		l->opts.moved(l->opts.arg, len);
}

/* What waits longest goes, but not the rest of what has gone out in part. */
static void
drop_old(struct link *l)
{
	struct stream *dst = l->dst;
	size_t first = dst->partial ? 1 : 0;

	while (stream_is_full(dst) && dst->out.count > first) {
		size_t len = queue_drop(&dst->out, first);

		l->stats.dropped += len;
		dst->taken += len;
	}
}

static void
give(struct link *l, const struct slice *slice)
{
	struct stream *dst = l->dst;

	if (stream_is_full(dst)) {
		if (l->opts.when_full == STREAM_FULL_DROP_OLD)
			drop_old(l);
		if (l->opts.when_full == STREAM_FULL_DROP_NEW) {
			l->stats.dropped += slice->len;
			return;
		}
	}
	if (stream_write_slice(dst, slice) >= 0)
		count(l, slice->len);
	else /* it was ended by somebody else; l may be gone already */
		stream_destroy(dst, -EPIPE);
}

void
links_give(struct stream *src, const struct slice *slice)
{
	struct link *next;

	for (struct link *l = src->sinks; l != NULL; l = next) {
		next = l->next_sink;
		give(l, slice);
		if (src->destroyed)
			return;
	}
}

void
links_end(struct stream *src)
{
	for (struct link *l = src->sinks; l != NULL; l = l->next_sink)
		if (!l->opts.keep_open)
			(void)stream_end(l->dst);
}

void
links_drained(struct stream *dst)
{
	for (struct link *l = dst->sources; l != NULL; l = l->next_source)
		stream_schedule(l->src);
}

const struct stream *
links_only_source(const struct stream *s)
{
	if (s->sources == NULL || s->sources->next_source != NULL)
		return NULL;
	return s->sources->src;
}

int
stream_link_stats(const struct stream *src, const struct stream *dst,
    struct stream_link_stats *stats)
{
	struct link *l;

	if (src == NULL || dst == NULL)
		return -ENOMEM;
	l = *find((struct stream *)src, dst);
	if (l == NULL)
		return -ENOENT;
	*stats = l->stats;
	return 0;
}

/* --- The fast path --- */

/* Nobody looks at the bytes, and none wait anywhere. */
static bool
can_move(const struct stream *src)
{
	const struct link *l = src->sinks;

	return l != NULL && l->next_sink == NULL && l->dst->sources == l &&
	    l->next_source == NULL && !l->no_move &&
	    l->opts.when_full == STREAM_FULL_WAIT && src->io != NULL &&
	    l->dst->io != NULL && src->on.data == NULL && src->in.bytes == 0 &&
	    l->dst->out.bytes == 0 && !l->dst->write_ended &&
	    io_can_move(src->io, l->dst->io);
}

static void
moved(struct link *l, size_t len)
{
	l->dst->put += len;
	l->dst->taken += len;
	count(l, len);
	/* What is limited is no bulk: a wide pipe would only hide the rate. */
	if (l->stats.bytes >= BULK && l->opts.allow == NULL) {
		io_widen(l->src->io);
		io_widen(l->dst->io);
	}
	stream_schedule(l->src);
	if (l->dst->writtens != NULL)
		stream_schedule(l->dst);
}

/* Which of the two would have to wait?  Then wait for that one. */
static void
await(struct link *l)
{
	int r = io_is_ready(l->src->io->fd, POLLIN) ? fd_await_room(l->dst)
						    : fd_await_input(l->src);

	if (r < 0)
		stream_destroy(l->src, r);
}

/*
 * Refused, at an end or in error: the plain path is taken for good, and finds
 * out what it was and whose.  A move that fails has moved nothing.
 */
bool
links_move(struct stream *src)
{
	struct link *l = src->sinks;
	size_t len;
	ssize_t n;

	if (!can_move(src))
		return false;
	len = links_allow(src, MOVE_AT_ONCE);
	if (len == 0)
		return true;
	n = io_move(src->io, l->dst->io, len, stream_may_block_reading(src));
	if (n > 0)
		moved(l, (size_t)n);
	else if (n == -EAGAIN)
		await(l);
	else
		l->no_move = true;
	return !l->no_move;
}
