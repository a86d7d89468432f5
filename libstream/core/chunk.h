/* SPDX-License-Identifier: ISC */
/*
 * chunk.h - reference-counted bytes, and queues of slices of them
 *
 * A chunk is a buffer with a count; a slice is a part of one.  A queue holds
 * slices in order and knows how many bytes they are.  Bytes travel from queue
 * to queue by reference where that pays, and are copied where it does not: a
 * short slice of a large chunk would pin all of it.
 */
#ifndef CORE_CHUNK_H
#define CORE_CHUNK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct stream_chunk {
	atomic_uint refs;
	size_t room; /* of data */
	size_t len; /* of data that is filled */
	unsigned char *data;
};

struct slice {
	struct stream_chunk *chunk;
	size_t off;
	size_t len;
};

/* Zeroes are an empty queue.  The slices lie in a ring of cap entries. */
struct queue {
	struct slice *ring;
	size_t cap;
	size_t first;
	size_t count;
	size_t bytes; /* in all slices */
	struct stream_chunk *spare; /* room to produce in: see queue_reserve */
	size_t spare_off; /* where the unused part of spare begins */
};

/* NULL: out of memory.  The caller has the only reference. */
struct stream_chunk *chunk_new(size_t room);
struct stream_chunk *chunk_ref(struct stream_chunk *chunk);
void chunk_unref(struct stream_chunk *chunk); /* NULL is fine */

/* Copy bytes to the end.  0 or -ENOMEM. */
int queue_append(struct queue *q, const void *bytes, size_t len);

/* A slice to the end: by reference, or copied if it is short. */
int queue_append_slice(struct queue *q, const struct slice *slice);

/*
 * Room for at least min bytes behind the last; *room (if not NULL) is all that
 * there is.  NULL: out of memory.  Valid until the queue is next touched.
 */
void *queue_reserve(struct queue *q, size_t min, size_t *room);
/* The first len bytes of the room have been filled.  0 or -ENOMEM. */
int queue_commit(struct queue *q, size_t len);

/* The first slice; the queue must not be empty. */
const struct slice *queue_front(const struct queue *q);

/* Make the first slice at least min bytes long, or all there is. */
int queue_gather(struct queue *q, size_t min);

/* Up to max entries in iov for the first bytes, limit of them at most. */
int queue_iov(const struct queue *q, struct iovec *iov, int max, size_t limit);

/* Drop the first len bytes; there must be as many. */
void queue_consume(struct queue *q, size_t len);

/* Drop the slice at index whole: how many bytes that were. */
size_t queue_drop(struct queue *q, size_t index);

/* Copy up to len of the first bytes out, and drop them. */
size_t queue_read(struct queue *q, void *buf, size_t len);

void queue_clear(struct queue *q);

#endif
