/* SPDX-License-Identifier: ISC */
/*
 * chunk.c - reference-counted bytes, and queues of slices of them
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/chunk.h"

/*
 * A stream in flight uses the same two or three buffers over and over.  Those
 * of the usual size are kept in a few slots instead of being freed, so that
 * they stay in the cache and malloc does not give their pages back.
 */
#define USUAL_ROOM ((size_t)65536)
#define SPARE_SLOTS 4
#define PAGE ((size_t)4096)

/* Slices below this are copied: a reference would pin a whole chunk. */
#define WORTH_A_REFERENCE ((size_t)4096)

/* The sanitizers find a use after free only if freed memory is freed. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(STREAM_NO_SPARE_CHUNKS)
static _Atomic(struct stream_chunk *) spares[SPARE_SLOTS];

static struct stream_chunk *
spare_get(void)
{
	for (int i = 0; i < SPARE_SLOTS; i++) {
		struct stream_chunk *c = atomic_exchange(&spares[i], NULL);
		if (c != NULL)
			return c;
	}
	return NULL;
}

static bool
spare_put(struct stream_chunk *chunk)
{
	for (int i = 0; i < SPARE_SLOTS; i++) {
		struct stream_chunk *empty = NULL;
		if (atomic_compare_exchange_strong(&spares[i], &empty, chunk))
			return true;
	}
	return false;
}
#else
static struct stream_chunk *
spare_get(void)
{
	return NULL;
}

static bool
spare_put(struct stream_chunk *chunk)
{
	(void)chunk;
	return false;
}
#endif

/*
 * The bytes of those of the usual size begin on a page: the kernel copies
 * whole pages fastest, and a loop that reads one and writes another is not held
 * up by addresses that look the same to the processor but are not.  By hand,
 * for what aligned_alloc() of glibc gets back it does not use again.
 */
static struct stream_chunk *
allocate(size_t room)
{
	size_t slack = room == USUAL_ROOM ? PAGE - 1 : 0;
	struct stream_chunk *c = malloc(sizeof(*c) + slack + room);

	if (c == NULL)
		return NULL;
	c->data = (unsigned char *)(c + 1);
	c->data += -(uintptr_t)c->data & slack;
	return c;
}

struct stream_chunk *
chunk_new(size_t room)
{
	struct stream_chunk *c = NULL;

	if (room > SIZE_MAX - sizeof(*c) - PAGE)
		return NULL;
	if (room == USUAL_ROOM)
		c = spare_get();
	if (c == NULL)
		c = allocate(room);
	if (c == NULL)
		return NULL;
	atomic_init(&c->refs, 1);
	c->room = room;
	c->len = 0;
	return c;
}

struct stream_chunk *
chunk_ref(struct stream_chunk *chunk)
{
	atomic_fetch_add_explicit(&chunk->refs, 1, memory_order_relaxed);
	return chunk;
}

void
chunk_unref(struct stream_chunk *chunk)
{
	if (chunk == NULL)
		return;
	if (atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel) !=
	    1)
		return;
	if (chunk->room != USUAL_ROOM || !spare_put(chunk))
		free(chunk);
}

static bool
chunk_is_ours_alone(struct stream_chunk *chunk)
{
	return atomic_load_explicit(&chunk->refs, memory_order_acquire) == 1;
}

static struct slice *
slice_at(const struct queue *q, size_t i)
{
	return &q->ring[(q->first + i) % q->cap];
}

static int
grow(struct queue *q)
{
	size_t cap = q->cap == 0 ? 4 : q->cap * 2;
	struct slice *ring = calloc(cap, sizeof(*ring));

	if (ring == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < q->count; i++)
		ring[i] = *slice_at(q, i);
	free(q->ring);
	q->ring = ring;
	q->cap = cap;
	q->first = 0;
	return 0;
}

/* Does part begin where the last slice ends?  Then it only grows. */
static bool
extends_last(const struct queue *q, const struct stream_chunk *c, size_t off)
{
	const struct slice *last;

	if (q->count == 0)
		return false;
	last = slice_at(q, q->count - 1);
	return last->chunk == c && last->off + last->len == off;
}

/* Add part to the end; takes a reference of its own. */
static int
add_slice(struct queue *q, struct stream_chunk *c, size_t off, size_t len)
{
	if (extends_last(q, c, off)) {
		slice_at(q, q->count - 1)->len += len;
		q->bytes += len;
		return 0;
	}
	if (q->count == q->cap && grow(q) < 0)
		return -ENOMEM;
	*slice_at(q, q->count) = (struct slice) { chunk_ref(c), off, len };
	q->count++;
	q->bytes += len;
	return 0;
}

int
queue_append(struct queue *q, const void *bytes, size_t len)
{
	void *room;

	if (len == 0)
		return 0;
	room = queue_reserve(q, len, NULL);
	if (room == NULL)
		return -ENOMEM;
	memcpy(room, bytes, len);
	return queue_commit(q, len);
}

int
queue_append_slice(struct queue *q, const struct slice *slice)
{
	if (slice->len == 0)
		return 0;
	if (slice->len < WORTH_A_REFERENCE &&
	    slice->len < slice->chunk->room / 2)
		return queue_append(
		    q, slice->chunk->data + slice->off, slice->len);
	return add_slice(q, slice->chunk, slice->off, slice->len);
}

void *
queue_reserve(struct queue *q, size_t min, size_t *room)
{
	struct stream_chunk *c = q->spare;

	if (c != NULL && chunk_is_ours_alone(c))
		q->spare_off = 0; /* nobody reads what was filled before */
	if (c == NULL || c->room - q->spare_off < min) {
		chunk_unref(c);
		q->spare = c = chunk_new(min > USUAL_ROOM ? min : USUAL_ROOM);
		q->spare_off = 0;
		if (c == NULL)
			return NULL;
	}
	if (room != NULL)
		*room = c->room - q->spare_off;
	return c->data + q->spare_off;
}

int
queue_commit(struct queue *q, size_t len)
{
	int r;

	if (len == 0)
		return 0;
	r = add_slice(q, q->spare, q->spare_off, len);
	if (r < 0)
		return r;
	q->spare_off += len;
	if (q->spare_off == q->spare->room) {
		chunk_unref(q->spare);
		q->spare = NULL;
	}
	return 0;
}

const struct slice *
queue_front(const struct queue *q)
{
	return slice_at(q, 0);
}

/* Can total bytes lie where the first slice begins, in a chunk of its own? */
static bool
can_grow_to(const struct queue *q, size_t total)
{
	const struct slice *s = slice_at(q, 0);

	return s->chunk != q->spare && chunk_is_ours_alone(s->chunk) &&
	    total <= s->chunk->room - s->off;
}

/* Move the first slice to a chunk with room for as much again. */
static int
make_room_for(struct queue *q, size_t total)
{
	struct slice *s = slice_at(q, 0);
	struct stream_chunk *c;

	if (total > SIZE_MAX / 2)
		return -ENOMEM;
	c = chunk_new(total * 2 > USUAL_ROOM ? total * 2 : USUAL_ROOM);
	if (c == NULL)
		return -ENOMEM;
	memcpy(c->data, s->chunk->data + s->off, s->len);
	chunk_unref(s->chunk);
	s->chunk = c;
	s->off = 0;
	return 0;
}

/* Copy the second slice behind the first. */
static void
absorb_second(struct queue *q)
{
	struct slice *a = slice_at(q, 0);
	struct slice *b = slice_at(q, 1);

	memcpy(
	    a->chunk->data + a->off + a->len, b->chunk->data + b->off, b->len);
	a->len += b->len;
	chunk_unref(b->chunk);
	*b = *a;
	q->first = (q->first + 1) % q->cap;
	q->count--;
}

int
queue_gather(struct queue *q, size_t min)
{
	size_t want = min < q->bytes ? min : q->bytes;
	size_t total = 0;
	size_t n = 0;

	if (q->count == 0 || queue_front(q)->len >= want)
		return 0;
	/* Whole slices, so that none is left behind as a splinter. */
	while (total < want)
		total += slice_at(q, n++)->len;
	if (!can_grow_to(q, total) && make_room_for(q, total) < 0)
		return -ENOMEM;
	while (--n > 0)
		absorb_second(q);
	return 0;
}

int
queue_iov(const struct queue *q, struct iovec *iov, int max, size_t limit)
{
	int n = 0;

	for (size_t i = 0; i < q->count && n < max && limit > 0; i++) {
		const struct slice *s = slice_at(q, i);
		size_t len = s->len < limit ? s->len : limit;

		iov[n].iov_base = s->chunk->data + s->off;
		iov[n++].iov_len = len;
		limit -= len;
	}
	return n;
}

size_t
queue_drop(struct queue *q, size_t index)
{
	size_t len = slice_at(q, index)->len;

	chunk_unref(slice_at(q, index)->chunk);
	for (; index > 0; index--)
		*slice_at(q, index) = *slice_at(q, index - 1);
	q->bytes -= len;
	q->first = (q->first + 1) % q->cap;
	q->count--;
	return len;
}

void
queue_consume(struct queue *q, size_t len)
{
	while (len > 0) {
		struct slice *s = slice_at(q, 0);

		if (len < s->len) {
			s->off += len;
			s->len -= len;
			q->bytes -= len;
			return;
		}
		len -= queue_drop(q, 0);
	}
}

size_t
queue_read(struct queue *q, void *buf, size_t len)
{
	unsigned char *to = buf;
	size_t done = 0;

	while (done < len && q->count > 0) {
		const struct slice *s = queue_front(q);
		size_t n = s->len < len - done ? s->len : len - done;

		memcpy(to + done, s->chunk->data + s->off, n);
		queue_consume(q, n);
		done += n;
	}
	return done;
}

void
queue_clear(struct queue *q)
{
	while (q->count > 0)
		queue_drop(q, 0);
	chunk_unref(q->spare);
	free(q->ring);
	*q = (struct queue) { 0 };
}
