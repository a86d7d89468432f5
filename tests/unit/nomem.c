/* SPDX-License-Identifier: ISC */
/*
 * nomem.c - the n-th allocation fails, for every n until nothing fails
 *
 * Each time: no crash, no hang; what was to be done is done in full or fails
 * with -ENOMEM; and every allocation is freed again.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ALLOCATOR 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_ALLOCATOR 1
#endif

#ifdef HAS_ALLOCATOR
int
main(void)
{
	printf("1..0 # SKIP the sanitizer has an allocator of its own\n");
	return 0;
}
#else

/* --- The allocator -------------------------------------------------------- */

/* Volatile, for a compiler knows that malloc() touches no variable. */
static volatile long until_failure; /* 0: never */
static volatile long living; /* allocations of the library that are not freed */
static volatile bool counting;

/* What libc allocates for us, as strdup() does, counts too. */
#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *p);

static bool
fails(void)
{
	if (!counting || until_failure == 0)
		return false;
	until_failure = until_failure - 1;
	if (until_failure > 0)
		return false;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *p)
{
	living = living + (counting && p != NULL);
	return p;
}

EXPORT void *
malloc(size_t size)
{
	return fails() ? NULL : counted(__libc_malloc(size));
}

EXPORT void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__libc_calloc(n, size));
}

EXPORT void *
realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	return old ? __libc_realloc(old, size) : counted(__libc_malloc(size));
}

EXPORT void
free(void *p)
{
	living = living - (counting && p != NULL);
	__libc_free(p);
}

/* --- Sinks and sources that allocate nothing themselves ------------------- */

#define LEN 3000
static unsigned char bytes[LEN];

struct tape {
	unsigned char got[2 * LEN + 100];
	size_t at;
	int finals;
};

static int
tape_read(struct stream *s, size_t want)
{
	struct tape *tape = stream_self(s);
	size_t n = want < 700 ? want : 700;
	int r;

	n = n < LEN - tape->at ? n : LEN - tape->at;
	if (n == 0)
		return stream_push_end(s);
	r = stream_push(s, bytes + tape->at, n);
	tape->at += n;
	return r < 0 ? r : 0;
}

static ssize_t
tape_write(struct stream *s, const struct iovec *iov, int count)
{
	struct tape *tape = stream_self(s);
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		if (tape->at + iov[i].iov_len > sizeof(tape->got))
			return -EFBIG;
		memcpy(tape->got + tape->at, iov[i].iov_base, iov[i].iov_len);
		tape->at += iov[i].iov_len;
		n += iov[i].iov_len;
	}
	return (ssize_t)n;
}

static int
tape_final(struct stream *s)
{
	((struct tape *)stream_self(s))->finals++;
	return 0;
}

static ssize_t
copy_push(struct stream *s, const void *in, size_t len, int last)
{
	int r = stream_push(s, in, len);

	(void)last;
	return r < 0 ? r : (ssize_t)len;
}

static ssize_t
copy_reserve(struct stream *s, const void *in, size_t len, int last)
{
	void *room = stream_reserve(s, len);
	int r;

	(void)last;
	if (room == NULL)
		return -ENOMEM;
	memcpy(room, in, len);
	r = stream_commit(s, len);
	return r < 0 ? r : (ssize_t)len;
}

static int
copy_record(struct stream *s, const void *record, size_t len, int terminated)
{
	int r = stream_push(s, record, len);

	if (r >= 0 && terminated)
		r = stream_push(s, "\n", 1);
	return r < 0 ? r : 0;
}

static const struct stream_ops in_ops = { .name = "in", .read = tape_read };
static const struct stream_ops out_ops = {
	.name = "out", .write = tape_write, .final = tape_final
};
static const struct stream_ops push_ops = { .name = "push",
	.transform = copy_push };
static const struct stream_ops reserve_ops = { .name = "reserve",
	.transform = copy_reserve };
static const struct stream_ops record_ops = { .name = "record",
	.record = copy_record };

static int
run_copy(void *self, struct stream_chunk *in, uint64_t number, int last,
    struct stream_chunk **out)
{
	(void)self, (void)number, (void)last;
	*out = stream_chunk_ref(in);
	return 0;
}

/* --- What is tried -------------------------------------------------------- */

static struct tape in, out;

/* 1: all arrived and was told so; -ENOMEM; else something is wrong. */
typedef int attempt_fn(struct stream_loop *loop);

static int
verdict(const struct outcome *o, int r)
{
	if (r == -ENOMEM || (o->calls == 1 && o->code == -ENOMEM))
		return out.finals ? 3 : -ENOMEM;
	if (r != 0 || o->calls != 1)
		return 4;
	if (o->code != 0)
		return o->code;
	return same_bytes(out.got, out.at, bytes, LEN) && out.finals == 1 ? 1
									  : 2;
}

static int
through(struct stream_loop *loop, struct stream *middle)
{
	struct outcome o = { 0 };
	int r =
	    STREAM_PIPELINE(outcome_set, &o, stream_new(loop, &in_ops, &in, 0),
		middle, stream_new(loop, &out_ops, &out, 0));
	int run = run_loop(loop);

	return verdict(&o, r ? r : run);
}

static int
pushed(struct stream_loop *loop)
{
	return through(loop, stream_new(loop, &push_ops, NULL, 100));
}

static int
reserved(struct stream_loop *loop)
{
	return through(loop, stream_new(loop, &reserve_ops, NULL, 100));
}

static int
recorded(struct stream_loop *loop)
{
	return through(loop, stream_new(loop, &record_ops, NULL, 0));
}

static int
spooled(struct stream_loop *loop)
{
	return through(loop, stream_spool(loop, 100, UINT64_MAX));
}

static int
parallel(struct stream_loop *loop)
{
	struct stream_parallel_ops ops = { .size = sizeof(ops),
		.name = "parallel",
		.chunk_size = LEN,
		.run = run_copy };

	return through(loop, stream_parallel(loop, &ops, NULL));
}

/* By hand, with a pair and every kind of timer beside it. */
static unsigned ticks;

static void
tick(void *arg)
{
	(void)arg;
	ticks++;
}

static int
by_hand(struct stream_loop *loop)
{
	struct stream_pipe_opts opts = { .size = sizeof(opts),
		.on_error = STREAM_ERROR_STOP };
	struct stream *ends[2];
	struct stream *sink;
	int64_t id;
	int r;

	if ((r = stream_pair(loop, ends, 0)) < 0 ||
	    (r = stream_next_tick(loop, tick, NULL)) < 0)
		return r;
	if ((id = stream_set_immediate(loop, tick, NULL)) < 0)
		return (int)id;
	if ((id = stream_set_timeout(loop, 1000, 0, tick, NULL)) < 0)
		return (int)id;
	sink = stream_new(loop, &out_ops, &out, 0);
	stream_resume(ends[0]);
	if ((r = stream_pipe(ends[1], sink, &opts)) < 0 ||
	    (r = stream_write(ends[0], bytes, LEN)) < 0 ||
	    (r = stream_end(ends[0])) < 0 || (r = stream_end(ends[1])) < 0)
		return r;
	if ((r = run_loop(loop)) < 0)
		return r;
	return same_bytes(out.got, out.at, bytes, LEN) && out.finals == 1 &&
		ticks == 3
	    ? 1
	    : 2;
}

/* The library keeps a few free chunks of this size; they are no leak. */
#define SPARES 4
#define SPARE_ROOM 65536

static void
take_spares(struct stream_chunk *spares[SPARES])
{
	for (int i = 0; i < SPARES; i++)
		spares[i] = stream_chunk_new(SPARE_ROOM);
}

static void
give_spares(struct stream_chunk *spares[SPARES])
{
	for (int i = 0; i < SPARES; i++)
		stream_chunk_unref(spares[i]);
}

/* One attempt, with no spare chunks to begin with: how it went. */
static int
try_once(attempt_fn *attempt, long *left)
{
	struct stream_chunk *before[SPARES], *after[SPARES];
	struct stream_loop *loop;
	long still;
	int code;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	ticks = 0;
	take_spares(before);
	living = 0;
	counting = true;
	loop = stream_loop_new();
	code = loop ? attempt(loop) : -ENOMEM;
	stream_loop_free(loop);
	*left = living;
	still = until_failure;
	until_failure = 0;
	take_spares(after);
	/* Of these, those that were not allocated now were spares. */
	*left -= SPARES - (living - *left);
	counting = false;
	until_failure = still;
	give_spares(before);
	give_spares(after);
	return code;
}

static void
try_all(attempt_fn *attempt, const char *claim)
{
	long n = 0;
	int code = 0;
	long left = 0;

	do {
		until_failure = ++n;
		code = try_once(attempt, &left);
	} while ((code == -ENOMEM || (code == 1 && until_failure == 0)) &&
	    left == 0 && n < 100000);
	is_int(code, 1, "%s: -ENOMEM or all of it, %ld times", claim, n);
	is_int(left, 0, "%s: and nothing is left", claim);
}

int
main(void)
{
	uint64_t seed = 3;

	for (size_t i = 0; i < LEN; i++)
		bytes[i] = (unsigned char)pick(&seed, 256);
	alarm(100);
	try_all(pushed, "a pipeline that pushes");
	try_all(reserved, "one that produces in place");
	try_all(recorded, "one of records");
	try_all(spooled, "one with a spool");
	try_all(parallel, "one that is parallel");
	try_all(by_hand, "streams by hand");
	return done();
}
#endif
