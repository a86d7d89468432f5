/* SPDX-License-Identifier: ISC */
/*
 * pump.c - the machine of a stream: one run moves all that can be moved
 *
 *	drain   the writable queue -> ops.write or ops.transform
 *	give    the readable queue -> the listener and the links
 *	ends    queue empty and ended -> end; all taken and ended -> finish
 *	ask     below high water and wanted -> ops.read, in the poll phase
 *
 * Any callback may destroy the stream: its memory stays until the close phase,
 * and each step looks first.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "stream/pump.h"

#define MAX_IOV 16

#define STREAM_OF(task, member) \
	((struct stream *)((char *)(task)-offsetof(struct stream, member)))

void
stream_schedule(struct stream *s)
{
	if (!s->destroyed)
		loop_queue(&s->loop->pending, &s->pump);
}

/* --- Drain --- */

/* Those whose bytes have all been taken. */
static void
tell_written(struct stream *s)
{
	while (!s->destroyed && s->writtens != NULL &&
	    s->writtens->at <= s->taken) {
		struct written *w = s->writtens;

		s->writtens = w->next;
		w->fn(0, w->arg);
		free(w);
	}
}

static void
tell_drained(struct stream *s)
{
	bool hungry = s->out.bytes == 0 || s->out.bytes < s->want;

	if (s->destroyed || !s->need_drain || !hungry)
		return;
	s->need_drain = false;
	links_drained(s);
	if (s->on.drain != NULL)
		s->on.drain(s, s->on_arg);
}

/* -EAGAIN waits for stream_ready(); any other failure is the end. */
static void
refused(struct stream *s, ssize_t code)
{
	if (code == -EAGAIN)
		s->blocked = true;
	else
		stream_destroy(s, (int)code);
}

static void
took(struct stream *s, size_t len)
{
	size_t before = s->out.count;

	queue_consume(&s->out, len);
	s->taken += len;
	s->partial = s->out.count > 0 && s->out.count == before;
}

static void
write_step(struct stream *s)
{
	while (s->out.bytes > 0 && !s->blocked && !s->destroyed) {
		struct iovec iov[MAX_IOV];
		int count = queue_iov(&s->out, iov, MAX_IOV, SIZE_MAX);
		ssize_t n;

		n = s->ops.write(s, iov, count);
		if (s->destroyed)
			return;
		if (n < 0)
			refused(s, n);
		else
			took(s, (size_t)n);
	}
}

/* 0 used is right only if there is no room, or more was asked for. */
static bool
made_no_progress(const struct stream *s, const struct slice *slice, bool last)
{
	if (s->want > slice->len)
		return last;
	return !s->push_ended && s->in.bytes < s->high_water;
}

static void
transform_some(struct stream *s)
{
	struct slice slice;
	ssize_t n;
	bool last;
	int r = queue_gather(&s->out, s->want);

	if (r < 0) {
		stream_destroy(s, r);
		return;
	}
	slice = *queue_front(&s->out);
	last = s->write_ended && slice.len == s->out.bytes;
	s->want = 0;
	s->current = &slice;
	chunk_ref(slice.chunk);
	n = s->ops.transform(s, slice.chunk->data + slice.off, slice.len, last);
	chunk_unref(slice.chunk);
	s->current = NULL;
	if (s->destroyed)
		return;
	if (n < 0)
		refused(s, n);
	else if ((size_t)n > slice.len)
		stream_fail(s, -EINVAL, "used more than it was given");
	else if (n == 0 && made_no_progress(s, &slice, last))
		stream_fail(s, -EIO, "made no progress");
	else
		took(s, (size_t)n);
}

static void
flush_some(struct stream *s)
{
	int r = s->ops.flush == NULL ? 0 : s->ops.flush(s);

	if (s->destroyed)
		return;
	if (r < 0) {
		refused(s, r);
	} else if (r == 0) {
		s->flushed = true;
		(void)stream_push_end(s);
	}
}

/* Is there input that the transform can go on with? */
static bool
has_input(const struct stream *s)
{
	return s->out.bytes > 0 && (s->write_ended || s->out.bytes >= s->want);
}

/* It has said its last before its input ended: the rest is not wanted. */
static void
stop_taking(struct stream *s)
{
	s->taken += s->out.bytes;
	queue_clear(&s->out);
	s->write_ended = true;
	s->flushed = true;
	s->blocked = false;
	links_leave_sources(s);
}

/* Has its input ended, and was that not told yet? */
static bool
is_to_flush(const struct stream *s)
{
	return s->write_ended && s->out.bytes == 0;
}

/* Is there anything to do, and room for what comes of it? */
static bool
can_transform(const struct stream *s)
{
	return !s->destroyed && !s->blocked && !s->push_ended &&
	    s->in.bytes < s->high_water && (has_input(s) || is_to_flush(s));
}

static void
transform_step(struct stream *s)
{
	while (can_transform(s)) {
		if (has_input(s))
			transform_some(s);
		else
			flush_some(s);
	}
	if (s->push_ended && !s->flushed && !s->destroyed)
		stop_taking(s);
}

static void
finish_step(struct stream *s)
{
	bool over = s->write_ended && s->out.bytes == 0 &&
	    (!s->transforms || s->flushed);
	int r;

	if (s->destroyed || s->finished || s->blocked || !over ||
	    s->end_code != 0)
		return;
	r = s->ops.final == NULL ? 0 : s->ops.final(s);
	if (s->destroyed)
		return;
	if (r < 0) {
		refused(s, r);
		return;
	}
	s->finished = true;
	if (s->on.finish != NULL)
		s->on.finish(s, s->on_arg);
}

/* --- Give --- */

/* The first slice, or what a limited link lets pass of it: false for none. */
static bool
give_front(struct stream *s)
{
	struct slice slice = *queue_front(&s->in);

	slice.len = links_allow(s, slice.len);
	if (slice.len == 0)
		return false;
	chunk_ref(slice.chunk);
	queue_consume(&s->in, slice.len);
	links_give(s, &slice);
	if (!s->destroyed && s->on.data != NULL)
		s->on.data(
		    s, slice.chunk->data + slice.off, slice.len, s->on_arg);
	chunk_unref(slice.chunk);
	return true;
}

static void
tell_readable(struct stream *s)
{
	if (s->destroyed || s->flowing || !s->need_readable ||
	    s->on.readable == NULL || s->in.bytes == 0)
		return;
	s->need_readable = false;
	s->on.readable(s, s->on_arg);
}

static void
fail_at_end(struct stream *s)
{
	if (s->end_text == NULL)
		stream_destroy(s, s->end_code);
	else
		stream_fail(s, s->end_code, "%s", s->end_text);
}

static void
tell_end(struct stream *s)
{
	bool wanted = s->flowing || s->asked_to_read;

	if (s->destroyed || s->ended || !s->push_ended || !wanted ||
	    s->in.bytes > 0)
		return;
	if (s->end_code != 0) {
		fail_at_end(s);
		return;
	}
	s->ended = true;
	links_end(s);
	if (s->on.end != NULL)
		s->on.end(s, s->on_arg);
}

static void
give_step(struct stream *s)
{
	while (!s->destroyed && s->flowing && s->in.bytes > 0)
		if (!links_ready(s) || !give_front(s))
			break;
	tell_readable(s);
	tell_end(s);
}

/* --- Ask --- */

static bool
wants_more(struct stream *s)
{
	if (s->destroyed || s->transforms || !s->reads || s->push_ended ||
	    s->in.bytes >= s->high_water)
		return false;
	if (s->flowing)
		return links_ready(s);
	return s->asked_to_read;
}

static void
ask_step(struct stream *s)
{
	if (!s->reading && wants_more(s))
		loop_queue(&s->loop->readers, &s->reader);
}

static void
read_now(struct task *task)
{
	struct stream *s = STREAM_OF(task, reader);
	int r;

	if (s->reading || !wants_more(s) || links_move(s))
		return;
	s->reading = true;
	r = s->ops.read(s, s->high_water - s->in.bytes);
	if (r < 0)
		stream_destroy(s, r);
}

/* --- The whole --- */

static void
close_if_over(struct stream *s)
{
	bool read_over = !s->reads || s->ended;
	bool write_over = !s->writes || s->finished;

	if (read_over && write_over)
		stream_destroy(s, 0);
}

/* A transform's end is told before its finish, a duplex's after. */
static void
pump(struct task *task)
{
	struct stream *s = STREAM_OF(task, pump);

	if (s->transforms) {
		transform_step(s);
		give_step(s);
		tell_written(s);
		finish_step(s);
	} else {
		if (s->writes)
			write_step(s);
		tell_written(s);
		finish_step(s);
		give_step(s);
	}
	tell_drained(s);
	if (s->destroyed)
		return;
	ask_step(s);
	close_if_over(s);
	/* What was given has made room for more to be transformed. */
	if (s->transforms && can_transform(s))
		stream_schedule(s);
}

void
pump_init(struct stream *s)
{
	s->handle.destroy = stream_abandon;
	s->pump.run = pump;
	s->reader.run = read_now;
	s->closer.run = stream_close_now;
}

struct stream *
pump_of_closer(struct task *task)
{
	return STREAM_OF(task, closer);
}

/* --- May a call block? --- */

bool
stream_may_block_reading(const struct stream *s)
{
	return s->loop->readers.count == 0 && loop_may_block(s->loop);
}

/* Follow the only link upwards: is it there that the reader stands? */
static bool
is_fed_by(const struct stream *s, const struct task *reader)
{
	while (s != NULL && reader != &s->reader)
		s = links_only_source(s);
	return s != NULL;
}

/*
 * A source that could be read meanwhile is no reason to wait for both, if all
 * it gives goes here: it is what cat does.
 */
bool
stream_may_block_writing(const struct stream *s)
{
	const struct task_queue *readers = &s->loop->readers;

	if (!loop_may_block(s->loop))
		return false;
	return readers->count == 0 ||
	    (readers->count == 1 && is_fed_by(s, readers->head));
}
