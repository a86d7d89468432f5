/* SPDX-License-Identifier: ISC */
/*
 * chunk.c - reference-counted bytes, and queues of slices of them
 *
 * The queue is compared with a flat array under random operations.
 */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/chunk.h"
#include "sources.h"
#include "tap.h"

static void
public_chunks(void)
{
	struct stream_chunk *chunk = stream_chunk_new(100);
	size_t len = 1, room = 1;
	unsigned char *p = stream_chunk_data(chunk, &len, &room);

	is_int(len, 0, "a new chunk is empty");
	ok(room >= 100, "and has the room that was asked for");
	memcpy(p, "abc", 3);
	stream_chunk_set_len(chunk, 3);
	stream_chunk_ref(chunk);
	stream_chunk_unref(chunk);
	p = stream_chunk_data(chunk, &len, NULL);
	is_mem(p, len, "abc", 3, "it lives while it is referred to");
	ok(stream_chunk_data(chunk, NULL, NULL) == p, "in the same place");
	stream_chunk_unref(chunk);
}

#define REFS 100000

static void *
unref_many(void *arg)
{
	for (int i = 0; i < REFS; i++) {
		stream_chunk_ref(arg);
		stream_chunk_unref(arg);
	}
	stream_chunk_unref(arg);
	return NULL;
}

/* For the sanitizers: a count that is not atomic frees twice or never. */
static void
threads(void)
{
	struct stream_chunk *chunk = stream_chunk_new(10);
	pthread_t other;

	stream_chunk_ref(chunk);
	pthread_create(&other, NULL, unref_many, chunk);
	unref_many(chunk);
	pthread_join(other, NULL);
	ok(1, "two threads may count references");
}

/* --- The queue against an array ------------------------------------------- */

struct model {
	struct queue q;
	unsigned char *bytes;
	size_t first, end;
	uint64_t seed;
	unsigned char next;
	bool same;
};

static void
fill(struct model *m, unsigned char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->bytes[m->end++] = to[i] = m->next++;
}

static void
append(struct model *m, size_t n)
{
	unsigned char *bytes = malloc(n + 1);

	fill(m, bytes, n);
	m->same &= queue_append(&m->q, bytes, n) == 0;
	memset(bytes, 0xa5, n);
	free(bytes);
}

static void
append_slice(struct model *m, size_t n)
{
	struct slice slice = { .chunk = chunk_new(n + 20), .off = 5 };

	fill(m, slice.chunk->data + slice.off, n);
	slice.chunk->len = n + 10;
	slice.len = n;
	m->same &= queue_append_slice(&m->q, &slice) == 0;
	chunk_unref(slice.chunk);
}

static void
reserve_commit(struct model *m, size_t n)
{
	size_t room = 0;
	unsigned char *p = queue_reserve(&m->q, n, &room);

	m->same &= p != NULL && room >= n;
	n = pick(&m->seed, (uint32_t)n + 1);
	fill(m, p, n);
	m->same &= queue_commit(&m->q, n) == 0;
}

static void
take_read(struct model *m, size_t n)
{
	unsigned char *buf = malloc(n + 1);
	size_t want = m->end - m->first < n ? m->end - m->first : n;

	m->same &= queue_read(&m->q, buf, n) == want;
	m->same &= memcmp(buf, m->bytes + m->first, want) == 0;
	m->first += want;
	free(buf);
}

static void
look_iov(struct model *m, size_t n)
{
	struct iovec iov[4];
	int count = queue_iov(&m->q, iov, 4, n);
	size_t at = m->first;

	for (int i = 0; i < count; i++) {
		m->same &=
		    memcmp(m->bytes + at, iov[i].iov_base, iov[i].iov_len) == 0;
		at += iov[i].iov_len;
	}
	m->same &= at - m->first <= n && at <= m->end;
	m->same &= count > 0 || n == 0 || m->first == m->end;
	queue_consume(&m->q, at - m->first);
	m->first = at;
}

static void
gather(struct model *m, size_t n)
{
	size_t have = m->end - m->first;

	if (have == 0)
		return;
	m->same &= queue_gather(&m->q, n) == 0;
	m->same &= queue_front(&m->q)->len >= (n < have ? n : have);
	if (pick(&m->seed, 4) == 0)
		m->first += queue_drop(&m->q, 0);
}

static void
step(struct model *m)
{
	static void (*const steps[])(struct model *, size_t) = { append,
		append_slice, reserve_commit, take_read, look_iov, gather };
	uint32_t most = pick(&m->seed, 10) ? 40 : 9000;

	steps[pick(&m->seed, 6)](m, pick(&m->seed, most));
	m->same &= m->q.bytes == m->end - m->first;
}

static bool
random_queue(uint64_t seed)
{
	struct model m = { .seed = seed, .same = true };

	m.bytes = malloc(4000 * 9000);
	for (int i = 0; i < 4000 && m.same; i++)
		step(&m);
	while (m.same && m.first < m.end)
		take_read(&m, 1 + pick(&m.seed, 100));
	queue_clear(&m.q);
	free(m.bytes);
	return m.same;
}

int
main(void)
{
	unsigned n = rounds(20, 2000);
	unsigned same = 0;

	public_chunks();
	threads();
	for (unsigned i = 1; i <= n; i++)
		same += random_queue(i);
	is_int(same, n, "a queue gives what an array would, for %u seeds", n);
	return done();
}
