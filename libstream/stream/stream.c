/* SPDX-License-Identifier: ISC */
/*
 * stream.c - the life of a stream: making, using, ending and destroying it
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/internal.h"
#include "stream/pump.h"

const char *
stream_version(void)
{
	return PACKAGE_VERSION;
}

/* --- Making --- */

static void
release(struct stream *s)
{
	free(s->error_text);
	free(s->end_text);
	free(s->separator);
	free(s->name);
	free(s);
}

static bool
copy_separator(struct stream *s)
{
	size_t len = s->ops.separator == NULL ? 1 : s->ops.separator_len;
	const char *from = s->ops.separator == NULL ? "\n" : s->ops.separator;

	if (len == 0)
		return false;
	s->separator = malloc(len);
	if (s->separator == NULL)
		return false;
	memcpy(s->separator, from, len);
	s->ops.separator = s->separator;
	s->ops.separator_len = len;
	return true;
}

static struct stream *
new_stream(struct stream_loop *loop, const char *name)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->name = strdup(name == NULL ? "stream" : name);
	if (s->name == NULL) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	pump_init(s);
	return s;
}

struct stream *
stream_new(struct stream_loop *loop, const struct stream_ops *ops, void *self,
    size_t high_water)
{
	struct stream *s;

	if (loop == NULL)
		return NULL;
	s = new_stream(loop, ops->name);
	if (s == NULL)
		return NULL;
	s->ops = *ops;
	s->self = self;
	s->high_water = high_water == 0 ? STREAM_HIGH_WATER : high_water;
	if (s->ops.record != NULL) {
		s->ops.transform = record_transform;
		if (!copy_separator(s)) {
			release(s);
			return NULL;
		}
	}
	s->transforms = s->ops.transform != NULL;
	s->reads = s->transforms || ops->read != NULL;
	s->writes = s->transforms || ops->write != NULL;
	loop_adopt(loop, &s->handle);
	return s;
}

static int
never_reads(struct stream *s, size_t want)
{
	(void)s, (void)want;
	return -EBADF;
}

static ssize_t
never_writes(struct stream *s, const struct iovec *iov, int count)
{
	(void)s, (void)iov, (void)count;
	return -EBADF;
}

struct stream *
stream_failed(struct stream_loop *loop, const char *name, bool reads,
    bool writes, int code)
{
	struct stream_ops ops = {
		.name = name,
		.read = reads ? never_reads : NULL,
		.write = writes ? never_writes : NULL,
	};
	struct stream *s = stream_new(loop, &ops, NULL, 0);

	stream_destroy(s, code);
	return s;
}

/* --- Reading --- */

int
stream_on(struct stream *s, const struct stream_events *events, void *arg)
{
	if (s == NULL)
		return -ENOMEM;
	s->on = events == NULL ? (struct stream_events) { 0 } : *events;
	s->on_arg = arg;
	if (s->on.readable != NULL) {
		s->flowing = false;
		s->asked_to_read = true;
		s->need_readable = true;
	} else if (s->on.data != NULL && !s->paused) {
		s->flowing = true;
	}
	stream_schedule(s);
	return 0;
}

ssize_t
stream_read(struct stream *s, void *buf, size_t len)
{
	size_t n;

	if (s == NULL)
		return -ENOMEM;
	if (!s->reads)
		return -EBADF;
	if (s->failed)
		return s->error.code;
	s->asked_to_read = true;
	n = queue_read(&s->in, buf, len);
	if (n == 0 && len > 0 && !s->push_ended && !s->destroyed)
		s->need_readable = true;
	stream_schedule(s);
	if (n > 0 || len == 0)
		return (ssize_t)n;
	return s->push_ended || s->destroyed ? 0 : -EAGAIN;
}

void
stream_pause(struct stream *s)
{
	if (s == NULL)
		return;
	s->flowing = false;
	s->paused = true;
}

void
stream_resume(struct stream *s)
{
	if (s == NULL)
		return;
	s->flowing = true;
	s->paused = false;
	stream_schedule(s);
}

/* --- Pushing --- */

static int
pushed(struct stream *s, int r)
{
	if (r < 0) {
		stream_destroy(s, r);
		return r;
	}
	s->reading = false;
	if (s->on.readable != NULL)
		s->need_readable = true;
	stream_schedule(s);
	return s->in.bytes < s->high_water;
}

static int
may_push(const struct stream *s)
{
	if (s == NULL)
		return -ENOMEM;
	if (s->push_ended || s->destroyed)
		return -EPIPE;
	return s->reads ? 0 : -EBADF;
}

int
stream_push(struct stream *s, const void *bytes, size_t len)
{
	int r = may_push(s);

	return r < 0 ? r : pushed(s, queue_append(&s->in, bytes, len));
}

void *
stream_reserve(struct stream *s, size_t len)
{
	if (may_push(s) < 0)
		return NULL;
	return queue_reserve(&s->in, len, NULL);
}

int
stream_commit(struct stream *s, size_t len)
{
	int r = may_push(s);

	return r < 0 ? r : pushed(s, queue_commit(&s->in, len));
}

static bool
lies_in(const struct slice *slice, const unsigned char *bytes, size_t len)
{
	const unsigned char *start;

	if (slice == NULL)
		return false;
	start = slice->chunk->data + slice->off;
	return bytes >= start && bytes + len <= start + slice->len;
}

int
stream_pass(struct stream *s, const void *bytes, size_t len)
{
	int r = may_push(s);
	struct slice part;

	if (r < 0)
		return r;
	if (!lies_in(s->current, bytes, len))
		return stream_push(s, bytes, len);
	part.chunk = s->current->chunk;
	part.off = (size_t)((const unsigned char *)bytes - part.chunk->data);
	part.len = len;
	return pushed(s, queue_append_slice(&s->in, &part));
}

int
stream_push_end(struct stream *s)
{
	int r = may_push(s);

	if (r < 0)
		return r;
	s->push_ended = true;
	(void)pushed(s, 0);
	return 0;
}

int
stream_push_error(struct stream *s, int code, const char *fmt, ...)
{
	char reason[512];
	va_list args;
	int r = may_push(s);

	if (r < 0)
		return r;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	s->end_text = strdup(reason); /* without memory, the code must do */
	s->end_code = code;
	return stream_push_end(s);
}

/* --- Writing --- */

bool
stream_is_full(const struct stream *s)
{
	/* A transform that needs more than it has must be given it. */
	return s->out.bytes >= s->high_water && s->out.bytes >= s->want;
}

static int
may_write(struct stream *s)
{
	if (s == NULL)
		return -ENOMEM;
	if (s->failed)
		return s->error.code;
	if (!s->writes)
		return -EBADF;
	return s->write_ended || s->destroyed ? -EPIPE : 0;
}

static int
put(struct stream *s, size_t len, int r)
{
	if (r < 0) {
		stream_destroy(s, r);
		return r;
	}
	s->put += len;
	stream_schedule(s);
	if (!stream_is_full(s))
		return 1;
	s->need_drain = true;
	return 0;
}

int
stream_write(struct stream *s, const void *bytes, size_t len)
{
	int r = may_write(s);

	return r < 0 ? r : put(s, len, queue_append(&s->out, bytes, len));
}

int
stream_write_slice(struct stream *s, const struct slice *slice)
{
	int r = may_write(s);

	if (r < 0)
		return r;
	return put(s, slice->len, queue_append_slice(&s->out, slice));
}

int
stream_end(struct stream *s)
{
	int r;

	if (s != NULL && s->write_ended && !s->failed)
		return 0;
	r = may_write(s);
	if (r < 0)
		return r;
	s->write_ended = true;
	stream_schedule(s);
	return 0;
}

int
stream_written(struct stream *s, void (*fn)(int code, void *arg), void *arg)
{
	struct written **last;
	struct written *w;

	if (s == NULL)
		return -ENOMEM;
	if (!s->writes)
		return -EBADF;
	w = malloc(sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	*w = (struct written) { .at = s->put, .fn = fn, .arg = arg };
	for (last = &s->writtens; *last != NULL; last = &(*last)->next)
		;
	*last = w;
	stream_schedule(s);
	return 0;
}

void
stream_ready(struct stream *s)
{
	if (s == NULL)
		return;
	s->blocked = false;
	stream_schedule(s);
}

static void
waited(void *arg)
{
	struct stream *s = arg;

	s->waiting = 0;
	stream_ready(s);
}

ssize_t
stream_wait(struct stream *s, uint64_t ns)
{
	int64_t id;

	if (s == NULL)
		return -ENOMEM;
	stream_clear(s->loop, s->waiting);
	id = stream_set_timeout(s->loop, ns, 0, waited, s);
	s->waiting = id < 0 ? 0 : id;
	return id < 0 ? (ssize_t)id : -EAGAIN;
}

ssize_t
stream_want(struct stream *s, size_t min)
{
	if (s == NULL)
		return -ENOMEM;
	s->want = min;
	return 0;
}

/* --- Chunks by reference --- */

struct stream_chunk *
stream_chunk_new(size_t room)
{
	return chunk_new(room);
}

struct stream_chunk *
stream_chunk_ref(struct stream_chunk *chunk)
{
	return chunk == NULL ? NULL : chunk_ref(chunk);
}

void
stream_chunk_unref(struct stream_chunk *chunk)
{
	chunk_unref(chunk);
}

void *
stream_chunk_data(struct stream_chunk *chunk, size_t *len, size_t *room)
{
	if (len != NULL)
		*len = chunk->len;
	if (room != NULL)
		*room = chunk->room;
	return chunk->data;
}

void
stream_chunk_set_len(struct stream_chunk *chunk, size_t len)
{
	chunk->len = len < chunk->room ? len : chunk->room;
}

int
stream_push_chunk(struct stream *s, struct stream_chunk *chunk)
{
	int r = chunk == NULL ? -ENOMEM : may_push(s);

	if (r == 0) {
		struct slice whole = { chunk, 0, chunk->len };
		r = pushed(s, queue_append_slice(&s->in, &whole));
	}
	chunk_unref(chunk);
	return r;
}

int
stream_write_chunk(struct stream *s, struct stream_chunk *chunk)
{
	int r = -ENOMEM;

	if (chunk != NULL) {
		struct slice whole = { chunk, 0, chunk->len };
		r = stream_write_slice(s, &whole);
	}
	chunk_unref(chunk);
	return r;
}

/* --- Asking --- */

unsigned
stream_state(const struct stream *s)
{
	if (s == NULL)
		return STREAM_ERRORED | STREAM_DESTROYED;
	return (s->reads ? STREAM_READABLE : 0u) |
	    (s->writes ? STREAM_WRITABLE : 0u) |
	    (s->flowing ? STREAM_FLOWING : 0u) |
	    (s->need_drain ? STREAM_NEED_DRAIN : 0u) |
	    (s->ended ? STREAM_ENDED : 0u) |
	    (s->finished ? STREAM_FINISHED : 0u) |
	    (s->failed ? STREAM_ERRORED : 0u) |
	    (s->destroyed ? STREAM_DESTROYED : 0u);
}

size_t
stream_buffered(const struct stream *s, unsigned side)
{
	if (s == NULL)
		return 0;
	return (side & STREAM_READABLE ? s->in.bytes : 0) +
	    (side & STREAM_WRITABLE ? s->out.bytes : 0);
}

const char *
stream_name(const struct stream *s)
{
	return s == NULL ? "stream" : s->name;
}

void *
stream_self(const struct stream *s)
{
	return s == NULL ? NULL : s->self;
}

struct stream_loop *
stream_loop_of(const struct stream *s)
{
	return s == NULL ? NULL : s->loop;
}

/* --- The end --- */

/* Bytes that nobody will have any more, and what was said of them. */
static void
drop_all(struct stream *s)
{
	queue_clear(&s->in);
	queue_clear(&s->out);
	stream_clear(s->loop, s->waiting);
	loop_dequeue(&s->pump);
	loop_dequeue(&s->reader);
}

static void
destroy(struct stream *s)
{
	if (s->destroyed)
		return;
	s->destroyed = true;
	s->flowing = false;
	drop_all(s);
	links_cut(s);
	loop_queue(&s->loop->closing, &s->closer);
}

__attribute__((format(printf, 3, 4))) static void
set_error(struct stream *s, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	stream_set_error(s, code, fmt, args);
	va_end(args);
}

void
stream_destroy(struct stream *s, int code)
{
	if (s == NULL || s->destroyed)
		return;
	if (code != 0)
		set_error(s, code, NULL);
	destroy(s);
}

void
stream_fail(struct stream *s, int code, const char *fmt, ...)
{
	va_list args;

	if (s == NULL || s->destroyed)
		return;
	va_start(args, fmt);
	stream_set_error(s, code, fmt, args);
	va_end(args);
	destroy(s);
}

/* Those whose bytes got out before it failed are told that. */
static void
tell_all_written(struct stream *s)
{
	int code = s->failed ? s->error.code : -EPIPE;

	while (s->writtens != NULL) {
		struct written *w = s->writtens;

		s->writtens = w->next;
		w->fn(w->at <= s->taken ? 0 : code, w->arg);
		free(w);
	}
}

static void
tell_error(struct stream *s)
{
	if (s->on.error != NULL)
		s->on.error(s, &s->error, s->on_arg);
	else if (!s->handled && s->closed == NULL)
		loop_unhandled(s->loop, &s->error);
}

/* In the close phase: release, error, close, in this order and once. */
void
stream_close_now(struct task *task)
{
	struct stream *s = pump_of_closer(task);

	if (s->ops.destroy != NULL)
		s->ops.destroy(s, s->failed ? s->error.code : 0);
	tell_all_written(s);
	if (s->failed)
		tell_error(s);
	if (s->on.close != NULL)
		s->on.close(s, s->on_arg);
	if (s->closed != NULL)
		s->closed(s, s->closed_arg);
	if (s->told != NULL)
		s->told(s, s->told_arg);
	loop_disown(&s->handle);
	release(s);
}

/* The loop is being freed: no one is told any more. */
void
stream_abandon(struct loop_handle *handle)
{
	struct stream *s = (struct stream *)handle;

	if (!s->destroyed) {
		s->destroyed = true;
		drop_all(s);
		links_cut(s);
	}
	loop_dequeue(&s->closer);
	if (s->ops.destroy != NULL)
		s->ops.destroy(s, s->failed ? s->error.code : -ECANCELED);
	while (s->writtens != NULL) {
		struct written *w = s->writtens;

		s->writtens = w->next;
		free(w);
	}
	release(s);
}
